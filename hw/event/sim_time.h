// SPDX-License-Identifier: Apache-2.0
// Integer picoseconds to and from SystemC. The models count in picoseconds, which is SystemC's default resolution; nobody changes it.
#pragma once

#include <cstdint>

#include <systemc>

#include "alarm.h"

namespace hw {

// The time of what is being done now. It may be ahead of sc_time_stamp(): see alarm.h.
inline uint64_t now_ps() { return AlarmClock::now_ps(); }
inline sc_core::sc_time ps_time(uint64_t ps) { return sc_core::sc_time::from_value(ps); }

// A model that computes in picoseconds calls this once, when it is built: a wrong resolution is a fatal report.
inline void require_picoseconds() {
    if (sc_core::sc_get_time_resolution() != sc_core::sc_time(1, sc_core::SC_PS))
        SC_REPORT_FATAL("ringside/time", "the SystemC time resolution must stay 1 ps");
}

}  // namespace hw
