// SPDX-License-Identifier: Apache-2.0
// A NIC adapter around nic_loop, with a link and a wire that record what comes and when.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <systemc>

#include "event.h"
#include "nic.h"
#include "sim_time.h"
#include "verilated_nic.h"

namespace bench {

// The adapter around nic_loop with config.datapath_bits (256 or 512).
std::unique_ptr<hw::VerilatedNic> make_loop_nic(const hw::NicConfig& config, hw::EventStream& events);

struct SentTlp {
    uint64_t time_ps;
    std::array<uint32_t, 4> header;
    std::vector<uint8_t> payload;
    bool operator==(const SentTlp& o) const { return time_ps == o.time_ps && header == o.header && payload == o.payload; }
};

// A link without time of its own.
class Link : public hw::DeviceLink {
public:
    bool can_send(hw::TlpKind kind) const override { return ok[static_cast<size_t>(kind)]; }
    void send(hw::TlpPtr tlp) override {
        sent.push_back({hw::now_ps(), tlp->hdr,
                        {tlp->payload.begin(), tlp->payload.begin() + tlp->payload_bytes}});
    }
    void release(hw::TlpKind, uint32_t payload_bytes) override { released.push_back({hw::now_ps(), payload_bytes}); }

    std::array<bool, 3> ok{true, true, true};
    std::vector<SentTlp> sent;
    std::vector<std::pair<uint64_t, uint32_t>> released;
};

struct SentFrame {
    uint64_t time_ps;
    std::vector<uint8_t> bytes;
    bool operator==(const SentFrame& o) const { return time_ps == o.time_ps && bytes == o.bytes; }
};

// A wire that takes everything at once.
class Cable : public hw::DeviceWire {
public:
    uint64_t start_ps() const override { return 0; }
    uint64_t continue_ps(uint32_t) const override { return 0; }
    void start() override { starts.push_back(hw::now_ps()); }
    void finish(hw::FramePtr frame) override { sent.push_back({hw::now_ps(), std::move(frame->bytes)}); }
    bool link_up() const override { return true; }

    std::vector<uint64_t> starts;
    std::vector<SentFrame> sent;
};

// Something that happens at a time: runs in a process of its own.
class Script : public sc_core::sc_module {
public:
    SC_HAS_PROCESS(Script);
    explicit Script(sc_core::sc_module_name name) : sc_module(name) { SC_THREAD(run); }
    void at(uint64_t time_ps, std::function<void()> action) { steps_.push_back({time_ps, std::move(action)}); }  // in order of time

private:
    struct Step { uint64_t time_ps; std::function<void()> action; };
    void run() {
        for (Step& step : steps_) {
            const uint64_t now = hw::now_ps();
            if (step.time_ps > now) wait(sc_core::sc_time::from_value(step.time_ps - now));
            step.action();
        }
    }
    std::vector<Step> steps_;
};

struct Bench {
    explicit Bench(hw::NicConfig config = {}) : nic(make_loop_nic(config, events)), script("script") {
        nic->connect(link, wire);
        events.on_violation([this](const hw::Violation& v) { violations.push_back(v); });
        events.add_sink([this](const hw::Event& e) { if (e.kind == hw::EventKind::device_trace) traces.push_back(e); });
    }
    void run_ns(uint64_t ns) { sc_core::sc_start(sc_core::sc_time(static_cast<double>(ns), sc_core::SC_NS)); }

    hw::EventStream events;
    Link link;
    Cable wire;
    std::unique_ptr<hw::VerilatedNic> nic;
    Script script;
    std::vector<hw::Violation> violations;
    std::vector<hw::Event> traces;
};

// A TLP with a three-DW header of this type and payload bytes that follow from the seed.
hw::TlpPtr tlp(uint32_t type, uint32_t payload_bytes, uint32_t seed);
// A frame of this length whose first bit comes at first_ps, at 40 Gb/s.
hw::FramePtr frame(uint32_t length, uint64_t first_ps, uint32_t seed);

}  // namespace bench
