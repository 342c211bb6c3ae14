/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_check.c: is an NBL sound where it is handed over?
 *
 * Every NB is of a pool, its chain ends, and its position agrees with the chain, [D] 1.2. Most NBLs have one NB whose data starts in its
 * first MDL: a dozen loads.
 */
#include "nbl_internal.h"

enum { ENDLESS = 1 << 20 };  /* MDLs or NBs: more is a ring */

static const char *chain_fault(const NET_BUFFER *nb) {
    uint64_t before = 0, total = 0;
    bool seen = nb->CurrentMdl == NULL && nb->MdlChain == NULL;
    unsigned mdls = 0;
    for (const MDL *mdl = nb->MdlChain; mdl; mdl = mdl->Next) {
        if (++mdls > ENDLESS) return "MdlChain has no end: an MDL links back to one before it";
        if (mdl == nb->CurrentMdl) {
            seen = true;
            before = total;
            if (nb->CurrentMdlOffset > mdl->ByteCount) return "CurrentMdlOffset lies outside CurrentMdl";
        }
        total += mdl->ByteCount;
    }
    if (!seen) return "CurrentMdl is not in MdlChain";
    if (before + nb->CurrentMdlOffset != nb->DataOffset) return "CurrentMdl and CurrentMdlOffset disagree with DataOffset";
    if ((uint64_t)nb->DataOffset + nb->DataLength > total) return "DataOffset + DataLength is more than the chain holds";
    return NULL;
}

/* NULL when the NB obeys [D] 1.2, else what is wrong. */
static const char *nb_fault(const NET_BUFFER *nb) { return nb_is_whole(nb) ? NULL : chain_fault(nb); }

void nbl_check_each(struct nbl_record *record, const char *function) {
    struct ndis *ndis = record->pool->object.ndis;
    unsigned number = 0;
    for (const NET_BUFFER *nb = nbl_of(record)->FirstNetBuffer; nb; nb = nb->Next, number++) {
        if (nb->NdisPoolHandle != record->pool && !ndis_is_pool(ndis, nb->NdisPoolHandle, NDIS_OBJECT_NB_POOL) &&
            !ndis_is_pool(ndis, nb->NdisPoolHandle, NDIS_OBJECT_NBL_POOL)) {
            nbl_violation(record, "nb.foreign", "[D] 2.1", "in %s, NB %u: its NdisPoolHandle is no pool of NDIS: allocate it from one",
                          function, number);
            return;
        }
        const char *fault = number > ENDLESS ? "the list of NBs has no end" : nb_fault(nb);
        if (!fault) continue;
        nbl_violation(record, "nb.invariant", "[D] 1.2", "in %s, NB %u: %s", function, number, fault);
        return;
    }
}

bool nb_check_ours_slowly(struct ndis *ndis, const NET_BUFFER *nb, const char *function) {
    if (ndis_is_pool(ndis, nb->NdisPoolHandle, NDIS_OBJECT_NBL_POOL)) {  /* part of an NBL's block: freed with that */
        struct nbl_record *record = nbl_record_of_nb(nb);
        return __builtin_expect(record->state != NBL_FREE, 1) || nbl_check_ours(ndis, nbl_of(record), function);
    }
    if (!ndis_is_pool(ndis, nb->NdisPoolHandle, NDIS_OBJECT_NB_POOL)) {
        kernel_violation(ndis->kernel, "nb.foreign", "[D] 2.1", -1, "%s was given an NB that no pool of NDIS made", function);
        return false;
    }
    const struct nb_record *record = nb_record_of(nb);
    if (record->live) return true;
    kernel_violation(ndis->kernel, "nb.use_after_free", "[D] 2.1", -1, "%s was given nb %u, which was freed at %s", function,
                     record->number, kernel_site(record->site));
    return false;
}
