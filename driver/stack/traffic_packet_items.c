/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_packet_items.c: packets and the memory of their frames, made once; a frame laid out over buffers. [D] 5 */
#include "traffic_packet.h"

#include "traffic_cut.h"

static PVOID allocate(SIZE_T bytes) {
    PVOID memory = NdisAllocateMemoryWithTagPriority(NULL, (UINT)bytes, TRAFFIC_TAG, NormalPoolPriority);
    if (memory) NdisZeroMemory(memory, bytes);
    return memory;
}

/* Which item a packet is of, in its ProtocolReserved. */
static void make_known(PNDIS_PACKET packet, struct traffic_packet *item) { *(struct traffic_packet **)(PVOID)packet->ProtocolReserved = item; }

static NDIS_STATUS make_item(struct traffic *traffic, struct traffic_packet *item) {
    struct traffic_packets *packets = traffic->packets;
    NDIS_STATUS status;
    NdisAllocatePacket(&status, &item->packet, packets->pool);
    if (status != NDIS_STATUS_SUCCESS) return status;
    make_known(item->packet, item);
    NdisSetPacketFlags(item->packet, NDIS_FLAGS_DONT_LOOPBACK);
    item->buffer = allocate(traffic->buffer_bytes);
    return item->buffer ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

/* For NdisTransferData: a packet over what of scratch Receive has not filled. */
static NDIS_STATUS make_rest(struct traffic *traffic) {
    NDIS_STATUS status;
    PNDIS_BUFFER buffer;
    traffic->scratch = allocate(ETH_MAX_FRAME);
    if (!traffic->scratch) return NDIS_STATUS_RESOURCES;
    NdisAllocatePacket(&status, &traffic->packets->rest, traffic->packets->pool);
    if (status == NDIS_STATUS_SUCCESS) NdisAllocateBuffer(&status, &buffer, traffic->packets->buffer_pool, traffic->scratch, ETH_MAX_FRAME);
    if (status == NDIS_STATUS_SUCCESS) NdisChainBufferAtFront(traffic->packets->rest, buffer);
    return status;
}

NDIS_STATUS traffic_packet_make(struct traffic *traffic) {
    struct traffic_packets *packets = traffic->packets;
    const unsigned count = traffic->config.outstanding_nbls;
    NDIS_STATUS status;
    traffic->pieces = traffic_most_pieces(traffic);
    traffic->buffer_bytes = traffic->config.data_offset + (SIZE_T)TRAFFIC_FRAME_MAX + traffic->pieces;
    if (traffic->buffer_bytes < PAGE_SIZE) traffic->buffer_bytes = PAGE_SIZE; /* pool memory of a page or more starts on a page */
    NdisAllocatePacketPoolEx(&status, &packets->pool, count, 1, sizeof(struct traffic_packet *));
    if (status == NDIS_STATUS_SUCCESS) NdisAllocateBufferPool(&status, &packets->buffer_pool, count * traffic->pieces);
    if (status == NDIS_STATUS_SUCCESS) status = make_rest(traffic);
    packets->all = status == NDIS_STATUS_SUCCESS ? allocate(count * sizeof(*packets->all)) : NULL;
    traffic->lengths = allocate(traffic->pieces * sizeof(*traffic->lengths));
    if (!packets->all || !traffic->lengths) return NDIS_STATUS_RESOURCES;
    while (packets->count < count && status == NDIS_STATUS_SUCCESS) status = make_item(traffic, &packets->all[packets->count++]);
    for (unsigned i = packets->count; i-- > 0;) {
        packets->all[i].next = packets->free;
        packets->free = &packets->all[i];
    }
    return status;
}

void traffic_packet_clear(struct traffic_packet *item) {
    PNDIS_BUFFER buffer;
    for (;;) {
        NdisUnchainBufferAtFront(item->packet, &buffer);
        if (!buffer) return;
        NdisFreeBuffer(buffer);
    }
}

void traffic_packet_free(struct traffic *traffic) {
    struct traffic_packets *packets = traffic->packets;
    for (unsigned i = 0; i < packets->count; i++) {
        if (packets->all[i].packet) {
            traffic_packet_clear(&packets->all[i]);
            NdisFreePacket(packets->all[i].packet);
        }
        if (packets->all[i].buffer) NdisFreeMemory(packets->all[i].buffer, 0, 0);
    }
    if (packets->rest) {
        traffic_packet_clear(&(struct traffic_packet){.packet = packets->rest});
        NdisFreePacket(packets->rest);
    }
    if (packets->pool) NdisFreePacketPool(packets->pool);
    NdisFreeBufferPool(packets->buffer_pool);
    PVOID arrays[] = {packets->all, traffic->scratch, traffic->lengths};
    for (unsigned i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
        if (arrays[i]) NdisFreeMemory(arrays[i], 0, 0);
    packets->all = packets->free = NULL;
    packets->pool = NULL;
    packets->rest = NULL;
    packets->count = 0;
    traffic->scratch = NULL;
    traffic->lengths = NULL;
}

/* Pieces with a byte between them, so that no two are neighbours on the bus. */
NDIS_STATUS traffic_packet_place(struct traffic *traffic, struct traffic_packet *item) {
    const uint8_t *data = traffic->pending.data;
    PUCHAR to = item->buffer + traffic->config.data_offset;
    const unsigned pieces = traffic_cut_frame(traffic->config.cut, data, traffic->pending.length, traffic->pieces, &traffic->random,
                                              traffic->lengths);
    for (unsigned i = 0; i < pieces; i++) {
        NDIS_STATUS status;
        PNDIS_BUFFER buffer;
        const ULONG bytes = traffic->lengths[i];
        RtlCopyMemory(to, data, bytes);
        NdisAllocateBuffer(&status, &buffer, traffic->packets->buffer_pool, to, bytes);
        if (status != NDIS_STATUS_SUCCESS) {
            traffic_packet_clear(item);
            return status;
        }
        NdisChainBufferAtBack(item->packet, buffer);
        to += bytes + 1;
        data += bytes;
    }
    item->id = traffic->pending.id;
    ndis_packet_set_id(item->packet, (int64_t)item->id);
    traffic->have_pending = false;
    return NDIS_STATUS_SUCCESS;
}
