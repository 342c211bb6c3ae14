/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/device.h: what else a driver asks of NDIS and its machine: devices for programs, work items, its adapter's properties, processors.
 */
#ifndef RINGSIDE_NDIS_DEVICE_H
#define RINGSIDE_NDIS_DEVICE_H

#include "../xfilter.h"
#include "miniport.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- A device of a driver that NDIS loaded, for programs. PASSIVE. */
typedef struct _NDIS_DEVICE_OBJECT_ATTRIBUTES {
    NDIS_OBJECT_HEADER Header;
    PNDIS_STRING DeviceName, SymbolicName;
    PDRIVER_DISPATCH *MajorFunctions; /* IRP_MJ_MAXIMUM_FUNCTION + 1 of them, some NULL */
    ULONG ExtensionSize;
    const UNICODE_STRING *DefaultSDDLString;
    const GUID *DeviceClassGuid;
} NDIS_DEVICE_OBJECT_ATTRIBUTES, *PNDIS_DEVICE_OBJECT_ATTRIBUTES;
#define NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES 0x85
#define NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 1
#define NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 56
NDIS_STATUS NdisRegisterDeviceEx(NDIS_HANDLE NdisHandle, PNDIS_DEVICE_OBJECT_ATTRIBUTES DeviceObjectAttributes, PDEVICE_OBJECT *DeviceObject,
                                 PNDIS_HANDLE NdisDeviceHandle);
VOID NdisDeregisterDeviceEx(NDIS_HANDLE NdisDeviceHandle);
PVOID NdisGetDeviceReservedExtension(PDEVICE_OBJECT DeviceObject); /* ExtensionSize bytes, zeroed; NULL: it is not such a device */

/* ---- Work items: the routine runs at PASSIVE_LEVEL, in a thread. */
typedef VOID NDIS_IO_WORKITEM(PVOID WorkItemContext, NDIS_HANDLE NdisIoWorkItemHandle);
typedef NDIS_IO_WORKITEM NDIS_IO_WORKITEM_FUNCTION, *NDIS_IO_WORKITEM_ROUTINE;
NDIS_HANDLE NdisAllocateIoWorkItem(NDIS_HANDLE NdisObjectHandle);
VOID NdisFreeIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle); /* also inside its own routine; while it is queued: reported */
VOID NdisQueueIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle, NDIS_IO_WORKITEM_ROUTINE Routine, PVOID WorkItemContext);

/* ---- Properties and interfaces. PASSIVE. */
VOID NdisMGetDeviceProperty(NDIS_HANDLE MiniportAdapterHandle, PDEVICE_OBJECT *PhysicalDeviceObject, PDEVICE_OBJECT *FunctionalDeviceObject,
                            PDEVICE_OBJECT *NextDeviceObject, PVOID *AllocatedResources, PVOID *AllocatedResourcesTranslated); /* NULLs are skipped */
NDIS_STATUS NdisQueryAdapterInstanceName(PNDIS_STRING AdapterInstanceName, NDIS_HANDLE NdisBindingHandle); /* freed with NdisFreeString */
NDIS_STATUS NdisMRemoveMiniport(NDIS_HANDLE MiniportAdapterHandle); /* the device failed: its stack is taken down soon */
ULONG NdisGetVersion(VOID); /* major << 16 | minor, of 6.85: the newest of which something is here (polling) */
ULONG NdisGetSharedDataAlignment(VOID); /* bytes of a cache line */
VOID NdisWriteErrorLogEntry(NDIS_HANDLE NdisAdapterHandle, ULONG ErrorCode, ULONG NumberOfErrorValues, ...); /* to the debug output */
NDIS_STATUS NdisWriteEventLogEntry(PVOID LogHandle, NDIS_STATUS EventCode, ULONG UniqueEventValue, USHORT NumStrings, PVOID StringsList,
                                   ULONG DataSize, PVOID Data);
#define NDIS_ERROR_CODE_RESOURCE_CONFLICT 0xC0001388u
#define NDIS_ERROR_CODE_OUT_OF_RESOURCES 0xC0001389u
#define NDIS_ERROR_CODE_HARDWARE_FAILURE 0xC000138Au
#define NDIS_ERROR_CODE_ADAPTER_NOT_FOUND 0xC000138Bu
#define NDIS_ERROR_CODE_DRIVER_FAILURE 0xC000138Du
#define NDIS_ERROR_CODE_UNSUPPORTED_CONFIGURATION 0xC0001391u
#define NDIS_ERROR_CODE_ADAPTER_DISABLED 0xC000138Eu

/* ---- Processors: one. */
ULONG NdisSystemProcessorCount(VOID);
ULONG NdisGroupActiveProcessorCount(USHORT Group);
CCHAR NdisProcessorNumberToIndex(PROCESSOR_NUMBER ProcNum); /* -1: there is no such processor */
VOID NdisGetSystemUpTimeEx(PLARGE_INTEGER pSystemUpTime); /* ms since reset */
ULONG NdisMQueueDpcEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId, PGROUP_AFFINITY TargetProcessors, PVOID MiniportDpcContext);

/* ---- Strings */
#define NdisInitUnicodeString(destination, source) RtlInitUnicodeString((destination), (source))
#define NdisEqualString(left, right, ignore_case) RtlEqualUnicodeString((left), (right), (ignore_case))
VOID NdisInitializeString(PNDIS_STRING Destination, PUCHAR Source); /* UTF-16 of ASCII, in memory for NdisFreeString */
#define NdisFreeString(string) NdisFreeMemory((string).Buffer, (string).MaximumLength, 0)
VOID NdisUpcaseUnicodeString(PUNICODE_STRING DestinationString, PUNICODE_STRING SourceString);
#define NDIS_STRING_CONST(text) {sizeof(WDK_WIDE(text)) - sizeof(WCHAR), sizeof(WDK_WIDE(text)), (PWSTR)(ULONG_PTR)WDK_WIDE(text)}

#ifdef __cplusplus
}
#endif

#endif
