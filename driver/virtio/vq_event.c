/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vq_event.c: who wants to hear of what: doorbells to the device, interrupts from it.
 *
 * Each side tells the other through its event structure. Without EVENT_IDX that is "always" or "never"; with it also "when this slot is
 * passed" (DESC). Whoever arms must look at the ring once more, and whoever writes the ring must look at the structure after: with a
 * full barrier between on both sides, one of the two sees the other.
 *
 * Spec: [V] VIRTIO 1.2, 2.8.10, 2.8.14, 2.8.22
 */
#include "vq_layout.h"

/* Has the other side's slot (event: offset and wrap) been passed by the slots that were added since this was asked last? All in 16-bit
 * arithmetic; the old index may be negative. */
static bool passed(const struct vq_packed *vq, uint16_t event, uint32_t added) {
    uint16_t at = event & (VIRTQ_MAX_SIZE - 1);
    if (at >= vq->config.size || added > vq->config.size) return true; /* no such slot, or a whole lap: rather once too often */
    if ((event >> VQ_EVENT_WRAP_BIT & 1u) != vq->avail_wrap) at = (uint16_t)(at - vq->config.size);
    const uint16_t now = vq->next_avail, old = (uint16_t)(now - added);
    return (uint16_t)(now - at - 1) < (uint16_t)(now - old);
}

static bool device_wants_doorbell(struct vq_packed *vq) {
    const uint32_t added = vq->added;
    vq->added = 0;
    if (!vq->config.event_idx) /* DESC means nothing then: anything but DISABLE is ENABLE */
        return (virtio_le16(vq->device_event->flags) & 3u) != VIRTQ_EVENT_FLAGS_DISABLE;
    const uint32_t word = virtio_le32(vq->device_event->word);
    const uint32_t flags = word >> VQ_EVENT_FLAGS_SHIFT & 3u;
    if (flags == VIRTQ_EVENT_FLAGS_DESC) return passed(vq, (uint16_t)word, added);
    return flags != VIRTQ_EVENT_FLAGS_DISABLE;
}

bool vq_kick_prepare(struct vq_packed *vq, uint32_t *word) {
    /* The device writes ENABLE and then looks at the ring again; we write the ring and then look at its flags. With a full barrier on
     * both sides one of the two sees the other: no lost doorbell, [V] 2.8.22. */
    vq->platform->ops->full_barrier(vq->platform->ctx);
    const bool wanted = device_wants_doorbell(vq);
    *word = vq->config.queue;
    if (vq->config.notification_data)
        *word |= (uint32_t)vq->next_avail << VIRTQ_NOTIFY_INDEX_LSB | (uint32_t)vq->avail_wrap << VIRTQ_NOTIFY_WRAP_BIT;
    return wanted;
}

void vq_notify(struct vq_packed *vq, uint32_t word) {
    vq_trace(vq, PLATFORM_TRACE_DOORBELL, word >> VIRTQ_NOTIFY_INDEX_LSB & (VIRTQ_MAX_SIZE - 1), 0, word);
    /* [V] 4.1.5.2: 32 bits with NOTIFICATION_DATA, the queue number in 16 bits without. */
    vq->platform->ops->mmio_write(vq->platform->ctx, vq->doorbell_bar, vq->doorbell_offset, vq->config.notification_data ? 4 : 2,
                                  word);
}

void vq_kick(struct vq_packed *vq) {
    uint32_t word;
    if (vq_kick_prepare(vq, &word)) vq_notify(vq, word);
}

void vq_disable_interrupts(struct vq_packed *vq) { vq->driver_event->flags = virtio_le16(VIRTQ_EVENT_FLAGS_DISABLE); }

/* The slot whose passing is the use of the n-th buffer from here, n being interrupt_after or what is out. In order, the buffers' lengths
 * lead there. Out of order nobody knows which is used next: one slot each is the least, so the interrupt comes rather too early. */
static uint16_t event_slot(const struct vq_packed *vq) {
    unsigned slot = vq->next_used;
    bool wrap = vq->used_wrap;
    for (unsigned left = vq->outstanding, more = vq->config.interrupt_after; more > 1 && left > 1; more--, left--) {
        slot += vq->config.in_order ? vq->buffers[slot].slots : 1;
        if (slot < vq->config.size) continue;
        slot -= vq->config.size;
        wrap = !wrap;
    }
    return (uint16_t)(slot | (unsigned)wrap << VQ_EVENT_WRAP_BIT);
}

bool vq_enable_interrupts(struct vq_packed *vq) {
    if (vq->config.event_idx)
        vq->driver_event->word = virtio_le32(event_slot(vq) | (uint32_t)VIRTQ_EVENT_FLAGS_DESC << VQ_EVENT_FLAGS_SHIFT);
    else
        vq->driver_event->flags = virtio_le16(VIRTQ_EVENT_FLAGS_ENABLE);
    /* The device writes used and then reads our flags; we write the flags and then look for used: see vq_kick_prepare. Anything used
     * counts, not only the slot that was named: what is reaped now is not waited for. */
    vq->platform->ops->full_barrier(vq->platform->ctx);
    return vq_pending(vq);
}
