/* SPDX-License-Identifier: Apache-2.0 */
/* binding.c: NDIS's side of a binding: who is bound to what, bind and unbind calls. [D] 3.6 */
#include <stdlib.h>

#include "ndis_internal.h"

/* One adapter that the host binds a protocol to. */
struct ndis_allowed {
    struct ndis_allowed *next;
    const char *adapter;
};

NDIS_STATUS ndis_bind_only(struct ndis *ndis, const char *protocol_name, const char *adapter_name) {
    struct ndis_protocol *protocol = ndis->protocols;
    while (protocol && strcmp(protocol->object.name, protocol_name) != 0) protocol = protocol->next;
    if (!protocol) return NDIS_STATUS_ADAPTER_NOT_FOUND;
    struct ndis_allowed *allowed = malloc(sizeof(*allowed));
    if (!allowed) return NDIS_STATUS_RESOURCES;
    *allowed = (struct ndis_allowed){.next = protocol->allowed, .adapter = ndis_intern(ndis, adapter_name)};
    protocol->allowed = allowed;
    return NDIS_STATUS_SUCCESS;
}

void ndis_protocol_free(struct ndis_protocol *protocol) {
    while (protocol->allowed) {
        struct ndis_allowed *allowed = protocol->allowed;
        protocol->allowed = allowed->next;
        free(allowed);
    }
    free(protocol);
}

bool ndis_may_bind(const struct ndis_adapter *adapter, const struct ndis_protocol *protocol) {
    if (adapter->is_virtual && protocol->driver == adapter->driver) return false;
    if (!protocol->allowed) return true;
    for (const struct ndis_allowed *allowed = protocol->allowed; allowed; allowed = allowed->next)
        if (allowed->adapter == adapter->object.name) return true;  /* both are interned */
    return false;
}

UCHAR ndis_revision_of(UCHAR minor) { return minor >= 30 ? 4 : minor >= 20 ? 3 : minor >= 1 ? 2 : 1; }

static NDIS_PNP_CAPABILITIES no_power;  /* all unspecified; protocols dereference it */

/* Bind parameters in the revision that the protocol's NDIS version knows. */
static void fill_bind_parameters(struct ndis_binding *binding, PNDIS_BIND_PARAMETERS bind) {
    static const USHORT sizes[] = {NDIS_SIZEOF_BIND_PARAMETERS_REVISION_1, NDIS_SIZEOF_BIND_PARAMETERS_REVISION_2,
                                   NDIS_SIZEOF_BIND_PARAMETERS_REVISION_3, NDIS_SIZEOF_BIND_PARAMETERS_REVISION_4};
    const UCHAR revision = ndis_revision_of(binding->protocol->chars.MinorNdisVersion);
    struct ndis_adapter *adapter = binding->adapter;
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general = &adapter->general;
    const NDIS_RESTART_GENERAL_ATTRIBUTES *stack = &adapter->restarted;
    *bind = (NDIS_BIND_PARAMETERS){
        .Header = {NDIS_OBJECT_TYPE_BIND_PARAMETERS, revision, sizes[revision - 1]},
        .ProtocolSection = &adapter->device_string,
        .AdapterName = &adapter->device_string,
        .BoundAdapterName = &adapter->device_string,
        .MediaType = general->MediaType,
        .MtuSize = stack->MtuSize,
        .MaxXmitLinkSpeed = stack->MaxXmitLinkSpeed,
        .XmitLinkSpeed = adapter->link.XmitLinkSpeed,
        .MaxRcvLinkSpeed = stack->MaxRcvLinkSpeed,
        .RcvLinkSpeed = adapter->link.RcvLinkSpeed,
        .MediaConnectState = adapter->link.MediaConnectState,
        .MediaDuplexState = adapter->link.MediaDuplexState,
        .LookaheadSize = stack->LookaheadSize,
        .PowerManagementCapabilities = general->PowerManagementCapabilities ? general->PowerManagementCapabilities : &no_power,
        .SupportedPacketFilters = stack->SupportedPacketFilters,
        .MaxMulticastListSize = stack->MaxMulticastListSize,
        .MacAddressLength = general->MacAddressLength,
        .PhysicalMediumType = general->PhysicalMediumType,
        .BoundIfIndex = adapter->if_index,
        .LowestIfIndex = adapter->if_index,
        .BoundIfNetluid = {adapter->if_index},
        .LowestIfNetluid = {adapter->if_index},
        .AccessType = general->AccessType,
        .DirectionType = general->DirectionType,
        .ConnectionType = general->ConnectionType,
        .IfType = general->IfType,
        .IfConnectorPresent = general->IfConnectorPresent,
        .DataBackFillSize = stack->DataBackFillSize,
        .ContextBackFillSize = stack->ContextBackFillSize,
        .MacOptions = stack->MacOptions,
        .DefaultOffloadConfiguration = adapter->have_offload ? &adapter->offload_config : NULL,
        .RcvScaleCapabilities = adapter->have_rss ? &adapter->rss : NULL,
    };
    memcpy(bind->CurrentMacAddress, general->CurrentMacAddress, sizeof(bind->CurrentMacAddress));
}

