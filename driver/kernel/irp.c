/* SPDX-License-Identifier: Apache-2.0 */
/* irp.c: completion and cancellation of I/O requests, and cancel-safe queues. [D] 3.9 */
#include "kernel_device.h"

static struct kernel_request *request_of(PIRP irp) { return CONTAINING_RECORD(irp, struct kernel_request, irp); }

VOID IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost) {
    UNREFERENCED_PARAMETER(PriorityBoost);
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    struct kernel_request *request = request_of(Irp);
    if (request->completed) {
        kernel_violation(kernel, "irp.completed_twice", "[D] IoCompleteRequest", -1, "an IRP (major function %u) was completed twice",
                         request->location.MajorFunction);
        return;
    }
    if (Irp->CancelRoutine)
        kernel_violation(kernel, "irp.cancel_routine", "[D] IoSetCancelRoutine", -1,
                         "an IRP (major function %u) was completed with its cancel routine still set", request->location.MajorFunction);
    request->completed = true;
    (void)KeSetEvent(&request->done, IO_NO_INCREMENT, FALSE);
}

VOID IoAcquireCancelSpinLock(PKIRQL Irql) { KeAcquireSpinLock(&kernel_require_context(__func__)->kernel->cancel_lock, Irql); }

VOID IoReleaseCancelSpinLock(KIRQL Irql) { KeReleaseSpinLock(&kernel_require_context(__func__)->kernel->cancel_lock, Irql); }

BOOLEAN IoCancelIrp(PIRP Irp) {
    KIRQL irql;
    IoAcquireCancelSpinLock(&irql);
    Irp->Cancel = TRUE;
    PDRIVER_CANCEL routine = IoSetCancelRoutine(Irp, NULL);
    if (!routine) {
        IoReleaseCancelSpinLock(irql);
        return FALSE;
    }
    Irp->CancelIrql = irql;
    routine(IoGetCurrentIrpStackLocation(Irp)->DeviceObject, Irp);
    return TRUE;
}

bool kernel_request_cancel(struct kernel_request *request) { return !request->completed && IoCancelIrp(&request->irp); }

/* ---- Cancel-safe queues. DriverContext[3] of a queued IRP is its queue, or the context that it was queued with. */
enum { CSQ_TYPE = 1, CSQ_CONTEXT_TYPE = 2 };

NTSTATUS IoCsqInitialize(PIO_CSQ Csq, IO_CSQ_INSERT_IRP *CsqInsertIrp, IO_CSQ_REMOVE_IRP *CsqRemoveIrp,
                         IO_CSQ_PEEK_NEXT_IRP *CsqPeekNextIrp, IO_CSQ_ACQUIRE_LOCK *CsqAcquireLock, IO_CSQ_RELEASE_LOCK *CsqReleaseLock,
                         IO_CSQ_COMPLETE_CANCELED_IRP *CsqCompleteCanceledIrp) {
    *Csq = (IO_CSQ){CSQ_TYPE, CsqInsertIrp, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock, CsqCompleteCanceledIrp, NULL};
    return STATUS_SUCCESS;
}

static PIO_CSQ queue_of(PIRP irp) {
    PIO_CSQ queue = irp->Tail.Overlay.DriverContext[3];
    if (queue->Type == CSQ_CONTEXT_TYPE) queue = ((PIO_CSQ_IRP_CONTEXT)(PVOID)queue)->Csq;
    return queue;
}

static void forget(PIRP irp) {
    PIO_CSQ_IRP_CONTEXT context = irp->Tail.Overlay.DriverContext[3];
    if (context && context->Type == CSQ_CONTEXT_TYPE) context->Irp = NULL;
    irp->Tail.Overlay.DriverContext[3] = NULL;
}

static VOID cancel_queued(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    KIRQL irql;
    PIO_CSQ queue = queue_of(irp);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    queue->CsqAcquireLock(queue, &irql);
    queue->CsqRemoveIrp(queue, irp);
    forget(irp);
    queue->CsqReleaseLock(queue, irql);
    queue->CsqCompleteCanceledIrp(queue, irp);
}

VOID IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context) {
    KIRQL irql;
    if (Context) *Context = (IO_CSQ_IRP_CONTEXT){CSQ_CONTEXT_TYPE, Irp, Csq};
    Irp->Tail.Overlay.DriverContext[3] = Context ? (PVOID)Context : (PVOID)Csq;
    Csq->CsqAcquireLock(Csq, &irql);
    IoMarkIrpPending(Irp);
    Csq->CsqInsertIrp(Csq, Irp);
    (void)IoSetCancelRoutine(Irp, cancel_queued);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL)) {
        Csq->CsqRemoveIrp(Csq, Irp);
        forget(Irp);
        Csq->CsqReleaseLock(Csq, irql);
        Csq->CsqCompleteCanceledIrp(Csq, Irp);
        return;
    }
    Csq->CsqReleaseLock(Csq, irql);
}

PIRP IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext) {
    KIRQL irql;
    Csq->CsqAcquireLock(Csq, &irql);
    PIRP irp = Csq->CsqPeekNextIrp(Csq, NULL, PeekContext);
    while (irp && !IoSetCancelRoutine(irp, NULL)) irp = Csq->CsqPeekNextIrp(Csq, irp, PeekContext); /* that one is being cancelled */
    if (irp) {
        Csq->CsqRemoveIrp(Csq, irp);
        forget(irp);
    }
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
}

PIRP IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context) {
    KIRQL irql;
    Csq->CsqAcquireLock(Csq, &irql);
    PIRP irp = Context->Irp;
    if (irp && !IoSetCancelRoutine(irp, NULL)) irp = NULL;
    if (irp) {
        Csq->CsqRemoveIrp(Csq, irp);
        forget(irp);
    }
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
}
