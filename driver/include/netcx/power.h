/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx/power.h: what may wake an adapter. Include netadaptercx.h, not this header.
 *
 * No machine here sleeps: capabilities are taken, and the list of what is armed is empty. [D] NetAdapterWakeSetMagicPacketCapabilities
 */
#ifndef RINGSIDE_NETCX_POWER_H
#define RINGSIDE_NETCX_POWER_H

#ifdef __cplusplus
extern "C" {
#endif

DECLARE_HANDLE(NETWAKESOURCE);

typedef struct _NET_ADAPTER_WAKE_MAGIC_PACKET_CAPABILITIES {
    ULONG Size;
    BOOLEAN MagicPacket; /* set after _INIT */
} NET_ADAPTER_WAKE_MAGIC_PACKET_CAPABILITIES;
FORCEINLINE void NET_ADAPTER_WAKE_MAGIC_PACKET_CAPABILITIES_INIT(NET_ADAPTER_WAKE_MAGIC_PACKET_CAPABILITIES *Capabilities)
{
    WDK_INIT_STRUCTURE(Capabilities);
}
void NetAdapterWakeSetMagicPacketCapabilities(NETADAPTER Adapter, NET_ADAPTER_WAKE_MAGIC_PACKET_CAPABILITIES const *Capabilities);

typedef enum _NET_WAKE_SOURCE_TYPE {
    NetWakeSourceTypeBitmapPattern = 1, NetWakeSourceTypeMagicPacket, NetWakeSourceTypeMediaChange, NetWakeSourceTypePacketFilterMatch,
    NetWakeSourceTypeEapolPacket
} NET_WAKE_SOURCE_TYPE;
typedef struct _NET_WAKE_SOURCE_LIST {
    ULONG Size;
    void *Reserved[4];
} NET_WAKE_SOURCE_LIST;
C_ASSERT(sizeof(NET_WAKE_SOURCE_LIST) == 40);
FORCEINLINE void NET_WAKE_SOURCE_LIST_INIT(NET_WAKE_SOURCE_LIST *List) { WDK_INIT_STRUCTURE(List); }

void NetDeviceGetWakeSourceList(WDFDEVICE Device, NET_WAKE_SOURCE_LIST *List);
SIZE_T NetWakeSourceListGetCount(NET_WAKE_SOURCE_LIST const *List);
NETWAKESOURCE NetWakeSourceListGetElement(NET_WAKE_SOURCE_LIST const *List, SIZE_T Index); /* NULL: past the end */
NET_WAKE_SOURCE_TYPE NetWakeSourceGetType(NETWAKESOURCE WakeSource);
NETADAPTER NetWakeSourceGetAdapter(NETWAKESOURCE WakeSource);

#ifdef __cplusplus
}
#endif

#endif
