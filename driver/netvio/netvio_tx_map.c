/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_tx_map.c: one NET_BUFFER becomes a chain of descriptor elements.
 *
 *   [ backfill ........ | frame ... ] [ frame ... ]        MDLs
 *           [virtio hdr | frame ... ] [ frame ... ]        retreated by 12: header and first fragment are one element
 *
 * The retreat is made only when the 12 bytes (20 with HASH_REPORT) lie in the current MDL: then it allocates nothing and stays contiguous.
 * If not, or if the front of the frame has to be edited (netvio_tx_offload.h), it is an element of its own, from memory that was set up
 * once.
 *
 * Spec: [V] 5.1.6.2  [D] 2.2, 2.7
 */
#include "netvio_tx_offload.h"

/* Of a known size, which is a few stores; the other one comes with HASH_REPORT. */
static void zero_header(PUCHAR header, ULONG bytes) {
    if (bytes == VIRTIO_NET_HDR_SIZE)
        NdisZeroMemory(header, VIRTIO_NET_HDR_SIZE);
    else
        NdisZeroMemory(header, VIRTIO_NET_HDR_HASH_SIZE);
}

/* Put the header in front of the frame. `header` NULL: all zero, which asks for nothing; num_buffers is 0 on transmit, [V] 5.1.6.2. */
static void retreat(const struct netvio_adapter *adapter, struct netvio_tx_packet *packet, const uint8_t *header) {
    const ULONG bytes = adapter->header_bytes;
    PNET_BUFFER nb = packet->nb;
    if (nb->CurrentMdlOffset < bytes) return;
    PUCHAR va = MmGetSystemAddressForMdlSafe(nb->CurrentMdl, NormalPagePriority | MdlMappingNoExecute);
    if (!va) return; /* not mappable now: the device reads it all the same, only we cannot write the header there */
    if (NdisRetreatNetBufferDataStart(nb, bytes, 0, NULL) != NDIS_STATUS_SUCCESS) return;
    if (header)
        NdisMoveMemory(va + nb->CurrentMdlOffset, header, bytes);
    else
        zero_header(va + nb->CurrentMdlOffset, bytes);
    packet->retreated = true;
}

/* The header, and an edited front, go into the packet's own header buffer. */
static void put_header(struct netvio_tx *tx, struct netvio_tx_packet *packet, const struct virtio_net_front *plan) {
    const ULONG bytes = tx->adapter->header_bytes;
    packet->header_bytes = bytes;
    if (plan) {
        NdisMoveMemory(packet->header, plan->header, bytes);
        NdisMoveMemory(packet->header + bytes, plan->front, plan->front_bytes);
        packet->header_bytes += plan->front_bytes;
        packet->taken = plan->taken;
    } else if (tx->header_stride != bytes) {
        zero_header(packet->header, bytes); /* it may have held another */
    }
}

/* An NB that asks for something. */
static NDIS_STATUS prepare_asking(struct netvio_tx *tx, struct netvio_tx_packet *packet) {
    struct virtio_net_front plan;
    NDIS_STATUS status = netvio_tx_plan(tx->adapter, packet->nbl, packet->nb, &plan);
    if (status != NDIS_STATUS_SUCCESS) return status;
    if (!plan.front_bytes) retreat(tx->adapter, packet, plan.header);
    if (!packet->retreated) put_header(tx, packet, &plan);
    return status;
}

/* Map the NB. On success packet->sgl may still be NULL: netvio_tx_sg_list will come. */
NDIS_STATUS netvio_tx_prepare(struct netvio_tx *tx, struct netvio_tx_packet *packet) {
    packet->sgl = NULL;
    packet->retreated = false;
    packet->header_bytes = packet->taken = 0;
    if (netvio_tx_asks(tx->adapter, packet->nbl)) {
        NDIS_STATUS status = prepare_asking(tx, packet);
        if (status != NDIS_STATUS_SUCCESS) return status;
    } else {
        retreat(tx->adapter, packet, NULL);
        if (!packet->retreated) put_header(tx, packet, NULL);
    }
    if (NdisMAllocateNetBufferSGList(tx->adapter->dma, packet->nb, packet, NDIS_SG_LIST_WRITE_TO_DEVICE, packet->sg_buffer,
                                     sizeof(packet->sg_buffer)) == NDIS_STATUS_SUCCESS)
        return NDIS_STATUS_SUCCESS;
    netvio_tx_unprepare(tx, packet);
    return NDIS_STATUS_RESOURCES;
}

/* Undo netvio_tx_prepare: the NB looks as its owner gave it to us. The device must not have the memory any more. */
void netvio_tx_unprepare(struct netvio_tx *tx, struct netvio_tx_packet *packet) {
    if (packet->sgl) NdisMFreeNetBufferSGList(tx->adapter->dma, packet->sgl, packet->nb);
    packet->sgl = NULL;
    if (packet->retreated) NdisAdvanceNetBufferDataStart(packet->nb, tx->adapter->header_bytes, FALSE, NULL);
    packet->retreated = false;
}

/* Fill tx.elements from the list. Returns their number, 0 when they are more than the ring has slots. */
unsigned netvio_tx_elements(struct netvio_tx *tx, struct netvio_tx_packet *packet) {
    struct vq_element *elements = tx->elements;
    const unsigned most = vq_size(tx->vq);
    const SCATTER_GATHER_LIST *sgl = packet->sgl;
    ULONG skip = packet->nb->CurrentMdlOffset + packet->taken;  /* the list starts where CurrentMdl does, not where the data does */
    ULONG left = packet->nb->DataLength - packet->taken;        /* and may go on behind its end */
    unsigned count = 0;
    if (!packet->retreated) elements[count++] = (struct vq_element){packet->header_iova, packet->header_bytes, false};
    for (ULONG i = 0; i < sgl->NumberOfElements && left; i++) {
        ULONG length = sgl->Elements[i].Length;
        if (skip >= length) {
            skip -= length;
            continue;
        }
        length -= skip;
        if (length > left) length = left;
        if (count == most) return 0;
        elements[count++] = (struct vq_element){(uint64_t)sgl->Elements[i].Address.QuadPart + skip, length, false};
        skip = 0;
        left -= length;
    }
    return count;
}
