/* SPDX-License-Identifier: Apache-2.0 */
/* flight.c: what may not happen to an NBL on its way, and how it is reported. [D] 2.8, 2.9 */
#include <stdio.h>

#include "nbl_internal.h"
#include "ndis_path.h"

void path_check_level(struct ndis *ndis, bool flag, const char *function) {
    if (flag && KeGetCurrentIrql() < DISPATCH_LEVEL)
        kernel_violation(ndis->kernel, "nbl.flags", "[D] 2.8", -1, "%s: the DISPATCH_LEVEL flag is set at IRQL %u", function,
                         KeGetCurrentIrql());
}

static const struct nbl_hop *last_hop(const struct nbl_record *record) {
    return record->hop_count ? &record->hops[(record->hop_count - 1) % NBL_HISTORY] : NULL;
}

bool flight_may_begin(struct nbl_record *record, struct ndis_layer *from, enum nbl_state flight, const char *function) {
    if (record->state == NBL_OWNED) return true;
    const bool theirs = record->holder && record->holder->driver && record->holder->driver == from->driver;
    char text[200];
    if (!theirs || record->state == NBL_ZOMBIE) {
        const bool again = record->flight == flight && record->origin == from;
        const char *check = !again ? "nbl.wrong_owner" : flight == NBL_SENT ? "nbl.sent_twice" : "nbl.indicated_twice";
        snprintf(text, sizeof(text), "was given to %s by %s, who does not have it", function, from->object.name);
        nbl_violation(record, check, "[D] 2.8", text);
        return false;
    }
    if (record->depth == NBL_LEVELS) {
        snprintf(text, sizeof(text), "is passed on by more than %u drivers, one inside the other", NBL_LEVELS);
        nbl_violation(record, "nbl.depth", "[D] 3.5", text);
        return false;
    }
    return true;
}

void flight_report_misuse(struct nbl_record *record, struct ndis_layer *from, enum nbl_what what, const char *function) {
    const bool completes = what == NBL_COMPLETE;
    const struct nbl_hop *last = last_hop(record);
    const bool twice = last && last->what == what && last->from == from->object.name;
    const bool out = record->state == (completes ? NBL_SENT : NBL_INDICATED);
    const char *check = twice || (!completes && !out) ? (completes ? "nbl.completed_twice" : "nbl.returned_twice")
                        : out                         ? "nbl.wrong_owner"
                                                      : "nbl.completed_not_sent";
    char text[200];
    snprintf(text, sizeof(text), "was given to %s by %s, who %s", function, from->object.name,
             twice ? "gave it back before" : out ? "does not hold it" : "was not given it");
    nbl_violation(record, check, completes ? "[D] 2.8" : "[D] 2.9", text);
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
}
