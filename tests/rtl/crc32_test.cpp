// SPDX-License-Identifier: Apache-2.0
// The CRC matrix against the bit-serial definition. The module has no clock.
#include <Vcrc32.h>
#include <gtest/gtest.h>

#include "coverage.h"
#include "frames.h"

namespace {

constexpr unsigned beat_bytes = RTL_DataWidth / 8;

struct Crc32 : ::testing::Test {
    VerilatedContext context;
    Vcrc32 dut{&context};
    ~Crc32() override { take_coverage(context); }
    std::mt19937 random{1};

    uint32_t step(uint32_t crc, const Bytes& bytes) {
        put_beat(dut.data_i, bytes, 0, random);
        dut.enable_i = 1;
        dut.crc_i = crc;
        dut.bytes_i = static_cast<uint8_t>(bytes.size());
        dut.eval();
        return dut.crc_o;
    }
};

TEST_F(Crc32, ClauseE_3_2_9_StepOverAnyNumberOfBytesFromAnyState) {
    for (unsigned bytes = 1; bytes <= beat_bytes; ++bytes) {
        for (int i = 0; i < 50; ++i) {
            const Bytes data = random_frame(random, bytes);
            const auto state = static_cast<uint32_t>(random());
            uint32_t expected = state;
            for (uint8_t byte : data) expected = crc32_step(expected, byte);
            ASSERT_EQ(step(state, data), expected) << bytes << " bytes";
        }
    }
}

TEST_F(Crc32, CheckValueOfTheDigits1To9) {
    EXPECT_EQ(~step(~0u, {'1', '2', '3', '4', '5', '6', '7', '8', '9'}), 0xCBF43926u);
}

}  // namespace
