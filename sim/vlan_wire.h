/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vlan_wire.h: what the miniport and the VLAN filters of a driver stack make of a frame on the wire: 802.1Q tags, the miniport's first, then
 * the lowest filter's.
 *
 * Written from the standard and not from the drivers, which it checks. Spec: IEEE 802.1Q-2018 9.6
 */
#ifndef RINGSIDE_VLAN_WIRE_H
#define RINGSIDE_VLAN_WIRE_H

#include "scenario.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { VLAN_WIRE_ROOM = 4 * (SCENARIO_MAX_DRIVERS + 1) }; /* bytes by which a frame can grow */

struct vlan_wire {
    const struct scenario_drivers *stack; /* borrowed */
    unsigned tci;                         /* of the tag that is in the slot of every NBL: priority and id; 0: none */
};

/* The bytes that all tags add to a frame. */
size_t vlan_wire_bytes(const struct vlan_wire *wire);
/* The frame with its tags, of `length` + vlan_wire_bytes() bytes. */
void vlan_wire_add(const struct vlan_wire *wire, const uint8_t *frame, size_t length, uint8_t *tagged);
/* The frame without them, at least 60 bytes as on the wire; *length becomes its length. False: the tags are not those. */
bool vlan_wire_remove(const struct vlan_wire *wire, const uint8_t *tagged, size_t *length, uint8_t *frame);

#ifdef __cplusplus
}
#endif

#endif
