// SPDX-License-Identifier: Apache-2.0
// Reads FST files with the reader that comes with Verilator's runtime.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace fst {

struct File {
    // Full names as GTKWave shows them, "scope.scope.name[7:0]", in the order of the file; several may share a handle.
    std::vector<std::pair<std::string, uint32_t>> signals;
    std::map<uint32_t, std::vector<std::pair<uint64_t, std::string>>> changes;  // by handle: time, bits
    uint64_t start = 0, end = 0;
    int time_scale = 0;  // exponent of 10 seconds

    bool has(const std::string& name) const;
    // The changes of a signal named without its range; empty when there is none.
    std::vector<std::pair<uint64_t, std::string>> values(const std::string& name) const;
};

// Throws std::runtime_error when the file cannot be read. with_changes false: the hierarchy only.
File read(const std::string& path, bool with_changes = true);

// Bits as the ASCII text they hold.
std::string text_of(const std::string& bits);

}  // namespace fst
