/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdm/ke.h: the rest of the kernel's executive: mutexes, processors, ticks, bug checks, callback objects, system threads.
 *
 * One processor, of group 0. Include wdm.h, not this header.
 */
#ifndef RINGSIDE_WDM_KE_H
#define RINGSIDE_WDM_KE_H

/* ---- Mutexes: owned by a thread, which may acquire it again; waited for with KeWaitForSingleObject. No change of IRQL. PASSIVE. */
typedef struct _KMUTANT {
    KEVENT Header; /* of a type of its own */
    PVOID OwnerThread;
    LONG Recursions;
} KMUTANT, *PKMUTANT, KMUTEX, *PKMUTEX;
VOID KeInitializeMutex(PKMUTEX Mutex, ULONG Level);
LONG KeReleaseMutex(PKMUTEX Mutex, BOOLEAN Wait); /* returns 0 when it is free now; a thread that does not own it is reported */

/* ---- IRQL, in the forms beside KeRaiseIrql */
FORCEINLINE KIRQL KeRaiseIrqlToDpcLevel(VOID)
{
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    return old;
}
#define SYNCH_LEVEL 12
KIRQL KeRaiseIrqlToSynchLevel(VOID);
BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock); /* FALSE: it is taken */
FORCEINLINE VOID KeEnterCriticalRegion(VOID) {} /* holds off APCs, of which there are none */
FORCEINLINE VOID KeLeaveCriticalRegion(VOID) {}

/* ---- Processors */
typedef struct _GROUP_AFFINITY {
    KAFFINITY Mask;
    USHORT Group, Reserved[3];
} GROUP_AFFINITY, *PGROUP_AFFINITY;
#define ALL_PROCESSOR_GROUPS 0xFFFF
#define MAXIMUM_PROC_PER_GROUP 64
#define INVALID_PROCESSOR_INDEX 0xFFFFFFFFu
ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber); /* the index; ProcNumber may be NULL */
ULONG KeGetCurrentProcessorNumber(VOID);
ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber);
ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber);
ULONG KeQueryActiveProcessorCount(KAFFINITY *ActiveProcessors);
ULONG KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber); /* MAXULONG: there is no such processor */
NTSTATUS KeGetProcessorNumberFromIndex(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber);
typedef enum _KDPC_IMPORTANCE { LowImportance, MediumImportance, HighImportance, MediumHighImportance } KDPC_IMPORTANCE;
FORCEINLINE VOID KeSetImportanceDpc(PKDPC Dpc, KDPC_IMPORTANCE Importance) /* DPCs run in the order they are queued */
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Importance);
}
VOID KeSetTargetProcessorDpc(PKDPC Dpc, CCHAR Number);
NTSTATUS KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber); /* INVALID_PARAMETER: there is no such processor */

/* ---- Time */
VOID WdkQueryTickCount(PLARGE_INTEGER CurrentCount); /* ticks of 15.625 ms since reset */
#define KeQueryTickCount(count) WdkQueryTickCount(count)
ULONG KeQueryTimeIncrement(VOID);                    /* 100 ns in a tick */
VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime);  /* 100 ns since reset: no simulated machine has a calendar */
typedef struct _KDPC_WATCHDOG_INFORMATION {
    ULONG DpcTimeLimit, DpcTimeCount, DpcWatchdogLimit, DpcWatchdogCount, Reserved;
} KDPC_WATCHDOG_INFORMATION, *PKDPC_WATCHDOG_INFORMATION;
NTSTATUS KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION WatchdogInformation); /* no limits */

/* ---- Bug checks: reported as "kernel.bug_check"; they return, unlike on Windows, so that the end of the run can report the rest. */
VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3,
                  ULONG_PTR BugCheckParameter4);
