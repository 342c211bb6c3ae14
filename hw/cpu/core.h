// SPDX-License-Identifier: Apache-2.0
// How long a core takes for the accesses of a program: an out-of-order core as four rules.
//
// * Instructions are allocated in order, so many a cycle.
// * A load takes what its level takes, while the instructions behind it go on: until the reorder window is full of them.
// * A load whose address lies within a page behind a pointer that an earlier load brings waits for that load, of several
//   pointers for the nearest: so a chain of pointers takes the sum of its latencies, and independent loads overlap.
// * Lines on their way occupy a fill buffer each, stores that wait for their line a place in the store buffer; when none is free
// the core waits.
//
// Not modelled: branch prediction (every branch is right), ports, dependencies other than addresses, instruction fetch. So it is a
// lower bound, nearer for code that waits for memory than for code that computes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "cache_levels.h"
#include "core_config.h"

namespace hw {

class Core {
public:
    explicit Core(const CoreConfig& config) : config_(config), caches_(config) {}

    // Where an access was served that takes more than one line: the furthest.
    struct Access {
        Level level;
        unsigned lines;
    };
    // `seen` is where the program sees it, for comparison with pointers. `pointer` is what the load brings, if it points to what the program
    // sees, else 0.
    Access load(uint64_t address, uint32_t bytes, uint64_t seen, uint64_t pointer);
    Access store(uint64_t address, uint32_t bytes, uint64_t seen);
    // An access to memory that the model does not have: it is in L1.
    void touch();
    void function();  // entered
    void locked();    // the access before this was locked: everything before it has been done
    void drain();     // everything has been done: the device is to see it

    uint64_t ticks() const { return now_; }
    uint64_t instructions() const { return instructions_; }
    CacheLevels& caches() { return caches_; }
    const CacheLevels& caches() const { return caches_; }

private:
    struct Load {  // on its way
        uint64_t instruction, ready;
    };
    struct Pointer {  // brought by a load
        uint64_t value = 0, ready = 0;
    };

    void allocate(uint64_t tenths);
    uint64_t start_of(uint64_t seen) const;
    uint64_t take_fill_buffer(uint64_t start, uint64_t ticks);
    uint64_t access_lines(uint64_t address, uint32_t bytes, bool write, uint64_t start, Access& access);

    const CoreConfig config_;
    CacheLevels caches_;
    uint64_t now_ = 0;
    uint64_t instructions_ = 0, instruction_tenths_ = 0;
    std::deque<Load> loads_;
    std::deque<uint64_t> stores_;              // when each has its line
    std::array<uint64_t, 16> fill_buffers_{};  // when each is free
    std::array<Pointer, 16> pointers_{};
    size_t next_pointer_ = 0;
};

}  // namespace hw
