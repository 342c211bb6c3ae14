/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_rx.c: receives, from the ring to NDIS and back.
 *
 *   interrupt -> poll: reap, strip the header, chain NBLs -> indicate ... return -> post again in order -> doorbell
 *
 * A buffer is in one of three hands: the ring's, ours for a moment, or a protocol's. When the ring has fewer than an eighth of them, the
 * frames are indicated with RESOURCES: protocols copy, and the buffers are back at once.
 *
 * Spec: [D] 2.9 receive path  [V] 5.1.6.4
 */
#include "netvio_adapter.h"

enum { LOW_WATER_SHARE = 8 };

/* Make one buffer available. There is room: the buffers are as many as fit. The n-th one takes the n-th frame that the device delivers
 * to this queue: its number is the packet id of that frame. While the queue is reset the buffer is parked. Under rx->lock (or before
 * anyone else runs). */
static void post(struct netvio_rx *rx, struct netvio_rx_buffer *buffer) {
    if (rx->resetting)
        netvio_nbl_append(&rx->parked, buffer->nbl);
    else
        (void)vq_add(rx->vq, buffer->elements, buffer->count, buffer, rx->mergeable ? UINT64_MAX : rx->ids++);
}

/* The same for all buffers of a frame. */
static void post_frame(struct netvio_rx *rx, struct netvio_rx_buffer *buffer) {
    while (buffer) {
        struct netvio_rx_buffer *rest = buffer->merged ? netvio_rx_unmerge(buffer) : NULL;
        post(rx, buffer);
        buffer = rest;
    }
}

void netvio_rx_fill(struct netvio_rx *rx) {
    for (unsigned i = 0; i < rx->count; i++) post(rx, &rx->buffers[i]);
}

void netvio_rx_kick(struct netvio_rx *rx) { vq_kick(rx->vq); }

/* A used buffer becomes an NBL. False: what the device wrote is no frame, [V] 5.1.6.4. */
static bool make_nbl(struct netvio_rx *rx, struct netvio_rx_buffer *buffer, uint32_t written, PNET_BUFFER_LIST *nbl) {
    const ULONG header_bytes = rx->adapter->header_bytes;
    if (written < header_bytes + ETH_HEADER) return false;
    netvio_rx_reset_nb(rx, buffer, written - header_bytes);
    *nbl = buffer->nbl;
    (*nbl)->Status = NDIS_STATUS_SUCCESS;
    (*nbl)->NblFlags = 0;
    if (rx->adapter->rx_described) netvio_rx_describe(rx->adapter, buffer);
    return true;
}

struct batch {
    struct netvio_nbl_list list;
    ULONG count;     /* NBLs */
    unsigned seen;   /* buffers reaped, indicated or not */
    bool reposted;   /* some went straight back to the ring */
    bool low;        /* the ring is short of buffers */
    bool broken;
    bool misjoined;  /* a frame's header names buffers that did not come */
};

/* Reap up to the budget. Under rx.lock. */
static void reap(struct netvio_rx *rx, struct batch *batch) {
    struct vq_used used;
    int found = 0;
    bool wanted = rx->adapter->state == NETVIO_RUNNING && rx->adapter->packet_filter != 0;
    while (batch->seen < NETVIO_RX_BUDGET && (found = vq_reap(rx->vq, &used)) > 0) {
        struct netvio_rx_buffer *buffer = used.cookie;
        PNET_BUFFER_LIST nbl;
        const unsigned before = vq_outstanding(rx->vq);
        if (rx->mergeable && !netvio_rx_merge(rx, buffer, &used.written)) {
            batch->misjoined = true;
            break;
        }
        batch->seen += 1 + before - vq_outstanding(rx->vq);
        if (wanted && make_nbl(rx, buffer, used.written, &nbl)) {
            ndis_nbl_set_packet(nbl, (int64_t)(rx->mergeable ? rx->frame_ids++ : used.packet));
            rx->frames++;
            rx->bytes += used.written - rx->adapter->header_bytes;
            netvio_nbl_append(&batch->list, nbl);
            batch->count++;
            continue;
        }
        rx->errors += wanted;
        post_frame(rx, buffer);
        batch->reposted = true;
    }
    batch->broken = found < 0 || batch->misjoined;
    batch->low = vq_outstanding(rx->vq) < rx->count / LOW_WATER_SHARE;
    if (!batch->low) rx->indicated += batch->count;
}

/* Put a list of NBLs back on the ring, in order. Under rx.lock. */
static void repost(struct netvio_rx *rx, PNET_BUFFER_LIST nbls) {
    while (nbls) {
        PNET_BUFFER_LIST nbl = nbls;
        nbls = nbl->Next;
        nbl->Next = NULL;
        post_frame(rx, nbl->MiniportReserved[0]);
    }
}

