/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdm.h: the kernel services that a network driver uses: memory, MDLs, IRQL, locks, DPCs, events, interlocked operations.
 *
 * None of these names a machine: they act on the machine whose code is running (kernel/kernel.h, kernel_enter). Units are those of
 * Windows: times are 100 ns ticks, negative when relative. Functions marked PASSIVE may block and are refused at a higher IRQL.
 *
 * Spec: [D] Windows driver documentation, as condensed in the project's reference sheet (ndis.md).
 */
#ifndef RINGSIDE_WDM_H
#define RINGSIDE_WDM_H

#include <string.h>

#include "ntdef.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Objects that drivers only pass on */
typedef struct _DEVICE_OBJECT DEVICE_OBJECT, *PDEVICE_OBJECT;
typedef struct _DRIVER_OBJECT DRIVER_OBJECT, *PDRIVER_OBJECT;
typedef struct _IRP IRP, *PIRP;

typedef VOID DRIVER_UNLOAD(PDRIVER_OBJECT DriverObject);
typedef DRIVER_UNLOAD *PDRIVER_UNLOAD;
typedef NTSTATUS DRIVER_INITIALIZE(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);
typedef DRIVER_INITIALIZE *PDRIVER_INITIALIZE;

struct _DRIVER_OBJECT {
    CSHORT Type, Size;
    PDEVICE_OBJECT DeviceObject; /* the first of its devices, the rest by NextDevice */
    UCHAR Reserved1[88];
    PDRIVER_UNLOAD DriverUnload;
    NTSTATUS (*MajorFunction[28])(PDEVICE_OBJECT DeviceObject, PIRP Irp); /* DRIVER_DISPATCH, by IRP_MJ_*; NULL refuses */
};

/* ---- IRQL */
#define PASSIVE_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2
#define DEVICE_LEVEL 5 /* the DIRQL of every interrupt here */
#define HIGH_LEVEL 15

KIRQL KeGetCurrentIrql(VOID);
#ifdef _WIN32 /* the headers' own on x64; the system exports what they call */
KIRQL KfRaiseIrql(KIRQL NewIrql);
FORCEINLINE VOID KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql) { *OldIrql = KfRaiseIrql(NewIrql); }
#else
/* Raising never lowers and lowering never raises: either is reported ("kernel.irql") and ignored. */
VOID KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql);
#endif
VOID KeLowerIrql(KIRQL NewIrql);

/* ---- Pool memory: 16-aligned, not pageable, contiguous for the CPU only. NULL when there is none. The owner frees it. */
typedef enum _POOL_TYPE { NonPagedPool = 0, PagedPool = 1, NonPagedPoolNx = 512 } POOL_TYPE;
typedef ULONGLONG POOL_FLAGS;
#define POOL_FLAG_UNINITIALIZED 0x2ull
#define POOL_FLAG_NON_PAGED 0x40ull

PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag); /* zeroed unless POOL_FLAG_UNINITIALIZED */
VOID ExFreePoolWithTag(PVOID P, ULONG Tag);                               /* Tag 0 fits any; another tag is reported ("pool.tag") */
VOID ExFreePool(PVOID P);

/* ---- MDLs */
typedef uint64_t PFN_NUMBER, *PPFN_NUMBER;
typedef struct _MDL {
    struct _MDL *Next;
    CSHORT Size;
    CSHORT MdlFlags;
    PVOID Process;
    PVOID MappedSystemVa;
    PVOID StartVa;
    ULONG ByteCount;
    ULONG ByteOffset;
} MDL, *PMDL;

#define MDL_MAPPED_TO_SYSTEM_VA 0x0001
#define MDL_PAGES_LOCKED 0x0002
#define MDL_SOURCE_IS_NONPAGED_POOL 0x0004
#define MDL_ALLOCATED_FIXED_SIZE 0x0008
#define MDL_PARTIAL 0x0010
#define MDL_NETWORK_HEADER 0x1000

typedef enum _MM_PAGE_PRIORITY { LowPagePriority = 0, NormalPagePriority = 16, HighPagePriority = 32 } MM_PAGE_PRIORITY;
#define MdlMappingNoExecute 0x40000000

