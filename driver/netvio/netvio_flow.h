/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_flow.h: which queue pair a flow keeps to, for driver and device.
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
 * The protocol number itself does not count. Exclusive or makes the hash symmetric: both directions of a connection have the same.
 *
 * Transmit: the driver sends a flow on pair hash % pairs, pairs being those in use; it may be any number. Receive: the device steers by
 * what it saw being sent ([V] 5.1.6.5.6; rtl/net/rx_steer.sv has a table by hash), so that the answers come on the pair of the flow. A
 * flow of which nothing was sent yet has no pair: the device spreads those by (hash * pairs) >> 8, which needs no division. When the
 * first frame of such a flow is sent, its receive side moves to the pair of the transmit side, once; frames that came before are then on
 * another queue than those after, and the order between these two groups is that of the two queues' interrupts. From then on, and for
 * flows that begin with a send, order is kept.
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
