/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic_send.c: the sender thread, and completions.
 *
 * The thread gathers what is due into NBLs and the NBLs into one call, sends at once what it has, and sleeps until the next frame is
 * due, an NBL comes back, or somebody kicks. Code runs undisturbed between two calls of the platform, so the fields need no lock; after
 * every call that lets time pass (charge, send, wait) `running` is looked at again.
 */
#include "traffic_internal.h"

#include "traffic_parse.h"

static const uint64_t for_ever = UINT64_MAX;

bool traffic_fetch(struct traffic *traffic) {
    while (!traffic->have_pending && !traffic->exhausted) {
        const struct traffic_callbacks *callbacks = &traffic->callbacks;
        uint64_t not_before = 0;
        const uint8_t *data = NULL;
        size_t length = 0;
        int64_t id = callbacks->next(callbacks->ctx, &data, &length, &not_before);
        if (id == -1) traffic->exhausted = true;
        if (id < 0) return false;
        if (length < ETH_HEADER || length > TRAFFIC_FRAME_MAX) {
            callbacks->sent(callbacks->ctx, (uint64_t)id, NDIS_STATUS_INVALID_LENGTH);
            continue;
        }
        traffic->pending.id = (uint64_t)id;
        traffic->pending.data = data;
        traffic->pending.length = length;
        traffic->pending.not_before_ps = not_before;
        traffic->have_pending = true;
    }
    return traffic->have_pending;
}

uint64_t traffic_due_in(const struct traffic *traffic) {
    uint64_t now = traffic->platform->ops->now_ps(traffic->platform->ctx), due = traffic->pending.not_before_ps;
    return due <= now ? 0 : (due - now + 999) / 1000;
}

static size_t flow_bytes(const struct traffic *traffic) {
    return traffic->pending.length < TRAFFIC_FLOW_BYTES ? traffic->pending.length : TRAFFIC_FLOW_BYTES;
}

/* Is the pending frame of the flow of the NBL that is being built? */
static bool pending_joins(const struct traffic *traffic) {
    return traffic_same_flow(traffic->flow, traffic->flow_length, traffic->pending.data, flow_bytes(traffic));
}

static void set_slots(PNET_BUFFER_LIST nbl, const struct traffic_ask *ask) {
    nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo] = ask->checksum;
    nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo] = ask->lso;
    nbl->NetBufferListInfo[UdpSegmentationOffloadInfo] = ask->uso;
}

/* A frame whose checksum may be left to the adapter: in place of *data an edited copy. */
static void leave_checksum(struct traffic *traffic, const uint8_t **data, size_t length, struct traffic_ask *ask) {
    *ask = (struct traffic_ask){NULL, NULL, NULL};
    RtlCopyMemory(traffic->edited, *data, length);
    if (traffic_ask_checksum(&traffic->tasks, traffic->edited, length, ask)) *data = traffic->edited;
}

/* A large send of the pending frame and those that go on where it ends: one NB. False: there is none, the pending frame is as it was. */
static bool build_large(struct traffic *traffic, struct traffic_item *item, NDIS_STATUS *status) {
    struct traffic_large *large = &traffic->large;
    const uint64_t id = traffic->pending.id;
    struct traffic_ask ask = {NULL, NULL, NULL};
    if (!traffic_large_begin(large, &traffic->tasks, traffic->pending.data, traffic->pending.length)) return false;
    traffic->have_pending = false;
    while (traffic_fetch(traffic) && !traffic_due_in(traffic) && traffic->pending.id == id + large->frames &&
           traffic_large_join(large, traffic->pending.data, traffic->pending.length))
        traffic->have_pending = false;
    if (large->frames > 1)
        traffic_large_finish(large, &ask);
    else
        (void)traffic_ask_checksum(&traffic->tasks, large->bytes, large->length, &ask);
    *status = traffic_items_place(traffic, item, 0, id, large->bytes, large->length);
    if (*status != NDIS_STATUS_SUCCESS) return true;
    set_slots(item->nbl, &ask);
    item->frames[0].count = large->frames;
    traffic->tx_checksums += ask.checksum || ask.lso || ask.uso ? large->frames : 0;
    traffic->large_sends += large->frames > 1;
    traffic->large_send_frames += large->frames > 1 ? large->frames : 0;
    return true;
}

