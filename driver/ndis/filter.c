/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c: filter modules over an adapter: made by the host, attached and detached. [D] 1.9, 3.3, 3.6 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "ndis_internal.h"

/* A module for an adapter that an intermediate driver will make. */
struct ndis_planned_filter {
    struct ndis_planned_filter *next;
    struct ndis_filter_driver *driver;
    const char *adapter, *name;
};

static void name_module(struct ndis_filter *filter) {
    char text[sizeof(filter->name) / sizeof(WCHAR)];
    snprintf(text, sizeof(text), "{%s}-%s", filter->layer.adapter->object.name, filter->object.name);
    for (size_t i = 0; i < sizeof(text) && text[i] != '\0'; i++) filter->name[i] = (WCHAR)(unsigned char)text[i];
    RtlInitUnicodeString(&filter->name_string, filter->name);
}

static void link_on_top(struct ndis_adapter *adapter, struct ndis_filter *filter) {
    filter->below = adapter->top;
    if (adapter->top) adapter->top->above = filter;
    else adapter->bottom = filter;
    adapter->top = filter;
}

static void unlink_module(struct ndis_filter *filter) {
    struct ndis_adapter *adapter = filter->layer.adapter;
    if (filter->above) filter->above->below = filter->below;
    else adapter->top = filter->below;
    if (filter->below) filter->below->above = filter->above;
    else adapter->bottom = filter->above;
    filter->above = filter->below = NULL;
}

/* ---- Attach */
/* In the revision that the driver's NDIS version knows. */
static void fill_attach_parameters(struct ndis_filter *filter, PNDIS_FILTER_ATTACH_PARAMETERS attach) {
    static const USHORT sizes[] = {NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_1, NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_2,
                                   NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_3, NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_4};
    struct ndis_adapter *adapter = filter->layer.adapter;
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general = &adapter->general;
    const UCHAR revision = ndis_revision_of(filter->filter_driver->chars.MinorNdisVersion);
    *attach = (NDIS_FILTER_ATTACH_PARAMETERS){
        .Header = {NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS, revision, sizes[revision - 1]},
        .IfIndex = adapter->if_index,
        .NetLuid = {adapter->if_index},
        .FilterModuleGuidName = &filter->name_string,
        .BaseMiniportIfIndex = adapter->if_index,
        .BaseMiniportInstanceName = &adapter->device_string,
        .BaseMiniportName = &adapter->device_string,
        .MediaConnectState = adapter->link.MediaConnectState,
        .MediaDuplexState = adapter->link.MediaDuplexState,
        .XmitLinkSpeed = adapter->link.XmitLinkSpeed,
        .RcvLinkSpeed = adapter->link.RcvLinkSpeed,
        .MiniportMediaType = general->MediaType,
        .MiniportPhysicalMediaType = general->PhysicalMediumType,
        .MacAddressLength = general->MacAddressLength,
        .BaseMiniportNetLuid = {adapter->if_index},
        .LowerIfIndex = adapter->if_index,
        .LowerIfNetLuid = {adapter->if_index},
        .BaseMiniportIfConnectorPresent = general->IfConnectorPresent,
        .DefaultOffloadConfiguration = adapter->have_offload ? &adapter->offload_config : NULL,
    };
    memcpy(attach->CurrentMacAddress, general->CurrentMacAddress, sizeof(attach->CurrentMacAddress));
}

static void take_handlers(struct ndis_filter *filter) {
    const NDIS_FILTER_DRIVER_CHARACTERISTICS *chars = &filter->filter_driver->chars;
    filter->send = chars->SendNetBufferListsHandler;
    filter->send_complete = chars->SendNetBufferListsCompleteHandler;
    filter->cancel_send = chars->CancelSendNetBufferListsHandler;
    filter->receive = chars->ReceiveNetBufferListsHandler;
    filter->return_nbls = chars->ReturnNetBufferListsHandler;
}

static NDIS_STATUS attach(struct ndis_filter *filter) {
    struct ndis *ndis = filter->object.ndis;
    NDIS_FILTER_ATTACH_PARAMETERS parameters;
    fill_attach_parameters(filter, &parameters);
    take_handlers(filter);
    filter->attaching = true;
    ndis_function_enter(ndis, "FilterAttach");
    NDIS_STATUS status = filter->filter_driver->chars.AttachHandler(filter, filter->filter_driver->context, &parameters);
    ndis_function_exit(ndis, "FilterAttach");
    filter->attaching = false;
    filter->attached = status == NDIS_STATUS_SUCCESS;
    filter->layer.state = filter->attached ? NDIS_STATE_PAUSED : NDIS_STATE_HALTED;
    return status;
}

static void detach(struct ndis_filter *filter) {
    struct ndis *ndis = filter->object.ndis;
    if (!filter->attached) return;
    ndis_oid_abort_queue(&filter->layer);
    ndis_function_enter(ndis, "FilterDetach");
    filter->filter_driver->chars.DetachHandler(filter->context);
    ndis_function_exit(ndis, "FilterDetach");
    filter->attached = false;
    filter->layer.state = NDIS_STATE_HALTED;
    (void)nbl_report_lost(ndis, &filter->object, NULL, "the detach of the filter");
    (void)nbl_report_lost(ndis, NULL, &filter->object, "the detach of the filter");
}

/* A module that refuses an adapter is left out of its stack. */
NDIS_STATUS ndis_attach_filters(struct ndis_adapter *adapter) {
    for (struct ndis_filter *filter = adapter->bottom, *above; filter; filter = above) {
        above = filter->above;
        if (filter->attached || attach(filter) == NDIS_STATUS_SUCCESS) continue;
        unlink_module(filter);
        filter->below = adapter->object.ndis->dead_filters;
        adapter->object.ndis->dead_filters = filter;
    }
    return NDIS_STATUS_SUCCESS;
}

