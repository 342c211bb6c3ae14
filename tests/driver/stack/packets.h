// SPDX-License-Identifier: Apache-2.0
// TCP and UDP packets over IPv4 and IPv6 with every sum right, made from the RFCs for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

using std::size_t;

struct PacketShape {
    int version = 4;           // of IP
    bool tcp = true;
    bool tagged = false;       // 802.1Q
    uint8_t flow = 1;          // in addresses and ports
    uint16_t id = 0;           // of IPv4
    uint32_t sequence = 0;     // of TCP
    uint8_t flags = 0x10;      // of TCP: ACK
    unsigned ip_options = 0;   // 32-bit words, IPv4
    unsigned tcp_options = 0;  // 32-bit words
};

inline void append16(std::vector<uint8_t>& to, unsigned value) {
    to.push_back(static_cast<uint8_t>(value >> 8));
    to.push_back(static_cast<uint8_t>(value));
}

inline unsigned internet_sum(const std::vector<uint8_t>& bytes, size_t from, size_t to, unsigned start = 0) {
    uint64_t sum = start;
    for (size_t i = from; i < to; i++) sum += (i - from) % 2 ? bytes[i] : bytes[i] * 256u;
    while (sum > 0xFFFF) sum = sum / 65536 + sum % 65536;
    return static_cast<unsigned>(sum);
}

inline std::vector<uint8_t> make_packet(const PacketShape& shape, const std::vector<uint8_t>& payload) {
    std::vector<uint8_t> frame = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, shape.flow};
    if (shape.tagged) append16(frame, 0x8100), append16(frame, 0x6005);
    append16(frame, shape.version == 4 ? 0x0800 : 0x86DD);
    const size_t ip = frame.size(), l4_header = shape.tcp ? 20 + 4 * shape.tcp_options : 8, l4_bytes = l4_header + payload.size();
    if (shape.version == 4) {
        const unsigned header = 20 + 4 * shape.ip_options;
        frame.push_back(static_cast<uint8_t>(0x40 + header / 4)), frame.push_back(0);
        append16(frame, static_cast<unsigned>(header + l4_bytes)), append16(frame, shape.id), append16(frame, 0x4000);
        frame.push_back(64), frame.push_back(shape.tcp ? 6 : 17), append16(frame, 0);
        for (uint8_t byte : {10, 0, 0, int(shape.flow), 10, 0, 1, 2}) frame.push_back(byte);
        for (unsigned i = 0; i < 4 * shape.ip_options; i++) frame.push_back(1);
        const unsigned sum = ~internet_sum(frame, ip, frame.size()) & 0xFFFF;
        frame[ip + 10] = static_cast<uint8_t>(sum >> 8), frame[ip + 11] = static_cast<uint8_t>(sum);
    } else {
        frame.push_back(0x60), frame.push_back(0), append16(frame, 0);
        append16(frame, static_cast<unsigned>(l4_bytes)), frame.push_back(shape.tcp ? 6 : 17), frame.push_back(64);
        for (unsigned end = 0; end < 2; end++)
            for (unsigned i = 0; i < 16; i++) frame.push_back(static_cast<uint8_t>(i ? i * 3 + end + shape.flow : 0xFD));
    }
    const size_t l4 = frame.size(), addresses = shape.version == 4 ? ip + 12 : ip + 8, address_bytes = shape.version == 4 ? 8 : 32;
    append16(frame, 1000u + shape.flow), append16(frame, 2000);
    if (shape.tcp) {
        append16(frame, shape.sequence >> 16), append16(frame, shape.sequence & 0xFFFF), append16(frame, 7), append16(frame, 9);
        frame.push_back(static_cast<uint8_t>(0x50 + 0x10 * shape.tcp_options)), frame.push_back(shape.flags);
        append16(frame, 512), append16(frame, 0), append16(frame, 0);
        for (unsigned i = 0; i < 4 * shape.tcp_options; i++) frame.push_back(1);
    } else {
        append16(frame, static_cast<unsigned>(l4_bytes)), append16(frame, 0);
    }
    frame.insert(frame.end(), payload.begin(), payload.end());
    unsigned sum = internet_sum(frame, addresses, addresses + address_bytes, (shape.tcp ? 6u : 17u) + static_cast<unsigned>(l4_bytes));
    sum = ~internet_sum(frame, l4, frame.size(), sum) & 0xFFFF;
    if (sum == 0) sum = 0xFFFF;
    const size_t field = l4 + (shape.tcp ? 16 : 6);
    frame[field] = static_cast<uint8_t>(sum >> 8), frame[field + 1] = static_cast<uint8_t>(sum);
    return frame;
}

inline std::vector<uint8_t> make_payload(unsigned number, size_t length) {
    std::vector<uint8_t> bytes(length);
    for (size_t i = 0; i < length; i++) bytes[i] = static_cast<uint8_t>(number * 37 + i * 11 + (i >> 8));
    return bytes;
}

// Of a connection, by its number; `sequence` tells its packets apart.
inline std::vector<uint8_t> packet_of(uint8_t flow, uint32_t sequence) {
    PacketShape shape;
    shape.flow = flow;
    shape.sequence = sequence;
    return make_packet(shape, make_payload(flow, 40));
}

// `count` segments of a flow that follow each other, of `size` bytes of payload, the last of `last`.
inline std::vector<std::vector<uint8_t>> make_segments(PacketShape shape, unsigned count, size_t size, size_t last) {
    std::vector<std::vector<uint8_t>> frames;
    for (unsigned i = 0; i < count; i++) {
        const size_t bytes = i + 1 == count ? last : size;
        if (shape.tcp && i + 1 == count) shape.flags |= 0x08;  // PSH
        frames.push_back(make_packet(shape, make_payload(i, bytes)));
        shape.id++;
        shape.sequence += static_cast<uint32_t>(bytes);
        shape.flags &= 0x7F;  // CWR is on the first alone
    }
    return frames;
}
