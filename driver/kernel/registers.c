/* SPDX-License-Identifier: Apache-2.0 */
/* registers.c: the registers of the cards in the machine's slots, by addresses that are none of memory. [D] MmMapIoSpaceEx */
#include "kernel_internal.h"
#include "regmap.h"

/* A register cookie: a tag that makes it no canonical address, so that a dereference faults; the BAR; the card; the offset in the BAR. */
#define COOKIE_TAG UINT64_C(0xC0DE000000000000)
#define COOKIE_TAG_MASK UINT64_C(0xFFFF000000000000)
enum { COOKIE_BAR_LSB = 40, COOKIE_SLOT_LSB = 32 };

PVOID kernel_map_registers(const struct platform *platform, uint64_t at, uint64_t length) {
    const uint64_t low = platform->ops->config_read(platform->ctx, PCI_CFG_BAR0, 4) & ~UINT64_C(0xF);
    const uint64_t base = (uint64_t)platform->ops->config_read(platform->ctx, PCI_CFG_BAR0_HIGH, 4) << 32 | low;
    if (at < base || at - base > BAR0_SIZE || length > BAR0_SIZE - (at - base)) return NULL;
    return (PVOID)(ULONG_PTR)(COOKIE_TAG | (uint64_t)kernel_slot_of(platform) << COOKIE_SLOT_LSB | (at - base));
}

PVOID MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    UNREFERENCED_PARAMETER(Protect);
    for (unsigned i = 0; i < kernel->slot_count; i++) {
        PVOID mapped = kernel_map_registers(&kernel->slots[i].seam, (uint64_t)PhysicalAddress.QuadPart, NumberOfBytes);
        if (mapped) return mapped;
    }
    return NULL;
}

PVOID MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType) {
    UNREFERENCED_PARAMETER(CacheType);
    return MmMapIoSpaceEx(PhysicalAddress, NumberOfBytes, PAGE_READWRITE | PAGE_NOCACHE);
}

VOID MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes) {
    UNREFERENCED_PARAMETER(BaseAddress);
    UNREFERENCED_PARAMETER(NumberOfBytes); /* a cookie holds no resource */
}

/* Splits a cookie: the card that it is of, or NULL, after a report, when the address is none. */
static const struct platform *split(struct kernel *kernel, const volatile VOID *address, unsigned size, unsigned *bar, uint32_t *offset) {
    const uint64_t cookie = (uint64_t)(ULONG_PTR)address;
    if ((cookie & COOKIE_TAG_MASK) != COOKIE_TAG || cookie % size != 0) {
        kernel_violation(kernel, "hardware.register", "[D] 2.11", -1, "a register access of %u bytes through %s", size,
                         (cookie & COOKIE_TAG_MASK) != COOKIE_TAG ? "an address that NdisMMapIoSpace or MmMapIoSpaceEx did not give"
                                                                  : "an address that is not aligned to them");
        return NULL;
    }
    *bar = (unsigned)(cookie >> COOKIE_BAR_LSB) & 0xFF;
    *offset = (uint32_t)cookie;
    return &kernel->slots[(cookie >> COOKIE_SLOT_LSB & 0xFF) % KERNEL_SLOTS].seam;
}

static uint32_t register_read(const volatile VOID *address, unsigned size) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    unsigned bar;
    uint32_t offset;
    const struct platform *platform = split(kernel, address, size, &bar, &offset);
    return platform ? platform->ops->mmio_read(platform->ctx, bar, offset, size) : UINT32_MAX;
}

static void register_write(volatile VOID *address, unsigned size, uint32_t value) {
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    unsigned bar;
    uint32_t offset;
    const struct platform *platform = split(kernel, address, size, &bar, &offset);
    if (platform) platform->ops->mmio_write(platform->ctx, bar, offset, size, value);
}

UCHAR WdkReadRegister8(const volatile VOID *Register) { return (UCHAR)register_read(Register, 1); }
USHORT WdkReadRegister16(const volatile VOID *Register) { return (USHORT)register_read(Register, 2); }
ULONG WdkReadRegister32(const volatile VOID *Register) { return register_read(Register, 4); }
VOID WdkWriteRegister8(volatile VOID *Register, UCHAR Value) { register_write(Register, 1, Value); }
VOID WdkWriteRegister16(volatile VOID *Register, USHORT Value) { register_write(Register, 2, Value); }
VOID WdkWriteRegister32(volatile VOID *Register, ULONG Value) { register_write(Register, 4, Value); }

/* ---- Configuration space, in the widest naturally aligned accesses that fit */
static unsigned access_size(ULONG offset, ULONG left) {
    if (offset % 4 == 0 && left >= 4) return 4;
    return offset % 2 == 0 && left >= 2 ? 2 : 1;
}

ULONG kernel_config_read(const struct platform *platform, ULONG offset, PVOID buffer, ULONG length) {
    ULONG done = 0;
    while (done < length) {
        const unsigned size = access_size(offset + done, length - done);
        const uint32_t value = platform->ops->config_read(platform->ctx, offset + done, size);
        for (unsigned i = 0; i < size; i++) ((PUCHAR)buffer)[done + i] = (UCHAR)(value >> (8 * i));
        done += size;
    }
    return done;
}

ULONG kernel_config_write(const struct platform *platform, ULONG offset, const VOID *buffer, ULONG length) {
    ULONG done = 0;
    while (done < length) {
        const unsigned size = access_size(offset + done, length - done);
        uint32_t value = 0;
        for (unsigned i = 0; i < size; i++) value |= (uint32_t)((const UCHAR *)buffer)[done + i] << (8 * i);
        platform->ops->config_write(platform->ctx, offset + done, size, value);
        done += size;
    }
    return done;
}
