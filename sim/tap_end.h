// SPDX-License-Identifier: Apache-2.0
// A TAP interface as the other end of the cable: the host's own network stack and its programs talk to whatever drives the NIC.
//
// The interface is looked at every busy_poll_ps of simulated time while frames move, and every idle_poll_ps when none have for a while. It
// is the simulation that waits for the world, there, and not the other way round: simulated time runs at most `ahead_ps` ahead of wall time.
// With 0 it follows wall time, and where it is slower it does not make up for more than longest_lag_ps, so that timers of simulated stacks
// do not run off while the world is waited for. With more it runs free until it is so far ahead.
//
// A run with a TAP interface is not deterministic: when frames come is the world's business.
#pragma once

#include <chrono>
#include <csignal>

#include "alarm.h"
#include "capture.h"
#include "event.h"
#include "machine.h"
#include "wire_end.h"

namespace sim {

class TapEnd : public WireEnd {
public:
    struct Config {
        int fd;                                // borrowed
        bool paced;                            // false: somebody else keeps the pace
        uint64_t ahead_ps;
        const volatile std::sig_atomic_t* stop;  // done() when it is not 0
    };
    TapEnd(const Config& config, hw::EventStream& events) : config_(config), events_(events) {}

    void start(std::function<void()> kick, std::function<void()> changed) override;
    bool next(const uint8_t** data, size_t* length) override;
    void take(const uint8_t* data, size_t length) override;
    bool done() const override { return done_; }
    uint64_t due_ps() const override { return 0; }

    // Frames from the interface, to it, and refused by it, being down.
    void report(machine_result& result) const;

private:
    void look();
    int64_t ahead_ns();
    bool readable(int64_t ns) const;

    const Config config_;
    hw::EventStream& events_;
    std::function<void()> kick_, changed_;
    std::chrono::steady_clock::time_point anchor_{};  // wall time of the simulation's time 0
    uint64_t moved_ps_ = 0;                           // when a frame moved last
    bool done_ = false;
    uint64_t received_ = 0, sent_ = 0, refused_ = 0;
    uint8_t frame_[CAPTURE_MAX_FRAME];
    hw::Alarm look_alarm_{this, hw::Alarm::call<TapEnd, &TapEnd::look>};
};

}  // namespace sim
