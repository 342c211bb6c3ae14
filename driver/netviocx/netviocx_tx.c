/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netviocx_tx.c: transmit: packets that the system posted go to the device; those that it is done with go back. [D] EvtPacketQueueAdvance
 *
 * A packet's virtio header is in its payload backfill, all zero or with what is asked of the device. Where the front of the frame has to be
 * other than it is (virtio_net_send.h), header and front are in memory of ours, which goes in front of what is left of the frame.
 */
#include "netviocx_fault.h"

/* What the packet asks for: the layout says where its headers are. */
static struct virtio_net_send describe(const NETVIOCX_QUEUE *queue, UINT32 number, const NET_PACKET *packet, uint32_t length) {
    const NET_PACKET_LAYOUT *layout = &packet->Layout;
    const unsigned l3 = layout->Layer2HeaderLength, l4 = l3 + layout->Layer3HeaderLength;
    struct virtio_net_send send = {
        .version = NetPacketIsIpv4(packet) ? 4 : NetPacketIsIpv6(packet) ? 6 : 0, .tcp = layout->Layer4Type == NetPacketLayer4TypeTcp, .l3 = l3,
        .l4 = l4, .length = length, .ip_bytes = layout->Layer3HeaderLength, .header_bytes = l4 + layout->Layer4HeaderLength,
        .ecn = netviocx_has(queue->device, VIRTIO_NET_F_HOST_ECN_BIT)};
    if (queue->checksum.Enabled) {
        const NET_PACKET_CHECKSUM asked = *NetExtensionGetPacketChecksum(&queue->checksum, number);
        send.checksum = asked.Layer4 == NetPacketTxChecksumActionRequired;
        send.ip_checksum = asked.Layer3 == NetPacketTxChecksumActionRequired;
    }
    if (queue->gso.Enabled) send.segment = NetExtensionGetPacketGso(&queue->gso, number)->TCP.Mss;
    if (queue->tag.Enabled) {
        const NET_PACKET_IEEE8021Q *tag = NetExtensionGetPacketIeee8021Q(&queue->tag, number);
        send.tag = tag->TxTagging != 0;
        send.tci = (unsigned)tag->PriorityCodePoint << 13 | tag->VlanIdentifier;
    }
    return send;
}

static uint32_t length_of(const NETVIOCX_QUEUE *queue, const NET_PACKET *packet) {
    uint32_t length = 0;
    UINT32 index = packet->FragmentIndex;
    for (unsigned i = 0; i < packet->FragmentCount; i++, index = NetRingIncrementIndex(queue->fragments, index))
        length += (uint32_t)NetRingGetFragmentAtIndex(queue->fragments, index)->ValidLength;
    return length;
}

/* The first `bytes` of the packet, in one piece: in place, or copied. Runs of one MDL are several fragments, and one for the CPU. */
static const UCHAR *begin_of(const NETVIOCX_QUEUE *queue, const NET_PACKET *packet, const UCHAR *frame, uint32_t bytes, UCHAR *storage) {
    UINT32 index = packet->FragmentIndex;
    uint32_t have = 0;
    if (NetRingGetFragmentAtIndex(queue->fragments, index)->ValidLength >= bytes) return frame;
    for (unsigned i = 0; i < packet->FragmentCount && have < bytes; i++, index = NetRingIncrementIndex(queue->fragments, index)) {
        const NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(queue->fragments, index);
        const uint32_t length = (uint32_t)fragment->ValidLength, count = length < bytes - have ? length : bytes - have;
        const UCHAR *va = NetExtensionGetFragmentVirtualAddress(&queue->va, index)->VirtualAddress;
        RtlCopyMemory(storage + have, va + fragment->Offset, count);
        have += count;
    }
    return storage;
}

/* Header and front in memory of ours. */
static struct vq_element put_front(const NETVIOCX_QUEUE *queue, UINT32 number, const struct virtio_net_front *front) {
    const ULONG bytes = queue->device->header_bytes, at = number * NETVIOCX_FRONT;
    UCHAR *to = (UCHAR *)WdfCommonBufferGetAlignedVirtualAddress(queue->fronts) + at;
    RtlCopyMemory(to, front->header, bytes);
    RtlCopyMemory(to + bytes, front->front, front->front_bytes);
    const uint64_t la = (uint64_t)WdfCommonBufferGetAlignedLogicalAddress(queue->fronts).QuadPart + at;
    return (struct vq_element){la, bytes + front->front_bytes, false};
}

