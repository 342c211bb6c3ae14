/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_tx.c: sends: NBLs become packets on a ring, and come back when the driver has given their packets back. [D] EvtPacketQueueAdvance
 *
 *   netcx_tx_send -> queue -> poll: translate, EvtAdvance, reclaim -> NdisMSendNetBufferListsComplete
 *
 * An NB is a packet, or several if it is a large send that is cut here (netcx_software.c); an NBL is completed with its last packet.
 * MiniportReserved[0] of an NBL counts its NBs that are not done. A frame that is empty or too long becomes a packet to ignore, so that the
 * order stays, and its NBL completes as if it had been sent: NetAdapterCx has no status of packets. When a ring or the bounce buffers are used
 * up, what is queued waits for the next poll.
 */
#include <stdio.h>

#include "netcx_tx.h"

#include "platform_uncharged.h"

static ULONG_PTR pending_nbs(const NET_BUFFER_LIST *nbl) { return (ULONG_PTR)nbl->MiniportReserved[0]; }
static void set_pending_nbs(PNET_BUFFER_LIST nbl, ULONG_PTR count) { nbl->MiniportReserved[0] = (PVOID)count; }

static ULONG completion_flags(void) {
    return KeGetCurrentIrql() == DISPATCH_LEVEL ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0;
}

/* An NB is done; true: so is its NBL. */
static bool finish_nb(struct netcx_tx *tx, PNET_BUFFER_LIST nbl) {
    set_pending_nbs(nbl, pending_nbs(nbl) - 1);
    if (pending_nbs(nbl)) return false;
    tx->outstanding--;
    return true;
}

/* ---- From NDIS */
void netcx_tx_send(struct netcx_queue *queue, PNET_BUFFER_LIST nbls) {
    struct netcx_tx *tx = queue->tx;
    while (nbls) {
        PNET_BUFFER_LIST nbl = nbls;
        nbls = nbl->Next;
        ULONG_PTR count = 0;
        for (PNET_BUFFER nb = nbl->FirstNetBuffer; nb; nb = nb->Next) count++;
        set_pending_nbs(nbl, count);
        nbl->Status = NDIS_STATUS_SUCCESS;
        tx->outstanding++;
        netcx_nbls_append(&tx->queue, nbl);
    }
    netcx_context_wake(&queue->context);
}

/* ---- To the ring */
static UINT32 packets_to_post(const struct netcx_queue *queue) {
    const NET_RING *ring = netcx_packets(queue);
    return NetRingGetRangeCount(ring, ring->EndIndex, ring->OSReserved0 - 1);
}

static void open_head(struct netcx_queue *queue) {
    struct netcx_tx *tx = queue->tx;
    if (!tx->next_nb && tx->queue.head) {
        tx->next_nb = tx->queue.head->FirstNetBuffer;
        tx->ask = netcx_slots_ask(queue->adapter, tx->queue.head);
        const int64_t id = ndis_nbl_packet(tx->queue.head);
        if (id >= 0) tx->next_id = (uint64_t)id;
    }
    if (tx->planned || !tx->next_nb) return;
    tx->plan = netcx_plan_make(queue->adapter, tx->next_nb, &tx->ask);
    tx->planned = true;
}

/* Its memory. */
static enum netcx_map map(struct netcx_queue *queue, struct netcx_tx_packet *packet, NET_PACKET *to) {
    struct netcx_plan *plan = &queue->tx->plan;
    switch (plan->how) {
    case NETCX_AS_IT_IS: return netcx_tx_map(queue, packet, to);
    case NETCX_SUMMED_HERE:
    case NETCX_CUT_HERE: return netcx_tx_make(queue, packet, to, netcx_plan_fill, plan);
    case NETCX_NEVER: break;
    }
    return NETCX_MAP_NEVER;
}

/* What the driver is asked for. */
static void put_extensions(const struct netcx_queue *queue, UINT32 index) {
    const struct netcx_packet_extensions *extensions = &queue->tx->extensions;
    const struct netcx_plan *plan = &queue->tx->plan;
    const bool here = plan->how != NETCX_AS_IT_IS;
    const ULONG mss = here ? 0 : plan->ask.mss & 0xFFFFF;
    if (extensions->checksum.Enabled && !here) *NetExtensionGetPacketChecksum(&extensions->checksum, index) = plan->ask.sum;
    if (extensions->gso.Enabled) NetExtensionGetPacketGso(&extensions->gso, index)->TCP.Mss = mss & 0xFFFFF;
    if (extensions->lso.Enabled) NetExtensionGetPacketLso(&extensions->lso, index)->TCP.Mss = mss & 0xFFFFF;
    if (extensions->tag.Enabled) *NetExtensionGetPacketIeee8021Q(&extensions->tag, index) = plan->ask.tag;
}

