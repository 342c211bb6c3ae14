/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_context.c: the polling of a queue. [D] NetAdapterCx polling model
 *
 *   wake -> poll, as long as that does work -> arm the driver's notification -> poll once more, for what came in between -> idle
 *
 * A DPC polls; after BUDGET polls it lets other DPCs run. Starting, cancelling and stopping are done by a thread at PASSIVE_LEVEL, which keeps
 * the DPC out meanwhile, and polls itself: drivers see their callbacks at both levels, as in life.
 */
#include "netcx_internal.h"

enum { BUDGET = 16 };

/* True: idle. */
static bool poll_all(struct netcx_context *context) {
    for (unsigned i = 0; i < BUDGET; i++) {
        context->wake = false;
        const unsigned work = context->poll(context->queue);
        if (work > 0) {
            context->armed = false;
        } else if (!context->armed) {
            context->armed = true;
            context->arm(context->queue);
        } else if (!context->wake) {
            context->armed = false; /* the next wake-up begins anew */
            return true;
        }
    }
    return false;
}

static VOID poll_dpc(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2) {
    struct netcx_context *context = DeferredContext;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    if (context->running || !context->active) return; /* whoever runs it looks at `wake` */
    context->running = true;
    KeClearEvent(&context->idle);
    const bool idle = poll_all(context);
    context->running = false;
    (void)KeSetEvent(&context->idle, 0, FALSE);
    if (!idle || context->wake) (void)KeInsertQueueDpc(&context->dpc, NULL, NULL);
}

void netcx_context_init(struct netcx_context *context, struct netcx_queue *queue, unsigned (*poll)(struct netcx_queue *),
                        void (*arm)(struct netcx_queue *)) {
    *context = (struct netcx_context){.poll = poll, .arm = arm, .queue = queue};
    KeInitializeDpc(&context->dpc, poll_dpc, context);
    KeInitializeEvent(&context->idle, NotificationEvent, TRUE);
}

void netcx_context_wake(struct netcx_context *context) {
    context->wake = true;
    if (context->active && !context->running) (void)KeInsertQueueDpc(&context->dpc, NULL, NULL);
}

void netcx_context_take(struct netcx_context *context) {
    while (context->running) (void)KeWaitForSingleObject(&context->idle, Executive, KernelMode, FALSE, NULL);
    context->running = true;
    KeClearEvent(&context->idle);
}

void netcx_context_release(struct netcx_context *context) {
    context->running = false;
    (void)KeSetEvent(&context->idle, 0, FALSE);
    if (context->active) (void)KeInsertQueueDpc(&context->dpc, NULL, NULL);
}

void netcx_context_stop(struct netcx_context *context) {
    context->active = false;
    (void)KeRemoveQueueDpc(&context->dpc);
}
