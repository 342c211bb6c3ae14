/* SPDX-License-Identifier: Apache-2.0 */
#include "measured_code.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

uint64_t measured_sum(const uint64_t *words, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += ((const volatile uint64_t *)words)[i];
    return sum;
}

void measured_fill(uint64_t *words, size_t count, uint64_t value) {
    for (size_t i = 0; i < count; i++) ((volatile uint64_t *)words)[i] = value;
}

void measured_copy(void *to, const void *from, size_t bytes) { memcpy(to, from, bytes); }

uint32_t measured_add(uint32_t *counter, uint32_t value) { return atomic_fetch_add((_Atomic uint32_t *)counter, value); }

int measured_exchange(uint64_t *word, uint64_t expected, uint64_t value) {
    return atomic_compare_exchange_strong((_Atomic uint64_t *)word, &expected, value);
}

static __attribute__((noinline)) void inner(uint64_t *word) { *(volatile uint64_t *)word = 1; }

void measured_outer(uint64_t *words) {
    inner(words);
    inner(words + 1);
}

void *measured_allocate(size_t bytes) { return malloc(bytes); }
void *measured_grow(void *memory, size_t bytes) { return realloc(memory, bytes); }
void measured_release(void *memory) { free(memory); }
