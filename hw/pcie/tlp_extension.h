// SPDX-License-Identifier: Apache-2.0
// What a memory access of the root complex tells its target beside address and data: which TLP it comes from.
#pragma once

#include <cstdint>

#include <tlm>

namespace hw {

// Attached to every transaction of RootComplex::memory_socket; belongs to the root complex and is valid during the call.
struct TlpExtension : tlm::tlm_extension<TlpExtension> {
    uint64_t tlp_id = 0;      // Tlp::id of the request
    uint32_t requester = 0;   // bus, device and function
    uint32_t tag = 0;         // of a read

    tlm::tlm_extension_base* clone() const override { return new TlpExtension(*this); }
    void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const TlpExtension&>(other); }
};

}  // namespace hw
