/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow.h: which frames must stay in order. Written from the standards and not from the driver or the device, which it checks.
 *
 * A flow is a direction of a conversation: IP addresses and, of TCP and UDP, ports; of what is not IP, the MAC addresses. The fragments
 * of IPv4 packets have no ports behind their first one, so they are a flow of their own addresses. A VLAN tag (0x8100) is skipped.
 *
 * Spec: IEEE 802.3, 802.1Q; RFC 791, 8200, 9293, 768
 */
#ifndef RINGSIDE_FLOW_H
#define RINGSIDE_FLOW_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The flow's number: the same for frames of one flow, and as good as different for others (a hash of 64 bits). */
uint64_t frame_flow(const uint8_t *frame, size_t length);

#ifdef __cplusplus
}
#endif

#endif
