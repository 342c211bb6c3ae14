/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_pool.c: pools of NET_BUFFER_LISTs and NET_BUFFERs.
 *
 * A pool grows by slabs of equal blocks and keeps freed members in a list, so that no packet costs an allocation:
 *
 *   NBL pool:  record | NBL (30 slots) | [NB] | [context node] | [MDL + page frames] | [data]
 *   NB pool:   NB | [MDL + page frames] | [data]
 *
 * Slabs are pool memory of the machine, so that the data of shape (c) can be mapped for the device. They live as long as NDIS: a device
 * may still use an NBL that its driver lost.
 */
#include <stdlib.h>

#include "ndis_internal.h"

enum { RECORD_BYTES = (sizeof(struct nbl_record) + 15) & ~15u, SLAB_TARGET = 64 * 1024, SLAB_MOST = 64, SLAB_LEAST = 4 };

static size_t round16(size_t bytes) { return (bytes + 15) & ~(size_t)15; }

struct nbl_record *nbl_record_of(const NET_BUFFER_LIST *nbl) {
    return (struct nbl_record *)(void *)((PUCHAR)(ULONG_PTR)nbl - RECORD_BYTES);
}

PNET_BUFFER_LIST nbl_of(struct nbl_record *record) { return (PNET_BUFFER_LIST)(void *)((PUCHAR)record + RECORD_BYTES); }

const struct nbl_record *nbl_record_of_nb(const NET_BUFFER *nb) {
    const struct ndis_pool *pool = nb->NdisPoolHandle;
    if (!pool || pool->object.type != NDIS_OBJECT_NBL_POOL) return NULL;
    return (const struct nbl_record *)(const void *)((const uint8_t *)nb - pool->nb_at);
}

static bool is_pool(const struct ndis *ndis, NDIS_HANDLE handle, enum ndis_object_type type) {
    for (const struct ndis_pool *pool = ndis->pools; pool; pool = pool->next)
        if ((const void *)pool == handle) return pool->object.type == type;
    return false;
}

bool nbl_check_ours(struct ndis *ndis, const NET_BUFFER_LIST *nbl, const char *function) {
    if (!is_pool(ndis, nbl->NdisPoolHandle, NDIS_OBJECT_NBL_POOL)) {
        kernel_violation(ndis->kernel, "nbl.foreign", "[D] 2.1", -1, "%s was given an NBL that no pool of NDIS made", function);
        return false;
    }
    struct nbl_record *record = nbl_record_of(nbl);
    if (record->state == NBL_FREE) {
        nbl_violation(record, "nbl.use_after_free", "[D] 2.1", function);
        return false;
    }
    return true;
}

/* ---- Making pools */
static struct ndis_pool *pool_create(NDIS_HANDLE handle, enum ndis_object_type type, ULONG tag, ULONG data_size) {
    struct ndis_object *owner = handle;
    struct ndis *ndis = owner ? owner->ndis : ndis_current(__func__);
    struct ndis_pool *pool = calloc(1, sizeof(*pool));
    if (!pool) return NULL;
    pool->object = (struct ndis_object){.type = type, .ndis = ndis, .name = owner ? owner->name : "ndis"};
    pool->tag = tag;
    pool->data_size = data_size;
    struct ndis_pool **link = &ndis->pools;
    while (*link) link = &(*link)->next;  /* in order of creation: reports walk this list */
    *link = pool;
    return pool;
}

/* Adds the MDL and data of shape (c) to a block whose first `bytes` are laid out. */
static size_t lay_out_data(struct ndis_pool *pool, size_t bytes) {
    if (pool->data_size == 0) return bytes;
    pool->mdl_at = bytes;
    pool->data_at = round16(bytes + sizeof(MDL) + sizeof(PFN_NUMBER) * (2 + pool->data_size / PAGE_SIZE));
    return pool->data_at + round16(pool->data_size);
}

NDIS_HANDLE NdisAllocateNetBufferListPool(NDIS_HANDLE NdisHandle, PNET_BUFFER_LIST_POOL_PARAMETERS Parameters) {
    if (Parameters->Header.Size < NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1) return NULL;
    if (Parameters->DataSize > 0 && !Parameters->fAllocateNetBuffer) return NULL;
    if (Parameters->ContextSize % MEMORY_ALLOCATION_ALIGNMENT != 0) return NULL;
    struct ndis_pool *pool = pool_create(NdisHandle, NDIS_OBJECT_NBL_POOL, Parameters->PoolTag, Parameters->DataSize);
    if (!pool) return NULL;
    pool->with_nb = Parameters->fAllocateNetBuffer != 0;
    pool->context_size = Parameters->ContextSize;
    pool->protocol_id = Parameters->ProtocolId;
    size_t bytes = RECORD_BYTES + NBL_BYTES;
    if (pool->with_nb) {
        pool->nb_at = bytes;
        bytes += sizeof(NET_BUFFER);
    }
    if (pool->context_size) {
        pool->context_at = bytes;
        bytes += sizeof(NET_BUFFER_LIST_CONTEXT) + pool->context_size;
    }
    pool->block_bytes = lay_out_data(pool, round16(bytes));
    return pool;
}

