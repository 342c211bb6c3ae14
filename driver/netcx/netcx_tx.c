/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_tx.c: sends: NBLs become packets on a ring, and come back when the driver has given their packets back. [D] EvtPacketQueueAdvance
 *
 *   netcx_tx_send -> queue -> poll: translate, EvtAdvance, reclaim -> NdisMSendNetBufferListsComplete
 *
 * An NB is a packet; an NBL is completed with its last packet. MiniportReserved[0] of an NBL counts its NBs that are not done. A frame that is
 * empty or too long becomes a packet to ignore, so that the order stays, and its NBL completes as if it had been sent: NetAdapterCx has
 * no status of packets. When a ring or the bounce buffers are used up, what is queued waits for the next poll.
 */
#include "netcx_tx.h"

#include "netcx_offload.h"

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

static void open_head(struct netcx_tx *tx) {
    if (tx->next_nb || !tx->queue.head) return;
    tx->next_nb = tx->queue.head->FirstNetBuffer;
    const int64_t id = ndis_nbl_packet(tx->queue.head);
    if (id >= 0) tx->next_id = (uint64_t)id;
}

/* The next NB as a packet at the end of the ring. False: not now. */
static bool translate_one(struct netcx_queue *queue) {
    struct netcx_tx *tx = queue->tx;
    NET_RING *ring = netcx_packets(queue);
    open_head(tx);
    if (!tx->next_nb || packets_to_post(queue) == 0) return false;
    const UINT32 index = ring->EndIndex;
    struct netcx_tx_packet *packet = &tx->packets[index];
    NET_PACKET *to = NetRingGetPacketAtIndex(ring, index);
    packet->nbl = tx->queue.head;
    packet->nb = tx->next_nb;
    packet->id = tx->next_id;
    const enum netcx_map map = netcx_tx_map(queue, packet, to);
    if (map == NETCX_MAP_LATER) {
        packet->nbl = NULL;
        return false;
    }
    if (map == NETCX_MAP_NEVER) {
        to->Ignore = 1;
        queue->adapter->counters.tx_errors++;
    }
    if (tx->checksum.Enabled) *NetExtensionGetPacketChecksum(&tx->checksum, index) = netcx_checksum_ask(packet->nbl);
    ring->EndIndex = NetRingIncrementIndex(ring, index);
    tx->next_id++;
    tx->next_nb = tx->next_nb->Next;
    if (!tx->next_nb) (void)netcx_nbls_pop(&tx->queue);
    return true;
}

/* ---- From the ring */
static void count(struct netcx_queue *queue, const struct netcx_tx_packet *packet, const NET_PACKET *from) {
    if (from->Ignore) return;
    queue->adapter->counters.tx_frames++;
    queue->adapter->counters.tx_bytes += packet->nb->DataLength;
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
        RtlZeroMemory(from, ring->ElementStride);
        ring->OSReserved0 = NetRingIncrementIndex(ring, ring->OSReserved0);
        packets++;
        if (!finish_nb(tx, nbl)) continue;
        nbl->Next = done;
        done = nbl;
        nbls++;
    }
    if (done) NdisMSendNetBufferListsComplete(queue->adapter->device->ndis, done, completion_flags());
    return packets;
}

unsigned netcx_tx_poll(struct netcx_queue *queue) {
    const NET_RING *ring = netcx_packets(queue);
    unsigned work = 0;
    while (translate_one(queue)) work++;
    if (ring->BeginIndex != ring->EndIndex) netcx_queue_advance(queue);
    return work + reclaim(queue);
}

/* ---- Open and closed */
void netcx_tx_open(struct netcx_queue *queue) { queue->tx->open = true; }

void netcx_tx_flush(struct netcx_queue *queue, NDIS_STATUS status, bool all, PVOID cancel_id) {
    struct netcx_tx *tx = queue->tx;
    struct netcx_nbls kept = {NULL, NULL}, done = {NULL, NULL};
    PNET_BUFFER nb = tx->next_nb;
    bool head_stays = false;
    for (PNET_BUFFER_LIST nbl; (nbl = netcx_nbls_pop(&tx->queue)) != NULL; nb = NULL) {
        const bool begun = nb != NULL && nb != nbl->FirstNetBuffer;
        if (!all && (begun || NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl) != cancel_id)) {
            head_stays |= nb != NULL;
            netcx_nbls_append(&kept, nbl);
            continue;
        }
        nbl->Status = status;
        bool finished = false;
        for (nb = nb ? nb : nbl->FirstNetBuffer; nb; nb = nb->Next) finished = finish_nb(tx, nbl);
        if (finished) netcx_nbls_append(&done, nbl);
    }
    tx->queue = kept;
    if (!head_stays) tx->next_nb = NULL;
    if (all) tx->open = false;
    if (done.head) NdisMSendNetBufferListsComplete(queue->adapter->device->ndis, done.head, completion_flags());
}

bool netcx_tx_is_empty(const struct netcx_queue *queue) { return queue->tx->outstanding == 0; }

bool netcx_tx_is_drained(const struct netcx_queue *queue) {
    const NET_RING *ring = netcx_packets(queue);
    return netcx_tx_is_empty(queue) && ring->BeginIndex == ring->EndIndex && ring->OSReserved0 == ring->EndIndex;
}

uint64_t netcx_tx_packet_id(NETPACKETQUEUE handle, UINT32 packet_index) {
    const struct netcx_queue *queue = wdf_object_of(handle, WDF_TYPE_NET_QUEUE, __func__);
    return queue && queue->tx ? queue->tx->packets[packet_index].id : 0;
}

/* ---- Life */
static NTSTATUS allocate_bounces(struct netcx_queue *queue) {
    struct netcx_tx *tx = queue->tx;
    struct kernel *kernel = queue->object.kernel;
    tx->bounces = kernel_allocate(kernel, NETCX_TX_BOUNCES * sizeof(*tx->bounces), NETCX_TAG);
    if (!tx->bounces) return STATUS_INSUFFICIENT_RESOURCES;
    for (unsigned i = 0; i < NETCX_TX_BOUNCES; i++) {
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
    NET_EXTENSION_QUERY_INIT(&query, NET_PACKET_EXTENSION_CHECKSUM_NAME, 1, NetExtensionTypePacket);
    netcx_extensions_query(&queue->extensions, &queue->rings, &query, &tx->checksum);
    tx->packets = kernel_allocate(queue->object.kernel, netcx_packets(queue)->NumberOfElements * sizeof(*tx->packets), NETCX_TAG);
    if (!tx->packets) return STATUS_INSUFFICIENT_RESOURCES;
    tx->bounce_pad = (ULONG)((tx->alignment - tx->backfill % tx->alignment) % tx->alignment);
    tx->bounce_bytes = tx->bounce_pad + tx->backfill + tx->longest;
    return allocate_bounces(queue);
}

void netcx_tx_deinit(struct netcx_queue *queue) {
    struct netcx_tx *tx = queue->tx;
    if (!tx) return;
    for (unsigned i = 0; tx->bounces && i < NETCX_TX_BOUNCES; i++) netcx_memory_free(queue, &tx->reach, tx->bounces[i].va);
    kernel_free(tx->bounces);
    kernel_free(tx->packets);
    kernel_free(tx);
    queue->tx = NULL;
}
