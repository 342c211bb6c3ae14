/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vlan_wire.h: what the VLAN filters of a driver stack make of a frame on the wire: 802.1Q tags, the lowest filter's first.
 *
 * Written from the standard and not from the filter, which it checks. Spec: IEEE 802.1Q-2018 9.6
 */
#ifndef RINGSIDE_VLAN_WIRE_H
#define RINGSIDE_VLAN_WIRE_H

#include "scenario.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { VLAN_WIRE_ROOM = 4 * SCENARIO_MAX_DRIVERS }; /* bytes by which a frame can grow */

/* The bytes that the stack adds to a frame. */
size_t vlan_wire_bytes(const struct scenario_drivers *stack);
/* The frame with its tags, of `length` + vlan_wire_bytes() bytes. */
void vlan_wire_add(const struct scenario_drivers *stack, const uint8_t *frame, size_t length, uint8_t *tagged);
/* The frame without them, at least 60 bytes as on the wire; *length becomes its length. False: the tags are not those. */
bool vlan_wire_remove(const struct scenario_drivers *stack, const uint8_t *tagged, size_t *length, uint8_t *frame);

#ifdef __cplusplus
}
#endif

#endif
