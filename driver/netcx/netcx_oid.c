/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_oid.c: what NDIS asks a miniport: the class extension answers from what the driver declared. [D] 3.7 */
#include "netcx_filter.h"
#include "netcx_tx.h"

enum { HARDWARE_READY = 0, VENDOR_ID = 0x00FFFFFF /* no IEEE number was assigned */, DRIVER_VERSION = 0x00020003, ETHERNET_BYTES = 18 };
static const char vendor_description[] = "NetAdapterCx client";

const NDIS_OID netcx_supported_oids[] = {
    OID_GEN_SUPPORTED_LIST, OID_GEN_HARDWARE_STATUS, OID_GEN_TRANSMIT_BUFFER_SPACE, OID_GEN_RECEIVE_BUFFER_SPACE,
    OID_GEN_TRANSMIT_BLOCK_SIZE, OID_GEN_RECEIVE_BLOCK_SIZE, OID_GEN_VENDOR_ID, OID_GEN_VENDOR_DESCRIPTION,
    OID_GEN_VENDOR_DRIVER_VERSION, OID_GEN_CURRENT_PACKET_FILTER, OID_GEN_MAXIMUM_TOTAL_SIZE, OID_GEN_XMIT_OK, OID_GEN_RCV_OK,
    OID_GEN_XMIT_ERROR, OID_GEN_RCV_ERROR, OID_GEN_RCV_NO_BUFFER, OID_GEN_STATISTICS, OID_802_3_PERMANENT_ADDRESS,
    OID_802_3_CURRENT_ADDRESS, OID_802_3_MULTICAST_LIST, OID_802_3_MAXIMUM_LIST_SIZE,
};
const ULONG netcx_supported_oids_bytes = sizeof(netcx_supported_oids);

static NDIS_STATUS answer(PNDIS_OID_REQUEST request, const void *data, UINT length) {
    struct _QUERY *query = &request->DATA.QUERY_INFORMATION;
    query->BytesNeeded = length;
    if (query->InformationBufferLength < length) return NDIS_STATUS_BUFFER_TOO_SHORT;
    RtlCopyMemory(query->InformationBuffer, data, length);
    query->BytesWritten = length;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS answer_ulong(PNDIS_OID_REQUEST request, ULONG value) { return answer(request, &value, sizeof(value)); }

/* [D]: counters are answered in 8 bytes where there is room, else in 4. */
static NDIS_STATUS answer_number(PNDIS_OID_REQUEST request, ULONG64 value) {
    if (request->DATA.QUERY_INFORMATION.InformationBufferLength >= sizeof(value)) return answer(request, &value, sizeof(value));
    return answer_ulong(request, (ULONG)value);
}

static NDIS_STATUS answer_statistics(const struct netcx_counters *all, PNDIS_OID_REQUEST request) {
    NDIS_STATISTICS_INFO info = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_STATISTICS_INFO_REVISION_1, NDIS_SIZEOF_STATISTICS_INFO_REVISION_1},
        .SupportedStatistics = NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV | NDIS_STATISTICS_FLAGS_VALID_BYTES_XMIT |
                               NDIS_STATISTICS_FLAGS_VALID_RCV_ERROR | NDIS_STATISTICS_FLAGS_VALID_XMIT_ERROR,
        .ifInErrors = all->rx_errors,
        .ifHCInOctets = all->rx_bytes,
        .ifHCOutOctets = all->tx_bytes,
        .ifOutErrors = all->tx_errors,
    };
    return answer(request, &info, sizeof(info));
}

/* Any number of pieces can be sent: what are too many for the driver is bounced. */
static ULONG transmit_blocks(const struct netcx_adapter *adapter) {
    return adapter->tx_count ? netcx_fragments(adapter->tx[0])->NumberOfElements : 0;
}

