// SPDX-License-Identifier: Apache-2.0
// Calls at a time, between the models of the hardware: what an sc_event and an SC_METHOD do, at a small part of their cost.
//
// An Alarm calls one function at one time. All alarms share one SystemC process, which runs them at their times. A model with a clock
// of its own (hw/nic) goes further: it runs alarms itself, between its clock edges and ahead of the kernel, up to the next time at
// which any other process has something to do. While traffic flows, TLPs and frames then cost no activity of the kernel at all.
//
//   kernel time ----+------------------------------------------------------+----> (the CPU runs)
//   hardware time   +-- edge -- alarm -- edge -- alarm, alarm -- edge -----+
//
// What makes this exact: nothing but alarms and clock edges happens ahead, in the order of their times; and whoever is in touch with
// SystemC processes (an interrupt, a completion that a CPU waits for) asks for When::kernel_time, which nobody runs ahead of. Hardware
// must take the time from now_ps() (sim_time.h), not from sc_time_stamp(), which may be behind.
//
// A machine without such a model (hw/nic/model_nic.h) asks for the same with lead(): the process of the alarms then runs them ahead of the
// kernel, up to the next activity of any other process.
//
// Alarms of one time run in the order in which they were made. Not thread safe; SystemC is one thread.
#pragma once

#include <cstdint>

namespace hw {

class Alarm {
public:
    static constexpr uint64_t never = UINT64_MAX;
    enum class When : uint8_t { ahead, kernel_time };  // may the call be made ahead of the kernel?

    using Function = void (*)(void* self);
    // self->method() is called when the alarm is due:  Alarm alarm_{this, Alarm::call<Link, &Link::deliver>};
    template <class T, void (T::*method)()>
    static void call(void* self) { (static_cast<T*>(self)->*method)(); }

    Alarm(void* self, Function function);
    ~Alarm();
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    // One call at time_ps, now or later, in place of what was set before. Picoseconds; `never` clears it.
    void set(uint64_t time_ps, When when = When::ahead);

private:
    friend class AlarmClock;
    void* const self_;
    const Function function_;
    uint64_t due_ps_ = never;
    When when_ = When::ahead;
};

// The time of the hardware, and running ahead of the kernel.
class AlarmClock {
public:
    // The time of what is being done now, which is the kernel's unless somebody runs ahead.
    static uint64_t now_ps() { return ahead_ ? time_ps_ : kernel_time(); }
    // May SystemC processes be notified now?
    static bool at_kernel_time() { return !ahead_ || time_ps_ == kernel_ps_; }

    // From the kernel's current time on, the caller moves the time. It must not wait() before it ends this with give_way().
    static void run_ahead();
    // Runs all alarms up to time_ps, including it, and makes it the time. False: an alarm for kernel time is due before; it was not
    // run, and the caller must give way.
    static bool advance(uint64_t time_ps);
    // From now on, for good, alarms run ahead by themselves. Not together with somebody who calls run_ahead().
    static void lead() { leads_ = true; }
    // The kernel takes over again. The caller goes on when kernel time has reached what it did last, and meanwhile alarms run by the
    // kernel.
    static void give_way();

private:
    friend class Alarm;
    struct Kernel;
    static uint64_t kernel_time();
    static Kernel& kernel();
    static void add(Alarm& alarm);
    static void remove(Alarm& alarm);
    static void find_next();
    static void ring_next();
    static void run_due();
    static void run_beyond();
    static void arm();

    static inline bool ahead_ = false;
    static inline bool leads_ = false;
    static inline uint64_t time_ps_ = 0;              // while ahead_
    static inline uint64_t kernel_ps_ = 0;            // sc_time_stamp() while ahead_
    static inline Alarm* next_ = nullptr;             // the alarm that is due next, of several the one made first
    static inline uint64_t next_ps_ = Alarm::never;   // when
};

inline void Alarm::set(uint64_t time_ps, When when) {
    due_ps_ = time_ps;
    when_ = when;
    if (this != AlarmClock::next_ && time_ps > AlarmClock::next_ps_) return;
    AlarmClock::find_next();
    if (!AlarmClock::ahead_) AlarmClock::arm();
}

}  // namespace hw
