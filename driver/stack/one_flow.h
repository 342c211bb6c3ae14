/* SPDX-License-Identifier: Apache-2.0 */
/*
 * one_flow.h: what an intermediate driver sends is lists of one flow each, whatever it gets from above. [D] 2.8, 3.5
 *
 *   from above   [ a0  a1  b0  a2 ]             of two flows: its sender's fault, which NDIS reports
 *   below        [ a0  a1 ]  [ b0 ]  [ a2 ]     its parts: clones over the same bytes; the list waits until the last of them is back
 */
#ifndef RINGSIDE_ONE_FLOW_H
#define RINGSIDE_ONE_FLOW_H

#include "ndis.h"

enum { ONE_FLOW_HEAD = 160 /* bytes of a frame, hold every header that makes its flow */ };

/* The first bytes of a frame, `length' of them, in place or in `storage'. NULL: it has none, or there is no mapping of its memory. */
const UCHAR *one_flow_head(PNET_BUFFER nb, UCHAR storage[ONE_FLOW_HEAD], PULONG length);

/* A list of one flow: itself. Another: its parts, linked in the order of its frames, with its out-of-band data and without a SourceHandle,
 * each of which is to go to one_flow_join; until then the list, with its Scratch and Status, is theirs. NULL: no memory, and the list is
 * as it was. Its Next is NULL before and after. */
PNET_BUFFER_LIST one_flow_split(PNET_BUFFER_LIST list);

/* With the SourceHandle with which it came from one_flow_split, a list is given back for itself, and the last part of a list for that: with
 * the status of a part that failed, if one did. NULL: other parts are out. */
PNET_BUFFER_LIST one_flow_join(PNET_BUFFER_LIST nbl);

#endif
