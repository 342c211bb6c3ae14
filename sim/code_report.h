// SPDX-License-Identifier: Apache-2.0
// What measured driver code took (hw/cpu/code_meter.h), as `cpu` of the result: a packet's share of each figure, and of each
// function.
//
// The packets are those that the protocol sent or was given. Those of a bench are in the middle of the run; those of other runs all
// but the first batch, with the take-down of the stack behind them.
#pragma once

#include <jansson.h>

#include "code_meter.h"
#include "machine.h"

namespace sim {

void measure_traffic(const machine_config& config, hw::CodeMeter& meter);
// An object; the caller owns it.
json_t* code_report(const hw::CodeMeter& meter);

}  // namespace sim
