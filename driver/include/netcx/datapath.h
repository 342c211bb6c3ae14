/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx/datapath.h: what an adapter can send and receive, from which the system makes rings and buffers. Include netadaptercx.h, not this
 * header.
 *
 * Transmit: the system maps what it is given, and copies ("bounces") a packet into one buffer of its own exactly when it has more fragments
 * than allowed, one that is not aligned or lies too high, or no room for the backfill. Receive: the system's buffers, or the driver's.
 * Hints are hints: the ring says how long it is.
 */
#ifndef RINGSIDE_NETCX_DATAPATH_H
#define RINGSIDE_NETCX_DATAPATH_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NET_ADAPTER_DMA_CAPABILITIES {
    ULONG Size;
    WDFDMAENABLER DmaEnabler;
    PHYSICAL_ADDRESS MaximumPhysicalAddress; /* of the bus; 0: any */
    WDF_TRI_STATE CacheEnabled;
    NODE_REQUIREMENT PreferredNode;
} NET_ADAPTER_DMA_CAPABILITIES;
C_ASSERT(sizeof(NET_ADAPTER_DMA_CAPABILITIES) == 32);
FORCEINLINE void NET_ADAPTER_DMA_CAPABILITIES_INIT(NET_ADAPTER_DMA_CAPABILITIES *DmaCapabilities, WDFDMAENABLER DmaEnabler)
{
    WDK_INIT_STRUCTURE(DmaCapabilities);
    DmaCapabilities->DmaEnabler = DmaEnabler;
    DmaCapabilities->CacheEnabled = WdfUseDefault;
    DmaCapabilities->PreferredNode = MM_ANY_NODE_OK;
}

typedef enum _NET_MEMORY_MAPPING_REQUIREMENT {
    NetMemoryMappingRequirementNone, NetMemoryMappingRequirementDmaMapped
} NET_MEMORY_MAPPING_REQUIREMENT;
#define NET_ADAPTER_FRAGMENT_DEFAULT_ALIGNMENT 1

typedef struct _NET_ADAPTER_TX_CAPABILITIES {
    ULONG Size;
    NET_MEMORY_MAPPING_REQUIREMENT MappingRequirement;
    SIZE_T PayloadBackfill; /* bytes of the driver's in front of each packet */
    SIZE_T MaximumNumberOfFragments;
    SIZE_T FragmentBufferAlignment;
    UINT32 FragmentRingNumberOfElementsHint;
    SIZE_T MaximumNumberOfQueues;
    NET_ADAPTER_DMA_CAPABILITIES *DmaCapabilities;
} NET_ADAPTER_TX_CAPABILITIES;
C_ASSERT(sizeof(NET_ADAPTER_TX_CAPABILITIES) == 56);
FORCEINLINE void NET_ADAPTER_TX_CAPABILITIES_INIT(NET_ADAPTER_TX_CAPABILITIES *TxCapabilities, SIZE_T MaximumNumberOfQueues)
{
    WDK_INIT_STRUCTURE(TxCapabilities);
    TxCapabilities->MaximumNumberOfFragments = (SIZE_T)-1;
    TxCapabilities->FragmentBufferAlignment = NET_ADAPTER_FRAGMENT_DEFAULT_ALIGNMENT;
    TxCapabilities->MaximumNumberOfQueues = MaximumNumberOfQueues;
}
FORCEINLINE void NET_ADAPTER_TX_CAPABILITIES_INIT_FOR_DMA(NET_ADAPTER_TX_CAPABILITIES *TxCapabilities,
                                                          NET_ADAPTER_DMA_CAPABILITIES *DmaCapabilities, SIZE_T MaximumNumberOfQueues)
{
    NET_ADAPTER_TX_CAPABILITIES_INIT(TxCapabilities, MaximumNumberOfQueues);
    TxCapabilities->MappingRequirement = NetMemoryMappingRequirementDmaMapped;
    TxCapabilities->DmaCapabilities = DmaCapabilities;
}

/* The system is done with a buffer of the driver's. In the queue's context, as EvtAdvance. */
typedef void EVT_NET_ADAPTER_RETURN_RX_BUFFER(NETADAPTER Adapter, NET_FRAGMENT_RETURN_CONTEXT_HANDLE RxReturnContext);
typedef EVT_NET_ADAPTER_RETURN_RX_BUFFER *PFN_NET_ADAPTER_RETURN_RX_BUFFER;

