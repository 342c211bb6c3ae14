/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_alloc.c: NBLs out of their pools and back. [D] 2.1
 *
 * The path that a packet takes is a pop from the pool's list, stores, and a push: no lock, since contexts are not preempted, and no call
 * of the machine: the kernel knows the time. A member is cleared when it is allocated, so that what a driver finds does not hang on its
 * history.
 */
#include <stdlib.h>

#include "nbl_fast.h"
#include "nbl_guard.h"
#include "platform_uncharged.h"

/* A record at the start of a life; the rest of it is as the last one left it, nothing. */
static INLINE void begin_life(struct nbl_record *record, const struct ndis_pool *pool, const char *site) {
    *(half_line *)(void *)&record->packet = (half_line){UINT64_MAX, NBL_OWNED, (uintptr_t)site, pool->kernel->time_ps};
}
C_ASSERT(offsetof(struct nbl_record, state) == offsetof(struct nbl_record, packet) + 8);
C_ASSERT(offsetof(struct nbl_record, site) == offsetof(struct nbl_record, packet) + 16 &&
         offsetof(struct nbl_record, packet) + 32 == NBL_RECORD_BYTES);

/* What an NBL that was handed over leaves in its record. */
static PLATFORM_UNCHARGED void forget_flights(struct nbl_record *record) {
    record->holder = record->origin = NULL;
    record->depth = record->lent = 0;
    record->reported = record->told = record->overdue = false;
    record->first_send.from = NULL;
    record->hop_count = 0;
}

PLATFORM_UNCHARGED struct nbl_record *nbl_record_of_nb(const NET_BUFFER *nb) {
    const struct ndis_pool *pool = nb->NdisPoolHandle;
    if (!pool || pool->object.type != NDIS_OBJECT_NBL_POOL) return NULL;
    return (struct nbl_record *)(void *)((PUCHAR)(ULONG_PTR)nb - pool->nb_at);
}

/* ---- NBLs
 * What does not change from life to life is not written: NdisPoolHandle, FirstNetBuffer, NdisReserved. A free puts them right if a driver
 * did change them (put_right). Allocation and free take as long as their stores, and these as many lines as they touch: so what belongs
 * together is stored together, and the list of free NBLs holds what an allocation returns and a free is given, with nothing to compute
 * between the two. */
static INLINE void clear_nbl(PNET_BUFFER_LIST nbl) {
    nbl->Next = NULL;
    clear(&nbl->Context, 16);
    clear(nbl->ProtocolReserved, NBL_BYTES - offsetof(NET_BUFFER_LIST, ProtocolReserved));
}
C_ASSERT(offsetof(NET_BUFFER_LIST, Context) + 16 == offsetof(NET_BUFFER_LIST, NdisPoolHandle) && NBL_BYTES % 16 == 0);

/* The NB of a pool's block lies behind the NBL, whatever else the block has. */
static INLINE PNET_BUFFER own_nb(const NET_BUFFER_LIST *nbl) { return (PNET_BUFFER)(void *)((PUCHAR)(ULONG_PTR)nbl + NBL_BYTES); }

/* What take_plain stores by lines: the members of an NBL and of an NB up to ProtocolReserved and NdisReserved, in their order, and then
 * zeros, to the end of the NB's last line, where a plain pool's block ends too. A store of a line costs what one of a word does. */
C_ASSERT(offsetof(NET_BUFFER_LIST, FirstNetBuffer) == 8 && offsetof(NET_BUFFER_LIST, NdisPoolHandle) == 32);
C_ASSERT(offsetof(NET_BUFFER_LIST, ProtocolReserved) == CACHE_LINE && NBL_BYTES % CACHE_LINE == 0);
C_ASSERT(offsetof(NET_BUFFER, CurrentMdl) == 8 && offsetof(NET_BUFFER, CurrentMdlOffset) == 16 && offsetof(NET_BUFFER, stDataLength) == 24);
C_ASSERT(offsetof(NET_BUFFER, MdlChain) == 32 && offsetof(NET_BUFFER, DataOffset) == 40 && offsetof(NET_BUFFER, NdisPoolHandle) == 56);
C_ASSERT(offsetof(NET_BUFFER, NdisReserved) == CACHE_LINE && sizeof(NET_BUFFER) > 2 * CACHE_LINE && sizeof(NET_BUFFER) <= 3 * CACHE_LINE);

