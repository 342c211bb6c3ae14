/* SPDX-License-Identifier: Apache-2.0 */
/* netviocx_pairs.c: the queue pairs of the device: how many, and their rings. [V] 5.1.2 */
#include <errno.h>
#include <stdio.h>

#include "netviocx_device.h"

/* Names for reports and traces, by virtqueue. */
static const char *const names[2 * NETVIOCX_PAIRS_MAX] = {
    "netviocx rx",   "netviocx tx",   "netviocx rx1",  "netviocx tx1",  "netviocx rx2",  "netviocx tx2",  "netviocx rx3",  "netviocx tx3",
    "netviocx rx4",  "netviocx tx4",  "netviocx rx5",  "netviocx tx5",  "netviocx rx6",  "netviocx tx6",  "netviocx rx7",  "netviocx tx7",
    "netviocx rx8",  "netviocx tx8",  "netviocx rx9",  "netviocx tx9",  "netviocx rx10", "netviocx tx10", "netviocx rx11", "netviocx tx11",
    "netviocx rx12", "netviocx tx12", "netviocx rx13", "netviocx tx13", "netviocx rx14", "netviocx tx14", "netviocx rx15", "netviocx tx15"};

static int read_device_pairs(NETVIOCX_DEVICE *device) {
    uint8_t pairs[2] = {1, 0}; /* [V] 5.1.4: without MQ there is one */
    int error = 0;
    if (netviocx_has(device, VIRTIO_NET_F_MQ_BIT))
        error = virtio_pci_read_config(&device->pci, VIRTIO_NET_CONFIG_MAX_VIRTQUEUE_PAIRS, pairs, sizeof(pairs));
    device->device_pairs = (uint16_t)(pairs[0] | pairs[1] << 8);
    if (error || (device->device_pairs >= 1 && device->device_pairs <= VIRTIO_NET_CONFIG_PAIRS_MAX)) return error;
    snprintf(device->pci.error, sizeof(device->pci.error), "the device says that it has %u queue pairs", device->device_pairs);
    return -EINVAL;
}

/* As many as are wanted, as the device has, and as there are messages for: a power of two, as NetAdapterCx wants for scaling, without which
 * it has no use for more than one. */
int netviocx_pairs_count(NETVIOCX_DEVICE *device) {
    const int error = read_device_pairs(device);
    const unsigned messages = device->platform->ops->interrupt_vectors(device->platform->ctx), served = messages ? (messages - 1) / 2 : 0;
    ULONG most = device->settings.pairs;
    if (most > NETVIOCX_PAIRS_MAX) most = NETVIOCX_PAIRS_MAX;
    if (most > device->device_pairs) most = device->device_pairs;
    if (most > served) most = served;
    if (!netviocx_has(device, VIRTIO_NET_F_RSS_BIT) || !netviocx_has(device, VIRTIO_NET_F_MQ_BIT)) most = 1;
    device->pairs = 1;
    while (2 * device->pairs <= most) device->pairs *= 2;
    for (unsigned i = 0; i < device->pairs; i++) {
        struct netviocx_pair *pair = &device->pair[i];
        pair->rx = (struct netviocx_ring){.number = (uint16_t)(2 * i), .ids = (uint64_t)i << NETVIOCX_RX_ID_SHIFT};
        pair->tx = (struct netviocx_ring){.number = (uint16_t)(2 * i + 1), .transmit = true};
    }
    return error;
}

static int create(NETVIOCX_DEVICE *device, struct netviocx_ring *ring) {
    const struct netviocx_settings *settings = &device->settings;
    const ULONG wanted = ring->transmit ? settings->tx_ring : settings->rx_ring;
    const uint16_t most = virtio_pci_queue_size(&device->pci, ring->number);
    struct vq_config config = {.queue = ring->number, .size = wanted && wanted < most ? (uint16_t)wanted : most, .in_order = true,
                               .notification_data = netviocx_has(device, VIRTIO_F_NOTIFICATION_DATA_BIT),
                               .event_idx = netviocx_has(device, VIRTIO_F_EVENT_IDX_BIT), .name = names[ring->number]};
    if (ring->transmit) config.interrupt_after = (uint16_t)settings->interrupt_after;
    if (ring->transmit && settings->indirect_from && netviocx_has(device, VIRTIO_F_INDIRECT_DESC_BIT)) {
        config.indirect_above = (uint16_t)(settings->indirect_from - 1);
        config.indirect_elements = NETVIOCX_TABLE;
    }
    return vq_create(&ring->vq, device->platform, &config);
}

int netviocx_pairs_create(NETVIOCX_DEVICE *device) {
    int error = 0;
    for (unsigned i = 0; i < device->pairs && !error; i++) {
        error = create(device, &device->pair[i].rx);
        if (!error) error = create(device, &device->pair[i].tx);
    }
    return error;
}

static void destroy(struct netviocx_ring *ring) {
    if (ring->vq) vq_destroy(ring->vq);
    ring->vq = NULL;
}

void netviocx_pairs_destroy(NETVIOCX_DEVICE *device) {
    for (unsigned i = 0; i < device->pairs; i++) {
        destroy(&device->pair[i].rx);
        destroy(&device->pair[i].tx);
    }
}

/* A ring that was in use begins anew. */
static int set_up(NETVIOCX_DEVICE *device, struct netviocx_ring *ring) {
    const int error = vq_restart(ring->vq);
    ring->resetting = ring->reset = false;
    return error ? error : virtio_pci_setup_queue(&device->pci, ring->number, ring->vq, (uint16_t)ring->message);
}

int netviocx_pairs_set_up(NETVIOCX_DEVICE *device) {
    int error = 0;
    for (unsigned i = 0; i < device->pairs && !error; i++) {
        error = set_up(device, &device->pair[i].rx);
        if (!error) error = set_up(device, &device->pair[i].tx);
    }
    return error;
}

void netviocx_pairs_enable(NETVIOCX_DEVICE *device) {
    for (unsigned i = 0; i < device->pairs; i++) {
        virtio_pci_enable_queue(&device->pci, device->pair[i].rx.number);
        virtio_pci_enable_queue(&device->pci, device->pair[i].tx.number);
    }
}
