/* SPDX-License-Identifier: Apache-2.0 */
/* netvio_device.c: bring the device from reset to DRIVER_OK, [V] 3.1.1, and read its configuration. PASSIVE but for the link. */
#include <errno.h>

#include "netvio_adapter.h"

static NDIS_STATUS status_of(int error) {
    switch (error) {
    case 0: return NDIS_STATUS_SUCCESS;
    case -ENODEV: return NDIS_STATUS_ADAPTER_NOT_FOUND;
    case -ENOTSUP: return NDIS_STATUS_NOT_SUPPORTED;
    case -ENOMEM: return NDIS_STATUS_RESOURCES;
    default: return NDIS_STATUS_FAILURE;
    }
}

/* Without these the device is not what this driver is for. IN_ORDER, NOTIFICATION_DATA and STATUS it can do without. */
static const uint64_t required_features =
    (UINT64_C(1) << VIRTIO_F_VERSION_1_BIT) | (UINT64_C(1) << VIRTIO_F_RING_PACKED_BIT) |
    (UINT64_C(1) << VIRTIO_F_ACCESS_PLATFORM_BIT) | (UINT64_C(1) << VIRTIO_NET_F_MAC_BIT);
static const uint64_t wanted_features =
    (UINT64_C(1) << VIRTIO_F_IN_ORDER_BIT) | (UINT64_C(1) << VIRTIO_F_NOTIFICATION_DATA_BIT) |
    (UINT64_C(1) << VIRTIO_F_ORDER_PLATFORM_BIT) | (UINT64_C(1) << VIRTIO_NET_F_STATUS_BIT);

NDIS_STATUS netvio_device_negotiate(struct netvio_adapter *adapter) {
    struct virtio_pci *pci = &adapter->pci;
    int error = virtio_pci_open(pci, adapter->platform);
    if (!error) error = virtio_pci_reset(pci, true);
    if (!error) error = virtio_pci_negotiate(pci, required_features, wanted_features);
    if (!error) error = virtio_pci_read_config(pci, VIRTIO_NET_CONFIG_MAC, adapter->mac, sizeof(adapter->mac));
    if (!error) netvio_device_read_link(adapter);
    return status_of(error);
}

void netvio_device_read_link(struct netvio_adapter *adapter) {
    uint8_t status[2] = {1u << VIRTIO_NET_STATUS_LINK_UP_BIT, 0}; /* [V] 5.1.4: without STATUS the link is always up */
    if (virtio_pci_has(&adapter->pci, VIRTIO_NET_F_STATUS_BIT))
        (void)virtio_pci_read_config(&adapter->pci, VIRTIO_NET_CONFIG_STATUS, status, sizeof(status));
    adapter->link_up = (status[0] & 1u << VIRTIO_NET_STATUS_LINK_UP_BIT) != 0;
}

uint16_t netvio_device_queue_size(struct netvio_adapter *adapter, uint16_t queue, uint16_t wanted) {
    uint16_t most = virtio_pci_queue_size(&adapter->pci, queue);
    return wanted && wanted < most ? wanted : most;
}

NDIS_STATUS netvio_device_start(struct netvio_adapter *adapter) {
    struct virtio_pci *pci = &adapter->pci;
    int error = virtio_pci_map_config_vector(pci, (uint16_t)adapter->config_message);
    if (!error) error = virtio_pci_setup_queue(pci, NETVIO_QUEUE_RX, adapter->rx.vq, (uint16_t)adapter->rx_message);
    if (!error) error = virtio_pci_setup_queue(pci, NETVIO_QUEUE_TX, adapter->tx.vq, (uint16_t)adapter->tx_message);
    if (error) {
        virtio_pci_fail(pci);
        return status_of(error);
    }
    netvio_rx_fill(adapter); /* before DRIVER_OK: the device looks at its rings once when it goes live */
    virtio_pci_enable_queue(pci, NETVIO_QUEUE_RX);
    virtio_pci_enable_queue(pci, NETVIO_QUEUE_TX);
    virtio_pci_driver_ok(pci);
    netvio_rx_kick(adapter); /* [V] does not oblige it to look: tell it */
    return NDIS_STATUS_SUCCESS;
}
