/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_device.c: configuration space and BAR0 of the fake virtio-net device.
 *
 * state.writes records the order of the interesting writes to the common configuration, so that a test can check the driver's order
 * against [V] 3.1.1: r reset, a ACKNOWLEDGE, d DRIVER, f FEATURES_OK, o DRIVER_OK, x FAILED, w driver features, c configuration
 * vector, q queue address, v queue vector, e queue enable, s queue reset.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fake_internal.h"

enum { EXPRESS_DEVICE_TYPE = 0x2 };

static void put(uint8_t *space, unsigned offset, unsigned size, uint32_t value) {
    for (unsigned i = 0; i < size; i++) space[offset + i] = (uint8_t)(value >> 8 * i);
}

/* One virtio structure: [V] 4.1.4. A hidden one keeps its place in the list and shows a type that no driver knows. */
static void put_virtio(const struct fake_device *device, uint8_t *space, unsigned at, unsigned next, unsigned type, uint32_t offset,
                       uint32_t length) {
    bool notify = type == 2 || type == 5;
    put(space, at, 4, PCI_CAP_ID_VENDOR | next << 8 | (notify ? 20u : 16u) << 16 |
                          (type == device->config.hidden_capability ? 0xFFu : type) << 24);
    put(space, at + 8, 4, offset);
    put(space, at + 12, 4, length);
    if (type == 2) put(space, at + 16, 4, BAR0_NOTIFY_MULTIPLIER);
}

static void make_space(const struct fake_device *device, uint8_t *space) {
    put(space, PCI_CFG_VENDOR_ID, 2, PCI_ID_VENDOR);
    put(space, PCI_CFG_DEVICE_ID, 2, PCI_ID_DEVICE);
    put(space, PCI_CFG_COMMAND, 2, device->command);
    put(space, PCI_CFG_STATUS, 2, 1u << PCI_STATUS_CAPABILITY_LIST_BIT);
    put(space, PCI_CFG_REVISION_CLASS, 4, PCI_ID_REVISION | (uint32_t)PCI_ID_CLASS << 8);
    put(space, PCI_CFG_BAR0, 4, 4); /* 64 bit memory */
    put(space, PCI_CFG_SUBSYSTEM, 4, PCI_ID_VENDOR | (uint32_t)PCI_ID_SUBSYSTEM << 16);
    put(space, PCI_CFG_CAPABILITIES, 1, PCI_CAP_EXPRESS);
    put(space, PCI_CAP_EXPRESS, 4, PCI_CAP_ID_EXPRESS | PCI_CAP_MSIX << 8 | EXPRESS_DEVICE_TYPE << 16);
    put(space, PCI_CAP_MSIX, 4, PCI_CAP_ID_MSIX | PCI_CAP_VIRTIO_COMMON << 8 | (FAKE_VECTORS - 1) << 16);
    put_virtio(device, space, PCI_CAP_VIRTIO_COMMON, PCI_CAP_VIRTIO_NOTIFY, 1, BAR0_COMMON, VIRTIO_COMMON_BYTES);
    put_virtio(device, space, PCI_CAP_VIRTIO_NOTIFY, PCI_CAP_VIRTIO_ISR, 2, BAR0_NOTIFY, FAKE_QUEUES * BAR0_NOTIFY_MULTIPLIER);
    put_virtio(device, space, PCI_CAP_VIRTIO_ISR, PCI_CAP_VIRTIO_DEVICE, 3, BAR0_ISR, 1);
    put_virtio(device, space, PCI_CAP_VIRTIO_DEVICE, PCI_CAP_VIRTIO_PCI_CFG, 4, BAR0_DEVICE, VIRTIO_NET_CONFIG_BYTES);
    put_virtio(device, space, PCI_CAP_VIRTIO_PCI_CFG, 0, 5, 0, 0);
}

uint32_t fake_config_read(struct fake_platform *fake, unsigned offset, unsigned size) {
    uint8_t space[256] = {0};
    uint32_t value = 0;
    make_space(&fake->device, space);
    for (unsigned i = 0; i < size && offset + i < sizeof(space); i++) value |= (uint32_t)space[offset + i] << 8 * i;
    return value;
}

void fake_config_write(struct fake_platform *fake, unsigned offset, unsigned size, uint32_t value) {
    if (offset == PCI_CFG_COMMAND && size >= 2) fake->device.command = (uint16_t)value;
}

static void record(struct fake_device *device, char letter) {
    if (device->write_count + 1 < sizeof(device->state.writes)) device->state.writes[device->write_count++] = letter;
}

