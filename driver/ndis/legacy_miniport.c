/* SPDX-License-Identifier: Apache-2.0 */
/* legacy_miniport.c: miniports of NDIS 5: registration, initialisation, pause, reset, halt. [D] 5, 3.3, 3.4 */
#include <stdlib.h>

#include "legacy_miniport_internal.h"

enum { PACKETS = 64 /* that a pool grows by */, TAG = 0x356D646E /* 'ndm5' */, ADDRESS = 6,
       NDIS4_LENGTH = offsetof(NDIS_MINIPORT_CHARACTERISTICS, CoCreateVcHandler) };

struct legacy_adapter *legacy_adapter_of(NDIS_HANDLE handle, const char *function) {
    struct ndis_adapter *adapter = ndis_object_of(handle, NDIS_OBJECT_ADAPTER, function);
    if (!adapter || adapter->legacy) return adapter ? adapter->legacy : NULL;
    kernel_violation(adapter->object.ndis->kernel, "ndis.handle", "[D] 5", -1,
                     "%s, of NDIS 5, was called for %s, whose miniport is of NDIS 6", function, adapter->object.name);
    return NULL;
}

/* ---- Attributes: what a miniport of NDIS 6 says in InitializeEx is asked of this one by OID. */
VOID NdisMSetAttributesEx(NDIS_HANDLE MiniportAdapterHandle, NDIS_HANDLE MiniportAdapterContext, UINT CheckForHangTimeInSeconds,
                          ULONG AttributeFlags, NDIS_INTERFACE_TYPE AdapterType) {
    struct legacy_adapter *legacy = legacy_adapter_of(MiniportAdapterHandle, __func__);
    if (!legacy) return;
    legacy->context = MiniportAdapterContext;
    legacy->attributes = AttributeFlags;
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {.RegistrationAttributes = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
                   sizeof(attributes.RegistrationAttributes)},
        .MiniportAdapterContext = legacy,
        .AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE |
                          (AttributeFlags & NDIS_ATTRIBUTE_BUS_MASTER ? NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER : 0) |
                          (AttributeFlags & NDIS_ATTRIBUTE_SURPRISE_REMOVE_OK ? NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK : 0),
        .CheckForHangTimeInSeconds = CheckForHangTimeInSeconds, .InterfaceType = AdapterType}};
    (void)NdisMSetMiniportAttributes(MiniportAdapterHandle, &attributes);
}

/* A number that the driver need not know: then `unknown`. */
static ULONG ask_number(struct legacy_adapter *legacy, NDIS_OID oid, ULONG unknown) {
    ULONG value = 0, written = 0;
    const NDIS_STATUS status = legacy_miniport_ask(legacy, oid, &value, sizeof(value), &written);
    return status == NDIS_STATUS_SUCCESS && written == sizeof(value) ? value : unknown;
}

static NDIS_STATUS set_general(struct legacy_adapter *legacy) {
    enum { OIDS_MOST = 256, UNITS = 100 /* bit/s of OID_GEN_LINK_SPEED */, CONNECTED = 0, MTU = 1500 };
    NDIS_OID oids[OIDS_MOST];
    ULONG oid_bytes = 0, written;
    UCHAR permanent[ADDRESS], current[ADDRESS];
    NDIS_PNP_CAPABILITIES power = {0};
    if (legacy_miniport_ask(legacy, OID_GEN_SUPPORTED_LIST, oids, sizeof(oids), &oid_bytes) != NDIS_STATUS_SUCCESS) oid_bytes = 0;
    NDIS_STATUS status = legacy_miniport_ask(legacy, OID_802_3_CURRENT_ADDRESS, current, sizeof(current), &written);
    if (status == NDIS_STATUS_SUCCESS)
        status = legacy_miniport_ask(legacy, OID_802_3_PERMANENT_ADDRESS, permanent, sizeof(permanent), &written);
    if (status != NDIS_STATUS_SUCCESS) return status;
    const ULONG speed = ask_number(legacy, OID_GEN_LINK_SPEED, 0), mtu = ask_number(legacy, OID_GEN_MAXIMUM_FRAME_SIZE, MTU);
    const ULONG64 bits = speed ? (ULONG64)speed * UNITS : NDIS_LINK_SPEED_UNKNOWN;
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {.GeneralAttributes = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2,
                   NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2},
        .MediaType = NdisMedium802_3, .PhysicalMediumType = NdisPhysicalMediumUnspecified, .MtuSize = mtu,
        .MaxXmitLinkSpeed = bits, .XmitLinkSpeed = bits, .MaxRcvLinkSpeed = bits, .RcvLinkSpeed = bits,
        .MediaConnectState = ask_number(legacy, OID_GEN_MEDIA_CONNECT_STATUS, CONNECTED) == CONNECTED ? MediaConnectStateConnected
                                                                                                      : MediaConnectStateDisconnected,
        .LookaheadSize = ask_number(legacy, OID_GEN_MAXIMUM_LOOKAHEAD, mtu), .PowerManagementCapabilities = &power,
        .MacOptions = ask_number(legacy, OID_GEN_MAC_OPTIONS, 0),
        .SupportedPacketFilters = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST |
                                  NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS, /* NDIS 5 cannot say which it lacks */
        .MaxMulticastListSize = ask_number(legacy, OID_802_3_MAXIMUM_LIST_SIZE, 0), .MacAddressLength = ADDRESS,
        .AccessType = NET_IF_ACCESS_BROADCAST, .DirectionType = NET_IF_DIRECTION_SENDRECEIVE,
        .ConnectionType = NET_IF_CONNECTION_DEDICATED, .IfType = IF_TYPE_ETHERNET_CSMACD, .IfConnectorPresent = TRUE,
        .SupportedPauseFunctions = NdisPauseFunctionsUnknown, .SupportedOidList = oids, .SupportedOidListLength = oid_bytes}};
    RtlCopyMemory(attributes.GeneralAttributes.PermanentMacAddress, permanent, ADDRESS);
    RtlCopyMemory(attributes.GeneralAttributes.CurrentMacAddress, current, ADDRESS);
    return NdisMSetMiniportAttributes(legacy->adapter, &attributes);
}

