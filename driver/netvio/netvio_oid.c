/* SPDX-License-Identifier: Apache-2.0 */
/* netvio_oid.c: the control path: what NDIS asks the miniport, and the link state it is told. [D] 3.7 */
#include "netvio_adapter.h"

enum { HARDWARE_READY = 0, HARDWARE_NOT_READY = 4, VENDOR_ID = 0x00FFFFFF /* no IEEE number was assigned */, DRIVER_VERSION = 0x00000001 };
static const char vendor_description[] = "Ringside VIRTIO network device";

const NDIS_OID netvio_supported_oids[] = {
    OID_GEN_SUPPORTED_LIST, OID_GEN_HARDWARE_STATUS, OID_GEN_TRANSMIT_BUFFER_SPACE, OID_GEN_RECEIVE_BUFFER_SPACE,
    OID_GEN_TRANSMIT_BLOCK_SIZE, OID_GEN_RECEIVE_BLOCK_SIZE, OID_GEN_VENDOR_ID, OID_GEN_VENDOR_DESCRIPTION,
    OID_GEN_VENDOR_DRIVER_VERSION, OID_GEN_CURRENT_PACKET_FILTER, OID_GEN_MAXIMUM_TOTAL_SIZE, OID_GEN_XMIT_OK, OID_GEN_RCV_OK,
    OID_GEN_XMIT_ERROR, OID_GEN_RCV_ERROR, OID_GEN_RCV_NO_BUFFER, OID_GEN_STATISTICS, OID_802_3_PERMANENT_ADDRESS,
    OID_802_3_CURRENT_ADDRESS, OID_802_3_MULTICAST_LIST, OID_802_3_MAXIMUM_LIST_SIZE,
    OID_GEN_VLAN_ID, OID_OFFLOAD_ENCAPSULATION, OID_TCP_OFFLOAD_PARAMETERS, OID_GEN_RECEIVE_SCALE_PARAMETERS,
    OID_NETVIO_RESET_QUEUE, OID_NETVIO_RESET_DEVICE,
};
const ULONG netvio_supported_oids_bytes = sizeof(netvio_supported_oids);

