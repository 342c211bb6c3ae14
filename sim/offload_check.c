/* SPDX-License-Identifier: Apache-2.0 */
/* offload_check.c: checksums and hashes of received frames, done again in software. RFC 791, 768, 1071, 8200, 9293. */
#include "offload_check.h"

#include <string.h>

enum {
    TYPE = 12, TAG = 4, TYPE_VLAN = 0x8100, TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD, IPV4 = 20, IPV6 = 40, TCP = 6, UDP = 17, FRAGMENT = 0x3FFF
};

struct packet {
    unsigned version, protocol;
    bool fragment;
    const uint8_t *addresses, *l4;
    size_t address_bytes, l4_bytes; /* as IP says; no more than there is */
};

static unsigned be16(const uint8_t *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }

/* Bytes of the payload of IP are those of its length field; behind them is padding. */
static struct packet parse(const uint8_t *frame, size_t length) {
    struct packet packet = {0};
    size_t at = TYPE;
    while (length >= at + 2 && be16(frame + at) == TYPE_VLAN) at += TAG;
    const unsigned type = length >= at + 2 ? be16(frame + at) : 0;
    const uint8_t *ip = frame + at + 2;
    const size_t left = length >= at + 2 ? length - at - 2 : 0;
    size_t header = 0, total = 0;
    if (type == TYPE_IPV4 && left >= IPV4 && ip[0] >> 4 == 4) {
        header = (ip[0] & 15u) * 4u;
        total = be16(ip + 2);
        packet = (struct packet){.version = 4, .protocol = ip[9], .addresses = ip + 12, .address_bytes = 8};
        packet.fragment = (be16(ip + 6) & FRAGMENT) != 0;
    } else if (type == TYPE_IPV6 && left >= IPV6 && ip[0] >> 4 == 6) {
        header = IPV6;
        total = IPV6 + be16(ip + 4);
        packet = (struct packet){.version = 6, .protocol = ip[6], .addresses = ip + 8, .address_bytes = 32};
    }
    if (!packet.version || header > total || total > left || (packet.version == 4 && header < IPV4)) return packet;
    packet.l4 = ip + header;
    packet.l4_bytes = total - header;
    return packet;
}

static uint32_t add(uint32_t sum, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return sum;
}

static bool is_good(const uint8_t *frame, size_t length, unsigned protocol) {
    const struct packet packet = parse(frame, length);
    if (!packet.l4 || packet.protocol != protocol || packet.fragment) return false;
    if (packet.l4_bytes < (protocol == TCP ? 20u : 8u) || (protocol == UDP && be16(packet.l4 + 6) == 0)) return false;
    const uint8_t pseudo[4] = {(uint8_t)(packet.l4_bytes >> 8), (uint8_t)packet.l4_bytes, 0, (uint8_t)protocol};
    return add(add(add(0, packet.addresses, packet.address_bytes), pseudo, sizeof pseudo), packet.l4, packet.l4_bytes) == 0xFFFF;
}

bool offload_tcp_is_good(const uint8_t *frame, size_t length) { return is_good(frame, length, TCP); }
bool offload_udp_is_good(const uint8_t *frame, size_t length) { return is_good(frame, length, UDP); }

/* The key slides past the input, a bit at a time; where the input has a 1, its first 32 bits are added. */
static uint32_t toeplitz(const uint8_t key[OFFLOAD_KEY_BYTES], const uint8_t *input, size_t bytes) {
    uint64_t window = 0;
    uint32_t hash = 0;
    for (unsigned i = 0; i < 8; i++) window = window << 8 | key[i];
    for (size_t byte = 0; byte < bytes; byte++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            if (input[byte] << bit & 0x80) hash ^= (uint32_t)(window >> 32);
            window <<= 1;
        }
        window |= byte + 8 < OFFLOAD_KEY_BYTES ? key[byte + 8] : 0;
    }
    return hash;
}

enum offload_hash offload_hash_of(const uint8_t *frame, size_t length, const uint8_t key[OFFLOAD_KEY_BYTES], uint32_t *hash) {
    const struct packet packet = parse(frame, length);
    uint8_t input[36];
    if (!packet.version) return OFFLOAD_HASH_NONE;
    const bool ports = packet.l4 && !packet.fragment && (packet.protocol == TCP || packet.protocol == UDP) && packet.l4_bytes >= 4;
    memcpy(input, packet.addresses, packet.address_bytes);
    if (ports) memcpy(input + packet.address_bytes, packet.l4, 4);
    *hash = toeplitz(key, input, packet.address_bytes + (ports ? 4 : 0));
    const enum offload_hash first = packet.version == 4 ? OFFLOAD_HASH_IPV4 : OFFLOAD_HASH_IPV6;
    return !ports ? first : packet.protocol == TCP ? first + 1 : first + 2;
}
