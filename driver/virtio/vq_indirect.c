/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vq_indirect.c: chains as tables beside the ring, so that a long one takes one slot.
 *
 * An outstanding id has its table to itself, so tables need no allocation of their own: the table of a buffer is found by its id.
 *
 * Spec: [V] VIRTIO 1.2, 2.8.7: a table is used wholly and in order; only WRITE means anything in it.
 */
#include <errno.h>

#include "vq_layout.h"

static size_t table_bytes(const struct vq_packed *vq) { return (size_t)vq->config.indirect_elements * VIRTQ_DESC_SIZE; }

int vq_indirect_allocate(struct vq_packed *vq) {
    const struct platform_ops *ops = vq->platform->ops;
    /* [V] 2.8.21: a table has at most as many descriptors as the ring. */
    if (vq->config.indirect_elements > vq->config.size) vq->config.indirect_elements = vq->config.size;
    if (vq->config.indirect_elements == 0) return 0;
    vq->tables = ops->dma_allocate_coherent(vq->platform->ctx, vq->config.size * table_bytes(vq), VIRTQ_DESC_SIZE, UINT64_MAX, vq->config.name,
                                            &vq->tables_iova);
    return vq->tables ? 0 : -ENOMEM;
}

void vq_indirect_free(struct vq_packed *vq) {
    if (vq->tables) vq->platform->ops->dma_free_coherent(vq->platform->ctx, vq->tables);
}

bool vq_indirect_takes(const struct vq_packed *vq, unsigned elements) {
    return elements > vq->config.indirect_above && elements <= vq->config.indirect_elements;
}

uint16_t vq_indirect_write(struct vq_packed *vq, uint16_t slot, uint16_t id, const struct vq_element *elements, unsigned count) {
    struct vq_desc *table = &vq->tables[(size_t)id * vq->config.indirect_elements];
    for (unsigned i = 0; i < count; i++) {
        uint16_t flags = elements[i].write ? 1u << VIRTQ_DESC_F_WRITE_BIT : 0;
        table[i] = (struct vq_desc){virtio_le64(elements[i].iova), virtio_le32(elements[i].length), 0, virtio_le16(flags)};
    }
    volatile struct vq_desc *desc = &vq->ring[slot];
    desc->addr = virtio_le64(vq->tables_iova + id * (uint64_t)table_bytes(vq));
    desc->len = virtio_le32(count * VIRTQ_DESC_SIZE);
    desc->id = virtio_le16(id);
    return 1u << VIRTQ_DESC_F_INDIRECT_BIT;
}
