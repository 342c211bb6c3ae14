// SPDX-License-Identifier: Apache-2.0
// Who hears of a failed assertion of the RTL.
//
// Verilator's hooks are free functions without an argument for the model, so the receiver is named around each evaluation. All
// evaluations happen on the one thread that runs SystemC.
#pragma once

#include <string>

namespace hw {

class RtlMessageSink {
public:
    virtual ~RtlMessageSink() = default;
    // text: "file.sv:12: Assertion failed in top.block.Name: [V] 2.8.21 words", without line end.
    virtual void rtl_error(const std::string& text) = 0;
};

// From now on errors go to this sink; nullptr: to stderr, and the process ends with status 3 (there is nobody to fail the run).
void set_rtl_message_sink(RtlMessageSink* sink);

// The clause in square brackets of a CHECK text, for example "[V] 2.8.21"; empty when there is none.
std::string clause_of(const std::string& text);

}  // namespace hw
