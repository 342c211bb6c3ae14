/* SPDX-License-Identifier: Apache-2.0 */
/* netvio_device.c: bring the device from reset to DRIVER_OK, [V] 3.1.1, and read its configuration. PASSIVE but for the link. */
#include <errno.h>
#include <stdio.h>

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

/* Without these the device is not what this driver is for. All the others it can do without. */
static const uint64_t required_features =
    (UINT64_C(1) << VIRTIO_F_VERSION_1_BIT) | (UINT64_C(1) << VIRTIO_F_RING_PACKED_BIT) |
    (UINT64_C(1) << VIRTIO_F_ACCESS_PLATFORM_BIT) | (UINT64_C(1) << VIRTIO_NET_F_MAC_BIT);
static const uint64_t wanted_features =
    (UINT64_C(1) << VIRTIO_F_IN_ORDER_BIT) | (UINT64_C(1) << VIRTIO_F_NOTIFICATION_DATA_BIT) |
    (UINT64_C(1) << VIRTIO_F_ORDER_PLATFORM_BIT) | (UINT64_C(1) << VIRTIO_NET_F_STATUS_BIT) |
    (UINT64_C(1) << VIRTIO_F_EVENT_IDX_BIT) | (UINT64_C(1) << VIRTIO_F_RING_RESET_BIT);

/* For offloads: what is asked for together. What is not offered is done without, [V] 5.1.3.1. */
static uint64_t offload_features(const struct netvio_offloads *wanted) {
    const uint64_t control = REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT), checksum = REGMAP_BIT(VIRTIO_NET_F_CSUM_BIT);
    uint64_t features = 0;
    if (wanted->checksum)
        features |= checksum | REGMAP_BIT(VIRTIO_NET_F_GUEST_CSUM_BIT) | control | REGMAP_BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT);
    if (wanted->large_send)
        features |= checksum | REGMAP_BIT(VIRTIO_NET_F_HOST_TSO4_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_TSO6_BIT) |
                    REGMAP_BIT(VIRTIO_NET_F_HOST_ECN_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_USO_BIT);
    if (wanted->rss)
        features |= control | REGMAP_BIT(VIRTIO_NET_F_MQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_RSS_BIT) | REGMAP_BIT(VIRTIO_NET_F_HASH_REPORT_BIT);
    if (wanted->mergeable) features |= REGMAP_BIT(VIRTIO_NET_F_MRG_RXBUF_BIT);
    if (wanted->filter)
        features |= control | REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT) |
                    REGMAP_BIT(VIRTIO_NET_F_CTRL_VLAN_BIT) | REGMAP_BIT(VIRTIO_NET_F_MTU_BIT);
    return features;
}

static bool any(struct netvio_limits limits) { return limits.max_packets || limits.max_usecs; }

/* What has no use with this configuration is not asked for: a control queue, for one, costs a ring. */
static uint64_t features_for(const struct netvio_adapter *adapter) {
    const struct netvio_config *config = &adapter->config;
    uint64_t features = wanted_features | offload_features(&config->offloads);
    const uint64_t control = UINT64_C(1) << VIRTIO_NET_F_CTRL_VQ_BIT;
    if (config->queue_pairs > 1) features |= control | UINT64_C(1) << VIRTIO_NET_F_MQ_BIT;
    if (any(config->tx_limits) || any(config->rx_limits)) features |= control | UINT64_C(1) << VIRTIO_NET_F_NOTF_COAL_BIT;
    if (adapter->address_wanted) features |= control | UINT64_C(1) << VIRTIO_NET_F_CTRL_MAC_ADDR_BIT;
    if (config->tx_indirect_from) features |= UINT64_C(1) << VIRTIO_F_INDIRECT_DESC_BIT;
    return features & ~config->declined_features;
}

static int read_pairs(struct netvio_adapter *adapter) {
    uint8_t pairs[2] = {1, 0}; /* [V] 5.1.4: without MQ there is one */
    int error = 0;
    if (virtio_pci_has(&adapter->pci, VIRTIO_NET_F_MQ_BIT))
        error = virtio_pci_read_config(&adapter->pci, VIRTIO_NET_CONFIG_MAX_VIRTQUEUE_PAIRS, pairs, sizeof(pairs));
    adapter->device_pairs = (uint16_t)(pairs[0] | pairs[1] << 8);
    if (error || (adapter->device_pairs >= 1 && adapter->device_pairs <= VIRTIO_NET_CONFIG_PAIRS_MAX)) return error;
    snprintf(adapter->pci.error, sizeof(adapter->pci.error), "the device says that it has %u queue pairs", adapter->device_pairs);
    return -EINVAL;
}

static int read_mtu(struct netvio_adapter *adapter) {
    uint8_t mtu[2] = {NETVIO_MTU & 0xFF, NETVIO_MTU >> 8};
    int error = 0;
    if (virtio_pci_has(&adapter->pci, VIRTIO_NET_F_MTU_BIT))
        error = virtio_pci_read_config(&adapter->pci, VIRTIO_NET_CONFIG_MTU, mtu, sizeof(mtu));
    adapter->mtu = mtu[0] | (ULONG)mtu[1] << 8;
    return error;
}

