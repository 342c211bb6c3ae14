/* SPDX-License-Identifier: Apache-2.0 */
/* netvio_pairs.c: the queue pairs of an adapter: how many, their memory, and what happens to all of them. */
#include "netvio_adapter.h"

/* Names for reports and traces, by virtqueue. */
static const char *const names[2 * NETVIO_PAIRS_MAX] = {
    "rx",   "tx",   "rx1",  "tx1",  "rx2",  "tx2",  "rx3",  "tx3",  "rx4",  "tx4",  "rx5",  "tx5",  "rx6",  "tx6",  "rx7",  "tx7",
    "rx8",  "tx8",  "rx9",  "tx9",  "rx10", "tx10", "rx11", "tx11", "rx12", "tx12", "rx13", "tx13", "rx14", "tx14", "rx15", "tx15"};

struct vq_config netvio_vq_config(const struct netvio_adapter *adapter, uint16_t queue, uint16_t size) {
    const struct virtio_pci *pci = &adapter->pci;
    return (struct vq_config){.queue = queue, .size = size, .name = names[queue],
                              .in_order = virtio_pci_has(pci, VIRTIO_F_IN_ORDER_BIT),
                              .notification_data = virtio_pci_has(pci, VIRTIO_F_NOTIFICATION_DATA_BIT),
                              .event_idx = virtio_pci_has(pci, VIRTIO_F_EVENT_IDX_BIT)};
}

/* As many as are wanted, as the device has, and as there are messages for: one a queue and one for the configuration. A single pair
 * shares what messages there are. */
static unsigned count_pairs(const struct netvio_adapter *adapter) {
    unsigned pairs = adapter->config.queue_pairs;
    if (pairs > NETVIO_PAIRS_MAX) pairs = NETVIO_PAIRS_MAX;
    if (pairs > adapter->device_pairs) pairs = adapter->device_pairs;
    if (pairs <= 1) return 1;
    const unsigned messages = adapter->platform->ops->interrupt_vectors(adapter->platform->ctx);
    const unsigned served = messages ? (messages - 1) / 2 : 0;
    if (pairs > served) pairs = served;
    return pairs ? pairs : 1;
}

static void begin(struct netvio_adapter *adapter, unsigned index) {
    struct netvio_pair *pair = &adapter->pair[index];
    pair->rx.adapter = pair->tx.adapter = adapter;
    pair->rx.number = (uint16_t)(2 * index + NETVIO_QUEUE_RX);
    pair->tx.number = (uint16_t)(2 * index + NETVIO_QUEUE_TX);
    pair->rx.ids = pair->rx.frame_ids = (uint64_t)index << NETVIO_RX_ID_SHIFT;
}

NDIS_STATUS netvio_pairs_init(struct netvio_adapter *adapter) {
    const unsigned pairs = count_pairs(adapter);
    const UINT bytes = (UINT)(pairs * sizeof(*adapter->pair));
    adapter->pair = NdisAllocateMemoryWithTagPriority(adapter->handle, bytes, NETVIO_TAG, NormalPoolPriority);
    if (!adapter->pair) return NDIS_STATUS_RESOURCES;
    NdisZeroMemory(adapter->pair, bytes);
    adapter->pairs = pairs;
    for (unsigned i = 0; i < pairs; i++) begin(adapter, i);
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    for (unsigned i = 0; i < pairs && status == NDIS_STATUS_SUCCESS; i++) {
        status = netvio_tx_init(&adapter->pair[i].tx);
        if (status == NDIS_STATUS_SUCCESS) status = netvio_rx_init(&adapter->pair[i].rx);
    }
    return status;
}

void netvio_pairs_deinit(struct netvio_adapter *adapter) {
    for (unsigned i = 0; i < adapter->pairs; i++) {
        netvio_rx_deinit(&adapter->pair[i].rx);
        netvio_tx_deinit(&adapter->pair[i].tx);
    }
    if (adapter->dma) NdisMDeregisterScatterGatherDma(adapter->dma);
    if (adapter->pair) NdisFreeMemory(adapter->pair, 0, 0);
}

void netvio_pairs_abort(struct netvio_adapter *adapter) {
    for (unsigned i = 0; i < adapter->pairs; i++) netvio_tx_abort(&adapter->pair[i].tx);
    for (unsigned i = 0; i < adapter->pairs; i++) netvio_rx_abort(&adapter->pair[i].rx);
}
