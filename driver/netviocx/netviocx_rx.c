/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netviocx_rx.c: receive: the system's buffers go to the device; what it wrote comes back as packets. [D] EvtPacketQueueAdvance  [V] 5.1.6.4
 *
 * Stopping takes the buffers from the device by a reset of its queue, [V] 2.6.1: EvtCancel begins it, and the EvtAdvance that finds it done
 * gives everything back.
 */
#include "netviocx_device.h"

/* What the device says of the frame whose virtio header this is. */
static void describe(const NETVIOCX_QUEUE *queue, UINT32 packet, const UCHAR *header) {
    if (queue->checksum.Enabled) {
        /* DATA_VALID: the sum of TCP or UDP is good; of the IPv4 header it says nothing. [V] 5.1.6.4 */
        NET_PACKET_CHECKSUM *found = NetExtensionGetPacketChecksum(&queue->checksum, packet);
        *found = (NET_PACKET_CHECKSUM){0};
        if (virtio_net_is_valid(header)) found->Layer4 = NetPacketRxChecksumEvaluationValid;
    }
    if (queue->hash.Enabled && queue->device->header_bytes == VIRTIO_NET_HDR_HASH_SIZE) {
        static const int over[] = {NetPacketHashProtocolTypeIPv4, NetPacketHashProtocolTypeIPv4 | NetPacketHashProtocolTypeTcp,
                                   NetPacketHashProtocolTypeIPv4 | NetPacketHashProtocolTypeUdp, NetPacketHashProtocolTypeIPv6,
                                   NetPacketHashProtocolTypeIPv6 | NetPacketHashProtocolTypeTcp,
                                   NetPacketHashProtocolTypeIPv6 | NetPacketHashProtocolTypeUdp};
        const struct virtio_net_hash hash = virtio_net_hash_of(header);
        NET_PACKET_HASH *found = NetExtensionGetPacketHash(&queue->hash, packet);
        found->HashValue = hash.value;
        found->ProtocolType = hash.type == VIRTIO_NET_NOT_HASHED ? 0 : (UINT16)over[hash.type];
    }
}

/* A tag goes from the frame beside it. */
static void take_tag(const NETVIOCX_QUEUE *queue, UINT32 packet, NET_FRAGMENT *fragment, UCHAR *frame) {
    unsigned tci;
    if (!queue->tag.Enabled || !virtio_net_strip_tag(frame, (uint32_t)fragment->ValidLength, &tci)) return;
    NET_PACKET_IEEE8021Q *tag = NetExtensionGetPacketIeee8021Q(&queue->tag, packet);
    tag->PriorityCodePoint = tci >> 13 & 7;
    tag->VlanIdentifier = tci & 0xFFF;
    fragment->Offset = (fragment->Offset + VIRTIO_NET_TAG_BYTES) & 0x3FF;
    fragment->ValidLength = (fragment->ValidLength - VIRTIO_NET_TAG_BYTES) & 0x3FFFFFFu;
}

/* What the device wrote into a buffer, over its fragments from `index` on. Their number; 0: it says that it wrote more than there is. */
static unsigned fill(const NETVIOCX_QUEUE *queue, UINT32 index, uint32_t written) {
    unsigned count = 0;
    do {
        NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(queue->fragments, index);
        const uint32_t capacity = (uint32_t)fragment->Capacity, bytes = written < capacity ? written : capacity;
        if (count++ == queue->device->pieces) return 0;
        fragment->Offset = 0;
        fragment->ValidLength = bytes & 0x3FFFFFFu;
        written -= bytes;
        index = NetRingIncrementIndex(queue->fragments, index);
    } while (written);
    return count;
}

/* With mergeable buffers a frame may have several, of which the first became used last, [V] 5.1.6.4. Fragments of all of them; 0: the device did
 * not deliver what its header says. */
static unsigned take_buffers(const NETVIOCX_QUEUE *queue, UINT32 index, unsigned buffers, uint32_t written) {
    unsigned count = fill(queue, index, written);
    for (unsigned i = 1; i < buffers && count; i++) {
        struct vq_used used;
        index = NetRingAdvanceIndex(queue->fragments, index, (INT32)queue->device->pieces);
        if (vq_reap(queue->ring->vq, &used) <= 0) return 0;
        const unsigned more = fill(queue, index, used.written);
        count = more ? i * queue->device->pieces + more : 0;
    }
    return buffers ? count : 0;
}

/* A frame in the fragments from the ring's Begin on. One that is none is skipped: a fragment that no packet names goes back as it is. */
static void indicate(NETPACKETQUEUE handle, NETVIOCX_QUEUE *queue, const struct vq_used *used) {
    const NETVIOCX_DEVICE *device = queue->device;
    const ULONG header_bytes = device->header_bytes;
    NET_RING *packets = queue->packets, *fragments = queue->fragments;
    const UINT32 index = fragments->BeginIndex, number = packets->BeginIndex;
    UCHAR *header = NetExtensionGetFragmentVirtualAddress(&queue->va, index)->VirtualAddress;
    const bool frame = used->written >= header_bytes + ETH_HEADER;
    const unsigned buffers = frame && device->mergeable ? virtio_net_buffers(header) : 1;
    const unsigned count = take_buffers(queue, index, buffers, used->written);
    if (count == 0) {
        netviocx_fail(queue->device, "netvio.num_buffers", "[V] 5.1.6.4", "a received frame's header names buffers that are not used");
        return;
    }
    const unsigned had = buffers * device->pieces;
    fragments->BeginIndex = NetRingAdvanceIndex(fragments, index, (INT32)had);
    for (unsigned i = frame ? count : 0; i < had; i++) netviocx_buffers_skip(queue, NetRingAdvanceIndex(fragments, index, (INT32)i));
    if (!frame) return;
    NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(fragments, index);
    fragment->Offset = header_bytes & 0x3FF;
    fragment->ValidLength = (fragment->ValidLength - header_bytes) & 0x3FFFFFFu;
    NET_PACKET *packet = NetRingGetPacketAtIndex(packets, number);
    packet->FragmentIndex = index;
    packet->FragmentCount = (UINT16)count;
    packet->Layout = (NET_PACKET_LAYOUT){0};
    describe(queue, number, header);
    take_tag(queue, number, fragment, header + header_bytes);
    netcx_rx_set_packet_id(handle, number, device->mergeable ? queue->ring->ids++ : used->packet);
    packets->BeginIndex = NetRingIncrementIndex(packets, number);
}

