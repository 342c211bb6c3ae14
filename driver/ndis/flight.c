/* SPDX-License-Identifier: Apache-2.0 */
/* flight.c: what may not happen to an NBL on its way, and how it is reported. [D] 2.8, 2.9 */
#include "nbl_internal.h"
#include "ndis_path.h"

void path_check_level(struct ndis *ndis, bool flag, const char *function) {
    const KIRQL irql = KeGetCurrentIrql();
    if (flag && irql < DISPATCH_LEVEL)
        kernel_violation(ndis->kernel, "nbl.flags", "[D] 2.8", -1, "%s: the DISPATCH_LEVEL flag is set at IRQL %u", function, irql);
    if (irql > DISPATCH_LEVEL)
        kernel_violation(ndis->kernel, "kernel.irql", "[D] 2.8", -1, "%s was called at IRQL %u: above DISPATCH_LEVEL no packet may move",
                         function, irql);
}

/* Did the layer give it up in this way already, since it was last sent or indicated? */
static bool gave_before(const struct nbl_record *record, const struct ndis_layer *from, enum nbl_what what) {
    const unsigned kept = record->hop_count < NBL_HISTORY ? record->hop_count : NBL_HISTORY;
    const enum nbl_what begins = what == NBL_COMPLETE ? NBL_SEND : NBL_INDICATE;
    for (unsigned i = 1; i <= kept; i++) {
        const struct nbl_hop *hop = &record->hops[(record->hop_count - i) % NBL_HISTORY];
        if (hop->what == begins || hop->what == NBL_ALLOCATED) return false;
        if (hop->what == what && hop->from == from->object.name) return true;
    }
    return false;
}

bool flight_may_begin(struct nbl_record *record, struct ndis_layer *from, enum nbl_state flight, const char *function) {
    if (record->state == NBL_OWNED) return true;
    const bool theirs = record->holder && record->holder->driver && record->holder->driver == from->driver;
    if (!theirs || record->state == NBL_ZOMBIE) {
        const bool again = record->flight == flight && record->origin == from;
        const char *check = !again ? "nbl.wrong_owner" : flight == NBL_SENT ? "nbl.sent_twice" : "nbl.indicated_twice";
        nbl_violation(record, check, "[D] 2.8", "was given to %s by %s, who does not have it", function, from->object.name);
        return false;
    }
    if (record->depth == NBL_LEVELS) {
        nbl_violation(record, "nbl.depth", "[D] 3.5", "is passed on by more than %u drivers, one inside the other", NBL_LEVELS);
        return false;
    }
    return true;
}

void flight_report_misuse(struct nbl_record *record, struct ndis_layer *from, enum nbl_what what, const char *function) {
    const bool completes = what == NBL_COMPLETE;
    const bool twice = gave_before(record, from, what);
    const bool out = record->state == (completes ? NBL_SENT : NBL_INDICATED);
    const bool again = twice || (!completes && !out);
    const char *check = again ? (completes ? "nbl.completed_twice" : "nbl.returned_twice")
                        : out                         ? "nbl.wrong_owner"
                                                      : "nbl.completed_not_sent";
    const char *clause = completes ? "[D] 2.8" : "[D] 2.9";
    if (twice) nbl_violation(record, check, clause, completes ? "was completed twice" : "was returned twice");
    else
        nbl_violation(record, check, clause, "was given to %s by %s, who %s", function, from->object.name,
                      out ? "does not hold it" : "was not given it");
    nbl_tell(record, again ? PLATFORM_LOST_TWICE : PLATFORM_LOST_WRONG_DRIVER, from->object.name, function);
}

PNET_BUFFER_LIST flight_split(PNET_BUFFER_LIST *chain, struct ndis_layer **to, unsigned *count) {
    PNET_BUFFER_LIST theirs = NULL, *their_tail = &theirs, *rest_tail = chain;
    *to = nbl_record_of(*chain)->deliver;
    *count = 0;
    for (PNET_BUFFER_LIST nbl = *chain, next; nbl; nbl = next) {
        next = nbl->Next;
        if (nbl_record_of(nbl)->deliver == *to) {
            *their_tail = nbl;
            their_tail = &nbl->Next;
            ++*count;
        } else {
            *rest_tail = nbl;
            rest_tail = &nbl->Next;
        }
    }
    *their_tail = *rest_tail = NULL;
    return theirs;
}

void flight_abandon(struct nbl_record *record) {
    struct ndis_counts *counts = &record->pool->object.ndis->counts;
    while (record->origin) {
        struct ndis_layer *holder = record->holder, *origin = record->origin;
        if (flight_is_counted(record) && (record->flight == NBL_SENT || holder->object.type == NDIS_OBJECT_BINDING)) {
            counts->nbl_outstanding--;
            if (record->flight == NBL_SENT) counts->nbl_completed++;
            else counts->nbl_returned++;
        }
        flight_end(record);
        ndis_layer_check_idle(holder);
        ndis_layer_check_idle(origin);
    }
    record->ledger.pushes = 0;  /* who pushed a context does not get the NBL to pop it */
    if (!record->nb || !nb_is_mapped(record->nb)) nbl_recycle(record);  /* what the device has is not used again */
}
