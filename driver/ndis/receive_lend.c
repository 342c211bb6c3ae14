/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receive_lend.c: indications with NDIS_RECEIVE_FLAGS_RESOURCES: shown during the call, and back where they were after it. [D] 2.9
 *
 * The receiver must give the chain back as it was. It goes up in groups that fit on the stack, so that NDIS can tell, and mend it.
 */
#include "ndis_path.h"

enum { GROUP = 32 };

static void count_lent(struct ndis_layer *to, struct nbl_record *record, bool begins) {
    if (to->object.type != NDIS_OBJECT_BINDING || !flight_is_counted(record)) return;
    struct ndis_counts *counts = &to->object.ndis->counts;
    if (begins) counts->nbl_indicated++, counts->nbl_outstanding++;
    else counts->nbl_returned++, counts->nbl_outstanding--;
    nbl_trace(record, begins ? PLATFORM_TRACE_NBL_INDICATED : PLATFORM_TRACE_NBL_RETURNED);
}

static void lend(struct ndis_layer *from, struct ndis_layer *to, PNET_BUFFER_LIST nbl) {
    struct nbl_record *record = nbl_record_of(nbl);
    record->lent++;
    flight_move(record, to);
    nbl_hop(record, NBL_INDICATE, from->object.name, to->object.name);
    count_lent(to, record, true);
}

/* False: somebody still has it, and was told that he may not. */
static void take_back(struct ndis_layer *from, struct ndis_layer *to, PNET_BUFFER_LIST nbl) {
    struct nbl_record *record = nbl_record_of(nbl);
    if (record->holder != to || record->lent == 0) {
        nbl_violation(record, "nbl.resources_kept", "[D] 2.9", "was indicated with RECEIVE_FLAGS_RESOURCES and is not back");
        return;
    }
    count_lent(to, record, false);
    nbl_hop(record, NBL_RETURN, to->object.name, from->object.name);
    flight_move(record, from);
    record->lent--;
}

static void mend(struct ndis_layer *to, PNET_BUFFER_LIST *group, ULONG count) {
    bool changed = group[count - 1]->Next != NULL;
    for (ULONG i = 0; i + 1 < count; i++) changed |= group[i]->Next != group[i + 1];
    if (changed)
        kernel_violation(to->object.ndis->kernel, "nbl.resources_chain", "[D] 2.9", ndis_nbl_packet(group[0]),
                         "%s changed a chain that it was shown with RECEIVE_FLAGS_RESOURCES", to->object.name);
    for (ULONG i = 0; i + 1 < count; i++) group[i]->Next = group[i + 1];
}

void path_lend(struct ndis_layer *from, struct ndis_layer *to, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG count, ULONG flags) {
    const char *const site = from->object.ndis->call_site;
    while (count > 0) {
        path_at(from, site);  /* the receiver's own calls have left theirs */
        PNET_BUFFER_LIST group[GROUP], rest = chain;
        ULONG size = 0;
        for (; size < GROUP && size < count; size++, rest = rest->Next) {
            group[size] = rest;
            lend(from, to, rest);
        }
        group[size - 1]->Next = NULL;
        path_call_receive(to, group[0], port, size, flags | NDIS_RECEIVE_FLAGS_RESOURCES);
        mend(to, group, size);
        for (ULONG i = 0; i < size; i++) take_back(from, to, group[i]);
        group[size - 1]->Next = rest;
        chain = rest;
        count -= size;
    }
    ndis_layer_check_idle(to);
}
