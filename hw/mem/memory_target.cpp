// SPDX-License-Identifier: Apache-2.0
#include "memory_target.h"

#include <cstring>

#include "byte_enables.h"
#include "tlp_extension.h"

namespace hw {

MemoryTarget::MemoryTarget(const sc_core::sc_module_name& name, const Config& config, HostMemory& memory, Iommu& iommu)
    : sc_module(name), memory_(memory), iommu_(iommu), read_latency_(config.read_ns, sc_core::SC_NS),
      write_latency_(config.write_ns, sc_core::SC_NS) {
    socket.register_b_transport(this, &MemoryTarget::b_transport);
}

void MemoryTarget::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
    transaction.set_dmi_allowed(false);
    if (transaction.get_streaming_width() < transaction.get_data_length()) {
        transaction.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
        return;
    }
    DmaAccess access;
    access.write = transaction.is_write();
    if (const auto* origin = transaction.get_extension<TlpExtension>()) {
        access.tlp = origin->tlp_id;
        access.requester = static_cast<uint16_t>(origin->requester);
    }
    // First ask for every run, then move: a refused transaction moves nothing.
    const bool granted = for_each_enabled(transaction, [&](unsigned offset, unsigned length) {
        uint64_t pa = 0;
        access.iova = transaction.get_address() + offset;
        access.length = length;
        return iommu_.translate(access, pa, delay);
    });
    if (!granted) {
        transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    for_each_enabled(transaction, [&](unsigned offset, unsigned length) {
        unsigned char* data = transaction.get_data_ptr() + offset;
        const uint64_t physical = iommu_.physical(transaction.get_address() + offset);
        uint8_t* ram = memory_.ram().at(physical);
        if (observer_) observer_(physical, length, transaction.is_write());
        if (transaction.is_write()) std::memcpy(ram, data, length);
        if (transaction.is_read()) std::memcpy(data, ram, length);
        (transaction.is_write() ? bytes_written_ : bytes_read_) += length;
        return true;
    });
    delay += transaction.is_write() ? write_latency_ : read_latency_;
    transaction.set_response_status(tlm::TLM_OK_RESPONSE);
}

}  // namespace hw
