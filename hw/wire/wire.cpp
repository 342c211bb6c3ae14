// SPDX-License-Identifier: Apache-2.0
#include "wire.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <stdexcept>
#include <utility>

#include "regmap.h"
#include "sim_time.h"
#include "stalls.h"

namespace hw {

namespace {

constexpr uint64_t longest_start_stall = 2048;  // bytes of line time

}  // namespace

double WireStats::utilisation(uint64_t bits_per_second) const {
    if (last_ps <= first_ps) return 0;
    // The first preamble and the last gap lie outside [first, last].
    const double bits = static_cast<double>(line_bytes - ETH_PREAMBLE - ETH_IFG) * 8;
    return bits / (static_cast<double>(last_ps - first_ps) * 1e-12 * static_cast<double>(bits_per_second));
}

Wire::Wire(sc_core::sc_module_name name, const WireConfig& config, EventStream& events)
    : sc_module(name),
      config_(config),
      rate_(config.bits_per_second ? config.bits_per_second : throw std::invalid_argument("the wire's rate is 0")),
      fifo_ps_(rate_.after({}, config.fifo_bytes).ps),
      events_(events) {}

LineTime Wire::not_before_now(const LineTime& free) { return std::max(free, LineTime{now_ps(), 0}); }

void Wire::set_link(bool up) {
    if (up_ == up) return;
    up_ = up;
    if (nic_) nic_->wake();
}

void Wire::count(WireStats& stats, const Frame& frame) {
    if (stats.frames++ == 0) stats.first_ps = frame.first.value();
    stats.bytes += frame.bytes.size();
    stats.line_bytes += frame.bytes.size() + ETH_PREAMBLE + ETH_IFG;
    stats.last_ps = frame.last.value();
}

void Wire::report(EventKind kind, const Frame& frame) {
    if (!events_.wants(kind)) return;
    Event event;
    event.time_ps = now_ps();
    event.kind = kind;
    event.packet = frame.id;
    event.value = frame.bytes.size();
    const uint64_t duration = (frame.last - frame.first).value();
    event.index = static_cast<uint32_t>(std::min<uint64_t>(duration, std::numeric_limits<uint32_t>::max()));
    events_.emit(event);
}

// --- from the NIC ---

// The moment at which what goes onto the line at `time` fits into the FIFO in front of it.
uint64_t Wire::ahead(const LineTime& time) const {
    const uint64_t at = rounded_up(time);
    return at > fifo_ps_ ? at - fifo_ps_ : 0;
}

// How long this one is kept waiting: a pure function of the seed and of which one it is, so that nobody's asking twice matters.
uint64_t Wire::stall_ps(uint64_t event, uint64_t longest_ps) const {
    if (config_.stall_percent == 0) return 0;
    const uint64_t draw = stall_mix(stall_mix(config_.stall_seed) ^ event);
    return draw % 100 < config_.stall_percent ? (draw >> 8) % (longest_ps + 1) : 0;
}

uint64_t Wire::start_ps() const {
    return ahead(rate_.after(from_nic_free_, ETH_PREAMBLE)) + stall_ps(from_nic_frames_ << 16, rate_.after({}, longest_start_stall).ps);
}

// With half of the FIFO left to hide the wait, the frame's last beat is never late.
uint64_t Wire::continue_ps(uint32_t sent) const {
    return ahead(rate_.after(from_nic_first_, sent)) + stall_ps(from_nic_frames_ << 16 | sent, fifo_ps_ / 2);
}

void Wire::start() {
    sending_ = true;
    from_nic_first_ = rate_.after(not_before_now(from_nic_free_), ETH_PREAMBLE);
}

void Wire::finish(FramePtr frame) {
    if (!sending_) SC_REPORT_FATAL(name(), "finish() without start()");
    sending_ = false;
    LineTime last = rate_.after(from_nic_first_, frame->bytes.size());
    if (rounded_up(last) < now_ps()) {
        char text[160];
        std::snprintf(text, sizeof text, "%s: the last beat of frame %llu (%zu bytes) came %llu ps after its end on the line", name(),
                      static_cast<unsigned long long>(from_nic_frames_), frame->bytes.size(),
                      static_cast<unsigned long long>(now_ps() - last.ps));
        events_.violate({now_ps(), "wire.underrun", "[E] 4.2.3.2", text, static_cast<int64_t>(from_nic_frames_)});
        last = {now_ps(), 0};
    }
    frame->id = from_nic_frames_++;
    frame->first = ps_time(from_nic_first_.ps);
    frame->last = ps_time(rounded_up(last));
    from_nic_free_ = rate_.after(last, ETH_IFG);
    from_nic_.push_back({std::move(frame)});
    if (from_nic_.size() == 1) from_nic_alarm_.set(from_nic_.front().frame->last.value());
}

// Runs when the first frame in flight leaves the NIC's end of the cable, and again when it has reached the other.
void Wire::deliver_from_nic() {
    while (!from_nic_.empty()) {
        InFlight& front = from_nic_.front();
        const uint64_t due = front.frame->last.value() + (front.reported ? config_.propagation_ps : 0);
        if (due > now_ps()) {
            from_nic_alarm_.set(due);
            return;
        }
        if (!front.reported) {
            front.reported = true;
            report(EventKind::frame_tx, *front.frame);
            count(from_nic_stats_, *front.frame);
            continue;
        }
        const FramePtr frame = std::move(front.frame);
        from_nic_.pop_front();
        if (!up_) {
            ++from_nic_stats_.lost;
            if (loss_sink_) loss_sink_(*frame, true);
        } else if (sink_) {
            sink_(*frame);
        }
    }
}

// --- to the NIC ---

void Wire::partner_send(FramePtr frame) {
    const LineTime first = rate_.after(not_before_now(to_nic_free_), ETH_PREAMBLE);
    const LineTime last = rate_.after(first, frame->bytes.size());
    frame->first = ps_time(first.ps + config_.propagation_ps);
    frame->last = ps_time(rounded_up(last) + config_.propagation_ps);
    to_nic_free_ = rate_.after(last, ETH_IFG);
    to_nic_.push_back(std::move(frame));
    if (to_nic_.size() == 1) to_nic_alarm_.set(to_nic_.front()->first.value());
}

void Wire::deliver_to_nic() {
    FramePtr frame = std::move(to_nic_.front());
    to_nic_.pop_front();
    if (!to_nic_.empty()) to_nic_alarm_.set(to_nic_.front()->first.value());
    if (!up_) {
        ++to_nic_stats_.lost;
        if (loss_sink_) loss_sink_(*frame, false);
        return;
    }
    report(EventKind::frame_rx, *frame);
    count(to_nic_stats_, *frame);
    nic_->receive(std::move(frame));
}

}  // namespace hw
