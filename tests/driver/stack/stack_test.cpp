// SPDX-License-Identifier: Apache-2.0
// Frames through the whole stack and back, over the fake device.
#include <cerrno>

#include "stack.h"
#include "traffic_internal.h"

#include <tuple>

namespace {

const size_t sizes[] = {14, 15, 42, 60, 61, 64, 127, 128, 512, 1499, 1514, 4095, 4096, 4097, 9018};

void mixed_frames(Stack& stack, unsigned count = 60) {
    for (unsigned i = 0; i < count; i++) stack.to_send.push_back(make_frame(i, sizes[i % (sizeof(sizes) / sizeof(sizes[0]))], i / 5));
}

TEST(Stack, StartsAndStopsWithoutTraffic) {
    Stack stack;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    EXPECT_TRUE(stack.run_until_sent());
    stack.finish();
}

class StackCut : public testing::TestWithParam<std::tuple<traffic_cut, unsigned, unsigned>> {};

TEST_P(StackCut, FramesLeaveBitIdentical) {
    Stack stack;
    std::tie(stack.config.cut, stack.config.backfill, stack.config.nbs_per_nbl) = GetParam();
    stack.config.data_offset = 3;
    mixed_frames(stack);
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    EXPECT_EQ(stack.counts().nbl_sent, stack.counts().nbl_completed);
    EXPECT_EQ(stack.counts().nbl_outstanding, 0u);
}

INSTANTIATE_TEST_SUITE_P(Cuts, StackCut,
                         testing::Combine(testing::Values(TRAFFIC_CUT_WHOLE, TRAFFIC_CUT_HEADER, TRAFFIC_CUT_RANDOM, TRAFFIC_CUT_BYTE),
                                          testing::Values(0u, 5u, 12u, 64u), testing::Values(1u, 3u)));

TEST(Stack, RandomCutsDifferBySeedAndRepeatWithIt) {
    std::vector<unsigned> seen[3];
    for (unsigned run = 0; run < 3; run++) {
        Stack stack;
        stack.config.cut = TRAFFIC_CUT_RANDOM;
        stack.config.seed = run == 2 ? 8 : 7;
        mixed_frames(stack);
        ASSERT_EQ(stack.start(), 0);
        ASSERT_TRUE(stack.run_until_sent());
        seen[run] = stack.elements;
    }
    EXPECT_EQ(seen[0], seen[1]);
    EXPECT_NE(seen[0], seen[2]);
}

TEST(Stack, TheSameRunTwiceLeavesTheSameTrace) {
    using Line = std::tuple<int, unsigned, unsigned, uint64_t, uint64_t>;
    std::vector<Line> lines[2];
    for (auto& trace : lines) {
        Stack stack;
        stack.machine.trace = true;
        stack.config.cut = TRAFFIC_CUT_RANDOM;
        mixed_frames(stack);
        ASSERT_EQ(stack.start(), 0);
        for (unsigned i = 0; i < 50; i++) stack.receive(make_frame(i, 100));
        ASSERT_TRUE(stack.run_until_sent());
        for (unsigned i = 0; i < fake_platform_trace_count(stack.fake); i++) {
            const platform_trace* one = fake_platform_trace(stack.fake, i);
            trace.emplace_back(one->kind, one->queue, one->index, one->packet, one->value);
        }
    }
    EXPECT_GT(lines[0].size(), 500u);
    EXPECT_EQ(lines[0], lines[1]);
}

TEST(Stack, RingTraceCarriesThePacketIds) {
    Stack stack;
    stack.machine.trace = true;
    for (unsigned i = 0; i < 20; i++) stack.to_send.push_back(make_frame(i, 100));
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.run_until_sent());
    std::vector<uint64_t> posted, reaped;
    for (unsigned i = 0; i < fake_platform_trace_count(stack.fake); i++) {
        const platform_trace* one = fake_platform_trace(stack.fake, i);
        if (one->queue != FAKE_QUEUE_TX) continue;
        if (one->kind == PLATFORM_TRACE_RING_POST) posted.push_back(one->packet);
        if (one->kind == PLATFORM_TRACE_RING_REAP) reaped.push_back(one->packet);
    }
    ASSERT_EQ(posted.size(), 20u);
    for (uint64_t i = 0; i < 20; i++) EXPECT_EQ(posted[i], i);
    EXPECT_EQ(posted, reaped);
}

