/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdm/registers.h: a device's registers. Include wdm.h, not this header.
 *
 *   MmMapIoSpaceEx(Start of a memory resource + offset, bytes, PAGE_READWRITE | PAGE_NOCACHE)
 *   READ_REGISTER_ULONG(&registers->Status)        crosses the link and back; writes are posted
 *
 * The address names a register and is no memory: a driver that reads or writes through it by itself faults, at once. [D] 2.11
 */
#ifndef RINGSIDE_WDM_REGISTERS_H
#define RINGSIDE_WDM_REGISTERS_H

#define PAGE_READONLY 0x02u
#define PAGE_READWRITE 0x04u
#define PAGE_NOCACHE 0x200u
#define PAGE_WRITECOMBINE 0x400u

/* NULL: it lies in no memory resource of a device here. What the memory may be used for (Protect) is not looked at. Up to DISPATCH_LEVEL. */
PVOID MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect);
typedef enum _MEMORY_CACHING_TYPE { MmNonCached, MmCached, MmWriteCombined } MEMORY_CACHING_TYPE;
PVOID MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType);
VOID MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes);

UCHAR WdkReadRegister8(const volatile VOID *Register);   /* (blocks): a non-posted read over the link */
USHORT WdkReadRegister16(const volatile VOID *Register);
ULONG WdkReadRegister32(const volatile VOID *Register);
VOID WdkWriteRegister8(volatile VOID *Register, UCHAR Value); /* posted */
VOID WdkWriteRegister16(volatile VOID *Register, USHORT Value);
VOID WdkWriteRegister32(volatile VOID *Register, ULONG Value);
#define READ_REGISTER_UCHAR(r) WdkReadRegister8(r)
#define READ_REGISTER_USHORT(r) WdkReadRegister16(r)
#define READ_REGISTER_ULONG(r) WdkReadRegister32(r)
#define WRITE_REGISTER_UCHAR(r, value) WdkWriteRegister8((r), (value))
#define WRITE_REGISTER_USHORT(r, value) WdkWriteRegister16((r), (value))
#define WRITE_REGISTER_ULONG(r, value) WdkWriteRegister32((r), (value))
/* Without the barrier: a register access has none to spare here. */
#define READ_REGISTER_NOFENCE_UCHAR(r) WdkReadRegister8(r)
#define READ_REGISTER_NOFENCE_USHORT(r) WdkReadRegister16(r)
#define READ_REGISTER_NOFENCE_ULONG(r) WdkReadRegister32(r)
#define WRITE_REGISTER_NOFENCE_UCHAR(r, value) WdkWriteRegister8((r), (value))
#define WRITE_REGISTER_NOFENCE_USHORT(r, value) WdkWriteRegister16((r), (value))
#define WRITE_REGISTER_NOFENCE_ULONG(r, value) WdkWriteRegister32((r), (value))

#endif
