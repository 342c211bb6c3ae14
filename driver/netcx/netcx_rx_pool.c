/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_rx_pool.c: receive buffers: the system's, allocated once for a queue and attached by it; or those that the driver attaches, its own or
 * of the data buffer ring, of which this has only an MDL for each that a protocol can hold. [D] NetAdapterCx network data buffer management
 */
#include "netcx_rx.h"

static void put_nbl(struct netcx_rx *rx, PNET_BUFFER_LIST nbl) {
    nbl->Next = rx->free_nbls;
    rx->free_nbls = nbl;
}

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
        PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(rx->pool, 0, 0, NULL, 0, 0);
        if (!nbl) return STATUS_INSUFFICIENT_RESOURCES;
        nbl->SourceHandle = queue->adapter->device->ndis;
        nbl->MiniportReserved[1] = queue;
        put_nbl(rx, nbl);
    }
    return STATUS_SUCCESS;
}

static void put_free(struct netcx_rx *rx, struct netcx_rx_buffer *buffer) {
    buffer->next = rx->free;
    rx->free = buffer;
    rx->free_count++;
}

static struct netcx_rx_buffer *take_free(struct netcx_rx *rx) {
    struct netcx_rx_buffer *buffer = rx->free;
    rx->free = buffer->next;
    rx->free_count--;
    buffer->next = NULL;
    return buffer;
}

/* An MDL that can describe any run of so many bytes. */
static NTSTATUS allocate_mdl(struct netcx_queue *queue, struct netcx_rx_buffer *buffer) {
    buffer->mdl = kernel_allocate(queue->object.kernel, MmSizeOfMdl((PVOID)(ULONG_PTR)(PAGE_SIZE - 1), queue->rx->buffer_bytes), NETCX_TAG);
    if (!buffer->mdl) return STATUS_INSUFFICIENT_RESOURCES;
    put_free(queue->rx, buffer);
    return STATUS_SUCCESS;
}

static NTSTATUS allocate_buffer(struct netcx_queue *queue, struct netcx_rx_buffer *buffer) {
    struct netcx_rx *rx = queue->rx;
    if (rx->driver_attaches) return allocate_mdl(queue, buffer);
    buffer->va = netcx_memory_allocate(queue, &rx->reach, rx->buffer_bytes, "receive buffer", &buffer->la);
    if (!buffer->va) return STATUS_INSUFFICIENT_RESOURCES;
    buffer->mdl = NdisAllocateMdl(queue->adapter->device->ndis, buffer->va, rx->buffer_bytes);
    if (!buffer->mdl) return STATUS_INSUFFICIENT_RESOURCES;
    buffer->mdl->Next = NULL;
    put_free(rx, buffer);
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
    while (rx->free_nbls) NdisFreeNetBufferList(netcx_rx_take_nbl(rx));
    if (rx->pool) NdisFreeNetBufferListPool(rx->pool);
    for (unsigned i = 0; rx->buffers && i < rx->count; i++) {
        struct netcx_rx_buffer *buffer = &rx->buffers[i];
        if (rx->driver_attaches) kernel_free(buffer->mdl);
        else if (buffer->mdl) NdisFreeMdl(buffer->mdl);
        netcx_memory_free(queue, &rx->reach, buffer->va);
    }
    kernel_free(rx->buffers);
}

/* ---- In and out of fragments */
void netcx_rx_attach(struct netcx_rx *rx, NET_FRAGMENT *fragment, UINT32 index) {
    struct netcx_rx_buffer *buffer = take_free(rx);
    rx->attached[index] = buffer;
    fragment->Capacity = rx->buffer_bytes & 0x3FFFFFFu;
    NetExtensionGetFragmentVirtualAddress(&rx->va, index)->VirtualAddress = buffer->va;
    if (rx->la.Enabled) NetExtensionGetFragmentLogicalAddress(&rx->la, index)->LogicalAddress = buffer->la;
}

static struct netcx_rx_buffer *detach(struct netcx_rx *rx, UINT32 index) {
    struct netcx_rx_buffer *buffer = rx->attached[index];
    rx->attached[index] = NULL;
    return buffer;
}

struct netcx_rx_buffer *netcx_rx_claim(struct netcx_queue *queue, UINT32 index) {
    struct netcx_rx *rx = queue->rx;
    const NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(netcx_fragments(queue), index);
    const ULONG bytes = (ULONG)(fragment->Offset + fragment->ValidLength);
    if (!rx->driver_attaches) {
        struct netcx_rx_buffer *buffer = detach(rx, index);
        NdisAdjustMdlLength(buffer->mdl, bytes);
        return buffer;
    }
    struct netcx_rx_buffer *buffer = take_free(rx);
    MmInitializeMdl(buffer->mdl, NetExtensionGetFragmentVirtualAddress(&rx->va, index)->VirtualAddress, bytes);
    MmBuildMdlForNonPagedPool(buffer->mdl);
    buffer->mdl->Next = NULL;
    if (rx->driver_allocates) buffer->handle = NetExtensionGetFragmentReturnContext(&rx->return_context, index)->Handle;
    else buffer->data = netcx_rx_data_claim(rx, index);
    return buffer;
}

static void return_to_driver(struct netcx_queue *queue, NET_FRAGMENT_RETURN_CONTEXT_HANDLE handle) {
    queue->adapter->rx_caps.EvtAdapterReturnRxBuffer(netcx_adapter_handle(queue->adapter), handle);
}

void netcx_rx_drop(struct netcx_queue *queue, UINT32 index) {
    if (queue->rx->driver_allocates)
        return_to_driver(queue, NetExtensionGetFragmentReturnContext(&queue->rx->return_context, index)->Handle);
    else netcx_rx_skip(queue, index);
}

void netcx_rx_skip(struct netcx_queue *queue, UINT32 index) {
    struct netcx_rx *rx = queue->rx;
    if (!rx->driver_attaches) put_free(rx, detach(rx, index));
    else if (!rx->driver_allocates) netcx_rx_data_release(rx, netcx_rx_data_claim(rx, index));
}

void netcx_rx_release(struct netcx_queue *queue, PNET_BUFFER_LIST nbl) {
    struct netcx_rx *rx = queue->rx;
    for (struct netcx_rx_buffer *buffer = nbl->MiniportReserved[0], *next; buffer; buffer = next) {
        next = buffer->next;
        if (rx->driver_allocates) return_to_driver(queue, buffer->handle);
        else if (rx->driver_attaches) netcx_rx_data_release(rx, buffer->data);
        else NdisAdjustMdlLength(buffer->mdl, rx->buffer_bytes);
        buffer->mdl->Next = NULL;
        put_free(rx, buffer);
    }
    nbl->MiniportReserved[0] = NULL;
    put_nbl(rx, nbl);
}
