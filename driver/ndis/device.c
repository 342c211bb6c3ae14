/* SPDX-License-Identifier: Apache-2.0 */
/* device.c: devices of drivers that NDIS loaded, work items, and what drivers ask about their adapter and machine. */
#include <stdarg.h>

#include "ndis_internal.h"

enum { DEVICE_TAG = 0x76654444 /* "DDev" */, DEVICE_MAGIC = 0x4E444456, WORK_MAGIC = 0x4E445749, VERSION_6_85 = 6 << 16 | 85, CACHE_LINE_BYTES = 64 };

/* ---- Devices: each has a DRIVER_OBJECT of its own, for dispatch routines of its own. */
struct ndis_device {
    ULONG magic;
    DRIVER_OBJECT driver_object;
    PDEVICE_OBJECT object;
    NDIS_STRING link; /* owned; Buffer NULL: it has none */
};

static NDIS_STATUS make_link(struct ndis_device *device, PNDIS_STRING link, PNDIS_STRING name) {
    if (!link || link->Length == 0) return NDIS_STATUS_SUCCESS;
    device->link.Buffer = ExAllocatePoolWithTag(NonPagedPool, link->Length, DEVICE_TAG);
    if (!device->link.Buffer) return NDIS_STATUS_RESOURCES;
    device->link.MaximumLength = link->Length;
    RtlCopyUnicodeString(&device->link, link);
    const NTSTATUS status = IoCreateSymbolicLink(link, name);
    if (status == STATUS_SUCCESS) return NDIS_STATUS_SUCCESS;
    ExFreePoolWithTag(device->link.Buffer, DEVICE_TAG);
    device->link.Buffer = NULL;
    return status;
}

NDIS_STATUS NdisRegisterDeviceEx(NDIS_HANDLE NdisHandle, PNDIS_DEVICE_OBJECT_ATTRIBUTES DeviceObjectAttributes, PDEVICE_OBJECT *DeviceObject,
                                 PNDIS_HANDLE NdisDeviceHandle) {
    ndis_require_passive(((struct ndis_object *)NdisHandle)->ndis, __func__);
    const NDIS_DEVICE_OBJECT_ATTRIBUTES *attributes = DeviceObjectAttributes;
    *DeviceObject = NULL;
    *NdisDeviceHandle = NULL;
    if (attributes->Header.Size < NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 || !attributes->MajorFunctions) return NDIS_STATUS_INVALID_PARAMETER;
    struct ndis_device *device = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*device), DEVICE_TAG);
    if (!device) return NDIS_STATUS_RESOURCES;
    device->magic = DEVICE_MAGIC;
    for (unsigned i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) device->driver_object.MajorFunction[i] = attributes->MajorFunctions[i];
    NDIS_STATUS status = IoCreateDevice(&device->driver_object, attributes->ExtensionSize, attributes->DeviceName, FILE_DEVICE_NETWORK,
                                        FILE_DEVICE_SECURE_OPEN, FALSE, &device->object);
    if (status == STATUS_SUCCESS) {
        status = make_link(device, attributes->SymbolicName, attributes->DeviceName);
        if (status != STATUS_SUCCESS) IoDeleteDevice(device->object);
    }
    if (status != STATUS_SUCCESS) {
        ExFreePoolWithTag(device, DEVICE_TAG);
        return status;
    }
    *DeviceObject = device->object;
    *NdisDeviceHandle = device;
    return NDIS_STATUS_SUCCESS;
}

VOID NdisDeregisterDeviceEx(NDIS_HANDLE NdisDeviceHandle) {
    struct ndis_device *device = NdisDeviceHandle;
    if (!device || device->magic != DEVICE_MAGIC) {
        kernel_violation(kernel_require_context(__func__)->kernel, "ndis.handle", "[D] NdisDeregisterDeviceEx", -1,
                         "NdisDeregisterDeviceEx was given a handle that is no device's");
        return;
    }
    if (device->link.Buffer) {
        (void)IoDeleteSymbolicLink(&device->link);
        ExFreePoolWithTag(device->link.Buffer, DEVICE_TAG);
    }
    IoDeleteDevice(device->object);
    device->magic = 0;
    ExFreePoolWithTag(device, DEVICE_TAG);
}

