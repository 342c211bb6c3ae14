// SPDX-License-Identifier: Apache-2.0
// The root complex towards CPUs: register and configuration accesses become TLPs, and threads wait for their completions.
#include "root_complex.h"

#include <algorithm>
#include <cstring>

#include "sim_time.h"

namespace hw {

namespace {

// What one request may cover from `address` on: up to `largest` bytes of double words, within a 4 KiB page [P] 2.2.7.
uint32_t request_piece(uint64_t address, uint32_t remaining, uint32_t largest) {
    const uint64_t start = address & ~uint64_t{3};
    const uint64_t page_end = (address | 0xFFF) + 1;
    return static_cast<uint32_t>(std::min({address + remaining, start + largest, page_end}) - address);
}

}  // namespace

bool RootComplex::in_window(uint64_t address, uint64_t bytes) const {
    const auto inside = [&](uint64_t base, uint64_t size) {
        return address >= base && address - base < size && bytes <= size - (address - base);
    };
    return inside(config_.mmio32_base, config_.mmio32_bytes) || inside(config_.mmio64_base, config_.mmio64_bytes);
}

void RootComplex::mmio_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
    if (delay != sc_core::SC_ZERO_TIME) wait(delay);
    delay = sc_core::SC_ZERO_TIME;
    uint64_t address = transaction.get_address();
    uint8_t* data = transaction.get_data_ptr();
    uint32_t remaining = transaction.get_data_length();
    const bool read = transaction.is_read();
    if (transaction.get_byte_enable_ptr()) return transaction.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    if (transaction.get_streaming_width() < remaining) return transaction.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    if (!in_window(address, remaining)) {
        if (read) std::memset(data, 0xFF, remaining);
        return transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    }
    transaction.set_response_status(tlm::TLM_OK_RESPONSE);
    if (!read && !transaction.is_write()) return;
    while (remaining) {
        const uint32_t bytes = request_piece(address, remaining, read ? 64 : config_.mps);  // a CPU reads a line at most
        if (!read)
            cpu_write(address, data, bytes);
        else if (const Outcome outcome = cpu_read(address, data, bytes); outcome != Outcome::success && outcome != Outcome::removed)
            transaction.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
        address += bytes;
        data += bytes;
        remaining -= bytes;
    }
}

void RootComplex::cpu_write(uint64_t address, const uint8_t* data, uint32_t bytes) {
    const uint64_t deadline = now_ps() + config_.completion_timeout_ns * 1000;
    while (link_.pending_down(TlpKind::posted) >= config_.cpu_write_queue) {
        if (now_ps() >= deadline) {
            const TlpPtr tlp = make_mem_write(config_.root_id, address, data, bytes);
            events_.violate({0, "pcie.write_stuck", "[P] 2.6.1", "the device returns no posted credits, a CPU write was dropped: " +
                             tlp->to_string(), -1});
            return;
        }
        wait(ps_time(deadline - now_ps()), cpu_room_event_);
    }
    ++statistics_.cpu_writes;
    link_.send_down(make_mem_write(config_.root_id, address, data, bytes));
}

RootComplex::Outcome RootComplex::cpu_read(uint64_t address, uint8_t* data, uint32_t bytes) {
    ++statistics_.cpu_reads;
    const uint32_t tag = claim_tag();
    const Outcome outcome = complete(tag, make_mem_read(config_.root_id, tag, address, bytes), data, bytes);
    if (outcome == Outcome::unsupported) {
        const TlpPtr tlp = make_mem_read(config_.root_id, tag, address, bytes);
        events_.violate({0, "pcie.unsupported_request", "[P] 2.3.1", "the device refused a CPU read: " + tlp->to_string(), -1});
    }
    if (outcome != Outcome::success) std::memset(data, 0xFF, bytes);  // a part of it may have come
    return outcome;
}

