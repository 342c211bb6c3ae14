/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_source.h: what a client writes, once for each language: the data path capabilities of a device, by the pattern of Microsoft's page on
 * network data buffer management, and an element of each extension. NAME(x) makes names of the language's own.
 */
#include "net/netringiterator.h"
#include "netadaptercx.h"

typedef struct {
    WDFDMAENABLER dmaEnabler;
    ULONG NumTransmitControlBlocks, NumReceiveBuffers;
} BUFFER_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(BUFFER_CONTEXT, buffer_context_of)

/* One in a program, whatever the language of a unit. */
PCWDF_OBJECT_CONTEXT_TYPE_INFO NAME(type_info)(VOID);
PCWDF_OBJECT_CONTEXT_TYPE_INFO NAME(type_info)(VOID) { return WDF_GET_CONTEXT_TYPE_INFO(BUFFER_CONTEXT); }

enum { NAME(FRAGMENTS) = 16, NAME(PACKET_BYTES) = 1518 };

VOID NAME(set_capabilities)(_In_ NETADAPTER NetAdapter, _In_ WDFOBJECT Device);
VOID NAME(set_capabilities)(_In_ NETADAPTER NetAdapter, _In_ WDFOBJECT Device) {
    BUFFER_CONTEXT *context = buffer_context_of(Device);
    NET_ADAPTER_DMA_CAPABILITIES dma;
    NET_ADAPTER_TX_CAPABILITIES tx;
    NET_ADAPTER_RX_CAPABILITIES rx;
    NET_ADAPTER_DMA_CAPABILITIES_INIT(&dma, context->dmaEnabler);
    NET_ADAPTER_TX_CAPABILITIES_INIT_FOR_DMA(&tx, &dma, 1);
    tx.FragmentRingNumberOfElementsHint = context->NumTransmitControlBlocks * NAME(FRAGMENTS);
    tx.MaximumNumberOfFragments = NAME(FRAGMENTS);
    NET_ADAPTER_RX_CAPABILITIES_INIT_SYSTEM_MANAGED_DMA(&rx, &dma, NAME(PACKET_BYTES), 1);
    rx.FragmentBufferAlignment = 64;
    rx.FragmentRingNumberOfElementsHint = context->NumReceiveBuffers;
    NetAdapterSetDatapathCapabilities(NetAdapter, &tx, &rx);
}

/* Sizes, and offsets where bit-fields lie, as the compiler of this language sees them. */
void NAME(layouts)(size_t sizes[16]);
void NAME(layouts)(size_t sizes[16]) {
    const size_t all[16] = {sizeof(NET_RING), sizeof(NET_PACKET), sizeof(NET_FRAGMENT), sizeof(NET_PACKET_LAYOUT), sizeof(NET_EXTENSION),
                            sizeof(NET_EXTENSION_QUERY), sizeof(NET_PACKET_CHECKSUM), sizeof(NET_PACKET_GSO), sizeof(NET_PACKET_RSC),
                            sizeof(NET_PACKET_IEEE8021Q), sizeof(NET_PACKET_HASH), sizeof(NET_ADAPTER_RX_CAPABILITIES),
                            offsetof(NET_ADAPTER_RX_CAPABILITIES, MappingRequirement), sizeof(WDF_OBJECT_ATTRIBUTES),
                            sizeof(WDF_INTERRUPT_CONFIG), sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR)};
    for (int i = 0; i < 16; i++) sizes[i] = all[i];
}

void NAME(fragment_bits)(UINT64 *bits);
void NAME(fragment_bits)(UINT64 *bits) {
    NET_FRAGMENT fragment;
    RtlZeroMemory(&fragment, sizeof(fragment));
    fragment.ValidLength = 1;
    fragment.Capacity = 2;
    fragment.Offset = 3;
    fragment.OsReserved_Bounced = 1;
    RtlCopyMemory(bits, &fragment, sizeof(*bits));
}
