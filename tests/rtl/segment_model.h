// SPDX-License-Identifier: Apache-2.0
// What a device is to send of a packet with this virtio-net header, in plain C++ and byte by byte: one frame, several, or none. Written
// from [V] 5.1.6.2 and the RFCs, and not from rtl/net: headers are read one behind the other from the bytes that there are, every segment
// is put together anew, and its checksums are made over all of its bytes.
//
//   const NetHeader header = segmentation(packet, 1460);            // what a driver asks for
//   for (const auto& frame : transmitted(packet.bytes, header)) ... // without FCS and padding
//
// Spec: [V] VIRTIO 1.2  RFC 791, RFC 8200, RFC 9293, RFC 768, RFC 3168
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "packets.h"
#include "regmap.h"

struct NetHeader {
    uint8_t flags = 0, gso_type = 0;
    uint16_t hdr_len = 0, gso_size = 0, csum_start = 0, csum_offset = 0;
    std::vector<uint8_t> bytes(size_t length = VIRTIO_NET_HDR_SIZE) const {
        std::vector<uint8_t> b = {flags, gso_type};
        for (const uint16_t field : {hdr_len, gso_size, csum_start, csum_offset}) {
            b.push_back(uint8_t(field));
            b.push_back(uint8_t(field >> 8));
        }
        b.resize(length, 0);
        return b;
    }
};

// The features that matter, as in the feature bits of [V] 5.1.3.
struct Offloads { bool tso4 = true, tso6 = true, uso = true; };

class Segmenter {
public:
    static constexpr size_t kMaxFrame = ETH_MAX_FRAME - ETH_FCS;
    static constexpr size_t kMaxHeaders = 254;   // ours: what the device holds
    using Bytes = std::vector<uint8_t>;

    Segmenter(const Bytes& packet, const NetHeader& header, const Offloads& offloads) : p_(packet), h_(header), o_(offloads) {}

    std::vector<Bytes> operator()() {
        const bool needs_csum = h_.flags & 1;
        const unsigned type = h_.gso_type & 0x7F;
        if (p_.size() < 14) return {};
        if (needs_csum && size_t{h_.csum_start} + h_.csum_offset + 2 > p_.size()) return {};
        if (type == VIRTIO_NET_HDR_GSO_NONE) {
            if (p_.size() > kMaxFrame) return {};
            Bytes frame = p_;
            if (needs_csum) complete(frame, h_.csum_start, size_t{h_.csum_start} + h_.csum_offset, 0);
            return {frame};
        }
        const bool tcp4 = type == VIRTIO_NET_HDR_GSO_TCPV4, tcp6 = type == VIRTIO_NET_HDR_GSO_TCPV6;
        const bool udp = type == VIRTIO_NET_HDR_GSO_UDP_L4;
        if (!needs_csum || h_.gso_size == 0) return {};
        if (!((tcp4 && o_.tso4) || (tcp6 && o_.tso6) || (udp && o_.uso))) return {};
        protocol_ = udp ? kUdp : kTcp;
        if (!network() || (tcp4 && version_ != 4) || (tcp6 && version_ != 6) || !transport()) return {};
        return segments();
    }

private:
    const Bytes& p_;
    const NetHeader& h_;
    const Offloads& o_;
    uint8_t protocol_ = 0;
    int version_ = 0;
    size_t l3_ = 0, l4_ = 0, payload_ = 0;