/* Fill the item with the pending frame and those after it that may share an NBL with it: of one flow, with the same slots. */
static NDIS_STATUS build(struct traffic *traffic, struct traffic_item *item) {
    struct traffic_ask ask;
    PVOID checksum = NULL; /* slot of the NBs that are in it */
    NDIS_STATUS status;
    item->used = 0;
    if (traffic->large.bytes && build_large(traffic, item, &status)) return status;
    traffic->flow_length = flow_bytes(traffic);
    RtlCopyMemory(traffic->flow, traffic->pending.data, traffic->flow_length);
    do {
        const uint8_t *data = traffic->pending.data;
        if (traffic->edited) {
            leave_checksum(traffic, &data, traffic->pending.length, &ask);
            if (item->used && ask.checksum != checksum) break;
            checksum = ask.checksum;
        }
        status = traffic_items_place(traffic, item, item->used, traffic->pending.id, data, traffic->pending.length);
        if (status != NDIS_STATUS_SUCCESS) return item->used ? NDIS_STATUS_SUCCESS : status;
        traffic->have_pending = false;
        if (traffic->edited) {
            traffic->tx_checksums += checksum != NULL;
            set_slots(item->nbl, &ask);
        }
        if (item->used == traffic->config.nbs_per_nbl || !traffic_fetch(traffic) || traffic_due_in(traffic)) break;
        if (traffic->pending.id != item->frames[0].id + item->used || !pending_joins(traffic)) break;
    } while (true);
    return NDIS_STATUS_SUCCESS;
}

/* Build NBLs until the batch is full or there is no more to do. Returns how long to wait for more, in ns: 0 not at all. */
static uint64_t gather(struct traffic *traffic) {
    while (traffic->batch_nbls < traffic->config.nbls_per_send) {
        if (!traffic_fetch(traffic)) return for_ever;
        uint64_t wait = traffic_due_in(traffic);
        if (wait) return wait;
        struct traffic_item *item = traffic->free;
        if (!item) return for_ever;
        traffic->free = item->next;
        if (build(traffic, item) != NDIS_STATUS_SUCCESS) {
            item->next = traffic->free;
            traffic->free = item;
            return for_ever;
        }
        item->nbl->Next = NULL;
        *traffic->batch_end = item->nbl;
        traffic->batch_end = &item->nbl->Next;
        traffic->batch_nbls++;
        traffic->batch_nbs += item->used;
    }
    return 0;
}

/* A miniport gives LSO version 2 back with its type alone. [D] 4 */
static void check_slots(struct traffic *traffic, const NET_BUFFER_LIST *nbl, const struct traffic_frame *frame) {
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info = {.Value = nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo]};
    if (!info.Value) return;
    if (info.LsoV2TransmitComplete.Type == NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE && !info.LsoV2TransmitComplete.Reserved) return;
    kernel_violation(traffic->kernel, "traffic.lso_complete", "[D] 4", (int64_t)frame->id,
                     "a large send was completed with 0x%08x in its slot: LsoV2TransmitComplete has Type 1 and nothing else",
                     (unsigned)(ULONG_PTR)info.Value);
}

/* NetAdapterCx maps what it was sent when its queue is polled next. False: nothing is mapped, and the frame is gone already. */
static bool wait_until_mapped(struct traffic *traffic, const struct traffic_item *item, const struct traffic_frame *frame) {
    enum { STEP_NS = 100 };
    const struct platform *platform = traffic->platform;
    while (item->in_flight && !ndis_nb_is_mapped(frame->nb)) platform->ops->sleep_ns(platform->ctx, STEP_NS);
    return item->in_flight;
}

/* The frame's memory goes while the device has it, or the NBL itself. */
static void commit_fault(struct traffic *traffic) {
    const bool frees_nbl = traffic->config.fault == TRAFFIC_FAULT_FREE_NBL;
    if ((traffic->config.fault != TRAFFIC_FAULT_FREE_UNDER_DMA && !frees_nbl) || traffic->fault_done) return;
    for (unsigned i = 0; i < traffic->config.outstanding_nbls; i++) {
        struct traffic_item *item = &traffic->items[i];
        for (unsigned k = 0; item->in_flight && k < item->used; k++) {
            struct traffic_frame *frame = &item->frames[k];
            if (frame->id != traffic->config.fault_packet) continue;
            traffic->fault_done = true;
            if (!wait_until_mapped(traffic, item, frame)) return;
            if (frees_nbl) {
                NdisFreeNetBufferList(item->nbl);
                item->nbl = NULL;
                return;
            }
            NdisFreeMemory(frame->buffer, 0, 0);
            frame->buffer = NULL;
            return;
        }
    }
}