NDIS_STATUS netvio_device_negotiate(struct netvio_adapter *adapter) {
    struct virtio_pci *pci = &adapter->pci;
    int error = virtio_pci_open(pci, adapter->platform);
    if (!error) error = virtio_pci_reset(pci, true);
    if (!error) error = virtio_pci_negotiate(pci, required_features, features_for(adapter));
    if (!error) error = virtio_pci_read_config(pci, VIRTIO_NET_CONFIG_MAC, adapter->mac, sizeof(adapter->mac));
    if (!error) netvio_address_negotiated(adapter);
    if (!error) error = read_pairs(adapter);
    if (!error) error = read_mtu(adapter);
    if (!error) netvio_offload_init(adapter);
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

/* Tell the device where its rings are. */
static int set_up_queues(struct netvio_adapter *adapter) {
    struct virtio_pci *pci = &adapter->pci;
    int error = 0;
    for (unsigned i = 0; i < adapter->pairs && !error; i++) {
        const struct netvio_rx *rx = &adapter->pair[i].rx;
        const struct netvio_tx *tx = &adapter->pair[i].tx;
        error = virtio_pci_setup_queue(pci, rx->number, rx->vq, (uint16_t)rx->message);
        if (!error) error = virtio_pci_setup_queue(pci, tx->number, tx->vq, (uint16_t)tx->message);
    }
    if (!error && virtio_pci_has(pci, VIRTIO_NET_F_CTRL_VQ_BIT))
        error = virtio_ctrl_open(&adapter->ctrl, pci, virtio_ctrl_queue(pci, adapter->device_pairs));
    return error;
}

static void enable_queues(struct netvio_adapter *adapter) {
    for (unsigned i = 0; i < adapter->pairs; i++) {
        virtio_pci_enable_queue(&adapter->pci, adapter->pair[i].rx.number);
        virtio_pci_enable_queue(&adapter->pci, adapter->pair[i].tx.number);
    }
    if (adapter->ctrl.vq) virtio_pci_enable_queue(&adapter->pci, adapter->ctrl.queue);
}

/* What the control queue is for. Without these commands the device uses the first pair, and moderates as it likes. */
static int command(struct netvio_adapter *adapter) {
    const struct netvio_limits tx = adapter->config.tx_limits, rx = adapter->config.rx_limits;
    const bool moderation = virtio_pci_has(&adapter->pci, VIRTIO_NET_F_NOTF_COAL_BIT);
    int error = netvio_address_apply(adapter);
    if (!error && adapter->pairs > 1) error = virtio_ctrl_set_pairs(&adapter->ctrl, (uint16_t)adapter->pairs);
    if (!error && moderation && any(tx))
        error = virtio_ctrl_set_tx_limits(&adapter->ctrl, &(struct virtio_ctrl_limits){tx.max_packets, tx.max_usecs});
    if (!error && moderation && any(rx))
        error = virtio_ctrl_set_rx_limits(&adapter->ctrl, &(struct virtio_ctrl_limits){rx.max_packets, rx.max_usecs});
    if (error || !adapter->resetting) return error;
    /* A reset forgot what NDIS had set. */
    error = netvio_offload_apply(adapter);
    if (!error && adapter->rss.on) error = netvio_rss_apply(adapter);
    return error ? error : netvio_filter_apply(adapter);
}

NDIS_STATUS netvio_device_start(struct netvio_adapter *adapter) {
    struct virtio_pci *pci = &adapter->pci;
    int error = virtio_pci_map_config_vector(pci, (uint16_t)adapter->config_message);
    if (!error) error = set_up_queues(adapter);
    if (error) {
        virtio_pci_fail(pci);
        return status_of(error);
    }
    /* Before DRIVER_OK: the device looks at its rings once when it goes live. */
    for (unsigned i = 0; i < adapter->pairs && !adapter->resetting; i++) netvio_rx_fill(&adapter->pair[i].rx);
    enable_queues(adapter);
    virtio_pci_driver_ok(pci);
    /* [V] does not oblige it to look: tell it. */
    for (unsigned i = 0; i < adapter->pairs && !adapter->resetting; i++) netvio_rx_kick(&adapter->pair[i].rx);
    error = command(adapter);
    if (error) virtio_pci_fail(pci);
    return status_of(error);
}

NDIS_STATUS netvio_device_restart(struct netvio_adapter *adapter, uint64_t features) {
    struct virtio_pci *pci = &adapter->pci;
    int error = virtio_pci_negotiate(pci, features, features);
    if (!error && pci->features != features) {
        snprintf(pci->error, sizeof(pci->error), "after its reset the device took other features");
        error = -ENOTSUP;
    }
    return error ? status_of(error) : netvio_device_start(adapter);
}
