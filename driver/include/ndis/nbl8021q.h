/* SPDX-License-Identifier: Apache-2.0 */
/* ndis/nbl8021q.h: slot Ieee8021QNetBufferListInfo. The priority is the low bits here, the high ones on the wire. [D] 4 */
#ifndef RINGSIDE_NDIS_NBL8021Q_H
#define RINGSIDE_NDIS_NBL8021Q_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NDIS_NET_BUFFER_LIST_8021Q_INFO {
    WDK_EXTENSION union {
        struct {
            UINT32 UserPriority : 3;
            UINT32 CanonicalFormatId : 1; /* 0 */
            UINT32 VlanId : 12;
            UINT32 Reserved : 16;
        } TagHeader;
        struct {
            UINT32 UserPriority : 3;
            UINT32 CanonicalFormatId : 1;
            UINT32 VlanId : 12;
            UINT32 WMMInfo : 4;
            UINT32 Reserved : 12;
        } WLanTagHeader;
        PVOID Value;
    };
} NDIS_NET_BUFFER_LIST_8021Q_INFO, *PNDIS_NET_BUFFER_LIST_8021Q_INFO;

#ifdef __cplusplus
}
#endif

#endif
