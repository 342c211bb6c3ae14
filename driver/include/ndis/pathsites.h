/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/pathsites.h: calls that hand NBLs over also say where they were made, so that the history of a lost one names the lines.
 *
 * Each Wdk function does what the Ndis function of that name does; Site is "file:line" in static storage, or NULL. Taken by address, or in
 * an image for Windows, the names are those of the plain functions. Include ndis.h, not this header.
 */
#ifndef RINGSIDE_NDIS_PATHSITES_H
#define RINGSIDE_NDIS_PATHSITES_H

#ifndef _WIN32
#include "filter.h"
#include "miniport.h"
#include "protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

VOID WdkSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber, ULONG SendFlags,
                           const char *Site);
VOID WdkReturnNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags, const char *Site);
VOID WdkMSendNetBufferListsComplete(NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList, ULONG SendCompleteFlags,
                                    const char *Site);
VOID WdkMIndicateReceiveNetBufferLists(NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList, NDIS_PORT_NUMBER PortNumber,
                                       ULONG NumberOfNetBufferLists, ULONG ReceiveFlags, const char *Site);
VOID WdkFSendNetBufferLists(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferList, NDIS_PORT_NUMBER PortNumber, ULONG SendFlags,
                            const char *Site);
VOID WdkFSendNetBufferListsComplete(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferList, ULONG SendCompleteFlags,
                                    const char *Site);
VOID WdkFIndicateReceiveNetBufferLists(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber,
                                       ULONG NumberOfNetBufferLists, ULONG ReceiveFlags, const char *Site);
VOID WdkFReturnNetBufferLists(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags, const char *Site);

#ifdef __cplusplus
}
#endif

#define NdisSendNetBufferLists(...) WdkSendNetBufferLists(__VA_ARGS__, WDK_SITE)
#define NdisReturnNetBufferLists(...) WdkReturnNetBufferLists(__VA_ARGS__, WDK_SITE)
#define NdisMSendNetBufferListsComplete(...) WdkMSendNetBufferListsComplete(__VA_ARGS__, WDK_SITE)
#define NdisMIndicateReceiveNetBufferLists(...) WdkMIndicateReceiveNetBufferLists(__VA_ARGS__, WDK_SITE)
#define NdisFSendNetBufferLists(...) WdkFSendNetBufferLists(__VA_ARGS__, WDK_SITE)
#define NdisFSendNetBufferListsComplete(...) WdkFSendNetBufferListsComplete(__VA_ARGS__, WDK_SITE)
#define NdisFIndicateReceiveNetBufferLists(...) WdkFIndicateReceiveNetBufferLists(__VA_ARGS__, WDK_SITE)
#define NdisFReturnNetBufferLists(...) WdkFReturnNetBufferLists(__VA_ARGS__, WDK_SITE)
#endif

#endif
