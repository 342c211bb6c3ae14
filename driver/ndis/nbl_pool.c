/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_pool.c: pools of NET_BUFFER_LISTs and NET_BUFFERs: their memory, their shapes, and their end. [D] 2.1
 *
 * A pool grows by slabs of equal blocks and keeps freed members in a list, so that no packet costs an allocation:
 *
 *   NBL pool:  record | NBL (30 slots) | [NB] | [context node] | [MDL + page frames] | [data]
 *   NB pool:   record | NB | [MDL + page frames] | [data]
 *
 * Slabs are pool memory of the machine, so that the data of shape (c) can be mapped for the device. They live as long as NDIS: a device
 * may still use an NBL that its driver lost.
 */
#include <stdio.h>
#include <stdlib.h>

#include "nbl_guard.h"
#include "nbl_poison.h"
#include "platform_uncharged.h"

enum { SLAB_TARGET = 64 * 1024, SLAB_MOST = 64, SLAB_LEAST = 4, NAMED_LEAKS = 3 };

static size_t round16(size_t bytes) { return (bytes + 15) & ~(size_t)15; }
/* Blocks start on a cache line, and so does the NBL behind its record: wide stores do not straddle. */
static size_t round_line(size_t bytes) { return (bytes + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1); }

PLATFORM_UNCHARGED bool ndis_find_pool(const struct ndis *ndis, const void *handle) {
    const struct ndis_pool *pool = ndis->pools;
    while (pool && pool != handle) pool = pool->next;
    return pool != NULL;
}

PLATFORM_UNCHARGED struct nbl_record *nbl_find_record(struct ndis *ndis, const NET_BUFFER_LIST *nbl) {
    const struct ndis_pool *pool = nbl->NdisPoolHandle;
    if (!ndis_is_pool(ndis, nbl->NdisPoolHandle, NDIS_OBJECT_NBL_POOL)) return NULL;
    for (const struct ndis_slab *slab = pool->slabs; slab; slab = slab->next) {
        const uintptr_t at = (uintptr_t)nbl - NBL_RECORD_BYTES - (uintptr_t)slab->blocks;
        if (at < slab->count * pool->block_bytes) return at % pool->block_bytes == 0 ? nbl_record_of(nbl) : NULL;
    }
    return NULL;
}

/* From the machine's block while that has room. */
static struct ndis_pool *pool_memory(struct ndis *ndis) {
    if (!ndis->pool_block) ndis->pool_block = calloc(NDIS_POOLS, NDIS_POOL_BYTES);
    if (!ndis->pool_block || ndis->pools_made == NDIS_POOLS) return calloc(1, sizeof(struct ndis_pool));
    return (struct ndis_pool *)(void *)(ndis->pool_block + (size_t)NDIS_POOL_BYTES * ndis->pools_made++);
}

static bool is_in_block(const struct ndis *ndis, const struct ndis_pool *pool) {
    return (uintptr_t)pool - (uintptr_t)ndis->pool_block < (size_t)NDIS_POOLS * NDIS_POOL_BYTES;
}

/* ---- Making pools */
static const struct ndis_driver *driver_of(NDIS_HANDLE handle) {
    const struct ndis_object *object = handle;
    switch (object ? object->type : 0) {
    case NDIS_OBJECT_DRIVER: return handle;
    case NDIS_OBJECT_PROTOCOL: return ((const struct ndis_protocol *)handle)->driver;
    case NDIS_OBJECT_FILTER_DRIVER: return ((const struct ndis_filter_driver *)handle)->driver;
    case NDIS_OBJECT_ADAPTER:
    case NDIS_OBJECT_FILTER:
    case NDIS_OBJECT_BINDING: return CONTAINING_RECORD(object, struct ndis_layer, object)->driver;
    default: return NULL;
    }
}

