/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_tx_map.c: the memory of an NB as fragments. [D] NET_ADAPTER_TX_CAPABILITIES
 *
 *   [ backfill ...... | frame ... ] [ frame ... ]     MDLs
 *          |<- B ---->|
 *   [ base | Offset B | valid ... ] [ valid ]  ...    fragments: one for each run of an MDL that is one on the bus, or without DMA for each MDL
 *
 * It is bounced, copied into one buffer of ours, exactly when: the backfill does not fit in front of it in the current MDL; it has more
 * fragments than the driver allows, or than are kept ready for a packet; one is not aligned, or above what the device reaches; the machine
 * cannot map it; or it asks for a checksum, and its headers are in several pieces, where the driver would not find them.
 */
#include <errno.h>
#include <stdio.h>

#include "netcx_tx.h"

enum { OFFSET_MOST = 1023 };

/* What the fragments of one packet come to, behind the end of the ring. */
struct builder {
    struct netcx_queue *queue;
    UINT32 room, count;
};

static void put_fragment(struct builder *builder, PUCHAR va, uint64_t la, ULONG offset, ULONG bytes) {
    const struct netcx_tx *tx = builder->queue->tx;
    const NET_RING *ring = netcx_fragments(builder->queue);
    const UINT32 index = NetRingAdvanceIndex(ring, ring->EndIndex, (INT32)builder->count++);
    NET_FRAGMENT *fragment = NetRingGetFragmentAtIndex(ring, index);
    RtlZeroMemory(fragment, ring->ElementStride);
    fragment->Offset = offset & OFFSET_MOST;
    fragment->ValidLength = (bytes - offset) & 0x3FFFFFFu;
    fragment->Capacity = bytes & 0x3FFFFFFu;
    NetExtensionGetFragmentVirtualAddress(&tx->va, index)->VirtualAddress = va;
    if (tx->la.Enabled) NetExtensionGetFragmentLogicalAddress(&tx->la, index)->LogicalAddress = la;
}

/* A run as a fragment, `offset` bytes of it in front of the payload. False: it has to be bounced. */
static bool add_run(struct builder *builder, PUCHAR va, uint64_t la, ULONG offset, ULONG bytes) {
    const struct netcx_tx *tx = builder->queue->tx;
    if (builder->count == tx->most_fragments || bytes <= offset) return false;
    if (((ULONG_PTR)va + offset) % tx->alignment != 0) return false;
    if (tx->reach.dma && (la > tx->reach.highest || bytes - 1 > tx->reach.highest - la)) return false;
    put_fragment(builder, va, la, offset, bytes);
    return true;
}

/* The runs of [mdl + offset, +length). */
static bool add_mdl(struct builder *builder, struct netcx_tx_packet *packet, PMDL mdl, ULONG offset, ULONG length, ULONG skip, const char *owner) {
    const struct netcx_tx *tx = builder->queue->tx;
    PUCHAR va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);
    if (!va) return false;
    va += offset;
    if (!tx->reach.dma) return add_run(builder, va, 0, skip, length);
    struct platform_dma_segment *segments = &packet->segment[packet->segments];
    const int made = wdf_dma_map(tx->reach.dma, mdl, offset, length, owner, segments, NETCX_TX_SEGMENTS - packet->segments);
    if (made <= 0) return false;
    packet->piece[packet->pieces++] = (struct netcx_piece){mdl, (unsigned)made};
    packet->segments += (unsigned)made;
    for (int i = 0; i < made; i++) {
        if (!add_run(builder, va, segments[i].iova, i == 0 ? skip : 0, segments[i].length)) return false;
        va += segments[i].length;
    }
    return true;
}

