/* SPDX-License-Identifier: Apache-2.0 */
/* netvio_tx_init.c: everything that transmission allocates, once. */
#include "netvio_tx_offload.h"

/* One for all queues. */
static NDIS_STATUS register_dma(struct netvio_adapter *adapter) {
    if (adapter->dma) return NDIS_STATUS_SUCCESS;
    NDIS_SG_DMA_DESCRIPTION description = {
        .Header = {NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, NDIS_SG_DMA_DESCRIPTION_REVISION_1,
                   NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1},
        .Flags = NDIS_SG_DMA_64_BIT_ADDRESS,
        .MaximumPhysicalMapping = (adapter->config.offloads.large_send ? NETVIO_LARGE_MAX : NETVIO_FRAME_MAX) + adapter->header_bytes,
        .ProcessSGListHandler = netvio_tx_sg_list,
    };
    return NdisMRegisterScatterGatherDma(adapter->handle, &description, &adapter->dma);
}

/* Where nothing can be asked for headers are zero for ever; else there is room for the front of a frame behind each. */
static ULONG header_stride(const struct netvio_adapter *adapter) {
    enum { ALIGN = 64 };
    const bool fronts = virtio_pci_has(&adapter->pci, VIRTIO_NET_F_CSUM_BIT) || adapter->config.offloads.vlan;
    return fronts ? (adapter->header_bytes + VIRTIO_NET_FRONT_BYTES + ALIGN - 1) / ALIGN * ALIGN : adapter->header_bytes;
}

/* One header buffer a packet. The device may read them at any time: they are freed with the ring. */
static NDIS_STATUS allocate_packets(struct netvio_tx *tx, unsigned count) {
    struct netvio_adapter *adapter = tx->adapter;
    UINT element_bytes = (UINT)(count * sizeof(*tx->elements)), packet_bytes = (UINT)(count * sizeof(*tx->packets));
    tx->elements = NdisAllocateMemoryWithTagPriority(adapter->handle, element_bytes, NETVIO_TAG, NormalPoolPriority);
    tx->packets = NdisAllocateMemoryWithTagPriority(adapter->handle, packet_bytes, NETVIO_TAG, NormalPoolPriority);
    tx->header_stride = header_stride(adapter);
    NdisMAllocateSharedMemory(adapter->handle, count * tx->header_stride, TRUE, &tx->headers, &tx->headers_iova);
    if (!tx->elements || !tx->packets || !tx->headers) return NDIS_STATUS_RESOURCES;
    NdisZeroMemory(tx->headers, count * tx->header_stride);
    NdisZeroMemory(tx->packets, count * sizeof(*tx->packets));
    for (unsigned i = count; i-- > 0;) {
        struct netvio_tx_packet *packet = &tx->packets[i];
        packet->tx = tx;
        packet->header = (PUCHAR)tx->headers + i * (SIZE_T)tx->header_stride;
        packet->header_iova = (uint64_t)tx->headers_iova.QuadPart + i * (uint64_t)tx->header_stride;
        packet->next = tx->free;
        tx->free = packet;
    }
    return NDIS_STATUS_SUCCESS;
}

/* Transmit chains may be long; each of their buffers will be used without further ado, so that a late interrupt loses nothing. */
static struct vq_config ring_config(const struct netvio_tx *tx, uint16_t size) {
    const struct netvio_config *wanted = &tx->adapter->config;
    struct vq_config config = netvio_vq_config(tx->adapter, tx->number, size);
    config.interrupt_after = wanted->tx_interrupt_after;
    if (!wanted->tx_indirect_from || !virtio_pci_has(&tx->adapter->pci, VIRTIO_F_INDIRECT_DESC_BIT)) return config;
    config.indirect_above = (uint16_t)(wanted->tx_indirect_from - 1);
    config.indirect_elements = NETVIO_TX_TABLE;
    return config;
}

/* On failure netvio_tx_deinit undoes what was done. */
NDIS_STATUS netvio_tx_init(struct netvio_tx *tx) {
    struct netvio_adapter *adapter = tx->adapter;
    NdisAllocateSpinLock(&tx->lock);
    uint16_t size = netvio_device_queue_size(adapter, tx->number, adapter->config.tx_queue_size);
    struct vq_config config = ring_config(tx, size);
    if (vq_create(&tx->vq, adapter->platform, &config)) return NDIS_STATUS_RESOURCES;
    NDIS_STATUS status = register_dma(adapter);
    return status == NDIS_STATUS_SUCCESS ? allocate_packets(tx, size) : status;
}

void netvio_tx_deinit(struct netvio_tx *tx) {
    struct netvio_adapter *adapter = tx->adapter;
    if (tx->headers)
        NdisMFreeSharedMemory(adapter->handle, vq_size(tx->vq) * tx->header_stride, TRUE, tx->headers, tx->headers_iova);
    if (tx->packets) NdisFreeMemory(tx->packets, 0, 0);
    if (tx->elements) NdisFreeMemory(tx->elements, 0, 0);
    if (tx->vq) vq_destroy(tx->vq);
    NdisFreeSpinLock(&tx->lock);
}
