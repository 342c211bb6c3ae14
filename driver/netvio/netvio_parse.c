/* SPDX-License-Identifier: Apache-2.0 */
/* netvio_parse.c: where the headers of a frame are. Spec: IEEE 802.3, 802.1Q; RFC 791, 8200. */
#include "netvio_parse.h"

#include "regmap.h"

enum {
    TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD, TYPE_BYTES = 2, IPV4_BYTES = 20, IPV4_FRAGMENT = 6, IPV4_FRAGMENT_MASK = 0x3FFF,
    IPV4_PROTOCOL = 9, IPV6_NEXT = 6, HOP_BY_HOP = 0, ROUTING = 43, DESTINATION = 60, EXTENSION_UNIT = 8, EXTENSIONS_MOST = 8
};

static bool is_l4(unsigned protocol) { return protocol == NETVIO_TCP || protocol == NETVIO_UDP; }

static void parse_ipv4(const uint8_t *frame, size_t length, struct netvio_headers *headers) {
    const unsigned at = headers->l3;
    if (at + IPV4_BYTES > length || frame[at] >> 4 != 4) return;
    const unsigned bytes = (frame[at] & 0xFu) * 4;
    if (bytes < IPV4_BYTES || at + bytes > length) return;
    headers->version = 4;
    headers->protocol = frame[at + IPV4_PROTOCOL];
    if (is_l4(headers->protocol) && !(netvio_be16(&frame[at + IPV4_FRAGMENT]) & IPV4_FRAGMENT_MASK)) headers->l4 = at + bytes;
}

static void parse_ipv6(const uint8_t *frame, size_t length, struct netvio_headers *headers) {
    unsigned at = headers->l3;
    if (at + NETVIO_IPV6_BYTES > length || frame[at] >> 4 != 6) return;
    headers->version = 6;
    unsigned next = frame[at + IPV6_NEXT];
    at += NETVIO_IPV6_BYTES;
    for (unsigned i = 0; i < EXTENSIONS_MOST && (next == HOP_BY_HOP || next == ROUTING || next == DESTINATION); i++) {
        if (at + EXTENSION_UNIT > length) return;
        next = frame[at];
        at += (frame[at + 1] + 1u) * EXTENSION_UNIT;
    }
    headers->protocol = next;
    if (is_l4(next) && at < length) headers->l4 = at;
}

struct netvio_headers netvio_parse(const uint8_t *frame, size_t length) {
    struct netvio_headers headers = {.l3 = ETH_HEADER};
    if (length < ETH_HEADER) return headers;
    unsigned type = netvio_be16(&frame[NETVIO_MAC_BYTES]);
    while (type == NETVIO_TYPE_VLAN && headers.l3 + NETVIO_VLAN_BYTES <= length) {
        headers.l3 += NETVIO_VLAN_BYTES;
        type = netvio_be16(&frame[headers.l3 - TYPE_BYTES]);
    }
    if (type == TYPE_IPV4) parse_ipv4(frame, length, &headers);
    if (type == TYPE_IPV6) parse_ipv6(frame, length, &headers);
    return headers;
}
