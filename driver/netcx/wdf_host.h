/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdf_host.h: the driver framework as the system sees it: the Plug and Play events of a device, in WDF's order.
 *
 *   wdf_find_driver(driver_object)      after DriverEntry: did it call WdfDriverCreate?
 *   wdf_device_add(driver, owner, machine, &device)
 *   wdf_device_start(device)            PrepareHardware ... SelfManagedIoInit
 *   wdf_device_power_cycle(device)      SelfManagedIoSuspend ... D0Exit, D0Entry ... SelfManagedIoRestart
 *   wdf_device_stop(device)             SelfManagedIoSuspend ... SelfManagedIoCleanup
 *   wdf_device_remove(device)           its object goes
 *   wdf_driver_unload(driver)
 *
 * A device's resources are BAR 0 and the messages of the card in the slot that `machine` is of. All at PASSIVE_LEVEL.
 */
#ifndef RINGSIDE_NETCX_WDF_HOST_H
#define RINGSIDE_NETCX_WDF_HOST_H

#include "kernel/kernel.h"
#include "wdf.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wdf_driver;
struct wdf_device;

/* NULL: the driver of this object does not use the framework. */
struct wdf_driver *wdf_find_driver(struct kernel *kernel, PDRIVER_OBJECT driver_object);
void wdf_driver_unload(struct wdf_driver *driver);

/* Calls EvtDriverDeviceAdd. `owner` is what wdf_device_owner() gives for the device, also inside the callback's NetDeviceInitConfig. Fails as
 * the callback does; UNSUCCESSFUL: it succeeded without a device. */
NTSTATUS wdf_device_add(struct wdf_driver *driver, void *owner, const struct platform *machine, struct wdf_device **device);
/* What failed is undone. */
NTSTATUS wdf_device_start(struct wdf_device *device);
void wdf_device_stop(struct wdf_device *device);
/* To D3 and back: what starts later, and what was stopped, but no hardware is released. On failure it is as after wdf_device_stop(). */
NTSTATUS wdf_device_power_cycle(struct wdf_device *device);
void wdf_device_remove(struct wdf_device *device);
void wdf_device_surprise_removal(struct wdf_device *device);
void *wdf_device_owner(WDFDEVICE device);

/* The steps of a class extension in the device's life; they may be left out. `owner` is the device's. */
struct wdf_extension {
    NTSTATUS (*power_up)(void *owner);  /* behind D0EntryPostInterruptsEnabled */
    void (*power_down)(void *owner);    /* before D0ExitPreInterruptsDisabled */
    void (*failed)(void *owner);        /* WdfDeviceSetFailed; up to DISPATCH_LEVEL */
};
void wdf_device_init_set_extension(PWDFDEVICE_INIT init, const struct wdf_extension *extension);

#ifdef __cplusplus
}
#endif

#endif
