/* SPDX-License-Identifier: Apache-2.0 */
/* measured_code.h: code that is compiled as measured drivers are, with accesses that can be counted by hand. */
#ifndef RINGSIDE_TESTS_MEASURED_CODE_H
#define RINGSIDE_TESTS_MEASURED_CODE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint64_t measured_sum(const uint64_t *words, size_t count);       /* loads each */
void measured_fill(uint64_t *words, size_t count, uint64_t value); /* stores each */
void measured_copy(void *to, const void *from, size_t bytes);
uint32_t measured_add(uint32_t *counter, uint32_t value);         /* atomically; what it was */
int measured_exchange(uint64_t *word, uint64_t expected, uint64_t value);
void measured_outer(uint64_t *words);                             /* calls a static function twice, which stores once */
void *measured_allocate(size_t bytes);
void *measured_grow(void *memory, size_t bytes);
void measured_release(void *memory);

#ifdef __cplusplus
}
#endif

#endif
