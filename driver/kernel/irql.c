/* SPDX-License-Identifier: Apache-2.0 */
/* irql.c: IRQL and spin locks on one CPU: whoever is at DISPATCH_LEVEL is alone there, so a lock is only ever found free. */
#include "kernel_internal.h"

void kernel_dispatch_acquire(struct kernel_context *context) {
    struct kernel *kernel = context->kernel;
    const struct platform *seam = &kernel->seam;
    while (kernel->dispatch_owner) {
        /* A thread in this place: on one CPU it would not have run at all. ISRs and DPCs never come here. */
        kernel->dispatch_waiters++;
        seam->ops->event_reset(seam->ctx, kernel->dispatch_free);
        (void)seam->ops->event_wait(seam->ctx, kernel->dispatch_free, 0);
        kernel->dispatch_waiters--;
    }
    kernel->dispatch_owner = context;
}

void kernel_dispatch_release(struct kernel_context *context) {
    struct kernel *kernel = context->kernel;
    const struct platform *seam = &kernel->seam;
    if (kernel->dispatch_owner != context) return;
    kernel->dispatch_owner = NULL;
    if (kernel->dispatch_waiters > 0) seam->ops->event_set(seam->ctx, kernel->dispatch_free);
    if (kernel->softirq_deferred) {
        kernel->softirq_deferred = false;
        kernel->real->ops->softirq_raise(kernel->real->ctx);
    }
}

void kernel_set_irql(struct kernel_context *context, KIRQL irql) {
    bool was = context->irql >= DISPATCH_LEVEL;
    bool is = irql >= DISPATCH_LEVEL;
    if (!context->interrupt && is && !was) kernel_dispatch_acquire(context);
    context->irql = irql;
    if (!context->interrupt && was && !is) kernel_dispatch_release(context);
}

KIRQL KeGetCurrentIrql(VOID) { return kernel_require_context(__func__)->irql; }

VOID KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql) {
    struct kernel_context *context = kernel_require_context(__func__);
    *OldIrql = context->irql;
    if (NewIrql < context->irql) {
        kernel_violation(context->kernel, "kernel.irql", "[D] 3.9", -1, "KeRaiseIrql(%u) at IRQL %u would lower it", NewIrql,
                         context->irql);
        return;
    }
    kernel_set_irql(context, NewIrql);
}

VOID KeLowerIrql(KIRQL NewIrql) {
    struct kernel_context *context = kernel_require_context(__func__);
    if (NewIrql > context->irql || (context->interrupt && NewIrql < DISPATCH_LEVEL)) {
        kernel_violation(context->kernel, "kernel.irql", "[D] 3.9", -1, "KeLowerIrql(%u) at IRQL %u is not allowed here", NewIrql,
                         context->irql);
        return;
    }
    kernel_set_irql(context, NewIrql);
}

/* A lock holds the context that has it. */
static void lock_take(struct kernel_context *context, PKSPIN_LOCK lock) {
    if (*lock != 0)
        kernel_violation(context->kernel, "kernel.spin_lock", "[D] 3.9", -1,
                         *lock == (KSPIN_LOCK)context ? "a spin lock was acquired by the context that holds it: a deadlock in life"
                                                      : "a spin lock was found held: its holder left DISPATCH_LEVEL without releasing it");
    *lock = (KSPIN_LOCK)context;
}

static void lock_give(struct kernel_context *context, PKSPIN_LOCK lock) {
    if (*lock != (KSPIN_LOCK)context)
        kernel_violation(context->kernel, "kernel.spin_lock", "[D] 3.9", -1,
                         *lock == 0 ? "a spin lock that is free was released" : "a spin lock was released by a context that does not hold it");
    *lock = 0;
}

VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock) { *SpinLock = 0; }

VOID KeAcquireSpinLock(PKSPIN_LOCK SpinLock, PKIRQL OldIrql) {
    struct kernel_context *context = kernel_require_context(__func__);
    *OldIrql = context->irql;
    if (context->irql > DISPATCH_LEVEL)
        kernel_violation(context->kernel, "kernel.irql", "[D] 3.9", -1, "KeAcquireSpinLock at IRQL %u, allowed up to DISPATCH_LEVEL",
                         context->irql);
    else
        kernel_set_irql(context, DISPATCH_LEVEL);
    lock_take(context, SpinLock);
}

VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql) {
    struct kernel_context *context = kernel_require_context(__func__);
    lock_give(context, SpinLock);
    if (NewIrql < context->irql) kernel_set_irql(context, NewIrql);
}

VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
    struct kernel_context *context = kernel_require_context(__func__);
    if (context->irql != DISPATCH_LEVEL)
        kernel_violation(context->kernel, "kernel.irql", "[D] 3.9", -1, "a spin lock was acquired 'at DPC level' at IRQL %u",
                         context->irql);
    lock_take(context, SpinLock);
}

VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock) { lock_give(kernel_require_context(__func__), SpinLock); }
