/* SPDX-License-Identifier: Apache-2.0 */
/* ndis/nbluso.h: slot UdpSegmentationOffloadInfo, on send (on receive the slot is that of nblrsc.h). MSS 0 asks for nothing. [D] 4 */
#ifndef RINGSIDE_NDIS_NBLUSO_H
#define RINGSIDE_NDIS_NBLUSO_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NDIS_UDP_SEGMENTATION_OFFLOAD_IPV4 0
#define NDIS_UDP_SEGMENTATION_OFFLOAD_IPV6 1

typedef struct _NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO {
    WDK_EXTENSION union {
        struct {
            ULONG MSS : 20;
            ULONG UdpHeaderOffset : 10;
            ULONG Reserved : 1;
            ULONG IPVersion : 1;
        } Transmit;
        PVOID Value;
    };
} NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO, *PNDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO;

#ifdef __cplusplus
}
#endif

#endif
