// SPDX-License-Identifier: Apache-2.0
// Simulated time that does not run ahead of wall time, for peers that live in that. Where the simulation is slower it does not make
// up for more than longest_lag_ps.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "sim_time.h"

namespace sim {

class Pace {
public:
    // How long a peer may be waited for: as long as simulated time is ahead.
    int wait_ms() {
        const auto wall = std::chrono::steady_clock::now() - anchor_;
        const int64_t ahead_ps = static_cast<int64_t>(hw::now_ps()) - std::chrono::nanoseconds(wall).count() * 1000;
        if (ahead_ps < -longest_lag_ps) anchor_ += std::chrono::nanoseconds((-ahead_ps - longest_lag_ps) / 1000);
        return static_cast<int>(std::clamp<int64_t>(ahead_ps / 1'000'000'000, 0, longest_wait_ms));
    }

private:
    static constexpr int64_t longest_lag_ps = 10'000'000'000;
    static constexpr int64_t longest_wait_ms = 50;                                     // so that a signal is seen soon
    std::chrono::steady_clock::time_point anchor_ = std::chrono::steady_clock::now();  // wall time of the simulation's time 0
};

}  // namespace sim
