/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.c: files that are devices: open, read, write, control, close; each is a request that its caller waits for.
 *
 * Buffers of the caller are copied: into one system buffer for buffered I/O, into locked and mapped pages with an MDL for direct I/O,
 * so that a device may read them by DMA.
 */
#include "kernel_device.h"

enum { FILE_TAG = 0x6C694644 /* "DFil" */, IRP_TYPE = 6, FILE_TYPE = 5 };

struct kernel_file {
    struct kernel_handle handle;
    LIST_ENTRY entry; /* of the kernel */
    FILE_OBJECT object;
    struct kernel_device *device;
    LIST_ENTRY requests;
};

/* What a request carries, and where its results go. */
struct transfer {
    UCHAR major;
    ULONG code;
    const void *input;
    void *output;
    ULONG input_bytes, output_bytes;
};

static bool is_direct(const struct kernel_file *file, const struct transfer *transfer) {
    if (transfer->major == IRP_MJ_READ || transfer->major == IRP_MJ_WRITE) return (file->device->object.Flags & DO_DIRECT_IO) != 0;
    const ULONG method = METHOD_FROM_CTL_CODE(transfer->code);
    return transfer->major == IRP_MJ_DEVICE_CONTROL && (method == METHOD_IN_DIRECT || method == METHOD_OUT_DIRECT);
}

/* The system buffer of buffered I/O, or the pages of direct I/O; NULL with *status when there is no memory. */
static void *make_buffer(const struct transfer *transfer, NTSTATUS *status) {
    const ULONG bytes = transfer->input_bytes > transfer->output_bytes ? transfer->input_bytes : transfer->output_bytes;
    if (bytes == 0) return NULL;
    void *buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, FILE_TAG);
    if (!buffer) *status = STATUS_INSUFFICIENT_RESOURCES;
    else if (transfer->input_bytes) memcpy(buffer, transfer->input, transfer->input_bytes);
    return buffer;
}

static NTSTATUS make_mdl(PIRP irp, void *pages, ULONG bytes) {
    irp->MdlAddress = IoAllocateMdl(pages, bytes, FALSE, FALSE, NULL);
    if (!irp->MdlAddress) return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(irp->MdlAddress);
    irp->MdlAddress->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA | MDL_PAGES_LOCKED;
    return STATUS_SUCCESS;
}

static void fill_location(PIO_STACK_LOCATION location, struct kernel_file *file, const struct transfer *transfer) {
    location->MajorFunction = transfer->major;
    location->DeviceObject = &file->device->object;
    location->FileObject = &file->object;
    switch (transfer->major) {
    case IRP_MJ_READ: location->Parameters.Read.Length = transfer->output_bytes; break;
    case IRP_MJ_WRITE: location->Parameters.Write.Length = transfer->input_bytes; break;
    case IRP_MJ_DEVICE_CONTROL:
        location->Parameters.DeviceIoControl.OutputBufferLength = transfer->output_bytes;
        location->Parameters.DeviceIoControl.InputBufferLength = transfer->input_bytes;
        location->Parameters.DeviceIoControl.IoControlCode = transfer->code;
        break;
    default: break;
    }
}

/* Calls the driver and waits for the request's end. */
static NTSTATUS dispatch(struct kernel_file *file, struct kernel_request *request) {
    struct kernel *kernel = file->device->kernel;
    NTSTATUS (*const function)(PDEVICE_OBJECT, PIRP) = file->device->object.DriverObject->MajorFunction[request->location.MajorFunction];
    if (!function) {
        const bool quiet = request->location.MajorFunction == IRP_MJ_CLEANUP || request->location.MajorFunction == IRP_MJ_CLOSE;
        return quiet ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
    }
    InsertTailList(&file->requests, &request->entry);
    const NTSTATUS status = function(&file->device->object, &request->irp);
    if (status == STATUS_PENDING) (void)KeWaitForSingleObject(&request->done, Executive, KernelMode, FALSE, NULL);
    (void)RemoveEntryList(&request->entry);
    if (!request->completed) {
        kernel_violation(kernel, "irp.not_completed", "[D] IoCompleteRequest", -1,
                         "a dispatch routine (major function %u) returned 0x%08X and did not complete its IRP", request->location.MajorFunction,
                         (unsigned)status);
        return status;
    }
    return request->irp.IoStatus.Status;
}

