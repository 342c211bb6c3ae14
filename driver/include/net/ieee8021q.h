/* SPDX-License-Identifier: Apache-2.0 */
/* net/ieee8021q.h: priority and VLAN of a packet, whose tag is not in the frame. */
#ifndef RINGSIDE_NET_IEEE8021Q_H
#define RINGSIDE_NET_IEEE8021Q_H

#include "extension.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _NET_PACKET_TX_IEEE8021Q_ACTION_FLAGS {
    NetPacketTxIeee8021qActionFlagPriorityRequired = 1, NetPacketTxIeee8021qActionFlagVlanRequired = 2
} NET_PACKET_TX_IEEE8021Q_ACTION_FLAGS;
typedef struct _NET_PACKET_IEEE8021Q {
    UINT16 PriorityCodePoint : 3;
    UINT16 VlanIdentifier : 12;
    UINT8 TxTagging : 2;
} NET_PACKET_IEEE8021Q;
C_ASSERT(sizeof(NET_PACKET_IEEE8021Q) == 4);
#define NET_PACKET_EXTENSION_IEEE8021Q_NAME WDK_WIDE("ms_packet_ieee8021q")
#define NET_PACKET_EXTENSION_IEEE8021Q_VERSION_1 1u
#define NET_PACKET_EXTENSION_IEEE8021Q_VERSION_1_SIZE sizeof(NET_PACKET_IEEE8021Q)

FORCEINLINE NET_PACKET_IEEE8021Q *NetExtensionGetPacketIeee8021Q(NET_EXTENSION const *Extension, UINT32 Index)
{
    return (NET_PACKET_IEEE8021Q *)NetExtensionGetData(Extension, Index);
}

#ifdef __cplusplus
}
#endif

#endif
