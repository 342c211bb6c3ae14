/* SPDX-License-Identifier: Apache-2.0 */
/* vlan_tag.c: retreat and advance around an 802.1Q tag. A header may lie in any number of MDLs, so bytes are moved one by one. */
#include "vlan_tag.h"

#include "vlan_filter.h"

enum { ADDRESSES = 12, TYPE = 0x8100, ID_MASK = 0x0FFF, HEADER = ADDRESSES + VLAN_TAG_BYTES };

/* The byte `at` of the frame, or NULL where it is not mapped or ends. */
static PUCHAR byte_at(PNET_BUFFER nb, ULONG at) {
    PMDL mdl = NET_BUFFER_CURRENT_MDL(nb);
    ULONG offset = NET_BUFFER_CURRENT_MDL_OFFSET(nb) + at;
    while (mdl && offset >= MmGetMdlByteCount(mdl)) {
        offset -= MmGetMdlByteCount(mdl);
        mdl = mdl->Next;
    }
    PUCHAR va = mdl ? MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) : NULL;
    return va ? va + offset : NULL;
}

/* Moves the addresses; to the front they go first byte first, to the back last byte first, since the two places overlap. */
static BOOLEAN move_addresses(PNET_BUFFER nb, ULONG from, ULONG to) {
    for (ULONG i = 0; i < ADDRESSES; i++) {
        const ULONG at = to < from ? i : ADDRESSES - 1 - i;
        PUCHAR source = byte_at(nb, from + at), destination = byte_at(nb, to + at);
        if (!source || !destination) return FALSE;
        *destination = *source;
    }
    return TRUE;
}

static VOID write_tag(PNET_BUFFER nb, unsigned id) {
    const UCHAR tag[VLAN_TAG_BYTES] = {TYPE >> 8, TYPE & 0xFF, (UCHAR)(id >> 8), (UCHAR)id};
    for (ULONG i = 0; i < VLAN_TAG_BYTES; i++) {
        PUCHAR byte = byte_at(nb, ADDRESSES + i);
        if (byte) *byte = tag[i];
    }
}

NDIS_STATUS vlan_tag_insert(PNET_BUFFER nb, unsigned id) {
    if (NET_BUFFER_DATA_LENGTH(nb) < ADDRESSES) return NDIS_STATUS_INVALID_LENGTH;
    NDIS_STATUS status = NdisRetreatNetBufferDataStart(nb, VLAN_TAG_BYTES, 0, NULL);
    if (status != NDIS_STATUS_SUCCESS) return status;
    if (!move_addresses(nb, VLAN_TAG_BYTES, 0)) {
        NdisAdvanceNetBufferDataStart(nb, VLAN_TAG_BYTES, TRUE, NULL);
        return NDIS_STATUS_RESOURCES;
    }
    write_tag(nb, id);
    return NDIS_STATUS_SUCCESS;
}

BOOLEAN vlan_tag_is(PNET_BUFFER nb, unsigned id) {
    UCHAR storage[HEADER];
    const UCHAR *header = NdisGetDataBuffer(nb, HEADER, storage, 1, 0);
    if (!header || header[ADDRESSES] != TYPE >> 8 || header[ADDRESSES + 1] != (TYPE & 0xFF)) return FALSE;
    return ((unsigned)(header[ADDRESSES + 2] << 8 | header[ADDRESSES + 3]) & ID_MASK) == id;
}

VOID vlan_tag_remove(PNET_BUFFER nb, BOOLEAN allocated) {
    (void)move_addresses(nb, 0, VLAN_TAG_BYTES);
    NdisAdvanceNetBufferDataStart(nb, VLAN_TAG_BYTES, allocated, NULL);
}

VOID vlan_tag_restore(PNET_BUFFER nb, unsigned id) {
    if (NdisRetreatNetBufferDataStart(nb, VLAN_TAG_BYTES, 0, NULL) != NDIS_STATUS_SUCCESS) return;
    (void)move_addresses(nb, VLAN_TAG_BYTES, 0);
    write_tag(nb, id);
}

/* A slot whose offset has ten bits from this one on; the miniport may have given the offset up on completion. */
static VOID move(PVOID *slot, unsigned bit, BOOLEAN inserted) {
    const ULONG mask = 0x3FFu << bit, value = (ULONG)(ULONG_PTR)*slot;
    if (!(value & mask)) return;
    const ULONG moved = (inserted ? value + ((ULONG)VLAN_TAG_BYTES << bit) : value - ((ULONG)VLAN_TAG_BYTES << bit)) & mask;
    *slot = (PVOID)(ULONG_PTR)((value & ~mask) | moved);
}

VOID vlan_tag_move_offsets(PNET_BUFFER_LIST nbl, BOOLEAN inserted) {
    enum { CHECKSUM_OFFSET_BIT = 16, SEGMENTATION_OFFSET_BIT = 20 };
    move(&nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo], CHECKSUM_OFFSET_BIT, inserted);
    move(&nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo], SEGMENTATION_OFFSET_BIT, inserted);
    move(&nbl->NetBufferListInfo[UdpSegmentationOffloadInfo], SEGMENTATION_OFFSET_BIT, inserted);
}
