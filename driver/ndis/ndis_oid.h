/* SPDX-License-Identifier: Apache-2.0 */
/* ndis_oid.h: one OID request on its way, for the files that move it. Not for drivers. */
#ifndef RINGSIDE_NDIS_OID_ROUTE_H
#define RINGSIDE_NDIS_OID_ROUTE_H

#include "ndis_internal.h"

struct ndis_oid {
    LIST_ENTRY entry;             /* in the queue of a layer */
    struct ndis_oid *next_free;
    PNDIS_OID_REQUEST request;
    struct ndis_layer *origin;    /* who is told; NULL: the waiter */
    struct ndis_pending *waiter;
    uint64_t since_ps;
    bool calling, done;           /* its handler runs; it was completed */
    bool abandoned, overdue;      /* nobody waits any more; reported as such */
};

/* NULL without memory. Given back by whoever ends it. */
struct ndis_oid *ndis_oid_take(struct ndis *ndis, PNDIS_OID_REQUEST request, struct ndis_layer *origin);
void ndis_oid_give(struct ndis *ndis, struct ndis_oid *oid);
void ndis_oid_deliver(struct ndis *ndis, struct ndis_oid *oid, NDIS_STATUS status);
/* To the first of these filters that has a handler, downwards, or the miniport. PENDING: it is or will be delivered; else final, and the
 * oid is given back. */
NDIS_STATUS ndis_oid_submit(struct ndis_adapter *adapter, struct ndis_filter *first, struct ndis_oid *oid);
/* What waited for a reset to be over. */
void ndis_oid_resume_queue(struct ndis_layer *at);

#endif