/* An MDL for [VirtualAddress, +Length); no page is looked at before MmBuildMdlForNonPagedPool. NULL without memory. */
PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp);
VOID IoFreeMdl(PMDL Mdl); /* frees the MDL, not the memory it describes */
/* Fills in the page frame numbers. Here they are those of the CPU's address space: bus addresses come from DMA mappings alone. */
VOID MmBuildMdlForNonPagedPool(PMDL Mdl);
/* The CPU's address of the first byte; NULL when it cannot be mapped (tests inject this, kernel_fail_mappings). */
#ifdef _WIN32
PVOID MmMapLockedPagesSpecifyCache(PMDL Mdl, UCHAR AccessMode, int CacheType, PVOID RequestedAddress, ULONG BugCheckOnFailure, ULONG Priority);
FORCEINLINE PVOID MmGetSystemAddressForMdlSafe(PMDL Mdl, ULONG Priority)
{
    return Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)
               ? Mdl->MappedSystemVa
               : MmMapLockedPagesSpecifyCache(Mdl, 0, 1, NULL, 0, Priority);
}
#else
PVOID MmGetSystemAddressForMdlSafe(PMDL Mdl, ULONG Priority);
#endif
#define MmGetMdlVirtualAddress(mdl) ((PVOID)((PUCHAR)(mdl)->StartVa + (mdl)->ByteOffset))
#define MmGetMdlByteCount(mdl) ((mdl)->ByteCount)
#define MmGetMdlByteOffset(mdl) ((mdl)->ByteOffset)
#define MmGetMdlPfnArray(mdl) ((PPFN_NUMBER)(void *)((mdl) + 1))
#define MmInitializeMdl(mdl, va, length) WdkInitializeMdl((mdl), (va), (SIZE_T)(length))
#define BYTE_OFFSET(va) ((ULONG)((ULONG_PTR)(va) & (PAGE_SIZE - 1)))
#define PAGE_ALIGN(va) ((PVOID)((ULONG_PTR)(va) & ~(ULONG_PTR)(PAGE_SIZE - 1)))
#define BYTES_TO_PAGES(size) ((ULONG)(((SIZE_T)(size) + (PAGE_SIZE - 1)) >> PAGE_SHIFT))
#define ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, size) ((ULONG)((BYTE_OFFSET(va) + (SIZE_T)(size) + (PAGE_SIZE - 1)) >> PAGE_SHIFT))

FORCEINLINE SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length)
{
    return sizeof(MDL) + sizeof(PFN_NUMBER) * ADDRESS_AND_SIZE_TO_SPAN_PAGES(Base, Length);
}
/* Prepares caller-owned storage of MmSizeOfMdl() bytes. */
VOID WdkInitializeMdl(PMDL Mdl, PVOID BaseVa, SIZE_T Length);

/* ---- Spin locks: zeroed memory is a free lock. Acquiring raises to DISPATCH_LEVEL; the AtDpcLevel forms need it already. */
typedef ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK;
VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock);
VOID KeAcquireSpinLock(PKSPIN_LOCK SpinLock, PKIRQL OldIrql);
VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql);
VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock);
VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock);

/* ---- DPCs: run at DISPATCH_LEVEL, in the order queued, never while a thread of the machine is at DISPATCH_LEVEL. */
struct _KDPC;
typedef VOID KDEFERRED_ROUTINE(struct _KDPC *Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2);
typedef KDEFERRED_ROUTINE *PKDEFERRED_ROUTINE;
typedef struct _KDPC {
    LIST_ENTRY DpcListEntry;
    PKDEFERRED_ROUTINE DeferredRoutine;
    PVOID DeferredContext, SystemArgument1, SystemArgument2;
    PVOID DpcData; /* the machine it is queued on, or NULL */
    ULONG_PTR Reserved;
} KDPC, *PKDPC;
VOID KeInitializeDpc(PKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext);
BOOLEAN KeInsertQueueDpc(PKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2); /* FALSE: it is queued already */
BOOLEAN KeRemoveQueueDpc(PKDPC Dpc);                                               /* TRUE: it was queued and will not run */
VOID KeFlushQueuedDpcs(VOID);                                                      /* PASSIVE: returns when the queue is empty */

