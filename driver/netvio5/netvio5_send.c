/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio5_send.c: packets to the ring, and back. [D] 5  [V] 5.1.6.2
 *
 * A packet that finds no room waits, and so do those behind it; completions make room. The driver is deserialized: it queues itself, and
 * every packet ends with NdisMSendComplete.
 */
#include <errno.h>

#include "netvio5_adapter.h"

static PNDIS_PACKET *next_of(PNDIS_PACKET packet) { return (PNDIS_PACKET *)(PVOID)packet->MiniportReserved; }

/* Packets that are done, linked like those that wait, each with its status in its OOB data. */
struct done {
    PNDIS_PACKET first, last;
};

static void append(PNDIS_PACKET *first, PNDIS_PACKET *last, PNDIS_PACKET packet) {
    *next_of(packet) = NULL;
    if (*first) *next_of(*last) = packet;
    else *first = packet;
    *last = packet;
}

static void finish(struct done *done, PNDIS_PACKET packet, NDIS_STATUS status) {
    NDIS_SET_PACKET_STATUS(packet, status);
    append(&done->first, &done->last, packet);
}

/* Without the lock: the sender may send again from inside. */
static void complete(struct netvio5_adapter *adapter, struct done *done) {
    while (done->first) {
        PNDIS_PACKET packet = done->first;
        done->first = *next_of(packet);
        NdisMSendComplete(adapter->handle, packet, NDIS_GET_PACKET_STATUS(packet));
    }
}

NDIS_STATUS netvio5_send_init(struct netvio5_adapter *adapter) {
    NDIS_STATUS status = netvio5_make_ring(adapter, NETVIO5_TX, adapter->config.tx_queue_size, "netvio5 tx", &adapter->tx);
    if (status != NDIS_STATUS_SUCCESS) return status;
    const UINT bytes = (UINT)(vq_size(adapter->tx) * sizeof(*adapter->elements));
    adapter->elements = NdisAllocateMemoryWithTagPriority(adapter->handle, bytes, NETVIO5_TAG, NormalPoolPriority);
    NdisMAllocateSharedMemory(adapter->handle, VIRTIO_NET_HDR_SIZE, TRUE, &adapter->header, &adapter->header_iova);
    if (!adapter->elements || !adapter->header) return NDIS_STATUS_RESOURCES;
    NdisZeroMemory(adapter->header, VIRTIO_NET_HDR_SIZE); /* no offload is negotiated */
    return NdisMInitializeScatterGatherDma(adapter->handle, TRUE, NETVIO5_FRAME_MAX);
}

void netvio5_send_deinit(struct netvio5_adapter *adapter) {
    if (adapter->header) NdisMFreeSharedMemory(adapter->handle, VIRTIO_NET_HDR_SIZE, TRUE, adapter->header, adapter->header_iova);
    if (adapter->elements) NdisFreeMemory(adapter->elements, 0, 0);
    if (adapter->tx) vq_destroy(adapter->tx);
    adapter->tx = NULL;
}

/* Elements of the packet; 0: it is no frame, or longer than the ring. */
static unsigned describe(struct netvio5_adapter *adapter, PNDIS_PACKET packet) {
    const SCATTER_GATHER_LIST *list = NDIS_PER_PACKET_INFO_FROM_PACKET(packet, ScatterGatherListPacketInfo);
    UINT bytes;
    NdisQueryPacketLength(packet, &bytes);
    if (!list || bytes < ETH_HEADER || bytes > NETVIO5_FRAME_MAX || list->NumberOfElements + 1 > vq_size(adapter->tx)) return 0;
    adapter->elements[0] = (struct vq_element){(uint64_t)adapter->header_iova.QuadPart, VIRTIO_NET_HDR_SIZE, false};
    for (ULONG i = 0; i < list->NumberOfElements; i++)
        adapter->elements[i + 1] = (struct vq_element){(uint64_t)list->Elements[i].Address.QuadPart, list->Elements[i].Length, false};
    return list->NumberOfElements + 1;
}

