/* SPDX-License-Identifier: Apache-2.0 */
/*
 * descriptors_net.c: NET_PACKETs and NET_FRAGMENTs on rings, with the extensions of a driver that does DMA: both addresses, checksum.
 * [D] NET_RING
 */
#include "descriptors_internal.h"

#include "net/checksum.h"
#include "net/logicaladdress.h"
#include "net/virtualaddress.h"

static NET_RING *packets_of(const struct descriptors *descriptors) {
    return NetRingCollectionGetPacketRing(descriptors->work.extra == DESCRIPTOR_EXTENSION ? &descriptors->extended : &descriptors->rings);
}
static NET_RING *fragments_of(const struct descriptors *descriptors) { return NetRingCollectionGetFragmentRing(&descriptors->rings); }

/* A context as an extension: packets are aligned to 4 bytes. */
#pragma pack(push, 4)
struct descriptor_extension {
    uint64_t words[DESCRIPTORS_CONTEXT / sizeof(uint64_t)];
};
#pragma pack(pop)
C_ASSERT(sizeof(struct descriptor_extension) == sizeof(struct descriptor_context) && _Alignof(struct descriptor_extension) == 4);

static void put_fragment(struct descriptors *descriptors, UINT32 index, PUCHAR frame) {
    NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(fragments_of(descriptors), index);
    *fragment = (NET_FRAGMENT){0};
    fragment->Capacity = fragment->ValidLength = DESCRIPTORS_FRAME;
    NetExtensionGetFragmentVirtualAddress(&descriptors->va, index)->VirtualAddress = frame;
    NetExtensionGetFragmentLogicalAddress(&descriptors->la, index)->LogicalAddress = (uint64_t)(ULONG_PTR)frame;
}

static bool net_tx_describe(struct descriptors *descriptors, unsigned count, struct descriptor_batch *batch) {
    NET_RING *packets = packets_of(descriptors), *fragments = fragments_of(descriptors);
    batch->index = packets->EndIndex;
    for (; count > 0; count--) {
        const UINT32 index = packets->EndIndex;
        PUCHAR frame = descriptors->frames[descriptors_next_frame(descriptors)];
        NET_PACKET *packet = NetRingGetPacketAtIndex(packets, index);
        put_fragment(descriptors, fragments->EndIndex, frame);
        packet->FragmentIndex = fragments->EndIndex;
        packet->FragmentCount = 1;
        if (descriptors->work.extra == DESCRIPTOR_CHECKSUM)
            *NetExtensionGetPacketChecksum(&descriptors->checksum, index) =
                (NET_PACKET_CHECKSUM){.Layer4 = NetPacketTxChecksumActionRequired};
        if (descriptors->work.extra == DESCRIPTOR_PARSE) netcx_layout_parse(&packet->Layout, frame, DESCRIPTORS_FRAME);
        fragments->EndIndex = NetRingIncrementIndex(fragments, fragments->EndIndex);
        packets->EndIndex = NetRingIncrementIndex(packets, index);
    }
    return true;
}

/* [NextIndex, EndIndex), as a driver posts. */
static bool net_read(struct descriptors *descriptors, const struct descriptor_batch *batch) {
    NET_RING *packets = packets_of(descriptors), *fragments = fragments_of(descriptors);
    UNREFERENCED_PARAMETER(batch);
    for (; packets->NextIndex != packets->EndIndex; packets->NextIndex = NetRingIncrementIndex(packets, packets->NextIndex)) {
        const UINT32 index = packets->NextIndex;
        const NET_PACKET *packet = NetRingGetPacketAtIndex(packets, index);
        const NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(fragments, packet->FragmentIndex);
        const UCHAR *va = NetExtensionGetFragmentVirtualAddress(&descriptors->va, packet->FragmentIndex)->VirtualAddress;
        const uint32_t length = (uint32_t)fragment->ValidLength;
        uint32_t flags = 0;
        if (descriptors->work.extra == DESCRIPTOR_CHECKSUM)
            flags = NetExtensionGetPacketChecksum(&descriptors->checksum, index)->Layer4 ? DESCRIPTORS_CHECKSUM_FLAG : 0;
        if (descriptors->work.extra == DESCRIPTOR_CONTEXT)
            descriptors->contexts[index] = (struct descriptor_context){{(uint64_t)(ULONG_PTR)va, length, 0}};
        if (descriptors->work.extra == DESCRIPTOR_EXTENSION)
            *(struct descriptor_extension *)NetExtensionGetData(&descriptors->context, index) =
                (struct descriptor_extension){{(uint64_t)(ULONG_PTR)va, length, 0}};
        if (descriptors->work.extra == DESCRIPTOR_PARSE) flags = descriptors_layout_flags(&packet->Layout);
        descriptors_put(descriptors, va + fragment->Offset, length, flags);
    }
    return true;
}

/* The driver gives them back, and they are cleared for the next. */
static void net_finish(struct descriptors *descriptors, const struct descriptor_batch *batch) {
    NET_RING *packets = packets_of(descriptors), *fragments = fragments_of(descriptors);
    for (unsigned i = 0; i < batch->count; i++) {
        NET_PACKET *packet = NetRingGetPacketAtIndex(packets, packets->BeginIndex);
        fragments->BeginIndex = NetRingAdvanceIndex(fragments, packet->FragmentIndex, packet->FragmentCount);
        RtlZeroMemory(packet, packets->ElementStride);
        packets->BeginIndex = NetRingIncrementIndex(packets, packets->BeginIndex);
    }
}

