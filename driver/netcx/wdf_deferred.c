/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdf_deferred.c: work items and timers. [D] WdfWorkItemCreate, WdfTimerCreate
 *
 * A work item has a thread of its own, made with its first work: there are few of them, and one that waits holds up no other.
 */
#include "wdf_internal.h"

struct wdf_work_item {
    struct wdf_object object;
    WDF_WORKITEM_CONFIG config;
    struct platform_event *wake, *idle;
    struct platform_thread *thread;
    bool queued, running, stopping;
};

static const struct platform *seam_of(const struct wdf_object *object) { return &object->kernel->seam; }

static void work(void *arg) {
    struct wdf_work_item *item = arg;
    const struct platform *platform = seam_of(&item->object);
    while (!item->stopping || item->queued) {
        if (!item->queued) {
            platform->ops->event_set(platform->ctx, item->idle);
            platform->ops->event_reset(platform->ctx, item->wake);
            (void)platform->ops->event_wait(platform->ctx, item->wake, 0);
            continue;
        }
        item->queued = false;
        item->running = true;
        item->config.EvtWorkItemFunc((WDFWORKITEM)(PVOID)item);
        item->running = false;
    }
    platform->ops->event_set(platform->ctx, item->idle);
}

static void stop_work(struct wdf_object *object) {
    struct wdf_work_item *item = CONTAINING_RECORD(object, struct wdf_work_item, object);
    const struct platform *platform = seam_of(object);
    item->stopping = true;
    if (!item->thread) return;
    wdf_require_passive(object->kernel, "WdfObjectDelete of a work item");
    platform->ops->event_set(platform->ctx, item->wake);
    platform->ops->thread_join(platform->ctx, item->thread);
    item->thread = NULL;
}

static void dispose_work(struct wdf_object *object) {
    struct wdf_work_item *item = CONTAINING_RECORD(object, struct wdf_work_item, object);
    const struct platform *platform = seam_of(object);
    if (item->wake) platform->ops->event_destroy(platform->ctx, item->wake);
    if (item->idle) platform->ops->event_destroy(platform->ctx, item->idle);
}

NTSTATUS WdfWorkItemCreate(PWDF_WORKITEM_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFWORKITEM *WorkItem) {
    struct wdf_work_item *item;
    if (!Attributes || !Attributes->ParentObject || !Config->EvtWorkItemFunc) return STATUS_INVALID_PARAMETER;
    struct kernel *kernel = ((struct wdf_object *)Attributes->ParentObject)->kernel;
    NTSTATUS status = wdf_object_create(kernel, WDF_TYPE_WORK_ITEM, sizeof(*item), Attributes, NULL, &item);
    if (!NT_SUCCESS(status)) return status;
    item->config = *Config;
    item->object.stop = stop_work;
    item->object.dispose = dispose_work;
    item->wake = kernel->seam.ops->event_create(kernel->seam.ctx);
    item->idle = kernel->seam.ops->event_create(kernel->seam.ctx);
    if (item->wake && item->idle) {
        *WorkItem = (WDFWORKITEM)(PVOID)item;
        return STATUS_SUCCESS;
    }
    wdf_object_delete(&item->object);
    return STATUS_INSUFFICIENT_RESOURCES;
}

VOID WdfWorkItemEnqueue(WDFWORKITEM WorkItem) {
    struct wdf_work_item *item = wdf_object_of(WorkItem, WDF_TYPE_WORK_ITEM, __func__);
    if (!item || item->queued || item->stopping) return;
    const struct platform *platform = seam_of(&item->object);
    item->queued = true;
    platform->ops->event_reset(platform->ctx, item->idle);
    if (!item->thread) item->thread = platform->ops->thread_create(platform->ctx, "work item", work, item);
    platform->ops->event_set(platform->ctx, item->wake);
}

