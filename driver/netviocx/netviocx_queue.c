/* SPDX-License-Identifier: Apache-2.0 */
/* netviocx_queue.c: packet queues over virtqueues: making them, and their notifications. [D] NetTxQueueCreate */
#include "netviocx_device.h"

/* What was used between the last look and the enabling sends no interrupt. */
static EVT_PACKET_QUEUE_SET_NOTIFICATION_ENABLED set_notification;
static void set_notification(NETPACKETQUEUE handle, BOOLEAN enabled) {
    NETVIOCX_QUEUE *queue = netviocx_queue_of(handle);
    if (queue->device->failed || queue->ring->resetting || queue->ring->reset) return;
    if (!enabled) vq_disable_interrupts(queue->ring->vq);
    else if (!vq_enable_interrupts(queue->ring->vq)) return;
    else if (queue->ring == &queue->device->tx) NetTxQueueNotifyMoreCompletedPacketsAvailable(handle);
    else NetRxQueueNotifyMoreReceivedPacketsAvailable(handle);
}

static EVT_WDF_OBJECT_CONTEXT_CLEANUP cleanup;
static VOID cleanup(WDFOBJECT object) {
    NETVIOCX_QUEUE *queue = netviocx_queue_of(object);
    if (queue->ring) queue->ring->queue = NULL; /* none yet: NetTxQueueCreate failed */
}

static void init_attributes(WDF_OBJECT_ATTRIBUTES *attributes) {
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(attributes, NETVIOCX_QUEUE);
    attributes->EvtCleanupCallback = cleanup;
}

static void get_extensions(NETVIOCX_QUEUE *queue, NETPACKETQUEUE handle, void (*get)(NETPACKETQUEUE, NET_EXTENSION_QUERY const *, NET_EXTENSION *)) {
    NET_EXTENSION_QUERY query;
    NET_EXTENSION_QUERY_INIT(&query, NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_NAME, NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_VERSION_1,
                             NetExtensionTypeFragment);
    get(handle, &query, &queue->va);
    NET_EXTENSION_QUERY_INIT(&query, NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_NAME, NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_VERSION_1,
                             NetExtensionTypeFragment);
    get(handle, &query, &queue->la);
    NET_EXTENSION_QUERY_INIT(&query, NET_PACKET_EXTENSION_CHECKSUM_NAME, NET_PACKET_EXTENSION_CHECKSUM_VERSION_1, NetExtensionTypePacket);
    get(handle, &query, &queue->checksum);
}

static NETVIOCX_QUEUE *fill_in(NETADAPTER adapter, NETPACKETQUEUE handle, bool transmit, NET_RING_COLLECTION const *rings) {
    NETVIOCX_QUEUE *queue = netviocx_queue_of(handle);
    queue->device = netviocx_adapter_of(adapter)->device;
    queue->ring = transmit ? &queue->device->tx : &queue->device->rx;
    queue->ring->queue = handle;
    queue->packets = NetRingCollectionGetPacketRing(rings);
    queue->fragments = NetRingCollectionGetFragmentRing(rings);
    return queue;
}

NTSTATUS netviocx_create_tx_queue(NETADAPTER adapter, NETTXQUEUE_INIT *init) {
    NET_PACKET_QUEUE_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    NETPACKETQUEUE handle;
    NET_PACKET_QUEUE_CONFIG_INIT(&config, netviocx_tx_advance, set_notification, netviocx_tx_cancel);
    init_attributes(&attributes);
    const NTSTATUS status = NetTxQueueCreate(init, &attributes, &config, &handle);
    if (!NT_SUCCESS(status)) return status;
    get_extensions(fill_in(adapter, handle, true, NetTxQueueGetRingCollection(handle)), handle, NetTxQueueGetExtension);
    return status;
}

NTSTATUS netviocx_create_rx_queue(NETADAPTER adapter, NETRXQUEUE_INIT *init) {
    NET_PACKET_QUEUE_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    NETPACKETQUEUE handle;
    NET_PACKET_QUEUE_CONFIG_INIT(&config, netviocx_rx_advance, set_notification, netviocx_rx_cancel);
    config.EvtStart = netviocx_rx_start;
    init_attributes(&attributes);
    const NTSTATUS status = NetRxQueueCreate(init, &attributes, &config, &handle);
    if (!NT_SUCCESS(status)) return status;
    get_extensions(fill_in(adapter, handle, false, NetRxQueueGetRingCollection(handle)), handle, NetRxQueueGetExtension);
    return netviocx_buffers_create(handle);
}