static NDIS_STATUS query(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request) {
    const ULONG frame = adapter->mtu + ETHERNET_BYTES, receive_blocks = adapter->rx_count ? netcx_fragments(adapter->rx[0])->NumberOfElements : 0;
    const struct netcx_counters *all = &adapter->counters;
    switch (request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_SUPPORTED_LIST: return answer(request, netcx_supported_oids, netcx_supported_oids_bytes);
    case OID_GEN_HARDWARE_STATUS: return answer_ulong(request, HARDWARE_READY);
    case OID_GEN_TRANSMIT_BUFFER_SPACE: return answer_ulong(request, transmit_blocks(adapter) * frame);
    case OID_GEN_RECEIVE_BUFFER_SPACE: return answer_ulong(request, receive_blocks * frame);
    case OID_GEN_TRANSMIT_BLOCK_SIZE: return answer_ulong(request, frame);
    case OID_GEN_RECEIVE_BLOCK_SIZE: return answer_ulong(request, frame);
    case OID_GEN_VENDOR_ID: return answer_ulong(request, VENDOR_ID);
    case OID_GEN_VENDOR_DESCRIPTION: return answer(request, vendor_description, sizeof(vendor_description));
    case OID_GEN_VENDOR_DRIVER_VERSION: return answer_ulong(request, DRIVER_VERSION);
    case OID_GEN_CURRENT_PACKET_FILTER: return answer_ulong(request, adapter->packet_filter);
    case OID_GEN_MAXIMUM_TOTAL_SIZE: return answer_ulong(request, frame);
    case OID_GEN_XMIT_OK: return answer_number(request, all->tx_frames);
    case OID_GEN_RCV_OK: return answer_number(request, all->rx_frames);
    case OID_GEN_XMIT_ERROR: return answer_number(request, all->tx_errors);
    case OID_GEN_RCV_ERROR: return answer_number(request, all->rx_errors);
    case OID_GEN_RCV_NO_BUFFER: return answer_number(request, 0);
    case OID_GEN_STATISTICS: return answer_statistics(all, request);
    case OID_802_3_PERMANENT_ADDRESS: return answer(request, adapter->permanent.Address, adapter->permanent.Length);
    case OID_802_3_CURRENT_ADDRESS: return answer(request, adapter->current.Address, adapter->current.Length);
    case OID_802_3_MAXIMUM_LIST_SIZE: return answer_ulong(request, netcx_filter_multicasts(adapter));
    default: return NDIS_STATUS_NOT_SUPPORTED;
    }
}

static NDIS_STATUS set(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request) {
    switch (request->DATA.SET_INFORMATION.Oid) {
    case OID_GEN_CURRENT_PACKET_FILTER: return netcx_filter_set(adapter, request);
    case OID_802_3_MULTICAST_LIST: return netcx_filter_set_multicast(adapter, request);
    default: return NDIS_STATUS_NOT_SUPPORTED;
    }
}

NDIS_STATUS netcx_oid_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request) {
    const struct netcx_device *device = context;
    switch (request->RequestType) {
    case NdisRequestQueryInformation:
    case NdisRequestQueryStatistics: return query(device->adapter, request);
    case NdisRequestSetInformation: return set(device->adapter, request);
    default: return NDIS_STATUS_NOT_SUPPORTED;
    }
}

void netcx_indicate_link(struct netcx_adapter *adapter) {
    NDIS_LINK_STATE link = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_STATE_REVISION_1, NDIS_SIZEOF_LINK_STATE_REVISION_1},
        .MediaConnectState = adapter->link.MediaConnectState,
        .MediaDuplexState = adapter->link.MediaDuplexState,
        .XmitLinkSpeed = adapter->link.TxLinkSpeed,
        .RcvLinkSpeed = adapter->link.RxLinkSpeed,
        .PauseFunctions = (NDIS_SUPPORTED_PAUSE_FUNCTIONS)adapter->link.SupportedPauseFunctions,
        .AutoNegotiationFlags = (ULONG)adapter->link.AutoNegotiationFlags,
    };
    NDIS_STATUS_INDICATION indication = {
        .Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1},
        .SourceHandle = adapter->device->ndis,
        .StatusCode = NDIS_STATUS_LINK_STATE,
        .StatusBuffer = &link,
        .StatusBufferSize = sizeof(link),
    };
    NdisMIndicateStatusEx(adapter->device->ndis, &indication);
}
