/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailbox.c: a filter without a data path, whose device passes what is written to whoever reads: a read that finds nothing waits in a
 * cancel-safe queue. Direct I/O. The control code turns its bytes round.
 */
#include <ndis.h>
#include "mailbox.h"

typedef struct _LETTER {
    LIST_ENTRY Link;
    ULONG Length;
    UCHAR Text[LETTER_MOST];
} LETTER, *PLETTER;

static NDIS_HANDLE DriverHandle, DeviceHandle;
static PDEVICE_OBJECT Device;
static LIST_ENTRY Letters, Readers;
static KSPIN_LOCK Lock;
static IO_CSQ Queue;

static VOID Insert(PIO_CSQ Csq, PIRP Irp) { InsertTailList(&Readers, &Irp->Tail.Overlay.ListEntry); }
static VOID Remove(PIO_CSQ Csq, PIRP Irp) { RemoveEntryList(&Irp->Tail.Overlay.ListEntry); }
static VOID Acquire(PIO_CSQ Csq, PKIRQL Irql) { KeAcquireSpinLock(&Lock, Irql); }
static VOID Release(PIO_CSQ Csq, KIRQL Irql) { KeReleaseSpinLock(&Lock, Irql); }
static PIRP Peek(PIO_CSQ Csq, PIRP Irp, PVOID Context)
{
    PLIST_ENTRY next = Irp ? Irp->Tail.Overlay.ListEntry.Flink : Readers.Flink;
    return next == &Readers ? NULL : CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID Cancelled(PIO_CSQ Csq, PIRP Irp) { Complete(Irp, STATUS_CANCELLED, 0); }

static VOID Deliver(VOID)
{
    while (!IsListEmpty(&Letters)) {
        PIRP reader = IoCsqRemoveNextIrp(&Queue, NULL);
        if (!reader) return;
        PLETTER letter = CONTAINING_RECORD(RemoveHeadList(&Letters), LETTER, Link);
        ULONG length = min(letter->Length, IoGetCurrentIrpStackLocation(reader)->Parameters.Read.Length);
        RtlCopyMemory(MmGetSystemAddressForMdlSafe(reader->MdlAddress, NormalPagePriority), letter->Text, length);
        NdisFreeMemory(letter, 0, 0);
        Complete(reader, STATUS_SUCCESS, length);
    }
}

static NTSTATUS Write(PDEVICE_OBJECT Object, PIRP Irp)
{
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    if (length > LETTER_MOST) return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    PLETTER letter = NdisAllocateMemoryWithTagPriority(DriverHandle, sizeof(LETTER), 'rttL', NormalPoolPriority);
    if (!letter) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    letter->Length = length;
    RtlCopyMemory(letter->Text, MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority), length);
    InsertTailList(&Letters, &letter->Link);
    Complete(Irp, STATUS_SUCCESS, length);
    Deliver();
    return STATUS_SUCCESS;
}

static NTSTATUS Read(PDEVICE_OBJECT Object, PIRP Irp)
{
    IoCsqInsertIrp(&Queue, Irp, NULL);
    Deliver();
    return STATUS_PENDING;
}

static NTSTATUS Control(PDEVICE_OBJECT Object, PIRP Irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
    ULONG length = location->Parameters.DeviceIoControl.InputBufferLength;
    PUCHAR text = Irp->AssociatedIrp.SystemBuffer;
    if (location->Parameters.DeviceIoControl.IoControlCode != IOCTL_TURN) return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (location->Parameters.DeviceIoControl.OutputBufferLength < length) return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    for (ULONG i = 0; i < length / 2; i++) {
        UCHAR other = text[length - 1 - i];
        text[length - 1 - i] = text[i];
        text[i] = other;
    }
    return Complete(Irp, STATUS_SUCCESS, length);
}

static NTSTATUS Open(PDEVICE_OBJECT Object, PIRP Irp) { return Complete(Irp, STATUS_SUCCESS, 0); }

static NDIS_STATUS Attach(NDIS_HANDLE Filter, NDIS_HANDLE Context, PNDIS_FILTER_ATTACH_PARAMETERS Parameters)
{
    NDIS_FILTER_ATTRIBUTES attributes = {{NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1, sizeof(attributes)}, 0};
    return NdisFSetAttributes(Filter, Filter, &attributes);
}
static VOID Detach(NDIS_HANDLE Context) {}
static NDIS_STATUS Pause(NDIS_HANDLE Context, PNDIS_FILTER_PAUSE_PARAMETERS Parameters) { return NDIS_STATUS_SUCCESS; }
static NDIS_STATUS Restart(NDIS_HANDLE Context, PNDIS_FILTER_RESTART_PARAMETERS Parameters) { return NDIS_STATUS_SUCCESS; }

static VOID Unload(PDRIVER_OBJECT Driver)
{
    while (!IsListEmpty(&Letters)) NdisFreeMemory(CONTAINING_RECORD(RemoveHeadList(&Letters), LETTER, Link), 0, 0);
    NdisDeregisterDeviceEx(DeviceHandle);
    NdisFDeregisterFilterDriver(DriverHandle);
}

static NDIS_STATUS MakeDevice(VOID)
{
    NDIS_STRING name = NDIS_STRING_CONST("\\Device\\Mailbox"), link = NDIS_STRING_CONST("\\DosDevices\\Global\\Mailbox");
    PDRIVER_DISPATCH dispatch[IRP_MJ_MAXIMUM_FUNCTION + 1] = {NULL};
    NDIS_DEVICE_OBJECT_ATTRIBUTES attributes = {{NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES, NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1,
                                                 NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1}, &name, &link, dispatch, 0, NULL, NULL};
    NDIS_STATUS status;
    dispatch[IRP_MJ_CREATE] = dispatch[IRP_MJ_CLEANUP] = dispatch[IRP_MJ_CLOSE] = Open;
    dispatch[IRP_MJ_READ] = Read;
    dispatch[IRP_MJ_WRITE] = Write;
    dispatch[IRP_MJ_DEVICE_CONTROL] = Control;
    status = NdisRegisterDeviceEx(DriverHandle, &attributes, &Device, &DeviceHandle);
    if (status == NDIS_STATUS_SUCCESS) Device->Flags |= DO_DIRECT_IO;
    return status;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    NDIS_FILTER_DRIVER_CHARACTERISTICS c;
    NDIS_STATUS status;
    NdisZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS;
    c.Header.Size = NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2;
    c.Header.Revision = NDIS_FILTER_CHARACTERISTICS_REVISION_2;
    c.MajorNdisVersion = NDIS_FILTER_MAJOR_VERSION;
    c.MinorNdisVersion = NDIS_FILTER_MINOR_VERSION;
    RtlInitUnicodeString(&c.FriendlyName, L"Mailbox");
    RtlInitUnicodeString(&c.UniqueName, L"{2c2bd8b7-3b0d-4a5b-9a5f-2f6a0a1c5a12}");
    RtlInitUnicodeString(&c.ServiceName, L"Mailbox");
    c.AttachHandler = Attach;
    c.DetachHandler = Detach;
    c.PauseHandler = Pause;
    c.RestartHandler = Restart;
    InitializeListHead(&Letters);
    InitializeListHead(&Readers);
    KeInitializeSpinLock(&Lock);
    IoCsqInitialize(&Queue, Insert, Remove, Peek, Acquire, Release, Cancelled);
    Driver->DriverUnload = Unload;
    status = NdisFRegisterFilterDriver(Driver, NULL, &c, &DriverHandle);
    return status == NDIS_STATUS_SUCCESS ? MakeDevice() : status;
}
