/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netviocx_buffers.c: receive buffers, in each of the ways that NetAdapterCx has: the parameter ReceiveBufferMode. [D] NET_ADAPTER_RX_CAPABILITIES
 *
 *   NETVIOCX_SYSTEM_BUFFERS   the system attaches: fragments come with their buffers
 *   NETVIOCX_DRIVER_BUFFERS   a common buffer for each slot of the ring, of the queue's own; back by EvtAdapterReturnRxBuffer
 *   NETVIOCX_DATA_BUFFERS     of the system's, by the data buffer ring
 *
 * What the driver attaches it attaches before the device has the fragment, in the order of the ring: then all three are the same to the rest
 * of the receive path, and a buffer goes back with its fragment.
 */
#include "netviocx_device.h"

static EVT_NET_ADAPTER_RETURN_RX_BUFFER return_buffer;
static void return_buffer(NETADAPTER adapter, NET_FRAGMENT_RETURN_CONTEXT_HANDLE handle) {
    struct netviocx_buffer *buffer = (struct netviocx_buffer *)(PVOID)handle;
    UNREFERENCED_PARAMETER(adapter);
    buffer->next = buffer->owner->free;
    buffer->owner->free = buffer;
}

void netviocx_buffers_declare(const NETVIOCX_DEVICE *device, NET_ADAPTER_RX_CAPABILITIES *rx, NET_ADAPTER_DMA_CAPABILITIES *dma, ULONG bytes,
                              SIZE_T queues) {
    if (device->settings.buffer_mode == NETVIOCX_DRIVER_BUFFERS) {
        NET_ADAPTER_RX_CAPABILITIES_INIT_DRIVER_MANAGED(rx, return_buffer, bytes, queues);
        return;
    }
    NET_ADAPTER_RX_CAPABILITIES_INIT_SYSTEM_MANAGED_DMA(rx, dma, bytes, queues);
    if (device->settings.buffer_mode == NETVIOCX_DATA_BUFFERS) rx->AttachmentMode = NetRxFragmentBufferAttachmentModeDriver;
}

/* ---- A queue is made */
static NTSTATUS make_own(NETPACKETQUEUE handle, struct netviocx_buffers *buffers, WDFDMAENABLER dma) {
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFMEMORY memory;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = handle; /* they go with the queue */
    NTSTATUS status = WdfMemoryCreate(&attributes, NonPagedPoolNx, 0, buffers->count * sizeof(*buffers->own), &memory, (PVOID *)&buffers->own);
    for (UINT32 i = 0; NT_SUCCESS(status) && i < buffers->count; i++) {
        struct netviocx_buffer *buffer = &buffers->own[i];
        WDFCOMMONBUFFER common;
        status = WdfCommonBufferCreate(dma, buffers->bytes, &attributes, &common);
        if (!NT_SUCCESS(status)) break;
        *buffer = (struct netviocx_buffer){.owner = buffers, .next = buffers->free, .va = WdfCommonBufferGetAlignedVirtualAddress(common),
                                           .la = (uint64_t)WdfCommonBufferGetAlignedLogicalAddress(common).QuadPart};
        buffers->free = buffer;
    }
    return status;
}

static void get(NETPACKETQUEUE handle, PCWSTR name, NET_EXTENSION_TYPE type, NET_EXTENSION *extension) {
    NET_EXTENSION_QUERY query;
    NET_EXTENSION_QUERY_INIT(&query, name, 1, type);
    NetRxQueueGetExtension(handle, &query, extension);
}

NTSTATUS netviocx_buffers_create(NETPACKETQUEUE handle) {
    NETVIOCX_QUEUE *queue = netviocx_queue_of(handle);
    struct netviocx_buffers *buffers = &queue->buffers;
    buffers->bytes = queue->device->piece_bytes;
    buffers->count = queue->fragments->NumberOfElements;
    buffers->ring = NetRingCollectionGetDataBufferRing(NetRxQueueGetRingCollection(handle));
    if (queue->device->settings.buffer_mode == NETVIOCX_DRIVER_BUFFERS) {
        get(handle, NET_FRAGMENT_EXTENSION_RETURN_CONTEXT_NAME, NetExtensionTypeFragment, &buffers->handle);
        return make_own(handle, buffers, queue->device->dma);
    }
    if (!buffers->ring) return STATUS_SUCCESS;
    get(handle, NET_FRAGMENT_EXTENSION_DATA_BUFFER_NAME, NetExtensionTypeFragment, &buffers->handle);
    get(handle, NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_NAME, NetExtensionTypeBuffer, &buffers->va);
    get(handle, NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_NAME, NetExtensionTypeBuffer, &buffers->la);
    return STATUS_SUCCESS;
}