PVOID NdisGetDeviceReservedExtension(PDEVICE_OBJECT DeviceObject) { return DeviceObject->DeviceExtension; }

/* ---- Work items */
struct work_item {
    ULONG magic;
    struct ndis *ndis;
    NDIS_IO_WORKITEM_ROUTINE routine;
    PVOID context;
    bool queued;
};

NDIS_HANDLE NdisAllocateIoWorkItem(NDIS_HANDLE NdisObjectHandle) {
    struct work_item *item = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*item), DEVICE_TAG);
    if (item) *item = (struct work_item){.magic = WORK_MAGIC, .ndis = ((struct ndis_object *)NdisObjectHandle)->ndis};
    return item;
}

static struct work_item *work_of(NDIS_HANDLE handle, const char *function) {
    struct work_item *item = handle;
    if (item && item->magic == WORK_MAGIC) return item;
    kernel_violation(kernel_require_context(function)->kernel, "ndis.handle", "[D] NdisAllocateIoWorkItem", -1,
                     "%s was given a handle that is no work item's", function);
    return NULL;
}

VOID NdisFreeIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle) {
    struct work_item *item = work_of(NdisIoWorkItemHandle, __func__);
    if (!item) return;
    if (item->queued) {
        kernel_violation(item->ndis->kernel, "ndis.work_item", "[D] NdisFreeIoWorkItem", -1,
                         "a work item was freed while it is queued: its routine would run on freed memory");
        return;
    }
    item->magic = 0;
    ExFreePoolWithTag(item, DEVICE_TAG);
}

static void run_work(void *arg) {
    struct work_item *item = arg;
    item->queued = false; /* from here on the routine may queue it again, or free it */
    item->routine(item->context, item);
}

VOID NdisQueueIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle, NDIS_IO_WORKITEM_ROUTINE Routine, PVOID WorkItemContext) {
    struct work_item *item = work_of(NdisIoWorkItemHandle, __func__);
    if (!item) return;
    if (item->queued) {
        kernel_violation(item->ndis->kernel, "ndis.work_item", "[D] NdisQueueIoWorkItem", -1, "a work item was queued that is queued already");
        return;
    }
    item->routine = Routine;
    item->context = WorkItemContext;
    item->queued = true;
    if (!ndis_queue_work(item->ndis, run_work, item)) item->queued = false;
}

/* ---- The adapter, as seen from below */
VOID NdisMGetDeviceProperty(NDIS_HANDLE MiniportAdapterHandle, PDEVICE_OBJECT *PhysicalDeviceObject, PDEVICE_OBJECT *FunctionalDeviceObject,
                            PDEVICE_OBJECT *NextDeviceObject, PVOID *AllocatedResources, PVOID *AllocatedResourcesTranslated) {
    UNREFERENCED_PARAMETER(MiniportAdapterHandle);
    if (PhysicalDeviceObject) *PhysicalDeviceObject = NULL;
    if (FunctionalDeviceObject) *FunctionalDeviceObject = NULL;
    if (NextDeviceObject) *NextDeviceObject = NULL;
    if (AllocatedResources) *AllocatedResources = NULL;
    if (AllocatedResourcesTranslated) *AllocatedResourcesTranslated = NULL;
}

VOID NdisInitializeString(PNDIS_STRING Destination, PUCHAR Source) {
    const size_t length = strlen((const char *)Source);
    Destination->Buffer = ExAllocatePoolWithTag(NonPagedPool, (length + 1) * sizeof(WCHAR), DEVICE_TAG);
    Destination->Length = Destination->MaximumLength = 0;
    if (!Destination->Buffer) return;
    for (size_t i = 0; i <= length; i++) Destination->Buffer[i] = Source[i];
    Destination->Length = (USHORT)(length * sizeof(WCHAR));
    Destination->MaximumLength = (USHORT)((length + 1) * sizeof(WCHAR));
}

