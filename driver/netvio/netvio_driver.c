/* SPDX-License-Identifier: Apache-2.0 */
/* netvio_driver.c: DriverEntry of the miniport. The driver's only state is its registration: adapters are independent. */
#include "netvio_adapter.h"

enum { NDIS_MAJOR = 6, NDIS_MINOR = 80, DRIVER_MAJOR = 0, DRIVER_MINOR = 1 };

static VOID unload(PDRIVER_OBJECT driver) {
    const struct netvio_config *config = ndis_driver_argument(driver);
    NdisMDeregisterMiniportDriver(config->driver);
}

static VOID device_pnp_event(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event) {
    if (event->DevicePnPEvent == NdisDevicePnPEventSurpriseRemoved) netvio_removed(context);
}

NTSTATUS netvio_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS characteristics = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = NDIS_MAJOR,
        .MinorNdisVersion = NDIS_MINOR,
        .MajorDriverVersion = DRIVER_MAJOR,
        .MinorDriverVersion = DRIVER_MINOR,
        .InitializeHandlerEx = netvio_initialize,
        .HaltHandlerEx = netvio_halt,
        .UnloadHandler = unload,
        .PauseHandler = netvio_pause,
        .RestartHandler = netvio_restart,
        .OidRequestHandler = netvio_oid_request,
        .SendNetBufferListsHandler = netvio_send,
        .ReturnNetBufferListsHandler = netvio_return,
        .CancelSendHandler = netvio_cancel_send,
        .ResetHandlerEx = netvio_reset,
        .DevicePnPEventNotifyHandler = device_pnp_event,
        .ShutdownHandlerEx = netvio_shutdown,
        .CancelOidRequestHandler = netvio_cancel_oid_request,
    };
    struct netvio_config *config = ndis_driver_argument(driver);
    return NdisMRegisterMiniportDriver(driver, registry_path, config, &characteristics, &config->driver);
}
