/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netiodef.h: the headers of frames, as they are on the wire: numbers of more than a byte are in network order. Ethernet, 802.1Q, IPv4, IPv6,
 * TCP, UDP, and the states of a link.
 */
#ifndef RINGSIDE_NETIODEF_H
#define RINGSIDE_NETIODEF_H

#include "ntdef.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma pack(push, 1)

typedef struct _DL_EUI48 {
    UINT8 Byte[6];
} DL_EUI48, *PDL_EUI48;

#define ETHERNET_ADDRESS_LENGTH 6
typedef struct _ETHERNET_HEADER {
    DL_EUI48 Destination, Source;
    WDK_EXTENSION union {
        UINT16 Type;   /* network order */
        UINT16 Length;
    };
} ETHERNET_HEADER, *PETHERNET_HEADER;
C_ASSERT(sizeof(ETHERNET_HEADER) == 14);
#define ETHERNET_TYPE_MINIMUM 0x0600
#define ETHERNET_TYPE_IPV4 0x0800
#define ETHERNET_TYPE_ARP 0x0806
#define ETHERNET_TYPE_802_1Q 0x8100
#define ETHERNET_TYPE_IPV6 0x86DD

typedef struct _IPV4_HEADER {
    WDK_EXTENSION union {
        UINT8 VersionAndHeaderLength;
        WDK_EXTENSION struct {
            UINT8 HeaderLength : 4; /* in words of 4 bytes */
            UINT8 Version : 4;
        };
    };
    UINT8 TypeOfServiceAndEcnField;
    UINT16 TotalLength;
    UINT16 Identification;
    UINT16 FlagsAndOffset;
    UINT8 TimeToLive;
    UINT8 Protocol;
    UINT16 HeaderChecksum;
    UINT8 SourceAddress[4], DestinationAddress[4];
} IPV4_HEADER, *PIPV4_HEADER;
C_ASSERT(sizeof(IPV4_HEADER) == 20);

typedef struct _IPV6_HEADER {
    UINT32 VersionClassFlow;
    UINT16 PayloadLength;
    UINT8 NextHeader;
    UINT8 HopLimit;
    UINT8 SourceAddress[16], DestinationAddress[16];
} IPV6_HEADER, *PIPV6_HEADER;
C_ASSERT(sizeof(IPV6_HEADER) == 40);

typedef struct _TCP_HDR {
    UINT16 th_sport, th_dport;
    UINT32 th_seq, th_ack;
    UINT8 th_x2 : 4;
    UINT8 th_len : 4; /* in words of 4 bytes */
    UINT8 th_flags;
    UINT16 th_win, th_sum, th_urp;
} TCP_HDR, *PTCP_HDR;
C_ASSERT(sizeof(TCP_HDR) == 20);

typedef struct _UDP_HDR {
    UINT16 uh_sport, uh_dport, uh_ulen, uh_sum;
} UDP_HDR, *PUDP_HDR;
C_ASSERT(sizeof(UDP_HDR) == 8);

#pragma pack(pop)

#ifdef __cplusplus
}
#endif

#endif
