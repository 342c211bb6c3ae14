/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netviocx_device.c: the device's hardware and power: features and rings when it is prepared, DRIVER_OK when it enters D0. [V] 3.1.1
 *
 * The rings are the device's from D0 entry to exit, empty as long as the queues over them do not run. A reset of the device, at D0 exit or
 * after a failure, is what makes it forget the driver's memory.
 */
#include <errno.h>

#include "netviocx_device.h"

static const uint64_t required_features =
    REGMAP_BIT(VIRTIO_F_VERSION_1_BIT) | REGMAP_BIT(VIRTIO_F_RING_PACKED_BIT) | REGMAP_BIT(VIRTIO_F_ACCESS_PLATFORM_BIT) |
    REGMAP_BIT(VIRTIO_NET_F_MAC_BIT) | REGMAP_BIT(VIRTIO_F_RING_RESET_BIT) | REGMAP_BIT(VIRTIO_F_IN_ORDER_BIT);
static const uint64_t wanted_features = REGMAP_BIT(VIRTIO_F_NOTIFICATION_DATA_BIT) | REGMAP_BIT(VIRTIO_F_ORDER_PLATFORM_BIT) |
                                        REGMAP_BIT(VIRTIO_NET_F_STATUS_BIT) | REGMAP_BIT(VIRTIO_F_EVENT_IDX_BIT);

static void report(NETVIOCX_DEVICE *device, const char *check, const char *clause, const char *message) {
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
    if (virtio_pci_has(&device->pci, VIRTIO_NET_F_STATUS_BIT))
        (void)virtio_pci_read_config(&device->pci, VIRTIO_NET_CONFIG_STATUS, status, sizeof(status));
    device->link_up = (status[0] & 1u << VIRTIO_NET_STATUS_LINK_UP_BIT) != 0;
}

/* ---- Hardware */
static int negotiate(NETVIOCX_DEVICE *device) {
    struct virtio_pci *pci = &device->pci;
    int error = virtio_pci_open(pci, device->platform);
    if (!error) error = virtio_pci_reset(pci, true);
    uint64_t wanted = wanted_features;
    if (device->wants_checksums) wanted |= REGMAP_BIT(VIRTIO_NET_F_CSUM_BIT) | REGMAP_BIT(VIRTIO_NET_F_GUEST_CSUM_BIT);
    if (!error) error = virtio_pci_negotiate(pci, required_features, wanted & ~device->declined);
    if (!error) netviocx_read_link(device);
    return error;
}

/* A keyword's number, or 0: it is not given. */
static ULONG parameter(NETCONFIGURATION configuration, PCWSTR keyword) {
    UNICODE_STRING name;
    ULONG value = 0;
    RtlInitUnicodeString(&name, keyword);
    (void)NetConfigurationQueryUlong(configuration, NET_CONFIGURATION_QUERY_ULONG_NO_FLAGS, &name, &value);
    return value;
}

struct sizes {
    ULONG rx, tx;
};

static NTSTATUS read_parameters(NETVIOCX_DEVICE *device, struct sizes *sizes) {
    NETCONFIGURATION configuration;
    const NTSTATUS status = NetAdapterOpenConfiguration(device->adapter, WDF_NO_OBJECT_ATTRIBUTES, &configuration);
    if (!NT_SUCCESS(status)) return status;
    sizes->tx = parameter(configuration, WDK_WIDE("*TransmitBuffers"));
    sizes->rx = parameter(configuration, WDK_WIDE("*ReceiveBuffers"));
    device->frame_bytes = parameter(configuration, WDK_WIDE("*JumboPacket"));
    if (device->frame_bytes == 0 || device->frame_bytes > NETVIOCX_FRAME_MAX) device->frame_bytes = NETVIOCX_FRAME_MAX;
    const ULONG mode = parameter(configuration, WDK_WIDE("ReceiveBufferMode"));
    device->buffer_mode = mode <= NETVIOCX_DATA_BUFFERS ? (enum netviocx_buffer_mode)mode : NETVIOCX_SYSTEM_BUFFERS;
    device->wants_checksums = parameter(configuration, WDK_WIDE("*TCPChecksumOffloadIPv4")) != 0;
    device->declined = (uint64_t)parameter(configuration, WDK_WIDE("DeclinedFeaturesHigh")) << 32 |
                       parameter(configuration, WDK_WIDE("DeclinedFeaturesLow"));
    NetConfigurationClose(configuration);
    return STATUS_SUCCESS;
}

static int create_ring(NETVIOCX_DEVICE *device, struct netviocx_ring *ring, ULONG wanted, const char *name) {
    const uint16_t most = virtio_pci_queue_size(&device->pci, ring->number);
    const struct vq_config config = {
        .queue = ring->number, .size = wanted && wanted < most ? (uint16_t)wanted : most, .in_order = true,
        .notification_data = virtio_pci_has(&device->pci, VIRTIO_F_NOTIFICATION_DATA_BIT),
        .event_idx = virtio_pci_has(&device->pci, VIRTIO_F_EVENT_IDX_BIT), .name = name};
    return vq_create(&ring->vq, device->platform, &config);
}

