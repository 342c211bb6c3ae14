/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team.h: an intermediate driver: one virtual adapter over several adapters, its members.
 *
 * It is loaded with a struct team as its argument, binds to every adapter that the host binds it to, and makes the virtual one with the
 * first of them. That has the MAC address of its first member and keeps it, whichever members come and go.
 *
 *   TEAM_SPREAD     every flow has a member, by a hash of its addresses and ports. The other end is a link aggregation group: it sends each
 *                   frame on one of the links.
 *   TEAM_FAILOVER   all goes by the first member that can, in the order in which they were bound. The other end may be independent ports:
 *                   what these flood to a member that stands by is dropped.
 *
 * A member can while its link is up, and its binding is not paused. When one no longer can, its flows move to the others, and come back when
 * it can again. A flow that moves waits until all its sends are back from the member that it leaves, so that none is overtaken.
 */
#ifndef RINGSIDE_TEAM_H
#define RINGSIDE_TEAM_H

#include "ndis.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TEAM_MOST = 4 }; /* members */

enum team_mode { TEAM_SPREAD, TEAM_FAILOVER };

struct team {
    enum team_mode mode;
    const char *name; /* of the virtual adapter; at most 16 characters */
    /* the driver's own */
    NDIS_HANDLE miniport, protocol;
    struct team_adapter *adapter;
};

DRIVER_INITIALIZE team_driver_entry;

#ifdef __cplusplus
}
#endif

#endif
