/* SPDX-License-Identifier: Apache-2.0 */
/* add_device.c: optional handlers; those of a miniport that takes part in the set-up of its device. [D] 3.6 */
#include "ndis_internal.h"

NDIS_STATUS NdisSetOptionalHandlers(NDIS_HANDLE NdisHandle, PNDIS_DRIVER_OPTIONAL_HANDLERS OptionalHandlers) {
    const struct ndis_object *object = NdisHandle;
    if (object && object->type == NDIS_OBJECT_FILTER) return ndis_set_filter_handlers(NdisHandle, OptionalHandlers);
    struct ndis_driver *driver = ndis_object_of(NdisHandle, NDIS_OBJECT_DRIVER, __func__);
    if (!driver) return NDIS_STATUS_INVALID_PARAMETER;
    if (OptionalHandlers->Header.Type != NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS) return NDIS_STATUS_NOT_SUPPORTED;
    if (OptionalHandlers->Header.Size < NDIS_SIZEOF_MINIPORT_PNP_CHARACTERISTICS_REVISION_1) return NDIS_STATUS_BAD_CHARACTERISTICS;
    driver->pnp = *(const NDIS_MINIPORT_PNP_CHARACTERISTICS *)(const void *)OptionalHandlers;
    return driver->pnp.MiniportAddDeviceHandler && driver->pnp.MiniportRemoveDeviceHandler ? NDIS_STATUS_SUCCESS
                                                                                         : NDIS_STATUS_BAD_CHARACTERISTICS;
}

NDIS_STATUS ndis_set_add_device(struct ndis_adapter *adapter, const NDIS_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES *from) {
    if (from->Header.Size < NDIS_SIZEOF_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES_REVISION_1) return NDIS_STATUS_BAD_CHARACTERISTICS;
    if (!adapter->adding_device) {
        kernel_violation(adapter->object.ndis->kernel, "ndis.attributes", "[D] MiniportAddDevice", -1,
                         "%s set its add-device attributes outside of MiniportAddDevice", adapter->object.name);
        return NDIS_STATUS_FAILURE;
    }
    adapter->add_device_context = from->MiniportAddDeviceContext;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS ndis_add_device(struct ndis_adapter *adapter) {
    const struct ndis_driver *driver = adapter->driver;
    if (!driver->pnp.MiniportAddDeviceHandler || adapter->device_added) return NDIS_STATUS_SUCCESS;
    ndis_function_enter(adapter->object.ndis, "MiniportAddDevice");
    adapter->adding_device = true;
    const NDIS_STATUS status = driver->pnp.MiniportAddDeviceHandler(adapter, driver->context);
    adapter->adding_device = false;
    ndis_function_exit(adapter->object.ndis, "MiniportAddDevice");
    adapter->device_added = status == NDIS_STATUS_SUCCESS;
    return status;
}

void ndis_remove_device(struct ndis_adapter *adapter) {
    if (!adapter->device_added) return;
    adapter->device_added = false;
    ndis_function_enter(adapter->object.ndis, "MiniportRemoveDevice");
    adapter->driver->pnp.MiniportRemoveDeviceHandler(adapter->add_device_context);
    ndis_function_exit(adapter->object.ndis, "MiniportRemoveDevice");
    adapter->add_device_context = NULL;
}
