/* SPDX-License-Identifier: Apache-2.0 */
/* fake_control.c: commands of the control queue, [V] 5.1.6.5: number of pairs, interrupt moderation. */
#include <string.h>

#include "fake_internal.h"

static uint32_t get(const uint8_t *from, unsigned bytes) {
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++) value |= (uint32_t)from[i] << 8 * i;
    return value;
}

static bool set_pairs(struct fake_platform *fake, const uint8_t *data, size_t bytes) {
    if (bytes < VIRTIO_CTRL_MQ_BYTES || !fake_has(fake, VIRTIO_NET_F_MQ_BIT)) return false;
    uint32_t pairs = get(data, VIRTIO_CTRL_MQ_BYTES);
    if (pairs < 1 || pairs > fake_device_max_pairs(&fake->device)) return false;
    fake->device.pairs = pairs;
    return true;
}

static void set_limits(struct fake_ring *ring, const uint8_t *limits) {
    ring->max_packets = get(limits + VIRTIO_CTRL_COAL_MAX_PACKETS, 4);
    ring->max_usecs = get(limits + VIRTIO_CTRL_COAL_MAX_USECS, 4);
}

static bool set_direction(struct fake_platform *fake, const uint8_t *data, size_t bytes, unsigned first) {
    if (bytes < VIRTIO_CTRL_COAL_BYTES || !fake_has(fake, VIRTIO_NET_F_NOTF_COAL_BIT)) return false;
    for (unsigned i = first; i < 2 * fake_device_max_pairs(&fake->device); i += 2) set_limits(&fake->device.rings[i], data);
    return true;
}

static struct fake_ring *named(struct fake_platform *fake, const uint8_t *data, size_t bytes, size_t needed) {
    if (bytes < needed || !fake_has(fake, VIRTIO_NET_F_VQ_NOTF_COAL_BIT)) return NULL;
    uint32_t queue = get(data + VIRTIO_CTRL_COAL_VQ_QUEUE, 2);
    return queue < 2 * fake_device_max_pairs(&fake->device) ? &fake->device.rings[queue] : NULL;
}

static bool moderation(struct fake_platform *fake, unsigned command, const uint8_t *data, size_t bytes, uint8_t *reply, size_t *replied) {
    struct fake_ring *ring;
    switch (command) {
    case VIRTIO_CTRL_NOTF_COAL_TX_SET: return set_direction(fake, data, bytes, FAKE_QUEUE_TX);
    case VIRTIO_CTRL_NOTF_COAL_RX_SET: return set_direction(fake, data, bytes, FAKE_QUEUE_RX);
    case VIRTIO_CTRL_NOTF_COAL_VQ_SET:
        ring = named(fake, data, bytes, VIRTIO_CTRL_COAL_VQ_BYTES);
        if (ring) set_limits(ring, data + VIRTIO_CTRL_COAL_VQ_LIMITS);
        return ring != NULL;
    case VIRTIO_CTRL_NOTF_COAL_VQ_GET:
        *replied = VIRTIO_CTRL_COAL_BYTES;
        ring = named(fake, data, bytes, VIRTIO_CTRL_COAL_VQ_GET_BYTES);
        for (unsigned i = 0; ring && i < 4; i++) {
            reply[VIRTIO_CTRL_COAL_MAX_PACKETS + i] = (uint8_t)(ring->max_packets >> 8 * i);
            reply[VIRTIO_CTRL_COAL_MAX_USECS + i] = (uint8_t)(ring->max_usecs >> 8 * i);
        }
        return ring != NULL;
    default: return false;
    }
}

size_t fake_control_execute(struct fake_platform *fake, const uint8_t *request, size_t bytes, uint8_t *reply, size_t room) {
    struct fake_device *device = &fake->device;
    bool done = false;
    size_t replied = 0;
    device->state.commands++;
    if (bytes < VIRTIO_CTRL_HEADER_BYTES || room < VIRTIO_CTRL_COAL_BYTES + VIRTIO_CTRL_ACK_BYTES) return 0;
    const uint8_t *data = request + VIRTIO_CTRL_HEADER_BYTES;
    bytes -= VIRTIO_CTRL_HEADER_BYTES;
    memset(reply, 0, room);
    if (device->config.control == FAKE_CONTROL_GARBLES) {
        reply[0] = 7;
        return VIRTIO_CTRL_ACK_BYTES;
    }
    const unsigned command = request[VIRTIO_CTRL_COMMAND];
    if (request[VIRTIO_CTRL_CLASS] == VIRTIO_CTRL_CLASS_MQ && command == VIRTIO_CTRL_MQ_VQ_PAIRS_SET)
        done = device->config.control == FAKE_CONTROL_OBEYS && set_pairs(fake, data, bytes);
    if (request[VIRTIO_CTRL_CLASS] == VIRTIO_CTRL_CLASS_NOTF_COAL)
        done = device->config.control == FAKE_CONTROL_OBEYS && moderation(fake, command, data, bytes, reply, &replied);
    reply[replied] = done ? VIRTIO_CTRL_ACK_OK : VIRTIO_CTRL_ACK_ERR;
    return replied + VIRTIO_CTRL_ACK_BYTES;
}
