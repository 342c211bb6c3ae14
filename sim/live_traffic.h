// SPDX-License-Identifier: Apache-2.0
// Traffic that nobody knows beforehand: a TCP/IP stack on the driver's side (driver.protocol: tcpip), and somebody who talks to it at the
// other end of the cable: the world behind a TAP interface (wire.tap), or a client (wire.requests).
//
//   lwIP --handed_over()--> driver, NIC --reached_wire()--> WireEnd
//   WireEnd --next()--> NIC, driver --reached_host()--> lwIP
//
// Every frame is compared between its two ends (live_check.h).
#pragma once

#include <memory>

#include "client_end.h"
#include "live_check.h"
#include "machine.h"
#include "tap_end.h"

namespace sim {

class LiveTraffic {
public:
    // The scenario is checked. Throws std::runtime_error when the TAP interface cannot be had. stop: may be null.
    LiveTraffic(const scenario& scenario, bool by_flow, const volatile std::sig_atomic_t* stop, hw::EventStream& events, LiveCheck::Report report);
    ~LiveTraffic();

    // Has the scenario such traffic?
    static bool wanted(const scenario& scenario) { return scenario.driver_protocol == SCENARIO_PROTOCOL_TCPIP; }

    void start(std::function<void()> kick, std::function<void()> changed) { end_->start(std::move(kick), std::move(changed)); }
    void handed_over(uint64_t number, const uint8_t* data, size_t length) { to_wire_.sent(number, data, length); }
    // The number of the frame, or -1.
    int64_t reached_wire(const uint8_t* data, size_t length);
    int64_t reached_host(const uint8_t* data, size_t length) { return to_host_.arrived(data, length); }
    bool next(uint64_t number, const uint8_t** data, size_t* length);

    bool done() const { return end_->done(); }
    uint64_t due_ps() const { return end_->due_ps(); }
    // Nothing but its end ends it: whoever is there may be silent as long as he likes.
    bool endless() const { return tap_ != nullptr; }
    void report(machine_result& result);

private:
    int fd_ = -1;
    std::unique_ptr<WireEnd> end_;
    TapEnd* tap_ = nullptr;  // end_, if it is one
    ClientEnd* client_ = nullptr;
    LiveCheck to_wire_, to_host_;
};

}  // namespace sim
