// SPDX-License-Identifier: Apache-2.0
// Generated traffic: determined by configuration and frame number alone, sizes as asked, paced at the asked rate.
#include "generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "capture.h"
#include "offload_check.h"

namespace {

generator_config config(std::initializer_list<uint32_t> sizes, bool range = false) {
    generator_config config{};
    config.frames = 1000;
    config.seed = 7;
    config.burst = 1;
    config.sizes.range = range;
    for (const uint32_t size : sizes) config.sizes.values[config.sizes.count++] = size;
    const uint8_t destination[6] = {2, 0, 0, 0, 0, 1}, source[6] = {2, 0, 0, 0, 0, 2};
    std::copy(destination, destination + 6, config.destination);
    std::copy(source, source + 6, config.source);
    return config;
}

std::vector<uint8_t> frame(const generator_config& config, uint64_t number) {
    std::vector<uint8_t> bytes(generator_length(&config, number));
    generator_fill(&config, number, bytes.data(), bytes.size());
    return bytes;
}

TEST(Generator, FrameIsAddressesTypeNumberAndPattern) {
    const auto bytes = frame(config({64}), 0x0102);
    const std::vector<uint8_t> head = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xB5, 0, 0, 0, 0, 0, 0, 1, 2, 2, 3, 4};
    ASSERT_EQ(bytes.size(), 60u);
    EXPECT_EQ(std::vector<uint8_t>(bytes.begin(), bytes.begin() + static_cast<long>(head.size())), head);
}

TEST(Generator, SameNumberGivesTheSameFrameInAnyOrder) {
    generator_config random = config({64, 9022}, true);
    random.pattern = GENERATOR_RANDOM;
    std::vector<std::vector<uint8_t>> forwards;
    for (uint64_t n = 0; n < 50; n++) forwards.push_back(frame(random, n));
    for (uint64_t n = 50; n-- > 0;) EXPECT_EQ(frame(random, n), forwards[n]);
}

TEST(Generator, SeedChangesRandomContentAndSizes) {
    generator_config a = config({64, 9022}, true), b = a;
    a.pattern = b.pattern = GENERATOR_RANDOM;
    b.seed = 8;
    unsigned same = 0;
    for (uint64_t n = 0; n < 50; n++) same += frame(a, n) == frame(b, n);
    EXPECT_EQ(same, 0u);
}

TEST(Generator, ListOfSizesIsTakenInTurn) {
    const generator_config turns = config({64, 128, 1518});
    EXPECT_EQ(generator_length(&turns, 0), 60u);
    EXPECT_EQ(generator_length(&turns, 1), 124u);
    EXPECT_EQ(generator_length(&turns, 2), 1514u);
    EXPECT_EQ(generator_length(&turns, 3), 60u);
}

TEST(Generator, RangeOfSizesReachesBothEndsAndNoFurther) {
    const generator_config range = config({64, 67}, true);
    std::set<size_t> seen;
    for (uint64_t n = 0; n < 200; n++) seen.insert(generator_length(&range, n));
    EXPECT_EQ(seen, (std::set<size_t>{60, 61, 62, 63}));
}

TEST(Generator, FlowsTakeTurnsAndDifferInTheSourceAddressAlone) {
    generator_config flows = config({64});
    const auto one = frame(flows, 0);
    flows.flows = 256;
    std::set<uint8_t> sources;
    for (uint64_t n = 0; n < 256; n++) {
        auto other = frame(flows, n);
        sources.insert(other[11]);
        other[11] = one[11];
        EXPECT_TRUE(std::equal(one.begin(), one.begin() + 14, other.begin())) << n;
        EXPECT_EQ(frame(flows, n + 256)[11], frame(flows, n)[11]) << n;
    }
    EXPECT_EQ(sources.size(), 256u);
    flows.flows = 1;
    EXPECT_EQ(frame(flows, 7)[11], one[11]);
}

TEST(Generator, FewFlowsDifferInTheirLowBitsAndInTheirHighBits) {
    generator_config flows = config({64});
    for (unsigned bits : {1u, 2u, 4u}) {
        flows.flows = uint64_t{1} << bits;
        std::set<unsigned> low, high;
        for (uint64_t n = 0; n < flows.flows; n++) {
            low.insert(frame(flows, n)[11] & (flows.flows - 1));
            high.insert(frame(flows, n)[11] >> (8 - bits));
        }
        EXPECT_EQ(low.size(), flows.flows);
        EXPECT_EQ(high.size(), flows.flows);
    }
}

