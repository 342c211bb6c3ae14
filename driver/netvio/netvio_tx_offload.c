/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_tx_offload.c: out-of-band slots of a send become a virtio header, and edits of the frame's front.
 *
 *   slot                        what NDIS leaves in the frame            what VIRTIO wants
 *   checksum, TCP or UDP        pseudo-header sum with the length        the same: NEEDS_CSUM
 *   checksum, IPv4 header       0                                        the right one: the device makes none
 *   large send (LSO 2, USO)     IP length 0, pseudo sum without length   both with the length of the whole packet
 *   802.1Q                      nothing                                  the tag
 *
 * A large send's segments get their lengths, IPv4 identifications and checksums from the device, [V] 5.1.6.2.
 */
#include "netvio_tx_offload.h"

#include "netvio_parse.h"

enum { GSO_SIZE_MOST = 0xFFFF, IP_LENGTH_MOST = 0xFFFF, TCP_CWR = 0x80, TAG_VID_MASK = 0xFFF };

/* What the device is asked for, before it is written down. */
struct request {
    struct netvio_headers at;
    ULONG length;            /* of the frame */
    bool checksum;           /* of TCP or UDP */
    bool ip_checksum, tag;
    unsigned gso_type, gso_size, header_bytes;
    unsigned ip_bytes;       /* IPv4 header, with its options */
    unsigned tci;
};

static bool has(const struct netvio_adapter *adapter, unsigned feature) { return virtio_pci_has(&adapter->pci, feature); }

static void put_le16(uint8_t *to, unsigned value) {
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

static uint32_t fold(uint32_t sum) {
    while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

static uint32_t add(uint32_t sum, const uint8_t *bytes, unsigned count) {
    for (unsigned i = 0; i < count; i += 2) sum += netvio_be16(bytes + i);
    return sum;
}

/* ---- What is asked */
static bool ask_checksum(const struct netvio_adapter *adapter, const NET_BUFFER_LIST *nbl, const uint8_t *frame, struct request *request) {
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info = {.Value = nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo]};
    if (!info.Transmit.IsIPv4 && !info.Transmit.IsIPv6) return true;
    const struct netvio_headers *at = &request->at;
    if (at->version != (info.Transmit.IsIPv4 ? 4u : 6u) || !has(adapter, VIRTIO_NET_F_CSUM_BIT)) return false;
    request->ip_checksum = info.Transmit.IsIPv4 && info.Transmit.IpHeaderChecksum;
    request->ip_bytes = at->version == 4 ? (frame[at->l3] & 0xFu) * 4 : 0;
    if (!info.Transmit.TcpChecksum && !info.Transmit.UdpChecksum) return true;
    request->checksum = true;
    if (info.Transmit.UdpChecksum) return at->l4 && at->protocol == NETVIO_UDP && at->l4 + NETVIO_UDP_BYTES <= request->length;
    return at->l4 && at->protocol == NETVIO_TCP && at->l4 == info.Transmit.TcpHeaderOffset && at->l4 + NETVIO_TCP_BYTES <= request->length;
}

/* Of version, segment size and header offset, common to LSO and USO. */
static bool ask_segments(const struct netvio_adapter *adapter, const NET_BUFFER *nb, struct request *request, unsigned version, ULONG mss,
                         ULONG offset, unsigned feature) {
    const struct netvio_headers *at = &request->at;
    if (nb->Next || !has(adapter, feature) || at->version != version || !at->l4 || at->l4 != offset) return false;
    request->checksum = true;
    request->gso_size = mss;
    return mss <= GSO_SIZE_MOST && request->length - at->l3 <= IP_LENGTH_MOST;
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
    request->header_bytes = at->l4 + (unsigned)(frame[at->l4 + NETVIO_TCP_OFFSET] >> 4) * 4;
    request->gso_type = ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
    /* Without the feature the device clears CWR behind the first segment all the same, [V] 5.1.6.2; only the hint is missing. */
    if ((frame[at->l4 + NETVIO_TCP_FLAGS] & TCP_CWR) && has(adapter, VIRTIO_NET_F_HOST_ECN_BIT))
        request->gso_type |= 1u << VIRTIO_NET_HDR_GSO_ECN_BIT;
    return request->header_bytes >= at->l4 + NETVIO_TCP_BYTES && request->header_bytes <= seen;
}

static bool ask_uso(const struct netvio_adapter *adapter, const NET_BUFFER_LIST *nbl, const NET_BUFFER *nb, size_t seen,
                    struct request *request) {
    NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO info = {.Value = nbl->NetBufferListInfo[UdpSegmentationOffloadInfo]};
    if (!info.Transmit.MSS) return !info.Value;
    const bool ipv6 = info.Transmit.IPVersion == NDIS_UDP_SEGMENTATION_OFFLOAD_IPV6;
    if (request->gso_type || request->at.protocol != NETVIO_UDP) return false;
    if (!ask_segments(adapter, nb, request, ipv6 ? 6 : 4, info.Transmit.MSS, info.Transmit.UdpHeaderOffset, VIRTIO_NET_F_HOST_USO_BIT))
        return false;
    request->header_bytes = request->at.l4 + NETVIO_UDP_BYTES;
    request->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
    return request->header_bytes <= seen;
}

/* The tag of the slot; without one, or with a priority alone, that of the VLAN that the adapter is in (OID_GEN_VLAN_ID). */
static bool ask_tag(const struct netvio_adapter *adapter, const NET_BUFFER_LIST *nbl, struct request *request) {
    NDIS_NET_BUFFER_LIST_8021Q_INFO info = {.Value = nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo]};
    if (!info.Value && !adapter->vlan_id) return true;
    if (!adapter->config.offloads.vlan) return false;
    const unsigned id = info.TagHeader.VlanId ? info.TagHeader.VlanId : adapter->vlan_id;
    request->tag = true;
    request->tci = (unsigned)info.TagHeader.UserPriority << 13 | (unsigned)info.TagHeader.CanonicalFormatId << 12 | (id & TAG_VID_MASK);
    return request->gso_type || request->length + NETVIO_VLAN_BYTES <= NETVIO_FRAME_MAX;
}

