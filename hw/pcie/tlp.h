// SPDX-License-Identifier: Apache-2.0
// A transaction layer packet, as it travels between the root complex and a NIC.
//
// The header is kept as the double words of [P] 2.2 (see rtl/regmap/tlp.def); the helpers below read and write its fields. A Tlp is
// owned by exactly one holder (TlpPtr) and goes back to its pool when that holder drops it, so that a packet costs no allocation.
// Addresses and lengths are bytes. Builders turn a byte range into double words and byte enables; they expect a range that is legal
// for its kind (not empty, inside one 4 KiB page) and do not check it: that is the work of TlpChecker, which sees every TLP.
//
// Spec: [P] PCI Express Base 5.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "regmap.h"

namespace hw {

// The three flow-control classes of [P] 2.6.
enum class TlpKind : uint8_t { posted, non_posted, completion };
inline constexpr unsigned tlp_kinds = 3;

// Addresses whose writes are interrupt messages, on the x86 hosts that we model: [msi_window, msi_window_end). And the word that
// user-mode Linux, which has no interrupt controller, takes for one (sim/serve/pci_host.h): in the hole below 1 MiB, where no host
// has memory.
inline constexpr uint64_t msi_window = 0xFEE00000, msi_window_end = 0xFEF00000;
inline constexpr uint64_t msi_word_uml = 0xA0000;
inline constexpr bool is_msi_address(uint64_t address) {
    return (address >= msi_window && address < msi_window_end) || address == msi_word_uml;
}

struct Tlp {
    std::array<uint32_t, 4> hdr{};
    uint32_t payload_bytes = 0;               // a multiple of 4; what the header's length says for TLPs with data
    uint64_t id = 0;                          // running number, for traces and messages
    alignas(32) std::array<uint8_t, 4096> payload;  // only the first payload_bytes are meaningful

    uint32_t fmt_type() const { return hdr[0] >> TLP_FMT_TYPE_LSB; }
    bool has_data() const { return hdr[0] & (1u << 30); }        // [P] 2.2.1: Fmt[1]
    bool four_dw_header() const { return hdr[0] & (1u << 29); }  // [P] 2.2.1: Fmt[0]
    uint32_t header_bytes() const { return four_dw_header() ? 16 : 12; }
    uint32_t length_dw() const { const uint32_t n = hdr[0] & 0x3FF; return n ? n : 1024; }
    TlpKind kind() const;
    uint32_t link_bytes() const { return TLP_OVERHEAD_PHYSICAL + header_bytes() + payload_bytes; }  // [P] 3.5, 4.2
    uint64_t address() const;                 // requests: byte address of the first DW

    bool is_memory_read() const { return fmt_type() == TLP_TYPE_MRD32 || fmt_type() == TLP_TYPE_MRD64; }
    bool is_memory_write() const { return fmt_type() == TLP_TYPE_MWR32 || fmt_type() == TLP_TYPE_MWR64; }
    bool is_config() const { return fmt_type() == TLP_TYPE_CFGRD0 || fmt_type() == TLP_TYPE_CFGWR0; }
    bool is_interrupt() const { return is_memory_write() && is_msi_address(address()); }
    bool is_completion() const { return fmt_type() == TLP_TYPE_CPL || fmt_type() == TLP_TYPE_CPLD; }
    uint32_t tag() const { return ((is_completion() ? hdr[2] : hdr[1]) >> TLP_TAG_LSB) & 0xFF; }
    uint32_t requester() const { return (is_completion() ? hdr[2] : hdr[1]) >> TLP_REQUESTER_LSB; }

    // Requests only.
    uint32_t first_be() const { return (hdr[1] >> TLP_FIRST_BE_LSB) & 0xF; }
    uint32_t last_be() const { return (hdr[1] >> TLP_LAST_BE_LSB) & 0xF; }
    uint64_t first_byte() const;              // address of the first enabled byte; address() when none is enabled
    uint32_t byte_span() const;               // from the first to the last enabled byte, [P] 2.3.1.1; 1 when none is enabled
    uint32_t config_offset() const { return hdr[2] & 0xFFC; }  // configuration requests: register offset, a multiple of 4
    uint32_t config_target() const { return hdr[2] >> TLP_CFG_FUNCTION_LSB; }    // configuration requests: bus, device and function addressed

    // Completions only.
    uint32_t status() const { return (hdr[1] >> TLP_STATUS_LSB) & 0x7; }
    uint32_t completer() const { return hdr[1] >> TLP_COMPLETER_LSB; }
    uint32_t byte_count() const { const uint32_t n = hdr[1] & 0xFFF; return n ? n : 4096; }
    uint32_t lower_address() const { return hdr[2] & 0x7F; }

    // One line for messages, "MRd64 #17 tag 0x05 from 01:00.0 0x100000040 +512 (128 DW, be f/f)".
    std::string to_string() const;
};

// Credits of [P] 2.6.1: a data credit is 16 bytes.
inline constexpr uint32_t data_credits(uint32_t payload_bytes) { return (payload_bytes + 15) / 16; }

// "MRd32", "CplD", ...; "type 0x.." for a type that this model does not know. Static storage but for the latter.
std::string describe(uint32_t fmt_type);
// "01:00.0" for 0x0100.
std::string describe_id(uint32_t bus_device_function);

struct TlpDeleter { void operator()(Tlp* tlp) const; };  // back to the pool
using TlpPtr = std::unique_ptr<Tlp, TlpDeleter>;

TlpPtr make_tlp();                            // from the pool; hdr zero, no payload

// Requests to memory. [P] 2.2.4.1: addresses below 4 GiB take the 3 DW header. bytes is 1 to 4096.
TlpPtr make_mem_read(uint32_t requester, uint32_t tag, uint64_t address, uint32_t bytes);
// Copies bytes from data; the bytes of the outer double words that are not written are zero and disabled.
TlpPtr make_mem_write(uint32_t requester, uint64_t address, const void* data, uint32_t bytes);

// Configuration requests, type 0. size is 1, 2 or 4, offset naturally aligned and below 4096; value is right-aligned.
TlpPtr make_config_read(uint32_t requester, uint32_t tag, uint32_t target, uint32_t offset, uint32_t size);
TlpPtr make_config_write(uint32_t requester, uint32_t tag, uint32_t target, uint32_t offset, uint32_t size, uint32_t value);

// A completion that answers `request`. Bytes [first_byte, first_byte + bytes) of it, first_byte an address of the request's range,
// byte_count the bytes still missing including these. data may be null: the caller then fills payload itself, from
// payload[first_byte % 4] on. bytes 0: a completion without data.
TlpPtr make_completion(const Tlp& request, uint32_t completer, uint32_t status, uint64_t first_byte, uint32_t byte_count,
                       const void* data, uint32_t bytes);

}  // namespace hw