static void drain(NETPACKETQUEUE handle, NETVIOCX_QUEUE *queue) {
    struct vq_used used;
    int found = 0;
    while (!queue->device->failed && queue->packets->BeginIndex != queue->packets->EndIndex && (found = vq_reap(queue->ring->vq, &used)) > 0)
        indicate(handle, queue, &used);
    if (found < 0) netviocx_fail(queue->device, "vq.forged_used", "[V] 2.8.8", vq_error(queue->ring->vq));
}

/* The next buffer, of fragments in front of `end`: one of them, or so many as a buffer has pieces. */
static unsigned next_buffer(const NETVIOCX_QUEUE *queue, UINT32 end, struct vq_element *chain) {
    const NET_RING *fragments = queue->fragments;
    const unsigned pieces = queue->device->pieces;
    UINT32 index = fragments->NextIndex;
    if (NetRingGetRangeCount(fragments, index, end) < pieces) return 0;
    for (unsigned i = 0; i < pieces; i++, index = NetRingIncrementIndex(fragments, index))
        chain[i] = (struct vq_element){NetExtensionGetFragmentLogicalAddress(&queue->la, index)->LogicalAddress,
                                       (uint32_t)NetRingGetFragmentAtIndex(fragments, index)->Capacity, true};
    return pieces;
}

static void post(NETVIOCX_QUEUE *queue) {
    struct vq_packed *vq = queue->ring->vq;
    const UINT32 end = netviocx_buffers_attach(queue);
    struct vq_element chain[NETVIOCX_PIECES_MAX];
    const bool counted = !queue->device->mergeable; /* else a buffer is not a frame */
    bool posted = false;
    for (unsigned pieces; (pieces = next_buffer(queue, end, chain)) > 0 && vq_free_slots(vq) >= pieces; posted = true) {
        if (vq_add(vq, chain, pieces, queue, counted ? queue->ring->ids : UINT64_MAX)) break;
        queue->ring->ids += counted;
        queue->fragments->NextIndex = NetRingAdvanceIndex(queue->fragments, queue->fragments->NextIndex, (INT32)pieces);
    }
    if (posted) vq_kick(vq);
}

/* The device has nothing any more: every packet is one to ignore, and every fragment goes back. */
static void abandon(NETVIOCX_QUEUE *queue) {
    NET_RING *packets = queue->packets, *fragments = queue->fragments;
    struct vq_used used;
    while (vq_detach(queue->ring->vq, &used)) queue->ring->ids -= !queue->device->mergeable; /* its frame never came: the id is the next one's */
    for (; packets->BeginIndex != packets->EndIndex; packets->BeginIndex = NetRingIncrementIndex(packets, packets->BeginIndex))
        NetRingGetPacketAtIndex(packets, packets->BeginIndex)->Ignore = 1;
    netviocx_buffers_skip_all(queue);
    fragments->BeginIndex = fragments->NextIndex = fragments->EndIndex;
}

/* One step towards the device's letting go of the ring; 1: it has. Not when another queue's registers are selected: the system polls again. */
static int step_reset(NETVIOCX_DEVICE *device, struct netviocx_ring *ring) {
    int done = 0;
    if (InterlockedExchange(&device->selecting, 1)) return 0;
    if (!ring->begun) ring->begun = virtio_pci_begin_queue_reset(&device->pci, ring->number) == 0;
    else done = virtio_pci_queue_reset_done(&device->pci, ring->number);
    (void)InterlockedExchange(&device->selecting, 0);
    return done;
}

/* Frames that came before the device let go are in the ring still. */
static void look_at_reset(NETPACKETQUEUE handle, NETVIOCX_QUEUE *queue) {
    struct netviocx_ring *ring = queue->ring;
    if (step_reset(queue->device, ring) == 0) return;
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
    queue->ring->begun = false;
    if (queue->device->failed) abandon(queue);
    else (void)step_reset(queue->device, queue->ring);
}

/* The first time the device has the ring already. Nobody stops a queue while another starts. */
void netviocx_rx_start(NETPACKETQUEUE handle) {
    NETVIOCX_QUEUE *queue = netviocx_queue_of(handle);
    NETVIOCX_DEVICE *device = queue->device;
    netviocx_buffers_start(queue);
    queue->ring->resetting = false; /* of a device that failed while it stopped: what is posted from here on would come back at once, for ever */
    if (device->failed || !queue->ring->reset) return;
    queue->ring->reset = false;
    if (virtio_pci_setup_queue(&device->pci, queue->ring->number, queue->ring->vq, (uint16_t)queue->ring->message))
        netviocx_fail(device, "netviocx.start", "[V] 2.6.1", device->pci.error);
    else
        virtio_pci_enable_queue(&device->pci, queue->ring->number);
}
