/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.c: what takes too long: sends that do not come back, requests that do not end, miniports that hang. [D] 6
 *
 * A timer looks at the oldest sends while there are any. Windows gives a send 30 s and a request 12 s; simulated time is dear, so here it
 * is the time-out of every other wait.
 */
#include "nbl_internal.h"
#include "ndis_oid.h"

static void arm(struct ndis *ndis);

static void report_if_old(struct nbl_record *record, void *arg) {
    const struct ndis *ndis = arg;
    const uint64_t now = ndis->platform->ops->now_ps(ndis->platform->ctx);
    if (record->state != NBL_SENT || record->overdue) return;
    if (now - record->since_ps < ndis->timeout_ns * 1000) return;
    record->overdue = true;
    nbl_violation(record, "nbl.timed_send", "[D] 6 (0xC4/0x9200D)", "was sent and is not back within the time-out");
}

static void watch_layer(struct ndis_layer *layer) {
    const struct ndis *ndis = layer->object.ndis;
    struct ndis_oid *oid = layer->oid;
    if (!oid || oid->overdue || oid->done || oid->abandoned) return;
    if (ndis->platform->ops->now_ps(ndis->platform->ctx) - oid->since_ps < ndis->timeout_ns * 1000) return;
    oid->overdue = true;
    kernel_violation(ndis->kernel, "ndis.timed_oid", "[D] 6 (0xC4/0x92003)", -1, "%s has not completed an OID request within the time-out",
                     layer->object.name);
}

static void look(void *arg) {
    struct ndis *ndis = arg;
    ndis->watching = false;
    bool more = ndis->counts.nbl_outstanding > 0;
    for (struct ndis_pool *pool = ndis->pools; pool && more; pool = pool->next) nbl_for_each(pool, report_if_old, ndis);
    for (struct ndis_adapter *adapter = ndis->adapters; adapter; adapter = adapter->next) {
        watch_layer(&adapter->layer);
        for (struct ndis_filter *filter = adapter->bottom; filter; filter = filter->above) watch_layer(&filter->layer);
    }
    if (more) arm(ndis);
}

static void arm(struct ndis *ndis) {
    ndis->watching = true;
    ndis->watch_timer = ndis->platform->ops->timer_start(ndis->platform->ctx, ndis->timeout_ns / 2, look, ndis);
}

void ndis_watch_sends(struct ndis *ndis) {
    if (!ndis->watching && ndis->started) arm(ndis);
}

void ndis_stop_watching(struct ndis *ndis) {
    if (ndis->watching) (void)ndis->platform->ops->timer_cancel(ndis->platform->ctx, ndis->watch_timer);
    ndis->watching = false;
}

/* ---- Check for hang */
static const uint64_t ns_of_second = 1000000000, default_seconds = 2;

static void arm_hang(struct ndis_adapter *adapter);

static void recover(void *arg) {
    struct ndis_adapter *adapter = arg;
    (void)ndis_reset_now(adapter);
    if (adapter->layer.state != NDIS_STATE_HALTED) arm_hang(adapter);
}

/* At DISPATCH_LEVEL. */
static void check(void *arg) {
    struct ndis_adapter *adapter = arg;
    adapter->hang_watched = false;
    kernel_call_begin();
    const bool hangs = adapter->layer.state == NDIS_STATE_RUNNING && adapter->driver->miniport.CheckForHangHandlerEx(adapter->context);
    kernel_call_end("MiniportCheckForHangEx");
    if (hangs) {
        (void)ndis_queue_work(adapter->object.ndis, recover, adapter);
        return;
    }
    arm_hang(adapter);
}

static void arm_hang(struct ndis_adapter *adapter) {
    const struct platform *platform = adapter->object.ndis->platform;
    const uint64_t seconds = adapter->hang_seconds ? adapter->hang_seconds : default_seconds;
    if (adapter->hang_watched) return;
    adapter->hang_watched = true;
    adapter->hang_timer = platform->ops->timer_start(platform->ctx, seconds * ns_of_second, check, adapter);
}

void ndis_watch_hangs(struct ndis_adapter *adapter) {
    if (adapter->driver->miniport.CheckForHangHandlerEx) arm_hang(adapter);
}

void ndis_unwatch_hangs(struct ndis_adapter *adapter) {
    const struct platform *platform = adapter->object.ndis->platform;
    if (adapter->hang_watched) (void)platform->ops->timer_cancel(platform->ctx, adapter->hang_timer);
    adapter->hang_watched = false;
}
