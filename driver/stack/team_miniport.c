/* SPDX-License-Identifier: Apache-2.0 */
/* team_miniport.c: the upper edge of the team: its virtual adapter. [D] 2.10, 3.3, 3.5, 3.6 */
#include "team_internal.h"

static NDIS_STATUS set_registration(struct team_adapter *adapter) {
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {.RegistrationAttributes = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
                   sizeof(attributes.RegistrationAttributes)},
        .MiniportAdapterContext = adapter, .InterfaceType = NdisInterfaceInternal}};
    return NdisMSetMiniportAttributes(adapter->handle, &attributes);
}

/* What the members are together, with room for what this driver puts into a send's context. */
static NDIS_STATUS set_general(struct team_adapter *adapter) {
    static NDIS_OID oids[] = {OID_GEN_CURRENT_PACKET_FILTER, OID_GEN_XMIT_OK, OID_GEN_RCV_OK, OID_GEN_XMIT_ERROR, OID_GEN_RCV_ERROR,
                              OID_GEN_RCV_NO_BUFFER, OID_GEN_STATISTICS, OID_802_3_PERMANENT_ADDRESS, OID_802_3_CURRENT_ADDRESS, OID_802_3_MULTICAST_LIST,
                              OID_OFFLOAD_ENCAPSULATION, OID_TCP_OFFLOAD_PARAMETERS, OID_GEN_RECEIVE_SCALE_PARAMETERS};
    const NDIS_BIND_PARAMETERS bound = team_bound(adapter);
    NDIS_PNP_CAPABILITIES power = {0};
    adapter->link = team_link(adapter);
    adapter->rss = team_rss(adapter);
    adapter->mtu = bound.MtuSize;
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {.GeneralAttributes = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2,
                   NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2},
        .MediaType = bound.MediaType, .PhysicalMediumType = bound.PhysicalMediumType, .MtuSize = bound.MtuSize,
        .MaxXmitLinkSpeed = bound.MaxXmitLinkSpeed, .XmitLinkSpeed = adapter->link.XmitLinkSpeed,
        .MaxRcvLinkSpeed = bound.MaxRcvLinkSpeed, .RcvLinkSpeed = adapter->link.RcvLinkSpeed,
        .MediaConnectState = adapter->link.MediaConnectState, .MediaDuplexState = adapter->link.MediaDuplexState,
        .LookaheadSize = bound.LookaheadSize, .PowerManagementCapabilities = &power,
        .MacOptions = bound.MacOptions | NDIS_MAC_OPTION_NO_LOOPBACK,
        .SupportedPacketFilters = bound.SupportedPacketFilters, .MaxMulticastListSize = bound.MaxMulticastListSize,
        .MacAddressLength = TEAM_ADDRESS, .RecvScaleCapabilities = adapter->rss.Header.Size ? &adapter->rss : NULL,
        .AccessType = bound.AccessType, .DirectionType = bound.DirectionType,
        .ConnectionType = bound.ConnectionType, .IfType = bound.IfType, .IfConnectorPresent = FALSE,
        .DataBackFillSize = bound.DataBackFillSize, .ContextBackFillSize = bound.ContextBackFillSize + (ULONG)sizeof(struct team_context),
        .SupportedOidList = oids, .SupportedOidListLength = sizeof(oids)}};
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general = &attributes.GeneralAttributes;
    RtlCopyMemory(general->PermanentMacAddress, adapter->address, TEAM_ADDRESS);
    RtlCopyMemory(general->CurrentMacAddress, adapter->address, TEAM_ADDRESS);
    return NdisMSetMiniportAttributes(adapter->handle, &attributes);
}

static NDIS_STATUS set_offload(struct team_adapter *adapter) {
    NDIS_OFFLOAD offload = team_offload(adapter);
    if (!offload.Header.Size) return NDIS_STATUS_SUCCESS;
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {.OffloadAttributes = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1,
                   NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1},
        .DefaultOffloadConfiguration = &offload, .HardwareOffloadCapabilities = &offload}};
    return NdisMSetMiniportAttributes(adapter->handle, &attributes);
}

static NDIS_STATUS initialize(NDIS_HANDLE handle, NDIS_HANDLE driver_context, PNDIS_MINIPORT_INIT_PARAMETERS parameters) {
    struct team_adapter *adapter = parameters->IMDeviceInstanceContext;
    UNREFERENCED_PARAMETER(driver_context);
    adapter->handle = handle;
    NDIS_STATUS status = set_registration(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = set_general(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = set_offload(adapter);
    if (status != NDIS_STATUS_SUCCESS) adapter->handle = NULL;
    return status;
}

static VOID halt(NDIS_HANDLE context, NDIS_HALT_ACTION action) {
    struct team_adapter *adapter = context;
    UNREFERENCED_PARAMETER(action);
    adapter->handle = NULL;
}

static NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS parameters) {
    struct team_adapter *adapter = context;
    UNREFERENCED_PARAMETER(parameters);
    NdisAcquireSpinLock(&adapter->lock);
    adapter->running = TRUE;
    NdisReleaseSpinLock(&adapter->lock);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS pause(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS parameters) {
    struct team_adapter *adapter = context;
    UNREFERENCED_PARAMETER(parameters);
    NdisAcquireSpinLock(&adapter->lock);
    adapter->running = FALSE;
    adapter->pausing = adapter->out != 0;
    const NDIS_STATUS status = adapter->pausing ? NDIS_STATUS_PENDING : NDIS_STATUS_SUCCESS;
    NdisReleaseSpinLock(&adapter->lock);
    return status;
}

static VOID shutdown(NDIS_HANDLE context, NDIS_SHUTDOWN_ACTION action) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(action);
}

static VOID device_pnp_event(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(event);
}

NDIS_STATUS team_register_miniport(struct team *team, PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS characteristics = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = TEAM_NDIS_MAJOR,
        .MinorNdisVersion = TEAM_NDIS_MINOR,
        .Flags = NDIS_INTERMEDIATE_DRIVER,
        .InitializeHandlerEx = initialize,
        .HaltHandlerEx = halt,
        .UnloadHandler = team_unload,
        .PauseHandler = pause,
        .RestartHandler = restart,
        .OidRequestHandler = team_oid_request,
        .SendNetBufferListsHandler = team_send,
        .ReturnNetBufferListsHandler = team_return,
        .CancelSendHandler = team_cancel_send,
        .DevicePnPEventNotifyHandler = device_pnp_event,
        .ShutdownHandlerEx = shutdown,
        .CancelOidRequestHandler = team_cancel_oid_request,
    };
    return NdisMRegisterMiniportDriver(driver, registry_path, team, &characteristics, &team->miniport);
}
