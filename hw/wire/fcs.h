// SPDX-License-Identifier: Apache-2.0
// The frame check sequence. Spec: [E] IEEE 802.3-2018 3.2.9
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hw {

// CRC-32 of these bytes as Ethernet transmits it: 0xCBF43926 for "123456789".
uint32_t fcs(const uint8_t* data, size_t length);

// Appends padding up to the smallest frame, then the FCS, lowest byte first.
void pad_and_append_fcs(std::vector<uint8_t>& frame);

// Do the last four bytes match the others? False for fewer than five bytes.
bool fcs_is_good(const std::vector<uint8_t>& frame);

}  // namespace hw