NDIS_STATUS NdisQueryAdapterInstanceName(PNDIS_STRING AdapterInstanceName, NDIS_HANDLE NdisBindingHandle) {
    struct ndis_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_BINDING, __func__);
    if (!binding) return NDIS_STATUS_INVALID_PARAMETER;
    NdisInitializeString(AdapterInstanceName, (PUCHAR)(ULONG_PTR)binding->adapter->object.name);
    return AdapterInstanceName->Buffer ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static void remove_adapter(void *arg) {
    struct ndis_adapter *adapter = arg;
    ndis_take_down_adapter(adapter, NdisHaltDeviceFailed);
}

NDIS_STATUS NdisMRemoveMiniport(NDIS_HANDLE MiniportAdapterHandle) {
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (!adapter) return NDIS_STATUS_INVALID_PARAMETER;
    adapter->cancelled = true;
    return ndis_queue_work(adapter->object.ndis, remove_adapter, adapter) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

/* ---- The machine and its system */
ULONG NdisGetVersion(VOID) { return VERSION_6_85; }

ULONG NdisGetSharedDataAlignment(VOID) { return CACHE_LINE_BYTES; }

VOID NdisWriteErrorLogEntry(NDIS_HANDLE NdisAdapterHandle, ULONG ErrorCode, ULONG NumberOfErrorValues, ...) {
    const struct ndis_object *object = NdisAdapterHandle;
    (void)DbgPrint("%s: error log entry 0x%08x", object->name, ErrorCode);
    va_list values;
    va_start(values, NumberOfErrorValues);
    for (ULONG i = 0; i < NumberOfErrorValues; i++) (void)DbgPrint(" 0x%x", va_arg(values, ULONG));
    va_end(values);
    (void)DbgPrint("\n");
}

NDIS_STATUS NdisWriteEventLogEntry(PVOID LogHandle, NDIS_STATUS EventCode, ULONG UniqueEventValue, USHORT NumStrings, PVOID StringsList,
                                   ULONG DataSize, PVOID Data) {
    UNREFERENCED_PARAMETER(LogHandle);
    UNREFERENCED_PARAMETER(StringsList);
    UNREFERENCED_PARAMETER(Data);
    (void)DbgPrint("event log entry 0x%08x, unique value 0x%x, %u strings, %u bytes\n", (ULONG)EventCode, UniqueEventValue, NumStrings, DataSize);
    return NDIS_STATUS_SUCCESS;
}

ULONG NdisSystemProcessorCount(VOID) { return KeQueryActiveProcessorCount(NULL); }

ULONG NdisGroupActiveProcessorCount(USHORT Group) { return KeQueryActiveProcessorCountEx(Group); }

CCHAR NdisProcessorNumberToIndex(PROCESSOR_NUMBER ProcNum) { return (CCHAR)(ProcNum.Group || ProcNum.Number ? -1 : 0); }

VOID NdisGetSystemUpTimeEx(PLARGE_INTEGER pSystemUpTime) { pSystemUpTime->QuadPart = (LONGLONG)(KeQueryInterruptTime() / 10000); }

ULONG NdisMQueueDpcEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId, PGROUP_AFFINITY TargetProcessors, PVOID MiniportDpcContext) {
    UNREFERENCED_PARAMETER(TargetProcessors); /* there is one */
    return NdisMQueueDpc(NdisInterruptHandle, MessageId, 1, MiniportDpcContext);
}

VOID NdisUpcaseUnicodeString(PUNICODE_STRING DestinationString, PUNICODE_STRING SourceString) {
    (void)RtlUpcaseUnicodeString(DestinationString, SourceString, FALSE);
}
