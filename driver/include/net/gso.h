/* SPDX-License-Identifier: Apache-2.0 */
/* net/gso.h: a packet that the adapter cuts into segments of Mss bytes of payload; 0: it is sent as it is. */
#ifndef RINGSIDE_NET_GSO_H
#define RINGSIDE_NET_GSO_H

#include "extension.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NET_PACKET_GSO {
    WDK_EXTENSION union {
        struct {
            UINT32 Mss : 20;
            UINT32 Reserved0 : 12;
        } TCP;
        struct {
            UINT32 Mss : 20;
            UINT32 Reserved0 : 12;
        } UDP;
    };
} NET_PACKET_GSO;
C_ASSERT(sizeof(NET_PACKET_GSO) == 4);
#define NET_PACKET_EXTENSION_GSO_NAME WDK_WIDE("ms_packet_gso")
#define NET_PACKET_EXTENSION_GSO_VERSION_1 1u
#define NET_PACKET_EXTENSION_GSO_VERSION_1_SIZE sizeof(NET_PACKET_GSO)

FORCEINLINE NET_PACKET_GSO *NetExtensionGetPacketGso(NET_EXTENSION const *Extension, UINT32 Index)
{
    return (NET_PACKET_GSO *)NetExtensionGetData(Extension, Index);
}

#ifdef __cplusplus
}
#endif

#endif