NDIS_HANDLE NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle, PNET_BUFFER_POOL_PARAMETERS Parameters) {
    if (Parameters->Header.Size < NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1) return NULL;
    struct ndis_pool *pool = pool_create(NdisHandle, NDIS_OBJECT_NB_POOL, Parameters->PoolTag, Parameters->DataSize);
    if (!pool) return NULL;
    pool->block_bytes = lay_out_data(pool, sizeof(NET_BUFFER));
    return pool;
}

static bool pool_grow(struct ndis_pool *pool) {
    unsigned count = (unsigned)(SLAB_TARGET / pool->block_bytes);
    if (count > SLAB_MOST) count = SLAB_MOST;
    if (count < SLAB_LEAST) count = SLAB_LEAST;
    struct ndis_slab *slab = calloc(1, sizeof(*slab));
    if (!slab) return false;
    slab->count = count;
    slab->blocks = kernel_allocate(pool->object.ndis->kernel, count * pool->block_bytes, pool->tag);
    if (!slab->blocks) {
        free(slab);
        return false;
    }
    if (pool->last_slab) pool->last_slab->next = slab;
    else pool->slabs = slab;
    pool->last_slab = slab;
    for (unsigned i = 0; i < count; i++) {
        struct nbl_record *record = (struct nbl_record *)(void *)(slab->blocks + i * pool->block_bytes);
        if (pool->object.type == NDIS_OBJECT_NBL_POOL) record->number = ++pool->object.ndis->nbl_numbers;
    }
    for (unsigned i = count; i-- > 0;) {  /* the lowest block is used first */
        void *block = slab->blocks + i * pool->block_bytes;
        if (pool->object.type == NDIS_OBJECT_NBL_POOL) {
            struct nbl_record *record = block;
            record->pool = pool;
            record->next_free = pool->free_nbls;
            pool->free_nbls = record;
        } else {
            PNET_BUFFER nb = block;
            nb->Next = pool->free_nbs;
            pool->free_nbs = nb;
        }
    }
    return true;
}

static void pool_close(NDIS_HANDLE handle, enum ndis_object_type type) {
    struct ndis_pool *pool = ndis_object_of(handle, type, __func__);
    if (!pool || pool->closed) return;
    if (pool->live > 0)
        kernel_violation(pool->object.ndis->kernel, type == NDIS_OBJECT_NBL_POOL ? "nbl.leaked" : "nb.leaked", "[D] 2.1", -1,
                         "%s freed a pool of which %llu %s are still allocated", pool->object.name, (unsigned long long)pool->live,
                         type == NDIS_OBJECT_NBL_POOL ? "NBLs" : "NBs");
    pool->closed = true;
}

VOID NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle) { pool_close(PoolHandle, NDIS_OBJECT_NBL_POOL); }

VOID NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle) { pool_close(PoolHandle, NDIS_OBJECT_NB_POOL); }

void ndis_free_pools(struct ndis *ndis) {
    while (ndis->pools) {
        struct ndis_pool *pool = ndis->pools;
        if (!pool->closed) {
            kernel_violation(ndis->kernel, "pool.leaked", "[D] 2.1", -1, "%s never freed a pool of %s", pool->object.name,
                             pool->object.type == NDIS_OBJECT_NBL_POOL ? "NBLs" : "NBs");
            pool_close(pool, pool->object.type);
        }
        while (pool->slabs) {
            struct ndis_slab *slab = pool->slabs;
            pool->slabs = slab->next;
            kernel_free(slab->blocks);
            free(slab);
        }
        ndis->pools = pool->next;
        free(pool);
    }
}

void nbl_for_each(struct ndis_pool *pool, void (*visit)(struct nbl_record *record, void *arg), void *arg) {
    if (pool->object.type != NDIS_OBJECT_NBL_POOL) return;
    for (struct ndis_slab *slab = pool->slabs; slab; slab = slab->next)
        for (unsigned i = 0; i < slab->count; i++) visit((struct nbl_record *)(void *)(slab->blocks + i * pool->block_bytes), arg);
}

