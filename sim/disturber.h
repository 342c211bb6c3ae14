// SPDX-License-Identifier: Apache-2.0
// What goes wrong on purpose while traffic runs, as stress.* of the scenario says: the carrier goes and comes, the driver resets one of
// its queues, or the device, the driver stack is paused and restarted, sends are cancelled, and
// once the card is pulled. Seeded: each comes after half to one and a half of its period, drawn anew.
//
//   carrier   Wire::set_link(), as a cable that is pulled: of several, one at a time, and never the last
//   the rest  a thread on the CPU, through the driver stack (traffic_reset_queue(), traffic_reset_device(), traffic_reset_miniport(),
//             traffic_restart_stack(), traffic_cancel_sends(), traffic_surprise_remove()): one at a time
//   removal   PcieLink::remove() and the cable, at any moment of the others; a second thread tells the stack 5 us later
//
// Reports "stress.reset" when one of these does not succeed.
#pragma once

#include <functional>
#include <random>

#include "alarm.h"
#include "scenario.h"
#include "system.h"
#include "traffic.h"

namespace sim {

class Disturber {
public:
    // Called when frames that are on their way may be lost, and when that is over.
    struct Watcher {
        std::function<void(unsigned slot, bool lost)> carrier;
        std::function<void(bool lost)> device, stack;
        std::function<void(unsigned slot)> pulled;
        std::function<void()> removed;  // a card is gone; and what stood on it alone
        std::function<void(const std::string& message)> failed;
    };

    // system outlives this object.
    Disturber(const scenario& scenario, System& system, Watcher watcher);
    ~Disturber();
    Disturber(const Disturber&) = delete;
    Disturber& operator=(const Disturber&) = delete;

    // Does the scenario ask for anything that loses frames?
    static bool wanted(const scenario& scenario);

    // Both in a thread of the CPU. The stack is up until stop() has returned, which gives the carrier back.
    void start(struct traffic* traffic);
    void stop();

private:
    uint64_t draw_ps(uint64_t period_us);
    void toggle_carrier();
    void resets();
    void reset_queue();
    void reset_device();
    void reset_miniport();
    void restart_stack();
    void cancel_sends();
    void pull();
    void removal();
    Slot& draw_slot();
    void failed(const std::string& what, int status);

    const scenario& scenario_;
    System& system_;
    Watcher watcher_;
    std::mt19937_64 random_;              // its sequence is fixed by the C++ standard
    struct traffic* traffic_ = nullptr;
    hw::Cpu::Thread *thread_ = nullptr, *removal_ = nullptr;
    hw::Cpu::Event *stop_, *pull_;
    bool carrier_ = true, stopping_ = false;
    Slot* down_ = nullptr;    // whose carrier is gone, or was last
    Slot* pulled_ = nullptr;  // whose card is gone
    hw::Alarm pull_alarm_{this, hw::Alarm::call<Disturber, &Disturber::pull>};
    hw::Alarm carrier_alarm_{this, hw::Alarm::call<Disturber, &Disturber::toggle_carrier>};
};

}  // namespace sim
