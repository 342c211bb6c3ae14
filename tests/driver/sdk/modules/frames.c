/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frames.c: a protocol whose device lets programs send and receive Ethernet frames of one type, in the manner of Windows' ndisprot. A write
 * is one frame, sent from the pages of the request itself, which ends when the miniport has completed it. A read waits for a frame.
 */
#include <ndis.h>
#include <ntddk.h>
#include "frames.h"

typedef struct _FRAME {
    LIST_ENTRY Link;
    ULONG Length;
    UCHAR Data[FRAME_MOST];
} FRAME, *PFRAME;

static NDIS_HANDLE Protocol, Binding, Pool;
static PDEVICE_OBJECT Device;
static NDIS_OID_REQUEST Request;
static ULONG Filter = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST;
static NDIS_EVENT Asked;
static LIST_ENTRY Frames, Readers;
static KSPIN_LOCK ReaderLock;
static NDIS_SPIN_LOCK FrameLock;
static IO_CSQ Queue;
static BOOLEAN Running;

static VOID Insert(PIO_CSQ Csq, PIRP Irp) { InsertTailList(&Readers, &Irp->Tail.Overlay.ListEntry); }
static VOID Remove(PIO_CSQ Csq, PIRP Irp) { RemoveEntryList(&Irp->Tail.Overlay.ListEntry); }
static VOID Acquire(PIO_CSQ Csq, PKIRQL Irql) { KeAcquireSpinLock(&ReaderLock, Irql); }
static VOID Release(PIO_CSQ Csq, KIRQL Irql) { KeReleaseSpinLock(&ReaderLock, Irql); }
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

static PFRAME TakeFrame(VOID)
{
    PLIST_ENTRY entry = NULL;
    NdisAcquireSpinLock(&FrameLock);
    if (!IsListEmpty(&Frames)) entry = RemoveHeadList(&Frames);
    NdisReleaseSpinLock(&FrameLock);
    return entry ? CONTAINING_RECORD(entry, FRAME, Link) : NULL;
}

static VOID PutFrame(PFRAME Frame, BOOLEAN First)
{
    NdisAcquireSpinLock(&FrameLock);
    if (First) InsertHeadList(&Frames, &Frame->Link);
    else InsertTailList(&Frames, &Frame->Link);
    NdisReleaseSpinLock(&FrameLock);
}

static VOID Deliver(VOID)
{
    PFRAME frame;
    while ((frame = TakeFrame()) != NULL) {
        PIRP reader = IoCsqRemoveNextIrp(&Queue, NULL);
        ULONG length;
        if (!reader) {
            PutFrame(frame, TRUE);
            return;
        }
        length = min(frame->Length, IoGetCurrentIrpStackLocation(reader)->Parameters.Read.Length);
        NdisMoveMemory(MmGetSystemAddressForMdlSafe(reader->MdlAddress, NormalPagePriority), frame->Data, length);
        NdisFreeMemory(frame, 0, 0);
        Complete(reader, STATUS_SUCCESS, length);
    }
}

