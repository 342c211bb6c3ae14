/* SPDX-License-Identifier: Apache-2.0 */
/* fake_ring.c: the device side of packed rings, [V] 2.8: fetch chains, move bytes by DMA, write used descriptors, interrupt. */
#include <stdlib.h>
#include <string.h>

#include "fake_internal.h"

enum { SCRATCH = 1 << 17, BATCH = 64 };

/* A buffer that was taken from the ring. The elements of the chain stay in the ring until the used descriptor is written: the driver
 * may not touch them before. */
struct chain {
    uint16_t first, slots, id;
    bool first_wrap;
};

struct descriptor {
    uint64_t addr;
    uint32_t len;
    uint16_t id, flags;
};

static bool live(const struct fake_device *device, const struct fake_ring *ring) {
    return ring->enabled && device->status & 1u << VIRTIO_STATUS_DRIVER_OK_BIT;
}

static bool load(struct fake_platform *fake, const struct fake_ring *ring, uint16_t slot, struct descriptor *descriptor) {
    uint8_t raw[VIRTQ_DESC_SIZE];
    if (!fake_platform_dma_read(fake, ring->desc + (uint64_t)slot * VIRTQ_DESC_SIZE, raw, sizeof(raw))) return false;
    descriptor->addr = descriptor->len = 0;
    for (unsigned i = 0; i < 8; i++) descriptor->addr |= (uint64_t)raw[VIRTQ_DESC_ADDR + i] << 8 * i;
    for (unsigned i = 0; i < 4; i++) descriptor->len |= (uint32_t)raw[VIRTQ_DESC_LEN + i] << 8 * i;
    descriptor->id = (uint16_t)(raw[VIRTQ_DESC_ID] | raw[VIRTQ_DESC_ID + 1] << 8);
    descriptor->flags = (uint16_t)(raw[VIRTQ_DESC_FLAGS] | raw[VIRTQ_DESC_FLAGS + 1] << 8);
    return true;
}

static bool available(const struct descriptor *descriptor, bool wrap) {
    bool avail = descriptor->flags >> VIRTQ_DESC_F_AVAIL_BIT & 1, used = descriptor->flags >> VIRTQ_DESC_F_USED_BIT & 1;
    return avail == wrap && used != wrap;
}

static void advance(const struct fake_ring *ring, uint16_t *slot, bool *wrap, unsigned slots) {
    unsigned next = *slot + slots;
    if (next >= ring->size) {
        next -= ring->size;
        *wrap = !*wrap;
    }
    *slot = (uint16_t)next;
}

/* Take the next chain. False when there is none. A chain that breaks the rules is reported. */
static bool fetch(struct fake_platform *fake, struct fake_ring *ring, struct chain *chain) {
    struct descriptor descriptor = {0};
    *chain = (struct chain){.first = ring->next, .first_wrap = ring->wrap};
    if (!load(fake, ring, ring->next, &descriptor) || !available(&descriptor, ring->wrap)) return false;
    uint16_t slot = ring->next;
    bool wrap = ring->wrap;
    for (;;) {
        chain->slots++;
        advance(ring, &slot, &wrap, 1);
        if (!(descriptor.flags & 1u << VIRTQ_DESC_F_NEXT_BIT)) break;
        if (chain->slots >= ring->size || !load(fake, ring, slot, &descriptor) || !available(&descriptor, wrap)) {
            fake_violate(fake, "vq.bad_chain", "[V] 2.8.6", -1, "chain at slot %u: element %u is not available", chain->first,
                         chain->slots);
            return false;
        }
    }
    chain->id = descriptor.id; /* [V] 2.8.6: valid in the last element only */
    ring->next = slot;
    ring->wrap = wrap;
    return true;
}

