/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_net_send.c: the virtio header of a send, and the front of its frame. */
#include "virtio_net_send.h"

#include <string.h>

#include "virtio_bytes.h"

enum {
    MAC_BYTES = 12, TYPE_VLAN = 0x8100, UDP = 17, TCP_FIELD = 16, UDP_FIELD = 6, TCP_FLAGS = 13, TCP_CWR = 0x80,
    IPV4_LENGTH = 2, IPV4_CHECKSUM = 10, IPV4_ADDRESSES = 12, IPV4_ADDRESSES_BYTES = 8,
    IPV6_LENGTH = 4, IPV6_ADDRESSES = 8, IPV6_ADDRESSES_BYTES = 32, IPV6_BYTES = 40
};

static unsigned be16(const uint8_t *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }

static void put_be16(uint8_t *to, unsigned value) {
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static void put_le16(uint8_t *to, unsigned value) {
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

static uint32_t fold(uint32_t sum) {
    while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

static uint32_t add(uint32_t sum, const uint8_t *bytes, unsigned count) {
    for (unsigned i = 0; i < count; i += 2) sum += be16(bytes + i);
    return sum;
}

static unsigned field_of(const struct virtio_net_send *send) { return send->tcp ? TCP_FIELD : UDP_FIELD; }

static unsigned gso_type(const struct virtio_net_send *send, const uint8_t *frame) {
    if (!send->tcp) return VIRTIO_NET_HDR_GSO_UDP_L4;
    /* Without the feature the device clears CWR behind the first segment all the same, [V] 5.1.6.2; only the hint is missing. */
    const bool ecn = send->ecn && (frame[send->l4 + TCP_FLAGS] & TCP_CWR);
    return (send->version == 6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4) | (unsigned)ecn << VIRTIO_NET_HDR_GSO_ECN_BIT;
}

void virtio_net_send_header(const struct virtio_net_send *send, const uint8_t *frame, uint8_t *header) {
    if (!send->checksum && !send->segment) return;
    const unsigned moved = send->tag ? VIRTIO_NET_TAG_BYTES : 0;
    header[VIRTIO_NET_HDR_FLAGS] = 1u << VIRTIO_NET_HDR_F_NEEDS_CSUM_BIT;
    put_le16(&header[VIRTIO_NET_HDR_CSUM_START], send->l4 + moved);
    put_le16(&header[VIRTIO_NET_HDR_CSUM_OFFSET], field_of(send));
    if (!send->segment) return;
    header[VIRTIO_NET_HDR_GSO_TYPE] = (uint8_t)gso_type(send, frame);
    put_le16(&header[VIRTIO_NET_HDR_GSO_SIZE], send->segment);
    put_le16(&header[VIRTIO_NET_HDR_HDR_LEN], send->header_bytes + moved);
}

static void edit_ip_checksum(const struct virtio_net_send *send, uint8_t *front) {
    uint8_t *ip = front + send->l3;
    put_be16(ip + IPV4_CHECKSUM, 0);
    put_be16(ip + IPV4_CHECKSUM, ~fold(add(0, ip, send->ip_bytes)) & 0xFFFF);
}

/* Without the length. Windows leaves it in the frame, but for UDP without checksums: VIRTIO has none of those, and to make them is no harm. */
static uint32_t pseudo_sum(const struct virtio_net_send *send, const uint8_t *ip, const uint8_t *field) {
    if (send->tcp || be16(field)) return be16(field);
    const bool ipv4 = send->version == 4;
    return add(UDP, ip + (ipv4 ? IPV4_ADDRESSES : IPV6_ADDRESSES), ipv4 ? IPV4_ADDRESSES_BYTES : IPV6_ADDRESSES_BYTES);
}

static void edit_lengths(const struct virtio_net_send *send, uint8_t *front) {
    uint8_t *ip = front + send->l3, *sum = front + send->l4 + field_of(send);
    if (send->version == 4) put_be16(ip + IPV4_LENGTH, send->length - send->l3);
    else put_be16(ip + IPV6_LENGTH, send->length - send->l3 - IPV6_BYTES);
    put_be16(sum, fold(pseudo_sum(send, ip, sum) + (send->length - send->l4)));
}

static void insert_tag(const struct virtio_net_send *send, struct virtio_net_front *to) {
    uint8_t *tag = to->front + MAC_BYTES;
    memmove(tag + VIRTIO_NET_TAG_BYTES, tag, to->front_bytes - MAC_BYTES);
    put_be16(tag, TYPE_VLAN);
    put_be16(tag + 2, send->tci);
    to->front_bytes += VIRTIO_NET_TAG_BYTES;
}

unsigned virtio_net_send_taken(const struct virtio_net_send *send) {
    if (send->segment) return send->header_bytes;
    if (send->ip_checksum) return send->l3 + send->ip_bytes;
    return send->tag ? MAC_BYTES : 0;
}

bool virtio_net_send_write(const struct virtio_net_send *send, const uint8_t *frame, size_t seen, struct virtio_net_front *to) {
    memset(to->header, 0, sizeof(to->header));
    virtio_net_send_header(send, frame, to->header);
    to->taken = to->front_bytes = virtio_net_send_taken(send);
    if (to->taken + VIRTIO_NET_TAG_BYTES > VIRTIO_NET_FRONT_BYTES || to->taken > seen) return false;
    memcpy(to->front, frame, to->taken);
    if (send->segment) edit_lengths(send, to->front);
    if (send->ip_checksum) edit_ip_checksum(send, to->front);
    if (send->tag) insert_tag(send, to);
    return true;
}
