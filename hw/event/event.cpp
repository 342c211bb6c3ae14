// SPDX-License-Identifier: Apache-2.0
// Reporting of violations: one place gives them their time, counts them and puts them into the event stream.
#include "event.h"

#include <utility>

#include "sim_time.h"

namespace hw {

void EventStream::emit_of_nic(Event event) {
    event.nic = nic_;
    machine_->emit(event);
}

void EventStream::violate(Violation violation) {
    if (nic_) {
        violation.message = "NIC " + std::to_string(nic_) + ": " + violation.message;
        return machine_->violate(std::move(violation));
    }
    if (violation.time_ps == 0) violation.time_ps = now_ps();
    ++violations_;
    Event event;
    event.time_ps = violation.time_ps;
    event.kind = EventKind::violation;
    event.packet = violation.packet < 0 ? 0 : static_cast<uint64_t>(violation.packet);
    event.text = violation.message.c_str();  // valid during the call: a sink that keeps it makes a copy
    emit(event);
    for (auto& sink : violation_sinks_) sink(violation);
}

}  // namespace hw
