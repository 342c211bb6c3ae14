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
    OID_MINIPORT_RESET_QUEUE, OID_MINIPORT_RESET_DEVICE,
};
const ULONG netvio_supported_oids_bytes = sizeof(netvio_supported_oids);

/* Counters of all queues together. */
static struct miniport_totals sum(const struct netvio_adapter *adapter) {
    struct miniport_totals all = {0};
    for (unsigned i = 0; i < adapter->pairs; i++) {
        const struct netvio_tx *tx = &adapter->pair[i].tx;
        const struct netvio_rx *rx = &adapter->pair[i].rx;
        all.tx_frames += tx->frames;
        all.tx_bytes += tx->bytes;
        all.tx_errors += tx->errors;
        all.rx_frames += rx->frames;
        all.rx_bytes += rx->bytes;
        all.rx_errors += rx->errors;
    }
    return all;
}

static ULONG rx_buffers(const struct netvio_adapter *adapter) {
    ULONG count = 0;
    for (unsigned i = 0; i < adapter->pairs; i++) count += adapter->pair[i].rx.count;
    return count;
}

static NDIS_STATUS query(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    const struct miniport_totals all = sum(adapter);
    /* Of one ring: what a single frame can be cut into. */
    const ULONG tx_slots = vq_size(adapter->pair[0].tx.vq);
    switch (request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_SUPPORTED_LIST: return miniport_answer(request, netvio_supported_oids, netvio_supported_oids_bytes);
    case OID_GEN_HARDWARE_STATUS: return miniport_answer_ulong(request, adapter->failed ? HARDWARE_NOT_READY : HARDWARE_READY);
    case OID_GEN_TRANSMIT_BUFFER_SPACE: return miniport_answer_ulong(request, tx_slots * NETVIO_FRAME_MAX);
    case OID_GEN_RECEIVE_BUFFER_SPACE: return miniport_answer_ulong(request, rx_buffers(adapter) * adapter->config.rx_buffer_bytes);
    case OID_GEN_TRANSMIT_BLOCK_SIZE: return miniport_answer_ulong(request, NETVIO_FRAME_MAX);
    case OID_GEN_RECEIVE_BLOCK_SIZE: return miniport_answer_ulong(request, adapter->config.rx_buffer_bytes);
    case OID_GEN_VENDOR_ID: return miniport_answer_ulong(request, VENDOR_ID);
    case OID_GEN_VENDOR_DESCRIPTION: return miniport_answer(request, vendor_description, sizeof(vendor_description));
    case OID_GEN_VENDOR_DRIVER_VERSION: return miniport_answer_ulong(request, DRIVER_VERSION);
    case OID_GEN_CURRENT_PACKET_FILTER: return miniport_answer_ulong(request, adapter->packet_filter);
    case OID_GEN_MAXIMUM_TOTAL_SIZE: return miniport_answer_ulong(request, NETVIO_FRAME_MAX);
    case OID_GEN_RECEIVE_SCALE_PARAMETERS: return netvio_rss_get(adapter, request);
    case OID_GEN_VLAN_ID: return adapter->config.offloads.vlan ? miniport_answer_ulong(request, adapter->vlan_id) : NDIS_STATUS_NOT_SUPPORTED;
    case OID_802_3_PERMANENT_ADDRESS: return miniport_answer(request, adapter->mac, sizeof(adapter->mac));
    case OID_802_3_CURRENT_ADDRESS: return miniport_answer(request, adapter->address, sizeof(adapter->address));
    case OID_802_3_MAXIMUM_LIST_SIZE: return miniport_answer_ulong(request, VIRTIO_CTRL_MAC_ENTRIES);
    default: return miniport_answer_totals(request, &all);
    }
}

static NDIS_STATUS reset_queue(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    ULONG queue;
    if (!miniport_read_ulong(&request->DATA.SET_INFORMATION, &queue)) return NDIS_STATUS_INVALID_LENGTH;
    return netvio_reset_queue(adapter, queue);
}

static NDIS_STATUS set(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    struct _SET *information = &request->DATA.SET_INFORMATION;
    switch (information->Oid) {
    case OID_GEN_CURRENT_PACKET_FILTER: return netvio_filter_set(adapter, request);
    case OID_MINIPORT_RESET_QUEUE: return reset_queue(adapter, request);
    case OID_MINIPORT_RESET_DEVICE: return netvio_reset_device(adapter);
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
    miniport_indicate(adapter->handle, NDIS_STATUS_LINK_STATE, &link, sizeof(link));
}
