/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_flow.h: which queue pair a flow keeps to. The device must come to the same pair on receive, so this is the definition for both.
 *
 * The hash is 8 bits: the exclusive or, byte by byte, of everything that makes the flow, within the first 64 bytes of the frame:
 *
 *   IPv4 (type 0x0800, version 4)   source and destination address, 8 bytes at 12 of its header
 *   IPv6 (type 0x86DD, version 6)   source and destination address, 32 bytes at 8 of its header
 *     and if the protocol (IPv6: the first next header) is TCP or UDP, and the packet no IPv4 fragment (MF clear and offset 0): source and
 *     destination port, the first 4 bytes behind the IP header (IPv4: with its options)
 *   anything else                   destination and source MAC address, the first 12 bytes
 *
 * One VLAN tag (0x8100) in front of the type is skipped. Bytes behind the end of a short frame count as 0, as do those behind the first 64.
 * The protocol number itself does not count. The pair is the remainder of the hash divided by the number of pairs in use.
 *
 * Exclusive or makes it symmetric: both directions of a connection have one hash, so that what was sent on transmit queue n is answered on
 * receive queue n without a table, [V] 5.1.6.5.6.
 */
#ifndef RINGSIDE_NETVIO_FLOW_H
#define RINGSIDE_NETVIO_FLOW_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a frame that can matter. */
enum { NETVIO_FLOW_BYTES = 64 };

/* The hash of a frame, given its first bytes, NETVIO_FLOW_BYTES or all there are. 0 for what is shorter than an Ethernet header. */
uint8_t netvio_flow_hash(const uint8_t *frame, size_t length);

#ifdef __cplusplus
}
#endif

#endif