/* The first free NBL of a plain pool, over a chain whose data starts in its first MDL, or over nothing. */
static INLINE PNET_BUFFER_LIST take_plain(struct ndis_pool *pool, PMDL chain, ULONG offset, SIZE_T length, const char *site) {
    PNET_BUFFER_LIST nbl = pool->free_nbls;
    PNET_BUFFER nb = own_nb(nbl);
    struct nbl_record *record = nbl_record_of(nbl);
    pool->free_nbls = record->next_free;
    nbl_show(nbl, nb);
    clear_nbl(nbl);
    *(pair *)(void *)&nb->Next = (pair){0, (uintptr_t)chain};
    *(pair *)(void *)&nb->CurrentMdlOffset = (pair){offset, length};
    *(pair *)(void *)&nb->MdlChain = (pair){(uintptr_t)chain, offset};
    nb->ChecksumBias = nb->Reserved = 0;
    clear(nb->NdisReserved, 2 * CACHE_LINE);
    begin_life(record, pool, site);
    return nbl;
}

/* The context that the caller asked for: in the pool's node when it fits, else in a node of its own. [D] 2.1 */
static bool give_context(struct nbl_record *record, USHORT size, USHORT backfill) {
    struct ndis_pool *pool = record->pool;
    PNET_BUFFER_LIST nbl = nbl_of(record);
    ULONG wanted = (ULONG)size + backfill;
    if (pool->context_size + wanted == 0) return true;
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
    PNET_BUFFER_LIST nbl = pool->free_nbls;
    struct nbl_record *record = nbl_record_of(nbl);
    nbl_show(nbl, record->nb);
    clear_nbl(nbl);
    if (!give_context(record, context_size, context_backfill)) {
        nbl_hide(nbl, record->nb);
        return NULL;
    }
    pool->free_nbls = record->next_free;
    if (record->nb) nb_init(record->nb, pool, (uint8_t *)record);
    nbl->NetBufferListInfo[NetBufferListProtocolId] = (PVOID)(ULONG_PTR)pool->protocol_id;
    begin_life(record, pool, site);
    record->special = nbl->Context || pool->guarded;
    return nbl;
}

/* A pool of the common shape with a free member, no context wanted, and nothing that a test wants to fail? */
static INLINE bool is_plain(const struct ndis_pool *pool, unsigned context) {
    return LIKELY(pool && pool->plain == NDIS_PLAIN_POOL && pool->free_nbls && context == 0 &&
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

WIDE_STORES PNET_BUFFER_LIST WdkAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill,
                                                      const char *Site) {
    if (is_plain(PoolHandle, ContextSize | ContextBackFill)) return take_plain(PoolHandle, NULL, 0, 0, Site);
    return allocate_any(PoolHandle, ContextSize, ContextBackFill, Site, "NdisAllocateNetBufferList");
}

WIDE_STORES PNET_BUFFER_LIST WdkAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, ULONG Context, PMDL MdlChain, ULONG DataOffset,
                                                                  SIZE_T DataLength, const char *Site) {
    const bool simple = MdlChain ? DataOffset < MdlChain->ByteCount : (DataOffset | DataLength) == 0;
    if (is_plain(PoolHandle, Context) && LIKELY(simple)) return take_plain(PoolHandle, MdlChain, DataOffset, DataLength, Site);
    return allocate_any_with_nb(PoolHandle, Context, MdlChain, DataOffset, DataLength, Site);
}

static INLINE void put(struct nbl_record *record, const char *site) {
    struct ndis_pool *pool = record->pool;
    record->state = NBL_FREE;
    record->next_free = pool->free_nbls;
    record->freed_site = site;
    pool->free_nbls = nbl_of(record);
    nbl_hide(nbl_of(record), record->nb);
}

/* What allocation relies on, whatever drivers wrote there. */
static PLATFORM_UNCHARGED void put_right(struct nbl_record *record) {
    PNET_BUFFER_LIST nbl = nbl_of(record);
    nbl->FirstNetBuffer = record->nb;
    nbl->NdisPoolHandle = record->pool;
    nbl->NdisReserved[0] = nbl;  /* nbl_is_made() */
    nbl->NdisReserved[1] = NULL;
    if (!record->nb) return;
    record->nb->NdisPoolHandle = record->pool;
    clear(record->nb->NdisReserved, sizeof(record->nb->NdisReserved));
}

void nbl_start(struct nbl_record *record) {
    put_right(record);
    put(record, record->freed_site);
}

void nbl_recycle(struct nbl_record *record) {
    PNET_BUFFER_LIST nbl = nbl_of(record);
    struct nbl_ledger *ledger = &record->ledger;
    if (ledger->kind != NBL_PLAIN) nbl_derived_release(record);
    nbl_free_contexts(record, nbl);
    if (ledger->tags) nbl_tags_end(record, NBL_ALLOCATED);
    if (record->nb && record->nb->NdisReserved[1]) nb_forget_retreats(record->pool->object.ndis, record->nb);
    if (ledger->derived) nbl_parent_release(record);
    ledger->pushes = ledger->edges = record->special = 0;
    forget_flights(record);
    put_right(record);
    put(record, record->freed_site);
}

