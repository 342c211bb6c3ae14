/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_rx.c: receives: the system posts empty packets and fragments with buffers; what the driver gives back becomes NBLs.
 * [D] EvtPacketQueueAdvance
 *
 *   poll: returned NBLs to the pool -> post packets and fragments -> EvtAdvance -> indicate, up to a batch
 *
 * A packet names its fragments. Those that no packet names were skipped by the driver, as are those of a packet to ignore: their buffers are
 * free again. A packet with a fragment that is impossible is dropped. Every NBL comes back later, never inside the indication.
 */
#include "netcx_rx.h"

#include <stdio.h>

#include "netcx_check.h"
#include "platform_uncharged.h"

/* ---- From NDIS */
void netcx_rx_return(struct netcx_queue *queue, PNET_BUFFER_LIST first, PNET_BUFFER_LIST last) {
    netcx_nbls_append_all(&queue->rx->returned, first, last);
    netcx_context_wake(&queue->context);
}

/* What comes back meanwhile is for the next poll. */
static unsigned take_returned(struct netcx_queue *queue) {
    unsigned count = 0;
    PNET_BUFFER_LIST nbl = queue->rx->returned.head;
    queue->rx->returned = (struct netcx_nbls){NULL, NULL};
    for (PNET_BUFFER_LIST next; nbl; nbl = next, count++) {
        next = nbl->Next;
        netcx_rx_release(queue, nbl);
    }
    queue->rx->out -= count;
    return count;
}

/* ---- To the rings */
static void post_packets(struct netcx_queue *queue) {
    NET_RING *ring = netcx_packets(queue);
    int64_t *ids = queue->rx->ids;
    UINT32 index = ring->EndIndex;
    for (UINT32 room = NetRingGetRangeCount(ring, index, ring->OSReserved0 - 1); room != 0; room--, index = NetRingIncrementIndex(ring, index)) {
        NET_PACKET *packet = NetRingGetPacketAtIndex(ring, index);
        RtlZeroMemory(packet, ring->ElementStride);
        netcx_check_poison_packet(packet);
        ids[index] = NETCX_RX_ID_NONE;
    }
    ring->EndIndex = index;
}

/* Empty ones, where the driver attaches. */
static void post_fragments(struct netcx_queue *queue) {
    struct netcx_rx *rx = queue->rx;
    NET_RING *ring = netcx_fragments(queue);
    UINT32 index = ring->EndIndex, room = NetRingGetRangeCount(ring, index, ring->OSReserved0 - 1);
    if (!rx->driver_attaches && room > rx->free_count) room = rx->free_count;
    for (; room != 0; room--, index = NetRingIncrementIndex(ring, index)) {
        NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(ring, index);
        RtlZeroMemory(fragment, ring->ElementStride);
        if (!rx->driver_attaches) netcx_rx_attach(rx, fragment, index);
        netcx_check_poison_fragment(fragment, rx->driver_attaches);
    }
    ring->EndIndex = index;
}

/* ---- From the rings */
/* The fragments up to `end`, each as `what` says. */
static void recycle(struct netcx_queue *queue, UINT32 end, void (*what)(struct netcx_queue *, UINT32)) {
    NET_RING *ring = netcx_fragments(queue);
    for (; ring->OSReserved0 != end; ring->OSReserved0 = NetRingIncrementIndex(ring, ring->OSReserved0)) what(queue, ring->OSReserved0);
}

static ULONG without_buffer(const struct netcx_queue *queue, UINT32 index) {
    netcx_violation(queue->adapter->device, "netcx.rx_buffer", "receive queue %u: a packet names fragment %u, in which the driver put %s",
                    (unsigned)queue->id, index, queue->rx->data ? "no data buffer that it had" : "no VirtualAddress");
    return 0;
}

/* Bytes of the frame; 0: a fragment is impossible. */
static ULONG length_of(const struct netcx_queue *queue, const NET_PACKET *packet) {
    const NET_RING *ring = netcx_fragments(queue);
    ULONG length = 0;
    for (UINT32 i = 0; i < packet->FragmentCount; i++) {
        const UINT32 index = NetRingAdvanceIndex(ring, packet->FragmentIndex, (INT32)i);
        const NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(ring, index);
        if (!NetExtensionGetFragmentVirtualAddress(&queue->rx->va, index)->VirtualAddress) return without_buffer(queue, index);
        if (fragment->Capacity > queue->rx->buffer_bytes || fragment->Offset + fragment->ValidLength > fragment->Capacity) return 0;
        if (i > 0 && fragment->Offset != 0) return 0;
        length += (ULONG)fragment->ValidLength;
    }
    return length;
}

