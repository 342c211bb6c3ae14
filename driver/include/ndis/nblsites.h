/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/nblsites.h: calls that allocate and free also say where they were made, so that a report can name the line.
 *
 * Each Wdk function does what the Ndis function of that name does; Site is "file:line" in static storage, or NULL. Taken by address, or in
 * an image for Windows, the names are those of the plain functions. Include ndis.h, not this header.
 */
#ifndef RINGSIDE_NDIS_NBLSITES_H
#define RINGSIDE_NDIS_NBLSITES_H

#ifndef _WIN32
#include "nblapi.h"

#ifdef __cplusplus
extern "C" {
#endif

NDIS_HANDLE WdkAllocateNetBufferListPool(NDIS_HANDLE NdisHandle, PNET_BUFFER_LIST_POOL_PARAMETERS Parameters, const char *Site);
NDIS_HANDLE WdkAllocateNetBufferPool(NDIS_HANDLE NdisHandle, PNET_BUFFER_POOL_PARAMETERS Parameters, const char *Site);
PNET_BUFFER_LIST WdkAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill, const char *Site);
/* Context: ContextSize, and above its 16 bits ContextBackFill: six arguments travel in registers, a seventh does not. */
PNET_BUFFER_LIST WdkAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, ULONG Context, PMDL MdlChain, ULONG DataOffset,
                                                      SIZE_T DataLength, const char *Site);
VOID WdkFreeNetBufferList(PNET_BUFFER_LIST NetBufferList, const char *Site);
PNET_BUFFER WdkAllocateNetBuffer(NDIS_HANDLE PoolHandle, PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength, const char *Site);
PNET_BUFFER WdkAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle, const char *Site);
VOID WdkFreeNetBuffer(PNET_BUFFER NetBuffer, const char *Site);
NDIS_STATUS WdkAllocateNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize, USHORT ContextBackFill, ULONG PoolTag,
                                            const char *Site);
PMDL WdkAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, UINT Length, const char *Site);
PNET_BUFFER_LIST WdkAllocateCloneNetBufferList(PNET_BUFFER_LIST OriginalNetBufferList, NDIS_HANDLE NetBufferListPoolHandle,
                                               NDIS_HANDLE NetBufferPoolHandle, ULONG AllocateCloneFlags, const char *Site);
PNET_BUFFER_LIST WdkAllocateFragmentNetBufferList(PNET_BUFFER_LIST OriginalNetBufferList, NDIS_HANDLE NetBufferListPool,
                                                  NDIS_HANDLE NetBufferPool, ULONG StartOffset, ULONG MaximumLength,
                                                  ULONG DataOffsetDelta, ULONG DataBackFill, ULONG AllocateFragmentFlags,
                                                  const char *Site);
PNET_BUFFER_LIST WdkAllocateReassembledNetBufferList(PNET_BUFFER_LIST FragmentNetBufferList,
                                                     NDIS_HANDLE NetBufferAndNetBufferListPoolHandle, ULONG StartOffset,
                                                     ULONG DataOffsetDelta, ULONG DataBackFill, ULONG AllocateReassembleFlags,
                                                     const char *Site);

#ifdef __cplusplus
}
#endif

#define NdisAllocateNetBufferListPool(...) WdkAllocateNetBufferListPool(__VA_ARGS__, WDK_SITE)
#define NdisAllocateNetBufferPool(...) WdkAllocateNetBufferPool(__VA_ARGS__, WDK_SITE)
#define NdisAllocateNetBufferList(...) WdkAllocateNetBufferList(__VA_ARGS__, WDK_SITE)
#define NdisAllocateNetBufferAndNetBufferList(pool, size, backfill, chain, offset, length) \
    WdkAllocateNetBufferAndNetBufferList((pool), (ULONG)(USHORT)(backfill) << 16 | (USHORT)(size), (chain), (offset), (length), WDK_SITE)
#define NdisFreeNetBufferList(...) WdkFreeNetBufferList(__VA_ARGS__, WDK_SITE)
#define NdisAllocateNetBuffer(...) WdkAllocateNetBuffer(__VA_ARGS__, WDK_SITE)
#define NdisAllocateNetBufferMdlAndData(...) WdkAllocateNetBufferMdlAndData(__VA_ARGS__, WDK_SITE)
#define NdisFreeNetBuffer(...) WdkFreeNetBuffer(__VA_ARGS__, WDK_SITE)
#define NdisAllocateNetBufferListContext(...) WdkAllocateNetBufferListContext(__VA_ARGS__, WDK_SITE)
#define NdisAllocateMdl(...) WdkAllocateMdl(__VA_ARGS__, WDK_SITE)
#define NdisAllocateCloneNetBufferList(...) WdkAllocateCloneNetBufferList(__VA_ARGS__, WDK_SITE)
#define NdisAllocateFragmentNetBufferList(...) WdkAllocateFragmentNetBufferList(__VA_ARGS__, WDK_SITE)
#define NdisAllocateReassembledNetBufferList(...) WdkAllocateReassembledNetBufferList(__VA_ARGS__, WDK_SITE)
#endif

#endif
