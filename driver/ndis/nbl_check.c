/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_check.c: is an NBL sound where it is handed over, and does it come back as it went?
 *
 * On the way out: every NB is of a pool, its chain ends, and its position agrees with the chain, [D] 1.2. On the way back: the same NBs
 * with the same data start, [D] 2.2; the same parent and count of children, [D] 2.6; the contexts that were there, [D] 2.4; and no NBL
 * alive that was derived from it by those who had it, [D] 2.6. Most NBLs have one NB whose data starts in its first MDL: a dozen loads.
 */
#include "nbl_internal.h"

enum { ENDLESS = 1 << 20 };  /* MDLs or NBs: more is a ring */

/* ---- Out */
static __attribute__((noinline)) const char *chain_fault(const NET_BUFFER *nb) {
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

/* The data lies in the first MDL, as it should. */
static inline bool is_whole(const NET_BUFFER *nb) {
    const MDL *mdl = nb->CurrentMdl;
    return mdl && mdl == nb->MdlChain && nb->DataOffset == nb->CurrentMdlOffset &&
           (uint64_t)nb->DataOffset + nb->DataLength <= mdl->ByteCount;
}

/* NULL when the NB obeys [D] 1.2, else what is wrong. */
static inline const char *nb_fault(const NET_BUFFER *nb) { return is_whole(nb) ? NULL : chain_fault(nb); }

static __attribute__((noinline)) void check_each(struct nbl_record *record, const char *function) {
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

void nbl_check_buffers(struct nbl_record *record, const char *function) {
    const NET_BUFFER *nb = nbl_of(record)->FirstNetBuffer;
    const bool common = nb && !nb->Next && is_whole(nb) &&
                        (nb->NdisPoolHandle == record->pool ||
                         ndis_is_near_pool(record->pool->object.ndis, nb->NdisPoolHandle, NDIS_OBJECT_NB_POOL));
    if (!__builtin_expect(common, 1)) check_each(record, function);
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

/* ---- Out and back */
static uint64_t mix(uint64_t sum, uint64_t value) { return (sum ^ value) * UINT64_C(0x9E3779B97F4A7C15) ^ sum >> 29; }

/* Not 0, so that a second NB that appears is seen. */
static uint64_t mix_others(const NET_BUFFER *nb) {
    uint64_t sum = 1;
    for (unsigned count = 0; nb && count < ENDLESS; nb = nb->Next, count++)
        sum = mix(mix(mix(sum, (uintptr_t)nb), (uintptr_t)nb->MdlChain), (uint64_t)nb->DataOffset << 32 | nb->DataLength);
    return sum | 1;
}

static inline struct nbl_edge look(const struct nbl_record *record, const NET_BUFFER_LIST *nbl) {
    const PNET_BUFFER nb = nbl->FirstNetBuffer;
    struct nbl_edge edge = {.first = nb, .parent = nbl->ParentNetBufferList, .children = nbl->ChildRefCount,
                            .pushes = record->ledger.pushes};
    if (!nb) return edge;
    edge.chain = nb->MdlChain;
    edge.offset = nb->DataOffset;
    edge.length = nb->DataLength;
    edge.others = nb->Next ? mix_others(nb->Next) : 0;
    return edge;
}

void nbl_edge_out(struct nbl_record *record, const char *from) {
    struct nbl_ledger *ledger = &record->ledger;
    if (ledger->edges < NBL_EDGES) {
        ledger->edge[ledger->edges] = look(record, nbl_of(record));
        ledger->edge[ledger->edges].from = from;
    }
    ledger->edges++;
}

static const char *verb(enum nbl_what what) { return what == NBL_RETURN ? "returned" : "completed"; }

static void compare(struct nbl_record *record, const struct nbl_edge *was, const struct nbl_edge *is, enum nbl_what what) {
    if (was->pushes != is->pushes) {
        const bool more = is->pushes > was->pushes;
        const char *site = more && is->pushes <= NBL_PUSHES ? record->ledger.pushed[is->pushes - 1].site : NULL;
        nbl_violation(record, "nbl.context_unbalanced", "[D] 2.4",
                      "was %s with %u contexts on it, but came with %u%s%s: pop what was pushed, and no more", verb(what), is->pushes,
                      was->pushes, site ? "; the last push was at " : "", site ? site : "");
    }
    if (was->parent != is->parent || was->children != is->children) {
        nbl_violation(record, "nbl.children_out", "[D] 2.6", "was %s with %s than it came with: %d children now, %d then", verb(what),
                      was->parent != is->parent ? "another ParentNetBufferList" : "another ChildRefCount", is->children, was->children);
    }
    if (was->first == is->first && was->chain == is->chain && was->offset == is->offset && was->length == is->length &&
        was->others == is->others)
        return;
    const char *fault = was->first != is->first || !was->others != !is->others ? "another list of NBs" : "its data elsewhere";
    nbl_violation(record, "nb.not_restored", "[D] 2.2",
                  "was %s with %s: DataOffset %u and DataLength %u now, %u and %u when it came; undo each retreat, advance and link",
                  verb(what), fault, is->offset, is->length, was->offset, was->length);
}

static __attribute__((noinline)) void compare_now(struct nbl_record *record, const struct nbl_edge *was, enum nbl_what what) {
    const struct nbl_edge is = look(record, nbl_of(record));
    compare(record, was, &is, what);
}

/* Nobody who had the NBL since may have left an NBL behind that was derived from it. */
static void check_derived(struct nbl_record *record, uint32_t edge, enum nbl_what what) {
    uint32_t left = 0;
    for (uint32_t at = edge + 1; at <= NBL_EDGES; at++) left += record->ledger.derived_at[at];
    if (left > 0)
        nbl_violation(record, "nbl.children_out", "[D] 2.6", "was %s while NBLs that were derived from it use its memory", verb(what));
}

/* Takes the hand-overs off that are undone when `to` has the NBL again. A driver without a completion or return handler is passed by on
 * the way back, and one with nothing else is not on the way out: then there is nothing to undo, and the answer is false. */
static bool find_edge(struct nbl_ledger *ledger, const char *to, uint32_t *edge) {
    uint32_t at = ledger->edges < NBL_EDGES ? ledger->edges : NBL_EDGES;
    while (at > 0 && ledger->edge[at - 1].from != to) at--;
    if (at == 0) return false;
    *edge = ledger->edges = at - 1;
    return true;
}

void nbl_edge_back(struct nbl_record *record, enum nbl_what what, const char *to) {
    struct nbl_ledger *ledger = &record->ledger;
    uint32_t edge;
    if (record->state == NBL_ZOMBIE || !find_edge(ledger, to, &edge)) return;
    if (ledger->derived) check_derived(record, edge, what);
    const struct nbl_edge *was = &ledger->edge[edge];
    const NET_BUFFER_LIST *nbl = nbl_of(record);
    const NET_BUFFER *nb = nbl->FirstNetBuffer;
    const bool same = nb && nb == was->first && !nb->Next && was->others == 0 && nb->MdlChain == was->chain &&
                      nb->DataOffset == was->offset && nb->DataLength == was->length && nbl->ParentNetBufferList == was->parent &&
                      nbl->ChildRefCount == was->children && ledger->pushes == was->pushes;
    if (!__builtin_expect(same, 1)) compare_now(record, was, what);
}
