/* SPDX-License-Identifier: Apache-2.0 */
/* netviocx_driver.c: DriverEntry, and what happens when the device is found. [D] EvtDriverDeviceAdd */
#include "netviocx_device.h"

static NTSTATUS create_adapter(NETVIOCX_DEVICE *device) {
    NET_ADAPTER_DATAPATH_CALLBACKS callbacks;
    NETADAPTER_INIT *init = NetAdapterInitAllocate(device->device);
    if (!init) return STATUS_INSUFFICIENT_RESOURCES;
    NET_ADAPTER_DATAPATH_CALLBACKS_INIT(&callbacks, netviocx_create_tx_queue, netviocx_create_rx_queue);
    NetAdapterInitSetDatapathCallbacks(init, &callbacks);
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, NETVIOCX_ADAPTER);
    const NTSTATUS status = NetAdapterCreate(init, &attributes, &device->adapter);
    NetAdapterInitFree(init);
    if (NT_SUCCESS(status)) netviocx_adapter_of(device->adapter)->device = device;
    return status;
}

static EVT_WDF_DRIVER_DEVICE_ADD device_add;
static NTSTATUS device_add(WDFDRIVER driver, PWDFDEVICE_INIT init) {
    WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFDEVICE handle;
    UNREFERENCED_PARAMETER(driver);
    NTSTATUS status = NetDeviceInitConfig(init);
    if (!NT_SUCCESS(status)) return status;
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
    callbacks.EvtDevicePrepareHardware = netviocx_prepare_hardware;
    callbacks.EvtDeviceReleaseHardware = netviocx_release_hardware;
    callbacks.EvtDeviceD0Entry = netviocx_d0_entry;
    callbacks.EvtDeviceD0ExitPreInterruptsDisabled = netviocx_quiesce;
    callbacks.EvtDeviceD0Exit = netviocx_d0_exit;
    callbacks.EvtDeviceSurpriseRemoval = netviocx_surprise_removal;
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &callbacks);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, NETVIOCX_DEVICE);
    status = WdfDeviceCreate(&init, &attributes, &handle);
    if (!NT_SUCCESS(status)) return status;
    NETVIOCX_DEVICE *device = netviocx_device_of(handle);
    device->device = handle;
    device->platform = netcx_platform(handle);
    return create_adapter(device);
}

NTSTATUS netviocx_driver_entry(PDRIVER_OBJECT driver_object, PUNICODE_STRING registry_path) {
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, device_add);
    return WdfDriverCreate(driver_object, registry_path, WDF_NO_OBJECT_ATTRIBUTES, &config, NULL);
}
