/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_alloc.c: NBLs and NBs out of their pools and back. [D] 2.1
 *
 * The path that a packet takes is a pop from the pool's list, stores, and a push: no lock, since contexts are not preempted, and no call
 * of the machine but for the time. A member is cleared when it is allocated, so that what a driver finds does not hang on its history.
 */
#include <stdlib.h>

#include "nbl_internal.h"

#define LIKELY(condition) __builtin_expect((condition) != 0, 1)

#define INLINE inline __attribute__((always_inline))
/* One line of stores each, as wide as the machine has them; and no call of the library's memset, which starts a string instruction for
 * sizes like these. */
#if defined(__x86_64__) && !defined(__clang__)
#define WIDE_STORES __attribute__((target_clones("avx512f", "default")))
#else
#define WIDE_STORES
#endif
typedef uint64_t half_line __attribute__((vector_size(32), aligned(16), may_alias));
typedef uint64_t line __attribute__((vector_size(64), aligned(16), may_alias));
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

/* A record at the start of a life; the rest of it is as the last one left it, nothing. */
static INLINE void begin_life(struct nbl_record *record, const struct ndis_pool *pool, const char *site) {
    record->state = NBL_OWNED;
    record->packet = -1;
    record->ledger.site = site;
    record->ledger.allocated_ps = pool->now_ps(pool->machine);
}

/* What an NBL that was handed over leaves in its record. */
static void forget_flights(struct nbl_record *record) {
    record->holder = record->origin = NULL;
    record->depth = record->lent = 0;
    record->reported = record->overdue = false;
    record->first_send.from = NULL;
    record->hop_count = 0;
}

/* ---- NBs */
/* An NB in a block that starts at `block`, with the block's own data (shape (c)) if the pool has it. */
static void nb_init(PNET_BUFFER nb, struct ndis_pool *pool, uint8_t *block) {
    clear(nb, sizeof(*nb));
    nb->NdisPoolHandle = pool;
    if (pool->data_size == 0) return;
    PMDL mdl = (PMDL)(void *)(block + pool->mdl_at);
    MmInitializeMdl(mdl, block + pool->data_at, pool->data_size);
    MmBuildMdlForNonPagedPool(mdl);
    nb->MdlChain = mdl;
    nb_set_position(nb, pool->data_size);  /* all of it is backfill */
}

static void nb_describe(PNET_BUFFER nb, PMDL chain, ULONG offset, SIZE_T length) {
    nb->MdlChain = chain;
    nb->stDataLength = length;
    nb_set_position(nb, offset);
}

PNET_BUFFER nb_allocate(struct ndis_pool *pool, const char *site) {
    if (!ready(pool)) return NULL;
    struct nb_record *record = pool->free_nbs;
    pool->free_nbs = record->next_free;
    record->site = site;
    record->live = true;
    PNET_BUFFER nb = nb_of(record);
    nb_init(nb, pool, (uint8_t *)record);
    return nb;
}

PNET_BUFFER WdkAllocateNetBuffer(NDIS_HANDLE PoolHandle, PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength, const char *Site) {
    struct ndis_pool *pool = open_pool(PoolHandle, NDIS_OBJECT_NB_POOL, "NdisAllocateNetBuffer");
    if (!pool || pool->data_size > 0 || (!MdlChain && (DataOffset || DataLength))) return NULL;
    PNET_BUFFER nb = nb_allocate(pool, Site);
    if (nb) nb_describe(nb, MdlChain, DataOffset, DataLength);
    return nb;
}

PNET_BUFFER WdkAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle, const char *Site) {
    struct ndis_pool *pool = open_pool(PoolHandle, NDIS_OBJECT_NB_POOL, "NdisAllocateNetBufferMdlAndData");
    return pool && pool->data_size > 0 ? nb_allocate(pool, Site) : NULL;
}

