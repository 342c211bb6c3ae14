// SPDX-License-Identifier: Apache-2.0
#include "core.h"

#include <algorithm>

namespace hw {
namespace {

constexpr uint64_t structure_bytes = 4096;  // members of what a pointer points at lie within these

}  // namespace

// Instructions, some of them charged by rule, and the window that a load in front of them leaves.
void Core::allocate(uint64_t tenths) {
    instruction_tenths_ += tenths;
    const uint64_t whole = instruction_tenths_ / 10;
    instruction_tenths_ %= 10;
    instructions_ += whole;
    now_ += whole * (ticks_per_cycle / config_.instructions_per_cycle);
    while (!loads_.empty() &&
           (loads_.front().ready <= now_ || loads_.front().instruction + config_.reorder_window < instructions_)) {
        now_ = std::max(now_, loads_.front().ready);
        loads_.pop_front();
    }
}

uint64_t Core::start_of(uint64_t seen) const {
    uint64_t start = now_, nearest = structure_bytes;
    for (const Pointer& pointer : pointers_) {
        const uint64_t behind = seen - pointer.value;
        if (behind < nearest) start = now_;
        if (behind <= nearest && behind < structure_bytes) start = std::max(start, pointer.ready);
        nearest = std::min(nearest, behind);
    }
    return start;
}

// The line's transfer begins when a buffer is free for it.
uint64_t Core::take_fill_buffer(uint64_t start, uint64_t ticks) {
    uint64_t* const end = fill_buffers_.data() + std::min<size_t>(config_.fill_buffers, fill_buffers_.size());
    uint64_t* const first = std::min_element(fill_buffers_.data(), end);
    *first = std::max(start, *first) + ticks;
    return *first;
}

uint64_t Core::access_lines(uint64_t address, uint32_t bytes, bool write, uint64_t start, Access& access) {
    const uint64_t last = (address + (bytes ? bytes : 1) - 1) >> line_bits;
    uint64_t ready = start;
    for (uint64_t line = address >> line_bits; line <= last; line++, access.lines++) {
        const CacheLevels::Served served = caches_.access(line, write, start);
        access.level = std::max(access.level, served.level);
        const bool in_l1 = served.ticks <= config_.l1_cycles * ticks_per_cycle;
        ready = std::max(ready, in_l1 ? start + served.ticks : take_fill_buffer(start, served.ticks));
    }
    return ready;
}

Core::Access Core::load(uint64_t address, uint32_t bytes, uint64_t seen, uint64_t pointer) {
    allocate(10 + config_.other_per_access_tenths);
    Access access{Level::l1, 0};
    const uint64_t ready = access_lines(address, bytes, false, start_of(seen), access);
    loads_.push_back({instructions_, ready});
    if (pointer) pointers_[next_pointer_++ % pointers_.size()] = {pointer, ready};
    return access;
}

Core::Access Core::store(uint64_t address, uint32_t bytes, uint64_t seen) {
    allocate(10 + config_.other_per_access_tenths);
    Access access{Level::l1, 0};
    const uint64_t ready = access_lines(address, bytes, true, start_of(seen), access);
    while (!stores_.empty() && (stores_.front() <= now_ || stores_.size() >= config_.store_buffer)) {
        now_ = std::max(now_, stores_.front());
        stores_.pop_front();
    }
    stores_.push_back(ready);
    return access;
}

void Core::touch() { allocate(10 + config_.other_per_access_tenths); }

void Core::function() { allocate(config_.other_per_function_tenths); }

void Core::locked() {
    drain();
    now_ += config_.locked_cycles * ticks_per_cycle;
}

void Core::drain() {
    for (const Load& load : loads_) now_ = std::max(now_, load.ready);
    for (const uint64_t ready : stores_) now_ = std::max(now_, ready);
    loads_.clear();
    stores_.clear();
}

}  // namespace hw
