/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdf_device.c: device objects, and the order of the callbacks in their life. [D] PnP and power management in KMDF
 *
 * One power state is modelled: a device is in D0 from its start to its stop.
 */
#include "regmap.h"
#include "wdf_internal.h"

static WDFDEVICE handle_of(struct wdf_device *device) { return (WDFDEVICE)(PVOID)device; }

/* ---- Making one */
VOID WdfDeviceInitSetPnpPowerEventCallbacks(PWDFDEVICE_INIT DeviceInit, PWDF_PNPPOWER_EVENT_CALLBACKS PnpPowerEventCallbacks) {
    DeviceInit->callbacks = *PnpPowerEventCallbacks;
}

VOID WdfDeviceInitSetPowerPolicyEventCallbacks(PWDFDEVICE_INIT DeviceInit, PWDF_POWER_POLICY_EVENT_CALLBACKS PowerPolicyEventCallbacks) {
    UNREFERENCED_PARAMETER(DeviceInit);
    UNREFERENCED_PARAMETER(PowerPolicyEventCallbacks); /* of a machine that never sleeps */
}

void wdf_device_init_set_extension(PWDFDEVICE_INIT init, const struct wdf_extension *extension) { init->extension = *extension; }

static void dispose(struct wdf_object *object) { kernel_free(CONTAINING_RECORD(object, struct wdf_device, object)->resources); }

NTSTATUS WdfDeviceCreate(PWDFDEVICE_INIT *DeviceInit, PWDF_OBJECT_ATTRIBUTES DeviceAttributes, WDFDEVICE *Device) {
    PWDFDEVICE_INIT init = *DeviceInit;
    struct wdf_device *device;
    if (init->device) return STATUS_INVALID_DEVICE_STATE;
    wdf_require_passive(init->driver->object.kernel, __func__);
    const NTSTATUS status = wdf_object_create(init->driver->object.kernel, WDF_TYPE_DEVICE, sizeof(*device), DeviceAttributes,
                                              &init->driver->object, &device);
    if (!NT_SUCCESS(status)) return status;
    device->object.dispose = dispose;
    device->object.machine = init->machine;
    device->driver = init->driver;
    device->owner = init->owner;
    device->callbacks = init->callbacks;
    device->extension = init->extension;
    device->adding = true;
    init->device = device;
    *DeviceInit = NULL;
    *Device = handle_of(device);
    return STATUS_SUCCESS;
}

NTSTATUS wdf_device_add(struct wdf_driver *driver, void *owner, const struct platform *machine, struct wdf_device **out) {
    struct WDFDEVICE_INIT init = {.driver = driver, .owner = owner, .machine = machine};
    if (!driver->config.EvtDriverDeviceAdd) return STATUS_NOT_SUPPORTED;
    wdf_trace(driver->object.kernel, PLATFORM_TRACE_FUNCTION_ENTER, "EvtDriverDeviceAdd");
    NTSTATUS status = driver->config.EvtDriverDeviceAdd((WDFDRIVER)(PVOID)driver, &init);
    wdf_trace(driver->object.kernel, PLATFORM_TRACE_FUNCTION_EXIT, "EvtDriverDeviceAdd");
    if (NT_SUCCESS(status) && !init.device) status = STATUS_UNSUCCESSFUL;
    if (init.device) init.device->adding = false;
    if (!NT_SUCCESS(status) && init.device) wdf_object_delete(&init.device->object);
    if (NT_SUCCESS(status)) *out = init.device;
    return status;
}

WDFDRIVER WdfDeviceGetDriver(WDFDEVICE Device) {
    const struct wdf_device *device = wdf_object_of(Device, WDF_TYPE_DEVICE, __func__);
    return device ? (WDFDRIVER)(PVOID)device->driver : NULL;
}

VOID WdfDeviceSetAlignmentRequirement(WDFDEVICE Device, ULONG AlignmentRequirement) {
    struct wdf_device *device = wdf_object_of(Device, WDF_TYPE_DEVICE, __func__);
    if (device) device->alignment = AlignmentRequirement;
}

