// SPDX-License-Identifier: Apache-2.0
// Frames for the MAC tests, and a bit-serial CRC that shares nothing with the matrix of rtl/net/crc32_pkg.sv.
//
// Spec: [E] IEEE 802.3-2018
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

using Bytes = std::vector<uint8_t>;

// One step of the running CRC (reflected, not inverted), [E] 3.2.9.
inline uint32_t crc32_step(uint32_t crc, uint8_t byte) {
    crc ^= byte;
    for (int i = 0; i < 8; ++i) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    return crc;
}

inline Bytes with_fcs(Bytes frame) {
    uint32_t crc = ~0u;
    for (uint8_t byte : frame) crc = crc32_step(crc, byte);
    for (int i = 0; i < 4; ++i) frame.push_back(static_cast<uint8_t>(~crc >> 8 * i));
    return frame;
}

inline Bytes padded(Bytes frame) {
    if (frame.size() < 60) frame.resize(60);
    return frame;
}

inline Bytes random_frame(std::mt19937& random, size_t bytes) {
    Bytes frame(bytes);
    for (uint8_t& byte : frame) byte = static_cast<uint8_t>(random());
    return frame;
}

// Puts up to sizeof beat bytes of the frame into a wide port; the bytes behind the end are noise.
template <class Port>
unsigned put_beat(Port& beat, const Bytes& frame, size_t from, std::mt19937& random) {
    uint8_t raw[sizeof beat];
    for (uint8_t& byte : raw) byte = static_cast<uint8_t>(random());
    const size_t n = frame.size() - from < sizeof beat ? frame.size() - from : sizeof beat;
    std::memcpy(raw, frame.data() + from, n);
    std::memcpy(&beat, raw, sizeof beat);
    return static_cast<unsigned>(n);
}

template <class Port>
void take_beat(Bytes& frame, const Port& beat, unsigned bytes) {
    const auto* raw = reinterpret_cast<const uint8_t*>(&beat);
    frame.insert(frame.end(), raw, raw + bytes);
}