static void write_used(struct fake_platform *fake, struct fake_ring *ring, uint16_t id, uint32_t length, bool written, unsigned slots) {
    uint16_t flags = (uint16_t)(ring->used_wrap ? 1u << VIRTQ_DESC_F_AVAIL_BIT | 1u << VIRTQ_DESC_F_USED_BIT : 0);
    if (written) flags |= 1u << VIRTQ_DESC_F_WRITE_BIT;
    uint8_t raw[8] = {(uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16), (uint8_t)(length >> 24),
                      (uint8_t)id,     (uint8_t)(id >> 8),     (uint8_t)flags,          (uint8_t)(flags >> 8)};
    fake_platform_dma_write(fake, ring->desc + (uint64_t)ring->used * VIRTQ_DESC_SIZE + VIRTQ_DESC_LEN, raw, sizeof(raw));
    advance(ring, &ring->used, &ring->used_wrap, slots);
}

static void notify(struct fake_platform *fake, struct fake_ring *ring) {
    uint8_t raw[4];
    if (!fake_platform_dma_read(fake, ring->driver, raw, sizeof(raw))) return;
    if ((raw[VIRTQ_EVENT_FLAGS] & 3) == VIRTQ_EVENT_FLAGS_DISABLE) return;
    fake->device.isr |= 1u << VIRTIO_ISR_QUEUE_BIT;
    if (ring->vector != VIRTIO_MSI_NO_VECTOR) fake_platform_interrupt(fake, ring->vector);
}

/* Gather a transmit chain and hand the frame out. A chain that cannot be read is completed without a frame. */
static void send_chain(struct fake_platform *fake, struct fake_ring *ring, const struct chain *chain) {
    struct fake_device *device = &fake->device;
    struct fake_frame frame = {.elements = chain->slots};
    size_t length = 0;
    uint16_t slot = chain->first;
    bool wrap = chain->first_wrap, good = true;
    for (unsigned i = 0; i < chain->slots && good; i++, advance(ring, &slot, &wrap, 1)) {
        struct descriptor descriptor = {0};
        good = load(fake, ring, slot, &descriptor) && !(descriptor.flags & 1u << VIRTQ_DESC_F_WRITE_BIT) &&
               descriptor.len <= SCRATCH - length &&
               fake_platform_dma_read(fake, descriptor.addr, device->scratch + length, descriptor.len);
        length += good ? descriptor.len : 0;
        if (i == 0) frame.first = descriptor.len;
    }
    if (!good || length < VIRTIO_NET_HDR_SIZE + ETH_HEADER) {
        device->state.dropped++;
        return;
    }
    device->state.sent++;
    frame.bytes = device->scratch + VIRTIO_NET_HDR_SIZE;
    frame.length = length - VIRTIO_NET_HDR_SIZE;
    if (device->transmit) device->transmit(device->transmit_arg, &frame);
}

static unsigned complete(struct fake_platform *fake, struct fake_ring *ring, unsigned limit) {
    struct fake_device *device = &fake->device;
    bool in_order = device->state.driver_features & REGMAP_BIT(VIRTIO_F_IN_ORDER_BIT);
    unsigned batch = in_order ? device->config.tx_batch : device->config.reverse ? BATCH : 1, total = 0;
    if (batch > BATCH) batch = BATCH;
    while (total < limit) {
        struct chain chains[BATCH];
        unsigned count = 0, slots = 0;
        while (count < batch && total + count < limit && fetch(fake, ring, &chains[count])) slots += chains[count++].slots;
        if (!count) break;
        /* All frames first: used descriptors out of order land on slots of chains that were not read yet. */
        bool reverse = device->config.reverse && !in_order;
        for (unsigned i = 0; i < count; i++) send_chain(fake, ring, &chains[reverse ? count - 1 - i : i]);
        for (unsigned i = 0; i < count && !in_order; i++) {
            const struct chain *chain = &chains[reverse ? count - 1 - i : i];
            write_used(fake, ring, chain->id, 0, false, chain->slots);
        }
        /* [V] 2.8.8: one used descriptor with the id of the last buffer covers the batch. */
        if (in_order) write_used(fake, ring, chains[count - 1].id, 0, false, slots);
        total += count;
    }
    if (total) notify(fake, ring);
    return total;
}

void fake_ring_step(struct fake_platform *fake) {
    struct fake_ring *ring = &fake->device.rings[FAKE_QUEUE_TX];
    if (live(&fake->device, ring) && !ring->held) complete(fake, ring, UINT32_MAX);
}

