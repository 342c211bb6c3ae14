/* SPDX-License-Identifier: Apache-2.0 */
/* fault_filter.c: a filter that does wrong by one send. What is received passes it by. [D] 3.2 */
#include "fault_filter.h"

#include "ndis/ndis_host.h"

enum { NDIS_MAJOR = 6, NDIS_MINOR = 80, TAG = 0x746C7566 /* 'fult' */ };

struct module {
    NDIS_HANDLE handle;
    struct fault_filter *filter;
};

static BOOLEAN carries(PNET_BUFFER_LIST nbl, UINT64 packet) {
    UINT64 id = (UINT64)ndis_nbl_packet(nbl);
    for (PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(nbl); nb; nb = NET_BUFFER_NEXT_NB(nb), id++)
        if (id == packet) return TRUE;
    return FALSE;
}

/* Where the list points at the NBL that meets the fault; NULL when it is not there. */
static PNET_BUFFER_LIST *find(struct fault_filter *filter, PNET_BUFFER_LIST *link) {
    while (!filter->done && *link && !carries(*link, filter->packet)) link = &NET_BUFFER_LIST_NEXT_NBL(*link);
    return filter->done || !*link ? NULL : link;
}

/* In the NBL's place in the list. */
static VOID replace_by_clone(struct module *module, PNET_BUFFER_LIST *link) {
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(*link, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    if (!clone) return;
    clone->SourceHandle = module->handle;
    NET_BUFFER_LIST_NEXT_NBL(clone) = NET_BUFFER_LIST_NEXT_NBL(*link);
    ndis_nbl_set_packet(clone, ndis_nbl_packet(*link));
    *link = clone;
}

static VOID send(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG flags) {
    struct module *module = context;
    PNET_BUFFER_LIST *link = find(module->filter, &nbls), victim = link ? *link : NULL;
    if (victim) {
        module->filter->done = TRUE;
        if (module->filter->kind == FAULT_FILTER_HOLDS) *link = NET_BUFFER_LIST_NEXT_NBL(victim);
        if (module->filter->kind == FAULT_FILTER_CLONES) replace_by_clone(module, link);
    }
    if (nbls) NdisFSendNetBufferLists(module->handle, nbls, port, flags);
    if (victim && module->filter->kind == FAULT_FILTER_COMPLETES)
        NdisFSendNetBufferListsComplete(module->handle, victim,
                                        NDIS_TEST_SEND_AT_DISPATCH_LEVEL(flags) ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
}

/* The clone is forgotten here. */
static VOID send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct module *module = context;
    for (PNET_BUFFER_LIST *link = &nbls; *link;) {
        if ((*link)->SourceHandle == module->handle) *link = NET_BUFFER_LIST_NEXT_NBL(*link);
        else link = &NET_BUFFER_LIST_NEXT_NBL(*link);
    }
    if (nbls) NdisFSendNetBufferListsComplete(module->handle, nbls, flags);
}

static VOID cancel_send(NDIS_HANDLE context, PVOID id) {
    struct module *module = context;
    NdisFCancelSendNetBufferLists(module->handle, id);
}

static NDIS_STATUS attach(NDIS_HANDLE handle, NDIS_HANDLE driver_context, PNDIS_FILTER_ATTACH_PARAMETERS parameters) {
    NDIS_FILTER_ATTRIBUTES attributes = {
        .Header = {NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1, NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1}};
    UNREFERENCED_PARAMETER(parameters);
    struct module *module = NdisAllocateMemoryWithTagPriority(handle, sizeof(*module), TAG, NormalPoolPriority);
    if (!module) return NDIS_STATUS_RESOURCES;
    *module = (struct module){handle, driver_context};
    const NDIS_STATUS status = NdisFSetAttributes(handle, module, &attributes);
    if (status != NDIS_STATUS_SUCCESS) NdisFreeMemory(module, 0, 0);
    return status;
}

static VOID detach(NDIS_HANDLE context) { NdisFreeMemory(context, 0, 0); }

static NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS parameters) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(parameters);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS pause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS parameters) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(parameters);
    return NDIS_STATUS_SUCCESS;
}

static VOID unload(PDRIVER_OBJECT driver) {
    struct fault_filter *filter = ndis_driver_argument(driver);
    NdisFDeregisterFilterDriver(filter->driver);
}

NTSTATUS fault_filter_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    struct fault_filter *filter = ndis_driver_argument(driver);
    static WCHAR name[] = u"Fault";
    NDIS_FILTER_DRIVER_CHARACTERISTICS characteristics = {
        .Header = {NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS, NDIS_FILTER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = NDIS_MAJOR,
        .MinorNdisVersion = NDIS_MINOR,
        .AttachHandler = attach,
        .DetachHandler = detach,
        .RestartHandler = restart,
        .PauseHandler = pause,
        .SendNetBufferListsHandler = send,
        .SendNetBufferListsCompleteHandler = send_complete,
        .CancelSendNetBufferListsHandler = cancel_send,
    };
    UNREFERENCED_PARAMETER(registry_path);
    RtlInitUnicodeString(&characteristics.FriendlyName, name);
    RtlInitUnicodeString(&characteristics.UniqueName, name);
    RtlInitUnicodeString(&characteristics.ServiceName, name);
    driver->DriverUnload = unload;
    return NdisFRegisterFilterDriver(driver, filter, &characteristics, &filter->driver);
}
