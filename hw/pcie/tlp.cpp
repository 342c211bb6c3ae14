// SPDX-License-Identifier: Apache-2.0
// TLP pool, fields, builders and texts. See tlp.h.
#include "tlp.h"

#include <cstdio>
#include <cstring>
#include <vector>

namespace hw {

namespace {

// Free TLPs of the process. Never destroyed, so that a TlpPtr in a static object may outlive main(). One thread only, as SystemC is.
std::vector<Tlp*>& free_tlps() {
    static auto& list = *new std::vector<Tlp*>;
    return list;
}

constexpr size_t tlps_per_chunk = 64;

void grow_pool(std::vector<Tlp*>& list) {
    // Value-initialised: bytes that nobody wrote are zero and not what the allocator left there, so runs stay reproducible.
    static auto& chunks = *new std::vector<std::unique_ptr<Tlp[]>>;
    chunks.push_back(std::unique_ptr<Tlp[]>(new Tlp[tlps_per_chunk]()));
    Tlp* chunk = chunks.back().get();
    for (size_t i = tlps_per_chunk; i-- > 0;) {
        chunk[i].payload.fill(0);
        list.push_back(&chunk[i]);
    }
}

struct DwRange {
    uint32_t length_dw, first_be, last_be;
};

// [P] 2.2.5: the byte enables of a run of bytes; a single double word has its enables in the first field and zero in the last.
DwRange dw_range(uint64_t address, uint32_t bytes) {
    const uint32_t lead = address & 3;
    const uint32_t length_dw = (lead + bytes + 3) / 4;
    const uint32_t trail = length_dw * 4 - lead - bytes;
    const uint32_t first = (0xFu << lead) & 0xF, last = 0xFu >> trail;
    return length_dw == 1 ? DwRange{1, first & last, 0} : DwRange{length_dw, first, last};
}

void set_request(Tlp& tlp, uint32_t type32, uint32_t requester, uint32_t tag, uint64_t address, uint32_t bytes) {
    const DwRange range = dw_range(address, bytes);
    const bool wide = address >> 32;
    tlp.hdr[0] = (type32 | (wide ? 0x20u : 0u)) << TLP_FMT_TYPE_LSB | (range.length_dw & 0x3FF);
    tlp.hdr[1] = requester << TLP_REQUESTER_LSB | (tag & 0xFF) << TLP_TAG_LSB | range.last_be << TLP_LAST_BE_LSB | range.first_be;
    const uint32_t low = static_cast<uint32_t>(address) & ~3u;
    tlp.hdr[2] = wide ? static_cast<uint32_t>(address >> 32) : low;
    tlp.hdr[3] = wide ? low : 0;
}

unsigned lowest_bit(uint32_t nibble) {
    unsigned bit = 0;
    while (!(nibble >> bit & 1)) ++bit;
    return bit;
}

unsigned highest_bit(uint32_t nibble) {
    unsigned bit = 3;
    while (!(nibble >> bit & 1)) --bit;
    return bit;
}

}  // namespace

void TlpDeleter::operator()(Tlp* tlp) const { free_tlps().push_back(tlp); }

TlpPtr make_tlp() {
    auto& list = free_tlps();
    if (list.empty()) grow_pool(list);
    Tlp* tlp = list.back();
    list.pop_back();
    tlp->hdr = {};
    tlp->payload_bytes = 0;
    tlp->id = 0;
    return TlpPtr(tlp);
}

TlpKind Tlp::kind() const {
    if (is_completion()) return TlpKind::completion;
    // [P] 2.4.1: memory writes and messages are posted; every other request waits for a completion.
    return is_memory_write() || (fmt_type() & TLP_TYPE_MSG_MASK) == TLP_TYPE_MSG ? TlpKind::posted : TlpKind::non_posted;
}

uint64_t Tlp::address() const {
    if (four_dw_header()) return static_cast<uint64_t>(hdr[2]) << 32 | (hdr[3] & ~3u);
    return hdr[2] & ~3u;
}

uint64_t Tlp::first_byte() const { return address() + (first_be() ? lowest_bit(first_be()) : 0); }

uint32_t Tlp::byte_span() const {
    if (length_dw() == 1) return first_be() ? highest_bit(first_be()) - lowest_bit(first_be()) + 1 : 1;
    const uint32_t lead = first_be() ? lowest_bit(first_be()) : 0;
    const uint32_t trail = last_be() ? 3 - highest_bit(last_be()) : 0;
    return length_dw() * 4 - lead - trail;
}

TlpPtr make_mem_read(uint32_t requester, uint32_t tag, uint64_t address, uint32_t bytes) {
    TlpPtr tlp = make_tlp();
    set_request(*tlp, TLP_TYPE_MRD32, requester, tag, address, bytes);
    return tlp;
}

TlpPtr make_mem_write(uint32_t requester, uint64_t address, const void* data, uint32_t bytes) {
    TlpPtr tlp = make_tlp();
    set_request(*tlp, TLP_TYPE_MWR32, requester, 0, address, bytes);
    tlp->payload_bytes = tlp->length_dw() * 4;
    std::memset(tlp->payload.data(), 0, 4);
    std::memset(tlp->payload.data() + tlp->payload_bytes - 4, 0, 4);
    std::memcpy(tlp->payload.data() + (address & 3), data, bytes);
    return tlp;
}

namespace {

TlpPtr make_config(uint32_t type, uint32_t requester, uint32_t tag, uint32_t target, uint32_t offset, uint32_t size) {
    TlpPtr tlp = make_tlp();
    set_request(*tlp, type, requester, tag, offset, size);
    tlp->hdr[2] = target << TLP_CFG_FUNCTION_LSB | (offset & 0xFFC);
    return tlp;
}

}  // namespace

TlpPtr make_config_read(uint32_t requester, uint32_t tag, uint32_t target, uint32_t offset, uint32_t size) {
    return make_config(TLP_TYPE_CFGRD0, requester, tag, target, offset, size);
}

TlpPtr make_config_write(uint32_t requester, uint32_t tag, uint32_t target, uint32_t offset, uint32_t size, uint32_t value) {
    TlpPtr tlp = make_config(TLP_TYPE_CFGWR0, requester, tag, target, offset, size);
    tlp->payload_bytes = 4;
    const uint32_t word = value << 8 * (offset & 3);
    for (unsigned i = 0; i < 4; ++i) tlp->payload[i] = static_cast<uint8_t>(word >> 8 * i);  // little endian on every host
    return tlp;
}

TlpPtr make_completion(const Tlp& request, uint32_t completer, uint32_t status, uint64_t first_byte, uint32_t byte_count,
                       const void* data, uint32_t bytes) {
    TlpPtr tlp = make_tlp();
    const uint32_t lead = first_byte & 3;
    const uint32_t length_dw = bytes ? (lead + bytes + 3) / 4 : 0;
    tlp->hdr[0] = static_cast<uint32_t>(bytes ? TLP_TYPE_CPLD : TLP_TYPE_CPL) << TLP_FMT_TYPE_LSB | (length_dw & 0x3FF) |
                  (request.hdr[0] & (7u << TLP_TC_LSB | 3u << TLP_ATTR_LSB));  // [P] 2.2.9: class and attributes of the request
    tlp->hdr[1] = completer << TLP_COMPLETER_LSB | status << TLP_STATUS_LSB | (byte_count & 0xFFF);
    tlp->hdr[2] = request.requester() << TLP_REQUESTER_LSB | request.tag() << TLP_TAG_LSB | (first_byte & 0x7F);
    tlp->payload_bytes = length_dw * 4;
    if (!bytes) return tlp;
    std::memset(tlp->payload.data(), 0, 4);
    std::memset(tlp->payload.data() + tlp->payload_bytes - 4, 0, 4);
    if (data) std::memcpy(tlp->payload.data() + lead, data, bytes);
    return tlp;
}

std::string describe(uint32_t fmt_type) {
    switch (fmt_type) {
        case TLP_TYPE_MRD32: return "MRd32";
        case TLP_TYPE_MRD64: return "MRd64";
        case TLP_TYPE_MWR32: return "MWr32";
        case TLP_TYPE_MWR64: return "MWr64";
        case TLP_TYPE_CFGRD0: return "CfgRd0";
        case TLP_TYPE_CFGWR0: return "CfgWr0";
        case TLP_TYPE_CPL: return "Cpl";
        case TLP_TYPE_CPLD: return "CplD";
        default: break;
    }
    char text[16];
    std::snprintf(text, sizeof text, "type 0x%02x", static_cast<unsigned>(fmt_type & 0xFF));
    return text;
}

std::string describe_id(uint32_t id) {
    char text[16];
    std::snprintf(text, sizeof text, "%02x:%02x.%u", static_cast<unsigned>(id >> 8 & 0xFF), static_cast<unsigned>(id >> 3 & 0x1F),
                  static_cast<unsigned>(id & 7));
    return text;
}

std::string Tlp::to_string() const {
    char text[128];
    const std::string head = describe(fmt_type()) + " #" + std::to_string(id);
    if (is_completion()) {
        std::snprintf(text, sizeof text, " tag 0x%02x to %s status %u, byte count %u, lower address 0x%02x, %u bytes",
                      static_cast<unsigned>(tag()), describe_id(requester()).c_str(), static_cast<unsigned>(status()),
                      static_cast<unsigned>(byte_count()), static_cast<unsigned>(lower_address()),
                      static_cast<unsigned>(payload_bytes));
    } else if (is_config()) {
        std::snprintf(text, sizeof text, " tag 0x%02x to %s offset 0x%03x be %x", static_cast<unsigned>(tag()),
                      describe_id(config_target()).c_str(), static_cast<unsigned>(config_offset()),
                      static_cast<unsigned>(first_be()));
    } else {
        std::snprintf(text, sizeof text, " tag 0x%02x from %s 0x%llx +%u (%u DW, be %x/%x)", static_cast<unsigned>(tag()),
                      describe_id(requester()).c_str(), static_cast<unsigned long long>(first_byte()),
                      static_cast<unsigned>(byte_span()), static_cast<unsigned>(length_dw()), static_cast<unsigned>(first_be()),
                      static_cast<unsigned>(last_be()));
    }
    return head + text;
}

}  // namespace hw