VOID WdkFreeNetBuffer(PNET_BUFFER NetBuffer, const char *Site) {
    struct ndis *ndis = nbl_ndis("NdisFreeNetBuffer");
    struct ndis_pool *pool = NetBuffer->NdisPoolHandle;
    if (!ndis_is_pool(ndis, pool, NDIS_OBJECT_NB_POOL)) {
        kernel_violation(ndis->kernel, "nb.foreign", "[D] 2.1", -1, "NdisFreeNetBuffer at %s was given an NB of no NB pool", kernel_site(Site));
        return;
    }
    struct nb_record *record = nb_record_of(NetBuffer);
    if (!record->live) {
        kernel_violation(ndis->kernel, "nb.freed_twice", "[D] 2.1", -1, "nb %u of %s was freed at %s, after it had been freed at %s",
                         record->number, pool->object.name, kernel_site(Site), kernel_site(record->site));
        return;
    }
    if (nb_is_mapped(NetBuffer)) {
        kernel_violation(ndis->kernel, "nbl.freed_under_dma", "[D] 2.7", -1,
                         "nb %u of %s, %u bytes, allocated at %s, was freed while its data is mapped for the device: free the scatter/gather "
                         "list first", record->number, pool->object.name, NetBuffer->DataLength, kernel_site(record->site));
        return;  /* not used again: the mapping still refers to it */
    }
    nb_forget_retreats(ndis, NetBuffer);
    record->live = false;
    record->site = Site;
    record->next_free = pool->free_nbs;
    pool->free_nbs = record;
}

struct nbl_record *nbl_record_of_nb(const NET_BUFFER *nb) {
    const struct ndis_pool *pool = nb->NdisPoolHandle;
    if (!pool || pool->object.type != NDIS_OBJECT_NBL_POOL) return NULL;
    return (struct nbl_record *)(void *)((PUCHAR)(ULONG_PTR)nb - pool->nb_at);
}

/* ---- NBLs
 * What does not change from life to life is not written: NdisPoolHandle, FirstNetBuffer, NdisReserved. A free puts them right if a driver
 * did change them (put_right). */
static INLINE void clear_nbl(PNET_BUFFER_LIST nbl) {
    nbl->Next = NULL;
    clear(&nbl->Context, 16);
    clear(nbl->ProtocolReserved, NBL_BYTES - offsetof(NET_BUFFER_LIST, ProtocolReserved));
}
C_ASSERT(offsetof(NET_BUFFER_LIST, Context) + 16 == offsetof(NET_BUFFER_LIST, NdisPoolHandle) && NBL_BYTES % 16 == 0);

static INLINE void clear_nb(PNET_BUFFER nb) {
    clear(nb, 48);
    nb->ChecksumBias = nb->Reserved = 0;
    clear(nb->NdisReserved, sizeof(*nb) - offsetof(NET_BUFFER, NdisReserved));  /* a whole line, though these are NULL */
}
C_ASSERT(offsetof(NET_BUFFER, ChecksumBias) == 48 && offsetof(NET_BUFFER, NdisReserved) == 64);

/* The NB of a pool's block lies behind the NBL, whatever else the block has. */
static INLINE PNET_BUFFER own_nb(const NET_BUFFER_LIST *nbl) { return (PNET_BUFFER)(void *)((PUCHAR)(ULONG_PTR)nbl + NBL_BYTES); }

/* The first free NBL of a plain pool, over a chain whose data starts in its first MDL, or over nothing. The time is asked for last: the
 * call costs least where little is live. */
static INLINE PNET_BUFFER_LIST take_plain(struct ndis_pool *pool, PMDL chain, ULONG offset, SIZE_T length, const char *site) {
    struct nbl_record *record = pool->free_nbls;
    PNET_BUFFER nb = own_nb(nbl_of(record));
    pool->free_nbls = record->next_free;
    clear_nbl(nbl_of(record));
    clear_nb(nb);
    nb->CurrentMdl = nb->MdlChain = chain;
    nb->CurrentMdlOffset = nb->DataOffset = offset;
    nb->stDataLength = length;
    begin_life(record, pool, site);
    return nbl_of(record);
}

