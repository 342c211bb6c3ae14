/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdf_interrupt.c: interrupt objects over MSI-X messages. [D] WdfInterruptCreate
 *
 * The lock holds the ISR off by a flag: one that comes meanwhile runs right after.
 */
#include "wdf_internal.h"

struct wdf_interrupt {
    struct wdf_object object;
    struct wdf_interrupt *next;
    struct wdf_device *device;
    WDF_INTERRUPT_CONFIG config;
    ULONG message;
    bool assigned;       /* its message was named in PrepareHardware, and it goes with the hardware */
    bool connected, locked, missed;
    KIRQL irql;          /* of who has the lock */
    KDPC dpc;
};

static WDFINTERRUPT handle_of(struct wdf_interrupt *interrupt) { return (WDFINTERRUPT)(PVOID)interrupt; }

static void call_isr(struct wdf_interrupt *interrupt) {
    wdf_trace(interrupt->object.kernel, PLATFORM_TRACE_FUNCTION_ENTER, "EvtInterruptIsr");
    (void)interrupt->config.EvtInterruptIsr(handle_of(interrupt), interrupt->message);
    wdf_trace(interrupt->object.kernel, PLATFORM_TRACE_FUNCTION_EXIT, "EvtInterruptIsr");
}

static void isr(void *arg) {
    struct wdf_interrupt *interrupt = arg;
    if (interrupt->locked) interrupt->missed = true;
    else call_isr(interrupt);
}

static VOID dpc(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2) {
    struct wdf_interrupt *interrupt = DeferredContext;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    wdf_trace(interrupt->object.kernel, PLATFORM_TRACE_FUNCTION_ENTER, "EvtInterruptDpc");
    interrupt->config.EvtInterruptDpc(handle_of(interrupt), interrupt->object.parent);
    wdf_trace(interrupt->object.kernel, PLATFORM_TRACE_FUNCTION_EXIT, "EvtInterruptDpc");
}

static void dispose(struct wdf_object *object) {
    struct wdf_interrupt *interrupt = CONTAINING_RECORD(object, struct wdf_interrupt, object);
    for (struct wdf_interrupt **link = &interrupt->device->interrupts; *link; link = &(*link)->next) {
        if (*link != interrupt) continue;
        *link = interrupt->next;
        break;
    }
    (void)KeRemoveQueueDpc(&interrupt->dpc);
}

NTSTATUS WdfInterruptCreate(WDFDEVICE Device, PWDF_INTERRUPT_CONFIG Configuration, PWDF_OBJECT_ATTRIBUTES Attributes, WDFINTERRUPT *Interrupt) {
    struct wdf_device *device = wdf_object_of(Device, WDF_TYPE_DEVICE, __func__);
    struct wdf_interrupt *interrupt;
    if (!device || !Configuration->EvtInterruptIsr || Configuration->PassiveHandling) return STATUS_INVALID_PARAMETER;
    if (Configuration->Size != sizeof(*Configuration)) return STATUS_INFO_LENGTH_MISMATCH;
    if (device->preparing && !(Configuration->InterruptRaw && Configuration->InterruptTranslated)) return STATUS_INVALID_PARAMETER;
    if (!device->preparing && !device->adding) return STATUS_INVALID_DEVICE_STATE;
    const NTSTATUS status =
        wdf_object_create(device->object.kernel, WDF_TYPE_INTERRUPT, sizeof(*interrupt), Attributes, &device->object, &interrupt);
    if (!NT_SUCCESS(status)) return status;
    interrupt->object.dispose = dispose;
    interrupt->device = device;
    interrupt->config = *Configuration;
    interrupt->assigned = device->preparing;
    if (interrupt->assigned) interrupt->message = Configuration->InterruptTranslated->u.MessageInterrupt.Translated.Vector;
    KeInitializeDpc(&interrupt->dpc, dpc, interrupt);
    struct wdf_interrupt **link = &device->interrupts;
    for (; *link; link = &(*link)->next) interrupt->message += !interrupt->assigned;
    *link = interrupt;
    *Interrupt = handle_of(interrupt);
    return STATUS_SUCCESS;
}

