/* SPDX-License-Identifier: Apache-2.0 */
/* oid_request.c: where OID requests come from: protocols and filters; clones and cancellation. [D] 3.7 */
#include <stdlib.h>

#include "ndis_oid.h"

/* ---- From protocols */
/* What NDIS knows or combines itself, and for that may wait. */
static NDIS_STATUS process(struct ndis_binding *binding, PNDIS_OID_REQUEST request) {
    const bool set = request->RequestType == NdisRequestSetInformation;
    NDIS_STATUS status;
    if (ndis_oid_known(binding, request, &status)) return status;
    if (set && request->DATA.SET_INFORMATION.Oid == OID_GEN_CURRENT_PACKET_FILTER) return ndis_set_packet_filter(binding, request);
    if (set && request->DATA.SET_INFORMATION.Oid == OID_802_3_MULTICAST_LIST) return ndis_set_multicast(binding, request);
    if (!binding->protocol->chars.OidRequestCompleteHandler) return ndis_miniport_oid(binding->adapter, request);
    struct ndis_oid *oid = ndis_oid_take(binding->object.ndis, request, &binding->layer);
    return oid ? ndis_oid_submit(binding->adapter, binding->adapter->top, oid) : NDIS_STATUS_RESOURCES;
}

static void process_later(void *arg) {
    struct ndis_oid *oid = arg;
    struct ndis_binding *binding = CONTAINING_RECORD(oid->origin, struct ndis_binding, layer);
    NDIS_STATUS status = process(binding, oid->request);
    if (status != NDIS_STATUS_PENDING) ndis_oid_deliver(binding->object.ndis, oid, status);
    ndis_oid_give(binding->object.ndis, oid);
}

NDIS_STATUS NdisOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest) {
    struct ndis_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_BINDING, __func__);
    if (!binding) return NDIS_STATUS_INVALID_PARAMETER;
    if (!binding->open) return NDIS_STATUS_CLOSING;
    if (KeGetCurrentIrql() < DISPATCH_LEVEL) return process(binding, OidRequest);
    struct ndis *ndis = binding->object.ndis;
    if (!binding->protocol->chars.OidRequestCompleteHandler) {
        kernel_violation(ndis->kernel, "kernel.irql", "[D] 3.7", -1,
                         "NdisOidRequest at IRQL %u by %s, which has no ProtocolOidRequestComplete to be told the end", KeGetCurrentIrql(),
                         binding->object.name);
        return NDIS_STATUS_NOT_ACCEPTED;
    }
    struct ndis_oid *oid = ndis_oid_take(ndis, OidRequest, &binding->layer);
    if (!oid) return NDIS_STATUS_RESOURCES;
    if (ndis_queue_work(ndis, process_later, oid)) return NDIS_STATUS_PENDING;
    ndis_oid_give(ndis, oid);
    return NDIS_STATUS_RESOURCES;
}

/* ---- From filters */
NDIS_STATUS NdisFOidRequest(NDIS_HANDLE NdisFilterHandle, PNDIS_OID_REQUEST OidRequest) {
    struct ndis_filter *filter = ndis_object_of(NdisFilterHandle, NDIS_OBJECT_FILTER, __func__);
    if (!filter) return NDIS_STATUS_INVALID_PARAMETER;
    struct ndis *ndis = filter->object.ndis;
    if (!filter->filter_driver->chars.OidRequestCompleteHandler) {
        kernel_violation(ndis->kernel, "ndis.filter_handlers", "[D] 3.2", -1, "%s called NdisFOidRequest and has no FilterOidRequestComplete",
                         filter->object.name);
        return NDIS_STATUS_NOT_ACCEPTED;
    }
    if (filter->layer.oid && filter->layer.oid->request == OidRequest) {
        kernel_violation(ndis->kernel, "ndis.oid", "[D] 3.7", -1, "%s passed on a request that it was given, and not a clone of it",
                         filter->object.name);
        return NDIS_STATUS_NOT_ACCEPTED;
    }
    struct ndis_oid *oid = ndis_oid_take(ndis, OidRequest, &filter->layer);
    return oid ? ndis_oid_submit(filter->layer.adapter, filter->below, oid) : NDIS_STATUS_RESOURCES;
}

