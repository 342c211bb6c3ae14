/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_rx_init.c: the receive buffers, allocated once and mapped for the life of the adapter.
 *
 * A buffer is one run of shared memory for each element, an MDL over each, and an NBL with one NB over the chain. The device writes its
 * header and then the frame; DataOffset hides the header from protocols. No element but the last of a chain is shorter than the
 * largest header that must not be split (MIN_ELEMENT), so that Ethernet, IP and TCP headers are always in the first MDL, [D] 2.9.
 */
#include "netvio_adapter.h"

enum { MIN_ELEMENT = 256 };

static NDIS_STATUS allocate_pool(struct netvio_rx *rx) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
        .fAllocateNetBuffer = TRUE,
        .PoolTag = NETVIO_TAG,
    };
    rx->pool = NdisAllocateNetBufferListPool(rx->adapter->handle, &parameters);
    return rx->pool ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

/* The NB describes `length` frame bytes behind the header. */
void netvio_rx_reset_nb(struct netvio_rx *rx, struct netvio_rx_buffer *buffer, ULONG length) {
    PNET_BUFFER nb = buffer->nbl->FirstNetBuffer;
    nb->CurrentMdl = nb->MdlChain = buffer->mdl;
    nb->CurrentMdlOffset = nb->DataOffset = rx->adapter->header_bytes;
    nb->DataLength = length;
    nb->Next = NULL;
}

static NDIS_STATUS allocate_buffer(struct netvio_rx *rx, struct netvio_rx_buffer *buffer, ULONG bytes, unsigned count) {
    struct netvio_adapter *adapter = rx->adapter;
    const ULONG offset = adapter->config.rx_buffer_offset;
    ULONG step = (bytes + count - 1) / count;
    PMDL last = NULL;
    for (; buffer->count < count; buffer->count++, bytes -= step) {
        if (step > bytes) step = bytes;
        NDIS_PHYSICAL_ADDRESS iova;
        NdisMAllocateSharedMemory(adapter->handle, offset + step, TRUE, &buffer->va[buffer->count], &iova);
        if (!buffer->va[buffer->count]) return NDIS_STATUS_RESOURCES;
        buffer->elements[buffer->count] = (struct vq_element){(uint64_t)iova.QuadPart + offset, step, true};
        PMDL mdl = NdisAllocateMdl(adapter->handle, (PUCHAR)buffer->va[buffer->count] + offset, step);
        if (!mdl) {
            buffer->count++; /* its memory is there to be freed */
            return NDIS_STATUS_RESOURCES;
        }
        mdl->Next = NULL;
        if (last)
            last->Next = mdl;
        else
            buffer->mdl = mdl;
        last = mdl;
    }
    buffer->last_mdl = last;
    buffer->nbl = NdisAllocateNetBufferAndNetBufferList(rx->pool, 0, 0, buffer->mdl, adapter->header_bytes, 0);
    if (!buffer->nbl) return NDIS_STATUS_RESOURCES;
    buffer->nbl->MiniportReserved[0] = buffer;
    buffer->nbl->MiniportReserved[1] = rx;
    buffer->nbl->SourceHandle = adapter->handle;
    return NDIS_STATUS_SUCCESS;
}

/* On failure netvio_rx_deinit undoes what was done. */
NDIS_STATUS netvio_rx_init(struct netvio_rx *rx) {
    struct netvio_adapter *adapter = rx->adapter;
    NdisAllocateSpinLock(&rx->lock);
    uint16_t size = netvio_device_queue_size(adapter, rx->number, adapter->config.rx_queue_size);
    struct vq_config config = netvio_vq_config(adapter, rx->number, size);
    if (vq_create(&rx->vq, adapter->platform, &config)) return NDIS_STATUS_RESOURCES;
    NDIS_STATUS status = allocate_pool(rx);
    if (status != NDIS_STATUS_SUCCESS) return status;
    rx->mergeable = virtio_pci_has(&adapter->pci, VIRTIO_NET_F_MRG_RXBUF_BIT);
    ULONG bytes = adapter->header_bytes + adapter->config.rx_buffer_bytes;
    unsigned elements = adapter->config.rx_buffer_elements;
    while (elements > 1 && (bytes / elements < MIN_ELEMENT || elements > size)) elements--;
    unsigned count = size / elements;
    rx->buffers = NdisAllocateMemoryWithTagPriority(adapter->handle, (UINT)(count * sizeof(*rx->buffers)), NETVIO_TAG, NormalPoolPriority);
    if (!rx->buffers) return NDIS_STATUS_RESOURCES;
    NdisZeroMemory(rx->buffers, count * sizeof(*rx->buffers));
    while (rx->count < count && status == NDIS_STATUS_SUCCESS)
        status = allocate_buffer(rx, &rx->buffers[rx->count++], bytes, elements);
    return status;
}

void netvio_rx_deinit(struct netvio_rx *rx) {
    struct netvio_adapter *adapter = rx->adapter;
    for (unsigned i = 0; i < rx->count; i++)
        if (rx->buffers[i].merged) (void)netvio_rx_unmerge(&rx->buffers[i]);
    while (rx->count > 0) {
        struct netvio_rx_buffer *buffer = &rx->buffers[--rx->count];
        if (buffer->nbl) NdisFreeNetBufferList(buffer->nbl);
        while (buffer->mdl) {
            PMDL mdl = buffer->mdl;
            buffer->mdl = mdl->Next;
            NdisFreeMdl(mdl);
        }
        while (buffer->count > 0) {
            unsigned i = --buffer->count;
            const ULONG offset = adapter->config.rx_buffer_offset;
            NDIS_PHYSICAL_ADDRESS iova = {.QuadPart = (LONGLONG)(buffer->elements[i].iova - offset)};
            NdisMFreeSharedMemory(adapter->handle, offset + buffer->elements[i].length, TRUE, buffer->va[i], iova);
        }
    }
    if (rx->buffers) NdisFreeMemory(rx->buffers, 0, 0);
    if (rx->pool) NdisFreeNetBufferListPool(rx->pool);
    if (rx->vq) vq_destroy(rx->vq);
    NdisFreeSpinLock(&rx->lock);
}
