/* SPDX-License-Identifier: Apache-2.0 */
/* Tags in front of the EtherType. */
#include "vlan_wire.h"

#include <string.h>

enum { ADDRESSES = 12, TAG = 4, MINIMUM = 60 };

static size_t put_tag(uint8_t *tags, unsigned tci) {
    const uint8_t tag[TAG] = {0x81, 0x00, (uint8_t)(tci >> 8), (uint8_t)tci};
    memcpy(tags, tag, TAG);
    return TAG;
}

/* All tags, as they stand in a frame: the miniport's is the last that was put in. */
static size_t tags_of(const struct vlan_wire *wire, uint8_t tags[VLAN_WIRE_ROOM]) {
    size_t bytes = wire->tci ? put_tag(tags, wire->tci) : 0;
    for (unsigned i = 0; i < wire->stack->count; i++)
        if (wire->stack->drivers[i].kind == SCENARIO_DRIVER_VLAN) bytes += put_tag(tags + bytes, wire->stack->drivers[i].number);
    return bytes;
}

size_t vlan_wire_bytes(const struct vlan_wire *wire) {
    uint8_t tags[VLAN_WIRE_ROOM];
    return tags_of(wire, tags);
}

void vlan_wire_add(const struct vlan_wire *wire, const uint8_t *frame, size_t length, uint8_t *tagged) {
    uint8_t tags[VLAN_WIRE_ROOM];
    const size_t bytes = tags_of(wire, tags);
    memcpy(tagged, frame, ADDRESSES);
    memcpy(tagged + ADDRESSES, tags, bytes);
    memcpy(tagged + ADDRESSES + bytes, frame + ADDRESSES, length - ADDRESSES);
}

bool vlan_wire_remove(const struct vlan_wire *wire, const uint8_t *tagged, size_t *length, uint8_t *frame) {
    uint8_t tags[VLAN_WIRE_ROOM];
    const size_t bytes = tags_of(wire, tags);
    if (*length < ADDRESSES + bytes || memcmp(tagged + ADDRESSES, tags, bytes) != 0) return false;
    memcpy(frame, tagged, ADDRESSES);
    memcpy(frame + ADDRESSES, tagged + ADDRESSES + bytes, *length - ADDRESSES - bytes);
    *length -= bytes;
    if (*length < MINIMUM && bytes) { /* it was padded with its tags, and would be longer without */
        memset(frame + *length, 0, MINIMUM - *length);
        *length = MINIMUM;
    }
    return true;
}