/* The context that the caller asked for: in the pool's node when it fits, else in a node of its own. [D] 2.1 */
static bool give_context(struct nbl_record *record, USHORT size, USHORT backfill) {
    struct ndis_pool *pool = record->pool;
    PNET_BUFFER_LIST nbl = nbl_of(record);
    ULONG wanted = (ULONG)size + backfill;
    if (pool->context_size + wanted == 0) return true;
    record->ledger.special = true;
    if (wanted <= pool->context_size) {
        *record->context = (NET_BUFFER_LIST_CONTEXT){.Size = pool->context_size, .Offset = (USHORT)(pool->context_size - size)};
        nbl->Context = record->context;
        return true;
    }
    if (wanted > UINT16_MAX) return false;
    record->allocated_context = calloc(1, sizeof(NET_BUFFER_LIST_CONTEXT) + wanted);
    if (!record->allocated_context) return false;
    record->allocated_context->Size = (USHORT)wanted;
    record->allocated_context->Offset = backfill;
    nbl->Context = record->allocated_context;
    return true;
}

PNET_BUFFER_LIST nbl_allocate(struct ndis_pool *pool, USHORT context_size, USHORT context_backfill, const char *site) {
    if (!ready(pool)) return NULL;
    struct nbl_record *record = pool->free_nbls;
    PNET_BUFFER_LIST nbl = nbl_of(record);
    clear_nbl(nbl);
    if (!give_context(record, context_size, context_backfill)) return NULL;
    pool->free_nbls = record->next_free;
    if (record->nb) nb_init(record->nb, pool, (uint8_t *)record);
    nbl->NetBufferListInfo[NetBufferListProtocolId] = (PVOID)(ULONG_PTR)pool->protocol_id;
    begin_life(record, pool, site);
    return nbl;
}

/* A pool of the common shape with a free member, no context wanted, and nothing that a test wants to fail? */
static INLINE bool is_plain(const struct ndis_pool *pool, unsigned context) {
    return LIKELY(pool && pool->object.type == NDIS_OBJECT_NBL_POOL && pool->plain && pool->free_nbls && context == 0 &&
                  pool->kernel->fail_allocation.count == 0);
}

static __attribute__((noinline)) PNET_BUFFER_LIST allocate_any(NDIS_HANDLE handle, USHORT size, USHORT backfill, const char *site,
                                                               const char *function) {
    struct ndis_pool *pool = open_pool(handle, NDIS_OBJECT_NBL_POOL, function);
    if (!pool || (size | backfill) % MEMORY_ALLOCATION_ALIGNMENT != 0) return NULL;
    return nbl_allocate(pool, size, backfill, site);
}

static __attribute__((noinline)) PNET_BUFFER_LIST allocate_any_with_nb(NDIS_HANDLE handle, ULONG context, PMDL chain, ULONG offset,
                                                                       SIZE_T length, const char *site) {
    struct ndis_pool *pool = open_pool(handle, NDIS_OBJECT_NBL_POOL, "NdisAllocateNetBufferAndNetBufferList");
    if (!pool || !pool->with_nb || pool->data_size > 0 || (!chain && (offset || length))) return NULL;
    PNET_BUFFER_LIST nbl = allocate_any(handle, (USHORT)context, (USHORT)(context >> 16), site, "NdisAllocateNetBufferAndNetBufferList");
    if (nbl) nb_describe(nbl->FirstNetBuffer, chain, offset, length);
    return nbl;
}

WIDE_STORES PNET_BUFFER_LIST WdkAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill, const char *Site) {
    if (is_plain(PoolHandle, ContextSize | ContextBackFill)) return take_plain(PoolHandle, NULL, 0, 0, Site);
    return allocate_any(PoolHandle, ContextSize, ContextBackFill, Site, "NdisAllocateNetBufferList");
}