/* ---- Life of an adapter */
static NDIS_STATUS make_pools(struct legacy_adapter *legacy) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .fAllocateNetBuffer = TRUE, .PoolTag = TAG};
    legacy->nbls = WdkAllocateNetBufferListPool(legacy->adapter, &parameters, "MiniportInitialize");
    legacy->packets = packet_pool_make(legacy->adapter->object.ndis, legacy->adapter->object.name, PACKETS, 0, true, "MiniportInitialize");
    return legacy->nbls && legacy->packets ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static void tear_down(struct legacy_adapter *legacy) {
    legacy_miniport_release(legacy);
    if (legacy->nbls) NdisFreeNetBufferListPool(legacy->nbls);
    if (legacy->packets) packet_pool_close(legacy->packets);
    legacy->nbls = NULL;
    legacy->packets = NULL;
}

static NDIS_STATUS call_initialize(struct legacy_adapter *legacy) {
    NDIS_MEDIUM media[] = {NdisMedium802_3};
    UINT selected = 0;
    NDIS_STATUS open_error;
    return legacy->miniport->chars.InitializeHandler(&open_error, &selected, media, sizeof(media) / sizeof(media[0]), legacy->adapter,
                                                     legacy);
}

/* What a failed initialisation or a halt leaves is kept until the adapter goes: an NBL that was lost may still name it. */
static struct legacy_adapter *make_adapter(struct ndis_adapter *adapter, struct legacy_miniport *miniport) {
    if (!adapter->legacy) adapter->legacy = malloc(sizeof(*adapter->legacy));
    if (adapter->legacy) *adapter->legacy = (struct legacy_adapter){.miniport = miniport, .adapter = adapter};
    return adapter->legacy;
}

static NDIS_STATUS initialize(NDIS_HANDLE handle, NDIS_HANDLE driver_context, PNDIS_MINIPORT_INIT_PARAMETERS parameters) {
    struct legacy_adapter *legacy = make_adapter(handle, driver_context);
    if (!legacy) return NDIS_STATUS_RESOURCES;
    KeInitializeEvent(&legacy->answered, NotificationEvent, FALSE);
    legacy->resources = parameters->AllocatedResources;
    NDIS_STATUS status = make_pools(legacy);
    if (status == NDIS_STATUS_SUCCESS) status = call_initialize(legacy);
    legacy->resources = NULL;
    if (status == NDIS_STATUS_SUCCESS) {
        status = legacy->adapter->have_registration ? set_general(legacy) : NDIS_STATUS_SUCCESS;  /* NDIS reports the lack of it */
        if (status != NDIS_STATUS_SUCCESS) legacy->miniport->chars.HaltHandler(legacy->context);
    }
    if (status != NDIS_STATUS_SUCCESS) tear_down(legacy);
    return status;
}

static VOID halt(NDIS_HANDLE context, NDIS_HALT_ACTION action) {
    struct legacy_adapter *legacy = context;
    (void)action;
    legacy->miniport->chars.HaltHandler(legacy->context);
    tear_down(legacy);
}

static NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS parameters) {
    struct legacy_adapter *legacy = context;
    (void)parameters;
    legacy->running = true;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS pause(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS parameters) {
    struct legacy_adapter *legacy = context;
    (void)parameters;
    legacy->running = false;
    if (legacy->out == 0 && legacy->indicated == 0) return NDIS_STATUS_SUCCESS;
    legacy->pausing = true;
    return NDIS_STATUS_PENDING;
}

void legacy_check_paused(struct legacy_adapter *legacy) {
    if (!legacy->pausing || legacy->out || legacy->indicated) return;
    legacy->pausing = false;
    if (legacy->adapter->pause.active) NdisMPauseComplete(legacy->adapter);  /* else it took too long, and NDIS went on */
}

/* ---- Reset, hang, events, shutdown: the same by other names */
static BOOLEAN check_for_hang(NDIS_HANDLE context) {
    const struct legacy_adapter *legacy = context;
    return legacy->miniport->chars.CheckForHangHandler ? legacy->miniport->chars.CheckForHangHandler(legacy->context) : FALSE;
}

static NDIS_STATUS reset(NDIS_HANDLE context, PBOOLEAN addressing_reset) {
    const struct legacy_adapter *legacy = context;
    return legacy->miniport->chars.ResetHandler(addressing_reset, legacy->context);
}

static VOID device_event(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event) {
    const struct legacy_adapter *legacy = context;
    if (legacy->miniport->chars.PnPEventNotifyHandler)
        legacy->miniport->chars.PnPEventNotifyHandler(legacy->context, event->DevicePnPEvent, event->InformationBuffer,
                                                      event->InformationBufferLength);
}

static VOID shut_down(NDIS_HANDLE context, NDIS_SHUTDOWN_ACTION action) {
    const struct legacy_adapter *legacy = context;
    (void)action;
    if (legacy->miniport->chars.AdapterShutdownHandler) legacy->miniport->chars.AdapterShutdownHandler(legacy->context);
}

/* A request that a driver of NDIS 5 has cannot be taken back. */
static VOID cancel_request(NDIS_HANDLE context, PVOID id) {
    (void)context;
    (void)id;
}

/* ---- Registration */
static VOID unload(PDRIVER_OBJECT driver_object) {
    struct ndis_driver *driver = CONTAINING_RECORD(driver_object, struct ndis_driver, driver_object);
    if (driver->legacy->unload) driver->legacy->unload(driver_object);
}

VOID NdisMInitializeWrapper(PNDIS_HANDLE NdisWrapperHandle, PVOID SystemSpecific1, PVOID SystemSpecific2, PVOID SystemSpecific3) {
    struct ndis_driver *driver = CONTAINING_RECORD(SystemSpecific1, struct ndis_driver, driver_object);
    (void)SystemSpecific2;
    (void)SystemSpecific3;
    if (!driver->legacy) driver->legacy = calloc(1, sizeof(*driver->legacy));
    *NdisWrapperHandle = driver;
}

VOID NdisTerminateWrapper(NDIS_HANDLE NdisWrapperHandle, PVOID SystemSpecific) {
    (void)SystemSpecific;
    struct ndis_driver *driver = ndis_object_of(NdisWrapperHandle, NDIS_OBJECT_DRIVER, __func__);
    if (driver) driver->is_miniport = false;
}

VOID NdisMRegisterUnloadHandler(NDIS_HANDLE NdisWrapperHandle, PDRIVER_UNLOAD UnloadHandler) {
    struct ndis_driver *driver = ndis_object_of(NdisWrapperHandle, NDIS_OBJECT_DRIVER, __func__);
    if (driver && driver->legacy) driver->legacy->unload = UnloadHandler;
}

static bool is_complete(const NDIS_MINIPORT_CHARACTERISTICS *chars) {
    return chars->InitializeHandler && chars->HaltHandler && chars->ResetHandler && chars->QueryInformationHandler &&
           chars->SetInformationHandler && chars->ReturnPacketHandler && (chars->SendPacketsHandler || chars->SendHandler);
}

NDIS_STATUS NdisMRegisterMiniport(NDIS_HANDLE NdisWrapperHandle, PNDIS_MINIPORT_CHARACTERISTICS MiniportCharacteristics,
                                  UINT CharacteristicsLength) {
    struct ndis_driver *driver = ndis_object_of(NdisWrapperHandle, NDIS_OBJECT_DRIVER, __func__);
    if (!driver) return NDIS_STATUS_FAILURE;
    struct legacy_miniport *legacy = driver->legacy;
    if (!legacy) return NDIS_STATUS_RESOURCES;
    if (CharacteristicsLength < NDIS4_LENGTH) return NDIS_STATUS_BAD_CHARACTERISTICS;
    if (MiniportCharacteristics->MajorNdisVersion < 4 || MiniportCharacteristics->MajorNdisVersion > 5) return NDIS_STATUS_BAD_VERSION;
    memcpy(&legacy->chars, MiniportCharacteristics,
           CharacteristicsLength < sizeof(legacy->chars) ? CharacteristicsLength : sizeof(legacy->chars));
    if (!is_complete(&legacy->chars)) return NDIS_STATUS_BAD_CHARACTERISTICS;
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS chars = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6, .MinorNdisVersion = 80, .InitializeHandlerEx = initialize, .HaltHandlerEx = halt, .UnloadHandler = unload,
        .PauseHandler = pause, .RestartHandler = restart, .OidRequestHandler = legacy_miniport_request,
        .SendNetBufferListsHandler = legacy_miniport_send, .ReturnNetBufferListsHandler = legacy_miniport_return,
        .CancelSendHandler = legacy_miniport_cancel_send, .CheckForHangHandlerEx = check_for_hang, .ResetHandlerEx = reset,
        .DevicePnPEventNotifyHandler = device_event, .ShutdownHandlerEx = shut_down, .CancelOidRequestHandler = cancel_request};
    NDIS_HANDLE handle;
    return NdisMRegisterMiniportDriver(&driver->driver_object, NULL, legacy, &chars, &handle);
}
