/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entropy.c: what a kernel in simulated time takes for its host's random numbers: a sequence from RINGSIDE_SEED.
 *
 * User-mode Linux asks its host's C library, with getrandom(); the kernel's sequence numbers, port numbers and hash keys come from there.
 * This is loaded before the C library (LD_PRELOAD), so that equal seeds give equal packets. Nothing of the kernel itself is changed.
 *
 * splitmix64, from the public description of the generator: its state steps by the golden ratio, and each value is a hash of it.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

static uint64_t state;

static uint64_t next(void) {
    static int seeded;
    if (!seeded) {
        const char *seed = getenv("RINGSIDE_SEED");
        state = seed ? strtoull(seed, NULL, 10) : 0;
        seeded = 1;
    }
    uint64_t value = state += UINT64_C(0x9E3779B97F4A7C15);
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return value ^ value >> 31;
}

__attribute__((visibility("default"))) ssize_t getrandom(void *buffer, size_t length, unsigned flags) {
    (void)flags;
    for (size_t done = 0; done < length; done += sizeof(uint64_t)) {
        const uint64_t value = next();
        memcpy((char *)buffer + done, &value, length - done < sizeof value ? length - done : sizeof value);
    }
    return (ssize_t)length;
}
