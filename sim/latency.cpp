// SPDX-License-Identifier: Apache-2.0
#include "latency.h"

#include <algorithm>

#include "regmap.h"
#include "system.h"

namespace sim {

LatencyProbe::LatencyProbe(hw::EventStream& events, uint64_t interrupt_ps) : interrupt_ps_(interrupt_ps) {
    using hw::EventKind;
    events.add_sink([this](const hw::Event& event) { see(event); },
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

// Memory and MSI-X messages are below 4 GiB, registers too: three double words of header.
constexpr uint32_t header_bytes = TLP_OVERHEAD_PHYSICAL + 12;
constexpr uint32_t doorbell_bytes = 4, event_bytes = 4, message_bytes = 4;

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
    // A request, and its first completion of so many bytes.
    double read(uint32_t count) const { return bytes(header_bytes) + link_.read_latency_ns + bytes(header_bytes + count); }
    double write(uint32_t count) const { return bytes(header_bytes + count); }
    const hw::LinkConfig& link() const { return link_; }
    unsigned count() const { return count_; }

private:
    const hw::LinkConfig link_;
    machine_term* terms_;
    const unsigned room_;
    unsigned count_ = 0;
};

void transmit_terms(Terms& terms, const scenario& scenario, uint32_t packet) {
    const hw::LinkConfig& link = terms.link();
    const uint32_t first = std::min(packet, link.mps), rest = packet - first, completions = (rest + link.mps - 1) / link.mps;
    terms.add("doorbell", terms.write(doorbell_bytes) + link.propagation_ns);
    terms.add("descriptor", terms.read(VIRTQ_DESC_SIZE));
    terms.add("data", terms.read(first));
    terms.add("rest of data", terms.bytes(rest + completions * header_bytes));
    terms.add("preamble", ETH_PREAMBLE * 8 / static_cast<double>(scenario.wire_gbps));
}

void receive_terms(Terms& terms, uint32_t packet) {
    const hw::LinkConfig& link = terms.link();
    terms.add("data", terms.bytes(packet + (packet + link.mps - 1) / link.mps * header_bytes));
    terms.add("used descriptor", terms.write(VIRTQ_DESC_SIZE));
    terms.add("event flags", terms.read(event_bytes));
    terms.add("message", terms.write(message_bytes) + link.propagation_ns + link.write_latency_ns);
}

}  // namespace

}  // namespace sim

unsigned machine_latency_terms(const scenario* scenario, bool transmit, uint32_t frame_bytes, machine_term* terms, unsigned room) {
    sim::Terms list(*scenario, terms, room);
    const uint32_t packet = frame_bytes - ETH_FCS + VIRTIO_NET_HDR_SIZE;
    if (transmit)
        sim::transmit_terms(list, *scenario, packet);
    else
        sim::receive_terms(list, packet);
    return list.count();
}