/* The fragments from byte `skip` of the packet on. */
static unsigned put_fragments(const NETVIOCX_QUEUE *queue, const NET_PACKET *packet, uint32_t skip, struct vq_element *chain) {
    UINT32 index = packet->FragmentIndex;
    unsigned count = 0;
    for (unsigned i = 0; i < packet->FragmentCount; i++, index = NetRingIncrementIndex(queue->fragments, index)) {
        const NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(queue->fragments, index);
        const uint32_t length = (uint32_t)fragment->ValidLength, passed = skip < length ? skip : length;
        skip -= passed;
        if (passed == length) continue;
        const uint64_t la = NetExtensionGetFragmentLogicalAddress(&queue->la, index)->LogicalAddress;
        chain[count++] = (struct vq_element){la + fragment->Offset + passed, length - passed, false};
    }
    return count;
}

/* The packet as a chain. */
static unsigned make_chain(const NETVIOCX_QUEUE *queue, UINT32 number, struct vq_element *chain) {
    const NET_PACKET *packet = NetRingGetPacketAtIndex(queue->packets, number);
    const ULONG header_bytes = queue->device->header_bytes;
    const NET_FRAGMENT *first = NetRingGetFragmentAtIndex(queue->fragments, packet->FragmentIndex);
    UCHAR *frame = (UCHAR *)NetExtensionGetFragmentVirtualAddress(&queue->va, packet->FragmentIndex)->VirtualAddress + first->Offset;
    if (queue->fronts) {
        const struct virtio_net_send send = describe(queue, number, packet, length_of(queue, packet));
        const unsigned taken = virtio_net_send_taken(&send);
        if (taken) {
            struct virtio_net_front front;
            UCHAR storage[VIRTIO_NET_FRONT_BYTES];
            (void)virtio_net_send_write(&send, begin_of(queue, packet, frame, taken, storage), taken, &front); /* it fits: netviocx_adapter.c */
            chain[0] = put_front(queue, number, &front);
            return 1 + put_fragments(queue, packet, front.taken, &chain[1]);
        }
        RtlZeroMemory(frame - header_bytes, header_bytes);
        virtio_net_send_header(&send, frame, frame - header_bytes);
    } else {
        RtlZeroMemory(frame - header_bytes, header_bytes);
    }
    const unsigned count = put_fragments(queue, packet, 0, chain);
    chain[0].iova -= header_bytes;
    chain[0].length += header_bytes;
    return count;
}

static void post(NETPACKETQUEUE handle, NETVIOCX_QUEUE *queue) {
    struct vq_packed *vq = queue->ring->vq;
    NET_RING *packets = queue->packets;
    bool posted = false;
    for (; packets->NextIndex != packets->EndIndex; packets->NextIndex = NetRingIncrementIndex(packets, packets->NextIndex)) {
        struct vq_element chain[1 + NETVIOCX_LARGE_FRAGMENTS];
        NET_PACKET *packet = NetRingGetPacketAtIndex(packets, packets->NextIndex);
        if (packet->Ignore) continue;
        if (vq_free_slots(vq) < vq_most_slots(vq, packet->FragmentCount + (queue->fronts ? 1u : 0))) break;
        const uint64_t id = netcx_tx_packet_id(handle, packets->NextIndex);
        if (netviocx_fault_forgets(queue->device, id)) continue;
        const unsigned elements = make_chain(queue, packets->NextIndex, chain);
        netviocx_fault_chain(queue->device, id, chain);
        if (vq_add(vq, chain, elements, packet, id)) break;
        posted = true;
    }
    if (posted && !netviocx_fault_silences(queue->device)) vq_kick(vq);
}

/* Scratch marks what the device is done with. Both rings move on: a packet's fragments go with it. */
static void drain(NETPACKETQUEUE handle, NETVIOCX_QUEUE *queue) {
    NET_RING *packets = queue->packets, *fragments = queue->fragments;
    struct vq_used used;
    int found;
    if (netviocx_fault_blinds(queue->device)) return;
    netviocx_fault_ring(queue->device, queue->ring->vq);
    while ((found = vq_reap(queue->ring->vq, &used)) > 0) ((NET_PACKET *)used.cookie)->Scratch = 1;
    while (packets->BeginIndex != packets->NextIndex) {
        const NET_PACKET *packet = NetRingGetPacketAtIndex(packets, packets->BeginIndex);
        if (!packet->Ignore && !packet->Scratch) break;
        if (!netviocx_fault_gives_back(queue->device, netcx_tx_packet_id(handle, packets->BeginIndex))) break;
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
    if (!queue->device->failed) drain(handle, queue);
    if (!queue->device->failed) post(handle, queue);
    else abandon(queue);
}

/* The device works: it sends what was posted, and EvtAdvance gives it back. */
void netviocx_tx_cancel(NETPACKETQUEUE handle) {
    if (netviocx_queue_of(handle)->device->failed) abandon(netviocx_queue_of(handle));
}
