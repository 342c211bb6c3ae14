/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/nblrsc.h: slot TcpRecvSegCoalesceInfo, on receive (on send the slot is that of nbluso.h): segments made into one unit. [D] 4
 *
 * DupAckCount and the slot RscTcpTimestampDelta (a ULONG) are other than 0 only if CoalescedSegCount is.
 */
#ifndef RINGSIDE_NDIS_NBLRSC_H
#define RINGSIDE_NDIS_NBLRSC_H

#include "nbl.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef union _NDIS_RSC_NBL_INFO {
    struct {
        USHORT CoalescedSegCount; /* 0: not coalesced */
        USHORT DupAckCount;
    } Info;
    PVOID Value;
} NDIS_RSC_NBL_INFO, *PNDIS_RSC_NBL_INFO;

#define NET_BUFFER_LIST_COALESCED_SEG_COUNT(nbl) \
    (((PNDIS_RSC_NBL_INFO)(PVOID)&(nbl)->NetBufferListInfo[TcpRecvSegCoalesceInfo])->Info.CoalescedSegCount)
#define NET_BUFFER_LIST_DUP_ACK_COUNT(nbl) \
    (((PNDIS_RSC_NBL_INFO)(PVOID)&(nbl)->NetBufferListInfo[TcpRecvSegCoalesceInfo])->Info.DupAckCount)

#ifdef __cplusplus
}
#endif

#endif
