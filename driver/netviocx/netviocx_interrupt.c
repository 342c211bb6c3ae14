/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netviocx_interrupt.c: MSI-X messages: 0 is the configuration's, then each queue has its own, or they share what there is.
 *
 * ISR: tell the device to be quiet, ask for the DPC. DPC: tell the queue that there is work. The queue lets the device speak again when
 * NetAdapterCx asks it to. [V] 2.8.10  [D] EvtPacketQueueSetNotificationEnabled
 */
#include "netviocx_device.h"

typedef struct {
    ULONG message;
} NETVIOCX_INTERRUPT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(NETVIOCX_INTERRUPT, netviocx_interrupt_of)

static EVT_WDF_INTERRUPT_ISR isr;
static BOOLEAN isr(WDFINTERRUPT interrupt, ULONG message) {
    NETVIOCX_DEVICE *device = netviocx_device_of(WdfInterruptGetDevice(interrupt));
    for (unsigned i = 0; i < device->pairs; i++) {
        const struct netviocx_pair *pair = &device->pair[i];
        if (message == pair->rx.message) vq_disable_interrupts(pair->rx.vq);
        if (message == pair->tx.message) vq_disable_interrupts(pair->tx.vq);
    }
    (void)WdfInterruptQueueDpcForIsr(interrupt);
    return TRUE;
}

static void configuration(NETVIOCX_DEVICE *device) {
    if (device->failed) return;
    if (virtio_pci_status(&device->pci) >> VIRTIO_STATUS_NEEDS_RESET_BIT & 1u) {
        netviocx_fail(device, "device.needs_reset", "[V] 2.1.2", "the device set DEVICE_NEEDS_RESET");
        return;
    }
    netviocx_read_link(device);
    netviocx_adapter_set_link(device);
}

static EVT_WDF_INTERRUPT_DPC dpc;
static VOID dpc(WDFINTERRUPT interrupt, WDFOBJECT associated) {
    NETVIOCX_DEVICE *device = netviocx_device_of(associated);
    const ULONG message = netviocx_interrupt_of(interrupt)->message;
    for (unsigned i = 0; i < device->pairs; i++) {
        const struct netviocx_pair *pair = &device->pair[i];
        if (message == pair->tx.message && pair->tx.queue) NetTxQueueNotifyMoreCompletedPacketsAvailable(pair->tx.queue);
        if (message == pair->rx.message && pair->rx.queue) NetRxQueueNotifyMoreReceivedPacketsAvailable(pair->rx.queue);
    }
    if (message == 0) configuration(device);
}

static NTSTATUS create(NETVIOCX_DEVICE *device, PCM_PARTIAL_RESOURCE_DESCRIPTOR raw, PCM_PARTIAL_RESOURCE_DESCRIPTOR translated) {
    WDF_INTERRUPT_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFINTERRUPT interrupt;
    WDF_INTERRUPT_CONFIG_INIT(&config, isr, dpc);
    config.InterruptRaw = raw;
    config.InterruptTranslated = translated;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, NETVIOCX_INTERRUPT);
    const NTSTATUS status = WdfInterruptCreate(device->device, &config, &attributes, &interrupt);
    if (NT_SUCCESS(status)) netviocx_interrupt_of(interrupt)->message = device->messages++;
    return status;
}

NTSTATUS netviocx_interrupts_create(NETVIOCX_DEVICE *device, WDFCMRESLIST raw, WDFCMRESLIST translated) {
    device->messages = 0;
    for (ULONG i = 0; i < WdfCmResourceListGetCount(translated) && device->messages < 2 * device->pairs + 1; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = WdfCmResourceListGetDescriptor(translated, i);
        if (descriptor->Type != CmResourceTypeInterrupt) continue;
        const NTSTATUS status = create(device, WdfCmResourceListGetDescriptor(raw, i), descriptor);
        if (!NT_SUCCESS(status)) return status;
    }
    if (device->messages == 0) return STATUS_RESOURCE_TYPE_NOT_FOUND;
    const ULONG last = device->messages - 1;
    for (ULONG i = 0; i < device->pairs; i++) {
        const ULONG rx = 2 * i + 1, tx = 2 * i + 2;
        device->pair[i].rx.message = last < rx ? last : rx;
        device->pair[i].tx.message = last < tx ? last : tx;
    }
    return STATUS_SUCCESS;
}
