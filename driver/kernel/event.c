/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.c: events, waits and time.
 *
 * A KEVENT has no destructor, so it must not own a platform event: each waiter brings one, from a list that the kernel keeps.
 */
#include <stdlib.h>

#include "kernel_internal.h"

struct kernel_waiter {
    LIST_ENTRY entry;  /* in KEVENT.WaitListHead */
    struct kernel *kernel;
    struct kernel_context *context;  /* who waits */
    struct platform_event *event;
    bool woken;
    struct kernel_waiter *next_free;
};

enum { NS_PER_TICK = 100 };

static struct kernel_waiter *waiter_get(struct kernel *kernel) {
    struct kernel_waiter *waiter = kernel->waiters_free;
    if (waiter) {
        kernel->waiters_free = waiter->next_free;
        kernel->seam.ops->event_reset(kernel->seam.ctx, waiter->event);
    } else {
        waiter = calloc(1, sizeof(*waiter));
        if (!waiter) return NULL;
        waiter->kernel = kernel;
        waiter->event = kernel->seam.ops->event_create(kernel->seam.ctx);
        if (!waiter->event) {
            free(waiter);
            return NULL;
        }
    }
    waiter->woken = false;
    return waiter;
}

static void waiter_put(struct kernel_waiter *waiter) {
    waiter->next_free = waiter->kernel->waiters_free;
    waiter->kernel->waiters_free = waiter;
}

void kernel_free_waiters(struct kernel *kernel) {
    while (kernel->waiters_free) {
        struct kernel_waiter *waiter = kernel->waiters_free;
        kernel->waiters_free = waiter->next_free;
        kernel->seam.ops->event_destroy(kernel->seam.ctx, waiter->event);
        free(waiter);
    }
}

VOID KeInitializeEvent(PKEVENT Event, EVENT_TYPE Type, BOOLEAN State) {
    Event->Type = Type;
    Event->SignalState = State ? 1 : 0;
    InitializeListHead(&Event->WaitListHead);
}

static void wake_first(PKEVENT event) {
    struct kernel_waiter *waiter = CONTAINING_RECORD(RemoveHeadList(&event->WaitListHead), struct kernel_waiter, entry);
    waiter->woken = true;
    /* A mutex is the waiter's from now on: whoever released it may want it again before the waiter runs. */
    if (kernel_is_mutex(event)) (void)kernel_mutex_try(CONTAINING_RECORD(event, KMUTEX, Header), waiter->context);
    waiter->kernel->seam.ops->event_set(waiter->kernel->seam.ctx, waiter->event);
}

LONG KeSetEvent(PKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) {
    (void)Increment;
    (void)Wait;
    LONG previous = Event->SignalState;
    if (Event->Type != NotificationEvent && !IsListEmpty(&Event->WaitListHead)) {
        wake_first(Event);  /* the signal is consumed by that waiter */
        return previous;
    }
    Event->SignalState = 1;
    while (!IsListEmpty(&Event->WaitListHead)) wake_first(Event);
    return previous;
}

VOID KeClearEvent(PKEVENT Event) { Event->SignalState = 0; }

LONG KeResetEvent(PKEVENT Event) {
    LONG previous = Event->SignalState;
    Event->SignalState = 0;
    return previous;
}

static ULONGLONG now_ticks(struct kernel *kernel) { return kernel->seam.ops->now_ps(kernel->seam.ctx) / (1000u * NS_PER_TICK); }

/* Nanoseconds from now: negative is relative, positive a point of interrupt time. */
static uint64_t due_ns(struct kernel *kernel, LONGLONG ticks) {
    if (ticks <= 0) return (0 - (uint64_t)ticks) * NS_PER_TICK;
    ULONGLONG now = now_ticks(kernel);
    return (ULONGLONG)ticks > now ? ((ULONGLONG)ticks - now) * NS_PER_TICK : 0;
}

NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                               PLARGE_INTEGER Timeout) {
    (void)WaitReason;
    (void)WaitMode;
    (void)Alertable;
    struct kernel_context *context = kernel_require_context(__func__);
    struct kernel *kernel = context->kernel;
    PKEVENT event = Object;
    const bool mutex = kernel_is_mutex(event);
    if (mutex ? kernel_mutex_try(Object, context) : event->SignalState) {
        if (event->Type == SynchronizationEvent) event->SignalState = 0;
        return STATUS_SUCCESS;
    }
    uint64_t ns = Timeout ? due_ns(kernel, Timeout->QuadPart) : 0;
    if (Timeout && ns == 0) return STATUS_TIMEOUT;
    if (context->irql >= DISPATCH_LEVEL) {
        kernel_violation(kernel, "kernel.irql", "[D] 3.9 (0x7C/0x14)", -1, "a wait at IRQL %u, allowed below DISPATCH_LEVEL", context->irql);
        return STATUS_TIMEOUT;
    }
    struct kernel_waiter *waiter = waiter_get(kernel);
    if (!waiter) return STATUS_INSUFFICIENT_RESOURCES;
    waiter->context = context;
    InsertTailList(&event->WaitListHead, &waiter->entry);
    (void)kernel->seam.ops->event_wait(kernel->seam.ctx, waiter->event, ns);
    bool woken = waiter->woken;
    if (!woken) (void)RemoveEntryList(&waiter->entry);
    waiter_put(waiter);
    return woken ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval) {
    (void)WaitMode;
    (void)Alertable;
    struct kernel_context *context = kernel_require_context(__func__);
    if (context->irql >= DISPATCH_LEVEL) {
        kernel_violation(context->kernel, "kernel.irql", "[D] 3.9", -1, "a sleep at IRQL %u, allowed below DISPATCH_LEVEL", context->irql);
        return STATUS_UNSUCCESSFUL;
    }
    context->kernel->seam.ops->sleep_ns(context->kernel->seam.ctx, due_ns(context->kernel, Interval->QuadPart));
    return STATUS_SUCCESS;
}

ULONGLONG KeQueryInterruptTime(VOID) { return now_ticks(kernel_require_context(__func__)->kernel); }

LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER Frequency) {
    if (Frequency) Frequency->QuadPart = 10000000;
    return (LARGE_INTEGER){.QuadPart = (LONGLONG)now_ticks(kernel_require_context(__func__)->kernel)};
}

enum { STALL_US = 50 }; /* "must not exceed", as the static verifier has it: NdisStallExecution_Delay */

/* In a thread the time passes; in an interrupt the platform has no way to spend it, and the caller's next access pays instead. */
VOID KeStallExecutionProcessor(ULONG MicroSeconds) {
    struct kernel_context *context = kernel_require_context(__func__);
    if (MicroSeconds > STALL_US)
        kernel_violation(context->kernel, "kernel.stall", "[D] 6", -1, "a stall of %u us keeps the processor from all others: %u at most, or sleep",
                         (unsigned)MicroSeconds, (unsigned)STALL_US);
    if (!context->interrupt) context->kernel->seam.ops->sleep_ns(context->kernel->seam.ctx, (uint64_t)MicroSeconds * 1000);
}

VOID KeMemoryBarrier(VOID) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    kernel->seam.ops->full_barrier(kernel->seam.ctx);
}