VOID WdfWorkItemFlush(WDFWORKITEM WorkItem) {
    struct wdf_work_item *item = wdf_object_of(WorkItem, WDF_TYPE_WORK_ITEM, __func__);
    if (!item) return;
    wdf_require_passive(item->object.kernel, __func__);
    const struct platform *platform = seam_of(&item->object);
    while (item->thread && (item->queued || item->running)) (void)platform->ops->event_wait(platform->ctx, item->idle, 0);
}

WDFOBJECT WdfWorkItemGetParentObject(WDFWORKITEM WorkItem) { return ((struct wdf_object *)(PVOID)WorkItem)->parent; }

/* ---- Timers */
enum { NS_PER_TICK = 100, NS_PER_MS = 1000000 };

struct wdf_timer {
    struct wdf_object object;
    WDF_TIMER_CONFIG config;
    uint64_t handle;  /* of the machine's timer; 0: not set */
    bool running;
};

static void start_timer(struct wdf_timer *timer, uint64_t ns);

static void fire(void *arg) {
    struct wdf_timer *timer = arg;
    timer->handle = 0;
    if (timer->config.Period) start_timer(timer, (uint64_t)timer->config.Period * NS_PER_MS);
    timer->running = true;
    timer->config.EvtTimerFunc((WDFTIMER)(PVOID)timer);
    timer->running = false;
}

static void start_timer(struct wdf_timer *timer, uint64_t ns) {
    const struct platform *platform = seam_of(&timer->object);
    timer->handle = platform->ops->timer_start(platform->ctx, ns, fire, timer);
}

static bool stop_timer(struct wdf_timer *timer) {
    const struct platform *platform = seam_of(&timer->object);
    const bool was_set = timer->handle != 0 && platform->ops->timer_cancel(platform->ctx, timer->handle);
    timer->handle = 0;
    return was_set;
}

static void stop_object(struct wdf_object *object) {
    struct wdf_timer *timer = CONTAINING_RECORD(object, struct wdf_timer, object);
    timer->config.Period = 0; /* one that runs does not set itself again */
    (void)stop_timer(timer);
}

NTSTATUS WdfTimerCreate(PWDF_TIMER_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFTIMER *Timer) {
    struct wdf_timer *timer;
    if (!Attributes || !Attributes->ParentObject || !Config->EvtTimerFunc) return STATUS_INVALID_PARAMETER;
    const NTSTATUS status = wdf_object_create(((struct wdf_object *)Attributes->ParentObject)->kernel, WDF_TYPE_TIMER, sizeof(*timer),
                                              Attributes, NULL, &timer);
    if (!NT_SUCCESS(status)) return status;
    timer->config = *Config;
    timer->object.stop = stop_object;
    *Timer = (WDFTIMER)(PVOID)timer;
    return STATUS_SUCCESS;
}

BOOLEAN WdfTimerStart(WDFTIMER Timer, LONGLONG DueTime) {
    struct wdf_timer *timer = wdf_object_of(Timer, WDF_TYPE_TIMER, __func__);
    if (!timer || timer->object.deleting) return FALSE;
    const bool was_set = stop_timer(timer);
    const LONGLONG ticks = DueTime < 0 ? -DueTime : DueTime - (LONGLONG)KeQueryInterruptTime();
    start_timer(timer, ticks > 0 ? (uint64_t)ticks * NS_PER_TICK : 0);
    return was_set;
}

BOOLEAN WdfTimerStop(WDFTIMER Timer, BOOLEAN Wait) {
    enum { STEP_NS = 100 };
    struct wdf_timer *timer = wdf_object_of(Timer, WDF_TYPE_TIMER, __func__);
    if (!timer) return FALSE;
    const bool was_set = stop_timer(timer);
    if (Wait) wdf_require_passive(timer->object.kernel, __func__);
    const struct platform *platform = seam_of(&timer->object);
    while (Wait && timer->running) platform->ops->sleep_ns(platform->ctx, STEP_NS);
    return was_set;
}

WDFOBJECT WdfTimerGetParentObject(WDFTIMER Timer) { return ((struct wdf_object *)(PVOID)Timer)->parent; }
