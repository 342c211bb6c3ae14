/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_check.c: the rings as they were before a callback, and what they may be after it. */
#include "netcx_check.h"

#include <stdarg.h>
#include <stdio.h>

enum { RINGS = NetRingTypeDataBuffer + 1, HEADER_BYTES = offsetof(NET_RING, BeginIndex), PACKET_BYTES = offsetof(NET_PACKET, Layout) + sizeof(NET_PACKET_LAYOUT),
       OFFSET_POISON = 0x3FF, LENGTH_POISON = 0x3FFFFFF };

struct shadow {
    UINT32 begin, end;
    UCHAR header[HEADER_BYTES];
    UCHAR *elements;
};

struct netcx_check {
    struct shadow rings[RINGS];
    bool reported;  /* in this callback */
};

static SIZE_T bytes_of(const NET_RING *ring) { return (SIZE_T)ring->NumberOfElements * ring->ElementStride; }

NTSTATUS netcx_check_create(struct netcx_queue *queue) {
    struct kernel *kernel = queue->object.kernel;
    queue->check = kernel_allocate(kernel, sizeof(*queue->check), NETCX_TAG);
    if (!queue->check) return STATUS_INSUFFICIENT_RESOURCES;
    for (unsigned i = 0; i < RINGS; i++) {
        if (!queue->rings.Rings[i]) continue;
        queue->check->rings[i].elements = kernel_allocate(kernel, bytes_of(queue->rings.Rings[i]), NETCX_TAG);
        if (!queue->check->rings[i].elements) return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

void netcx_check_destroy(struct netcx_queue *queue) {
    if (!queue->check) return;
    for (unsigned i = 0; i < RINGS; i++) kernel_free(queue->check->rings[i].elements);
    kernel_free(queue->check);
    queue->check = NULL;
}

void netcx_check_poison_packet(NET_PACKET *packet) {
    memset(packet, 0xFF, PACKET_BYTES);
    packet->Layout.Reserved0 = 0;
}

void netcx_check_poison_fragment(NET_FRAGMENT *fragment, bool capacity) {
    if (capacity) fragment->Capacity = LENGTH_POISON;
    fragment->ValidLength = LENGTH_POISON;
    fragment->Offset = OFFSET_POISON;
}

void netcx_check_before(struct netcx_queue *queue) {
    struct netcx_check *check = queue->check;
    check->reported = false;
    for (unsigned i = 0; i < RINGS; i++) {
        const NET_RING *ring = queue->rings.Rings[i];
        struct shadow *shadow = &check->rings[i];
        if (!ring) continue;
        shadow->begin = ring->BeginIndex;
        shadow->end = ring->EndIndex;
        RtlCopyMemory(shadow->header, ring, HEADER_BYTES);
        RtlCopyMemory(shadow->elements, ring->Buffer, bytes_of(ring));
    }
}

/* One report a callback: the first broken rule often breaks others. */
static void __attribute__((format(printf, 3, 4))) report(struct netcx_queue *queue, const char *rule, const char *format, ...) {
    char text[160];
    va_list arguments;
    if (queue->check->reported) return;
    queue->check->reported = true;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    netcx_violation(queue->adapter->device, rule, "%s queue %u: %s", queue->is_tx ? "transmit" : "receive", (unsigned)queue->id, text);
}

static const char *name_of(unsigned ring) {
    return ring == NetRingTypePacket ? "packet" : ring == NetRingTypeFragment ? "fragment" : "data buffer";
}

/* Is the element the driver's, of those that it had? */
static bool was_drivers(const NET_RING *ring, const struct shadow *shadow, UINT32 index) {
    return NetRingGetRangeCount(ring, shadow->begin, index) < NetRingGetRangeCount(ring, shadow->begin, shadow->end);
}

/* ---- Rules of any ring */
static void check_header(struct netcx_queue *queue, unsigned number) {
    NET_RING *ring = queue->rings.Rings[number];
    const struct shadow *shadow = &queue->check->rings[number];
    if (memcmp(shadow->header, ring, HEADER_BYTES) != 0) {
        report(queue, "netcx.ring_header", "the driver wrote into the header of the %s ring before BeginIndex", name_of(number));
        RtlCopyMemory(ring, shadow->header, HEADER_BYTES);
    }
    if (ring->BeginIndex < ring->NumberOfElements && NetRingGetRangeCount(ring, shadow->begin, ring->BeginIndex) <=
                                                         NetRingGetRangeCount(ring, shadow->begin, shadow->end))
        return;
    report(queue, "netcx.begin_index", "BeginIndex of the %s ring went from %u to %u, which is not in what the driver had, up to %u",
           name_of(number), shadow->begin, ring->BeginIndex, shadow->end);
    ring->BeginIndex = shadow->begin;
}

/* From the old EndIndex to the old BeginIndex: at most two runs of memory. The free slot in front of BeginIndex is nobody's. */
static void check_foreign(struct netcx_queue *queue, unsigned number) {
    NET_RING *ring = queue->rings.Rings[number];
    const struct shadow *shadow = &queue->check->rings[number];
    UINT32 left = NetRingGetRangeCount(ring, shadow->end, shadow->begin - 1), index = shadow->end;
    while (left > 0) {
        const UINT32 run = left < ring->NumberOfElements - index ? left : ring->NumberOfElements - index;
        UCHAR *now = ring->Buffer + (SIZE_T)index * ring->ElementStride;
        const UCHAR *then = shadow->elements + (SIZE_T)index * ring->ElementStride;
        if (memcmp(now, then, (SIZE_T)run * ring->ElementStride) != 0) {
            report(queue, "netcx.foreign_element", "the driver wrote into an element of the %s ring that is the system's, from %u to %u", name_of(number), index, index + run - 1);
            RtlCopyMemory(now, then, (SIZE_T)run * ring->ElementStride);
        }
        left -= run;
        index = 0;
    }
}

/* ---- Transmit */
static void check_tx_packets(struct netcx_queue *queue) {
    NET_RING *ring = netcx_packets(queue);
    const struct shadow *shadow = &queue->check->rings[NetRingTypePacket];
    for (UINT32 i = shadow->begin; i != shadow->end; i = NetRingIncrementIndex(ring, i)) {
        NET_PACKET *packet = NetRingGetPacketAtIndex(ring, i), now = *packet, then;
        RtlCopyMemory(&then, shadow->elements + (SIZE_T)i * ring->ElementStride, sizeof(then));
        then.Scratch = now.Scratch;
        if (memcmp(&now, &then, sizeof(then)) == 0) continue;
        report(queue, "netcx.tx_changed", "packet %u was changed by the driver, which may set Scratch alone", i);
        *packet = then;
    }
}

static void check_tx_fragments(struct netcx_queue *queue) {
    NET_RING *ring = netcx_fragments(queue);
    const struct shadow *shadow = &queue->check->rings[NetRingTypeFragment];
    for (UINT32 i = shadow->begin; i != shadow->end; i = NetRingIncrementIndex(ring, i)) {
        NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(ring, i), now = *fragment, then;
        RtlCopyMemory(&then, shadow->elements + (SIZE_T)i * ring->ElementStride, sizeof(then));
        then.Scratch = now.Scratch;
        if (memcmp(&now, &then, sizeof(then)) == 0) continue;
        report(queue, "netcx.tx_changed", "fragment %u was changed by the driver, which may set Scratch alone", i);
        *fragment = then;
    }
}

/* ---- Receive */
static const char *wrong_layout(const NET_PACKET_LAYOUT *layout) {
    const unsigned l2 = layout->Layer2HeaderLength, l3 = layout->Layer3HeaderLength, l4 = layout->Layer4HeaderLength;
    if (layout->Layer2Type > NetPacketLayer2TypeIeee80211 || layout->Layer3Type > NetPacketLayer3TypeIPv6NoExtensions ||
        layout->Layer4Type > NetPacketLayer4TypeIPNotFragment)
        return "a type that there is not";
    if (layout->Layer2Type == NetPacketLayer2TypeNull && l2 != 0) return "a null header of layer 2 with a length";
    if (layout->Layer2Type == NetPacketLayer2TypeEthernet && l2 != 0 && l2 < 14) return "an Ethernet header of less than 14 bytes";
    const bool ipv6 = layout->Layer3Type >= NetPacketLayer3TypeIPv6UnspecifiedExtensions;
    if (layout->Layer3Type && l3 != 0 && l3 < (ipv6 ? 40u : 20u)) return "an IP header that is too short";
    if (layout->Layer4Type == NetPacketLayer4TypeTcp && l4 != 0 && (l4 < 20 || l4 > 60 || l4 % 4 != 0)) return "a TCP header of an impossible length";
    if (layout->Layer4Type == NetPacketLayer4TypeUdp && l4 != 0 && l4 < 8) return "a UDP header of less than 8 bytes";
    return NULL;
}

static void check_ignored(struct netcx_queue *queue, UINT32 index, NET_PACKET *packet) {
    NET_PACKET poison = {0};
    netcx_check_poison_packet(&poison);
    poison.Ignore = 1;
    if (memcmp(packet, &poison, PACKET_BYTES) == 0 && packet->Reserved1 == 0) return;
    report(queue, "netcx.rx_ignored", "packet %u is to be ignored, and the driver wrote more into it than Ignore", index);
    *packet = poison;
}

static void check_fragment(struct netcx_queue *queue, UINT32 index, UINT32 number) {
    const NET_RING *ring = netcx_fragments(queue);
    const NET_FRAGMENT *now = NetRingGetFragmentAtIndex(ring, number);
    NET_FRAGMENT then;
    RtlCopyMemory(&then, queue->check->rings[NetRingTypeFragment].elements + (SIZE_T)number * ring->ElementStride, sizeof(then));
    const char *wrong = NULL;
    if (now->OsReserved_Bounced != then.OsReserved_Bounced) wrong = "its reserved bit was changed";
    const bool attaches = queue->adapter->rx_caps.AttachmentMode == NetRxFragmentBufferAttachmentModeDriver;
    if (!attaches && now->Capacity != then.Capacity) wrong = "its Capacity was changed";
    if (attaches && now->Capacity == LENGTH_POISON) wrong = "its Capacity was not written";
    if (now->ValidLength == LENGTH_POISON || now->Offset == OFFSET_POISON) wrong = "ValidLength or Offset was not written";
    else if (now->Offset + now->ValidLength > now->Capacity) wrong = "Offset and ValidLength exceed its Capacity";
    if (wrong) report(queue, "netcx.rx_fragment", "fragment %u of packet %u: %s", number, index, wrong);
}

/* A packet that was given back with its fragments; *used counts those of the packets before it, from the old BeginIndex on. */
static void check_received(struct netcx_queue *queue, UINT32 index, const NET_PACKET *packet, UINT32 *used) {
    const NET_RING *ring = netcx_fragments(queue);
    const struct shadow *shadow = &queue->check->rings[NetRingTypeFragment];
    const NET_PACKET_LAYOUT *layout = &packet->Layout;
    if (packet->FragmentIndex == UINT32_MAX || packet->FragmentCount == UINT16_MAX || layout->Layer2Type == 0xF || layout->Layer3Type == 0xF ||
        layout->Layer4Type == 0xF) {
        report(queue, "netcx.rx_unwritten", "packet %u was given back, and FragmentIndex, FragmentCount or a type of its Layout was not written", index);
        return;
    }
    const UINT32 given = NetRingGetRangeCount(ring, shadow->begin, ring->BeginIndex);
    const UINT32 first = NetRingGetRangeCount(ring, shadow->begin, packet->FragmentIndex);
    if (packet->FragmentCount == 0 || packet->FragmentIndex >= ring->NumberOfElements || !was_drivers(ring, shadow, packet->FragmentIndex) ||
        first + packet->FragmentCount > given) {
        report(queue, "netcx.rx_fragments", "packet %u has %u fragments from %u on, of which the driver gave back %u to %u", index,
               packet->FragmentCount, packet->FragmentIndex, shadow->begin, ring->BeginIndex);
        return;
    }
    if (first < *used) report(queue, "netcx.rx_order", "packet %u begins with fragment %u, behind which a packet before it ends", index, packet->FragmentIndex);
    *used = first + packet->FragmentCount;
    const char *wrong = wrong_layout(layout);
    if (wrong) report(queue, "netcx.rx_layout", "packet %u has a layout with %s", index, wrong);
    for (UINT32 i = 0; i < packet->FragmentCount; i++) check_fragment(queue, index, NetRingAdvanceIndex(ring, packet->FragmentIndex, (INT32)i));
}

static void check_rx_packets(struct netcx_queue *queue) {
    NET_RING *ring = netcx_packets(queue);
    const struct shadow *shadow = &queue->check->rings[NetRingTypePacket];
    bool given = true;
    UINT32 used = 0;
    for (UINT32 i = shadow->begin; i != shadow->end; i = NetRingIncrementIndex(ring, i)) {
        NET_PACKET *packet = NetRingGetPacketAtIndex(ring, i);
        given = given && i != ring->BeginIndex;
        if (packet->Ignore) {
            check_ignored(queue, i, packet);
            continue;
        }
        if (packet->Reserved1 != 0 || packet->Layout.Reserved0 != 0) {
            report(queue, "netcx.rx_reserved", "packet %u: reserved bits were changed", i);
            packet->Reserved1 = packet->Layout.Reserved0 = 0;
        }
        if (given) check_received(queue, i, packet, &used);
    }
}

/* Also of those that the driver has. */
static void check_data_buffers(struct netcx_queue *queue) {
    NET_RING *ring = queue->rings.Rings[NetRingTypeDataBuffer];
    const struct shadow *shadow = &queue->check->rings[NetRingTypeDataBuffer];
    for (UINT32 i = 0; i < ring->NumberOfElements; i++) {
        UCHAR *now = NetRingGetElementAtIndex(ring, i);
        const UCHAR *then = shadow->elements + (SIZE_T)i * ring->ElementStride;
        if (memcmp(now, then, ring->ElementStride) == 0) continue;
        report(queue, "netcx.data_buffers", "element %u of the data buffer ring was changed by the driver: its elements are for reading", i);
        RtlCopyMemory(now, then, ring->ElementStride);
    }
}

void netcx_check_after(struct netcx_queue *queue) {
    for (unsigned i = 0; i < RINGS; i++) {
        if (!queue->rings.Rings[i]) continue;
        check_header(queue, i);
        if (i == NetRingTypeDataBuffer) check_data_buffers(queue);
        else check_foreign(queue, i);
    }
    if (queue->is_tx) {
        check_tx_packets(queue);
        check_tx_fragments(queue);
    } else {
        check_rx_packets(queue);
    }
}

bool netcx_check_has_fragments(const struct netcx_queue *queue, const NET_PACKET *packet) {
    const NET_RING *ring = netcx_fragments(queue);
    return packet->FragmentCount != 0 && packet->FragmentIndex < ring->NumberOfElements &&
           NetRingGetRangeCount(ring, ring->OSReserved0, packet->FragmentIndex) + packet->FragmentCount <=
               NetRingGetRangeCount(ring, ring->OSReserved0, ring->BeginIndex);
}
