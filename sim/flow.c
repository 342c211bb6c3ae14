/* SPDX-License-Identifier: Apache-2.0 */
/* frame_flow(): the bytes that make a flow, hashed. */
#include "flow.h"

#include <stdbool.h>

enum {
    ADDRESSES = 12, TAG = 4, TYPE_VLAN = 0x8100, TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD, TCP = 6, UDP = 17, PORTS = 4,
    IPV4_HEADER = 20, IPV6_HEADER = 40
};

/* FNV-1a. */
static uint64_t add(uint64_t hash, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * UINT64_C(0x100000001B3);
    return hash;
}

static unsigned be16(const uint8_t *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }
static bool has_ports(uint8_t protocol) { return protocol == TCP || protocol == UDP; }

uint64_t frame_flow(const uint8_t *frame, size_t length) {
    const uint64_t begin = UINT64_C(0xCBF29CE484222325);
    size_t at = ADDRESSES;
    if (length >= at + 2 && be16(frame + at) == TYPE_VLAN) at += TAG;
    const unsigned type = length >= at + 2 ? be16(frame + at) : 0;
    const uint8_t *ip = frame + at + 2;
    const size_t left = length >= at + 2 ? length - at - 2 : 0;
    if (type == TYPE_IPV4 && left >= IPV4_HEADER && ip[0] >> 4 == 4) {
        const size_t header = (ip[0] & 0xFu) * 4u;
        const uint64_t hash = add(begin, ip + 12, 8);
        const bool fragment = (be16(ip + 6) & 0x3FFF) != 0;
        return !fragment && has_ports(ip[9]) && left >= header + PORTS ? add(hash, ip + header, PORTS) : hash;
    }
    if (type == TYPE_IPV6 && left >= IPV6_HEADER && ip[0] >> 4 == 6) {
        const uint64_t hash = add(begin, ip + 8, 32);
        return has_ports(ip[6]) && left >= IPV6_HEADER + PORTS ? add(hash, ip + IPV6_HEADER, PORTS) : hash;
    }
    return add(begin, frame, length < ADDRESSES ? length : ADDRESSES);
}
