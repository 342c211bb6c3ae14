/* SPDX-License-Identifier: Apache-2.0 */
/* device.c: devices of drivers, and the names and symbolic links that they are found by. */
#include "kernel_device.h"

enum { DEVICE_TAG = 0x76654444 /* "DDev" */, OBJECT_TYPE_DEVICE = 3 };

static bool copy_name(UNICODE_STRING *to, PCUNICODE_STRING from) {
    *to = (UNICODE_STRING){0, 0, NULL};
    if (!from || from->Length == 0) return true;
    to->Buffer = ExAllocatePoolWithTag(NonPagedPool, from->Length, DEVICE_TAG);
    if (!to->Buffer) return false;
    memcpy(to->Buffer, from->Buffer, from->Length);
    to->Length = to->MaximumLength = from->Length;
    return true;
}

static void free_name(UNICODE_STRING *name) {
    if (name->Buffer) ExFreePoolWithTag(name->Buffer, DEVICE_TAG);
}

/* Is `name` the whole beginning of `path`, up to a backslash or the end? */
static bool begins(PCUNICODE_STRING name, PCUNICODE_STRING path) {
    if (name->Length == 0 || name->Length > path->Length) return false;
    const UNICODE_STRING head = {name->Length, name->Length, path->Buffer};
    return RtlEqualUnicodeString(name, &head, TRUE) &&
           (path->Length == name->Length || path->Buffer[name->Length / sizeof(WCHAR)] == '\\');
}

/* The directory of links goes by several names, which drivers and programs mix. What follows it; or the whole name, of a device. */
static UNICODE_STRING in_directory(PCUNICODE_STRING name) {
    static const char *const names[] = {"\\DosDevices\\Global\\", "\\DosDevices\\", "\\Global\?\?\\", "\\?\?\\"};
    WCHAR text[24];
    for (size_t i = 0; i < RTL_NUMBER_OF(names); i++) {
        const size_t length = strlen(names[i]);
        for (size_t at = 0; at < length; at++) text[at] = (UCHAR)names[i][at];
        const UNICODE_STRING directory = {(USHORT)(length * sizeof(WCHAR)), (USHORT)(length * sizeof(WCHAR)), text};
        if (name->Length < directory.Length) continue;
        const UNICODE_STRING head = {directory.Length, directory.Length, name->Buffer};
        const USHORT left = (USHORT)(name->Length - directory.Length);
        if (RtlEqualUnicodeString(&head, &directory, TRUE)) return (UNICODE_STRING){left, left, name->Buffer + length};
    }
    return *name;
}

static struct kernel_link *find_link(struct kernel *kernel, PCUNICODE_STRING whole) {
    const UNICODE_STRING name = in_directory(whole);
    for (PLIST_ENTRY at = kernel->links.Flink; at != &kernel->links; at = at->Flink) {
        struct kernel_link *link = CONTAINING_RECORD(at, struct kernel_link, entry);
        const UNICODE_STRING known = in_directory(&link->name);
        if (begins(&known, &name)) return link;
    }
    return NULL;
}

static struct kernel_device *find_named(struct kernel *kernel, PCUNICODE_STRING name) {
    for (PLIST_ENTRY at = kernel->devices.Flink; at != &kernel->devices; at = at->Flink) {
        struct kernel_device *device = CONTAINING_RECORD(at, struct kernel_device, entry);
        if (!device->deleted && begins(&device->name, name)) return device;
    }
    return NULL;
}

struct kernel_device *kernel_find_device(struct kernel *kernel, PCUNICODE_STRING name, UNICODE_STRING *rest) {
    const struct kernel_link *link = find_link(kernel, name);
    struct kernel_device *device = find_named(kernel, link ? &link->target : name);
    if (!device) return NULL;
    const UNICODE_STRING asked = link ? in_directory(name) : *name;
    const USHORT used = link ? in_directory(&link->name).Length : device->name.Length, left = (USHORT)(asked.Length - used);
    *rest = (UNICODE_STRING){left, left, asked.Buffer + used / sizeof(WCHAR)};
    return device;
}

