// SPDX-License-Identifier: Apache-2.0
// Random packets with TCP or UDP in IPv4 or IPv6, whole or damaged, and where their parts are.
//
//   Packet p = make_packet(random, {.version = 6, .protocol = kUdp, .payload = 100});
//   p.bytes                       // the frame, without FCS
//   set_checksum(p);              // a good checksum
//
// Spec: RFC 791, RFC 8200, RFC 768, RFC 9293
#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "internet_checksum.h"

constexpr uint8_t kTcp = 6, kUdp = 17, kIcmp = 1;

struct PacketKind {
    unsigned tags = 0;            // VLAN tags
    int version = 4;              // of IP
    uint8_t protocol = kTcp;
    unsigned ip_options = 0;      // bytes, a multiple of 4 (IPv4)
    unsigned extensions = 0;      // extension headers (IPv6)
    unsigned tcp_options = 0;     // bytes, a multiple of 4
    size_t payload = 0;
    size_t trailer = 0;           // bytes behind the IP packet: padding
    bool fragment = false;
};

struct Packet {
    std::vector<uint8_t> bytes;
    PacketKind kind;
    size_t l3 = 0, l4 = 0, end = 0;   // of the network header, of the transport header, of the IP packet
    size_t field() const { return l4 + (kind.protocol == kTcp ? 16 : 6); }   // of the checksum
};

inline void put16(std::vector<uint8_t>& bytes, size_t at, size_t value) {
    bytes[at] = uint8_t(value >> 8);
    bytes[at + 1] = uint8_t(value);
}
inline uint16_t get16(const std::vector<uint8_t>& bytes, size_t at) { return uint16_t(bytes[at] << 8 | bytes[at + 1]); }

// The sum of the pseudo header, not inverted: what a driver puts into the field ([V] 5.1.6.2).
inline uint16_t pseudo_sum(const Packet& p, size_t l4_bytes) {
    const bool v4 = p.kind.version == 4;
    const uint16_t addresses = ones_sum(&p.bytes[p.l3 + (v4 ? 12 : 8)], v4 ? 8 : 32);
    const uint8_t rest[4] = {uint8_t(l4_bytes >> 8), uint8_t(l4_bytes), 0, p.kind.protocol};
    return ones_sum(rest, 4, addresses);
}
inline void set_ip_checksum(Packet& p) {
    put16(p.bytes, p.l3 + 10, 0);
    put16(p.bytes, p.l3 + 10, uint16_t(~ones_sum(&p.bytes[p.l3], 4 * (p.bytes[p.l3] & 15u))));
}
inline void set_checksum(Packet& p) {
    put16(p.bytes, p.field(), 0);
    uint16_t value = uint16_t(~ones_sum(&p.bytes[p.l4], p.end - p.l4, pseudo_sum(p, p.end - p.l4)));
    if (value == 0) value = 0xFFFF;
    put16(p.bytes, p.field(), value);
}

inline Packet make_packet(std::mt19937& random, const PacketKind& kind) {
    Packet p;
    p.kind = kind;
    auto& b = p.bytes;
    auto noise = [&](size_t n) { while (n-- > 0) b.push_back(uint8_t(random())); };
    auto word = [&](size_t value) { b.push_back(uint8_t(value >> 8)); b.push_back(uint8_t(value)); };
    noise(12);
    for (unsigned t = 0; t < kind.tags; ++t) { word(t + 1 < kind.tags ? 0x88A8 : 0x8100); noise(2); }
    word(kind.version == 4 ? 0x0800 : 0x86DD);
    p.l3 = b.size();
    const bool transport = kind.protocol == kTcp || kind.protocol == kUdp;
    const size_t l4_bytes = (kind.protocol == kTcp ? 20 + kind.tcp_options : 8) + kind.payload;
    if (kind.version == 4) {
        b.push_back(uint8_t(0x45 + kind.ip_options / 4));
        noise(1);
        word(20 + kind.ip_options + l4_bytes);
        noise(2);
        word(kind.fragment ? (random() % 2 ? 0x2000 : 1 + random() % 0x1FFF) : random() % 2 * 0x4000);
        noise(1);
        b.push_back(kind.protocol);
        noise(10 + kind.ip_options);
        set_ip_checksum(p);
    } else {
        b.push_back(uint8_t(0x60 | (random() & 15)));
        noise(3);
        const size_t length_at = b.size();
        word(0);
        size_t next_at = b.size();
        noise(34);
        const size_t begin = b.size();
        const uint8_t kinds[] = {0, 43, 60};   // hop-by-hop options, routing, destination options
        for (unsigned i = 0; i < kind.extensions + kind.fragment; ++i) {
            const bool fragment = kind.fragment && i == kind.extensions;
            b[next_at] = fragment ? 44 : i == 0 ? kinds[0] : kinds[1 + random() % 2];
            next_at = b.size();
            const size_t units = fragment ? 0 : random() % 2;
            b.push_back(0);
            b.push_back(uint8_t(units));
            if (fragment) { word(random() % 2 ? 1 : 8 * (1 + random() % 0x1FFF)); noise(4); }
            else { b.push_back(uint8_t(random())); b.push_back(0); noise(4 + 8 * units); }
        }
        b[next_at] = kind.protocol;
        put16(b, length_at, b.size() - begin + l4_bytes);
    }
    p.l4 = b.size();
    noise(l4_bytes);
    if (kind.protocol == kTcp) b[p.l4 + 12] = uint8_t((5 + kind.tcp_options / 4) << 4 | (random() & 15));
    if (kind.protocol == kUdp) put16(b, p.l4 + 4, l4_bytes);
    p.end = b.size();
    if (transport) set_checksum(p);
    noise(kind.trailer);
    while (b.size() < 60) noise(1);
    return p;
}

// Anything that the parser is to understand: up to two tags, options, extension headers.
inline PacketKind random_kind(std::mt19937& random, size_t most_payload) {
    PacketKind kind;
    auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    kind.tags = chance(70) ? 0 : 1 + unsigned(random() % 2);
    kind.version = chance(50) ? 4 : 6;
    kind.protocol = chance(50) ? kTcp : kUdp;
    kind.ip_options = chance(70) ? 0 : 4 * unsigned(random() % 11);
    kind.extensions = chance(70) ? 0 : unsigned(random() % 3);
    kind.tcp_options = chance(50) ? 0 : 4 * unsigned(random() % 11);
    kind.payload = random() % (most_payload + 1);
    kind.trailer = chance(80) ? 0 : random() % 70;
    return kind;
}
