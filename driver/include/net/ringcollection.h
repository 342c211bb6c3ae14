/* SPDX-License-Identifier: Apache-2.0 */
/* net/ringcollection.h: the rings of a queue. The data buffer ring is there only where the system allocates and the driver attaches. */
#ifndef RINGSIDE_NET_RINGCOLLECTION_H
#define RINGSIDE_NET_RINGCOLLECTION_H

#include "ring.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _NET_RING_TYPE { NetRingTypePacket, NetRingTypeFragment, NetRingTypeDataBuffer } NET_RING_TYPE;
#define NET_RING_TYPE_PACKET NetRingTypePacket /* names of 1.x, still in documentation */
#define NET_RING_TYPE_FRAGMENT NetRingTypeFragment

typedef struct _NET_RING_COLLECTION {
    NET_RING *Rings[NetRingTypeDataBuffer + 1];
} NET_RING_COLLECTION;

FORCEINLINE NET_RING *NetRingCollectionGetPacketRing(NET_RING_COLLECTION const *Rings) { return Rings->Rings[NetRingTypePacket]; }
FORCEINLINE NET_RING *NetRingCollectionGetFragmentRing(NET_RING_COLLECTION const *Rings) { return Rings->Rings[NetRingTypeFragment]; }
FORCEINLINE NET_RING *NetRingCollectionGetDataBufferRing(NET_RING_COLLECTION const *Rings) { return Rings->Rings[NetRingTypeDataBuffer]; }

#ifdef __cplusplus
}
#endif

#endif
