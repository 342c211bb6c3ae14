/* SPDX-License-Identifier: Apache-2.0 */
/* vlan_tag.h: an 802.1Q tag into a frame and out of it, in place. IEEE 802.1Q-2018 9.6 */
#ifndef RINGSIDE_VLAN_TAG_H
#define RINGSIDE_VLAN_TAG_H

#include "ndis.h"

/* The frame begins 4 bytes earlier with the same addresses, then the tag. Backfill makes it free of allocation. RESOURCES: unchanged. */
NDIS_STATUS vlan_tag_insert(PNET_BUFFER nb, unsigned id);
/* Is the frame of this VLAN? */
BOOLEAN vlan_tag_is(PNET_BUFFER nb, unsigned id);
/* Takes the tag off a frame that has one. `allocated`: the room for it may have come from vlan_tag_insert, and is freed then. */
VOID vlan_tag_remove(PNET_BUFFER nb, BOOLEAN allocated);
/* Headers moved: what the slots of a send say of their places moves with them, by 4 bytes back or (`inserted`) forth. [D] 4 */
VOID vlan_tag_move_offsets(PNET_BUFFER_LIST nbl, BOOLEAN inserted);
/* Puts it back after vlan_tag_remove. Needs no memory: the room is still there. */
VOID vlan_tag_restore(PNET_BUFFER nb, unsigned id);

#endif
