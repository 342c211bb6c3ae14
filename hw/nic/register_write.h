// SPDX-License-Identifier: Apache-2.0
// Registers as they are seen in TLPs on the link, for those who watch a device: what was written, and numbers in payloads.
#pragma once

#include <cstdint>

#include "regmap.h"
#include "tlp.h"

namespace hw {

constexpr uint64_t bar_mask = BAR0_SIZE - 1;  // BAR0 is naturally aligned, and the only one

inline uint64_t little_endian(const uint8_t* bytes, uint32_t count) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < count; ++i) value |= uint64_t{bytes[i]} << 8 * i;
    return value;
}

// A half of a 64-bit register that was written as two.
inline void set_half(uint64_t& field, bool high, uint64_t value) {
    const unsigned shift = high ? 32 : 0;
    field = (field & ~(uint64_t{UINT32_MAX} << shift)) | value << shift;
}

// Is this a write of one register of BAR0, of up to four bytes? Then where and what.
inline bool register_write(const Tlp& tlp, uint32_t* offset, uint64_t* value) {
    if (!tlp.is_memory_write() || tlp.payload_bytes != 4) return false;
    *offset = static_cast<uint32_t>(tlp.first_byte() & bar_mask);
    *value = little_endian(tlp.payload.data() + (tlp.first_byte() & 3), tlp.byte_span());
    return true;
}

}  // namespace hw
