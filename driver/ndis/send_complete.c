/* SPDX-License-Identifier: Apache-2.0 */
/*
 * send_complete.c: sent NBLs back up to the filters that look at completions, and to their senders. [D] 2.8
 *
 * A chain may come back in any order and grouping. It is sorted by what NDIS recorded when it was sent, not by what the NBL says: a
 * clobbered SourceHandle is reported and survived.
 */
#include "nbl_poison.h"
#include "ndis_path.h"

/* Who sees this completion next, above the layer. */
static struct ndis_layer *next_above(const struct ndis_layer *from, struct ndis_layer *origin) {
    struct ndis_filter *filter = from->adapter->bottom;
    if (from->object.type == NDIS_OBJECT_FILTER) filter = CONTAINING_RECORD(from, struct ndis_filter, layer)->above;
    for (; filter; filter = filter->above)
        if (&filter->layer == origin || filter->send_complete) return &filter->layer;
    return origin;
}

static bool is_with(const struct ndis_layer *from, const struct nbl_record *record) {
    return record->holder == from && (record->state == NBL_SENT || (record->state == NBL_ZOMBIE && record->flight == NBL_SENT));
}

/* May this NBL be completed by the layer? Reports why not. */
static bool may_complete(struct ndis_layer *from, PNET_BUFFER_LIST nbl, const char *function) {
    if (!nbl_check_ours(from->object.ndis, nbl, function)) return false;
    struct nbl_record *record = nbl_record_of(nbl);
    if (!is_with(from, record) || record->origin == from) {
        flight_report_misuse(record, from, NBL_COMPLETE, function);
        return false;
    }
    if (record->state == NBL_ZOMBIE) return true;
    if (nbl->SourceHandle != record->origin)
        nbl_violation(record, "nbl.source_handle", "[D] 2.8", "was completed with another SourceHandle than it was sent with");
    if (nbl->Status == NDIS_STATUS_PENDING)
        nbl_violation(record, "nbl.status_pending", "[D] 1.7", "was completed with the status PENDING");
    nbl_check_buffers(record, function);
    return true;
}

/* A miniport's own members are nobody's any more, its own neither. [D] 1.3 */
static void poison(PNET_BUFFER_LIST nbl) {
    nbl->MiniportReserved[0] = nbl->MiniportReserved[1] = NBL_POISON;
    for (PNET_BUFFER nb = nbl->FirstNetBuffer; nb; nb = nb->Next)
        nb->MiniportReserved[0] = nb->MiniportReserved[1] = nb->MiniportReserved[2] = nb->MiniportReserved[3] = NBL_POISON;
}

/* Takes the NBL from the layer; it is then on its way to the layer that is returned. */
static struct ndis_layer *take(struct ndis_layer *from, struct nbl_record *record, bool traced) {
    struct ndis_layer *to = next_above(from, record->origin);
    if (from->object.type == NDIS_OBJECT_ADAPTER) poison(nbl_of(record));
    nbl_hop(record, NBL_COMPLETE, from->object.name, to->object.name);
    if (to != record->origin) {
        flight_move(record, to);
    } else {
        if (flight_is_counted(record)) {
            struct ndis_counts *counts = &from->object.ndis->counts;
            counts->nbl_completed++;
            counts->nbl_outstanding--;
            if (traced) nbl_trace(record, PLATFORM_TRACE_NBL_COMPLETED);
        }
        flight_end(record);
    }
    to->calls++;  /* until it was told: it is not idle */
    record->deliver = to;
    return to;
}

static void deliver(struct ndis_layer *to, PNET_BUFFER_LIST chain, unsigned count, ULONG flags) {
    struct ndis *ndis = to->object.ndis;
    if (to->object.type == NDIS_OBJECT_BINDING) {
        struct ndis_binding *binding = CONTAINING_RECORD(to, struct ndis_binding, layer);
        ndis_function_enter(ndis, "ProtocolSendNetBufferListsComplete");
        binding->protocol->chars.SendNetBufferListsCompleteHandler(binding->context, chain, flags);
        ndis_function_exit(ndis, "ProtocolSendNetBufferListsComplete");
    } else {
        struct ndis_filter *filter = CONTAINING_RECORD(to, struct ndis_filter, layer);
        ndis_function_enter(ndis, "FilterSendNetBufferListsComplete");
        if (filter->send_complete) filter->send_complete(filter->context, chain, flags);
        ndis_function_exit(ndis, "FilterSendNetBufferListsComplete");
    }
    to->calls -= count;
    ndis_layer_check_idle(to);
}

void path_complete(struct ndis_layer *from, PNET_BUFFER_LIST chain, ULONG flags, const char *function) {
    path_check_level(from->object.ndis, NDIS_TEST_SEND_COMPLETE_AT_DISPATCH_LEVEL(flags) != 0, function);
    PNET_BUFFER_LIST good = NULL, *tail = &good;
    struct ndis_layer *first = NULL;
    unsigned count = 0;
    bool bad = false, mixed = false;
    const bool traced = path_is_traced(from->object.ndis, PLATFORM_TRACE_NBL_COMPLETED);
    for (PNET_BUFFER_LIST nbl = chain, next; nbl; nbl = next) {
        next = nbl_next(nbl);
        struct nbl_record *record = nbl_record_of(nbl);
        /* An NBL that is not theirs to complete may link to its owner's list: believe what follows only if it is with them. */
        if (bad && !is_with(from, record)) break;
        if (!may_complete(from, nbl, function)) {
            bad = true;
            continue;
        }
        if (record->state == NBL_ZOMBIE) {
            flight_abandon(record);
            continue;
        }
        struct ndis_layer *to = take(from, record, traced);
        if (!first) first = to;
        mixed |= to != first;
        *tail = nbl;
        tail = &nbl->Next;
        count++;
    }
    *tail = NULL;
    while (good) {
        PNET_BUFFER_LIST theirs = mixed ? flight_split(&good, &first, &count) : good;
        if (!mixed) good = NULL;
        deliver(first, theirs, count, flags);
    }
    ndis_layer_check_idle(from);
}

/* Of a filter that sees no completions, those that it passed on go on upwards; its own end here. */
void path_refuse(struct ndis_layer *from, PNET_BUFFER_LIST chain, const char *function) {
    const ULONG flags = KeGetCurrentIrql() >= DISPATCH_LEVEL ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0;
    if (is_with(from, nbl_record_of(chain)) && !CONTAINING_RECORD(from, struct ndis_filter, layer)->send_complete) {
        path_complete(from, chain, flags, function);
        return;
    }
    from->calls++;
    deliver(from, chain, 1, flags);
}

VOID WdkMSendNetBufferListsComplete(NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList, ULONG SendCompleteFlags,
                                    const char *Site) {
    static const char function[] = "NdisMSendNetBufferListsComplete";
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, function);
    if (!adapter) return;
    path_at(&adapter->layer, Site);
    path_complete(&adapter->layer, NetBufferList, SendCompleteFlags, function);
}

VOID (NdisMSendNetBufferListsComplete)(NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList, ULONG SendCompleteFlags) {
    WdkMSendNetBufferListsComplete(MiniportAdapterHandle, NetBufferList, SendCompleteFlags, NULL);
}