VOID KeBugCheck(ULONG BugCheckCode);
/* Data that a driver would add to a crash dump. None is written, so that registering for it is all that happens. */
typedef enum _KBUGCHECK_CALLBACK_REASON {
    KbCallbackInvalid, KbCallbackReserved1, KbCallbackSecondaryDumpData, KbCallbackDumpIo, KbCallbackAddPages
} KBUGCHECK_CALLBACK_REASON;
struct _KBUGCHECK_REASON_CALLBACK_RECORD;
typedef VOID KBUGCHECK_REASON_CALLBACK_ROUTINE(KBUGCHECK_CALLBACK_REASON Reason, struct _KBUGCHECK_REASON_CALLBACK_RECORD *Record,
                                               PVOID ReasonSpecificData, ULONG ReasonSpecificDataLength);
typedef KBUGCHECK_REASON_CALLBACK_ROUTINE *PKBUGCHECK_REASON_CALLBACK_ROUTINE;
typedef struct _KBUGCHECK_REASON_CALLBACK_RECORD {
    LIST_ENTRY Entry;
    PKBUGCHECK_REASON_CALLBACK_ROUTINE CallbackRoutine;
    PUCHAR Component;
    ULONG_PTR Checksum;
    KBUGCHECK_CALLBACK_REASON Reason;
    UCHAR State;
} KBUGCHECK_REASON_CALLBACK_RECORD, *PKBUGCHECK_REASON_CALLBACK_RECORD;
typedef struct _KBUGCHECK_SECONDARY_DUMP_DATA {
    PVOID InBuffer;
    ULONG InBufferLength, MaximumAllowed;
    GUID Guid;
    PVOID OutBuffer;
    ULONG OutBufferLength;
} KBUGCHECK_SECONDARY_DUMP_DATA, *PKBUGCHECK_SECONDARY_DUMP_DATA;
#define KeInitializeCallbackRecord(record) ((void)((record)->State = 0))
/* FALSE: the record is registered already. */
BOOLEAN KeRegisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord, PKBUGCHECK_REASON_CALLBACK_ROUTINE CallbackRoutine,
                                         KBUGCHECK_CALLBACK_REASON Reason, PUCHAR Component);
BOOLEAN KeDeregisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord); /* FALSE: it is not registered */
VOID DbgBreakPoint(VOID); /* reported as "driver.break" */

/* ---- Callback objects. Nobody notifies those of the system, so that registering for them is all that happens. */
typedef struct _CALLBACK_OBJECT *PCALLBACK_OBJECT;
typedef VOID CALLBACK_FUNCTION(PVOID CallbackContext, PVOID Argument1, PVOID Argument2);
typedef CALLBACK_FUNCTION *PCALLBACK_FUNCTION;
struct _OBJECT_ATTRIBUTES;
NTSTATUS ExCreateCallback(PCALLBACK_OBJECT *CallbackObject, struct _OBJECT_ATTRIBUTES *ObjectAttributes, BOOLEAN Create,
                          BOOLEAN AllowMultipleCallbacks);
PVOID ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext); /* NULL: no memory */
VOID ExUnregisterCallback(PVOID CallbackRegistration);
VOID ExNotifyCallback(PVOID CallbackObject, PVOID Argument1, PVOID Argument2);

/* ---- System threads. A handle is closed with ZwClose; the object behind it is signalled when the thread has ended. PASSIVE. */
typedef struct _KTHREAD *PKTHREAD, *PETHREAD;
typedef VOID KSTART_ROUTINE(PVOID StartContext);
typedef KSTART_ROUTINE *PKSTART_ROUTINE;
NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, struct _OBJECT_ATTRIBUTES *ObjectAttributes, HANDLE ProcessHandle,
                              PVOID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext);
NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus); /* does not return */
PKTHREAD KeGetCurrentThread(VOID);
#define PsGetCurrentThread() KeGetCurrentThread()
NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ULONG DesiredAccess, PVOID ObjectType, KPROCESSOR_MODE AccessMode, PVOID *Object,
                                   PVOID HandleInformation);
VOID ObDereferenceObject(PVOID Object);

#endif
