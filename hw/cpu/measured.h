/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measured.h: in front of every source of measured drivers (-include): what the compiler does not instrument.
 *
 * Short copies of constant length stay the compiler's, which makes them loads and stores. The heap is that of access.h, also of sources
 * that are compiled without the instrumentation. Nothing here is for C++, whose own library must not see these names as macros.
 */
#ifndef RINGSIDE_HW_CPU_MEASURED_H
#define RINGSIDE_HW_CPU_MEASURED_H

#ifndef __cplusplus
#include <stdlib.h>
#include <string.h>

#include "access.h"

void *__tsan_memcpy(void *to, const void *from, size_t bytes);
void *__tsan_memmove(void *to, const void *from, size_t bytes);
void *__tsan_memset(void *to, int fill, size_t bytes);
int access_memcmp(const void *left, const void *right, size_t bytes);

#ifdef __SANITIZE_THREAD__
#define ACCESS_IS_SHORT(bytes) (__builtin_constant_p(bytes) && (bytes) <= 16)
#define memcpy(to, from, bytes) (ACCESS_IS_SHORT(bytes) ? __builtin_memcpy(to, from, bytes) : __tsan_memcpy(to, from, bytes))
#define memmove(to, from, bytes) (ACCESS_IS_SHORT(bytes) ? __builtin_memmove(to, from, bytes) : __tsan_memmove(to, from, bytes))
#define memset(to, fill, bytes) (ACCESS_IS_SHORT(bytes) ? __builtin_memset(to, fill, bytes) : __tsan_memset(to, fill, bytes))
#define memcmp(left, right, bytes) access_memcmp(left, right, bytes)
#endif

#define malloc(bytes) access_malloc(bytes)
#define calloc(count, bytes) access_calloc(count, bytes)
#define realloc(memory, bytes) access_realloc(memory, bytes)
#define free(memory) access_free(memory)
#endif

#endif
