/* SPDX-License-Identifier: Apache-2.0 */
/* mux_miniport.c: the upper edge of the multiplexer: virtual adapters. [D] 2.10, 3.3, 3.5, 3.6 */
#include "mux_internal.h"

static NDIS_STATUS set_registration(struct mux_adapter *adapter) {
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {.RegistrationAttributes = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
                   sizeof(attributes.RegistrationAttributes)},
        .MiniportAdapterContext = adapter, .InterfaceType = NdisInterfaceInternal}};
    return NdisMSetMiniportAttributes(adapter->handle, &attributes);
}

/* As the adapter below, with its own address, and with room for what this driver puts into a send's context. */
static NDIS_STATUS set_general(struct mux_adapter *adapter) {
    static NDIS_OID oids[] = {OID_GEN_CURRENT_PACKET_FILTER, OID_802_3_PERMANENT_ADDRESS, OID_802_3_CURRENT_ADDRESS, OID_802_3_MULTICAST_LIST};
    const struct mux_binding *binding = adapter->binding;
    const NDIS_BIND_PARAMETERS *bound = &binding->bound;
    NDIS_PNP_CAPABILITIES power = {0};
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {.GeneralAttributes = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2,
                   NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2},
        .MediaType = bound->MediaType, .PhysicalMediumType = bound->PhysicalMediumType, .MtuSize = bound->MtuSize,
        .MaxXmitLinkSpeed = bound->MaxXmitLinkSpeed, .XmitLinkSpeed = binding->link.XmitLinkSpeed,
        .MaxRcvLinkSpeed = bound->MaxRcvLinkSpeed, .RcvLinkSpeed = binding->link.RcvLinkSpeed,
        .MediaConnectState = binding->link.MediaConnectState, .MediaDuplexState = binding->link.MediaDuplexState,
        .LookaheadSize = bound->LookaheadSize, .PowerManagementCapabilities = &power,
        .MacOptions = bound->MacOptions | NDIS_MAC_OPTION_NO_LOOPBACK,
        .SupportedPacketFilters = bound->SupportedPacketFilters, .MaxMulticastListSize = bound->MaxMulticastListSize,
        .MacAddressLength = MUX_ADDRESS, .AccessType = bound->AccessType, .DirectionType = bound->DirectionType,
        .ConnectionType = bound->ConnectionType, .IfType = bound->IfType, .IfConnectorPresent = FALSE,
        .DataBackFillSize = binding->data_backfill, .ContextBackFillSize = binding->context_backfill + (ULONG)sizeof(struct mux_send),
        .SupportedOidList = oids, .SupportedOidListLength = sizeof(oids)}};
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general = &attributes.GeneralAttributes;
    RtlCopyMemory(general->PermanentMacAddress, adapter->address, MUX_ADDRESS);
    RtlCopyMemory(general->CurrentMacAddress, adapter->address, MUX_ADDRESS);
    return NdisMSetMiniportAttributes(adapter->handle, &attributes);
}

static NDIS_STATUS initialize(NDIS_HANDLE handle, NDIS_HANDLE driver_context, PNDIS_MINIPORT_INIT_PARAMETERS parameters) {
    struct mux_adapter *adapter = parameters->IMDeviceInstanceContext;
    UNREFERENCED_PARAMETER(driver_context);
    adapter->handle = handle;
    NDIS_STATUS status = set_registration(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = set_general(adapter);
    if (status != NDIS_STATUS_SUCCESS) adapter->handle = NULL;
    return status;
}

static VOID halt(NDIS_HANDLE context, NDIS_HALT_ACTION action) {
    struct mux_adapter *adapter = context;
    UNREFERENCED_PARAMETER(action);
    adapter->handle = NULL;
}

static NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS parameters) {
    struct mux_adapter *adapter = context;
    UNREFERENCED_PARAMETER(parameters);
    adapter->running = TRUE;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS pause(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS parameters) {
    struct mux_adapter *adapter = context;
    UNREFERENCED_PARAMETER(parameters);
    adapter->running = FALSE;
    if (adapter->out == 0) return NDIS_STATUS_SUCCESS;
    adapter->pausing = TRUE;
    return NDIS_STATUS_PENDING;
}

void mux_check_paused(struct mux_adapter *adapter) {
    if (!adapter->pausing || adapter->out) return;
    adapter->pausing = FALSE;
    NdisMPauseComplete(adapter->handle);
}

static VOID shutdown(NDIS_HANDLE context, NDIS_SHUTDOWN_ACTION action) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(action);
}

static VOID device_pnp_event(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(event);
}

NDIS_STATUS mux_register_miniport(struct mux *mux, PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS characteristics = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = MUX_NDIS_MAJOR,
        .MinorNdisVersion = MUX_NDIS_MINOR,
        .Flags = NDIS_INTERMEDIATE_DRIVER,
        .InitializeHandlerEx = initialize,
        .HaltHandlerEx = halt,
        .UnloadHandler = mux_unload,
        .PauseHandler = pause,
        .RestartHandler = restart,
        .OidRequestHandler = mux_oid_request,
        .SendNetBufferListsHandler = mux_send,
        .ReturnNetBufferListsHandler = mux_return,
        .CancelSendHandler = mux_cancel_send,
        .DevicePnPEventNotifyHandler = device_pnp_event,
        .ShutdownHandlerEx = shutdown,
        .CancelOidRequestHandler = mux_cancel_oid_request,
    };
    return NdisMRegisterMiniportDriver(driver, registry_path, mux, &characteristics, &mux->miniport);
}
