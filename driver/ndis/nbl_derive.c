/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_derive.c: NBLs that describe memory of other NBLs: clone, fragment, reassembled. [D] 2.6
 *
 *   original  [ NB  MDL(100) MDL(1400) ]
 *   clone     [ NB' MDL'      MDL'     ]          the same bytes, MDLs of its own
 *   fragment  [ NB' hdr|MDL' ] [ NB' hdr|MDL' ]   pieces, each with private memory in front
 *
 * No byte is copied, so the original has to outlive what is derived from it: the ledger of the original counts them, and whoever frees it
 * or gives it back too early is told. The new MDLs belong to their NB: a free takes those and no others, whatever a driver put between.
 */
#include "nbl_internal.h"

/* One derivation on its way: undone as a whole when anything fails. */
struct derivation {
    struct ndis_pool *nbls, *nbs;
    PNET_BUFFER_LIST nbl;
    PNET_BUFFER spare, *link;  /* the NB that came with the NBL, until it is used; where the next NB goes */
    const char *site;
};

static bool usable(struct ndis *ndis, NDIS_HANDLE *handle, enum ndis_object_type type, const char *function) {
    if (!*handle) {
        *handle = ndis_own_pool(ndis, type);
        return *handle != NULL;
    }
    struct ndis_pool *pool = ndis_object_of(*handle, type, function);
    return pool && !pool->closed && pool->data_size == 0;
}

static bool begin(struct derivation *d, PNET_BUFFER_LIST original, NDIS_HANDLE nbls, NDIS_HANDLE nbs, const char *site,
                  const char *function) {
    struct ndis *ndis = ndis_current(function);
    if (!nbl_check_ours(ndis, original, function)) return false;
    if (!usable(ndis, &nbls, NDIS_OBJECT_NBL_POOL, function) || !usable(ndis, &nbs, NDIS_OBJECT_NB_POOL, function)) return false;
    *d = (struct derivation){.nbls = nbls, .nbs = nbs, .site = site, .nbl = nbl_allocate(nbls, 0, 0, site)};
    if (!d->nbl) return false;
    d->nbl->Context = NULL;  /* also where the pool has one: "does not include an initial context" */
    d->spare = d->nbl->FirstNetBuffer;
    d->nbl->FirstNetBuffer = NULL;
    d->link = &d->nbl->FirstNetBuffer;
    return true;
}

static PNET_BUFFER next_nb(struct derivation *d) {
    PNET_BUFFER nb = d->spare ? d->spare : nb_allocate(d->nbs, d->site);
    d->spare = NULL;
    if (!nb) return NULL;
    *d->link = nb;
    d->link = &nb->Next;
    return nb;
}

/* Frees the NBs of a derived NBL, their MDLs, and after `delta` bytes of advance what a retreat put in front. */
static void free_nbs(struct nbl_record *record, ULONG delta) {
    PNET_BUFFER_LIST nbl = nbl_of(record);
    unsigned foreign = 0;
    while (nbl->FirstNetBuffer) {
        PNET_BUFFER nb = nbl->FirstNetBuffer;
        nbl->FirstNetBuffer = nb->Next;
        nb->Next = NULL;
        if (delta) NdisAdvanceNetBufferDataStart(nb, delta, TRUE, NULL);
        if (nb->NdisReserved[1]) nb_forget_retreats(record->pool->object.ndis, nb);
        if (record->ledger.kind != NBL_CLONE || !(record->ledger.argument & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS))
            foreign += nbl_mdl_free(nb->MdlChain, nb);
        if (nb != record->nb) WdkFreeNetBuffer(nb, record->site);
    }
    if (foreign) nbl_violation(record, "nbl.chain_changed", "[D] 2.6", "was freed with MDLs in its chains that NDIS did not make for it");
}

static PNET_BUFFER_LIST give_up(struct derivation *d) {
    struct nbl_record *record = nbl_record_of(d->nbl);
    free_nbs(record, 0);
    record->ledger.kind = NBL_PLAIN;
    nbl_free(record, d->site);
    return NULL;
}

static PNET_BUFFER_LIST finish(struct derivation *d, PNET_BUFFER_LIST original, enum nbl_kind kind, ULONG argument) {
    struct nbl_record *record = nbl_record_of(d->nbl), *parent = nbl_record_of(original);
    struct nbl_ledger *ledger = &record->ledger;
    ledger->kind = kind;
    ledger->argument = argument;
    record->special = parent->special = true;
    ledger->parent = parent;
    ledger->parent_uses = parent->ledger.uses;
    ledger->parent_edges = parent->ledger.edges < NBL_EDGES ? parent->ledger.edges : NBL_EDGES;
    parent->ledger.derived++;
    parent->ledger.derived_at[ledger->parent_edges]++;
    return d->nbl;
}

/* [skip, skip + length) of an NB's used data as a new NB. */
static PNET_BUFFER cover(struct derivation *d, PNET_BUFFER from, ULONG skip, ULONG length) {
    PNET_BUFFER nb = next_nb(d);
    if (!nb || !nbl_mdl_cover(&nb->MdlChain, from, skip, length, nb, d->site)) return NULL;
    nb->DataLength = length;
    nb_set_position(nb, 0);
    return nb;
}

static PNET_BUFFER share(struct derivation *d, PNET_BUFFER from) {
    PNET_BUFFER nb = next_nb(d);
    if (!nb) return NULL;
    nb->MdlChain = from->MdlChain;
    nb->CurrentMdl = from->CurrentMdl;
    nb->CurrentMdlOffset = from->CurrentMdlOffset;
    nb->DataOffset = from->DataOffset;
    nb->stDataLength = from->stDataLength;
    return nb;
}

/* ---- Clone */
PNET_BUFFER_LIST WdkAllocateCloneNetBufferList(PNET_BUFFER_LIST OriginalNetBufferList, NDIS_HANDLE NetBufferListPoolHandle,
                                               NDIS_HANDLE NetBufferPoolHandle, ULONG AllocateCloneFlags, const char *Site) {
    struct derivation d;
    if (!begin(&d, OriginalNetBufferList, NetBufferListPoolHandle, NetBufferPoolHandle, Site, "NdisAllocateCloneNetBufferList"))
        return NULL;
    const bool shared = (AllocateCloneFlags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) != 0;
    nbl_record_of(d.nbl)->ledger.kind = NBL_CLONE;  /* from here on: a failure must not free the original's MDLs either */
    nbl_record_of(d.nbl)->ledger.argument = AllocateCloneFlags;
    for (PNET_BUFFER nb = OriginalNetBufferList->FirstNetBuffer; nb; nb = nb->Next) {
        PNET_BUFFER made = shared ? share(&d, nb) : cover(&d, nb, 0, nb->DataLength);
        if (!made) return give_up(&d);
    }
    return finish(&d, OriginalNetBufferList, NBL_CLONE, AllocateCloneFlags);
}

/* ---- Fragment */
static bool cut(struct derivation *d, PNET_BUFFER from, ULONG start, ULONG most, ULONG delta, ULONG backfill) {
    for (ULONG at = start; at < from->DataLength;) {
        ULONG left = from->DataLength - at, length = left < most ? left : most;
        PNET_BUFFER nb = cover(d, from, at, length);
        if (!nb) return false;
        if (NdisRetreatNetBufferDataStart(nb, delta, backfill, NULL) != NDIS_STATUS_SUCCESS) return false;
        at += length;
    }
    return true;
}

/* Of the NBs made so far, the last may lack its retreat: take that of the others back here. */
static PNET_BUFFER_LIST give_up_cut(struct derivation *d, ULONG delta) {
    for (PNET_BUFFER nb = d->nbl->FirstNetBuffer; nb && delta; nb = nb->Next)
        if (nb->NdisReserved[1]) NdisAdvanceNetBufferDataStart(nb, delta, TRUE, NULL);
    return give_up(d);
}

PNET_BUFFER_LIST WdkAllocateFragmentNetBufferList(PNET_BUFFER_LIST OriginalNetBufferList, NDIS_HANDLE NetBufferListPool,
                                                  NDIS_HANDLE NetBufferPool, ULONG StartOffset, ULONG MaximumLength,
                                                  ULONG DataOffsetDelta, ULONG DataBackFill, ULONG AllocateFragmentFlags,
                                                  const char *Site) {
    struct derivation d;
    if (MaximumLength == 0 || AllocateFragmentFlags != 0) return NULL;
    if (!begin(&d, OriginalNetBufferList, NetBufferListPool, NetBufferPool, Site, "NdisAllocateFragmentNetBufferList")) return NULL;
    for (PNET_BUFFER nb = OriginalNetBufferList->FirstNetBuffer; nb; nb = nb->Next)
        if (!cut(&d, nb, StartOffset, MaximumLength, DataOffsetDelta, DataBackFill)) return give_up_cut(&d, DataOffsetDelta);
    if (!d.nbl->FirstNetBuffer) return give_up(&d);
    return finish(&d, OriginalNetBufferList, NBL_FRAGMENT, DataOffsetDelta);
}

/* ---- Reassembled */
static PNET_BUFFER join(struct derivation *d, PNET_BUFFER_LIST fragments, ULONG start) {
    PNET_BUFFER nb = next_nb(d);
    if (!nb) return NULL;
    PMDL *link = &nb->MdlChain;
    uint64_t total = 0;
    for (PNET_BUFFER from = fragments->FirstNetBuffer; from; from = from->Next) {
        if (from->DataLength <= start) continue;
        link = nbl_mdl_cover(link, from, start, from->DataLength - start, nb, d->site);
        total += from->DataLength - start;
        if (!link || total > UINT32_MAX) return NULL;
    }
    nb->DataLength = (ULONG)total;
    nb_set_position(nb, 0);
    return nb;
}

PNET_BUFFER_LIST WdkAllocateReassembledNetBufferList(PNET_BUFFER_LIST FragmentNetBufferList,
                                                     NDIS_HANDLE NetBufferAndNetBufferListPoolHandle, ULONG StartOffset,
                                                     ULONG DataOffsetDelta, ULONG DataBackFill, ULONG AllocateReassembleFlags,
                                                     const char *Site) {
    struct derivation d;
    if (AllocateReassembleFlags != 0) return NULL;
    if (!begin(&d, FragmentNetBufferList, NetBufferAndNetBufferListPoolHandle, NULL, Site, "NdisAllocateReassembledNetBufferList"))
        return NULL;
    if (!d.spare) return give_up(&d);  /* not shape (b) */
    PNET_BUFFER nb = join(&d, FragmentNetBufferList, StartOffset);
    if (!nb || NdisRetreatNetBufferDataStart(nb, DataOffsetDelta, DataBackFill, NULL) != NDIS_STATUS_SUCCESS) return give_up(&d);
    return finish(&d, FragmentNetBufferList, NBL_REASSEMBLED, DataOffsetDelta);
}

/* ---- The end of derived NBLs, and of those that others were derived from */
void nbl_derived_release(struct nbl_record *record) {
    struct nbl_ledger *ledger = &record->ledger, *parent = &ledger->parent->ledger;
    if (nbl_of(record)->FirstNetBuffer) free_nbs(record, ledger->kind == NBL_CLONE ? 0 : ledger->argument);
    if (ledger->parent->state != NBL_FREE && parent->uses == ledger->parent_uses && parent->derived > 0) {
        parent->derived--;
        parent->derived_at[ledger->parent_edges]--;
    }
    ledger->kind = NBL_PLAIN;
    ledger->parent = NULL;
}

void nbl_parent_release(struct nbl_record *record) {
    nbl_violation(record, "nbl.children_out", "[D] 2.6", "was freed while NBLs that were derived from it use its memory");
    record->ledger.derived = 0;
    record->ledger.uses++;
    memset(record->ledger.derived_at, 0, sizeof(record->ledger.derived_at));
}

static void derived_free(PNET_BUFFER_LIST nbl, enum nbl_kind kind, ULONG argument, const char *check, const char *function) {
    struct ndis *ndis = ndis_current(function);
    struct nbl_record *record = nbl_find_record(ndis, nbl);
    if (!record) {
        (void)nbl_check_ours_slowly(ndis, nbl, function);
        return;
    }
    if (record->state == NBL_FREE) {
        nbl_violation(record, "nbl.freed_twice", "[D] 2.6", "was given to %s, and is free", function);
        return;
    }
    if (record->ledger.kind != kind)
        nbl_violation(record, "nbl.wrong_free", "[D] 2.6", "was freed with %s, but was not allocated by its counterpart", function);
    else if (record->ledger.argument != argument)
        nbl_violation(record, check, "[D] 2.6", "was freed with 0x%x in %s, but allocated with 0x%x", argument, function,
                      record->ledger.argument);
    nbl_free(record, NULL);
}

VOID NdisFreeCloneNetBufferList(PNET_BUFFER_LIST CloneNetBufferList, ULONG FreeCloneFlags) {
    derived_free(CloneNetBufferList, NBL_CLONE, FreeCloneFlags, "nbl.clone_flags", __func__);
}

VOID NdisFreeFragmentNetBufferList(PNET_BUFFER_LIST FragmentNetBufferList, ULONG DataOffsetDelta, ULONG FreeFragmentFlags) {
    (void)FreeFragmentFlags;
    derived_free(FragmentNetBufferList, NBL_FRAGMENT, DataOffsetDelta, "nbl.fragment_delta", __func__);
}

VOID NdisFreeReassembledNetBufferList(PNET_BUFFER_LIST ReassembledNetBufferList, ULONG DataOffsetDelta, ULONG FreeReassembleFlags) {
    (void)FreeReassembleFlags;
    derived_free(ReassembledNetBufferList, NBL_REASSEMBLED, DataOffsetDelta, "nbl.fragment_delta", __func__);
}

/* ---- The names of the documentation, where the caller does not say who it is. */
PNET_BUFFER_LIST (NdisAllocateCloneNetBufferList)(PNET_BUFFER_LIST OriginalNetBufferList, NDIS_HANDLE NetBufferListPoolHandle,
                                                  NDIS_HANDLE NetBufferPoolHandle, ULONG AllocateCloneFlags) {
    return WdkAllocateCloneNetBufferList(OriginalNetBufferList, NetBufferListPoolHandle, NetBufferPoolHandle, AllocateCloneFlags, NULL);
}

PNET_BUFFER_LIST (NdisAllocateFragmentNetBufferList)(PNET_BUFFER_LIST OriginalNetBufferList, NDIS_HANDLE NetBufferListPool,
                                                     NDIS_HANDLE NetBufferPool, ULONG StartOffset, ULONG MaximumLength,
                                                     ULONG DataOffsetDelta, ULONG DataBackFill, ULONG AllocateFragmentFlags) {
    return WdkAllocateFragmentNetBufferList(OriginalNetBufferList, NetBufferListPool, NetBufferPool, StartOffset, MaximumLength,
                                            DataOffsetDelta, DataBackFill, AllocateFragmentFlags, NULL);
}

PNET_BUFFER_LIST (NdisAllocateReassembledNetBufferList)(PNET_BUFFER_LIST FragmentNetBufferList,
                                                        NDIS_HANDLE NetBufferAndNetBufferListPoolHandle, ULONG StartOffset,
                                                        ULONG DataOffsetDelta, ULONG DataBackFill, ULONG AllocateReassembleFlags) {
    return WdkAllocateReassembledNetBufferList(FragmentNetBufferList, NetBufferAndNetBufferListPoolHandle, StartOffset, DataOffsetDelta,
                                               DataBackFill, AllocateReassembleFlags, NULL);
}