static void reset(struct fake_device *device) {
    record(device, 'r');
    device->state.resets++;
    device->status = device->isr = 0;
    device->state.driver_features = 0;
    device->device_feature_select = device->driver_feature_select = 0;
    device->queue_select = 0;
    device->config_vector = VIRTIO_MSI_NO_VECTOR;
    device->next_ps = UINT64_MAX;
    device->reset_countdown = device->config.reset_polls;
    device->pairs = 1;
    device->rss = (struct fake_rss){.on = false};
    device->guest_csum_off = false;
    device->macs = 0;
    memcpy(device->address, device->config.mac, sizeof(device->address));
    memset(device->modes, 0, sizeof(device->modes));
    memset(device->vlans, 0, sizeof(device->vlans));
    for (unsigned i = 0; i < FAKE_QUEUES; i++) fake_ring_reset(&device->rings[i], device->config.queue_size);
}

static void write_status(struct fake_platform *fake, uint8_t value) {
    struct fake_device *device = &fake->device;
    if (!value) {
        reset(device);
        return;
    }
    const uint8_t features_ok = 1u << VIRTIO_STATUS_FEATURES_OK_BIT;
    uint8_t set = (uint8_t)(value & ~device->status);
    if (set & 1u << VIRTIO_STATUS_ACKNOWLEDGE_BIT) record(device, 'a');
    if (set & 1u << VIRTIO_STATUS_DRIVER_BIT) record(device, 'd');
    if (set & features_ok) {
        record(device, 'f');
        uint64_t needed = REGMAP_BIT(VIRTIO_F_VERSION_1_BIT) | REGMAP_BIT(VIRTIO_F_RING_PACKED_BIT);
        uint64_t taken = device->state.driver_features;
        if (device->config.refuse_features || (taken & ~device->config.features) || (taken & needed) != needed)
            value = (uint8_t)(value & ~features_ok);
    }
    if (set & 1u << VIRTIO_STATUS_FAILED_BIT) record(device, 'x');
    device->status = value;
    if (set & 1u << VIRTIO_STATUS_DRIVER_OK_BIT) {
        record(device, 'o');
        fake_device_schedule(fake); /* as a doorbell for every queue: a driver may fill rings before this */
    }
}

unsigned fake_device_max_pairs(const struct fake_device *device) { return device->config.max_pairs ? device->config.max_pairs : 1; }

/* [V] 5.1.2: behind all pairs if MQ was negotiated, behind the first if not. */
unsigned fake_device_control_queue(const struct fake_platform *fake) {
    if (!fake_has(fake, VIRTIO_NET_F_CTRL_VQ_BIT)) return FAKE_QUEUES;
    return fake_has(fake, VIRTIO_NET_F_MQ_BIT) || fake_has(fake, VIRTIO_NET_F_RSS_BIT) ? 2 * fake_device_max_pairs(&fake->device) : 2;
}

static struct fake_ring *selected(struct fake_platform *fake) {
    const unsigned queue = fake->device.queue_select;
    bool there = queue < 2 * fake_device_max_pairs(&fake->device) || queue == fake_device_control_queue(fake);
    return there && queue < FAKE_QUEUES ? &fake->device.rings[queue] : NULL;
}

/* [V] 4.1.4.3.1: 1 while it goes on, then the queue is as after a reset. */
static uint32_t read_queue_reset(struct fake_device *device, struct fake_ring *ring) {
    if (!ring || !ring->resetting) return 0;
    if (ring->resetting != UINT_MAX && --ring->resetting == 0) fake_ring_reset(ring, device->config.queue_size);
    return ring->resetting != 0;
}

static void start_queue_reset(struct fake_platform *fake, struct fake_ring *ring) {
    if (!fake_has(fake, VIRTIO_F_RING_RESET_BIT)) return;
    record(&fake->device, 's');
    fake->device.state.queue_resets++;
    const unsigned polls = fake->device.config.queue_reset_polls;
    fake_ring_reset(ring, fake->device.config.queue_size);
    ring->resetting = polls == UINT_MAX ? UINT_MAX : polls + 1;
    ring->enabled = polls != 0; /* shown until it is over; a ring in reset is not live */
}

static uint32_t read_status(struct fake_device *device) {
    if (!device->reset_countdown) return device->status;
    if (device->reset_countdown != UINT_MAX) device->reset_countdown--;
    return 1u << VIRTIO_STATUS_DRIVER_OK_BIT; /* still busy: anything but 0 */
}

