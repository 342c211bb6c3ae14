/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vq_layout.h: the memory of a packed ring and its state, shared by the files of this folder alone.
 *
 * Spec: [V] VIRTIO 1.2, 2.8.13 (descriptor), 2.8.14 (event suppression).
 */
#ifndef RINGSIDE_VQ_LAYOUT_H
#define RINGSIDE_VQ_LAYOUT_H

#include <assert.h>

#include "regmap.h"
#include "virtio_bytes.h"
#include "vq_packed.h"

struct vq_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t id;
    uint16_t flags;
};
static_assert(sizeof(struct vq_desc) == VIRTQ_DESC_SIZE, "[V] 2.8.13");
static_assert(offsetof(struct vq_desc, addr) == VIRTQ_DESC_ADDR && offsetof(struct vq_desc, len) == VIRTQ_DESC_LEN, "[V] 2.8.13");
static_assert(offsetof(struct vq_desc, id) == VIRTQ_DESC_ID && offsetof(struct vq_desc, flags) == VIRTQ_DESC_FLAGS, "[V] 2.8.13");

/* Slot and flags belong together: with EVENT_IDX they are read and written as one word. */
union vq_event {
    struct {
        uint16_t desc;
        uint16_t flags;
    };
    uint32_t word;
};
static_assert(sizeof(union vq_event) == 4 && offsetof(union vq_event, flags) == VIRTQ_EVENT_FLAGS, "[V] 2.8.14");
enum { VQ_EVENT_WRAP_BIT = 15, VQ_EVENT_FLAGS_SHIFT = 8 * VIRTQ_EVENT_FLAGS };

/* What the driver remembers of a buffer, indexed by its id. slots is 0 while the id is free. */
struct vq_buffer {
    void *cookie;
    uint64_t packet;
    uint32_t writable;   /* bytes that the device may write */
    uint16_t slots;
    uint16_t next_free;  /* id list, without IN_ORDER */
};

struct vq_packed {
    struct platform *platform;
    struct vq_config config;
    volatile struct vq_desc *ring;
    volatile union vq_event *driver_event, *device_event;
    struct vq_addresses addresses;
    struct vq_buffer *buffers;
    struct vq_desc *tables;  /* indirect_elements for each id, or NULL */
    uint64_t tables_iova;
    unsigned doorbell_bar;
    uint32_t doorbell_offset;
    uint16_t next_avail, next_used;  /* slot; wrap counters beside */
    bool avail_wrap, used_wrap;
    uint16_t free_slots, outstanding, free_id;
    uint32_t added;      /* slots made available since the device was asked whether it wants to know */
    bool in_batch;       /* used descriptor covers the buffers up to batch_id, [V] 2.8.8 */
    uint16_t batch_id;
    uint32_t batch_written;
    uint16_t batch_slot; /* where that descriptor was */
    bool broken;
    char error[96];
};

/* The only load and the only store of descriptor flags. Ordering is the caller's: a barrier after the load before anything else of the
 * buffer is read, and before the store of a head's flags after everything else of the chain was written. */
uint16_t vq_desc_load_flags(const struct vq_packed *vq, uint16_t slot);
void vq_desc_store_flags(struct vq_packed *vq, uint16_t slot, uint16_t flags);

void vq_trace(const struct vq_packed *vq, enum platform_trace_kind kind, uint32_t index, uint64_t packet, uint64_t value);

/* vq_indirect.c. -ENOMEM; afterwards free them. */
int vq_indirect_allocate(struct vq_packed *vq);
void vq_indirect_free(struct vq_packed *vq);
/* Does a chain of this many elements go out as a table? */
bool vq_indirect_takes(const struct vq_packed *vq, unsigned elements);
/* Write the table of buffer `id` and the descriptor at `slot` that refers to it, all but that one's flags, which are returned. */
uint16_t vq_indirect_write(struct vq_packed *vq, uint16_t slot, uint16_t id, const struct vq_element *elements, unsigned count);

#endif