/* Moves the buffers from the packet's fragments to an NBL. */
static PNET_BUFFER_LIST make_nbl(struct netcx_queue *queue, const NET_PACKET *packet, ULONG length) {
    struct netcx_rx *rx = queue->rx;
    NET_RING *ring = netcx_fragments(queue);
    PNET_BUFFER_LIST nbl = netcx_rx_take_nbl(rx);
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    const ULONG offset = (ULONG)NetRingGetFragmentAtIndex(ring, packet->FragmentIndex)->Offset;
    struct netcx_rx_buffer *first = NULL, **link = &first;
    PMDL last = NULL;
    for (UINT32 i = 0; i < packet->FragmentCount; i++, ring->OSReserved0 = NetRingIncrementIndex(ring, ring->OSReserved0)) {
        struct netcx_rx_buffer *buffer = netcx_rx_claim(queue, ring->OSReserved0);
        *link = buffer;
        link = &buffer->next;
        if (last) last->Next = buffer->mdl;
        last = buffer->mdl;
    }
    nbl->MiniportReserved[0] = first;
    nbl->Status = NDIS_STATUS_SUCCESS;
    nbl->NblFlags = 0;
    nb->CurrentMdl = nb->MdlChain = first->mdl;
    nb->CurrentMdlOffset = nb->DataOffset = offset;
    nb->DataLength = length;
    nb->Next = NULL;
    return nbl;
}

/* The packet at the ring's reclaim index; NULL: it is dropped. */
static PNET_BUFFER_LIST take_packet(struct netcx_queue *queue, UINT32 index) {
    const NET_RING *ring = netcx_packets(queue);
    const NET_PACKET *packet = NetRingGetPacketAtIndex(ring, index);
    if (packet->Ignore || !netcx_check_has_fragments(queue, packet)) return NULL;
    recycle(queue, packet->FragmentIndex, netcx_rx_skip);
    const ULONG length = length_of(queue, packet);
    if (length == 0 || !queue->rx->open || !queue->adapter->packet_filter) {
        recycle(queue, NetRingAdvanceIndex(netcx_fragments(queue), packet->FragmentIndex, packet->FragmentCount), netcx_rx_drop);
        queue->adapter->counters.rx_errors += length == 0;
        return NULL;
    }
    PNET_BUFFER_LIST nbl = make_nbl(queue, packet, length);
    ((struct netcx_rx_buffer *)nbl->MiniportReserved[0])->packet = index;
    ndis_nbl_set_packet(nbl, queue->rx->ids[index]);
    netcx_slots_found(queue, &queue->rx->extensions, index, nbl);
    return nbl;
}

/* Where the driver attaches there may be more fragments out than MDLs. */
static bool has_room(const struct netcx_queue *queue, UINT32 index) {
    const NET_PACKET *packet = NetRingGetPacketAtIndex(netcx_packets(queue), index);
    return packet->Ignore || !netcx_check_has_fragments(queue, packet) || packet->FragmentCount <= queue->rx->free_count;
}

static unsigned indicate(struct netcx_queue *queue) {
    struct netcx_rx *rx = queue->rx;
    NET_RING *ring = netcx_packets(queue);
    struct netcx_nbls list = {NULL, NULL};
    const bool attached = rx->driver_attaches;
    unsigned packets = 0;
    ULONG nbls = 0, bytes = 0;
    if (rx->data) netcx_rx_data_take(queue);
    while (ring->OSReserved0 != ring->BeginIndex && nbls < NETCX_RX_BATCH && (!attached || has_room(queue, ring->OSReserved0))) {
        PNET_BUFFER_LIST nbl = take_packet(queue, ring->OSReserved0);
        ring->OSReserved0 = NetRingIncrementIndex(ring, ring->OSReserved0);
        packets++;
        if (!nbl) continue;
        netcx_nbls_append(&list, nbl);
        nbls++;
        bytes += nbl->FirstNetBuffer->DataLength;
    }
    if (ring->OSReserved0 == ring->BeginIndex) recycle(queue, netcx_fragments(queue)->BeginIndex, netcx_rx_skip);
    rx->out += nbls;
    queue->adapter->counters.rx_frames += nbls;
    queue->adapter->counters.rx_bytes += bytes;
    if (nbls)
        NdisMIndicateReceiveNetBufferLists(queue->adapter->device->ndis, list.head, NDIS_DEFAULT_PORT_NUMBER, nbls,
                                           KeGetCurrentIrql() == DISPATCH_LEVEL ? NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL : 0);
    return packets;
}

