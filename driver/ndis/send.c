/* SPDX-License-Identifier: Apache-2.0 */
/*
 * send.c: NBLs down to the next filter that looks at sends, or the miniport. [D] 2.8, 3.2
 *
 * CPU time is charged by the protocol, who knows what it does.
 */
#include "nbl_poison.h"
#include "ndis_path.h"

static struct ndis_layer *next_below(const struct ndis_layer *from) {
    struct ndis_filter *filter = from->adapter->top;
    if (from->object.type == NDIS_OBJECT_FILTER) filter = CONTAINING_RECORD(from, struct ndis_filter, layer)->below;
    while (filter && !filter->send) filter = filter->below;
    return filter ? &filter->layer : &from->adapter->layer;
}

/* A filter passes on what it holds, unless it made the NBL its own by its SourceHandle. */
static bool passes_on(const struct nbl_record *record, const NET_BUFFER_LIST *nbl, const struct ndis_layer *from) {
    return record->holder == from && record->state == NBL_SENT && record->origin != from && nbl->SourceHandle != from;
}

/* May this NBL begin its way here? Reports why not. */
static bool may_begin(struct ndis_layer *from, PNET_BUFFER_LIST nbl, struct nbl_record *record, const char *function) {
    if (!flight_may_begin(record, from, NBL_SENT, function)) return false;
    if (record->lent) {
        nbl_violation(record, "nbl.resources_kept", "[D] 2.9", "was sent on although it was indicated with RECEIVE_FLAGS_RESOURCES");
        return false;
    }
    if (nbl->SourceHandle != from)
        nbl_violation(record, "nbl.source_handle", "[D] 2.8", "was sent with a SourceHandle that is not the sender's handle");
    if (!nbl->FirstNetBuffer) nbl_violation(record, "nbl.empty", "[D] 2.8", "was sent without a NET_BUFFER");
    return true;
}

static void begin(struct nbl_record *record, struct ndis_layer *from, struct ndis_layer *to, bool traced) {
    struct ndis *ndis = from->object.ndis;
    flight_begin(record, from, NBL_SENT);
    flight_move(record, to);
    nbl_hop(record, NBL_SEND, from->object.name, to->object.name);
    if (!flight_is_counted(record)) return;
    record->since_ps = record->hops[(record->hop_count - 1) % NBL_HISTORY].time_ps;
    if (!ndis->watching) ndis_watch_sends(ndis);
    if (traced) nbl_trace(record, PLATFORM_TRACE_NBL_SENT);
    ndis->counts.nbl_sent++;
    ndis->counts.nbl_outstanding++;
}

/* Checks the NBL and, if it can go, notes that `to` has it. False: it stays where it is, for a reason that was reported. */
static bool give(struct ndis_layer *from, struct ndis_layer *to, PNET_BUFFER_LIST nbl, bool goes, bool traced, const char *function) {
    if (!nbl_check_ours(from->object.ndis, nbl, function)) return false;
    struct nbl_record *record = nbl_record_of(nbl);
    const bool passed = passes_on(record, nbl, from);
    if (!passed && !may_begin(from, nbl, record, function)) return false;
    nbl_check_buffers(record, function);
    if (!passed && nbl->FirstNetBuffer && nbl->FirstNetBuffer->Next) nbl_check_flows(record);
    if (!goes) return true;
    if (!passed) {
        begin(record, from, to, traced);
    } else {
        flight_move(record, to);
        nbl_hop(record, NBL_SEND, from->object.name, to->object.name);
    }
    return true;
}

static bool accepts(const struct ndis_layer *layer) {
    if (layer->object.type == NDIS_OBJECT_ADAPTER && CONTAINING_RECORD(layer, struct ndis_adapter, layer)->resetting) return false;
    return layer->state == NDIS_STATE_RUNNING || (layer->object.type == NDIS_OBJECT_FILTER && layer->state == NDIS_STATE_PAUSING);
}

/* In a state that allows no sends NDIS completes them itself. */
static void reject(struct ndis_layer *from, PNET_BUFFER_LIST chain, NDIS_STATUS status, const char *function) {
    for (PNET_BUFFER_LIST nbl = chain; nbl; nbl = nbl->Next) {
        struct nbl_record *record = nbl_record_of(nbl);
        nbl_hop(record, NBL_SEND, from->object.name, "ndis");
        nbl_hop(record, NBL_COMPLETE, "ndis", from->object.name);
        nbl->Status = status;
    }
    path_refuse(from, chain, function);
}