    bool has(size_t from, size_t bytes) const { return from + bytes <= p_.size(); }
    static void complete(Bytes& frame, size_t from, size_t field, uint16_t start) {
        uint16_t value = uint16_t(~ones_sum(&frame[from], frame.size() - from, start));
        if (value == 0) value = 0xFFFF;              // RFC 768
        put16(frame, field, value);
    }
    bool network() {
        size_t at = 12;
        unsigned tags = 0;
        while (has(at, 2) && (get16(p_, at) == 0x8100 || get16(p_, at) == 0x88A8)) {
            if (++tags > 2) return false;
            at += 4;
        }
        if (!has(at, 2)) return false;
        const unsigned type = get16(p_, at);
        l3_ = at + 2;
        l4_ = h_.csum_start;
        if (p_.size() - l3_ > 65535) return false;
        if (type == 0x0800) {
            version_ = 4;
            if (!has(l3_, 20) || p_[l3_] >> 4 != 4) return false;
            const size_t bytes = 4 * (p_[l3_] & 15u);
            if (bytes < 20 || l4_ != l3_ + bytes) return false;
            return (get16(p_, l3_ + 6) & 0x3FFF) == 0 && p_[l3_ + 9] == protocol_;
        }
        if (type == 0x86DD) {
            version_ = 6;
            if (!has(l3_, 40) || p_[l3_] >> 4 != 6) return false;
            if (l4_ < l3_ + 40 || (l4_ - l3_) % 8 != 0) return false;
            return l4_ != l3_ + 40 || p_[l3_ + 6] == protocol_;
        }
        return false;
    }
    bool transport() {
        if (protocol_ == kUdp) {
            payload_ = l4_ + 8;
            if (h_.csum_offset != 6) return false;
        } else {
            if (!has(l4_, 20) || p_[l4_ + 12] >> 4 < 5 || h_.csum_offset != 16) return false;
            payload_ = l4_ + 4 * size_t(p_[l4_ + 12] >> 4);
        }
        return payload_ <= p_.size() && payload_ <= kMaxHeaders;
    }
    std::vector<Bytes> segments() const {
        std::vector<Bytes> frames;
        size_t at = payload_;
        do {
            const size_t bytes = std::min<size_t>(h_.gso_size, p_.size() - at);
            if (payload_ + bytes > kMaxFrame) return {};
            Bytes f(p_.begin(), p_.begin() + long(payload_));
            f.insert(f.end(), p_.begin() + long(at), p_.begin() + long(at + bytes));
            const bool first = at == payload_, last = at + bytes == p_.size();
            if (version_ == 4) {
                put16(f, l3_ + 2, f.size() - l3_);
                put16(f, l3_ + 4, size_t(get16(p_, l3_ + 4)) + frames.size());
                put16(f, l3_ + 10, 0);
                put16(f, l3_ + 10, uint16_t(~ones_sum(&f[l3_], l4_ - l3_)));
            } else {
                put16(f, l3_ + 4, f.size() - l3_ - 40);
            }
            const size_t l4_bytes = f.size() - l4_;
            const size_t field = l4_ + (protocol_ == kUdp ? 6 : 16);
            if (protocol_ == kUdp) {
                put16(f, l4_ + 4, l4_bytes);
            } else {
                const uint32_t seq = (uint32_t(get16(p_, l4_ + 4)) << 16 | get16(p_, l4_ + 6)) + uint32_t(at - payload_);
                put16(f, l4_ + 4, seq >> 16);
                put16(f, l4_ + 6, seq);
                if (!last) f[l4_ + 13] = uint8_t(f[l4_ + 13] & ~0x09);    // FIN, PSH
                if (!first) f[l4_ + 13] = uint8_t(f[l4_ + 13] & ~0x80);   // CWR
            }
            put16(f, field, 0);
            const uint8_t rest[4] = {uint8_t(l4_bytes >> 8), uint8_t(l4_bytes), 0, protocol_};
            const size_t addresses = version_ == 4 ? 8 : 32;
            complete(f, l4_, field, ones_sum(rest, 4, ones_sum(&f[l3_ + (version_ == 4 ? 12 : 8)], addresses)));
            frames.push_back(f);
            at += bytes;
        } while (at < p_.size());
        return frames;
    }
};

inline std::vector<std::vector<uint8_t>> transmitted(const std::vector<uint8_t>& packet, const NetHeader& header,
                                                     const Offloads& offloads = {}) {
    return Segmenter(packet, header, offloads)();
}

// What a driver asks for that leaves the segmentation of a packet to the device, and what it puts into the packet: the sum of the pseudo
// header of the whole ([V] 5.1.6.2). The packet ends where IP says.
inline NetHeader segmentation(Packet& p, uint16_t gso_size) {
    NetHeader h;
    h.flags = 1;
    h.gso_type = p.kind.protocol == kUdp ? VIRTIO_NET_HDR_GSO_UDP_L4
                 : p.kind.version == 4   ? VIRTIO_NET_HDR_GSO_TCPV4
                                         : VIRTIO_NET_HDR_GSO_TCPV6;
    h.gso_size = gso_size;
    h.csum_start = uint16_t(p.l4);
    h.csum_offset = uint16_t(p.field() - p.l4);
    h.hdr_len = uint16_t(p.l4 + (p.kind.protocol == kUdp ? 8 : 20 + p.kind.tcp_options));
    p.bytes.resize(p.end);
    put16(p.bytes, p.field(), pseudo_sum(p, p.end - p.l4));
    return h;
}
