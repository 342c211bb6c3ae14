// SPDX-License-Identifier: Apache-2.0
// The C model of the NIC (model.h) as a Nic: clock edges to simulated time, TLPs and frames to and from C.
//
// It takes the place of the Verilated NIC at the same boundary and in the same machine. Between its steps nothing is done: one alarm
// stands for the next of them, and the alarms of the whole machine then run ahead of the SystemC kernel by themselves (alarm.h).
//
// Waveforms have no signals of it; the software lanes, links and trace points are there.
#pragma once

#include <memory>

#include "event.h"
#include "nic_module.h"

namespace hw {

// Any datapath of 64, 128, 256 or 512 bits with 1 to 16 queue pairs. Throws std::invalid_argument for another, for a clock period of less
// than 2 ps and for no reset cycles. x_seed and idle_skip mean nothing to it; max_run_ahead of 1: nothing runs ahead of the
// kernel, as it must be beside a Verilated NIC. events must outlive it.
std::unique_ptr<NicModule> make_model_nic(const char* name, const NicConfig& config, EventStream& events);

}  // namespace hw
