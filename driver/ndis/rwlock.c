/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rwlock.c: read/write locks of both generations, and lookaside lists.
 *
 * Who holds such a lock is at DISPATCH_LEVEL, and so alone: whoever finds it held is the holder itself. A reader may read again, a writer
 * read and write again (a public driver that is in use does, and both generations of the lock know their owner); a reader that writes
 * waits for itself.
 */
#include "ndis_internal.h"

enum { FREE, READING, WRITING };
enum { LOCK_TAG = 0x6B6F4C44 /* "DLok" */ };

static void violation(const char *what) {
    kernel_violation(kernel_require_context("a read/write lock")->kernel, "ndis.rw_lock", "[D] 3.9", -1, "%s", what);
}

static void take(PNDIS_RW_LOCK lock, bool write) {
    if (write && lock->Readers && !lock->Writers) violation("a read/write lock was acquired for writing while a reader holds it: a deadlock in life");
    if (write) lock->Writers++;
    else lock->Readers++;
}

static void give(PNDIS_RW_LOCK lock, bool write) {
    LONG *count = write ? &lock->Writers : &lock->Readers;
    if (*count == 0) violation("a read/write lock was released that is not held so");
    else --*count;
}

VOID NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock) { *Lock = (NDIS_RW_LOCK){0}; }

VOID NdisDprAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState) {
    if (KeGetCurrentIrql() != DISPATCH_LEVEL) violation("NdisDprAcquireReadWriteLock was called below DISPATCH_LEVEL");
    LockState->LockState = fWrite ? WRITING : READING;
    LockState->OldIrql = DISPATCH_LEVEL;
    take(Lock, fWrite);
}

VOID NdisDprReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState) {
    give(Lock, LockState->LockState == WRITING);
    LockState->LockState = FREE;
}

VOID NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState) {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    NdisDprAcquireReadWriteLock(Lock, fWrite, LockState);
    LockState->OldIrql = old;
}

VOID NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState) {
    NdisDprReleaseReadWriteLock(Lock, LockState);
    if (LockState->OldIrql < DISPATCH_LEVEL) KeLowerIrql(LockState->OldIrql);
}

/* ---- NDIS 6.20 */
struct _NDIS_RW_LOCK_EX {
    NDIS_RW_LOCK lock;
};

PNDIS_RW_LOCK_EX NdisAllocateRWLock(NDIS_HANDLE NdisHandle) {
    (void)NdisHandle;
    return ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(struct _NDIS_RW_LOCK_EX), LOCK_TAG);
}

VOID NdisFreeRWLock(PNDIS_RW_LOCK_EX Lock) {
    if (Lock->lock.Readers || Lock->lock.Writers) violation("a read/write lock was freed while it is held");
    ExFreePoolWithTag(Lock, LOCK_TAG);
}

static void acquire(PNDIS_RW_LOCK_EX lock, bool write, PLOCK_STATE_EX state, UCHAR flags) {
    LOCK_STATE inner;
    if (flags & NDIS_RWL_AT_DISPATCH_LEVEL) NdisDprAcquireReadWriteLock(&lock->lock, write, &inner);
    else NdisAcquireReadWriteLock(&lock->lock, write, &inner);
    *state = (LOCK_STATE_EX){inner.OldIrql, (UCHAR)inner.LockState, flags};
}

VOID NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags) { acquire(Lock, false, LockState, Flags); }

VOID NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags) { acquire(Lock, true, LockState, Flags); }

VOID NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState) {
    LOCK_STATE inner = {LockState->LockState, LockState->OldIrql};
    NdisReleaseReadWriteLock(&Lock->lock, &inner);
}

/* ---- Lookaside lists */
static PVOID pool_allocate(POOL_TYPE type, SIZE_T bytes, ULONG tag) { return ExAllocatePoolWithTag(type, bytes, tag); }
static VOID pool_free(PVOID buffer) { ExFreePool(buffer); }

VOID ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags,
                                     SIZE_T Size, ULONG Tag, USHORT Depth) {
    (void)Flags;
    (void)Depth;
    *Lookaside = (NPAGED_LOOKASIDE_LIST){.Allocate = Allocate ? Allocate : pool_allocate, .Free = Free ? Free : pool_free, .Size = Size, .Tag = Tag};
}

PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) {
    PVOID block = Lookaside->Allocate(NonPagedPoolNx, Lookaside->Size, Lookaside->Tag);
    if (block) Lookaside->Out++;
    return block;
}

VOID ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry) {
    Lookaside->Out--;
    Lookaside->Free(Entry);
}

VOID ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) {
    if (Lookaside->Out != 0)
        kernel_violation(kernel_require_context(__func__)->kernel, "pool.lookaside", "[D] ExDeleteNPagedLookasideList", -1,
                         "a lookaside list was deleted with %d of its blocks out", Lookaside->Out);
}
