// SPDX-License-Identifier: Apache-2.0
#include "fcs.h"

#include <zlib.h>

#include "regmap.h"

namespace hw {

uint32_t fcs(const uint8_t* data, size_t length) {
    return static_cast<uint32_t>(crc32_z(crc32_z(0, nullptr, 0), data, length));
}

void pad_and_append_fcs(std::vector<uint8_t>& frame) {
    if (frame.size() + ETH_FCS < ETH_MIN_FRAME) frame.resize(ETH_MIN_FRAME - ETH_FCS, 0);
    const uint32_t crc = fcs(frame.data(), frame.size());
    for (unsigned i = 0; i < ETH_FCS; ++i) frame.push_back(static_cast<uint8_t>(crc >> (8 * i)));
}

bool fcs_is_good(const std::vector<uint8_t>& frame) {
    if (frame.size() <= ETH_FCS) return false;
    const size_t length = frame.size() - ETH_FCS;
    uint32_t sent = 0;
    for (unsigned i = 0; i < ETH_FCS; ++i) sent |= static_cast<uint32_t>(frame[length + i]) << (8 * i);
    return fcs(frame.data(), length) == sent;
}

}  // namespace hw
