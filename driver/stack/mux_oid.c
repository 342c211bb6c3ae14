/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mux_oid.c: requests to virtual adapters: addresses are their own, packet filters are combined, the rest is asked below. [D] 3.7
 *
 * Below, the filter is PROMISCUOUS as soon as one virtual adapter's is not empty: the NIC knows none of their addresses.
 */
#include "mux_internal.h"

static NDIS_STATUS answer(PNDIS_OID_REQUEST request, const void *data, UINT length) {
    struct _QUERY *query = &request->DATA.QUERY_INFORMATION;
    query->BytesNeeded = length;
    if (query->InformationBufferLength < length) return NDIS_STATUS_BUFFER_TOO_SHORT;
    RtlCopyMemory(query->InformationBuffer, data, length);
    query->BytesWritten = length;
    return NDIS_STATUS_SUCCESS;
}

/* The answer from below becomes that of the request above. */
static NDIS_STATUS finish(struct mux_adapter *adapter, PNDIS_OID_REQUEST request, NDIS_STATUS status) {
    struct mux_binding *binding = adapter->binding;
    const BOOLEAN filter = request->RequestType == NdisRequestSetInformation &&
                           request->DATA.SET_INFORMATION.Oid == OID_GEN_CURRENT_PACKET_FILTER;
    adapter->request = NULL;
    if (!filter) {
        request->DATA.METHOD_INFORMATION.BytesWritten = adapter->below.DATA.METHOD_INFORMATION.BytesWritten;
        if (request->RequestType == NdisRequestMethod) {
            request->DATA.METHOD_INFORMATION.BytesRead = adapter->below.DATA.METHOD_INFORMATION.BytesRead;
            request->DATA.METHOD_INFORMATION.BytesNeeded = adapter->below.DATA.METHOD_INFORMATION.BytesNeeded;
        } else {
            request->DATA.QUERY_INFORMATION.BytesWritten = adapter->below.DATA.QUERY_INFORMATION.BytesWritten;
            request->DATA.QUERY_INFORMATION.BytesNeeded = adapter->below.DATA.QUERY_INFORMATION.BytesNeeded;
        }
        return status;
    }
    if (status != NDIS_STATUS_SUCCESS) return status;
    adapter->packet_filter = adapter->filter_wanted;
    binding->packet_filter = adapter->filter_below;
    request->DATA.SET_INFORMATION.BytesRead = sizeof(adapter->filter_wanted);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS ask_below(struct mux_adapter *adapter, PNDIS_OID_REQUEST request) {
    adapter->request = request;
    NDIS_STATUS status = NdisOidRequest(adapter->binding->handle, &adapter->below);
    return status == NDIS_STATUS_PENDING ? status : finish(adapter, request, status);
}

static NDIS_STATUS set_filter(struct mux_adapter *adapter, PNDIS_OID_REQUEST request) {
    const struct mux_binding *binding = adapter->binding;
    struct _SET *set = &request->DATA.SET_INFORMATION;
    set->BytesNeeded = sizeof(adapter->filter_wanted);
    if (set->InformationBufferLength < sizeof(adapter->filter_wanted)) return NDIS_STATUS_INVALID_LENGTH;
    RtlCopyMemory(&adapter->filter_wanted, set->InformationBuffer, sizeof(adapter->filter_wanted));
    ULONG any = adapter->filter_wanted;
    for (unsigned i = 0; i < binding->mux->adapters; i++)
        if (&binding->adapters[i] != adapter) any |= binding->adapters[i].packet_filter;
    adapter->filter_below = any ? NDIS_PACKET_TYPE_PROMISCUOUS : 0;
    if (adapter->filter_below == binding->packet_filter) return finish(adapter, request, NDIS_STATUS_SUCCESS);
    adapter->below = (NDIS_OID_REQUEST){.Header = request->Header, .RequestType = NdisRequestSetInformation};
    adapter->below.DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_PACKET_FILTER;
    adapter->below.DATA.SET_INFORMATION.InformationBuffer = &adapter->filter_below;
    adapter->below.DATA.SET_INFORMATION.InformationBufferLength = sizeof(adapter->filter_below);
    return ask_below(adapter, request);
}

NDIS_STATUS mux_oid_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request) {
    struct mux_adapter *adapter = context;
    const NDIS_OID oid = request->DATA.QUERY_INFORMATION.Oid;
    const BOOLEAN set = request->RequestType == NdisRequestSetInformation;
    if (set && oid == OID_GEN_CURRENT_PACKET_FILTER) return set_filter(adapter, request);
    if (set && oid == OID_802_3_MULTICAST_LIST) {
        /* Promiscuous below, and NDIS filters above by this list. */
        request->DATA.SET_INFORMATION.BytesRead = request->DATA.SET_INFORMATION.InformationBufferLength;
        return NDIS_STATUS_SUCCESS;
    }
    if (!set && (oid == OID_802_3_PERMANENT_ADDRESS || oid == OID_802_3_CURRENT_ADDRESS))
        return answer(request, adapter->address, sizeof(adapter->address));
    adapter->below = (NDIS_OID_REQUEST){.Header = request->Header, .RequestType = request->RequestType, .Timeout = request->Timeout,
                                        .RequestId = request->RequestId, .DATA = request->DATA};
    return ask_below(adapter, request);
}

VOID mux_cancel_oid_request(NDIS_HANDLE context, PVOID request_id) {
    const struct mux_adapter *adapter = context;
    NdisCancelOidRequest(adapter->binding->handle, request_id);
}

VOID mux_oid_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST below, NDIS_STATUS status) {
    UNREFERENCED_PARAMETER(context);
    struct mux_adapter *adapter = CONTAINING_RECORD(below, struct mux_adapter, below);
    PNDIS_OID_REQUEST request = adapter->request;
    status = finish(adapter, request, status);
    NdisMOidRequestComplete(adapter->handle, request, status);
}
