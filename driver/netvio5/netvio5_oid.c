/* SPDX-License-Identifier: Apache-2.0 */
/* netvio5_oid.c: what NDIS asks a miniport of NDIS 5, which is also what its attributes are made of. [D] 3.7, 5 */
#include "netvio5_adapter.h"

enum { ADDRESS = 6, MULTICAST_MOST = 32, CONNECTED = 0, DISCONNECTED = 1,
       FILTERS = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_BROADCAST |
                 NDIS_PACKET_TYPE_PROMISCUOUS };

static const NDIS_OID supported[] = {
    OID_GEN_SUPPORTED_LIST, OID_GEN_MAXIMUM_LOOKAHEAD, OID_GEN_MAXIMUM_FRAME_SIZE, OID_GEN_TRANSMIT_BUFFER_SPACE,
    OID_GEN_RECEIVE_BUFFER_SPACE, OID_GEN_TRANSMIT_BLOCK_SIZE, OID_GEN_RECEIVE_BLOCK_SIZE, OID_GEN_CURRENT_PACKET_FILTER,
    OID_GEN_MAXIMUM_TOTAL_SIZE, OID_GEN_MAC_OPTIONS, OID_GEN_MEDIA_CONNECT_STATUS, OID_GEN_XMIT_OK, OID_GEN_RCV_OK, OID_GEN_XMIT_ERROR,
    OID_GEN_RCV_ERROR, OID_GEN_RCV_NO_BUFFER, OID_802_3_PERMANENT_ADDRESS, OID_802_3_CURRENT_ADDRESS, OID_802_3_MULTICAST_LIST,
    OID_802_3_MAXIMUM_LIST_SIZE};

struct question {
    PVOID buffer;
    ULONG length;
    PULONG written, needed;
};

static NDIS_STATUS answer(const struct question *question, const void *data, ULONG bytes) {
    *question->needed = bytes;
    if (question->length < bytes) return NDIS_STATUS_INVALID_LENGTH;
    RtlCopyMemory(question->buffer, data, bytes);
    *question->written = bytes;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS number(const struct question *question, ULONG64 value) {
    const ULONG small = (ULONG)value;
    return answer(question, &small, sizeof(small));
}

NDIS_STATUS netvio5_query(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written, PULONG needed) {
    const struct netvio5_adapter *adapter = context;
    const struct question question = {buffer, length, written, needed};
    switch (oid) {
    case OID_GEN_SUPPORTED_LIST: return answer(&question, supported, sizeof(supported));
    case OID_GEN_MAXIMUM_LOOKAHEAD:
    case OID_GEN_MAXIMUM_FRAME_SIZE: return number(&question, NETVIO5_MTU);
    case OID_GEN_MAXIMUM_TOTAL_SIZE:
    case OID_GEN_TRANSMIT_BLOCK_SIZE: return number(&question, NETVIO5_FRAME_MAX);
    /* The number of blocks is that of the slots that a frame may take; one of them is the header's. */
    case OID_GEN_TRANSMIT_BUFFER_SPACE: return number(&question, (ULONG64)(vq_size(adapter->tx) - 1) * NETVIO5_FRAME_MAX);
    case OID_GEN_RECEIVE_BLOCK_SIZE: return number(&question, adapter->config.rx_buffer_bytes);
    case OID_GEN_RECEIVE_BUFFER_SPACE: return number(&question, (ULONG64)adapter->buffer_count * adapter->config.rx_buffer_bytes);
    case OID_GEN_CURRENT_PACKET_FILTER: return number(&question, adapter->packet_filter);
    case OID_GEN_MAC_OPTIONS:
        return number(&question, NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA | NDIS_MAC_OPTION_TRANSFERS_NOT_PEND | NDIS_MAC_OPTION_NO_LOOPBACK |
                                     NDIS_MAC_OPTION_FULL_DUPLEX);
    case OID_GEN_MEDIA_CONNECT_STATUS: return number(&question, adapter->link_up ? CONNECTED : DISCONNECTED);
    case OID_GEN_XMIT_OK: return number(&question, adapter->tx_frames);
    case OID_GEN_RCV_OK: return number(&question, adapter->rx_frames);
    case OID_GEN_XMIT_ERROR: return number(&question, adapter->tx_errors);
    case OID_GEN_RCV_ERROR: return number(&question, adapter->rx_errors);
    case OID_GEN_RCV_NO_BUFFER: return number(&question, 0); /* the device drops those, and VIRTIO 1.2 has no counter for it */
    case OID_802_3_PERMANENT_ADDRESS:
    case OID_802_3_CURRENT_ADDRESS: return answer(&question, adapter->mac, sizeof(adapter->mac));
    case OID_802_3_MAXIMUM_LIST_SIZE: return number(&question, MULTICAST_MOST);
    default: return NDIS_STATUS_NOT_SUPPORTED; /* the link's speed too: VIRTIO tells it only with SPEED_DUPLEX */
    }
}

NDIS_STATUS netvio5_set(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG read, PULONG needed) {
    struct netvio5_adapter *adapter = context;
    ULONG filter;
    switch (oid) {
    case OID_GEN_CURRENT_PACKET_FILTER:
        *needed = sizeof(filter);
        if (length < sizeof(filter)) return NDIS_STATUS_INVALID_LENGTH;
        RtlCopyMemory(&filter, buffer, sizeof(filter));
        if (filter & ~(ULONG)FILTERS) return NDIS_STATUS_NOT_SUPPORTED;
        adapter->packet_filter = filter; /* the device delivers everything, and NDIS filters by binding */
        *read = sizeof(filter);
        return NDIS_STATUS_SUCCESS;
    case OID_802_3_MULTICAST_LIST:
        if (length % ADDRESS) return NDIS_STATUS_INVALID_LENGTH;
        if (length / ADDRESS > MULTICAST_MOST) return NDIS_STATUS_MULTICAST_FULL;
        *read = length;
        return NDIS_STATUS_SUCCESS;
    default: return NDIS_STATUS_NOT_SUPPORTED;
    }
}
