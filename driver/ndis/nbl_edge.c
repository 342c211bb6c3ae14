/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_edge.c: an NBL goes from one driver to another: noted, and when it comes back, is it as it went?
 *
 * The same NBs with the same data start, [D] 2.2; the same parent and count of children, [D] 2.6; the contexts that were there, [D] 2.4;
 * and no NBL alive that was derived from it by those who had it, [D] 2.6. A driver gets an NBL back as it handed it over, whoever saw it
 * since. Every packet passes here at every hand-over: all of it is one function.
 */
#include "nbl_internal.h"

enum { ENDLESS = 1 << 20 };  /* NBs: more is a ring */

static uint64_t mix(uint64_t sum, uint64_t value) { return (sum ^ value) * UINT64_C(0x9E3779B97F4A7C15) ^ sum >> 29; }

/* Not 0, so that a second NB that appears is seen. */
static uint64_t mix_others(const NET_BUFFER *nb) {
    uint64_t sum = 1;
    for (unsigned count = 0; nb && count < ENDLESS; nb = nb->Next, count++)
        sum = mix(mix(mix(sum, (uintptr_t)nb), (uintptr_t)nb->MdlChain), (uint64_t)nb->DataOffset << 32 | nb->DataLength);
    return sum | 1;
}

static struct nbl_edge look(const struct nbl_record *record, const NET_BUFFER_LIST *nbl) {
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

static void edge_out(struct nbl_record *record, const char *from) {
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

/* Nobody who had the NBL since may have left an NBL behind that was derived from it. */
static void check_derived(struct nbl_record *record, uint32_t edge, enum nbl_what what) {
    uint32_t left = 0;
    for (uint32_t at = edge + 1; at <= NBL_EDGES; at++) left += record->ledger.derived_at[at];
    if (left > 0)
        nbl_violation(record, "nbl.children_out", "[D] 2.6", "was %s while NBLs that were derived from it use its memory", verb(what));
}

/* The hand-over that is undone when `to` has the NBL again, and all after it. A driver without a completion or return handler is passed by
 * on the way back, and one with nothing else is not on the way out: then there is nothing to undo, and the answer is NULL. */
static struct nbl_edge *find_edge(struct nbl_ledger *ledger, const char *to) {
    uint32_t at = ledger->edges < NBL_EDGES ? ledger->edges : NBL_EDGES;
    while (at > 0 && ledger->edge[at - 1].from != to) at--;
    return at == 0 ? NULL : &ledger->edge[at - 1];
}

static void edge_back(struct nbl_record *record, enum nbl_what what, const char *to) {
    struct nbl_ledger *ledger = &record->ledger;
    const struct nbl_edge *was = find_edge(ledger, to);
    if (record->state == NBL_ZOMBIE || !was) return;
    ledger->edges = (uint32_t)(was - ledger->edge);
    if (ledger->derived) check_derived(record, ledger->edges, what);
    if (ledger->tags && ledger->edges == 0) nbl_tags_end(record, what);
    const struct nbl_edge is = look(record, nbl_of(record));
    compare(record, was, &is, what);
}

/* Scratch is its owner's until he hands the NBL over: who looks for what he left there, or passes it on in there, finds an address that no
 * machine has. [D] 1.3 */
static inline void poison(struct nbl_record *record) { nbl_of(record)->Scratch = NBL_POISON; }

static inline void note(struct nbl_record *record, enum nbl_what what, const char *from, const char *to) {
    const struct ndis_pool *pool = record->pool;
    struct nbl_hop *hop = &record->hops[record->hop_count++ % NBL_HISTORY];
    *hop = (struct nbl_hop){.time_ps = pool->kernel->time_ps, .from = from, .to = to, .site = pool->object.ndis->call_site,
                            .what = what};
    if (what == NBL_SEND && !record->first_send.from) record->first_send = *hop;
}

/* ---- What nearly every packet is: one NB, no driver on the way that was passed by. Nothing else is prepared for, so that it costs what
 * it stores and compares. */
static inline bool goes_out_plainly(struct nbl_record *record, const char *from) {
    struct nbl_ledger *ledger = &record->ledger;
    const NET_BUFFER_LIST *nbl = nbl_of(record);
    const PNET_BUFFER nb = nbl->FirstNetBuffer;
    if (ledger->edges >= NBL_EDGES || !nb || nb->Next || record->state == NBL_ZOMBIE) return false;
    ledger->edge[ledger->edges++] = (struct nbl_edge){
        .from = from, .first = nb, .chain = nb->MdlChain, .offset = nb->DataOffset, .length = nb->DataLength,
        .parent = nbl->ParentNetBufferList, .children = nbl->ChildRefCount, .pushes = ledger->pushes};
    return true;
}

static inline bool comes_back_plainly(struct nbl_record *record, const char *to) {
    struct nbl_ledger *ledger = &record->ledger;
    const NET_BUFFER_LIST *nbl = nbl_of(record);
    const NET_BUFFER *nb = nbl->FirstNetBuffer;
    const uint32_t last = ledger->edges - 1;
    const struct nbl_edge *was = &ledger->edge[last % NBL_EDGES];
    if (last >= NBL_EDGES || was->from != to || !nb || record->state == NBL_ZOMBIE) return false;
    const uintptr_t changed = ((uintptr_t)nb ^ (uintptr_t)was->first) | (uintptr_t)nb->Next | was->others |
                              ((uintptr_t)nb->MdlChain ^ (uintptr_t)was->chain) | (nb->DataOffset ^ was->offset) |
                              (nb->DataLength ^ was->length) | ((uintptr_t)nbl->ParentNetBufferList ^ (uintptr_t)was->parent) |
                              (uint32_t)(nbl->ChildRefCount ^ was->children) | (ledger->pushes ^ was->pushes) | ledger->derived |
                              (uintptr_t)ledger->tags;
    if (changed) return false;
    ledger->edges = last;
    return true;
}

static __attribute__((noinline)) void hop_with_care(struct nbl_record *record, enum nbl_what what, const char *from, const char *to) {
    if (what == NBL_SEND || what == NBL_INDICATE) edge_out(record, from);
    else edge_back(record, what, to);
    if (record->state != NBL_ZOMBIE) poison(record);
    note(record, what, from, to);
}

void nbl_hop(struct nbl_record *record, enum nbl_what what, const char *from, const char *to) {
    const bool out = what == NBL_SEND || what == NBL_INDICATE;
    if (!__builtin_expect(out ? goes_out_plainly(record, from) : comes_back_plainly(record, to), 1)) {
        hop_with_care(record, what, from, to);
        return;
    }
    poison(record);
    note(record, what, from, to);
}