TEST(Generator, ShortestFrameIsAHeaderAlone) { EXPECT_EQ(frame(config({18}), 5).size(), 14u); }

TEST(Generator, PatternsFillThePayload) {
    generator_config pattern = config({64});
    pattern.pattern = GENERATOR_ZEROS;
    EXPECT_EQ(frame(pattern, 9).back(), 0x00);
    pattern.pattern = GENERATOR_ONES;
    EXPECT_EQ(frame(pattern, 9).back(), 0xFF);
}

TEST(Generator, PacingKeepsTheRateOnAverageExactly) {
    generator_config paced = config({64});
    paced.rate_mbps = 10'000;
    generator_pacer pacer{};
    uint64_t last = 0;
    for (uint64_t n = 0; n <= 10'000; n++) last = generator_pace(&paced, &pacer, 60);
    EXPECT_EQ(last, 10'000u * 67'200u);  // 84 bytes at 10 Gb/s are 67.2 ns
}

TEST(Generator, BurstsLeaveAtOnceAndThenWait) {
    generator_config paced = config({64});
    paced.rate_mbps = 1'000;
    paced.burst = 3;
    generator_pacer pacer{};
    std::vector<uint64_t> times;
    for (int n = 0; n < 7; n++) times.push_back(generator_pace(&paced, &pacer, 60));
    const uint64_t burst = 3 * 672'000;
    EXPECT_EQ(times, (std::vector<uint64_t>{0, 0, 0, burst, burst, burst, 2 * burst}));
}

TEST(Generator, NoRateMeansNoWaiting) {
    const generator_config free = config({64});
    generator_pacer pacer{};
    for (int n = 0; n < 10; n++) EXPECT_EQ(generator_pace(&free, &pacer, 60), 0u);
}

TEST(GeneratorIp, EverySumIsRightAndTheNumberIsInThePayload) {
    for (const generator_protocol protocol : {GENERATOR_TCP4, GENERATOR_UDP4, GENERATOR_TCP6, GENERATOR_UDP6}) {
        generator_config made = config({80, 1518}, true);
        made.protocol = protocol;
        made.flows = 5;
        const bool tcp = protocol == GENERATOR_TCP4 || protocol == GENERATOR_TCP6, ipv4 = protocol == GENERATOR_TCP4 || protocol == GENERATOR_UDP4;
        std::set<std::vector<uint8_t>> flows;
        for (uint64_t n = 0; n < 300; n++) {
            const auto bytes = frame(made, n);
            const size_t payload = 14u + (ipv4 ? 20 : 40) + (tcp ? 20 : 8);
            ASSERT_EQ(tcp ? offload_tcp_is_good(bytes.data(), bytes.size()) : offload_udp_is_good(bytes.data(), bytes.size()), true) << n;
            if (bytes.size() >= payload + 8) {
                EXPECT_EQ(bytes[payload + 7], static_cast<uint8_t>(n)) << "the number, most significant byte first";
            }
            const size_t ports = payload - (tcp ? 20 : 8);
            flows.insert({bytes.begin() + 6, bytes.begin() + 12});
            EXPECT_EQ(bytes[ports + 2] << 8 | bytes[ports + 3], 5001);
        }
        EXPECT_EQ(flows.size(), 5u);
    }
}

TEST(GeneratorIp, SegmentsOfAFlowFollowEachOther) {
    generator_config made = config({1518});
    made.protocol = GENERATOR_TCP4;
    made.flows = 3;
    const auto sequence = [](const std::vector<uint8_t>& bytes) { return uint32_t{bytes[38]} << 24 | bytes[39] << 16 | bytes[40] << 8 | bytes[41]; };
    for (uint64_t n = 0; n < 60; n++) {
        const auto one = frame(made, n), next = frame(made, n + 3);
        EXPECT_EQ(sequence(next) - sequence(one), one.size() - 54);
        EXPECT_EQ(next[18] << 8 | next[19], (one[18] << 8 | one[19]) + 1) << "identification";
    }
}

TEST(GeneratorIp, FramesTooShortForTheHeadersAreEthernets) {
    generator_config made = config({58});
    made.protocol = GENERATOR_TCP4;
    const auto bytes = frame(made, 1);
    EXPECT_EQ(bytes[12] << 8 | bytes[13], 0x88B5);
}

}  // namespace