/* The next frame at the head as a packet at the end of the ring. False: not now. */
static bool translate_one(struct netcx_queue *queue) {
    struct netcx_tx *tx = queue->tx;
    NET_RING *ring = netcx_packets(queue);
    open_head(queue);
    if (!tx->next_nb || packets_to_post(queue) == 0) return false;
    const UINT32 index = ring->EndIndex;
    struct netcx_tx_packet *packet = &tx->packets[index];
    NET_PACKET *to = NetRingGetPacketAtIndex(ring, index);
    packet->nb = tx->next_nb;
    packet->id = tx->next_id;
    packet->bytes = netcx_plan_bytes(&tx->plan);
    packet->needs_headers = tx->plan.how == NETCX_AS_IT_IS && netcx_asks_for_headers(&tx->ask);
    const enum netcx_map mapped = map(queue, packet, to);
    if (mapped == NETCX_MAP_LATER) {
        packet->nb = NULL;
        return false;
    }
    if (mapped == NETCX_MAP_NEVER) {
        to->Ignore = 1;
        queue->adapter->counters.tx_errors++;
    }
    put_extensions(queue, index);
    ring->EndIndex = NetRingIncrementIndex(ring, index);
    tx->next_id++;
    const bool more = mapped == NETCX_MAPPED && netcx_plan_next(&tx->plan);
    packet->nbl = more ? NULL : tx->queue.head;
    if (more) return true;
    tx->planned = false;
    tx->next_nb = tx->next_nb->Next;
    if (!tx->next_nb) (void)netcx_nbls_pop(&tx->queue);
    return true;
}

/* ---- From the ring */
static void count(struct netcx_queue *queue, const struct netcx_tx_packet *packet, const NET_PACKET *from) {
    if (from->Ignore) return;
    queue->adapter->counters.tx_frames++;
    queue->adapter->counters.tx_bytes += packet->bytes;
}

/* Takes back what the driver is done with, up to a batch of NBLs. Those of a batch go back in reverse: NetAdapterCx puts each in front. */
static unsigned reclaim(struct netcx_queue *queue) {
    struct netcx_tx *tx = queue->tx;
    NET_RING *ring = netcx_packets(queue);
    PNET_BUFFER_LIST done = NULL;
    unsigned packets = 0, nbls = 0;
    while (ring->OSReserved0 != ring->BeginIndex && nbls < NETCX_TX_BATCH) {
        struct netcx_tx_packet *packet = &tx->packets[ring->OSReserved0];
        NET_PACKET *from = NetRingGetPacketAtIndex(ring, ring->OSReserved0);
        PNET_BUFFER_LIST nbl = packet->nbl;
        netcx_tx_unmap(queue, packet);
        count(queue, packet, from);
        packet->nbl = NULL;
        packet->nb = NULL;
        RtlZeroMemory(from, ring->ElementStride);
        ring->OSReserved0 = NetRingIncrementIndex(ring, ring->OSReserved0);
        packets++;
        if (!nbl || !finish_nb(tx, nbl)) continue;
        netcx_slots_sent(nbl);
        nbl->Next = done;
        done = nbl;
        nbls++;
    }
    if (done) NdisMSendNetBufferListsComplete(queue->adapter->device->ndis, done, completion_flags());
    return packets;
}

/* All of it, or what has the cancel id and is not begun. */
static void flush(struct netcx_queue *queue, NDIS_STATUS status, bool all, PVOID cancel_id) {
    struct netcx_tx *tx = queue->tx;
    struct netcx_nbls kept = {NULL, NULL}, done = {NULL, NULL};
    PNET_BUFFER nb = tx->next_nb;
    bool head_stays = false;
    for (PNET_BUFFER_LIST nbl; (nbl = netcx_nbls_pop(&tx->queue)) != NULL; nb = NULL) {
        const bool begun = nb != NULL && (nb != nbl->FirstNetBuffer || (tx->planned && tx->plan.number > 0));
        if (!all && (begun || NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl) != cancel_id)) {
            head_stays |= nb != NULL;
            netcx_nbls_append(&kept, nbl);
            continue;
        }
        nbl->Status = status;
        bool finished = false;
        for (nb = nb ? nb : nbl->FirstNetBuffer; nb; nb = nb->Next) finished = finish_nb(tx, nbl);
        if (!finished) continue;
        netcx_slots_sent(nbl);
        netcx_nbls_append(&done, nbl);
    }
    tx->queue = kept;
    if (!head_stays) {
        tx->next_nb = NULL;
        tx->planned = false;
    }
    if (done.head) NdisMSendNetBufferListsComplete(queue->adapter->device->ndis, done.head, completion_flags());
}

