/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/nblapi.h: what may be done to NBLs, NBs and their MDLs. All at IRQL <= DISPATCH_LEVEL. [D] 2.1 to 2.6
 *
 * Where the documentation says nothing, what happens here is the stricter of what could, and the comment says so ("our choice").
 * NULL or NDIS_STATUS_RESOURCES: no memory, and nothing was changed. A call that breaks a rule is reported and survived; every rule is
 * in the README of driver/ndis.
 */
#ifndef RINGSIDE_NDIS_NBLAPI_H
#define RINGSIDE_NDIS_NBLAPI_H

#include "nbl.h"
#include "nblaccessors.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Pools. NdisHandle may be any live NDIS handle, or NULL; it names the owner in reports. Allocation takes from the pool's free list,
 * with no lock: contexts are not preempted. A pool grows by slabs and gives nothing back before NDIS ends. NULL: bad parameters. */
#define NDIS_PROTOCOL_ID_DEFAULT 0x00
#define NDIS_PROTOCOL_ID_TCP_IP 0x02
#define NDIS_PROTOCOL_ID_IP6 0x03
#define NDIS_PROTOCOL_ID_IPX 0x06
#define NDIS_PROTOCOL_ID_NBF 0x07

/* Three legal shapes: (a) no NB; (b) NBL+NB; (c) NBL+NB+MDL+DataSize bytes in one block. Sizes are multiples of 16. */
typedef struct _NET_BUFFER_LIST_POOL_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    UCHAR ProtocolId; /* in slot NetBufferListProtocolId of each NBL */
    BOOLEAN fAllocateNetBuffer;
    USHORT ContextSize;
    ULONG PoolTag;
    ULONG DataSize;
} NET_BUFFER_LIST_POOL_PARAMETERS, *PNET_BUFFER_LIST_POOL_PARAMETERS;
#define NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 16

/* DataSize > 0: each NB comes with an MDL over so many bytes. */
typedef struct _NET_BUFFER_POOL_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG PoolTag;
    ULONG DataSize;
} NET_BUFFER_POOL_PARAMETERS, *PNET_BUFFER_POOL_PARAMETERS;
#define NET_BUFFER_POOL_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 12

NDIS_HANDLE NdisAllocateNetBufferListPool(NDIS_HANDLE NdisHandle, PNET_BUFFER_LIST_POOL_PARAMETERS Parameters);
VOID NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle); /* NBLs still out are reported ("nbl.leaked") */
NDIS_HANDLE NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle, PNET_BUFFER_POOL_PARAMETERS Parameters);
VOID NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle); /* NBs still out are reported ("nb.leaked") */
NDIS_HANDLE NdisGetPoolFromNetBufferList(PNET_BUFFER_LIST NetBufferList);
NDIS_HANDLE NdisGetPoolFromNetBuffer(PNET_BUFFER NetBuffer);

/* ---- NBLs and NBs. All fields are 0 but those named here (our choice for those that the documentation leaves out). */
PNET_BUFFER_LIST NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill);
/* Shape (b) only. A NULL MdlChain needs DataOffset == DataLength == 0. The chain stays the caller's. */
PNET_BUFFER_LIST NdisAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill,
                                                       PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength);
/* With the NB, MDL and data of its block; NBs and contexts that were added are not freed. Not for derived NBLs. */
VOID NdisFreeNetBufferList(PNET_BUFFER_LIST NetBufferList);
PNET_BUFFER NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength);
PNET_BUFFER NdisAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle); /* pools with DataSize only; all of it is backfill */
VOID NdisFreeNetBuffer(PNET_BUFFER NetBuffer);
UCHAR NdisGetNetBufferListProtocolId(PNET_BUFFER_LIST NetBufferList); /* NDIS_PROTOCOL_ID_*, any IRQL; on send */

/* ---- Contexts: last in, first out, across all drivers of the stack; a pop names the size of its push. Sizes are multiples of
 * sizeof(PVOID), and the memory is aligned to no more than that. FAILURE: bad sizes. */
NDIS_STATUS NdisAllocateNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize, USHORT ContextBackFill, ULONG PoolTag);
VOID NdisFreeNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize);

/* ---- MDLs that describe non-paged memory [VirtualAddress, +Length); mapped. The memory stays the caller's. */
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

/* ---- Retreat makes the used data longer at its front, advance shorter. Handlers take the place of the default allocator: allocate is
 * given the wanted bytes in *BufferSize and may raise it. RESOURCES: nothing was changed, for the NBL form on any of its NBs. The new
 * bytes need not be in one MDL. An advance with FreeMdl frees the MDLs in front that a retreat allocated, and no others. */
typedef PMDL NET_BUFFER_ALLOCATE_MDL(PULONG BufferSize);
typedef NET_BUFFER_ALLOCATE_MDL *NET_BUFFER_ALLOCATE_MDL_HANDLER;
typedef VOID NET_BUFFER_FREE_MDL(PMDL Mdl);
typedef NET_BUFFER_FREE_MDL *NET_BUFFER_FREE_MDL_HANDLER;
NDIS_STATUS NdisRetreatNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, ULONG DataBackFill,
                                          NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler);