VOID WdfDeviceSetFailed(WDFDEVICE Device, WDF_DEVICE_FAILED_ACTION FailedAction) {
    struct wdf_device *device = wdf_object_of(Device, WDF_TYPE_DEVICE, __func__);
    UNREFERENCED_PARAMETER(FailedAction);
    if (device && device->extension.failed) device->extension.failed(device->owner);
}

VOID WdfDeviceSetDeviceState(WDFDEVICE Device, PWDF_DEVICE_STATE DeviceState) {
    struct wdf_device *device = wdf_object_of(Device, WDF_TYPE_DEVICE, __func__);
    if (!device) return;
    if (DeviceState->Size != sizeof(*DeviceState))
        kernel_violation(device->object.kernel, "wdf.size", "[D] WDF_DEVICE_STATE", -1, "%s was given a structure that its _INIT did not make",
                         __func__);
    else if (DeviceState->Failed == WdfTrue)
        WdfDeviceSetFailed(Device, WdfDeviceFailedNoRestart);
}

void *wdf_device_owner(WDFDEVICE handle) {
    const struct wdf_device *device = wdf_object_of(handle, WDF_TYPE_DEVICE, __func__);
    return device ? device->owner : NULL;
}

/* ---- Resources */
/* BAR 0, and a descriptor for each message. */
static struct wdf_resources *make_resources(struct kernel *kernel, const struct platform *platform) {
    const unsigned messages = platform->ops->interrupt_vectors(platform->ctx);
    struct wdf_resources *list =
        kernel_allocate(kernel, sizeof(*list) + (1 + messages) * sizeof(list->descriptors[0]), WDF_TAG);
    if (!list) return NULL;
    const uint64_t low = platform->ops->config_read(platform->ctx, PCI_CFG_BAR0, 4);
    const uint64_t high = platform->ops->config_read(platform->ctx, PCI_CFG_BAR0_HIGH, 4);
    list->count = 1 + messages;
    list->descriptors[0].Type = CmResourceTypeMemory;
    list->descriptors[0].u.Memory.Start.QuadPart = (LONGLONG)(high << 32 | (low & ~(uint64_t)0xF));
    list->descriptors[0].u.Memory.Length = BAR0_SIZE;
    for (unsigned i = 0; i < messages; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR message = &list->descriptors[1 + i];
        message->Type = CmResourceTypeInterrupt;
        message->Flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE;
        message->u.MessageInterrupt.Translated.Level = DEVICE_LEVEL;
        message->u.MessageInterrupt.Translated.Vector = i;
        message->u.MessageInterrupt.Translated.Affinity = 1;
    }
    return list;
}

ULONG WdfCmResourceListGetCount(WDFCMRESLIST List) { return ((const struct wdf_resources *)(PVOID)List)->count; }

PCM_PARTIAL_RESOURCE_DESCRIPTOR WdfCmResourceListGetDescriptor(WDFCMRESLIST List, ULONG Index) {
    struct wdf_resources *list = (PVOID)List;
    return Index < list->count ? &list->descriptors[Index] : NULL;
}

