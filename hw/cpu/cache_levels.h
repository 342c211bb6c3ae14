// SPDX-License-Identifier: Apache-2.0
// The caches between a core and memory: where an access is served, and when.
//
// Accesses of the core go through L1, L2 and the last level; those of the device through the last level (DDIO), which takes from
// the core what the device writes, and makes shared what it reads. Prefetched lines are there when they have come, not before.
//
// Not modelled: instruction caches, TLBs, write-back traffic, bandwidth of the levels and of memory, the hash that spreads lines
// over slices, other cores.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core_config.h"

namespace hw {

// Time of the core: quarters of a cycle, so that four instructions a cycle need no fractions.
constexpr uint64_t ticks_per_cycle = 4;

enum class Level : uint8_t { l1, l2, llc, memory };
constexpr size_t levels = 4;

class CacheLevels {
public:
    explicit CacheLevels(const CoreConfig& config);

    struct Served {
        Level level;
        uint64_t ticks;  // from the access to its data
    };
    // An access to a line by the core, at time `now` of its own.
    Served access(uint64_t line, bool write, uint64_t now);

    struct Counters {
        uint64_t reads = 0, read_hits = 0;    // lines; hits: in a cache
        uint64_t writes = 0, write_hits = 0;  // hits: in place
    };
    void device_read(uint64_t line);
    void device_write(uint64_t line);
    const Counters& device() const { return device_; }
    uint64_t prefetches() const { return prefetches_; }

private:
    struct Stream {  // a walk through a page
        uint64_t page = UINT64_MAX;
        uint64_t last = 0;
        int direction = 0;
        uint64_t used = 0;
    };
    struct Coming {  // a prefetched line that is on its way
        uint64_t line = Cache::no_line;
        uint64_t ready = 0;
    };

    uint64_t wait_for_prefetch(uint64_t line, uint64_t now);
    void fill_l2(uint64_t line);
    void note_walk(uint64_t line, uint64_t now);
    void prefetch(uint64_t line, uint64_t now);

    const CoreConfig config_;
    const uint64_t memory_ticks_;
    Cache l1_, llc_;
    std::optional<Cache> l2_;
    std::array<Stream, 16> streams_{};
    std::array<Coming, 32> coming_{};
    size_t next_coming_ = 0;
    uint64_t stream_clock_ = 0, prefetches_ = 0;
    Counters device_;
};

}  // namespace hw
