/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_receive.c: which received frames the fake device wants, to which pair they go, and what it says of them: filters, receive side
 * scaling, verified checksums. [V] 5.1.6.4, 5.1.6.5
 */
#include <string.h>

#include "fake_internal.h"

enum { TCP = 6, UDP = 17 };

/* Every bit of the input that is set adds the 32 bits of the key that stand under it. */
uint32_t fake_toeplitz(const uint8_t *key, const uint8_t *input, size_t bytes) {
    uint32_t hash = 0;
    for (size_t bit = 0; bit < bytes * 8; bit++) {
        if (!(input[bit / 8] >> (7 - bit % 8) & 1)) continue;
        uint32_t window = 0;
        for (size_t i = bit; i < bit + 32; i++) window = window << 1 | (i / 8 < FAKE_RSS_KEY ? (unsigned)key[i / 8] >> (7 - i % 8) & 1u : 0u);
        hash ^= window;
    }
    return hash;
}

/* hash_report, and the hash. 0: nothing that is on. */
static unsigned hash_of(const struct fake_device *device, const uint8_t *frame, size_t length, uint32_t *hash) {
    const struct fake_packet packet = fake_packet_of(frame, length);
    uint8_t input[36];
    if (!packet.version) return 0;
    const size_t addresses = packet.version == 4 ? 8 : 32, at = packet.ip + (packet.version == 4 ? 12 : 8);
    const unsigned first = packet.version == 4 ? 1 : 4;
    memcpy(input, frame + at, addresses);
    const bool ports = !packet.fragment && packet.l4 + 4 <= length;
    if (ports) memcpy(input + addresses, frame + packet.l4, 4);
    unsigned report = 0;
    if (ports && packet.protocol == TCP && device->rss.types >> first & 1) report = first + 1;
    if (ports && packet.protocol == UDP && device->rss.types >> (first + 1) & 1) report = first + 2;
    if (!report && device->rss.types >> (first - 1) & 1) report = first;
    if (report) *hash = fake_toeplitz(device->rss.key, input, addresses + (report == first ? 0 : 4));
    return report;
}

unsigned fake_receive_pair(struct fake_platform *fake, const uint8_t *frame, size_t length) {
    const struct fake_device *device = &fake->device;
    uint32_t hash;
    if (!device->rss.on) return fake_device_pair_of(frame, length, device->pairs);
    return hash_of(device, frame, length, &hash) ? device->rss.table[hash & device->rss.mask] : device->rss.unclassified;
}

void fake_receive_header(struct fake_platform *fake, const uint8_t *frame, size_t length, uint8_t *header) {
    struct fake_device *device = &fake->device;
    uint32_t hash = 0;
    memset(header, 0, VIRTIO_NET_HDR_HASH_SIZE);
    if (fake_has(fake, VIRTIO_NET_F_GUEST_CSUM_BIT) && !device->guest_csum_off && fake_checksum_is_good(frame, length))
        header[VIRTIO_NET_HDR_FLAGS] = 1u << VIRTIO_NET_HDR_F_DATA_VALID_BIT;
    const unsigned report = hash_of(device, frame, length, &hash);
    for (unsigned i = 0; i < 4; i++) header[VIRTIO_NET_HDR_HASH_VALUE + i] = (uint8_t)(hash >> 8 * i);
    header[VIRTIO_NET_HDR_HASH_REPORT] = (uint8_t)report;
}

bool fake_receive_wants(const struct fake_platform *fake, const uint8_t *frame, size_t length) {
    static const uint8_t broadcast[6] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    const struct fake_device *device = &fake->device;
    if (!fake_has(fake, VIRTIO_NET_F_CTRL_RX_BIT) || length < 14 || device->modes[VIRTIO_CTRL_RX_PROMISC]) return true;
    if (fake_has(fake, VIRTIO_NET_F_CTRL_VLAN_BIT) && frame[12] == 0x81 && frame[13] == 0 &&
        !device->vlans[(frame[14] & 15) << 8 | frame[15]])
        return false;
    if (memcmp(frame, broadcast, 6) == 0) return !device->modes[VIRTIO_CTRL_RX_NOBCAST];
    bool listed = memcmp(frame, device->address, 6) == 0;
    for (unsigned i = 0; i < device->macs && !listed; i++) listed = memcmp(frame, device->mac_table[i], 6) == 0;
    if (frame[0] & 1) return (listed || device->modes[VIRTIO_CTRL_RX_ALLMULTI]) && !device->modes[VIRTIO_CTRL_RX_NOMULTI];
    return (listed || device->modes[VIRTIO_CTRL_RX_ALLUNI]) && !device->modes[VIRTIO_CTRL_RX_NOUNI];
}