uint32_t RootComplex::config_read(uint32_t offset, uint32_t size) {
    ++statistics_.cpu_config;
    const uint32_t tag = claim_tag();
    uint8_t word[4] = {};
    const Outcome outcome = complete(tag, make_config_read(config_.root_id, tag, config_.device_id, offset, size), word, 4);
    uint32_t value = 0;
    if (outcome != Outcome::success) std::memset(word, 0xFF, sizeof word);
    for (uint32_t i = 0; i < size; ++i) value |= uint32_t{word[(offset & 3) + i]} << 8 * i;
    return value;
}

void RootComplex::config_write(uint32_t offset, uint32_t size, uint32_t value) {
    ++statistics_.cpu_config;
    const uint32_t tag = claim_tag();
    complete(tag, make_config_write(config_.root_id, tag, config_.device_id, offset, size, value), nullptr, 0);
}

// A tag for one request of a CPU; waits while all are in use, which ends by completion or timeout.
uint32_t RootComplex::claim_tag() {
    for (;;) {
        for (uint32_t i = 0; i < cpu_tags; ++i) {
            const uint32_t tag = (next_cpu_tag_ + i) % cpu_tags;  // round robin: a late completion finds its tag unused
            if (cpu_requests_[tag].active) continue;
            next_cpu_tag_ = tag + 1;
            cpu_requests_[tag].active = true;
            return tag;
        }
        wait(cpu_tag_event_);
    }
}

// Sends the request and waits for its answer; a read's bytes go to data.
RootComplex::Outcome RootComplex::complete(uint32_t tag, TlpPtr request, uint8_t* data, uint32_t bytes) {
    CpuRequest& cpu = cpu_requests_[tag];
    if (data) std::memset(data, 0xFF, bytes);  // what a wrong, empty completion would leave
    cpu.done = false;
    cpu.status = TLP_STATUS_SC;
    cpu.data = data;
    cpu.bytes = bytes;
    cpu.received = 0;
    cpu.lead = request->is_config() ? 0 : request->first_byte() & 3;
    const TlpPtr copy = make_tlp();  // for the message, should there be one
    copy->hdr = request->hdr;
    link_.send_down(std::move(request));
    const uint64_t deadline = now_ps() + config_.completion_timeout_ns * 1000;
    if (link_.is_removed()) wait(ps_time(2 * link_.propagation_ps() + read_delay_ps_));  // the root port answers itself
    while (!cpu.done && !link_.is_removed() && now_ps() < deadline) wait(ps_time(deadline - now_ps()), cpu.event);
    cpu.active = false;
    cpu_tag_event_.notify();
    if (link_.is_removed()) return Outcome::removed;
    if (cpu.done) return cpu.status == TLP_STATUS_SC ? Outcome::success : Outcome::unsupported;
    link_.checker().abandon_down_request(tag);
    events_.violate({0, "pcie.completion_timeout", "[P] 2.8", "no completion after " + std::to_string(config_.completion_timeout_ns) +
                     " ns: " + copy->to_string(), -1});
    return Outcome::timeout;
}

void RootComplex::cpu_completion(const Tlp& tlp) {
    CpuRequest* cpu = tlp.tag() < cpu_tags ? &cpu_requests_[tlp.tag()] : nullptr;
    if (!cpu || !cpu->active || cpu->done) return;  // unexpected: the checker has reported it
    cpu->status = tlp.status();
    if (tlp.status() == TLP_STATUS_SC && cpu->received < cpu->bytes) {
        const uint32_t lead = (cpu->lead + cpu->received) & 3;
        const uint32_t available = tlp.payload_bytes > lead ? tlp.payload_bytes - lead : 0;
        const uint32_t bytes = std::min(available, cpu->bytes - cpu->received);
        std::memcpy(cpu->data + cpu->received, tlp.payload.data() + lead, bytes);
        cpu->received += bytes;
        if (bytes && cpu->received < cpu->bytes) return;  // more to come
    }
    cpu->done = true;
    cpu->event.notify();
}

}  // namespace hw
