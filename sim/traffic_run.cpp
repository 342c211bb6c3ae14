// SPDX-License-Identifier: Apache-2.0
#include "traffic_run.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdio>

#include "ndis.h"
#include "offload_check.h"
#include "regmap.h"
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

std::string tag_text(unsigned tci) {
    if (tci == 0) return "no tag";
    return "VLAN " + std::to_string(tci & 0xFFF) + ", priority " + std::to_string(tci >> 13);
}

// How many packets may be in one NBL, whose event names the first: later NBLs correct what is too much.
uint64_t packets_of_a_send(const scenario& scenario) {
    constexpr uint64_t most_segments = 4096;
    return scenario.driver_large_send ? most_segments : scenario.driver_nbs_per_nbl;
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
        system_.cpu->finish();
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

int64_t TrafficRun::next(Flow& flow, const uint8_t** data, size_t* length, uint64_t* not_before_ps) {
    if (!open_) return -2;
    if (config_.describe) return -1;
    uint64_t relative = 0;
    const int64_t id = frame_source_next(flow.source.get(), data, length, &relative);
    if (id < 0) {
        if (&flow == &rx_ && flow.total) close_window();
        return -1;
    }
    *not_before_ps = begin_ps_ + relative;
    flow.due_ps = *not_before_ps;
    ++flow.taken;
    flow.losses.taken(static_cast<uint64_t>(id));
    if (&flow == &tx_) flow.meter.started(static_cast<uint64_t>(id), std::max(hw::now_ps(), *not_before_ps));
    return id;
}

// What the link partner sends carries the tags that the driver stack takes off.
int64_t TrafficRun::play(const uint8_t** data, size_t* length, uint64_t* not_before_ps) {
    const int64_t id = live_ ? next_live(data, length) : next(rx_, data, length, not_before_ps);
    if (id < 0 || tag_bytes_ == 0) return id;
    vlan_wire_add(&tags_, *data, *length, tagged_.data());
    *data = tagged_.data();
    *length += tag_bytes_;
    return id;
}

// The stack hands a frame over, which must reach the wire.
void TrafficRun::handed_over(uint64_t id, const uint8_t* data, size_t length) {
    if (!live_) return;  // a stack that is only described
    live_->handed_over(id, data, length);
    ++tx_.taken;
    tx_.meter.started(id, hw::now_ps());
}

int64_t TrafficRun::next_live(const uint8_t** data, size_t* length) {
    return open_ && live_->next(rx_.taken, data, length) ? static_cast<int64_t>(rx_.taken++) : -2;
}

// What the NIC sends is compared without them.
void TrafficRun::untag(const uint8_t** data, size_t* length) {
    if (tag_bytes_ == 0) return;
    if (vlan_wire_remove(&tags_, *data, length, untagged_.data()))
        *data = untagged_.data();
    else
        fail("frames.vlan", "802.1Q 9.6", "a frame reached the wire without the tags of the driver stack");
}

// With one direction over, the other has the machine for itself: not what a bench of both measures.
void TrafficRun::close_window() {
    if (config_.warmup_frames == 0) return;
    tx_.meter.close();
    rx_.meter.close();
}

void TrafficRun::sent(uint64_t id, int32_t status) {
    ++completed_;
    // REQUEST_ABORTED is what a protocol of NDIS 5 is told of a send that was aborted.
    const bool aborted = status == NDIS_STATUS_SEND_ABORTED || status == NDIS_STATUS_REQUEST_ABORTED ||
                         status == NDIS_STATUS_RESET_IN_PROGRESS || status == NDIS_STATUS_MEDIA_DISCONNECTED;
    if (status != 0 && disturber_ && (aborted || pulled_)) {
        tx_.losses.excuse(id);
    } else if (status != 0) {
        ++refused_;
        char text[96];
        std::snprintf(text, sizeof text, "the send of packet %" PRIu64 " was completed with status 0x%08" PRIX32, id,
                      static_cast<uint32_t>(status));
        fail("frames.send_failed", "end to end", text, static_cast<int64_t>(id));
    }
    step();
}

// Where programs send, a frame that no source made is theirs; one of a source that was damaged is then missed, as lost.
bool TrafficRun::of_a_program(Flow& flow, const uint8_t* data, size_t length) {
    if (*scenario_.driver_programs == '\0' || frame_check_knows(&flow.check, flow.taken, data, length)) return false;
    ++flow.of_programs;
    step();
    return true;
}

void TrafficRun::recorded(const uint8_t* data, size_t length, const hw::Frame& frame) {
    if (system_.transcript) system_.transcript->frame("wire", data, length);
    if (config_.to_wire) capture_writer_add(config_.to_wire, frame.first.value(), data, length);
    untag(&data, &length);
    if (of_a_program(tx_, data, length)) return;
    const int64_t number = live_ ? live_->reached_wire(data, length) : frame_check_arrived(&tx_.check, tx_.taken, data, length);
    if (number >= 0) {
        tx_.meter.ended(static_cast<uint64_t>(number), frame.last.value());
        tx_.losses.arrived(static_cast<uint64_t>(number));
    }
    ++tx_.arrived;
    tx_.meter.delivered(length);
    tx_.meter.passed(frame.last.value());
    if (tx_.arrived == tx_.total && !live_) close_window();
    step();
}

// What the NIC says of a frame must be so.
void TrafficRun::check_offload(const uint8_t* data, size_t length, const traffic_receive_info& info) {
    static constexpr uint32_t types[] = {0, NDIS_HASH_IPV4, NDIS_HASH_TCP_IPV4, NDIS_HASH_UDP_IPV4,
                                         NDIS_HASH_IPV6, NDIS_HASH_TCP_IPV6, NDIS_HASH_UDP_IPV6};
    if ((info.tcp_good && !offload_tcp_is_good(data, length)) || (info.udp_good && !offload_udp_is_good(data, length)))
        fail("offload.checksum", "[V] 5.1.6.4", "a received frame came with DATA_VALID, and its checksum is wrong");
    if (info.hash_type == 0) return;
    uint32_t hash = 0;
    const offload_hash covers = offload_hash_of(data, length, traffic_rss_key, &hash);
    if (types[covers] == info.hash_type && hash == info.hash) return;
    char text[160];
    std::snprintf(text, sizeof text,
                  "a received frame came with hash 0x%08" PRIX32 " of type 0x%" PRIX32 "; it is 0x%08" PRIX32 " of type 0x%" PRIX32,
                  info.hash, info.hash_type, hash, types[covers]);
    fail("offload.hash", "[V] 5.1.6.4.3", text);
}

void TrafficRun::received(const uint8_t* data, size_t length, const traffic_receive_info& info) {
    check_offload(data, length, info);
    if (of_a_program(rx_, data, length)) return;
    if (info.tag != tags_.tci) fail("frames.vlan", "802.1Q 9.6", "a received frame came with " + tag_text(info.tag) + " in the slot of its NBL, and had " +
                                    tag_text(tags_.tci) + " on the wire");
    const int64_t number = live_ ? live_->reached_host(data, length) : frame_check_arrived(&rx_.check, rx_.taken, data, length);
    if (number >= 0) {
        rx_.meter.ended(static_cast<uint64_t>(number), hw::now_ps());
        rx_.losses.arrived(static_cast<uint64_t>(number));
    }
    ++rx_.arrived;
    rx_.meter.delivered(length);
    if (system_.transcript) system_.transcript->frame("host", data, length);
    if (config_.to_host) capture_writer_add(config_.to_host, hw::now_ps(), data, length);
    step();
}

void TrafficRun::on_event(const hw::Event& event) {
    switch (event.kind) {
    case hw::EventKind::frame_rx: rx_.meter.started(event.packet, event.time_ps); break;
    case hw::EventKind::nbl_sent:
        // The call into the driver, later than the moment when the protocol made the packet up.
        for (uint64_t packet = event.packet; packet < event.packet + packets_of_a_send(scenario_) && packet < tx_.taken; packet++)
            tx_.meter.started(packet, event.time_ps);
        break;
    case hw::EventKind::device_trace:
        if (event.index == TRACE_RX_WRITE) rx_.meter.passed(event.time_ps);
        count_queue(event);
        if (event.index == TRACE_RX_DROP) {
            const uint64_t reason = event.value >> 48;  // aux of the trace word, rtl/regmap/trace.def
            ++dropped_;
            ++adapters_[event.nic].dropped;
            ++drops_by_reason_[reason < drops_by_reason_.size() ? reason : 0];
            step();
        }
        break;
    default: break;
    }
}

// Frames are reported with their queue pair, doorbells with their virtqueue ([V] 5.1.2: receive even, transmit odd). Of interrupts the
// vector counts: the driver gives queue n message n + 1.
void TrafficRun::count_queue(const hw::Event& event) {
    auto& queues = adapters_[event.nic].queues;
    const auto queue = [&](unsigned number) -> machine_queue& { return queues[std::min<size_t>(number, queues.size() - 1)]; };
    switch (event.index) {
    case TRACE_RX_WRITE: ++queue(2u * event.queue).frames; break;
    case TRACE_TX_FIRST: ++queue(2u * event.queue + 1).frames; break;
    case TRACE_DOORBELL: ++queue(event.queue).doorbells; break;
    case TRACE_IRQ: {
        const auto vector = static_cast<unsigned>(event.value >> 32 & 0xFFFF);  // index of the trace word, rtl/regmap/trace.def
        if (vector > 0) ++queue(vector - 1).interrupts;
        break;
    }
    default: break;
    }
}

void TrafficRun::fail(const char* check, const char* clause, const std::string& message, int64_t packet) {
    hw::Violation violation;
    violation.check = check;
    violation.clause = clause;
    violation.message = message;
    violation.packet = packet;
    system_.events.violate(violation);
}

}  // namespace sim
