/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote_ring.h: the device's side of a packed virtqueue in another process's memory, in software: for queues that carry messages
 * between that process and this one. The NIC's own queues are never seen here; the device itself reads those, over the PCIe link.
 *
 *   struct remote_ring ring;
 *   remote_ring_start(&ring, &session.memory, &session.rings[0]);
 *   while ((status = remote_ring_take(&ring, &buffer, error, sizeof error)) > 0) { read, write; remote_ring_use(&ring, &buffer,
 * written); }
 *
 * The other side may change everything at any time: descriptors are read once, addresses are looked up before they are used, and a
 * chain that breaks the rules is an error, never an access outside its memory. Buffers are used in the order in which they were
 * made available. No indirect tables, no event index: neither is offered.
 *
 * Spec: [V] VIRTIO 1.2, 2.8
 */
#ifndef RINGSIDE_REMOTE_RING_H
#define RINGSIDE_REMOTE_RING_H

#include "vhost_user.h"

#ifdef __cplusplus
extern "C" {
#endif

struct remote_ring {
    const struct vhost_memory *memory;
    uint64_t desc, driver; /* guest-physical */
    uint16_t size;
    uint16_t next_avail, next_used;
    bool avail_wrap, used_wrap;
};

enum { REMOTE_RING_MAX_ELEMENTS = 4 };

/* A buffer: what the device reads, then what it writes. */
struct remote_buffer {
    struct remote_element {
        uint8_t *bytes;
        uint32_t length;
    } elements[REMOTE_RING_MAX_ELEMENTS];
    unsigned readable, writable; /* elements; the readable ones come first */
    uint16_t id, slots;
};

/* At its beginning. */
void remote_ring_start(struct remote_ring *ring, const struct vhost_memory *memory, const struct vhost_user_ring *where);
/* The next buffer. 1: there is one; 0: none; -EPROTO with a line in `error`. */
int remote_ring_take(struct remote_ring *ring, struct remote_buffer *buffer, char *error, size_t error_size);
/* Gives it back, with so many bytes written. */
void remote_ring_use(struct remote_ring *ring, const struct remote_buffer *buffer, uint32_t written);
/* Does the driver want to be called? */
bool remote_ring_wants_call(const struct remote_ring *ring);
/* Copies up to `length` bytes out of what may be read, from `offset` on; how many there were. */
size_t remote_buffer_read(const struct remote_buffer *buffer, size_t offset, void *to, size_t length);
/* Copies up to `length` bytes to what may be written; how many there was room for. */
size_t remote_buffer_write(const struct remote_buffer *buffer, const void *from, size_t length);

#ifdef __cplusplus
}
#endif

#endif