/* Under the lock. True: ring the doorbell. */
static bool pump(struct netvio5_adapter *adapter, struct done *done, uint32_t *word) {
    bool posted = false;
    while (adapter->first && !adapter->failed) {
        PNDIS_PACKET packet = adapter->first;
        const unsigned count = describe(adapter, packet);
        const int error = count ? vq_add(adapter->tx, adapter->elements, count, packet, (uint64_t)ndis_packet_id(packet)) : -EINVAL;
        if (error == -ENOSPC) break;
        adapter->first = *next_of(packet);
        posted |= !error;
        adapter->tx_frames += !error;
        adapter->tx_errors += error != 0;
        if (error) finish(done, packet, NDIS_STATUS_INVALID_PACKET);
    }
    return posted && vq_kick_prepare(adapter->tx, word);
}

static void pump_and_complete(struct netvio5_adapter *adapter, struct done *done) {
    uint32_t word = 0;
    NdisAcquireSpinLock(&adapter->tx_lock);
    const bool ring = pump(adapter, done, &word);
    NdisReleaseSpinLock(&adapter->tx_lock);
    if (ring) vq_notify(adapter->tx, word);
    complete(adapter, done);
}

VOID netvio5_send_packets(NDIS_HANDLE context, PPNDIS_PACKET packets, UINT count) {
    struct netvio5_adapter *adapter = context;
    struct done done = {NULL, NULL};
    NdisAcquireSpinLock(&adapter->tx_lock);
    for (UINT i = 0; i < count; i++) {
        if (adapter->failed) finish(&done, packets[i], NDIS_STATUS_FAILURE);
        else append(&adapter->first, &adapter->last, packets[i]);
    }
    NdisReleaseSpinLock(&adapter->tx_lock);
    pump_and_complete(adapter, &done);
}

VOID netvio5_cancel_send(NDIS_HANDLE context, PVOID id) {
    struct netvio5_adapter *adapter = context;
    struct done done = {NULL, NULL};
    NdisAcquireSpinLock(&adapter->tx_lock);
    PNDIS_PACKET all = adapter->first, next;
    adapter->first = adapter->last = NULL;
    for (; all; all = next) {
        next = *next_of(all);
        if (NDIS_GET_PACKET_CANCEL_ID(all) == id) finish(&done, all, NDIS_STATUS_REQUEST_ABORTED);
        else append(&adapter->first, &adapter->last, all);
    }
    NdisReleaseSpinLock(&adapter->tx_lock);
    complete(adapter, &done);
}

bool netvio5_drain(struct netvio5_adapter *adapter) {
    struct done done = {NULL, NULL};
    struct vq_used used;
    int found;
    NdisAcquireSpinLock(&adapter->tx_lock);
    while ((found = vq_reap(adapter->tx, &used)) > 0) finish(&done, used.cookie, NDIS_STATUS_SUCCESS);
    NdisReleaseSpinLock(&adapter->tx_lock);
    const bool any = done.first != NULL;
    if (found < 0) {
        complete(adapter, &done);
        netvio5_fail(adapter, "vq.forged_used", "[V] 2.8.8", vq_error(adapter->tx));
        return false;
    }
    pump_and_complete(adapter, &done);
    return any;
}

void netvio5_abort_sends(struct netvio5_adapter *adapter, NDIS_STATUS status) {
    struct done done = {NULL, NULL};
    struct vq_used used;
    NdisAcquireSpinLock(&adapter->tx_lock);
    while (vq_detach(adapter->tx, &used)) finish(&done, used.cookie, status);
    PNDIS_PACKET waiting = adapter->first, next;
    adapter->first = adapter->last = NULL;
    for (; waiting; waiting = next) {
        next = *next_of(waiting);
        finish(&done, waiting, status);
    }
    NdisReleaseSpinLock(&adapter->tx_lock);
    complete(adapter, &done);
}