VOID NdisAdvanceNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                   NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
NDIS_STATUS NdisRetreatNetBufferListDataStart(PNET_BUFFER_LIST NetBufferList, ULONG DataOffsetDelta, ULONG DataBackFill,
                                              NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler,
                                              NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
VOID NdisAdvanceNetBufferListDataStart(PNET_BUFFER_LIST NetBufferList, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                       NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
VOID NdisAdjustNetBufferCurrentMdl(PNET_BUFFER NetBuffer); /* CurrentMdl and CurrentMdlOffset from DataOffset; any IRQL */

/* ---- Reading and copying. */
/* The first BytesNeeded used bytes: in place when one MDL holds them at (address - AlignOffset) % AlignMultiple == 0, else a copy in
 * Storage, else NULL. Two MDLs are never taken as one, even where their memory touches (our choice). */
PVOID NdisGetDataBuffer(PNET_BUFFER NetBuffer, ULONG BytesNeeded, PVOID Storage, UINT AlignMultiple, UINT AlignOffset);
/* Offsets count from the used data. Copies until either side ends; changes no field of Destination. */
NDIS_STATUS NdisCopyFromNetBufferToNetBuffer(PNET_BUFFER Destination, ULONG DestinationOffset, ULONG BytesToCopy, PNET_BUFFER Source,
                                             ULONG SourceOffset, PULONG BytesCopied);
ULONG NdisQueryNetBufferPhysicalCount(PNET_BUFFER NetBuffer); /* an upper bound of its scatter/gather elements */
/* The slots that are published; coalescing counters, USO and timestamps are the caller's to copy. */
VOID NdisCopySendNetBufferListInfo(PNET_BUFFER_LIST Destination, PNET_BUFFER_LIST Source);
VOID NdisCopyReceiveNetBufferListInfo(PNET_BUFFER_LIST Destination, PNET_BUFFER_LIST Source);

/* ---- Derived NBLs: new NBLs and NBs over the memory of an NBL's used data; no byte is copied. The original must stay with the caller
 * until they are freed. They start without a context, out-of-band data, flags, parent or SourceHandle: those, and the counts of
 * ParentNetBufferList and ChildRefCount, are the caller's. NULL pools: NDIS's own. A pool whose members have data of their own (DataSize)
 * is refused with NULL (our choice). */
#define NDIS_CLONE_FLAGS_RESERVED 0x1u
#define NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS 0x2u

/* One NB for each of the original's, with new MDLs that begin where the used data does, so that a retreat does not reach the original's
 * backfill; or, with USE_ORIGINAL_MDLS, on the original's chain and at its position (a retreat then uses the original's backfill). */
PNET_BUFFER_LIST NdisAllocateCloneNetBufferList(PNET_BUFFER_LIST OriginalNetBufferList, NDIS_HANDLE NetBufferListPoolHandle,
                                                NDIS_HANDLE NetBufferPoolHandle, ULONG AllocateCloneFlags);
VOID NdisFreeCloneNetBufferList(PNET_BUFFER_LIST CloneNetBufferList, ULONG FreeCloneFlags); /* the flags of the allocation */
/* Skips StartOffset bytes of each NB and cuts the rest into NBs of at most MaximumLength, then retreats each by DataOffsetDelta. NULL also
 * when MaximumLength is 0 or nothing is left to cut (our choice). */
PNET_BUFFER_LIST NdisAllocateFragmentNetBufferList(PNET_BUFFER_LIST OriginalNetBufferList, NDIS_HANDLE NetBufferListPool,
                                                   NDIS_HANDLE NetBufferPool, ULONG StartOffset, ULONG MaximumLength,
                                                   ULONG DataOffsetDelta, ULONG DataBackFill, ULONG AllocateFragmentFlags);
VOID NdisFreeFragmentNetBufferList(PNET_BUFFER_LIST FragmentNetBufferList, ULONG DataOffsetDelta, ULONG FreeFragmentFlags);
/* Skips StartOffset bytes of each NB, joins the rest in one NB, and retreats that by DataOffsetDelta. The pool has shape (b). An NB that is
 * shorter than StartOffset adds nothing (our choice). */
PNET_BUFFER_LIST NdisAllocateReassembledNetBufferList(PNET_BUFFER_LIST FragmentNetBufferList,
                                                      NDIS_HANDLE NetBufferAndNetBufferListPoolHandle, ULONG StartOffset,
                                                      ULONG DataOffsetDelta, ULONG DataBackFill, ULONG AllocateReassembleFlags);
VOID NdisFreeReassembledNetBufferList(PNET_BUFFER_LIST ReassembledNetBufferList, ULONG DataOffsetDelta, ULONG FreeReassembleFlags);

#ifdef __cplusplus
}
#endif

#include "nblsites.h"

#endif
