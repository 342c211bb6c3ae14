/* SPDX-License-Identifier: Apache-2.0 */
/* netvio_flow.c: the flow hash of netvio_flow.h. Spec: IEEE 802.3, 802.1Q; RFC 791, 8200, 9293, 768. */
#include "netvio_flow.h"

#include "regmap.h"

enum {
    TYPE_VLAN = 0x8100, TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD, VLAN_TAG = 4, MAC_ADDRESSES_BYTES = 12, TYPE_BYTES = 2,
    PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PORTS_BYTES = 4,
    IPV4_FRAGMENT = 6, IPV4_FRAGMENT_MASK = 0x3FFF, IPV4_PROTOCOL = 9, IPV4_ADDRESSES = 12, IPV4_ADDRESSES_BYTES = 8,
    IPV6_BYTES = 40, IPV6_NEXT = 6, IPV6_ADDRESSES = 8, IPV6_ADDRESSES_BYTES = 32
};

/* What counts of a frame. Behind its end all bytes are 0, which changes no exclusive or. */
struct head {
    const uint8_t *bytes;
    size_t length;
};

static uint8_t byte_at(struct head head, size_t at) { return at < head.length ? head.bytes[at] : 0; }
static unsigned be16_at(struct head head, size_t at) { return (unsigned)byte_at(head, at) << 8 | byte_at(head, at + 1); }

static uint8_t fold(struct head head, size_t at, size_t count) {
    uint8_t hash = 0;
    for (size_t i = at; i < at + count; i++) hash ^= byte_at(head, i);
    return hash;
}

static uint8_t fold_ports(struct head head, size_t at, uint8_t protocol) {
    return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP ? fold(head, at, PORTS_BYTES) : 0;
}

uint8_t netvio_flow_hash(const uint8_t *frame, size_t length) {
    if (length < ETH_HEADER) return 0;
    const struct head head = {frame, length < NETVIO_FLOW_BYTES ? length : NETVIO_FLOW_BYTES};
    size_t at = MAC_ADDRESSES_BYTES;
    if (be16_at(head, at) == TYPE_VLAN) at += VLAN_TAG;
    const unsigned type = be16_at(head, at);
    const size_t ip = at + TYPE_BYTES;
    const unsigned version = byte_at(head, ip) >> 4;
    if (type == TYPE_IPV4 && version == 4) {
        const uint8_t hash = fold(head, ip + IPV4_ADDRESSES, IPV4_ADDRESSES_BYTES);
        /* Only the first fragment has ports: with them it would leave the others' queue. */
        if (be16_at(head, ip + IPV4_FRAGMENT) & IPV4_FRAGMENT_MASK) return hash;
        return hash ^ fold_ports(head, ip + (byte_at(head, ip) & 0xFu) * 4, byte_at(head, ip + IPV4_PROTOCOL));
    }
    if (type == TYPE_IPV6 && version == 6)
        return fold(head, ip + IPV6_ADDRESSES, IPV6_ADDRESSES_BYTES) ^ fold_ports(head, ip + IPV6_BYTES, byte_at(head, ip + IPV6_NEXT));
    return fold(head, 0, MAC_ADDRESSES_BYTES);
}
