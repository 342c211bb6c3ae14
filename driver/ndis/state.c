/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.c: pause and restart of the stack of an adapter, in the documented order. [D] 3.1, 3.3, 3.4, 3.6
 *
 *   restart  FilterSetFilterModuleOptions of all modules -> MiniportRestart -> FilterRestart, bottom to top -> NetEventRestart
 *   pause    NetEventPause -> FilterPause, top to bottom -> MiniportPause
 *
 * NDIS itself counts the NBLs of each layer and waits for them before it pauses the one below, because drivers do not always. Every
 * wait is bounded: what is still out after it is reported, one NBL at a time, and the way down goes on.
 */
#include "ndis_internal.h"
#include "restart.h"

/* ---- Restart */
static NDIS_STATUS restart_miniport(struct ndis_adapter *adapter, PNDIS_RESTART_ATTRIBUTES attributes) {
    struct ndis *ndis = adapter->object.ndis;
    NDIS_MINIPORT_RESTART_PARAMETERS parameters = {.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(parameters)},
                                                   .RestartAttributes = attributes};
    adapter->layer.state = NDIS_STATE_RESTARTING;
    ndis_pending_begin(&adapter->restart);
    ndis_function_enter(ndis, "MiniportRestart");
    NDIS_STATUS status = adapter->driver->miniport.RestartHandler(adapter->context, &parameters);
    if (!ndis_pending_wait(ndis, &adapter->restart, &status, "MiniportRestart", adapter->object.name)) status = NDIS_STATUS_FAILURE;
    ndis_function_exit(ndis, "MiniportRestart");
    adapter->layer.state = status == NDIS_STATUS_SUCCESS ? NDIS_STATE_RUNNING : NDIS_STATE_PAUSED;
    if (status == NDIS_STATUS_SUCCESS) ndis_start_polls(adapter);
    return status;
}

static NDIS_STATUS restart_filter(struct ndis_filter *filter, PNDIS_RESTART_ATTRIBUTES attributes) {
    struct ndis *ndis = filter->object.ndis;
    const struct ndis_adapter *adapter = filter->layer.adapter;
    NDIS_FILTER_RESTART_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_FILTER_RESTART_PARAMETERS, 1, sizeof(parameters)},
        .MiniportMediaType = adapter->general.MediaType, .MiniportPhysicalMediaType = adapter->general.PhysicalMediumType,
        .RestartAttributes = attributes, .LowerIfIndex = adapter->if_index, .LowerIfNetLuid = {adapter->if_index}};
    filter->layer.state = NDIS_STATE_RESTARTING;
    ndis_pending_begin(&filter->restart);
    ndis_function_enter(ndis, "FilterRestart");
    NDIS_STATUS status = filter->filter_driver->chars.RestartHandler(filter->context, &parameters);
    if (!ndis_pending_wait(ndis, &filter->restart, &status, "FilterRestart", filter->object.name)) status = NDIS_STATUS_FAILURE;
    ndis_function_exit(ndis, "FilterRestart");
    filter->layer.state = status == NDIS_STATUS_SUCCESS ? NDIS_STATE_RUNNING : NDIS_STATE_PAUSED;
    return status;
}

static NDIS_STATUS choose_handlers(struct ndis_adapter *adapter) {
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    for (struct ndis_filter *filter = adapter->bottom; filter && status == NDIS_STATUS_SUCCESS; filter = filter->above) {
        if (!filter->filter_driver->chars.SetFilterModuleOptionsHandler) continue;
        filter->choosing = true;
        status = filter->filter_driver->chars.SetFilterModuleOptionsHandler(filter->context);
        filter->choosing = false;
    }
    return status;
}

static void restart_binding(struct ndis_binding *binding, PNDIS_RESTART_ATTRIBUTES attributes) {
    struct ndis_adapter *adapter = binding->adapter;
    WCHAR names[NDIS_RESTART_NAMES];
    NDIS_PROTOCOL_RESTART_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_RESTART_PARAMETERS, NDIS_PROTOCOL_RESTART_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_PROTOCOL_RESTART_PARAMETERS_REVISION_1},
        .FilterModuleNameBuffer = names, .FilterModuleNameBufferLength = ndis_restart_names(adapter, names),
        .RestartAttributes = attributes, .BoundIfIndex = adapter->if_index, .BoundIfNetluid = {adapter->if_index}};
    binding->layer.state = NDIS_STATE_RUNNING;  /* the protocol may send from inside the call on */
    if (ndis_net_pnp(binding, NetEventRestart, &parameters, sizeof(parameters), "NetEventRestart") != NDIS_STATUS_SUCCESS)
        binding->layer.state = NDIS_STATE_PAUSED;
}

