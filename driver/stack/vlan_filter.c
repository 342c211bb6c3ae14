/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vlan_filter.c: a modifying filter. [D] 2.2, 2.10, 3.2
 *
 *   send      retreat, tag -> below          completion  tag off, advance -> above
 *   receive   tag off, advance -> above      return      retreat, tag -> below
 *
 * It asks the stack for 4 bytes of backfill when it restarts, so that a protocol which leaves what it is told costs it no memory. Every
 * NBL that comes back to it is one that it changed, so it need not note which. The priority bits of a received tag are not kept.
 */
#include "vlan_filter.h"

#include "ndis/ndis_host.h"
#include "vlan_tag.h"

enum { NDIS_MAJOR = 6, NDIS_MINOR = 80, TAG = 0x6E616C76 /* 'vlan' */ };

struct module {
    NDIS_HANDLE handle;
    unsigned id;
};

/* A list in the order in which it was filled. */
struct list {
    PNET_BUFFER_LIST first, *tail;
    ULONG count;
};

static VOID append(struct list *list, PNET_BUFFER_LIST nbl) {
    if (!list->first) list->tail = &list->first;
    *list->tail = nbl;
    list->tail = &NET_BUFFER_LIST_NEXT_NBL(nbl);
    NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
    list->count++;
}

/* ---- Send */
static VOID strip(PNET_BUFFER_LIST nbl, PNET_BUFFER end) {
    for (PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(nbl); nb != end; nb = NET_BUFFER_NEXT_NB(nb)) vlan_tag_remove(nb, TRUE);
}

static NDIS_STATUS tag(PNET_BUFFER_LIST nbl, unsigned id) {
    for (PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(nbl); nb; nb = NET_BUFFER_NEXT_NB(nb)) {
        NDIS_STATUS status = vlan_tag_insert(nb, id);
        if (status == NDIS_STATUS_SUCCESS) continue;
        strip(nbl, nb);
        return status;
    }
    vlan_tag_move_offsets(nbl, TRUE);
    return NDIS_STATUS_SUCCESS;
}

static VOID send(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG flags) {
    struct module *module = context;
    struct list good = {0}, bad = {0};
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        NDIS_STATUS status = tag(nbl, module->id);
        if (status != NDIS_STATUS_SUCCESS) NET_BUFFER_LIST_STATUS(nbl) = status;
        append(status == NDIS_STATUS_SUCCESS ? &good : &bad, nbl);
    }
    if (good.first) NdisFSendNetBufferLists(module->handle, good.first, port, flags);
    if (bad.first)
        NdisFSendNetBufferListsComplete(module->handle, bad.first,
                                        NDIS_TEST_SEND_AT_DISPATCH_LEVEL(flags) ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
}

static VOID send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct module *module = context;
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
        strip(nbl, NULL);
        vlan_tag_move_offsets(nbl, FALSE);
    }
    NdisFSendNetBufferListsComplete(module->handle, nbls, flags);
}

/* Nothing is queued here; the miniport may have. */
static VOID cancel_send(NDIS_HANDLE context, PVOID id) {
    struct module *module = context;
    NdisFCancelSendNetBufferLists(module->handle, id);
}

/* ---- Receive */
static VOID restore(PNET_BUFFER_LIST nbls, unsigned id) {
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) vlan_tag_restore(NET_BUFFER_LIST_FIRST_NB(nbl), id);
}

/* Lent NBLs: shown one by one, so that the chain need not be taken apart, and as they were when this returns. */
static VOID show(struct module *module, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG flags) {
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        if (!vlan_tag_is(NET_BUFFER_LIST_FIRST_NB(nbl), module->id)) continue;
        vlan_tag_remove(NET_BUFFER_LIST_FIRST_NB(nbl), FALSE);
        NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
        NdisFIndicateReceiveNetBufferLists(module->handle, nbl, port, 1, flags);
        NET_BUFFER_LIST_NEXT_NBL(nbl) = next;
        vlan_tag_restore(NET_BUFFER_LIST_FIRST_NB(nbl), module->id);
    }
}

