/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_tx_offload.c: out-of-band slots of a send become a request to the device (virtio_net_send.h).
 */
#include "netvio_tx_offload.h"

#include "netvio_parse.h"

enum { GSO_SIZE_MOST = 0xFFFF, IP_LENGTH_MOST = 0xFFFF, TAG_VID_MASK = 0xFFF };

/* What the device is asked for, before it is written down. */
struct request {
    struct netvio_headers at;
    struct virtio_net_send send;
};

static bool has(const struct netvio_adapter *adapter, unsigned feature) { return virtio_pci_has(&adapter->pci, feature); }

/* ---- What is asked */
static bool ask_checksum(const struct netvio_adapter *adapter, const NET_BUFFER_LIST *nbl, const uint8_t *frame, struct request *request) {
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info = {.Value = nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo]};
    if (!info.Transmit.IsIPv4 && !info.Transmit.IsIPv6) return true;
    const struct netvio_headers *at = &request->at;
    if (at->version != (info.Transmit.IsIPv4 ? 4u : 6u) || !has(adapter, VIRTIO_NET_F_CSUM_BIT)) return false;
    struct virtio_net_send *send = &request->send;
    send->ip_checksum = info.Transmit.IsIPv4 && info.Transmit.IpHeaderChecksum;
    send->ip_bytes = at->version == 4 ? (frame[at->l3] & 0xFu) * 4 : 0;
    if (!info.Transmit.TcpChecksum && !info.Transmit.UdpChecksum) return true;
    send->checksum = true;
    if (info.Transmit.UdpChecksum) return at->l4 && at->protocol == NETVIO_UDP && at->l4 + NETVIO_UDP_BYTES <= send->length;
    return at->l4 && at->protocol == NETVIO_TCP && at->l4 == info.Transmit.TcpHeaderOffset && at->l4 + NETVIO_TCP_BYTES <= send->length;
}

/* Of version, segment size and header offset, common to LSO and USO. */
static bool ask_segments(const struct netvio_adapter *adapter, const NET_BUFFER *nb, struct request *request, unsigned version, ULONG mss,
                         ULONG offset, unsigned feature) {
    const struct netvio_headers *at = &request->at;
    if (nb->Next || !has(adapter, feature) || at->version != version || !at->l4 || at->l4 != offset) return false;
    request->send.checksum = true;
    request->send.segment = mss;
    return mss <= GSO_SIZE_MOST && request->send.length - at->l3 <= IP_LENGTH_MOST;
}

static bool ask_lso(const struct netvio_adapter *adapter, const NET_BUFFER_LIST *nbl, const NET_BUFFER *nb, const uint8_t *frame,
                    size_t seen, struct request *request) {
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info = {.Value = nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo]};
    const struct netvio_headers *at = &request->at;
    if (info.Transmit.Type != NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE) return !info.Value;
    if (!info.LsoV2Transmit.MSS) return true;
    const bool ipv6 = info.LsoV2Transmit.IPVersion == NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6;
    if (!ask_segments(adapter, nb, request, ipv6 ? 6 : 4, info.LsoV2Transmit.MSS, info.LsoV2Transmit.TcpHeaderOffset,
                      ipv6 ? VIRTIO_NET_F_HOST_TSO6_BIT : VIRTIO_NET_F_HOST_TSO4_BIT))
        return false;
    if (at->protocol != NETVIO_TCP || at->l4 + NETVIO_TCP_BYTES > seen) return false;
    request->send.header_bytes = at->l4 + (unsigned)(frame[at->l4 + NETVIO_TCP_OFFSET] >> 4) * 4;
    return request->send.header_bytes >= at->l4 + NETVIO_TCP_BYTES && request->send.header_bytes <= seen;
}

static bool ask_uso(const struct netvio_adapter *adapter, const NET_BUFFER_LIST *nbl, const NET_BUFFER *nb, size_t seen,
                    struct request *request) {
    NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO info = {.Value = nbl->NetBufferListInfo[UdpSegmentationOffloadInfo]};
    if (!info.Transmit.MSS) return !info.Value;
    const bool ipv6 = info.Transmit.IPVersion == NDIS_UDP_SEGMENTATION_OFFLOAD_IPV6;
    if (request->send.segment || request->at.protocol != NETVIO_UDP) return false;
    if (!ask_segments(adapter, nb, request, ipv6 ? 6 : 4, info.Transmit.MSS, info.Transmit.UdpHeaderOffset, VIRTIO_NET_F_HOST_USO_BIT))
        return false;
    request->send.header_bytes = request->at.l4 + NETVIO_UDP_BYTES;
    return request->send.header_bytes <= seen;
}

/* The tag of the slot; without one, or with a priority alone, that of the VLAN that the adapter is in (OID_GEN_VLAN_ID). */
static bool ask_tag(const struct netvio_adapter *adapter, const NET_BUFFER_LIST *nbl, struct virtio_net_send *send) {
    NDIS_NET_BUFFER_LIST_8021Q_INFO info = {.Value = nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo]};
    if (!info.Value && !adapter->vlan_id) return true;
    if (!adapter->config.offloads.vlan) return false;
    const unsigned id = info.TagHeader.VlanId ? info.TagHeader.VlanId : adapter->vlan_id;
    send->tag = true;
    send->tci = (unsigned)info.TagHeader.UserPriority << 13 | (unsigned)info.TagHeader.CanonicalFormatId << 12 | (id & TAG_VID_MASK);
    return send->segment || send->length + VIRTIO_NET_TAG_BYTES <= NETVIO_FRAME_MAX;
}

NDIS_STATUS netvio_tx_plan(const struct netvio_adapter *adapter, const NET_BUFFER_LIST *nbl, PNET_BUFFER nb, struct virtio_net_front *plan) {
    UCHAR storage[VIRTIO_NET_FRONT_BYTES];
    const ULONG seen = nb->DataLength < sizeof(storage) ? nb->DataLength : (ULONG)sizeof(storage);
    const uint8_t *frame = NdisGetDataBuffer(nb, seen, storage, 1, 0);
    if (!frame) return NDIS_STATUS_RESOURCES;
    struct request request = {.at = netvio_parse(frame, seen)};
    struct virtio_net_send *send = &request.send;
    *send = (struct virtio_net_send){.version = request.at.version, .tcp = request.at.protocol == NETVIO_TCP, .l3 = request.at.l3,
                                     .l4 = request.at.l4, .length = nb->DataLength, .ecn = has(adapter, VIRTIO_NET_F_HOST_ECN_BIT)};
    if (!ask_checksum(adapter, nbl, frame, &request) || !ask_lso(adapter, nbl, nb, frame, seen, &request) ||
        !ask_uso(adapter, nbl, nb, seen, &request) || !ask_tag(adapter, nbl, send))
        return NDIS_STATUS_INVALID_PACKET;
    if (!send->segment && send->length > NETVIO_FRAME_MAX) return NDIS_STATUS_INVALID_LENGTH;
    return virtio_net_send_write(send, frame, seen, plan) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INVALID_PACKET;
}

void netvio_tx_finish_slots(PNET_BUFFER_LIST nbl) {
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info = {.Value = nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo]};
    if (!info.Value) return;
    info.Value = NULL;
    info.LsoV2TransmitComplete.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
    nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo] = info.Value;
}
