// SPDX-License-Identifier: Apache-2.0
// What everybody who runs a System from C needs: SystemC told how to behave, violations turned into failures, and no exception let out.
#pragma once

#include <cstddef>
#include <functional>

#include "machine.h"
#include "system.h"

namespace sim {

// Standard output belongs to results: what SystemC has to say goes to standard error.
void prepare_systemc();
// Violations as they happen become failures of the result, with the packet whose memory was touched.
void collect_failures(System& system, machine_result& result);
// The status of body, or -EIO and a message in `error` for an exception.
int guarded(char* error, size_t error_size, const std::function<int()>& body);

}  // namespace sim
