/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netviocx_device.c: the device's hardware and power: features and rings when it is prepared, DRIVER_OK when it enters D0. [V] 3.1.1
 *
 * The rings are the device's from D0 entry to exit, empty as long as the queues over them do not run. A reset of the device, at D0 exit or
 * after a failure, is what makes it forget the driver's memory; coming back to D0 it is given the features that it had.
 */
#include "netviocx_device.h"

#include <errno.h>
#include <stdio.h>

static const uint64_t required_features =
    REGMAP_BIT(VIRTIO_F_VERSION_1_BIT) | REGMAP_BIT(VIRTIO_F_RING_PACKED_BIT) | REGMAP_BIT(VIRTIO_F_ACCESS_PLATFORM_BIT) |
    REGMAP_BIT(VIRTIO_NET_F_MAC_BIT) | REGMAP_BIT(VIRTIO_F_RING_RESET_BIT) | REGMAP_BIT(VIRTIO_F_IN_ORDER_BIT);

void netviocx_report(NETVIOCX_DEVICE *device, const char *check, const char *clause, const char *message) {
    device->platform->ops->violation(device->platform->ctx, check, clause, -1, message);
}

static NTSTATUS status_of(int error) {
    switch (error) {
    case 0: return STATUS_SUCCESS;
    case -ENODEV: return STATUS_NO_SUCH_DEVICE;
    case -ENOTSUP: return STATUS_NOT_SUPPORTED;
    case -ENOMEM: return STATUS_INSUFFICIENT_RESOURCES;
    default: return STATUS_UNSUCCESSFUL;
    }
}

void netviocx_read_link(NETVIOCX_DEVICE *device) {
    uint8_t status[2] = {1u << VIRTIO_NET_STATUS_LINK_UP_BIT, 0}; /* [V] 5.1.4: without STATUS the link is always up */
    if (netviocx_has(device, VIRTIO_NET_F_STATUS_BIT))
        (void)virtio_pci_read_config(&device->pci, VIRTIO_NET_CONFIG_STATUS, status, sizeof(status));
    device->link_up = (status[0] & 1u << VIRTIO_NET_STATUS_LINK_UP_BIT) != 0;
}

/* ---- Hardware */
static int negotiate(NETVIOCX_DEVICE *device) {
    struct virtio_pci *pci = &device->pci;
    int error = virtio_pci_open(pci, device->platform);
    if (!error) error = virtio_pci_reset(pci, true);
    if (!error) error = virtio_pci_negotiate(pci, required_features, netviocx_wanted_features(&device->settings));
    if (error) return error;
    device->features = pci->features;
    device->header_bytes = netviocx_has(device, VIRTIO_NET_F_HASH_REPORT_BIT) ? VIRTIO_NET_HDR_HASH_SIZE : VIRTIO_NET_HDR_SIZE;
    device->mergeable = netviocx_has(device, VIRTIO_NET_F_MRG_RXBUF_BIT);
    netviocx_read_link(device);
    return netviocx_pairs_count(device);
}

static NTSTATUS create_dma(NETVIOCX_DEVICE *device) {
    WDF_DMA_ENABLER_CONFIG config;
    WDF_DMA_ENABLER_CONFIG_INIT(&config, WdfDmaProfileScatterGather64, NETVIOCX_LARGE_PAYLOAD + NETVIOCX_FRONT);
    config.WdmDmaVersionOverride = 3;
    config.Flags |= WDF_DMA_ENABLER_CONFIG_REQUIRE_SINGLE_TRANSFER;
    return WdfDmaEnablerCreate(device->device, &config, WDF_NO_OBJECT_ATTRIBUTES, &device->dma);
}

NTSTATUS netviocx_prepare_hardware(WDFDEVICE handle, WDFCMRESLIST raw, WDFCMRESLIST translated) {
    NETVIOCX_DEVICE *device = netviocx_device_of(handle);
    NTSTATUS status = netviocx_read_settings(device);
    if (!NT_SUCCESS(status)) return status;
    int error = negotiate(device);
    if (!error) error = netviocx_pairs_create(device);
    status = status_of(error);
    if (NT_SUCCESS(status)) status = create_dma(device);
    if (NT_SUCCESS(status)) status = netviocx_interrupts_create(device, raw, translated);
    if (NT_SUCCESS(status)) status = netviocx_adapter_start(device);
    if (device->pci.error[0] && error) netviocx_report(device, "netviocx.prepare", "[V] 3.1.1", device->pci.error);
    return status;
}

