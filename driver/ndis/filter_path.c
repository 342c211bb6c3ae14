/* SPDX-License-Identifier: Apache-2.0 */
/* filter_path.c: the data-path calls of filter modules. What they pass on and what they originate goes the same ways. [D] 2.8, 2.9, 3.2 */
#include "ndis_path.h"

static struct ndis_filter *filter_of(NDIS_HANDLE handle, const char *function) {
    return ndis_object_of(handle, NDIS_OBJECT_FILTER, function);
}

/* Who originates must see the end of it. */
static void require(struct ndis_filter *filter, bool has, const char *call, const char *callback) {
    if (!has)
        kernel_violation(filter->object.ndis->kernel, "ndis.filter_handlers", "[D] 3.2", -1, "%s called %s with NBLs of its own and has no %s",
                         filter->object.name, call, callback);
}

static bool any_own(const struct ndis_filter *filter, PNET_BUFFER_LIST chain) {
    for (; chain; chain = chain->Next)
        if (chain->SourceHandle == filter) return true;
    return false;
}

VOID WdkFSendNetBufferLists(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferList, NDIS_PORT_NUMBER PortNumber, ULONG SendFlags,
                            const char *Site) {
    static const char function[] = "NdisFSendNetBufferLists";
    struct ndis_filter *filter = filter_of(NdisFilterHandle, function);
    if (!filter) return;
    if (!filter->send_complete) require(filter, !any_own(filter, NetBufferList), function, "FilterSendNetBufferListsComplete");
    path_at(&filter->layer, Site);
    path_send(&filter->layer, NetBufferList, PortNumber, SendFlags, function);
}

VOID WdkFSendNetBufferListsComplete(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferList, ULONG SendCompleteFlags,
                                    const char *Site) {
    static const char function[] = "NdisFSendNetBufferListsComplete";
    struct ndis_filter *filter = filter_of(NdisFilterHandle, function);
    if (!filter) return;
    path_at(&filter->layer, Site);
    path_complete(&filter->layer, NetBufferList, SendCompleteFlags, function);
}

VOID WdkFIndicateReceiveNetBufferLists(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber,
                                       ULONG NumberOfNetBufferLists, ULONG ReceiveFlags, const char *Site) {
    static const char function[] = "NdisFIndicateReceiveNetBufferLists";
    struct ndis_filter *filter = filter_of(NdisFilterHandle, function);
    if (!filter) return;
    if (!filter->return_nbls && NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags))
        require(filter, !any_own(filter, NetBufferLists), function, "FilterReturnNetBufferLists");
    path_at(&filter->layer, Site);
    path_indicate(&filter->layer, NetBufferLists, PortNumber, NumberOfNetBufferLists, ReceiveFlags, function);
}

VOID WdkFReturnNetBufferLists(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags, const char *Site) {
    static const char function[] = "NdisFReturnNetBufferLists";
    struct ndis_filter *filter = filter_of(NdisFilterHandle, function);
    if (!filter) return;
    path_at(&filter->layer, Site);
    path_return(&filter->layer, NetBufferLists, ReturnFlags, function);
}

/* ---- The names of the documentation, where the caller does not say who it is. */
VOID (NdisFSendNetBufferLists)(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferList, NDIS_PORT_NUMBER PortNumber, ULONG SendFlags) {
    WdkFSendNetBufferLists(NdisFilterHandle, NetBufferList, PortNumber, SendFlags, NULL);
}

VOID (NdisFSendNetBufferListsComplete)(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferList, ULONG SendCompleteFlags) {
    WdkFSendNetBufferListsComplete(NdisFilterHandle, NetBufferList, SendCompleteFlags, NULL);
}

VOID (NdisFIndicateReceiveNetBufferLists)(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber,
                                          ULONG NumberOfNetBufferLists, ULONG ReceiveFlags) {
    WdkFIndicateReceiveNetBufferLists(NdisFilterHandle, NetBufferLists, PortNumber, NumberOfNetBufferLists, ReceiveFlags, NULL);
}

VOID (NdisFReturnNetBufferLists)(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags) {
    WdkFReturnNetBufferLists(NdisFilterHandle, NetBufferLists, ReturnFlags, NULL);
}
