/* SPDX-License-Identifier: Apache-2.0 */
/* status.c: status indications, up through the filters to every open binding. [D] 3.7 */
#include "ndis_internal.h"

static void up(struct ndis_adapter *adapter, struct ndis_filter *filter, const NDIS_STATUS_INDICATION *indication) {
    NDIS_STATUS_INDICATION copy = *indication;
    copy.Header = (NDIS_OBJECT_HEADER){NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, sizeof(copy)};
    while (filter && !(filter->attached && filter->filter_driver->chars.StatusHandler)) filter = filter->above;
    if (filter) {
        ndis_function_enter(adapter->object.ndis, "FilterStatus");
        filter->filter_driver->chars.StatusHandler(filter->context, &copy);
        ndis_function_exit(adapter->object.ndis, "FilterStatus");
        return;
    }
    for (struct ndis_binding *binding = adapter->bindings; binding; binding = binding->next) {
        if (!binding->open || !binding->protocol->chars.StatusHandlerEx) continue;
        NDIS_STATUS_INDICATION own = copy;
        kernel_call_begin();
        binding->protocol->chars.StatusHandlerEx(binding->context, &own);
        kernel_call_end("ProtocolStatusEx");
    }
}

static bool is_sound(const struct ndis_object *from, const NDIS_STATUS_INDICATION *indication) {
    if (indication->Header.Size >= NDIS_SIZEOF_STATUS_INDICATION_REVISION_1) return true;
    kernel_violation(from->ndis->kernel, "ndis.status", "[D] 6 (0x7C/0x20)", -1, "%s indicated a status of %u bytes", from->name,
                     indication->Header.Size);
    return false;
}

/* What NDIS answers of the link afterwards, and the virtual adapters' drivers hear through their bindings. */
static void note_link(struct ndis_adapter *adapter, const NDIS_STATUS_INDICATION *indication) {
    if (indication->StatusCode != NDIS_STATUS_LINK_STATE || indication->StatusBufferSize < sizeof(adapter->link)) return;
    memcpy(&adapter->link, indication->StatusBuffer, sizeof(adapter->link));
}

VOID NdisMIndicateStatusEx(NDIS_HANDLE MiniportAdapterHandle, PNDIS_STATUS_INDICATION StatusIndication) {
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (!adapter || !is_sound(&adapter->object, StatusIndication)) return;
    note_link(adapter, StatusIndication);
    ndis_note_offload(adapter, StatusIndication);
    up(adapter, adapter->bottom, StatusIndication);
}

VOID NdisFIndicateStatus(NDIS_HANDLE NdisFilterHandle, PNDIS_STATUS_INDICATION StatusIndication) {
    struct ndis_filter *filter = ndis_object_of(NdisFilterHandle, NDIS_OBJECT_FILTER, __func__);
    if (filter && is_sound(&filter->object, StatusIndication)) up(filter->layer.adapter, filter->above, StatusIndication);
}
