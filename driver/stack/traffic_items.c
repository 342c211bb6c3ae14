/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic_items.c: NBLs, NBs, MDL storage and frame memory, made once and used again and again.
 *
 *   buffer (page-aligned)
 *   |<- data_offset ->|<- backfill ->|<- piece ->|gap|<- piece ->|gap ...
 *                     [ first MDL                ]   [ MDL       ]
 *
 * The gap keeps pieces from being neighbours on the bus, where NDIS would make one element of two; a random cut varies it, and with it
 * the alignment of each piece.
 */
#include "traffic_internal.h"

#include "traffic_cut.h"

static PVOID allocate(struct traffic *traffic, SIZE_T bytes) {
    PVOID memory = NdisAllocateMemoryWithTagPriority(traffic->protocol, (UINT)bytes, TRAFFIC_TAG, NormalPoolPriority);
    if (memory) NdisZeroMemory(memory, bytes);
    return memory;
}

SIZE_T traffic_items_longest(const struct traffic *traffic) {
    return traffic->config.offloads.large_send ? TRAFFIC_LARGE_MAX : TRAFFIC_FRAME_MAX;
}

/* One slot for a header of its own, and one for each page end inside the frame, where a piece becomes two elements. */
unsigned traffic_most_pieces(const struct traffic *traffic) {
    const unsigned spare = 1 + 2 * (unsigned)traffic_items_longest(traffic) / 4096 + 2;
    unsigned most = traffic->slots > spare ? traffic->slots - spare : 1;
    switch (traffic->config.cut) {
    case TRAFFIC_CUT_HEADER: return most < 2 ? most : 2;
    case TRAFFIC_CUT_RANDOM: return most < TRAFFIC_RANDOM_PIECES ? most : TRAFFIC_RANDOM_PIECES;
    case TRAFFIC_CUT_BYTE: return most < TRAFFIC_FRAME_MAX ? most : TRAFFIC_FRAME_MAX;
    case TRAFFIC_CUT_EVEN: return most < traffic->config.pieces ? most : traffic->config.pieces;
    case TRAFFIC_CUT_WHOLE: break;
    }
    return 1;
}

