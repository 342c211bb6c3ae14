// SPDX-License-Identifier: Apache-2.0
// One level of cache: which lines it holds, the least recently used of a set replaced. No data, and no time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hw {

constexpr unsigned line_bits = 6;
constexpr uint32_t line_bytes = 1u << line_bits;

struct CacheGeometry {
    uint32_t bytes;  // sets * ways * 64; the sets are a power of two
    uint32_t ways;
    // Empty when it can be built, else what was expected.
    std::string error() const;
};

class Cache {
public:
    static constexpr uint64_t no_line = UINT64_MAX;

    explicit Cache(const CacheGeometry& geometry);

    // What a level knows of a line that it holds.
    struct Entry {
        uint64_t line = no_line;  // address / 64
        uint64_t used = 0;        // larger: later
        bool shared = false;      // a device has read it since: the next write must ask for it again
    };

    // The line, which becomes the most recently used; null: it is not here.
    Entry* access(uint64_t line) {
        Entry* const set = set_of(line);
        for (uint32_t way = 0; way < ways_; way++)
            if (set[way].line == line) {
                set[way].used = ++clock_;
                return &set[way];
            }
        return nullptr;
    }
    // The line without using it.
    Entry* find(uint64_t line) {
        Entry* const set = set_of(line);
        for (uint32_t way = 0; way < ways_; way++)
            if (set[way].line == line) return &set[way];
        return nullptr;
    }
    // Puts a line that is not here in place of the least recently used of its set, or of the first `ways` of it. Which one had to
    // go, or no_line.
    uint64_t insert(uint64_t line, uint32_t ways = UINT32_MAX);
    void remove(uint64_t line) {
        if (Entry* entry = find(line)) *entry = {};
    }

private:
    Entry* set_of(uint64_t line) { return &entries_[(line & (sets_ - 1)) * ways_]; }

    uint64_t sets_;
    uint32_t ways_;
    uint64_t clock_ = 0;
    std::vector<Entry> entries_;
};

}  // namespace hw
