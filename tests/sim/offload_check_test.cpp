// SPDX-License-Identifier: Apache-2.0
// The software that says whether a NIC's word on a received frame is true.
#include "offload_check.h"

#include <gtest/gtest.h>

#include <vector>

#include "../driver/stack/packets.h"

namespace {

using Bytes = std::vector<uint8_t>;

const uint8_t key[OFFLOAD_KEY_BYTES] = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
                                        0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
                                        0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

bool tcp_good(const Bytes& frame) { return offload_tcp_is_good(frame.data(), frame.size()); }
bool udp_good(const Bytes& frame) { return offload_udp_is_good(frame.data(), frame.size()); }

TEST(OffloadCheck, GoodSumsAreGoodInEveryShape) {
    for (int version : {4, 6})
        for (bool tagged : {false, true})
            for (size_t length : {0u, 1u, 2u, 100u, 1401u}) {
                PacketShape shape;
                shape.version = version;
                shape.tagged = tagged;
                Bytes frame = make_packet(shape, make_payload(3, length));
                frame.resize(frame.size() + 5, 0xEE);  // padding does not count
                EXPECT_TRUE(tcp_good(frame) && !udp_good(frame));
                shape.tcp = false;
                frame = make_packet(shape, make_payload(4, length));
                EXPECT_TRUE(udp_good(frame) && !tcp_good(frame));
            }
}

TEST(OffloadCheck, EveryBitCounts) {
    const Bytes frame = make_packet({}, make_payload(1, 30));
    for (size_t bit = 26 * 8; bit < frame.size() * 8; bit++) {
        Bytes wrong = frame;
        wrong[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
        EXPECT_FALSE(tcp_good(wrong)) << bit;
    }
}

TEST(OffloadCheck, FragmentsCutFramesAndUdpWithoutASumAreNotGood) {
    Bytes fragment = make_packet({}, make_payload(1, 30)), cut = fragment, none = make_packet({4, false}, make_payload(1, 30));
    fragment[20] |= 0x20;
    cut.pop_back();
    none[40] = none[41] = 0;
    EXPECT_FALSE(tcp_good(fragment));
    EXPECT_FALSE(tcp_good(cut));
    EXPECT_FALSE(udp_good(none));
    for (size_t length = 0; length < fragment.size(); length++) EXPECT_FALSE(offload_tcp_is_good(fragment.data(), length));
}

// The verification suite of the Windows documentation.
TEST(OffloadCheck, HashesAreThePublishedOnes) {
    const struct {
        uint8_t addresses[8], ports[4];
        uint32_t with_ports, without;
    } vectors[] = {{{66, 9, 149, 187, 161, 142, 100, 80}, {2794 >> 8, 2794 & 0xFF, 1766 >> 8, 1766 & 0xFF}, 0x51ccc178, 0x323e8fc2},
                   {{199, 92, 111, 2, 65, 69, 140, 83}, {14230 >> 8, 14230 & 0xFF, 4739 >> 8, 4739 & 0xFF}, 0xc626b0ea, 0xd718262a},
                   {{24, 19, 198, 95, 12, 22, 207, 184}, {12898 >> 8, 12898 & 0xFF, 38024 >> 8, 38024 & 0xFF}, 0x5c2b394a, 0xd2d0a5de}};
    for (const auto& vector : vectors) {
        Bytes frame = make_packet({}, make_payload(1, 20));
        std::copy(vector.addresses, vector.addresses + 8, &frame[26]);
        std::copy(vector.ports, vector.ports + 4, &frame[34]);
        uint32_t hash = 0;
        EXPECT_EQ(offload_hash_of(frame.data(), frame.size(), key, &hash), OFFLOAD_HASH_TCP4);
        EXPECT_EQ(hash, vector.with_ports);
        frame[20] |= 0x20;  // a fragment has no ports
        EXPECT_EQ(offload_hash_of(frame.data(), frame.size(), key, &hash), OFFLOAD_HASH_IPV4);
        EXPECT_EQ(hash, vector.without);
    }
    const uint8_t ipv6[] = {0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x1f, 0xff, 0, 0, 0, 0, 0, 0, 0, 7,
                            0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x00, 0x03, 0, 0, 0, 0, 0, 0, 0, 1, 2794 >> 8, 2794 & 0xFF, 1766 >> 8, 1766 & 0xFF};
    Bytes frame = make_packet({6}, make_payload(1, 20));
    std::copy(ipv6, ipv6 + 36, &frame[22]);
    uint32_t hash = 0;
    EXPECT_EQ(offload_hash_of(frame.data(), frame.size(), key, &hash), OFFLOAD_HASH_TCP6);
    EXPECT_EQ(hash, 0x40207d3du);
    frame[12] = 0;
    EXPECT_EQ(offload_hash_of(frame.data(), frame.size(), key, &hash), OFFLOAD_HASH_NONE);
}

}  // namespace