WIDE_STORES PNET_BUFFER_LIST WdkAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, ULONG Context, PMDL MdlChain, ULONG DataOffset,
                                                                  SIZE_T DataLength, const char *Site) {
    const bool simple = MdlChain ? DataOffset < MdlChain->ByteCount : (DataOffset | DataLength) == 0;
    if (is_plain(PoolHandle, Context) && LIKELY(simple)) return take_plain(PoolHandle, MdlChain, DataOffset, DataLength, Site);
    return allocate_any_with_nb(PoolHandle, Context, MdlChain, DataOffset, DataLength, Site);
}

static INLINE void put(struct nbl_record *record) {
    struct ndis_pool *pool = record->pool;
    record->state = NBL_FREE;
    record->next_free = pool->free_nbls;
    pool->free_nbls = record;
}

/* What allocation relies on, whatever drivers wrote there. */
static void put_right(struct nbl_record *record) {
    PNET_BUFFER_LIST nbl = nbl_of(record);
    nbl->FirstNetBuffer = record->nb;
    nbl->NdisPoolHandle = record->pool;
    clear(nbl->NdisReserved, sizeof(nbl->NdisReserved));
    if (!record->nb) return;
    record->nb->NdisPoolHandle = record->pool;
    clear(record->nb->NdisReserved, sizeof(record->nb->NdisReserved));
}

void nbl_start(struct nbl_record *record) {
    put_right(record);
    put(record);
}

void nbl_recycle(struct nbl_record *record) {
    PNET_BUFFER_LIST nbl = nbl_of(record);
    struct nbl_ledger *ledger = &record->ledger;
    if (ledger->kind != NBL_PLAIN) nbl_derived_release(record);
    nbl_free_contexts(record, nbl);
    if (record->nb && record->nb->NdisReserved[1]) nb_forget_retreats(record->pool->object.ndis, record->nb);
    if (ledger->derived) nbl_parent_release(record);
    ledger->pushes = ledger->edges = ledger->special = 0;
    forget_flights(record);
    put_right(record);
    put(record);
}

/* May the block be used again at once? Not while a driver or the device has it: then it is lost to the pool. */
static bool is_idle(struct nbl_record *record, PNET_BUFFER_LIST nbl) {
    if (record->state == NBL_SENT || record->state == NBL_INDICATED) {
        nbl_violation(record, "nbl.freed_in_flight", "[D] 2.8",
                      record->state == NBL_SENT ? "was freed while the miniport holds it" : "was freed while a protocol holds it");
        return false;  /* it comes back to the pool when it comes back */
    }
    for (PNET_BUFFER nb = nbl->FirstNetBuffer; nb; nb = nb->Next) {
        if (!nb_is_mapped(nb)) continue;
        nbl_violation(record, "nbl.freed_under_dma", "[D] 2.7", "was freed while its data is mapped for the device");
        return false;  /* for good: the mapping refers to its NB */
    }
    return true;
}

void nbl_free(struct nbl_record *record, const char *site) {
    PNET_BUFFER_LIST nbl = nbl_of(record);
    if (record->state == NBL_ZOMBIE) {
        nbl_violation(record, "nbl.freed_twice", "[D] 2.1", "was freed again while it is still out");
        return;
    }
    if (nbl->ChildRefCount != 0)
        nbl_violation(record, "nbl.children_out", "[D] 2.6", "was freed with a ChildRefCount of %d", nbl->ChildRefCount);
    if (is_idle(record, nbl)) nbl_recycle(record);
    else record->state = NBL_ZOMBIE;
    record->ledger.freed_site = site;
}

bool nbl_check_ours_slowly(struct ndis *ndis, const NET_BUFFER_LIST *nbl, const char *function) {
    if (!LIKELY(ndis_is_pool(ndis, nbl->NdisPoolHandle, NDIS_OBJECT_NBL_POOL))) {
        kernel_violation(ndis->kernel, "nbl.foreign", "[D] 2.1", -1, "%s was given an NBL that no pool of NDIS made", function);
        return false;
    }
    struct nbl_record *record = nbl_record_of(nbl);
    if (LIKELY(record->state != NBL_FREE)) return true;
    nbl_violation(record, "nbl.use_after_free", "[D] 2.1", "was given to %s, and is free", function);
    return false;
}

