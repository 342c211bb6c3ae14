/* SPDX-License-Identifier: Apache-2.0 */
/* bitmap.c: bit maps and single bits. */
#include "wdm.h"

enum { WORD_BITS = 32 };

VOID RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap) {
    BitMapHeader->SizeOfBitMap = SizeOfBitMap;
    BitMapHeader->Buffer = BitMapBuffer;
}

VOID RtlClearAllBits(PRTL_BITMAP BitMapHeader) {
    for (ULONG i = 0; i < (BitMapHeader->SizeOfBitMap + WORD_BITS - 1) / WORD_BITS; i++) BitMapHeader->Buffer[i] = 0;
}

VOID RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) { BitMapHeader->Buffer[BitNumber / WORD_BITS] |= 1u << BitNumber % WORD_BITS; }

VOID RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) {
    BitMapHeader->Buffer[BitNumber / WORD_BITS] &= ~(1u << BitNumber % WORD_BITS);
}

BOOLEAN RtlCheckBit(PRTL_BITMAP BitMapHeader, ULONG BitPosition) {
    return (BitMapHeader->Buffer[BitPosition / WORD_BITS] >> BitPosition % WORD_BITS & 1u) != 0;
}

static ULONG clear_run(PRTL_BITMAP map, ULONG start, ULONG wanted) {
    ULONG length = 0;
    while (length < wanted && start + length < map->SizeOfBitMap && !RtlCheckBit(map, start + length)) length++;
    return length;
}

ULONG RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
    const ULONG size = BitMapHeader->SizeOfBitMap;
    const ULONG hint = HintIndex < size ? HintIndex : 0;
    for (ULONG tried = 0; tried < size && NumberToFind > 0; tried++) {
        const ULONG start = (hint + tried) % size;
        if (clear_run(BitMapHeader, start, NumberToFind) < NumberToFind) continue;
        for (ULONG i = 0; i < NumberToFind; i++) RtlSetBit(BitMapHeader, start + i);
        return start;
    }
    return MAXULONG;
}

CCHAR RtlFindLeastSignificantBit(ULONGLONG Set) { return (CCHAR)(__builtin_ffsll((LONGLONG)Set) - 1); }

CCHAR RtlFindMostSignificantBit(ULONGLONG Set) { return (CCHAR)(Set ? 63 - __builtin_clzll(Set) : -1); }

ULONG RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target) { return (ULONG)__builtin_popcountll(Target); }
