/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.c: bringing the stack up and taking it down, in the documented order. [D] 3.3, 3.4, 3.6
 *
 *   up    InitializeEx -> bind protocols -> MiniportRestart -> NetEventRestart
 *   down  NetEventPause, wait until the binding is idle -> MiniportPause -> unbind -> HaltEx
 *
 * NDIS itself counts the NBLs of each binding and waits for them, because drivers do not always. Every wait is bounded: what is still
 * out after it is reported, one NBL at a time, and the way down goes on.
 */
#include <stdlib.h>

#include "ndis_internal.h"
#include "regmap.h"

/* ---- Up */
/* BAR0 and the MSI-X messages. The caller frees it. */
static PNDIS_RESOURCE_LIST make_resources(struct ndis *ndis) {
    const struct platform *platform = ndis->platform;
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

static NDIS_STATUS initialize_adapter(struct ndis_adapter *adapter) {
    struct ndis *ndis = adapter->object.ndis;
    PNDIS_RESOURCE_LIST resources = make_resources(ndis);
    if (!resources) return NDIS_STATUS_RESOURCES;
    NDIS_MINIPORT_INIT_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_INIT_PARAMETERS, 1, sizeof(parameters)},
        .AllocatedResources = resources, .IfIndex = adapter->if_index, .NetLuid = {adapter->if_index}};
    adapter->state = NDIS_STATE_INITIALIZING;
    ndis_function_enter(ndis, "MiniportInitializeEx");
    NDIS_STATUS status = adapter->driver->miniport.InitializeHandlerEx(adapter, adapter->driver->context, &parameters);
    ndis_function_exit(ndis, "MiniportInitializeEx");
    free(resources);
    if (status == NDIS_STATUS_SUCCESS && !(adapter->have_registration && adapter->have_general)) {
        kernel_violation(ndis->kernel, "ndis.attributes", "[D] 3.6", -1,
                         "%s initialised without setting its registration and general attributes", adapter->object.name);
        adapter->driver->miniport.HaltHandlerEx(adapter->context, NdisHaltDeviceInitializationFailed);
        status = NDIS_STATUS_FAILURE;
    }
    adapter->state = status == NDIS_STATUS_SUCCESS ? NDIS_STATE_PAUSED : NDIS_STATE_HALTED;
    return status;
}

/* One entry, the general attributes. The caller frees it. */
static PNDIS_RESTART_ATTRIBUTES make_restart_attributes(const struct ndis_adapter *adapter) {
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *from = &adapter->general;
    PNDIS_RESTART_ATTRIBUTES entry = calloc(1, sizeof(*entry) + sizeof(NDIS_RESTART_GENERAL_ATTRIBUTES));
    if (!entry) return NULL;
    entry->Oid = OID_GEN_MINIPORT_RESTART_ATTRIBUTES;
    entry->DataLength = sizeof(NDIS_RESTART_GENERAL_ATTRIBUTES);
    PNDIS_RESTART_GENERAL_ATTRIBUTES general = (PNDIS_RESTART_GENERAL_ATTRIBUTES)(void *)entry->Data;
    *general = (NDIS_RESTART_GENERAL_ATTRIBUTES){
        .Header = {NDIS_OBJECT_TYPE_RESTART_GENERAL_ATTRIBUTES, 2, sizeof(NDIS_RESTART_GENERAL_ATTRIBUTES)},
        .MtuSize = from->MtuSize, .MaxXmitLinkSpeed = from->MaxXmitLinkSpeed, .MaxRcvLinkSpeed = from->MaxRcvLinkSpeed,
        .LookaheadSize = from->LookaheadSize, .MacOptions = from->MacOptions, .SupportedPacketFilters = from->SupportedPacketFilters,
        .MaxMulticastListSize = from->MaxMulticastListSize, .AccessType = from->AccessType, .ConnectionType = from->ConnectionType,
        .SupportedStatistics = from->SupportedStatistics, .DataBackFillSize = from->DataBackFillSize,
        .ContextBackFillSize = from->ContextBackFillSize, .SupportedOidList = adapter->oids,
        .SupportedOidListLength = from->SupportedOidListLength};
    return entry;
}

