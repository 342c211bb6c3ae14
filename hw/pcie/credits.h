// SPDX-License-Identifier: Apache-2.0
// The credits of one flow-control class as the sender of the TLPs counts them.
//
// Credits that the receiver gives back become usable at a time of their own; they are counted when somebody asks, so that a return
// costs no event, and the answer depends on the time asked about alone, not on the order of processes within one instant.
//
// Spec: [P] 2.6.1
#pragma once

#include <cstdint>
#include <deque>

namespace hw {

class CreditAccount {
public:
    static constexpr uint64_t never = UINT64_MAX;

    CreditAccount() = default;  // infinite: never runs out, returns are ignored
    CreditAccount(uint32_t headers, uint32_t data) : infinite_(false), headers_(headers), data_(data) {}

    // Earliest time, as far as returns are known, at which one header and `data` credits are there; 0 if they are there already.
    uint64_t ready_ps(uint32_t data) const {
        if (infinite_ || (headers_ >= 1 && data_ >= data)) return 0;
        int64_t headers = headers_, sum = data_;
        for (const Return& entry : returns_) {
            headers += entry.headers;
            sum += entry.data;
            if (headers >= 1 && sum >= data) return entry.time_ps;
        }
        return never;
    }

    // One TLP with `data` credits leaves at now_ps. A sender that did not ask first drives the account below zero, which its owner
    // reports; the debt is paid by later returns.
    void take(uint64_t now_ps, uint32_t data) {
        if (infinite_) return;
        collect(now_ps);
        headers_ -= 1;
        data_ -= data;
    }

    // The receiver's buffer of one TLP with `data` credits is free, which the sender knows at time_ps; times do not decrease.
    void give_back(uint64_t time_ps, uint32_t data) {
        if (!infinite_) returns_.push_back({time_ps, 1, data});
    }

    void collect(uint64_t now_ps) {
        while (!returns_.empty() && returns_.front().time_ps <= now_ps) {
            headers_ += returns_.front().headers;
            data_ += returns_.front().data;
            returns_.pop_front();
        }
    }

private:
    struct Return {
        uint64_t time_ps;
        uint32_t headers, data;
    };
    bool infinite_ = true;
    int64_t headers_ = 0, data_ = 0;
    std::deque<Return> returns_;
};

}  // namespace hw