static void send_batch(struct traffic *traffic) {
    const struct platform *platform = traffic->platform;
    platform->ops->charge(platform->ctx, PLATFORM_WORK_SEND_NB, traffic->batch_nbs);
    if (!traffic->running) return; /* paused meanwhile: the batch waits for the restart */
    PNET_BUFFER_LIST batch = traffic->batch;
    traffic->calls++;
    for (PNET_BUFFER_LIST nbl = batch; nbl; nbl = nbl->Next) {
        ((struct traffic_item *)nbl->ProtocolReserved[0])->in_flight = true;
        NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbl, traffic_cancel_id(traffic));
        nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo] = traffic_tag_slot(traffic);
    }
    traffic->outstanding += traffic->batch_nbls;
    traffic->batch = NULL;
    traffic->batch_end = &traffic->batch;
    traffic->batch_nbls = traffic->batch_nbs = 0;
    traffic_trace(traffic, PLATFORM_TRACE_FUNCTION_ENTER, "traffic_send");
    NdisSendNetBufferLists(traffic->binding, batch, NDIS_DEFAULT_PORT_NUMBER, 0);
    commit_fault(traffic);
    traffic_trace(traffic, PLATFORM_TRACE_FUNCTION_EXIT, "traffic_send");
}

void traffic_sender(void *arg) {
    struct traffic *traffic = arg;
    const struct platform *platform = traffic->platform;
    while (traffic->running) {
        /* Reset before looking: what happens from here on sets it again. */
        platform->ops->event_reset(platform->ctx, traffic->wake);
        uint64_t wait = gather(traffic);
        if (traffic->batch_nbls)
            send_batch(traffic);
        else if (wait)
            (void)platform->ops->event_wait(platform->ctx, traffic->wake, wait == for_ever ? 0 : wait);
    }
}

static void recycle(struct traffic *traffic, struct traffic_item *item) {
    item->in_flight = false;
    item->next = traffic->free;
    traffic->free = item;
}

void traffic_send_pause_check(struct traffic *traffic) {
    if (!traffic->pausing || traffic->outstanding) return;
    PNET_PNP_EVENT_NOTIFICATION event = traffic->pausing;
    traffic->pausing = NULL;
    NdisCompleteNetPnPEvent(traffic->binding, event, NDIS_STATUS_SUCCESS);
}

static void report_sent(struct traffic *traffic, const struct traffic_item *item, NDIS_STATUS status) {
    const struct traffic_callbacks *callbacks = &traffic->callbacks;
    for (unsigned i = 0; i < item->used; i++)
        for (unsigned k = 0; k < item->frames[i].count; k++) callbacks->sent(callbacks->ctx, item->frames[i].id + k, status);
}

VOID traffic_send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct traffic *traffic = context;
    const struct platform *platform = traffic->platform;
    unsigned count = 0;
    UNREFERENCED_PARAMETER(flags);
    traffic_trace(traffic, PLATFORM_TRACE_FUNCTION_ENTER, "traffic_send_complete");
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = nbl->Next) count += ((struct traffic_item *)nbl->ProtocolReserved[0])->used;
    platform->ops->charge(platform->ctx, PLATFORM_WORK_COMPLETE_NB, count);
    while (nbls) {
        PNET_BUFFER_LIST nbl = nbls;
        struct traffic_item *item = nbl->ProtocolReserved[0];
        nbls = nbl->Next;
        nbl->Next = NULL;
        if (!item->in_flight) continue; /* completed twice: NDIS reports it, and the item must not be on the free list twice */
        if (traffic->offloads_on) check_slots(traffic, nbl, &item->frames[0]);
        report_sent(traffic, item, nbl->Status);
        traffic->outstanding--;
        recycle(traffic, item);
    }
    platform->ops->event_set(platform->ctx, traffic->wake);
    traffic_send_pause_check(traffic);
    traffic_trace(traffic, PLATFORM_TRACE_FUNCTION_EXIT, "traffic_send_complete");
}

void traffic_send_drop_batch(struct traffic *traffic) {
    while (traffic->batch) {
        struct traffic_item *item = traffic->batch->ProtocolReserved[0];
        traffic->batch = traffic->batch->Next;
        report_sent(traffic, item, NDIS_STATUS_PAUSED);
        recycle(traffic, item);
    }
    traffic->batch_end = &traffic->batch;
    traffic->batch_nbls = traffic->batch_nbs = 0;
}
