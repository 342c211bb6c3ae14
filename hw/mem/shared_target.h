// SPDX-License-Identifier: Apache-2.0
// Memory that a real processor shares: what a device of the simulation sees of another process's memory, at a TLM-2.0 target socket that
// the root complex binds to instead of MemoryTarget's.
//
// The other side polls this memory while it is read and written here, so memcpy is not good enough. A read copies each 64-byte line until
// two copies of it are equal, which is the snapshot of a line that a root complex gives. A write stores aligned words of 8 bytes,
// and of 4, 2 and 1 where it begins or ends, in ascending order, each at once, behind a fence: the flags of a descriptor, at its end, are
// seen last, and behind everything that was written before.
//
// There is no IOMMU: the other side gave all of its memory. An access outside it gets TLM_ADDRESS_ERROR_RESPONSE, transfers nothing, and
// is a violation ("memory.outside").
//
// Spec: [P] PCI Express Base 5.0, 2.4  [V] VIRTIO 1.2, 2.8
#pragma once

#include <cstdint>
#include <functional>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include "event.h"

namespace hw {

class SharedTarget : public sc_core::sc_module {
public:
    // The bytes at bus address [address, +length), or null if there are not so many.
    using Locate = std::function<uint8_t*(uint64_t address, uint64_t length)>;

    // events outlives this module.
    SharedTarget(const sc_core::sc_module_name& name, Locate locate, EventStream& events);

    tlm_utils::simple_target_socket<SharedTarget> socket{"socket"};

private:
    void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
    void refuse(tlm::tlm_generic_payload& transaction);

    const Locate locate_;
    EventStream& events_;
};

}  // namespace hw
