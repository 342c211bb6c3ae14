/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic_parse.h: as much of Ethernet, IP and TCP/UDP as cutting and grouping of frames need.
 *
 * Truncated or odd headers are no error: what is not understood counts as payload.
 */
#ifndef RINGSIDE_TRAFFIC_PARSE_H
#define RINGSIDE_TRAFFIC_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct traffic_headers {
    size_t l3, l4, end;              /* where IP, TCP or UDP, and the payload begin; l3, l4: 0: there is none, or a fragment */
    size_t addresses, address_bytes; /* of IP */
    int protocol;                    /* of IP, -1: not IP */
};
struct traffic_headers traffic_parse(const uint8_t *frame, size_t length);

/* Bytes of the headers at the front of the frame: Ethernet with its VLAN tags, then IPv4 or IPv6, then TCP or UDP, as far as they are
 * all there. At most length. */
size_t traffic_header_length(const uint8_t *frame, size_t length);
/* May both frames be in one NET_BUFFER_LIST? Same MAC addresses, tags and EtherType, and for TCP and UDP the same connection, for other
 * IP the same addresses and protocol. [D] 2.8, same-flow guarantee. */
bool traffic_same_flow(const uint8_t *one, size_t one_length, const uint8_t *other, size_t other_length);

#ifdef __cplusplus
}
#endif

#endif