static void call_send(struct ndis_layer *to, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG flags) {
    struct ndis *ndis = to->object.ndis;
    to->calls++;
    if (to->object.type == NDIS_OBJECT_ADAPTER) {
        struct ndis_adapter *adapter = CONTAINING_RECORD(to, struct ndis_adapter, layer);
        ndis_function_enter(ndis, "MiniportSendNetBufferLists");
        adapter->driver->miniport.SendNetBufferListsHandler(adapter->context, chain, port, flags);
        ndis_function_exit(ndis, "MiniportSendNetBufferLists");
    } else {
        struct ndis_filter *filter = CONTAINING_RECORD(to, struct ndis_filter, layer);
        ndis_function_enter(ndis, "FilterSendNetBufferLists");
        filter->send(filter->context, chain, port, flags);
        ndis_function_exit(ndis, "FilterSendNetBufferLists");
    }
    to->calls--;
    ndis_layer_check_idle(to);
}

void path_send(struct ndis_layer *from, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG flags, const char *function) {
    struct ndis *ndis = from->object.ndis;
    path_check_level(ndis, NDIS_TEST_SEND_AT_DISPATCH_LEVEL(flags) != 0, function);
    struct ndis_layer *to = next_below(from);
    const bool runs = accepts(from), goes = runs && accepts(to), traced = path_is_traced(ndis, PLATFORM_TRACE_NBL_SENT);
    PNET_BUFFER_LIST good = NULL, *tail = &good;
    for (PNET_BUFFER_LIST nbl = chain, next; nbl; nbl = next) {
        next = nbl_next(nbl);
        if (!give(from, to, nbl, goes, traced, function)) continue;
        *tail = nbl;
        tail = &nbl->Next;
    }
    *tail = NULL;
    if (!good) return;
    if (goes) {
        call_send(to, good, port, flags);
        ndis_layer_check_idle(from);
        return;
    }
    if (!runs)
        kernel_violation(ndis->kernel, "ndis.state", "[D] 3.4", ndis_nbl_packet(good), "%s sent while it is not running",
                         from->object.name);
    reject(from, good, from->adapter->resetting ? NDIS_STATUS_RESET_IN_PROGRESS : NDIS_STATUS_PAUSED, function);
}

VOID WdkSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber, ULONG SendFlags,
                           const char *Site) {
    static const char function[] = "NdisSendNetBufferLists";
    struct ndis_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_BINDING, function);
    if (!binding) return;
    if (path_is_heard(binding, SendFlags)) path_loop_back(binding, NetBufferLists, SendFlags);
    path_at(&binding->layer, Site);
    path_send(&binding->layer, NetBufferLists, PortNumber, SendFlags, function);
}

VOID (NdisSendNetBufferLists)(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber, ULONG SendFlags) {
    WdkSendNetBufferLists(NdisBindingHandle, NetBufferLists, PortNumber, SendFlags, NULL);
}

/* ---- Cancel: to every filter that may have queued a send, and the miniport; each completes what it finds with SEND_ABORTED. */
static void cancel_below(struct ndis_adapter *adapter, struct ndis_filter *filter, PVOID id) {
    while (filter && !filter->cancel_send) filter = filter->below;
    kernel_call_begin();
    if (filter) filter->cancel_send(filter->context, id);  /* who passes it on with NdisFCancelSendNetBufferLists */
    else if (adapter->driver->miniport.CancelSendHandler) adapter->driver->miniport.CancelSendHandler(adapter->context, id);
    kernel_call_end(filter ? "FilterCancelSendNetBufferLists" : "MiniportCancelSend");
}

VOID NdisCancelSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, PVOID CancelId) {
    struct ndis_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_BINDING, __func__);
    if (binding) cancel_below(binding->adapter, binding->adapter->top, CancelId);
}

VOID NdisFCancelSendNetBufferLists(NDIS_HANDLE NdisFilterHandle, PVOID CancelId) {
    struct ndis_filter *filter = ndis_object_of(NdisFilterHandle, NDIS_OBJECT_FILTER, __func__);
    if (filter) cancel_below(filter->layer.adapter, filter->below, CancelId);
}

UCHAR NdisGeneratePartialCancelId(VOID) { return ++ndis_current(__func__)->cancel_ids; }
