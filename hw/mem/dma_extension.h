// SPDX-License-Identifier: Apache-2.0
// Who made a memory transaction: carried by the generic payload from the root complex to memory, so that a refusal can name the TLP.
//
// Optional and ignorable: a memory model that does not know it works, and a transaction without it is reported as TLP 0.
#pragma once

#include <cstdint>

#include <tlm>

namespace hw {

struct DmaExtension : tlm::tlm_extension<DmaExtension> {
    uint64_t tlp = 0;        // Tlp::id
    uint16_t requester = 0;  // bus, device, function

    tlm::tlm_extension_base* clone() const override { return new DmaExtension(*this); }
    void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const DmaExtension&>(other); }
};

}  // namespace hw
