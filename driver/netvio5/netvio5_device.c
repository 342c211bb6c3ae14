/* SPDX-License-Identifier: Apache-2.0 */
/* netvio5_device.c: bring the device from reset to DRIVER_OK, [V] 3.1.1. PASSIVE but for the link. */
#include <errno.h>

#include "netvio5_adapter.h"

static const ULONG64 required_features =
    (UINT64_C(1) << VIRTIO_F_VERSION_1_BIT) | (UINT64_C(1) << VIRTIO_F_RING_PACKED_BIT) |
    (UINT64_C(1) << VIRTIO_F_ACCESS_PLATFORM_BIT) | (UINT64_C(1) << VIRTIO_NET_F_MAC_BIT);
static const ULONG64 wanted_features =
    (UINT64_C(1) << VIRTIO_F_IN_ORDER_BIT) | (UINT64_C(1) << VIRTIO_F_NOTIFICATION_DATA_BIT) |
    (UINT64_C(1) << VIRTIO_F_ORDER_PLATFORM_BIT) | (UINT64_C(1) << VIRTIO_NET_F_STATUS_BIT);

static NDIS_STATUS status_of(int error) {
    switch (error) {
    case 0: return NDIS_STATUS_SUCCESS;
    case -ENODEV: return NDIS_STATUS_ADAPTER_NOT_FOUND;
    case -ENOTSUP: return NDIS_STATUS_NOT_SUPPORTED;
    case -ENOMEM: return NDIS_STATUS_RESOURCES;
    default: return NDIS_STATUS_FAILURE;
    }
}

void netvio5_read_link(struct netvio5_adapter *adapter) {
    UCHAR status[2] = {1u << VIRTIO_NET_STATUS_LINK_UP_BIT, 0}; /* [V] 5.1.4: without STATUS the link is always up */
    if (virtio_pci_has(&adapter->pci, VIRTIO_NET_F_STATUS_BIT))
        (void)virtio_pci_read_config(&adapter->pci, VIRTIO_NET_CONFIG_STATUS, status, sizeof(status));
    adapter->link_up = (status[0] & 1u << VIRTIO_NET_STATUS_LINK_UP_BIT) != 0;
}

NDIS_STATUS netvio5_negotiate(struct netvio5_adapter *adapter) {
    struct virtio_pci *pci = &adapter->pci;
    int error = virtio_pci_open(pci, adapter->platform);
    if (!error) error = virtio_pci_reset(pci, true);
    if (!error) error = virtio_pci_negotiate(pci, required_features, wanted_features & ~adapter->config.declined_features);
    if (!error) error = virtio_pci_read_config(pci, VIRTIO_NET_CONFIG_MAC, adapter->mac, sizeof(adapter->mac));
    if (!error) netvio5_read_link(adapter);
    return status_of(error);
}

USHORT netvio5_queue_size(struct netvio5_adapter *adapter, USHORT queue, USHORT wanted) {
    const USHORT most = virtio_pci_queue_size(&adapter->pci, queue);
    return wanted && wanted < most ? wanted : most;
}

NDIS_STATUS netvio5_make_ring(struct netvio5_adapter *adapter, USHORT queue, USHORT wanted, const char *name, struct vq_packed **ring) {
    const struct vq_config config = {
        .queue = queue, .size = netvio5_queue_size(adapter, queue, wanted),
        .in_order = virtio_pci_has(&adapter->pci, VIRTIO_F_IN_ORDER_BIT),
        .notification_data = virtio_pci_has(&adapter->pci, VIRTIO_F_NOTIFICATION_DATA_BIT), .name = name};
    return status_of(vq_create(ring, adapter->platform, &config));
}

/* One line for everything: each queue and the configuration have message 0. */
NDIS_STATUS netvio5_start_device(struct netvio5_adapter *adapter) {
    struct virtio_pci *pci = &adapter->pci;
    int error = virtio_pci_map_config_vector(pci, 0);
    if (!error) error = virtio_pci_setup_queue(pci, NETVIO5_RX, adapter->rx, 0);
    if (!error) error = virtio_pci_setup_queue(pci, NETVIO5_TX, adapter->tx, 0);
    if (error) {
        virtio_pci_fail(pci);
        return status_of(error);
    }
    netvio5_fill(adapter); /* before DRIVER_OK: the device looks at its rings once when it goes live */
    virtio_pci_enable_queue(pci, NETVIO5_RX);
    virtio_pci_enable_queue(pci, NETVIO5_TX);
    virtio_pci_driver_ok(pci);
    vq_kick(adapter->rx);
    return NDIS_STATUS_SUCCESS;
}
