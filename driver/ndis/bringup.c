/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bringup.c: adapters from nothing to Running and back, in the documented order. [D] 3.1, 3.6, 3.10
 *
 *   up    InitializeEx -> attach filters, bottom to top -> bind protocols -> restart
 *   down  pause -> unbind -> detach filters, top to bottom -> HaltEx
 *
 * Virtual adapters come into being while the protocol half of their driver binds; they are brought up when the adapter below runs.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "ndis_internal.h"
#include "ndis_oid.h"
#include "regmap.h"
#include "restart.h"

static void name_device(struct ndis_adapter *adapter) {
    char text[sizeof(adapter->device_name) / sizeof(WCHAR)];
    snprintf(text, sizeof(text), "\\DEVICE\\%s", adapter->object.name);
    for (size_t i = 0; i < sizeof(text) && text[i] != '\0'; i++) adapter->device_name[i] = (WCHAR)(unsigned char)text[i];
    RtlInitUnicodeString(&adapter->device_string, adapter->device_name);
}

struct ndis_adapter *ndis_adapter_create(struct ndis *ndis, struct ndis_driver *driver, const char *name) {
    struct ndis_adapter *adapter = calloc(1, sizeof(*adapter));
    if (!adapter) return NULL;
    adapter->object.ndis = ndis;
    ndis_layer_init(&adapter->layer, NDIS_OBJECT_ADAPTER, ndis_intern(ndis, name), driver, adapter);
    adapter->driver = driver;
    adapter->platform = ndis->platform;
    KeInitializeEvent(&adapter->pnp_free, SynchronizationEvent, TRUE);
    name_device(adapter);
    struct ndis_adapter **link = &ndis->adapters;
    adapter->if_index = 1;
    for (; *link; link = &(*link)->next) adapter->if_index++;
    *link = adapter;
    return adapter;
}

static NDIS_STATUS add_adapter(struct ndis *ndis, const char *driver_name, const char *name, struct platform *card) {
    struct ndis_driver *driver = ndis->drivers;
    while (driver && !(driver->is_miniport && strcmp(driver->object.name, driver_name) == 0)) driver = driver->next;
    if (!driver) return NDIS_STATUS_ADAPTER_NOT_FOUND;
    struct ndis_adapter *adapter = ndis_adapter_create(ndis, driver, name);
    if (!adapter) return NDIS_STATUS_RESOURCES;
    adapter->is_software = !card;
    if (card) adapter->platform = card;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS ndis_add_adapter(struct ndis *ndis, const char *driver_name, const char *name) {
    return add_adapter(ndis, driver_name, name, ndis->platform);
}

NDIS_STATUS ndis_add_software_adapter(struct ndis *ndis, const char *driver_name, const char *name) {
    return add_adapter(ndis, driver_name, name, NULL);
}

NDIS_STATUS ndis_add_adapter_in(struct ndis *ndis, const char *driver_name, const char *name, struct platform *card) {
    return add_adapter(ndis, driver_name, name, card);
}

void ndis_pnp_begin(struct ndis_adapter *adapter) {
    (void)KeWaitForSingleObject(&adapter->pnp_free, Executive, KernelMode, FALSE, NULL);
}

void ndis_pnp_end(struct ndis_adapter *adapter) { (void)KeSetEvent(&adapter->pnp_free, 0, FALSE); }

/* ---- Up */
/* BAR0 and the MSI-X messages. The caller frees it. */
static PNDIS_RESOURCE_LIST make_resources(const struct ndis_adapter *adapter) {
    const struct platform *platform = adapter->platform;
    PNDIS_RESOURCE_LIST list = calloc(1, sizeof(*list) + sizeof(list->PartialDescriptors[0]));
    if (!list) return NULL;
    uint64_t low = platform->ops->config_read(platform->ctx, PCI_CFG_BAR0, 4);
    uint64_t high = platform->ops->config_read(platform->ctx, PCI_CFG_BAR0_HIGH, 4);
    list->Version = list->Revision = 1;
    list->Count = 2;
    PCM_PARTIAL_RESOURCE_DESCRIPTOR memory = list->PartialDescriptors, interrupt = memory + 1;
    memory->Type = CmResourceTypeMemory;
    memory->u.Memory.Start.QuadPart = (LONGLONG)(high << 32 | (low & ~(uint64_t)0xF));
    memory->u.Memory.Length = BAR0_SIZE;
    interrupt->Type = CmResourceTypeInterrupt;
    interrupt->Flags = CM_RESOURCE_INTERRUPT_MESSAGE;
    interrupt->u.MessageInterrupt.Raw.MessageCount = (USHORT)platform->ops->interrupt_vectors(platform->ctx);
    return list;
}

static NDIS_STATUS call_initialize(struct ndis_adapter *adapter, PNDIS_RESOURCE_LIST resources) {
    struct ndis *ndis = adapter->object.ndis;
    NDIS_MINIPORT_INIT_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_INIT_PARAMETERS, 1, sizeof(parameters)}, .AllocatedResources = resources,
        .IMDeviceInstanceContext = adapter->im_context, .MiniportAddDeviceContext = adapter->add_device_context, .IfIndex = adapter->if_index, .NetLuid = {adapter->if_index}};
    adapter->layer.state = NDIS_STATE_INITIALIZING;
    ndis_function_enter(ndis, "MiniportInitializeEx");
    NDIS_STATUS status = adapter->driver->miniport.InitializeHandlerEx(adapter, adapter->driver->context, &parameters);
    ndis_function_exit(ndis, "MiniportInitializeEx");
    if (status != NDIS_STATUS_SUCCESS) ndis->refused = adapter;
    return status;
}

