/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counting.c: a filter that counts NBLs, in the manner of Windows sources: 16-bit wide text, annotations, function types as prototypes,
 * headers in another case and with backslashes, a trace header, a device with a control code, parameters, a read/write lock.
 */
#include <NDIS.h>
#include "inc\counts.h"
#include "counting.tmh"

/* begin_wpp config
 * FUNC Trace(LEVEL, MSG, ...);
 * end_wpp */

#define TAG 'tnuC'

typedef struct _MODULE {
    NDIS_HANDLE Filter;
    COUNTS Counts;
} MODULE, *PMODULE;

C_ASSERT(sizeof(WCHAR) == 2 && sizeof(L"ab") == 6 && sizeof(ULONG) == 4 && sizeof(LONG) == 4 && sizeof(PVOID) == 8);
C_ASSERT(NDIS_FILTER_MINOR_VERSION == 30 && NDIS_SUPPORT_NDIS630 && !NDIS_SUPPORT_NDIS640);

static NDIS_HANDLE DriverHandle, DeviceHandle;
static PDEVICE_OBJECT Device;
static PMODULE Newest;
static PNDIS_RW_LOCK_EX Lock;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;
FILTER_ATTACH Attach;
FILTER_DETACH Detach;
FILTER_PAUSE Pause;
FILTER_RESTART Restart;
FILTER_SEND_NET_BUFFER_LISTS Send;
FILTER_SEND_NET_BUFFER_LISTS_COMPLETE SendComplete;
FILTER_RECEIVE_NET_BUFFER_LISTS Receive;
FILTER_RETURN_NET_BUFFER_LISTS Return;
FILTER_STATUS Status;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) DRIVER_DISPATCH Control;

static ULONG Length(_In_ PNET_BUFFER_LIST List)
{
    ULONG count = 0;
    for (; List; List = NET_BUFFER_LIST_NEXT_NBL(List)) count++;
    return count;
}

_Use_decl_annotations_
VOID Send(NDIS_HANDLE Context, PNET_BUFFER_LIST List, NDIS_PORT_NUMBER Port, ULONG Flags)
{
    PMODULE module = Context;
    LOCK_STATE_EX state;
    NdisAcquireRWLockWrite(Lock, &state, NDIS_TEST_SEND_AT_DISPATCH_LEVEL(Flags) ? NDIS_RWL_AT_DISPATCH_LEVEL : 0);
    module->Counts.Sends += Length(List);
    NdisReleaseRWLock(Lock, &state);
    NdisFSendNetBufferLists(module->Filter, List, Port, Flags);
}

VOID SendComplete(NDIS_HANDLE Context, PNET_BUFFER_LIST List, ULONG Flags) { NdisFSendNetBufferListsComplete(((PMODULE)Context)->Filter, List, Flags); }

VOID Receive(NDIS_HANDLE Context, PNET_BUFFER_LIST List, NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags)
{
    PMODULE module = Context;
    ASSERT(Count == Length(List));
    module->Counts.Receives += Count;
    NdisFIndicateReceiveNetBufferLists(module->Filter, List, Port, Count, Flags);
}

VOID Return(NDIS_HANDLE Context, PNET_BUFFER_LIST List, ULONG Flags) { NdisFReturnNetBufferLists(((PMODULE)Context)->Filter, List, Flags); }
VOID Status(NDIS_HANDLE Context, PNDIS_STATUS_INDICATION Indication) { NdisFIndicateStatus(((PMODULE)Context)->Filter, Indication); }

static VOID ReadParameters(PMODULE Module)
{
    NDIS_CONFIGURATION_OBJECT object = {{NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, NDIS_CONFIGURATION_OBJECT_REVISION_1,
                                         NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1}, DriverHandle, 0};
    NDIS_STRING number = NDIS_STRING_CONST("Number"), label = NDIS_STRING_CONST("Label");
    PNDIS_CONFIGURATION_PARAMETER parameter;
    NDIS_HANDLE key;
    NDIS_STATUS status;
    if (NdisOpenConfigurationEx(&object, &key) == NDIS_STATUS_SUCCESS) {
        NdisReadConfiguration(&status, &parameter, key, &number, NdisParameterInteger);
        if (status == NDIS_STATUS_SUCCESS) Module->Counts.Number = parameter->ParameterData.IntegerData;
        NdisCloseConfiguration(key);
    }
    object.NdisHandle = Module->Filter;
    if (NdisOpenConfigurationEx(&object, &key) == NDIS_STATUS_SUCCESS) {
        NdisReadConfiguration(&status, &parameter, key, &label, NdisParameterString);
        if (status == NDIS_STATUS_SUCCESS)
            NdisMoveMemory(Module->Counts.Label, parameter->ParameterData.StringData.Buffer,
                           min(parameter->ParameterData.StringData.Length, sizeof(Module->Counts.Label) - sizeof(WCHAR)));
        NdisCloseConfiguration(key);
    }
}

