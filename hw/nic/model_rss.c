/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rss and toeplitz: receive side scaling: the hash of a packet, what was hashed, and the receive queue that follows ([V] 5.1.6.5.7).
 *
 * The most specific enabled type counts: addresses and ports of TCP or UDP, else addresses, else nothing. What is not hashed goes to the
 * queue for unclassified packets.
 */
#include "model_device.h"

enum { PORTS = 4, WINDOW_BITS = 32 };

/* [V] 5.1.6.4.3.1, in the order of the types' numbers: addresses, TCP, UDP; IPv4, then IPv6. */
static unsigned type_of(const struct model_parsed *parsed, bool with_ports) {
    const unsigned base = parsed->v6 ? VIRTIO_HASH_IPV6_BIT : VIRTIO_HASH_IPV4_BIT;
    if (!with_ports) return base;
    return base + (parsed->tcp ? VIRTIO_HASH_TCPV4_BIT : VIRTIO_HASH_UDPV4_BIT);
}

/* Each bit of the input that is 1 adds the 32 bits of the key that begin at its place. */
static uint32_t toeplitz(const uint8_t key[VIRTIO_HASH_KEY_BYTES], const uint8_t *input, unsigned bytes) {
    uint64_t window = 0; /* the 32 bits at hand in its upper half, and the 8 that follow */
    uint32_t hash = 0;
    for (unsigned i = 0; i < WINDOW_BITS / 8; i++) window = window << 8 | key[i];
    for (unsigned i = 0; i < bytes; i++) {
        window = window << 8 | key[i + WINDOW_BITS / 8];
        for (unsigned bit = 0; bit < 8; bit++)
            if (input[i] >> (7 - bit) & 1) hash ^= (uint32_t)(window >> (8 - bit));
    }
    return hash;
}

void model_rss_judge(const struct model *model, const struct model_parsed *parsed, struct model_verdict *verdict) {
    const struct model_rss *rss = &model->rss;
    const bool is_ip = parsed->v4 || parsed->v6;
    const bool ports = is_ip && (parsed->tcp || parsed->udp) && (rss->types >> type_of(parsed, true) & 1);
    verdict->hash = 0;
    verdict->report = 0;
    verdict->pair = rss->unclassified;
    if (!ports && !(is_ip && (rss->types >> type_of(parsed, false) & 1))) return;
    verdict->hash = toeplitz(rss->key, parsed->tuple, parsed->address_bytes + (ports ? PORTS : 0));
    verdict->report = (uint16_t)(type_of(parsed, ports) + 1);
    verdict->pair = rss->table[verdict->hash & rss->mask];
}
