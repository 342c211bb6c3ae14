/* SPDX-License-Identifier: Apache-2.0 */
/* binding.c: NDIS's side of a binding: bind and unbind calls, net PnP events, and when it is idle. [D] 3.6 */
#include <stdlib.h>

#include "ndis_internal.h"

static NDIS_PNP_CAPABILITIES no_power;  /* all unspecified; protocols dereference it */

/* Bind parameters in the revision that the protocol's NDIS version knows. */
static void fill_bind_parameters(struct ndis_binding *binding, PNDIS_BIND_PARAMETERS bind) {
    static const USHORT sizes[] = {NDIS_SIZEOF_BIND_PARAMETERS_REVISION_1, NDIS_SIZEOF_BIND_PARAMETERS_REVISION_2,
                                   NDIS_SIZEOF_BIND_PARAMETERS_REVISION_3, NDIS_SIZEOF_BIND_PARAMETERS_REVISION_4};
    UCHAR minor = binding->protocol->chars.MinorNdisVersion;
    UCHAR revision = minor >= 30 ? 4 : minor >= 20 ? 3 : minor >= 1 ? 2 : 1;
    struct ndis_adapter *adapter = binding->adapter;
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general = &adapter->general;
    *bind = (NDIS_BIND_PARAMETERS){
        .Header = {NDIS_OBJECT_TYPE_BIND_PARAMETERS, revision, sizes[revision - 1]},
        .ProtocolSection = &adapter->device_string,
        .AdapterName = &adapter->device_string,
        .BoundAdapterName = &adapter->device_string,
        .MediaType = general->MediaType,
        .MtuSize = general->MtuSize,
        .MaxXmitLinkSpeed = general->MaxXmitLinkSpeed,
        .XmitLinkSpeed = adapter->link.XmitLinkSpeed,
        .MaxRcvLinkSpeed = general->MaxRcvLinkSpeed,
        .RcvLinkSpeed = adapter->link.RcvLinkSpeed,
        .MediaConnectState = adapter->link.MediaConnectState,
        .MediaDuplexState = adapter->link.MediaDuplexState,
        .LookaheadSize = general->LookaheadSize,
        .PowerManagementCapabilities = general->PowerManagementCapabilities ? general->PowerManagementCapabilities : &no_power,
        .SupportedPacketFilters = general->SupportedPacketFilters,
        .MaxMulticastListSize = general->MaxMulticastListSize,
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
        .DataBackFillSize = general->DataBackFillSize,
        .ContextBackFillSize = general->ContextBackFillSize,
        .MacOptions = general->MacOptions,
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
    binding->object = (struct ndis_object){.type = NDIS_OBJECT_BINDING, .ndis = ndis, .name = protocol->object.name};
    binding->adapter = adapter;
    binding->protocol = protocol;
    binding->state = NDIS_STATE_INITIALIZING;
    KeInitializeEvent(&binding->idle, NotificationEvent, TRUE);
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
    binding->state = NDIS_STATE_PAUSED;
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
    if (ended && binding->sends_out == 0 && binding->receives_out == 0) ndis_binding_free(binding);
}

NDIS_STATUS ndis_net_pnp(struct ndis_binding *binding, NET_PNP_EVENT_CODE code, void *buffer, ULONG length, const char *what) {
    struct ndis *ndis = binding->object.ndis;
    NET_PNP_EVENT_NOTIFICATION notification = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_PNP_EVENT_NOTIFICATION_REVISION_1, sizeof(notification)},
        .NetPnPEvent = {.NetEvent = code, .Buffer = buffer, .BufferLength = length}};
    ndis_pending_begin(&binding->pnp);
    ndis_function_enter(ndis, "ProtocolNetPnPEvent");
    NDIS_STATUS status = binding->protocol->chars.NetPnPEventHandler(binding->context, &notification);
    if (!ndis_pending_wait(ndis, &binding->pnp, &status, what, binding->protocol->object.name)) status = NDIS_STATUS_FAILURE;
    ndis_function_exit(ndis, "ProtocolNetPnPEvent");
    return status;
}

void ndis_binding_check_idle(struct ndis_binding *binding) {
    if (binding->sends_out == 0 && binding->receives_out == 0) (void)KeSetEvent(&binding->idle, 0, FALSE);
}
