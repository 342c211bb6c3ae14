/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/offload.h: task offloads: what a miniport can do, what it does now, and how it is told. [D] 3.7, 4
 *
 *   NdisMSetMiniportAttributes (OFFLOAD_ATTRIBUTES)   default configuration and capabilities, in InitializeEx
 *   DefaultOffloadConfiguration of the bind parameters, OID_TCP_OFFLOAD_CURRENT_CONFIG, OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES: NDIS answers
 *   OID_OFFLOAD_ENCAPSULATION   a protocol says that it will use them, and over which link layer: before, nothing is on
 *   OID_TCP_OFFLOAD_PARAMETERS  on and off, one by one; the miniport then indicates NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG
 *
 * NDIS_OFFLOAD up to Flags has the layout of revision 1. What follows it is of revision 6: the areas of revisions 2 to 5 that nothing here
 * uses are bytes, and the place of UdpSegmentation behind them is not confirmed: drivers are built from this header.
 */
#ifndef RINGSIDE_NDIS_OFFLOAD_H
#define RINGSIDE_NDIS_OFFLOAD_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OID_OFFLOAD_ENCAPSULATION 0x0101010Au
#define OID_TCP_OFFLOAD_CURRENT_CONFIG 0xFC01020Bu
#define OID_TCP_OFFLOAD_PARAMETERS 0xFC01020Cu
#define OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES 0xFC01020Du
#define NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG ((NDIS_STATUS)0x40020006)
#define NDIS_STATUS_TASK_OFFLOAD_HARDWARE_CAPABILITIES ((NDIS_STATUS)0x40020007)

/* Of the frames that an offload is for; they combine. */
#define NDIS_ENCAPSULATION_NOT_SUPPORTED 0x0u
#define NDIS_ENCAPSULATION_NULL 0x1u
#define NDIS_ENCAPSULATION_IEEE_802_3 0x2u
#define NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q 0x4u        /* with a tag in the frame */
#define NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q_IN_OOB 0x8u /* with a tag beside it */
#define NDIS_ENCAPSULATION_IEEE_LLC_SNAP_ROUTED 0x10u

#define NDIS_OFFLOAD_NOT_SUPPORTED 0
#define NDIS_OFFLOAD_SUPPORTED 1
#define NDIS_OFFLOAD_SET_NO_CHANGE 0
#define NDIS_OFFLOAD_SET_ON 1
#define NDIS_OFFLOAD_SET_OFF 2

typedef struct _NDIS_TCP_IP_CHECKSUM_OFFLOAD {
    struct {
        ULONG Encapsulation;
        ULONG IpOptionsSupported : 2, TcpOptionsSupported : 2, TcpChecksum : 2, UdpChecksum : 2, IpChecksum : 2;
    } IPv4Transmit, IPv4Receive;
    struct {
        ULONG Encapsulation;
        ULONG IpExtensionHeadersSupported : 2, TcpOptionsSupported : 2, TcpChecksum : 2, UdpChecksum : 2;
    } IPv6Transmit, IPv6Receive;
} NDIS_TCP_IP_CHECKSUM_OFFLOAD, *PNDIS_TCP_IP_CHECKSUM_OFFLOAD;

typedef struct _NDIS_TCP_LARGE_SEND_OFFLOAD_V1 {
    struct {
        ULONG Encapsulation;
        ULONG MaxOffLoadSize;
        ULONG MinSegmentCount;
        ULONG TcpOptions : 2, IpOptions : 2;
    } IPv4;
} NDIS_TCP_LARGE_SEND_OFFLOAD_V1, *PNDIS_TCP_LARGE_SEND_OFFLOAD_V1;

