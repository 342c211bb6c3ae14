/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_datapath.c: queues at work: their callbacks, with the checks around them; started and stopped with the data path. [D] EvtPacketQueueStart
 *
 *   stop  receives are dropped, NBLs that protocols have come back -> sends are refused -> EvtCancel, transmit queues first -> every send
 *         completes -> the rings are empty -> EvtStop
 *
 * What does not come to an end within STOP_NS is reported, and taken from the driver behind EvtStop: sends fail, and memory is its owner's again.
 */
#include "netcx_check.h"
#include "platform_uncharged.h"

enum { STOP_NS = 1000000000, LEAST_STEP_NS = 1000, MOST_STEP_NS = 100000 };

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

unsigned netcx_queue_poll(struct netcx_queue *queue) { return queue->is_tx ? netcx_tx_poll(queue) : netcx_rx_poll(queue); }

/* The first poll is ours, at PASSIVE_LEVEL; the DPC goes on. */
static void start(struct netcx_queue *queue) {
    netcx_context_take(&queue->context);
    for (unsigned i = 0; i < ARRAYSIZE(queue->rings.Rings); i++)
        if (queue->rings.Rings[i]) netcx_ring_reset(queue->rings.Rings[i]);
    queue->cancelled = false;
    if (queue->is_tx) netcx_tx_open(queue);
    else netcx_rx_open(queue);
    call(queue, queue->config.EvtStart, queue->is_tx ? "EvtTxQueueStart" : "EvtRxQueueStart");
    (void)netcx_queue_poll(queue);
    queue->context.active = true;
    queue->started = true;
    netcx_context_release(&queue->context);
}

NTSTATUS netcx_queues_scale(struct netcx_adapter *adapter, unsigned count) {
    const unsigned before = adapter->rx_count;
    NTSTATUS status = STATUS_SUCCESS;
    while (adapter->rx_count < count && NT_SUCCESS(status)) status = netcx_queue_create_rx(adapter, adapter->rx_count);
    for (unsigned i = before; i < adapter->rx_count && NT_SUCCESS(status) && adapter->device->running; i++) start(adapter->rx[i]);
    while (adapter->rx_count > before && !NT_SUCCESS(status)) wdf_object_delete(&adapter->rx[--adapter->rx_count]->object);
    return status;
}

void netcx_queues_start(struct netcx_adapter *adapter) {
    for (unsigned i = 0; i < adapter->tx_count; i++) start(adapter->tx[i]);
    for (unsigned i = 0; i < adapter->rx_count; i++) start(adapter->rx[i]);
}

/* How long to the next look: a part of what was waited already, so that a second is ten thousand looks and a microsecond is one. */
static uint64_t step_ns(uint64_t waited) {
    const uint64_t step = waited / 8;
    return step < LEAST_STEP_NS ? LEAST_STEP_NS : step > MOST_STEP_NS ? MOST_STEP_NS : step;
}

/* Polls until it is so. */
static void wait_until(struct netcx_queue *queue, bool (*done)(const struct netcx_queue *), const char *what) {
    const struct platform *platform = &queue->object.kernel->seam;
    for (uint64_t waited = 0; waited < STOP_NS; waited += step_ns(waited)) {
        netcx_context_take(&queue->context);
        if (!done(queue)) (void)netcx_queue_poll(queue);
        const bool now = done(queue);
        netcx_context_release(&queue->context);
        if (now) return;
        platform->ops->sleep_ns(platform->ctx, step_ns(waited));
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
    if (queue->is_tx) netcx_tx_stopped(queue);
    else netcx_rx_stopped(queue);
    netcx_context_release(&queue->context);
}

/* What waits for it goes on behind the start, what came is indicated, and NBLs that protocols have come back whenever they do. */
NTSTATUS netcx_queue_restart(struct netcx_adapter *adapter, bool transmit, ULONG id) {
    if (id >= (transmit ? adapter->tx_caps.MaximumNumberOfQueues : adapter->rx_caps.MaximumNumberOfQueues)) return STATUS_NOT_FOUND;
    if (id >= (transmit ? adapter->tx_count : adapter->rx_count)) return STATUS_SUCCESS; /* nobody needs it yet */
    struct netcx_queue *queue = transmit ? adapter->tx[id] : adapter->rx[id];
    cancel(queue);
    stop(queue);
    start(queue);
    return STATUS_SUCCESS;
}

void netcx_queues_stop(struct netcx_adapter *adapter) {
    for (unsigned i = 0; i < adapter->rx_count; i++) netcx_rx_close(adapter->rx[i]);
    for (unsigned i = 0; i < adapter->rx_count; i++) wait_until(adapter->rx[i], netcx_rx_is_idle, "received NBLs were not returned");
    for (unsigned i = 0; i < adapter->tx_count; i++) {
        netcx_context_take(&adapter->tx[i]->context);
        netcx_tx_flush(adapter->tx[i], adapter->device->resetting ? NDIS_STATUS_RESET_IN_PROGRESS : NDIS_STATUS_PAUSED);
        netcx_context_release(&adapter->tx[i]->context);
    }
    for (unsigned i = 0; i < adapter->tx_count; i++) cancel(adapter->tx[i]);
    for (unsigned i = 0; i < adapter->rx_count; i++) cancel(adapter->rx[i]);
    for (unsigned i = 0; i < adapter->tx_count; i++) wait_until(adapter->tx[i], netcx_tx_is_empty, "sends were not completed");
    for (unsigned i = 0; i < adapter->tx_count; i++) stop(adapter->tx[i]);
    for (unsigned i = 0; i < adapter->rx_count; i++) stop(adapter->rx[i]);
}
