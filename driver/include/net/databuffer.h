/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/databuffer.h: which buffer of the data buffer ring is in a fragment: where the system allocates receive buffers and the driver attaches.
 *
 *   NET_RING *buffers = NetRingCollectionGetDataBufferRing(rings);
 *   *(NET_FRAGMENT_DATA_BUFFER_HANDLE *)NetRingGetElementAtIndex(buffers, i)      its handle, for the fragments that it is in
 *   the extensions of virtual and logical address, NetExtensionTypeBuffer         where it is
 *
 * The driver has the buffers of [BeginIndex, EndIndex), and may put each into several fragments; the system has it again when BeginIndex has
 * passed it and the last of those fragments is done with. The driver writes no element of this ring.
 */
#ifndef RINGSIDE_NET_DATABUFFER_H
#define RINGSIDE_NET_DATABUFFER_H

#include "extension.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NET_FRAGMENT_DATA_BUFFER_HANDLE__ *NET_FRAGMENT_DATA_BUFFER_HANDLE;
typedef struct _NET_FRAGMENT_DATA_BUFFER {
    NET_FRAGMENT_DATA_BUFFER_HANDLE Handle;
} NET_FRAGMENT_DATA_BUFFER;
#define NET_FRAGMENT_EXTENSION_DATA_BUFFER_NAME WDK_WIDE("ms_fragment_databuffer")
#define NET_FRAGMENT_EXTENSION_DATA_BUFFER_VERSION_1 1u
#define NET_FRAGMENT_EXTENSION_DATA_BUFFER_VERSION_1_SIZE sizeof(NET_FRAGMENT_DATA_BUFFER)

FORCEINLINE NET_FRAGMENT_DATA_BUFFER *NetExtensionGetFragmentDataBuffer(NET_EXTENSION const *Extension, UINT32 Index)
{
    return (NET_FRAGMENT_DATA_BUFFER *)NetExtensionGetData(Extension, Index);
}

#ifdef __cplusplus
}
#endif

#endif
