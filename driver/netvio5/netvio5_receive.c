/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio5_receive.c: receive buffers: packets over shared memory for the life of the adapter. [D] 5  [V] 5.1.6.4
 *
 * The device writes its 12-byte header and then the frame; the packet's one buffer begins behind the header. When the ring has fewer than
 * an eighth of the buffers, packets are indicated with NDIS_STATUS_RESOURCES: who wants them copies, and they are back at once.
 */
#include "netvio5_adapter.h"

enum { BUDGET = 32, LOW_WATER_SHARE = 8 };

static struct netvio5_buffer *buffer_of(PNDIS_PACKET packet) { return *(struct netvio5_buffer **)(PVOID)packet->MiniportReserved; }

static NDIS_STATUS make_buffer(struct netvio5_adapter *adapter, struct netvio5_buffer *buffer) {
    const ULONG bytes = adapter->config.rx_buffer_bytes;
    NDIS_STATUS status = NDIS_STATUS_RESOURCES;
    NdisMAllocateSharedMemory(adapter->handle, VIRTIO_NET_HDR_SIZE + bytes, TRUE, &buffer->va, &buffer->iova);
    if (buffer->va) NdisAllocatePacket(&status, &buffer->packet, adapter->packets);
    if (status == NDIS_STATUS_SUCCESS)
        NdisAllocateBuffer(&status, &buffer->buffer, adapter->buffer_pool, (PUCHAR)buffer->va + VIRTIO_NET_HDR_SIZE, bytes);
    if (status != NDIS_STATUS_SUCCESS) return status;
    NdisChainBufferAtFront(buffer->packet, buffer->buffer);
    NDIS_SET_PACKET_HEADER_SIZE(buffer->packet, ETH_HEADER);
    *(struct netvio5_buffer **)(PVOID)buffer->packet->MiniportReserved = buffer;
    return status;
}

NDIS_STATUS netvio5_receive_init(struct netvio5_adapter *adapter) {
    NDIS_STATUS status = netvio5_make_ring(adapter, NETVIO5_RX, adapter->config.rx_queue_size, "netvio5 rx", &adapter->rx);
    if (status != NDIS_STATUS_SUCCESS) return status;
    const unsigned count = vq_size(adapter->rx);
    NdisAllocatePacketPool(&status, &adapter->packets, count, 0);
    if (status == NDIS_STATUS_SUCCESS) NdisAllocateBufferPool(&status, &adapter->buffer_pool, count);
    if (status != NDIS_STATUS_SUCCESS) return status;
    const UINT bytes = (UINT)(count * sizeof(*adapter->buffers));
    adapter->buffers = NdisAllocateMemoryWithTagPriority(adapter->handle, bytes, NETVIO5_TAG, NormalPoolPriority);
    if (!adapter->buffers) return NDIS_STATUS_RESOURCES;
    NdisZeroMemory(adapter->buffers, bytes);
    while (adapter->buffer_count < count && status == NDIS_STATUS_SUCCESS)
        status = make_buffer(adapter, &adapter->buffers[adapter->buffer_count++]);
    return status;
}

void netvio5_receive_deinit(struct netvio5_adapter *adapter) {
    while (adapter->buffer_count > 0) {
        struct netvio5_buffer *buffer = &adapter->buffers[--adapter->buffer_count];
        if (buffer->buffer) NdisFreeBuffer(buffer->buffer);
        if (buffer->packet) NdisFreePacket(buffer->packet);
        if (buffer->va)
            NdisMFreeSharedMemory(adapter->handle, VIRTIO_NET_HDR_SIZE + adapter->config.rx_buffer_bytes, TRUE, buffer->va, buffer->iova);
    }
    if (adapter->buffers) NdisFreeMemory(adapter->buffers, 0, 0);
    if (adapter->packets) NdisFreePacketPool(adapter->packets);
    NdisFreeBufferPool(adapter->buffer_pool);
    if (adapter->rx) vq_destroy(adapter->rx);
    adapter->rx = NULL;
}

/* There is room: the buffers are as many as fit. The n-th one takes the n-th frame, whose id is its number. Under the lock. */
static void post(struct netvio5_adapter *adapter, struct netvio5_buffer *buffer) {
    const struct vq_element element = {(uint64_t)buffer->iova.QuadPart, VIRTIO_NET_HDR_SIZE + adapter->config.rx_buffer_bytes, true};
    (void)vq_add(adapter->rx, &element, 1, buffer, adapter->ids++);
}

