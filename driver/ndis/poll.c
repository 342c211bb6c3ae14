/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll.c: NDIS polling: the miniport is asked for received and sent NBLs, in a DPC, and in a thread when that takes long. [D] poll.h
 *
 *   QUIET  --request-->  BUSY  --a poll without an NBL-->  LAST LOOK  --a poll without an NBL-->  QUIET
 *            (off)        ^                         (on)       |
 *                         +------- (off) a poll with NBLs -----+
 *
 * (on) and (off) are the driver's notification: its interrupt. It is on before the last look, so that what comes after that look requests
 * a poll. The documentation does not say when the first one is: here, when the adapter runs.
 */
#include <stdlib.h>

#include "ndis_path.h"

enum {
    POLL_NBLS = 64,       /* NBLs that one poll may indicate, and complete */
    POLL_DPC_ROUNDS = 8,  /* polls in a row in a DPC; the next ones are made in a thread */
    POLL_PAUSE_NS = 1000  /* in front of a poll that was requested in one that gave nothing: time must pass for it */
};

enum poll_state { POLL_QUIET, POLL_BUSY, POLL_LAST_LOOK };

struct NDIS_POLL_HANDLE__ {
    struct ndis_object object;
    struct ndis_adapter *adapter;
    PVOID context;
    NDIS_POLL_CHARACTERISTICS chars;
    KDPC dpc;
    enum poll_state state;
    unsigned rounds;          /* polls since it was quiet */
    bool told;                /* of its first notification */
    bool polling, in_thread;  /* a poll runs; the next one is a thread's */
    bool requested, pausing;
    bool closing;
    struct NDIS_POLL_HANDLE__ *next;
};

static void notify(NDIS_POLL_HANDLE poll, bool enabled) {
    NDIS_POLL_NOTIFICATION notification = {.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_POLL_NOTIFICATION_REVISION_1,
                                                       NDIS_SIZEOF_NDIS_POLL_NOTIFICATION_REVISION_1},
                                           .Enabled = enabled};
    poll->told = true;
    ndis_function_enter(poll->object.ndis, "NdisSetPollNotification");
    poll->chars.SetPollNotificationHandler(poll->context, &notification);
    ndis_function_exit(poll->object.ndis, "NdisSetPollNotification");
}

static unsigned count_nbls(const NET_BUFFER_LIST *nbl) {
    unsigned count = 0;
    for (; nbl; nbl = nbl->Next) count++;
    return count;
}

static void check_count(const struct NDIS_POLL_HANDLE__ *poll, const char *what, unsigned announced, unsigned count) {
    if (count == announced && count <= POLL_NBLS) return;
    kernel_violation(poll->object.ndis->kernel, "poll.count", "[D] NDIS_POLL_DATA", -1,
                     "%s left %u NBLs to be %s in a poll, announced %u, and may leave %u", poll->object.name, count, what, announced,
                     POLL_NBLS);
}

/* True: it gave NBLs. */
static bool call_poll(NDIS_POLL_HANDLE poll) {
    struct ndis *ndis = poll->object.ndis;
    struct ndis_layer *layer = &poll->adapter->layer;
    NDIS_POLL_DATA data = {.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_POLL_DATA_REVISION_1, sizeof(data)},
                           .Transmit.MaxNblsToComplete = POLL_NBLS, .Receive.MaxNblsToIndicate = POLL_NBLS};
    ndis_function_enter(ndis, "NdisPoll");
    poll->chars.PollHandler(poll->context, &data);
    ndis_function_exit(ndis, "NdisPoll");
    const bool dispatch = KeGetCurrentIrql() >= DISPATCH_LEVEL;
    path_at(layer, NULL);
    PNET_BUFFER_LIST received = data.Receive.IndicatedNblChain, sent = data.Transmit.CompletedNblChain;
    if (received) {
        ULONG flags = data.Receive.Flags & ~(ULONG)NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL;
        if (dispatch) flags |= NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL;
        const unsigned count = count_nbls(received);
        check_count(poll, "indicated", data.Receive.NumberOfIndicatedNbls, count);
        path_indicate(layer, received, NDIS_DEFAULT_PORT_NUMBER, count, flags, "NdisPoll");
    }
    if (sent) {
        ULONG flags = data.Transmit.SendCompleteFlags & ~(ULONG)NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL;
        if (dispatch) flags |= NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL;
        check_count(poll, "completed", data.Transmit.NumberOfCompletedNbls, count_nbls(sent));
        path_complete(layer, sent, flags, "NdisPoll");
    }
    return received || sent;
}

/* One poll, and what it leads to. True: there is to be another. */
static bool poll_once(NDIS_POLL_HANDLE poll) {
    if (poll->state == POLL_QUIET) {
        notify(poll, false);
        poll->state = POLL_BUSY;
        poll->rounds = 0;
    }
    poll->requested = poll->pausing = false;
    poll->polling = true;
    poll->rounds++;
    const bool progress = call_poll(poll);
    if (progress && poll->state == POLL_LAST_LOOK) notify(poll, false);
    if (!progress && poll->state == POLL_BUSY) notify(poll, true);
    poll->polling = false;
    if (progress) {
        poll->state = POLL_BUSY;
        return true;
    }
    if (poll->state == POLL_BUSY) {
        poll->state = POLL_LAST_LOOK;
        return true;
    }
    poll->state = POLL_QUIET;
    poll->pausing = poll->requested;
    return poll->requested;
}

