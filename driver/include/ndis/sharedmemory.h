/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/sharedmemory.h: memory of a provider that driver and device share, for a receive queue or a virtual port. [D] NDIS 6.20
 *
 * There are no queues of virtual machines here: QueueId, VPortId and PreferredNode are taken as they are, and change nothing.
 */
#ifndef RINGSIDE_NDIS_SHAREDMEMORY_H
#define RINGSIDE_NDIS_SHAREDMEMORY_H

#include "miniport_hw.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef ULONG NDIS_RECEIVE_QUEUE_ID, NDIS_NIC_SWITCH_VPORT_ID;
#define NDIS_DEFAULT_RECEIVE_QUEUE_ID 0u

typedef enum _NDIS_SHARED_MEMORY_USAGE {
    NdisSharedMemoryUsageUndefined, NdisSharedMemoryUsageXmit, NdisSharedMemoryUsageXmitHeader, NdisSharedMemoryUsageXmitData,
    NdisSharedMemoryUsageReceive, NdisSharedMemoryUsageReceiveLookahead, NdisSharedMemoryUsageReceivePostLookahead,
    NdisSharedMemoryUsageReceiveHeader, NdisSharedMemoryUsageReceiveData, NdisSharedMemoryUsageOther, NdisSharedMemoryUsageMax
} NDIS_SHARED_MEMORY_USAGE, *PNDIS_SHARED_MEMORY_USAGE;

#define NDIS_SHARED_MEM_PARAMETERS_CONTIGOUS 0x00000001u /* in one run on the bus; spelled so */
typedef struct _NDIS_SHARED_MEMORY_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    NDIS_RECEIVE_QUEUE_ID QueueId;
    NDIS_HANDLE SharedMemoryHandle;     /* out */
    NODE_REQUIREMENT PreferredNode;
    NDIS_SHARED_MEMORY_USAGE Usage;
    ULONG Length;
    PVOID VirtualAddress;               /* out */
    ULONG SGListBufferLength;
    PSCATTER_GATHER_LIST SGListBuffer;  /* filled in: where the memory is on the bus */
    NDIS_NIC_SWITCH_VPORT_ID VPortId;   /* revision 2 */
} NDIS_SHARED_MEMORY_PARAMETERS, *PNDIS_SHARED_MEMORY_PARAMETERS;
#define NDIS_SHARED_MEMORY_PARAMETERS_REVISION_1 1
#define NDIS_SHARED_MEMORY_PARAMETERS_REVISION_2 2
#define NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_1 64
#define NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_2 68

/* PASSIVE. NdisHandle is an adapter's or a binding's. INVALID_PARAMETER: another handle, no length or usage, or an SGListBuffer that has
 * no room for an element of each page. Freed with the handle, before the miniport halts. */
NDIS_STATUS NdisAllocateSharedMemory(NDIS_HANDLE NdisHandle, PNDIS_SHARED_MEMORY_PARAMETERS SharedMemoryParameters,
                                     PNDIS_HANDLE pAllocationHandle);
VOID NdisFreeSharedMemory(NDIS_HANDLE NdisHandle, NDIS_HANDLE AllocationHandle);

#ifdef __cplusplus
}
#endif

#endif