static struct ndis_pool *pool_create(NDIS_HANDLE handle, enum ndis_object_type type, ULONG tag, ULONG data_size, const char *site) {
    struct ndis_object *owner = handle;
    struct ndis *ndis = owner ? owner->ndis : ndis_current(__func__);
    struct ndis_pool *pool = pool_memory(ndis);
    if (!pool) return NULL;
    pool->object = (struct ndis_object){.type = type, .ndis = ndis, .name = owner ? owner->name : "ndis"};
    pool->kernel = ndis->kernel;
    pool->tag = tag;
    pool->data_size = data_size;
    pool->site = site;
    pool->owner = driver_of(handle);
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

NDIS_HANDLE WdkAllocateNetBufferListPool(NDIS_HANDLE NdisHandle, PNET_BUFFER_LIST_POOL_PARAMETERS Parameters, const char *Site) {
    if (Parameters->Header.Size < NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1) return NULL;
    if (Parameters->DataSize > 0 && !Parameters->fAllocateNetBuffer) return NULL;
    if (Parameters->ContextSize % MEMORY_ALLOCATION_ALIGNMENT != 0) return NULL;
    struct ndis_pool *pool = pool_create(NdisHandle, NDIS_OBJECT_NBL_POOL, Parameters->PoolTag, Parameters->DataSize, Site);
    if (!pool) return NULL;
    pool->with_nb = Parameters->fAllocateNetBuffer != 0;
    pool->context_size = Parameters->ContextSize;
    pool->protocol_id = Parameters->ProtocolId;
    size_t bytes = NBL_RECORD_BYTES + NBL_BYTES;
    if (pool->with_nb) {
        pool->nb_at = bytes;
        bytes += sizeof(NET_BUFFER);
    }
    if (pool->context_size) {
        pool->context_at = bytes;
        bytes += sizeof(NET_BUFFER_LIST_CONTEXT) + pool->context_size;
    }
    pool->block_bytes = round_line(lay_out_data(pool, round16(bytes)));
    pool->guarded = pool->object.ndis->guard != NULL;
    if (pool->guarded) pool->block_bytes = guard_block_bytes(pool->block_bytes);
    else if (pool->with_nb && pool->context_size == 0 && pool->data_size == 0 && pool->protocol_id == NDIS_PROTOCOL_ID_DEFAULT)
        pool->plain = NDIS_PLAIN_POOL;
    return pool;
}

NDIS_HANDLE WdkAllocateNetBufferPool(NDIS_HANDLE NdisHandle, PNET_BUFFER_POOL_PARAMETERS Parameters, const char *Site) {
    if (Parameters->Header.Size < NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1) return NULL;
    struct ndis_pool *pool = pool_create(NdisHandle, NDIS_OBJECT_NB_POOL, Parameters->PoolTag, Parameters->DataSize, Site);
    if (!pool) return NULL;
    pool->block_bytes = lay_out_data(pool, NB_RECORD_BYTES + sizeof(NET_BUFFER));
    return pool;
}

NDIS_HANDLE (NdisAllocateNetBufferListPool)(NDIS_HANDLE NdisHandle, PNET_BUFFER_LIST_POOL_PARAMETERS Parameters) {
    return WdkAllocateNetBufferListPool(NdisHandle, Parameters, NULL);
}

NDIS_HANDLE (NdisAllocateNetBufferPool)(NDIS_HANDLE NdisHandle, PNET_BUFFER_POOL_PARAMETERS Parameters) {
    return WdkAllocateNetBufferPool(NdisHandle, Parameters, NULL);
}

struct ndis_pool *ndis_own_pool(struct ndis *ndis, enum ndis_object_type type) {
    if (type == NDIS_OBJECT_NBL_POOL) {
        NET_BUFFER_LIST_POOL_PARAMETERS parameters = {.Header.Size = sizeof(parameters), .fAllocateNetBuffer = TRUE,
                                                      .PoolTag = 0x6C62696E /* 'nibl' */};
        if (!ndis->own_nbls) ndis->own_nbls = WdkAllocateNetBufferListPool(NULL, &parameters, NULL);
        return ndis->own_nbls;
    }
    NET_BUFFER_POOL_PARAMETERS parameters = {.Header.Size = sizeof(parameters), .PoolTag = 0x20626E69 /* 'inb ' */};
    if (!ndis->own_nbs) ndis->own_nbs = WdkAllocateNetBufferPool(NULL, &parameters, NULL);
    return ndis->own_nbs;
}

static void add_block(struct ndis_pool *pool, uint8_t *block, uint32_t number) {
    if (pool->object.type == NDIS_OBJECT_NBL_POOL) {
        struct nbl_record *record = (struct nbl_record *)(void *)block;
        record->number = number;
        record->pool = pool;
        if (pool->with_nb) record->nb = (PNET_BUFFER)(void *)(block + pool->nb_at);
        if (pool->context_size) record->context = (PNET_BUFFER_LIST_CONTEXT)(void *)(block + pool->context_at);
        nbl_start(record);
    } else {
        struct nb_record *record = (struct nb_record *)(void *)block;
        record->number = number;
        record->next_free = pool->free_nbs;
        pool->free_nbs = record;
        nb_hide(nb_of(record));
    }
}

bool ndis_pool_grow(struct ndis_pool *pool) {
    unsigned count = (unsigned)(SLAB_TARGET / pool->block_bytes);
    if (count > SLAB_MOST) count = SLAB_MOST;
    if (count < SLAB_LEAST) count = SLAB_LEAST;
    struct ndis_slab *slab = calloc(1, sizeof(*slab));
    if (!slab) return false;
    slab->count = count;
    slab->memory = kernel_allocate(pool->kernel, count * pool->block_bytes, pool->tag);
    if (!slab->memory) {
        free(slab);
        return false;
    }
    slab->blocks = (uint8_t *)slab->memory + (pool->guarded ? guard_first_block() : 0);
    if (pool->last_slab) pool->last_slab->next = slab;
    else pool->slabs = slab;
    pool->last_slab = slab;
    uint32_t *numbers = pool->object.type == NDIS_OBJECT_NBL_POOL ? &pool->object.ndis->nbl_numbers : &pool->object.ndis->nb_numbers;
    for (unsigned i = count; i-- > 0;)  /* the lowest is used first */
        add_block(pool, slab->blocks + i * pool->block_bytes, *numbers + i + 1);
    *numbers += count;
    if (pool->guarded) guard_slab(pool, slab);
    return true;
}

/* ---- Their end */
void nbl_for_each(struct ndis_pool *pool, void (*visit)(struct nbl_record *record, void *arg), void *arg) {
    if (pool->object.type != NDIS_OBJECT_NBL_POOL) return;
    for (struct ndis_slab *slab = pool->slabs; slab; slab = slab->next)
        for (unsigned i = 0; i < slab->count; i++) visit((struct nbl_record *)(void *)(slab->blocks + i * pool->block_bytes), arg);
}

void nb_for_each(struct ndis_pool *pool, void (*visit)(struct nb_record *record, void *arg), void *arg) {
    if (pool->object.type != NDIS_OBJECT_NB_POOL) return;
    for (struct ndis_slab *slab = pool->slabs; slab; slab = slab->next)
        for (unsigned i = 0; i < slab->count; i++) visit((struct nb_record *)(void *)(slab->blocks + i * pool->block_bytes), arg);
}

/* How many members are out, and the first few by number and site. */
struct leaks {
    char text[160];
    size_t length;
    unsigned count;
};

static void name_leak(struct leaks *leaks, const char *kind, uint32_t number, const char *site) {
    if (leaks->count++ >= NAMED_LEAKS) return;
    int added = snprintf(leaks->text + leaks->length, sizeof(leaks->text) - leaks->length, "%s %s %u of %s",
                         leaks->count > 1 ? "," : ":", kind, number, kernel_site(site));
    leaks->length += added > 0 ? (size_t)added : 0;
    if (leaks->length >= sizeof(leaks->text)) leaks->length = sizeof(leaks->text) - 1;
}

static bool is_live(const struct nbl_record *record) { return record->state != NBL_FREE && record->state != NBL_ZOMBIE; }

static void name_nbl(struct nbl_record *record, void *leaks) {
    if (is_live(record)) name_leak(leaks, "nbl", record->number, record->site);
}

static void name_nb(struct nb_record *record, void *leaks) {
    if (record->live) name_leak(leaks, "nb", record->number, record->site);
}

static void pool_close(NDIS_HANDLE handle, enum ndis_object_type type, const char *function) {
    struct ndis_pool *pool = ndis_object_of(handle, type, function);
    if (!pool) return;
    struct kernel *kernel = pool->kernel;
    if (pool->closed) {
        kernel_violation(kernel, "pool.freed_twice", "[D] 2.1", -1, "%s freed a pool twice that it allocated at %s", pool->object.name,
                         kernel_site(pool->site));
        return;
    }
    pool->closed = true;
    pool->plain = 0;
    struct leaks leaks = {.length = 0};
    nbl_for_each(pool, name_nbl, &leaks);
    nb_for_each(pool, name_nb, &leaks);
    if (leaks.count == 0) return;
    kernel_violation(kernel, type == NDIS_OBJECT_NBL_POOL ? "nbl.leaked" : "nb.leaked", "[D] 2.1", -1,
                     "%s freed a pool, allocated at %s, of which %u %s are still out%s: free them first", pool->object.name,
                     kernel_site(pool->site), leaks.count, type == NDIS_OBJECT_NBL_POOL ? "NBLs" : "NBs", leaks.text);
}

VOID NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle) { pool_close(PoolHandle, NDIS_OBJECT_NBL_POOL, __func__); }

