/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oid.c: OID requests on their way through the filters to the miniport, and back to who asked. [D] 3.7
 *
 *   NdisOidRequest, NdisFOidRequest -> the next filter below with an OidRequest handler, or the miniport: one at a time, the rest queue
 *
 * A handler's final status goes back at once; what it pends ends in one call of the asker's completion handler, which may come before the
 * request call has returned. The miniport is called at PASSIVE_LEVEL: a request from above that goes to a worker.
 */
#include <stdlib.h>

#include "ndis_oid.h"

struct ndis_oid *ndis_oid_take(struct ndis *ndis, PNDIS_OID_REQUEST request, struct ndis_layer *origin) {
    struct ndis_oid *oid = ndis->free_oids;
    if (oid) ndis->free_oids = oid->next_free;
    else oid = malloc(sizeof(*oid));
    if (!oid) return NULL;
    *oid = (struct ndis_oid){.request = request, .origin = origin, .since_ps = ndis->platform->ops->now_ps(ndis->platform->ctx)};
    if (origin) origin->oids_out++;
    return oid;
}

void ndis_oid_give(struct ndis *ndis, struct ndis_oid *oid) {
    if (oid->origin) oid->origin->oids_out--;
    oid->next_free = ndis->free_oids;
    ndis->free_oids = oid;
}

void ndis_free_oids(struct ndis *ndis) {
    while (ndis->free_oids) {
        struct ndis_oid *oid = ndis->free_oids;
        ndis->free_oids = oid->next_free;
        free(oid);
    }
}

static void clip(PNDIS_OID_REQUEST request) {
    if (request->RequestType == NdisRequestMethod) return;
    const UINT length = request->DATA.QUERY_INFORMATION.InformationBufferLength;
    if (request->DATA.QUERY_INFORMATION.BytesWritten > length) request->DATA.QUERY_INFORMATION.BytesWritten = length;
}

/* To who asked. */
void ndis_oid_deliver(struct ndis *ndis, struct ndis_oid *oid, NDIS_STATUS status) {
    if (status == NDIS_STATUS_SUCCESS && !oid->abandoned) clip(oid->request);
    if (oid->waiter) {
        ndis_pending_complete(ndis, oid->waiter, status, "an OID request");
    } else if (oid->origin && oid->origin->object.type == NDIS_OBJECT_BINDING) {
        struct ndis_binding *binding = CONTAINING_RECORD(oid->origin, struct ndis_binding, layer);
        ndis_function_enter(ndis, "ProtocolOidRequestComplete");
        binding->protocol->chars.OidRequestCompleteHandler(binding->context, oid->request, status);
        ndis_function_exit(ndis, "ProtocolOidRequestComplete");
    } else if (oid->origin) {
        struct ndis_filter *filter = CONTAINING_RECORD(oid->origin, struct ndis_filter, layer);
        ndis_function_enter(ndis, "FilterOidRequestComplete");
        filter->filter_driver->chars.OidRequestCompleteHandler(filter->context, oid->request, status);
        ndis_function_exit(ndis, "FilterOidRequestComplete");
    }
}

static NDIS_STATUS call_handler(struct ndis_layer *at, PNDIS_OID_REQUEST request) {
    struct ndis *ndis = at->object.ndis;
    const bool miniport = at->object.type == NDIS_OBJECT_ADAPTER;
    const char *function = miniport ? "MiniportOidRequest" : "FilterOidRequest";
    NDIS_STATUS status;
    ndis_function_enter(ndis, function);
    if (miniport) {
        struct ndis_adapter *adapter = CONTAINING_RECORD(at, struct ndis_adapter, layer);
        status = adapter->driver->miniport.OidRequestHandler(adapter->context, request);
    } else {
        struct ndis_filter *filter = CONTAINING_RECORD(at, struct ndis_filter, layer);
        status = filter->filter_driver->chars.OidRequestHandler(filter->context, request);
    }
    ndis_function_exit(ndis, function);
    return status;
}

static void run_queue(void *arg);

static void leave(struct ndis_layer *at, struct ndis_oid *oid) {
    at->oid = NULL;
    ndis_oid_give(at->object.ndis, oid);
    if (!IsListEmpty(&at->oid_queue)) (void)ndis_queue_work(at->object.ndis, run_queue, at);
}

