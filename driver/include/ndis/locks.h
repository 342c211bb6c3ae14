/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/locks.h: read/write locks, mutexes, lookaside lists, interlocked lists and counters, under their NDIS names.
 *
 * Acquiring a read/write lock raises to DISPATCH_LEVEL; a reader may acquire it again, a writer in both ways. On one CPU a lock is never
 * found held but by the context that asks for it, so that a conflict is a driver's error and reported ("ndis.rw_lock").
 */
#ifndef RINGSIDE_NDIS_LOCKS_H
#define RINGSIDE_NDIS_LOCKS_H

#include "services.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zeroed memory is a free lock. */
typedef struct _NDIS_RW_LOCK {
    LONG Readers;
    LONG Writers;
    PVOID Owner;
} NDIS_RW_LOCK, *PNDIS_RW_LOCK;
typedef struct _LOCK_STATE {
    USHORT LockState; /* of those who share: 1 a reader, 2 the writer; 0 not held */
    KIRQL OldIrql;
} LOCK_STATE, *PLOCK_STATE;
VOID NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock);
VOID NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState);
VOID NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState);
VOID NdisDprAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState); /* DISPATCH_LEVEL already */
VOID NdisDprReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState);

typedef struct _NDIS_RW_LOCK_EX *PNDIS_RW_LOCK_EX;
typedef struct _LOCK_STATE_EX {
    KIRQL OldIrql;
    UCHAR LockState, Flags;
} LOCK_STATE_EX, *PLOCK_STATE_EX;
#define NDIS_RWL_AT_DISPATCH_LEVEL 0x1
PNDIS_RW_LOCK_EX NdisAllocateRWLock(NDIS_HANDLE NdisHandle); /* NULL: no memory */
VOID NdisFreeRWLock(PNDIS_RW_LOCK_EX Lock);
VOID NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags);
VOID NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags);
VOID NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState);

typedef KMUTEX NDIS_MUTEX, *PNDIS_MUTEX;
#define NDIS_INIT_MUTEX(mutex) KeInitializeMutex((mutex), 0xFFFF)
#define NDIS_WAIT_FOR_MUTEX(mutex) ((void)KeWaitForSingleObject((mutex), Executive, KernelMode, FALSE, NULL))
#define NDIS_RELEASE_MUTEX(mutex) ((void)KeReleaseMutex((mutex), FALSE))

/* ---- Lookaside lists. Nothing is kept back: each block comes from the allocator and goes to it at once, so that a use after the free is
 * found (our choice). NULL functions: pool memory. */
typedef PVOID ALLOCATE_FUNCTION(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
typedef ALLOCATE_FUNCTION *PALLOCATE_FUNCTION;
typedef VOID FREE_FUNCTION(PVOID Buffer);
typedef FREE_FUNCTION *PFREE_FUNCTION;
typedef struct _NPAGED_LOOKASIDE_LIST {
    PALLOCATE_FUNCTION Allocate;
    PFREE_FUNCTION Free;
    SIZE_T Size;
    ULONG Tag;
    LONG Out; /* blocks that are allocated */
    UCHAR Reserved[96];
} NPAGED_LOOKASIDE_LIST, *PNPAGED_LOOKASIDE_LIST;
VOID ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags,
                                     SIZE_T Size, ULONG Tag, USHORT Depth);
VOID ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside); /* blocks still out are reported ("pool.lookaside") */
PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside);
VOID ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry);
#define NdisInitializeNPagedLookasideList ExInitializeNPagedLookasideList
#define NdisDeleteNPagedLookasideList(list) ExDeleteNPagedLookasideList(list)
#define NdisAllocateFromNPagedLookasideList(list) ExAllocateFromNPagedLookasideList(list)
#define NdisFreeToNPagedLookasideList(list, entry) ExFreeToNPagedLookasideList((list), (entry))

/* ---- Lists and counters */
#define NdisInitializeListHead(head) InitializeListHead(head)
/* The entry that was last before, or NULL. */
FORCEINLINE PLIST_ENTRY NdisInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PNDIS_SPIN_LOCK SpinLock)
{
    PLIST_ENTRY last = IsListEmpty(ListHead) ? NULL : ListHead->Blink;
    UNREFERENCED_PARAMETER(SpinLock);
    InsertTailList(ListHead, ListEntry);
    return last;
}
FORCEINLINE PLIST_ENTRY NdisInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PNDIS_SPIN_LOCK SpinLock)
{
    PLIST_ENTRY first = IsListEmpty(ListHead) ? NULL : ListHead->Flink;
    UNREFERENCED_PARAMETER(SpinLock);
    InsertHeadList(ListHead, ListEntry);
    return first;
}
FORCEINLINE PLIST_ENTRY NdisInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PNDIS_SPIN_LOCK SpinLock) /* NULL: it is empty */
{
    UNREFERENCED_PARAMETER(SpinLock);
    return IsListEmpty(ListHead) ? NULL : RemoveHeadList(ListHead);
}
#define NdisInterlockedIncrement(addend) InterlockedIncrement(addend)
#define NdisInterlockedDecrement(addend) InterlockedDecrement(addend)
#define NdisInterlockedAddLargeStatistic(addend, increment) ((void)((addend)->QuadPart += (LONGLONG)(increment)))

#ifdef __cplusplus
}
#endif

#endif
