// SPDX-License-Identifier: Apache-2.0
// Where measured time goes: by function, with the accesses and the levels that served them, over a stretch of packets.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <unordered_map>

#include "cache_levels.h"
#include "function_names.h"

namespace hw {

class Profile {
public:
    struct Function {
        FunctionName name;
        uint64_t calls = 0;
        uint64_t ticks = 0;  // in itself
        uint64_t loads = 0, stores = 0;
        std::array<uint64_t, levels> served{};  // accesses, by the level of their furthest line
    };
    struct Totals {
        uint64_t ticks = 0, instructions = 0, loads = 0, stores = 0;
        std::array<uint64_t, levels> served{};
        uint64_t lines = 0;  // different ones, of each batch
        uint64_t batches = 0;
        uint64_t foreign = 0;  // accesses to memory that is not the machine's
    };

    Function& function(size_t id) { return functions_[id]; }
    size_t add(FunctionName name) {
        functions_.push_back({std::move(name), 0, 0, 0, 0, {}});
        return functions_.size() - 1;
    }
    const std::deque<Function>& functions() const { return functions_; }  // names stay where they are
    Totals& totals() { return totals_; }
    const Totals& totals() const { return totals_; }

    void touch(uint64_t line) {
        uint64_t& batch = lines_[line];
        if (batch == batch_) return;
        batch = batch_;
        totals_.lines++;
    }
    void next_batch() {
        batch_++;
        totals_.batches++;
    }
    // From here on; functions keep their numbers.
    void clear() {
        for (Function& function : functions_) {
            function.calls = function.ticks = function.loads = function.stores = 0;
            function.served.fill(0);
        }
        totals_ = {};
        batch_++;
    }

private:
    std::deque<Function> functions_;
    Totals totals_;
    uint64_t batch_ = 1;
    std::unordered_map<uint64_t, uint64_t> lines_;  // looked up, never iterated: the last batch that touched it
};

}  // namespace hw