void ndis_binding_free(struct ndis_binding *binding) {
    struct ndis_binding **link = &binding->adapter->bindings;
    while (*link && *link != binding) link = &(*link)->next;
    if (*link) *link = binding->next;
    free(binding);
}

NDIS_STATUS ndis_bind(struct ndis_adapter *adapter, struct ndis_protocol *protocol) {
    struct ndis *ndis = adapter->object.ndis;
    struct ndis_binding *binding = calloc(1, sizeof(*binding));
    if (!binding) return NDIS_STATUS_RESOURCES;
    ndis_layer_init(&binding->layer, NDIS_OBJECT_BINDING, protocol->object.name, protocol->driver, adapter);
    binding->layer.state = NDIS_STATE_INITIALIZING;
    binding->adapter = adapter;
    binding->protocol = protocol;
    struct ndis_binding **link = &adapter->bindings;
    while (*link) link = &(*link)->next;
    *link = binding;

    NDIS_BIND_PARAMETERS parameters;
    fill_bind_parameters(binding, &parameters);
    ndis_pending_begin(&binding->bind);
    ndis_function_enter(ndis, "ProtocolBindAdapterEx");
    NDIS_STATUS status = protocol->chars.BindAdapterHandlerEx(protocol->context, binding, &parameters);
    bool ended = ndis_pending_wait(ndis, &binding->bind, &status, "ProtocolBindAdapterEx", protocol->object.name);
    ndis_function_exit(ndis, "ProtocolBindAdapterEx");
    if (!ended) return NDIS_STATUS_FAILURE;  /* the driver may still use the handle: the binding stays */
    if (status != NDIS_STATUS_SUCCESS || !binding->open) {
        ndis_binding_free(binding);
        return status != NDIS_STATUS_SUCCESS ? status : NDIS_STATUS_OPEN_FAILED;
    }
    binding->layer.state = NDIS_STATE_PAUSED;
    return NDIS_STATUS_SUCCESS;
}

void ndis_unbind(struct ndis_binding *binding) {
    struct ndis *ndis = binding->object.ndis;
    struct ndis_protocol *protocol = binding->protocol;
    ndis_pending_begin(&binding->unbind);
    ndis_function_enter(ndis, "ProtocolUnbindAdapterEx");
    NDIS_STATUS status = protocol->chars.UnbindAdapterHandlerEx(binding, binding->context);
    bool ended = ndis_pending_wait(ndis, &binding->unbind, &status, "ProtocolUnbindAdapterEx", protocol->object.name);
    ndis_function_exit(ndis, "ProtocolUnbindAdapterEx");
    if (binding->open) {
        kernel_violation(ndis->kernel, "ndis.state", "[D] 3.6", -1, "%s did not close its binding when it was unbound", protocol->object.name);
        binding->open = false;
    }
    /* A lost NBL still names its sender, and a driver that pended may still use the handle: such a binding lives on with the adapter. */
    const struct ndis_layer *layer = &binding->layer;
    if (layer->oids_out)
        kernel_violation(ndis->kernel, "ndis.oid", "[D] 3.4", -1, "%s was unbound with %u OID requests outstanding", protocol->object.name,
                         layer->oids_out);
    if (ended && layer->originated == 0 && layer->held == 0 && layer->oids_out == 0) ndis_binding_free(binding);
    else binding->layer.state = NDIS_STATE_HALTED;
}
