/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oid.c: OID requests: what NDIS answers from what it knows, what it combines, and the one slot of the miniport. [D] 3.7
 *
 * A request waits here until the miniport has finished it and returns the final status, which spares protocols the completion call.
 * Requests therefore need PASSIVE_LEVEL.
 */
#include "ndis_internal.h"

/* ---- To the miniport, one at a time */
NDIS_STATUS ndis_miniport_oid(struct ndis_adapter *adapter, PNDIS_OID_REQUEST request) {
    struct ndis *ndis = adapter->object.ndis;
    (void)KeWaitForSingleObject(&adapter->oid_free, Executive, KernelMode, FALSE, NULL);
    adapter->oid = request;
    ndis_pending_begin(&adapter->oid_done);
    ndis_function_enter(ndis, "MiniportOidRequest");
    NDIS_STATUS status = adapter->driver->miniport.OidRequestHandler(adapter->context, request);
    if (!ndis_pending_wait(ndis, &adapter->oid_done, &status, "MiniportOidRequest", adapter->object.name)) status = NDIS_STATUS_REQUEST_ABORTED;
    ndis_function_exit(ndis, "MiniportOidRequest");
    adapter->oid = NULL;
    (void)KeSetEvent(&adapter->oid_free, 0, FALSE);
    return status;
}

VOID NdisMOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status) {
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (!adapter) return;
    if (adapter->oid != OidRequest)
        kernel_violation(adapter->object.ndis->kernel, "ndis.oid", "[D] 6 (0x7C/0x26)", -1, "%s completed an OID request that it does not have",
                         adapter->object.name);
    else
        ndis_pending_complete(adapter->object.ndis, &adapter->oid_done, Status, __func__);
}

/* ---- Packet filter: the miniport is told the OR of all bindings, when it changes */
NDIS_STATUS ndis_apply_filter(struct ndis_adapter *adapter) {
    ULONG filter = 0;
    for (const struct ndis_binding *binding = adapter->bindings; binding; binding = binding->next) filter |= binding->packet_filter;
    if (filter == adapter->packet_filter || adapter->state == NDIS_STATE_HALTED || adapter->state == NDIS_STATE_INITIALIZING)
        return NDIS_STATUS_SUCCESS;
    NDIS_OID_REQUEST request = {.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1},
                                .RequestType = NdisRequestSetInformation};
    request.DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_PACKET_FILTER;
    request.DATA.SET_INFORMATION.InformationBuffer = &filter;
    request.DATA.SET_INFORMATION.InformationBufferLength = sizeof(filter);
    NDIS_STATUS status = ndis_miniport_oid(adapter, &request);
    if (status == NDIS_STATUS_SUCCESS) adapter->packet_filter = filter;
    return status;
}

static NDIS_STATUS set_filter(struct ndis_binding *binding, PNDIS_OID_REQUEST request) {
    ULONG filter, old = binding->packet_filter;
    if (request->DATA.SET_INFORMATION.InformationBufferLength < sizeof(filter)) {
        request->DATA.SET_INFORMATION.BytesNeeded = sizeof(filter);
        return NDIS_STATUS_INVALID_LENGTH;
    }
    memcpy(&filter, request->DATA.SET_INFORMATION.InformationBuffer, sizeof(filter));
    binding->packet_filter = filter;
    NDIS_STATUS status = ndis_apply_filter(binding->adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        binding->packet_filter = old;
        return status;
    }
    request->DATA.SET_INFORMATION.BytesRead = sizeof(filter);
    return NDIS_STATUS_SUCCESS;
}

