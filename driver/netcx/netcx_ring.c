/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_ring.c: ring memory. */
#include "netcx_internal.h"

/* The kernel's memory is aligned to 16 bytes, or to pages from a page on: rings are at least so long, and so on a cache line. */
NET_RING *netcx_ring_create(struct kernel *kernel, UINT32 elements, ULONG stride) {
    SIZE_T bytes = sizeof(NET_RING) + (SIZE_T)elements * stride;
    if (bytes < PAGE_SIZE) bytes = PAGE_SIZE;
    NET_RING *ring = kernel_allocate(kernel, bytes, NETCX_TAG);
    if (!ring) return NULL;
    ring->ElementStride = (UINT16)stride;
    ring->NumberOfElements = elements;
    ring->ElementIndexMask = elements - 1;
    return ring;
}

void netcx_ring_reset(NET_RING *ring) {
    ring->BeginIndex = ring->NextIndex = ring->EndIndex = ring->OSReserved0 = 0;
    RtlZeroMemory(ring->Buffer, (SIZE_T)ring->NumberOfElements * ring->ElementStride);
}
