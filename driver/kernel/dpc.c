/* SPDX-License-Identifier: Apache-2.0 */
/* dpc.c: deferred procedure calls, in the platform's softirq. */
#include "kernel_internal.h"

VOID KeInitializeDpc(PKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
    *Dpc = (KDPC){.DeferredRoutine = DeferredRoutine, .DeferredContext = DeferredContext};
}

BOOLEAN KeInsertQueueDpc(PKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    if (Dpc->DpcData) return FALSE;
    Dpc->DpcData = kernel;
    Dpc->SystemArgument1 = SystemArgument1;
    Dpc->SystemArgument2 = SystemArgument2;
    InsertTailList(&kernel->dpcs, &Dpc->DpcListEntry);
    kernel->real->ops->softirq_raise(kernel->real->ctx);
    return TRUE;
}

BOOLEAN KeRemoveQueueDpc(PKDPC Dpc) {
    if (!Dpc->DpcData) return FALSE;
    Dpc->DpcData = NULL;
    (void)RemoveEntryList(&Dpc->DpcListEntry);
    return TRUE;
}

VOID KeFlushQueuedDpcs(VOID) {
    struct kernel_context *context = kernel_require_context(__func__);
    struct kernel *kernel = context->kernel;
    if (context->irql >= DISPATCH_LEVEL) {
        kernel_violation(kernel, "kernel.irql", "[D] 3.9", -1, "KeFlushQueuedDpcs at IRQL %u would wait for itself", context->irql);
        return;
    }
    while (!IsListEmpty(&kernel->dpcs) || kernel->dpc_context) kernel->seam.ops->sleep_ns(kernel->seam.ctx, 100);
}

/* The platform's softirq. A thread at DISPATCH_LEVEL holds it off: it is raised again when that thread lowers its IRQL. A DPC in which
 * time passes must not be entered a second time. */
void kernel_softirq(void *arg) {
    struct kernel *kernel = arg;
    if (kernel->dispatch_owner) {
        kernel->softirq_deferred = true;
        return;
    }
    struct kernel_context context;
    struct kernel_context *previous = kernel_context_begin(&context, kernel, DISPATCH_LEVEL, true);
    kernel->dispatch_owner = &context;
    kernel->dpc_context = &context;
    while (!IsListEmpty(&kernel->dpcs)) {
        PKDPC dpc = CONTAINING_RECORD(RemoveHeadList(&kernel->dpcs), KDPC, DpcListEntry);
        PVOID argument1 = dpc->SystemArgument1;
        PVOID argument2 = dpc->SystemArgument2;
        dpc->DpcData = NULL;  /* from here it can be queued again, also by itself, and its memory may go */
        kernel->counts.dpcs++;
        if (kernel->other_code_runs) kernel->other_code_runs(kernel->ndis);
        dpc->DeferredRoutine(dpc, dpc->DeferredContext, argument1, argument2);
        if (context.irql != DISPATCH_LEVEL) {
            kernel_violation(kernel, "kernel.irql", "[D] 3.9", -1, "a DPC returned at IRQL %u", context.irql);
            context.irql = DISPATCH_LEVEL;
        }
    }
    if (kernel->client_softirq_pending && kernel->client_softirq) {
        kernel->client_softirq_pending = false;
        kernel->client_softirq(kernel->client_softirq_arg);
    }
    kernel->dpc_context = NULL;
    kernel_context_end(&context, previous);  /* releases DISPATCH_LEVEL */
}
