// SPDX-License-Identifier: Apache-2.0
// The end-to-end check of frames that nobody knows beforehand: what goes in at one end comes out at the other, in order, byte for byte.
//
// It keeps a copy of each frame until it has arrived. One that arrives must be the next of its flow (flow.h; without by_flow there is one
// flow): equal to one that was sent later, those before it were lost ("frames.lost", unless drops are allowed); equal to none, it is damaged,
// or nobody sent it ("frames.damaged"). Frames shorter than Ethernet's shortest may arrive padded with zeros up to that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace sim {

class LiveCheck {
public:
    using Report = std::function<void(const char* check, int64_t packet, const std::string& message)>;
    LiveCheck(const char* direction, bool by_flow, bool drops_allowed, Report report)
        : direction_(direction), by_flow_(by_flow), drops_allowed_(drops_allowed), report_(std::move(report)) {}

    void sent(uint64_t number, const uint8_t* data, size_t length);
    // The number of the frame, or -1.
    int64_t arrived(const uint8_t* data, size_t length);
    // All that was sent must have arrived.
    void finish();
    uint64_t lost() const { return lost_; }

private:
    struct Frame {
        uint64_t number, flow;
        std::vector<uint8_t> bytes;
    };
    void lose(const Frame& frame);
    void tell(const char* check, int64_t packet, const std::string& message);

    const char* const direction_;
    const bool by_flow_, drops_allowed_;
    const Report report_;
    std::deque<Frame> waiting_;
    uint64_t lost_ = 0, reports_ = 0;
};

}  // namespace sim
