// SPDX-License-Identifier: Apache-2.0
// Request TLPs as the pins of the RTL carry them, for the tests of rtl/pcie: header double words in a 128-bit port.
//
// Spec: [P] PCI Express Base 5.0
#pragma once

#include <array>
#include <cstdint>

#include "regmap.h"

using TlpHeader = std::array<uint32_t, 4>;

constexpr uint32_t test_requester = 0x0018;
constexpr uint32_t test_tag = 0x5A;

inline TlpHeader tlp_request(uint32_t type, uint32_t length, uint32_t first_be, uint32_t last_be) {
    return {type << TLP_FMT_TYPE_LSB | (length & 0x3FF),
            test_requester << TLP_REQUESTER_LSB | test_tag << TLP_TAG_LSB | last_be << TLP_LAST_BE_LSB | first_be, 0, 0};
}

// A memory request; a 64-bit address makes a 4-DW header.
inline TlpHeader tlp_memory(bool write, uint64_t address, uint32_t length, uint32_t first_be = 15, uint32_t last_be = 0) {
    const bool wide = address >> 32;
    const uint32_t type = write ? (wide ? TLP_TYPE_MWR64 : TLP_TYPE_MWR32) : (wide ? TLP_TYPE_MRD64 : TLP_TYPE_MRD32);
    TlpHeader header = tlp_request(type, length, first_be, last_be);
    header[2] = static_cast<uint32_t>(wide ? address >> 32 : address);
    header[3] = static_cast<uint32_t>(wide ? address : 0);
    return header;
}

inline TlpHeader tlp_config(bool write, uint32_t bus_device_function, uint32_t offset, uint32_t first_be = 15) {
    TlpHeader header = tlp_request(write ? TLP_TYPE_CFGWR0 : TLP_TYPE_CFGRD0, 1, first_be, 0);
    header[2] = bus_device_function << TLP_CFG_FUNCTION_LSB | (offset & ~3u);
    return header;
}

template <class Port>
void put_header(Port& port, const TlpHeader& header) {
    for (size_t i = 0; i < header.size(); ++i) port[i] = header[i];
}

template <class Port>
TlpHeader get_header(const Port& port) {
    return {port[0], port[1], port[2], port[3]};
}

// Fields of a completion.
inline uint32_t cpl_type(const TlpHeader& h) { return h[0] >> TLP_FMT_TYPE_LSB; }
inline uint32_t cpl_length(const TlpHeader& h) { return h[0] & 0x3FF; }
inline uint32_t cpl_completer(const TlpHeader& h) { return h[1] >> TLP_COMPLETER_LSB; }
inline uint32_t cpl_status(const TlpHeader& h) { return h[1] >> TLP_STATUS_LSB & 7; }
inline uint32_t cpl_byte_count(const TlpHeader& h) { return h[1] & 0xFFF; }
inline uint32_t cpl_requester(const TlpHeader& h) { return h[2] >> TLP_REQUESTER_LSB; }
inline uint32_t cpl_tag(const TlpHeader& h) { return h[2] >> TLP_TAG_LSB & 0xFF; }
inline uint32_t cpl_lower_address(const TlpHeader& h) { return h[2] & 0x7F; }