void netvio5_fill(struct netvio5_adapter *adapter) {
    if (vq_outstanding(adapter->rx)) return; /* after a reset netvio5_refill has done it */
    for (unsigned i = 0; i < adapter->buffer_count; i++) post(adapter, &adapter->buffers[i]);
}

/* A used buffer as a packet. False: what the device wrote is no frame. */
static bool make_packet(struct netvio5_buffer *buffer, const struct vq_used *used, bool low) {
    if (used->written < VIRTIO_NET_HDR_SIZE + ETH_HEADER) return false;
    NdisAdjustBufferLength(buffer->buffer, used->written - VIRTIO_NET_HDR_SIZE);
    NdisRecalculatePacketCounts(buffer->packet);
    NDIS_SET_PACKET_STATUS(buffer->packet, low ? NDIS_STATUS_RESOURCES : NDIS_STATUS_SUCCESS);
    ndis_packet_set_id(buffer->packet, (int64_t)used->packet);
    return true;
}

/* Returns how many packets there are, or below 0: the ring is broken. */
static int reap(struct netvio5_adapter *adapter, PNDIS_PACKET *packets, bool *reposted, bool *low) {
    struct vq_used used;
    int found = 0;
    int count = 0;
    *low = vq_outstanding(adapter->rx) < adapter->buffer_count / LOW_WATER_SHARE;
    while (count < BUDGET && (found = vq_reap(adapter->rx, &used)) > 0) {
        struct netvio5_buffer *buffer = used.cookie;
        if (adapter->packet_filter && make_packet(buffer, &used, *low)) {
            packets[count++] = buffer->packet;
            adapter->rx_frames++;
            continue;
        }
        adapter->rx_errors += adapter->packet_filter != 0;
        post(adapter, buffer);
        *reposted = true;
    }
    return found < 0 ? -1 : count;
}

bool netvio5_poll(struct netvio5_adapter *adapter) {
    PNDIS_PACKET packets[BUDGET];
    bool reposted = false, low;
    NdisAcquireSpinLock(&adapter->rx_lock);
    const unsigned before = vq_outstanding(adapter->rx);
    const int count = reap(adapter, packets, &reposted, &low);
    NdisReleaseSpinLock(&adapter->rx_lock);
    if (count < 0) {
        netvio5_fail(adapter, "vq.forged_used", "[V] 2.8.8", vq_error(adapter->rx));
        return false;
    }
    if (count == 0 && !reposted) return false;
    adapter->polling = true;
    if (count) NdisMIndicateReceivePacket(adapter->handle, packets, (UINT)count);
    adapter->polling = false;
    NdisAcquireSpinLock(&adapter->rx_lock);
    for (int i = 0; low && i < count; i++) post(adapter, buffer_of(packets[i]));
    const bool more = reposted || low || vq_outstanding(adapter->rx) + (unsigned)count > before;
    NdisReleaseSpinLock(&adapter->rx_lock);
    if (more) vq_kick(adapter->rx); /* one doorbell for all that came back meanwhile */
    return true;
}

VOID netvio5_return_packet(NDIS_HANDLE context, PNDIS_PACKET packet) {
    struct netvio5_adapter *adapter = context;
    uint32_t word = 0;
    NdisAcquireSpinLock(&adapter->rx_lock);
    if (!adapter->failed) post(adapter, buffer_of(packet));
    const bool ring = !adapter->failed && !adapter->polling && vq_kick_prepare(adapter->rx, &word);
    NdisReleaseSpinLock(&adapter->rx_lock);
    if (ring) vq_notify(adapter->rx, word);
}

void netvio5_refill(struct netvio5_adapter *adapter) {
    struct vq_used used;
    struct netvio5_buffer **parked = NdisAllocateMemoryWithTagPriority(adapter->handle, (UINT)(adapter->buffer_count * sizeof(*parked)),
                                                                       NETVIO5_TAG, NormalPoolPriority);
    unsigned count = 0;
    NdisAcquireSpinLock(&adapter->rx_lock);
    while (vq_detach(adapter->rx, &used)) {
        if (parked) parked[count++] = used.cookie;
        adapter->ids--; /* its frame never came: the id is the next one's */
    }
    (void)vq_restart(adapter->rx);
    for (unsigned i = 0; i < count; i++) post(adapter, parked[i]);
    NdisReleaseSpinLock(&adapter->rx_lock);
    if (parked) NdisFreeMemory(parked, 0, 0);
}
