/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rx_parse: what a received frame is, from its first 128 bytes: tags, IP, and TCP or UDP behind it.
 *
 * A header counts only if all of it is among those bytes, of a transport header the first 8; what lies further back is taken for a packet
 * without one. Lengths are checked against each other; whether the packet ends in the frame, model_rx_offload.c looks at.
 *
 * Spec: RFC 791, RFC 8200, RFC 768, RFC 9293  IEEE 802.1Q
 */
#include "model_rx.h"

#include <string.h>

enum {
    TYPE_AT = 12, TAG = 4, MOST_TAGS = 2, CTAG = 0x8100, STAG = 0x88A8, IPV4 = 0x0800, IPV6 = 0x86DD, VID_MASK = 0xFFF,
    HOP_BY_HOP = 0, TCP = 6, UDP = 17, ROUTING = 43, FRAGMENT = 44, OPTIONS = 60, MOST_EXTENSIONS = 4,
    V4_LEAST = 20, V4_TOTAL = 2, V4_FRAGMENT = 6, V4_FRAGMENT_MASK = 0x3FFF, V4_PROTOCOL = 9, V4_ADDRESSES = 12, V4_ADDRESS_BYTES = 8,
    V6_HEADER = 40, V6_LENGTH = 4, V6_NEXT = 6, V6_ADDRESSES = 8, V6_ADDRESS_BYTES = 32, EXTENSION_UNIT = 8,
    PORTS = 4, L4_SEEN = 8, TCP_LEAST = 20, UDP_LENGTH = 4, UDP_CHECKSUM = 6
};

static unsigned be16(const uint8_t *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }

uint16_t model_ones_sum(uint16_t sum, const uint8_t *bytes, size_t count) {
    uint64_t total = sum;
    for (size_t i = 0; i + 1 < count; i += 2) total += be16(bytes + i);
    if (count % 2) total += (unsigned)bytes[count - 1] << 8;
    while (total >> 16) total = (total & 0xFFFF) + (total >> 16);
    return (uint16_t)total;
}

/* What is behind the network header: `payload` bytes of protocol, at l3 + header. */
static void transport(struct model_parsed *parsed, const uint8_t *l3, uint32_t here, uint32_t header, uint32_t payload, unsigned protocol) {
    const uint8_t *l4 = l3 + header;
    if ((protocol != TCP && protocol != UDP) || here < header + L4_SEEN || payload < L4_SEEN) return;
    parsed->tcp = protocol == TCP;
    parsed->udp = protocol == UDP;
    memcpy(parsed->tuple + parsed->address_bytes, l4, PORTS);
    /* [V] 5.1.6.4: a UDP packet without a checksum has none to verify. */
    const bool whole = parsed->tcp ? payload >= TCP_LEAST : be16(l4 + UDP_LENGTH) == payload && be16(l4 + UDP_CHECKSUM) != 0;
    parsed->checkable = whole && (parsed->v6 || model_ones_sum(0, l3, header) == 0xFFFF);
}

static void ipv4(struct model_parsed *parsed, const uint8_t *l3, uint32_t at, uint32_t here) {
    if (here < V4_LEAST || l3[0] >> 4 != 4) return;
    const uint32_t header = 4 * (l3[0] & 15u), total = be16(l3 + V4_TOTAL);
    if (header < V4_LEAST || total < header || here < header) return;
    parsed->v4 = true;
    parsed->address_bytes = V4_ADDRESS_BYTES;
    memcpy(parsed->tuple, l3 + V4_ADDRESSES, V4_ADDRESS_BYTES);
    parsed->l4 = at + header;
    parsed->end = at + total;
    if (be16(l3 + V4_FRAGMENT) & V4_FRAGMENT_MASK) return;
    transport(parsed, l3, here, header, total - header, l3[V4_PROTOCOL]);
}

static void ipv6(struct model_parsed *parsed, const uint8_t *l3, uint32_t at, uint32_t here) {
    if (here < V6_HEADER || l3[0] >> 4 != 6) return;
    const uint32_t total = be16(l3 + V6_LENGTH) + V6_HEADER;
    uint32_t header = V6_HEADER;
    unsigned protocol = l3[V6_NEXT];
    parsed->v6 = true;
    parsed->address_bytes = V6_ADDRESS_BYTES;
    memcpy(parsed->tuple, l3 + V6_ADDRESSES, V6_ADDRESS_BYTES);
    if (total == V6_HEADER || total > UINT16_MAX) return; /* a jumbogram, nothing behind the header, or more than a packet holds */
    for (unsigned i = 0; i < MOST_EXTENSIONS && (protocol == HOP_BY_HOP || protocol == ROUTING || protocol == OPTIONS); i++) {
        if (here < header + EXTENSION_UNIT) return;
        protocol = l3[header];
        header += EXTENSION_UNIT * (l3[header + 1] + 1u);
        if (header > here) return;
    }
    if (protocol == FRAGMENT || total < header) return;
    parsed->l4 = at + header;
    parsed->end = at + total;
    transport(parsed, l3, here, header, total - header, protocol);
}

void model_rx_parse(struct model_parsed *parsed, const uint8_t *frame, uint32_t length) {
    const uint32_t have = length < MODEL_RX_HEAD ? length : MODEL_RX_HEAD;
    uint32_t at = TYPE_AT;
    *parsed = (struct model_parsed){.ctag = be16(frame + at) == CTAG, .vid = (uint16_t)(be16(frame + at + 2) & VID_MASK)};
    for (; parsed->tags < MOST_TAGS && (be16(frame + at) == CTAG || be16(frame + at) == STAG); at += TAG) parsed->tags++;
    const unsigned type = be16(frame + at);
    at += 2;
    if (type == IPV4) ipv4(parsed, frame + at, at, have - at);
    if (type == IPV6) ipv6(parsed, frame + at, at, have - at);
}
