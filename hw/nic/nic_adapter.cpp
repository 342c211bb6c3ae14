// SPDX-License-Identifier: Apache-2.0
// Scheduling of edges, and TLPs and frames to and from beats.
#include "nic_adapter.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "alarm.h"

namespace hw {

namespace {

sc_core::sc_time ps(uint64_t value) { return sc_core::sc_time::from_value(value); }

// Processes of one instant that trigger each other are given this many delta cycles before the NIC's edge at that instant. Several
// NICs wait for each other here, hence the bound; models settle in two or three.
constexpr int max_deltas = 16;

constexpr uint64_t longest_frame_hold = 64;  // cycles that a beat of a frame may be late by a stall

}  // namespace

NicAdapter::NicAdapter(const sc_core::sc_module_name& name, const NicConfig& config, uint32_t beat_bytes, EventStream& events)
    : VerilatedNic(name), config_(config), beat_bytes_(beat_bytes), events_(events), stalls_(config.stalls) {
    if (sc_core::sc_get_time_resolution() != sc_core::sc_time(1, sc_core::SC_PS)) {
        throw std::invalid_argument("the NIC needs a SystemC time resolution of 1 ps");
    }
    if (config.clock_period_ps < 2) throw std::invalid_argument("the NIC's clock period must be 2 ps or more");
    if (config.stalls.percent > Stalls::longest_percent) throw std::invalid_argument("the NIC's stalls must be 90 % or less");
    if (config.reset_cycles == 0) throw std::invalid_argument("the NIC needs at least one reset cycle");
    SC_THREAD(run);
}

void NicAdapter::connect(DeviceLink& link, DeviceWire& wire) {
    link_ = &link;
    wire_ = &wire;
}

// --- scheduling ---

void NicAdapter::run() {
    if (!link_ || !wire_) SC_REPORT_FATAL(name(), "the NIC is not connected");
    for (;;) {
        for (int i = 0; i < max_deltas && sc_core::sc_pending_activity_at_current_time(); ++i) wait(sc_core::SC_ZERO_TIME);
        AlarmClock::run_ahead();
        run_edges();
        AlarmClock::give_way();
        if (can_sleep()) {
            sleep();
        } else {
            wait(ps(edge_ps_ - now_ps_));
            now_ps_ = edge_ps_;
        }
    }
}

// Evaluates the edge that is due, and then those before the next activity of any other process, with the alarms between them.
void NicAdapter::run_edges() {
    uint32_t budget = std::max(config_.max_run_ahead, 1u);
    uint64_t horizon_ps = 0;  // no other process runs before this time; asked for when the first edge is done
    while (AlarmClock::advance(edge_ps_)) {
        quiet_ = evaluate_edge(edge_index_);
        settled_ps_ = edge_ps_;
        ++edges_evaluated_;
        ++edge_index_;
        edge_ps_ += config_.clock_period_ps;
        if (--budget == 0 || can_sleep()) return;
        if (horizon_ps == 0) horizon_ps = now_ps_ + sc_core::sc_time_to_pending_activity().value();
        if (edge_ps_ >= horizon_ps) return;
    }
}

bool NicAdapter::can_sleep() const {
    return quiet_ && config_.idle_skip && rx_tlps_.empty() && !tx_tlp_ && !tx_frame_ && !blocked_ && !held_ && rx_frame_offset_ == 0 &&
           rx_beat_ps_ > edge_ps_ && !flags_stale_ && !in_reset();
}

void NicAdapter::sleep() {
    sleeping_ = true;
    if (rx_beat_ps_ != never) schedule_wake(rx_beat_ps_);
    wait(wake_event_);
    sleeping_ = false;
    now_ps_ = sc_core::sc_time_stamp().value();
    if (now_ps_ > edge_ps_) {
        edge_ps_ = now_ps_;
        edge_index_ = now_ps_ / config_.clock_period_ps;
        skip_to(edge_index_ - 1);
        settled_ps_ = edge_ps_ - config_.clock_period_ps;
    }
}

// Ends the sleep at the first edge not before this time. An earlier wake-up stays.
void NicAdapter::schedule_wake(uint64_t earliest_ps) {
    const uint64_t period = config_.clock_period_ps;
    const uint64_t edge = std::max(edge_ps_, (earliest_ps + period - 1) / period * period);
    wake_event_.notify(ps(edge - sc_core::sc_time_stamp().value()));
}

void NicAdapter::wake() {
    flags_stale_ = true;
    if (sleeping_) schedule_wake(sc_core::sc_time_stamp().value());
}

// --- TLPs to the device ---

void NicAdapter::receive(TlpPtr tlp) {
    rx_tlps_.push_back(std::move(tlp));
    ++stats_.tlps_received;
    if (sleeping_) schedule_wake(sc_core::sc_time_stamp().value());
}

NicAdapter::TlpBeat NicAdapter::tlp_beat() const {
    const Tlp& tlp = *rx_tlps_.front();
    const uint32_t left = tlp.payload_bytes - rx_tlp_offset_;
    return {tlp.hdr.data(), tlp.payload.data() + rx_tlp_offset_, std::min(left, beat_bytes_), rx_tlp_offset_ == 0,
            left <= beat_bytes_};
}

void NicAdapter::tlp_beat_accepted() {
    Tlp& tlp = *rx_tlps_.front();
    if (tlp.payload_bytes - rx_tlp_offset_ > beat_bytes_) {
        rx_tlp_offset_ += beat_bytes_;
        return;
    }
    rx_tlp_offset_ = 0;
    link_->release(tlp.kind(), tlp.payload_bytes);
    rx_tlps_.pop_front();
}

// --- TLPs from the device ---

bool NicAdapter::refresh_flags() {
    if (!flags_stale_) return false;
    flags_stale_ = false;
    for (const TlpKind kind : {TlpKind::posted, TlpKind::non_posted, TlpKind::completion}) {
        flags_.ok[static_cast<size_t>(kind)] = link_->can_send(kind);
    }
    if (stalls_.on()) withhold_credits();
    flags_.link_up = wire_->link_up();
    return true;
}

bool NicAdapter::may_take_tlp(bool sop, const uint32_t* header) {
    if (blocked_ && (!sop || std::memcmp(header, blocked_header_.data(), sizeof blocked_header_) != 0)) {
        violate("nic.tlp_stable", "", "the header of a TLP changed while it waited for credits");
    }
    blocked_ = false;
    if (!sop) return true;
    Tlp probe_kind;
    std::memcpy(probe_kind.hdr.data(), header, sizeof probe_kind.hdr);
    if (flags_.ok[static_cast<size_t>(probe_kind.kind())]) return true;
    blocked_ = true;
    std::memcpy(blocked_header_.data(), header, sizeof blocked_header_);
    return false;
}

void NicAdapter::tlp_withdrawn() {
    violate("nic.tlp_stable", "", blocked_ ? "a TLP that waited for credits was withdrawn" : "a TLP that waited for ready was withdrawn");
    blocked_ = held_ = false;
}

void NicAdapter::take_tlp_beat(bool sop, bool eop, const uint32_t* header, const void* data) {
    if (sop != !tx_tlp_) {
        violate("nic.tlp_framing", "", sop ? "a TLP began inside another" : "a beat came outside any TLP");
        tx_tlp_bad_ = true;
    }
    if (sop) {
        tx_tlp_ = make_tlp();
        std::memcpy(tx_tlp_->hdr.data(), header, 16);
        tx_tlp_->payload_bytes = tx_tlp_->has_data() ? tx_tlp_->length_dw() * 4 : 0;
        tx_tlp_offset_ = 0;
        tx_tlp_bad_ = false;
    }
    if (!tx_tlp_) return;
    const uint32_t left = tx_tlp_->payload_bytes - tx_tlp_offset_;
    const uint32_t bytes = std::min(left, beat_bytes_);
    std::memcpy(tx_tlp_->payload.data() + tx_tlp_offset_, data, bytes);
    tx_tlp_offset_ += bytes;
    if (eop != (left <= beat_bytes_) && !tx_tlp_bad_) {
        char text[128];
        std::snprintf(text, sizeof text, "a TLP of type %02x and %u payload bytes %s byte %u", tx_tlp_->fmt_type(),
                      tx_tlp_->payload_bytes, eop ? "ended at" : "went on behind", tx_tlp_offset_);
        violate("nic.tlp_length", "[P] 2.2.2", text);
        tx_tlp_bad_ = true;
    }
    if (!eop) return;
    if (tx_tlp_bad_) {
        tx_tlp_.reset();  // nothing that could be sent: its length is not what its header says
        return;
    }
    ++stats_.tlps_sent;
    flags_stale_ = true;
    for (unsigned kind = 0; stalls_.on() && kind < credits_back_.size(); ++kind)
        credits_back_[kind] = std::max(credits_back_[kind], edge_index_ + stalls_.withheld(kind, edge_index_));
    link_->send(std::move(tx_tlp_));
}

// --- stalls ---

// What the link has, less what is withheld; the flags stay stale until all is shown.
void NicAdapter::withhold_credits() {
    for (size_t kind = 0; kind < credits_back_.size(); ++kind) {
        if (edge_index_ >= credits_back_[kind]) continue;
        flags_.ok[kind] = false;
        flags_stale_ = true;
    }
}

bool NicAdapter::hold_frame_beat() const {
    return edge_ps_ < rx_beat_ps_ + longest_frame_hold * config_.clock_period_ps && stalls_.held(Stalls::frame_in, edge_index_);
}

void NicAdapter::hold_tlp_beat(bool sop, const void* data) {
    held_ = true;
    held_sop_ = sop;
    const uint8_t* bytes = static_cast<const uint8_t*>(data);
    held_data_.assign(bytes, bytes + beat_bytes_);
}

void NicAdapter::check_held_tlp_beat(bool sop, const void* data) {
    held_ = false;
    if (held_sop_ == sop && (sop || std::memcmp(held_data_.data(), data, beat_bytes_) == 0)) return;
    violate("nic.tlp_stable", "", "a beat inside a TLP changed while it waited for ready");
}

// --- frames ---

void NicAdapter::take_frame_beat(const void* data, uint32_t bytes, bool last) {
    if (!tx_frame_) {
        wire_->start();
        tx_frame_ = make_frame();
        tx_frame_->bytes.reserve(1536);
    }
    if (bytes == 0 || bytes > beat_bytes_ || (!last && bytes != beat_bytes_)) {
        violate("nic.mac_beat", "", "a beat of " + std::to_string(bytes) + " bytes" + (last ? "" : " that is not the last"));
        bytes = std::min(bytes, beat_bytes_);
    }
    const uint8_t* first = static_cast<const uint8_t*>(data);
    tx_frame_->bytes.insert(tx_frame_->bytes.end(), first, first + bytes);
    if (!last) {
        mac_ready_ps_ = wire_->continue_ps(static_cast<uint32_t>(tx_frame_->bytes.size()));
        return;
    }
    ++stats_.frames_sent;
    wire_->finish(std::move(tx_frame_));
    mac_ready_ps_ = wire_->start_ps();
}

void NicAdapter::receive(FramePtr frame) {
    rx_frames_.push_back(std::move(frame));
    ++stats_.frames_received;
    if (rx_frames_.size() == 1) expect_next_frame_beat();
    if (sleeping_) schedule_wake(rx_beat_ps_);
}

// The next beat of the first queued frame is whole when its last byte has arrived.
void NicAdapter::expect_next_frame_beat() {
    if (rx_frames_.empty()) {
        rx_beat_ps_ = never;
        return;
    }
    const Frame& frame = *rx_frames_.front();
    const uint64_t length = frame.bytes.size();
    const uint64_t end = std::min<uint64_t>(rx_frame_offset_ + beat_bytes_, length);
    const uint64_t duration = (frame.last - frame.first).value();
    rx_beat_ps_ = frame.first.value() + (duration * end + length - 1) / length;
}

NicAdapter::FrameBeat NicAdapter::next_frame_beat() {
    Frame& frame = *rx_frames_.front();
    const uint32_t left = static_cast<uint32_t>(frame.bytes.size()) - rx_frame_offset_;
    const FrameBeat beat{frame.bytes.data() + rx_frame_offset_, std::min(left, beat_bytes_), left <= beat_bytes_};
    rx_frame_offset_ += beat.bytes;
    if (beat.last) {
        rx_done_ = std::move(rx_frames_.front());
        rx_frames_.pop_front();
        rx_frame_offset_ = 0;
    }
    expect_next_frame_beat();
    return beat;
}

// --- reports ---

void NicAdapter::report_trace(uint32_t point, uint64_t word) {
    if (!events_.wants(EventKind::device_trace)) return;
    Event event;
    event.time_ps = edge_ps_;
    event.kind = EventKind::device_trace;
    event.index = point;
    event.packet = word & 0xFFFF;
    event.queue = static_cast<uint16_t>(word >> 16);
    event.value = word;
    events_.emit(event);
}

void NicAdapter::violate(const char* check, const char* clause, const std::string& message) {
    Violation violation;
    violation.time_ps = edge_ps_;
    violation.check = check;
    violation.clause = clause;
    violation.message = std::string(name()) + ": " + message;
    events_.violate(std::move(violation));
}

void NicAdapter::rtl_error(const std::string& text) {
    ++stats_.assertions;
    Violation violation;
    violation.time_ps = settled_ps_;
    violation.check = "rtl.assertion";
    violation.clause = clause_of(text);
    violation.message = std::string(name()) + ": " + text;
    events_.violate(std::move(violation));
}

void NicAdapter::finish() {
    if (tlp_waiting()) violate("nic.leftover", "", std::to_string(rx_tlps_.size()) + " TLPs were not taken by the device");
    if (tx_tlp_) violate("nic.leftover", "", "a TLP to the link was not finished");
    if (tx_frame_) violate("nic.leftover", "", "a frame to the wire was not finished");
    if (!rx_frames_.empty()) violate("nic.leftover", "", std::to_string(rx_frames_.size()) + " frames did not reach the device");
}

}  // namespace hw
