/* SPDX-License-Identifier: Apache-2.0 */
/* fake_control.c: commands of the control queue, [V] 5.1.6.5. */
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
    fake->device.rss.on = false; /* the last command of the two counts */
    return true;
}

static bool set_rss(struct fake_platform *fake, const uint8_t *data, size_t bytes) {
    struct fake_rss rss = {.on = true};
    if (!fake_has(fake, VIRTIO_NET_F_RSS_BIT) || bytes < VIRTIO_RSS_TABLE) return false;
    rss.types = get(data + VIRTIO_RSS_TYPES, 4);
    rss.mask = (uint16_t)get(data + VIRTIO_RSS_MASK, 2);
    rss.unclassified = (uint16_t)get(data + VIRTIO_RSS_UNCLASSIFIED, 2);
    const unsigned entries = rss.mask + 1u, most = fake_device_max_pairs(&fake->device);
    const size_t behind = VIRTIO_RSS_TABLE + 2 * (size_t)entries;
    if ((entries & rss.mask) || entries > FAKE_RSS_ENTRIES || bytes < behind + 3 || (rss.types & ~(uint32_t)VIRTIO_HASH_SUPPORTED)) return false;
    for (unsigned i = 0; i < entries; i++) rss.table[i] = (uint16_t)get(data + VIRTIO_RSS_TABLE + 2 * i, 2);
    for (unsigned i = 0; i < entries; i++)
        if (rss.table[i] >= most) return false;
    const uint32_t transmit = get(data + behind, 2), key = data[behind + 2];
    if (rss.unclassified >= most || transmit < 1 || transmit > most || key > FAKE_RSS_KEY || bytes < behind + 3 + key) return false;
    memcpy(rss.key, data + behind + 3, key);
    fake->device.rss = rss;
    return true;
}

static bool set_mode(struct fake_platform *fake, unsigned mode, const uint8_t *data, size_t bytes) {
    const bool extra = mode > VIRTIO_CTRL_RX_ALLMULTI;
    if (mode > VIRTIO_CTRL_RX_NOBCAST || bytes < 1) return false;
    if (!fake_has(fake, extra ? VIRTIO_NET_F_CTRL_RX_EXTRA_BIT : VIRTIO_NET_F_CTRL_RX_BIT)) return false;
    fake->device.modes[mode] = data[0] != 0;
    return true;
}

static bool set_macs(struct fake_platform *fake, const uint8_t *data, size_t bytes) {
    struct fake_device *device = &fake->device;
    if (!fake_has(fake, VIRTIO_NET_F_CTRL_RX_BIT) || bytes < 8) return false;
    const uint32_t unicasts = get(data, 4);
    if (bytes < 8 + 6 * (size_t)unicasts) return false;
    const uint32_t multicasts = get(data + 4 + 6 * unicasts, 4);
    if (unicasts + multicasts > FAKE_MACS || bytes < 8 + 6 * (size_t)(unicasts + multicasts)) return false;
    memcpy(device->mac_table, data + 4, 6 * unicasts);
    memcpy(device->mac_table + unicasts, data + 8 + 6 * unicasts, 6 * multicasts);
    device->macs = unicasts + multicasts;
    return true;
}

static bool set_vlan(struct fake_platform *fake, unsigned command, const uint8_t *data, size_t bytes) {
    if (!fake_has(fake, VIRTIO_NET_F_CTRL_VLAN_BIT) || bytes < 2 || get(data, 2) > 4095 || command > VIRTIO_CTRL_VLAN_DEL) return false;
    fake->device.vlans[get(data, 2)] = command == VIRTIO_CTRL_VLAN_ADD;
    return true;
}

static bool set_offloads(struct fake_platform *fake, const uint8_t *data, size_t bytes) {
    if (!fake_has(fake, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT) || bytes < 8) return false;
    if ((get(data, 4) & ~(uint32_t)REGMAP_BIT(VIRTIO_NET_F_GUEST_CSUM_BIT)) || get(data + 4, 4)) return false;
    fake->device.guest_csum_off = get(data, 4) == 0;
    return true;
}

static bool execute(struct fake_platform *fake, unsigned class, unsigned command, const uint8_t *data, size_t bytes) {
    switch (class) {
    case VIRTIO_CTRL_CLASS_RX: return set_mode(fake, command, data, bytes);
    case VIRTIO_CTRL_CLASS_MAC:
        if (command == VIRTIO_CTRL_MAC_ADDR_SET && fake_has(fake, VIRTIO_NET_F_CTRL_MAC_ADDR_BIT) && bytes == 6) {
            memcpy(fake->device.address, data, bytes);
            return true;
        }
        return command == VIRTIO_CTRL_MAC_TABLE_SET && set_macs(fake, data, bytes);
    case VIRTIO_CTRL_CLASS_VLAN: return set_vlan(fake, command, data, bytes);
    case VIRTIO_CTRL_CLASS_MQ:
        if (command == VIRTIO_CTRL_MQ_RSS_CONFIG) return set_rss(fake, data, bytes);
        return command == VIRTIO_CTRL_MQ_VQ_PAIRS_SET && set_pairs(fake, data, bytes);
    case VIRTIO_CTRL_CLASS_GUEST_OFFLOADS: return command == VIRTIO_CTRL_GUEST_OFFLOADS_SET && set_offloads(fake, data, bytes);
    default: return false;
    }
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
    const bool obeys = device->config.control == FAKE_CONTROL_OBEYS;
    if (request[VIRTIO_CTRL_CLASS] == VIRTIO_CTRL_CLASS_NOTF_COAL)
        done = obeys && moderation(fake, command, data, bytes, reply, &replied);
    else
        done = obeys && execute(fake, request[VIRTIO_CTRL_CLASS], command, data, bytes);
    reply[replied] = done ? VIRTIO_CTRL_ACK_OK : VIRTIO_CTRL_ACK_ERR;
    return replied + VIRTIO_CTRL_ACK_BYTES;
}
