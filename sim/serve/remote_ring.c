/* SPDX-License-Identifier: Apache-2.0 */
/* The device's side of a packed virtqueue, in software. Flags are read first and written last. */
#include "remote_ring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "regmap.h"

enum { AVAIL = 1 << VIRTQ_DESC_F_AVAIL_BIT, USED = 1 << VIRTQ_DESC_F_USED_BIT };
enum { NEXT = 1 << VIRTQ_DESC_F_NEXT_BIT, WRITE = 1 << VIRTQ_DESC_F_WRITE_BIT, INDIRECT = 1 << VIRTQ_DESC_F_INDIRECT_BIT };

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t id, flags;
};
_Static_assert(sizeof(struct descriptor) == VIRTQ_DESC_SIZE, "[V] 2.8.13");

void remote_ring_start(struct remote_ring *ring, const struct vhost_memory *memory, const struct vhost_user_ring *where) {
    *ring = (struct remote_ring){
        .memory = memory, .desc = where->desc, .driver = where->driver, .size = where->size, .avail_wrap = true, .used_wrap = true};
}

/* The ring was found in the memory when its address came, and the memory does not change while rings run. */
static uint8_t *slot_at(const struct remote_ring *ring, uint16_t slot) {
    return vhost_memory_at(ring->memory, ring->desc + (uint64_t)slot * VIRTQ_DESC_SIZE, VIRTQ_DESC_SIZE);
}

static void advance(const struct remote_ring *ring, uint16_t *slot, bool *wrap, uint16_t slots) {
    *slot = (uint16_t)(*slot + slots);
    if (*slot < ring->size) return;
    *slot = (uint16_t)(*slot - ring->size);
    *wrap = !*wrap;
}

/* [V] 2.8.1 */
static bool load(const struct remote_ring *ring, uint16_t slot, bool wrap, struct descriptor *descriptor) {
    const uint8_t *at = slot_at(ring, slot);
    const uint16_t flags = __atomic_load_n((const uint16_t *)(const void *)(at + VIRTQ_DESC_FLAGS), __ATOMIC_ACQUIRE);
    if (!!(flags & AVAIL) != wrap || !!(flags & USED) == wrap) return false;
    memcpy(descriptor, at, sizeof *descriptor);
    descriptor->flags = flags;
    return true;
}

static int refuse(char *error, size_t error_size, uint16_t slot, const char *what) {
    snprintf(error, error_size, "message queue, slot %u: %s", slot, what);
    return -EPROTO;
}

static const char *add(const struct remote_ring *ring, struct remote_buffer *buffer, const struct descriptor *descriptor) {
    const unsigned number = buffer->readable + buffer->writable;
    if (descriptor->flags & INDIRECT) return "an indirect table, which was not negotiated";
    if (number == REMOTE_RING_MAX_ELEMENTS) return "a chain of more elements than any message has";
    if (buffer->writable && !(descriptor->flags & WRITE)) return "an element to be read behind one to be written ([V] 2.8.17)";
    uint8_t *bytes = vhost_memory_at(ring->memory, descriptor->address, descriptor->length ? descriptor->length : 1);
    if (!bytes) return "an element outside the memory that was passed";
    buffer->elements[number] = (struct remote_element){bytes, descriptor->length};
    *(descriptor->flags & WRITE ? &buffer->writable : &buffer->readable) += 1;
    return NULL;
}

int remote_ring_take(struct remote_ring *ring, struct remote_buffer *buffer, char *error, size_t error_size) {
    struct descriptor descriptor;
    uint16_t slot = ring->next_avail;
    bool wrap = ring->avail_wrap;
    *buffer = (struct remote_buffer){0};
    do {
        /* The head is available last: what follows it is there when it is. */
        if (!load(ring, slot, wrap, &descriptor))
            return buffer->slots ? refuse(error, error_size, slot, "the chain goes on in what is not available ([V] 2.8.6)") : 0;
        const char *wrong = add(ring, buffer, &descriptor);
        if (wrong) return refuse(error, error_size, slot, wrong);
        buffer->slots++;
        buffer->id = descriptor.id;
        advance(ring, &slot, &wrap, 1);
    } while (descriptor.flags & NEXT);
    ring->next_avail = slot;
    ring->avail_wrap = wrap;
    return 1;
}

void remote_ring_use(struct remote_ring *ring, const struct remote_buffer *buffer, uint32_t written) {
    uint8_t *at = slot_at(ring, ring->next_used);
    const uint16_t flags = (uint16_t)((ring->used_wrap ? AVAIL | USED : 0) | (buffer->writable ? WRITE : 0));
    memcpy(at + VIRTQ_DESC_LEN, &written, sizeof written);
    memcpy(at + VIRTQ_DESC_ID, &buffer->id, sizeof buffer->id);
    __atomic_store_n((uint16_t *)(void *)(at + VIRTQ_DESC_FLAGS), flags, __ATOMIC_RELEASE);
    advance(ring, &ring->next_used, &ring->used_wrap, buffer->slots);
}

bool remote_ring_wants_call(const struct remote_ring *ring) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* between the used descriptor and this look [V] 2.8.21.2.1 */
    const uint8_t *at = vhost_memory_at(ring->memory, ring->driver + VIRTQ_EVENT_FLAGS, sizeof(uint16_t));
    return __atomic_load_n((const uint16_t *)(const void *)at, __ATOMIC_RELAXED) != VIRTQ_EVENT_FLAGS_DISABLE;
}

/* Moves bytes between `local` and the elements from `first` on, after `offset` bytes of them. */
static size_t move(const struct remote_buffer *buffer, unsigned first, unsigned count, size_t offset, uint8_t *local, size_t length,
                   bool out) {
    size_t moved = 0;
    for (unsigned i = first; i < first + count && moved < length; i++) {
        const struct remote_element *element = &buffer->elements[i];
        if (offset >= element->length) {
            offset -= element->length;
            continue;
        }
        const size_t room = element->length - offset, part = room < length - moved ? room : length - moved;
        if (out)
            memcpy(local + moved, element->bytes + offset, part);
        else
            memcpy(element->bytes + offset, local + moved, part);
        moved += part;
        offset = 0;
    }
    return moved;
}

size_t remote_buffer_read(const struct remote_buffer *buffer, size_t offset, void *to, size_t length) {
    return move(buffer, 0, buffer->readable, offset, to, length, true);
}

size_t remote_buffer_write(const struct remote_buffer *buffer, const void *from, size_t length) {
    return move(buffer, buffer->readable, buffer->writable, 0, (uint8_t *)(uintptr_t)from, length, false);
}
