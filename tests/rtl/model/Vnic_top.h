// SPDX-License-Identifier: Apache-2.0
// In the place of Verilator's header of that name: the tests of nic_top, of the C model.
#pragma once

#include "model_pins.h"

using Vnic_top = ModelPins<RTL_DataWidth, RTL_QueuePairs>;
