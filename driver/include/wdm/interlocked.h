/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdm/interlocked.h: the interlocked operations beside the common ones of wdm.h, and singly linked lists.
 *
 * The machine never preempts between two platform calls, so plain operations are atomic. Include wdm.h, not this header.
 */
#ifndef RINGSIDE_WDM_INTERLOCKED_H
#define RINGSIDE_WDM_INTERLOCKED_H

#define WDK_INTERLOCKED(name, type, expression)               \
    FORCEINLINE type name(volatile type *Target, type Value)  \
    {                                                         \
        const type old = *Target;                             \
        *Target = (expression);                               \
        return old;                                           \
    }
WDK_INTERLOCKED(InterlockedAnd, LONG, old & Value)
WDK_INTERLOCKED(InterlockedOr, LONG, old | Value)
WDK_INTERLOCKED(InterlockedXor, LONG, old ^ Value)
WDK_INTERLOCKED(InterlockedExchange64, LONG64, Value)
WDK_INTERLOCKED(InterlockedExchangeAdd64, LONG64, (LONG64)((ULONG64)old + (ULONG64)Value))
#undef WDK_INTERLOCKED

FORCEINLINE LONG InterlockedAdd(volatile LONG *Addend, LONG Value) { return (LONG)((ULONG)InterlockedExchangeAdd(Addend, Value) + (ULONG)Value); }
FORCEINLINE LONG64 InterlockedAdd64(volatile LONG64 *Addend, LONG64 Value)
{
    return (LONG64)((ULONG64)InterlockedExchangeAdd64(Addend, Value) + (ULONG64)Value);
}
FORCEINLINE LONG64 InterlockedDecrement64(volatile LONG64 *Addend) { return InterlockedAdd64(Addend, -1); }
FORCEINLINE LONG64 InterlockedCompareExchange64(volatile LONG64 *Destination, LONG64 Exchange, LONG64 Comparand)
{
    LONG64 old = *Destination;
    if (old == Comparand) {
        *Destination = Exchange;
    }
    return old;
}
FORCEINLINE PVOID InterlockedExchangePointer(PVOID volatile *Target, PVOID Value)
{
    PVOID old = *Target;
    *Target = Value;
    return old;
}
FORCEINLINE PVOID InterlockedCompareExchangePointer(PVOID volatile *Destination, PVOID Exchange, PVOID Comparand)
{
    PVOID old = *Destination;
    if (old == Comparand) {
        *Destination = Exchange;
    }
    return old;
}

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
