// SPDX-License-Identifier: Apache-2.0
#include "memory_target.h"

#include <cstring>

#include "tlp_extension.h"

namespace hw {
namespace {

// Calls f(offset, length) for each run of enabled bytes, in order, until f returns false; once with length 0 when none is enabled
// (a zero-length read, [P] 2.2.5, still needs a mapping).
template <class F>
bool for_each_enabled(const tlm::tlm_generic_payload& transaction, F f) {
    const unsigned char* enables = transaction.get_byte_enable_ptr();
    const unsigned length = transaction.get_data_length();
    if (!enables) return f(0u, length);
    const unsigned period = transaction.get_byte_enable_length();  // [T] 14.13: the pattern repeats
    const auto enabled = [&](unsigned i) { return enables[i % period] == TLM_BYTE_ENABLED; };
    bool any = false;
    for (unsigned start = 0; start < length; start++) {
        if (!enabled(start)) continue;
        unsigned end = start + 1;
        while (end < length && enabled(end)) end++;
        if (!f(start, end - start)) return false;
        any = true;
        start = end;
    }
    return any || f(0u, 0u);
}

}  // namespace

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
        uint8_t* ram = memory_.ram().at(iommu_.physical(transaction.get_address() + offset));
        if (transaction.is_write()) std::memcpy(ram, data, length);
        if (transaction.is_read()) std::memcpy(data, ram, length);
        (transaction.is_write() ? bytes_written_ : bytes_read_) += length;
        return true;
    });
    delay += transaction.is_write() ? write_latency_ : read_latency_;
    transaction.set_response_status(tlm::TLM_OK_RESPONSE);
}

}  // namespace hw
