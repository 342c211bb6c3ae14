/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_rx_data.c: buffers that the system allocates and the driver attaches. [D] NetRxFragmentBufferAttachmentModeDriver
 *
 *   data buffer ring   [ handle | VA | LA ] ...       the system posts buffers, each with where it is
 *   fragment ring      [ DataBuffer.Handle | Offset, ValidLength, Capacity ] ...    the driver says which buffer a fragment is of
 *
 * A buffer may be in several fragments, as long as the driver has it. It is free again when the driver has given it back, by BeginIndex of the
 * data buffer ring, and no fragment or NBL has it any more. Handles are numbers from 1 on, so that none is an address of this machine's.
 */
#include "netcx_rx.h"

struct netcx_data_buffer {
    struct netcx_data_buffer *next; /* free */
    PUCHAR va;
    uint64_t la;
    unsigned references;    /* fragments that were given back and NBLs */
    bool lent;              /* the driver has it */
};

struct netcx_rx_data {
    struct netcx_data_buffer *buffers, *free, **taken; /* taken: beside each element of the fragment ring */
    unsigned count;
    UINT32 seen;            /* fragments before this one were looked at */
    NET_EXTENSION handle, va, la;
};

static NET_RING *ring_of(const struct netcx_queue *queue) { return queue->rings.Rings[NetRingTypeDataBuffer]; }

static void put_free(struct netcx_rx_data *data, struct netcx_data_buffer *buffer) {
    if (buffer->lent || buffer->references) return;
    buffer->next = data->free;
    data->free = buffer;
}

static NET_FRAGMENT_DATA_BUFFER_HANDLE *handle_at(const NET_RING *ring, UINT32 index) { return NetRingGetElementAtIndex(ring, index); }

static struct netcx_data_buffer *buffer_of(struct netcx_rx_data *data, NET_FRAGMENT_DATA_BUFFER_HANDLE handle) {
    const ULONG_PTR number = (ULONG_PTR)handle;
    return number >= 1 && number <= data->count ? &data->buffers[number - 1] : NULL;
}

/* ---- To the driver */
void netcx_rx_data_post(struct netcx_queue *queue) {
    struct netcx_rx_data *data = queue->rx->data;
    NET_RING *ring = ring_of(queue);
    while (data->free && NetRingGetRangeCount(ring, ring->EndIndex, ring->OSReserved0 - 1) != 0) {
        struct netcx_data_buffer *buffer = data->free;
        data->free = buffer->next;
        buffer->lent = true;
        *handle_at(ring, ring->EndIndex) = (NET_FRAGMENT_DATA_BUFFER_HANDLE)(PVOID)(ULONG_PTR)(buffer - data->buffers + 1);
        NetExtensionGetFragmentVirtualAddress(&data->va, ring->EndIndex)->VirtualAddress = buffer->va;
        NetExtensionGetFragmentLogicalAddress(&data->la, ring->EndIndex)->LogicalAddress = buffer->la;
        ring->EndIndex = NetRingIncrementIndex(ring, ring->EndIndex);
    }
}

/* ---- From the driver */
/* A fragment without a buffer that the driver has gets no address: a packet that names it is dropped, and reported (netcx_rx.c). */
static void take_fragment(struct netcx_queue *queue, UINT32 index) {
    struct netcx_rx_data *data = queue->rx->data;
    struct netcx_data_buffer *buffer = buffer_of(data, NetExtensionGetFragmentDataBuffer(&data->handle, index)->Handle);
    if (buffer && !buffer->lent) buffer = NULL;
    if (buffer) buffer->references++;
    data->taken[index] = buffer;
    NetExtensionGetFragmentVirtualAddress(&queue->rx->va, index)->VirtualAddress = buffer ? buffer->va : NULL;
}

