/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx/offload.h: what an adapter does of a packet's checksums. Include netadaptercx.h, not this header.
 *
 * What is declared before NetAdapterStart can be; what is on, the callback says, at PASSIVE_LEVEL. A packet says what is asked of it, or what was
 * found, in its extension (net/checksum.h). On send the TCP or UDP field holds the sum of the pseudo header, and the IPv4 field is the
 * adapter's to write. [D] NetAdapterOffloadSetTxChecksumCapabilities
 */
#ifndef RINGSIDE_NETCX_OFFLOAD_H
#define RINGSIDE_NETCX_OFFLOAD_H

#ifdef __cplusplus
extern "C" {
#endif

DECLARE_HANDLE(NETOFFLOAD); /* good inside the callback */

typedef enum _NET_ADAPTER_OFFLOAD_LAYER3_FLAGS {
    NetAdapterOffloadLayer3FlagIPv4NoOptions = 1, NetAdapterOffloadLayer3FlagIPv4WithOptions = 2,
    NetAdapterOffloadLayer3FlagIPv6NoExtensions = 4, NetAdapterOffloadLayer3FlagIPv6WithExtensions = 8
} NET_ADAPTER_OFFLOAD_LAYER3_FLAGS;
DEFINE_ENUM_FLAG_OPERATORS(NET_ADAPTER_OFFLOAD_LAYER3_FLAGS)
typedef enum _NET_ADAPTER_OFFLOAD_LAYER4_FLAGS {
    NetAdapterOffloadLayer4FlagTcpNoOptions = 1, NetAdapterOffloadLayer4FlagTcpWithOptions = 2, NetAdapterOffloadLayer4FlagUdp = 4
} NET_ADAPTER_OFFLOAD_LAYER4_FLAGS;
DEFINE_ENUM_FLAG_OPERATORS(NET_ADAPTER_OFFLOAD_LAYER4_FLAGS)

typedef void EVT_NET_ADAPTER_OFFLOAD_SET_TX_CHECKSUM(NETADAPTER Adapter, NETOFFLOAD Offload);
typedef EVT_NET_ADAPTER_OFFLOAD_SET_TX_CHECKSUM *PFN_NET_ADAPTER_OFFLOAD_SET_TX_CHECKSUM;
typedef void EVT_NET_ADAPTER_OFFLOAD_SET_RX_CHECKSUM(NETADAPTER Adapter, NETOFFLOAD Offload);
typedef EVT_NET_ADAPTER_OFFLOAD_SET_RX_CHECKSUM *PFN_NET_ADAPTER_OFFLOAD_SET_RX_CHECKSUM;

typedef struct _NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES {
    ULONG Size;
    NET_ADAPTER_OFFLOAD_LAYER3_FLAGS Layer3Flags;
    NET_ADAPTER_OFFLOAD_LAYER4_FLAGS Layer4Flags; /* none after _INIT */
    UINT16 Layer3HeaderOffsetLimit;               /* bytes; 0: none */
    UINT16 Layer4HeaderOffsetLimit;
    PFN_NET_ADAPTER_OFFLOAD_SET_TX_CHECKSUM EvtAdapterOffloadSetTxChecksum;
} NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES;
C_ASSERT(sizeof(NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES) == 24);
FORCEINLINE void NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES_INIT(NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES *Capabilities,
                                                                   NET_ADAPTER_OFFLOAD_LAYER3_FLAGS Layer3Flags,
                                                                   PFN_NET_ADAPTER_OFFLOAD_SET_TX_CHECKSUM EvtAdapterOffloadSetTxChecksum)
{
    WDK_INIT_STRUCTURE(Capabilities);
    Capabilities->Layer3Flags = Layer3Flags;
    Capabilities->EvtAdapterOffloadSetTxChecksum = EvtAdapterOffloadSetTxChecksum;
}

typedef struct _NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES {
    ULONG Size;
    PFN_NET_ADAPTER_OFFLOAD_SET_RX_CHECKSUM EvtAdapterOffloadSetRxChecksum;
} NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES;
C_ASSERT(sizeof(NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES) == 16);
FORCEINLINE void NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES_INIT(NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES *Capabilities,
                                                                   PFN_NET_ADAPTER_OFFLOAD_SET_RX_CHECKSUM EvtAdapterOffloadSetRxChecksum)
{
    WDK_INIT_STRUCTURE(Capabilities);
    Capabilities->EvtAdapterOffloadSetRxChecksum = EvtAdapterOffloadSetRxChecksum;
}

/* Both directions at once, in the words of 2.0 and 2.1. */
typedef void EVT_NET_ADAPTER_OFFLOAD_SET_CHECKSUM(NETADAPTER Adapter, NETOFFLOAD Offload);
typedef EVT_NET_ADAPTER_OFFLOAD_SET_CHECKSUM *PFN_NET_ADAPTER_OFFLOAD_SET_CHECKSUM;
typedef struct _NET_ADAPTER_OFFLOAD_CHECKSUM_CAPABILITIES {
    ULONG Size;
    BOOLEAN IPv4, Tcp, Udp;
    PFN_NET_ADAPTER_OFFLOAD_SET_CHECKSUM EvtAdapterOffloadSetChecksum;
} NET_ADAPTER_OFFLOAD_CHECKSUM_CAPABILITIES;
FORCEINLINE void NET_ADAPTER_OFFLOAD_CHECKSUM_CAPABILITIES_INIT(NET_ADAPTER_OFFLOAD_CHECKSUM_CAPABILITIES *Capabilities, BOOLEAN IPv4, BOOLEAN Tcp,
                                                                BOOLEAN Udp, PFN_NET_ADAPTER_OFFLOAD_SET_CHECKSUM EvtAdapterOffloadSetChecksum)
{
    WDK_INIT_STRUCTURE(Capabilities);
    Capabilities->IPv4 = IPv4;
    Capabilities->Tcp = Tcp;
    Capabilities->Udp = Udp;
    Capabilities->EvtAdapterOffloadSetChecksum = EvtAdapterOffloadSetChecksum;
}

void NetAdapterOffloadSetChecksumCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_CHECKSUM_CAPABILITIES const *Capabilities);
BOOLEAN NetOffloadIsChecksumIPv4Enabled(NETOFFLOAD Offload); /* on send */
BOOLEAN NetOffloadIsChecksumTcpEnabled(NETOFFLOAD Offload);
BOOLEAN NetOffloadIsChecksumUdpEnabled(NETOFFLOAD Offload);
void NetAdapterOffloadSetTxChecksumCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES const *Capabilities);
void NetAdapterOffloadSetRxChecksumCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES const *Capabilities);
BOOLEAN NetOffloadIsTxChecksumIPv4Enabled(NETOFFLOAD Offload);
BOOLEAN NetOffloadIsTxChecksumTcpEnabled(NETOFFLOAD Offload);
BOOLEAN NetOffloadIsTxChecksumUdpEnabled(NETOFFLOAD Offload);
BOOLEAN NetOffloadIsRxChecksumIPv4Enabled(NETOFFLOAD Offload);
BOOLEAN NetOffloadIsRxChecksumTcpEnabled(NETOFFLOAD Offload);
BOOLEAN NetOffloadIsRxChecksumUdpEnabled(NETOFFLOAD Offload);

#ifdef __cplusplus
}
#endif

#endif
