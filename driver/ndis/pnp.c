/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pnp.c: events of the operating system to the drivers of a stack. [D] 3.7
 *
 *   net PnP events     up: each filter, bottom to top, which forwards; then every binding. Pause, restart, binds complete: bindings alone
 *   device PnP events  down: each filter, top to bottom, which forwards; then the miniport
 */
#include "ndis_internal.h"

static NET_PNP_EVENT_NOTIFICATION notification_of(NET_PNP_EVENT_CODE code, void *buffer, ULONG length) {
    return (NET_PNP_EVENT_NOTIFICATION){
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_PNP_EVENT_NOTIFICATION_REVISION_1, sizeof(NET_PNP_EVENT_NOTIFICATION)},
        .NetPnPEvent = {.NetEvent = code, .Buffer = buffer, .BufferLength = length}};
}

static NDIS_STATUS tell_binding(struct ndis_binding *binding, PNET_PNP_EVENT_NOTIFICATION notification, const char *what) {
    struct ndis *ndis = binding->object.ndis;
    ndis_pending_begin(&binding->pnp);
    ndis_function_enter(ndis, "ProtocolNetPnPEvent");
    NDIS_STATUS status = binding->protocol->chars.NetPnPEventHandler(binding->context, notification);
    if (!ndis_pending_wait(ndis, &binding->pnp, &status, what, binding->object.name)) status = NDIS_STATUS_FAILURE;
    ndis_function_exit(ndis, "ProtocolNetPnPEvent");
    return status;
}

NDIS_STATUS ndis_net_pnp(struct ndis_binding *binding, NET_PNP_EVENT_CODE code, void *buffer, ULONG length, const char *what) {
    NET_PNP_EVENT_NOTIFICATION notification = notification_of(code, buffer, length);
    return tell_binding(binding, &notification, what);
}

void ndis_protocol_event(struct ndis_protocol *protocol, NET_PNP_EVENT_CODE code, void *buffer, ULONG length) {
    NET_PNP_EVENT_NOTIFICATION notification = notification_of(code, buffer, length);
    ndis_function_enter(protocol->object.ndis, "ProtocolNetPnPEvent");
    (void)protocol->chars.NetPnPEventHandler(NULL, &notification);  /* those who do not know it refuse it: no matter */
    ndis_function_exit(protocol->object.ndis, "ProtocolNetPnPEvent");
}

/* ---- Net PnP events */
static NDIS_STATUS net_event_up(struct ndis_adapter *adapter, struct ndis_filter *filter, PNET_PNP_EVENT_NOTIFICATION notification) {
    while (filter && !filter->filter_driver->chars.NetPnPEventHandler) filter = filter->above;
    if (filter) {
        ndis_function_enter(adapter->object.ndis, "FilterNetPnPEvent");
        NDIS_STATUS status = filter->filter_driver->chars.NetPnPEventHandler(filter->context, notification);
        ndis_function_exit(adapter->object.ndis, "FilterNetPnPEvent");
        return status;
    }
    NDIS_STATUS result = NDIS_STATUS_SUCCESS;
    for (struct ndis_binding *binding = adapter->bindings; binding; binding = binding->next) {
        if (!binding->open) continue;
        NDIS_STATUS status = tell_binding(binding, notification, "a net PnP event");
        if (status != NDIS_STATUS_SUCCESS) result = status;
    }
    return result;
}

NDIS_STATUS NdisFNetPnPEvent(NDIS_HANDLE NdisFilterHandle, PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification) {
    struct ndis_filter *filter = ndis_object_of(NdisFilterHandle, NDIS_OBJECT_FILTER, __func__);
    if (!filter) return NDIS_STATUS_INVALID_PARAMETER;
    return net_event_up(filter->layer.adapter, filter->above, NetPnPEventNotification);
}

NDIS_STATUS ndis_net_event(struct ndis *ndis, const char *adapter_name, NET_PNP_EVENT_CODE code, void *buffer, ULONG length) {
    struct ndis_adapter *adapter = ndis_find_adapter(ndis, adapter_name);
    if (!adapter) return NDIS_STATUS_ADAPTER_NOT_FOUND;
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    NET_PNP_EVENT_NOTIFICATION notification = notification_of(code, buffer, length);
    NDIS_STATUS status = net_event_up(adapter, adapter->bottom, &notification);
    kernel_leave(&scope);
    return status;
}

/* ---- Device PnP events */
static void device_event_down(struct ndis_adapter *adapter, struct ndis_filter *filter, PNET_DEVICE_PNP_EVENT event) {
    struct ndis *ndis = adapter->object.ndis;
    while (filter && !filter->filter_driver->chars.DevicePnPEventNotifyHandler) filter = filter->below;
    if (filter) {
        ndis_function_enter(ndis, "FilterDevicePnPEventNotify");
        filter->filter_driver->chars.DevicePnPEventNotifyHandler(filter->context, event);
        ndis_function_exit(ndis, "FilterDevicePnPEventNotify");
    } else if (adapter->driver->miniport.DevicePnPEventNotifyHandler) {
        ndis_function_enter(ndis, "MiniportDevicePnPEventNotify");
        adapter->driver->miniport.DevicePnPEventNotifyHandler(adapter->context, event);
        ndis_function_exit(ndis, "MiniportDevicePnPEventNotify");
    }
}

VOID NdisFDevicePnPEventNotify(NDIS_HANDLE NdisFilterHandle, PNET_DEVICE_PNP_EVENT NetDevicePnPEvent) {
    struct ndis_filter *filter = ndis_object_of(NdisFilterHandle, NDIS_OBJECT_FILTER, __func__);
    if (filter) device_event_down(filter->layer.adapter, filter->below, NetDevicePnPEvent);
}

NDIS_STATUS ndis_device_event(struct ndis *ndis, const char *adapter_name, NDIS_DEVICE_PNP_EVENT code) {
    struct ndis_adapter *adapter = ndis_find_adapter(ndis, adapter_name);
    if (!adapter || adapter->layer.state == NDIS_STATE_HALTED) return NDIS_STATUS_ADAPTER_NOT_FOUND;
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    NET_DEVICE_PNP_EVENT event = {.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(event)}, .DevicePnPEvent = code};
    device_event_down(adapter, adapter->top, &event);
    kernel_leave(&scope);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS ndis_surprise_remove(struct ndis *ndis, const char *adapter_name) {
    struct ndis_adapter *adapter = ndis_find_adapter(ndis, adapter_name);
    if (!adapter || adapter->layer.state == NDIS_STATE_HALTED) return NDIS_STATUS_ADAPTER_NOT_FOUND;
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    adapter->removed = true;
    NDIS_STATUS status = ndis_device_event(ndis, adapter_name, NdisDevicePnPEventSurpriseRemoved);
    ndis_take_down_adapter(adapter, NdisHaltDeviceSurpriseRemoved);
    kernel_leave(&scope);
    return status;
}
