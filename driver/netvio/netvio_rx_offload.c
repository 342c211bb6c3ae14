/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_rx_offload.c: what the virtio header says of a received frame goes into the slots of its NBL.
 *
 * DATA_VALID says that the sum of TCP or UDP is good, [V] 5.1.6.4, and nothing of the IPv4 header: nor do we. Without it nobody looked.
 */
#include "netvio_adapter.h"
#include "netvio_parse.h"
#include "virtio_net_receive.h"

static PVOID checksum_info(const struct netvio_adapter *adapter, const uint8_t *header, const uint8_t *frame, ULONG seen) {
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info = {.Value = NULL};
    if (!virtio_net_is_valid(header)) return NULL;
    const struct netvio_headers at = netvio_parse(frame, seen);
    const struct miniport_tasks *tasks = &adapter->tasks;
    if (!at.l4) return NULL;
    if (at.protocol == NETVIO_TCP)
        info.Receive.TcpChecksumSucceeded = ((at.version == 4 ? tasks->tcp4 : tasks->tcp6) & MINIPORT_TASK_RX) != 0;
    else
        info.Receive.UdpChecksumSucceeded = ((at.version == 4 ? tasks->udp4 : tasks->udp6) & MINIPORT_TASK_RX) != 0;
    return info.Value;
}

static void set_hash(PNET_BUFFER_LIST nbl, const uint8_t *header) {
    static const ULONG types[] = {NDIS_HASH_IPV4, NDIS_HASH_TCP_IPV4, NDIS_HASH_UDP_IPV4, NDIS_HASH_IPV6, NDIS_HASH_TCP_IPV6, NDIS_HASH_UDP_IPV6};
    const struct virtio_net_hash hash = virtio_net_hash_of(header);
    nbl->NetBufferListInfo[NetBufferListHashInfo] = NULL;
    NET_BUFFER_LIST_SET_HASH_VALUE(nbl, hash.value);
    if (hash.type == VIRTIO_NET_NOT_HASHED) return;
    NET_BUFFER_LIST_SET_HASH_TYPE(nbl, types[hash.type]);
    NET_BUFFER_LIST_SET_HASH_FUNCTION(nbl, NdisHashFunctionToeplitz);
}

/* The tag goes from the frame into the slot. The buffer is ours, and the header in front was read. */
static void strip_tag(PNET_BUFFER_LIST nbl, uint8_t *frame) {
    NDIS_NET_BUFFER_LIST_8021Q_INFO info = {.Value = NULL};
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    unsigned tci;
    if (virtio_net_strip_tag(frame, nb->DataLength, &tci)) {
        info.TagHeader.UserPriority = tci >> 13 & 7;
        info.TagHeader.CanonicalFormatId = tci >> 12 & 1;
        info.TagHeader.VlanId = tci & 0xFFF;
        nb->CurrentMdlOffset += NETVIO_VLAN_BYTES;
        nb->DataOffset += NETVIO_VLAN_BYTES;
        nb->stDataLength -= NETVIO_VLAN_BYTES;
    }
    nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo] = info.Value;
}

void netvio_rx_describe(struct netvio_adapter *adapter, struct netvio_rx_buffer *buffer) {
    PNET_BUFFER_LIST nbl = buffer->nbl;
    uint8_t *header = (PUCHAR)buffer->va[0] + adapter->config.rx_buffer_offset, *frame = header + adapter->header_bytes;
    const ULONG length = nbl->FirstNetBuffer->DataLength, first = buffer->elements[0].length - adapter->header_bytes;
    /* As it was negotiated when the frame came: a reset that brings it here has cleared the features. */
    if (adapter->capabilities.tcp4 & MINIPORT_TASK_RX)
        nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo] = checksum_info(adapter, header, frame, length < first ? length : first);
    if (adapter->header_bytes == VIRTIO_NET_HDR_HASH_SIZE) set_hash(nbl, header);
    if (adapter->config.offloads.vlan) strip_tag(nbl, frame);
}
