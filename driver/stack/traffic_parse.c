/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_parse.c: header lengths and flows of Ethernet frames. Spec: IEEE 802.3, 802.1Q; RFC 791, 8200, 9293, 768. */
#include "traffic_parse.h"

#include <string.h>

#include "regmap.h"

enum {
    TYPE_VLAN = 0x8100, TYPE_SERVICE_VLAN = 0x88A8, TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD, VLAN_TAG = 4,
    IPV4_MIN = 20, IPV4_PROTOCOL = 9, IPV4_FRAGMENT = 6, IPV4_ADDRESSES = 12, IPV4_ADDRESS_BYTES = 8,
    IPV6_BYTES = 40, IPV6_NEXT = 6, IPV6_ADDRESSES = 8, IPV6_ADDRESS_BYTES = 32,
    PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, TCP_MIN = 20, TCP_OFFSET = 12, UDP_BYTES = 8, PORT_BYTES = 4
};

static unsigned be16(const uint8_t *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }

static void parse_l4(const uint8_t *frame, size_t length, size_t at, struct traffic_headers *headers) {
    size_t bytes = 0;
    if (headers->protocol == PROTOCOL_TCP && at + TCP_MIN <= length) bytes = (size_t)(frame[at + TCP_OFFSET] >> 4) * 4;
    if (headers->protocol == PROTOCOL_TCP && bytes < TCP_MIN) return;
    if (headers->protocol == PROTOCOL_UDP) bytes = UDP_BYTES;
    if (!bytes || at + bytes > length) return;
    headers->l4 = at;
    headers->end = at + bytes;
}

static void parse_ipv4(const uint8_t *frame, size_t length, size_t at, struct traffic_headers *headers) {
    if (at + IPV4_MIN > length) return;
    size_t bytes = (size_t)(frame[at] & 0xF) * 4;
    if (frame[at] >> 4 != 4 || bytes < IPV4_MIN || at + bytes > length) return;
    headers->l3 = at;
    headers->end = at + bytes;
    headers->protocol = frame[at + IPV4_PROTOCOL];
    headers->addresses = at + IPV4_ADDRESSES;
    headers->address_bytes = IPV4_ADDRESS_BYTES;
    /* Only the first fragment has ports, and then the others would not match it: treat all fragments alike. */
    if ((be16(&frame[at + IPV4_FRAGMENT]) & 0x3FFF) == 0) parse_l4(frame, length, at + bytes, headers);
}

static void parse_ipv6(const uint8_t *frame, size_t length, size_t at, struct traffic_headers *headers) {
    if (at + IPV6_BYTES > length || frame[at] >> 4 != 6) return;
    headers->l3 = at;
    headers->end = at + IPV6_BYTES;
    headers->protocol = frame[at + IPV6_NEXT]; /* an extension header counts as payload */
    headers->addresses = at + IPV6_ADDRESSES;
    headers->address_bytes = IPV6_ADDRESS_BYTES;
    parse_l4(frame, length, at + IPV6_BYTES, headers);
}

struct traffic_headers traffic_parse(const uint8_t *frame, size_t length) {
    struct traffic_headers headers = {.end = length < ETH_HEADER ? length : ETH_HEADER, .protocol = -1};
    if (length < ETH_HEADER) return headers;
    unsigned type = be16(&frame[ETH_HEADER - 2]);
    while ((type == TYPE_VLAN || type == TYPE_SERVICE_VLAN) && headers.end + VLAN_TAG <= length) {
        headers.end += VLAN_TAG;
        type = be16(&frame[headers.end - 2]);
    }
    size_t at = headers.end;
    if (type == TYPE_IPV4) parse_ipv4(frame, length, at, &headers);
    if (type == TYPE_IPV6) parse_ipv6(frame, length, at, &headers);
    return headers;
}

size_t traffic_header_length(const uint8_t *frame, size_t length) { return traffic_parse(frame, length).end; }

bool traffic_same_flow(const uint8_t *one, size_t one_length, const uint8_t *other, size_t other_length) {
    struct traffic_headers a = traffic_parse(one, one_length), b = traffic_parse(other, other_length);
    size_t link = a.l3 ? a.l3 : a.end; /* addresses, tags, EtherType */
    if (a.l3 != b.l3 || (!a.l3 && a.end != b.end) || memcmp(one, other, link) != 0) return false;
    if (!a.l3) return true;
    if (a.protocol != b.protocol || (a.l4 != 0) != (b.l4 != 0)) return false;
    if (memcmp(one + a.addresses, other + b.addresses, a.address_bytes) != 0) return false;
    return !a.l4 || memcmp(one + a.l4, other + b.l4, PORT_BYTES) == 0;
}
