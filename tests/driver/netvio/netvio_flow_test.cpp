// SPDX-License-Identifier: Apache-2.0
// The flow hash against values worked out by hand, and against the fake device's own reading of its definition.
#include "netvio_flow.h"

#include <random>

#include "../stack/stack.h"

namespace {

// 10.0.0.2 -> 10.0.0.3, ports 0x1001 and 0x0035: 0A^2 ^ 0A^3 = 1 of the addresses, 10 ^ 1 ^ 35 = 24 of the ports.
Bytes datagram() { return make_datagram(0, 20, 1); }

uint8_t hash(const Bytes& frame) { return netvio_flow_hash(frame.data(), frame.size()); }

TEST(NetvioFlow, AddressesAndPortsAreFolded) {
    Bytes frame = datagram();
    EXPECT_EQ(hash(frame), 0x25);
    frame[36] = 0x55;  // destination port, upper byte: 0 before
    EXPECT_EQ(hash(frame), 0x70);
    frame[26] = 0xF0;  // source address, first byte: 0x0A before
    EXPECT_EQ(hash(frame), 0x70 ^ 0xFA);
}

TEST(NetvioFlow, ProtocolMacAddressesAndPayloadDoNotCount) {
    Bytes frame = datagram(), other = frame;
    other[0] ^= 4;
    other[50] ^= 0xFF;
    other[23] = 6;
    EXPECT_EQ(hash(frame), hash(other));
}

TEST(NetvioFlow, EveryFragmentHasTheHashOfTheAddresses) {
    Bytes frame = datagram();
    frame[34] = 0x77;
    const uint8_t whole = hash(frame);
    frame[20] = 0x20;  // MF
    EXPECT_EQ(hash(frame), 1);
    frame[20] = 0;
    frame[21] = 9;     // offset
    EXPECT_EQ(hash(frame), 1);
    frame[21] = 0;
    frame[20] = 0x40;  // DF is no fragment
    EXPECT_EQ(hash(frame), whole);
}

TEST(NetvioFlow, OptionsAreSkippedAndOneTagToo) {
    Bytes frame = datagram();
    frame[34] = 0x77;
    const uint8_t plain = hash(frame);
    Bytes options = frame;
    options[14] = 0x46;
    options.insert(options.begin() + 34, 4, 0xEE);
    EXPECT_EQ(hash(options), plain);
    Bytes tagged = frame;
    const uint8_t tag[] = {0x81, 0x00, 0x12, 0x34};
    tagged.insert(tagged.begin() + 12, tag, tag + 4);
    EXPECT_EQ(hash(tagged), plain);
    tagged.insert(tagged.begin() + 12, tag, tag + 4);
    EXPECT_EQ(hash(tagged), tagged[5] ^ tagged[11] ^ 2 ^ 2) << "two tags: by the MAC addresses";
}

TEST(NetvioFlow, WhatIsBehindTheFirst64BytesDoesNotCount) {
    Bytes frame(100, 0);
    frame[12] = 8, frame[14] = 0x4C, frame[23] = 17;  // a header of 48 bytes: the ports are at 62
    frame[62] = 0x12, frame[63] = 0x30, frame[64] = 0xFF, frame[65] = 0xFF;
    EXPECT_EQ(hash(frame), 0x22);
}

TEST(NetvioFlow, WhatIsNoIpIsFoldedByItsMacAddresses) {
    Bytes frame(60);
    frame[0] = 0x12;
    frame[11] = 0x30;
    frame[12] = 8, frame[13] = 6;
    frame[30] = 0xFF;
    EXPECT_EQ(hash(frame), 0x22);
    EXPECT_EQ(netvio_flow_hash(frame.data(), 13), 0);
}

TEST(NetvioFlow, AgreesWithTheDeviceOnRandomFrames) {
    std::mt19937 random(11);
    for (unsigned i = 0; i < 200000; i++) {
        Bytes frame(14 + random() % 90);
        for (uint8_t& byte : frame) byte = static_cast<uint8_t>(random());
        // Headers that are nearly right: tags, versions, lengths, protocols.
        size_t at = 12;
        for (unsigned tags = static_cast<unsigned>(random()) % 4; tags && at + 6 <= frame.size(); tags--, at += 4)
            frame[at] = random() % 2 ? 0x81 : 0x88, frame[at + 1] = frame[at] == 0x81 ? 0 : 0xA8;
        const bool six = random() % 2;
        frame[at] = six ? 0x86 : 0x08, frame[at + 1] = six ? 0xDD : 0x00;
        if (frame.size() > at + 2) frame[at + 2] = static_cast<uint8_t>((six ? 0x60 : 0x40) | random() % 16);
        if (frame.size() > at + 11) frame[at + (six ? 8 : 11)] = random() % 2 ? 6 : 17;
        if (!six && frame.size() > at + 9) frame[at + 8] &= 0x40, frame[at + 9] = 0;
        for (unsigned pairs : {1u, 3u, 16u})
            ASSERT_EQ(netvio_flow_hash(frame.data(), frame.size()) % pairs, fake_device_pair_of(frame.data(), frame.size(), pairs)) << i;
    }
}

}  // namespace
