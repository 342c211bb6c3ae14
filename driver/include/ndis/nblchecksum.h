/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/nblchecksum.h: slot TcpIpChecksumNetBufferListInfo. [D] 4
 *
 * On send the TCP or UDP checksum field holds the sum of the pseudo header (addresses, protocol, length), the IPv4 one is zero; with
 * neither IsIPv4 nor IsIPv6 the NIC does nothing. On receive, neither failed nor succeeded means that nobody looked.
 */
#ifndef RINGSIDE_NDIS_NBLCHECKSUM_H
#define RINGSIDE_NDIS_NBLCHECKSUM_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO {
    WDK_EXTENSION union {
        struct {
            ULONG IsIPv4 : 1;
            ULONG IsIPv6 : 1;
            ULONG TcpChecksum : 1;
            ULONG UdpChecksum : 1;
            ULONG IpHeaderChecksum : 1;
            ULONG Reserved : 11;
            ULONG TcpHeaderOffset : 10; /* bytes from the start of the frame; TCP only */
        } Transmit;
        struct {
            ULONG TcpChecksumFailed : 1;
            ULONG UdpChecksumFailed : 1;
            ULONG IpChecksumFailed : 1;
            ULONG TcpChecksumSucceeded : 1;
            ULONG UdpChecksumSucceeded : 1;
            ULONG IpChecksumSucceeded : 1;
            ULONG Loopback : 1;                /* NDIS's own */
            ULONG TcpChecksumValueInvalid : 1; /* coalesced, and the field not computed anew */
            ULONG IpChecksumValueInvalid : 1;
        } Receive;
        PVOID Value;
    };
} NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO, *PNDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO;

#ifdef __cplusplus
}
#endif

#endif