static NDIS_STATUS restart_miniport(struct ndis_adapter *adapter) {
    struct ndis *ndis = adapter->object.ndis;
    PNDIS_RESTART_ATTRIBUTES attributes = make_restart_attributes(adapter);
    if (!attributes) return NDIS_STATUS_RESOURCES;
    NDIS_MINIPORT_RESTART_PARAMETERS parameters = {.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(parameters)},
                                                   .RestartAttributes = attributes};
    adapter->state = NDIS_STATE_RESTARTING;
    ndis_pending_begin(&adapter->restart);
    ndis_function_enter(ndis, "MiniportRestart");
    NDIS_STATUS status = adapter->driver->miniport.RestartHandler(adapter->context, &parameters);
    if (!ndis_pending_wait(ndis, &adapter->restart, &status, "MiniportRestart", adapter->object.name)) status = NDIS_STATUS_FAILURE;
    ndis_function_exit(ndis, "MiniportRestart");
    free(attributes);
    adapter->state = status == NDIS_STATUS_SUCCESS ? NDIS_STATE_RUNNING : NDIS_STATE_PAUSED;
    return status;
}

NDIS_STATUS ndis_restart_adapter(struct ndis_adapter *adapter) {
    NDIS_STATUS status = restart_miniport(adapter);
    if (status != NDIS_STATUS_SUCCESS) return status;
    for (struct ndis_binding *binding = adapter->bindings; binding; binding = binding->next) {
        if (binding->state != NDIS_STATE_PAUSED || !binding->open) continue;
        NDIS_PROTOCOL_RESTART_PARAMETERS parameters = {
            .Header = {NDIS_OBJECT_TYPE_PROTOCOL_RESTART_PARAMETERS, NDIS_PROTOCOL_RESTART_PARAMETERS_REVISION_1,
                       NDIS_SIZEOF_PROTOCOL_RESTART_PARAMETERS_REVISION_1},
            .BoundIfIndex = adapter->if_index, .BoundIfNetluid = {adapter->if_index}};
        binding->state = NDIS_STATE_RUNNING;  /* the protocol may send from inside the call on */
        if (ndis_net_pnp(binding, NetEventRestart, &parameters, sizeof(parameters), "NetEventRestart") != NDIS_STATUS_SUCCESS)
            binding->state = NDIS_STATE_PAUSED;
    }
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS bring_up(struct ndis *ndis) {
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    for (struct ndis_adapter *adapter = ndis->adapters; adapter && status == NDIS_STATUS_SUCCESS; adapter = adapter->next)
        status = initialize_adapter(adapter);
    if (status != NDIS_STATUS_SUCCESS) return status;
    for (struct ndis_protocol *protocol = ndis->protocols; protocol; protocol = protocol->next)
        for (struct ndis_adapter *adapter = ndis->adapters; adapter; adapter = adapter->next) (void)ndis_bind(adapter, protocol);
    for (struct ndis_adapter *adapter = ndis->adapters; adapter && status == NDIS_STATUS_SUCCESS; adapter = adapter->next)
        status = ndis_restart_adapter(adapter);
    return status;
}

NDIS_STATUS ndis_start(struct ndis *ndis) {
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    ndis->started = true;
    NDIS_STATUS status = bring_up(ndis);
    ndis->running = status == NDIS_STATUS_SUCCESS;
    if (status != NDIS_STATUS_SUCCESS) ndis_stop(ndis);
    kernel_leave(&scope);
    return status;
}

/* ---- Down */
static void pause_binding(struct ndis_binding *binding) {
    struct ndis *ndis = binding->object.ndis;
    if (binding->state != NDIS_STATE_RUNNING) return;
    NDIS_PROTOCOL_PAUSE_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_PROTOCOL_PAUSE_PARAMETERS_REVISION_1, sizeof(parameters)},
        .PauseReason = NDIS_PAUSE_NDIS_INTERNAL};
    binding->state = NDIS_STATE_PAUSING;
    NDIS_STATUS status = ndis_net_pnp(binding, NetEventPause, &parameters, sizeof(parameters), "NetEventPause");
    if (status != NDIS_STATUS_SUCCESS && binding->sends_out == 0)
        kernel_violation(ndis->kernel, "ndis.pause", "[D] 3.4", -1, "%s failed a pause, which it may not", binding->protocol->object.name);
    if (binding->sends_out || binding->receives_out) {
        KeClearEvent(&binding->idle);
        LARGE_INTEGER timeout = {.QuadPart = -(LONGLONG)(ndis->timeout_ns / 100)};
        if (KeWaitForSingleObject(&binding->idle, Executive, KernelMode, FALSE, &timeout) != STATUS_SUCCESS) {
            (void)nbl_report_lost(ndis, &binding->object, NULL, "the pause of the protocol");
            (void)nbl_report_lost(ndis, NULL, &binding->object, "the pause of the protocol");
        }
    }
    binding->state = NDIS_STATE_PAUSED;
}

