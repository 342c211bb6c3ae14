// SPDX-License-Identifier: Apache-2.0
// The file of --events, read back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace system_test {

struct EventLine {
    uint64_t time_ps = 0;
    std::string lane, kind;
    uint64_t queue = 0, index = 0, packet = 0, value = 0;
    std::string text;

    bool is_tlp() const { return kind == "tlp_up" || kind == "tlp_down"; }
};

// All events of a file; the test has failed when a line cannot be read.
std::vector<EventLine> read_events(const std::string& path);

}  // namespace system_test
