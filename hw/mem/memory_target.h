// SPDX-License-Identifier: Apache-2.0
// Host memory as a device sees it: the IOMMU, and RAM behind it, at a TLM-2.0 target socket that the root complex binds to.
//
// The generic payload's address is the IOVA, at byte granularity; byte enables are honoured, also on reads, and decide what the IOMMU
// is asked for. An access is one snapshot of memory at the time of the call, however long it takes (the annotated delay): callers that
// want a line read at one time and the next at another make two transactions. A refused access gets TLM_ADDRESS_ERROR_RESPONSE,
// transfers nothing, and is reported by the IOMMU, with the TLP if a TlpExtension names it. Direct memory access is refused: it would
// pass the IOMMU.
//
// Not modelled: banks, refresh, contention for memory bandwidth, caches. The latencies are added to those of the root complex, whose
// figures are end-to-end measurements that already contain memory: hence 0 unless the scenario splits them.
//
// Spec: [T] IEEE 1666-2011, TLM-2.0
#pragma once

#include <functional>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include "host_memory.h"
#include "iommu.h"

namespace hw {

class MemoryTarget : public sc_core::sc_module {
public:
    struct Config {
        double read_ns = 0;
        double write_ns = 0;
    };

    // memory and iommu outlive this module.
    MemoryTarget(const sc_core::sc_module_name& name, const Config& config, HostMemory& memory, Iommu& iommu);

    tlm_utils::simple_target_socket<MemoryTarget> socket{"socket"};

    // Told of every access that was granted, before it is made: its physical addresses, and whether it writes.
    using Observer = std::function<void(uint64_t address, uint32_t bytes, bool write)>;
    void observe(Observer observer) { observer_ = std::move(observer); }

    uint64_t bytes_read() const { return bytes_read_; }
    uint64_t bytes_written() const { return bytes_written_; }

private:
    void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);

    HostMemory& memory_;
    Iommu& iommu_;
    Observer observer_;
    sc_core::sc_time read_latency_, write_latency_;
    uint64_t bytes_read_ = 0, bytes_written_ = 0;
};

}  // namespace hw
