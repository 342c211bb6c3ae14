/* SPDX-License-Identifier: Apache-2.0 */
/* ndis/nblfiltering.h: slot NetBufferListFilteringInfo, on receive: the filter that matched, its queue or port; 0 by default. [D] 4 */
#ifndef RINGSIDE_NDIS_NBLFILTERING_H
#define RINGSIDE_NDIS_NBLFILTERING_H

#include "nbl.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NDIS_NET_BUFFER_LIST_FILTERING_INFO {
    WDK_EXTENSION union {
        struct {
            USHORT FilterId;
            union {
                USHORT QueueId;
                USHORT VPortId;
            } QueueVPortInfo;
        } FilteringInfo;
        PVOID Value;
    };
} NDIS_NET_BUFFER_LIST_FILTERING_INFO, *PNDIS_NET_BUFFER_LIST_FILTERING_INFO;

#define WDK_FILTERING_INFO(nbl) \
    (((PNDIS_NET_BUFFER_LIST_FILTERING_INFO)(PVOID)&(nbl)->NetBufferListInfo[NetBufferListFilteringInfo])->FilteringInfo)
#define NET_BUFFER_LIST_RECEIVE_FILTER_ID(nbl) (WDK_FILTERING_INFO(nbl).FilterId)
#define NET_BUFFER_LIST_RECEIVE_QUEUE_ID(nbl) (WDK_FILTERING_INFO(nbl).QueueVPortInfo.QueueId)
#define NET_BUFFER_LIST_RECEIVE_FILTER_VPORT_ID(nbl) (WDK_FILTERING_INFO(nbl).QueueVPortInfo.VPortId)

#ifdef __cplusplus
}
#endif

#endif
