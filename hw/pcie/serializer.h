// SPDX-License-Identifier: Apache-2.0
// One direction of the link as a pipe of a fixed rate: TLPs leave one after the other, each for its bytes.
//
// Times are whole picoseconds. What rounding takes from one TLP is carried into the next of the same burst, so a burst of any length
// ends within a picosecond of the exact rate; a TLP that finds the link idle starts afresh.
#pragma once

#include <cstdint>

#include "link_config.h"

namespace hw {

struct LinkStatistics {
    uint64_t tlps = 0, bytes = 0;  // bytes with framing and headers
    uint64_t busy_ps = 0;          // including TLPs that were accepted and have not left yet
};

class Serializer {
public:
    explicit Serializer(const LinkRate& rate) : rate_(rate) {}

    // A TLP of `bytes` on the link becomes ready at now_ps. Returns when its last bit leaves.
    uint64_t send(uint64_t now_ps, uint32_t bytes) {
        if (now_ps > free_ps_) {
            free_ps_ = now_ps;
            remainder_ = 0;
        }
        const uint64_t exact = bytes * rate_.ps_numerator + remainder_;
        const uint64_t duration = exact / rate_.ps_denominator;
        remainder_ = exact % rate_.ps_denominator;
        free_ps_ += duration;
        ++statistics_.tlps;
        statistics_.bytes += bytes;
        statistics_.busy_ps += duration;
        return free_ps_;
    }

    uint64_t free_ps() const { return free_ps_; }  // when the last TLP accepted has left
    const LinkStatistics& statistics() const { return statistics_; }
    // Share of [0, now_ps] in which TLPs were leaving, 0 to 1.
    double utilisation(uint64_t now_ps) const {
        if (now_ps == 0) return 0;
        const uint64_t ahead = free_ps_ > now_ps ? free_ps_ - now_ps : 0;
        return static_cast<double>(statistics_.busy_ps - ahead) / static_cast<double>(now_ps);
    }

private:
    LinkRate rate_;
    uint64_t free_ps_ = 0, remainder_ = 0;
    LinkStatistics statistics_;
};

}  // namespace hw