static NTSTATUS run(struct kernel_file *file, const struct transfer *transfer, struct kernel_request *request) {
    NTSTATUS status = STATUS_SUCCESS;
    void *buffer = make_buffer(transfer, &status);
    request->irp.Type = IRP_TYPE;
    request->irp.Size = sizeof(IRP);
    request->irp.StackCount = request->irp.CurrentLocation = 1;
    request->irp.Tail.Overlay.CurrentStackLocation = &request->location;
    request->irp.Tail.Overlay.OriginalFileObject = &file->object;
    request->irp.UserBuffer = transfer->output;
    fill_location(&request->location, file, transfer);
    KeInitializeEvent(&request->done, NotificationEvent, FALSE);
    if (status == STATUS_SUCCESS && buffer) {
        if (is_direct(file, transfer)) status = make_mdl(&request->irp, buffer, transfer->output_bytes ? transfer->output_bytes : transfer->input_bytes);
        else request->irp.AssociatedIrp.SystemBuffer = buffer;
    }
    if (status == STATUS_SUCCESS) status = dispatch(file, request);
    if (transfer->output_bytes && buffer && !NT_ERROR(status)) {
        const ULONG_PTR filled = request->irp.IoStatus.Information;
        memcpy(transfer->output, buffer, filled < transfer->output_bytes ? (size_t)filled : transfer->output_bytes);
    }
    if (request->irp.MdlAddress) IoFreeMdl(request->irp.MdlAddress);
    if (buffer) ExFreePoolWithTag(buffer, FILE_TAG);
    return status;
}

static NTSTATUS perform(struct kernel_file *file, const struct transfer *transfer, PIO_STATUS_BLOCK result) {
    struct kernel_request *request = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*request), FILE_TAG);
    if (!request) return STATUS_INSUFFICIENT_RESOURCES;
    const NTSTATUS status = run(file, transfer, request);
    if (result) {
        result->Status = status;
        result->Information = request->irp.IoStatus.Information;
    }
    ExFreePoolWithTag(request, FILE_TAG);
    return status;
}

static NTSTATUS close_file(struct kernel_handle *handle) {
    struct kernel_file *file = CONTAINING_RECORD(handle, struct kernel_file, handle);
    static const UCHAR majors[] = {IRP_MJ_CLEANUP, IRP_MJ_CLOSE};
    for (unsigned i = 0; i < RTL_NUMBER_OF(majors); i++) {
        const struct transfer transfer = {.major = majors[i]};
        (void)perform(file, &transfer, NULL);
    }
    (void)RemoveEntryList(&file->entry);
    file->device->files--;
    kernel_device_release(file->device);
    handle->type = (enum kernel_handle_type)0;
    ExFreePoolWithTag(file, FILE_TAG);
    return STATUS_SUCCESS;
}

/* ---- The calls */
NTSTATUS ZwCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                      PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions,
                      PVOID EaBuffer, ULONG EaLength) {
    UNREFERENCED_PARAMETER(DesiredAccess);
    UNREFERENCED_PARAMETER(AllocationSize);
    UNREFERENCED_PARAMETER(FileAttributes);
    UNREFERENCED_PARAMETER(ShareAccess);
    UNREFERENCED_PARAMETER(CreateDisposition);
    UNREFERENCED_PARAMETER(CreateOptions);
    UNREFERENCED_PARAMETER(EaBuffer);
    UNREFERENCED_PARAMETER(EaLength);
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    UNICODE_STRING rest;
    struct kernel_device *device = kernel_find_device(kernel, ObjectAttributes->ObjectName, &rest);
    if (!device) return STATUS_OBJECT_NAME_NOT_FOUND;
    struct kernel_file *file = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*file) + rest.Length, FILE_TAG);
    if (!file) return STATUS_INSUFFICIENT_RESOURCES;
    file->handle = (struct kernel_handle){KERNEL_HANDLE_FILE, close_file};
    file->device = device;
    InitializeListHead(&file->requests);
    file->object.Type = FILE_TYPE;
    file->object.Size = sizeof(FILE_OBJECT);
    file->object.DeviceObject = &device->object;
    file->object.FileName = (UNICODE_STRING){rest.Length, rest.Length, (PWSTR)(PVOID)(file + 1)};
    memcpy(file + 1, rest.Buffer, rest.Length);
    device->files++;
    const struct transfer transfer = {.major = IRP_MJ_CREATE};
    const NTSTATUS status = perform(file, &transfer, IoStatusBlock);
    if (NT_SUCCESS(status)) {
        InsertTailList(&kernel->files, &file->entry);
        *FileHandle = file;
        return status;
    }
    device->files--;
    kernel_device_release(device);
    ExFreePoolWithTag(file, FILE_TAG);
    return status;
}