/* Every MDL with a byte of the frame, from the data start of the NB on. */
static bool add_chain(struct builder *builder, struct netcx_tx_packet *packet, ULONG skip) {
    PNET_BUFFER nb = packet->nb;
    char owner[NDIS_NB_NAME];
    ULONG offset = nb->CurrentMdlOffset, left = nb->DataLength;
    ndis_nb_name(nb, owner);
    for (PMDL mdl = nb->CurrentMdl; mdl && left > 0; mdl = mdl->Next, offset = 0) {
        const ULONG have = mdl->ByteCount > offset ? mdl->ByteCount - offset : 0, length = have < left ? have : left;
        if (length == 0) continue;
        if (packet->pieces == NETCX_TX_SEGMENTS || !add_mdl(builder, packet, mdl, offset, length, skip, owner)) return false;
        left -= length;
        skip = 0;
    }
    return left == 0;
}

static bool retreat(const struct netcx_tx *tx, struct netcx_tx_packet *packet) {
    if (tx->backfill == 0) return true;
    if (packet->nb->CurrentMdlOffset < tx->backfill) return false;
    packet->retreated = NdisRetreatNetBufferDataStart(packet->nb, tx->backfill, 0, NULL) == NDIS_STATUS_SUCCESS;
    return packet->retreated;
}

/* The device, or the driver, is done with the memory: the NB is as it came. */
void netcx_tx_unmap(struct netcx_queue *queue, struct netcx_tx_packet *packet) {
    struct netcx_tx *tx = queue->tx;
    const struct platform_dma_segment *segment = packet->segment;
    for (unsigned i = 0; i < packet->pieces; i++) {
        wdf_dma_unmap(tx->reach.dma, packet->piece[i].mdl, segment, packet->piece[i].segments);
        segment += packet->piece[i].segments;
    }
    if (packet->pieces) ndis_nb_set_mapped(packet->nb, false);
    packet->pieces = packet->segments = 0;
    if (packet->retreated) NdisAdvanceNetBufferDataStart(packet->nb, tx->backfill, FALSE, NULL);
    packet->retreated = false;
    if (!packet->bounce) return;
    packet->bounce->next = tx->free_bounces;
    tx->free_bounces = packet->bounce;
    packet->bounce = NULL;
}

/* One fragment of ours, `bytes` of which are written at *to. NULL: no buffer is free. */
static struct netcx_bounce *take_bounce(struct builder *builder, ULONG bytes, PUCHAR *to) {
    struct netcx_tx *tx = builder->queue->tx;
    struct netcx_bounce *buffer = tx->free_bounces;
    builder->count = 0;
    if (!buffer) return NULL;
    *to = buffer->va + tx->bounce_pad + tx->backfill;
    put_fragment(builder, buffer->va + tx->bounce_pad, buffer->la + tx->bounce_pad, tx->backfill, tx->backfill + bytes);
    NET_RING *ring = netcx_fragments(builder->queue);
    NetRingGetFragmentAtIndex(ring, ring->EndIndex)->OsReserved_Bounced = 1;
    return buffer;
}

static enum netcx_map keep_bounce(struct builder *builder, struct netcx_tx_packet *packet, struct netcx_bounce *buffer) {
    builder->queue->tx->free_bounces = buffer->next;
    packet->bounce = buffer;
    builder->queue->adapter->tx_bounced++;
    return NETCX_MAPPED;
}

/* The NB's bytes there. LATER: an MDL cannot be mapped now, or no buffer is free. */
static enum netcx_map bounce(struct builder *builder, struct netcx_tx_packet *packet) {
    PNET_BUFFER nb = packet->nb;
    PUCHAR to;
    struct netcx_bounce *buffer = take_bounce(builder, nb->DataLength, &to);
    const UCHAR *bytes = buffer ? NdisGetDataBuffer(nb, nb->DataLength, to, 1, 0) : NULL;
    if (!bytes) return NETCX_MAP_LATER;
    if (bytes != to) RtlCopyMemory(to, bytes, nb->DataLength); /* it is in one piece: nothing was copied yet */
    return keep_bounce(builder, packet, buffer);
}

