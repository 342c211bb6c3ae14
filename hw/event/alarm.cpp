// SPDX-License-Identifier: Apache-2.0
// The alarms of the process, and the one SystemC process that runs them. See alarm.h.
#ifndef SC_INCLUDE_DYNAMIC_PROCESSES
#define SC_INCLUDE_DYNAMIC_PROCESSES  // sc_spawn
#endif
#include "alarm.h"

#include <algorithm>
#include <vector>

#include <systemc>

namespace hw {

namespace {

constexpr unsigned most_ahead = 1024;  // calls ahead of the kernel before it is asked again

}  // namespace

uint64_t AlarmClock::kernel_time() { return sc_core::sc_time_stamp().value(); }

// A machine has about ten alarms: looking at all of them is cheaper than any order that is kept.
struct AlarmClock::Kernel {
    std::vector<Alarm*> alarms;
    sc_core::sc_event event;
    uint64_t armed_ps = Alarm::never;  // when event is due

    Kernel() {
        sc_core::sc_spawn_options options;
        options.spawn_method();
        options.dont_initialize();
        options.set_sensitivity(&event);
        sc_core::sc_spawn([] { run_due(); }, "alarm_clock", &options);
    }
};

// Never destroyed: SystemC's own objects outlive main() too.
AlarmClock::Kernel& AlarmClock::kernel() {
    static Kernel& instance = *new Kernel;
    return instance;
}

Alarm::Alarm(void* self, Function function) : self_(self), function_(function) { AlarmClock::add(*this); }

Alarm::~Alarm() { AlarmClock::remove(*this); }

void AlarmClock::add(Alarm& alarm) { kernel().alarms.push_back(&alarm); }

void AlarmClock::remove(Alarm& alarm) {
    auto& alarms = kernel().alarms;
    alarms.erase(std::find(alarms.begin(), alarms.end(), &alarm));
    find_next();
}

void AlarmClock::find_next() {
    next_ = nullptr;
    next_ps_ = Alarm::never;
    for (Alarm* alarm : kernel().alarms) {
        if (alarm->due_ps_ >= next_ps_) continue;
        next_ps_ = alarm->due_ps_;
        next_ = alarm;
    }
}

// Takes the alarm that is due next off the clock and makes its call, which may set it, and others, again.
void AlarmClock::ring_next() {
    Alarm* alarm = next_;
    alarm->due_ps_ = Alarm::never;
    find_next();
    alarm->function_(alarm->self_);
}

void AlarmClock::run_ahead() {
    kernel_ps_ = time_ps_ = kernel_time();
    ahead_ = true;
    // The caller runs the alarms now, and asks the kernel when others have something to do: ours is not to be counted.
    kernel().event.cancel();
    kernel().armed_ps = Alarm::never;
}

bool AlarmClock::advance(uint64_t time_ps) {
    while (next_ps_ <= time_ps) {
        if (next_->when_ == Alarm::When::kernel_time && next_ps_ > kernel_ps_) return false;
        time_ps_ = std::max(time_ps_, next_ps_);
        ring_next();
    }
    time_ps_ = time_ps;
    return true;
}

void AlarmClock::give_way() {
    ahead_ = false;
    arm();
}

// The kernel's process: everything that is due at its time.
void AlarmClock::run_due() {
    kernel().armed_ps = Alarm::never;
    const uint64_t now = kernel_time();
    while (next_ps_ <= now) ring_next();
    if (leads_) run_beyond();
    arm();
}

// ... and, when nobody else has anything to do at this time, what is due before somebody has. Some calls at a time, so that a machine
// that goes on by itself lets the kernel see to its end.
void AlarmClock::run_beyond() {
    if (sc_core::sc_pending_activity_at_current_time()) return;
    run_ahead();
    const uint64_t horizon = kernel_ps_ + sc_core::sc_time_to_pending_activity().value();
    for (unsigned calls = 0; calls < most_ahead && next_ps_ < horizon && next_->when_ == Alarm::When::ahead; ++calls) {
        time_ps_ = next_ps_;
        ring_next();
    }
    ahead_ = false;
}

void AlarmClock::arm() {
    Kernel& k = kernel();
    if (next_ps_ >= k.armed_ps) return;
    k.armed_ps = next_ps_;
    const uint64_t now = kernel_time();
    k.event.notify(sc_core::sc_time::from_value(next_ps_ > now ? next_ps_ - now : 0));
}

}  // namespace hw