static struct kernel_file *file_of(HANDLE handle) {
    struct kernel_handle *at = handle;
    if (handle == (HANDLE)(LONG_PTR)-1) return NULL; /* what opening it failed with */
    return at && at->type == KERNEL_HANDLE_FILE ? CONTAINING_RECORD(at, struct kernel_file, handle) : NULL;
}

static NTSTATUS ask(HANDLE handle, PIO_STATUS_BLOCK result, const struct transfer *transfer) {
    struct kernel_file *file = file_of(handle);
    return file ? perform(file, transfer, result) : STATUS_INVALID_HANDLE;
}

NTSTATUS ZwReadFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                    ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key) {
    UNREFERENCED_PARAMETER(Event);
    UNREFERENCED_PARAMETER(ApcRoutine);
    UNREFERENCED_PARAMETER(ApcContext);
    UNREFERENCED_PARAMETER(ByteOffset);
    UNREFERENCED_PARAMETER(Key);
    const struct transfer transfer = {.major = IRP_MJ_READ, .output = Buffer, .output_bytes = Length};
    return ask(FileHandle, IoStatusBlock, &transfer);
}

NTSTATUS ZwWriteFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                     ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key) {
    UNREFERENCED_PARAMETER(Event);
    UNREFERENCED_PARAMETER(ApcRoutine);
    UNREFERENCED_PARAMETER(ApcContext);
    UNREFERENCED_PARAMETER(ByteOffset);
    UNREFERENCED_PARAMETER(Key);
    const struct transfer transfer = {.major = IRP_MJ_WRITE, .input = Buffer, .input_bytes = Length};
    return ask(FileHandle, IoStatusBlock, &transfer);
}

NTSTATUS ZwDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                               ULONG IoControlCode, PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                               ULONG OutputBufferLength) {
    UNREFERENCED_PARAMETER(Event);
    UNREFERENCED_PARAMETER(ApcRoutine);
    UNREFERENCED_PARAMETER(ApcContext);
    const struct transfer transfer = {.major = IRP_MJ_DEVICE_CONTROL, .code = IoControlCode, .input = InputBuffer, .output = OutputBuffer,
                                      .input_bytes = InputBufferLength, .output_bytes = OutputBufferLength};
    return ask(FileHandle, IoStatusBlock, &transfer);
}

static unsigned cancel(struct kernel_file *file) {
    unsigned cancelled = 0;
    for (PLIST_ENTRY at = file->requests.Flink, next; at != &file->requests; at = next) {
        next = at->Flink; /* the request goes when its thread runs, not before */
        cancelled += kernel_request_cancel(CONTAINING_RECORD(at, struct kernel_request, entry));
    }
    return cancelled;
}

unsigned kernel_cancel_requests(struct kernel *kernel) {
    struct kernel_scope scope;
    unsigned cancelled = 0;
    kernel_enter(kernel, &scope);
    for (PLIST_ENTRY at = kernel->files.Flink; at != &kernel->files; at = at->Flink)
        cancelled += cancel(CONTAINING_RECORD(at, struct kernel_file, entry));
    kernel_leave(&scope);
    return cancelled;
}

NTSTATUS ZwCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock) {
    struct kernel_file *file = file_of(FileHandle);
    if (!file) return STATUS_INVALID_HANDLE;
    (void)cancel(file);
    if (IoStatusBlock) *IoStatusBlock = (IO_STATUS_BLOCK){.Status = STATUS_SUCCESS};
    return STATUS_SUCCESS;
}

NTSTATUS ZwClose(HANDLE Handle) {
    struct kernel_handle *handle = Handle;
    if (!handle) return STATUS_INVALID_HANDLE;
    if (handle->type < KERNEL_HANDLE_FILE || handle->type > KERNEL_HANDLE_KEY) return STATUS_INVALID_HANDLE;
    return handle->close(handle);
}
