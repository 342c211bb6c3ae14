/* SPDX-License-Identifier: Apache-2.0 */
/* A client driver that calls what is not there. */
#include "netadaptercx.h"

NTSTATUS WdfRegistryOpenKey(WDFKEY parent, PCUNICODE_STRING name, ULONG access, PWDF_OBJECT_ATTRIBUTES attributes, WDFKEY *key);

static NTSTATUS device_add(WDFDRIVER driver, PWDFDEVICE_INIT init) {
    WDFKEY key;
    UNREFERENCED_PARAMETER(driver);
    NetDeviceInitConfig(init);
    return WdfRegistryOpenKey(NULL, NULL, 0, WDF_NO_OBJECT_ATTRIBUTES, &key);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, device_add);
    return WdfDriverCreate(driver, registry_path, WDF_NO_OBJECT_ATTRIBUTES, &config, NULL);
}
