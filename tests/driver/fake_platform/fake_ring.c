/* SPDX-License-Identifier: Apache-2.0 */
/* fake_ring.c: the device side of packed rings, [V] 2.8: fetch chains, move bytes by DMA, write used descriptors, interrupt. */
#include <stdlib.h>
#include <string.h>

#include "fake_internal.h"

enum { SCRATCH = 1 << 17, BATCH = 64, MERGED = 64 };

/* A buffer that was taken from the ring. The elements of the chain stay in the ring, or in their table, until the used descriptor is
 * written: the driver may not touch them before. */
struct chain {
    uint16_t first, slots, id;
    unsigned elements;
    bool indirect;
    uint64_t table;
};

struct descriptor {
    uint64_t addr;
    uint32_t len;
    uint16_t id, flags;
};

static bool live(const struct fake_device *device, const struct fake_ring *ring) {
    return ring->enabled && !ring->resetting && device->status & 1u << VIRTIO_STATUS_DRIVER_OK_BIT;
}

static bool load_from(struct fake_platform *fake, uint64_t address, struct descriptor *descriptor) {
    uint8_t raw[VIRTQ_DESC_SIZE];
    if (!fake_platform_dma_read(fake, address, raw, sizeof(raw))) return false;
    descriptor->addr = descriptor->len = 0;
    for (unsigned i = 0; i < 8; i++) descriptor->addr |= (uint64_t)raw[VIRTQ_DESC_ADDR + i] << 8 * i;
    for (unsigned i = 0; i < 4; i++) descriptor->len |= (uint32_t)raw[VIRTQ_DESC_LEN + i] << 8 * i;
    descriptor->id = (uint16_t)(raw[VIRTQ_DESC_ID] | raw[VIRTQ_DESC_ID + 1] << 8);
    descriptor->flags = (uint16_t)(raw[VIRTQ_DESC_FLAGS] | raw[VIRTQ_DESC_FLAGS + 1] << 8);
    return true;
}

static bool load(struct fake_platform *fake, const struct fake_ring *ring, uint16_t slot, struct descriptor *descriptor) {
    return load_from(fake, ring->desc + (uint64_t)slot * VIRTQ_DESC_SIZE, descriptor);
}

