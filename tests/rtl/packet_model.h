// SPDX-License-Identifier: Apache-2.0
// What a receiver can say of a frame, in plain C++ and byte by byte: headers, checksum, hash. Written from the RFCs and from [V] 5.1.6.4, and
// not from rtl/net: headers are read one behind the other from the bytes that there are, the checksum is made over the pseudo header and
// the packet, the hash bit by bit.
//
// Spec: [V] VIRTIO 1.2  RFC 791, RFC 8200, RFC 768, RFC 9293
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "internet_checksum.h"

struct Dissected {
    unsigned tags = 0;
    uint16_t tag = 0;
    bool ctag = false;
    int version = 0;                     // of IP, 0: none that is whole
    int protocol = 0;                    // 6 or 17, 0: none, or a fragment, or too far back
    std::vector<uint8_t> addresses, ports;
    size_t network_at = 0, transport_at = 0, transport_bytes = 0;   // where the headers are; the last two with a protocol only
    bool verified = false;               // the checksum of TCP or UDP is there and good
};

class Dissector {
public:
    static constexpr size_t kHead = 128;   // bytes in which headers are looked for
    static constexpr unsigned kExtensions = 4;

    explicit Dissector(const std::vector<uint8_t>& frame) : f_(frame), head_(std::min(frame.size(), kHead)) {}

    Dissected operator()() {
        size_t at = 12;
        auto is_tag = [&](size_t i) { return be16(i) == 0x8100 || be16(i) == 0x88A8; };
        d_.tag = uint16_t(be16(14));
        while (d_.tags < 2 && is_tag(at)) {
            if (d_.tags++ == 0) d_.ctag = be16(at) == 0x8100;
            at += 4;
        }
        const int type = be16(at);
        at += 2;
        d_.network_at = at;
        if (type == 0x0800 && byte(at) >> 4 == 4) ipv4(at);
        if (type == 0x86DD && byte(at) >> 4 == 6) ipv6(at);
        return d_;
    }

private:
    const std::vector<uint8_t>& f_;
    const size_t head_;
    Dissected d_;
    int byte(size_t i) const { return i < f_.size() ? f_[i] : 0; }
    int be16(size_t i) const { return byte(i) << 8 | byte(i + 1); }
    bool has(size_t from, size_t bytes) const { return from + bytes <= head_; }

    void ipv4(size_t at) {
        const size_t header = 4 * size_t(byte(at) & 15), total = size_t(be16(at + 2));
        if (!has(at, 20) || header < 20 || !has(at, header) || total < header) return;
        d_.version = 4;
        d_.addresses.assign(f_.begin() + long(at) + 12, f_.begin() + long(at) + 20);
        if (be16(at + 6) & 0x3FFF) return;                        // a fragment
        const bool header_good = ones_sum(&f_[at], header) == 0xFFFF;
        transport(at + header, byte(at + 9), total - header, header_good);
    }
    void ipv6(size_t at) {
        if (!has(at, 40)) return;
        d_.version = 6;
        d_.addresses.assign(f_.begin() + long(at) + 8, f_.begin() + long(at) + 40);
        size_t left = size_t(be16(at + 4));
        int next = byte(at + 6);
        at += 40;
        if (left == 0 || left + 40 > 0xFFFF) return;
        for (unsigned i = 0; i < kExtensions && (next == 0 || next == 43 || next == 60); ++i) {
            const size_t bytes = 8 * (size_t(byte(at + 1)) + 1);
            next = byte(at);
            // It, and 8 bytes behind it, must lie in the head.
            if (!has(at, bytes)) return;
            at += bytes;
            if (bytes > left) return;
            left -= bytes;
        }
        transport(at, next, left, true);
    }
    void transport(size_t at, int protocol, size_t bytes, bool header_good) {
        if ((protocol != 6 && protocol != 17) || !has(at, 8) || bytes < 8) return;
        d_.protocol = protocol;
        d_.transport_at = at;
        d_.transport_bytes = bytes;
        d_.ports.assign(f_.begin() + long(at), f_.begin() + long(at) + 4);
        if (!header_good || at + bytes > f_.size()) return;
        if (protocol == 6 ? bytes < 20 : size_t(be16(at + 4)) != bytes || be16(at + 6) == 0) return;
        const uint8_t rest[4] = {uint8_t(bytes >> 8), uint8_t(bytes), 0, uint8_t(protocol)};
        const uint16_t pseudo = ones_sum(rest, 4, ones_sum(d_.addresses.data(), d_.addresses.size()));
        d_.verified = ones_sum(&f_[at], bytes, pseudo) == 0xFFFF;
    }
};

inline Dissected dissect(const std::vector<uint8_t>& frame) { return Dissector(frame)(); }

// [V] 5.1.6.4.3: the hash, first bit of the first byte first.
inline uint32_t toeplitz_model(const std::vector<uint8_t>& key, const std::vector<uint8_t>& input) {
    auto key_bit = [&](size_t i) { return i / 8 < key.size() ? key[i / 8] >> (7 - i % 8) & 1u : 0u; };
    uint32_t window = 0, hash = 0;
    for (size_t i = 0; i < 32; ++i) window = window << 1 | key_bit(i);
    for (size_t i = 0; i < 8 * input.size(); ++i) {
        if (input[i / 8] >> (7 - i % 8) & 1) hash ^= window;
        window = window << 1 | key_bit(i + 32);
    }
    return hash;
}

// What is hashed of a frame when these types are enabled, and the hash_report that says so ([V] 5.1.6.4.3.1, 5.1.6.4.4).
struct HashInput { std::vector<uint8_t> bytes; unsigned report; };
inline std::optional<HashInput> hash_input(const Dissected& d, unsigned types) {
    if (d.version == 0) return {};
    const unsigned base = d.version == 4 ? 0 : 3;
    const unsigned full = d.protocol == 6 ? base + 1 : base + 2;
    HashInput in{d.addresses, base + 1};
    if (d.protocol != 0 && (types >> full & 1)) {
        in.bytes.insert(in.bytes.end(), d.ports.begin(), d.ports.end());
        in.report = full + 1;
        return in;
    }
    if (types >> base & 1) return in;
    return {};
}

// The key of the published test vectors.
inline const std::vector<uint8_t>& known_key() {
    static const std::vector<uint8_t> key = {
        0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
        0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};
    return key;
}