NTSTATUS IoCreateDevice(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType,
                        ULONG DeviceCharacteristics, BOOLEAN Exclusive, PDEVICE_OBJECT *DeviceObject) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    *DeviceObject = NULL;
    if (DeviceName && find_named(kernel, DeviceName)) return STATUS_OBJECT_NAME_COLLISION;
    struct kernel_device *device = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*device) + DeviceExtensionSize, DEVICE_TAG);
    if (!device || !copy_name(&device->name, DeviceName)) {
        if (device) ExFreePoolWithTag(device, DEVICE_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    device->kernel = kernel;
    device->object.Type = OBJECT_TYPE_DEVICE;
    device->object.Size = (USHORT)(sizeof(DEVICE_OBJECT) + DeviceExtensionSize);
    device->object.DriverObject = DriverObject;
    device->object.Flags = Exclusive ? DO_EXCLUSIVE : 0;
    device->object.Characteristics = DeviceCharacteristics;
    device->object.DeviceType = DeviceType;
    device->object.StackSize = 1;
    device->object.DeviceExtension = DeviceExtensionSize ? device + 1 : NULL;
    device->object.NextDevice = DriverObject->DeviceObject;
    DriverObject->DeviceObject = &device->object;
    InsertTailList(&kernel->devices, &device->entry);
    *DeviceObject = &device->object;
    return STATUS_SUCCESS;
}

NTSTATUS IoCreateDeviceSecure(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType,
                              ULONG DeviceCharacteristics, BOOLEAN Exclusive, PCUNICODE_STRING DefaultSDDLString, const GUID *DeviceClassGuid,
                              PDEVICE_OBJECT *DeviceObject) {
    UNREFERENCED_PARAMETER(DefaultSDDLString);
    UNREFERENCED_PARAMETER(DeviceClassGuid);
    return IoCreateDevice(DriverObject, DeviceExtensionSize, DeviceName, DeviceType, DeviceCharacteristics, Exclusive, DeviceObject);
}

void kernel_device_release(struct kernel_device *device) {
    if (!device->deleted || device->files > 0) return;
    (void)RemoveEntryList(&device->entry);
    free_name(&device->name);
    ExFreePoolWithTag(device, DEVICE_TAG);
}

VOID IoDeleteDevice(PDEVICE_OBJECT DeviceObject) {
    struct kernel_device *device = CONTAINING_RECORD(DeviceObject, struct kernel_device, object);
    for (PDEVICE_OBJECT *link = &DeviceObject->DriverObject->DeviceObject; *link; link = &(*link)->NextDevice) {
        if (*link != DeviceObject) continue;
        *link = DeviceObject->NextDevice;
        break;
    }
    device->deleted = true;
    kernel_device_release(device);
}

NTSTATUS IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    if (find_link(kernel, SymbolicLinkName)) return STATUS_OBJECT_NAME_COLLISION;
    struct kernel_link *link = ExAllocatePoolWithTag(NonPagedPool, sizeof(*link), DEVICE_TAG);
    if (!link) return STATUS_INSUFFICIENT_RESOURCES;
    link->target.Buffer = NULL;
    if (!copy_name(&link->name, SymbolicLinkName) || !copy_name(&link->target, DeviceName)) {
        free_name(&link->name);
        ExFreePoolWithTag(link, DEVICE_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    InsertTailList(&kernel->links, &link->entry);
    return STATUS_SUCCESS;
}

NTSTATUS IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    struct kernel_link *link = find_link(kernel, SymbolicLinkName);
    if (!link || in_directory(&link->name).Length != in_directory(SymbolicLinkName).Length) return STATUS_OBJECT_NAME_NOT_FOUND;
    (void)RemoveEntryList(&link->entry);
    free_name(&link->name);
    free_name(&link->target);
    ExFreePoolWithTag(link, DEVICE_TAG);
    return STATUS_SUCCESS;
}

NTSTATUS IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer,
                             PULONG ResultLength) {
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(DeviceProperty);
    UNREFERENCED_PARAMETER(BufferLength);
    UNREFERENCED_PARAMETER(PropertyBuffer);
    *ResultLength = 0;
    return STATUS_INVALID_DEVICE_REQUEST;
}

static void describe(const UNICODE_STRING *name, char *text, size_t size) {
    size_t i = 0;
    for (; i < name->Length / sizeof(WCHAR) && i + 1 < size; i++) text[i] = name->Buffer[i] < 0x80 ? (char)name->Buffer[i] : '?';
    text[i] = '\0';
}

/* What drivers left behind when they were unloaded. */
void kernel_free_devices(struct kernel *kernel) {
    struct kernel_scope scope;
    char name[128];
    kernel_enter(kernel, &scope);
    while (!IsListEmpty(&kernel->devices)) {
        struct kernel_device *device = CONTAINING_RECORD(kernel->devices.Flink, struct kernel_device, entry);
        describe(&device->name, name, sizeof(name));
        kernel_violation(kernel, "device.leaked", "[D] IoDeleteDevice", -1, "device '%s' %s", name,
                         device->deleted ? "was deleted, and a file of it was never closed" : "was not deleted when its driver was unloaded");
        device->deleted = true;
        device->files = 0;
        kernel_device_release(device);
    }
    while (!IsListEmpty(&kernel->links)) {
        struct kernel_link *link = CONTAINING_RECORD(kernel->links.Flink, struct kernel_link, entry);
        describe(&link->name, name, sizeof(name));
        kernel_violation(kernel, "device.leaked", "[D] IoDeleteSymbolicLink", -1, "symbolic link '%s' was not deleted when its driver was unloaded",
                         name);
        (void)IoDeleteSymbolicLink(&link->name);
    }
    kernel_leave(&scope);
}
