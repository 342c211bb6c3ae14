/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team_path.c: the data path of the team. [D] 2.8, 2.9, 3.5
 *
 * No NBL is copied or cloned. What its way back needs is pushed into its context: of a send, the handle that it came from and its flow; of
 * a receive, the member to return it to. All below is told above as backfill, so that a send's push is no allocation.
 */
#include "team_internal.h"

/* A list in the order in which it was filled. */
struct list {
    PNET_BUFFER_LIST first, *tail;
    ULONG count;
};

static VOID append(struct list *list, PNET_BUFFER_LIST nbl) {
    if (!list->first) list->tail = &list->first;
    *list->tail = nbl;
    list->tail = &NET_BUFFER_LIST_NEXT_NBL(nbl);
    NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
    list->count++;
}

static struct team_context *context_of(PNET_BUFFER_LIST nbl) {
    return (struct team_context *)(PVOID)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl);
}

static struct team_context *push(PNET_BUFFER_LIST nbl) {
    if (NdisAllocateNetBufferListContext(nbl, sizeof(struct team_context), 0, TEAM_TAG) != NDIS_STATUS_SUCCESS) return NULL;
    context_of(nbl)->source = nbl->SourceHandle;
    return context_of(nbl);
}

static VOID pop(PNET_BUFFER_LIST nbl) {
    nbl->SourceHandle = context_of(nbl)->source;
    NdisFreeNetBufferListContext(nbl, sizeof(struct team_context));
}

/* So many of a member's are back: a pause that waited for the last of them is complete. */
static VOID note_back(struct team_member *member, ULONG count) {
    struct team_adapter *adapter = member->adapter;
    NdisAcquireSpinLock(&adapter->lock);
    member->out -= count;
    adapter->out -= count;
    const BOOLEAN paused = adapter->pausing && adapter->out == 0;
    if (paused) adapter->pausing = FALSE;
    PNET_PNP_EVENT_NOTIFICATION event = member->out == 0 ? member->pausing : NULL;
    if (event) member->pausing = NULL;
    NdisReleaseSpinLock(&adapter->lock);
    if (paused) NdisMPauseComplete(adapter->handle);
    if (event) NdisCompleteNetPnPEvent(member->handle, event, NDIS_STATUS_SUCCESS); /* last: the member may be unbound from here on */
}

/* ---- Send */
static VOID refuse(struct team_adapter *adapter, const struct list *list, NDIS_STATUS status, ULONG flags) {
    if (!list->first) return;
    for (PNET_BUFFER_LIST nbl = list->first; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) NET_BUFFER_LIST_STATUS(nbl) = status;
    NdisMSendNetBufferListsComplete(adapter->handle, list->first,
                                    NDIS_TEST_SEND_AT_DISPATCH_LEVEL(flags) ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
}

/* The member that is to send it, counted as out; NULL: none can now. */
static struct team_member *take(struct team_adapter *adapter, struct team_flow *flow) {
    NdisAcquireSpinLock(&adapter->lock);
    struct team_member *member = adapter->running ? team_choose(adapter, flow) : NULL;
    if (member) member->out++, adapter->out++, flow->out++;
    NdisReleaseSpinLock(&adapter->lock);
    return member;
}

VOID team_send(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG flags) {
    struct team_adapter *adapter = context;
    struct list lists[TEAM_MOST] = {{0}}, full = {0}, paused = {0};
    UNREFERENCED_PARAMETER(port);
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        struct team_flow *flow = team_flow_of(adapter, nbl);
        struct team_context *saved = push(nbl);
        struct team_member *member = saved ? take(adapter, flow) : NULL;
        if (member) {
            saved->flow = flow;
            nbl->SourceHandle = member->handle;
            append(&lists[member - adapter->members], nbl);
        } else if (saved) {
            pop(nbl);
            append(&paused, nbl);
        } else {
            append(&full, nbl);
        }
    }
    for (unsigned i = 0; i < TEAM_MOST; i++)
        if (lists[i].first)
            NdisSendNetBufferLists(adapter->members[i].handle, lists[i].first, NDIS_DEFAULT_PORT_NUMBER,
                                   flags & ~NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
    refuse(adapter, &full, NDIS_STATUS_RESOURCES, flags);
    refuse(adapter, &paused, NDIS_STATUS_PAUSED, flags);
}

VOID team_cancel_send(NDIS_HANDLE context, PVOID id) {
    const struct team_adapter *adapter = context;
    for (unsigned i = 0; i < TEAM_MOST; i++)
        if (adapter->members[i].handle) NdisCancelSendNetBufferLists(adapter->members[i].handle, id);
}

VOID team_send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct team_member *member = context;
    struct team_adapter *adapter = member->adapter;
    ULONG count = 0;
    NdisAcquireSpinLock(&adapter->lock);
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl), count++) {
        context_of(nbl)->flow->out--;
        pop(nbl);
    }
    NdisReleaseSpinLock(&adapter->lock);
    NdisMSendNetBufferListsComplete(adapter->handle, nbls, flags);
    note_back(member, count);
}

/* ---- Receive */
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
    struct list up = {0}, back = {0};
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
        struct team_context *saved = wanted ? push(nbl) : NULL;
        if (saved) saved->member = member;
        append(saved ? &up : &back, nbl);
    }
    if (up.first) NdisMIndicateReceiveNetBufferLists(adapter->handle, up.first, NDIS_DEFAULT_PORT_NUMBER, up.count, flags);
    give_back(member, back.first, flags);
    if (running && (lent || back.count)) note_back(member, lent ? count : back.count);
}

VOID team_return(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct team_adapter *adapter = context;
    struct list lists[TEAM_MOST] = {{0}};
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        struct list *list = &lists[context_of(nbl)->member - adapter->members];
        pop(nbl);
        append(list, nbl);
    }
    for (unsigned i = 0; i < TEAM_MOST; i++) {
        if (!lists[i].first) continue;
        NdisReturnNetBufferLists(adapter->members[i].handle, lists[i].first, flags);
        note_back(&adapter->members[i], lists[i].count);
    }
}
