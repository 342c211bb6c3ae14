/* SPDX-License-Identifier: Apache-2.0 */
/* vq_fault.c: deliberate corruption of a ring, for tests of what finds it. */
#include "vq_fault.h"

#include "vq_layout.h"

void vq_fault_forge_used(struct vq_packed *vq) {
    volatile struct vq_desc *desc = &vq->ring[vq->next_used];
    desc->id = virtio_le16((uint16_t)(vq->config.size | 0x8000u)); /* no id is as large as the ring */
    desc->len = 0;
    uint16_t both = (uint16_t)(1u << VIRTQ_DESC_F_AVAIL_BIT | 1u << VIRTQ_DESC_F_USED_BIT);
    vq_desc_store_flags(vq, vq->next_used, vq->used_wrap ? both : 0);
}
