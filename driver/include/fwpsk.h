/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fwpsk.h: packet tagging of the Windows Filtering Platform: a context of 64 bits on an NBL, which any driver finds by its tag. [D] Using
 * packet tagging
 *
 *   const UINT64 tag = FwpsNetBufferListGetTagForContext0();               once
 *   FwpsNetBufferListAssociateContext0(nbl, layer, context, tag, NULL, NULL, notify, 0);
 *   ... wherever the NBL goes ...
 *   FwpsNetBufferListRetrieveContext0(nbl, tag, FALSE, 0, &context);
 *
 * An association is memory of its own in a list on the NBL, which every lookup walks: beside it are the context stack of the NBL
 * (ndis/nblapi.h: no search, the last one in alone) and the extensions of NetAdapterCx (net/extension.h: an offset in the ring's element).
 * It ends, and its driver is notified, when the NBL is back with who sent or indicated it, or is freed. A clone has no tags. Of the platform
 * itself, its layers, filters and callouts, nothing is here. All up to DISPATCH_LEVEL. Behind it: driver/ndis/nbl_tag.c.
 */
#ifndef RINGSIDE_FWPSK_H
#define RINGSIDE_FWPSK_H

#include "ndis.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of these, CONTEXT_REMOVED (taken off by hand, or freed with its NBL), NDIS_SEND_COMPLETE and NDIS_RECV_COMPLETE come here. */
typedef enum FWPS_NET_BUFFER_LIST_EVENT_TYPE0_ {
    FWPS_NET_BUFFER_LIST_ENTERED_NETIO, FWPS_NET_BUFFER_LIST_CLONED_BY_NETIO, FWPS_NET_BUFFER_LIST_CLONED_VIA_WFP_API,
    FWPS_NET_BUFFER_LIST_DUPLICATED_BY_NETIO, FWPS_NET_BUFFER_LIST_EXIT_NETIO, FWPS_NET_BUFFER_LIST_CONTEXT_REMOVED,
    FWPS_NET_BUFFER_LIST_NDIS_SEND_COMPLETE, FWPS_NET_BUFFER_LIST_NDIS_RECV_COMPLETE
} FWPS_NET_BUFFER_LIST_EVENT_TYPE0;

typedef VOID(NTAPI *FWPS_NET_BUFFER_LIST_NOTIFY_FN0)(FWPS_NET_BUFFER_LIST_EVENT_TYPE0 eventType, NET_BUFFER_LIST *netBufferList,
                                                     NET_BUFFER_LIST *newNetBufferList, UINT16 layerId, UINT64 context, UINT64 contextTag);

/* A number that nobody else was given; never 0. */
UINT64 FwpsNetBufferListGetTagForContext0(VOID);
/* OBJECT_NAME_COLLISION: the NBL has a context of that tag already. providerGuid and deviceObject are not looked at. flags: 0. */
NTSTATUS FwpsNetBufferListAssociateContext0(NET_BUFFER_LIST *netBufferList, UINT16 layerId, UINT64 context, UINT64 contextTag,
                                            GUID *providerGuid, PVOID deviceObject, FWPS_NET_BUFFER_LIST_NOTIFY_FN0 notifyFn, UINT32 flags);
/* NOT_FOUND: it has none of that tag. With removeContext the association ends, without a notification. */
NTSTATUS FwpsNetBufferListRetrieveContext0(NET_BUFFER_LIST *netBufferList, UINT64 contextTag, BOOLEAN removeContext, UINT32 flags,
                                           UINT64 *context);
/* Of every NBL if that is NULL; notified. NOT_FOUND: there was none. */
NTSTATUS FwpsNetBufferListRemoveContext0(NET_BUFFER_LIST *netBufferList, UINT64 contextTag, UINT32 flags);

#ifdef __cplusplus
}
#endif

#endif