/* The layer is free for it. PENDING: it is, or will be, delivered; any other status is the caller's to deliver. */
static NDIS_STATUS call(struct ndis_layer *at, struct ndis_oid *oid) {
    at->oid = oid;
    oid->calling = true;
    NDIS_STATUS status = call_handler(at, oid->request);
    oid->calling = false;
    if (oid->done && status != NDIS_STATUS_PENDING) {
        kernel_violation(at->object.ndis->kernel, "ndis.oid", "[D] 3.7", -1,
                         "%s completed an OID request and also returned the final status 0x%08x for it", at->object.name, (unsigned)status);
        status = NDIS_STATUS_PENDING;
    }
    return status;
}

static void run_queue(void *arg) {
    struct ndis_layer *at = arg;
    while (!at->oid && !IsListEmpty(&at->oid_queue)) {
        struct ndis_oid *oid = CONTAINING_RECORD(RemoveHeadList(&at->oid_queue), struct ndis_oid, entry);
        NDIS_STATUS status = call(at, oid);
        if (status != NDIS_STATUS_PENDING) ndis_oid_deliver(at->object.ndis, oid, status);
        if (status != NDIS_STATUS_PENDING || oid->done) {
            at->oid = NULL;
            ndis_oid_give(at->object.ndis, oid);
        }
    }
}

NDIS_STATUS ndis_oid_submit(struct ndis_adapter *adapter, struct ndis_filter *first, struct ndis_oid *oid) {
    while (first && !first->filter_driver->chars.OidRequestHandler) first = first->below;
    struct ndis_layer *at = first ? &first->layer : &adapter->layer;
    const bool too_high = !first && KeGetCurrentIrql() >= DISPATCH_LEVEL;
    if (at->oid || !IsListEmpty(&at->oid_queue) || too_high || adapter->resetting) {
        InsertTailList(&at->oid_queue, &oid->entry);
        if (!at->oid && !adapter->resetting) (void)ndis_queue_work(at->object.ndis, run_queue, at);
        return NDIS_STATUS_PENDING;
    }
    NDIS_STATUS status = call(at, oid);
    if (status != NDIS_STATUS_PENDING || oid->done) leave(at, oid);
    return status;
}

void ndis_oid_resume_queue(struct ndis_layer *at) {
    if (!at->oid && !IsListEmpty(&at->oid_queue)) (void)ndis_queue_work(at->object.ndis, run_queue, at);
}

static void complete(struct ndis_layer *at, PNDIS_OID_REQUEST request, NDIS_STATUS status) {
    struct ndis_oid *oid = at->oid;
    struct ndis *ndis = at->object.ndis;
    if (!oid || oid->request != request || oid->done) {
        kernel_violation(ndis->kernel, "ndis.oid", "[D] 6 (0x7C/0x26)", -1, "%s completed an OID request that it does not have",
                         at->object.name);
        return;
    }
    if (status == NDIS_STATUS_PENDING)
        kernel_violation(ndis->kernel, "ndis.oid", "[D] 3.7", -1, "%s completed an OID request with the status PENDING", at->object.name);
    oid->done = true;
    const bool inside = oid->calling;
    ndis_oid_deliver(ndis, oid, status);
    if (!inside) leave(at, oid);
}

VOID NdisMOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status) {
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (adapter) complete(&adapter->layer, OidRequest, Status);
}

VOID NdisFOidRequestComplete(NDIS_HANDLE NdisFilterHandle, PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status) {
    struct ndis_filter *filter = ndis_object_of(NdisFilterHandle, NDIS_OBJECT_FILTER, __func__);
    if (filter) complete(&filter->layer, OidRequest, Status);
}

/* ---- NDIS's own, and those of protocols that cannot be told later */
NDIS_STATUS ndis_miniport_oid(struct ndis_adapter *adapter, PNDIS_OID_REQUEST request) {
    struct ndis *ndis = adapter->object.ndis;
    struct ndis_pending pending;
    struct ndis_oid *oid = ndis_oid_take(ndis, request, NULL);
    if (!oid) return NDIS_STATUS_RESOURCES;
    ndis_pending_begin(&pending);
    oid->waiter = &pending;
    NDIS_STATUS status = ndis_oid_submit(adapter, adapter->top, oid);
    if (ndis_pending_wait(ndis, &pending, &status, "MiniportOidRequest", adapter->object.name)) return status;
    oid->waiter = NULL;  /* the driver may still complete it */
    oid->abandoned = true;
    return NDIS_STATUS_REQUEST_ABORTED;
}
