/* SPDX-License-Identifier: Apache-2.0 */
/* hardware.c: registers, configuration space and shared memory of an adapter. */
#include "ndis_internal.h"

NDIS_STATUS NdisMMapIoSpace(PVOID *VirtualAddress, NDIS_HANDLE MiniportAdapterHandle, NDIS_PHYSICAL_ADDRESS PhysicalAddress, UINT Length) {
    const struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    *VirtualAddress = NULL;
    if (!adapter) return NDIS_STATUS_FAILURE;
    *VirtualAddress = kernel_map_registers(adapter->platform, (uint64_t)PhysicalAddress.QuadPart, Length);
    return *VirtualAddress ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCE_CONFLICT;
}

VOID NdisMUnmapIoSpace(NDIS_HANDLE MiniportAdapterHandle, PVOID VirtualAddress, UINT Length) {
    (void)MiniportAdapterHandle;
    MmUnmapIoSpace(VirtualAddress, Length);
}

ULONG NdisMGetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer, ULONG Length) {
    const struct ndis_adapter *adapter = ndis_object_of(NdisMiniportHandle, NDIS_OBJECT_ADAPTER, __func__);
    return adapter && WhichSpace == PCI_WHICHSPACE_CONFIG ? kernel_config_read(adapter->platform, Offset, Buffer, Length) : 0;
}

ULONG NdisMSetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer, ULONG Length) {
    const struct ndis_adapter *adapter = ndis_object_of(NdisMiniportHandle, NDIS_OBJECT_ADAPTER, __func__);
    return adapter && WhichSpace == PCI_WHICHSPACE_CONFIG ? kernel_config_write(adapter->platform, Offset, Buffer, Length) : 0;
}

VOID NdisMAllocateSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached, PVOID *VirtualAddress,
                               PNDIS_PHYSICAL_ADDRESS PhysicalAddress) {
    (void)Cached;  /* the machine's DMA is coherent */
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    *VirtualAddress = NULL;
    if (!adapter) return;
    const struct ndis *ndis = adapter->object.ndis;
    if (KeGetCurrentIrql() >= DISPATCH_LEVEL)
        kernel_violation(ndis->kernel, "kernel.irql", "[D] 2.7 (0x7C/0x01)", -1, "NdisMAllocateSharedMemory at IRQL %u", KeGetCurrentIrql());
    uint64_t iova = 0;
    *VirtualAddress = adapter->platform->ops->dma_allocate_coherent(adapter->platform->ctx, Length, PAGE_SIZE, UINT64_MAX, adapter->object.name,
                                                                   &iova);
    PhysicalAddress->QuadPart = (LONGLONG)iova;
}

VOID NdisMFreeSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached, PVOID VirtualAddress,
                           NDIS_PHYSICAL_ADDRESS PhysicalAddress) {
    (void)Length;
    (void)Cached;
    (void)PhysicalAddress;
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (!adapter || !VirtualAddress) return;
    const struct platform *platform = adapter->platform;
    platform->ops->dma_free_coherent(platform->ctx, VirtualAddress);
}