static PLATFORM_UNCHARGED bool any_mapped(const NET_BUFFER_LIST *nbl) {
    for (const NET_BUFFER *nb = nbl->FirstNetBuffer; nb; nb = nb->Next)
        if (nb_is_mapped(nb)) return true;
    return false;
}

/* May the block be used again at once? Not while a driver or the device has it: then it is lost to the pool. */
static PLATFORM_UNCHARGED bool is_idle(struct nbl_record *record, PNET_BUFFER_LIST nbl) {
    if (record->state == NBL_SENT || record->state == NBL_INDICATED) {
        nbl_violation(record, "nbl.freed_in_flight", "[D] 2.8",
                      record->state == NBL_SENT ? "was freed while the miniport holds it" : "was freed while a protocol holds it");
        nbl_tell(record, any_mapped(nbl) ? PLATFORM_LOST_FREED_UNDER_DMA : PLATFORM_LOST_FREED, NULL, "NdisFreeNetBufferList");
        return false;  /* it comes back to the pool when it comes back */
    }
    if (!any_mapped(nbl)) return true;
    nbl_violation(record, "nbl.freed_under_dma", "[D] 2.7", "was freed while its data is mapped for the device");
    nbl_tell(record, PLATFORM_LOST_FREED_UNDER_DMA, NULL, "NdisFreeNetBufferList");
    return false;  /* for good: the mapping refers to its NB */
}

void nbl_free(struct nbl_record *record, const char *site) {
    PNET_BUFFER_LIST nbl = nbl_of(record);
    if (record->state == NBL_ZOMBIE) {
        nbl_violation(record, "nbl.freed_twice", "[D] 2.1", "was freed again while it is still out");
        return;
    }
    if (nbl->ChildRefCount != 0)
        nbl_violation(record, "nbl.children_out", "[D] 2.6", "was freed with a ChildRefCount of %d", nbl->ChildRefCount);
    record->freed_site = site;
    if (is_idle(record, nbl)) nbl_recycle(record);
    else record->state = NBL_ZOMBIE;
    if (record->pool->guarded) guard_close(record->pool->object.ndis);
}

bool nbl_check_ours_slowly(struct ndis *ndis, const NET_BUFFER_LIST *nbl, const char *function) {
    struct nbl_record *record = nbl_find_record(ndis, nbl);
    if (!record) {
        kernel_violation(ndis->kernel, "nbl.foreign", "[D] 2.1", -1, "%s was given an NBL that is of no pool of NDIS: its NdisPoolHandle names "
                         "none, or one that it does not lie in", function);
        return false;
    }
    if (LIKELY(record->state != NBL_FREE)) return true;
    nbl_violation(record, "nbl.use_after_free", "[D] 2.1", "was given to %s, and is free", function);
    return false;
}

static __attribute__((noinline)) void free_any(PNET_BUFFER_LIST nbl, const char *site) {
    struct ndis *ndis = nbl_ndis("NdisFreeNetBufferList");
    struct nbl_record *record = nbl_find_record(ndis, nbl);
    if (!record) {
        (void)nbl_check_ours_slowly(ndis, nbl, "NdisFreeNetBufferList");
        return;
    }
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
    if (record->state != NBL_OWNED) return false;
    const NET_BUFFER *nb = nbl->FirstNetBuffer;
    const uintptr_t pool = (uintptr_t)record->pool;
    const uintptr_t odd = ((uintptr_t)nbl->NdisPoolHandle ^ pool) | ((uintptr_t)nb ^ (uintptr_t)own_nb(nbl)) | record->special |
                          (ULONG)nbl->ChildRefCount;
    if (odd) return false;
    return !(((uintptr_t)nb->NdisPoolHandle ^ pool) | (uintptr_t)nb->Next | (uintptr_t)nb->NdisReserved[0] |
             (uintptr_t)nb->NdisReserved[1]);
}

VOID WdkFreeNetBufferList(PNET_BUFFER_LIST NetBufferList, const char *Site) {
    struct nbl_record *record = nbl_record_of(NetBufferList);
    const struct kernel_context *context = kernel_context_now;
    if (LIKELY(nbl_is_made(NetBufferList) && context && record->pool->kernel == context->kernel) &&
        LIKELY(is_free_to_go(record, NetBufferList))) {
        if (record->hop_count) forget_flights(record);
        put(record, Site);
    } else {
        free_any(NetBufferList, Site);
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
    return WdkAllocateNetBufferAndNetBufferList(PoolHandle, (ULONG)ContextBackFill << 16 | ContextSize, MdlChain, DataOffset, DataLength,
                                                NULL);
}

VOID (NdisFreeNetBufferList)(PNET_BUFFER_LIST NetBufferList) { WdkFreeNetBufferList(NetBufferList, NULL); }