static uint32_t common_read(struct fake_platform *fake, uint32_t offset) {
    struct fake_device *device = &fake->device;
    struct fake_ring *ring = selected(fake);
    unsigned window = device->device_feature_select;
    switch (offset) {
    case VIRTIO_COMMON_DEVICE_FEATURE: return window < 2 ? (uint32_t)(device->config.features >> 32 * window) : 0;
    case VIRTIO_COMMON_CONFIG_MSIX_VECTOR: return device->config_vector;
    case VIRTIO_COMMON_NUM_QUEUES: return 2 * fake_device_max_pairs(device) + 1;
    case VIRTIO_COMMON_DEVICE_STATUS: return read_status(device);
    case VIRTIO_COMMON_CONFIG_GENERATION: return device->generation;
    case VIRTIO_COMMON_QUEUE_SELECT: return device->queue_select;
    case VIRTIO_COMMON_QUEUE_SIZE: return ring ? ring->size : 0;
    case VIRTIO_COMMON_QUEUE_MSIX_VECTOR: return ring ? ring->vector : VIRTIO_MSI_NO_VECTOR;
    case VIRTIO_COMMON_QUEUE_ENABLE: return ring && ring->enabled;
    case VIRTIO_COMMON_QUEUE_NOTIFY_OFF: return device->queue_select;
    case VIRTIO_COMMON_QUEUE_RESET: return read_queue_reset(device, ring);
    default: return 0;
    }
}

static void set_half(uint64_t *value, bool high, uint32_t half) {
    *value = high ? (*value & UINT32_MAX) | (uint64_t)half << 32 : (*value & ~(uint64_t)UINT32_MAX) | half;
}

static void queue_write(struct fake_platform *fake, struct fake_ring *ring, uint32_t offset, uint32_t value) {
    struct fake_device *device = &fake->device;
    switch (offset) {
    case VIRTIO_COMMON_QUEUE_SIZE:
        if (value && value <= device->config.queue_size) ring->size = (uint16_t)value;
        break;
    case VIRTIO_COMMON_QUEUE_MSIX_VECTOR:
        record(device, 'v');
        ring->vector = device->config.refuse_vectors || value >= FAKE_VECTORS ? VIRTIO_MSI_NO_VECTOR : (uint16_t)value;
        break;
    case VIRTIO_COMMON_QUEUE_ENABLE:
        record(device, 'e');
        ring->enabled = value == 1 && ring->size;
        break;
    case VIRTIO_COMMON_QUEUE_DESC: case VIRTIO_COMMON_QUEUE_DESC + 4:
        record(device, 'q');
        set_half(&ring->desc, offset != VIRTIO_COMMON_QUEUE_DESC, value);
        break;
    case VIRTIO_COMMON_QUEUE_DRIVER: case VIRTIO_COMMON_QUEUE_DRIVER + 4:
        set_half(&ring->driver, offset != VIRTIO_COMMON_QUEUE_DRIVER, value);
        break;
    case VIRTIO_COMMON_QUEUE_DEVICE: case VIRTIO_COMMON_QUEUE_DEVICE + 4:
        set_half(&ring->device, offset != VIRTIO_COMMON_QUEUE_DEVICE, value);
        break;
    case VIRTIO_COMMON_QUEUE_RESET:
        if (value == 1) start_queue_reset(fake, ring);
        break;
    default: break;
    }
}

static void common_write(struct fake_platform *fake, uint32_t offset, uint32_t value) {
    struct fake_device *device = &fake->device;
    switch (offset) {
    case VIRTIO_COMMON_DEVICE_FEATURE_SELECT: device->device_feature_select = value; break;
    case VIRTIO_COMMON_DRIVER_FEATURE_SELECT: device->driver_feature_select = value; break;
    case VIRTIO_COMMON_DRIVER_FEATURE:
        record(device, 'w');
        if (device->driver_feature_select < 2) set_half(&device->state.driver_features, device->driver_feature_select, value);
        break;
    case VIRTIO_COMMON_CONFIG_MSIX_VECTOR:
        record(device, 'c');
        device->config_vector = device->config.refuse_vectors || value >= FAKE_VECTORS ? VIRTIO_MSI_NO_VECTOR : (uint16_t)value;
        break;
    case VIRTIO_COMMON_DEVICE_STATUS: write_status(fake, (uint8_t)value); break;
    case VIRTIO_COMMON_QUEUE_SELECT: device->queue_select = (uint16_t)value; break;
    default:
        if (selected(fake)) queue_write(fake, selected(fake), offset, value);
    }
}

static uint32_t net_read(struct fake_device *device, uint32_t offset, unsigned size) {
    uint8_t space[VIRTIO_NET_CONFIG_BYTES] = {0};
    memcpy(space, device->config.mac, 6);
    space[VIRTIO_NET_CONFIG_STATUS] = device->config.link_up;
    if (device->config.features & REGMAP_BIT(VIRTIO_NET_F_MQ_BIT))
        put(space, VIRTIO_NET_CONFIG_MAX_VIRTQUEUE_PAIRS, 2, fake_device_max_pairs(device));
    if (device->config.features & REGMAP_BIT(VIRTIO_NET_F_MTU_BIT)) put(space, VIRTIO_NET_CONFIG_MTU, 2, device->config.mtu);
    uint32_t value = 0;
    for (unsigned i = 0; i < size && offset + i < sizeof(space); i++) value |= (uint32_t)space[offset + i] << 8 * i;
    if (offset == VIRTIO_NET_CONFIG_MAC && device->config.generation_changes) {
        device->config.generation_changes--;
        device->config.mac[5]++; /* torn: the byte that is read last is newer than the first */
        device->generation++;
    }
    return value;
}

