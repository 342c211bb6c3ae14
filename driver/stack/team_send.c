/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team_send.c: sends, each by the member that has its flow. [D] 2.8, 3.5
 *
 * A flow that is to go by another member waits here until none of its sends is out by the old one: what that still has - it may lack its
 * link for a moment only - would else be overtaken. Whoever takes the last of them back sends what waited.
 */
#include "team_internal.h"

static VOID complete(struct team_adapter *adapter, const struct team_list *list, NDIS_STATUS status, BOOLEAN dispatch) {
    if (!list->first) return;
    for (PNET_BUFFER_LIST nbl = list->first; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) NET_BUFFER_LIST_STATUS(nbl) = status;
    NdisMSendNetBufferListsComplete(adapter->handle, list->first, dispatch ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
}

enum verdict { GOES, WAITS, REFUSED };

/* With the lock: counts what goes, and keeps what waits. */
static enum verdict decide(struct team_adapter *adapter, struct team_flow *flow, PNET_BUFFER_LIST nbl) {
    struct team_member *next = adapter->running ? team_choose(adapter, flow) : NULL;
    if (!next) return REFUSED;
    if (flow->out == 0 && !flow->waits) flow->member = next;
    flow->waits |= flow->member != next;
    adapter->out++;
    if (flow->waits) {
        team_append(&flow->waiting, nbl);
        return WAITS;
    }
    flow->out++;
    flow->member->out++;
    return GOES;
}

VOID team_send(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG flags) {
    struct team_adapter *adapter = context;
    const BOOLEAN dispatch = NDIS_TEST_SEND_AT_DISPATCH_LEVEL(flags) != 0;
    struct team_list lists[TEAM_MOST] = {{0}}, full = {0}, refused = {0};
    UNREFERENCED_PARAMETER(port);
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        struct team_flow *flow = team_flow_of(adapter, nbl);
        struct team_context *saved = team_push(nbl);
        if (!saved) {
            team_append(&full, nbl);
            continue;
        }
        saved->flow = flow;
        NdisAcquireSpinLock(&adapter->lock);
        const enum verdict verdict = decide(adapter, flow, nbl);
        struct team_member *member = flow->member;
        NdisReleaseSpinLock(&adapter->lock);
        if (verdict == GOES) {
            nbl->SourceHandle = member->handle;
            team_append(&lists[member - adapter->members], nbl);
        } else if (verdict == REFUSED) {
            team_pop(nbl);
            team_append(&refused, nbl);
        }
    }
    for (unsigned i = 0; i < TEAM_MOST; i++)
        if (lists[i].first)
            NdisSendNetBufferLists(adapter->members[i].handle, lists[i].first, NDIS_DEFAULT_PORT_NUMBER,
                                   flags & ~NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
    complete(adapter, &full, NDIS_STATUS_RESOURCES, dispatch);
    complete(adapter, &refused, NDIS_STATUS_PAUSED, dispatch);
}

/* ---- Back from below */
/* What waits, counted as out by its new member. FALSE: nothing does any more, and sends go by themselves again. */
static BOOLEAN take_waiting(struct team_adapter *adapter, struct team_flow *flow, BOOLEAN choose, struct team_list *list) {
    NdisAcquireSpinLock(&adapter->lock);
    if (choose) flow->member = team_choose(adapter, flow);
    *list = flow->waiting;
    flow->waiting = (struct team_list){0};
    flow->waits = flow->moving = list->first != NULL;
    if (flow->member) {
        flow->out += list->count;
        flow->member->out += list->count;
    }
    NdisReleaseSpinLock(&adapter->lock);
    return list->first != NULL;
}

static VOID abandon(struct team_adapter *adapter, struct team_list *list, NDIS_STATUS status, BOOLEAN dispatch) {
    for (PNET_BUFFER_LIST nbl = list->first; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) team_pop(nbl);
    complete(adapter, list, status, dispatch);
    team_note_back(adapter, NULL, list->count);
}

/* Those that come meanwhile follow by the same member. */
static VOID send_waiting(struct team_adapter *adapter, struct team_flow *flow, BOOLEAN dispatch) {
    struct team_list list;
    struct team_member *member = NULL;
    while (take_waiting(adapter, flow, !member, &list)) {
        member = flow->member;
        if (!member) { /* none can any more */
            abandon(adapter, &list, NDIS_STATUS_PAUSED, dispatch);
            continue;
        }
        for (PNET_BUFFER_LIST nbl = list.first; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) nbl->SourceHandle = member->handle;
        NdisSendNetBufferLists(member->handle, list.first, NDIS_DEFAULT_PORT_NUMBER, dispatch ? NDIS_SEND_FLAGS_DISPATCH_LEVEL : 0);
    }
}

VOID team_send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct team_member *member = context;
    struct team_adapter *adapter = member->adapter;
    const BOOLEAN dispatch = (flags & NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL) != 0;
    ULONG count = 0;
    struct team_flow *free = NULL; /* that may go on: each is for the one who brings its count to 0 */
    NdisAcquireSpinLock(&adapter->lock);
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl), count++) {
        struct team_flow *flow = team_context_of(nbl)->flow;
        if (--flow->out == 0 && flow->waits && !flow->moving) {
            flow->moving = TRUE;
            flow->next = free;
            free = flow;
        }
        team_pop(nbl);
    }
    NdisReleaseSpinLock(&adapter->lock);
    NdisMSendNetBufferListsComplete(adapter->handle, nbls, flags);
    while (free) {
        struct team_flow *flow = free;
        free = flow->next;
        send_waiting(adapter, flow, dispatch);
    }
    team_note_back(adapter, member, count);
}

/* ---- Cancelled */
static VOID cancel_waiting(struct team_flow *flow, PVOID id, struct team_list *cancelled) {
    struct team_list all = flow->waiting;
    flow->waiting = (struct team_list){0};
    for (PNET_BUFFER_LIST nbl = all.first, next; nbl; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        team_append(NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl) == id ? cancelled : &flow->waiting, nbl);
    }
}

VOID team_cancel_send(NDIS_HANDLE context, PVOID id) {
    struct team_adapter *adapter = context;
    struct team_list cancelled = {0};
    for (unsigned i = 0; i < TEAM_MOST; i++)
        if (adapter->members[i].handle) NdisCancelSendNetBufferLists(adapter->members[i].handle, id);
    NdisAcquireSpinLock(&adapter->lock);
    for (unsigned i = 0; i < TEAM_FLOWS; i++) cancel_waiting(&adapter->flows[i], id, &cancelled);
    NdisReleaseSpinLock(&adapter->lock);
    if (cancelled.first) abandon(adapter, &cancelled, NDIS_STATUS_SEND_ABORTED, FALSE);
}
