/* SPDX-License-Identifier: Apache-2.0 */
/* hardware.c: registers, configuration space and shared memory of an adapter. */
#include "ndis_internal.h"
#include "regmap.h"

/* A register cookie: a tag that makes it no canonical address, so that a dereference faults; the BAR; the card; the offset in the BAR. */
#define COOKIE_TAG UINT64_C(0xC0DE000000000000)
#define COOKIE_TAG_MASK UINT64_C(0xFFFF000000000000)
enum { COOKIE_BAR_LSB = 40, COOKIE_SLOT_LSB = 32 };

static PVOID cookie_make(unsigned slot, unsigned bar, uint64_t offset) {
    return (PVOID)(ULONG_PTR)(COOKIE_TAG | (uint64_t)bar << COOKIE_BAR_LSB | (uint64_t)slot << COOKIE_SLOT_LSB | offset);
}

/* Splits a cookie: the card that it is of, or NULL, after a report, when the address is none. */
static const struct platform *cookie_split(struct kernel *kernel, const volatile VOID *address, unsigned size, unsigned *bar,
                                           uint32_t *offset) {
    uint64_t cookie = (uint64_t)(ULONG_PTR)address;
    if ((cookie & COOKIE_TAG_MASK) != COOKIE_TAG || cookie % size != 0) {
        kernel_violation(kernel, "hardware.register", "[D] 2.11", -1, "a register access of %u bytes through %s", size,
                         (cookie & COOKIE_TAG_MASK) != COOKIE_TAG ? "an address that NdisMMapIoSpace did not give"
                                                                  : "an address that is not aligned to them");
        return NULL;
    }
    *bar = (unsigned)(cookie >> COOKIE_BAR_LSB) & 0xFF;
    *offset = (uint32_t)cookie;
    return &kernel->slots[(cookie >> COOKIE_SLOT_LSB & 0xFF) % KERNEL_SLOTS].seam;
}

NDIS_STATUS NdisMMapIoSpace(PVOID *VirtualAddress, NDIS_HANDLE MiniportAdapterHandle, NDIS_PHYSICAL_ADDRESS PhysicalAddress, UINT Length) {
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    *VirtualAddress = NULL;
    if (!adapter) return NDIS_STATUS_FAILURE;
    const struct platform *platform = adapter->platform;
    uint64_t low = platform->ops->config_read(platform->ctx, PCI_CFG_BAR0, 4) & ~UINT64_C(0xF);
    uint64_t base = (uint64_t)platform->ops->config_read(platform->ctx, PCI_CFG_BAR0_HIGH, 4) << 32 | low;
    uint64_t at = (uint64_t)PhysicalAddress.QuadPart;
    if (at < base || at - base > BAR0_SIZE || Length > BAR0_SIZE - (at - base)) return NDIS_STATUS_RESOURCE_CONFLICT;
    *VirtualAddress = cookie_make(kernel_slot_of(platform), 0, at - base);
    return NDIS_STATUS_SUCCESS;
}

VOID NdisMUnmapIoSpace(NDIS_HANDLE MiniportAdapterHandle, PVOID VirtualAddress, UINT Length) {
    (void)MiniportAdapterHandle;
    (void)VirtualAddress;
    (void)Length;  /* a cookie holds no resource */
}

static uint32_t register_read(const volatile VOID *address, unsigned size) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    unsigned bar;
    uint32_t offset;
    const struct platform *platform = cookie_split(kernel, address, size, &bar, &offset);
    return platform ? platform->ops->mmio_read(platform->ctx, bar, offset, size) : UINT32_MAX;
}

static void register_write(volatile VOID *address, unsigned size, uint32_t value) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    unsigned bar;
    uint32_t offset;
    const struct platform *platform = cookie_split(kernel, address, size, &bar, &offset);
    if (platform) platform->ops->mmio_write(platform->ctx, bar, offset, size, value);
}

UCHAR WdkReadRegister8(const volatile VOID *Register) { return (UCHAR)register_read(Register, 1); }
USHORT WdkReadRegister16(const volatile VOID *Register) { return (USHORT)register_read(Register, 2); }
ULONG WdkReadRegister32(const volatile VOID *Register) { return register_read(Register, 4); }
VOID WdkWriteRegister8(volatile VOID *Register, UCHAR Value) { register_write(Register, 1, Value); }
VOID WdkWriteRegister16(volatile VOID *Register, USHORT Value) { register_write(Register, 2, Value); }
VOID WdkWriteRegister32(volatile VOID *Register, ULONG Value) { register_write(Register, 4, Value); }

/* The widest naturally aligned access that fits. */
static unsigned access_size(ULONG offset, ULONG left) {
    if (offset % 4 == 0 && left >= 4) return 4;
    return offset % 2 == 0 && left >= 2 ? 2 : 1;
}

ULONG NdisMGetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer, ULONG Length) {
    struct ndis_adapter *adapter = ndis_object_of(NdisMiniportHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (!adapter || WhichSpace != PCI_WHICHSPACE_CONFIG) return 0;
    const struct platform *platform = adapter->platform;
    ULONG done = 0;
    while (done < Length) {
        unsigned size = access_size(Offset + done, Length - done);
        uint32_t value = platform->ops->config_read(platform->ctx, Offset + done, size);
        for (unsigned i = 0; i < size; i++) ((PUCHAR)Buffer)[done + i] = (UCHAR)(value >> (8 * i));
        done += size;
    }
    return done;
}

ULONG NdisMSetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer, ULONG Length) {
    struct ndis_adapter *adapter = ndis_object_of(NdisMiniportHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (!adapter || WhichSpace != PCI_WHICHSPACE_CONFIG) return 0;
    const struct platform *platform = adapter->platform;
    ULONG done = 0;
    while (done < Length) {
        unsigned size = access_size(Offset + done, Length - done);
        uint32_t value = 0;
        for (unsigned i = 0; i < size; i++) value |= (uint32_t)((PUCHAR)Buffer)[done + i] << (8 * i);
        platform->ops->config_write(platform->ctx, Offset + done, size, value);
        done += size;
    }
    return done;
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
    *VirtualAddress = adapter->platform->ops->dma_allocate_coherent(adapter->platform->ctx, Length, PAGE_SIZE, adapter->object.name, &iova);
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
