/* SPDX-License-Identifier: Apache-2.0 */
/* intermediate.c: virtual adapters of intermediate drivers. [D] 3.1, 3.5, 3.10 */
#define _GNU_SOURCE
#include <stdio.h>

#include "ndis_internal.h"

VOID NdisIMAssociateMiniport(NDIS_HANDLE DriverHandle, NDIS_HANDLE ProtocolHandle) {
    struct ndis_driver *driver = ndis_object_of(DriverHandle, NDIS_OBJECT_DRIVER, __func__);
    struct ndis_protocol *protocol = ndis_object_of(ProtocolHandle, NDIS_OBJECT_PROTOCOL, __func__);
    if (!driver || !protocol) return;
    protocol->associated = driver;
    protocol->driver = driver;
}

/* "\DEVICE\vnic0" is called vnic0; a name without that stands for itself. Names are ASCII here. */
static void short_name(PNDIS_STRING from, char *to, size_t size) {
    size_t begin = 0, units = from->Length / sizeof(WCHAR), length = 0;
    for (size_t i = 0; i < units; i++)
        if (from->Buffer[i] == '\\') begin = i + 1;
    for (size_t i = begin; i < units && length + 1 < size; i++) to[length++] = (char)from->Buffer[i];
    to[length] = '\0';
}

static struct ndis_adapter *find_virtual(struct ndis_driver *driver, PNDIS_STRING instance) {
    char name[64];
    short_name(instance, name, sizeof(name));
    struct ndis_adapter *adapter = ndis_find_adapter(driver->object.ndis, name);
    return adapter && adapter->driver == driver ? adapter : NULL;
}

static void bring_up_later(void *arg) {
    struct ndis_adapter *adapter = arg;
    if (adapter->layer.state == NDIS_STATE_HALTED && !adapter->cancelled) (void)ndis_bring_up_adapter(adapter);
}

NDIS_STATUS NdisIMInitializeDeviceInstanceEx(NDIS_HANDLE DriverHandle, PNDIS_STRING DriverInstance, NDIS_HANDLE DeviceContext) {
    struct ndis_driver *driver = ndis_object_of(DriverHandle, NDIS_OBJECT_DRIVER, __func__);
    if (!driver) return NDIS_STATUS_INVALID_PARAMETER;
    struct ndis *ndis = driver->object.ndis;
    ndis_require_passive(ndis, __func__);
    if (!driver->is_miniport || !(driver->miniport.Flags & NDIS_INTERMEDIATE_DRIVER)) {
        kernel_violation(ndis->kernel, "ndis.state", "[D] 3.1", -1,
                         "%s made a virtual adapter, and did not register its miniport with NDIS_INTERMEDIATE_DRIVER", driver->object.name);
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    struct ndis_adapter *adapter = find_virtual(driver, DriverInstance);
    if (adapter && (adapter->layer.state != NDIS_STATE_HALTED || !adapter->cancelled)) return NDIS_STATUS_NOT_ACCEPTED;
    if (!adapter) {
        char name[64];
        short_name(DriverInstance, name, sizeof(name));
        if (ndis_find_adapter(ndis, name)) return NDIS_STATUS_NOT_ACCEPTED;
        adapter = ndis_adapter_create(ndis, driver, name);
        if (!adapter) return NDIS_STATUS_RESOURCES;
        adapter->is_virtual = true;
        NDIS_STATUS status = ndis_make_planned_filters(adapter);
        if (status != NDIS_STATUS_SUCCESS) return status;
    }
    adapter->cancelled = false;
    adapter->im_context = DeviceContext;
    /* The start comes to it by itself; an adapter that is made later waits for the binding below that is being made. */
    if (ndis->bringing_up) return NDIS_STATUS_SUCCESS;
    return ndis_queue_work(ndis, bring_up_later, adapter) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

NDIS_STATUS NdisIMCancelInitializeDeviceInstance(NDIS_HANDLE DriverHandle, PNDIS_STRING DeviceInstance) {
    struct ndis_driver *driver = ndis_object_of(DriverHandle, NDIS_OBJECT_DRIVER, __func__);
    struct ndis_adapter *adapter = driver ? find_virtual(driver, DeviceInstance) : NULL;
    if (!adapter || adapter->layer.state != NDIS_STATE_HALTED || adapter->cancelled) return NDIS_STATUS_FAILURE;
    adapter->cancelled = true;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisIMDeInitializeDeviceInstance(NDIS_HANDLE NdisMiniportHandle) {
    struct ndis_adapter *adapter = ndis_object_of(NdisMiniportHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (!adapter || !adapter->is_virtual) return NDIS_STATUS_FAILURE;
    adapter->cancelled = true;
    if (adapter->layer.state != NDIS_STATE_HALTED) ndis_take_down_adapter(adapter, NdisHaltDeviceInstanceDeInitialized);
    return NDIS_STATUS_SUCCESS;
}

NDIS_HANDLE NdisIMGetBindingContext(NDIS_HANDLE NdisBindingHandle) {
    struct ndis_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_BINDING, __func__);
    return binding ? binding->adapter->im_context : NULL;
}

NDIS_STATUS NdisIfAddIfStackEntry(NET_IFINDEX HigherLayerIfIndex, NET_IFINDEX LowerLayerIfIndex) {
    UNREFERENCED_PARAMETER(HigherLayerIfIndex);
    UNREFERENCED_PARAMETER(LowerLayerIfIndex);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisIfDeleteIfStackEntry(NET_IFINDEX HigherLayerIfIndex, NET_IFINDEX LowerLayerIfIndex) {
    UNREFERENCED_PARAMETER(HigherLayerIfIndex);
    UNREFERENCED_PARAMETER(LowerLayerIfIndex);
    return NDIS_STATUS_SUCCESS;
}