NTSTATUS netviocx_release_hardware(WDFDEVICE handle, WDFCMRESLIST translated) {
    UNREFERENCED_PARAMETER(translated);
    netviocx_pairs_destroy(netviocx_device_of(handle));
    return STATUS_SUCCESS;
}

/* ---- Power */
/* Out of a reset the device knows no features. */
static int wake(NETVIOCX_DEVICE *device) {
    int error = virtio_pci_negotiate(&device->pci, device->features, device->features);
    if (!error && device->pci.features != device->features) {
        snprintf(device->pci.error, sizeof(device->pci.error), "after its reset the device took other features");
        error = -ENOTSUP;
    }
    device->failed = error != 0;
    if (!error) netviocx_read_link(device);
    return error;
}

NTSTATUS netviocx_d0_entry(WDFDEVICE handle, WDF_POWER_DEVICE_STATE previous) {
    NETVIOCX_DEVICE *device = netviocx_device_of(handle);
    struct virtio_pci *pci = &device->pci;
    int error = previous == WdfPowerDeviceD3Final ? 0 : wake(device);
    if (!error) error = virtio_pci_map_config_vector(pci, 0);
    if (!error) error = netviocx_pairs_set_up(device);
    if (!error && netviocx_has(device, VIRTIO_NET_F_CTRL_VQ_BIT))
        error = virtio_ctrl_open(&device->ctrl, pci, virtio_ctrl_queue(pci, device->device_pairs));
    if (!error) {
        netviocx_pairs_enable(device);
        if (device->ctrl.vq) virtio_pci_enable_queue(pci, device->ctrl.queue);
        virtio_pci_driver_ok(pci);
        error = netviocx_control_begin(device);
    }
    if (!error) return STATUS_SUCCESS;
    device->failed = true;
    if (!virtio_pci_is_gone(pci)) {
        netviocx_report(device, "netviocx.d0_entry", "[V] 3.1.1", pci->error);
        virtio_pci_fail(pci);
        (void)virtio_pci_reset(pci, true); /* it must forget the rings before their memory goes */
    }
    virtio_ctrl_close(&device->ctrl);
    return status_of(error);
}

/* While its messages are connected: one may be on its way, and none comes from a device that was reset. [V] 2.4 */
NTSTATUS netviocx_quiesce(WDFDEVICE handle, WDF_POWER_DEVICE_STATE target) {
    NETVIOCX_DEVICE *device = netviocx_device_of(handle);
    UNREFERENCED_PARAMETER(target);
    const int error = device->failed ? 0 : virtio_pci_reset(&device->pci, true);
    if (error && error != -ENODEV) netviocx_report(device, "netviocx.d0_exit", "[V] 2.4", device->pci.error);
    device->failed = true;
    return STATUS_SUCCESS;
}

NTSTATUS netviocx_d0_exit(WDFDEVICE handle, WDF_POWER_DEVICE_STATE target) {
    UNREFERENCED_PARAMETER(target);
    virtio_ctrl_close(&netviocx_device_of(handle)->ctrl);
    return STATUS_SUCCESS;
}

/* ---- The end of it all */
static void give_everything_back(NETVIOCX_DEVICE *device) {
    device->failed = true;
    for (unsigned i = 0; i < device->pairs; i++) {
        const struct netviocx_pair *pair = &device->pair[i];
        if (pair->rx.queue) NetRxQueueNotifyMoreReceivedPacketsAvailable(pair->rx.queue);
        if (pair->tx.queue) NetTxQueueNotifyMoreCompletedPacketsAvailable(pair->tx.queue);
    }
}

void netviocx_surprise_removal(WDFDEVICE handle) { give_everything_back(netviocx_device_of(handle)); }

void netviocx_fail(NETVIOCX_DEVICE *device, const char *check, const char *clause, const char *message) {
    if (device->failed) return;
    if (!virtio_pci_is_gone(&device->pci)) { /* else it was pulled, and the system will say so */
        netviocx_report(device, check, clause, message);
        const int status = virtio_pci_reset(&device->pci, false);
        if (status && status != -ENODEV) {
            netviocx_report(device, "netviocx.reset", "[V] 2.4", device->pci.error);
            return; /* what it has stays with it */
        }
    }
    give_everything_back(device);
}
