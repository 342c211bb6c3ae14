// SPDX-License-Identifier: Apache-2.0
// The latencies that the hardware makes, frame by frame, in a machine with one frame at a time:
//
//   transmit  from the doorbell's register write leaving the CPU to the first bit of the destination address on the wire
//   receive   from the last bit of the frame arriving to the MSI-X message at the CPU
//
// and what of them no NIC could avoid: register write, reads and writes over this link, memory, preamble. What is left is the NIC's own.
// A frame is taken to be stored before it goes on in either direction: a transmit frame, because completions may be late and the wire
// cannot wait; a receive frame, because its FCS comes last.
#pragma once

#include <cstdint>
#include <vector>

#include "event.h"
#include "machine.h"

namespace sim {

class LatencyProbe {
public:
    // interrupt_ps: of the CPU, from a message to the handler that the events tell of. Events must outlive it.
    LatencyProbe(hw::EventStream& events, uint64_t interrupt_ps);
    const std::vector<uint64_t>& sent_ps() const { return sent_ps_; }
    const std::vector<uint64_t>& received_ps() const { return received_ps_; }

private:
    void see(const hw::Event& event);

    const uint64_t interrupt_ps_;
    bool ringing_ = false, arriving_ = false;    // a frame is on its way
    uint64_t doorbell_ps_ = 0, arrived_ps_ = 0;
    std::vector<uint64_t> sent_ps_, received_ps_;
};

}  // namespace sim