BOOLEAN WdfInterruptQueueDpcForIsr(WDFINTERRUPT Interrupt) {
    struct wdf_interrupt *interrupt = wdf_object_of(Interrupt, WDF_TYPE_INTERRUPT, __func__);
    return interrupt && interrupt->config.EvtInterruptDpc && KeInsertQueueDpc(&interrupt->dpc, NULL, NULL);
}

VOID WdfInterruptAcquireLock(WDFINTERRUPT Interrupt) {
    struct wdf_interrupt *interrupt = wdf_object_of(Interrupt, WDF_TYPE_INTERRUPT, __func__);
    KIRQL old;
    if (!interrupt) return;
    KeRaiseIrql(DEVICE_LEVEL, &old);
    if (interrupt->locked)
        kernel_violation(interrupt->object.kernel, "wdf.lock", "[D] WdfInterruptAcquireLock", -1,
                         "an interrupt lock was acquired by who holds it: a deadlock in life");
    interrupt->irql = old;
    interrupt->locked = true;
}

VOID WdfInterruptReleaseLock(WDFINTERRUPT Interrupt) {
    struct wdf_interrupt *interrupt = wdf_object_of(Interrupt, WDF_TYPE_INTERRUPT, __func__);
    if (!interrupt) return;
    const KIRQL irql = interrupt->irql;
    interrupt->locked = false;
    if (interrupt->missed) {
        interrupt->missed = false;
        isr(interrupt);
    }
    KeLowerIrql(irql);
}

WDFDEVICE WdfInterruptGetDevice(WDFINTERRUPT Interrupt) {
    const struct wdf_interrupt *interrupt = wdf_object_of(Interrupt, WDF_TYPE_INTERRUPT, __func__);
    return interrupt ? (WDFDEVICE)(PVOID)interrupt->device : NULL;
}

/* ---- With the device's power */
static NTSTATUS locked_call(struct wdf_interrupt *interrupt, PFN_WDF_INTERRUPT_ENABLE function) {
    if (!function) return STATUS_SUCCESS;
    WdfInterruptAcquireLock(handle_of(interrupt));
    const NTSTATUS status = function(handle_of(interrupt), (WDFDEVICE)(PVOID)interrupt->device);
    WdfInterruptReleaseLock(handle_of(interrupt));
    return status;
}

NTSTATUS wdf_interrupts_connect(struct wdf_device *device) {
    const struct platform *platform = device->object.machine;
    for (struct wdf_interrupt *interrupt = device->interrupts; interrupt; interrupt = interrupt->next) {
        if (interrupt->message >= platform->ops->interrupt_vectors(platform->ctx) ||
            platform->ops->interrupt_connect(platform->ctx, interrupt->message, isr, interrupt) != 0)
            return STATUS_RESOURCE_TYPE_NOT_FOUND;
        interrupt->connected = true;
        const NTSTATUS status = locked_call(interrupt, interrupt->config.EvtInterruptEnable);
        if (!NT_SUCCESS(status)) return status;
    }
    return STATUS_SUCCESS;
}

/* A DPC that is queued has its turn before D0Exit. */
void wdf_interrupts_disconnect(struct wdf_device *device) {
    const struct platform *platform = device->object.machine;
    for (struct wdf_interrupt *interrupt = device->interrupts; interrupt; interrupt = interrupt->next) {
        if (!interrupt->connected) continue;
        (void)locked_call(interrupt, interrupt->config.EvtInterruptDisable);
        platform->ops->interrupt_disconnect(platform->ctx, interrupt->message);
        interrupt->connected = false;
    }
    KeFlushQueuedDpcs();
}

void wdf_interrupts_release(struct wdf_device *device) {
    for (struct wdf_interrupt *interrupt = device->interrupts, *next; interrupt; interrupt = next) {
        next = interrupt->next;
        if (interrupt->assigned) wdf_object_delete(&interrupt->object);
    }
}
