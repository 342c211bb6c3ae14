/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vq_packed.c: life of a ring, and making buffers available.
 *
 * The hardest corner is the end of the ring: a chain may run over it, and its elements beyond carry the flags of the toggled wrap
 * counter, while a chain as long as the ring ends where it began and toggles the counter too.
 *
 * Spec: [V] VIRTIO 1.2, 2.8
 */
#include "vq_packed.h"

#include <errno.h>
#include <string.h>

#include "vq_layout.h"
#include "platform_uncharged.h"

enum { CACHE_LINE = 64 };

uint16_t vq_desc_load_flags(const struct vq_packed *vq, uint16_t slot) { return virtio_le16(vq->ring[slot].flags); }

void vq_desc_store_flags(struct vq_packed *vq, uint16_t slot, uint16_t flags) { vq->ring[slot].flags = virtio_le16(flags); }

/* The ring and both event structures are one block; each event structure has a cache line of its own, as they have different writers. */
static int allocate_ring(struct vq_packed *vq) {
    size_t ring_bytes = ((size_t)vq->config.size * VIRTQ_DESC_SIZE + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    uint64_t iova = 0;
    const struct platform_ops *ops = vq->platform->ops;
    uint8_t *memory =
        ops->dma_allocate_coherent(vq->platform->ctx, ring_bytes + 2 * (size_t)CACHE_LINE, CACHE_LINE, UINT64_MAX, vq->config.name, &iova);
    if (!memory) return -ENOMEM;
    vq->ring = (void *)memory;
    vq->driver_event = (void *)(memory + ring_bytes);
    vq->device_event = (void *)(memory + ring_bytes + CACHE_LINE);
    vq->addresses = (struct vq_addresses){iova, iova + ring_bytes, iova + ring_bytes + CACHE_LINE, vq->config.size};
    return 0;
}

/* Both sides at slot 0 of their first lap. The memory is zero: no slot available or used, no event suppressed. */
static void begin(struct vq_packed *vq) {
    vq->next_avail = vq->next_used = 0;
    vq->avail_wrap = vq->used_wrap = true;
    vq->free_slots = vq->config.size;
    vq->free_id = 0;
    vq->added = 0;
    vq->in_batch = vq->broken = false;
    for (uint16_t id = 0; id < vq->config.size; id++) vq->buffers[id].next_free = (uint16_t)(id + 1);
}

int vq_create(struct vq_packed **out, struct platform *platform, const struct vq_config *config) {
    const struct platform_ops *ops = platform->ops;
    if (config->size == 0 || config->size > VIRTQ_MAX_SIZE) return -EINVAL;
    struct vq_packed *vq = ops->memory_allocate(platform->ctx, sizeof(*vq), CACHE_LINE, "vq");
    if (!vq) return -ENOMEM;
    *vq = (struct vq_packed){.platform = platform, .config = *config};
    vq->buffers = ops->memory_allocate(platform->ctx, config->size * sizeof(*vq->buffers), CACHE_LINE, "vq.buffers");
    if (!vq->buffers) goto free_vq;
    if (allocate_ring(vq)) goto free_buffers;
    if (vq_indirect_allocate(vq)) goto free_ring;
    begin(vq);
    *out = vq;
    return 0;

free_ring:
    ops->dma_free_coherent(platform->ctx, (void *)(uintptr_t)vq->ring);
free_buffers:
    ops->memory_free(platform->ctx, vq->buffers);
free_vq:
    ops->memory_free(platform->ctx, vq);
    return -ENOMEM;
}

void vq_destroy(struct vq_packed *vq) {
    struct platform *platform = vq->platform;
    vq_indirect_free(vq);
    platform->ops->dma_free_coherent(platform->ctx, (void *)(uintptr_t)vq->ring);
    platform->ops->memory_free(platform->ctx, vq->buffers);
    platform->ops->memory_free(platform->ctx, vq);
}

int vq_restart(struct vq_packed *vq) {
    if (vq->outstanding) return -EBUSY;
    for (uint16_t slot = 0; slot < vq->config.size; slot++) {
        vq->ring[slot].addr = 0;
        vq->ring[slot].len = 0;
        vq->ring[slot].id = 0;
        vq_desc_store_flags(vq, slot, 0);
    }
    vq->driver_event->word = vq->device_event->word = 0;
    begin(vq);
    return 0;
}

struct vq_addresses vq_get_addresses(const struct vq_packed *vq) { return vq->addresses; }

void vq_set_doorbell(struct vq_packed *vq, unsigned bar, uint32_t offset) {
    vq->doorbell_bar = bar;
    vq->doorbell_offset = offset;
}

unsigned vq_size(const struct vq_packed *vq) { return vq->config.size; }
unsigned vq_free_slots(const struct vq_packed *vq) { return vq->free_slots; }
unsigned vq_outstanding(const struct vq_packed *vq) { return vq->outstanding; }
const char *vq_error(const struct vq_packed *vq) { return vq->broken ? vq->error : NULL; }

int64_t vq_error_packet(const struct vq_packed *vq) {
    if (!vq->broken || !vq->config.in_order || vq->buffers[vq->next_used].slots == 0) return -1;
    return (int64_t)vq->buffers[vq->next_used].packet;
}

/* With IN_ORDER the id is the first slot, so that the walk over a batch knows the id of each buffer in it, [V] 2.8.8. Without, a slot
 * may be used again while the buffer that began there is still out, and ids come from a list. */
static uint16_t take_id(struct vq_packed *vq) {
    if (vq->config.in_order) return vq->next_avail;
    uint16_t id = vq->free_id;
    vq->free_id = vq->buffers[id].next_free;
    return id;
}

PLATFORM_UNCHARGED void vq_trace(const struct vq_packed *vq, enum platform_trace_kind kind, uint32_t index, uint64_t packet, uint64_t value) {
    const struct platform *platform = vq->platform;
    if (!platform->ops->trace_enabled(platform->ctx, kind)) return;
    struct platform_trace event = {kind, vq->config.queue, index, packet, value, vq->config.name};
    platform->ops->trace(platform->ctx, &event);
}

/* The slot after the one that the next chain's `slot` names. */
static uint16_t step_avail(struct vq_packed *vq, uint16_t slot) {
    if (++slot < vq->config.size) return slot;
    vq->avail_wrap = !vq->avail_wrap;
    return 0;
}

static uint16_t avail_flags(const struct vq_packed *vq) {
    return (uint16_t)(1u << (vq->avail_wrap ? VIRTQ_DESC_F_AVAIL_BIT : VIRTQ_DESC_F_USED_BIT));
}

/* Write the elements into slots from next_avail on, and move it past them. The head's flags are returned, not written. */
static uint16_t write_chain(struct vq_packed *vq, uint16_t id, const struct vq_element *elements, unsigned count) {
    uint16_t slot = vq->next_avail, head_flags = 0;
    for (unsigned i = 0; i < count; i++) {
        volatile struct vq_desc *desc = &vq->ring[slot];
        uint16_t flags = avail_flags(vq);
        if (i + 1 < count) flags |= 1u << VIRTQ_DESC_F_NEXT_BIT;
        if (elements[i].write) flags |= 1u << VIRTQ_DESC_F_WRITE_BIT;
        desc->addr = virtio_le64(elements[i].iova);
        desc->len = virtio_le32(elements[i].length);
        desc->id = virtio_le16(id);
        if (i == 0)
            head_flags = flags;
        else
            vq_desc_store_flags(vq, slot, flags);
        slot = step_avail(vq, slot);
    }
    vq->next_avail = slot;
    return head_flags;
}

static uint16_t write_table(struct vq_packed *vq, uint16_t id, const struct vq_element *elements, unsigned count) {
    uint16_t flags = avail_flags(vq) | vq_indirect_write(vq, vq->next_avail, id, elements, count);
    vq->next_avail = step_avail(vq, vq->next_avail);
    return flags;
}

unsigned vq_most_slots(const struct vq_packed *vq, unsigned elements) {
    if (!vq_indirect_takes(vq, elements)) return elements;
    return vq->config.indirect_above > 1 ? vq->config.indirect_above : 1;
}

int vq_add(struct vq_packed *vq, const struct vq_element *elements, unsigned count, void *cookie, uint64_t packet) {
    if (vq->broken) return -EIO;
    if (count == 0 || count > vq->config.size) return -EINVAL;
    const bool indirect = vq_indirect_takes(vq, count);
    const unsigned slots = indirect ? 1 : count;
    if (slots > vq->free_slots) return -ENOSPC;
    const uint16_t head = vq->next_avail, id = take_id(vq);
    uint32_t writable = 0;
    for (unsigned i = 0; i < count; i++)
        if (elements[i].write) writable += elements[i].length;
    const uint16_t head_flags = indirect ? write_table(vq, id, elements, count) : write_chain(vq, id, elements, count);
    vq->free_slots = (uint16_t)(vq->free_slots - slots);
    vq->added += slots;
    vq->outstanding++;
    struct vq_buffer *buffer = &vq->buffers[id];
    buffer->cookie = cookie;
    buffer->packet = packet;
    buffer->writable = writable;
    buffer->slots = (uint16_t)slots;
    /* The head's flags hand over the whole chain: everything else of it must be visible before them, [V] 2.8.21. */
    vq->platform->ops->write_barrier(vq->platform->ctx);
    vq_desc_store_flags(vq, head, head_flags);
    vq_trace(vq, PLATFORM_TRACE_RING_POST, head, packet, slots);
    return 0;
}
