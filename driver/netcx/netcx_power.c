/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_power.c: wake-up, of adapters that never sleep. [D] NetDeviceGetWakeSourceList */
#include "netcx_internal.h"

void NetAdapterWakeSetMagicPacketCapabilities(NETADAPTER Adapter, NET_ADAPTER_WAKE_MAGIC_PACKET_CAPABILITIES const *Capabilities) {
    struct netcx_adapter *adapter = netcx_adapter_of(Adapter, __func__);
    if (!adapter) return;
    netcx_check_configuring(adapter, __func__);
    if (Capabilities->Size != sizeof(*Capabilities))
        netcx_violation(adapter->device, "netcx.size", "%s was given a structure that its _INIT did not make", __func__);
}

void NetDeviceGetWakeSourceList(WDFDEVICE Device, NET_WAKE_SOURCE_LIST *List) {
    const struct wdf_device *device = wdf_object_of(Device, WDF_TYPE_DEVICE, __func__);
    if (device) List->Reserved[0] = NULL; /* of no elements */
}

SIZE_T NetWakeSourceListGetCount(NET_WAKE_SOURCE_LIST const *List) {
    UNREFERENCED_PARAMETER(List);
    return 0;
}

NETWAKESOURCE NetWakeSourceListGetElement(NET_WAKE_SOURCE_LIST const *List, SIZE_T Index) {
    UNREFERENCED_PARAMETER(List);
    UNREFERENCED_PARAMETER(Index);
    return NULL;
}

/* Of a handle that nobody was given. */
static void refuse(NETWAKESOURCE source, const char *function) { (void)wdf_object_of(source, WDF_TYPE_NET_WAKE_SOURCE, function); }

NET_WAKE_SOURCE_TYPE NetWakeSourceGetType(NETWAKESOURCE WakeSource) {
    refuse(WakeSource, __func__);
    return NetWakeSourceTypeMagicPacket;
}

NETADAPTER NetWakeSourceGetAdapter(NETWAKESOURCE WakeSource) {
    refuse(WakeSource, __func__);
    return NULL;
}
