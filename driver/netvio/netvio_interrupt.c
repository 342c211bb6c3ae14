/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_interrupt.c: MSI-X messages and their DPCs.
 *
 * ISR: tell the device to be quiet, ask for the DPC. DPC: take what there is, within a budget; then let the device speak again and look
 * once more, for what was used between the last look and the enabling sends no message. Message 0 is the configuration's, then each
 * queue has its own; a single pair shares what there is. A queue that is being reset is left alone.
 *
 * Spec: [V] 2.8.10  [D] 2.11
 */
#include "netvio_adapter.h"
#include "netvio_fault.h"

static BOOLEAN message_isr(NDIS_HANDLE context, ULONG message, PBOOLEAN queue_dpc, PULONG processors) {
    struct netvio_adapter *adapter = context;
    netvio_enter(adapter, "netvio_isr");
    for (unsigned i = 0; i < adapter->pairs; i++) {
        struct netvio_pair *pair = &adapter->pair[i];
        if (message == pair->rx.message) vq_disable_interrupts(pair->rx.vq);
        if (message == pair->tx.message) vq_disable_interrupts(pair->tx.vq);
    }
    *queue_dpc = TRUE;
    *processors = 0;
    netvio_exit(adapter, "netvio_isr");
    return TRUE;
}

/* True: run again. */
static bool receive(struct netvio_rx *rx) {
    if (rx->resetting) return false;
    if (netvio_rx_poll(rx)) return true;
    if (rx->adapter->failed || rx->resetting || !vq_enable_interrupts(rx->vq)) return false;
    vq_disable_interrupts(rx->vq);
    return true;
}

static bool transmit(struct netvio_tx *tx) {
    netvio_tx_drain(tx);
    if (netvio_fault_blinds(tx)) return false;
    if (tx->adapter->failed || tx->resetting || !vq_enable_interrupts(tx->vq)) return false;
    vq_disable_interrupts(tx->vq);
    return true;
}

static void configuration(struct netvio_adapter *adapter) {
    if (adapter->failed || adapter->resetting) return;
    if (virtio_pci_status(&adapter->pci) >> VIRTIO_STATUS_NEEDS_RESET_BIT & 1u) {
        netvio_fail(adapter, "device.needs_reset", "[V] 2.1.2", "the device set DEVICE_NEEDS_RESET");
        return;
    }
    bool before = adapter->link_up;
    netvio_device_read_link(adapter);
    if (adapter->link_up != before) netvio_indicate_link(adapter);
}

static VOID message_dpc(NDIS_HANDLE context, ULONG message, PVOID dpc_context, PVOID throttle, PVOID reserved) {
    struct netvio_adapter *adapter = context;
    bool again = false;
    UNREFERENCED_PARAMETER(dpc_context);
    UNREFERENCED_PARAMETER(throttle);
    UNREFERENCED_PARAMETER(reserved);
    netvio_enter(adapter, "netvio_dpc");
    for (unsigned i = 0; i < adapter->pairs; i++) {
        struct netvio_pair *pair = &adapter->pair[i];
        if (message == pair->tx.message) again |= transmit(&pair->tx);
        if (message == pair->rx.message) again |= receive(&pair->rx);
    }
    if (message == adapter->config_message) configuration(adapter);
    /* Not in a loop here: other DPCs have their turn in between. */
    if (again) (void)NdisMQueueDpc(adapter->interrupt, message, 0, NULL);
    netvio_pause_check(adapter);
    netvio_exit(adapter, "netvio_dpc");
}

/* The machine has messages only; NDIS asks for a line handler all the same. */
static BOOLEAN line_isr(NDIS_HANDLE context, PBOOLEAN queue_dpc, PULONG processors) {
    UNREFERENCED_PARAMETER(context);
    *queue_dpc = FALSE;
    *processors = 0;
    return FALSE;
}

static VOID line_dpc(NDIS_HANDLE context, PVOID dpc_context, PVOID throttle, PVOID reserved) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(dpc_context);
    UNREFERENCED_PARAMETER(throttle);
    UNREFERENCED_PARAMETER(reserved);
}

NDIS_STATUS netvio_interrupt_connect(struct netvio_adapter *adapter) {
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS characteristics = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT, NDIS_MINIPORT_INTERRUPT_REVISION_1,
                   NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1},
        .InterruptHandler = line_isr,
        .InterruptDpcHandler = line_dpc,
        .MsiSupported = TRUE,
        .MessageInterruptHandler = message_isr,
        .MessageInterruptDpcHandler = message_dpc,
    };
    NDIS_STATUS status = NdisMRegisterInterruptEx(adapter->handle, adapter, &characteristics, &adapter->interrupt);
    if (status != NDIS_STATUS_SUCCESS) return status;
    ULONG last = characteristics.MessageInfoTable->MessageCount - 1;
    adapter->config_message = 0;
    for (ULONG i = 0; i < adapter->pairs; i++) {
        const ULONG rx = 2 * i + 1, tx = 2 * i + 2;
        adapter->pair[i].rx.message = last < rx ? last : rx;
        adapter->pair[i].tx.message = last < tx ? last : tx;
    }
    return NDIS_STATUS_SUCCESS;
}

void netvio_interrupt_disconnect(struct netvio_adapter *adapter) {
    if (adapter->interrupt) NdisMDeregisterInterruptEx(adapter->interrupt);
    adapter->interrupt = NULL;
}
