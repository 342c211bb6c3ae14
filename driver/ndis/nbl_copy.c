/* SPDX-License-Identifier: Apache-2.0 */
/* nbl_copy.c: reading and copying what NBs and NBLs hold. [D] 2.3, 2.5 */
#include "nbl_internal.h"

/* A position in an MDL chain. */
struct cursor {
    PMDL mdl;
    ULONG offset;
};

/* Moves over what is used up; false at the end of the chain. */
static bool cursor_settle(struct cursor *cursor) {
    while (cursor->mdl && cursor->offset >= cursor->mdl->ByteCount) {
        cursor->offset -= cursor->mdl->ByteCount;
        cursor->mdl = cursor->mdl->Next;
    }
    return cursor->mdl != NULL;
}

static ULONG min(ULONG a, ULONG b) { return a < b ? a : b; }

static PVOID copy_out(PNET_BUFFER nb, ULONG bytes, PVOID storage) {
    struct cursor from = {nb->CurrentMdl, nb->CurrentMdlOffset};
    for (ULONG done = 0; done < bytes;) {
        if (!cursor_settle(&from)) return NULL;
        PUCHAR va = MmGetSystemAddressForMdlSafe(from.mdl, LowPagePriority);
        if (!va) return NULL;
        ULONG run = min(bytes - done, from.mdl->ByteCount - from.offset);
        memcpy((PUCHAR)storage + done, va + from.offset, run);
        done += run;
        from.offset += run;
    }
    return storage;
}

PVOID NdisGetDataBuffer(PNET_BUFFER NetBuffer, ULONG BytesNeeded, PVOID Storage, UINT AlignMultiple, UINT AlignOffset) {
    if (NetBuffer->DataLength < BytesNeeded || BytesNeeded == 0) return NULL;
    struct cursor start = {NetBuffer->CurrentMdl, NetBuffer->CurrentMdlOffset};
    if (!cursor_settle(&start)) return NULL;
    if (start.mdl->ByteCount - start.offset >= BytesNeeded) {
        PUCHAR va = MmGetSystemAddressForMdlSafe(start.mdl, LowPagePriority);
        if (!va) return NULL;
        va += start.offset;
        if (AlignMultiple <= 1 || (((ULONG_PTR)va - AlignOffset) & (AlignMultiple - 1)) == 0) return va;
    }
    return Storage ? copy_out(NetBuffer, BytesNeeded, Storage) : NULL;
}

NDIS_STATUS NdisCopyFromNetBufferToNetBuffer(PNET_BUFFER Destination, ULONG DestinationOffset, ULONG BytesToCopy, PNET_BUFFER Source,
                                             ULONG SourceOffset, PULONG BytesCopied) {
    struct cursor to = {Destination->CurrentMdl, Destination->CurrentMdlOffset + DestinationOffset};
    struct cursor from = {Source->CurrentMdl, Source->CurrentMdlOffset + SourceOffset};
    ULONG available = SourceOffset < Source->DataLength ? Source->DataLength - SourceOffset : 0;
    ULONG bytes = min(BytesToCopy, available);
    *BytesCopied = 0;
    while (*BytesCopied < bytes && cursor_settle(&from) && cursor_settle(&to)) {
        PUCHAR source = MmGetSystemAddressForMdlSafe(from.mdl, LowPagePriority);
        PUCHAR destination = MmGetSystemAddressForMdlSafe(to.mdl, LowPagePriority);
        if (!source || !destination) return NDIS_STATUS_RESOURCES;
        ULONG run = min(bytes - *BytesCopied, min(from.mdl->ByteCount - from.offset, to.mdl->ByteCount - to.offset));
        memmove(destination + to.offset, source + from.offset, run);
        from.offset += run;
        to.offset += run;
        *BytesCopied += run;
    }
    return NDIS_STATUS_SUCCESS;
}

ULONG NdisQueryNetBufferPhysicalCount(PNET_BUFFER NetBuffer) {
    ULONG count = 0;
    uint64_t left = (uint64_t)NetBuffer->CurrentMdlOffset + NetBuffer->DataLength;
    for (PMDL mdl = NetBuffer->CurrentMdl; mdl && left > 0; mdl = mdl->Next) {
        count += NDIS_MDL_TO_SPAN_PAGES(mdl);
        left -= left < mdl->ByteCount ? left : mdl->ByteCount;
    }
    return count;
}

static void copy_slots(PNET_BUFFER_LIST to, const NET_BUFFER_LIST *from, const NDIS_NET_BUFFER_LIST_INFO *slots, size_t count) {
    for (size_t i = 0; i < count; i++) to->NetBufferListInfo[slots[i]] = from->NetBufferListInfo[slots[i]];
}

VOID NdisCopySendNetBufferListInfo(PNET_BUFFER_LIST Destination, PNET_BUFFER_LIST Source) {
    static const NDIS_NET_BUFFER_LIST_INFO slots[] = {
        TcpIpChecksumNetBufferListInfo, IPsecOffloadV1NetBufferListInfo, TcpLargeSendNetBufferListInfo, Ieee8021QNetBufferListInfo,
        MediaSpecificInformation, NetBufferListCancelId, NetBufferListProtocolId, IPsecOffloadV2TunnelNetBufferListInfo,
        IPsecOffloadV2HeaderNetBufferListInfo, VirtualSubnetInfo, NetBufferListFilteringInfo};
    copy_slots(Destination, Source, slots, sizeof(slots) / sizeof(slots[0]));
}

VOID NdisCopyReceiveNetBufferListInfo(PNET_BUFFER_LIST Destination, PNET_BUFFER_LIST Source) {
    static const NDIS_NET_BUFFER_LIST_INFO slots[] = {
        TcpIpChecksumNetBufferListInfo, IPsecOffloadV1NetBufferListInfo, TcpReceiveNoPush, Ieee8021QNetBufferListInfo,
        MediaSpecificInformation, NetBufferListFrameType, NetBufferListHashValue, NetBufferListHashInfo,
        IPsecOffloadV2TunnelNetBufferListInfo, IPsecOffloadV2HeaderNetBufferListInfo, VirtualSubnetInfo, NetBufferListFilteringInfo};
    copy_slots(Destination, Source, slots, sizeof(slots) / sizeof(slots[0]));
}