NDIS_STATUS ndis_restart_adapter(struct ndis_adapter *adapter) {
    PNDIS_RESTART_ATTRIBUTES attributes = ndis_restart_attributes(adapter);
    if (!attributes) return NDIS_STATUS_RESOURCES;
    NDIS_STATUS status = choose_handlers(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = restart_miniport(adapter, attributes);
    for (struct ndis_filter *filter = adapter->bottom; filter && status == NDIS_STATUS_SUCCESS; filter = filter->above)
        status = restart_filter(filter, attributes);
    if (status == NDIS_STATUS_SUCCESS) {
        ndis_restart_take_over(adapter, attributes);
        for (struct ndis_binding *binding = adapter->bindings; binding; binding = binding->next)
            if (binding->layer.state == NDIS_STATE_PAUSED && binding->open) restart_binding(binding, attributes);
    }
    ndis_restart_free(attributes);
    if (status != NDIS_STATUS_SUCCESS) ndis_pause_adapter(adapter, NDIS_PAUSE_NDIS_INTERNAL);  /* those that did restart */
    return status;
}

/* ---- Pause */
static void report_refusal(struct ndis_layer *layer) {
    kernel_violation(layer->object.ndis->kernel, "ndis.pause", "[D] 3.4", -1, "%s failed a pause, which it may not", layer->object.name);
}

static void pause_binding(struct ndis_binding *binding, ULONG reason) {
    if (binding->layer.state != NDIS_STATE_RUNNING) return;
    NDIS_PROTOCOL_PAUSE_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_PROTOCOL_PAUSE_PARAMETERS_REVISION_1, sizeof(parameters)}, .PauseReason = reason};
    binding->layer.state = NDIS_STATE_PAUSING;
    NDIS_STATUS status = ndis_net_pnp(binding, NetEventPause, &parameters, sizeof(parameters), "NetEventPause");
    if (status != NDIS_STATUS_SUCCESS && binding->layer.originated == 0) report_refusal(&binding->layer);
    ndis_layer_wait_idle(&binding->layer, "the pause of the protocol");
    binding->layer.state = NDIS_STATE_PAUSED;
}

static void pause_filter(struct ndis_filter *filter, ULONG reason) {
    struct ndis *ndis = filter->object.ndis;
    if (filter->layer.state != NDIS_STATE_RUNNING) return;
    NDIS_FILTER_PAUSE_PARAMETERS parameters = {.Header = {NDIS_OBJECT_TYPE_FILTER_PAUSE_PARAMETERS, 1, sizeof(parameters)},
                                               .PauseReason = reason};
    filter->layer.state = NDIS_STATE_PAUSING;
    ndis_pending_begin(&filter->pause);
    ndis_function_enter(ndis, "FilterPause");
    NDIS_STATUS status = filter->filter_driver->chars.PauseHandler(filter->context, &parameters);
    bool ended = ndis_pending_wait(ndis, &filter->pause, &status, "FilterPause", filter->object.name);
    ndis_function_exit(ndis, "FilterPause");
    if (ended && status != NDIS_STATUS_SUCCESS) report_refusal(&filter->layer);
    ndis_layer_wait_idle(&filter->layer, "the pause of the filter");
    filter->layer.state = NDIS_STATE_PAUSED;
}

static void pause_miniport(struct ndis_adapter *adapter, ULONG reason) {
    struct ndis *ndis = adapter->object.ndis;
    if (adapter->layer.state != NDIS_STATE_RUNNING) return;
    NDIS_MINIPORT_PAUSE_PARAMETERS parameters = {.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(parameters)}, .PauseReason = reason};
    adapter->layer.state = NDIS_STATE_PAUSING;
    ndis_pending_begin(&adapter->pause);
    ndis_function_enter(ndis, "MiniportPause");
    NDIS_STATUS status = adapter->driver->miniport.PauseHandler(adapter->context, &parameters);
    bool ended = ndis_pending_wait(ndis, &adapter->pause, &status, "MiniportPause", adapter->object.name);
    ndis_function_exit(ndis, "MiniportPause");
    if (ended && status != NDIS_STATUS_SUCCESS) report_refusal(&adapter->layer);
    if (adapter->layer.originated || adapter->layer.held) {
        (void)nbl_report_lost(ndis, &adapter->object, NULL, "the pause of the miniport");
        (void)nbl_report_lost(ndis, NULL, &adapter->object, "the pause of the miniport");
    }
    adapter->layer.state = NDIS_STATE_PAUSED;
}

void ndis_pause_adapter(struct ndis_adapter *adapter, ULONG reason) {
    for (struct ndis_binding *binding = adapter->bindings; binding; binding = binding->next) pause_binding(binding, reason);
    for (struct ndis_filter *filter = adapter->top; filter; filter = filter->below) pause_filter(filter, reason);
    pause_miniport(adapter, reason);
}
