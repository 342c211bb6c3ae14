/* SPDX-License-Identifier: Apache-2.0 */
/* packet_buffer.c: NDIS_BUFFERs, and the chain of them that a packet is. [D] 5 */
#include "packet_internal.h"

enum { ENDLESS = 1 << 20 };  /* buffers: more is a ring */

/* ---- Buffers: MDLs. A pool of them is a name that drivers pass on. */
VOID NdisAllocateBufferPool(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT NumberOfDescriptors) {
    (void)NumberOfDescriptors;
    *PoolHandle = NULL;
    *Status = NDIS_STATUS_SUCCESS;
}

VOID NdisFreeBufferPool(NDIS_HANDLE PoolHandle) { (void)PoolHandle; }

VOID WdkAllocateBuffer(PNDIS_STATUS Status, PNDIS_BUFFER *Buffer, PVOID VirtualAddress, UINT Length, const char *Site) {
    *Buffer = WdkAllocateMdl(NULL, VirtualAddress, Length, Site);
    *Status = *Buffer ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

VOID (NdisAllocateBuffer)(PNDIS_STATUS Status, PNDIS_BUFFER *Buffer, NDIS_HANDLE PoolHandle, PVOID VirtualAddress, UINT Length) {
    (void)PoolHandle;
    WdkAllocateBuffer(Status, Buffer, VirtualAddress, Length, NULL);
}

VOID NdisFreeBuffer(PNDIS_BUFFER Buffer) { IoFreeMdl(Buffer); }

VOID NdisQueryBufferSafe(PNDIS_BUFFER Buffer, PVOID *VirtualAddress, PUINT Length, MM_PAGE_PRIORITY Priority) {
    if (VirtualAddress) *VirtualAddress = MmGetSystemAddressForMdlSafe(Buffer, Priority);
    *Length = Buffer->ByteCount;
}

/* ---- Chains */
static PNDIS_BUFFER end_of(PNDIS_BUFFER buffer) {
    while (buffer->Next) buffer = buffer->Next;
    return buffer;
}

VOID NdisReinitializePacket(PNDIS_PACKET Packet) {
    Packet->Private.Head = Packet->Private.Tail = NULL;
    Packet->Private.ValidCounts = FALSE;
}

VOID NdisChainBufferAtFront(PNDIS_PACKET Packet, PNDIS_BUFFER Buffer) {
    PNDIS_BUFFER last = end_of(Buffer);
    if (!Packet->Private.Head) Packet->Private.Tail = last;
    last->Next = Packet->Private.Head;
    Packet->Private.Head = Buffer;
    Packet->Private.ValidCounts = FALSE;
}

VOID NdisChainBufferAtBack(PNDIS_PACKET Packet, PNDIS_BUFFER Buffer) {
    if (Packet->Private.Head) Packet->Private.Tail->Next = Buffer;
    else Packet->Private.Head = Buffer;
    Packet->Private.Tail = end_of(Buffer);
    Packet->Private.ValidCounts = FALSE;
}

VOID NdisUnchainBufferAtFront(PNDIS_PACKET Packet, PNDIS_BUFFER *Buffer) {
    PNDIS_BUFFER first = Packet->Private.Head;
    *Buffer = first;
    if (!first) return;
    if (first == Packet->Private.Tail) Packet->Private.Head = Packet->Private.Tail = NULL;
    else Packet->Private.Head = first->Next;
    first->Next = NULL;
    Packet->Private.ValidCounts = FALSE;
}

VOID NdisUnchainBufferAtBack(PNDIS_PACKET Packet, PNDIS_BUFFER *Buffer) {
    PNDIS_BUFFER last = Packet->Private.Tail, before = Packet->Private.Head;
    *Buffer = last;
    if (!before) return;
    if (before == last) {
        Packet->Private.Head = Packet->Private.Tail = NULL;
    } else {
        while (before->Next != last) before = before->Next;
        before->Next = NULL;
        Packet->Private.Tail = before;
    }
    last->Next = NULL;
    Packet->Private.ValidCounts = FALSE;
}

static void count(PNDIS_PACKET packet) {
    PNDIS_PACKET_PRIVATE private = &packet->Private;
    private->PhysicalCount = private->TotalLength = private->Count = 0;
    for (PNDIS_BUFFER buffer = private->Head; buffer && private->Count < ENDLESS; buffer = buffer->Next) {
        private->PhysicalCount += NDIS_BUFFER_TO_SPAN_PAGES(buffer);
        private->TotalLength += buffer->ByteCount;
        private->Count++;
        if (buffer == private->Tail) break;
    }
    private->ValidCounts = TRUE;
}

VOID NdisQueryPacket(PNDIS_PACKET Packet, PUINT PhysicalBufferCount, PUINT BufferCount, PNDIS_BUFFER *FirstBuffer, PUINT TotalPacketLength) {
    if (!Packet->Private.ValidCounts) count(Packet);
    if (PhysicalBufferCount) *PhysicalBufferCount = Packet->Private.PhysicalCount;
    if (BufferCount) *BufferCount = Packet->Private.Count;
    if (FirstBuffer) *FirstBuffer = Packet->Private.Head;
    if (TotalPacketLength) *TotalPacketLength = Packet->Private.TotalLength;
}

VOID NdisGetFirstBufferFromPacketSafe(PNDIS_PACKET Packet, PNDIS_BUFFER *FirstBuffer, PVOID *FirstBufferVA, PUINT FirstBufferLength,
                                      PUINT TotalBufferLength, MM_PAGE_PRIORITY Priority) {
    PNDIS_BUFFER first = Packet->Private.Head;
    *FirstBuffer = first;
    *FirstBufferVA = first ? MmGetSystemAddressForMdlSafe(first, Priority) : NULL;
    *FirstBufferLength = first ? first->ByteCount : 0;
    NdisQueryPacketLength(Packet, TotalBufferLength);
}

/* ---- Copy */
/* A place in a packet. */
struct place {
    const NDIS_PACKET *packet;
    PNDIS_BUFFER buffer;
    UINT offset;
};

/* The bytes that lie together from there on; 0 at the end. */
static UINT run_at(struct place *place) {
    while (place->buffer && place->offset >= place->buffer->ByteCount) {
        place->offset -= place->buffer->ByteCount;
        place->buffer = place->buffer == place->packet->Private.Tail ? NULL : place->buffer->Next;
    }
    return place->buffer ? place->buffer->ByteCount - place->offset : 0;
}

VOID NdisCopyFromPacketToPacketSafe(PNDIS_PACKET Destination, UINT DestinationOffset, UINT BytesToCopy, PNDIS_PACKET Source,
                                    UINT SourceOffset, PUINT BytesCopied, MM_PAGE_PRIORITY Priority) {
    struct place to = {Destination, Destination->Private.Head, DestinationOffset}, from = {Source, Source->Private.Head, SourceOffset};
    *BytesCopied = 0;
    while (*BytesCopied < BytesToCopy) {
        const UINT room = run_at(&to), bytes = run_at(&from);
        UINT run = BytesToCopy - *BytesCopied;
        if (run > room) run = room;
        if (run > bytes) run = bytes;
        if (run == 0) return;
        PUCHAR write = MmGetSystemAddressForMdlSafe(to.buffer, Priority), read = MmGetSystemAddressForMdlSafe(from.buffer, Priority);
        if (!write || !read) return;
        memmove(write + to.offset, read + from.offset, run);
        to.offset += run;
        from.offset += run;
        *BytesCopied += run;
    }
}