/* ---- What is written */
static void write_header(const struct request *request, uint8_t *header) {
    if (!request->checksum) return;
    const unsigned moved = request->tag ? NETVIO_VLAN_BYTES : 0;
    header[VIRTIO_NET_HDR_FLAGS] = 1u << VIRTIO_NET_HDR_F_NEEDS_CSUM_BIT;
    put_le16(&header[VIRTIO_NET_HDR_CSUM_START], request->at.l4 + moved);
    put_le16(&header[VIRTIO_NET_HDR_CSUM_OFFSET], request->at.protocol == NETVIO_TCP ? NETVIO_TCP_CHECKSUM : NETVIO_UDP_CHECKSUM);
    if (!request->gso_type) return;
    header[VIRTIO_NET_HDR_GSO_TYPE] = (uint8_t)request->gso_type;
    put_le16(&header[VIRTIO_NET_HDR_GSO_SIZE], request->gso_size);
    put_le16(&header[VIRTIO_NET_HDR_HDR_LEN], request->header_bytes + moved);
}

static void edit_ip_checksum(const struct request *request, uint8_t *front) {
    uint8_t *ip = front + request->at.l3;
    netvio_put_be16(ip + NETVIO_IPV4_CHECKSUM, 0);
    netvio_put_be16(ip + NETVIO_IPV4_CHECKSUM, ~fold(add(0, ip, request->ip_bytes)) & 0xFFFF);
}

