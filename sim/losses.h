// SPDX-License-Identifier: Apache-2.0
// Which frames of one direction may be missing, when a scenario takes the carrier, a queue or the device away on purpose (stress.*).
//
// A frame is excused when it was on its way while that happened, or when its send was aborted by it. It may arrive all the same. What is
// not excused must arrive, or be seen dropped by the NIC: nothing is forgiven wholesale.
#pragma once

#include <cstdint>
#include <vector>

namespace sim {

class Losses {
public:
    // Begins to keep the books of so many frames. Without this call nothing here does anything.
    void track(uint64_t frames) { state_.assign(frames, 0); }
    bool tracked() const { return !state_.empty(); }

    void taken(uint64_t number);      // was handed to the sender; in order, from 0
    void arrived(uint64_t number);    // came out, bit for bit
    void excuse(uint64_t number);
    // From begin to end every frame on its way is excused: taken and not arrived, or taken meanwhile. May nest.
    void begin();
    void end() { --open_; }

    // Frames that need not be waited for: arrived, or excused.
    uint64_t settled() const { return settled_; }
    // The first frame that was taken, did not arrive and is not excused, and their number; -1 and 0 when there is none.
    int64_t missing(uint64_t* count) const;

private:
    enum : uint8_t { has_arrived = 1, is_excused = 2 };
    void mark(uint64_t number, uint8_t flag);

    std::vector<uint8_t> state_;
    uint64_t taken_ = 0, first_out_ = 0;  // all frames below first_out_ have arrived
    uint64_t settled_ = 0, arrived_ = 0;
    unsigned open_ = 0;
};

}  // namespace sim
