/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interrupt.c: MSI-X interrupts of a miniport: the ISR of a message, and the DPC that it asks for. [D] 1.9, 2.11
 *
 * NdisMSynchronizeWithInterruptEx holds a message's ISR off by a flag: the ISR of a message that comes meanwhile runs right after.
 */
#include <stdlib.h>

#include "ndis_internal.h"

struct ndis_interrupt;

struct message {
    struct ndis_interrupt *interrupt;
    ULONG id;
    KDPC dpc;
    PVOID dpc_context;
    bool synchronizing, missed;
};

struct ndis_interrupt {
    struct ndis_object object;
    struct ndis_adapter *adapter;
    NDIS_HANDLE context;
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS chars;
    PIO_INTERRUPT_MESSAGE_INFO table;
    unsigned count, running_dpcs;
    struct message messages[];
};

static void run_isr(struct message *message) {
    struct ndis_interrupt *interrupt = message->interrupt;
    BOOLEAN queue_dpc = FALSE;
    ULONG processors = 0;
    ndis_function_enter(interrupt->object.ndis, "MiniportMessageInterrupt");
    BOOLEAN ours = interrupt->chars.MessageInterruptHandler(interrupt->context, message->id, &queue_dpc, &processors);
    ndis_function_exit(interrupt->object.ndis, "MiniportMessageInterrupt");
    if (ours && (queue_dpc || processors)) (void)KeInsertQueueDpc(&message->dpc, NULL, NULL);
}

static void message_isr(void *arg) {
    struct message *message = arg;
    if (message->synchronizing) message->missed = true;
    else run_isr(message);
}

static VOID message_dpc(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2) {
    (void)SystemArgument1;
    (void)SystemArgument2;
    struct message *message = DeferredContext;
    struct ndis_interrupt *interrupt = message->interrupt;
    NDIS_RECEIVE_THROTTLE_PARAMETERS throttle = {.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(throttle)},
                                                 .MaxNblsToIndicate = NDIS_INDICATE_ALL_NBLS};
    interrupt->running_dpcs++;
    ndis_function_enter(interrupt->object.ndis, "MiniportMessageInterruptDPC");
    interrupt->chars.MessageInterruptDpcHandler(interrupt->context, message->id, message->dpc_context, &throttle, NULL);
    ndis_function_exit(interrupt->object.ndis, "MiniportMessageInterruptDPC");
    interrupt->running_dpcs--;
    if (throttle.MoreNblsPending) (void)KeInsertQueueDpc(Dpc, NULL, NULL);
}

static void disconnect(struct ndis_interrupt *interrupt, unsigned count) {
    const struct platform *platform = interrupt->adapter->platform;
    for (unsigned i = 0; i < count; i++) {
        platform->ops->interrupt_disconnect(platform->ctx, i);
        (void)KeRemoveQueueDpc(&interrupt->messages[i].dpc);
    }
}

static bool connect(struct ndis_interrupt *interrupt) {
    const struct platform *platform = interrupt->adapter->platform;
    for (unsigned i = 0; i < interrupt->count; i++) {
        struct message *message = &interrupt->messages[i];
        message->interrupt = interrupt;
        message->id = i;
        KeInitializeDpc(&message->dpc, message_dpc, message);
        if (platform->ops->interrupt_connect(platform->ctx, i, message_isr, message) != 0) {
            disconnect(interrupt, i);
            return false;
        }
    }
    return true;
}

NDIS_STATUS NdisMRegisterInterruptEx(NDIS_HANDLE MiniportAdapterHandle, NDIS_HANDLE MiniportInterruptContext,
                                     PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS MiniportInterruptCharacteristics,
                                     PNDIS_HANDLE NdisInterruptHandle) {
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS chars = MiniportInterruptCharacteristics;
    if (!adapter || chars->Header.Size < NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1) return NDIS_STATUS_INVALID_PARAMETER;
    if (!chars->MsiSupported || !chars->MessageInterruptHandler || !chars->MessageInterruptDpcHandler) return NDIS_STATUS_NOT_SUPPORTED;
    const struct platform *platform = adapter->platform;
    unsigned count = platform->ops->interrupt_vectors(platform->ctx);
    if (count == 0) return NDIS_STATUS_RESOURCES;
    struct ndis_interrupt *interrupt = calloc(1, sizeof(*interrupt) + count * sizeof(struct message));
    PIO_INTERRUPT_MESSAGE_INFO table = calloc(1, sizeof(*table) + (count - 1) * sizeof(table->MessageInfo[0]));
    if (!interrupt || !table) {
        free(interrupt);
        free(table);
        return NDIS_STATUS_RESOURCES;
    }
    interrupt->object = (struct ndis_object){.type = NDIS_OBJECT_INTERRUPT, .ndis = adapter->object.ndis, .name = adapter->object.name};
    interrupt->adapter = adapter;
    interrupt->context = MiniportInterruptContext;
    interrupt->chars = *chars;
    interrupt->table = table;
    interrupt->count = count;
    table->UnifiedIrql = DEVICE_LEVEL;
    table->MessageCount = count;
    for (unsigned i = 0; i < count; i++)
        table->MessageInfo[i] = (IO_INTERRUPT_MESSAGE_INFO_ENTRY){.TargetProcessorSet = 1, .Vector = i, .Irql = DEVICE_LEVEL};
    if (!connect(interrupt)) {
        free(interrupt);
        free(table);
        return NDIS_STATUS_RESOURCE_CONFLICT;
    }
    chars->InterruptType = NDIS_CONNECT_MESSAGE_BASED;
    chars->MessageInfoTable = table;
    adapter->interrupts_registered++;
    *NdisInterruptHandle = interrupt;
    return NDIS_STATUS_SUCCESS;
}

VOID NdisMDeregisterInterruptEx(NDIS_HANDLE NdisInterruptHandle) {
    struct ndis_interrupt *interrupt = ndis_object_of(NdisInterruptHandle, NDIS_OBJECT_INTERRUPT, __func__);
    if (!interrupt) return;
    disconnect(interrupt, interrupt->count);
    if (interrupt->running_dpcs > 0) KeFlushQueuedDpcs();  /* one of ours is in the middle of a register access */
    interrupt->adapter->interrupts_registered--;
    free(interrupt->table);
    free(interrupt);
}

BOOLEAN NdisMSynchronizeWithInterruptEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId,
                                        MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER SynchronizeFunction, PVOID SynchronizeContext) {
    struct ndis_interrupt *interrupt = ndis_object_of(NdisInterruptHandle, NDIS_OBJECT_INTERRUPT, __func__);
    if (!interrupt || MessageId >= interrupt->count) return FALSE;
    struct message *message = &interrupt->messages[MessageId];
    KIRQL old;
    KeRaiseIrql(DEVICE_LEVEL, &old);
    message->synchronizing = true;
    BOOLEAN result = SynchronizeFunction(SynchronizeContext);
    message->synchronizing = false;
    if (message->missed) {
        message->missed = false;
        run_isr(message);
    }
    KeLowerIrql(old);
    return result;
}

ULONG NdisMQueueDpc(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId, ULONG TargetProcessors, PVOID MiniportDpcContext) {
    struct ndis_interrupt *interrupt = ndis_object_of(NdisInterruptHandle, NDIS_OBJECT_INTERRUPT, __func__);
    if (!interrupt || MessageId >= interrupt->count) return 0;
    interrupt->messages[MessageId].dpc_context = MiniportDpcContext;
    return KeInsertQueueDpc(&interrupt->messages[MessageId].dpc, NULL, NULL) ? (TargetProcessors ? TargetProcessors : 1) : 0;
}
