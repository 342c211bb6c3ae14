// SPDX-License-Identifier: Apache-2.0
// The interrupt context: MSI-X messages, timers and the softirq, one after the other.
#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "code_meter.h"
#include "cpu.h"
#include "sim_time.h"

namespace hw {

using sc_core::SC_NS;
using sc_core::sc_time;
using sc_core::sc_time_stamp;

namespace {

constexpr uint64_t livelock_callbacks = 1'000'000;  // in one instant of simulated time

}  // namespace

unsigned Cpu::connect(uint64_t address, uint32_t data, unsigned vector, std::function<void()> isr) {
    vectors_.push_back({address, data, vector, false, std::move(isr)});
    return static_cast<unsigned>(vectors_.size() - 1);
}

void Cpu::disconnect(unsigned handle) { vectors_.at(handle).isr = nullptr; }

void Cpu::message(uint64_t address, uint32_t data) {
    for (unsigned handle = 0; handle < vectors_.size(); handle++) {
        Vector& vector = vectors_[handle];
        if (vector.address != address || vector.data != data || !vector.isr) continue;
        counters_.messages++;
        if (vector.pending) return;  // merged
        vector.pending = true;
        const Arrival arrival{sc_time_stamp() + interrupt_latency(), handle};
        const auto place = std::upper_bound(arrivals_.begin(), arrivals_.end(), arrival,
                                            [](const Arrival& a, const Arrival& b) { return a.due < b.due; });
        arrivals_.insert(place, arrival);
        interrupt_wake_.notify(sc_core::SC_ZERO_TIME);
        return;
    }
    char text[128];
    std::snprintf(text, sizeof text, "MSI-X message %#x to %#" PRIx64 " belongs to no connected vector", data, address);
    events_.violate({0, "cpu.unexpected_message", "[P] 7.7.2", text, -1});
}

sc_time Cpu::interrupt_latency() {
    const sc_time latency(config_.interrupt_ns, SC_NS);
    const uint64_t jitter_ps = sc_time(config_.interrupt_jitter_ns, SC_NS).value();
    return jitter_ps ? latency + ps_time(random_() % (jitter_ps + 1)) : latency;
}

void Cpu::raise_softirq() {
    softirq_raised_ = true;
    interrupt_wake_.notify(sc_core::SC_ZERO_TIME);
}

uint64_t Cpu::start_timer(const sc_time& delay, std::function<void()> callback) {
    const uint64_t id = ++timers_started_;
    const sc_time due = sc_time_stamp() + delay;
    timers_[{due, id}] = {id, std::move(callback)};
    timer_due_[id] = due;
    interrupt_wake_.notify(sc_core::SC_ZERO_TIME);
    return id;
}

bool Cpu::cancel_timer(uint64_t timer) {
    const auto due = timer_due_.find(timer);
    if (due == timer_due_.end()) return false;
    timers_.erase({due->second, timer});
    timer_due_.erase(due);
    return true;
}

void Cpu::interrupt_process() {
    if (meter_) meter_->begin(&interrupt_, __builtin_frame_address(0), config_.stack_bytes);
    for (;;) {
        wait_for_interrupt_work();
        acquire(interrupt_);
        while (run_one()) guard_against_livelock();
        release();
    }
}

// Returns when there is something to run now. Whoever adds work notifies interrupt_wake_; while this process is not waiting, it finds
// the work by itself.
void Cpu::wait_for_interrupt_work() {
    for (;;) {
        const sc_time now = sc_time_stamp();
        sc_time next = sc_core::sc_max_time();
        if (softirq_raised_) return;
        if (!arrivals_.empty()) next = arrivals_.front().due;
        if (!timers_.empty() && timers_.begin()->first.first < next) next = timers_.begin()->first.first;
        if (next <= now) return;
        if (next == sc_core::sc_max_time())
            sc_core::wait(interrupt_wake_);
        else
            sc_core::wait(next - now, interrupt_wake_);
    }
}

bool Cpu::interrupt_is_due() const {
    const sc_time now = sc_time_stamp();
    return (!arrivals_.empty() && arrivals_.front().due <= now) || (!timers_.empty() && timers_.begin()->first.first <= now);
}

bool Cpu::run_one() { return run_isr() || run_timer() || run_softirq(); }

bool Cpu::run_isr() {
    if (arrivals_.empty() || arrivals_.front().due > sc_time_stamp()) return false;
    const unsigned handle = arrivals_.front().handle;
    arrivals_.pop_front();
    vectors_[handle].pending = false;  // before the ISR: a message from now on is a new interrupt
    if (!vectors_[handle].isr) return true;
    const std::function<void()> isr = vectors_[handle].isr;  // it may disconnect itself, or connect others
    const unsigned number = vectors_[handle].number;
    counters_.interrupts++;
    trace(EventKind::irq_enter, number);
    spend_beside_code(config_.isr_ns);
    isr();
    settle(false);
    trace(EventKind::irq_exit, number);
    return true;
}

bool Cpu::run_timer() {
    if (timers_.empty() || timers_.begin()->first.first > sc_time_stamp()) return false;
    const Timer timer = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    timer_due_.erase(timer.id);
    counters_.timers++;
    timer.callback();
    settle(true);
    return true;
}

bool Cpu::run_softirq() {
    if (!softirq_raised_) return false;
    softirq_raised_ = false;
    if (!softirq_) return true;
    counters_.softirqs++;
    softirq_();
    settle(true);
    return true;
}

// Software that takes no time can raise itself for ever without time going on; better an error than a hang.
void Cpu::guard_against_livelock() {
    if (guarded_time_ != sc_time_stamp()) {
        guarded_time_ = sc_time_stamp();
        callbacks_now_ = 0;
    }
    if (++callbacks_now_ < livelock_callbacks) return;
    events_.violate({0, "cpu.livelock", "ours: simulated time goes on",
                     std::to_string(callbacks_now_) + " interrupt callbacks ran in one instant: one of them raises itself without end", -1});
    sc_core::sc_stop();
    for (;;) sc_core::wait();  // holding the CPU: nothing runs on it any more
}

void Cpu::trace(EventKind kind, unsigned vector) {
    hw::Event event;
    event.time_ps = now_ps();
    event.kind = kind;
    event.index = vector;
    events_.emit(event);
}

}  // namespace hw