static VOID receive(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG count, ULONG flags) {
    struct module *module = context;
    struct list ours = {0}, others = {0};
    UNREFERENCED_PARAMETER(count);
    if (NDIS_TEST_RECEIVE_CANNOT_PEND(flags)) {
        show(module, nbls, port, flags);
        return;
    }
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        const BOOLEAN is_ours = vlan_tag_is(NET_BUFFER_LIST_FIRST_NB(nbl), module->id);
        if (is_ours) vlan_tag_remove(NET_BUFFER_LIST_FIRST_NB(nbl), FALSE);
        append(is_ours ? &ours : &others, nbl);
    }
    if (ours.first) NdisFIndicateReceiveNetBufferLists(module->handle, ours.first, port, ours.count, flags);
    if (others.first)
        NdisFReturnNetBufferLists(module->handle, others.first,
                                  NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(flags) ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}

static VOID return_nbls(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct module *module = context;
    restore(nbls, module->id);
    NdisFReturnNetBufferLists(module->handle, nbls, flags);
}

static VOID status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication) {
    struct module *module = context;
    NdisFIndicateStatus(module->handle, indication);
}

/* ---- Life of a module */
static NDIS_STATUS attach(NDIS_HANDLE handle, NDIS_HANDLE driver_context, PNDIS_FILTER_ATTACH_PARAMETERS parameters) {
    const struct vlan_filter *filter = driver_context;
    NDIS_FILTER_ATTRIBUTES attributes = {
        .Header = {NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1, NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1}};
    if (parameters->MiniportMediaType != NdisMedium802_3) return NDIS_STATUS_UNSUPPORTED_MEDIA;
    struct module *module = NdisAllocateMemoryWithTagPriority(handle, sizeof(*module), TAG, NormalPoolPriority);
    if (!module) return NDIS_STATUS_RESOURCES;
    module->handle = handle;
    module->id = filter->id;
    NDIS_STATUS result = NdisFSetAttributes(handle, module, &attributes);
    if (result != NDIS_STATUS_SUCCESS) NdisFreeMemory(module, 0, 0);
    return result;
}

static VOID detach(NDIS_HANDLE context) { NdisFreeMemory(context, 0, 0); }

/* The tag goes into the room that originators leave, and out of the largest frame. */
static NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS parameters) {
    UNREFERENCED_PARAMETER(context);
    for (PNDIS_RESTART_ATTRIBUTES entry = parameters->RestartAttributes; entry; entry = entry->Next) {
        if (entry->Oid != OID_GEN_MINIPORT_RESTART_ATTRIBUTES) continue;
        PNDIS_RESTART_GENERAL_ATTRIBUTES general = (PNDIS_RESTART_GENERAL_ATTRIBUTES)(PVOID)entry->Data;
        general->DataBackFillSize += VLAN_TAG_BYTES;
        general->MtuSize -= VLAN_TAG_BYTES;
    }
    return NDIS_STATUS_SUCCESS;
}

/* It keeps nothing: NDIS waits for what is below and above. */
static NDIS_STATUS pause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS parameters) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(parameters);
    return NDIS_STATUS_SUCCESS;
}

static VOID unload(PDRIVER_OBJECT driver) {
    struct vlan_filter *filter = ndis_driver_argument(driver);
    NdisFDeregisterFilterDriver(filter->driver);
}

NTSTATUS vlan_filter_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    struct vlan_filter *filter = ndis_driver_argument(driver);
    static WCHAR name[] = u"Vlan";
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
        .ReceiveNetBufferListsHandler = receive,
        .ReturnNetBufferListsHandler = return_nbls,
        .StatusHandler = status,
    };
    UNREFERENCED_PARAMETER(registry_path);
    RtlInitUnicodeString(&characteristics.FriendlyName, name);
    RtlInitUnicodeString(&characteristics.UniqueName, name);
    RtlInitUnicodeString(&characteristics.ServiceName, name);
    driver->DriverUnload = unload;
    return NdisFRegisterFilterDriver(driver, filter, &characteristics, &filter->driver);
}
