/* SPDX-License-Identifier: Apache-2.0 */
/* team_receive.c: frames of all members to those above, and back to the member that each came from. [D] 2.9, 3.5 */
#include "team_internal.h"

/* A frame to a group that another member has received too. */
static BOOLEAN is_double(const struct team_member *member, PNET_BUFFER_LIST nbl, const struct team_member *first) {
    UCHAR storage;
    if (member->adapter->team->mode != TEAM_FAILOVER || member == first || !first) return FALSE;
    const UCHAR *destination = NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(nbl), 1, &storage, 1, 0);
    return destination && (*destination & 1);
}

static VOID give_back(struct team_member *member, PNET_BUFFER_LIST nbls, ULONG flags) {
    if (nbls)
        NdisReturnNetBufferLists(member->handle, nbls,
                                 NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(flags) ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}

/* Lent to those above during the call, and the caller's again, in his order. */
static VOID lend(struct team_adapter *adapter, PNET_BUFFER_LIST nbl, ULONG flags) {
    PNET_BUFFER_LIST next = NET_BUFFER_LIST_NEXT_NBL(nbl);
    NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
    NdisMIndicateReceiveNetBufferLists(adapter->handle, nbl, NDIS_DEFAULT_PORT_NUMBER, 1, flags);
    NET_BUFFER_LIST_NEXT_NBL(nbl) = next;
}

VOID team_receive(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG count, ULONG flags) {
    struct team_member *member = context;
    struct team_adapter *adapter = member->adapter;
    const BOOLEAN lent = NDIS_TEST_RECEIVE_CANNOT_PEND(flags) != 0;
    struct nbl_list up = {0}, back = {0};
    UNREFERENCED_PARAMETER(port);
    NdisAcquireSpinLock(&adapter->lock);
    const BOOLEAN running = adapter->running && adapter->handle;
    const struct team_member *first = team_first(adapter);
    if (running) member->out += count, adapter->out += count; /* before the first of them can come back */
    NdisReleaseSpinLock(&adapter->lock);
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        const BOOLEAN wanted = running && !is_double(member, nbl, first);
        if (lent) {
            if (wanted) lend(adapter, nbl, flags);
            continue;
        }
        struct team_context *saved = wanted ? team_push(nbl) : NULL;
        if (saved) saved->member = member;
        nbl_list_append(saved ? &up : &back, nbl);
    }
    if (up.first) NdisMIndicateReceiveNetBufferLists(adapter->handle, up.first, NDIS_DEFAULT_PORT_NUMBER, up.count, flags);
    give_back(member, back.first, flags);
    if (running && (lent || back.count)) team_note_back(adapter, member, lent ? count : back.count);
}

VOID team_return(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct team_adapter *adapter = context;
    struct nbl_list lists[TEAM_MOST] = {{0}};
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        struct nbl_list *list = &lists[team_context_of(nbl)->member - adapter->members];
        team_pop(nbl);
        nbl_list_append(list, nbl);
    }
    for (unsigned i = 0; i < TEAM_MOST; i++) {
        if (!lists[i].first) continue;
        NdisReturnNetBufferLists(adapter->members[i].handle, lists[i].first, flags);
        team_note_back(adapter, &adapter->members[i], lists[i].count);
    }
}
