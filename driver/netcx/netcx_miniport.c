/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_miniport.c: a client driver as NDIS knows it: a miniport, whose handlers are ours.
 *
 *   InitializeEx   EvtDriverDeviceAdd, the device's start, its queues; then the attributes, from what the driver declared meanwhile
 *   Restart        the data path starts        SendNetBufferLists     to a transmit queue
 *   Pause          it stops                    ReturnNetBufferLists   to the receive queue that it came from
 *   HaltEx         the device's stop and end
 */
#include "netcx_offload.h"

enum { NDIS_MAJOR = 6, NDIS_MINOR = 80 };

/* ---- The class extension's part in a device's life */
static NTSTATUS power_up(void *owner) {
    struct netcx_device *device = owner;
    device->powered = true;
    return device->adapter && device->adapter->started ? netcx_queues_create(device->adapter) : STATUS_SUCCESS;
}

static void stop_data_path(struct netcx_device *device) {
    if (!device->running) return;
    device->running = false;
    if (device->adapter) netcx_queues_stop(device->adapter);
}

static void power_down(void *owner) {
    struct netcx_device *device = owner;
    stop_data_path(device);
    if (device->adapter) netcx_queues_delete(device->adapter);
    device->powered = false;
}

static void failed(void *owner) {
    struct netcx_device *device = owner;
    if (!device->removed) NdisMRemoveMiniport(device->ndis);
    device->removed = true;
}

NTSTATUS NetDeviceInitConfig(PWDFDEVICE_INIT DeviceInit) {
    static const struct wdf_extension extension = {.power_up = power_up, .power_down = power_down, .failed = failed};
    wdf_device_init_set_extension(DeviceInit, &extension);
    return STATUS_SUCCESS;
}

/* ---- Handlers */
static NDIS_STATUS bring_up(struct netcx_device *device, struct wdf_driver *driver) {
    NTSTATUS status = netcx_set_registration(device);
    if (NT_SUCCESS(status)) status = wdf_device_add(driver, device, ndis_platform(device->ndis), &device->wdf);
    if (!NT_SUCCESS(status)) return status;
    status = wdf_device_start(device->wdf);
    if (!NT_SUCCESS(status)) {
        wdf_device_remove(device->wdf);
        return status;
    }
    if (!device->adapter || !device->adapter->tx_count || !device->adapter->rx_count) {
        netcx_violation(device, "netcx.start", "the device started without an adapter that has queues: NetAdapterStart was not called, or failed");
        status = NDIS_STATUS_FAILURE;
    } else {
        status = netcx_set_general(device);
        if (NT_SUCCESS(status)) status = netcx_offload_attributes(device->adapter);
    }
    if (NT_SUCCESS(status)) return NDIS_STATUS_SUCCESS;
    wdf_device_stop(device->wdf);
    wdf_device_remove(device->wdf);
    return status;
}

/* For the report of an NBL that is lost. A received one is out, and carries its queue. */
static bool place_of(void *context, PNET_BUFFER_LIST nbl, char *text, size_t size) {
    const struct netcx_device *device = context;
    for (unsigned i = 0; device->adapter && i < device->adapter->tx_count; i++)
        if (netcx_tx_place(device->adapter->tx[i], nbl, text, size)) return true;
    const struct netcx_queue *owner = netcx_rx_owner(nbl);
    for (unsigned i = 0; device->adapter && i < device->adapter->rx_count; i++) {
        if (device->adapter->rx[i] != owner) continue;
        netcx_rx_place(nbl, text, size);
        return true;
    }
    return false;
}

static NDIS_STATUS initialize(NDIS_HANDLE handle, NDIS_HANDLE context, PNDIS_MINIPORT_INIT_PARAMETERS parameters) {
    struct wdf_driver *driver = context;
    struct kernel *kernel = driver->object.kernel;
    if (!parameters->AllocatedResources) {
        kernel_violation(kernel, "netcx.start", "[D] NetAdapterCx", -1,
                         "a client driver drives the NIC, and this adapter has no hardware: put the driver first in the stack, as 'driver.so nic0'");
        return NDIS_STATUS_FAILURE;
    }
    struct netcx_device *device = kernel_allocate(kernel, sizeof(*device), NETCX_TAG);
    if (!device) return NDIS_STATUS_RESOURCES;
    device->ndis = handle;
    device->kernel = kernel;
    KeInitializeEvent(&device->control, SynchronizationEvent, TRUE);
    const NDIS_STATUS status = bring_up(device, driver);
    device->attributes_set = true;
    if (status == NDIS_STATUS_SUCCESS) ndis_set_place(handle, place_of, device);
    else kernel_free(device);
    return status;
}

static VOID halt(NDIS_HANDLE context, NDIS_HALT_ACTION action) {
    struct netcx_device *device = context;
    UNREFERENCED_PARAMETER(action);
    ndis_set_place(device->ndis, NULL, NULL);
    device->removed = true;
    netcx_control_begin(device);
    device->attributes_set = false; /* nobody listens any more */
    wdf_device_stop(device->wdf);
    wdf_device_remove(device->wdf);
    kernel_free(device);
}

static NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS parameters) {
    struct netcx_device *device = context;
    UNREFERENCED_PARAMETER(parameters);
    if (device->removed) return NDIS_STATUS_FAILURE;
    netcx_control_begin(device);
    device->running = device->adapter->tx_count != 0; /* else the device did not come back from a reset */
    if (device->running) netcx_queues_start(device->adapter);
    netcx_control_end(device);
    return device->running ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

static NDIS_STATUS pause(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS parameters) {
    struct netcx_device *device = context;
    UNREFERENCED_PARAMETER(parameters);
    netcx_control_begin(device);
    stop_data_path(device);
    netcx_control_end(device);
    return NDIS_STATUS_SUCCESS;
}

/* The filters are the driver's to set again, which forgets nothing in D3. */
static NDIS_STATUS reset(NDIS_HANDLE context, PBOOLEAN addressing_reset) {
    *addressing_reset = FALSE;
    return netcx_reset_device(context);
}

/* Run by run: what follows on the same queue goes there at once. */
static void spread(const struct netcx_adapter *adapter, PNET_BUFFER_LIST nbls) {
    while (nbls) {
        PNET_BUFFER_LIST first = nbls, last = nbls;
        struct netcx_queue *queue = netcx_flow_queue(adapter, first), *next = NULL;
        while (last->Next && (next = netcx_flow_queue(adapter, last->Next)) == queue) last = last->Next;
        nbls = last->Next;
        last->Next = NULL;
        netcx_tx_send(queue, first);
    }
}

static VOID send(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG flags) {
    struct netcx_device *device = context;
    UNREFERENCED_PARAMETER(port);
    if (device->running) {
        if (device->adapter->tx_count == 1) netcx_tx_send(device->adapter->tx[0], nbls);
        else spread(device->adapter, nbls);
        return;
    }
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = nbl->Next) nbl->Status = device->resetting ? NDIS_STATUS_RESET_IN_PROGRESS : NDIS_STATUS_PAUSED;
    NdisMSendNetBufferListsComplete(device->ndis, nbls, NDIS_TEST_SEND_AT_DISPATCH_LEVEL(flags) ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
}

static VOID cancel_send(NDIS_HANDLE context, PVOID cancel_id) {
    struct netcx_device *device = context;
    for (unsigned i = 0; device->running && i < device->adapter->tx_count; i++)
        netcx_tx_cancel(device->adapter->tx[i], cancel_id);
}

static VOID return_nbls(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(flags);
    while (nbls) {
        /* A protocol may return NBLs of several queues in one list: run by run, as they come. */
        PNET_BUFFER_LIST first = nbls, last = nbls;
        struct netcx_queue *owner = netcx_rx_owner(first);
        for (nbls = nbls->Next; nbls && netcx_rx_owner(nbls) == owner; nbls = nbls->Next) last = nbls;
        netcx_rx_return(owner, first, last);
    }
}

static VOID pnp_event(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event) {
    struct netcx_device *device = context;
    if (event->DevicePnPEvent != NdisDevicePnPEventSurpriseRemoved) return;
    device->removed = true;
    wdf_device_surprise_removal(device->wdf);
}

/* No request is ever pending here. */
static VOID cancel_oid_request(NDIS_HANDLE context, PVOID request_id) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(request_id);
}

static VOID shutdown(NDIS_HANDLE context, NDIS_SHUTDOWN_ACTION action) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(action);
}

/* ---- Drivers */
static VOID unload(PDRIVER_OBJECT driver_object) {
    struct kernel *kernel = kernel_require_context("DriverUnload")->kernel;
    struct wdf_driver *driver = wdf_find_driver(kernel, driver_object);
    if (driver) wdf_driver_unload(driver);
}

static NDIS_STATUS register_miniport(struct wdf_driver *driver) {
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS characteristics = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = NDIS_MAJOR,
        .MinorNdisVersion = NDIS_MINOR,
        .InitializeHandlerEx = initialize,
        .HaltHandlerEx = halt,
        .UnloadHandler = unload,
        .PauseHandler = pause,
        .RestartHandler = restart,
        .ResetHandlerEx = reset,
        .OidRequestHandler = netcx_oid_request,
        .SendNetBufferListsHandler = send,
        .ReturnNetBufferListsHandler = return_nbls,
        .CancelSendHandler = cancel_send,
        .DevicePnPEventNotifyHandler = pnp_event,
        .ShutdownHandlerEx = shutdown,
        .CancelOidRequestHandler = cancel_oid_request,
    };
    NDIS_HANDLE handle;
    return NdisMRegisterMiniportDriver(driver->driver_object, NULL, driver, &characteristics, &handle);
}

NDIS_STATUS netcx_load_driver(struct kernel *kernel, const char *name, DRIVER_INITIALIZE *entry, void *argument) {
    const struct wdf_driver *before = kernel->wdf;
    NDIS_STATUS status = ndis_load_driver(kernel->ndis, name, entry, argument);
    struct wdf_driver *driver = kernel->wdf;
    struct kernel_scope scope;
    kernel_enter(kernel, &scope);
    if (driver == before || !driver->config.EvtDriverDeviceAdd) {
        /* not a client: it registered itself as what it is */
    } else if (status == NDIS_STATUS_SUCCESS) {
        status = register_miniport(driver);
    } else {
        driver->config.EvtDriverUnload = NULL; /* it never was loaded */
        wdf_driver_unload(driver);
    }
    kernel_leave(&scope);
    return status;
}

struct platform *netcx_platform(WDFDEVICE device) {
    const struct netcx_device *owner = wdf_device_owner(device);
    return owner ? ndis_platform(owner->ndis) : NULL;
}
