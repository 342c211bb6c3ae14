// SPDX-License-Identifier: Apache-2.0
// The rules of tlp_checker.h.
#include "tlp_checker.h"

#include <algorithm>

namespace hw {

namespace {

constexpr uint32_t endpoint_rcb = 128;  // [P] 2.3.1.1: completers other than a root complex

// [P] 2.2.5: enables that reach without a gap to the end (first) or from the start (last) of their double word.
bool reaches_end(uint32_t be) { return be == 0x8 || be == 0xC || be == 0xE || be == 0xF; }
bool reaches_start(uint32_t be) { return be == 0x1 || be == 0x3 || be == 0x7 || be == 0xF; }

bool known_type(const Tlp& tlp) { return tlp.is_memory_read() || tlp.is_memory_write() || tlp.is_config() || tlp.is_completion(); }

}  // namespace

TlpChecker::TlpChecker(const LinkConfig& config, EventStream& events)
    : config_(config), events_(events), settings_{config.mps, config.mrrs, false, true} {}

void TlpChecker::fail(const Tlp& tlp, const char* check, const char* clause, const std::string& reason) {
    events_.violate({0, check, clause, reason + ": " + tlp.to_string(), -1});
}

void TlpChecker::up(const Tlp& tlp) {
    if (!known_type(tlp) || tlp.is_config()) return fail(tlp, "tlp.type", "[P] 2.2.1", "a device cannot send this type");
    check_format(tlp);
    if (tlp.is_completion()) {
        // The id is captured by the first configuration write; until then a function answers with bus and device number zero.
        if (tlp.completer() != function_id_)
            fail(tlp, "tlp.requester", "[P] 2.2.9", "completer id is " + describe_id(tlp.completer()) + ", the function's is " +
                 describe_id(function_id_));
        return check_completion(root_requests_, tlp, endpoint_rcb, settings_.mps);
    }
    check_memory_request(tlp, settings_.mps, settings_.mrrs);
    check_device_request(tlp);
    if (tlp.is_memory_read()) open(device_requests_, tlp);
}

void TlpChecker::down(const Tlp& tlp) {
    if (!known_type(tlp)) return fail(tlp, "tlp.type", "[P] 2.2.1", "the root complex does not send this type");
    check_format(tlp);
    if (tlp.is_completion()) return check_completion(device_requests_, tlp, config_.rcb, config_.mps);
    if (tlp.is_config()) {
        check_byte_enables(tlp);
        if (tlp.fmt_type() == TLP_TYPE_CFGWR0) config_write_arrives(tlp);
    } else {
        check_memory_request(tlp, config_.mps, 4096);
    }
    if (!tlp.is_memory_write()) open(root_requests_, tlp);
}

void TlpChecker::check_format(const Tlp& tlp) {
    const uint32_t expected = tlp.has_data() ? tlp.length_dw() * 4 : 0;
    if (tlp.payload_bytes != expected)
        fail(tlp, "tlp.length", "[P] 2.2.2", "payload is " + std::to_string(tlp.payload_bytes) + " bytes where the header says " +
             std::to_string(expected));
    if (tlp.hdr[0] & REGMAP_BIT(TLP_TD_BIT)) fail(tlp, "tlp.digest", "[P] 2.7.1", "digest bit set, and ECRC is not enabled");
    if (tlp.hdr[0] & REGMAP_BIT(TLP_EP_BIT)) fail(tlp, "tlp.poisoned", "[P] 2.7.2", "poisoned data");
}

void TlpChecker::check_memory_request(const Tlp& tlp, uint32_t mps, uint32_t mrrs) {
    const uint32_t bytes = tlp.length_dw() * 4;
    const uint64_t address = tlp.address();
    if (tlp.is_memory_write() && bytes > mps)
        fail(tlp, "tlp.mps", "[P] 2.2.2", "payload of " + std::to_string(bytes) + " bytes exceeds MPS " + std::to_string(mps));
    if (tlp.is_memory_read() && bytes > mrrs)
        fail(tlp, "tlp.mrrs", "[P] 2.2.7", "read of " + std::to_string(bytes) + " bytes exceeds MRRS " + std::to_string(mrrs));
    if ((address & 0xFFF) + bytes > 4096) fail(tlp, "tlp.4k", "[P] 2.2.7", "request crosses a 4 KiB boundary");
    if (tlp.four_dw_header() && address >> 32 == 0)
        fail(tlp, "tlp.address_format", "[P] 2.2.4.1", "an address below 4 GiB needs the 3 DW header");
    check_byte_enables(tlp);
}

void TlpChecker::check_byte_enables(const Tlp& tlp) {
    const uint32_t first = tlp.first_be(), last = tlp.last_be(), length = tlp.length_dw();
    const char* reason = nullptr;
    if (length == 1) {
        if (last) reason = "last byte enables of a single double word must be zero";
    } else if (!first || !last) {
        reason = "first and last byte enables of several double words must not be zero";
    } else if (length > 2 || (tlp.address() & 7)) {  // two aligned double words may have any pattern
        if (!reaches_end(first) || !reaches_start(last)) reason = "byte enables have a gap";
    }
    if (reason) fail(tlp, "tlp.byte_enables", "[P] 2.2.5", reason);
}

void TlpChecker::check_device_request(const Tlp& tlp) {
    if (!settings_.bus_master) fail(tlp, "tlp.bus_master", "[P] 7.5.1.1.3", "request while bus master enable is clear");
    if (tlp.requester() != function_id_)
        fail(tlp, "tlp.requester", "[P] 2.2.6.2", "requester id is " + describe_id(tlp.requester()) + ", the function's is " +
             describe_id(function_id_));
    if (tlp.is_interrupt() && (tlp.length_dw() != 1 || tlp.first_be() != 0xF))
        fail(tlp, "tlp.msi", "[P] 6.1.4", "an interrupt message is one whole double word");
    if (tlp.is_memory_read() && !settings_.extended_tags && tlp.tag() > 31)
        fail(tlp, "tlp.tag_range", "[P] 2.2.6.2", "tag needs more than 5 bits, and extended tags are not enabled");
}

void TlpChecker::open(Requests& requests, const Tlp& tlp) {
    Request& request = requests[tlp.tag()];
    if (request.active)
        fail(tlp, "tlp.tag_in_use", "[P] 2.2.6.2", "the tag belongs to request #" + std::to_string(request.id) + ", still outstanding");
    request.active = true;
    request.memory = tlp.is_memory_read();
    request.next = request.memory ? tlp.first_byte() : 0;
    request.remaining = request.memory ? tlp.byte_span() : 4;
    request.hdr = tlp.hdr;
    request.id = tlp.id;
    request.payload = 0;
    if (tlp.fmt_type() == TLP_TYPE_CFGWR0)
        for (unsigned i = 0; i < 4; ++i) request.payload |= uint32_t{tlp.payload[i]} << 8 * i;
}

void TlpChecker::check_completion(Requests& requests, const Tlp& tlp, uint32_t rcb, uint32_t mps) {
    Request& request = requests[tlp.tag()];
    if (!request.active || request.hdr[1] >> TLP_REQUESTER_LSB != tlp.requester())
        return fail(tlp, "tlp.unexpected_completion", "[P] 2.3.2", "no outstanding request has this tag and requester id");
    if (tlp.status() != TLP_STATUS_SC) {
        if (tlp.has_data()) fail(tlp, "tlp.completion_type", "[P] 2.2.9", "an unsuccessful completion carries no data");
        request.active = false;  // [P] 2.3.2: it ends the request
    } else if (request.memory) {
        check_read_completion(request, tlp, rcb, mps);
    } else {
        check_config_completion(request, tlp);
    }
}

void TlpChecker::check_read_completion(Request& request, const Tlp& tlp, uint32_t rcb, uint32_t mps) {
    if (!tlp.has_data()) {
        request.active = false;
        return fail(tlp, "tlp.completion_type", "[P] 2.2.9", "a successful read completion carries data");
    }
    if (tlp.payload_bytes > mps) fail(tlp, "tlp.mps", "[P] 2.2.2", "completion exceeds MPS " + std::to_string(mps));
    if (tlp.byte_count() != request.remaining)
        fail(tlp, "tlp.byte_count", "[P] 2.3.1.1", "request #" + std::to_string(request.id) + " misses " +
             std::to_string(request.remaining) + " bytes");
    if (tlp.lower_address() != (request.next & 0x7F))
        fail(tlp, "tlp.lower_address", "[P] 2.3.1.1", "request #" + std::to_string(request.id) + " continues at lower address " +
             std::to_string(request.next & 0x7F));
    const uint32_t lead = request.next & 3;
    const uint32_t whole = (lead + request.remaining + 3) / 4 * 4;  // payload that would end the request
    if (tlp.payload_bytes > whole) {
        fail(tlp, "tlp.length", "[P] 2.3.1.1", "more data than request #" + std::to_string(request.id) + " asked for");
    } else if (tlp.payload_bytes < whole && (request.next - lead + tlp.payload_bytes) % rcb != 0) {
        fail(tlp, "tlp.rcb", "[P] 2.3.1.1", "a completion that is not the last must end at a multiple of " + std::to_string(rcb));
    }
    const uint32_t bytes = std::min(tlp.payload_bytes > lead ? tlp.payload_bytes - lead : 0, request.remaining);
    request.next += bytes;
    request.remaining -= bytes;
    if (request.remaining == 0) request.active = false;
}

void TlpChecker::check_config_completion(Request& request, const Tlp& tlp) {
    const bool write = request.hdr[0] >> TLP_FMT_TYPE_LSB == TLP_TYPE_CFGWR0;
    if (tlp.has_data() == write || (tlp.has_data() && tlp.payload_bytes != 4))
        fail(tlp, "tlp.completion_type", "[P] 2.2.9", "a configuration read is answered with one double word, a write with none");
    if (tlp.byte_count() != 4) fail(tlp, "tlp.byte_count", "[P] 2.2.9", "byte count of a configuration completion is 4");
    if (tlp.lower_address() != 0) fail(tlp, "tlp.lower_address", "[P] 2.2.9", "lower address of a configuration completion is 0");
    request.active = false;
    if (write) config_write_done(request);
}

// The settings that a write of the enabled bytes of `data` leads to.
TlpChecker::Settings TlpChecker::settings_after(uint32_t offset, uint32_t enables, uint32_t data) const {
    Settings after = settings_;
    if (offset == PCI_CFG_COMMAND && (enables & 1)) after.bus_master = data & REGMAP_BIT(PCI_COMMAND_BUS_MASTER_BIT);
    if (offset == static_cast<uint32_t>(PCI_CAP_EXPRESS) + PCI_EXP_DEVICE_CONTROL && (enables & 3) == 3) {
        if (data & REGMAP_BIT(PCI_EXP_DEVCTL_INITIATE_FLR_BIT)) {  // [P] 6.6.2: everything is as after power-up
            data = PCI_EXP_DEVCTL_RESET_VALUE;
            after.bus_master = false;
        }
        after.mps = 128u << (data >> PCI_EXP_DEVCTL_MPS_LSB & 7);
        after.mrrs = 128u << (data >> PCI_EXP_DEVCTL_MRRS_LSB & 7);
        after.extended_tags = data & REGMAP_BIT(PCI_EXP_DEVCTL_EXTENDED_TAG_BIT);
    }
    return after;
}

void TlpChecker::config_write_arrives(const Tlp& tlp) {
    function_id_ = tlp.config_target();
    uint32_t data = 0;
    for (unsigned i = 0; i < 4; ++i) data |= uint32_t{tlp.payload[i]} << 8 * i;
    const Settings after = settings_after(tlp.config_offset(), tlp.first_be(), data);
    settings_.mps = std::max(settings_.mps, after.mps);
    settings_.mrrs = std::max(settings_.mrrs, after.mrrs);
    settings_.bus_master |= after.bus_master;
    settings_.extended_tags |= after.extended_tags;
}

void TlpChecker::config_write_done(const Request& request) {
    settings_ = settings_after(request.hdr[2] & 0xFFC, request.hdr[1] & 0xF, request.payload);
}

void TlpChecker::abandon() {
    for (Requests* requests : {&device_requests_, &root_requests_})
        for (Request& request : *requests) request.active = false;
}

bool TlpChecker::reading(uint64_t begin, uint64_t end) const {
    return std::any_of(device_requests_.begin(), device_requests_.end(), [begin, end](const Request& r) {
        return r.active && r.memory && r.next < end && begin < r.next + r.remaining;
    });
}

unsigned TlpChecker::outstanding() const {
    unsigned count = 0;
    for (const Requests* requests : {&device_requests_, &root_requests_})
        count += static_cast<unsigned>(std::count_if(requests->begin(), requests->end(), [](const Request& r) { return r.active; }));
    return count;
}

void TlpChecker::finish() {
    for (const Requests* requests : {&device_requests_, &root_requests_})
        for (const Request& request : *requests) {
            if (!request.active) continue;
            const TlpPtr tlp = make_tlp();  // to print it
            tlp->hdr = request.hdr;
            tlp->id = request.id;
            fail(*tlp, "tlp.outstanding", "[P] 2.3.1", "still unanswered at the end of the run");
        }
}

}  // namespace hw