class StackPieces : public testing::TestWithParam<unsigned> {};
TEST_P(StackPieces, OfAnEvenCutAreTheDescriptorsOfAFrame) {
    Stack stack;
    stack.config.cut = TRAFFIC_CUT_EVEN;
    stack.config.pieces = GetParam();
    for (unsigned i = 0; i < 20; i++) stack.to_send.push_back(make_frame(i, 300 + i));
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    for (size_t i = 0; i < stack.elements.size(); i++) {
        EXPECT_EQ(stack.elements[i], GetParam());
        EXPECT_EQ(stack.first[i], 12 + (300 + i + GetParam() - 1) / GetParam());
    }
}
INSTANTIATE_TEST_SUITE_P(Pieces, StackPieces, testing::Values(1u, 2u, 3u));

TEST(Stack, AnEvenCutIntoNoPiecesIsRefused) {
    Stack stack;
    stack.config.cut = TRAFFIC_CUT_EVEN;
    EXPECT_EQ(stack.start(), -EINVAL);
    EXPECT_EQ(stack.error, "traffic configuration: pieces is out of range");
}

TEST(Stack, ByteCutMakesOneDescriptorAByte) {
    Stack stack;
    stack.config.cut = TRAFFIC_CUT_BYTE;
    stack.to_send.push_back(make_frame(0, 100));
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    EXPECT_EQ(stack.elements[0], 100u);
    EXPECT_EQ(stack.first[0], 13u);  // header and first byte
}

TEST(Stack, FramesLongerThanTheRingGetTheFinestCutThatFits) {
    Stack stack;
    stack.config.cut = TRAFFIC_CUT_BYTE;
    stack.config.tx_queue_size = 32;
    for (unsigned i = 0; i < 5; i++) stack.to_send.push_back(make_frame(i, 9018));
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    for (unsigned elements : stack.elements) EXPECT_GE(elements, 25u);
}

TEST(Stack, SmallRingFillsUpAndResumes) {
    Stack stack;
    stack.config.tx_queue_size = 8;
    stack.config.nbls_per_send = 16;
    stack.config.outstanding_nbls = 64;
    for (unsigned i = 0; i < 300; i++) stack.to_send.push_back(make_frame(i, 60 + i));
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
}

TEST(Stack, OutstandingLimitHolds) {
    Stack stack;
    stack.config.outstanding_nbls = 3;
    mixed_frames(stack);
    ASSERT_EQ(stack.start(), 0);
    fake_device_hold(stack.fake, FAKE_QUEUE_TX, true);
    stack.run_for(50 * 1000);
    EXPECT_LE(stack.counts().nbl_outstanding, 3u);
    fake_device_hold(stack.fake, FAKE_QUEUE_TX, false);
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
}

TEST(Stack, FramesWaitForTheirTime) {
    Stack stack;
    stack.to_send = {make_frame(0, 60), make_frame(1, 60)};
    stack.not_before_ps = {0, UINT64_C(50) * 1000 * 1000 * 1000};
    ASSERT_EQ(stack.start(), 0);
    stack.run_for(100 * 1000);
    EXPECT_EQ(stack.on_wire.size(), 1u);
    ASSERT_TRUE(stack.run_until_sent());
    EXPECT_EQ(stack.on_wire.size(), 2u);
}

TEST(Stack, KickBringsMoreFrames) {
    Stack stack;
    stack.more_may_come = true;
    stack.to_send = {make_frame(0, 60)};
    ASSERT_EQ(stack.start(), 0);
    stack.run_for(50 * 1000);
    EXPECT_EQ(stack.on_wire.size(), 1u);
    EXPECT_FALSE(traffic_sends_done(stack.traffic));
    stack.to_send.push_back(make_frame(1, 60));
    stack.more_may_come = false;
    traffic_kick(stack.traffic);
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
}