NDIS_STATUS NdisAllocateCloneOidRequest(NDIS_HANDLE SourceHandle, PNDIS_OID_REQUEST OidRequest, UINT PoolTag,
                                        PNDIS_OID_REQUEST *ClonedOidRequest) {
    struct ndis_object *object = SourceHandle;
    PNDIS_OID_REQUEST clone = kernel_allocate(object->ndis->kernel, sizeof(*clone), PoolTag);
    *ClonedOidRequest = clone;
    if (!clone) return NDIS_STATUS_RESOURCES;
    *clone = (NDIS_OID_REQUEST){.Header = OidRequest->Header, .RequestType = OidRequest->RequestType,
                                .PortNumber = OidRequest->PortNumber, .Timeout = OidRequest->Timeout,
                                .RequestId = OidRequest->RequestId, .RequestHandle = OidRequest->RequestHandle, .DATA = OidRequest->DATA};
    return NDIS_STATUS_SUCCESS;
}

VOID NdisFreeCloneOidRequest(NDIS_HANDLE SourceHandle, PNDIS_OID_REQUEST Request) {
    UNREFERENCED_PARAMETER(SourceHandle);
    kernel_free(Request);
}

/* ---- Cancel */
static void cancel_inside(struct ndis_layer *at, PVOID id) {
    if (at->object.type == NDIS_OBJECT_ADAPTER) {
        struct ndis_adapter *adapter = CONTAINING_RECORD(at, struct ndis_adapter, layer);
        kernel_call_begin();
        if (adapter->driver->miniport.CancelOidRequestHandler) adapter->driver->miniport.CancelOidRequestHandler(adapter->context, id);
        kernel_call_end("MiniportCancelOidRequest");
    } else {
        struct ndis_filter *filter = CONTAINING_RECORD(at, struct ndis_filter, layer);
        FILTER_CANCEL_OID_REQUEST_HANDLER handler = filter->filter_driver->chars.CancelOidRequestHandler;
        kernel_call_begin();
        if (handler) handler(filter->context, id);
        kernel_call_end("FilterCancelOidRequest");
    }
}

/* Queued requests of the origin with this id, or (any) all that wait for the layer, are given up. */
static void abort_queued(struct ndis_layer *at, const struct ndis_layer *origin, PVOID id, bool any) {
    LIST_ENTRY aborted;
    InitializeListHead(&aborted);
    for (PLIST_ENTRY entry = at->oid_queue.Flink, next; entry != &at->oid_queue; entry = next) {
        struct ndis_oid *oid = CONTAINING_RECORD(entry, struct ndis_oid, entry);
        next = entry->Flink;
        if (!any && (oid->origin != origin || oid->request->RequestId != id)) continue;
        (void)RemoveEntryList(entry);
        InsertTailList(&aborted, entry);
    }
    while (!IsListEmpty(&aborted)) {
        struct ndis_oid *oid = CONTAINING_RECORD(RemoveHeadList(&aborted), struct ndis_oid, entry);
        ndis_oid_deliver(at->object.ndis, oid, NDIS_STATUS_REQUEST_ABORTED);
        ndis_oid_give(at->object.ndis, oid);
    }
}

void ndis_oid_abort_queue(struct ndis_layer *layer) { abort_queued(layer, NULL, NULL, true); }

static void cancel(struct ndis_layer *origin, struct ndis_filter *first, PVOID id) {
    while (first && !first->filter_driver->chars.OidRequestHandler) first = first->below;
    struct ndis_layer *at = first ? &first->layer : &origin->adapter->layer;
    abort_queued(at, origin, id, false);
    const struct ndis_oid *inside = at->oid;
    if (inside && inside->origin == origin && !inside->done && inside->request->RequestId == id) cancel_inside(at, id);
}

VOID NdisCancelOidRequest(NDIS_HANDLE NdisBindingHandle, PVOID RequestId) {
    struct ndis_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_BINDING, __func__);
    if (binding) cancel(&binding->layer, binding->adapter->top, RequestId);
}

VOID NdisFCancelOidRequest(NDIS_HANDLE NdisFilterHandle, PVOID RequestId) {
    struct ndis_filter *filter = ndis_object_of(NdisFilterHandle, NDIS_OBJECT_FILTER, __func__);
    if (filter) cancel(&filter->layer, filter->below, RequestId);
}