static NDIS_STATUS answer(PNDIS_OID_REQUEST request, const void *data, UINT length) {
    struct _QUERY *query = &request->DATA.QUERY_INFORMATION;
    query->BytesNeeded = length;
    if (query->InformationBufferLength < length) return NDIS_STATUS_BUFFER_TOO_SHORT;
    RtlCopyMemory(query->InformationBuffer, data, length);
    query->BytesWritten = length;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS answer_number(PNDIS_OID_REQUEST request, ULONG64 value) {
    /* [D]: counters are answered in 8 bytes where there is room, else in 4. */
    ULONG small = (ULONG)value;
    if (request->DATA.QUERY_INFORMATION.InformationBufferLength >= sizeof(value)) return answer(request, &value, sizeof(value));
    return answer(request, &small, sizeof(small));
}

static NDIS_STATUS answer_ulong(PNDIS_OID_REQUEST request, ULONG value) { return answer(request, &value, sizeof(value)); }

/* Counters of all queues together. */
struct totals {
    ULONG64 tx_frames, tx_bytes, tx_errors, rx_frames, rx_bytes, rx_errors;
    ULONG rx_buffers;
};

static struct totals sum(const struct netvio_adapter *adapter) {
    struct totals all = {0};
    for (unsigned i = 0; i < adapter->pairs; i++) {
        const struct netvio_tx *tx = &adapter->pair[i].tx;
        const struct netvio_rx *rx = &adapter->pair[i].rx;
        all.tx_frames += tx->frames;
        all.tx_bytes += tx->bytes;
        all.tx_errors += tx->errors;
        all.rx_frames += rx->frames;
        all.rx_bytes += rx->bytes;
        all.rx_errors += rx->errors;
        all.rx_buffers += rx->count;
    }
    return all;
}

static NDIS_STATUS answer_statistics(const struct totals *all, PNDIS_OID_REQUEST request) {
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

static NDIS_STATUS query(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    const struct totals all = sum(adapter);
    /* Of one ring: what a single frame can be cut into. */
    const ULONG tx_slots = vq_size(adapter->pair[0].tx.vq);
    switch (request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_SUPPORTED_LIST: return answer(request, netvio_supported_oids, netvio_supported_oids_bytes);
    case OID_GEN_HARDWARE_STATUS: return answer_ulong(request, adapter->failed ? HARDWARE_NOT_READY : HARDWARE_READY);
    case OID_GEN_TRANSMIT_BUFFER_SPACE: return answer_ulong(request, tx_slots * NETVIO_FRAME_MAX);
    case OID_GEN_RECEIVE_BUFFER_SPACE: return answer_ulong(request, all.rx_buffers * adapter->config.rx_buffer_bytes);
    case OID_GEN_TRANSMIT_BLOCK_SIZE: return answer_ulong(request, NETVIO_FRAME_MAX);
    case OID_GEN_RECEIVE_BLOCK_SIZE: return answer_ulong(request, adapter->config.rx_buffer_bytes);
    case OID_GEN_VENDOR_ID: return answer_ulong(request, VENDOR_ID);
    case OID_GEN_VENDOR_DESCRIPTION: return answer(request, vendor_description, sizeof(vendor_description));
    case OID_GEN_VENDOR_DRIVER_VERSION: return answer_ulong(request, DRIVER_VERSION);
    case OID_GEN_CURRENT_PACKET_FILTER: return answer_ulong(request, adapter->packet_filter);
    case OID_GEN_MAXIMUM_TOTAL_SIZE: return answer_ulong(request, NETVIO_FRAME_MAX);
    case OID_GEN_XMIT_OK: return answer_number(request, all.tx_frames);
    case OID_GEN_RCV_OK: return answer_number(request, all.rx_frames);
    case OID_GEN_XMIT_ERROR: return answer_number(request, all.tx_errors);
    case OID_GEN_RCV_ERROR: return answer_number(request, all.rx_errors);
    case OID_GEN_RCV_NO_BUFFER: return answer_number(request, 0); /* the device drops those, and VIRTIO 1.2 has no counter for it */
    case OID_GEN_RECEIVE_SCALE_PARAMETERS: return netvio_rss_get(adapter, request);
    case OID_GEN_STATISTICS: return answer_statistics(&all, request);
    case OID_GEN_VLAN_ID: return adapter->config.offloads.vlan ? answer_ulong(request, adapter->vlan_id) : NDIS_STATUS_NOT_SUPPORTED;
    case OID_802_3_PERMANENT_ADDRESS: return answer(request, adapter->mac, sizeof(adapter->mac));
    case OID_802_3_CURRENT_ADDRESS: return answer(request, adapter->address, sizeof(adapter->address));
    case OID_802_3_MAXIMUM_LIST_SIZE: return answer_ulong(request, VIRTIO_CTRL_MAC_ENTRIES);
    default: return NDIS_STATUS_NOT_SUPPORTED;
    }
}

static NDIS_STATUS reset_queue(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    struct _SET *set = &request->DATA.SET_INFORMATION;
    ULONG queue;
    set->BytesNeeded = sizeof(queue);
    if (set->InformationBufferLength < sizeof(queue)) return NDIS_STATUS_INVALID_LENGTH;
    RtlCopyMemory(&queue, set->InformationBuffer, sizeof(queue));
    set->BytesRead = sizeof(queue);
    return netvio_reset_queue(adapter, queue);
}

static NDIS_STATUS set(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    struct _SET *information = &request->DATA.SET_INFORMATION;
    switch (information->Oid) {
    case OID_GEN_CURRENT_PACKET_FILTER: return netvio_filter_set(adapter, request);
    case OID_NETVIO_RESET_QUEUE: return reset_queue(adapter, request);
    case OID_NETVIO_RESET_DEVICE: return netvio_reset_device(adapter);
    case OID_802_3_MULTICAST_LIST: return netvio_filter_set_multicast(adapter, request);
    case OID_GEN_VLAN_ID: return netvio_filter_set_vlan(adapter, request);
    case OID_OFFLOAD_ENCAPSULATION: return netvio_offload_encapsulation(adapter, request);
    case OID_TCP_OFFLOAD_PARAMETERS: return netvio_offload_parameters(adapter, request);
    case OID_GEN_RECEIVE_SCALE_PARAMETERS: return netvio_rss_set(adapter, request);
    default: return NDIS_STATUS_NOT_SUPPORTED;
    }
}

NDIS_STATUS netvio_oid_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request) {
    switch (request->RequestType) {
    case NdisRequestQueryInformation:
    case NdisRequestQueryStatistics: return query(context, request);
    case NdisRequestSetInformation: return set(context, request);
    default: return NDIS_STATUS_NOT_SUPPORTED;
    }
}

/* No request is ever pending here. */
VOID netvio_cancel_oid_request(NDIS_HANDLE context, PVOID request_id) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(request_id);
}

void netvio_indicate_link(struct netvio_adapter *adapter) {
    NDIS_LINK_STATE link = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_STATE_REVISION_1, NDIS_SIZEOF_LINK_STATE_REVISION_1},
        .MediaConnectState = adapter->link_up ? MediaConnectStateConnected : MediaConnectStateDisconnected,
        .MediaDuplexState = MediaDuplexStateFull,
        .XmitLinkSpeed = NDIS_LINK_SPEED_UNKNOWN,
        .RcvLinkSpeed = NDIS_LINK_SPEED_UNKNOWN,
        .PauseFunctions = NdisPauseFunctionsUnsupported,
    };
    NDIS_STATUS_INDICATION indication = {
        .Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1},
        .SourceHandle = adapter->handle,
        .StatusCode = NDIS_STATUS_LINK_STATE,
        .StatusBuffer = &link,
        .StatusBufferSize = sizeof(link),
    };
    NdisMIndicateStatusEx(adapter->handle, &indication);
}