typedef enum _NET_RX_FRAGMENT_BUFFER_ALLOCATION_MODE {
    NetRxFragmentBufferAllocationModeSystem, NetRxFragmentBufferAllocationModeDriver
} NET_RX_FRAGMENT_BUFFER_ALLOCATION_MODE;
typedef enum _NET_RX_FRAGMENT_BUFFER_ATTACHMENT_MODE {
    NetRxFragmentBufferAttachmentModeSystem, NetRxFragmentBufferAttachmentModeDriver
} NET_RX_FRAGMENT_BUFFER_ATTACHMENT_MODE;

typedef struct _NET_ADAPTER_RX_CAPABILITIES {
    ULONG Size;
    NET_RX_FRAGMENT_BUFFER_ALLOCATION_MODE AllocationMode;
    NET_RX_FRAGMENT_BUFFER_ATTACHMENT_MODE AttachmentMode;
    UINT32 FragmentRingNumberOfElementsHint;
    SIZE_T MaximumFrameSize; /* of a buffer, with what the device puts in front */
    SIZE_T MaximumNumberOfQueues;
    WDK_EXTENSION union {
        WDK_EXTENSION struct {
            PFN_NET_ADAPTER_RETURN_RX_BUFFER EvtAdapterReturnRxBuffer;
        };
        WDK_EXTENSION struct {
            NET_MEMORY_MAPPING_REQUIREMENT MappingRequirement;
            SIZE_T FragmentBufferAlignment;
            NET_ADAPTER_DMA_CAPABILITIES *DmaCapabilities;
        };
    };
} NET_ADAPTER_RX_CAPABILITIES;
C_ASSERT(sizeof(NET_ADAPTER_RX_CAPABILITIES) == 56);
FORCEINLINE void NET_ADAPTER_RX_CAPABILITIES_INIT_SYSTEM_MANAGED(NET_ADAPTER_RX_CAPABILITIES *RxCapabilities, SIZE_T MaximumFrameSize,
                                                                 SIZE_T MaximumNumberOfQueues)
{
    WDK_INIT_STRUCTURE(RxCapabilities);
    RxCapabilities->FragmentBufferAlignment = NET_ADAPTER_FRAGMENT_DEFAULT_ALIGNMENT;
    RxCapabilities->MaximumFrameSize = MaximumFrameSize;
    RxCapabilities->MaximumNumberOfQueues = MaximumNumberOfQueues;
}
FORCEINLINE void NET_ADAPTER_RX_CAPABILITIES_INIT_SYSTEM_MANAGED_DMA(NET_ADAPTER_RX_CAPABILITIES *RxCapabilities,
                                                                     NET_ADAPTER_DMA_CAPABILITIES *DmaCapabilities,
                                                                     SIZE_T MaximumFrameSize, SIZE_T MaximumNumberOfQueues)
{
    NET_ADAPTER_RX_CAPABILITIES_INIT_SYSTEM_MANAGED(RxCapabilities, MaximumFrameSize, MaximumNumberOfQueues);
    RxCapabilities->MappingRequirement = NetMemoryMappingRequirementDmaMapped;
    RxCapabilities->DmaCapabilities = DmaCapabilities;
}
FORCEINLINE void NET_ADAPTER_RX_CAPABILITIES_INIT_DRIVER_MANAGED(NET_ADAPTER_RX_CAPABILITIES *RxCapabilities,
                                                                 PFN_NET_ADAPTER_RETURN_RX_BUFFER EvtAdapterReturnRxBuffer,
                                                                 SIZE_T MaximumFrameSize, SIZE_T MaximumNumberOfQueues)
{
    WDK_INIT_STRUCTURE(RxCapabilities);
    RxCapabilities->AllocationMode = NetRxFragmentBufferAllocationModeDriver;
    RxCapabilities->AttachmentMode = NetRxFragmentBufferAttachmentModeDriver;
    RxCapabilities->EvtAdapterReturnRxBuffer = EvtAdapterReturnRxBuffer;
    RxCapabilities->MaximumFrameSize = MaximumFrameSize;
    RxCapabilities->MaximumNumberOfQueues = MaximumNumberOfQueues;
}

/* Before NetAdapterStart. P */
void NetAdapterSetDataPathCapabilities(NETADAPTER Adapter, NET_ADAPTER_TX_CAPABILITIES *TxCapabilities,
                                       NET_ADAPTER_RX_CAPABILITIES *RxCapabilities);
#define NetAdapterSetDatapathCapabilities NetAdapterSetDataPathCapabilities /* as documentation spells it */

#ifdef __cplusplus
}
#endif

#endif
