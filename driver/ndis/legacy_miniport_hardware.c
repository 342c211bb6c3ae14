/* SPDX-License-Identifier: Apache-2.0 */
/* legacy_miniport_hardware.c: resources, DMA and the interrupt of a miniport of NDIS 5. [D] 5, 2.7, 2.11 */
#include "legacy_miniport_internal.h"

VOID NdisMQueryAdapterResources(PNDIS_STATUS Status, NDIS_HANDLE WrapperConfigurationContext, PNDIS_RESOURCE_LIST ResourceList,
                                PUINT BufferSize) {
    const struct legacy_adapter *legacy = WrapperConfigurationContext;
    const UINT room = *BufferSize;
    *Status = NDIS_STATUS_FAILURE;
    if (!legacy->resources) return;
    *BufferSize = (UINT)(sizeof(*ResourceList) + (legacy->resources->Count - 1) * sizeof(ResourceList->PartialDescriptors[0]));
    *Status = room < *BufferSize ? NDIS_STATUS_RESOURCES : NDIS_STATUS_SUCCESS;
    if (room >= *BufferSize) RtlCopyMemory(ResourceList, legacy->resources, *BufferSize);
}

NDIS_STATUS NdisMInitializeScatterGatherDma(NDIS_HANDLE MiniportAdapterHandle, BOOLEAN Dma64BitAddresses, ULONG MaximumPhysicalMapping) {
    struct legacy_adapter *legacy = legacy_adapter_of(MiniportAdapterHandle, __func__);
    if (!legacy) return NDIS_STATUS_FAILURE;
    NDIS_SG_DMA_DESCRIPTION description = {
        .Header = {NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, NDIS_SG_DMA_DESCRIPTION_REVISION_1, NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1},
        .Flags = Dma64BitAddresses ? NDIS_SG_DMA_64_BIT_ADDRESS : 0, .MaximumPhysicalMapping = MaximumPhysicalMapping,
        .ProcessSGListHandler = legacy_miniport_mapped};
    return NdisMRegisterScatterGatherDma(MiniportAdapterHandle, &description, &legacy->dma);
}

void legacy_miniport_release(struct legacy_adapter *legacy) {
    if (legacy->dma) NdisMDeregisterScatterGatherDma(legacy->dma);
    legacy->dma = NULL;
}

/* ---- Interrupt */
static BOOLEAN isr(NDIS_HANDLE context, ULONG message, PBOOLEAN queue_dpc, PULONG processors) {
    const PNDIS_MINIPORT_INTERRUPT interrupt = context;
    const struct legacy_adapter *legacy = ((struct ndis_adapter *)interrupt->MiniportAdapterHandle)->legacy;
    const NDIS_MINIPORT_CHARACTERISTICS *chars = &legacy->miniport->chars;
    BOOLEAN recognized = TRUE;
    (void)message;
    *processors = 0;
    *queue_dpc = TRUE;
    if (interrupt->IsrRequested && chars->ISRHandler) chars->ISRHandler(&recognized, queue_dpc, legacy->context);
    else if (chars->DisableInterruptHandler) chars->DisableInterruptHandler(legacy->context);
    return recognized;
}

static VOID dpc(NDIS_HANDLE context, ULONG message, PVOID dpc_context, PVOID throttle, PVOID reserved) {
    const PNDIS_MINIPORT_INTERRUPT interrupt = context;
    const struct legacy_adapter *legacy = ((struct ndis_adapter *)interrupt->MiniportAdapterHandle)->legacy;
    const NDIS_MINIPORT_CHARACTERISTICS *chars = &legacy->miniport->chars;
    (void)message;
    (void)dpc_context;
    (void)throttle;
    (void)reserved;
    if (chars->HandleInterruptHandler) chars->HandleInterruptHandler(legacy->context);
    if (chars->EnableInterruptHandler) chars->EnableInterruptHandler(legacy->context);
}

NDIS_STATUS NdisMRegisterInterrupt(PNDIS_MINIPORT_INTERRUPT Interrupt, NDIS_HANDLE MiniportAdapterHandle, UINT InterruptVector,
                                   UINT InterruptLevel, BOOLEAN RequestIsr, BOOLEAN SharedInterrupt, NDIS_INTERRUPT_MODE InterruptMode) {
    const struct legacy_adapter *legacy = legacy_adapter_of(MiniportAdapterHandle, __func__);
    (void)InterruptVector;
    (void)InterruptLevel;
    (void)SharedInterrupt;
    (void)InterruptMode;
    if (!legacy) return NDIS_STATUS_FAILURE;
    *Interrupt = (NDIS_MINIPORT_INTERRUPT){.MiniportAdapterHandle = MiniportAdapterHandle, .IsrRequested = RequestIsr};
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS chars = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT, NDIS_MINIPORT_INTERRUPT_REVISION_1,
                   NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1},
        .MsiSupported = TRUE, .MessageInterruptHandler = isr, .MessageInterruptDpcHandler = dpc};
    return NdisMRegisterInterruptEx(MiniportAdapterHandle, Interrupt, &chars, &Interrupt->NdisReserved[0]);
}

VOID NdisMDeregisterInterrupt(PNDIS_MINIPORT_INTERRUPT Interrupt) {
    if (Interrupt->NdisReserved[0]) NdisMDeregisterInterruptEx(Interrupt->NdisReserved[0]);
    Interrupt->NdisReserved[0] = NULL;
}

BOOLEAN NdisMSynchronizeWithInterrupt(PNDIS_MINIPORT_INTERRUPT Interrupt, MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER SynchronizeFunction,
                                      PVOID SynchronizeContext) {
    return NdisMSynchronizeWithInterruptEx(Interrupt->NdisReserved[0], 0, SynchronizeFunction, SynchronizeContext);
}
