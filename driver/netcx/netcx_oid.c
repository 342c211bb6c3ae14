/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_oid.c: what NDIS asks a miniport: the class extension answers from what the driver declared. [D] 3.7 */
#include "netcx_filter.h"
#include "netcx_offload.h"

enum { HARDWARE_READY = 0, VENDOR_ID = 0x00FFFFFF /* no IEEE number was assigned */, DRIVER_VERSION = 0x00020003, ETHERNET_BYTES = 18 };
static const char vendor_description[] = "NetAdapterCx client";

const NDIS_OID netcx_supported_oids[] = {
    OID_GEN_SUPPORTED_LIST, OID_GEN_HARDWARE_STATUS, OID_GEN_TRANSMIT_BUFFER_SPACE, OID_GEN_RECEIVE_BUFFER_SPACE,
    OID_GEN_TRANSMIT_BLOCK_SIZE, OID_GEN_RECEIVE_BLOCK_SIZE, OID_GEN_VENDOR_ID, OID_GEN_VENDOR_DESCRIPTION,
    OID_GEN_VENDOR_DRIVER_VERSION, OID_GEN_CURRENT_PACKET_FILTER, OID_GEN_MAXIMUM_TOTAL_SIZE, OID_GEN_XMIT_OK, OID_GEN_RCV_OK,
    OID_GEN_XMIT_ERROR, OID_GEN_RCV_ERROR, OID_GEN_RCV_NO_BUFFER, OID_GEN_STATISTICS, OID_802_3_PERMANENT_ADDRESS,
    OID_802_3_CURRENT_ADDRESS, OID_802_3_MULTICAST_LIST, OID_802_3_MAXIMUM_LIST_SIZE,
    OID_GEN_VLAN_ID, OID_OFFLOAD_ENCAPSULATION, OID_TCP_OFFLOAD_PARAMETERS, OID_GEN_RECEIVE_SCALE_PARAMETERS,
    OID_MINIPORT_RESET_QUEUE, OID_MINIPORT_RESET_DEVICE,
};
const ULONG netcx_supported_oids_bytes = sizeof(netcx_supported_oids);

/* A frame for each packet of a ring. Protocols bound the pieces of a frame by it; what are too many for the driver is bounced. */
static ULONG transmit_blocks(const struct netcx_adapter *adapter) {
    return adapter->tx_count ? netcx_packets(adapter->tx[0])->NumberOfElements : 0;
}

static NDIS_STATUS query(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request) {
    const ULONG frame = adapter->mtu + ETHERNET_BYTES, receive_blocks = adapter->rx_count ? netcx_fragments(adapter->rx[0])->NumberOfElements : 0;
    switch (request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_SUPPORTED_LIST: return miniport_answer(request, netcx_supported_oids, netcx_supported_oids_bytes);
    case OID_GEN_HARDWARE_STATUS: return miniport_answer_ulong(request, HARDWARE_READY);
    case OID_GEN_TRANSMIT_BUFFER_SPACE: return miniport_answer_ulong(request, transmit_blocks(adapter) * frame);
    case OID_GEN_RECEIVE_BUFFER_SPACE: return miniport_answer_ulong(request, receive_blocks * frame);
    case OID_GEN_TRANSMIT_BLOCK_SIZE: return miniport_answer_ulong(request, frame);
    case OID_GEN_RECEIVE_BLOCK_SIZE: return miniport_answer_ulong(request, frame);
    case OID_GEN_VENDOR_ID: return miniport_answer_ulong(request, VENDOR_ID);
    case OID_GEN_VENDOR_DESCRIPTION: return miniport_answer(request, vendor_description, sizeof(vendor_description));
    case OID_GEN_VENDOR_DRIVER_VERSION: return miniport_answer_ulong(request, DRIVER_VERSION);
    case OID_GEN_CURRENT_PACKET_FILTER: return miniport_answer_ulong(request, adapter->packet_filter);
    case OID_GEN_MAXIMUM_TOTAL_SIZE: return miniport_answer_ulong(request, frame);
    case OID_802_3_PERMANENT_ADDRESS: return miniport_answer(request, adapter->permanent.Address, adapter->permanent.Length);
    case OID_802_3_CURRENT_ADDRESS: return miniport_answer(request, adapter->current.Address, adapter->current.Length);
    case OID_802_3_MAXIMUM_LIST_SIZE: return miniport_answer_ulong(request, netcx_filter_multicasts(adapter));
    case OID_GEN_RECEIVE_SCALE_PARAMETERS: return netcx_scaling_get(adapter, request);
    case OID_GEN_VLAN_ID: return adapter->tagging ? miniport_answer_ulong(request, adapter->vlan_id) : NDIS_STATUS_NOT_SUPPORTED;
    default: return miniport_answer_totals(request, &adapter->counters);
    }
}

/* A VLAN for all that is sent with no other tag. */
static NDIS_STATUS set_vlan(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request) {
    enum { VLAN_MOST = 4094 };
    ULONG id;
    if (!(adapter->tagging & NetAdapterOffloadIeee8021VlanTaggingFlag)) return NDIS_STATUS_NOT_SUPPORTED;
    if (!miniport_read_ulong(&request->DATA.SET_INFORMATION, &id)) return NDIS_STATUS_INVALID_LENGTH;
    if (id > VLAN_MOST) return NDIS_STATUS_INVALID_DATA;
    adapter->vlan_id = id;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS set(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request) {
    switch (request->DATA.SET_INFORMATION.Oid) {
    case OID_MINIPORT_RESET_QUEUE: return netcx_reset_queue(adapter->device, request);
    case OID_MINIPORT_RESET_DEVICE: return netcx_reset_device(adapter->device);
    case OID_GEN_CURRENT_PACKET_FILTER: return netcx_filter_set(adapter, request);
    case OID_802_3_MULTICAST_LIST: return netcx_filter_set_multicast(adapter, request);
    case OID_OFFLOAD_ENCAPSULATION: return netcx_offload_encapsulation(adapter, request);
    case OID_TCP_OFFLOAD_PARAMETERS: return netcx_offload_parameters(adapter, request);
    case OID_GEN_RECEIVE_SCALE_PARAMETERS: return netcx_scaling_set(adapter, request);
    case OID_GEN_VLAN_ID: return set_vlan(adapter, request);
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
    miniport_indicate(adapter->device->ndis, NDIS_STATUS_LINK_STATE, &link, sizeof(link));
}
