/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netviocx_rx.c: receive: the system's buffers go to the device; what it wrote comes back as packets. [D] EvtPacketQueueAdvance  [V] 5.1.6.4
 *
 * Stopping takes the buffers from the device by a reset of its queue, [V] 2.6.1: EvtCancel begins it, and the EvtAdvance that finds it done
 * gives everything back.
 */
#include "netviocx_device.h"

/* A frame in the fragment at the ring's Begin. One that is none is skipped: a fragment that no packet names goes back as it is. */
static void indicate(NETPACKETQUEUE handle, NETVIOCX_QUEUE *queue, const struct vq_used *used) {
    NET_RING *packets = queue->packets, *fragments = queue->fragments;
    const UINT32 index = fragments->BeginIndex;
    fragments->BeginIndex = NetRingIncrementIndex(fragments, index);
    if (used->written < NETVIOCX_HEADER + ETH_HEADER) {
        netviocx_buffers_skip(queue, index);
        return;
    }
    NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(fragments, index);
    fragment->Offset = NETVIOCX_HEADER;
    fragment->ValidLength = (used->written - NETVIOCX_HEADER) & 0x3FFFFFFu;
    NET_PACKET *packet = NetRingGetPacketAtIndex(packets, packets->BeginIndex);
    packet->FragmentIndex = index;
    packet->FragmentCount = 1;
    packet->Layout = (NET_PACKET_LAYOUT){0};
    if (queue->checksum.Enabled) {
        /* DATA_VALID: the sum of TCP or UDP is good; of the IPv4 header it says nothing. [V] 5.1.6.4 */
        const UCHAR *header = NetExtensionGetFragmentVirtualAddress(&queue->va, index)->VirtualAddress;
        NET_PACKET_CHECKSUM *found = NetExtensionGetPacketChecksum(&queue->checksum, packets->BeginIndex);
        *found = (NET_PACKET_CHECKSUM){0};
        if (header[VIRTIO_NET_HDR_FLAGS] >> VIRTIO_NET_HDR_F_DATA_VALID_BIT & 1) found->Layer4 = NetPacketRxChecksumEvaluationValid;
    }
    netcx_rx_set_packet_id(handle, packets->BeginIndex, used->packet);
    packets->BeginIndex = NetRingIncrementIndex(packets, packets->BeginIndex);
}

static void drain(NETPACKETQUEUE handle, NETVIOCX_QUEUE *queue) {
    struct vq_used used;
    int found = 0;
    while (queue->packets->BeginIndex != queue->packets->EndIndex && (found = vq_reap(queue->ring->vq, &used)) > 0)
        indicate(handle, queue, &used);
    if (found < 0) netviocx_fail(queue->device, "vq.forged_used", "[V] 2.8.8", vq_error(queue->ring->vq));
}

static void post(NETVIOCX_QUEUE *queue) {
    struct vq_packed *vq = queue->ring->vq;
    NET_RING *fragments = queue->fragments;
    const UINT32 end = netviocx_buffers_attach(queue);
    bool posted = false;
    for (; fragments->NextIndex != end; fragments->NextIndex = NetRingIncrementIndex(fragments, fragments->NextIndex)) {
        const NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(fragments, fragments->NextIndex);
        const uint64_t la = NetExtensionGetFragmentLogicalAddress(&queue->la, fragments->NextIndex)->LogicalAddress;
        const struct vq_element element = {la, (uint32_t)fragment->Capacity, true};
        if (vq_free_slots(vq) == 0 || vq_add(vq, &element, 1, queue, queue->ring->ids)) break;
        queue->ring->ids++;
        posted = true;
    }
    if (posted) vq_kick(vq);
}

/* The device has nothing any more: every packet is one to ignore, and every fragment goes back. */
static void abandon(NETVIOCX_QUEUE *queue) {
    NET_RING *packets = queue->packets, *fragments = queue->fragments;
    struct vq_used used;
    while (vq_detach(queue->ring->vq, &used)) queue->ring->ids--; /* its frame never came: the id is the next one's */
    for (; packets->BeginIndex != packets->EndIndex; packets->BeginIndex = NetRingIncrementIndex(packets, packets->BeginIndex))
        NetRingGetPacketAtIndex(packets, packets->BeginIndex)->Ignore = 1;
    netviocx_buffers_skip_all(queue);
    fragments->BeginIndex = fragments->NextIndex = fragments->EndIndex;
}

/* Frames that came before the device let go are in the ring still. */
static void look_at_reset(NETPACKETQUEUE handle, NETVIOCX_QUEUE *queue) {
    struct netviocx_ring *ring = queue->ring;
    if (virtio_pci_queue_reset_done(&queue->device->pci, ring->number) == 0) return;
    drain(handle, queue);
    abandon(queue);
    (void)vq_restart(ring->vq);
    ring->resetting = false;
    ring->reset = true;
}

/* A device that failed has nothing more to receive: buffers stay on the ring until they are asked for. */
void netviocx_rx_advance(NETPACKETQUEUE handle) {
    NETVIOCX_QUEUE *queue = netviocx_queue_of(handle);
    struct netviocx_ring *ring = queue->ring;
    if (ring->resetting && queue->device->failed) abandon(queue);
    else if (ring->resetting) look_at_reset(handle, queue);
    else if (!queue->device->failed) drain(handle, queue);
    if (!queue->device->failed && !ring->resetting && !ring->reset) post(queue);
    netviocx_buffers_detach(queue);
}

void netviocx_rx_cancel(NETPACKETQUEUE handle) {
    NETVIOCX_QUEUE *queue = netviocx_queue_of(handle);
    queue->ring->resetting = true;
    if (queue->device->failed) abandon(queue);
    else (void)virtio_pci_begin_queue_reset(&queue->device->pci, queue->ring->number);
}

/* The first time the device has the ring already. */
void netviocx_rx_start(NETPACKETQUEUE handle) {
    NETVIOCX_QUEUE *queue = netviocx_queue_of(handle);
    NETVIOCX_DEVICE *device = queue->device;
    netviocx_buffers_start(queue);
    if (device->failed || !queue->ring->reset) return;
    queue->ring->resetting = queue->ring->reset = false;
    if (virtio_pci_setup_queue(&device->pci, queue->ring->number, queue->ring->vq, (uint16_t)queue->ring->message))
        netviocx_fail(device, "netviocx.start", "[V] 2.6.1", device->pci.error);
    else
        virtio_pci_enable_queue(&device->pci, queue->ring->number);
}
