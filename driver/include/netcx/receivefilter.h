/* SPDX-License-Identifier: Apache-2.0 */
/* netcx/receivefilter.h: which frames an adapter is to deliver. Include netadaptercx.h, not this header. */
#ifndef RINGSIDE_NETCX_RECEIVEFILTER_H
#define RINGSIDE_NETCX_RECEIVEFILTER_H

#ifdef __cplusplus
extern "C" {
#endif

DECLARE_HANDLE(NETRECEIVEFILTER);

typedef enum _NET_PACKET_FILTER_FLAGS {
    NetPacketFilterFlagDirected = 1, NetPacketFilterFlagMulticast = 2, NetPacketFilterFlagAllMulticast = 4,
    NetPacketFilterFlagBroadcast = 8, NetPacketFilterFlagPromiscuous = 0x20
} NET_PACKET_FILTER_FLAGS;
DEFINE_ENUM_FLAG_OPERATORS(NET_PACKET_FILTER_FLAGS)

typedef void EVT_NET_ADAPTER_SET_RECEIVE_FILTER(NETADAPTER Adapter, NETRECEIVEFILTER Handle); /* P; the handle is good inside it */
typedef EVT_NET_ADAPTER_SET_RECEIVE_FILTER *PFN_NET_ADAPTER_SET_RECEIVE_FILTER;

typedef struct _NET_ADAPTER_RECEIVE_FILTER_CAPABILITIES {
    ULONG Size;
    NET_PACKET_FILTER_FLAGS SupportedPacketFilters;
    SIZE_T MaximumMulticastAddresses;
    PFN_NET_ADAPTER_SET_RECEIVE_FILTER EvtSetReceiveFilter;
} NET_ADAPTER_RECEIVE_FILTER_CAPABILITIES;
C_ASSERT(sizeof(NET_ADAPTER_RECEIVE_FILTER_CAPABILITIES) == 24);
FORCEINLINE void NET_ADAPTER_RECEIVE_FILTER_CAPABILITIES_INIT(NET_ADAPTER_RECEIVE_FILTER_CAPABILITIES *Capabilities,
                                                              PFN_NET_ADAPTER_SET_RECEIVE_FILTER EvtSetReceiveFilter)
{
    WDK_INIT_STRUCTURE(Capabilities);
    Capabilities->EvtSetReceiveFilter = EvtSetReceiveFilter;
}
void NetAdapterSetReceiveFilterCapabilities(NETADAPTER Adapter, NET_ADAPTER_RECEIVE_FILTER_CAPABILITIES const *Capabilities);
NET_PACKET_FILTER_FLAGS NetReceiveFilterGetPacketFilter(NETRECEIVEFILTER Handle);
SIZE_T NetReceiveFilterGetMulticastAddressCount(NETRECEIVEFILTER Handle);
NET_ADAPTER_LINK_LAYER_ADDRESS const *NetReceiveFilterGetMulticastAddressList(NETRECEIVEFILTER Handle);

/* ---- As 2.0 had it, in two halves. */
typedef void EVT_NET_ADAPTER_SET_PACKET_FILTER(NETADAPTER Adapter, NET_PACKET_FILTER_FLAGS PacketFilter); /* P */
typedef EVT_NET_ADAPTER_SET_PACKET_FILTER *PFN_NET_ADAPTER_SET_PACKET_FILTER;
typedef struct _NET_ADAPTER_PACKET_FILTER_CAPABILITIES {
    ULONG Size;
    NET_PACKET_FILTER_FLAGS SupportedPacketFilters;
    PFN_NET_ADAPTER_SET_PACKET_FILTER EvtSetPacketFilter;
} NET_ADAPTER_PACKET_FILTER_CAPABILITIES;
FORCEINLINE void NET_ADAPTER_PACKET_FILTER_CAPABILITIES_INIT(NET_ADAPTER_PACKET_FILTER_CAPABILITIES *Capabilities,
                                                             NET_PACKET_FILTER_FLAGS SupportedPacketFilters,
                                                             PFN_NET_ADAPTER_SET_PACKET_FILTER EvtSetPacketFilter)
{
    WDK_INIT_STRUCTURE(Capabilities);
    Capabilities->SupportedPacketFilters = SupportedPacketFilters;
    Capabilities->EvtSetPacketFilter = EvtSetPacketFilter;
}
void NetAdapterSetPacketFilterCapabilities(NETADAPTER Adapter, NET_ADAPTER_PACKET_FILTER_CAPABILITIES const *Capabilities);

typedef void EVT_NET_ADAPTER_SET_MULTICAST_LIST(NETADAPTER Adapter, ULONG MulticastAddressCount,
                                                NET_ADAPTER_LINK_LAYER_ADDRESS *MulticastAddressList); /* P */
typedef EVT_NET_ADAPTER_SET_MULTICAST_LIST *PFN_NET_ADAPTER_SET_MULTICAST_LIST;
typedef struct _NET_ADAPTER_MULTICAST_CAPABILITIES {
    ULONG Size;
    SIZE_T MaximumMulticastAddresses;
    PFN_NET_ADAPTER_SET_MULTICAST_LIST EvtSetMulticastList;
} NET_ADAPTER_MULTICAST_CAPABILITIES;
FORCEINLINE void NET_ADAPTER_MULTICAST_CAPABILITIES_INIT(NET_ADAPTER_MULTICAST_CAPABILITIES *Capabilities, SIZE_T MaximumMulticastAddresses,
                                                         PFN_NET_ADAPTER_SET_MULTICAST_LIST EvtSetMulticastList)
{
    WDK_INIT_STRUCTURE(Capabilities);
    Capabilities->MaximumMulticastAddresses = MaximumMulticastAddresses;
    Capabilities->EvtSetMulticastList = EvtSetMulticastList;
}
void NetAdapterSetMulticastCapabilities(NETADAPTER Adapter, NET_ADAPTER_MULTICAST_CAPABILITIES const *Capabilities);

#ifdef __cplusplus
}
#endif

#endif