typedef struct _NDIS_TCP_LARGE_SEND_OFFLOAD_V2 {
    struct {
        ULONG Encapsulation;
        ULONG MaxOffLoadSize;  /* bytes of payload */
        ULONG MinSegmentCount;
    } IPv4;
    struct {
        ULONG Encapsulation;
        ULONG MaxOffLoadSize;
        ULONG MinSegmentCount;
        ULONG IpExtensionHeadersSupported : 2, TcpOptionsSupported : 2;
    } IPv6;
} NDIS_TCP_LARGE_SEND_OFFLOAD_V2, *PNDIS_TCP_LARGE_SEND_OFFLOAD_V2;

typedef struct _NDIS_UDP_SEGMENTATION_OFFLOAD {
    struct {
        ULONG Encapsulation;
        ULONG MaxOffLoadSize;
        ULONG MinSegmentCount : 6, SubMssFinalSegmentSupported : 1, Reserved : 25;
    } IPv4;
    struct {
        ULONG Encapsulation;
        ULONG MaxOffLoadSize;
        ULONG MinSegmentCount : 6, SubMssFinalSegmentSupported : 1, Reserved1 : 25;
        ULONG IpExtensionHeadersSupported : 2, Reserved2 : 30;
    } IPv6;
} NDIS_UDP_SEGMENTATION_OFFLOAD, *PNDIS_UDP_SEGMENTATION_OFFLOAD;

typedef struct _NDIS_TCP_RECV_SEG_COALESCE_OFFLOAD {
    struct {
        BOOLEAN Enabled;
    } IPv4, IPv6;
} NDIS_TCP_RECV_SEG_COALESCE_OFFLOAD, *PNDIS_TCP_RECV_SEG_COALESCE_OFFLOAD;

typedef struct _NDIS_OFFLOAD {
    NDIS_OBJECT_HEADER Header;
    NDIS_TCP_IP_CHECKSUM_OFFLOAD Checksum;
    NDIS_TCP_LARGE_SEND_OFFLOAD_V1 LsoV1;
    UCHAR WdkIPsecV1[28];
    NDIS_TCP_LARGE_SEND_OFFLOAD_V2 LsoV2;
    ULONG Flags;
    UCHAR WdkIPsecV2[32];
    NDIS_TCP_RECV_SEG_COALESCE_OFFLOAD Rsc;
    ULONG WdkEncapsulatedGre[2], WdkEncapsulatedVxlan[5];
    UCHAR EncapsulationTypes;
    ULONG WdkXlat[2];
    NDIS_UDP_SEGMENTATION_OFFLOAD UdpSegmentation;
} NDIS_OFFLOAD, *PNDIS_OFFLOAD;
#define NDIS_OFFLOAD_REVISION_1 1
#define NDIS_OFFLOAD_REVISION_2 2
#define NDIS_OFFLOAD_REVISION_3 3
#define NDIS_OFFLOAD_REVISION_4 4
#define NDIS_OFFLOAD_REVISION_5 5
#define NDIS_OFFLOAD_REVISION_6 6
#define NDIS_OFFLOAD_REVISION_7 7
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1 112
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD, WdkIPsecV2)
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD, WdkEncapsulatedGre)
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_4 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD, EncapsulationTypes)
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_5 RTL_SIZEOF_THROUGH_FIELD(NDIS_OFFLOAD, WdkXlat)
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6 sizeof(NDIS_OFFLOAD)
#define NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_7 sizeof(NDIS_OFFLOAD)

typedef struct _NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES {
    NDIS_OBJECT_HEADER Header;
    PNDIS_OFFLOAD DefaultOffloadConfiguration, HardwareOffloadCapabilities;
    PVOID DefaultTcpConnectionOffloadConfiguration, TcpConnectionOffloadHardwareCapabilities;
} NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES, *PNDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES;
#define NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1 1
#define NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1 40

