/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_tx_map.c: one NET_BUFFER becomes a chain of descriptor elements.
 *
 *   [ backfill ........ | frame ... ] [ frame ... ]        MDLs
 *           [virtio hdr | frame ... ] [ frame ... ]        retreated by 12: header and first fragment are one element
 *
 * The retreat is made only when the 12 bytes lie in the current MDL: then it allocates nothing and stays contiguous. If not, the header
 * is an element of its own, from memory that was set up once.
 *
 * Spec: [V] 5.1.6.2  [D] 2.2, 2.7
 */
#include "netvio_adapter.h"

/* Put the header in front of the frame. It is all zero: no offload is negotiated, and num_buffers is 0 on transmit, [V] 5.1.6.2. */
static void retreat(struct netvio_tx_packet *packet) {
    PNET_BUFFER nb = packet->nb;
    packet->retreated = false;
    if (nb->CurrentMdlOffset < VIRTIO_NET_HDR_SIZE) return;
    PUCHAR va = MmGetSystemAddressForMdlSafe(nb->CurrentMdl, NormalPagePriority | MdlMappingNoExecute);
    if (!va) return; /* not mappable now: the device reads it all the same, only we cannot write the header there */
    if (NdisRetreatNetBufferDataStart(nb, VIRTIO_NET_HDR_SIZE, 0, NULL) != NDIS_STATUS_SUCCESS) return;
    NdisZeroMemory(va + nb->CurrentMdlOffset, VIRTIO_NET_HDR_SIZE);
    packet->retreated = true;
}

/* Map the NB. False: not now, for want of resources. On success packet->sgl may still be NULL: netvio_tx_sg_list will come. */
bool netvio_tx_prepare(struct netvio_tx *tx, struct netvio_tx_packet *packet) {
    packet->sgl = NULL;
    retreat(packet);
    if (NdisMAllocateNetBufferSGList(tx->adapter->dma, packet->nb, packet, NDIS_SG_LIST_WRITE_TO_DEVICE, packet->sg_buffer,
                                     sizeof(packet->sg_buffer)) == NDIS_STATUS_SUCCESS)
        return true;
    netvio_tx_unprepare(tx, packet);
    return false;
}

/* Undo netvio_tx_prepare: the NB looks as its owner gave it to us. The device must not have the memory any more. */
void netvio_tx_unprepare(struct netvio_tx *tx, struct netvio_tx_packet *packet) {
    if (packet->sgl) NdisMFreeNetBufferSGList(tx->adapter->dma, packet->sgl, packet->nb);
    packet->sgl = NULL;
    if (packet->retreated) NdisAdvanceNetBufferDataStart(packet->nb, VIRTIO_NET_HDR_SIZE, FALSE, NULL);
    packet->retreated = false;
}

/* Fill tx.elements from the list. Returns their number, 0 when they are more than the ring has slots. */
unsigned netvio_tx_elements(struct netvio_tx *tx, struct netvio_tx_packet *packet) {
    struct vq_element *elements = tx->elements;
    const unsigned most = vq_size(tx->vq);
    const SCATTER_GATHER_LIST *sgl = packet->sgl;
    ULONG skip = packet->nb->CurrentMdlOffset;  /* the list starts where CurrentMdl does, not where the data does */
    ULONG left = packet->nb->DataLength;        /* and may go on behind its end */
    unsigned count = 0;
    if (!packet->retreated) elements[count++] = (struct vq_element){packet->header_iova, VIRTIO_NET_HDR_SIZE, false};
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
