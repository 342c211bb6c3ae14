/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generator_ip.h: made-up TCP and UDP over IPv4 and IPv6, every length and sum right, for what a NIC does with headers.
 *
 * Frame n is of flow n modulo the flows, told by the last byte of source MAC and IP address and by the source port. Segments of a TCP flow
 * follow each other without a gap where all frames have the longest size; identifications of IPv4 count up within 15 bits. The payload
 * begins with the frame's number, then the pattern.
 *
 * Spec: RFC 791, 8200, 9293, 768
 */
#ifndef RINGSIDE_GENERATOR_IP_H
#define RINGSIDE_GENERATOR_IP_H

#include "generator.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes in front of the payload, the MAC header included. 0: GENERATOR_ETHERNET. */
size_t generator_ip_headers(enum generator_protocol protocol);
/* Write the headers in front of a payload that is there. `flow` is the byte of the flow (0: the first one), `place` the frame's number in
 * it, `longest` the longest payload. */
void generator_ip_fill(const struct generator_config *config, uint8_t flow, uint64_t place, size_t longest, uint8_t *frame, size_t length);

#ifdef __cplusplus
}
#endif

#endif