unsigned netcx_tx_poll(struct netcx_queue *queue) {
    const NET_RING *ring = netcx_packets(queue);
    unsigned work = 0;
    while (queue->tx->cancels) flush(queue, NDIS_STATUS_SEND_ABORTED, false, queue->tx->cancel[--queue->tx->cancels]);
    while (!queue->cancelled && translate_one(queue)) work++;
    if (ring->BeginIndex != ring->EndIndex) netcx_queue_advance(queue);
    return work + reclaim(queue);
}

/* ---- Open and closed */
void netcx_tx_open(struct netcx_queue *queue) { queue->tx->open = true; }

void netcx_tx_flush(struct netcx_queue *queue, NDIS_STATUS status) {
    flush(queue, status, true, NULL);
    queue->tx->open = false;
    queue->tx->cancels = 0;
}

/* The context may be in the middle of an NBL. More cancels than are kept are let pass: who cancels has no right to it. */
void netcx_tx_cancel(struct netcx_queue *queue, PVOID cancel_id) {
    struct netcx_tx *tx = queue->tx;
    if (!queue->context.running) {
        flush(queue, NDIS_STATUS_SEND_ABORTED, false, cancel_id);
    } else if (tx->cancels < NETCX_TX_CANCELS) {
        tx->cancel[tx->cancels++] = cancel_id;
        netcx_context_wake(&queue->context);
    }
}

bool netcx_tx_is_empty(const struct netcx_queue *queue) { return queue->tx->outstanding == 0; }

bool netcx_tx_is_drained(const struct netcx_queue *queue) {
    const NET_RING *ring = netcx_packets(queue);
    return ring->BeginIndex == ring->EndIndex && ring->OSReserved0 == ring->EndIndex;
}

PLATFORM_UNCHARGED uint64_t netcx_tx_packet_id(NETPACKETQUEUE handle, UINT32 packet_index) {
    const struct netcx_queue *queue = netcx_queue_of(handle);
    return queue->tx ? queue->tx->packets[packet_index].id : 0;
}

void netcx_tx_stopped(struct netcx_queue *queue) {
    struct netcx_tx *tx = queue->tx;
    NET_RING *ring = netcx_packets(queue);
    for (UINT32 i = ring->OSReserved0; i != ring->EndIndex; i = NetRingIncrementIndex(ring, i))
        if (tx->packets[i].nbl) tx->packets[i].nbl->Status = NDIS_STATUS_FAILURE;
    ring->BeginIndex = ring->EndIndex;
    while (reclaim(queue) > 0) continue;
}

/* ---- For reports */
static bool has_nb(const NET_BUFFER_LIST *nbl, const NET_BUFFER *nb) {
    for (const NET_BUFFER *one = nbl->FirstNetBuffer; one; one = one->Next)
        if (one == nb) return true;
    return false;
}

bool netcx_tx_place(const struct netcx_queue *queue, const NET_BUFFER_LIST *nbl, char *text, size_t size) {
    const NET_RING *ring = netcx_packets(queue);
    for (UINT32 i = ring->OSReserved0; i != ring->EndIndex; i = NetRingIncrementIndex(ring, i)) {
        if (!queue->tx->packets[i].nb || !has_nb(nbl, queue->tx->packets[i].nb)) continue;
        const bool drivers = NetRingGetRangeCount(ring, ring->BeginIndex, i) < NetRingGetRangeCount(ring, ring->BeginIndex, ring->EndIndex);
        snprintf(text, size, "packet %u of the ring of transmit queue %u, %s (Begin %u, Next %u, End %u)", i, (unsigned)queue->id,
                 drivers ? "the driver's" : "given back", ring->BeginIndex, ring->NextIndex, ring->EndIndex);
        return true;
    }
    for (const NET_BUFFER_LIST *one = queue->tx->queue.head; one; one = one->Next) {
        if (one != nbl) continue;
        snprintf(text, size, "waits for the ring of transmit queue %u (Begin %u, End %u)", (unsigned)queue->id, ring->BeginIndex, ring->EndIndex);
        return true;
    }
    return false;
}