/* ---- NBs */
/* An NB in a block that starts at `block`, with the block's own data (shape (c)) if the pool has it. */
static void nb_init(PNET_BUFFER nb, struct ndis_pool *pool, uint8_t *block) {
    *nb = (NET_BUFFER){.NdisPoolHandle = pool};
    if (pool->data_size == 0) return;
    PMDL mdl = (PMDL)(void *)(block + pool->mdl_at);
    MmInitializeMdl(mdl, block + pool->data_at, pool->data_size);
    MmBuildMdlForNonPagedPool(mdl);
    nb->MdlChain = mdl;
    nb_set_position(nb, pool->data_size);  /* all of it is backfill */
}

static struct ndis_pool *open_pool(NDIS_HANDLE handle, enum ndis_object_type type, const char *function) {
    struct ndis_pool *pool = ndis_object_of(handle, type, function);
    return pool && !pool->closed ? pool : NULL;
}

static PNET_BUFFER nb_take(struct ndis_pool *pool) {
    if (kernel_fault_due(&pool->object.ndis->kernel->fail_allocation)) return NULL;
    if (!pool->free_nbs && !pool_grow(pool)) return NULL;
    PNET_BUFFER nb = pool->free_nbs;
    pool->free_nbs = nb->Next;
    pool->live++;
    nb_init(nb, pool, (uint8_t *)nb);
    return nb;
}

PNET_BUFFER NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength) {
    struct ndis_pool *pool = open_pool(PoolHandle, NDIS_OBJECT_NB_POOL, __func__);
    if (!pool || pool->data_size > 0 || (!MdlChain && (DataOffset || DataLength))) return NULL;
    PNET_BUFFER nb = nb_take(pool);
    if (!nb) return NULL;
    nb->MdlChain = MdlChain;
    nb->stDataLength = DataLength;
    nb_set_position(nb, DataOffset);
    return nb;
}

PNET_BUFFER NdisAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle) {
    struct ndis_pool *pool = open_pool(PoolHandle, NDIS_OBJECT_NB_POOL, __func__);
    return pool && pool->data_size > 0 ? nb_take(pool) : NULL;
}

VOID NdisFreeNetBuffer(PNET_BUFFER NetBuffer) {
    struct ndis_pool *pool = NetBuffer->NdisPoolHandle;
    if (!is_pool(ndis_current(__func__), pool, NDIS_OBJECT_NB_POOL)) {
        kernel_violation(kernel_current(), "nb.foreign", "[D] 2.1", -1, "NdisFreeNetBuffer was given an NB of no NB pool");
        return;
    }
    pool->live--;
    if (nb_is_mapped(NetBuffer)) {
        kernel_violation(pool->object.ndis->kernel, "nbl.freed_under_dma", "[D] 2.7", -1,
                         "an NB of %u bytes was freed while its data is mapped for the device", NetBuffer->DataLength);
        return;  /* not used again: the mapping still refers to it */
    }
    nb_forget_retreats(pool->object.ndis, NetBuffer);
    NetBuffer->NdisPoolHandle = NULL;
    NetBuffer->Next = pool->free_nbs;
    pool->free_nbs = NetBuffer;
}

/* ---- NBLs */
/* The context that the caller asked for: in the pool's node when it fits, else in a node of its own. [D] 2.1 */
static bool give_context(struct nbl_record *record, PNET_BUFFER_LIST nbl, USHORT size, USHORT backfill) {
    struct ndis_pool *pool = record->pool;
    uint8_t *block = (uint8_t *)record;
    ULONG wanted = (ULONG)size + backfill;
    record->context = pool->context_size ? (PNET_BUFFER_LIST_CONTEXT)(void *)(block + pool->context_at) : NULL;
    record->allocated_context = NULL;
    if (record->context && wanted <= pool->context_size) {
        *record->context = (NET_BUFFER_LIST_CONTEXT){.Size = pool->context_size, .Offset = (USHORT)(pool->context_size - size)};
        nbl->Context = record->context;
        return true;
    }
    if (wanted == 0) return true;
    if (wanted > UINT16_MAX) return false;
    record->allocated_context = calloc(1, sizeof(NET_BUFFER_LIST_CONTEXT) + wanted);
    if (!record->allocated_context) return false;
    record->allocated_context->Size = (USHORT)wanted;
    record->allocated_context->Offset = backfill;
    nbl->Context = record->allocated_context;
    return true;
}

