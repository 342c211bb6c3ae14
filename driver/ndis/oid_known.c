/* SPDX-License-Identifier: Apache-2.0 */
/* oid_known.c: queries that never reach an NDIS 6 miniport: NDIS answers them from the attributes. [D] 3.7 */
#include "ndis_internal.h"

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

bool ndis_oid_known(struct ndis_binding *binding, PNDIS_OID_REQUEST request, NDIS_STATUS *status) {
    if (request->RequestType != NdisRequestQueryInformation && request->RequestType != NdisRequestQueryStatistics) return false;
    const struct ndis_adapter *adapter = binding->adapter;
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general = &adapter->general;
    switch (request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_SUPPORTED_LIST: *status = answer(request, adapter->oids, general->SupportedOidListLength); return true;
    case OID_GEN_MEDIA_SUPPORTED:
    case OID_GEN_MEDIA_IN_USE: *status = answer_ulong(request, general->MediaType); return true;
    case OID_GEN_PHYSICAL_MEDIUM: *status = answer_ulong(request, general->PhysicalMediumType); return true;
    case OID_GEN_MAXIMUM_LOOKAHEAD:
    case OID_GEN_CURRENT_LOOKAHEAD: *status = answer_ulong(request, adapter->restarted.LookaheadSize); return true;
    case OID_GEN_MAXIMUM_FRAME_SIZE: *status = answer_ulong(request, adapter->restarted.MtuSize); return true;
    case OID_GEN_LINK_SPEED: *status = answer_ulong(request, (ULONG)(adapter->link.XmitLinkSpeed / 100)); return true;
    case OID_GEN_CURRENT_PACKET_FILTER: *status = answer_ulong(request, binding->packet_filter); return true;
    case OID_802_3_MULTICAST_LIST:
        *status = answer(request, binding->multicast.addresses, binding->multicast.count * sizeof(binding->multicast.addresses[0]));
        return true;
    case OID_GEN_MAC_OPTIONS: *status = answer_ulong(request, general->MacOptions); return true;
    case OID_GEN_MEDIA_CONNECT_STATUS:  /* the old enumeration: 0 is connected */
        *status = answer_ulong(request, adapter->link.MediaConnectState == MediaConnectStateConnected ? 0 : 1);
        return true;
    case OID_GEN_LINK_STATE: *status = answer(request, &adapter->link, sizeof(adapter->link)); return true;
    default: return ndis_offload_known(adapter, request, status);
    }
}
