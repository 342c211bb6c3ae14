// SPDX-License-Identifier: Apache-2.0
#include "latency.h"

#include <algorithm>

#include "frame_limits.h"
#include "regmap.h"
#include "system.h"

namespace sim {

LatencyProbe::LatencyProbe(hw::EventStream& events, uint64_t interrupt_ps) : interrupt_ps_(interrupt_ps) {
    using hw::EventKind;
    events.add_sink([this](const hw::Event& event) { if (event.nic == 0) see(event); },
                    hw::EventStream::kinds(EventKind::doorbell, EventKind::frame_tx, EventKind::frame_rx, EventKind::irq_enter));
}

void LatencyProbe::see(const hw::Event& event) {
    switch (event.kind) {
    case hw::EventKind::doorbell:
        if (event.queue % 2 == 0) break;  // receive buffers
        ringing_ = true;
        doorbell_ps_ = event.time_ps;
        break;
    case hw::EventKind::frame_tx:  // at its last bit; index is its duration
        if (ringing_) sent_ps_.push_back(event.time_ps - event.index - doorbell_ps_);
        ringing_ = false;
        break;
    case hw::EventKind::frame_rx:  // at its first bit
        arriving_ = true;
        arrived_ps_ = event.time_ps + event.index;
        break;
    case hw::EventKind::irq_enter:
        if (arriving_) received_ps_.push_back(event.time_ps - interrupt_ps_ - arrived_ps_);
        arriving_ = false;
        break;
    default: break;
    }
}

namespace {

// Host memory is above 4 GiB: a header of four double words for what the device sends there. Completions, and what goes to the registers
// and to the address of an MSI-X message, which are below, have three.
constexpr uint32_t memory_header = TLP_OVERHEAD_PHYSICAL + 16, short_header = TLP_OVERHEAD_PHYSICAL + 12;
constexpr uint32_t doorbell_bytes = 4, event_bytes = 4, message_bytes = 4;
constexpr uint32_t used_bytes = VIRTQ_DESC_SIZE - VIRTQ_DESC_LEN;  // length, id and flags; the address is no news to the driver

class Terms {
public:
    Terms(const scenario& scenario, machine_term* terms, unsigned room) : link_(link_config(scenario)), terms_(terms), room_(room) {}

    void add(const char* name, double ns) {
        if (count_ < room_) terms_[count_++] = {name, ns};
    }
    double bytes(uint32_t count) const {
        const hw::LinkRate rate = hw::link_rate(link_);
        return count * static_cast<double>(rate.ps_numerator) / static_cast<double>(rate.ps_denominator) / 1000;
    }
    // A read request to memory, and so many bytes of completions.
    double read(uint32_t count) const { return bytes(memory_header) + link_.read_latency_ns + bytes(count); }
    double short_write(uint32_t count) const { return bytes(short_header + count) + link_.propagation_ns; }
    const hw::LinkConfig& link() const { return link_; }
    unsigned count() const { return count_; }

private:
    const hw::LinkConfig link_;
    machine_term* terms_;
    const unsigned room_;
    unsigned count_ = 0;
};

void transmit_terms(Terms& terms, const scenario& scenario, uint32_t frame_bytes) {
    const hw::LinkConfig& link = terms.link();
    const hw::PacketLayout packet = sent_layout(scenario, frame_bytes), chain{{{0, packet.descriptors * VIRTQ_DESC_SIZE}}, 1};
    const uint32_t all = hw::completion_bytes_of(link, packet), first = std::min(all, short_header + link.mps);
    terms.add("doorbell", terms.short_write(doorbell_bytes));
    terms.add("descriptor", terms.read(hw::completion_bytes_of(link, chain)));
    terms.add("data", terms.read(first));
    terms.add("rest of data", terms.bytes(all - first));
    terms.add("preamble", ETH_PREAMBLE * 8 / static_cast<double>(scenario.wire_gbps));
}

void receive_terms(Terms& terms, const scenario& scenario, uint32_t frame_bytes) {
    const hw::LinkConfig& link = terms.link();
    terms.add("data", terms.bytes(hw::write_bytes_of(link, received_layout(scenario, frame_bytes))));
    terms.add("used descriptor", terms.bytes(memory_header + used_bytes));
    terms.add("event flags", terms.read(short_header + event_bytes));
    terms.add("message", terms.short_write(message_bytes) + link.write_latency_ns);
}

}  // namespace

}  // namespace sim

unsigned machine_latency_terms(const scenario* scenario, bool transmit, uint32_t frame_bytes, machine_term* terms, unsigned room) {
    sim::Terms list(*scenario, terms, room);
    if (transmit)
        sim::transmit_terms(list, *scenario, frame_bytes);
    else
        sim::receive_terms(list, *scenario, frame_bytes);
    return list.count();
}
