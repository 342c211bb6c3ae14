// SPDX-License-Identifier: Apache-2.0
// Stalls at the NIC's pins: at which clock cycles a stream is held up, for tests of a device under any timing.
//
// Whether a stream is held at a cycle is a pure function of seed, stream and cycle: idle cycles that are skipped change nothing. A
// stretch of 1024 cycles has its own run length (1 to 128 cycles) and is calm, as asked, or twice as bad, so that single bubbles, long
// stops and undisturbed bursts all come about; on average a stream is held for `percent` of the cycles.
//
// Credits are withheld otherwise: only a TLP that was sent takes credits, so they go away behind a TLP and stay away for some cycles.
//
// Not stalled here: frames to the wire (WireConfig::stall_percent, which knows what the line needs), completions' order and sizes
// (LinkConfig), interrupts (CpuConfig).
#pragma once

#include <algorithm>
#include <cstdint>

namespace hw {

struct StallConfig {
    uint32_t percent = 0;  // 0: never; at most 90
    uint64_t seed = 1;
};

// splitmix64's output function: an avalanche of 64 bits.
inline uint64_t stall_mix(uint64_t value) {
    value += UINT64_C(0x9E3779B97F4A7C15);
    value = (value ^ (value >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94D049BB133111EB);
    return value ^ (value >> 31);
}

class Stalls {
public:
    enum Stream : unsigned { tlp_in, tlp_out, frame_in, credits };
    static constexpr uint32_t longest_percent = 90;  // something must get through

    explicit Stalls(const StallConfig& config) : config_(config) {}
    bool on() const { return config_.percent != 0; }

    bool held(Stream stream, uint64_t cycle) const {
        const uint64_t stretch = stall_mix(key(stream) ^ stall_mix(cycle / stretch_cycles));
        const uint64_t strength = stretch % 4;  // 0: calm, 3: twice as bad
        const uint64_t wanted = strength == 0 ? 0 : strength == 3 ? 2 * config_.percent : config_.percent;
        const uint64_t percent = std::min<uint64_t>(wanted, longest_percent);
        const uint64_t run = cycle >> (stretch >> 8) % 8;
        return stall_mix(key(stream) ^ stretch ^ run) % 100 < percent;
    }

    // Cycles for which credits of this kind stay away behind the TLP that was sent at `cycle`; mostly 0.
    uint64_t withheld(unsigned kind, uint64_t cycle) const {
        const uint64_t draw = stall_mix(key(credits) ^ stall_mix(4 * cycle + kind));
        if (draw % 100 >= config_.percent) return 0;
        return 1 + (draw >> 16) % (uint64_t{1} << (draw >> 8) % 10);  // up to 512, short ones more often
    }

private:
    static constexpr uint64_t stretch_cycles = 1024;
    uint64_t key(Stream stream) const { return stall_mix(config_.seed * 16 + stream); }

    StallConfig config_;
};

}  // namespace hw
