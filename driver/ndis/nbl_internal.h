/* SPDX-License-Identifier: Apache-2.0 */
/* nbl_internal.h: pools and what the nbl_*.c files share. */
#ifndef RINGSIDE_NDIS_NBL_INTERNAL_H
#define RINGSIDE_NDIS_NBL_INTERNAL_H

#include "ndis_internal.h"

struct ndis_slab {
    struct ndis_slab *next;
    unsigned count;
    uint8_t *blocks;
    void *memory;
};

/* Lies in front of each NB of an NB pool. */
struct nb_record {
    struct nb_record *next_free;
    const char *site;
    uint32_t number;
    bool live;
};
enum { NB_RECORD_BYTES = (sizeof(struct nb_record) + 15) & ~15u };

/* What no other object has in that place: a handle is known to be of such a pool by one comparison. */
#define NDIS_PLAIN_POOL 0x504C4E42u

/* A pool of NBLs (object type NDIS_OBJECT_NBL_POOL) or of NBs. */
struct ndis_pool {
    struct ndis_object object;
    struct kernel *kernel;
    uint32_t plain;        /* NDIS_PLAIN_POOL: open, and its members are an NBL with an NB and no more: the shape of the fast path */
    bool guarded;          /* nbl_guard.h */
    bool with_nb, closed;  /* freed: kept until ndis_destroy, since a device may still use members that are out */
    uint8_t protocol_id;
    USHORT context_size;
    ULONG data_size;
    union {
        PNET_BUFFER_LIST free_nbls;
        struct nb_record *free_nbs;
    };
    size_t block_bytes, nb_at, context_at, mdl_at, data_at;
    struct ndis_slab *slabs, *last_slab;
    ULONG tag;
    const char *site;
    const struct ndis_driver *owner;  /* NULL: nobody said */
    struct ndis_pool *next;
};
C_ASSERT(sizeof(struct ndis_pool) <= NDIS_POOL_BYTES);

/* nbl_pool.c */
bool ndis_find_pool(const struct ndis *ndis, const void *handle);
/* Is it a pool of this machine, of that kind? No byte of it is read before that is known. */
static inline bool ndis_is_pool(struct ndis *ndis, NDIS_HANDLE handle, enum ndis_object_type type) {
    const struct ndis_pool *pool = handle;
    return ndis_is_near_pool(ndis, handle, type) || (ndis_find_pool(ndis, handle) && pool->object.type == type);
}
/* The NDIS of the machine whose code runs. */
static inline struct ndis *nbl_ndis(const char *function) {
    return __builtin_expect(kernel_context_now != NULL, 1) ? kernel_context_now->kernel->ndis : ndis_current(function);
}
/* The record of an NBL of a pool of this machine, whatever a driver did to it; NULL when it is none: also of a copy of one. */
struct nbl_record *nbl_find_record(struct ndis *ndis, const NET_BUFFER_LIST *nbl);
bool ndis_pool_grow(struct ndis_pool *pool);
/* The pool for derived NBLs whose caller names none: shape (b), or of NBs. NULL without memory. */
struct ndis_pool *ndis_own_pool(struct ndis *ndis, enum ndis_object_type type);
void nbl_for_each(struct ndis_pool *pool, void (*visit)(struct nbl_record *record, void *arg), void *arg);
void nb_for_each(struct ndis_pool *pool, void (*visit)(struct nb_record *record, void *arg), void *arg);

/* nbl_alloc.c. A new block becomes a free member of its pool. */
void nbl_start(struct nbl_record *record);
/* The record of the NBL in whose block the NB lies; NULL for an NB of an NB pool. */
struct nbl_record *nbl_record_of_nb(const NET_BUFFER *nb);
static inline PNET_BUFFER nb_of(struct nb_record *record) { return (PNET_BUFFER)(void *)((PUCHAR)record + NB_RECORD_BYTES); }
static inline struct nb_record *nb_record_of(const NET_BUFFER *nb) {
    return (struct nb_record *)(void *)((PUCHAR)(ULONG_PTR)nb - NB_RECORD_BYTES);
}
/* An NBL as the pool's shape makes it, NULL without memory; contexts in bytes. The pool is open and of NBLs. */
PNET_BUFFER_LIST nbl_allocate(struct ndis_pool *pool, USHORT context_size, USHORT context_backfill, const char *site);
/* Frees an NBL that the caller was told is sound, whatever it was derived from. */
void nbl_free(struct nbl_record *record, const char *site);
/* nb_alloc.c */
PNET_BUFFER nb_allocate(struct ndis_pool *pool, const char *site);

/* nbl_data.c */
void nb_forget_retreats(struct ndis *ndis, PNET_BUFFER nb);
void nb_walk_to(PNET_BUFFER nb, ULONG data_offset);
/* The data starts so many bytes into the chain: DataOffset, CurrentMdl and CurrentMdlOffset. A start on the end of an MDL is moved to the
 * next one if there is one. */
static inline void nb_set_position(PNET_BUFFER nb, ULONG data_offset) {
    PMDL first = nb->MdlChain;
    nb->DataOffset = data_offset;
    if (first && data_offset < first->ByteCount) {
        nb->CurrentMdl = first;
        nb->CurrentMdlOffset = data_offset;
    } else {
        nb_walk_to(nb, data_offset);
    }
}

/* nbl_track.c: as ndis_nbl_describe(), with the first bytes of the data. */
int nbl_describe_with_bytes(struct nbl_record *record, char *to, size_t size);

/* nbl_mdl.c. New MDLs over the used bytes [skip, skip + length) of an NB, owned by `owner`. *link gets the chain, and the end of it is
 * returned; NULL without memory, and then nothing was made. */
PMDL *nbl_mdl_cover(PMDL *link, const NET_BUFFER *from, ULONG skip, ULONG length, const void *owner, const char *site);
/* Frees the MDLs of a chain that `owner` made; returns how many others were met, which stay. */
unsigned nbl_mdl_free(PMDL chain, const void *owner);

/* nbl_check.c */
bool nb_check_ours_slowly(struct ndis *ndis, const NET_BUFFER *nb, const char *function);
/* Is it an NB of one of this machine's pools, in use? Reports "nb.foreign" or "nb.use_after_free" if not. */
static inline bool nb_check_ours(struct ndis *ndis, const NET_BUFFER *nb, const char *function) {
    const struct ndis_pool *pool = nb->NdisPoolHandle;
    bool ours = false;
    if (ndis_is_near_pool(ndis, pool, NDIS_OBJECT_NB_POOL)) ours = nb_record_of(nb)->live;
    else if (ndis_is_near_pool(ndis, pool, NDIS_OBJECT_NBL_POOL))
        ours = ((const struct nbl_record *)(const void *)((const uint8_t *)nb - pool->nb_at))->state != NBL_FREE;
    return __builtin_expect(ours, 1) || nb_check_ours_slowly(ndis, nb, function);
}

/* nbl_context.c, nbl_derive.c: what an NBL that is freed leaves behind, reported and freed. */
void nbl_free_contexts(struct nbl_record *record, PNET_BUFFER_LIST nbl);
void nbl_derived_release(struct nbl_record *record);
void nbl_parent_release(struct nbl_record *record);

/* nbl_tag.c: the contexts by tag end: the NBL is COMPLETEd or RETURNed to who made it, or else freed. */
void nbl_tags_end(struct nbl_record *record, enum nbl_what what);

/* sg_dma.c: is any of this NB's memory mapped for the device? */
static inline bool nb_is_mapped(const NET_BUFFER *nb) { return nb->NdisReserved[0] != NULL; }

#endif