static bool element(struct fake_platform *fake, const struct fake_ring *ring, const struct chain *chain, unsigned index,
                    struct descriptor *descriptor) {
    if (chain->indirect) return load_from(fake, chain->table + (uint64_t)index * VIRTQ_DESC_SIZE, descriptor);
    return load(fake, ring, (uint16_t)((chain->first + index) % ring->size), descriptor);
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

/* [V] 2.8.7: a list is all direct, or one descriptor that refers to a table. */
static bool open_table(struct fake_platform *fake, const struct fake_ring *ring, const struct descriptor *descriptor, struct chain *chain) {
    chain->indirect = descriptor->flags & 1u << VIRTQ_DESC_F_INDIRECT_BIT;
    if (!chain->indirect) return true;
    chain->table = descriptor->addr;
    chain->elements = descriptor->len / VIRTQ_DESC_SIZE;
    if (fake_has(fake, VIRTIO_F_INDIRECT_DESC_BIT) && !(descriptor->flags & 1u << VIRTQ_DESC_F_NEXT_BIT) && chain->slots == 1 &&
        descriptor->len && descriptor->len % VIRTQ_DESC_SIZE == 0 && chain->elements <= ring->size)
        return true;
    fake_violate(fake, "vq.bad_indirect", "[V] 2.8.7", -1, "slot %u: a table of %u bytes", chain->first, descriptor->len);
    return false;
}

/* Take the next chain. False when there is none. A chain that breaks the rules is reported. */
static bool fetch(struct fake_platform *fake, struct fake_ring *ring, struct chain *chain) {
    struct descriptor descriptor = {0};
    *chain = (struct chain){.first = ring->next};
    if (!load(fake, ring, ring->next, &descriptor) || !available(&descriptor, ring->wrap)) return false;
    uint16_t slot = ring->next;
    bool wrap = ring->wrap;
    for (;;) {
        chain->elements = ++chain->slots;
        advance(ring, &slot, &wrap, 1);
        if (!open_table(fake, ring, &descriptor, chain)) return false;
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
    ring->advanced += slots;
}

static size_t header_bytes(const struct fake_platform *fake) {
    return fake_has(fake, VIRTIO_NET_F_HASH_REPORT_BIT) ? VIRTIO_NET_HDR_HASH_SIZE : VIRTIO_NET_HDR_SIZE;
}

static void emit(struct fake_platform *fake, const uint8_t *bytes, size_t length, void *arg) {
    struct fake_frame *frame = arg;
    frame->bytes = bytes;
    frame->length = length;
    fake->device.state.sent++;
    if (fake->device.transmit) fake->device.transmit(fake->device.transmit_arg, frame);
}

/* Gather a transmit chain and hand the frame out. A chain that cannot be read is completed without a frame. */
static void send_chain(struct fake_platform *fake, struct fake_ring *ring, const struct chain *chain) {
    struct fake_device *device = &fake->device;
    struct fake_frame frame = {
        .elements = chain->elements, .indirect = chain->indirect, .queue = (unsigned)(ring - fake->device.rings)};
    size_t length = 0;
    bool good = true;
    for (unsigned i = 0; i < chain->elements && good; i++) {
        struct descriptor descriptor = {0};
        good = element(fake, ring, chain, i, &descriptor) && !(descriptor.flags & 1u << VIRTQ_DESC_F_WRITE_BIT) &&
               descriptor.len <= SCRATCH - length &&
               fake_platform_dma_read(fake, descriptor.addr, device->scratch + length, descriptor.len);
        length += good ? descriptor.len : 0;
        if (i == 0) frame.first = descriptor.len;
    }
    const size_t header = header_bytes(fake);
    if (!good || length < header + ETH_HEADER ||
        !fake_offload_send(fake, device->scratch, device->scratch + header, length - header, emit, &frame))
        device->state.dropped++;
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
    if (total) fake_event_notify(fake, ring, total);
    return total;
}

/* One command after the other. The answer goes into the writable elements, from the first byte on. */
static void control(struct fake_platform *fake, struct fake_ring *ring) {
    struct chain chain;
    uint8_t request[512], reply[16];
    while (fake->device.config.control != FAKE_CONTROL_SILENT && fetch(fake, ring, &chain)) {
        size_t bytes = 0, written = 0, answer = 0;
        bool asked = false;
        for (unsigned i = 0; i < chain.elements; i++) {
            struct descriptor descriptor = {0};
            if (!element(fake, ring, &chain, i, &descriptor)) return;
            if (!(descriptor.flags & 1u << VIRTQ_DESC_F_WRITE_BIT)) {
                if (asked || descriptor.len > sizeof(request) - bytes) return;
                if (!fake_platform_dma_read(fake, descriptor.addr, request + bytes, descriptor.len)) return;
                bytes += descriptor.len;
                continue;
            }
            if (!asked) answer = fake_control_execute(fake, request, bytes, reply, sizeof(reply));
            asked = true;
            size_t run = descriptor.len < answer - written ? descriptor.len : answer - written;
            if (!fake_platform_dma_write(fake, descriptor.addr, reply + written, run)) return;
            written += run;
        }
        write_used(fake, ring, chain.id, (uint32_t)written, written != 0, chain.slots);
        fake_event_notify(fake, ring, 1);
    }
}

void fake_ring_step(struct fake_platform *fake) {
    const unsigned control_queue = fake_device_control_queue(fake);
    for (unsigned i = 0; i < FAKE_QUEUES; i++) {
        struct fake_ring *ring = &fake->device.rings[i];
        if (!live(&fake->device, ring) || ring->held) continue;
        if (i == control_queue)
            control(fake, ring);
        else if (i % 2 == FAKE_QUEUE_TX)
            complete(fake, ring, UINT32_MAX);
        fake_event_arm(fake, ring);
    }
}

void fake_device_schedule(struct fake_platform *fake) {
    struct fake_device *device = &fake->device;
    if (device->next_ps == UINT64_MAX) device->next_ps = fake->now_ps + device->config.latency_ps;
}

void fake_ring_reset(struct fake_ring *ring, uint16_t size) {
    *ring = (struct fake_ring){.size = size, .wrap = true, .used_wrap = true, .vector = VIRTIO_MSI_NO_VECTOR,
                              .due_ps = UINT64_MAX};
}

/* Scatter header and frame over a receive chain. The buffer was checked to be large enough. */
static bool scatter(struct fake_platform *fake, struct fake_ring *ring, const struct chain *chain, const uint8_t *bytes, size_t length) {
    for (unsigned i = 0; i < chain->elements && length; i++) {
        struct descriptor descriptor = {0};
        if (!element(fake, ring, chain, i, &descriptor)) return false;
        size_t run = descriptor.len < length ? descriptor.len : length;
        if (!fake_platform_dma_write(fake, descriptor.addr, bytes, run)) return false;
        bytes += run;
        length -= run;
    }
    return length == 0;
}

static size_t capacity(struct fake_platform *fake, struct fake_ring *ring, const struct chain *chain) {
    size_t total = 0;
    for (unsigned i = 0; i < chain->elements; i++) {
        struct descriptor descriptor = {0};
        if (!element(fake, ring, chain, i, &descriptor) || !(descriptor.flags & 1u << VIRTQ_DESC_F_WRITE_BIT)) return 0;
        total += descriptor.len;
    }
    return total;
}

/* Buffers for a packet: one, or with MRG_RXBUF as many as it takes. 0: there are not enough. */
static unsigned take_buffers(struct fake_platform *fake, struct fake_ring *ring, size_t total, struct chain *chains) {
    const unsigned most = fake_has(fake, VIRTIO_NET_F_MRG_RXBUF_BIT) ? MERGED : 1;
    size_t room = 0;
    unsigned count = 0;
    while (room < total && count < most) {
        if (!fetch(fake, ring, &chains[count])) return 0;
        room += capacity(fake, ring, &chains[count++]);
    }
    return room < total ? 0 : count;
}

/* The first one becomes used last, [V] 5.1.6.4: its descriptor is written when the others' are. */
static bool deliver(struct fake_platform *fake, struct fake_ring *ring, const struct chain *chains, unsigned count, size_t total) {
    struct fake_ring first = *ring;
    uint32_t written[MERGED];
    const uint8_t *bytes = fake->device.scratch;
    for (unsigned i = 0; i < count; i++) {
        const size_t room = capacity(fake, ring, &chains[i]);
        written[i] = (uint32_t)(total < room ? total : room);
        if (!scatter(fake, ring, &chains[i], bytes, written[i])) return false;
        bytes += written[i];
        total -= written[i];
    }
    advance(ring, &ring->used, &ring->used_wrap, chains[0].slots);
    for (unsigned i = 1; i < count; i++) write_used(fake, ring, chains[i].id, written[i], true, chains[i].slots);
    write_used(fake, &first, chains[0].id, written[0], true, chains[0].slots);
    ring->advanced += chains[0].slots;
    return true;
}

bool fake_device_receive(struct fake_platform *fake, const uint8_t *bytes, size_t length) {
    struct fake_device *device = &fake->device;
    if (!fake_receive_wants(fake, bytes, length)) {
        device->state.unwanted++;
        return false;
    }
    struct fake_ring *ring = &device->rings[2 * fake_receive_pair(fake, bytes, length)];
    struct chain chains[MERGED];
    struct fake_ring before = *ring;
    const size_t header = header_bytes(fake), total = length + header;
    unsigned count = 0;
    if (!live(device, ring) || ring->held || total > SCRATCH || !(count = take_buffers(fake, ring, total, chains))) {
        *ring = before; /* the buffers stay available */
        device->state.dropped++;
        return false;
    }
    fake_receive_header(fake, bytes, length, device->scratch);
    device->scratch[VIRTIO_NET_HDR_NUM_BUFFERS] = (uint8_t)(device->config.lie_about_buffers ? count + 1 : count);
    memcpy(device->scratch + header, bytes, length);
    if (!deliver(fake, ring, chains, count, total)) return false;
    device->state.received++;
    fake_event_notify(fake, ring, count);
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

void fake_device_forge_used(struct fake_platform *fake, unsigned queue, uint16_t id, uint32_t length, unsigned slots) {
    struct fake_ring *ring = &fake->device.rings[queue];
    write_used(fake, ring, id, length, length != 0, slots);
    fake_event_notify(fake, ring, 1);
}
