/* SPDX-License-Identifier: Apache-2.0 */
/* Tags in front of the EtherType. */
#include "vlan_wire.h"

#include <string.h>

enum { ADDRESSES = 12, TAG = 4, MINIMUM = 60 };

/* The tags of the stack, as they stand in a frame. */
static size_t tags_of(const struct scenario_drivers *stack, uint8_t tags[VLAN_WIRE_ROOM]) {
    size_t bytes = 0;
    for (unsigned i = 0; i < stack->count; i++) {
        if (stack->drivers[i].kind != SCENARIO_DRIVER_VLAN) continue;
        const uint8_t tag[TAG] = {0x81, 0x00, (uint8_t)(stack->drivers[i].number >> 8), (uint8_t)stack->drivers[i].number};
        memcpy(tags + bytes, tag, TAG);
        bytes += TAG;
    }
    return bytes;
}

size_t vlan_wire_bytes(const struct scenario_drivers *stack) {
    uint8_t tags[VLAN_WIRE_ROOM];
    return tags_of(stack, tags);
}

void vlan_wire_add(const struct scenario_drivers *stack, const uint8_t *frame, size_t length, uint8_t *tagged) {
    uint8_t tags[VLAN_WIRE_ROOM];
    const size_t bytes = tags_of(stack, tags);
    memcpy(tagged, frame, ADDRESSES);
    memcpy(tagged + ADDRESSES, tags, bytes);
    memcpy(tagged + ADDRESSES + bytes, frame + ADDRESSES, length - ADDRESSES);
}

bool vlan_wire_remove(const struct scenario_drivers *stack, const uint8_t *tagged, size_t *length, uint8_t *frame) {
    uint8_t tags[VLAN_WIRE_ROOM];
    const size_t bytes = tags_of(stack, tags);
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
