// SPDX-License-Identifier: Apache-2.0
// The Internet checksum byte by byte, as RFC 1071 describes it and not as rtl/net computes it: 16-bit words in the order of the wire, a
// byte at a time, the carry put back at once.
//
// Spec: RFC 1071
#pragma once

#include <cstddef>
#include <cstdint>

// The sum goes on over `bytes` bytes, the first of which is a high byte; an odd last byte is followed by a 0.
inline uint16_t ones_sum(const uint8_t* data, size_t bytes, uint16_t sum = 0) {
    uint32_t total = sum;
    for (size_t i = 0; i < bytes; ++i) {
        total += i % 2 == 0 ? uint32_t(data[i]) << 8 : data[i];
        if (total > 0xFFFF) total -= 0xFFFF;
    }
    return uint16_t(total);
}
