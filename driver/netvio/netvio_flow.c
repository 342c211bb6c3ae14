/* SPDX-License-Identifier: Apache-2.0 */
/* netvio_flow.c: the flow hash of netvio_flow.h. Spec: IEEE 802.3, 802.1Q; RFC 791, 8200, 9293, 768. */
#include "netvio_flow.h"

#include "regmap.h"

enum {
    TYPE_VLAN = 0x8100, TYPE_SERVICE_VLAN = 0x88A8, TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD, VLAN_TAG = 4, MOST_TAGS = 2,
    MAC_ADDRESSES_BYTES = 12, TYPE_BYTES = 2, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PORTS_BYTES = 4,
    IPV4_MIN = 20, IPV4_FRAGMENT = 6, IPV4_FRAGMENT_MASK = 0x3FFF, IPV4_PROTOCOL = 9, IPV4_ADDRESSES = 12, IPV4_ADDRESSES_BYTES = 8,
    IPV6_BYTES = 40, IPV6_NEXT = 6, IPV6_ADDRESSES = 8, IPV6_ADDRESSES_BYTES = 32
};

static unsigned be16(const uint8_t *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }

static uint8_t fold(uint8_t hash, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) hash ^= bytes[i];
    return hash;
}

static uint8_t fold_ports(uint8_t hash, const uint8_t *ip, size_t length, size_t at, uint8_t protocol) {
    if ((protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP) || at + PORTS_BYTES > length) return hash;
    return fold(hash, ip + at, PORTS_BYTES);
}

uint8_t netvio_flow_hash(const uint8_t *frame, size_t length) {
    if (length < ETH_HEADER) return 0;
    size_t at = MAC_ADDRESSES_BYTES;
    unsigned type = be16(frame + at);
    for (unsigned tag = 0; tag < MOST_TAGS && (type == TYPE_VLAN || type == TYPE_SERVICE_VLAN); tag++) {
        if (at + VLAN_TAG + TYPE_BYTES > length) break;
        at += VLAN_TAG;
        type = be16(frame + at);
    }
    const uint8_t *ip = frame + at + TYPE_BYTES;
    const size_t left = length - at - TYPE_BYTES;
    if (type == TYPE_IPV4 && left >= IPV4_MIN && ip[0] >> 4 == 4 && (ip[0] & 0xFu) * 4 >= IPV4_MIN) {
        const uint8_t hash = fold(0, ip + IPV4_ADDRESSES, IPV4_ADDRESSES_BYTES);
        /* Only the first fragment has ports: with them it would leave the others' queue. */
        if (be16(ip + IPV4_FRAGMENT) & IPV4_FRAGMENT_MASK) return hash;
        return fold_ports(hash, ip, left, (ip[0] & 0xFu) * 4, ip[IPV4_PROTOCOL]);
    }
    if (type == TYPE_IPV6 && left >= IPV6_BYTES && ip[0] >> 4 == 6)
        return fold_ports(fold(0, ip + IPV6_ADDRESSES, IPV6_ADDRESSES_BYTES), ip, left, IPV6_BYTES, ip[IPV6_NEXT]);
    return fold(0, frame, MAC_ADDRESSES_BYTES);
}
