/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/netringiterator.h: iterators over rings, by the names that Microsoft's sample drivers carry beside their sources.
 *
 *   NET_RING_PACKET_ITERATOR it = NetRingGetPostPackets(rings);           [Next, End): new ones
 *   for (; NetPacketIteratorHasAny(&it); NetPacketIteratorAdvance(&it)) ...
 *   NetPacketIteratorSet(&it);                                            only this moves the ring's index
 *
 * Post iterators set NextIndex, drain iterators [Begin, Next) and those over all [Begin, End) set BeginIndex, that over the fragments of a
 * packet sets none.
 */
#ifndef RINGSIDE_NET_NETRINGITERATOR_H
#define RINGSIDE_NET_NETRINGITERATOR_H

#include "ringcollection.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NET_RING_ITERATOR {
    NET_RING_COLLECTION const *Rings;
    UINT32 *IndexToSet;
    UINT32 Index;
    UINT32 End;
} NET_RING_ITERATOR;
typedef struct _NET_RING_PACKET_ITERATOR {
    NET_RING_ITERATOR Iterator;
} NET_RING_PACKET_ITERATOR;
typedef struct _NET_RING_FRAGMENT_ITERATOR {
    NET_RING_ITERATOR Iterator;
} NET_RING_FRAGMENT_ITERATOR;

#define WDK_NET_ITERATOR(kind, ring_type, range, index_to_set, first, last)                                                    \
    FORCEINLINE NET_RING_##kind##_ITERATOR NetRingGet##range(NET_RING_COLLECTION const *Rings)                                 \
    {                                                                                                                          \
        NET_RING *ring = Rings->Rings[ring_type];                                                                              \
        NET_RING_##kind##_ITERATOR iterator;                                                                                   \
        iterator.Iterator.Rings = Rings;                                                                                       \
        iterator.Iterator.IndexToSet = &ring->index_to_set;                                                                    \
        iterator.Iterator.Index = ring->first;                                                                                 \
        iterator.Iterator.End = ring->last;                                                                                    \
        return iterator;                                                                                                       \
    }
WDK_NET_ITERATOR(PACKET, NetRingTypePacket, PostPackets, NextIndex, NextIndex, EndIndex)
WDK_NET_ITERATOR(PACKET, NetRingTypePacket, DrainPackets, BeginIndex, BeginIndex, NextIndex)
WDK_NET_ITERATOR(PACKET, NetRingTypePacket, AllPackets, BeginIndex, BeginIndex, EndIndex)
WDK_NET_ITERATOR(FRAGMENT, NetRingTypeFragment, PostFragments, NextIndex, NextIndex, EndIndex)
WDK_NET_ITERATOR(FRAGMENT, NetRingTypeFragment, DrainFragments, BeginIndex, BeginIndex, NextIndex)
WDK_NET_ITERATOR(FRAGMENT, NetRingTypeFragment, AllFragments, BeginIndex, BeginIndex, EndIndex)
#undef WDK_NET_ITERATOR

#define WDK_NET_ITERATOR(kind, prefix, ring_type, element, get)                                                                \
    FORCEINLINE element *prefix##Get##get(NET_RING_##kind##_ITERATOR const *Iterator)                                          \
    {                                                                                                                          \
        return (element *)NetRingGetElementAtIndex(Iterator->Iterator.Rings->Rings[ring_type], Iterator->Iterator.Index);      \
    }                                                                                                                          \
    FORCEINLINE UINT32 prefix##GetIndex(NET_RING_##kind##_ITERATOR const *Iterator) { return Iterator->Iterator.Index; }       \
    FORCEINLINE BOOLEAN prefix##HasAny(NET_RING_##kind##_ITERATOR const *Iterator)                                             \
    {                                                                                                                          \
        return Iterator->Iterator.Index != Iterator->Iterator.End;                                                             \
    }                                                                                                                          \
    FORCEINLINE UINT32 prefix##GetCount(NET_RING_##kind##_ITERATOR const *Iterator)                                            \
    {                                                                                                                          \
        return NetRingGetRangeCount(Iterator->Iterator.Rings->Rings[ring_type], Iterator->Iterator.Index,                      \
                                    Iterator->Iterator.End);                                                                   \
    }                                                                                                                          \
    FORCEINLINE void prefix##Advance(NET_RING_##kind##_ITERATOR *Iterator)                                                     \
    {                                                                                                                          \
        Iterator->Iterator.Index = NetRingIncrementIndex(Iterator->Iterator.Rings->Rings[ring_type], Iterator->Iterator.Index);\
    }                                                                                                                          \
    FORCEINLINE void prefix##AdvanceToTheEnd(NET_RING_##kind##_ITERATOR *Iterator)                                             \
    {                                                                                                                          \
        Iterator->Iterator.Index = Iterator->Iterator.End;                                                                     \
    }                                                                                                                          \
    FORCEINLINE void prefix##Set(NET_RING_##kind##_ITERATOR *Iterator)                                                         \
    {                                                                                                                          \
        *Iterator->Iterator.IndexToSet = Iterator->Iterator.Index;                                                             \
    }
WDK_NET_ITERATOR(PACKET, NetPacketIterator, NetRingTypePacket, NET_PACKET, Packet)
WDK_NET_ITERATOR(FRAGMENT, NetFragmentIterator, NetRingTypeFragment, NET_FRAGMENT, Fragment)
#undef WDK_NET_ITERATOR

FORCEINLINE NET_RING_FRAGMENT_ITERATOR NetPacketIteratorGetFragments(NET_RING_PACKET_ITERATOR const *Iterator)
{
    NET_PACKET const *packet = NetPacketIteratorGetPacket(Iterator);
    NET_RING const *ring = NetRingCollectionGetFragmentRing(Iterator->Iterator.Rings);
    NET_RING_FRAGMENT_ITERATOR iterator;
    iterator.Iterator.Rings = Iterator->Iterator.Rings;
    iterator.Iterator.IndexToSet = NULL;
    iterator.Iterator.Index = packet->FragmentIndex;
    iterator.Iterator.End = NetRingAdvanceIndex(ring, packet->FragmentIndex, packet->FragmentCount);
    return iterator;
}

#ifdef __cplusplus
}
#endif

#endif