void ndis_detach_filters(struct ndis_adapter *adapter) {
    for (struct ndis_filter *filter = adapter->top; filter; filter = filter->below) detach(filter);
}

void ndis_detach_filter_module(struct ndis_filter *filter) {
    struct ndis_adapter *adapter = filter->layer.adapter;
    ndis_pnp_begin(adapter);
    const bool running = adapter->layer.state == NDIS_STATE_RUNNING;
    if (running) ndis_pause_adapter(adapter, NDIS_PAUSE_DETACH_FILTER);
    detach(filter);
    unlink_module(filter);
    filter->below = adapter->object.ndis->dead_filters;
    adapter->object.ndis->dead_filters = filter;
    if (running) (void)ndis_restart_adapter(adapter);
    ndis_pnp_end(adapter);
}

void ndis_free_filters(struct ndis *ndis) {
    for (struct ndis_adapter *adapter = ndis->adapters; adapter; adapter = adapter->next)
        while (adapter->top) {
            struct ndis_filter *filter = adapter->top;
            unlink_module(filter);
            free(filter);
        }
    while (ndis->dead_filters) {
        struct ndis_filter *filter = ndis->dead_filters;
        ndis->dead_filters = filter->below;
        free(filter);
    }
    while (ndis->planned_filters) {
        struct ndis_planned_filter *planned = ndis->planned_filters;
        ndis->planned_filters = planned->next;
        free(planned);
    }
    while (ndis->filter_drivers) {
        struct ndis_filter_driver *driver = ndis->filter_drivers;
        ndis->filter_drivers = driver->next;
        free(driver);
    }
}

/* ---- The host */
static struct ndis_filter_driver *find_driver(struct ndis *ndis, const char *name) {
    struct ndis_filter_driver *driver = ndis->filter_drivers;
    while (driver && (driver->deregistered || strcmp(driver->object.name, name) != 0)) driver = driver->next;
    return driver;
}

/* On a running adapter: pause, attach, restart. [D] 3.6 */
static NDIS_STATUS attach_now(struct ndis_adapter *adapter, struct ndis_filter *filter) {
    struct kernel_scope scope;
    kernel_enter(adapter->object.ndis->kernel, &scope);
    ndis_pnp_begin(adapter);
    const bool running = adapter->layer.state == NDIS_STATE_RUNNING;
    if (running) ndis_pause_adapter(adapter, NDIS_PAUSE_ATTACH_FILTER);
    link_on_top(adapter, filter);
    NDIS_STATUS status = attach(filter);
    if (status != NDIS_STATUS_SUCCESS) {
        unlink_module(filter);
        free(filter);
    }
    if (running) (void)ndis_restart_adapter(adapter);
    ndis_pnp_end(adapter);
    kernel_leave(&scope);
    return status;
}

static NDIS_STATUS make_module(struct ndis_adapter *adapter, struct ndis_filter_driver *driver, const char *name) {
    struct ndis *ndis = adapter->object.ndis;
    struct ndis_filter *filter = calloc(1, sizeof(*filter));
    if (!filter) return NDIS_STATUS_RESOURCES;
    ndis_layer_init(&filter->layer, NDIS_OBJECT_FILTER, ndis_intern(ndis, name), driver->driver, adapter);
    filter->filter_driver = driver;
    name_module(filter);
    if (adapter->layer.state != NDIS_STATE_HALTED) return attach_now(adapter, filter);
    link_on_top(adapter, filter);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS ndis_add_filter(struct ndis *ndis, const char *driver_name, const char *adapter_name, const char *name) {
    struct ndis_filter_driver *driver = find_driver(ndis, driver_name);
    struct ndis_adapter *adapter = ndis_find_adapter(ndis, adapter_name);
    if (!driver) return NDIS_STATUS_ADAPTER_NOT_FOUND;
    if (adapter) return make_module(adapter, driver, name);
    struct ndis_planned_filter *planned = malloc(sizeof(*planned));
    if (!planned) return NDIS_STATUS_RESOURCES;
    *planned = (struct ndis_planned_filter){.driver = driver, .adapter = ndis_intern(ndis, adapter_name), .name = ndis_intern(ndis, name)};
    struct ndis_planned_filter **link = &ndis->planned_filters;
    while (*link) link = &(*link)->next;
    *link = planned;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS ndis_make_planned_filters(struct ndis_adapter *adapter) {
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    for (struct ndis_planned_filter **link = &adapter->object.ndis->planned_filters; *link && status == NDIS_STATUS_SUCCESS;) {
        struct ndis_planned_filter *planned = *link;
        if (planned->adapter != adapter->object.name) {  /* both are interned */
            link = &planned->next;
            continue;
        }
        *link = planned->next;
        status = make_module(adapter, planned->driver, planned->name);
        free(planned);
    }
    return status;
}

NDIS_STATUS ndis_remove_filter(struct ndis *ndis, const char *adapter_name, const char *name) {
    struct ndis_adapter *adapter = ndis_find_adapter(ndis, adapter_name);
    struct ndis_filter *filter = adapter ? adapter->top : NULL;
    while (filter && strcmp(filter->object.name, name) != 0) filter = filter->below;
    if (!filter) return NDIS_STATUS_ADAPTER_NOT_FOUND;
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    ndis_detach_filter_module(filter);
    kernel_leave(&scope);
    return NDIS_STATUS_SUCCESS;
}
