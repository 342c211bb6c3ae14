/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_queue.c: queues: made for a device that has power, started and stopped with the data path. [D] NetTxQueueCreate, EvtPacketQueueStart
 *
 *   stop  receives are dropped, NBLs that protocols have come back -> sends are refused -> EvtCancel, transmit queues first -> every send
 *         completes -> the rings are empty -> EvtStop
 *
 * What does not come to an end within STOP_NS is reported, and left.
 */
#include "netcx_check.h"
#include "netcx_offload.h"
#include "platform_uncharged.h"

enum { STOP_NS = 1000000000, STEP_NS = 1000, RING_LEAST = 16, RING_MOST = 4096, RING_DEFAULT = 256, TX_FRAGMENTS_A_PACKET = 4 };

struct NETTXQUEUE_INIT {
    struct netcx_adapter *adapter;
    ULONG id;
    bool is_tx;
    struct netcx_queue *queue;
};
struct NETRXQUEUE_INIT {
    struct NETTXQUEUE_INIT init;
};

static PLATFORM_UNCHARGED void trace(const struct netcx_queue *queue, enum platform_trace_kind kind, const char *function) {
    const struct platform *platform = &queue->object.kernel->seam;
    if (!platform->ops->trace_enabled(platform->ctx, kind)) return;
    struct platform_trace event = {.kind = kind, .text = function};
    platform->ops->trace(platform->ctx, &event);
}

static void call(struct netcx_queue *queue, void (*callback)(NETPACKETQUEUE), const char *name) {
    if (!callback) return;
    trace(queue, PLATFORM_TRACE_FUNCTION_ENTER, name);
    callback(netcx_queue_handle(queue));
    trace(queue, PLATFORM_TRACE_FUNCTION_EXIT, name);
}

void netcx_queue_advance(struct netcx_queue *queue) {
    netcx_check_before(queue);
    call(queue, queue->config.EvtAdvance, queue->is_tx ? "EvtTxQueueAdvance" : "EvtRxQueueAdvance");
    netcx_check_after(queue);
}

static unsigned poll(struct netcx_queue *queue) { return queue->is_tx ? netcx_tx_poll(queue) : netcx_rx_poll(queue); }

/* Of a transmit queue with nothing on its ring there is nothing to tell: the next send wakes it. */
static void arm(struct netcx_queue *queue) {
    const NET_RING *ring = netcx_packets(queue);
    if (queue->is_tx && ring->BeginIndex == ring->EndIndex) return;
    queue->config.EvtSetNotificationEnabled(netcx_queue_handle(queue), TRUE);
}

/* ---- Rings. Hints are followed where they make sense. */
static UINT32 clamp(SIZE_T elements) {
    UINT32 size = RING_LEAST;
    while (size < elements && size < RING_MOST) size *= 2;
    return size;
}

