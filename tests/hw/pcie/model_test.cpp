// SPDX-License-Identifier: Apache-2.0
// Check values: the tables of Neugebauer et al. and of its public model.
#include "model.h"

#include <gtest/gtest.h>

#include <string>

namespace hw {
namespace {

struct RateRow {
    unsigned generation, lanes;
    double raw, mps128, mps256, mps512;
};

constexpr RateRow rate_table[] = {
    {3, 4, 31.51, 28.44, 29.07, 29.41},     {3, 8, 63.02, 56.67, 57.88, 57.31},     {3, 16, 126.03, 111.70, 113.70, 114.62},
    {4, 8, 126.03, 113.33, 115.77, 114.62}, {4, 16, 252.06, 223.40, 227.40, 229.25}, {5, 16, 504.12, 446.80, 454.80, 458.49},
};

LinkConfig link(unsigned generation, unsigned lanes, uint32_t mps) {
    LinkConfig config;
    config.generation = generation;
    config.lanes = lanes;
    config.mps = mps;
    return config;
}

TEST(LinkRate, AgreesWithThePublishedTable) {
    for (const RateRow& row : rate_table) {
        const auto name = "Gen" + std::to_string(row.generation) + " x" + std::to_string(row.lanes);
        EXPECT_NEAR(link_rate(link(row.generation, row.lanes, 128)).raw_gbps, row.raw, 0.006) << name;
        EXPECT_NEAR(link_rate(link(row.generation, row.lanes, 128)).tlp_gbps, row.mps128, 0.006) << name;
        EXPECT_NEAR(link_rate(link(row.generation, row.lanes, 256)).tlp_gbps, row.mps256, 0.006) << name;
        EXPECT_NEAR(link_rate(link(row.generation, row.lanes, 512)).tlp_gbps, row.mps512, 0.006) << name;
    }
}

TEST(LinkRate, TheFractionIsTheRateAndItsProductsFit) {
    for (unsigned generation = 1; generation <= 5; ++generation)
        for (unsigned lanes = 1; lanes <= 16; lanes *= 2)
            for (uint32_t mps = 128; mps <= 4096; mps *= 2) {
                const LinkRate rate = link_rate(link(generation, lanes, mps));
                const double ps_per_byte = static_cast<double>(rate.ps_numerator) / static_cast<double>(rate.ps_denominator);
                EXPECT_NEAR(8000.0 / ps_per_byte, rate.tlp_gbps, 1e-9 * rate.tlp_gbps);
                EXPECT_LT(rate.ps_numerator, UINT64_MAX / 8192);
            }
}

TEST(DmaModel, AgreesWithThePublishedModel) {
    const LinkConfig config;
    EXPECT_NEAR(dma_gbps(config, DmaOperation::write, 64), 42.1, 0.05);
    EXPECT_NEAR(dma_gbps(config, DmaOperation::write, 256), 52.9, 0.05);
    EXPECT_NEAR(dma_gbps(config, DmaOperation::write, 1024), 52.9, 0.05);
    EXPECT_NEAR(dma_gbps(config, DmaOperation::read, 64), 44.1, 0.05);
    EXPECT_NEAR(dma_gbps(config, DmaOperation::read, 256), 53.7, 0.05);
    EXPECT_NEAR(dma_gbps(config, DmaOperation::read, 1024), 53.7, 0.05);
    EXPECT_NEAR(dma_gbps(config, DmaOperation::both, 64), 33.1, 0.05);
    EXPECT_NEAR(dma_gbps(config, DmaOperation::both, 256), 48.7, 0.05);
    EXPECT_NEAR(dma_gbps(config, DmaOperation::both, 1024), 50.7, 0.05);
}

TEST(DmaModel, TinyReadsAreLimitedByTheirRequests) {
    const LinkConfig config;  // 24 bytes up for 20 + 4 down: equal; below 4 bytes the requests are the larger
    EXPECT_DOUBLE_EQ(dma_gbps(config, DmaOperation::read, 1), link_rate(config).tlp_gbps / 24);
}

TEST(FrameLimit, SixtyFourBytesBothWaysAreLimitedByTheLinkTowardsTheHost) {
    const FrameLimit limit = frame_limit(LinkConfig{}, FrameDirection::both, 64, 40.0);
    EXPECT_NEAR(limit.mpps, 52.05, 0.01);  // 57.885 Gb/s over 139 bytes
    EXPECT_STREQ(limit.limited_by, "up");
}

TEST(FrameLimit, OtherFramesOfTheDefaultMachineRunAtWireRate) {
    const LinkConfig config;
    EXPECT_NEAR(frame_limit(config, FrameDirection::transmit, 64, 40.0).mpps, 59.52, 0.005);
    EXPECT_NEAR(frame_limit(config, FrameDirection::receive, 64, 40.0).mpps, 59.52, 0.005);
    EXPECT_NEAR(frame_limit(config, FrameDirection::both, 128, 40.0).mpps, 33.78, 0.005);
    EXPECT_NEAR(frame_limit(config, FrameDirection::both, 256, 40.0).mpps, 18.12, 0.005);
    EXPECT_NEAR(frame_limit(config, FrameDirection::both, 9018, 40.0).mpps, 0.55, 0.005);
    for (uint32_t bytes : {128, 256, 512, 1024, 1518, 9018})
        EXPECT_STREQ(frame_limit(config, FrameDirection::both, bytes, 40.0).limited_by, "wire");
}

TEST(FrameLimit, TheCostOfAPacketIsThatOfItsTlps) {
    const FrameCost cost = frame_cost(LinkConfig{}, FrameDirection::transmit, 1518);
    EXPECT_DOUBLE_EQ(cost.up, 24 * 3 + 24 * 16 / 512.0);
    EXPECT_DOUBLE_EQ(cost.down, 1526 + 20 * 6 + 16 + 20 * 16 / 256.0);
}

TEST(LinkConfig, TheDefaultMachineIsLegal) { EXPECT_EQ(LinkConfig{}.error(), ""); }

TEST(LinkConfig, AnIllegalValueIsNamedWithWhatWasExpected) {
    LinkConfig config;
    config.mps = 300;
    EXPECT_EQ(config.error(), "pcie.mps is 300: expected a power of two from 128 to 4096");
    config = {};
    config.read_latency_ns = 100;
    EXPECT_EQ(config.error(), "pcie.read_latency_ns is 100: expected at least twice propagation_ns");
    config = {};
    config.root_credits.posted_data = 8;
    EXPECT_EQ(config.error(), "pcie.root_credits is 8: expected posted data credits for one TLP of MPS bytes");
}

TEST(PacketLayouts, OnePieceAtOffset0CostsWhatTheFrameDoes) {
    const LinkConfig config;
    for (uint32_t frame = 64; frame <= 3000; frame++)
        for (const FrameDirection direction : {FrameDirection::transmit, FrameDirection::receive, FrameDirection::both}) {
            const PacketLayout whole{{{0, frame + 8}}, 1};
            const FrameCost cost = frame_cost(config, direction, frame), same = frame_cost(config, direction, whole, whole);
            ASSERT_DOUBLE_EQ(same.up, cost.up) << frame;
            ASSERT_DOUBLE_EQ(same.down, cost.down) << frame;
        }
}

TEST(PacketLayouts, UnalignedPiecesCostTheirTlpsAndTheirPadding) {
    const LinkConfig config;  // MPS 256, MRRS 512, RCB 64
    const auto sent = [&](PacketLayout layout) { return frame_cost(config, FrameDirection::transmit, layout, {}); };
    const auto received = [&](PacketLayout layout) { return frame_cost(config, FrameDirection::receive, {}, layout); };
    const FrameCost whole = sent({{{0, 256}}, 1}), shifted = sent({{{1, 256}}, 1});
    EXPECT_DOUBLE_EQ(shifted.up, whole.up);             // 257 bytes of double words fit one request
    EXPECT_DOUBLE_EQ(shifted.down, whole.down + 20 + 4);  // but not one completion
    const FrameCost two = sent({{{0, 100}, {1000, 156}}, 2});
    EXPECT_DOUBLE_EQ(two.up, whole.up + 24 + 24 * 16 / 512.0);
    EXPECT_DOUBLE_EQ(two.down, whole.down + 20 + 16 + 20 * 16 / 256.0);
    EXPECT_DOUBLE_EQ(sent({{{4000, 256}}, 1}).up, whole.up + 24);  // across a page
    EXPECT_DOUBLE_EQ(received({{{1, 256}}, 1}).up, received({{{0, 256}}, 1}).up + 24 + 4);
    // A chain of two: one more descriptor to fetch, and a used descriptor that shares its TLP with no other.
    EXPECT_DOUBLE_EQ(received({{{0, 256}}, 2}).up, received({{{0, 256}}, 1}).up + 24 * 16 / 512.0 + 24 * (1 - 16 / 256.0));
}

TEST(PacketLayouts, DataIsPaddedAndHasAHeaderForEachTlp) {
    const LinkConfig config;  // MPS 256, MRRS 512, RCB 64
    EXPECT_EQ(completion_bytes_of(config, {{{0, 72}}, 1}), 72u + 20);
    EXPECT_EQ(write_bytes_of(config, {{{0, 72}}, 1}), 72u + 24);
    EXPECT_EQ(completion_bytes_of(config, {{{0, 1526}}, 1}), 1528u + 6 * 20);
    EXPECT_EQ(write_bytes_of(config, {{{0, 1526}}, 1}), 1528u + 6 * 24);
    EXPECT_EQ(completion_bytes_of(config, {{{1, 256}}, 1}), 260u + 2 * 20);
    EXPECT_EQ(write_bytes_of(config, {{{4095, 2}}, 1}), 8u + 2 * 24);  // across a page
    EXPECT_EQ(completion_bytes_of(config, {{{0, 100}, {1002, 156}}, 2}), 100u + 160 + 2 * 20);
}

TEST(PacketLayouts, RequestsMayEndAtMultiplesOfMrrsWhereThatSavesCompletions) {
    const LinkConfig config;
    // 27 to 627: at 256 and 512, one request more or not; as one request of 509 and the rest it would be four completions.
    const FrameCost cost = frame_cost(config, FrameDirection::transmit, {{{27, 600}}, 1}, {});
    EXPECT_DOUBLE_EQ(cost.up, 2 * 24 + 24 * 16 / 512.0);
    EXPECT_DOUBLE_EQ(cost.down, 604 - 600 + 600 + 3 * 20 + 16 + 20 * 16 / 256.0);
}

}  // namespace
}  // namespace hw