static PNET_BUFFER_LIST nbl_take(NDIS_HANDLE handle, USHORT size, USHORT backfill, const char *function) {
    struct ndis_pool *pool = open_pool(handle, NDIS_OBJECT_NBL_POOL, function);
    if (!pool || size % MEMORY_ALLOCATION_ALIGNMENT || backfill % MEMORY_ALLOCATION_ALIGNMENT) return NULL;
    if (kernel_fault_due(&pool->object.ndis->kernel->fail_allocation)) return NULL;
    if (!pool->free_nbls && !pool_grow(pool)) return NULL;
    struct nbl_record *record = pool->free_nbls;
    PNET_BUFFER_LIST nbl = nbl_of(record);
    memset(nbl, 0, NBL_BYTES);
    if (!give_context(record, nbl, size, backfill)) return NULL;
    pool->free_nbls = record->next_free;
    pool->live++;
    pool->object.ndis->counts.nbl_allocated++;
    nbl->NdisPoolHandle = pool;
    record->state = NBL_OWNED;
    record->packet = -1;
    record->holder = record->origin = NULL;
    record->depth = record->lent = 0;
    record->reported = record->overdue = false;
    record->first_send = (struct nbl_hop){0};
    record->hop_count = 0;
    record->nb = NULL;
    if (pool->with_nb) {
        record->nb = (PNET_BUFFER)(void *)((uint8_t *)record + pool->nb_at);
        nb_init(record->nb, pool, (uint8_t *)record);
        nbl->FirstNetBuffer = record->nb;
    }
    nbl_hop(record, NBL_ALLOCATED, "ndis", pool->object.name);
    return nbl;
}

PNET_BUFFER_LIST NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill) {
    return nbl_take(PoolHandle, ContextSize, ContextBackFill, __func__);
}

PNET_BUFFER_LIST NdisAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill,
                                                       PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength) {
    struct ndis_pool *pool = open_pool(PoolHandle, NDIS_OBJECT_NBL_POOL, __func__);
    if (!pool || !pool->with_nb || pool->data_size > 0 || (!MdlChain && (DataOffset || DataLength))) return NULL;
    PNET_BUFFER_LIST nbl = nbl_take(PoolHandle, ContextSize, ContextBackFill, __func__);
    if (!nbl) return NULL;
    nbl->FirstNetBuffer->MdlChain = MdlChain;
    nbl->FirstNetBuffer->stDataLength = DataLength;
    nb_set_position(nbl->FirstNetBuffer, DataOffset);
    return nbl;
}

/* Contexts that drivers pushed and did not pop are reported and freed; those given at allocation just go. */
static void free_contexts(struct nbl_record *record, PNET_BUFFER_LIST nbl) {
    PNET_BUFFER_LIST_CONTEXT own = record->allocated_context ? record->allocated_context : record->context;
    if (nbl->Context && nbl->Context != own)
        nbl_violation(record, "nbl.context_leaked", "[D] 2.4", "was freed with a context that a driver pushed and did not pop");
    while (nbl->Context && nbl->Context != own) {
        PNET_BUFFER_LIST_CONTEXT node = nbl->Context;
        nbl->Context = node->Next;
        free(node);
    }
    free(record->allocated_context);
    record->allocated_context = NULL;
}

void nbl_recycle(struct nbl_record *record) {
    PNET_BUFFER_LIST nbl = nbl_of(record);
    struct ndis_pool *pool = record->pool;
    free_contexts(record, nbl);
    if (record->nb) nb_forget_retreats(pool->object.ndis, record->nb);
    record->state = NBL_FREE;
    nbl->FirstNetBuffer = NULL;
    record->next_free = pool->free_nbls;
    pool->free_nbls = record;
}

VOID NdisFreeNetBufferList(PNET_BUFFER_LIST NetBufferList) {
    struct ndis *ndis = ndis_current(__func__);
    if (!nbl_check_ours(ndis, NetBufferList, "NdisFreeNetBufferList")) return;
    struct nbl_record *record = nbl_record_of(NetBufferList);
    if (record->state == NBL_ZOMBIE) {
        nbl_violation(record, "nbl.use_after_free", "[D] 2.1", "was freed twice");
        return;
    }
    record->pool->live--;
    ndis->counts.nbl_allocated--;
    if (record->state == NBL_SENT || record->state == NBL_INDICATED) {
        nbl_violation(record, "nbl.freed_in_flight", "[D] 2.8",
                      record->state == NBL_SENT ? "was freed while the miniport holds it" : "was freed while a protocol holds it");
        record->state = NBL_ZOMBIE;  /* the block is not used again before it comes back */
        return;
    }
    nbl_hop(record, NBL_RELEASE, record->pool->object.name, "ndis");
    for (PNET_BUFFER nb = NetBufferList->FirstNetBuffer; nb; nb = nb->Next) {
        if (!nb_is_mapped(nb)) continue;
        nbl_violation(record, "nbl.freed_under_dma", "[D] 2.7", "was freed while its data is mapped for the device");
        record->state = NBL_ZOMBIE;  /* for good: the mapping refers to its NB */
        return;
    }
    nbl_recycle(record);
}