/* ---- Queries that NDIS answers */
static NDIS_STATUS answer(PNDIS_OID_REQUEST request, const void *value, ULONG size) {
    if (request->DATA.QUERY_INFORMATION.InformationBufferLength < size) {
        request->DATA.QUERY_INFORMATION.BytesNeeded = size;
        request->DATA.QUERY_INFORMATION.BytesWritten = 0;
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    if (size) memcpy(request->DATA.QUERY_INFORMATION.InformationBuffer, value, size);
    request->DATA.QUERY_INFORMATION.BytesWritten = size;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS answer_ulong(PNDIS_OID_REQUEST request, ULONG value) { return answer(request, &value, sizeof(value)); }

/* True when the query is one that never reaches an NDIS 6 miniport; *status is then final. */
static bool query_known(struct ndis_binding *binding, PNDIS_OID_REQUEST request, NDIS_STATUS *status) {
    const struct ndis_adapter *adapter = binding->adapter;
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general = &adapter->general;
    switch (request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_SUPPORTED_LIST: *status = answer(request, adapter->oids, general->SupportedOidListLength); return true;
    case OID_GEN_MEDIA_SUPPORTED:
    case OID_GEN_MEDIA_IN_USE: *status = answer_ulong(request, general->MediaType); return true;
    case OID_GEN_PHYSICAL_MEDIUM: *status = answer_ulong(request, general->PhysicalMediumType); return true;
    case OID_GEN_MAXIMUM_LOOKAHEAD:
    case OID_GEN_CURRENT_LOOKAHEAD: *status = answer_ulong(request, general->LookaheadSize); return true;
    case OID_GEN_MAXIMUM_FRAME_SIZE: *status = answer_ulong(request, general->MtuSize); return true;
    case OID_GEN_LINK_SPEED: *status = answer_ulong(request, (ULONG)(adapter->link.XmitLinkSpeed / 100)); return true;
    case OID_GEN_CURRENT_PACKET_FILTER: *status = answer_ulong(request, binding->packet_filter); return true;
    case OID_GEN_MAC_OPTIONS: *status = answer_ulong(request, general->MacOptions); return true;
    case OID_GEN_MEDIA_CONNECT_STATUS:  /* the old enumeration: 0 is connected */
        *status = answer_ulong(request, adapter->link.MediaConnectState == MediaConnectStateConnected ? 0 : 1);
        return true;
    case OID_GEN_LINK_STATE: *status = answer(request, &adapter->link, sizeof(adapter->link)); return true;
    default: return false;
    }
}

/* ---- From protocols */
static void clip(PNDIS_OID_REQUEST request) {
    if (request->RequestType == NdisRequestMethod) return;
    UINT length = request->DATA.QUERY_INFORMATION.InformationBufferLength;
    if (request->DATA.QUERY_INFORMATION.BytesWritten > length) request->DATA.QUERY_INFORMATION.BytesWritten = length;
}

NDIS_STATUS NdisOidRequest(NDIS_HANDLE NdisBindingHandle, PNDIS_OID_REQUEST OidRequest) {
    struct ndis_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_BINDING, __func__);
    if (!binding) return NDIS_STATUS_INVALID_PARAMETER;
    if (!binding->open) return NDIS_STATUS_CLOSING;
    if (KeGetCurrentIrql() >= DISPATCH_LEVEL) {
        kernel_violation(binding->object.ndis->kernel, "kernel.irql", "[D] 3.7", -1,
                         "NdisOidRequest at IRQL %u: requests are accepted at PASSIVE_LEVEL only", KeGetCurrentIrql());
        return NDIS_STATUS_NOT_ACCEPTED;
    }
    NDIS_STATUS status;
    bool query = OidRequest->RequestType == NdisRequestQueryInformation || OidRequest->RequestType == NdisRequestQueryStatistics;
    if (query && query_known(binding, OidRequest, &status)) return status;
    bool set = OidRequest->RequestType == NdisRequestSetInformation;
    if (set && OidRequest->DATA.SET_INFORMATION.Oid == OID_GEN_CURRENT_PACKET_FILTER) return set_filter(binding, OidRequest);
    status = ndis_miniport_oid(binding->adapter, OidRequest);
    if (status == NDIS_STATUS_SUCCESS) clip(OidRequest);
    return status;
}