static NTSTATUS create_dma(NETVIOCX_DEVICE *device) {
    WDF_DMA_ENABLER_CONFIG config;
    WDF_DMA_ENABLER_CONFIG_INIT(&config, WdfDmaProfileScatterGather64, NETVIOCX_HEADER + NETVIOCX_FRAME_MAX);
    config.WdmDmaVersionOverride = 3;
    config.Flags |= WDF_DMA_ENABLER_CONFIG_REQUIRE_SINGLE_TRANSFER;
    return WdfDmaEnablerCreate(device->device, &config, WDF_NO_OBJECT_ATTRIBUTES, &device->dma);
}

NTSTATUS netviocx_prepare_hardware(WDFDEVICE handle, WDFCMRESLIST raw, WDFCMRESLIST translated) {
    NETVIOCX_DEVICE *device = netviocx_device_of(handle);
    struct sizes sizes = {0, 0};
    NTSTATUS status = read_parameters(device, &sizes);
    if (!NT_SUCCESS(status)) return status;
    int error = negotiate(device);
    if (!error) error = create_ring(device, &device->rx, sizes.rx, "netviocx rx");
    if (!error) error = create_ring(device, &device->tx, sizes.tx, "netviocx tx");
    status = status_of(error);
    if (NT_SUCCESS(status)) status = create_dma(device);
    if (NT_SUCCESS(status)) status = netviocx_interrupts_create(device, raw, translated);
    if (NT_SUCCESS(status)) status = netviocx_adapter_start(device);
    if (device->pci.error[0] && error) report(device, "netviocx.prepare", "[V] 3.1.1", device->pci.error);
    return status;
}

static void destroy_ring(struct netviocx_ring *ring) {
    if (ring->vq) vq_destroy(ring->vq);
    ring->vq = NULL;
}

NTSTATUS netviocx_release_hardware(WDFDEVICE handle, WDFCMRESLIST translated) {
    NETVIOCX_DEVICE *device = netviocx_device_of(handle);
    UNREFERENCED_PARAMETER(translated);
    destroy_ring(&device->rx);
    destroy_ring(&device->tx);
    return STATUS_SUCCESS;
}

/* ---- Power */
NTSTATUS netviocx_d0_entry(WDFDEVICE handle, WDF_POWER_DEVICE_STATE previous) {
    NETVIOCX_DEVICE *device = netviocx_device_of(handle);
    struct virtio_pci *pci = &device->pci;
    UNREFERENCED_PARAMETER(previous);
    int error = virtio_pci_map_config_vector(pci, 0);
    if (!error) error = virtio_pci_setup_queue(pci, device->rx.number, device->rx.vq, (uint16_t)device->rx.message);
    if (!error) error = virtio_pci_setup_queue(pci, device->tx.number, device->tx.vq, (uint16_t)device->tx.message);
    if (error) {
        report(device, "netviocx.d0_entry", "[V] 3.1.1", pci->error);
        virtio_pci_fail(pci);
        (void)virtio_pci_reset(pci, true); /* it must forget the rings before their memory goes */
        return status_of(error);
    }
    virtio_pci_enable_queue(pci, device->rx.number);
    virtio_pci_enable_queue(pci, device->tx.number);
    virtio_pci_driver_ok(pci);
    return STATUS_SUCCESS;
}

NTSTATUS netviocx_d0_exit(WDFDEVICE handle, WDF_POWER_DEVICE_STATE target) {
    NETVIOCX_DEVICE *device = netviocx_device_of(handle);
    UNREFERENCED_PARAMETER(target);
    if (!device->failed && virtio_pci_reset(&device->pci, true)) report(device, "netviocx.d0_exit", "[V] 2.4", device->pci.error);
    device->failed = true;
    return STATUS_SUCCESS;
}

/* ---- The end of it all */
static void give_everything_back(NETVIOCX_DEVICE *device) {
    device->failed = true;
    if (device->rx.queue) NetRxQueueNotifyMoreReceivedPacketsAvailable(device->rx.queue);
    if (device->tx.queue) NetTxQueueNotifyMoreCompletedPacketsAvailable(device->tx.queue);
}

void netviocx_surprise_removal(WDFDEVICE handle) { give_everything_back(netviocx_device_of(handle)); }

void netviocx_fail(NETVIOCX_DEVICE *device, const char *check, const char *clause, const char *message) {
    if (device->failed) return;
    if (!virtio_pci_is_gone(&device->pci)) { /* else it was pulled, and the system will say so */
        report(device, check, clause, message);
        const int status = virtio_pci_reset(&device->pci, false);
        if (status && status != -ENODEV) {
            report(device, "netviocx.reset", "[V] 2.4", device->pci.error);
            return; /* what it has stays with it */
        }
    }
    give_everything_back(device);
}
