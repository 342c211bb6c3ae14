/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx/segmentation.h: large sends that the adapter cuts, received segments that it joins, and tags beside frames. Include netadaptercx.h,
 * not this header.
 *
 * A packet to cut has its segment size in its extension (net/gso.h), IP length 0, and the sum of the pseudo header without the length in its
 * TCP or UDP field. One that the declared capabilities do not cover never comes: it was cut before. A tag of a packet is in net/ieee8021q.h.
 * [D] NetAdapterOffloadSetGsoCapabilities
 */
#ifndef RINGSIDE_NETCX_SEGMENTATION_H
#define RINGSIDE_NETCX_SEGMENTATION_H

#ifdef __cplusplus
extern "C" {
#endif

typedef void EVT_NET_ADAPTER_OFFLOAD_SET_GSO(NETADAPTER Adapter, NETOFFLOAD Offload);
typedef EVT_NET_ADAPTER_OFFLOAD_SET_GSO *PFN_NET_ADAPTER_OFFLOAD_SET_GSO;
typedef void EVT_NET_ADAPTER_OFFLOAD_SET_RSC(NETADAPTER Adapter, NETOFFLOAD Offload);
typedef EVT_NET_ADAPTER_OFFLOAD_SET_RSC *PFN_NET_ADAPTER_OFFLOAD_SET_RSC;
typedef void EVT_NET_ADAPTER_OFFLOAD_SET_LSO(NETADAPTER Adapter, NETOFFLOAD Offload);
typedef EVT_NET_ADAPTER_OFFLOAD_SET_LSO *PFN_NET_ADAPTER_OFFLOAD_SET_LSO;

typedef struct _NET_ADAPTER_OFFLOAD_GSO_CAPABILITIES {
    ULONG Size;
    NET_ADAPTER_OFFLOAD_LAYER3_FLAGS Layer3Flags;
    NET_ADAPTER_OFFLOAD_LAYER4_FLAGS Layer4Flags;
    UINT16 Layer4HeaderOffsetLimit; /* bytes; 0: none */
    SIZE_T MaximumOffloadSize;      /* bytes of payload */
    SIZE_T MinimumSegmentCount;
    PFN_NET_ADAPTER_OFFLOAD_SET_GSO EvtAdapterOffloadSetGso;
} NET_ADAPTER_OFFLOAD_GSO_CAPABILITIES;
C_ASSERT(sizeof(NET_ADAPTER_OFFLOAD_GSO_CAPABILITIES) == 40);
FORCEINLINE void NET_ADAPTER_OFFLOAD_GSO_CAPABILITIES_INIT(NET_ADAPTER_OFFLOAD_GSO_CAPABILITIES *Capabilities,
                                                           NET_ADAPTER_OFFLOAD_LAYER3_FLAGS Layer3Flags,
                                                           NET_ADAPTER_OFFLOAD_LAYER4_FLAGS Layer4Flags, SIZE_T MaximumOffloadSize,
                                                           SIZE_T MinimumSegmentCount, PFN_NET_ADAPTER_OFFLOAD_SET_GSO EvtAdapterOffloadSetGso)
{
    WDK_INIT_STRUCTURE(Capabilities);
    Capabilities->Layer3Flags = Layer3Flags;
    Capabilities->Layer4Flags = Layer4Flags;
    Capabilities->MaximumOffloadSize = MaximumOffloadSize;
    Capabilities->MinimumSegmentCount = MinimumSegmentCount;
    Capabilities->EvtAdapterOffloadSetGso = EvtAdapterOffloadSetGso;
}

typedef struct _NET_ADAPTER_OFFLOAD_RSC_CAPABILITIES {
    ULONG Size;
    NET_ADAPTER_OFFLOAD_LAYER3_FLAGS Layer3Flags;
    NET_ADAPTER_OFFLOAD_LAYER4_FLAGS Layer4Flags;
    BOOLEAN TcpTimestampOption;
    PFN_NET_ADAPTER_OFFLOAD_SET_RSC EvtAdapterOffloadSetRsc;
} NET_ADAPTER_OFFLOAD_RSC_CAPABILITIES;
C_ASSERT(sizeof(NET_ADAPTER_OFFLOAD_RSC_CAPABILITIES) == 24);
FORCEINLINE void NET_ADAPTER_OFFLOAD_RSC_CAPABILITIES_INIT(NET_ADAPTER_OFFLOAD_RSC_CAPABILITIES *Capabilities,
                                                           NET_ADAPTER_OFFLOAD_LAYER3_FLAGS Layer3Flags,
                                                           NET_ADAPTER_OFFLOAD_LAYER4_FLAGS Layer4Flags,
                                                           PFN_NET_ADAPTER_OFFLOAD_SET_RSC EvtAdapterOffloadSetRsc)
{
    WDK_INIT_STRUCTURE(Capabilities);
    Capabilities->Layer3Flags = Layer3Flags;
    Capabilities->Layer4Flags = Layer4Flags;
    Capabilities->EvtAdapterOffloadSetRsc = EvtAdapterOffloadSetRsc;
}

typedef enum _NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_FLAGS {
    NetAdapterOffloadIeee8021PriorityTaggingFlag = 1, NetAdapterOffloadIeee8021VlanTaggingFlag = 2
} NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_FLAGS;
DEFINE_ENUM_FLAG_OPERATORS(NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_FLAGS)
typedef struct _NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_CAPABILITIES {
    ULONG Size;
    NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_FLAGS Flags;
} NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_CAPABILITIES;
C_ASSERT(sizeof(NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_CAPABILITIES) == 8);
FORCEINLINE void NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_CAPABILITIES_INIT(NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_CAPABILITIES *Capabilities,
                                                                     NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_FLAGS Flags)
{
    WDK_INIT_STRUCTURE(Capabilities);
    Capabilities->Flags = Flags;
}

/* The same as GSO of TCP alone, in the words of 2.0: the segment size is in net/lso.h. */
typedef struct _NET_ADAPTER_OFFLOAD_LSO_CAPABILITIES {
    ULONG Size;
    BOOLEAN IPv4, IPv6;
    SIZE_T MaximumOffloadSize, MinimumSegmentCount;
    PFN_NET_ADAPTER_OFFLOAD_SET_LSO EvtAdapterOffloadSetLso;
} NET_ADAPTER_OFFLOAD_LSO_CAPABILITIES;
FORCEINLINE void NET_ADAPTER_OFFLOAD_LSO_CAPABILITIES_INIT(NET_ADAPTER_OFFLOAD_LSO_CAPABILITIES *Capabilities, BOOLEAN IPv4, BOOLEAN IPv6,
                                                           SIZE_T MaximumOffloadSize, SIZE_T MinimumSegmentCount,
                                                           PFN_NET_ADAPTER_OFFLOAD_SET_LSO EvtAdapterOffloadSetLso)
{
    WDK_INIT_STRUCTURE(Capabilities);
    Capabilities->IPv4 = IPv4;
    Capabilities->IPv6 = IPv6;
    Capabilities->MaximumOffloadSize = MaximumOffloadSize;
    Capabilities->MinimumSegmentCount = MinimumSegmentCount;
    Capabilities->EvtAdapterOffloadSetLso = EvtAdapterOffloadSetLso;
}

void NetAdapterOffloadSetGsoCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_GSO_CAPABILITIES const *Capabilities);
void NetAdapterOffloadSetRscCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_RSC_CAPABILITIES const *Capabilities);
void NetAdapterOffloadSetIeee8021qTagCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_CAPABILITIES const *Capabilities);
void NetAdapterOffloadSetLsoCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_LSO_CAPABILITIES const *Capabilities);
BOOLEAN NetOffloadIsLsoIPv4Enabled(NETOFFLOAD Offload); /* of TCP, by either name */
BOOLEAN NetOffloadIsLsoIPv6Enabled(NETOFFLOAD Offload);
BOOLEAN NetOffloadIsUsoIPv4Enabled(NETOFFLOAD Offload); /* of UDP */
BOOLEAN NetOffloadIsUsoIPv6Enabled(NETOFFLOAD Offload);
BOOLEAN NetOffloadIsTcpRscIPv4Enabled(NETOFFLOAD Offload);
BOOLEAN NetOffloadIsTcpRscIPv6Enabled(NETOFFLOAD Offload);
BOOLEAN NetOffloadIsUdpRscEnabled(NETOFFLOAD Offload);
BOOLEAN NetOffloadIsRscTcpTimestampOptionEnabled(NETOFFLOAD Offload);

#ifdef __cplusplus
}
#endif

#endif