VOID NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle) { pool_close(PoolHandle, NDIS_OBJECT_NB_POOL, __func__); }

NDIS_HANDLE NdisGetPoolFromNetBufferList(PNET_BUFFER_LIST NetBufferList) { return NetBufferList->NdisPoolHandle; }

NDIS_HANDLE NdisGetPoolFromNetBuffer(PNET_BUFFER NetBuffer) { return NetBuffer->NdisPoolHandle; }

static void count_nbl(struct nbl_record *record, void *live) { *(uint64_t *)live += is_live(record); }

uint64_t ndis_live_nbls(const struct ndis *ndis) {
    uint64_t live = 0;
    for (struct ndis_pool *pool = ndis->pools; pool; pool = pool->next) nbl_for_each(pool, count_nbl, &live);
    return live;
}

/* Contexts of an NBL that was lost, and that nobody will pop. */
static void drop_contexts(struct nbl_record *record, void *arg) {
    (void)arg;
    if (record->state == NBL_FREE) return;
    for (PNET_BUFFER_LIST_CONTEXT node = nbl_of(record)->Context, next; node && node != record->context; node = next) {
        next = node->Next;
        free(node);
    }
}

void ndis_free_pools(struct ndis *ndis) {
    if (ndis->own_nbls) pool_close(ndis->own_nbls, NDIS_OBJECT_NBL_POOL, __func__);
    if (ndis->own_nbs) pool_close(ndis->own_nbs, NDIS_OBJECT_NB_POOL, __func__);
    for (struct ndis_pool *pool = ndis->pools; pool; pool = pool->next) {
        if (pool->closed) continue;
        kernel_violation(ndis->kernel, "pool.leaked", "[D] 2.1", -1, "%s never freed a pool of %s that it allocated at %s",
                         pool->object.name, pool->object.type == NDIS_OBJECT_NBL_POOL ? "NBLs" : "NBs", kernel_site(pool->site));
        pool_close(pool, pool->object.type, __func__);
    }
    while (ndis->pools) {
        struct ndis_pool *pool = ndis->pools;
        nbl_for_each(pool, drop_contexts, NULL);
        while (pool->slabs) {
            struct ndis_slab *slab = pool->slabs;
            pool->slabs = slab->next;
            nbl_show_slab(pool, slab);
            if (pool->guarded) guard_forget_slab(pool, slab);
            kernel_free(slab->memory);
            free(slab);
        }
        ndis->pools = pool->next;
        if (!is_in_block(ndis, pool)) free(pool);
    }
    free(ndis->pool_block);
    ndis->pool_block = NULL;
    ndis->own_nbls = ndis->own_nbs = NULL;
}
