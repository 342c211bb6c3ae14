/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receive.c: NBLs up to the next filter that looks at receives, or the bindings. [D] 2.9, 3.2
 *
 * A filter that does not run gets none: what it would have seen goes back at once, as it would give it back itself.
 */
#include "ndis_path.h"

static struct ndis_filter *next_above(const struct ndis_layer *from) {
    struct ndis_filter *filter = from->adapter->bottom;
    if (from->object.type == NDIS_OBJECT_FILTER) filter = CONTAINING_RECORD(from, struct ndis_filter, layer)->above;
    while (filter && !filter->receive) filter = filter->above;
    return filter;
}

static bool passes_on(const struct nbl_record *record, const struct ndis_layer *from) {
    return record->holder == from && record->state == NBL_INDICATED && record->origin != from;
}

static bool may_begin(struct ndis_layer *from, PNET_BUFFER_LIST nbl, const char *function) {
    struct nbl_record *record = nbl_record_of(nbl);
    if (!flight_may_begin(record, from, NBL_INDICATED, function)) return false;
    /* An intermediate driver may leave the SourceHandle of what it forwards: returns do not go by it. */
    if (record->state == NBL_OWNED && nbl->SourceHandle != from)
        nbl_violation(record, "nbl.source_handle", "[D] 2.9", "was indicated with a SourceHandle that is not the indicator's handle");
    if (nbl_count_nbs(nbl) == 1) return true;
    nbl_violation(record, "nbl.indicate_nbs", "[D] 2.9", "was indicated with other than one NET_BUFFER");
    return false;
}

/* Checks the NBL and begins its flight, if it has none. False: it stays where it is, for a reason that was reported. */
static bool take(struct ndis_layer *from, PNET_BUFFER_LIST nbl, ULONG *flags, const char *function) {
    if (!nbl_check_ours(from->object.ndis, nbl, function)) return false;
    struct nbl_record *record = nbl_record_of(nbl);
    const bool passed = passes_on(record, from);
    if (!passed && !may_begin(from, nbl, function)) return false;
    if (record->lent && !(*flags & NDIS_RECEIVE_FLAGS_RESOURCES)) {
        nbl_violation(record, "nbl.resources_flag", "[D] 2.9",
                      "came with RECEIVE_FLAGS_RESOURCES and was passed on without it: whoever keeps it keeps what is not his");
        *flags |= NDIS_RECEIVE_FLAGS_RESOURCES;
    }
    nbl_check_buffers(record, function);
    if (!passed) flight_begin(record, from, NBL_INDICATED);
    return true;
}

static void check_state(struct ndis_layer *from) {
    const bool early = from->object.type == NDIS_OBJECT_ADAPTER && from->state == NDIS_STATE_RESTARTING;
    if (from->state != NDIS_STATE_RUNNING && from->state != NDIS_STATE_PAUSING && !early)
        kernel_violation(from->object.ndis->kernel, "ndis.state", "[D] 3.4", -1, "%s indicated receives while it is paused",
                         from->object.name);
}

void path_call_receive(struct ndis_layer *to, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG count, ULONG flags) {
    struct ndis *ndis = to->object.ndis;
    to->calls++;
    if (to->object.type == NDIS_OBJECT_BINDING) {
        struct ndis_binding *binding = CONTAINING_RECORD(to, struct ndis_binding, layer);
        ndis_function_enter(ndis, "ProtocolReceiveNetBufferLists");
        binding->protocol->chars.ReceiveNetBufferListsHandler(binding->context, chain, port, count, flags);
        ndis_function_exit(ndis, "ProtocolReceiveNetBufferLists");
    } else {
        struct ndis_filter *filter = CONTAINING_RECORD(to, struct ndis_filter, layer);
        ndis_function_enter(ndis, "FilterReceiveNetBufferLists");
        filter->receive(filter->context, chain, port, count, flags);
        ndis_function_exit(ndis, "FilterReceiveNetBufferLists");
    }
    to->calls--;
    ndis_layer_check_idle(to);
}

static void to_filter(struct ndis_layer *from, struct ndis_filter *filter, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG count,
                      ULONG flags) {
    const bool takes = filter->layer.state == NDIS_STATE_RUNNING || filter->layer.state == NDIS_STATE_PAUSING;
    if (flags & NDIS_RECEIVE_FLAGS_RESOURCES) {
        if (takes) path_lend(from, &filter->layer, chain, port, count, flags);
        return;
    }
    if (!takes) {
        path_return_unwanted(from, filter->below, chain);
        return;
    }
    for (PNET_BUFFER_LIST nbl = chain; nbl; nbl = nbl->Next) {
        struct nbl_record *record = nbl_record_of(nbl);
        flight_move(record, &filter->layer);
        nbl_hop(record, NBL_INDICATE, from->object.name, filter->object.name);
    }
    path_call_receive(&filter->layer, chain, port, count, flags);
}

/* With RESOURCES the origin has its NBLs back when its call returns. */
static void end_lent(struct ndis_layer *from, PNET_BUFFER_LIST chain) {
    for (PNET_BUFFER_LIST nbl = chain; nbl; nbl = nbl->Next) {
        struct nbl_record *record = nbl_record_of(nbl);
        if (record->holder == from && record->origin == from) flight_end(record);
    }
}

void path_indicate(struct ndis_layer *from, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG count, ULONG flags, const char *function) {
    struct ndis *ndis = from->object.ndis;
    path_check_level(ndis, NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(flags) != 0, function);
    check_state(from);
    PNET_BUFFER_LIST *link = &chain;
    const ULONG announced = count;
    for (count = 0; *link && take(from, *link, &flags, function); count++) link = &(*link)->Next;
    PNET_BUFFER_LIST rest = *link;  /* of a bad one on: it links to a list of its owner's, as in completions */
    *link = NULL;
    if (count != announced && !rest)
        kernel_violation(ndis->kernel, "nbl.indicate_count", "[D] 2.9", -1, "%s indicated a list of %u NBLs and announced %u",
                         from->object.name, count, announced);
    if (count == 0) return;
    const bool resources = (flags & NDIS_RECEIVE_FLAGS_RESOURCES) != 0;
    struct ndis_filter *filter = next_above(from);
    if (filter) to_filter(from, filter, chain, port, count, flags);
    else path_to_bindings(from, chain, port, flags);
    if (resources) {
        end_lent(from, chain);
        *link = rest;  /* the caller keeps its chain as it was */
    }
    ndis_layer_check_idle(from);
}

VOID WdkMIndicateReceiveNetBufferLists(NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList, NDIS_PORT_NUMBER PortNumber,
                                       ULONG NumberOfNetBufferLists, ULONG ReceiveFlags, const char *Site) {
    static const char function[] = "NdisMIndicateReceiveNetBufferLists";
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, function);
    if (!adapter) return;
    path_at(&adapter->layer, Site);
    path_indicate(&adapter->layer, NetBufferList, PortNumber, NumberOfNetBufferLists, ReceiveFlags, function);
}

VOID (NdisMIndicateReceiveNetBufferLists)(NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList, NDIS_PORT_NUMBER PortNumber,
                                          ULONG NumberOfNetBufferLists, ULONG ReceiveFlags) {
    WdkMIndicateReceiveNetBufferLists(MiniportAdapterHandle, NetBufferList, PortNumber, NumberOfNetBufferLists, ReceiveFlags, NULL);
}