void fake_device_schedule(struct fake_platform *fake) {
    struct fake_device *device = &fake->device;
    if (device->next_ps == UINT64_MAX) device->next_ps = fake->now_ps + device->config.latency_ps;
}

void fake_ring_reset(struct fake_ring *ring, uint16_t size) {
    *ring = (struct fake_ring){.size = size, .wrap = true, .used_wrap = true, .vector = VIRTIO_MSI_NO_VECTOR};
}

/* Scatter header and frame over a receive chain. The buffer was checked to be large enough. */
static bool scatter(struct fake_platform *fake, struct fake_ring *ring, const struct chain *chain, const uint8_t *bytes, size_t length) {
    uint16_t slot = chain->first;
    bool wrap = chain->first_wrap;
    for (unsigned i = 0; i < chain->slots && length; i++, advance(ring, &slot, &wrap, 1)) {
        struct descriptor descriptor = {0};
        if (!load(fake, ring, slot, &descriptor)) return false;
        size_t run = descriptor.len < length ? descriptor.len : length;
        if (!fake_platform_dma_write(fake, descriptor.addr, bytes, run)) return false;
        bytes += run;
        length -= run;
    }
    return length == 0;
}

static size_t capacity(struct fake_platform *fake, struct fake_ring *ring, const struct chain *chain) {
    size_t total = 0;
    uint16_t slot = chain->first;
    bool wrap = chain->first_wrap;
    for (unsigned i = 0; i < chain->slots; i++, advance(ring, &slot, &wrap, 1)) {
        struct descriptor descriptor = {0};
        if (!load(fake, ring, slot, &descriptor) || !(descriptor.flags & 1u << VIRTQ_DESC_F_WRITE_BIT)) return 0;
        total += descriptor.len;
    }
    return total;
}

bool fake_device_receive(struct fake_platform *fake, const uint8_t *bytes, size_t length) {
    struct fake_device *device = &fake->device;
    struct fake_ring *ring = &device->rings[FAKE_QUEUE_RX];
    struct chain chain;
    struct fake_ring before = *ring;
    size_t total = length + VIRTIO_NET_HDR_SIZE;
    if (!live(device, ring) || ring->held || total > SCRATCH || !fetch(fake, ring, &chain) || capacity(fake, ring, &chain) < total) {
        *ring = before; /* the buffer stays available */
        device->state.dropped++;
        return false;
    }
    memset(device->scratch, 0, VIRTIO_NET_HDR_SIZE);
    device->scratch[VIRTIO_NET_HDR_NUM_BUFFERS] = 1;
    memcpy(device->scratch + VIRTIO_NET_HDR_SIZE, bytes, length);
    if (!scatter(fake, ring, &chain, device->scratch, total)) return false;
    write_used(fake, ring, chain.id, (uint32_t)total, true, chain.slots);
    device->state.received++;
    notify(fake, ring);
    return true;
}

void fake_device_hold(struct fake_platform *fake, unsigned queue, bool held) {
    fake->device.rings[queue].held = held;
    if (!held) fake_device_schedule(fake);
}

unsigned fake_device_complete(struct fake_platform *fake, unsigned limit) {
    struct fake_ring *ring = &fake->device.rings[FAKE_QUEUE_TX];
    return live(&fake->device, ring) ? complete(fake, ring, limit) : 0;
}

void fake_device_set_doorbells(struct fake_platform *fake, unsigned queue, uint16_t flags) {
    uint8_t raw[4] = {0, 0, (uint8_t)flags, (uint8_t)(flags >> 8)};
    fake_platform_dma_write(fake, fake->device.rings[queue].device, raw, sizeof(raw));
}

void fake_device_forge_used(struct fake_platform *fake, unsigned queue, uint16_t id, uint32_t length, unsigned slots) {
    struct fake_ring *ring = &fake->device.rings[queue];
    write_used(fake, ring, id, length, length != 0, slots);
    notify(fake, ring);
}
