// SPDX-License-Identifier: Apache-2.0
#include "disturber.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "sim_time.h"

namespace sim {

namespace {

constexpr uint64_t us = 1'000'000;  // picoseconds

}  // namespace

Disturber::Disturber(const scenario& scenario, System& system, Watcher watcher)
    : scenario_(scenario), system_(system), watcher_(std::move(watcher)), random_(scenario.seed), stop_(system.cpu->create_event()) {}

bool Disturber::wanted(const scenario& scenario) {
    return scenario.stress_link_down_every_us || scenario.stress_queue_reset_every_us || scenario.stress_device_reset_every_us;
}

uint64_t Disturber::draw_ps(uint64_t period_us) { return period_us * us / 2 + random_() % (period_us * us + 1); }

void Disturber::start(struct traffic* traffic) {
    traffic_ = traffic;
    if (scenario_.stress_link_down_every_us)
        carrier_alarm_.set(hw::now_ps() + draw_ps(scenario_.stress_link_down_every_us), hw::Alarm::When::kernel_time);
    if (scenario_.stress_queue_reset_every_us || scenario_.stress_device_reset_every_us)
        thread_ = system_.cpu->spawn("resets", [this] { resets(); });
}

void Disturber::stop() {
    stopping_ = true;
    if (!carrier_) toggle_carrier();
    if (!thread_) return;
    system_.cpu->set(stop_);
    system_.cpu->join(thread_);
    thread_ = nullptr;
}

void Disturber::toggle_carrier() {
    if (stopping_ && carrier_) return;
    carrier_ = !carrier_;
    if (!carrier_) watcher_.carrier(true);
    system_.wire->set_link(carrier_);
    if (carrier_) watcher_.carrier(false);
    const uint64_t period_us = carrier_ ? scenario_.stress_link_down_every_us : scenario_.stress_link_down_us;
    carrier_alarm_.set(hw::now_ps() + draw_ps(period_us), hw::Alarm::When::kernel_time);
}

// Each kind at its own times; one that is late because of the other comes right after it.
void Disturber::resets() {
    const uint64_t queue_us = scenario_.stress_queue_reset_every_us, device_us = scenario_.stress_device_reset_every_us;
    uint64_t queue_ps = queue_us ? hw::now_ps() + draw_ps(queue_us) : UINT64_MAX;
    uint64_t device_ps = device_us ? hw::now_ps() + draw_ps(device_us) : UINT64_MAX;
    for (;;) {
        const uint64_t next_ps = std::min(queue_ps, device_ps), now_ps = hw::now_ps();
        if (system_.cpu->wait_for(stop_, hw::ps_time(std::max<uint64_t>(next_ps, now_ps + 1) - now_ps))) return;
        if (next_ps == queue_ps) {
            reset_queue();
            queue_ps = hw::now_ps() + draw_ps(queue_us);
        } else {
            reset_device();
            device_ps = hw::now_ps() + draw_ps(device_us);
        }
    }
}

void Disturber::reset_queue() {
    const uint64_t pairs = scenario_.driver_queue_pairs ? scenario_.driver_queue_pairs : scenario_.nic_queue_pairs;
    const unsigned queue = static_cast<unsigned>(random_() % (2 * pairs));
    const int status = traffic_reset_queue(traffic_, queue);
    if (status) watcher_.failed("queue " + std::to_string(queue) + " could not be reset: errno " + std::to_string(std::abs(status)));
}

void Disturber::reset_device() {
    watcher_.device(true);
    const int status = traffic_reset_device(traffic_);
    watcher_.device(false);
    if (status) watcher_.failed("the device could not be reset: errno " + std::to_string(std::abs(status)));
}

}  // namespace sim