/* ---- Life */
static unsigned count_bounces(const struct netcx_queue *queue) {
    const UINT32 packets = netcx_packets(queue)->NumberOfElements, most = packets < NETCX_TX_BOUNCES ? packets : NETCX_TX_BOUNCES;
    const UINT32 room = NETCX_TX_BOUNCE_BYTES / queue->tx->bounce_bytes;
    return room < most ? room : most;
}

static NTSTATUS allocate_bounces(struct netcx_queue *queue) {
    struct netcx_tx *tx = queue->tx;
    struct kernel *kernel = queue->object.kernel;
    tx->bounce_count = count_bounces(queue);
    tx->bounces = kernel_allocate(kernel, tx->bounce_count * sizeof(*tx->bounces), NETCX_TAG);
    if (!tx->bounces) return STATUS_INSUFFICIENT_RESOURCES;
    for (unsigned i = 0; i < tx->bounce_count; i++) {
        struct netcx_bounce *bounce = &tx->bounces[i];
        bounce->va = netcx_memory_allocate(queue, &tx->reach, tx->bounce_bytes, "bounce buffer", &bounce->la);
        if (!bounce->va) return STATUS_INSUFFICIENT_RESOURCES;
        bounce->next = tx->free_bounces;
        tx->free_bounces = bounce;
    }
    return STATUS_SUCCESS;
}

NTSTATUS netcx_tx_init(struct netcx_queue *queue) {
    enum { TAGGED_HEADER = 18 /* a frame may have its tag in it */ };
    const struct netcx_adapter *adapter = queue->adapter;
    const NET_ADAPTER_TX_CAPABILITIES *caps = &adapter->tx_caps;
    struct netcx_tx *tx = queue->tx = kernel_allocate(queue->object.kernel, sizeof(*tx), NETCX_TAG);
    if (!tx) return STATUS_INSUFFICIENT_RESOURCES;
    const UINT32 fragments = netcx_fragments(queue)->NumberOfElements - 1;
    tx->backfill = (ULONG)caps->PayloadBackfill;
    tx->longest = TAGGED_HEADER + adapter->mtu;
    tx->longest_large = netcx_offload_longest(adapter);
    tx->alignment = caps->FragmentBufferAlignment;
    tx->most_fragments = caps->MaximumNumberOfFragments < NETCX_TX_SEGMENTS ? (ULONG)caps->MaximumNumberOfFragments : NETCX_TX_SEGMENTS;
    if (tx->most_fragments > fragments) tx->most_fragments = fragments;
    const NTSTATUS status = netcx_reach_init(&tx->reach, adapter->have_tx_dma ? &adapter->tx_dma : NULL);
    if (!NT_SUCCESS(status)) return status;
    NET_EXTENSION_QUERY query;
    NET_EXTENSION_QUERY_INIT(&query, NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_NAME, 1, NetExtensionTypeFragment);
    netcx_extensions_query(&queue->extensions, &queue->rings, &query, &tx->va);
    NET_EXTENSION_QUERY_INIT(&query, NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_NAME, 1, NetExtensionTypeFragment);
    netcx_extensions_query(&queue->extensions, &queue->rings, &query, &tx->la);
    netcx_slots_extensions(queue, &tx->extensions);
    tx->packets = kernel_allocate(queue->object.kernel, netcx_packets(queue)->NumberOfElements * sizeof(*tx->packets), NETCX_TAG);
    if (!tx->packets) return STATUS_INSUFFICIENT_RESOURCES;
    const ULONG longest = tx->longest_large > tx->longest ? tx->longest_large : tx->longest;
    tx->bounce_pad = (ULONG)((tx->alignment - tx->backfill % tx->alignment) % tx->alignment);
    tx->bounce_bytes = tx->bounce_pad + tx->backfill + longest;
    return allocate_bounces(queue);
}

void netcx_tx_deinit(struct netcx_queue *queue) {
    struct netcx_tx *tx = queue->tx;
    if (!tx) return;
    for (unsigned i = 0; tx->bounces && i < tx->bounce_count; i++) netcx_memory_free(queue, &tx->reach, tx->bounces[i].va);
    kernel_free(tx->bounces);
    kernel_free(tx->packets);
    kernel_free(tx);
    queue->tx = NULL;
}
