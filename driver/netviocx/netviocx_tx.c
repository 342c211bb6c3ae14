/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netviocx_tx.c: transmit: packets that the system posted go to the device; those that it is done with go back. [D] EvtPacketQueueAdvance
 *
 * A packet's virtio header asks for nothing, and is all zero.
 */
#include "netviocx_device.h"

/* The packet's fragments as one chain, the header in front of the first. */
static unsigned make_chain(const NETVIOCX_QUEUE *queue, const NET_PACKET *packet, struct vq_element *chain) {
    UINT32 index = packet->FragmentIndex;
    for (unsigned i = 0; i < packet->FragmentCount; i++, index = NetRingIncrementIndex(queue->fragments, index)) {
        const NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(queue->fragments, index);
        const uint64_t la = NetExtensionGetFragmentLogicalAddress(&queue->la, index)->LogicalAddress;
        chain[i] = (struct vq_element){la + fragment->Offset, (uint32_t)fragment->ValidLength, false};
    }
    const NET_FRAGMENT *first = NetRingGetFragmentAtIndex(queue->fragments, packet->FragmentIndex);
    UCHAR *va = NetExtensionGetFragmentVirtualAddress(&queue->va, packet->FragmentIndex)->VirtualAddress;
    RtlZeroMemory(va + first->Offset - NETVIOCX_HEADER, NETVIOCX_HEADER);
    chain[0].iova -= NETVIOCX_HEADER;
    chain[0].length += NETVIOCX_HEADER;
    return packet->FragmentCount;
}

static void post(NETPACKETQUEUE handle, NETVIOCX_QUEUE *queue) {
    struct vq_packed *vq = queue->ring->vq;
    NET_RING *packets = queue->packets;
    bool posted = false;
    for (; packets->NextIndex != packets->EndIndex; packets->NextIndex = NetRingIncrementIndex(packets, packets->NextIndex)) {
        struct vq_element chain[NETVIOCX_FRAGMENTS];
        NET_PACKET *packet = NetRingGetPacketAtIndex(packets, packets->NextIndex);
        if (packet->Ignore) continue;
        if (vq_free_slots(vq) < vq_most_slots(vq, packet->FragmentCount)) break;
        if (vq_add(vq, chain, make_chain(queue, packet, chain), packet, netcx_tx_packet_id(handle, packets->NextIndex))) break;
        posted = true;
    }
    if (posted) vq_kick(vq);
}

/* Scratch marks what the device is done with. Both rings move on: a packet's fragments go with it. */
static void drain(NETVIOCX_QUEUE *queue) {
    NET_RING *packets = queue->packets, *fragments = queue->fragments;
    struct vq_used used;
    int found;
    while ((found = vq_reap(queue->ring->vq, &used)) > 0) ((NET_PACKET *)used.cookie)->Scratch = 1;
    while (packets->BeginIndex != packets->NextIndex) {
        const NET_PACKET *packet = NetRingGetPacketAtIndex(packets, packets->BeginIndex);
        if (!packet->Ignore && !packet->Scratch) break;
        if (!packet->Ignore) fragments->BeginIndex = NetRingAdvanceIndex(fragments, packet->FragmentIndex, packet->FragmentCount);
        packets->BeginIndex = NetRingIncrementIndex(packets, packets->BeginIndex);
    }
    if (found < 0) netviocx_fail(queue->device, "vq.forged_used", "[V] 2.8.8", vq_error(queue->ring->vq));
}

/* The device has nothing any more: what was posted is lost with it. */
static void abandon(NETVIOCX_QUEUE *queue) {
    struct vq_used used;
    while (vq_detach(queue->ring->vq, &used)) continue;
    queue->packets->BeginIndex = queue->packets->NextIndex = queue->packets->EndIndex;
    queue->fragments->BeginIndex = queue->fragments->EndIndex;
}

void netviocx_tx_advance(NETPACKETQUEUE handle) {
    NETVIOCX_QUEUE *queue = netviocx_queue_of(handle);
    if (!queue->device->failed) drain(queue);
    if (!queue->device->failed) post(handle, queue);
    else abandon(queue);
}

/* The device works: it sends what was posted, and EvtAdvance gives it back. */
void netviocx_tx_cancel(NETPACKETQUEUE handle) {
    if (netviocx_queue_of(handle)->device->failed) abandon(netviocx_queue_of(handle));
}
