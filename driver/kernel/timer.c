/* SPDX-License-Identifier: Apache-2.0 */
/* timer.c: timers whose callback is a DPC, so that it too waits for a thread at DISPATCH_LEVEL. */
#include <stdlib.h>

#include "kernel_internal.h"

struct kernel_timer {
    struct kernel *kernel;
    uint64_t handle;  /* the platform's, and ours */
    void (*callback)(void *arg);
    void *arg;
    KDPC dpc;
    bool due;  /* the platform's timer is gone, the DPC is queued */
    struct kernel_timer *next;
};

static void timer_remove(struct kernel_timer *timer) {
    for (struct kernel_timer **link = &timer->kernel->timers; *link; link = &(*link)->next) {
        if (*link != timer) continue;
        *link = timer->next;
        free(timer);
        return;
    }
}

static VOID timer_dpc(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2) {
    (void)Dpc;
    (void)SystemArgument1;
    (void)SystemArgument2;
    struct kernel_timer *timer = DeferredContext;
    void (*callback)(void *arg) = timer->callback;
    void *arg = timer->arg;
    timer->kernel->counts.timers++;
    timer_remove(timer);  /* the handle is dead: the callback may start another */
    callback(arg);
}

static void timer_fire(void *arg) {
    struct kernel_timer *timer = arg;
    struct kernel_context context;
    struct kernel_context *previous = kernel_context_begin(&context, timer->kernel, DEVICE_LEVEL, true);
    timer->due = true;
    (void)KeInsertQueueDpc(&timer->dpc, NULL, NULL);
    kernel_context_end(&context, previous);
}

uint64_t kernel_timer_start(void *ctx, uint64_t ns, void (*callback)(void *arg), void *arg) {
    struct kernel *kernel = ((struct kernel_slot *)ctx)->kernel;
    struct kernel_timer *timer = calloc(1, sizeof(*timer));
    if (!timer) return 0;
    timer->kernel = kernel;
    timer->callback = callback;
    timer->arg = arg;
    KeInitializeDpc(&timer->dpc, timer_dpc, timer);
    timer->next = kernel->timers;
    kernel->timers = timer;
    timer->handle = kernel->real->ops->timer_start(kernel->real->ctx, ns, timer_fire, timer);
    return timer->handle;
}

bool kernel_timer_cancel(void *ctx, uint64_t handle) {
    struct kernel *kernel = ((struct kernel_slot *)ctx)->kernel;
    for (struct kernel_timer *timer = kernel->timers; timer; timer = timer->next) {
        if (timer->handle != handle) continue;
        bool prevented = timer->due ? KeRemoveQueueDpc(&timer->dpc) : kernel->real->ops->timer_cancel(kernel->real->ctx, handle);
        if (prevented) timer_remove(timer);
        return prevented;
    }
    return false;
}

void kernel_free_timers(struct kernel *kernel) {
    while (kernel->timers) {
        struct kernel_timer *timer = kernel->timers;
        if (!timer->due) (void)kernel->real->ops->timer_cancel(kernel->real->ctx, timer->handle);
        timer_remove(timer);
    }
}
