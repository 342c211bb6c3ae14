/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_steer.c: which pair a frame belongs to. Written from the words of driver/netvio/netvio_flow.h without a look at its code, so that
 * the two can disagree: the exclusive or, byte by byte, of everything that makes the flow.
 */
#include <string.h>

#include "fake_internal.h"

static uint8_t fold(const uint8_t *bytes, size_t count) {
    uint8_t all = 0;
    while (count--) all ^= *bytes++;
    return all;
}

unsigned fake_device_pair_of(const uint8_t *frame, size_t length, unsigned pairs) {
    uint8_t f[64 + 64] = {0}; /* zeros behind what counts, for headers that run out of it */
    if (length < ETH_HEADER) return 0;
    memcpy(f, frame, length < 64 ? length : 64);
    const uint8_t *type = f[12] == 0x81 && f[13] == 0 ? f + 16 : f + 12, *ip = type + 2;
    uint8_t hash;
    if (type[0] == 0x08 && type[1] == 0 && ip[0] >> 4 == 4) {
        hash = fold(ip + 12, 8);
        if ((ip[9] == 6 || ip[9] == 17) && !(ip[6] & 0x3F) && !ip[7]) hash ^= fold(ip + (ip[0] & 15) * 4, 4);
    } else if (type[0] == 0x86 && type[1] == 0xDD && ip[0] >> 4 == 6) {
        hash = fold(ip + 8, 32);
        if (ip[6] == 6 || ip[6] == 17) hash ^= fold(ip + 40, 4);
    } else {
        hash = fold(f, 12);
    }
    return hash % pairs;
}
