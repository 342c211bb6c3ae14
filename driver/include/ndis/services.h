/* SPDX-License-Identifier: Apache-2.0 */
/* ndis/services.h: memory, locks, events and timers under their NDIS names. Contracts as in wdm.h. */
#ifndef RINGSIDE_NDIS_SERVICES_H
#define RINGSIDE_NDIS_SERVICES_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _EX_POOL_PRIORITY { LowPoolPriority = 0, NormalPoolPriority = 16, HighPoolPriority = 32 } EX_POOL_PRIORITY;
PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag, EX_POOL_PRIORITY Priority);
VOID NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags); /* Length and flags are ignored */
NDIS_STATUS NdisAllocateMemoryWithTag(PVOID *VirtualAddress, UINT Length, ULONG Tag); /* RESOURCES: *VirtualAddress is NULL */
VOID NdisFreeMemoryWithTagPriority(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, ULONG Tag);
#define NdisFillMemory(destination, length, fill) RtlFillMemory((destination), (length), (fill))
#define NDIS_RAISE_IRQL_TO_DISPATCH(old) (*(old) = KeRaiseIrqlToDpcLevel())
#define NDIS_LOWER_IRQL(old, current) ((old) != (current) ? KeLowerIrql(old) : (void)0)
#define NDIS_CURRENT_IRQL() KeGetCurrentIrql()
#define NdisGetPhysicalAddressLow(address) ((address).LowPart)
#define NdisGetPhysicalAddressHigh(address) ((address).HighPart)
#define NdisSetPhysicalAddressLow(address, low) ((address).LowPart = (low))
#define NdisSetPhysicalAddressHigh(address, high) ((address).HighPart = (high))
#define NdisMoveMemory(destination, source, length) RtlCopyMemory((destination), (source), (length))
#define NdisZeroMemory(destination, length) RtlZeroMemory((destination), (length))
#define NdisEqualMemory(left, right, length) RtlEqualMemory((left), (right), (length))

/* Zeroed memory is a free lock. */
typedef struct _NDIS_SPIN_LOCK {
    KSPIN_LOCK SpinLock;
    KIRQL OldIrql;
} NDIS_SPIN_LOCK, *PNDIS_SPIN_LOCK;
VOID NdisAllocateSpinLock(PNDIS_SPIN_LOCK SpinLock);
VOID NdisFreeSpinLock(PNDIS_SPIN_LOCK SpinLock);
VOID NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock);
VOID NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock);
VOID NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock); /* DISPATCH_LEVEL already */
VOID NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock);

typedef struct _NDIS_EVENT {
    KEVENT Event;
} NDIS_EVENT, *PNDIS_EVENT;
VOID NdisInitializeEvent(PNDIS_EVENT Event);
VOID NdisSetEvent(PNDIS_EVENT Event);
VOID NdisResetEvent(PNDIS_EVENT Event);
BOOLEAN NdisWaitEvent(PNDIS_EVENT Event, UINT MsToWait); /* PASSIVE; 0 waits for ever; FALSE: timed out */
VOID NdisMSleep(ULONG MicrosecondsToSleep);              /* PASSIVE */
#define NdisStallExecution(microseconds) KeStallExecutionProcessor(microseconds)
VOID NdisGetCurrentSystemTime(PLARGE_INTEGER CurrentTime); /* simulated, 100 ns since reset */

/* Timers: the function runs at DISPATCH_LEVEL. Due times are 100 ns units, negative when relative; periods are milliseconds. */
typedef VOID NDIS_TIMER_FUNCTION(PVOID SystemSpecific1, PVOID FunctionContext, PVOID SystemSpecific2, PVOID SystemSpecific3);
typedef NDIS_TIMER_FUNCTION *PNDIS_TIMER_FUNCTION;
typedef struct _NDIS_TIMER_CHARACTERISTICS {
    NDIS_OBJECT_HEADER Header;
    ULONG AllocationTag;
    PNDIS_TIMER_FUNCTION TimerFunction;
    PVOID FunctionContext;
} NDIS_TIMER_CHARACTERISTICS, *PNDIS_TIMER_CHARACTERISTICS;
#define NDIS_TIMER_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 24
NDIS_STATUS NdisAllocateTimerObject(NDIS_HANDLE NdisHandle, PNDIS_TIMER_CHARACTERISTICS TimerCharacteristics, PNDIS_HANDLE TimerHandle);
VOID NdisFreeTimerObject(NDIS_HANDLE TimerHandle); /* a timer still set is reported ("timer.freed_while_set") and cancelled */
/* TRUE: it was set already and now has the new time. A NULL FunctionContext means that of the characteristics. */
BOOLEAN NdisSetTimerObject(NDIS_HANDLE TimerHandle, LARGE_INTEGER DueTime, LONG MillisecondsPeriod, PVOID FunctionContext);
BOOLEAN NdisCancelTimerObject(NDIS_HANDLE TimerHandle); /* TRUE: it was set and will not run */

#ifdef __cplusplus
}
#endif

#endif