/* ---- What programs ask */
static NTSTATUS Write(PDEVICE_OBJECT Object, PIRP Irp)
{
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    PNET_BUFFER_LIST nbl;
    if (length < 14 || length > FRAME_MOST) return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    if (!Running) return Complete(Irp, STATUS_UNSUCCESSFUL, 0);
    nbl = NdisAllocateNetBufferAndNetBufferList(Pool, 0, 0, Irp->MdlAddress, 0, length);
    if (!nbl) return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    nbl->SourceHandle = Binding;
    nbl->ProtocolReserved[0] = Irp;
    IoMarkIrpPending(Irp);
    NdisSendNetBufferLists(Binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;
}

static VOID SendComplete(NDIS_HANDLE Context, PNET_BUFFER_LIST List, ULONG Flags)
{
    while (List) {
        PNET_BUFFER_LIST next = NET_BUFFER_LIST_NEXT_NBL(List);
        PIRP irp = List->ProtocolReserved[0];
        BOOLEAN sent = NET_BUFFER_LIST_STATUS(List) == NDIS_STATUS_SUCCESS;
        NdisFreeNetBufferList(List);
        Complete(irp, sent ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL, sent ? IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length : 0);
        List = next;
    }
}

static NTSTATUS Read(PDEVICE_OBJECT Object, PIRP Irp)
{
    IoCsqInsertIrp(&Queue, Irp, NULL);
    Deliver();
    return STATUS_PENDING;
}

static NTSTATUS Open(PDEVICE_OBJECT Object, PIRP Irp) { return Complete(Irp, STATUS_SUCCESS, 0); }

/* ---- The adapter */
static VOID Keep(PNET_BUFFER Buffer)
{
    UCHAR storage[FRAME_MOST];
    ULONG length = NET_BUFFER_DATA_LENGTH(Buffer);
    PUCHAR data = length >= 14 && length <= FRAME_MOST ? NdisGetDataBuffer(Buffer, length, storage, 1, 0) : NULL;
    PFRAME frame;
    if (!data || data[12] != FRAME_TYPE >> 8 || data[13] != (FRAME_TYPE & 0xFF)) return;
    frame = NdisAllocateMemoryWithTagPriority(Protocol, sizeof(FRAME), 'marF', NormalPoolPriority);
    if (!frame) return;
    frame->Length = length;
    NdisMoveMemory(frame->Data, data, length);
    PutFrame(frame, FALSE);
}

static VOID Receive(NDIS_HANDLE Context, PNET_BUFFER_LIST List, NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags)
{
    for (PNET_BUFFER_LIST nbl = List; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) Keep(NET_BUFFER_LIST_FIRST_NB(nbl));
    if (NDIS_TEST_RECEIVE_CAN_PEND(Flags)) NdisReturnNetBufferLists(Binding, List, 0);
    Deliver();
}

static VOID OidComplete(NDIS_HANDLE Context, PNDIS_OID_REQUEST Oid, NDIS_STATUS Status) { NdisSetEvent(&Asked); }

static VOID SetFilter(VOID)
{
    Request.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    Request.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    Request.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    Request.RequestType = NdisRequestSetInformation;
    Request.DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_PACKET_FILTER;
    Request.DATA.SET_INFORMATION.InformationBuffer = &Filter;
    Request.DATA.SET_INFORMATION.InformationBufferLength = sizeof(Filter);
    NdisInitializeEvent(&Asked);
    if (NdisOidRequest(Binding, &Request) == NDIS_STATUS_PENDING) NdisWaitEvent(&Asked, 0);
}

static NDIS_STATUS Bind(NDIS_HANDLE Context, NDIS_HANDLE BindContext, PNDIS_BIND_PARAMETERS Parameters)
{
    NDIS_MEDIUM medium = NdisMedium802_3;
    NDIS_OPEN_PARAMETERS open;
    NDIS_STATUS status;
    UINT selected;
    NdisZeroMemory(&open, sizeof(open));
    open.Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
    open.Header.Revision = NDIS_OPEN_PARAMETERS_REVISION_1;
    open.Header.Size = NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1;
    open.AdapterName = Parameters->AdapterName;
    open.MediumArray = &medium;
    open.MediumArraySize = 1;
    open.SelectedMediumIndex = &selected;
    status = NdisOpenAdapterEx(Protocol, Context, &open, BindContext, &Binding);
    if (status == NDIS_STATUS_SUCCESS) SetFilter();
    return status;
}

static NDIS_STATUS Unbind(NDIS_HANDLE UnbindContext, NDIS_HANDLE Context) { return NdisCloseAdapterEx(Binding); }
static VOID OpenComplete(NDIS_HANDLE Context, NDIS_STATUS Status) {}
static VOID CloseComplete(NDIS_HANDLE Context) {}
static VOID Status(NDIS_HANDLE Context, PNDIS_STATUS_INDICATION Indication) {}

static NDIS_STATUS PnpEvent(NDIS_HANDLE Context, PNET_PNP_EVENT_NOTIFICATION Event)
{
    if (Event->NetPnPEvent.NetEvent == NetEventRestart) Running = TRUE;
    if (Event->NetPnPEvent.NetEvent == NetEventPause) Running = FALSE;
    return NDIS_STATUS_SUCCESS;
}

/* ---- The driver */
static VOID Unload(PDRIVER_OBJECT Driver)
{
    UNICODE_STRING link;
    PFRAME frame;
    RtlInitUnicodeString(&link, L"\\DosDevices\\Frames");
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(Device);
    NdisDeregisterProtocolDriver(Protocol);
    NdisFreeNetBufferListPool(Pool);
    while ((frame = TakeFrame()) != NULL) NdisFreeMemory(frame, 0, 0);
}

static NTSTATUS MakeDevice(PDRIVER_OBJECT Driver)
{
    UNICODE_STRING name, link;
    NTSTATUS status;
    RtlInitUnicodeString(&name, L"\\Device\\Frames");
    RtlInitUnicodeString(&link, L"\\DosDevices\\Frames");
    status = IoCreateDevice(Driver, 0, &name, FILE_DEVICE_NETWORK, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(status)) return status;
    Device->Flags |= DO_DIRECT_IO;
    Driver->MajorFunction[IRP_MJ_CREATE] = Driver->MajorFunction[IRP_MJ_CLEANUP] = Driver->MajorFunction[IRP_MJ_CLOSE] = Open;
    Driver->MajorFunction[IRP_MJ_READ] = Read;
    Driver->MajorFunction[IRP_MJ_WRITE] = Write;
    return IoCreateSymbolicLink(&link, &name);
}

static NDIS_STATUS MakePool(VOID)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters;
    NdisZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.fAllocateNetBuffer = TRUE;
    parameters.PoolTag = 'marF';
    Pool = NdisAllocateNetBufferListPool(Protocol, &parameters);
    return Pool ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS c;
    NTSTATUS status;
    InitializeListHead(&Frames);
    InitializeListHead(&Readers);
    KeInitializeSpinLock(&ReaderLock);
    NdisAllocateSpinLock(&FrameLock);
    IoCsqInitialize(&Queue, Insert, Remove, Peek, Acquire, Release, Cancelled);
    NdisZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS;
    c.Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    c.Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    c.MajorNdisVersion = NDIS_PROTOCOL_MAJOR_VERSION;
    c.MinorNdisVersion = NDIS_PROTOCOL_MINOR_VERSION;
    RtlInitUnicodeString(&c.Name, L"Frames");
    c.BindAdapterHandlerEx = Bind;
    c.UnbindAdapterHandlerEx = Unbind;
    c.OpenAdapterCompleteHandlerEx = OpenComplete;
    c.CloseAdapterCompleteHandlerEx = CloseComplete;
    c.NetPnPEventHandler = PnpEvent;
    c.OidRequestCompleteHandler = OidComplete;
    c.StatusHandlerEx = Status;
    c.ReceiveNetBufferListsHandler = Receive;
    c.SendNetBufferListsCompleteHandler = SendComplete;
    Driver->DriverUnload = Unload;
    status = NdisRegisterProtocolDriver(NULL, &c, &Protocol);
    if (status == NDIS_STATUS_SUCCESS) status = MakePool();
    return status == NDIS_STATUS_SUCCESS ? MakeDevice(Driver) : status;
}
