// SPDX-License-Identifier: Apache-2.0
// A transaction layer packet, as it travels between the root complex and a NIC.
//
// The header is kept as the double words of [P] 2.2 (see rtl/regmap/tlp.def); the helpers below read and write its fields. A Tlp is
// owned by exactly one holder (TlpPtr) and goes back to its pool when that holder drops it, so that a packet costs no allocation.
//
// Spec: [P] PCI Express Base 5.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "regmap.h"

namespace hw {

// The three flow-control classes of [P] 2.6.
enum class TlpKind : uint8_t { posted, non_posted, completion };

struct Tlp {
    std::array<uint32_t, 4> hdr{};
    uint32_t payload_bytes = 0;               // a multiple of 4; what the header's length says for TLPs with data
    alignas(32) std::array<uint8_t, 4096> payload;  // only the first payload_bytes are meaningful
    uint64_t id = 0;                          // running number, for traces and messages

    uint32_t fmt_type() const { return hdr[0] >> 24; }
    bool has_data() const { return hdr[0] & (1u << 30); }
    bool four_dw_header() const { return hdr[0] & (1u << 29); }
    uint32_t header_bytes() const { return four_dw_header() ? 16 : 12; }
    uint32_t length_dw() const { const uint32_t n = hdr[0] & 0x3FF; return n ? n : 1024; }
    TlpKind kind() const;
    uint32_t link_bytes() const { return TLP_OVERHEAD_PHYSICAL + header_bytes() + payload_bytes; }  // [P] 3.5, 4.2
    uint64_t address() const;                 // requests: byte address of the first DW
};

struct TlpDeleter { void operator()(Tlp* tlp) const; };  // back to the pool
using TlpPtr = std::unique_ptr<Tlp, TlpDeleter>;

TlpPtr make_tlp();                            // from the pool; hdr zero, no payload

}  // namespace hw
