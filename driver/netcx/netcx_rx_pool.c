/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_rx_pool.c: the system's receive buffers: allocated once for a queue, on whole pages, and ready for the device as they are.
 * [D] NetAdapterCx network data buffer management
 */
#include "netcx_rx.h"

static NTSTATUS allocate_nbls(struct netcx_queue *queue) {
    struct netcx_rx *rx = queue->rx;
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
        .fAllocateNetBuffer = TRUE,
        .PoolTag = NETCX_TAG,
    };
    rx->pool = NdisAllocateNetBufferListPool(queue->adapter->device->ndis, &parameters);
    if (!rx->pool) return STATUS_INSUFFICIENT_RESOURCES;
    for (unsigned i = 0; i < rx->count; i++) {
        PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(rx->pool, 0, 0, rx->buffers[0].mdl, 0, 0);
        if (!nbl) return STATUS_INSUFFICIENT_RESOURCES;
        nbl->SourceHandle = queue->adapter->device->ndis;
        nbl->MiniportReserved[1] = queue;
        netcx_nbls_append(&rx->free_nbls, nbl);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS allocate_buffer(struct netcx_queue *queue, struct netcx_rx_buffer *buffer) {
    struct netcx_rx *rx = queue->rx;
    struct kernel *kernel = queue->object.kernel;
    if (rx->dma)
        buffer->va = kernel->seam.ops->dma_allocate_coherent(kernel->seam.ctx, rx->allocated_bytes, PAGE_SIZE, "receive buffer", &buffer->la);
    else
        buffer->va = kernel_allocate(kernel, rx->allocated_bytes, NETCX_TAG);
    if (!buffer->va) return STATUS_INSUFFICIENT_RESOURCES;
    buffer->mdl = NdisAllocateMdl(queue->adapter->device->ndis, buffer->va, rx->buffer_bytes);
    if (!buffer->mdl) return STATUS_INSUFFICIENT_RESOURCES;
    buffer->mdl->Next = NULL;
    buffer->next = rx->free;
    rx->free = buffer;
    return STATUS_SUCCESS;
}

NTSTATUS netcx_rx_pool_create(struct netcx_queue *queue) {
    struct netcx_rx *rx = queue->rx;
    rx->buffers = kernel_allocate(queue->object.kernel, rx->count * sizeof(*rx->buffers), NETCX_TAG);
    if (!rx->buffers) return STATUS_INSUFFICIENT_RESOURCES;
    for (unsigned i = 0; i < rx->count; i++) {
        const NTSTATUS status = allocate_buffer(queue, &rx->buffers[i]);
        if (!NT_SUCCESS(status)) return status;
    }
    return allocate_nbls(queue);
}

void netcx_rx_pool_free(struct netcx_queue *queue) {
    struct netcx_rx *rx = queue->rx;
    struct kernel *kernel = queue->object.kernel;
    PNET_BUFFER_LIST nbl;
    while ((nbl = netcx_nbls_pop(&rx->free_nbls)) != NULL) NdisFreeNetBufferList(nbl);
    if (rx->pool) NdisFreeNetBufferListPool(rx->pool);
    for (unsigned i = 0; rx->buffers && i < rx->count; i++) {
        struct netcx_rx_buffer *buffer = &rx->buffers[i];
        if (buffer->mdl) NdisFreeMdl(buffer->mdl);
        if (buffer->va && rx->dma) kernel->seam.ops->dma_free_coherent(kernel->seam.ctx, buffer->va);
        else kernel_free(buffer->va);
    }
    kernel_free(rx->buffers);
}

void netcx_rx_release(struct netcx_rx *rx, PNET_BUFFER_LIST nbl) {
    struct netcx_rx_buffer *buffer = nbl->MiniportReserved[0];
    while (buffer) {
        struct netcx_rx_buffer *next = buffer->next;
        NdisAdjustMdlLength(buffer->mdl, rx->buffer_bytes);
        buffer->mdl->Next = NULL;
        buffer->next = rx->free;
        rx->free = buffer;
        buffer = next;
    }
    nbl->MiniportReserved[0] = NULL;
    netcx_nbls_append(&rx->free_nbls, nbl);
}
