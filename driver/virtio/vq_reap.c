/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vq_reap.c: taking back used buffers, and refusing what no device may write.
 *
 * A used descriptor stands where the used pointer is, not where its buffer was; the pointer then moves by the slots of the buffer. With
 * IN_ORDER one descriptor covers every buffer up to its id: they are handed out one by one without looking at the ring again.
 *
 * Nothing that the device wrote is used as an index before it was checked.
 *
 * Spec: [V] VIRTIO 1.2, 2.8.1, 2.8.6, 2.8.8
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vq_layout.h"
#include "platform_uncharged.h"

static bool is_used(const struct vq_packed *vq, uint16_t flags) {
    bool avail = flags >> VIRTQ_DESC_F_AVAIL_BIT & 1u, used = flags >> VIRTQ_DESC_F_USED_BIT & 1u;
    return avail == vq->used_wrap && used == vq->used_wrap;
}

bool vq_pending(const struct vq_packed *vq) {
    if (vq->broken) return false;
    return vq->in_batch || is_used(vq, vq_desc_load_flags(vq, vq->next_used));
}

static int broken(struct vq_packed *vq, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int broken(struct vq_packed *vq, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(vq->error, sizeof(vq->error), format, arguments);
    va_end(arguments);
    vq->broken = true;
    vq->in_batch = false;
    return -EIO;
}

/* Give the buffer's slots and id back. */
static void release(struct vq_packed *vq, uint16_t id, uint32_t written, struct vq_used *used) {
    struct vq_buffer *buffer = &vq->buffers[id];
    *used = (struct vq_used){buffer->cookie, buffer->packet, written, buffer->slots};
    vq->free_slots = (uint16_t)(vq->free_slots + buffer->slots);
    vq->outstanding--;
    unsigned next = (unsigned)vq->next_used + buffer->slots;
    if (next >= vq->config.size) {
        next -= vq->config.size;
        vq->used_wrap = !vq->used_wrap;
    }
    vq->next_used = (uint16_t)next;
    buffer->slots = 0;
    buffer->cookie = NULL;
    if (!vq->config.in_order) {
        buffer->next_free = vq->free_id;
        vq->free_id = id;
    }
}

/* Read the used descriptor at the used pointer. 1: *id and *written are good; 0: not used yet; -EIO: refused. */
static int read_used(struct vq_packed *vq, uint16_t *id, uint32_t *written) {
    const uint16_t slot = vq->next_used, flags = vq_desc_load_flags(vq, slot);
    if (!is_used(vq, flags)) return 0;
    /* id, len and what they stand for were written before the flags: read them after, [V] 2.8.1. */
    vq->platform->ops->read_barrier(vq->platform->ctx);
    *id = virtio_le16(vq->ring[slot].id);
    const uint32_t length = virtio_le32(vq->ring[slot].len);
    *written = flags >> VIRTQ_DESC_F_WRITE_BIT & 1u ? length : 0; /* without WRITE, len means nothing */
    if (vq->outstanding == 0) return broken(vq, "%s: slot %u is used (id %u) but nothing is posted", vq->config.name, slot, *id);
    if (*id >= vq->config.size || vq->buffers[*id].slots == 0)
        return broken(vq, "%s: slot %u is used with id %u, which is not posted", vq->config.name, slot, *id);
    if (*written > vq->buffers[*id].writable)
        return broken(vq, "%s: slot %u, id %u: %u bytes were written into a buffer of %u", vq->config.name, slot, *id, *written,
                      vq->buffers[*id].writable);
    return 1;
}

static PLATFORM_UNCHARGED void trace_reap(const struct vq_packed *vq, uint16_t slot, const struct vq_used *used) {
    const struct platform *platform = vq->platform;
    if (!platform->ops->trace_enabled(platform->ctx, PLATFORM_TRACE_RING_REAP)) return;
    struct platform_trace event = {PLATFORM_TRACE_RING_REAP, vq->config.queue, slot, used->packet, used->slots, vq->config.name};
    platform->ops->trace(platform->ctx, &event);
}

int vq_reap(struct vq_packed *vq, struct vq_used *used) {
    if (vq->broken) return -EIO;
    uint16_t slot = vq->next_used;
    if (!vq->in_batch) {
        uint16_t id;
        uint32_t written;
        int found = read_used(vq, &id, &written);
        if (found <= 0) return found;
        if (!vq->config.in_order) {
            release(vq, id, written, used);
            trace_reap(vq, slot, used);
            return 1;
        }
        vq->in_batch = true;
        vq->batch_id = id;
        vq->batch_written = written;
        vq->batch_slot = slot;
    }
    /* In order the oldest buffer began at the used pointer, and its id is that slot. A buffer that a batch skips was used completely:
     * every writable byte of it was written, [V] 2.8.8. */
    const uint16_t id = vq->next_used;
    const bool last = id == vq->batch_id;
    slot = vq->batch_slot;
    release(vq, id, last ? vq->batch_written : vq->buffers[id].writable, used);
    vq->in_batch = !last;
    trace_reap(vq, slot, used);
    return 1;
}

bool vq_detach(struct vq_packed *vq, struct vq_used *used) {
    if (vq->outstanding == 0) return false;
    if (!vq->broken) (void)broken(vq, "%s: the queue was reset", vq->config.name);
    if (vq->config.in_order) {
        release(vq, vq->next_used, 0, used);
        return true;
    }
    uint16_t id = 0;
    while (vq->buffers[id].slots == 0) id++;
    release(vq, id, 0, used);
    return true;
}

int vq_validate(const struct vq_packed *vq) {
    unsigned slots = 0, buffers = 0;
    for (unsigned id = 0; id < vq->config.size; id++) {
        slots += vq->buffers[id].slots;
        buffers += vq->buffers[id].slots != 0;
    }
    if (buffers != vq->outstanding || slots + vq->free_slots != vq->config.size) return -EINVAL;
    /* The slots between the two pointers are the ones in use; when the pointers meet, the wrap counters tell full from empty. */
    unsigned distance = ((unsigned)vq->next_avail + vq->config.size - vq->next_used) % vq->config.size;
    if (distance == 0 && vq->avail_wrap != vq->used_wrap) distance = vq->config.size;
    return distance == slots ? 0 : -EINVAL;
}
