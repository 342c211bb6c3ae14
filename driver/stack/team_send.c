/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team_send.c: sends, each by the member that has its flow. [D] 2.8, 3.5
 *
 * A flow that is to go by another member waits here until none of its sends is out by the old one: what that still has - it may lack its
 * link for a moment only - would else be overtaken. Whoever takes the last of them back sends what waited. An NBL that mixes flows goes in
 * parts, each of which counts as a send.
 */
#include "one_flow.h"
#include "team_internal.h"

/* To those above, what they sent: not its parts. */
static VOID complete_joined(struct team_adapter *adapter, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct nbl_list up = {0};
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        if ((nbl = one_flow_join(nbl)) != NULL) nbl_list_append(&up, nbl);
    }
    if (up.first) NdisMSendNetBufferListsComplete(adapter->handle, up.first, flags);
}

static VOID complete(struct team_adapter *adapter, const struct nbl_list *list, NDIS_STATUS status, BOOLEAN dispatch) {
    for (PNET_BUFFER_LIST nbl = list->first; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) NET_BUFFER_LIST_STATUS(nbl) = status;
    complete_joined(adapter, list->first, dispatch ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
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
        nbl_list_append(&flow->waiting, nbl);
        return WAITS;
    }
    flow->out++;
    flow->member->out++;
    return GOES;
}

/* What is to be done with the NBLs of one call. */
struct sorted {
    struct nbl_list goes[TEAM_MOST], full, refused;
};

static VOID sort(struct team_adapter *adapter, PNET_BUFFER_LIST nbl, struct sorted *sorted) {
    struct team_flow *flow = team_flow_of(adapter, nbl);
    struct team_context *saved = team_push(nbl);
    if (!saved) {
        nbl_list_append(&sorted->full, nbl);
        return;
    }
    saved->flow = flow;
    NdisAcquireSpinLock(&adapter->lock);
    const enum verdict verdict = decide(adapter, flow, nbl);
    struct team_member *member = flow->member;
    NdisReleaseSpinLock(&adapter->lock);
    if (verdict == GOES) {
        nbl->SourceHandle = member->handle;
        nbl_list_append(&sorted->goes[member - adapter->members], nbl);
    } else if (verdict == REFUSED) {
        team_pop(nbl);
        nbl_list_append(&sorted->refused, nbl);
    }
}

VOID team_send(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG flags) {
    struct team_adapter *adapter = context;
    const BOOLEAN dispatch = NDIS_TEST_SEND_AT_DISPATCH_LEVEL(flags) != 0;
    struct sorted sorted = {.full = {0}};
    UNREFERENCED_PARAMETER(port);
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
        PNET_BUFFER_LIST parts = one_flow_split(nbl);
        if (!parts) nbl_list_append(&sorted.full, nbl);
        for (PNET_BUFFER_LIST other; parts; parts = other) {
            other = NET_BUFFER_LIST_NEXT_NBL(parts);
            sort(adapter, parts, &sorted);
        }
    }
    for (unsigned i = 0; i < TEAM_MOST; i++)
        if (sorted.goes[i].first)
            NdisSendNetBufferLists(adapter->members[i].handle, sorted.goes[i].first, NDIS_DEFAULT_PORT_NUMBER,
                                   flags & ~NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
    complete(adapter, &sorted.full, NDIS_STATUS_RESOURCES, dispatch);
    complete(adapter, &sorted.refused, NDIS_STATUS_PAUSED, dispatch);
}

/* ---- Back from below */
/* What waits, counted as out by its new member. FALSE: nothing does any more, and sends go by themselves again. */
static BOOLEAN take_waiting(struct team_adapter *adapter, struct team_flow *flow, BOOLEAN choose, struct nbl_list *list) {
    NdisAcquireSpinLock(&adapter->lock);
    if (choose) flow->member = team_choose(adapter, flow);
    *list = flow->waiting;
    flow->waiting = (struct nbl_list){0};
    flow->waits = flow->moving = list->first != NULL;
    if (flow->member) {
        flow->out += list->count;
        flow->member->out += list->count;
    }
    NdisReleaseSpinLock(&adapter->lock);
    return list->first != NULL;
}

static VOID abandon(struct team_adapter *adapter, struct nbl_list *list, NDIS_STATUS status, BOOLEAN dispatch) {
    for (PNET_BUFFER_LIST nbl = list->first; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) team_pop(nbl);
    complete(adapter, list, status, dispatch);
    team_note_back(adapter, NULL, list->count);
}

/* Those that come meanwhile follow by the same member. */
static VOID send_waiting(struct team_adapter *adapter, struct team_flow *flow, BOOLEAN dispatch) {
    struct nbl_list list;
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
    complete_joined(adapter, nbls, flags);
    while (free) {
        struct team_flow *flow = free;
        free = flow->next;
        send_waiting(adapter, flow, dispatch);
    }
    team_note_back(adapter, member, count);
}

/* ---- Cancelled */
static VOID cancel_waiting(struct team_flow *flow, PVOID id, struct nbl_list *cancelled) {
    struct nbl_list all = flow->waiting;
    flow->waiting = (struct nbl_list){0};
    for (PNET_BUFFER_LIST nbl = all.first, next; nbl; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        nbl_list_append(NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl) == id ? cancelled : &flow->waiting, nbl);
    }
}

VOID team_cancel_send(NDIS_HANDLE context, PVOID id) {
    struct team_adapter *adapter = context;
    struct nbl_list cancelled = {0};
    for (unsigned i = 0; i < TEAM_MOST; i++)
        if (adapter->members[i].handle) NdisCancelSendNetBufferLists(adapter->members[i].handle, id);
    NdisAcquireSpinLock(&adapter->lock);
    for (unsigned i = 0; i < TEAM_FLOWS; i++) cancel_waiting(&adapter->flows[i], id, &cancelled);
    NdisReleaseSpinLock(&adapter->lock);
    if (cancelled.first) abandon(adapter, &cancelled, NDIS_STATUS_SEND_ABORTED, FALSE);
}