/* Without the length. NDIS leaves it in the frame, but for UDP without checksums: VIRTIO has none of those, and to make them is no harm. */
static uint32_t pseudo_sum(const struct request *request, const uint8_t *ip, const uint8_t *field) {
    if (request->at.protocol == NETVIO_TCP || netvio_be16(field)) return netvio_be16(field);
    const bool ipv4 = request->at.version == 4;
    return add(NETVIO_UDP, ip + (ipv4 ? NETVIO_IPV4_ADDRESSES : NETVIO_IPV6_ADDRESSES),
               ipv4 ? NETVIO_IPV4_ADDRESSES_BYTES : NETVIO_IPV6_ADDRESSES_BYTES);
}

static void edit_lengths(const struct request *request, uint8_t *front) {
    const struct netvio_headers *at = &request->at;
    const unsigned l4_bytes = request->length - at->l4;
    uint8_t *ip = front + at->l3, *sum = front + at->l4 + (at->protocol == NETVIO_TCP ? NETVIO_TCP_CHECKSUM : NETVIO_UDP_CHECKSUM);
    if (at->version == 4)
        netvio_put_be16(ip + NETVIO_IPV4_LENGTH, request->length - at->l3);
    else
        netvio_put_be16(ip + NETVIO_IPV6_LENGTH, request->length - at->l3 - NETVIO_IPV6_BYTES);
    netvio_put_be16(sum, fold(pseudo_sum(request, ip, sum) + l4_bytes));
}

static void insert_tag(const struct request *request, struct netvio_tx_plan *plan) {
    uint8_t *tag = plan->front + NETVIO_MAC_BYTES;
    memmove(tag + NETVIO_VLAN_BYTES, tag, plan->front_bytes - NETVIO_MAC_BYTES);
    netvio_put_be16(tag, NETVIO_TYPE_VLAN);
    netvio_put_be16(tag + 2, request->tci);
    plan->front_bytes += NETVIO_VLAN_BYTES;
}

/* How much of the frame has to be edited: nothing where the device does all. */
static unsigned front_of(const struct request *request) {
    if (request->gso_type) return request->header_bytes;
    if (request->ip_checksum) return request->at.l3 + request->ip_bytes;
    return request->tag ? NETVIO_MAC_BYTES : 0;
}

NDIS_STATUS netvio_tx_plan(const struct netvio_adapter *adapter, const NET_BUFFER_LIST *nbl, PNET_BUFFER nb, struct netvio_tx_plan *plan) {
    UCHAR storage[NETVIO_FRONT_BYTES];
    const ULONG seen = nb->DataLength < sizeof(storage) ? nb->DataLength : (ULONG)sizeof(storage);
    const uint8_t *frame = NdisGetDataBuffer(nb, seen, storage, 1, 0);
    if (!frame) return NDIS_STATUS_RESOURCES;
    struct request request = {.at = netvio_parse(frame, seen), .length = nb->DataLength};
    if (!ask_checksum(adapter, nbl, frame, &request) || !ask_lso(adapter, nbl, nb, frame, seen, &request) ||
        !ask_uso(adapter, nbl, nb, seen, &request) || !ask_tag(adapter, nbl, &request))
        return NDIS_STATUS_INVALID_PACKET;
    if (!request.gso_type && request.length > NETVIO_FRAME_MAX) return NDIS_STATUS_INVALID_LENGTH;
    NdisZeroMemory(plan->header, sizeof(plan->header));
    write_header(&request, plan->header);
    plan->taken = plan->front_bytes = front_of(&request);
    if (plan->taken + NETVIO_VLAN_BYTES > NETVIO_FRONT_BYTES || plan->taken > seen) return NDIS_STATUS_INVALID_PACKET;
    NdisMoveMemory(plan->front, frame, plan->taken);
    if (request.gso_type) edit_lengths(&request, plan->front);
    if (request.ip_checksum) edit_ip_checksum(&request, plan->front);
    if (request.tag) insert_tag(&request, plan);
    return NDIS_STATUS_SUCCESS;
}

void netvio_tx_finish_slots(PNET_BUFFER_LIST nbl) {
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info = {.Value = nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo]};
    if (!info.Value) return;
    info.Value = NULL;
    info.LsoV2TransmitComplete.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
    nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo] = info.Value;
}
