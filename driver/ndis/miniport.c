/* SPDX-License-Identifier: Apache-2.0 */
/* miniport.c: registration and attributes of miniports, completion of what they pended. [D] 2.11, 3.6 */
#include <stdlib.h>

#include "ndis_internal.h"

NDIS_STATUS NdisMRegisterMiniportDriver(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath, NDIS_HANDLE MiniportDriverContext,
                                        PNDIS_MINIPORT_DRIVER_CHARACTERISTICS MiniportDriverCharacteristics,
                                        PNDIS_HANDLE NdisMiniportDriverHandle) {
    (void)RegistryPath;
    const NDIS_MINIPORT_DRIVER_CHARACTERISTICS *chars = MiniportDriverCharacteristics;
    struct ndis_driver *driver = CONTAINING_RECORD(DriverObject, struct ndis_driver, driver_object);
    ndis_require_passive(driver->object.ndis, __func__);
    if (chars->Header.Size < NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1) return NDIS_STATUS_BAD_CHARACTERISTICS;
    if (chars->MajorNdisVersion < 6) return NDIS_STATUS_BAD_VERSION;
    if (!chars->InitializeHandlerEx || !chars->HaltHandlerEx || !chars->PauseHandler || !chars->RestartHandler ||
        !chars->OidRequestHandler || !chars->SendNetBufferListsHandler || !chars->ReturnNetBufferListsHandler)
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    size_t size = chars->Header.Size < sizeof(driver->miniport) ? chars->Header.Size : sizeof(driver->miniport);
    memcpy(&driver->miniport, chars, size);
    driver->is_miniport = true;
    driver->context = MiniportDriverContext;
    *NdisMiniportDriverHandle = driver;  /* before SetOptions: drivers compare it there */
    if (!driver->miniport.SetOptionsHandler) return NDIS_STATUS_SUCCESS;
    NDIS_STATUS status = driver->miniport.SetOptionsHandler(driver, MiniportDriverContext);
    if (status != NDIS_STATUS_SUCCESS) driver->is_miniport = false;
    return status;
}

VOID NdisMDeregisterMiniportDriver(NDIS_HANDLE NdisMiniportDriverHandle) {
    struct ndis_driver *driver = ndis_object_of(NdisMiniportDriverHandle, NDIS_OBJECT_DRIVER, __func__);
    if (driver) driver->is_miniport = false;
}

static NDIS_STATUS set_general(struct ndis_adapter *adapter, const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *from) {
    if (from->Header.Size < NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1) return NDIS_STATUS_BAD_CHARACTERISTICS;
    if (from->MacAddressLength > NDIS_MAX_PHYS_ADDRESS_LENGTH) return NDIS_STATUS_INVALID_PARAMETER;
    NDIS_OID *oids = NULL;
    if (from->SupportedOidListLength) {
        oids = malloc(from->SupportedOidListLength);
        if (!oids) return NDIS_STATUS_RESOURCES;
        memcpy(oids, from->SupportedOidList, from->SupportedOidListLength);
    }
    free(adapter->oids);
    adapter->oids = oids;
    memset(&adapter->general, 0, sizeof(adapter->general));
    size_t size = from->Header.Size < sizeof(adapter->general) ? from->Header.Size : sizeof(adapter->general);
    memcpy(&adapter->general, from, size);
    adapter->general.SupportedOidList = oids;
    if (from->PowerManagementCapabilities) {
        adapter->power = *from->PowerManagementCapabilities;
        adapter->general.PowerManagementCapabilities = &adapter->power;
    }
    adapter->general.PowerManagementCapabilitiesEx = NULL;  /* not carried further: nobody asks for it yet */
    ndis_take_rss(adapter, from->RecvScaleCapabilities);
    adapter->link = (NDIS_LINK_STATE){
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_STATE_REVISION_1, NDIS_SIZEOF_LINK_STATE_REVISION_1},
        .MediaConnectState = from->MediaConnectState, .MediaDuplexState = from->MediaDuplexState,
        .XmitLinkSpeed = from->XmitLinkSpeed, .RcvLinkSpeed = from->RcvLinkSpeed,
        .PauseFunctions = (NDIS_SUPPORTED_PAUSE_FUNCTIONS)from->SupportedPauseFunctions,
        .AutoNegotiationFlags = from->AutoNegotiationFlags};
    adapter->have_general = true;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMSetMiniportAttributes(NDIS_HANDLE NdisMiniportHandle, PNDIS_MINIPORT_ADAPTER_ATTRIBUTES MiniportAttributes) {
    struct ndis_adapter *adapter = ndis_object_of(NdisMiniportHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (!adapter) return NDIS_STATUS_INVALID_PARAMETER;
    ndis_require_passive(adapter->object.ndis, __func__);
    switch (MiniportAttributes->Header.Type) {
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES:
        if (MiniportAttributes->Header.Size < NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1)
            return NDIS_STATUS_BAD_CHARACTERISTICS;
        adapter->context = MiniportAttributes->RegistrationAttributes.MiniportAdapterContext;
        adapter->attribute_flags = MiniportAttributes->RegistrationAttributes.AttributeFlags;
        adapter->hang_seconds = MiniportAttributes->RegistrationAttributes.CheckForHangTimeInSeconds;
        adapter->have_registration = true;
        return NDIS_STATUS_SUCCESS;
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES:
        return set_general(adapter, &MiniportAttributes->GeneralAttributes);
    case NDIS_OBJECT_TYPE_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES:
        return ndis_set_add_device(adapter, &MiniportAttributes->AddDeviceRegistrationAttributes);
    case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES:
        return ndis_take_offload(adapter, &MiniportAttributes->OffloadAttributes);
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

VOID NdisMPauseComplete(NDIS_HANDLE MiniportAdapterHandle) {
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (adapter) ndis_pending_complete(adapter->object.ndis, &adapter->pause, NDIS_STATUS_SUCCESS, __func__);
}

VOID NdisMRestartComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status) {
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (adapter) ndis_pending_complete(adapter->object.ndis, &adapter->restart, Status, __func__);
}
