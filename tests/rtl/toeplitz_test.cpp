// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <verilated.h>

#include <cstring>
#include <random>

#include "Vtoeplitz.h"
#include "coverage.h"
#include "packet_model.h"

namespace {

struct Hash {
    VerilatedContext context;
    Vtoeplitz dut{&context};
    ~Hash() { take_coverage(context); }
    uint32_t operator()(const std::vector<uint8_t>& key, const std::vector<uint8_t>& input) {
        std::vector<uint8_t> k(40), in(36);
        std::copy(key.begin(), key.end(), k.begin());
        std::copy(input.begin(), input.end(), in.begin());
        std::memcpy(&dut.key_i, k.data(), 40);
        std::memcpy(&dut.data_i, in.data(), 36);
        dut.enable_i = 1;
        dut.eval();
        return dut.hash_o;
    }
};

struct Vector { std::vector<uint8_t> source, destination; uint16_t source_port, destination_port; uint32_t addresses, with_ports; };

// "Verifying the RSS hash calculation" in the Windows driver documentation.
const Vector kPublished[] = {
    {{66, 9, 149, 187}, {161, 142, 100, 80}, 2794, 1766, 0x323e8fc2, 0x51ccc178},
    {{199, 92, 111, 2}, {65, 69, 140, 83}, 14230, 4739, 0xd718262a, 0xc626b0ea},
    {{24, 19, 198, 95}, {12, 22, 207, 184}, 12898, 38024, 0xd2d0a5de, 0x5c2b394a},
    {{38, 27, 205, 30}, {209, 142, 163, 6}, 48228, 2217, 0x82989176, 0xafc7327f},
    {{153, 39, 163, 191}, {202, 188, 127, 2}, 44251, 1303, 0x5d1809c5, 0x10e828a2},
    {{0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x1f, 0xff, 0, 0, 0, 0, 0, 0, 0, 7}, {0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1},
     2794, 1766, 0x2cc18cd5, 0x40207d3d},
    {{0x3f, 0xfe, 0x19, 0x00, 0x45, 0x45, 0, 3, 2, 0, 0xf8, 0xff, 0xfe, 0x21, 0x67, 0xcf}, {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0xf8, 0xff, 0xfe, 0x21, 0x67, 0xcf},
     44251, 38024, 0x4b61e985, 0x02d1feef},
};

std::vector<uint8_t> input_of(const Vector& v, bool ports) {
    std::vector<uint8_t> in = v.source;
    in.insert(in.end(), v.destination.begin(), v.destination.end());
    for (const uint16_t port : {v.source_port, v.destination_port}) {
        if (!ports) continue;
        in.push_back(uint8_t(port >> 8));
        in.push_back(uint8_t(port));
    }
    return in;
}

TEST(Toeplitz, GivesThePublishedHashes) {  // VIRTIO K10
    Hash hash;
    for (const Vector& v : kPublished) {
        EXPECT_EQ(hash(known_key(), input_of(v, false)), v.addresses);
        EXPECT_EQ(hash(known_key(), input_of(v, true)), v.with_ports);
        EXPECT_EQ(toeplitz_model(known_key(), input_of(v, true)), v.with_ports) << "the model";
    }
}

TEST(Toeplitz, IsThatOfTheModelForRandomKeysAndInputs) {
    Hash hash;
    std::mt19937 random(1);
    for (unsigned i = 0; i < 5000; ++i) {
        std::vector<uint8_t> key(1 + random() % 40), input(1 + random() % 36);
        for (auto& byte : key) byte = uint8_t(random());
        for (auto& byte : input) byte = uint8_t(random() % 3 == 0 ? 0 : random());
        ASSERT_EQ(hash(key, input), toeplitz_model(key, input)) << i;
    }
}

}  // namespace
