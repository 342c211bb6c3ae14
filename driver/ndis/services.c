/* SPDX-License-Identifier: Apache-2.0 */
/* services.c: kernel services under their NDIS names. Contracts in ndis/services.h and wdm.h. */
#include "ndis_internal.h"

PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag, EX_POOL_PRIORITY Priority) {
    (void)NdisHandle;
    (void)Priority;
    return ExAllocatePoolWithTag(NonPagedPoolNx, Length, Tag);
}

VOID NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags) {
    (void)Length;
    (void)MemoryFlags;
    ExFreePool(VirtualAddress);
}

NDIS_STATUS NdisAllocateMemoryWithTag(PVOID *VirtualAddress, UINT Length, ULONG Tag) {
    *VirtualAddress = ExAllocatePoolWithTag(NonPagedPoolNx, Length, Tag);
    return *VirtualAddress ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

VOID NdisFreeMemoryWithTagPriority(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, ULONG Tag) {
    (void)NdisHandle;
    ExFreePoolWithTag(VirtualAddress, Tag);
}

VOID NdisAllocateSpinLock(PNDIS_SPIN_LOCK SpinLock) { *SpinLock = (NDIS_SPIN_LOCK){0}; }

VOID NdisFreeSpinLock(PNDIS_SPIN_LOCK SpinLock) {
    if (SpinLock->SpinLock != 0)
        kernel_violation(kernel_require_context(__func__)->kernel, "kernel.spin_lock", "[D] 3.9", -1, "a spin lock was freed while it is held");
}

/* The previous IRQL is kept in the lock, where only its holder looks. */
VOID NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock) {
    KIRQL old;
    KeAcquireSpinLock(&SpinLock->SpinLock, &old);
    SpinLock->OldIrql = old;
}

VOID NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock) { KeReleaseSpinLock(&SpinLock->SpinLock, SpinLock->OldIrql); }

VOID NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock) {
    KeAcquireSpinLockAtDpcLevel(&SpinLock->SpinLock);
    SpinLock->OldIrql = DISPATCH_LEVEL;
}

VOID NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock) { KeReleaseSpinLockFromDpcLevel(&SpinLock->SpinLock); }

VOID NdisInitializeEvent(PNDIS_EVENT Event) { KeInitializeEvent(&Event->Event, NotificationEvent, FALSE); }

VOID NdisSetEvent(PNDIS_EVENT Event) { (void)KeSetEvent(&Event->Event, 0, FALSE); }

VOID NdisResetEvent(PNDIS_EVENT Event) { KeClearEvent(&Event->Event); }

BOOLEAN NdisWaitEvent(PNDIS_EVENT Event, UINT MsToWait) {
    LARGE_INTEGER timeout = {.QuadPart = -(LONGLONG)MsToWait * 10000};
    return KeWaitForSingleObject(&Event->Event, Executive, KernelMode, FALSE, MsToWait ? &timeout : NULL) == STATUS_SUCCESS;
}

VOID NdisMSleep(ULONG MicrosecondsToSleep) {
    LARGE_INTEGER interval = {.QuadPart = -(LONGLONG)MicrosecondsToSleep * 10};
    (void)KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

VOID NdisGetCurrentSystemTime(PLARGE_INTEGER CurrentTime) { CurrentTime->QuadPart = (LONGLONG)KeQueryInterruptTime(); }
