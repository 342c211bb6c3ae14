/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet_nbl.c: the same bytes as a packet and as an NB, none of them copied. [D] 5
 *
 *   packet -> NBL  one NB over the packet's buffers; its data starts where they do
 *   NB -> packet   the NB's MDLs from CurrentMdl on, if they hold its data and nothing else; else new MDLs over just that, since a packet
 *                  has no offset and ends where its last buffer does
 */
#include "nbl_internal.h"
#include "packet_internal.h"

PNET_BUFFER_LIST packet_make_nbl(NDIS_HANDLE pool, struct packet_record *record, USHORT context_backfill) {
    PNDIS_PACKET packet = packet_of(record);
    UINT length;
    NdisQueryPacketLength(packet, &length);
    PNET_BUFFER_LIST nbl =
        WdkAllocateNetBufferAndNetBufferList(pool, (ULONG)context_backfill << 16, packet->Private.Head, 0, length, record->site);
    if (!nbl) return NULL;
    ndis_nbl_set_packet(nbl, record->id);
    record->nbl = nbl;
    return nbl;
}

/* The last MDL of the data, if the MDLs from CurrentMdl on are the data and no more. */
static PMDL end_if_whole(const NET_BUFFER *nb) {
    uint64_t bytes = 0;
    PMDL last = NULL;
    if (nb->CurrentMdlOffset != 0) return NULL;
    for (PMDL mdl = nb->CurrentMdl; mdl; mdl = mdl->Next) {
        bytes += mdl->ByteCount;
        last = mdl;
        if (bytes > nb->DataLength) return NULL;
    }
    return bytes == nb->DataLength ? last : NULL;
}

bool packet_describe(struct packet_record *record, PNET_BUFFER nb) {
    PNDIS_PACKET packet = packet_of(record);
    packet->Private.Head = nb->CurrentMdl;
    packet->Private.Tail = end_if_whole(nb);
    packet->Private.ValidCounts = FALSE;
    record->nb = nb;
    if (packet->Private.Tail) return true;
    PMDL *end = nbl_mdl_cover(&record->cover, nb, 0, nb->DataLength, record, record->site);
    packet->Private.Head = record->cover;
    if (!end) return false;
    if (record->cover) packet->Private.Tail = CONTAINING_RECORD(end, MDL, Next);
    return true;
}

void packet_uncover(struct packet_record *record) {
    (void)nbl_mdl_free(record->cover, record);
    record->cover = NULL;
}
