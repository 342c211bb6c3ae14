/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vq_packed.h: the driver side of a packed virtqueue.
 *
 *   struct vq_element chain[2] = {{header_iova, 12, false}, {frame_iova, 60, false}};
 *   if (vq_add(vq, chain, 2, cookie, packet) == 0) vq_kick(vq);
 *   ...
 *   struct vq_used used;
 *   while (vq_reap(vq, &used) > 0) finish(used.cookie, used.written);
 *
 * Ownership of a slot. The driver owns a slot until the chain that occupies it is available; the device owns it until the used
 * descriptor that covers it was written. The ring's memory:
 *
 *   part                  written by        read by
 *   descriptor ring       driver, device    both; whose a slot is, its flags say
 *   driver event          driver            device: may it interrupt?
 *   device event          device            driver: does it want doorbells?
 *   indirect tables       driver            device; one for each id, whose buffer's they are
 *
 * Not thread-safe: one context at a time. Nothing here blocks but vq_kick and vq_notify (a posted write); nothing allocates but
 * vq_create. Spec: [V] VIRTIO 1.2, 2.8.
 *
 * Contents: types, life, transmit side, completion side, interrupts, checks.
 */
#ifndef RINGSIDE_VQ_PACKED_H
#define RINGSIDE_VQ_PACKED_H

#include "platform.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One element of a buffer. Elements that the device reads come before those it writes, [V] 2.8.6. */
struct vq_element {
    uint64_t iova;    /* bus address */
    uint32_t length;  /* bytes */
    bool write;       /* the device writes it */
};

/* A buffer that came back. */
struct vq_used {
    void *cookie;      /* of vq_add */
    uint64_t packet;   /* of vq_add */
    uint32_t written;  /* bytes that the device wrote, from the first writable byte on */
    uint16_t slots;    /* slots that are free again */
};

struct vq_config {
    uint16_t queue;          /* number, for doorbells and events */
    uint16_t size;           /* slots, 1 to 32768, any number */
    bool in_order;           /* VIRTIO_F_IN_ORDER was negotiated */
    bool notification_data;  /* VIRTIO_F_NOTIFICATION_DATA was negotiated */
    bool event_idx;          /* VIRTIO_F_EVENT_IDX was negotiated */
    /* EVENT_IDX: enabled interrupts come when this many more buffers are used, or all there are, if they are fewer; 0 is 1. More than
     * 1 only where every buffer is used without further ado (transmit): the last ones of a receive queue would wait for ever. */
    uint16_t interrupt_after;
    /* Chains of more elements than indirect_above, and not more than indirect_elements, take one slot and a table in coherent memory,
     * [V] 2.8.7. Tables are there for every slot from the start. indirect_elements 0: no chain; else VIRTIO_F_INDIRECT_DESC must have
     * been negotiated, and it counts at most `size`. */
    uint16_t indirect_above, indirect_elements;
    const char *name;        /* for reports and traces; static storage */
};

/* What the transport programs into the device. */
struct vq_addresses {
    uint64_t desc, driver, device;
    uint16_t size;
};

struct vq_packed;

/* A ring with zeroed memory, wrap counters 1. 0, -EINVAL (size), or -ENOMEM. The platform must outlive it. */
int vq_create(struct vq_packed **vq, struct platform *platform, const struct vq_config *config);
/* The device must have been reset, or never have known the ring. Cookies that are still in it are forgotten: vq_detach() first. */
void vq_destroy(struct vq_packed *vq);
struct vq_addresses vq_get_addresses(const struct vq_packed *vq);
/* Where the doorbell is; the transport finds it out. Required before the first kick. */
void vq_set_doorbell(struct vq_packed *vq, unsigned bar, uint32_t offset);

unsigned vq_size(const struct vq_packed *vq);
unsigned vq_free_slots(const struct vq_packed *vq);
unsigned vq_outstanding(const struct vq_packed *vq);  /* buffers */
/* The most slots that a chain of at most this many elements can take. */
unsigned vq_most_slots(const struct vq_packed *vq, unsigned elements);
/* Make a buffer available. `packet` goes to the trace and comes back with the buffer. 0, or nothing happened: -ENOSPC (too few free
 * slots now), -EINVAL (no element, or more than the ring has slots), -EIO (the ring is broken, vq_error). */
int vq_add(struct vq_packed *vq, const struct vq_element *elements, unsigned count, void *cookie, uint64_t packet);
/* Does the device want to hear of what was added since this was asked last? Then *word is the doorbell. Split from vq_notify, so that
 * a lock can be released between them. */
bool vq_kick_prepare(struct vq_packed *vq, uint32_t *word);
void vq_notify(struct vq_packed *vq, uint32_t word); /* (charges) */
void vq_kick(struct vq_packed *vq);                  /* both; (charges) */

/* Take back one buffer. 1: *used is filled in; 0: none; -EIO: the device wrote what no device may, the ring is broken, vq_error says
 * why, and nothing more comes out of it. */
int vq_reap(struct vq_packed *vq, struct vq_used *used);
/* Is there something to reap (also true for a broken descriptor)? */
bool vq_pending(const struct vq_packed *vq);
/* After a reset of the device or of this queue: the next buffer that never came back. False: none left. The ring takes and gives nothing
 * any more, until vq_restart. */
bool vq_detach(struct vq_packed *vq, struct vq_used *used);
/* After a reset, when all buffers are back: the ring as vq_create made it, with the same memory, for the transport to set up again.
 * -EBUSY: buffers are out, nothing was done. */
int vq_restart(struct vq_packed *vq);

/* Interrupts, a hint to the device. Enabling returns true when buffers were used meanwhile: reap again, no interrupt will tell. */
void vq_disable_interrupts(struct vq_packed *vq);
bool vq_enable_interrupts(struct vq_packed *vq);

/* Why the ring broke, or NULL. The text lives as long as the ring. */
const char *vq_error(const struct vq_packed *vq);
/* The packet whose buffer was next when it broke: the oldest that is out. -1 when none is, or when buffers come back in any order. */
int64_t vq_error_packet(const struct vq_packed *vq);
/* The counters agree with each other: 0, or -EINVAL. For tests and debug builds; walks the ring. */
int vq_validate(const struct vq_packed *vq);

#ifdef __cplusplus
}
#endif

#endif
