// SPDX-License-Identifier: Apache-2.0
// The frames of sim/captures: what real programs sent and received.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "regmap.h"

// Of every pcap file there, in the order of their names; without FCS. Those longer than the device carries are left out.
inline std::vector<std::vector<uint8_t>> captured_frames() {
    std::vector<std::filesystem::path> files;
    const auto folder = std::filesystem::path(__FILE__).parent_path() / ".." / ".." / "sim" / "captures";
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".pcap") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<std::vector<uint8_t>> frames;
    for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        const std::vector<uint8_t> all{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
        for (size_t at = 24; at + 16 <= all.size();) {      // behind the file header: records of 16 bytes and the frame
            uint32_t length;
            std::memcpy(&length, &all[at + 8], 4);
            at += 16;
            if (at + length > all.size()) break;
            if (length <= ETH_MAX_FRAME - ETH_FCS) frames.emplace_back(all.begin() + long(at), all.begin() + long(at + length));
            at += length;
        }
    }
    return frames;
}
