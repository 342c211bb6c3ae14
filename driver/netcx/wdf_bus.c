/* SPDX-License-Identifier: Apache-2.0 */
/* wdf_bus.c: what the bus and the power manager offer a device: its configuration space, and rest. [D] WdfFdoQueryForInterface */
#include "wdf_internal.h"
#include "wdmguid.h"

const GUID GUID_BUS_INTERFACE_STANDARD = {0x496B8280, 0x6F25, 0x11D0, {0xBE, 0xAF, 0x08, 0x00, 0x2B, 0xE2, 0x09, 0x2F}};

static VOID reference(PVOID Context) { WdfObjectReference(Context); }
static VOID dereference(PVOID Context) { WdfObjectDereference(Context); }

static const struct platform *card_of(PVOID context) { return &((struct wdf_device *)context)->object.kernel->seam; }

static ULONG get_bus_data(PVOID Context, ULONG DataType, PVOID Buffer, ULONG Offset, ULONG Length) {
    return DataType == PCI_WHICHSPACE_CONFIG ? kernel_config_read(card_of(Context), Offset, Buffer, Length) : 0;
}

static ULONG set_bus_data(PVOID Context, ULONG DataType, PVOID Buffer, ULONG Offset, ULONG Length) {
    return DataType == PCI_WHICHSPACE_CONFIG ? kernel_config_write(card_of(Context), Offset, Buffer, Length) : 0;
}

NTSTATUS WdfFdoQueryForInterface(WDFDEVICE Fdo, const GUID *InterfaceType, PINTERFACE Interface, USHORT Size, USHORT Version,
                                 PVOID InterfaceSpecificData) {
    struct wdf_device *device = wdf_object_of(Fdo, WDF_TYPE_DEVICE, __func__);
    UNREFERENCED_PARAMETER(InterfaceSpecificData);
    if (!device) return STATUS_INVALID_PARAMETER;
    wdf_require_passive(device->object.kernel, __func__);
    if (!IsEqualGUID(InterfaceType, &GUID_BUS_INTERFACE_STANDARD) || Version != 1) return STATUS_NOT_SUPPORTED;
    const BUS_INTERFACE_STANDARD bus = {.Size = sizeof(bus), .Version = 1, .Context = device, .InterfaceReference = reference,
                                        .InterfaceDereference = dereference, .SetBusData = set_bus_data, .GetBusData = get_bus_data};
    if (Size < sizeof(bus)) return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(Interface, &bus, sizeof(bus));
    reference(device);
    return STATUS_SUCCESS;
}

/* ---- Power policy */
NTSTATUS WdfDeviceAssignS0IdleSettings(WDFDEVICE Device, PWDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings) {
    if (!wdf_object_of(Device, WDF_TYPE_DEVICE, __func__)) return STATUS_INVALID_PARAMETER;
    return Settings->Size == sizeof(*Settings) && Settings->IdleCaps != IdleCapsInvalid ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS WdfDeviceAssignSxWakeSettings(WDFDEVICE Device, PWDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Settings) {
    if (!wdf_object_of(Device, WDF_TYPE_DEVICE, __func__)) return STATUS_INVALID_PARAMETER;
    return Settings->Size == sizeof(*Settings) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}
