// SPDX-License-Identifier: Apache-2.0
// A translation cache: the pages that were translated last, fully associative, the least recently used one replaced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

namespace hw {

class Tlb {
public:
    explicit Tlb(size_t entries) : entries_(entries) { place_.reserve(entries); }

    bool enabled() const { return entries_ != 0; }
    // Was this page there? It is afterwards. Requires enabled().
    bool access(uint64_t page) {
        const auto found = place_.find(page);
        if (found != place_.end()) {
            order_.splice(order_.begin(), order_, found->second);
            return true;
        }
        if (order_.size() == entries_) {
            place_.erase(order_.back());
            order_.pop_back();
        }
        order_.push_front(page);
        place_[page] = order_.begin();
        return false;
    }
    void invalidate(uint64_t page) {
        const auto found = place_.find(page);
        if (found == place_.end()) return;
        order_.erase(found->second);
        place_.erase(found);
    }

private:
    size_t entries_;
    std::list<uint64_t> order_;                                           // last used first
    std::unordered_map<uint64_t, std::list<uint64_t>::iterator> place_;   // looked up, never iterated
};

}  // namespace hw
