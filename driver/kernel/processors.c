/* SPDX-License-Identifier: Apache-2.0 */
/* processors.c: the one processor, its clock in ticks, mutexes, bug checks and assertions. */
#include "kernel_internal.h"

enum { MUTEX_OBJECT = 2, TICK_100NS = 156250 };

/* ---- Mutexes: a synchronization event that knows its owner; kernel_wait_owned() in event.c asks. */
VOID KeInitializeMutex(PKMUTEX Mutex, ULONG Level) {
    UNREFERENCED_PARAMETER(Level);
    *Mutex = (KMUTEX){.OwnerThread = NULL};
    KeInitializeEvent(&Mutex->Header, SynchronizationEvent, TRUE);
    Mutex->Header.Type = (EVENT_TYPE)MUTEX_OBJECT;
}

bool kernel_is_mutex(const KEVENT *event) { return event->Type == (EVENT_TYPE)MUTEX_OBJECT; }

bool kernel_mutex_try(PKMUTEX mutex, struct kernel_context *context) {
    if (mutex->OwnerThread && mutex->OwnerThread != context) return false;
    mutex->OwnerThread = context;
    mutex->Recursions++;
    mutex->Header.SignalState = 0;
    return true;
}

LONG KeReleaseMutex(PKMUTEX Mutex, BOOLEAN Wait) {
    UNREFERENCED_PARAMETER(Wait);
    struct kernel_context *context = kernel_require_context(__func__);
    const LONG previous = 1 - Mutex->Recursions;
    if (Mutex->OwnerThread != context) {
        kernel_violation(context->kernel, "kernel.mutex", "[D] 3.9", -1, "a mutex was released by a thread that does not own it");
        return previous;
    }
    if (--Mutex->Recursions == 0) {
        Mutex->OwnerThread = NULL;
        (void)KeSetEvent(&Mutex->Header, 0, FALSE);
    }
    return previous;
}

/* ---- IRQL */
KIRQL KeRaiseIrqlToSynchLevel(VOID) {
    KIRQL old;
    KeRaiseIrql(SYNCH_LEVEL, &old);
    return old;
}

BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
    if (*SpinLock != 0) return FALSE;
    KeAcquireSpinLockAtDpcLevel(SpinLock);
    return TRUE;
}

/* ---- Processors */
ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber) {
    if (ProcNumber) *ProcNumber = (PROCESSOR_NUMBER){0, 0, 0};
    return 0;
}

ULONG KeGetCurrentProcessorNumber(VOID) { return 0; }

ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber) { return GroupNumber == 0 || GroupNumber == ALL_PROCESSOR_GROUPS ? 1 : 0; }

ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber) { return KeQueryActiveProcessorCountEx(GroupNumber); }

ULONG KeQueryActiveProcessorCount(KAFFINITY *ActiveProcessors) {
    if (ActiveProcessors) *ActiveProcessors = 1;
    return 1;
}

ULONG KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber) { return ProcNumber->Group || ProcNumber->Number ? MAXULONG : 0; }

NTSTATUS KeGetProcessorNumberFromIndex(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber) {
    if (ProcIndex != 0) return STATUS_INVALID_PARAMETER;
    *ProcNumber = (PROCESSOR_NUMBER){0, 0, 0};
    return STATUS_SUCCESS;
}

VOID KeSetTargetProcessorDpc(PKDPC Dpc, CCHAR Number) {
    UNREFERENCED_PARAMETER(Dpc);
    if (Number != 0)
        kernel_violation(kernel_require_context(__func__)->kernel, "kernel.processor", "[D] KeSetTargetProcessorDpc", -1,
                         "a DPC was given to processor %d; there is one, number 0", Number);
}

NTSTATUS KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber) {
    UNREFERENCED_PARAMETER(Dpc);
    return ProcNumber->Group || ProcNumber->Number ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* ---- Time */
VOID WdkQueryTickCount(PLARGE_INTEGER CurrentCount) { CurrentCount->QuadPart = (LONGLONG)(KeQueryInterruptTime() / TICK_100NS); }

ULONG KeQueryTimeIncrement(VOID) { return TICK_100NS; }

VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime) { CurrentTime->QuadPart = (LONGLONG)KeQueryInterruptTime(); }

NTSTATUS KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION WatchdogInformation) {
    *WatchdogInformation = (KDPC_WATCHDOG_INFORMATION){0};
    return STATUS_SUCCESS;
}

/* ---- What a driver finds wrong itself. A machine that has stopped would say no more; here it goes on, so that the report is whole. */
VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3,
                  ULONG_PTR BugCheckParameter4) {
    kernel_violation(kernel_require_context(__func__)->kernel, "kernel.bug_check", "[D] KeBugCheckEx", -1,
                     "a driver stopped the machine: bug check 0x%X (0x%llX, 0x%llX, 0x%llX, 0x%llX)", (unsigned)BugCheckCode,
                     (unsigned long long)BugCheckParameter1, (unsigned long long)BugCheckParameter2,
                     (unsigned long long)BugCheckParameter3, (unsigned long long)BugCheckParameter4);
}

VOID KeBugCheck(ULONG BugCheckCode) { KeBugCheckEx(BugCheckCode, 0, 0, 0, 0); }

VOID DbgBreakPoint(VOID) {
    kernel_violation(kernel_require_context(__func__)->kernel, "driver.break", "[D] DbgBreakPoint", -1,
                     "a driver asked for the debugger: DbgBreakPoint");
}

VOID RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber, PCHAR MutableMessage) {
    kernel_violation(kernel_require_context(__func__)->kernel, "driver.assert", "the driver's own ASSERT", -1, "%s:%u: ASSERT(%s) failed%s%s",
                     (const char *)VoidFileName, (unsigned)LineNumber, (const char *)VoidFailedAssertion, MutableMessage ? ": " : "",
                     MutableMessage ? MutableMessage : "");
}