static void give_up(struct netcx_queue *queue, UINT32 end) {
    struct netcx_rx_data *data = queue->rx->data;
    NET_RING *ring = ring_of(queue);
    for (; ring->OSReserved0 != end; ring->OSReserved0 = NetRingIncrementIndex(ring, ring->OSReserved0)) {
        struct netcx_data_buffer *buffer = buffer_of(data, *handle_at(ring, ring->OSReserved0));
        buffer->lent = false;
        put_free(data, buffer);
        RtlZeroMemory(handle_at(ring, ring->OSReserved0), ring->ElementStride);
    }
}

void netcx_rx_data_take(struct netcx_queue *queue) {
    struct netcx_rx_data *data = queue->rx->data;
    const NET_RING *fragments = netcx_fragments(queue);
    for (; data->seen != fragments->BeginIndex; data->seen = NetRingIncrementIndex(fragments, data->seen)) take_fragment(queue, data->seen);
    give_up(queue, ring_of(queue)->BeginIndex);
}

void netcx_rx_data_reclaim(struct netcx_queue *queue) {
    NET_RING *ring = ring_of(queue);
    give_up(queue, ring->EndIndex);
    ring->BeginIndex = ring->EndIndex;
    queue->rx->data->seen = 0;
}

struct netcx_data_buffer *netcx_rx_data_claim(struct netcx_rx *rx, UINT32 index) {
    struct netcx_data_buffer *buffer = rx->data->taken[index];
    rx->data->taken[index] = NULL;
    return buffer;
}

void netcx_rx_data_release(struct netcx_rx *rx, struct netcx_data_buffer *buffer) {
    if (!buffer) return;
    buffer->references--;
    put_free(rx->data, buffer);
}

/* ---- Life */
static void query(struct netcx_queue *queue, PCWSTR name, NET_EXTENSION_TYPE type, NET_EXTENSION *extension) {
    NET_EXTENSION_QUERY wanted;
    NET_EXTENSION_QUERY_INIT(&wanted, name, 1, type);
    netcx_extensions_query(&queue->extensions, &queue->rings, &wanted, extension);
}

NTSTATUS netcx_rx_data_create(struct netcx_queue *queue) {
    struct netcx_rx *rx = queue->rx;
    struct kernel *kernel = queue->object.kernel;
    struct netcx_rx_data *data = rx->data = kernel_allocate(kernel, sizeof(*data), NETCX_TAG);
    if (!data) return STATUS_INSUFFICIENT_RESOURCES;
    query(queue, NET_FRAGMENT_EXTENSION_DATA_BUFFER_NAME, NetExtensionTypeFragment, &data->handle);
    query(queue, NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_NAME, NetExtensionTypeBuffer, &data->va);
    query(queue, NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_NAME, NetExtensionTypeBuffer, &data->la);
    data->taken = kernel_allocate(kernel, netcx_fragments(queue)->NumberOfElements * sizeof(PVOID), NETCX_TAG);
    data->buffers = kernel_allocate(kernel, rx->count * sizeof(*data->buffers), NETCX_TAG);
    if (!data->taken || !data->buffers) return STATUS_INSUFFICIENT_RESOURCES;
    for (; data->count < rx->count; data->count++) {
        struct netcx_data_buffer *buffer = &data->buffers[data->count];
        buffer->va = netcx_memory_allocate(queue, &rx->reach, rx->buffer_bytes, "receive buffer", &buffer->la);
        if (!buffer->va) return STATUS_INSUFFICIENT_RESOURCES;
        put_free(data, buffer);
    }
    return STATUS_SUCCESS;
}

void netcx_rx_data_free(struct netcx_queue *queue) {
    struct netcx_rx_data *data = queue->rx->data;
    if (!data) return;
    for (unsigned i = 0; i < data->count; i++) netcx_memory_free(queue, &queue->rx->reach, data->buffers[i].va);
    kernel_free(data->buffers);
    kernel_free(data->taken);
    kernel_free(data);
    queue->rx->data = NULL;
}
