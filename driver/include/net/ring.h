/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/ring.h: a ring of packets, fragments or data buffers, shared by NetAdapterCx and one queue of a driver.
 *
 *       OSReserved0          BeginIndex        NextIndex         EndIndex
 *   ... | given back,        | the driver's:   | the driver's:   | the system's ...
 *       | not yet reclaimed  | hardware has it | new             |
 *
 * The system posts by moving EndIndex, the driver gives back by moving BeginIndex; NextIndex is the driver's own cursor. BeginIndex equal to
 * EndIndex means that the driver has none, so one element always stays free. Indices are modulo NumberOfElements, a power of two. Both
 * sides touch a ring only inside the queue's callbacks, which never overlap: no barriers. [D] NET_RING
 */
#ifndef RINGSIDE_NET_RING_H
#define RINGSIDE_NET_RING_H

#include "packet.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct DECLSPEC_CACHEALIGN _NET_RING {
    UINT16 OSReserved1;
    UINT16 ElementStride;     /* bytes from one element to the next, extensions included */
    UINT32 NumberOfElements;
    UINT32 ElementIndexMask;
    UINT32 EndIndex;          /* the system writes it */
    WDK_EXTENSION union {
        UINT32 OSReserved0;
        void *OSReserved2[4];
    };
    UINT32 BeginIndex;        /* the driver writes it */
    UINT32 NextIndex;         /* the driver's: zeroed when the queue starts, and not looked at */
    void *Scratch;            /* the driver's */
    WDK_EXTENSION DECLSPEC_CACHEALIGN UINT8 Buffer[];
} NET_RING;

C_ASSERT(sizeof(NET_RING) == 64);
C_ASSERT(offsetof(NET_RING, EndIndex) == 12);
C_ASSERT(offsetof(NET_RING, BeginIndex) == 48);
C_ASSERT(offsetof(NET_RING, Buffer) == 64);

FORCEINLINE void *NetRingGetElementAtIndex(NET_RING const *Ring, UINT32 Index)
{
    return (void *)(ULONG_PTR)(Ring->Buffer + (SIZE_T)Index * Ring->ElementStride);
}
FORCEINLINE NET_PACKET *NetRingGetPacketAtIndex(NET_RING const *Ring, UINT32 Index)
{
    return (NET_PACKET *)NetRingGetElementAtIndex(Ring, Index);
}
FORCEINLINE NET_FRAGMENT *NetRingGetFragmentAtIndex(NET_RING const *Ring, UINT32 Index)
{
    return (NET_FRAGMENT *)NetRingGetElementAtIndex(Ring, Index);
}
FORCEINLINE UINT32 NetRingAdvanceIndex(NET_RING const *Ring, UINT32 Index, INT32 Distance)
{
    return (Index + (UINT32)Distance) & Ring->ElementIndexMask;
}
FORCEINLINE UINT32 NetRingIncrementIndex(NET_RING const *Ring, UINT32 Index) { return (Index + 1) & Ring->ElementIndexMask; }
/* Elements of [Start, End). */
FORCEINLINE UINT32 NetRingGetRangeCount(NET_RING const *Ring, UINT32 Start, UINT32 End) { return (End - Start) & Ring->ElementIndexMask; }

#ifdef __cplusplus
}
#endif

#endif
