/* SPDX-License-Identifier: Apache-2.0 */
/* netvio_parse.h: where the headers of a frame are, as far as offloads need them. */
#ifndef RINGSIDE_NETVIO_PARSE_H
#define RINGSIDE_NETVIO_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    NETVIO_TYPE_VLAN = 0x8100, NETVIO_VLAN_BYTES = 4, NETVIO_MAC_BYTES = 12, NETVIO_TCP = 6, NETVIO_UDP = 17, NETVIO_IPV6_BYTES = 40,
    NETVIO_TCP_OFFSET = 12, NETVIO_TCP_BYTES = 20, NETVIO_UDP_BYTES = 8
};

struct netvio_headers {
    unsigned version;   /* of IP: 4 or 6; 0: neither */
    unsigned l3, l4;    /* offsets of IP and of TCP or UDP; l4 0: none of the two, or a fragment */
    unsigned protocol;  /* NETVIO_TCP, NETVIO_UDP, or whatever it is */
};

/* Of a frame's first `length` bytes. Ethernet with any number of 802.1Q tags, IPv4 with options, IPv6 with hop-by-hop, routing and
 * destination headers. What is cut off or odd is not found. */
struct netvio_headers netvio_parse(const uint8_t *frame, size_t length);

static inline unsigned netvio_be16(const uint8_t *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }

#ifdef __cplusplus
}
#endif

#endif
