// SPDX-License-Identifier: Apache-2.0
#include "cache.h"

#include <algorithm>
#include <cassert>

namespace hw {

std::string CacheGeometry::error() const {
    const uint64_t sets = ways ? bytes / (uint64_t{ways} * line_bytes) : 0;
    if (sets && (sets & (sets - 1)) == 0 && sets * ways * line_bytes == bytes) return {};
    return "a cache of " + std::to_string(bytes) + " bytes and " + std::to_string(ways) +
           " ways: expected sets of lines of 64 bytes, a power of two of them";
}

Cache::Cache(const CacheGeometry& geometry)
    : sets_(geometry.bytes / (uint64_t{geometry.ways} * line_bytes)), ways_(geometry.ways), entries_(sets_ * ways_) {
    assert(geometry.error().empty());
}

uint64_t Cache::insert(uint64_t line, uint32_t ways) {
    Entry* const set = set_of(line);
    Entry* const end = set + std::min(ways, ways_);
    Entry* const oldest = std::min_element(set, end, [](const Entry& a, const Entry& b) { return a.used < b.used; });
    const uint64_t gone = oldest->line;
    *oldest = {line, ++clock_, false};
    return gone;
}

}  // namespace hw
