/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/nbltimestamp.h: when a packet was on the wire, in ticks of the NIC's clock or of the performance counter. [D] 4
 *
 * 0: not taken. Neither NdisCopySendNetBufferListInfo nor NdisCopyReceiveNetBufferListInfo copies it.
 */
#ifndef RINGSIDE_NDIS_NBLTIMESTAMP_H
#define RINGSIDE_NDIS_NBLTIMESTAMP_H

#include "nbl.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NET_BUFFER_LIST_TIMESTAMP {
    ULONG64 Timestamp;
} NET_BUFFER_LIST_TIMESTAMP, *PNET_BUFFER_LIST_TIMESTAMP;

FORCEINLINE VOID NdisSetNblTimestampInfo(PNET_BUFFER_LIST Nbl, const NET_BUFFER_LIST_TIMESTAMP *NblTimestamp)
{
    Nbl->NetBufferListInfo[NetBufferListInfoReserved3] = (PVOID)(ULONG_PTR)NblTimestamp->Timestamp;
}
FORCEINLINE VOID NdisGetNblTimestampInfo(const NET_BUFFER_LIST *Nbl, PNET_BUFFER_LIST_TIMESTAMP NblTimestamp)
{
    NblTimestamp->Timestamp = (ULONG64)(ULONG_PTR)Nbl->NetBufferListInfo[NetBufferListInfoReserved3];
}
FORCEINLINE VOID NdisCopyNblTimestampInfo(PNET_BUFFER_LIST NblDest, const NET_BUFFER_LIST *NblSrc)
{
    NblDest->NetBufferListInfo[NetBufferListInfoReserved3] = NblSrc->NetBufferListInfo[NetBufferListInfoReserved3];
}

#ifdef __cplusplus
}
#endif

#endif
