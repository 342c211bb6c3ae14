/* SPDX-License-Identifier: Apache-2.0 */
/* net/lso.h: the same in the words of 2.0. */
#ifndef RINGSIDE_NET_LSO_H
#define RINGSIDE_NET_LSO_H

#include "extension.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NET_PACKET_LSO {
    WDK_EXTENSION union {
        struct {
            UINT32 Mss : 20;
            UINT32 Reserved0 : 12;
        } TCP;
    };
} NET_PACKET_LSO;
C_ASSERT(sizeof(NET_PACKET_LSO) == 4);
#define NET_PACKET_EXTENSION_LSO_NAME WDK_WIDE("ms_packet_lso")
#define NET_PACKET_EXTENSION_LSO_VERSION_1 1u
#define NET_PACKET_EXTENSION_LSO_VERSION_1_SIZE sizeof(NET_PACKET_LSO)

FORCEINLINE NET_PACKET_LSO *NetExtensionGetPacketLso(NET_EXTENSION const *Extension, UINT32 Index)
{
    return (NET_PACKET_LSO *)NetExtensionGetData(Extension, Index);
}

#ifdef __cplusplus
}
#endif

#endif