/* ---- Up and down */
static NTSTATUS called(struct wdf_device *device, const char *name, NTSTATUS status) {
    wdf_trace(device->object.kernel, PLATFORM_TRACE_FUNCTION_EXIT, name);
    return status;
}
#define BEGIN(device, name) wdf_trace((device)->object.kernel, PLATFORM_TRACE_FUNCTION_ENTER, #name)
#define CALL(device, name, ...) \
    ((device)->callbacks.name ? (BEGIN(device, name), called(device, #name, (device)->callbacks.name(__VA_ARGS__))) : STATUS_SUCCESS)
#define CALL_VOID(device, name) \
    do { \
        if (!(device)->callbacks.name) break; \
        BEGIN(device, name); \
        (device)->callbacks.name(handle_of(device)); \
        (void)called(device, #name, STATUS_SUCCESS); \
    } while (0)

static NTSTATUS prepare(struct wdf_device *device) {
    const WDFCMRESLIST list = (WDFCMRESLIST)(PVOID)device->resources;
    device->preparing = true;
    const NTSTATUS status = CALL(device, EvtDevicePrepareHardware, handle_of(device), list, list);
    device->preparing = false;
    return status;
}

static void release(struct wdf_device *device) {
    (void)CALL(device, EvtDeviceReleaseHardware, handle_of(device), (WDFCMRESLIST)(PVOID)device->resources);
    wdf_interrupts_release(device);
}

/* `state`: where it goes, or where it comes from: D3Final outside of its life. */
static void leave_d0(struct wdf_device *device, WDF_POWER_DEVICE_STATE state) {
    (void)CALL(device, EvtDeviceD0ExitPreInterruptsDisabled, handle_of(device), state);
    wdf_interrupts_disconnect(device);
    (void)CALL(device, EvtDeviceD0Exit, handle_of(device), state);
}

static NTSTATUS begin_io(struct wdf_device *device, WDF_POWER_DEVICE_STATE state) {
    return state == WdfPowerDeviceD3Final ? CALL(device, EvtDeviceSelfManagedIoInit, handle_of(device))
                                          : CALL(device, EvtDeviceSelfManagedIoRestart, handle_of(device));
}

static NTSTATUS enter_d0(struct wdf_device *device, WDF_POWER_DEVICE_STATE state) {
    NTSTATUS status = CALL(device, EvtDeviceD0Entry, handle_of(device), state);
    if (!NT_SUCCESS(status)) return status;
    status = wdf_interrupts_connect(device);
    if (NT_SUCCESS(status)) status = CALL(device, EvtDeviceD0EntryPostInterruptsEnabled, handle_of(device), state);
    if (NT_SUCCESS(status) && device->extension.power_up) status = device->extension.power_up(device->owner);
    if (NT_SUCCESS(status)) {
        status = begin_io(device, state);
        if (!NT_SUCCESS(status) && device->extension.power_down) device->extension.power_down(device->owner);
    }
    if (!NT_SUCCESS(status)) leave_d0(device, WdfPowerDeviceD3Final);
    return status;
}

NTSTATUS wdf_device_start(struct wdf_device *device) {
    device->resources = make_resources(device->object.kernel, device->object.machine);
    if (!device->resources) return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = prepare(device);
    if (NT_SUCCESS(status)) status = enter_d0(device, WdfPowerDeviceD3Final);
    if (!NT_SUCCESS(status)) release(device);
    return status;
}

static void end_io(struct wdf_device *device, WDF_POWER_DEVICE_STATE state) {
    (void)CALL(device, EvtDeviceSelfManagedIoSuspend, handle_of(device));
    if (device->extension.power_down) device->extension.power_down(device->owner);
    leave_d0(device, state);
}

static void end(struct wdf_device *device) {
    release(device);
    CALL_VOID(device, EvtDeviceSelfManagedIoFlush);
    CALL_VOID(device, EvtDeviceSelfManagedIoCleanup);
    device->ended = true;
}

NTSTATUS wdf_device_power_cycle(struct wdf_device *device) {
    end_io(device, WdfPowerDeviceD3);
    const NTSTATUS status = enter_d0(device, WdfPowerDeviceD3);
    if (!NT_SUCCESS(status)) end(device);
    return status;
}

void wdf_device_stop(struct wdf_device *device) {
    if (device->ended) return;
    end_io(device, WdfPowerDeviceD3Final);
    end(device);
}

void wdf_device_surprise_removal(struct wdf_device *device) {
    CALL_VOID(device, EvtDeviceSurpriseRemoval);
}

void wdf_device_remove(struct wdf_device *device) { wdf_object_delete(&device->object); }
