// SPDX-License-Identifier: Apache-2.0
// What rtl/net/flow_hash.sv computes, written from its description and not from its code: bytes in the order of the wire.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

// The hash of the first 64 bytes of a frame; bytes behind its end are 0.
inline uint8_t flow_hash_model(const std::array<uint8_t, 64>& f) {
    auto at = [&](size_t i) { return i < 64 ? f[i] : uint8_t{0}; };
    auto be16 = [&](size_t i) { return at(i) << 8 | at(i + 1); };
    size_t l3 = 14;
    int type = be16(12);
    if (type == 0x8100) {
        type = be16(16);
        l3 = 18;
    }
    uint8_t hash = 0;   // folding to 8 bits makes the XOR of words the XOR of all their bytes
    auto mix = [&](size_t from, size_t bytes) { for (size_t i = 0; i < bytes; ++i) hash = uint8_t(hash ^ at(from + i)); };
    const int version = at(l3) >> 4;
    if (type == 0x0800 && version == 4) {
        mix(l3 + 12, 8);
        const bool fragment = be16(l3 + 6) & 0x3FFF;
        const int protocol = at(l3 + 9);
        if (!fragment && (protocol == 6 || protocol == 17)) mix(l3 + 4 * (at(l3) & 15), 4);
    } else if (type == 0x86DD && version == 6) {
        mix(l3 + 8, 32);
        const int next = at(l3 + 6);
        if (next == 6 || next == 17) mix(l3 + 40, 4);
    } else {
        mix(0, 12);
    }
    return hash;
}