static NDIS_STATUS make_pools(struct traffic *traffic) {
    NET_BUFFER_LIST_POOL_PARAMETERS nbls = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .PoolTag = TRAFFIC_TAG,
    };
    NET_BUFFER_POOL_PARAMETERS nbs = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1, NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1},
        .PoolTag = TRAFFIC_TAG,
    };
    traffic->nbl_pool = NdisAllocateNetBufferListPool(traffic->protocol, &nbls);
    traffic->nb_pool = NdisAllocateNetBufferPool(traffic->protocol, &nbs);
    return traffic->nbl_pool && traffic->nb_pool ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS make_frame(struct traffic *traffic, struct traffic_frame *frame) {
    frame->nb = NdisAllocateNetBuffer(traffic->nb_pool, NULL, 0, 0);
    frame->buffer = allocate(traffic, traffic->buffer_bytes);
    frame->mdls = allocate(traffic, traffic->mdl_stride * traffic->pieces);
    return frame->nb && frame->buffer && frame->mdls ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS make_item(struct traffic *traffic, unsigned index) {
    struct traffic_item *item = &traffic->items[index];
    item->frames = &traffic->frames[(size_t)index * traffic->config.nbs_per_nbl];
    item->nbl = NdisAllocateNetBufferList(traffic->nbl_pool, 0, traffic->context_backfill);
    if (!item->nbl) return NDIS_STATUS_RESOURCES;
    for (unsigned i = 0; i < traffic->config.nbs_per_nbl; i++)
        if (make_frame(traffic, &item->frames[i]) != NDIS_STATUS_SUCCESS) return NDIS_STATUS_RESOURCES;
    item->nbl->ProtocolReserved[0] = item;
    item->nbl->SourceHandle = traffic->binding;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS traffic_items_make(struct traffic *traffic) {
    const unsigned count = traffic->config.outstanding_nbls, nbs = traffic->config.nbs_per_nbl;
    traffic->pieces = traffic_most_pieces(traffic);
    SIZE_T longest = (SIZE_T)traffic->backfill + traffic_items_longest(traffic);
    SIZE_T mdl = MmSizeOfMdl((PVOID)(ULONG_PTR)(PAGE_SIZE - 1), longest);
    traffic->mdl_stride = (mdl + MEMORY_ALLOCATION_ALIGNMENT - 1) / MEMORY_ALLOCATION_ALIGNMENT * MEMORY_ALLOCATION_ALIGNMENT;
    SIZE_T gaps = (SIZE_T)traffic->pieces * (traffic->config.cut == TRAFFIC_CUT_RANDOM ? TRAFFIC_GAP : 1);
    traffic->buffer_bytes = traffic->config.data_offset + TRAFFIC_OFFSET_RANDOM + longest + gaps;
    if (traffic->buffer_bytes < PAGE_SIZE) traffic->buffer_bytes = PAGE_SIZE; /* pool memory of a page or more starts on a page */
    NDIS_STATUS status = make_pools(traffic);
    if (status != NDIS_STATUS_SUCCESS) return status;
    traffic->lengths = allocate(traffic, traffic->pieces * sizeof(*traffic->lengths));
    traffic->scratch = allocate(traffic, ETH_MAX_FRAME);
    traffic->items = allocate(traffic, count * sizeof(*traffic->items));
    traffic->frames = allocate(traffic, (SIZE_T)count * nbs * sizeof(*traffic->frames));
    if (!traffic->lengths || !traffic->scratch || !traffic->items || !traffic->frames) return NDIS_STATUS_RESOURCES;
    if (traffic->config.offloads.checksum || traffic->config.offloads.large_send) {
        traffic->edited = allocate(traffic, ETH_MAX_FRAME);
        traffic->large.bytes = allocate(traffic, TRAFFIC_LARGE_MAX);
        if (!traffic->edited || !traffic->large.bytes) return NDIS_STATUS_RESOURCES;
    }
    for (unsigned i = 0; i < count && status == NDIS_STATUS_SUCCESS; i++) status = make_item(traffic, i);
    for (unsigned i = count; i-- > 0;) {
        traffic->items[i].next = traffic->free;
        traffic->free = &traffic->items[i];
    }
    return status;
}

static void free_frame(struct traffic_frame *frame) {
    if (frame->nb) NdisFreeNetBuffer(frame->nb);
    if (frame->buffer) NdisFreeMemory(frame->buffer, 0, 0);
    if (frame->mdls) NdisFreeMemory(frame->mdls, 0, 0);
}

void traffic_items_free(struct traffic *traffic) {
    const unsigned count = traffic->config.outstanding_nbls, nbs = traffic->config.nbs_per_nbl;
    for (unsigned i = 0; traffic->items && i < count; i++) {
        if (!traffic->items[i].nbl) continue;
        traffic->items[i].nbl->FirstNetBuffer = NULL;
        NdisFreeNetBufferList(traffic->items[i].nbl);
    }
    for (unsigned i = 0; traffic->frames && i < count * nbs; i++) free_frame(&traffic->frames[i]);
    if (traffic->nb_pool) NdisFreeNetBufferPool(traffic->nb_pool);
    if (traffic->nbl_pool) NdisFreeNetBufferListPool(traffic->nbl_pool);
    PVOID arrays[] = {traffic->lengths, traffic->scratch, traffic->items, traffic->frames, traffic->edited, traffic->large.bytes};
    for (unsigned i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
        if (arrays[i]) NdisFreeMemory(arrays[i], 0, 0);
    traffic->items = traffic->free = NULL;
    traffic->frames = NULL;
    traffic->lengths = NULL;
    traffic->scratch = traffic->edited = traffic->large.bytes = NULL;
    traffic->nbl_pool = traffic->nb_pool = NULL;
}

static ULONG gap(struct traffic *traffic) {
    return traffic->config.cut == TRAFFIC_CUT_RANDOM ? 1 + (ULONG)(traffic_random(&traffic->random) % TRAFFIC_GAP) : 1;
}

/* Copy the frame in pieces and chain an MDL over each. The first one begins at `start`, before the backfill. */
static void lay_out(struct traffic *traffic, struct traffic_frame *frame, PUCHAR start, const uint8_t *data, unsigned pieces) {
    PMDL previous = NULL;
    ULONG front = traffic->backfill;
    for (unsigned i = 0; i < pieces; i++) {
        PMDL mdl = (PMDL)(void *)(frame->mdls + i * traffic->mdl_stride);
        ULONG length = traffic->lengths[i];
        RtlCopyMemory(start + front, data, length);
        MmInitializeMdl(mdl, start, front + length);
        MmBuildMdlForNonPagedPool(mdl);
        if (previous)
            previous->Next = mdl;
        else
            frame->nb->MdlChain = mdl;
        previous = mdl;
        start += front + length + gap(traffic);
        data += length;
        front = 0;
    }
    previous->Next = NULL;
}

NDIS_STATUS traffic_items_place(struct traffic *traffic, struct traffic_item *item, unsigned index, uint64_t id, const uint8_t *data,
                                size_t length) {
    struct traffic_frame *frame = &item->frames[index];
    if (!frame->buffer) frame->buffer = allocate(traffic, traffic->buffer_bytes);
    if (!frame->buffer) return NDIS_STATUS_RESOURCES;
    PUCHAR start = frame->buffer + traffic->config.data_offset;
    if (traffic->config.cut == TRAFFIC_CUT_RANDOM) start += traffic_random(&traffic->random) % TRAFFIC_OFFSET_RANDOM;
    unsigned pieces = traffic_cut_frame(traffic->config.cut, data, length, traffic->pieces, &traffic->random, traffic->lengths);
    lay_out(traffic, frame, start, data, pieces);
    PNET_BUFFER nb = frame->nb;
    nb->CurrentMdl = nb->MdlChain;
    nb->CurrentMdlOffset = nb->DataOffset = traffic->backfill;
    nb->stDataLength = length;
    nb->Next = NULL;
    frame->id = id;
    frame->count = 1;
    if (index == 0) {
        item->nbl->FirstNetBuffer = nb;
        ndis_nbl_set_packet(item->nbl, (int64_t)id);
    } else {
        item->frames[index - 1].nb->Next = nb;
    }
    item->used = index + 1;
    return NDIS_STATUS_SUCCESS;
}
