/* SPDX-License-Identifier: Apache-2.0 */
/* wdf/sync.h: locks. Include wdf.h, not this header. Neither kind may be acquired twice by its holder. */
#ifndef RINGSIDE_WDF_SYNC_H
#define RINGSIDE_WDF_SYNC_H

#ifdef __cplusplus
extern "C" {
#endif

NTSTATUS WdfSpinLockCreate(PWDF_OBJECT_ATTRIBUTES SpinLockAttributes, WDFSPINLOCK *SpinLock); /* D, as all three */
VOID WdfSpinLockAcquire(WDFSPINLOCK SpinLock); /* raises to DISPATCH_LEVEL */
VOID WdfSpinLockRelease(WDFSPINLOCK SpinLock);

NTSTATUS WdfWaitLockCreate(PWDF_OBJECT_ATTRIBUTES LockAttributes, WDFWAITLOCK *Lock);
/* NULL: for ever, P. 0: only if it is free, D. STATUS_TIMEOUT: not acquired. */
NTSTATUS WdfWaitLockAcquire(WDFWAITLOCK Lock, LONGLONG *Timeout);
VOID WdfWaitLockRelease(WDFWAITLOCK Lock);

#ifdef __cplusplus
}
#endif

#endif