// Our miniport over a machine that answers later: in order, and nothing lost.
TEST(Stack, ScatterGatherListsThatComeLateKeepTheOrder) {
    for (unsigned every : {1u, 2u, 7u}) {
        Stack stack;
        stack.config.cut = TRAFFIC_CUT_RANDOM;
        stack.more_may_come = true;
        ASSERT_EQ(stack.start(), 0);
        ndis_defer_sg_lists(stack.traffic->ndis, every);
        for (unsigned i = 0; i < 200; i++) stack.to_send.push_back(make_frame(i, 60 + i * 7));
        stack.more_may_come = false;
        traffic_kick(stack.traffic);
        ASSERT_TRUE(stack.run_until_sent()) << "every " << every;
        stack.expect_all_sent();
    }
}

TEST(Stack, FramesThatEthernetDoesNotHaveAreRefused) {
    Stack stack;
    stack.to_send = {make_frame(0, 13), make_frame(1, 60), make_frame(2, 9019)};
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.run_until_sent());
    ASSERT_EQ(stack.on_wire.size(), 1u);
    ASSERT_EQ(stack.sent.size(), 3u);
    for (const Stack::Sent& one : stack.sent) EXPECT_EQ(one.status == 0, one.id == 1);
}

TEST(Stack, OnlyOneFlowSharesAnNbl) {
    Stack stack;
    stack.config.nbs_per_nbl = 4;
    for (unsigned i = 0; i < 12; i++) stack.to_send.push_back(make_frame(i, 60, i / 2));
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    EXPECT_EQ(stack.counts().nbl_sent, 6u);
}

TEST(Stack, ChargesForEachPacket) {
    Stack stack;
    mixed_frames(stack, 30);
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.run_until_sent());
    for (unsigned i = 0; i < 7; i++) ASSERT_TRUE(stack.receive(make_frame(i, 64)));
    stack.run_for(50 * 1000);
    EXPECT_EQ(fake_platform_charged(stack.fake, PLATFORM_WORK_SEND_NB), 30u);
    EXPECT_EQ(fake_platform_charged(stack.fake, PLATFORM_WORK_COMPLETE_NB), 30u);
    EXPECT_EQ(fake_platform_charged(stack.fake, PLATFORM_WORK_RECEIVE_NB), 7u);
    EXPECT_EQ(fake_platform_charged(stack.fake, PLATFORM_WORK_RETURN_NB), 7u);
}

class StackReceive : public testing::TestWithParam<unsigned> {};

TEST_P(StackReceive, FramesArriveBitIdentical) {
    Stack stack;
    stack.config.rx_buffer_bytes = 9018;
    stack.config.rx_buffer_elements = GetParam();
    ASSERT_EQ(stack.start(), 0) << stack.error;
    std::vector<Bytes> frames;
    for (unsigned i = 0; i < 600; i++) {
        frames.push_back(make_frame(i, sizes[i % (sizeof(sizes) / sizeof(sizes[0]))]));
        ASSERT_TRUE(stack.receive(frames.back())) << i;
        if (i % 13 == 0) stack.run_for(20 * 1000);
    }
    stack.run_for(100 * 1000);
    ASSERT_EQ(stack.received.size(), frames.size());
    for (size_t i = 0; i < frames.size(); i++) ASSERT_EQ(stack.received[i], frames[i]) << i;
    EXPECT_EQ(stack.counts().nbl_indicated, stack.counts().nbl_returned);
}

INSTANTIATE_TEST_SUITE_P(Elements, StackReceive, testing::Values(1u, 2u, 3u, 16u));

TEST(StackReceive, FullRingIsIndicatedAndComesBack) {
    Stack stack;
    stack.config.rx_queue_size = 16;
    ASSERT_EQ(stack.start(), 0);
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 16; i++) ASSERT_TRUE(stack.receive(make_frame(i, 200)));
        EXPECT_FALSE(stack.receive(make_frame(99, 200))) << "no buffer is left";
        stack.run_for(50 * 1000);
        ASSERT_EQ(stack.received.size(), 16 * (round + 1));
    }
}

TEST(StackReceive, BurstLongerThanTheBudgetIsDrained) {
    Stack stack;
    ASSERT_EQ(stack.start(), 0);
    for (unsigned i = 0; i < 250; i++) ASSERT_TRUE(stack.receive(make_frame(i, 64)));
    stack.run_for(100 * 1000);
    EXPECT_EQ(stack.received.size(), 250u);
}