static void indicate(struct netvio_rx *rx, struct batch *batch) {
    ULONG flags = NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL | NDIS_RECEIVE_FLAGS_SINGLE_QUEUE;
    if (!batch->count) return;
    NdisMIndicateReceiveNetBufferLists(rx->adapter->handle, batch->list.head, NDIS_DEFAULT_PORT_NUMBER, batch->count,
                                       batch->low ? flags | NDIS_RECEIVE_FLAGS_RESOURCES : flags);
    if (!batch->low) return;
    /* With RESOURCES the list is ours again, and no return will come. */
    NdisAcquireSpinLock(&rx->lock);
    repost(rx, batch->list.head);
    NdisReleaseSpinLock(&rx->lock);
    batch->reposted = true;
}

bool netvio_rx_poll(struct netvio_rx *rx) {
    struct batch batch = {.seen = 0};
    if (rx->adapter->failed) return false;
    NdisAcquireSpinLock(&rx->lock);
    unsigned before = vq_outstanding(rx->vq);
    reap(rx, &batch);
    NdisReleaseSpinLock(&rx->lock);
    if (batch.broken) {
        /* What came before the bad descriptor is good, but the device will be reset: it is dropped. */
        NdisAcquireSpinLock(&rx->lock);
        if (!batch.low) rx->indicated -= batch.count;
        NdisReleaseSpinLock(&rx->lock);
        if (batch.misjoined && !vq_error(rx->vq))
            netvio_fail(rx->adapter, "netvio.num_buffers", "[V] 5.1.6.4", "a received frame's header names buffers that are not used");
        else
            netvio_fail_ring(rx->adapter, rx->vq);
        return false;
    }
    rx->polling = true;
    indicate(rx, &batch);
    rx->polling = false;
    /* One doorbell for all that came back meanwhile. */
    if (!rx->resetting && (batch.reposted || vq_outstanding(rx->vq) > before - batch.seen)) netvio_rx_kick(rx);
    if (batch.low) netvio_pause_check(rx->adapter);
    return batch.seen >= NETVIO_RX_BUDGET;
}

static struct netvio_rx *owner(PNET_BUFFER_LIST nbl) { return nbl->MiniportReserved[1]; }

/* Take back a list of buffers of one queue. */
static void take_back(struct netvio_rx *rx, PNET_BUFFER_LIST nbls) {
    uint32_t word = 0;
    bool ring = false;
    NdisAcquireSpinLock(&rx->lock);
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = nbl->Next) rx->indicated--;
    if (!rx->adapter->failed) {
        repost(rx, nbls);
        ring = !rx->polling && !rx->resetting && vq_kick_prepare(rx->vq, &word);
    }
    NdisReleaseSpinLock(&rx->lock);
    if (ring) vq_notify(rx->vq, word);
}

VOID netvio_return(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct netvio_adapter *adapter = context;
    UNREFERENCED_PARAMETER(flags);
    netvio_enter(adapter, "netvio_return");
    while (nbls) {
        /* A protocol may return NBLs of several queues in one list: run by run, as they come. */
        PNET_BUFFER_LIST first = nbls, last = nbls;
        while (last->Next && owner(last->Next) == owner(first)) last = last->Next;
        nbls = last->Next;
        last->Next = NULL;
        take_back(owner(first), first);
    }
    netvio_pause_check(adapter);
    netvio_exit(adapter, "netvio_return");
}

void netvio_rx_abort(struct netvio_rx *rx) {
    struct vq_used used;
    NdisAcquireSpinLock(&rx->lock);
    while (vq_detach(rx->vq, &used)) continue;
    NdisReleaseSpinLock(&rx->lock);
}

void netvio_rx_hold(struct netvio_rx *rx) {
    NdisAcquireSpinLock(&rx->lock);
    rx->resetting = true;
    NdisReleaseSpinLock(&rx->lock);
}

void netvio_rx_recover(struct netvio_rx *rx) {
    struct vq_used used;
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old); /* as in the DPC: what is indicated says so */
    while (netvio_rx_poll(rx)) continue;
    KeLowerIrql(old);
    if (rx->adapter->failed) return;
    NdisAcquireSpinLock(&rx->lock);
    while (vq_detach(rx->vq, &used)) {
        struct netvio_rx_buffer *buffer = used.cookie;
        netvio_nbl_append(&rx->parked, buffer->nbl);
        rx->ids--; /* its frame never came: the id is the next one's */
    }
    (void)vq_restart(rx->vq);
    NdisReleaseSpinLock(&rx->lock);
}

void netvio_rx_resume(struct netvio_rx *rx) {
    NdisAcquireSpinLock(&rx->lock);
    PNET_BUFFER_LIST parked = rx->parked.head;
    rx->parked = (struct netvio_nbl_list){NULL, NULL};
    rx->resetting = false;
    repost(rx, parked);
    NdisReleaseSpinLock(&rx->lock);
    netvio_rx_kick(rx);
}