/* The buffers are the ring's: a frame is its length, and a packet that names the fragment. Headers are looked at by NetAdapterCx. */
static bool net_rx_describe(struct descriptors *descriptors, unsigned count, struct descriptor_batch *batch) {
    NET_RING *packets = packets_of(descriptors), *fragments = fragments_of(descriptors);
    batch->index = packets->EndIndex;
    for (; count > 0; count--) {
        const UINT32 index = packets->EndIndex;
        NET_PACKET *packet = NetRingGetPacketAtIndex(packets, index);
        NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(fragments, fragments->EndIndex);
        fragment->Offset = 0;
        fragment->ValidLength = DESCRIPTORS_FRAME;
        packet->FragmentIndex = fragments->EndIndex;
        packet->FragmentCount = 1;
        packet->Layout = (NET_PACKET_LAYOUT){0};
        if (descriptors->work.extra == DESCRIPTOR_CHECKSUM)
            *NetExtensionGetPacketChecksum(&descriptors->checksum, index) =
                (NET_PACKET_CHECKSUM){.Layer4 = NetPacketRxChecksumEvaluationValid};
        if (descriptors->work.extra == DESCRIPTOR_PARSE)
            netcx_layout_parse(&packet->Layout,
                               NetExtensionGetFragmentVirtualAddress(&descriptors->va, fragments->EndIndex)->VirtualAddress,
                               DESCRIPTORS_FRAME);
        fragments->EndIndex = NetRingIncrementIndex(fragments, fragments->EndIndex);
        packets->EndIndex = NetRingIncrementIndex(packets, index);
    }
    return true;
}

const struct descriptor_steps descriptors_net_tx = {net_tx_describe, net_read, net_finish};
const struct descriptor_steps descriptors_net_rx = {net_rx_describe, net_read, net_finish};

static void query(struct netcx_extensions *extensions, const NET_RING_COLLECTION *rings, PCWSTR name, NET_EXTENSION_TYPE type, NET_EXTENSION *found) {
    NET_EXTENSION_QUERY wanted;
    NET_EXTENSION_QUERY_INIT(&wanted, name, 1, type);
    netcx_extensions_query(extensions, rings, &wanted, found);
}

static NET_RING *make_ring(struct descriptors *descriptors, struct netcx_extensions *extensions, NET_EXTENSION_TYPE type) {
    return netcx_ring_create(descriptors->kernel, descriptors->outstanding, netcx_extensions_lay_out(extensions, type));
}

bool descriptors_net_create(struct descriptors *descriptors) {
    static const WCHAR context_name[] = {'c', 'o', 'n', 't', 'e', 'x', 't', 0};
    struct netcx_extensions extensions = {.count = 0};
    NET_RING_COLLECTION *rings = &descriptors->rings;
    netcx_extensions_add(&extensions, NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_NAME, 1, NetExtensionTypeFragment,
                         sizeof(NET_FRAGMENT_VIRTUAL_ADDRESS), _Alignof(NET_FRAGMENT_VIRTUAL_ADDRESS));
    netcx_extensions_add(&extensions, NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_NAME, 1, NetExtensionTypeFragment,
                         sizeof(NET_FRAGMENT_LOGICAL_ADDRESS), _Alignof(NET_FRAGMENT_LOGICAL_ADDRESS));
    netcx_extensions_add(&extensions, NET_PACKET_EXTENSION_CHECKSUM_NAME, 1, NetExtensionTypePacket, sizeof(NET_PACKET_CHECKSUM), 1);
    struct netcx_extensions extended = extensions;
    netcx_extensions_add(&extended, context_name, 1, NetExtensionTypePacket, sizeof(struct descriptor_extension),
                         _Alignof(struct descriptor_extension));
    rings->Rings[NetRingTypePacket] = make_ring(descriptors, &extensions, NetExtensionTypePacket);
    rings->Rings[NetRingTypeFragment] = make_ring(descriptors, &extensions, NetExtensionTypeFragment);
    descriptors->extended.Rings[NetRingTypePacket] = make_ring(descriptors, &extended, NetExtensionTypePacket);
    descriptors->extended.Rings[NetRingTypeFragment] = rings->Rings[NetRingTypeFragment];
    descriptors->contexts =
        kernel_allocate(descriptors->kernel, descriptors->outstanding * sizeof(*descriptors->contexts), DESCRIPTORS_TAG);
    if (!rings->Rings[NetRingTypePacket] || !rings->Rings[NetRingTypeFragment] || !descriptors->extended.Rings[NetRingTypePacket] ||
        !descriptors->contexts)
        return false;
    query(&extensions, rings, NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_NAME, NetExtensionTypeFragment, &descriptors->va);
    query(&extensions, rings, NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_NAME, NetExtensionTypeFragment, &descriptors->la);
    query(&extensions, rings, NET_PACKET_EXTENSION_CHECKSUM_NAME, NetExtensionTypePacket, &descriptors->checksum);
    query(&extended, &descriptors->extended, context_name, NetExtensionTypePacket, &descriptors->context);
    for (UINT32 i = 0; i < descriptors->outstanding; i++) put_fragment(descriptors, i, descriptors->frames[i]);
    return true;
}

void descriptors_net_destroy(struct descriptors *descriptors) {
    kernel_free(descriptors->extended.Rings[NetRingTypePacket]);
    for (unsigned i = 0; i < NetRingTypeDataBuffer; i++) kernel_free(descriptors->rings.Rings[i]);
    kernel_free(descriptors->contexts);
}
