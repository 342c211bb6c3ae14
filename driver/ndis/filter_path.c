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

VOID NdisFSendNetBufferLists(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferList, NDIS_PORT_NUMBER PortNumber, ULONG SendFlags) {
    struct ndis_filter *filter = filter_of(NdisFilterHandle, __func__);
    if (!filter) return;
    if (!filter->send_complete) require(filter, !any_own(filter, NetBufferList), __func__, "FilterSendNetBufferListsComplete");
    path_send(&filter->layer, NetBufferList, PortNumber, SendFlags, __func__);
}

VOID NdisFSendNetBufferListsComplete(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferList, ULONG SendCompleteFlags) {
    struct ndis_filter *filter = filter_of(NdisFilterHandle, __func__);
    if (filter) path_complete(&filter->layer, NetBufferList, SendCompleteFlags, __func__);
}

VOID NdisFIndicateReceiveNetBufferLists(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber,
                                        ULONG NumberOfNetBufferLists, ULONG ReceiveFlags) {
    struct ndis_filter *filter = filter_of(NdisFilterHandle, __func__);
    if (!filter) return;
    if (!filter->return_nbls && NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags))
        require(filter, !any_own(filter, NetBufferLists), __func__, "FilterReturnNetBufferLists");
    path_indicate(&filter->layer, NetBufferLists, PortNumber, NumberOfNetBufferLists, ReceiveFlags, __func__);
}

VOID NdisFReturnNetBufferLists(NDIS_HANDLE NdisFilterHandle, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags) {
    struct ndis_filter *filter = filter_of(NdisFilterHandle, __func__);
    if (filter) path_return(&filter->layer, NetBufferLists, ReturnFlags, __func__);
}
