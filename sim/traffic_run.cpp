// SPDX-License-Identifier: Apache-2.0
#include "traffic_run.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdio>

#include "sim_time.h"
#include "stack_config.h"
#include "team.h"

namespace sim {

namespace {

constexpr uint64_t progress_interval = 256;  // steps between two reports
constexpr uint64_t lead_in_ps = 10'000'000;  // for the NIC to fetch the first receive descriptors, as it has in life
constexpr uint64_t settle_ps = 200'000'000;  // for the last NBLs to go home once all frames are through
constexpr uint64_t quiet_ps = 200'000'000;   // without a step, after disturbances: nothing that may still arrive is on its way
constexpr size_t error_size = 512;

// The other ends of the cables do as the team does.
LinkGroup::Config group_config(const scenario& scenario) {
    constexpr uint64_t us = 1'000'000;
    constexpr uint64_t in_the_host_ps = 50 * us;  // from the last bit of a frame to the protocol, with time for all that came before
    LinkGroup::Config config;
    config.failover = scenario.driver_stack.count > 0 && scenario.driver_stack.drivers[0].kind == SCENARIO_DRIVER_TEAM &&
                      scenario.driver_stack.drivers[0].number == TEAM_FAILOVER;
    config.hold_ps = in_the_host_ps + scenario.stress_interrupt_jitter_ns * 1000 + scenario.driver_rx_moderation_us * us;
    return config;
}

traffic_capture_sink capture_sink(pcapng_writer* writer) {
    traffic_capture_sink sink{};
    sink.ctx = writer;
    sink.open = [](void* ctx, const char* name) { return pcapng_add_interface(static_cast<pcapng_writer*>(ctx), name); };
    sink.frame = [](void* ctx, unsigned interface, bool outbound, uint64_t time_ps, const uint8_t* data, size_t length) {
        pcapng_add_frame(static_cast<pcapng_writer*>(ctx), interface, outbound, time_ps, data, length);
    };
    return sink;
}

// Without its sources a run only brings the stack up and takes it down.
uint64_t total_of(const frame_source& frames, const machine_config& config) { return config.describe ? 0 : frame_source_count(&frames); }

}  // namespace

TrafficRun::Flow::Flow(const frame_source& frames, const char* direction, TrafficRun& run, bool drops_allowed, Meter::At at)
    : source(std::make_unique<frame_source>(frames)),
      expected(std::make_unique<frame_source>(frames)),
      meter(at, run.config_.warmup_frames),
      total(total_of(frames, run.config_)) {
    check.direction = direction;
    check.source = expected.get();
    check.drops_allowed = drops_allowed;
    check.by_flow = scenario_driver_pairs(&run.scenario_) > 1 || run.scenario_.nic_adapters > 1;
    check.report = [](void* ctx, const char* name, int64_t packet, const char* message) {
        static_cast<TrafficRun*>(ctx)->fail(name, "end to end", message, packet);
    };
    check.report_ctx = &run;
}

TrafficRun::Flow::~Flow() { frame_check_free(&check); }

TrafficRun::TrafficRun(const machine_config& config, System& system)
    : config_(config),
      scenario_(*config.scenario),
      system_(system),
      tx_(config.from_host, "to the wire", *this, Disturber::wanted(*config.scenario), Meter::At::end),
      rx_(config.from_wire, "to the host", *this, config.scenario->expect_drops || Disturber::wanted(*config.scenario),
          Meter::At::begin),
      adapters_(system.slots.size()),
      done_(system.cpu->create_event()) {
    pairs_ = scenario_driver_pairs(&scenario_);
    if (LiveTraffic::wanted(scenario_) && !config.describe)
        live_ = std::make_unique<LiveTraffic>(scenario_, rx_.check.by_flow, config.stop, system.events,
                                              [this](const char* check, int64_t packet, const std::string& message) { fail(check, "end to end", message, packet); });
    if (!group_config(scenario_).failover) links_ = scenario_.nic_adapters;
    group_.emplace(group_config(scenario_), system_.slots,
                   [this](const uint8_t** data, size_t* length, uint64_t* not_before_ps) { return play(data, length, not_before_ps); });
    for (const auto& slot : system_.slots)
        slot->partner->record([this](const uint8_t* data, size_t length, const hw::Frame& frame) { recorded(data, length, frame); });
    system_.events.add_sink([this](const hw::Event& event) { on_event(event); },
                            hw::EventStream::kinds(hw::EventKind::frame_rx, hw::EventKind::nbl_sent, hw::EventKind::device_trace));
    if (system_.slots.size() > 1)
        system_.events.add_sink([this](const hw::Event& event) { on_ring(event); },
                                hw::EventStream::kinds(hw::EventKind::ring_post, hw::EventKind::ring_reap));
    if (Disturber::wanted(scenario_)) watch_losses();
    system_.cpu->spawn("main", [this] { main(); });
}

TrafficRun::~TrafficRun() { system_.cpu->destroy(done_); }

void TrafficRun::main() {
    if (start_stack()) {
        system_.cpu->sleep(hw::ps_time(lead_in_ps + config_.idle_ps));
        begin_ps_ = hw::now_ps();
        note_begin();
        const auto begin = std::chrono::steady_clock::now();
        open_ = true;
        traffic_kick(traffic_);
        group_->kick();
        if (live_) live_->start([this] { group_->kick(); }, [this] { check_done(); });
        if (!config_.describe) traffic_start_programs(traffic_);
        if (disturber_) disturber_->start(traffic_);
        wait_for_the_end();
        if (disturber_) disturber_->stop();
        end_ps_ = hw::now_ps();
        traffic_wall_s_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        note_end();
        settle();
        if (system_.transcript && !pulled_) system_.transcript->registers(*system_.cpu, *system_.bus);
        traffic_stop(traffic_);
        traffic_ = nullptr;
        finished_ = true;
    }
    sc_core::sc_stop();
}

void TrafficRun::note_begin() {
    for (size_t i = 0; i < adapters_.size(); i++) {
        const Slot& slot = *system_.slots[i];
        Adapter& adapter = adapters_[i];
        adapter.up_begin = slot.link->up().statistics();
        adapter.down_begin = slot.link->down().statistics();
        adapter.cycles = slot.nic->cycles();
        adapter.cycles_evaluated = slot.nic->cycles_evaluated();
    }
}

void TrafficRun::note_end() {
    for (size_t i = 0; i < adapters_.size(); i++) {
        const Slot& slot = *system_.slots[i];
        Adapter& adapter = adapters_[i];
        adapter.up_end = slot.link->up().statistics();
        adapter.down_end = slot.link->down().statistics();
        adapter.cycles = slot.nic->cycles() - adapter.cycles;
        adapter.cycles_evaluated = slot.nic->cycles_evaluated() - adapter.cycles_evaluated;
    }
}

bool TrafficRun::start_stack() {
    error_status_ = -EIO;
    traffic_config config = stack_config(scenario_);
    std::string network_address;  // without its colons
    for (const char* at = scenario_.driver_mac; *at; at++)
        if (*at != ':') network_address += *at;
    if (!network_address.empty()) config.network_address = network_address.c_str();
    for (const auto& slot : system_.slots) {
        error_ = slot->bus->start();
        if (!error_.empty()) return false;
        if (slot->number) config.nics[config.nic_count++] = slot->platform->seam();
    }
    if (config_.capture) config.capture = capture_sink(config_.capture);
    traffic_callbacks callbacks{};
    callbacks.ctx = this;
    callbacks.next = [](void* ctx, const uint8_t** data, size_t* length, uint64_t* not_before_ps) {
        auto* run = static_cast<TrafficRun*>(ctx);
        return run->next(run->tx_, data, length, not_before_ps);
    };
    callbacks.sent = [](void* ctx, uint64_t id, int32_t status) { static_cast<TrafficRun*>(ctx)->sent(id, status); };
    callbacks.handed_over = [](void* ctx, uint64_t id, const uint8_t* data, size_t length) {
        static_cast<TrafficRun*>(ctx)->handed_over(id, data, length);
    };
    callbacks.programs_ended = [](void* ctx) { static_cast<TrafficRun*>(ctx)->step(); };
    callbacks.received = [](void* ctx, const uint8_t* data, size_t length, const traffic_receive_info* info) {
        static_cast<TrafficRun*>(ctx)->received(data, length, *info);
    };
    char message[error_size] = "";
    error_status_ = traffic_start(system_.platform->seam(), &config, &callbacks, &traffic_, message, sizeof message);
    if (error_status_ == 0 && config_.describe)
        traffic_describe(traffic_, [](void* run, const char* line) { static_cast<TrafficRun*>(run)->drivers_.emplace_back(line); }, this);
    if (error_status_ == 0) return true;
    error_ = message;
    if (error_status_ == -ENOMEM) error_ += memory_advice(scenario_);
    return false;
}

// Sleeps until all is through. Wakes now and then to see whether anything moved.
void TrafficRun::wait_for_the_end() {
    const uint64_t stall_ps = scenario_.limits_stall_us * 1'000'000, max_ps = scenario_.limits_max_time_us * 1'000'000;
    if (complete()) return;
    if (live_ && live_->endless()) {
        (void)system_.cpu->wait_for(done_, sc_core::SC_ZERO_TIME);
        return;
    }
    for (;;) {
        const uint64_t before = steps_;
        if (system_.cpu->wait_for(done_, hw::ps_time(stall_ps))) return;
        const uint64_t now = hw::now_ps();
        if (now - begin_ps_ > max_ps) {
            fail("progress", "limits.max_time_us", "the run takes longer than limits.max_time_us; " + outstanding(), lost_packet());
            return;
        }
        const bool later = live_ && live_->due_ps() > now && live_->due_ps() != UINT64_MAX;
        const bool waiting = later || ((tx_.taken < tx_.total || rx_.taken < rx_.total || tx_.due_ps > now || rx_.due_ps > now) &&
                             std::max(tx_.due_ps, rx_.due_ps) + stall_ps > now);
        if (steps_ == before && !waiting) {
            fail("progress", "limits.stall_us",
                 "nothing has moved for " + std::to_string(scenario_.limits_stall_us) + " us; " + outstanding(), lost_packet());
            return;
        }
    }
}

// A run that does not get on says at once which NBLs are out, and where; the end of the stack comes long after.
int64_t TrafficRun::lost_packet() { return traffic_tell_outstanding(traffic_, "when nothing moved any more"); }

// Books are kept of every frame, so that each one that is missing at the end has its reason.
void TrafficRun::watch_losses() {
    tx_.losses.track(tx_.total);
    rx_.losses.track(rx_.total);
    const auto begin_or_end = [](Losses& losses, bool begins) { begins ? losses.begin() : losses.end(); };
    // Frames that are excused need not be waited for any more; but that something was disturbed is no progress.
    Disturber::Watcher watcher;
    watcher.carrier = [this, begin_or_end](unsigned slot, bool gone) {
        if (system_.slots.size() > 1)
            carrier(slot, gone);
        else
            begin_or_end(tx_.losses, gone);
        check_done();
    };
    watcher.device = [this, begin_or_end](bool gone) {
        begin_or_end(tx_.losses, gone);
        begin_or_end(rx_.losses, gone);
        check_done();
    };
    // A pause waits for every send; but frames that come before all drivers run again go back to the NIC.
    watcher.stack = [this, begin_or_end](bool gone) {
        begin_or_end(rx_.losses, gone);
        check_done();
    };
    // What is on its way is as good as lost, and what is sent from now on.
    watcher.pulled = [this](unsigned slot) {
        pulled_ = true;
        carrier(slot, true);
        tx_.losses.begin();
        rx_.losses.begin();
    };
    watcher.removed = [this] {
        removed_ = true;
        if (!over()) { // the others go on
            tx_.losses.end();
            rx_.losses.end();
        }
        check_done();
    };
    watcher.failed = [this](const std::string& message) { fail("stress.reset", "[V] 2.4, 2.6.1", message); };
    disturber_.emplace(scenario_, system_, std::move(watcher));
    if (system_.slots.size() > 1) posted_ps_.resize(tx_.total);
    for (const auto& slot : system_.slots) slot->wire->on_loss([this](const hw::Frame& frame, bool from_nic) { lost(frame, from_nic); });
}

// A team goes on by its other links, so that nothing is excused but what one NIC had: a NIC without a carrier uses what it is given and
// sends it nowhere.
void TrafficRun::carrier(unsigned slot, bool gone) {
    adapters_[slot].down = gone;
    if (!gone) adapters_[slot].up_ps = hw::now_ps();
    group_->links_changed();
}

// A send comes back: was its NIC without a carrier at any time while it had it?
void TrafficRun::on_ring(const hw::Event& event) {
    if (event.queue % 2 == 0) return;  // [V] 5.1.2: a receive queue
    Adapter& adapter = adapters_[event.nic];
    adapter.sends += event.kind == hw::EventKind::ring_reap;
    if (event.packet >= posted_ps_.size()) return;
    if (event.kind == hw::EventKind::ring_post)
        posted_ps_[event.packet] = event.time_ps;
    else if (adapter.down || posted_ps_[event.packet] <= adapter.up_ps)
        tx_.losses.excuse(event.packet);
}

// The cable was pulled: what the NIC sent is as good as arrived, and checked as that; what was sent to it never came near it.
void TrafficRun::lost(const hw::Frame& frame, bool from_nic) {
    if (from_nic) {
        const uint8_t* data = frame.bytes.data();
        size_t length = frame.bytes.size() - ETH_FCS;
        untag(&data, &length);
        if (of_a_program(tx_, data, length)) return;
        const int64_t number = frame_check_arrived(&tx_.check, tx_.taken, data, length);
        if (number >= 0) tx_.losses.arrived(static_cast<uint64_t>(number));
    } else {
        rx_.losses.excuse(frame.id);
    }
    step();
}

// All frames are through; the last completions and returns may still be on their way, and frames that need not arrive.
void TrafficRun::settle() {
    for (uint64_t steps = steps_ - 1; disturber_ && !over() && steps != steps_ && complete();) {
        steps = steps_;
        system_.cpu->sleep(hw::ps_time(quiet_ps));
    }
    const uint64_t limit = hw::now_ps() + settle_ps;
    do {
        system_.cpu->sleep(hw::ps_time(1'000'000));
        traffic_get_counts(traffic_, &counts_);
    } while (counts_.nbl_outstanding != 0 && hw::now_ps() < limit && complete());
    if (counts_.nbl_outstanding != 0 && complete()) (void)traffic_tell_outstanding(traffic_, "when all frames were through");
}

bool TrafficRun::complete() const {
    if (!config_.describe && !traffic_programs_done(traffic_)) return false;
    if (live_)
        return live_->done() && completed_ == tx_.taken && tx_.arrived + refused_ >= tx_.taken && rx_.arrived + dropped_ >= rx_.taken;
    if (pulled_ && (over() || !removed_)) return removed_;
    if (disturber_)
        return completed_ == tx_.total && tx_.losses.settled() + refused_ >= tx_.total && rx_.taken == rx_.total &&
               rx_.losses.settled() + dropped_ >= rx_.total;
    return completed_ == tx_.total && tx_.arrived + refused_ >= tx_.total && rx_.taken == rx_.total &&
           rx_.arrived + dropped_ >= rx_.total;
}

std::string TrafficRun::outstanding() const {
    char text[256];
    std::snprintf(text, sizeof text,
                  "of %" PRIu64 " frames from the host %" PRIu64 " were handed to the driver, %" PRIu64
                  " reached the wire and %" PRIu64 " were completed; of %" PRIu64 " from the wire %" PRIu64 " were sent, %" PRIu64
                  " arrived and %" PRIu64 " were dropped by the NIC",
                  tx_.total, tx_.taken, tx_.arrived, completed_, rx_.total, rx_.taken, rx_.arrived, dropped_);
    const char* program = traffic_program_running(traffic_);
    return program ? std::string(text) + "; the program " + program + " has not ended" : text;
}

void TrafficRun::step() {
    ++steps_;
    if (config_.progress && steps_ % progress_interval == 0) {
        const uint64_t through = tx_.arrived + rx_.arrived + dropped_, all = tx_.total + rx_.total;
        config_.progress(config_.progress_ctx, hw::now_ps(), tx_.arrived + rx_.arrived,
                         all ? static_cast<double>(through) / static_cast<double>(all) : 1.0);
    }
    check_done();
}

void TrafficRun::check_done() {
    if (!done_set_ && open_ && complete()) {
        done_set_ = true;
        done_alarm_.set(hw::now_ps(), hw::Alarm::When::kernel_time);  // the last step may be the hardware's, ahead of the CPU
    }
}

void TrafficRun::wake_main() { system_.cpu->set(done_); }

void TrafficRun::fail(const char* check, const char* clause, const std::string& message, int64_t packet) {
    hw::Violation violation;
    violation.check = check;
    violation.clause = clause;
    violation.message = message;
    violation.packet = packet;
    system_.events.violate(violation);
}

}  // namespace sim
