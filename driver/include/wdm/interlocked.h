/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdm/interlocked.h: the interlocked operations, and singly linked lists.
 *
 * The machine never preempts between two platform calls, so plain operations are atomic. Include wdm.h, not this header.
 */
#ifndef RINGSIDE_WDM_INTERLOCKED_H
#define RINGSIDE_WDM_INTERLOCKED_H

/* Numbers wrap. Each returns what was there before. */
#define WDK_INTERLOCKED(name, type, expression)               \
    FORCEINLINE type name(type volatile *Target, type Value)  \
    {                                                         \
        const type old = *Target;                             \
        *Target = (expression);                               \
        return old;                                           \
    }
WDK_INTERLOCKED(InterlockedAnd, LONG, old & Value)
WDK_INTERLOCKED(InterlockedOr, LONG, old | Value)
WDK_INTERLOCKED(InterlockedXor, LONG, old ^ Value)
WDK_INTERLOCKED(InterlockedExchange, LONG, Value)
WDK_INTERLOCKED(InterlockedExchange8, CHAR, Value)
WDK_INTERLOCKED(InterlockedExchange64, LONG64, Value)
WDK_INTERLOCKED(InterlockedExchangePointer, PVOID, Value)
WDK_INTERLOCKED(InterlockedExchangeAdd, LONG, (LONG)((ULONG)old + (ULONG)Value))
WDK_INTERLOCKED(InterlockedExchangeAdd64, LONG64, (LONG64)((ULONG64)old + (ULONG64)Value))
#undef WDK_INTERLOCKED

#define WDK_COMPARE_EXCHANGE(name, type)                                             \
    FORCEINLINE type name(type volatile *Destination, type Exchange, type Comparand) \
    {                                                                                \
        const type old = *Destination;                                               \
        if (old == Comparand) {                                                      \
            *Destination = Exchange;                                                 \
        }                                                                            \
        return old;                                                                  \
    }
WDK_COMPARE_EXCHANGE(InterlockedCompareExchange, LONG)
WDK_COMPARE_EXCHANGE(InterlockedCompareExchange64, LONG64)
WDK_COMPARE_EXCHANGE(InterlockedCompareExchangePointer, PVOID)
#undef WDK_COMPARE_EXCHANGE

/* These return what is there now. */
FORCEINLINE LONG InterlockedAdd(LONG volatile *Addend, LONG Value) { return (LONG)((ULONG)InterlockedExchangeAdd(Addend, Value) + (ULONG)Value); }
FORCEINLINE LONG64 InterlockedAdd64(LONG64 volatile *Addend, LONG64 Value)
{
    return (LONG64)((ULONG64)InterlockedExchangeAdd64(Addend, Value) + (ULONG64)Value);
}
FORCEINLINE LONG InterlockedIncrement(LONG volatile *Addend) { return InterlockedAdd(Addend, 1); }
FORCEINLINE LONG InterlockedDecrement(LONG volatile *Addend) { return InterlockedAdd(Addend, -1); }
FORCEINLINE LONG64 InterlockedIncrement64(LONG64 volatile *Addend) { return InterlockedAdd64(Addend, 1); }
FORCEINLINE LONG64 InterlockedDecrement64(LONG64 volatile *Addend) { return InterlockedAdd64(Addend, -1); }

/* Without barriers: there are none to leave out. */
#define InterlockedExchangeNoFence InterlockedExchange
#define InterlockedExchangeNoFence8 InterlockedExchange8
#define InterlockedOrNoFence InterlockedOr
#define InterlockedAndNoFence InterlockedAnd
#define InterlockedIncrementNoFence InterlockedIncrement
#define InterlockedIncrementNoFence64 InterlockedIncrement64
#define InterlockedExchangeAddNoFence64 InterlockedExchangeAdd64
#define InterlockedCompareExchangeNoFence InterlockedCompareExchange
#define InterlockedCompareExchangeNoFence64 InterlockedCompareExchange64

FORCEINLINE VOID PushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY Entry)
{
    Entry->Next = ListHead->Next;
    ListHead->Next = Entry;
}
FORCEINLINE PSINGLE_LIST_ENTRY PopEntryList(PSINGLE_LIST_ENTRY ListHead)
{
    PSINGLE_LIST_ENTRY entry = ListHead->Next;
    if (entry) {
        ListHead->Next = entry->Next;
    }
    return entry;
}
FORCEINLINE PLIST_ENTRY RemoveTailList(PLIST_ENTRY ListHead)
{
    PLIST_ENTRY entry = ListHead->Blink;
    (void)RemoveEntryList(entry);
    return entry;
}

#endif