static NDIS_STATUS initialize(struct ndis_adapter *adapter) {
    struct ndis *ndis = adapter->object.ndis;
    const bool bare = adapter->is_virtual || adapter->is_software;
    PNDIS_RESOURCE_LIST resources = bare ? NULL : make_resources(adapter);
    if (!resources && !bare) return NDIS_STATUS_RESOURCES;
    NDIS_STATUS status = ndis_add_device(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = call_initialize(adapter, resources);
    free(resources);
    if (status == NDIS_STATUS_SUCCESS && !(adapter->have_registration && adapter->have_general)) {
        kernel_violation(ndis->kernel, "ndis.attributes", "[D] 3.6", -1,
                         "%s initialised without setting its registration and general attributes", adapter->object.name);
        adapter->driver->miniport.HaltHandlerEx(adapter->context, NdisHaltDeviceInitializationFailed);
        status = NDIS_STATUS_FAILURE;
    }
    if (status != NDIS_STATUS_SUCCESS) ndis_remove_device(adapter);
    adapter->layer.state = status == NDIS_STATUS_SUCCESS ? NDIS_STATE_PAUSED : NDIS_STATE_HALTED;
    return status;
}

/* What protocols are told when they bind: what the miniport says, as filters change it when they restart. [D] 3.6 */
static NDIS_STATUS learn_attributes(struct ndis_adapter *adapter) {
    if (adapter->bottom) {
        NDIS_STATUS status = ndis_restart_adapter(adapter);
        if (status == NDIS_STATUS_SUCCESS) ndis_pause_adapter(adapter, NDIS_PAUSE_BIND_PROTOCOL);
        return status;
    }
    PNDIS_RESTART_ATTRIBUTES attributes = ndis_restart_attributes(adapter);
    if (!attributes) return NDIS_STATUS_RESOURCES;
    ndis_restart_take_over(adapter, attributes);
    ndis_restart_free(attributes);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS ndis_bring_up_adapter(struct ndis_adapter *adapter) {
    struct ndis *ndis = adapter->object.ndis;
    ndis_pnp_begin(adapter);
    NDIS_STATUS status = initialize(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = ndis_attach_filters(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = learn_attributes(adapter);
    if (status == NDIS_STATUS_SUCCESS) {
        for (struct ndis_protocol *protocol = ndis->protocols; protocol; protocol = protocol->next)
            if (ndis_may_bind(adapter, protocol)) (void)ndis_bind(adapter, protocol);
        status = ndis_restart_adapter(adapter);
    }
    if (status == NDIS_STATUS_SUCCESS) ndis_watch_hangs(adapter);
    ndis_pnp_end(adapter);
    return status;
}

/* The list grows at its end while intermediate drivers bind. */
static NDIS_STATUS bring_up(struct ndis *ndis) {
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    for (struct ndis_adapter *adapter = ndis->adapters; adapter && status == NDIS_STATUS_SUCCESS; adapter = adapter->next)
        if (adapter->layer.state == NDIS_STATE_HALTED && !adapter->cancelled) status = ndis_bring_up_adapter(adapter);
    for (struct ndis_protocol *protocol = ndis->protocols; protocol && status == NDIS_STATUS_SUCCESS; protocol = protocol->next)
        ndis_protocol_event(protocol, NetEventBindsComplete, NULL, 0);
    return status;
}

NDIS_STATUS ndis_start(struct ndis *ndis) {
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    ndis->started = true;
    ndis->bringing_up = true;
    NDIS_STATUS status = bring_up(ndis);
    ndis->bringing_up = false;
    if (status != NDIS_STATUS_SUCCESS) ndis_stop(ndis);
    kernel_leave(&scope);
    return status;
}

const char *ndis_refused_adapter(const struct ndis *ndis, const char **driver) {
    if (!ndis->refused) return NULL;
    *driver = ndis->refused->driver->object.name;
    return ndis->refused->object.name;
}

/* ---- Down */
enum { STEP_NS = 1000 };

/* A request that is inside the miniport would go on in memory that it frees. Who made it and was unbound is reported already. */
static void wait_for_request(struct ndis_adapter *adapter) {
    const struct ndis *ndis = adapter->object.ndis;
    for (uint64_t waited = 0; adapter->layer.oid && adapter->layer.oid->calling && waited < ndis->timeout_ns; waited += STEP_NS)
        ndis->platform->ops->sleep_ns(ndis->platform->ctx, STEP_NS);
}

/* So would a reset; and its end is indicated to filters and protocols that are still there. */
static void wait_for_reset(const struct ndis_adapter *adapter) {
    const struct ndis *ndis = adapter->object.ndis;
    for (uint64_t waited = 0; adapter->in_reset && waited < ndis->timeout_ns; waited += STEP_NS)
        ndis->platform->ops->sleep_ns(ndis->platform->ctx, STEP_NS);
}

static void halt_adapter(struct ndis_adapter *adapter, NDIS_HALT_ACTION action) {
    struct ndis *ndis = adapter->object.ndis;
    if (adapter->layer.state == NDIS_STATE_HALTED) return;
    ndis_oid_abort_queue(&adapter->layer);
    wait_for_request(adapter);
    ndis_function_enter(ndis, "MiniportHaltEx");
    adapter->driver->miniport.HaltHandlerEx(adapter->context, action);
    ndis_function_exit(ndis, "MiniportHaltEx");
    ndis_remove_device(adapter);
    adapter->layer.state = NDIS_STATE_HALTED;
    adapter->have_registration = adapter->have_general = false;
    adapter->packet_filter = 0;
    adapter->multicast.count = 0;
    if (adapter->interrupts_registered)
        kernel_violation(ndis->kernel, "ndis.halt", "[D] 6 (0x7C/0x08)", -1, "%s halted with its interrupt registered", adapter->object.name);
    if (adapter->dmas_registered)
        kernel_violation(ndis->kernel, "ndis.halt", "[D] 2.7", -1, "%s halted with its DMA channel registered", adapter->object.name);
    if (ndis_end_polls(adapter))
        kernel_violation(ndis->kernel, "ndis.halt", "[D] NdisDeregisterPoll", -1, "%s halted with a poll registered", adapter->object.name);
    if (ndis_end_shared_memory(adapter))
        kernel_violation(ndis->kernel, "ndis.halt", "[D] NdisFreeSharedMemory", -1, "%s halted with shared memory allocated",
                         adapter->object.name);
    (void)nbl_report_lost(ndis, &adapter->object, NULL, "the halt of the miniport");
    (void)nbl_report_lost(ndis, NULL, &adapter->object, "the halt of the miniport");
}

void ndis_take_down_adapter(struct ndis_adapter *adapter, NDIS_HALT_ACTION action) {
    ndis_pnp_begin(adapter);
    ndis_unwatch_hangs(adapter);
    wait_for_reset(adapter);
    ndis_pause_adapter(adapter, action == NdisHaltDeviceStopped ? NDIS_PAUSE_NDIS_INTERNAL : NDIS_PAUSE_MINIPORT_DEVICE_REMOVE);
    for (struct ndis_binding *binding = adapter->bindings, *next; binding; binding = next) {
        next = binding->next;
        if (binding->open) ndis_unbind(binding);
    }
    ndis_detach_filters(adapter);
    halt_adapter(adapter, action);
    ndis_pnp_end(adapter);
}

static void pause_from_the_top(struct ndis_adapter *adapter) {
    if (!adapter) return;
    pause_from_the_top(adapter->next);  /* virtual adapters come after those below them */
    ndis_pnp_begin(adapter);
    ndis_pause_adapter(adapter, NDIS_PAUSE_NDIS_INTERNAL);
    ndis_pnp_end(adapter);
}

void ndis_stop(struct ndis *ndis) {
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    pause_from_the_top(ndis->adapters);
    for (struct ndis_adapter *adapter = ndis->adapters; adapter; adapter = adapter->next)
        ndis_take_down_adapter(adapter, adapter->removed ? NdisHaltDeviceSurpriseRemoved : NdisHaltDeviceStopped);
    ndis_stop_watching(ndis);
    ndis_stop_workers(ndis);
    ndis->started = false;
    kernel_leave(&scope);
}

NDIS_STATUS ndis_pause(struct ndis *ndis) {
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    pause_from_the_top(ndis->adapters);
    kernel_leave(&scope);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS ndis_restart(struct ndis *ndis) {
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    for (struct ndis_adapter *adapter = ndis->adapters; adapter && status == NDIS_STATUS_SUCCESS; adapter = adapter->next) {
        ndis_pnp_begin(adapter);
        if (adapter->layer.state == NDIS_STATE_PAUSED) status = ndis_restart_adapter(adapter);
        ndis_pnp_end(adapter);
    }
    kernel_leave(&scope);
    return status;
}
