// SPDX-License-Identifier: Apache-2.0
#include "disturber.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iterator>

#include "sim_time.h"

namespace sim {

namespace {

constexpr uint64_t us = 1'000'000;  // picoseconds
constexpr uint64_t notice_ps = 5 * us;  // until the operating system knows that the card is gone

}  // namespace

Disturber::Disturber(const scenario& scenario, System& system, Watcher watcher)
    : scenario_(scenario), system_(system), watcher_(std::move(watcher)), random_(scenario.seed), stop_(system.cpu->create_event()),
      pull_(system.cpu->create_event()) {}

Disturber::~Disturber() {
    system_.cpu->destroy(stop_);
    system_.cpu->destroy(pull_);
}

bool Disturber::wanted(const scenario& scenario) {
    return scenario.stress_link_down_every_us || scenario.stress_queue_reset_every_us || scenario.stress_device_reset_every_us ||
           scenario.stress_miniport_reset_every_us || scenario.stress_stack_restart_every_us || scenario.stress_cancel_every_us ||
           scenario.stress_remove_us;
}

uint64_t Disturber::draw_ps(uint64_t period_us) { return period_us * us / 2 + random_() % (period_us * us + 1); }

void Disturber::start(struct traffic* traffic) {
    traffic_ = traffic;
    if (scenario_.stress_link_down_every_us)
        carrier_alarm_.set(hw::now_ps() + draw_ps(scenario_.stress_link_down_every_us), hw::Alarm::When::kernel_time);
    if (scenario_.stress_remove_us) {
        pull_alarm_.set(hw::now_ps() + draw_ps(scenario_.stress_remove_us), hw::Alarm::When::kernel_time);
        removal_ = system_.cpu->spawn("removal", [this] { removal(); });
    }
    if (scenario_.stress_queue_reset_every_us || scenario_.stress_device_reset_every_us || scenario_.stress_miniport_reset_every_us ||
        scenario_.stress_stack_restart_every_us || scenario_.stress_cancel_every_us)
        thread_ = system_.cpu->spawn("resets", [this] { resets(); });
}

void Disturber::stop() {
    stopping_ = true;
    if (!carrier_ && pulled_ != down_) toggle_carrier();
    system_.cpu->set(stop_);
    system_.cpu->set(pull_);
    for (hw::Cpu::Thread* thread : {thread_, removal_})
        if (thread) system_.cpu->join(thread);
    thread_ = removal_ = nullptr;
}

// One of those whose cards are there.
Slot& Disturber::draw_slot() {
    if (system_.slots.size() == 1) return *system_.slots[0];
    for (;;) {
        Slot& slot = *system_.slots[random_() % system_.slots.size()];
        if (&slot != pulled_) return slot;
    }
}

void Disturber::toggle_carrier() {
    const size_t there = system_.slots.size() - (pulled_ ? 1 : 0);
    if (there == 0 || (carrier_ && (stopping_ || (there == 1 && pulled_)))) return;
    carrier_ = !carrier_;
    if (!carrier_) down_ = &draw_slot();
    if (down_ != pulled_) down_->wire->set_link(carrier_);
    watcher_.carrier(down_->number, !carrier_);
    const uint64_t period_us = carrier_ ? scenario_.stress_link_down_every_us : scenario_.stress_link_down_us;
    carrier_alarm_.set(hw::now_ps() + draw_ps(period_us), hw::Alarm::When::kernel_time);
}

// Each kind at its own times; one that is late because of another comes right after it.
void Disturber::resets() {
    struct Kind {
        uint64_t period_us;
        void (Disturber::*disturb)();
        uint64_t next_ps;
    } kinds[] = {{scenario_.stress_queue_reset_every_us, &Disturber::reset_queue, 0},
                 {scenario_.stress_device_reset_every_us, &Disturber::reset_device, 0},
                 {scenario_.stress_miniport_reset_every_us, &Disturber::reset_miniport, 0},
                 {scenario_.stress_stack_restart_every_us, &Disturber::restart_stack, 0},
                 {scenario_.stress_cancel_every_us, &Disturber::cancel_sends, 0}};
    for (Kind& kind : kinds) kind.next_ps = kind.period_us ? hw::now_ps() + draw_ps(kind.period_us) : UINT64_MAX;
    for (;;) {
        Kind& next = *std::min_element(std::begin(kinds), std::end(kinds), [](const Kind& a, const Kind& b) { return a.next_ps < b.next_ps; });
        const uint64_t now_ps = hw::now_ps();
        if (system_.cpu->wait_for(stop_, hw::ps_time(std::max<uint64_t>(next.next_ps, now_ps + 1) - now_ps)) || (pulled_ && system_.slots.size() == 1)) return;
        (this->*next.disturb)();
        next.next_ps = hw::now_ps() + draw_ps(next.period_us);
    }
}

// The card is out: nobody knows yet but the link.
void Disturber::pull() {
    if (stopping_) return;
    pulled_ = &draw_slot();
    pulled_->link->remove();
    pulled_->wire->set_link(false);
    watcher_.pulled(pulled_->number);
    system_.cpu->set(pull_);
}

void Disturber::removal() {
    (void)system_.cpu->wait_for(pull_, sc_core::SC_ZERO_TIME);
    if (!pulled_) return;
    system_.cpu->sleep(hw::ps_time(notice_ps));
    const int status = traffic_surprise_remove(traffic_, pulled_->number);
    if (status) watcher_.failed("the driver stack could not be told that the card is gone: errno " + std::to_string(std::abs(status)));
    watcher_.removed();
}

// Of a card that is not there nothing can be asked.
void Disturber::failed(const std::string& what, int status) {
    if (status && !pulled_) watcher_.failed(what + ": errno " + std::to_string(std::abs(status)));
}

void Disturber::cancel_sends() { traffic_cancel_sends(traffic_); }

void Disturber::reset_queue() {
    const unsigned pairs = scenario_driver_pairs(&scenario_);
    const unsigned queue = static_cast<unsigned>(random_() % (2 * pairs));
    failed("queue " + std::to_string(queue) + " could not be reset", traffic_reset_queue(traffic_, queue));
}

void Disturber::reset_device() {
    watcher_.device(true);
    const int status = traffic_reset_device(traffic_);
    watcher_.device(false);
    failed("the device could not be reset", status);
}

void Disturber::reset_miniport() {
    watcher_.device(true);
    const int status = traffic_reset_miniport(traffic_, draw_slot().number);
    watcher_.device(false);
    failed("the miniport could not be reset", status);
}

void Disturber::restart_stack() {
    watcher_.stack(true);
    const int status = traffic_restart_stack(traffic_);
    watcher_.stack(false);
    failed("the driver stack did not come back from a pause", status);
}

}  // namespace sim