/* The frame's first piece as the driver will find it. */
static void describe(struct builder *builder, const struct netcx_tx_packet *packet, NET_PACKET *to) {
    const struct netcx_tx *tx = builder->queue->tx;
    NET_RING *ring = netcx_fragments(builder->queue);
    const NET_FRAGMENT *first = NetRingGetFragmentAtIndex(ring, ring->EndIndex);
    const UCHAR *va = NetExtensionGetFragmentVirtualAddress(&tx->va, ring->EndIndex)->VirtualAddress;
    ULONG contiguous = (ULONG)first->ValidLength;
    /* Runs of one MDL are one for the CPU. */
    if (!packet->bounce && packet->pieces) {
        contiguous = 0;
        for (unsigned i = 0; i < packet->piece[0].segments; i++) contiguous += packet->segment[i].length;
        contiguous -= (ULONG)first->Offset;
    }
    netcx_layout_parse(&to->Layout, va + first->Offset, contiguous);
    to->FragmentIndex = ring->EndIndex;
    to->FragmentCount = (UINT16)builder->count;
    ring->EndIndex = NetRingAdvanceIndex(ring, ring->EndIndex, (INT32)builder->count);
}

/* Would the driver find the headers, if it has to? */
static bool headers_are_found(const struct netcx_tx *tx, const struct netcx_tx_packet *packet) {
    const NET_BUFFER *nb = packet->nb;
    NET_PACKET_LAYOUT layout;
    if (!packet->needs_headers) return true;
    const UCHAR *va = MmGetSystemAddressForMdlSafe(nb->CurrentMdl, NormalPagePriority | MdlMappingNoExecute);
    const ULONG have = nb->CurrentMdl->ByteCount - nb->CurrentMdlOffset;
    if (!va) return false;
    netcx_layout_parse(&layout, va + nb->CurrentMdlOffset, have < nb->DataLength ? have : nb->DataLength);
    return memcmp(&layout, &tx->plan.layout, sizeof(layout)) == 0;
}

static struct builder begin(struct netcx_queue *queue) {
    const NET_RING *ring = netcx_fragments(queue);
    return (struct builder){.queue = queue, .room = NetRingGetRangeCount(ring, ring->EndIndex, ring->BeginIndex - 1)};
}

enum netcx_map netcx_tx_map(struct netcx_queue *queue, struct netcx_tx_packet *packet, NET_PACKET *to) {
    struct netcx_tx *tx = queue->tx;
    struct builder builder = begin(queue);
    const ULONG longest = tx->plan.ask.mss ? tx->longest_large : tx->longest;
    if (packet->nb->DataLength == 0 || packet->nb->DataLength > longest) return NETCX_MAP_NEVER;
    if (builder.room < tx->most_fragments) return NETCX_MAP_LATER;
    if (!headers_are_found(tx, packet) || !retreat(tx, packet) || !add_chain(&builder, packet, tx->backfill)) {
        netcx_tx_unmap(queue, packet);
        const enum netcx_map map = bounce(&builder, packet);
        if (map != NETCX_MAPPED) return map;
    }
    if (packet->pieces) ndis_nb_set_mapped(packet->nb, true);
    describe(&builder, packet, to);
    return NETCX_MAPPED;
}

enum netcx_map netcx_tx_make(struct netcx_queue *queue, struct netcx_tx_packet *packet, NET_PACKET *to, bool (*fill)(void *arg, PUCHAR to),
                             void *arg) {
    struct builder builder = begin(queue);
    PUCHAR bytes;
    if (packet->bytes == 0 || packet->bytes > queue->tx->longest) return NETCX_MAP_NEVER;
    struct netcx_bounce *buffer = builder.room ? take_bounce(&builder, packet->bytes, &bytes) : NULL;
    if (!buffer) return NETCX_MAP_LATER;
    if (!fill(arg, bytes)) return NETCX_MAP_NEVER;
    (void)keep_bounce(&builder, packet, buffer);
    describe(&builder, packet, to);
    return NETCX_MAPPED;
}
