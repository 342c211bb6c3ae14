// SPDX-License-Identifier: Apache-2.0
// From a scenario to what the driver stack is asked for.
#pragma once

#include <string>

#include "scenario.h"
#include "traffic.h"

namespace sim {

// Borrows texts of the scenario.
traffic_config stack_config(const scenario& scenario);
// For a machine whose memory did not suffice: what the receive buffers want, which are most of it, as each begins on a page.
std::string memory_advice(const scenario& scenario);

}  // namespace sim
