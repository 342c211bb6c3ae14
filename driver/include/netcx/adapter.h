/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx/adapter.h: an adapter, from EvtDriverDeviceAdd to its end. Include netadaptercx.h, not this header.
 *
 *   EvtDriverDeviceAdd          NetDeviceInitConfig, WdfDeviceCreate, NetAdapterInitAllocate ... NetAdapterCreate, NetAdapterInitFree
 *   EvtDevicePrepareHardware    capabilities, MTU and addresses in any order, then NetAdapterStart
 *   EvtDeviceD0Entry            [then queues are made, and started with the data path]
 *   any time                    NetAdapterSetLinkState (up to DISPATCH_LEVEL), NetAdapterSetLinkLayerMtuSize, current address
 */
#ifndef RINGSIDE_NETCX_ADAPTER_H
#define RINGSIDE_NETCX_ADAPTER_H

#ifdef __cplusplus
extern "C" {
#endif

DECLARE_HANDLE(NETADAPTER);
DECLARE_HANDLE(NETPACKETQUEUE);
typedef struct NETADAPTER_INIT NETADAPTER_INIT;
typedef struct NETTXQUEUE_INIT NETTXQUEUE_INIT;
typedef struct NETRXQUEUE_INIT NETRXQUEUE_INIT;

typedef NTSTATUS EVT_NET_ADAPTER_CREATE_TXQUEUE(NETADAPTER Adapter, NETTXQUEUE_INIT *TxQueueInit); /* P */
typedef EVT_NET_ADAPTER_CREATE_TXQUEUE *PFN_NET_ADAPTER_CREATE_TXQUEUE;
typedef NTSTATUS EVT_NET_ADAPTER_CREATE_RXQUEUE(NETADAPTER Adapter, NETRXQUEUE_INIT *RxQueueInit); /* P */
typedef EVT_NET_ADAPTER_CREATE_RXQUEUE *PFN_NET_ADAPTER_CREATE_RXQUEUE;

typedef struct _NET_ADAPTER_DATAPATH_CALLBACKS {
    ULONG Size;
    PFN_NET_ADAPTER_CREATE_TXQUEUE EvtAdapterCreateTxQueue;
    PFN_NET_ADAPTER_CREATE_RXQUEUE EvtAdapterCreateRxQueue;
} NET_ADAPTER_DATAPATH_CALLBACKS;
C_ASSERT(sizeof(NET_ADAPTER_DATAPATH_CALLBACKS) == 24);
FORCEINLINE void NET_ADAPTER_DATAPATH_CALLBACKS_INIT(NET_ADAPTER_DATAPATH_CALLBACKS *Callbacks,
                                                     PFN_NET_ADAPTER_CREATE_TXQUEUE EvtAdapterCreateTxQueue,
                                                     PFN_NET_ADAPTER_CREATE_RXQUEUE EvtAdapterCreateRxQueue)
{
    WDK_INIT_STRUCTURE(Callbacks);
    Callbacks->EvtAdapterCreateTxQueue = EvtAdapterCreateTxQueue;
    Callbacks->EvtAdapterCreateRxQueue = EvtAdapterCreateRxQueue;
}

NTSTATUS NetDeviceInitConfig(PWDFDEVICE_INIT DeviceInit); /* before WdfDeviceCreate */
NETADAPTER_INIT *NetAdapterInitAllocate(WDFDEVICE Device); /* NULL: no memory */
void NetAdapterInitFree(NETADAPTER_INIT *AdapterInit);     /* always, when NetAdapterCreate was called or not */
void NetAdapterInitSetDatapathCallbacks(NETADAPTER_INIT *AdapterInit, NET_ADAPTER_DATAPATH_CALLBACKS *Callbacks);
NTSTATUS NetAdapterCreate(NETADAPTER_INIT *AdapterInit, WDF_OBJECT_ATTRIBUTES *Attributes, NETADAPTER *Adapter); /* P */
/* INVALID_PARAMETER: link layer or data path capabilities, or the MTU, were not set. P */
NTSTATUS NetAdapterStart(NETADAPTER Adapter);
void NetAdapterStop(NETADAPTER Adapter); /* P: returns when its queues are gone */
NET_LUID NetAdapterGetNetLuid(NETADAPTER Adapter);

/* ---- Link layer */
typedef struct _NET_ADAPTER_LINK_LAYER_CAPABILITIES {
    ULONG Size;
    ULONG64 MaxTxLinkSpeed, MaxRxLinkSpeed; /* bit/s */
} NET_ADAPTER_LINK_LAYER_CAPABILITIES;
C_ASSERT(sizeof(NET_ADAPTER_LINK_LAYER_CAPABILITIES) == 24);
FORCEINLINE void NET_ADAPTER_LINK_LAYER_CAPABILITIES_INIT(NET_ADAPTER_LINK_LAYER_CAPABILITIES *Capabilities, ULONG64 MaxTxLinkSpeed,
                                                          ULONG64 MaxRxLinkSpeed)
{
    WDK_INIT_STRUCTURE(Capabilities);
    Capabilities->MaxTxLinkSpeed = MaxTxLinkSpeed;
    Capabilities->MaxRxLinkSpeed = MaxRxLinkSpeed;
}
void NetAdapterSetLinkLayerCapabilities(NETADAPTER Adapter, NET_ADAPTER_LINK_LAYER_CAPABILITIES *LinkLayerCapabilities);
void NetAdapterSetLinkLayerMtuSize(NETADAPTER Adapter, ULONG MtuSize); /* bytes behind the Ethernet header */

#define NDIS_MAX_LINK_LAYER_ADDRESS 32
typedef struct _NET_ADAPTER_LINK_LAYER_ADDRESS {
    USHORT Length;
    UCHAR Address[NDIS_MAX_LINK_LAYER_ADDRESS];
} NET_ADAPTER_LINK_LAYER_ADDRESS;
C_ASSERT(sizeof(NET_ADAPTER_LINK_LAYER_ADDRESS) == 34);
FORCEINLINE void NET_ADAPTER_LINK_LAYER_ADDRESS_INIT(NET_ADAPTER_LINK_LAYER_ADDRESS *Address, USHORT Length, UCHAR const *Buffer)
{
    RtlZeroMemory(Address, sizeof(*Address));
    Address->Length = Length;
    RtlCopyMemory(Address->Address, Buffer, Length < NDIS_MAX_LINK_LAYER_ADDRESS ? Length : NDIS_MAX_LINK_LAYER_ADDRESS);
}
/* One of them serves for both, if it is the only one. */
void NetAdapterSetPermanentLinkLayerAddress(NETADAPTER Adapter, NET_ADAPTER_LINK_LAYER_ADDRESS *LinkLayerAddress);
void NetAdapterSetCurrentLinkLayerAddress(NETADAPTER Adapter, NET_ADAPTER_LINK_LAYER_ADDRESS *LinkLayerAddress);

typedef enum _NET_ADAPTER_PAUSE_FUNCTION_TYPE {
    NetAdapterPauseFunctionTypeUnsupported, NetAdapterPauseFunctionTypeSendOnly, NetAdapterPauseFunctionTypeReceiveOnly,
    NetAdapterPauseFunctionTypeSendAndReceive, NetAdapterPauseFunctionTypeUnknown
} NET_ADAPTER_PAUSE_FUNCTION_TYPE;
typedef enum _NET_ADAPTER_AUTO_NEGOTIATION_FLAGS {
    NetAdapterAutoNegotiationFlagNone = 0, NetAdapterAutoNegotiationFlagXmitLinkSpeedAutoNegotiated = 1,
    NetAdapterAutoNegotiationFlagRcvLinkSpeedautoNegotiated = 2, /* spelled so */
    NetAdapterAutoNegotiationFlagDuplexAutoNegotiated = 4, NetAdapterAutoNegotiationFlagPauseFunctionsAutoNegotiated = 8
} NET_ADAPTER_AUTO_NEGOTIATION_FLAGS;
DEFINE_ENUM_FLAG_OPERATORS(NET_ADAPTER_AUTO_NEGOTIATION_FLAGS)

typedef struct _NET_ADAPTER_LINK_STATE {
    ULONG Size;
    ULONG64 TxLinkSpeed, RxLinkSpeed;
    NET_IF_MEDIA_CONNECT_STATE MediaConnectState;
    NET_IF_MEDIA_DUPLEX_STATE MediaDuplexState;
    NET_ADAPTER_PAUSE_FUNCTION_TYPE SupportedPauseFunctions;
    NET_ADAPTER_AUTO_NEGOTIATION_FLAGS AutoNegotiationFlags;
} NET_ADAPTER_LINK_STATE;
C_ASSERT(sizeof(NET_ADAPTER_LINK_STATE) == 40);
FORCEINLINE void NET_ADAPTER_LINK_STATE_INIT(NET_ADAPTER_LINK_STATE *LinkState, ULONG64 LinkSpeed, NET_IF_MEDIA_CONNECT_STATE MediaConnectState,
                                             NET_IF_MEDIA_DUPLEX_STATE MediaDuplexState,
                                             NET_ADAPTER_PAUSE_FUNCTION_TYPE SupportedPauseFunctions,
                                             NET_ADAPTER_AUTO_NEGOTIATION_FLAGS AutoNegotiationFlags)
{
    WDK_INIT_STRUCTURE(LinkState);
    LinkState->TxLinkSpeed = LinkState->RxLinkSpeed = LinkSpeed;
    LinkState->MediaConnectState = MediaConnectState;
    LinkState->MediaDuplexState = MediaDuplexState;
    LinkState->SupportedPauseFunctions = SupportedPauseFunctions;
    LinkState->AutoNegotiationFlags = AutoNegotiationFlags;
}
FORCEINLINE void NET_ADAPTER_LINK_STATE_INIT_DISCONNECTED(NET_ADAPTER_LINK_STATE *LinkState)
{
    NET_ADAPTER_LINK_STATE_INIT(LinkState, ~(ULONG64)0, MediaConnectStateDisconnected, MediaDuplexStateUnknown,
                                NetAdapterPauseFunctionTypeUnknown, NetAdapterAutoNegotiationFlagNone);
}
void NetAdapterSetLinkState(NETADAPTER Adapter, NET_ADAPTER_LINK_STATE *LinkState);

#ifdef __cplusplus
}
#endif

#endif