uint32_t fake_mmio_read(struct fake_platform *fake, unsigned bar, uint32_t offset, unsigned size) {
    struct fake_device *device = &fake->device;
    if (device->removed) return size == 4 ? UINT32_MAX : (1u << 8 * size) - 1;
    if (bar == 0 && offset < BAR0_ISR) return common_read(fake, offset);
    if (bar == 0 && offset == BAR0_ISR) {
        uint8_t isr = device->isr;
        device->isr = 0;
        return isr;
    }
    if (bar == 0 && offset >= BAR0_DEVICE && offset < BAR0_NOTIFY) return net_read(device, offset - BAR0_DEVICE, size);
    if (bar != 0 || offset < BAR0_STATS) fake_violate(fake, "mmio.address", "ours", -1, "read of BAR%u at 0x%x", bar, offset);
    return 0;
}

static void doorbell(struct fake_platform *fake, uint32_t offset, uint32_t value, unsigned size) {
    struct fake_device *device = &fake->device;
    unsigned queue = offset / BAR0_NOTIFY_MULTIPLIER;
    bool wide = device->state.driver_features & REGMAP_BIT(VIRTIO_F_NOTIFICATION_DATA_BIT);
    if (queue >= FAKE_QUEUES || offset % BAR0_NOTIFY_MULTIPLIER || (value & 0xFFFF) != queue || size != (wide ? 4u : 2u) ||
        !(device->status & 1u << VIRTIO_STATUS_DRIVER_OK_BIT) || !device->rings[queue].enabled || device->rings[queue].resetting) {
        fake_violate(fake, "doorbell.bad", "[V] 4.1.5.2", -1, "doorbell 0x%x of %u bytes at offset 0x%x", value, size, offset);
        return;
    }
    device->state.doorbells[queue]++;
    device->state.last_doorbell[queue] = value;
    fake_device_schedule(fake);
}

void fake_mmio_write(struct fake_platform *fake, unsigned bar, uint32_t offset, unsigned size, uint32_t value) {
    if (fake->device.removed) return;
    if (bar == 0 && offset < BAR0_ISR)
        common_write(fake, offset, value);
    else if (bar == 0 && offset >= BAR0_NOTIFY && offset < BAR0_STATS)
        doorbell(fake, offset - BAR0_NOTIFY, value, size);
    else
        fake_violate(fake, "mmio.address", "ours", -1, "write of BAR%u at 0x%x", bar, offset);
}

void fake_device_init(struct fake_platform *fake) {
    struct fake_device *device = &fake->device;
    device->config = fake->config.device;
    device->scratch = malloc(1 << 17);
    if (!device->scratch) abort();
    reset(device);
    device->reset_countdown = device->write_count = device->state.resets = 0;
    memset(device->state.writes, 0, sizeof(device->state.writes));
}

void fake_device_free(struct fake_platform *fake) { free(fake->device.scratch); }

void fake_device_on_transmit(struct fake_platform *fake, fake_transmit_fn callback, void *arg) {
    fake->device.transmit = callback;
    fake->device.transmit_arg = arg;
}

static void config_interrupt(struct fake_platform *fake) {
    fake->device.generation++;
    fake->device.isr |= 1u << VIRTIO_ISR_CONFIG_BIT;
    if (fake->device.config_vector != VIRTIO_MSI_NO_VECTOR) fake_platform_interrupt(fake, fake->device.config_vector);
}

void fake_device_set_link(struct fake_platform *fake, bool up) {
    fake->device.config.link_up = up;
    config_interrupt(fake);
}

void fake_device_remove(struct fake_platform *fake) {
    fake->device.removed = true;
    fake->device.status = 0; /* no ring is live */
}

void fake_device_refuse_features(struct fake_platform *fake) { fake->device.config.refuse_features = true; }

void fake_device_fail(struct fake_platform *fake) {
    fake->device.status |= 1u << VIRTIO_STATUS_NEEDS_RESET_BIT;
    config_interrupt(fake);
}

void fake_device_get_state(const struct fake_platform *fake, struct fake_device_state *state) {
    const struct fake_device *device = &fake->device;
    *state = device->state;
    state->status = device->status;
    state->config_vector = device->config_vector;
    state->pairs = device->pairs;
    for (unsigned i = 0; i < FAKE_QUEUES; i++) {
        state->size[i] = device->rings[i].size;
        state->vector[i] = device->rings[i].vector;
        state->enabled[i] = device->rings[i].enabled;
        state->max_packets[i] = device->rings[i].max_packets;
        state->max_usecs[i] = device->rings[i].max_usecs;
    }
}