typedef struct _NDIS_OFFLOAD_ENCAPSULATION {
    NDIS_OBJECT_HEADER Header;
    struct {
        ULONG Enabled;  /* NDIS_OFFLOAD_SET_* */
        ULONG EncapsulationType;
        ULONG HeaderSize;
    } IPv4, IPv6;
} NDIS_OFFLOAD_ENCAPSULATION, *PNDIS_OFFLOAD_ENCAPSULATION;
#define NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION 0xA8
#define NDIS_OFFLOAD_ENCAPSULATION_REVISION_1 1
#define NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1 28

/* Checksums, one of them. */
#define NDIS_OFFLOAD_PARAMETERS_NO_CHANGE 0
#define NDIS_OFFLOAD_PARAMETERS_TX_RX_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_TX_ENABLED_RX_DISABLED 2
#define NDIS_OFFLOAD_PARAMETERS_RX_ENABLED_TX_DISABLED 3
#define NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED 4
/* Everything else. */
#define NDIS_OFFLOAD_PARAMETERS_LSOV1_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_LSOV1_ENABLED 2
#define NDIS_OFFLOAD_PARAMETERS_LSOV2_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED 2
#define NDIS_OFFLOAD_PARAMETERS_RSC_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED 2
#define NDIS_OFFLOAD_PARAMETERS_USO_DISABLED 1
#define NDIS_OFFLOAD_PARAMETERS_USO_ENABLED 2

typedef struct _NDIS_OFFLOAD_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    UCHAR IPv4Checksum, TCPIPv4Checksum, UDPIPv4Checksum, TCPIPv6Checksum, UDPIPv6Checksum;
    UCHAR LsoV1, IPsecV1, LsoV2IPv4, LsoV2IPv6, TcpConnectionIPv4, TcpConnectionIPv6;
    ULONG Flags;
    UCHAR IPsecV2, IPsecV2IPv4;                                /* revision 2 */
    UCHAR RscIPv4, RscIPv6;                                    /* revision 3 */
    UCHAR EncapsulatedPacketTaskOffload, EncapsulationTypes;
    union _ENCAPSULATION_PROTOCOL_PARAMETERS {                 /* revision 4 */
        struct _VXLAN_PARAMETERS {
            USHORT VxlanUDPPortNumber;
        } VxlanParameters;
        ULONG Value;
    } EncapsulationProtocolParameters;
    struct {
        UCHAR IPv4, IPv6;
    } UdpSegmentation;                                         /* revision 5 */
} NDIS_OFFLOAD_PARAMETERS, *PNDIS_OFFLOAD_PARAMETERS;
#define NDIS_OFFLOAD_PARAMETERS_REVISION_1 1
#define NDIS_OFFLOAD_PARAMETERS_REVISION_2 2
#define NDIS_OFFLOAD_PARAMETERS_REVISION_3 3
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1 20
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_2 22
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3 26
#define NDIS_OFFLOAD_PARAMETERS_REVISION_4 4
#define NDIS_OFFLOAD_PARAMETERS_REVISION_5 5
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_4 32
#define NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5 34

/* Header-data split, which no adapter here does: what protocols and filters would be told. */
typedef struct _NDIS_HD_SPLIT_CURRENT_CONFIG {
    NDIS_OBJECT_HEADER Header;
    ULONG HardwareCapabilities, CurrentCapabilities, HDSplitFlags, HDSplitCombineFlags, BackfillSize, MaxHeaderSize;
} NDIS_HD_SPLIT_CURRENT_CONFIG, *PNDIS_HD_SPLIT_CURRENT_CONFIG;
#define NDIS_HD_SPLIT_CAPS_SUPPORTS_HEADER_DATA_SPLIT 0x1u
#define NDIS_HD_SPLIT_CAPS_SUPPORTS_IPV4_OPTIONS 0x2u
#define NDIS_HD_SPLIT_CAPS_SUPPORTS_IPV6_EXTENSION_HEADERS 0x4u
#define NDIS_HD_SPLIT_CAPS_SUPPORTS_TCP_OPTIONS 0x8u

#ifdef __cplusplus
}
#endif

#endif