static __attribute__((noinline)) void free_any(struct ndis *ndis, PNET_BUFFER_LIST nbl, const char *site) {
    if (!ndis_is_pool(ndis, nbl->NdisPoolHandle, NDIS_OBJECT_NBL_POOL)) {
        (void)nbl_check_ours(ndis, nbl, "NdisFreeNetBufferList");
        return;
    }
    struct nbl_record *record = nbl_record_of(nbl);
    if (record->state == NBL_FREE) {
        nbl_violation(record, "nbl.freed_twice", "[D] 2.1", "was freed at %s, and is free", kernel_site(site));
        return;
    }
    if (record->ledger.kind != NBL_PLAIN)
        nbl_violation(record, "nbl.wrong_free", "[D] 2.6", "is derived from another, and was freed with NdisFreeNetBufferList");
    nbl_free(record, site);
}

/* With its driver, and as it was allocated but for what allocation clears: nothing to say and nothing to undo? */
static INLINE bool is_free_to_go(const struct nbl_record *record, const NET_BUFFER_LIST *nbl) {
    const NET_BUFFER *nb = nbl->FirstNetBuffer;
    if (record->pool != nbl->NdisPoolHandle || record->state != NBL_OWNED || record->ledger.special) return false;
    if (nbl->ChildRefCount != 0 || nb != own_nb(nbl) || nb->NdisPoolHandle != nbl->NdisPoolHandle) return false;
    return !((uintptr_t)nb->Next | (uintptr_t)nb->NdisReserved[0] | (uintptr_t)nb->NdisReserved[1]);
}

VOID WdkFreeNetBufferList(PNET_BUFFER_LIST NetBufferList, const char *Site) {
    struct ndis *ndis = nbl_ndis("NdisFreeNetBufferList");
    struct nbl_record *record = nbl_record_of(NetBufferList);
    if (LIKELY(ndis_is_near_pool(ndis, NetBufferList->NdisPoolHandle, NDIS_OBJECT_NBL_POOL)) &&
        LIKELY(is_free_to_go(record, NetBufferList))) {
        record->ledger.freed_site = Site;
        if (record->hop_count) forget_flights(record);
        put(record);
    } else {
        free_any(ndis, NetBufferList, Site);
    }
}

UCHAR NdisGetNetBufferListProtocolId(PNET_BUFFER_LIST NetBufferList) {
    return (UCHAR)(ULONG_PTR)NetBufferList->NetBufferListInfo[NetBufferListProtocolId];
}

/* ---- The names of the documentation, where the caller does not say who it is. */
PNET_BUFFER_LIST (NdisAllocateNetBufferList)(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill) {
    return WdkAllocateNetBufferList(PoolHandle, ContextSize, ContextBackFill, NULL);
}

PNET_BUFFER_LIST (NdisAllocateNetBufferAndNetBufferList)(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill, PMDL MdlChain,
                                                         ULONG DataOffset, SIZE_T DataLength) {
    return WdkAllocateNetBufferAndNetBufferList(PoolHandle, (ULONG)ContextBackFill << 16 | ContextSize, MdlChain, DataOffset, DataLength, NULL);
}

VOID (NdisFreeNetBufferList)(PNET_BUFFER_LIST NetBufferList) { WdkFreeNetBufferList(NetBufferList, NULL); }

PNET_BUFFER (NdisAllocateNetBuffer)(NDIS_HANDLE PoolHandle, PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength) {
    return WdkAllocateNetBuffer(PoolHandle, MdlChain, DataOffset, DataLength, NULL);
}

PNET_BUFFER (NdisAllocateNetBufferMdlAndData)(NDIS_HANDLE PoolHandle) { return WdkAllocateNetBufferMdlAndData(PoolHandle, NULL); }

VOID (NdisFreeNetBuffer)(PNET_BUFFER NetBuffer) { WdkFreeNetBuffer(NetBuffer, NULL); }
