/* SPDX-License-Identifier: Apache-2.0 */
/* netviocx_queue.c: packet queues over virtqueues: making them, and their notifications. [D] NetTxQueueCreate */
#include "netviocx_fault.h"

/* What was used between the last look and the enabling sends no interrupt. */
static EVT_PACKET_QUEUE_SET_NOTIFICATION_ENABLED set_notification;
static void set_notification(NETPACKETQUEUE handle, BOOLEAN enabled) {
    NETVIOCX_QUEUE *queue = netviocx_queue_of(handle);
    if (queue->device->failed || queue->ring->resetting || queue->ring->reset) return;
    if (queue->ring->transmit && netviocx_fault_blinds(queue->device)) return;
    if (!enabled) vq_disable_interrupts(queue->ring->vq);
    else if (!vq_enable_interrupts(queue->ring->vq)) return;
    else if (queue->ring->transmit) NetTxQueueNotifyMoreCompletedPacketsAvailable(handle);
    else NetRxQueueNotifyMoreReceivedPacketsAvailable(handle);
}

static EVT_WDF_OBJECT_CONTEXT_CLEANUP cleanup;
static VOID cleanup(WDFOBJECT object) {
    NETVIOCX_QUEUE *queue = netviocx_queue_of(object);
    if (queue->ring) queue->ring->queue = NULL; /* none yet: NetTxQueueCreate failed */
    if (queue->fronts) WdfObjectDelete(queue->fronts);
}

static void init_attributes(WDF_OBJECT_ATTRIBUTES *attributes) {
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(attributes, NETVIOCX_QUEUE);
    attributes->EvtCleanupCallback = cleanup;
}

static void get_extensions(NETVIOCX_QUEUE *queue, NETPACKETQUEUE handle, void (*get)(NETPACKETQUEUE, NET_EXTENSION_QUERY const *, NET_EXTENSION *)) {
    const struct {
        PCWSTR name;
        NET_EXTENSION_TYPE type;
        NET_EXTENSION *to;
    } wanted[] = {{NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_NAME, NetExtensionTypeFragment, &queue->va},
                  {NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_NAME, NetExtensionTypeFragment, &queue->la},
                  {NET_PACKET_EXTENSION_CHECKSUM_NAME, NetExtensionTypePacket, &queue->checksum},
                  {NET_PACKET_EXTENSION_GSO_NAME, NetExtensionTypePacket, &queue->gso},
                  {NET_PACKET_EXTENSION_IEEE8021Q_NAME, NetExtensionTypePacket, &queue->tag},
                  {NET_PACKET_EXTENSION_HASH_NAME, NetExtensionTypePacket, &queue->hash}};
    for (unsigned i = 0; i < ARRAYSIZE(wanted); i++) {
        NET_EXTENSION_QUERY query;
        NET_EXTENSION_QUERY_INIT(&query, wanted[i].name, 1, wanted[i].type);
        get(handle, &query, wanted[i].to);
    }
}

static NETVIOCX_QUEUE *fill_in(NETADAPTER adapter, NETPACKETQUEUE handle, ULONG id, bool transmit, NET_RING_COLLECTION const *rings) {
    NETVIOCX_QUEUE *queue = netviocx_queue_of(handle);
    queue->device = netviocx_adapter_of(adapter)->device;
    queue->ring = transmit ? &queue->device->pair[id].tx : &queue->device->pair[id].rx;
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
    NETVIOCX_QUEUE *queue = fill_in(adapter, handle, NetTxQueueInitGetQueueId(init), true, NetTxQueueGetRingCollection(handle));
    get_extensions(queue, handle, NetTxQueueGetExtension);
    if (!queue->checksum.Enabled && !queue->gso.Enabled && !queue->tag.Enabled) return status;
    return WdfCommonBufferCreate(queue->device->dma, (size_t)queue->packets->NumberOfElements * NETVIOCX_FRONT, WDF_NO_OBJECT_ATTRIBUTES,
                                 &queue->fronts);
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
    NETVIOCX_QUEUE *queue = fill_in(adapter, handle, NetRxQueueInitGetQueueId(init), false, NetRxQueueGetRingCollection(handle));
    get_extensions(queue, handle, NetRxQueueGetExtension);
    return netviocx_buffers_create(handle);
}
