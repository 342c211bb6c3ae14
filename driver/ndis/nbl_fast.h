/* SPDX-License-Identifier: Apache-2.0 */
/* nbl_fast.h: what allocation of NBLs and of NBs share, small enough to be part of it. */
#ifndef RINGSIDE_NDIS_NBL_FAST_H
#define RINGSIDE_NDIS_NBL_FAST_H

#include "nbl_poison.h"

#define LIKELY(condition) __builtin_expect((condition) != 0, 1)
#define INLINE inline __attribute__((always_inline))
/* One line of stores each, as wide as the machine has them; and no call of the library's memset, which starts a string instruction for
 * sizes like these. Measured code (hw/cpu) is the same on every machine. */
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define WIDE_STORES __attribute__((target_clones("avx512f", "default")))
#else
#define WIDE_STORES
#endif
typedef uint64_t line __attribute__((vector_size(64), aligned(16), may_alias));
typedef uint64_t half_line __attribute__((vector_size(32), aligned(16), may_alias));
/* Two members in a row, in one store. */
typedef uint64_t pair __attribute__((vector_size(16), aligned(16), may_alias));
typedef uint64_t quarter_line __attribute__((vector_size(16), aligned(16), may_alias));

/* `bytes` is a multiple of 16. */
static INLINE void clear(void *at, size_t bytes) {
    uint8_t *to = at;
#pragma GCC unroll 8
    for (; bytes >= sizeof(line); bytes -= sizeof(line), to += sizeof(line)) *(line *)(void *)to = (line){0};
    if (bytes >= sizeof(half_line)) {
        *(half_line *)(void *)to = (half_line){0};
        bytes -= sizeof(half_line);
        to += sizeof(half_line);
    }
    if (bytes >= sizeof(quarter_line)) *(quarter_line *)(void *)to = (quarter_line){0};
}

/* The pool that a handle names, if a driver may allocate from it now. */
static inline struct ndis_pool *open_pool(NDIS_HANDLE handle, enum ndis_object_type type, const char *function) {
    struct ndis_pool *pool = handle;
    if (!LIKELY(pool && pool->object.type == type)) return ndis_object_of(handle, type, function);
    if (LIKELY(!pool->closed)) return pool;
    kernel_violation(pool->kernel, "pool.closed", "[D] 2.1", -1, "%s: %s had freed the pool, allocated at %s", function, pool->object.name,
                     kernel_site(pool->site));
    return NULL;
}

/* Is there a free member to take? Grows the pool if there is not; false without memory, or when a test wants it so. */
static inline bool ready(struct ndis_pool *pool) {
    struct kernel_fault *fault = &pool->kernel->fail_allocation;
    if (!LIKELY(fault->count == 0) && kernel_fault_due(fault)) return false;
    return LIKELY(pool->free_nbls != NULL) || ndis_pool_grow(pool);
}

static inline void nb_describe(PNET_BUFFER nb, PMDL chain, ULONG offset, SIZE_T length) {
    nb->MdlChain = chain;
    nb->stDataLength = length;
    nb_set_position(nb, offset);
}

/* An NB in a block that starts at `block`, with the block's own data (shape (c)) if the pool has it. nb_alloc.c */
void nb_init(PNET_BUFFER nb, struct ndis_pool *pool, uint8_t *block);

#endif