TEST(Stack, BothDirectionsAtOnceWithRaces) {
    Stack stack;
    stack.machine.yield_on_charge = true;
    stack.config.cut = TRAFFIC_CUT_RANDOM;
    stack.config.nbs_per_nbl = 2;
    for (unsigned i = 0; i < 500; i++) stack.to_send.push_back(make_frame(i, 60 + i, i / 7));
    ASSERT_EQ(stack.start(), 0);
    for (unsigned i = 0; i < 500; i++) {
        ASSERT_TRUE(stack.receive(make_frame(i, 60 + i)));
        stack.run_for(700);
    }
    ASSERT_TRUE(stack.run_until_sent());
    stack.run_for(50 * 1000);
    stack.expect_all_sent();
    EXPECT_EQ(stack.received.size(), 500u);
}

class StackFeatures : public testing::TestWithParam<std::tuple<unsigned, bool>> {};

TEST_P(StackFeatures, WorksWithoutOptionalOnes) {
    Stack stack;
    stack.machine.device.features &= ~REGMAP_BIT(std::get<0>(GetParam()));
    stack.machine.device.reverse = std::get<1>(GetParam());
    for (unsigned i = 0; i < 200; i++) stack.to_send.push_back(make_frame(i, 60 + i));
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    EXPECT_EQ(stack.on_wire.size(), 200u);
    EXPECT_EQ(stack.sent.size(), 200u);
    ASSERT_TRUE(stack.receive(make_frame(0, 64)));
    stack.run_for(10 * 1000);
    EXPECT_EQ(stack.received.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Features, StackFeatures,
                         testing::Values(std::make_tuple(unsigned{VIRTIO_F_IN_ORDER_BIT}, false),
                                         std::make_tuple(unsigned{VIRTIO_F_IN_ORDER_BIT}, true),
                                         std::make_tuple(unsigned{VIRTIO_F_NOTIFICATION_DATA_BIT}, false),
                                         std::make_tuple(unsigned{VIRTIO_NET_F_STATUS_BIT}, false)));

class StackVectors : public testing::TestWithParam<unsigned> {};

TEST_P(StackVectors, AnyNumberOfMessagesServes) {
    Stack stack;
    stack.machine.vectors = GetParam();
    for (unsigned i = 0; i < 50; i++) stack.to_send.push_back(make_frame(i, 60 + i));
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    ASSERT_TRUE(stack.receive(make_frame(0, 64)));
    stack.run_for(10 * 1000);
    EXPECT_EQ(stack.received.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Vectors, StackVectors, testing::Values(1u, 2u, 3u, 8u));

TEST(Stack, BadConfigurationIsNamed) {
    Stack stack;
    stack.config.nbs_per_nbl = 0;
    EXPECT_LT(stack.start(), 0);
    EXPECT_NE(stack.error.find("nbs_per_nbl"), std::string::npos);
}

TEST(Stack, StackWithoutAWorkingDeviceDoesNotStart) {
    for (unsigned type = 1; type <= 4; type++) {
        Stack stack;
        stack.expect_clean = false;
        stack.machine.device.hidden_capability = type;
        EXPECT_LT(stack.start(), 0);
        EXPECT_NE(fake_platform_find_violation(stack.fake, "netvio.initialize"), nullptr) << stack.violations();
        EXPECT_EQ(fake_platform_live_allocations(stack.fake), 0u);
    }
}

TEST(Stack, AnyFailedAllocationAtStartLeavesNothingBehind) {
    for (unsigned nth = 1;; nth++) {
        Stack stack;
        stack.config.rx_queue_size = stack.config.tx_queue_size = 4;
        stack.config.outstanding_nbls = 2;
        stack.expect_clean = false;
        stack.machine.fail_allocation = nth;
        int result = stack.start();
        stack.stop();
        ASSERT_EQ(fake_platform_live_allocations(stack.fake), 0u) << "allocation " << nth;
        ASSERT_EQ(fake_platform_live_mappings(stack.fake), 0u) << "allocation " << nth;
        if (result == 0) break;
        ASSERT_LT(nth, 500u);
    }
}

}  // namespace
