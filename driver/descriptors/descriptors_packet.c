/* SPDX-License-Identifier: Apache-2.0 */
/* descriptors_packet.c: NDIS_PACKETs, in an array as NdisSendPackets and NdisMIndicateReceivePacket take them; here linked by their
 * reserved words. [D] 5 */
#include "descriptors_internal.h"

/* The upper side's word, which links a batch. */
static PNDIS_PACKET *next_of(PNDIS_PACKET packet) { return (PNDIS_PACKET *)(void *)packet->ProtocolReserved; }

static struct descriptor_context *context_of(PNDIS_PACKET packet) {
    return (struct descriptor_context *)(void *)packet->MiniportReservedEx;
}

static NDIS_TCP_IP_CHECKSUM_PACKET_INFO *checksum_of(PNDIS_PACKET packet) {
    return (NDIS_TCP_IP_CHECKSUM_PACKET_INFO *)(void *)&NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpIpChecksumPacketInfo);
}

static bool packet_tx_describe(struct descriptors *descriptors, unsigned count, struct descriptor_batch *batch) {
    PNDIS_PACKET *link = &batch->packet;
    for (; count > 0; count--) {
        NDIS_STATUS status;
        PNDIS_PACKET packet;
        NdisAllocatePacket(&status, &packet, descriptors->packet_pool);
        if (status != NDIS_STATUS_SUCCESS) return false;
        NdisChainBufferAtBack(packet, descriptors->mdls[descriptors_next_frame(descriptors)]);
        if (descriptors->work.extra == DESCRIPTOR_CHECKSUM) checksum_of(packet)->Value = DESCRIPTORS_CHECKSUM_FLAG;
        *link = packet;
        link = next_of(packet);
    }
    *link = NULL;
    return true;
}

static bool packet_read(struct descriptors *descriptors, const struct descriptor_batch *batch) {
    for (PNDIS_PACKET packet = batch->packet; packet; packet = *next_of(packet)) {
        PNDIS_BUFFER buffer;
        PVOID va;
        UINT length, total;
        uint32_t flags = 0;
        NdisGetFirstBufferFromPacket(packet, &buffer, &va, &length, &total);
        if (descriptors->work.extra == DESCRIPTOR_CHECKSUM) flags = checksum_of(packet)->Value;
        if (descriptors->work.extra == DESCRIPTOR_CONTEXT)
            *context_of(packet) = (struct descriptor_context){{(uint64_t)(ULONG_PTR)va, length, total}};
        if (descriptors->work.extra == DESCRIPTOR_PARSE) flags = descriptors_parse(va, length);
        descriptors_put(descriptors, va, length, flags);
    }
    return true;
}

static void packet_tx_finish(struct descriptors *descriptors, const struct descriptor_batch *batch) {
    UNREFERENCED_PARAMETER(descriptors);
    for (PNDIS_PACKET packet = batch->packet, next; packet; packet = next) {
        PNDIS_BUFFER buffer;
        next = *next_of(packet);
        NdisUnchainBufferAtFront(packet, &buffer);
        NdisFreePacket(packet);
    }
}

static bool packet_rx_describe(struct descriptors *descriptors, unsigned count, struct descriptor_batch *batch) {
    PNDIS_PACKET *link = &batch->packet;
    for (; count > 0; count--) {
        PNDIS_PACKET packet = descriptors->free_packets[--descriptors->free_packet_count];
        NdisAdjustBufferLength(packet->Private.Head, DESCRIPTORS_FRAME);
        NdisRecalculatePacketCounts(packet);
        NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_SUCCESS);
        if (descriptors->work.extra == DESCRIPTOR_CHECKSUM) checksum_of(packet)->Value = DESCRIPTORS_CHECKSUM_FLAG;
        *link = packet;
        link = next_of(packet);
    }
    *link = NULL;
    return true;
}

static void packet_rx_finish(struct descriptors *descriptors, const struct descriptor_batch *batch) {
    for (PNDIS_PACKET packet = batch->packet; packet; packet = *next_of(packet))
        descriptors->free_packets[descriptors->free_packet_count++] = packet;
}

const struct descriptor_steps descriptors_packet_tx = {packet_tx_describe, packet_read, packet_tx_finish};
const struct descriptor_steps descriptors_packet_rx = {packet_rx_describe, packet_read, packet_rx_finish};

bool descriptors_packet_create(struct descriptors *descriptors) {
    NDIS_STATUS status;
    const unsigned count = descriptors->outstanding;
    NdisAllocatePacketPool(&status, &descriptors->packet_pool, 2 * count, sizeof(PNDIS_PACKET));
    descriptors->free_packets = kernel_allocate(descriptors->kernel, count * sizeof(PNDIS_PACKET), DESCRIPTORS_TAG);
    if (status != NDIS_STATUS_SUCCESS || !descriptors->free_packets) return false;
    for (unsigned i = 0; i < count; i++) {
        PNDIS_PACKET packet;
        NdisAllocatePacket(&status, &packet, descriptors->packet_pool);
        if (status != NDIS_STATUS_SUCCESS) return false;
        NdisChainBufferAtBack(packet, descriptors->mdls[i]);
        descriptors->free_packets[descriptors->free_packet_count++] = packet;
    }
    return true;
}

void descriptors_packet_destroy(struct descriptors *descriptors) {
    while (descriptors->free_packet_count) NdisFreePacket(descriptors->free_packets[--descriptors->free_packet_count]);
    kernel_free(descriptors->free_packets);
    if (descriptors->packet_pool) NdisFreePacketPool(descriptors->packet_pool);
}
