/* SPDX-License-Identifier: Apache-2.0 */
/* wdf_sync.c: locks as objects. [D] WdfSpinLockCreate, WdfWaitLockCreate */
#include "wdf_internal.h"

struct wdf_spin_lock {
    struct wdf_object object;
    KSPIN_LOCK lock;
    KIRQL irql;
};

struct wdf_wait_lock {
    struct wdf_object object;
    KEVENT free;
};

NTSTATUS WdfSpinLockCreate(PWDF_OBJECT_ATTRIBUTES SpinLockAttributes, WDFSPINLOCK *SpinLock) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    struct wdf_spin_lock *lock;
    const NTSTATUS status = wdf_object_create(kernel, WDF_TYPE_SPIN_LOCK, sizeof(*lock), SpinLockAttributes, kernel->wdf, &lock);
    if (NT_SUCCESS(status)) *SpinLock = (WDFSPINLOCK)(PVOID)lock;
    return status;
}

VOID WdfSpinLockAcquire(WDFSPINLOCK SpinLock) {
    struct wdf_spin_lock *lock = wdf_object_of(SpinLock, WDF_TYPE_SPIN_LOCK, __func__);
    KIRQL old;
    if (!lock) return;
    KeAcquireSpinLock(&lock->lock, &old);
    lock->irql = old;
}

VOID WdfSpinLockRelease(WDFSPINLOCK SpinLock) {
    struct wdf_spin_lock *lock = wdf_object_of(SpinLock, WDF_TYPE_SPIN_LOCK, __func__);
    if (lock) KeReleaseSpinLock(&lock->lock, lock->irql);
}

NTSTATUS WdfWaitLockCreate(PWDF_OBJECT_ATTRIBUTES LockAttributes, WDFWAITLOCK *Lock) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    struct wdf_wait_lock *lock;
    const NTSTATUS status = wdf_object_create(kernel, WDF_TYPE_WAIT_LOCK, sizeof(*lock), LockAttributes, kernel->wdf, &lock);
    if (!NT_SUCCESS(status)) return status;
    KeInitializeEvent(&lock->free, SynchronizationEvent, TRUE);
    *Lock = (WDFWAITLOCK)(PVOID)lock;
    return STATUS_SUCCESS;
}

NTSTATUS WdfWaitLockAcquire(WDFWAITLOCK Lock, LONGLONG *Timeout) {
    struct wdf_wait_lock *lock = wdf_object_of(Lock, WDF_TYPE_WAIT_LOCK, __func__);
    if (!lock) return STATUS_INVALID_HANDLE;
    LARGE_INTEGER timeout = {.QuadPart = Timeout ? *Timeout : 0};
    return KeWaitForSingleObject(&lock->free, Executive, KernelMode, FALSE, Timeout ? &timeout : NULL);
}

VOID WdfWaitLockRelease(WDFWAITLOCK Lock) {
    struct wdf_wait_lock *lock = wdf_object_of(Lock, WDF_TYPE_WAIT_LOCK, __func__);
    if (lock) (void)KeSetEvent(&lock->free, 0, FALSE);
}
