// SPDX-License-Identifier: Apache-2.0
// Fields of wide Verilated ports, by bit number, and the packed structures of rtl/pkg/dma_pkg.sv.
#pragma once

#include <cstddef>
#include <cstdint>

template <class Port>
uint64_t get_bits(const Port& port, size_t lsb, size_t width) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&port);
    uint64_t value = 0;
    for (size_t i = 0; i < width; ++i) value |= uint64_t(bytes[(lsb + i) / 8] >> ((lsb + i) % 8) & 1) << i;
    return value;
}

template <class Port>
void set_bits(Port& port, size_t lsb, size_t width, uint64_t value) {
    auto* bytes = reinterpret_cast<uint8_t*>(&port);
    for (size_t i = 0; i < width; ++i) {
        const uint8_t bit = uint8_t(1u << ((lsb + i) % 8));
        if (value >> i & 1) bytes[(lsb + i) / 8] |= bit; else bytes[(lsb + i) / 8] = uint8_t(bytes[(lsb + i) / 8] & ~bit);
    }
}

struct RdReq {  // dma_pkg::rd_req_t
    uint64_t addr;
    uint16_t len;
    uint8_t client;
    uint16_t cookie, dst;
};
template <class Port>
RdReq get_rd_req(const Port& port) {
    return {get_bits(port, 64, 64), uint16_t(get_bits(port, 48, 16)), uint8_t(get_bits(port, 0, 3)), uint16_t(get_bits(port, 16, 16)),
            uint16_t(get_bits(port, 32, 16))};
}
template <class Port>
void set_rd_req(Port& port, const RdReq& r) {
    set_bits(port, 64, 64, r.addr);
    set_bits(port, 48, 16, r.len);
    set_bits(port, 32, 16, r.dst);
    set_bits(port, 16, 16, r.cookie);
    set_bits(port, 0, 16, r.client);
}

struct WrCmd {  // dma_pkg::wr_cmd_t
    uint64_t addr;
    uint16_t len;
    uint8_t client;
    uint16_t cookie, src, pos;
    uint64_t hdr_low;   // bits 63:0 of hdr
    uint32_t hdr_high;  // bits 95:64
};
template <class Port>
WrCmd get_wr_cmd(const Port& port) {
    return {get_bits(port, 96, 64), uint16_t(get_bits(port, 80, 16)), uint8_t(get_bits(port, 0, 2)),
            uint16_t(get_bits(port, 64, 16)), uint16_t(get_bits(port, 48, 16)), uint16_t(get_bits(port, 32, 16)),
            get_bits(port, 160, 64), uint32_t(get_bits(port, 224, 32))};
}
template <class Port>
void set_wr_cmd(Port& port, const WrCmd& c) {
    set_bits(port, 160, 64, c.hdr_low);
    set_bits(port, 224, 32, c.hdr_high);
    set_bits(port, 96, 64, c.addr);
    set_bits(port, 80, 16, c.len);
    set_bits(port, 64, 16, c.cookie);
    set_bits(port, 48, 16, c.src);
    set_bits(port, 32, 16, c.pos);
    set_bits(port, 0, 32, c.client);
}

struct Descriptor {  // an element of a chain, as the virtqueues hand it out
    uint64_t address;
    uint32_t length;
    uint16_t id;
    bool next, write, indirect;
    uint16_t slot;
    bool wrap;
};
template <class Port>
void set_descriptor(Port& port, const Descriptor& d) {
    set_bits(port, 68, 64, d.address);
    set_bits(port, 36, 32, d.length);
    set_bits(port, 20, 16, d.id);
    set_bits(port, 19, 1, d.next);
    set_bits(port, 18, 1, d.write);
    set_bits(port, 17, 1, d.indirect);
    set_bits(port, 1, 16, d.slot);
    set_bits(port, 0, 1, d.wrap);
}
template <class Port>
Descriptor get_descriptor(const Port& port) {
    return {get_bits(port, 68, 64), uint32_t(get_bits(port, 36, 32)), uint16_t(get_bits(port, 20, 16)), get_bits(port, 19, 1) != 0,
            get_bits(port, 18, 1) != 0, get_bits(port, 17, 1) != 0, uint16_t(get_bits(port, 1, 16)), get_bits(port, 0, 1) != 0};
}