static NTSTATUS make_rings(struct netcx_queue *queue) {
    const struct netcx_adapter *adapter = queue->adapter;
    struct netcx_extensions *extensions = &queue->extensions;
    const UINT32 hint = queue->is_tx ? adapter->tx_caps.FragmentRingNumberOfElementsHint : adapter->rx_caps.FragmentRingNumberOfElementsHint;
    const UINT32 fragments = clamp(hint ? hint : queue->is_tx ? RING_DEFAULT * TX_FRAGMENTS_A_PACKET : RING_DEFAULT);
    const UINT32 packets = queue->is_tx ? clamp(fragments / TX_FRAGMENTS_A_PACKET) : fragments;
    netcx_extensions_add(extensions, NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_NAME, 1, NetExtensionTypeFragment,
                         sizeof(NET_FRAGMENT_VIRTUAL_ADDRESS), sizeof(void *));
    if (adapter->have_tx_dma || adapter->have_rx_dma)
        netcx_extensions_add(extensions, NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_NAME, 1, NetExtensionTypeFragment,
                             sizeof(NET_FRAGMENT_LOGICAL_ADDRESS), sizeof(UINT64));
    netcx_offload_extensions(adapter, queue->is_tx, extensions);
    if (!queue->is_tx && adapter->rx_caps.AllocationMode == NetRxFragmentBufferAllocationModeDriver)
        netcx_extensions_add(extensions, NET_FRAGMENT_EXTENSION_RETURN_CONTEXT_NAME, 1, NetExtensionTypeFragment,
                             sizeof(NET_FRAGMENT_RETURN_CONTEXT), sizeof(void *));
    queue->rings.Rings[NetRingTypePacket] =
        netcx_ring_create(queue->object.kernel, packets, netcx_extensions_lay_out(extensions, NetExtensionTypePacket));
    queue->rings.Rings[NetRingTypeFragment] =
        netcx_ring_create(queue->object.kernel, fragments, netcx_extensions_lay_out(extensions, NetExtensionTypeFragment));
    return netcx_packets(queue) && netcx_fragments(queue) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static void dispose(struct wdf_object *object) {
    struct netcx_queue *queue = CONTAINING_RECORD(object, struct netcx_queue, object);
    netcx_tx_deinit(queue);
    netcx_rx_deinit(queue);
    netcx_check_destroy(queue);
    for (unsigned i = 0; i < ARRAYSIZE(queue->rings.Rings); i++) kernel_free(queue->rings.Rings[i]);
}

static NTSTATUS create(struct NETTXQUEUE_INIT *init, WDF_OBJECT_ATTRIBUTES *attributes, NET_PACKET_QUEUE_CONFIG *config, NETPACKETQUEUE *handle,
                       const char *function) {
    struct netcx_adapter *adapter = init->adapter;
    struct netcx_queue *queue;
    wdf_require_passive(adapter->object.kernel, function);
    if (config->Size != sizeof(*config)) return STATUS_INFO_LENGTH_MISMATCH;
    if (init->queue || !config->EvtAdvance || !config->EvtSetNotificationEnabled || !config->EvtCancel ||
        (attributes && attributes->ParentObject)) {
        netcx_violation(adapter->device, "netcx.queue", "%s: %s", function,
                        init->queue ? "a queue was made already in this callback"
                        : attributes && attributes->ParentObject ? "a queue's parent is its adapter: ParentObject must be NULL"
                                                                 : "EvtAdvance, EvtSetNotificationEnabled and EvtCancel are mandatory");
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS status = wdf_object_create(adapter->object.kernel, WDF_TYPE_NET_QUEUE, sizeof(*queue), attributes, &adapter->object, &queue);
    if (!NT_SUCCESS(status)) return status;
    queue->object.dispose = dispose;
    queue->adapter = adapter;
    queue->id = init->id;
    queue->is_tx = init->is_tx;
    queue->config = *config;
    netcx_context_init(&queue->context, queue, poll, arm);
    status = make_rings(queue);
    if (NT_SUCCESS(status)) status = netcx_check_create(queue);
    if (NT_SUCCESS(status)) status = queue->is_tx ? netcx_tx_init(queue) : netcx_rx_init(queue);
    if (!NT_SUCCESS(status)) {
        wdf_object_delete(&queue->object);
        return status;
    }
    init->queue = queue;
    *handle = netcx_queue_handle(queue);
    return STATUS_SUCCESS;
}

/* ---- What clients call */
static struct netcx_queue *queue_of(NETPACKETQUEUE handle, const char *function) {
    return wdf_object_of(handle, WDF_TYPE_NET_QUEUE, function);
}

NTSTATUS NetTxQueueCreate(NETTXQUEUE_INIT *TxQueueInit, WDF_OBJECT_ATTRIBUTES *TxQueueAttributes, NET_PACKET_QUEUE_CONFIG *Configuration,
                          NETPACKETQUEUE *TxQueue) {
    return create(TxQueueInit, TxQueueAttributes, Configuration, TxQueue, __func__);
}

NTSTATUS NetRxQueueCreate(NETRXQUEUE_INIT *RxQueueInit, WDF_OBJECT_ATTRIBUTES *RxQueueAttributes, NET_PACKET_QUEUE_CONFIG *Configuration,
                          NETPACKETQUEUE *RxQueue) {
    return create(&RxQueueInit->init, RxQueueAttributes, Configuration, RxQueue, __func__);
}

ULONG NetTxQueueInitGetQueueId(NETTXQUEUE_INIT *TxQueueInit) { return TxQueueInit->id; }
ULONG NetRxQueueInitGetQueueId(NETRXQUEUE_INIT *RxQueueInit) { return RxQueueInit->init.id; }

static NET_RING_COLLECTION const *rings_of(NETPACKETQUEUE handle, const char *function) {
    const struct netcx_queue *queue = queue_of(handle, function);
    return queue ? &queue->rings : NULL;
}

NET_RING_COLLECTION const *NetTxQueueGetRingCollection(NETPACKETQUEUE TxQueue) { return rings_of(TxQueue, __func__); }
NET_RING_COLLECTION const *NetRxQueueGetRingCollection(NETPACKETQUEUE RxQueue) { return rings_of(RxQueue, __func__); }

static void query(NETPACKETQUEUE handle, NET_EXTENSION_QUERY const *query, NET_EXTENSION *extension, const char *function) {
    const struct netcx_queue *queue = queue_of(handle, function);
    extension->Enabled = FALSE;
    if (!queue) return;
    if (!query->Name || !query->Name[0] || query->Version == 0 || query->Type < NetExtensionTypePacket || query->Type > NetExtensionTypeBuffer)
        netcx_violation(queue->adapter->device, "netcx.extension", "%s: a query needs a name, a version and a type", function);
    else
        netcx_extensions_query(&queue->extensions, &queue->rings, query, extension);
}

void NetTxQueueGetExtension(NETPACKETQUEUE TxQueue, NET_EXTENSION_QUERY const *Query, NET_EXTENSION *Extension) {
    query(TxQueue, Query, Extension, __func__);
}
void NetRxQueueGetExtension(NETPACKETQUEUE RxQueue, NET_EXTENSION_QUERY const *Query, NET_EXTENSION *Extension) {
    query(RxQueue, Query, Extension, __func__);
}

static void notify(NETPACKETQUEUE handle, const char *function) {
    struct netcx_queue *queue = queue_of(handle, function);
    if (queue) netcx_context_wake(&queue->context);
}

void NetTxQueueNotifyMoreCompletedPacketsAvailable(NETPACKETQUEUE TxQueue) { notify(TxQueue, __func__); }
void NetRxQueueNotifyMoreReceivedPacketsAvailable(NETPACKETQUEUE RxQueue) { notify(RxQueue, __func__); }

/* ---- All queues of an adapter */
static NTSTATUS create_tx(struct netcx_adapter *adapter, ULONG id) {
    struct NETTXQUEUE_INIT init = {.adapter = adapter, .id = id, .is_tx = true};
    const NTSTATUS status = adapter->callbacks.EvtAdapterCreateTxQueue(netcx_adapter_handle(adapter), &init);
    if (init.queue) adapter->tx[adapter->tx_count++] = init.queue;
    return NT_SUCCESS(status) && !init.queue ? STATUS_UNSUCCESSFUL : status;
}

static NTSTATUS create_rx(struct netcx_adapter *adapter, ULONG id) {
    struct NETRXQUEUE_INIT init = {.init = {.adapter = adapter, .id = id}};
    const NTSTATUS status = adapter->callbacks.EvtAdapterCreateRxQueue(netcx_adapter_handle(adapter), &init);
    if (init.init.queue) adapter->rx[adapter->rx_count++] = init.init.queue;
    return NT_SUCCESS(status) && !init.init.queue ? STATUS_UNSUCCESSFUL : status;
}

NTSTATUS netcx_queues_create(struct netcx_adapter *adapter) {
    NTSTATUS status = create_tx(adapter, 0);
    if (NT_SUCCESS(status)) status = create_rx(adapter, 0);
    if (!NT_SUCCESS(status)) netcx_queues_delete(adapter);
    return status;
}

void netcx_queues_delete(struct netcx_adapter *adapter) {
    while (adapter->rx_count) wdf_object_delete(&adapter->rx[--adapter->rx_count]->object);
    while (adapter->tx_count) wdf_object_delete(&adapter->tx[--adapter->tx_count]->object);
}

/* The first poll is ours, at PASSIVE_LEVEL; the DPC goes on. */
static void start(struct netcx_queue *queue) {
    netcx_context_take(&queue->context);
    netcx_ring_reset(netcx_packets(queue));
    netcx_ring_reset(netcx_fragments(queue));
    queue->cancelled = false;
    if (queue->is_tx) netcx_tx_open(queue);
    else netcx_rx_open(queue);
    call(queue, queue->config.EvtStart, queue->is_tx ? "EvtTxQueueStart" : "EvtRxQueueStart");
    (void)poll(queue);
    queue->context.active = true;
    queue->started = true;
    netcx_context_release(&queue->context);
}

void netcx_queues_start(struct netcx_adapter *adapter) {
    for (unsigned i = 0; i < adapter->tx_count; i++) start(adapter->tx[i]);
    for (unsigned i = 0; i < adapter->rx_count; i++) start(adapter->rx[i]);
}

/* Polls until it is so. */
static void wait_until(struct netcx_queue *queue, bool (*done)(const struct netcx_queue *), const char *what) {
    const struct platform *platform = &queue->object.kernel->seam;
    for (uint64_t waited = 0; waited < STOP_NS; waited += STEP_NS) {
        netcx_context_take(&queue->context);
        if (!done(queue)) (void)poll(queue);
        const bool now = done(queue);
        netcx_context_release(&queue->context);
        if (now) return;
        platform->ops->sleep_ns(platform->ctx, STEP_NS);
    }
    netcx_violation(queue->adapter->device, "netcx.stop", "%s queue %u: %s within a second of EvtCancel", queue->is_tx ? "transmit" : "receive",
                    (unsigned)queue->id, what);
}

static void cancel(struct netcx_queue *queue) {
    netcx_context_take(&queue->context);
    queue->cancelled = true;
    netcx_check_before(queue);
    call(queue, queue->config.EvtCancel, queue->is_tx ? "EvtTxQueueCancel" : "EvtRxQueueCancel");
    netcx_check_after(queue);
    netcx_context_release(&queue->context);
}

static void stop(struct netcx_queue *queue) {
    wait_until(queue, queue->is_tx ? netcx_tx_is_drained : netcx_rx_is_drained, "the driver did not give everything back");
    netcx_context_take(&queue->context);
    netcx_context_stop(&queue->context);
    call(queue, queue->config.EvtStop, queue->is_tx ? "EvtTxQueueStop" : "EvtRxQueueStop");
    queue->started = false;
    netcx_context_release(&queue->context);
}

void netcx_queues_stop(struct netcx_adapter *adapter) {
    for (unsigned i = 0; i < adapter->rx_count; i++) netcx_rx_close(adapter->rx[i]);
    for (unsigned i = 0; i < adapter->rx_count; i++) wait_until(adapter->rx[i], netcx_rx_is_idle, "received NBLs were not returned");
    for (unsigned i = 0; i < adapter->tx_count; i++) {
        netcx_context_take(&adapter->tx[i]->context);
        netcx_tx_flush(adapter->tx[i], NDIS_STATUS_PAUSED, true, NULL);
        netcx_context_release(&adapter->tx[i]->context);
    }
    for (unsigned i = 0; i < adapter->tx_count; i++) cancel(adapter->tx[i]);
    for (unsigned i = 0; i < adapter->rx_count; i++) cancel(adapter->rx[i]);
    for (unsigned i = 0; i < adapter->tx_count; i++) wait_until(adapter->tx[i], netcx_tx_is_empty, "sends were not completed");
    for (unsigned i = 0; i < adapter->tx_count; i++) stop(adapter->tx[i]);
    for (unsigned i = 0; i < adapter->rx_count; i++) stop(adapter->rx[i]);
}