unsigned netcx_rx_poll(struct netcx_queue *queue) {
    const unsigned returned = take_returned(queue);
    if (!queue->cancelled) {
        post_packets(queue);
        post_fragments(queue);
        if (queue->rx->data) netcx_rx_data_post(queue);
    }
    netcx_queue_advance(queue);
    return returned + indicate(queue);
}

/* ---- Open and closed */
void netcx_rx_open(struct netcx_queue *queue) { queue->rx->open = true; }
void netcx_rx_close(struct netcx_queue *queue) { queue->rx->open = false; }
void netcx_rx_stopped(struct netcx_queue *queue) {
    recycle(queue, netcx_fragments(queue)->EndIndex, netcx_rx_skip);
    if (queue->rx->data) netcx_rx_data_reclaim(queue);
}
bool netcx_rx_is_idle(const struct netcx_queue *queue) { return queue->rx->out == 0; }

bool netcx_rx_is_drained(const struct netcx_queue *queue) {
    const NET_RING *packets = netcx_packets(queue), *fragments = netcx_fragments(queue);
    return packets->BeginIndex == packets->EndIndex && fragments->BeginIndex == fragments->EndIndex &&
           packets->OSReserved0 == packets->EndIndex && fragments->OSReserved0 == fragments->EndIndex;
}

PLATFORM_UNCHARGED void netcx_rx_set_packet_id(NETPACKETQUEUE handle, UINT32 packet_index, uint64_t id) {
    const struct netcx_queue *queue = netcx_queue_of(handle);
    if (queue->rx) queue->rx->ids[packet_index] = (int64_t)id;
}

void netcx_rx_place(const NET_BUFFER_LIST *nbl, char *text, size_t size) {
    const struct netcx_queue *queue = nbl->MiniportReserved[1];
    const struct netcx_rx_buffer *first = nbl->MiniportReserved[0];
    snprintf(text, size, "packet %u of the ring of receive queue %u when it came (%u NBLs of the queue are out)", first ? first->packet : 0,
             (unsigned)queue->id, queue->rx->out);
}

/* ---- Life */
NTSTATUS netcx_rx_init(struct netcx_queue *queue) {
    const struct netcx_adapter *adapter = queue->adapter;
    struct kernel *kernel = queue->object.kernel;
    struct netcx_rx *rx = queue->rx = kernel_allocate(kernel, sizeof(*rx), NETCX_TAG);
    if (!rx) return STATUS_INSUFFICIENT_RESOURCES;
    rx->buffer_bytes = (ULONG)adapter->rx_caps.MaximumFrameSize;
    rx->count = netcx_fragments(queue)->NumberOfElements;
    rx->driver_allocates = adapter->rx_caps.AllocationMode == NetRxFragmentBufferAllocationModeDriver;
    rx->driver_attaches = adapter->rx_caps.AttachmentMode == NetRxFragmentBufferAttachmentModeDriver;
    NTSTATUS status = netcx_reach_init(&rx->reach, adapter->have_rx_dma ? &adapter->rx_dma : NULL);
    if (!NT_SUCCESS(status)) return status;
    NET_EXTENSION_QUERY query;
    NET_EXTENSION_QUERY_INIT(&query, NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_NAME, 1, NetExtensionTypeFragment);
    netcx_extensions_query(&queue->extensions, &queue->rings, &query, &rx->va);
    NET_EXTENSION_QUERY_INIT(&query, NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_NAME, 1, NetExtensionTypeFragment);
    netcx_extensions_query(&queue->extensions, &queue->rings, &query, &rx->la);
    NET_EXTENSION_QUERY_INIT(&query, NET_FRAGMENT_EXTENSION_RETURN_CONTEXT_NAME, 1, NetExtensionTypeFragment);
    netcx_extensions_query(&queue->extensions, &queue->rings, &query, &rx->return_context);
    netcx_slots_extensions(queue, &rx->extensions);
    rx->attached = kernel_allocate(kernel, rx->count * sizeof(*rx->attached), NETCX_TAG);
    rx->ids = kernel_allocate(kernel, netcx_packets(queue)->NumberOfElements * sizeof(*rx->ids), NETCX_TAG);
    if (!rx->attached || !rx->ids) return STATUS_INSUFFICIENT_RESOURCES;
    if (rx->driver_attaches && !rx->driver_allocates) status = netcx_rx_data_create(queue);
    return NT_SUCCESS(status) ? netcx_rx_pool_create(queue) : status;
}

void netcx_rx_deinit(struct netcx_queue *queue) {
    struct netcx_rx *rx = queue->rx;
    if (!rx) return;
    netcx_rx_pool_free(queue);
    netcx_rx_data_free(queue);
    kernel_free(rx->attached);
    kernel_free(rx->ids);
    kernel_free(rx);
    queue->rx = NULL;
}