static void pause_miniport(struct ndis_adapter *adapter) {
    struct ndis *ndis = adapter->object.ndis;
    if (adapter->state != NDIS_STATE_RUNNING) return;
    NDIS_MINIPORT_PAUSE_PARAMETERS parameters = {.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(parameters)},
                                                 .PauseReason = NDIS_PAUSE_NDIS_INTERNAL};
    adapter->state = NDIS_STATE_PAUSING;
    ndis_pending_begin(&adapter->pause);
    ndis_function_enter(ndis, "MiniportPause");
    NDIS_STATUS status = adapter->driver->miniport.PauseHandler(adapter->context, &parameters);
    bool ended = ndis_pending_wait(ndis, &adapter->pause, &status, "MiniportPause", adapter->object.name);
    ndis_function_exit(ndis, "MiniportPause");
    if (ended && status != NDIS_STATUS_SUCCESS)
        kernel_violation(ndis->kernel, "ndis.pause", "[D] 3.4", -1, "%s failed a pause, which it may not", adapter->object.name);
    if (adapter->sends_out || adapter->receives_out) (void)nbl_report_lost(ndis, NULL, NULL, "the pause of the miniport");
    adapter->state = NDIS_STATE_PAUSED;
}

void ndis_pause_adapter(struct ndis_adapter *adapter) {
    for (struct ndis_binding *binding = adapter->bindings; binding; binding = binding->next) pause_binding(binding);
    pause_miniport(adapter);
}

static void halt_adapter(struct ndis_adapter *adapter) {
    struct ndis *ndis = adapter->object.ndis;
    if (adapter->state == NDIS_STATE_HALTED) return;
    ndis_function_enter(ndis, "MiniportHaltEx");
    adapter->driver->miniport.HaltHandlerEx(adapter->context, NdisHaltDeviceStopped);
    ndis_function_exit(ndis, "MiniportHaltEx");
    adapter->state = NDIS_STATE_HALTED;
    adapter->have_registration = adapter->have_general = false;
    if (adapter->interrupts_registered)
        kernel_violation(ndis->kernel, "ndis.halt", "[D] 6 (0x7C/0x08)", -1, "%s halted with its interrupt registered", adapter->object.name);
    if (adapter->dmas_registered)
        kernel_violation(ndis->kernel, "ndis.halt", "[D] 2.7", -1, "%s halted with its DMA channel registered", adapter->object.name);
    (void)nbl_report_lost(ndis, NULL, NULL, "the halt of the miniport");
}

void ndis_stop(struct ndis *ndis) {
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    for (struct ndis_adapter *adapter = ndis->adapters; adapter; adapter = adapter->next) {
        ndis_pause_adapter(adapter);
        for (struct ndis_binding *binding = adapter->bindings, *next; binding; binding = next) {
            next = binding->next;
            if (binding->open) ndis_unbind(binding);
        }
        halt_adapter(adapter);
    }
    ndis->started = ndis->running = false;
    kernel_leave(&scope);
}

NDIS_STATUS ndis_pause(struct ndis *ndis) {
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    for (struct ndis_adapter *adapter = ndis->adapters; adapter; adapter = adapter->next) ndis_pause_adapter(adapter);
    kernel_leave(&scope);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS ndis_restart(struct ndis *ndis) {
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    for (struct ndis_adapter *adapter = ndis->adapters; adapter && status == NDIS_STATUS_SUCCESS; adapter = adapter->next)
        status = ndis_restart_adapter(adapter);
    kernel_leave(&scope);
    return status;
}