NDIS_STATUS Attach(NDIS_HANDLE Filter, NDIS_HANDLE Context, PNDIS_FILTER_ATTACH_PARAMETERS Parameters)
{
    NDIS_FILTER_ATTRIBUTES attributes = {{NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1, sizeof(attributes)}, 0};
    PMODULE module = NdisAllocateMemoryWithTagPriority(Filter, sizeof(MODULE), TAG, NormalPoolPriority);
    UNREFERENCED_PARAMETER(Context);
    Trace(1, "attach %wZ", Parameters->BaseMiniportName);
    if (!module) return NDIS_STATUS_RESOURCES;
    NdisZeroMemory(module, sizeof(*module));
    module->Filter = Filter;
    ReadParameters(module);
    Newest = module;
    DbgPrint("counting: number %lu, label %ws, %I64d\n", module->Counts.Number, module->Counts.Label, 1LL << 40);
    return NdisFSetAttributes(Filter, module, &attributes);
}

VOID Detach(NDIS_HANDLE Context) { NdisFreeMemory(Context, 0, 0); }
NDIS_STATUS Pause(NDIS_HANDLE Context, PNDIS_FILTER_PAUSE_PARAMETERS Parameters) { return NDIS_STATUS_SUCCESS; }
NDIS_STATUS Restart(NDIS_HANDLE Context, PNDIS_FILTER_RESTART_PARAMETERS Parameters) { return NDIS_STATUS_SUCCESS; }

NTSTATUS Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    if (location->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        status = STATUS_INVALID_DEVICE_REQUEST;
        if (location->Parameters.DeviceIoControl.IoControlCode == IOCTL_COUNTS &&
            location->Parameters.DeviceIoControl.OutputBufferLength >= sizeof(COUNTS)) {
            RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, &Newest->Counts, sizeof(COUNTS));
            Irp->IoStatus.Information = sizeof(COUNTS);
            status = STATUS_SUCCESS;
        }
    }
    Irp->IoStatus.Status = status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

VOID Unload(PDRIVER_OBJECT Driver)
{
    NdisDeregisterDeviceEx(DeviceHandle);
    NdisFDeregisterFilterDriver(DriverHandle);
    NdisFreeRWLock(Lock);
}

static NDIS_STATUS MakeDevice(VOID)
{
    NDIS_STRING name = NDIS_STRING_CONST("\\Device\\Counting"), link = NDIS_STRING_CONST("\\DosDevices\\Counting");
    PDRIVER_DISPATCH dispatch[IRP_MJ_MAXIMUM_FUNCTION + 1] = {NULL};
    NDIS_DEVICE_OBJECT_ATTRIBUTES attributes = {{NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES, NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1,
                                                 NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1}, &name, &link, dispatch, 0, NULL, NULL};
    dispatch[IRP_MJ_CREATE] = dispatch[IRP_MJ_CLEANUP] = dispatch[IRP_MJ_CLOSE] = dispatch[IRP_MJ_DEVICE_CONTROL] = Control;
    return NdisRegisterDeviceEx(DriverHandle, &attributes, &Device, &DeviceHandle);
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
    RtlInitUnicodeString(&c.FriendlyName, L"Counting");
    RtlInitUnicodeString(&c.UniqueName, L"{2c2bd8b7-3b0d-4a5b-9a5f-2f6a0a1c5a11}");
    RtlInitUnicodeString(&c.ServiceName, L"Counting");
    c.AttachHandler = Attach;
    c.DetachHandler = Detach;
    c.PauseHandler = Pause;
    c.RestartHandler = Restart;
    c.SendNetBufferListsHandler = Send;
    c.SendNetBufferListsCompleteHandler = SendComplete;
    c.ReceiveNetBufferListsHandler = Receive;
    c.ReturnNetBufferListsHandler = Return;
    c.StatusHandler = Status;
    Driver->DriverUnload = Unload;
    status = NdisFRegisterFilterDriver(Driver, NULL, &c, &DriverHandle);
    if (status != NDIS_STATUS_SUCCESS) return status;
    Lock = NdisAllocateRWLock(DriverHandle);
    if (!Lock) return NDIS_STATUS_RESOURCES;
    return MakeDevice();
}
