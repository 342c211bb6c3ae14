/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/packetapi.h: what drivers of NDIS 5 do with packets and buffers. All at IRQL <= DISPATCH_LEVEL. [D] 5
 *
 * *Status RESOURCES: no memory, or (packets) none left in the pool; nothing was changed. Misuse is reported and survived; the README of
 * driver/ndis lists the reports, "packet." in front.
 */
#ifndef RINGSIDE_NDIS_PACKETAPI_H
#define RINGSIDE_NDIS_PACKETAPI_H

#include "packet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Pools. The descriptors are all there from the start, and zeroed. ProtocolReservedLength: bytes of ProtocolReserved in each. */
VOID NdisAllocatePacketPool(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT NumberOfDescriptors, UINT ProtocolReservedLength);
VOID NdisAllocatePacketPoolEx(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT NumberOfDescriptors, UINT NumberOfOverflowDescriptors,
                              UINT ProtocolReservedLength);
VOID NdisFreePacketPool(NDIS_HANDLE PoolHandle); /* packets that are out are reported, and kept until NDIS ends */
UINT NdisPacketPoolUsage(NDIS_HANDLE PoolHandle); /* packets that are out */
/* A packet without buffers, its OOB data zero. */
VOID NdisAllocatePacket(PNDIS_STATUS Status, PNDIS_PACKET *Packet, NDIS_HANDLE PoolHandle);
VOID NdisFreePacket(PNDIS_PACKET Packet); /* its buffers stay the caller's */
VOID NdisReinitializePacket(PNDIS_PACKET Packet); /* forgets its buffers, which stay the caller's; OOB data stays */
#define NdisDprAllocatePacket NdisAllocatePacket
#define NdisDprAllocatePacketNonInterlocked NdisAllocatePacket
#define NdisDprFreePacket NdisFreePacket
#define NdisDprFreePacketNonInterlocked NdisFreePacket

/* ---- Buffers. A pool of them is a name: memory comes from where MDLs do. */
VOID NdisAllocateBufferPool(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT NumberOfDescriptors);
VOID NdisFreeBufferPool(NDIS_HANDLE PoolHandle);
/* Describes [VirtualAddress, +Length) of nonpaged memory. */
VOID NdisAllocateBuffer(PNDIS_STATUS Status, PNDIS_BUFFER *Buffer, NDIS_HANDLE PoolHandle, PVOID VirtualAddress, UINT Length);
VOID NdisFreeBuffer(PNDIS_BUFFER Buffer);
/* *VirtualAddress (NULL: not asked) is NULL when the buffer cannot be mapped. */
VOID NdisQueryBufferSafe(PNDIS_BUFFER Buffer, PVOID *VirtualAddress, PUINT Length, MM_PAGE_PRIORITY Priority);
#define NdisQueryBuffer(buffer, va, length) NdisQueryBufferSafe((buffer), (va), (length), HighPagePriority)
#define NdisBufferVirtualAddress(buffer) MmGetSystemAddressForMdlSafe((buffer), HighPagePriority)
#define NdisBufferVirtualAddressSafe(buffer, priority) MmGetSystemAddressForMdlSafe((buffer), (priority))
#define NdisBufferLength(buffer) MmGetMdlByteCount(buffer)
#define NdisAdjustBufferLength(buffer, length) ((buffer)->ByteCount = (length))
#define NdisGetNextBuffer(current, next) (*(next) = (current)->Next)
#define NDIS_BUFFER_LINKAGE(buffer) ((buffer)->Next)
#define NDIS_BUFFER_TO_SPAN_PAGES(buffer) \
    ((buffer)->ByteCount ? ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(buffer), (buffer)->ByteCount) : 1u)

/* ---- The buffers of a packet. What is chained may be a chain itself; NULL on unchaining an empty packet. */
VOID NdisChainBufferAtFront(PNDIS_PACKET Packet, PNDIS_BUFFER Buffer);
VOID NdisChainBufferAtBack(PNDIS_PACKET Packet, PNDIS_BUFFER Buffer);
VOID NdisUnchainBufferAtFront(PNDIS_PACKET Packet, PNDIS_BUFFER *Buffer);
VOID NdisUnchainBufferAtBack(PNDIS_PACKET Packet, PNDIS_BUFFER *Buffer);
/* Any result may be NULL: not asked. Counts anew if buffers were chained since. */
VOID NdisQueryPacket(PNDIS_PACKET Packet, PUINT PhysicalBufferCount, PUINT BufferCount, PNDIS_BUFFER *FirstBuffer, PUINT TotalPacketLength);
#define NdisQueryPacketLength(packet, length) NdisQueryPacket((packet), NULL, NULL, NULL, (length))
/* *FirstBufferVA is NULL when it cannot be mapped. */
VOID NdisGetFirstBufferFromPacketSafe(PNDIS_PACKET Packet, PNDIS_BUFFER *FirstBuffer, PVOID *FirstBufferVA, PUINT FirstBufferLength,
                                      PUINT TotalBufferLength, MM_PAGE_PRIORITY Priority);
#define NdisGetFirstBufferFromPacket(packet, buffer, va, length, total) \
    NdisGetFirstBufferFromPacketSafe((packet), (buffer), (va), (length), (total), HighPagePriority)
/* *BytesCopied is less than asked when either packet ends, or cannot be mapped. */
VOID NdisCopyFromPacketToPacketSafe(PNDIS_PACKET Destination, UINT DestinationOffset, UINT BytesToCopy, PNDIS_PACKET Source,
                                    UINT SourceOffset, PUINT BytesCopied, MM_PAGE_PRIORITY Priority);
#define NdisCopyFromPacketToPacket(destination, to, bytes, source, from, copied) \
    NdisCopyFromPacketToPacketSafe((destination), (to), (bytes), (source), (from), (copied), NormalPagePriority)

#define NdisRecalculatePacketCounts(packet) ((packet)->Private.ValidCounts = FALSE)
#define NdisSetPacketFlags(packet, flags) ((packet)->Private.Flags |= (flags))
#define NdisClearPacketFlags(packet, flags) ((packet)->Private.Flags &= ~(ULONG)(flags))
#define NdisGetPacketFlags(packet) ((packet)->Private.Flags)

/* Where a call was made, for reports; as in nblsites.h. */
#ifndef _WIN32
VOID WdkAllocatePacketPool(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT NumberOfDescriptors, UINT ProtocolReservedLength,
                           const char *Site);
VOID WdkAllocatePacket(PNDIS_STATUS Status, PNDIS_PACKET *Packet, NDIS_HANDLE PoolHandle, const char *Site);
VOID WdkFreePacket(PNDIS_PACKET Packet, const char *Site);
VOID WdkAllocateBuffer(PNDIS_STATUS Status, PNDIS_BUFFER *Buffer, PVOID VirtualAddress, UINT Length, const char *Site);
#define NdisAllocatePacketPool(...) WdkAllocatePacketPool(__VA_ARGS__, WDK_SITE)
#define NdisAllocatePacketPoolEx(status, pool, descriptors, overflow, reserved) \
    WdkAllocatePacketPool((status), (pool), (descriptors) + (overflow), (reserved), WDK_SITE)
#define NdisAllocatePacket(...) WdkAllocatePacket(__VA_ARGS__, WDK_SITE)
#define NdisFreePacket(...) WdkFreePacket(__VA_ARGS__, WDK_SITE)
#define NdisAllocateBuffer(status, buffer, pool, va, length) WdkAllocateBuffer((status), (buffer), (va), (length), WDK_SITE)
#endif

#ifdef __cplusplus
}
#endif

#endif
