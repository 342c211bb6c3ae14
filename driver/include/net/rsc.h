/* SPDX-License-Identifier: Apache-2.0 */
/* net/rsc.h: a packet that stands for several received segments. */
#ifndef RINGSIDE_NET_RSC_H
#define RINGSIDE_NET_RSC_H

#include "extension.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NET_PACKET_RSC {
    WDK_EXTENSION union {
        struct {
            UINT16 CoalescedSegmentCount;
            UINT16 DuplicateAckCount;
        } TCP;
        struct {
            UINT16 CoalescedSegmentCount;
            UINT16 CoalescedSegmentSize; /* version 2 */
        } UDP;
    };
} NET_PACKET_RSC;
C_ASSERT(sizeof(NET_PACKET_RSC) == 4);
#define NET_PACKET_EXTENSION_RSC_VERSION_2 2u

typedef struct _NET_PACKET_RSC_TIMESTAMP {
    WDK_EXTENSION union {
        struct {
            UINT32 RscTcpTimestampDelta;
        } TCP;
    };
} NET_PACKET_RSC_TIMESTAMP;
C_ASSERT(sizeof(NET_PACKET_RSC_TIMESTAMP) == 4);
#define NET_PACKET_EXTENSION_RSC_TIMESTAMP_NAME WDK_WIDE("ms_packet_rsc_timestamp")
#define NET_PACKET_EXTENSION_RSC_TIMESTAMP_VERSION_1 1u
#define NET_PACKET_EXTENSION_RSC_TIMESTAMP_VERSION_1_SIZE sizeof(NET_PACKET_RSC_TIMESTAMP)

FORCEINLINE NET_PACKET_RSC_TIMESTAMP *NetExtensionGetPacketRscTimestamp(NET_EXTENSION const *Extension, UINT32 Index)
{
    return (NET_PACKET_RSC_TIMESTAMP *)NetExtensionGetData(Extension, Index);
}

#define NET_PACKET_EXTENSION_RSC_NAME WDK_WIDE("ms_packet_rsc")
#define NET_PACKET_EXTENSION_RSC_VERSION_1 1u
#define NET_PACKET_EXTENSION_RSC_VERSION_1_SIZE sizeof(NET_PACKET_RSC)

FORCEINLINE NET_PACKET_RSC *NetExtensionGetPacketRsc(NET_EXTENSION const *Extension, UINT32 Index)
{
    return (NET_PACKET_RSC *)NetExtensionGetData(Extension, Index);
}

#ifdef __cplusplus
}
#endif

#endif