static void next(NDIS_POLL_HANDLE poll);

static void poll_in_thread(void *arg) {
    NDIS_POLL_HANDLE poll = arg;
    const struct platform *platform = poll->object.ndis->platform;
    while (!poll->closing) {
        if (poll->pausing) platform->ops->sleep_ns(platform->ctx, POLL_PAUSE_NS);
        if (poll->closing || !poll_once(poll)) break;
    }
    poll->in_thread = false;
    if (poll->requested) next(poll);
}

static VOID poll_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    NDIS_POLL_HANDLE poll = context;
    (void)dpc;
    (void)argument1;
    (void)argument2;
    if (poll->polling || poll->in_thread || !poll_once(poll)) return;
    next(poll);
}

/* Another DPC, behind those that wait; a thread when there were many in a row, or time must pass first. */
static void next(NDIS_POLL_HANDLE poll) {
    if (poll->closing) return;
    const bool long_run = poll->state != POLL_QUIET && poll->rounds >= POLL_DPC_ROUNDS;
    if ((long_run || poll->pausing) && ndis_queue_work(poll->object.ndis, poll_in_thread, poll)) poll->in_thread = true;
    else (void)KeInsertQueueDpc(&poll->dpc, NULL, NULL);
}

/* ---- The calls */
static NDIS_POLL_HANDLE poll_of(NDIS_POLL_HANDLE handle, const char *function) {
    return ndis_object_of(handle, NDIS_OBJECT_POLL, function);
}

NDIS_STATUS NdisRegisterPoll(NDIS_HANDLE NdisHandle, VOID *Context, const NDIS_POLL_CHARACTERISTICS *Characteristics,
                             NDIS_POLL_HANDLE *PollHandle) {
    struct ndis_adapter *adapter = ndis_object_of(NdisHandle, NDIS_OBJECT_ADAPTER, __func__);
    *PollHandle = NULL;
    if (!adapter || Characteristics->Header.Size < NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1) return NDIS_STATUS_INVALID_PARAMETER;
    if (!Characteristics->PollHandler || !Characteristics->SetPollNotificationHandler) return NDIS_STATUS_INVALID_PARAMETER;
    ndis_require_passive(adapter->object.ndis, __func__);
    NDIS_POLL_HANDLE poll = calloc(1, sizeof(*poll));
    if (!poll) return NDIS_STATUS_RESOURCES;
    poll->object = (struct ndis_object){.type = NDIS_OBJECT_POLL, .ndis = adapter->object.ndis, .name = adapter->object.name};
    poll->adapter = adapter;
    poll->context = Context;
    poll->chars = *Characteristics;
    KeInitializeDpc(&poll->dpc, poll_dpc, poll);
    NDIS_POLL_HANDLE *link = &adapter->polls;
    while (*link) link = &(*link)->next;
    *link = *PollHandle = poll;
    if (adapter->layer.state == NDIS_STATE_RUNNING) notify(poll, true);
    return NDIS_STATUS_SUCCESS;
}

static void forget(NDIS_POLL_HANDLE poll) {
    NDIS_POLL_HANDLE *link = &poll->adapter->polls;
    while (*link && *link != poll) link = &(*link)->next;
    if (*link) *link = poll->next;
    poll->object.type = (enum ndis_object_type)0;
    free(poll);
}

VOID NdisDeregisterPoll(NDIS_POLL_HANDLE PollHandle) {
    NDIS_POLL_HANDLE poll = poll_of(PollHandle, __func__);
    if (!poll) return;
    const struct ndis *ndis = poll->object.ndis;
    ndis_require_passive(poll->object.ndis, __func__);
    poll->closing = true;
    (void)KeRemoveQueueDpc(&poll->dpc);
    while (poll->polling || poll->in_thread) ndis->platform->ops->sleep_ns(ndis->platform->ctx, POLL_PAUSE_NS);
    forget(poll);
}

VOID NdisSetPollAffinity(NDIS_POLL_HANDLE PollHandle, const PROCESSOR_NUMBER *PollAffinity) {
    NDIS_POLL_HANDLE poll = poll_of(PollHandle, __func__);
    if (poll && (PollAffinity->Group || PollAffinity->Number))
        kernel_violation(poll->object.ndis->kernel, "kernel.processor", "[D] NdisSetPollAffinity", -1,
                         "%s wants its polls on processor %u of group %u, which is not there", poll->object.name, PollAffinity->Number,
                         PollAffinity->Group);
}

VOID NdisRequestPoll(NDIS_POLL_HANDLE PollHandle, PVOID Reserved) {
    UNREFERENCED_PARAMETER(Reserved);
    NDIS_POLL_HANDLE poll = poll_of(PollHandle, __func__);
    if (!poll || poll->closing) return;
    poll->requested = true;
    if (!poll->polling && !poll->in_thread) (void)KeInsertQueueDpc(&poll->dpc, NULL, NULL);
}

/* ---- The adapter's life */
void ndis_start_polls(struct ndis_adapter *adapter) {
    for (NDIS_POLL_HANDLE poll = adapter->polls; poll; poll = poll->next)
        if (!poll->told) notify(poll, true);
}

unsigned ndis_end_polls(struct ndis_adapter *adapter) {
    unsigned count = 0;
    for (; adapter->polls; count++) NdisDeregisterPoll(adapter->polls);
    return count;
}
