/* SPDX-License-Identifier: Apache-2.0 */
/* wdf_driver.c: driver objects. [D] WdfDriverCreate */
#include "wdf_internal.h"

struct wdf_driver *wdf_find_driver(struct kernel *kernel, PDRIVER_OBJECT driver_object) {
    struct wdf_driver *driver = kernel->wdf;
    while (driver && driver->driver_object != driver_object) driver = driver->next;
    return driver;
}

NTSTATUS WdfDriverCreate(PDRIVER_OBJECT DriverObject, PCUNICODE_STRING RegistryPath, PWDF_OBJECT_ATTRIBUTES DriverAttributes,
                         PWDF_DRIVER_CONFIG DriverConfig, WDFDRIVER *Driver) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    struct wdf_driver *driver;
    UNREFERENCED_PARAMETER(RegistryPath);
    wdf_require_passive(kernel, __func__);
    if (DriverConfig->Size != sizeof(*DriverConfig)) return STATUS_INFO_LENGTH_MISMATCH;
    if (wdf_find_driver(kernel, DriverObject)) return STATUS_INVALID_DEVICE_STATE; /* once a driver */
    const NTSTATUS status = wdf_object_create(kernel, WDF_TYPE_DRIVER, sizeof(*driver), DriverAttributes, NULL, &driver);
    if (!NT_SUCCESS(status)) return status;
    driver->driver_object = DriverObject;
    driver->config = *DriverConfig;
    driver->next = kernel->wdf;
    kernel->wdf = driver;
    if (Driver) *Driver = (WDFDRIVER)(PVOID)driver;
    return STATUS_SUCCESS;
}

WDFDRIVER WdfGetDriver(VOID) { return (WDFDRIVER)kernel_require_context(__func__)->kernel->wdf; }

PDRIVER_OBJECT WdfDriverWdmGetDriverObject(WDFDRIVER Driver) {
    const struct wdf_driver *driver = wdf_object_of(Driver, WDF_TYPE_DRIVER, __func__);
    return driver ? driver->driver_object : NULL;
}

void wdf_driver_unload(struct wdf_driver *driver) {
    if (driver->config.EvtDriverUnload) driver->config.EvtDriverUnload((WDFDRIVER)(PVOID)driver);
    for (struct wdf_driver **link = (struct wdf_driver **)&driver->object.kernel->wdf; *link; link = &(*link)->next) {
        if (*link != driver) continue;
        *link = driver->next;
        break;
    }
    wdf_object_delete(&driver->object);
}
