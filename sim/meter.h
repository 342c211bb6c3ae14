// SPDX-License-Identifier: Apache-2.0
// Measuring one direction: how many frames, how fast, and how long each took.
//
// The rate is counted between the first and the last frame of the window, n frames making n - 1 intervals, so that neither start-up
// nor draining is in it. Of frames of many sizes the limit is that of the sizes whose time lies in those intervals: all but the first
// where frames are measured at their end, all but the last where at their begin. Latencies are kept one by one and sorted at the end: percentiles are exact (nearest rank).
#pragma once

#include <cstdint>
#include <vector>

#include "frame_limits.h"
#include "machine.h"

namespace sim {

// Minimum, maximum and exact percentiles (nearest rank) of times in ps, which are put in order.
machine_latency summary_of(std::vector<uint64_t>& times_ps);

class Meter {
public:
    enum class At { begin, end };  // of a frame: when passed() is called
    // Frames up to number `warmup` are left out of the rate.
    Meter(At at, uint64_t warmup) : at_(at), warmup_(warmup) {}

    void delivered(uint64_t length);  // a frame of `length` bytes without FCS arrived at the end of its way
    void passed(uint64_t time_ps);    // ... passed the point where the rate is measured
    void close() { closed_ = true; }  // the window ends: the other direction is no longer in steady state

    void started(uint64_t packet, uint64_t time_ps);  // the clock of this packet's latency starts
    void ended(uint64_t packet, uint64_t time_ps);

    uint64_t packets() const { return packets_; }
    // Fills in everything but `dropped`.
    void report(const Limits& limits, machine_direction& result);

private:
    void report_limit(const Limits& limits, machine_direction& result) const;

    const At at_;
    const uint64_t warmup_;
    bool closed_ = false;
    uint64_t packets_ = 0, bytes_ = 0;
    uint64_t seen_ = 0, counted_ = 0, first_ps_ = 0, last_ps_ = 0;
    std::vector<uint64_t> by_size_;     // frames of each size with FCS
    uint64_t outside_ = 0;              // size of the frame whose time is not in the intervals
    std::vector<uint64_t> started_ps_;  // by packet
    std::vector<uint64_t> latencies_;
};

}  // namespace sim