/* ---- And runs */
void netviocx_buffers_start(NETVIOCX_QUEUE *queue) { queue->buffers.attached = queue->buffers.detached = 0; }

static void put(const NETVIOCX_QUEUE *queue, UINT32 index, PVOID va, uint64_t la) {
    NetRingGetFragmentAtIndex(queue->fragments, index)->Capacity = queue->buffers.bytes & 0x3FFFFFFu;
    NetExtensionGetFragmentVirtualAddress(&queue->va, index)->VirtualAddress = va;
    NetExtensionGetFragmentLogicalAddress(&queue->la, index)->LogicalAddress = la;
}

/* False: there is no buffer for it now. */
static bool attach_own(NETVIOCX_QUEUE *queue, UINT32 index) {
    struct netviocx_buffer *buffer = queue->buffers.free;
    if (!buffer) return false;
    queue->buffers.free = buffer->next;
    put(queue, index, buffer->va, buffer->la);
    NetExtensionGetFragmentReturnContext(&queue->buffers.handle, index)->Handle = (NET_FRAGMENT_RETURN_CONTEXT_HANDLE)(PVOID)buffer;
    return true;
}

static bool attach_data(NETVIOCX_QUEUE *queue, UINT32 index) {
    struct netviocx_buffers *buffers = &queue->buffers;
    NET_RING *ring = buffers->ring;
    if (ring->NextIndex == ring->EndIndex) return false;
    put(queue, index, NetExtensionGetFragmentVirtualAddress(&buffers->va, ring->NextIndex)->VirtualAddress,
        NetExtensionGetFragmentLogicalAddress(&buffers->la, ring->NextIndex)->LogicalAddress);
    NetExtensionGetFragmentDataBuffer(&buffers->handle, index)->Handle =
        *(NET_FRAGMENT_DATA_BUFFER_HANDLE *)NetRingGetElementAtIndex(ring, ring->NextIndex);
    ring->NextIndex = NetRingIncrementIndex(ring, ring->NextIndex);
    return true;
}

UINT32 netviocx_buffers_attach(NETVIOCX_QUEUE *queue) {
    struct netviocx_buffers *buffers = &queue->buffers;
    const NET_RING *fragments = queue->fragments;
    if (queue->device->settings.buffer_mode == NETVIOCX_SYSTEM_BUFFERS) return fragments->EndIndex;
    while (buffers->attached != fragments->EndIndex &&
           (buffers->ring ? attach_data(queue, buffers->attached) : attach_own(queue, buffers->attached)))
        buffers->attached = NetRingIncrementIndex(fragments, buffers->attached);
    return buffers->attached;
}

void netviocx_buffers_skip(NETVIOCX_QUEUE *queue, UINT32 index) {
    if (queue->device->settings.buffer_mode != NETVIOCX_DRIVER_BUFFERS) return;
    return_buffer(NULL, NetExtensionGetFragmentReturnContext(&queue->buffers.handle, index)->Handle);
}

void netviocx_buffers_skip_all(NETVIOCX_QUEUE *queue) {
    if (queue->device->settings.buffer_mode != NETVIOCX_DRIVER_BUFFERS) return;
    for (UINT32 i = queue->fragments->BeginIndex; i != queue->buffers.attached; i = NetRingIncrementIndex(queue->fragments, i))
        netviocx_buffers_skip(queue, i);
}

/* Fragments that have no buffer are behind all that have one. */
void netviocx_buffers_detach(NETVIOCX_QUEUE *queue) {
    struct netviocx_buffers *buffers = &queue->buffers;
    const NET_RING *fragments = queue->fragments;
    if (queue->device->settings.buffer_mode == NETVIOCX_SYSTEM_BUFFERS) return;
    for (; buffers->detached != fragments->BeginIndex; buffers->detached = NetRingIncrementIndex(fragments, buffers->detached)) {
        if (buffers->detached == buffers->attached) buffers->attached = NetRingIncrementIndex(fragments, buffers->attached);
        else if (buffers->ring) buffers->ring->BeginIndex = NetRingIncrementIndex(buffers->ring, buffers->ring->BeginIndex);
    }
}
