/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/nblapi.h: what may be done to NBLs, NBs and their MDLs. All at IRQL <= DISPATCH_LEVEL. [D] 2.1 to 2.5
 *
 * Pools: NdisHandle may be any live NDIS handle. Allocation takes from the pool's free list; a pool grows by slabs, so the data path
 * reaches the machine's allocator only while the pool still grows. NULL or NDIS_STATUS_RESOURCES: no memory.
 */
#ifndef RINGSIDE_NDIS_NBLAPI_H
#define RINGSIDE_NDIS_NBLAPI_H

#include "nbl.h"

#ifdef __cplusplus
extern "C" {
#endif

NDIS_HANDLE NdisAllocateNetBufferListPool(NDIS_HANDLE NdisHandle, PNET_BUFFER_LIST_POOL_PARAMETERS Parameters);
VOID NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle); /* NBLs still out are reported ("nbl.leaked") */
NDIS_HANDLE NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle, PNET_BUFFER_POOL_PARAMETERS Parameters);
VOID NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle);

PNET_BUFFER_LIST NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill);
/* Shape (b) only. A NULL MdlChain needs DataOffset == DataLength == 0. The chain stays the caller's. */
PNET_BUFFER_LIST NdisAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill,
                                                       PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength);
VOID NdisFreeNetBufferList(PNET_BUFFER_LIST NetBufferList);
PNET_BUFFER NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength);
PNET_BUFFER NdisAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle); /* pools with DataSize only; all of it is backfill */
VOID NdisFreeNetBuffer(PNET_BUFFER NetBuffer);

/* Contexts: last in, first out, across all drivers of the stack. Sizes are multiples of sizeof(PVOID). */
NDIS_STATUS NdisAllocateNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize, USHORT ContextBackFill, ULONG PoolTag);
VOID NdisFreeNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize);

/* MDLs that describe non-paged memory [VirtualAddress, +Length); mapped. The memory stays the caller's. */
PMDL NdisAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, UINT Length);
VOID NdisFreeMdl(PMDL Mdl);
#define NdisQueryMdl(mdl, va, length, priority)                                            \
    do {                                                                                   \
        if ((va) != NULL) {                                                                \
            *(PVOID *)(va) = MmGetSystemAddressForMdlSafe((mdl), (ULONG)(priority));       \
        }                                                                                  \
        *(length) = MmGetMdlByteCount(mdl);                                                \
    } while (0)
#define NdisGetNextMdl(mdl, next) (*(next) = (mdl)->Next)
#define NdisAdjustMdlLength(mdl, length) ((mdl)->ByteCount = (length))
#define NDIS_MDL_TO_SPAN_PAGES(mdl)                                                                                        \
    (MmGetMdlByteCount(mdl) == 0 ? 1u : ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), MmGetMdlByteCount(mdl)))

/* Retreat makes the used data longer at its front, advance shorter. Handlers take the place of the default allocator: allocate is given
 * the wanted bytes in *BufferSize and may raise it. RESOURCES: nothing was changed, for the NBL form on any of its NBs. */
typedef PMDL NET_BUFFER_ALLOCATE_MDL(PULONG BufferSize);
typedef NET_BUFFER_ALLOCATE_MDL *NET_BUFFER_ALLOCATE_MDL_HANDLER;
typedef VOID NET_BUFFER_FREE_MDL(PMDL Mdl);
typedef NET_BUFFER_FREE_MDL *NET_BUFFER_FREE_MDL_HANDLER;
NDIS_STATUS NdisRetreatNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, ULONG DataBackFill,
                                          NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler);
VOID NdisAdvanceNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, BOOLEAN FreeMdl, NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
NDIS_STATUS NdisRetreatNetBufferListDataStart(PNET_BUFFER_LIST NetBufferList, ULONG DataOffsetDelta, ULONG DataBackFill,
                                              NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler,
                                              NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
VOID NdisAdvanceNetBufferListDataStart(PNET_BUFFER_LIST NetBufferList, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                       NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
VOID NdisAdjustNetBufferCurrentMdl(PNET_BUFFER NetBuffer); /* CurrentMdl and CurrentMdlOffset from DataOffset */

/* The first BytesNeeded used bytes: in place when one MDL holds them at (address - AlignOffset) % AlignMultiple == 0, else a copy in
 * Storage, else NULL. */
PVOID NdisGetDataBuffer(PNET_BUFFER NetBuffer, ULONG BytesNeeded, PVOID Storage, UINT AlignMultiple, UINT AlignOffset);
/* Offsets count from the used data. Copies until either side ends; changes no field of Destination. */
NDIS_STATUS NdisCopyFromNetBufferToNetBuffer(PNET_BUFFER Destination, ULONG DestinationOffset, ULONG BytesToCopy, PNET_BUFFER Source,
                                             ULONG SourceOffset, PULONG BytesCopied);
ULONG NdisQueryNetBufferPhysicalCount(PNET_BUFFER NetBuffer); /* an upper bound of its scatter/gather elements */
VOID NdisCopySendNetBufferListInfo(PNET_BUFFER_LIST Destination, PNET_BUFFER_LIST Source);
VOID NdisCopyReceiveNetBufferListInfo(PNET_BUFFER_LIST Destination, PNET_BUFFER_LIST Source);

#ifdef __cplusplus
}
#endif

#endif