/* ---- Events */
typedef enum _EVENT_TYPE { NotificationEvent, SynchronizationEvent } EVENT_TYPE;
typedef enum _KWAIT_REASON { Executive } KWAIT_REASON;
typedef enum _MODE { KernelMode, UserMode } KPROCESSOR_MODE;
typedef LONG KPRIORITY;
typedef struct _KEVENT {
    EVENT_TYPE Type;
    LONG SignalState;
    LIST_ENTRY WaitListHead;
} KEVENT, *PKEVENT;
VOID KeInitializeEvent(PKEVENT Event, EVENT_TYPE Type, BOOLEAN State);
LONG KeSetEvent(PKEVENT Event, KPRIORITY Increment, BOOLEAN Wait); /* returns the previous state */
VOID KeClearEvent(PKEVENT Event);
LONG KeResetEvent(PKEVENT Event);
/* PASSIVE unless *Timeout is 0. Object is a KEVENT. STATUS_SUCCESS or STATUS_TIMEOUT; NULL Timeout waits for ever. */
NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                               PLARGE_INTEGER Timeout);
NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval); /* PASSIVE */

/* ---- Time: simulated, from the machine's reset. */
ULONGLONG KeQueryInterruptTime(VOID);                          /* 100 ns */
LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER Frequency); /* 10 MHz, as on Windows 10 */
VOID KeStallExecutionProcessor(ULONG MicroSeconds);

/* ---- Barriers; interlocked operations are in wdm/interlocked.h. */
VOID KeMemoryBarrier(VOID);
#define MemoryBarrier KeMemoryBarrier

/* ---- Memory and strings */
#define RtlCopyMemory(destination, source, length) ((void)memcpy((destination), (source), (size_t)(length)))
#define RtlMoveMemory(destination, source, length) ((void)memmove((destination), (source), (size_t)(length)))
#define RtlZeroMemory(destination, length) ((void)memset((destination), 0, (size_t)(length)))
#define RtlFillMemory(destination, length, fill) ((void)memset((destination), (fill), (size_t)(length)))
#define RtlEqualMemory(left, right, length) (memcmp((left), (right), (size_t)(length)) == 0)
VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString); /* refers to the source, copies nothing */
BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive); /* folds ASCII only */
VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString); /* cut at MaximumLength */

/* ---- Doubly linked lists */
FORCEINLINE VOID InitializeListHead(PLIST_ENTRY ListHead) { ListHead->Flink = ListHead->Blink = ListHead; }
FORCEINLINE BOOLEAN IsListEmpty(const LIST_ENTRY *ListHead) { return ListHead->Flink == ListHead; }
FORCEINLINE BOOLEAN RemoveEntryList(PLIST_ENTRY Entry)
{
    Entry->Blink->Flink = Entry->Flink;
    Entry->Flink->Blink = Entry->Blink;
    return Entry->Flink == Entry->Blink;
}
FORCEINLINE PLIST_ENTRY RemoveHeadList(PLIST_ENTRY ListHead)
{
    PLIST_ENTRY entry = ListHead->Flink;
    (void)RemoveEntryList(entry);
    return entry;
}
FORCEINLINE VOID InsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
    Entry->Flink = ListHead;
    Entry->Blink = ListHead->Blink;
    ListHead->Blink->Flink = Entry;
    ListHead->Blink = Entry;
}
FORCEINLINE VOID InsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
    Entry->Blink = ListHead;
    Entry->Flink = ListHead->Flink;
    ListHead->Flink->Blink = Entry;
    ListHead->Flink = Entry;
}

#include "wdm/interlocked.h"
#include "wdm/rtl.h"
#include "wdm/ke.h"
#include "wdm/io.h"
#include "wdm/registry.h"
#include "wdm/pci.h"
#include "wdm/registers.h"
#include "wdm/requirements.h"
#include "wdm/resource.h"

#ifdef __cplusplus
}
#endif

#endif
