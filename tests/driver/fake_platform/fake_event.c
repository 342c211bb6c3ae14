/* SPDX-License-Identifier: Apache-2.0 */
/* fake_event.c: event suppression both ways and interrupt moderation, from the device's side. [V] 2.8.14; 1.3 for moderation. */
#include "fake_internal.h"

enum { PS_PER_USEC = 1000 * 1000 };

/* May we interrupt for what was used since this was asked last? */
static bool driver_wants(struct fake_platform *fake, struct fake_ring *ring) {
    uint8_t raw[4];
    const uint32_t advanced = ring->advanced;
    ring->advanced = 0;
    if (!fake_platform_dma_read(fake, ring->driver, raw, sizeof(raw))) return false;
    const unsigned flags = raw[VIRTQ_EVENT_FLAGS] & 3u, slot = (unsigned)(raw[0] | (raw[1] & 0x7F) << 8);
    if (flags == VIRTQ_EVENT_FLAGS_DISABLE) return false;
    if (flags != VIRTQ_EVENT_FLAGS_DESC || !fake_has(fake, VIRTIO_F_EVENT_IDX_BIT)) return true;
    if (slot >= ring->size) {
        fake_violate(fake, "vq.bad_event", "[V] 2.8.14", -1, "the driver waits for slot %u of %u", slot, ring->size);
        return true;
    }
    /* Walk over the slots that were used, backwards: is the one that was named among them, in its lap? */
    uint16_t at = ring->used;
    bool wrap = ring->used_wrap;
    for (uint32_t i = 0; i < advanced && i < ring->size; i++) {
        if (at == 0) {
            at = ring->size;
            wrap = !wrap;
        }
        at--;
        if (at == slot && wrap == (raw[1] >> 7)) return true;
    }
    return advanced > ring->size;
}

static void tell(struct fake_platform *fake, struct fake_ring *ring) {
    ring->waiting = 0;
    ring->due_ps = UINT64_MAX;
    if (!driver_wants(fake, ring)) return;
    fake->device.isr |= 1u << VIRTIO_ISR_QUEUE_BIT;
    if (ring->vector != VIRTIO_MSI_NO_VECTOR) fake_platform_interrupt(fake, ring->vector);
}

void fake_event_notify(struct fake_platform *fake, struct fake_ring *ring, unsigned buffers) {
    ring->waiting += buffers;
    if (!ring->max_packets || !ring->max_usecs || ring->waiting >= ring->max_packets) {
        tell(fake, ring);
        return;
    }
    if (ring->due_ps == UINT64_MAX) ring->due_ps = fake->now_ps + (uint64_t)ring->max_usecs * PS_PER_USEC;
}

uint64_t fake_event_due(const struct fake_platform *fake) {
    uint64_t due = UINT64_MAX;
    for (unsigned i = 0; i < FAKE_QUEUES; i++)
        if (fake->device.rings[i].due_ps < due) due = fake->device.rings[i].due_ps;
    return due;
}

void fake_event_run(struct fake_platform *fake) {
    for (unsigned i = 0; i < FAKE_QUEUES; i++)
        if (fake->device.rings[i].due_ps <= fake->now_ps) tell(fake, &fake->device.rings[i]);
}

static void write_device_event(struct fake_platform *fake, const struct fake_ring *ring, uint16_t slot, bool wrap, uint16_t flags) {
    uint16_t event = (uint16_t)(slot | (unsigned)wrap << 15);
    uint8_t raw[4] = {(uint8_t)event, (uint8_t)(event >> 8), (uint8_t)flags, (uint8_t)(flags >> 8)};
    fake_platform_dma_write(fake, ring->device, raw, sizeof(raw));
}

void fake_event_arm(struct fake_platform *fake, struct fake_ring *ring) {
    if (!fake->device.config.doorbell_events || !fake_has(fake, VIRTIO_F_EVENT_IDX_BIT)) return;
    write_device_event(fake, ring, ring->next, ring->wrap, VIRTQ_EVENT_FLAGS_DESC);
}

void fake_device_set_doorbells(struct fake_platform *fake, unsigned queue, uint16_t flags) {
    write_device_event(fake, &fake->device.rings[queue], 0, false, flags);
}

void fake_device_set_doorbell_event(struct fake_platform *fake, unsigned queue, uint16_t slot, bool wrap) {
    write_device_event(fake, &fake->device.rings[queue], slot, wrap, VIRTQ_EVENT_FLAGS_DESC);
}
