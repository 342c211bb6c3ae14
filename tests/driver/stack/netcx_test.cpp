// SPDX-License-Identifier: Apache-2.0
// The NetAdapterCx client of the NIC in a whole stack over the fake platform: frames both ways, bit for bit, with filters and an intermediate
// driver that do not know what is below them.
#include "stack.h"

namespace {

class NetcxStack : public ::testing::Test {
protected:
    NetcxStack() { choose(stack_); }
    static void choose(Stack& stack) {
        stack.config.miniport = TRAFFIC_MINIPORT_NETCX;
        stack.machine.device.features |= uint64_t{1} << VIRTIO_F_RING_RESET_BIT;
    }
    static Bytes outbound(unsigned i) { return make_frame(i, 60 + (i * 37) % 1400); }
    static Bytes inbound(unsigned i) { return make_frame(i, 60 + (i * 53) % 1400); }
    void both_ways(unsigned frames) {
        for (unsigned i = 0; i < frames; i++) stack_.to_send.push_back(outbound(i));
        ASSERT_EQ(stack_.start(), 0) << stack_.error;
        ASSERT_TRUE(stack_.run_until_sent());
        stack_.expect_all_sent();
        for (unsigned i = 0; i < frames; i++) {
            ASSERT_TRUE(stack_.receive(inbound(i)));
            stack_.run_for(10000);
        }
        stack_.run_for(100000);
        ASSERT_EQ(stack_.received.size(), frames);
        for (unsigned i = 0; i < frames; i++) ASSERT_EQ(stack_.received[i], inbound(i)) << "frame " << i;
        EXPECT_EQ(stack_.counts().nbl_outstanding, 0u);
        EXPECT_EQ(stack_.counts().nbl_sent, frames);
    }
    Stack stack_;
};

TEST_F(NetcxStack, CarriesEveryFrameBothWays) { both_ways(600); }

TEST_F(NetcxStack, PutsTheHeaderIntoTheBackfillOfTheFirstFragment) {
    for (unsigned i = 0; i < 10; i++) stack_.to_send.push_back(make_frame(i, 100));
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    ASSERT_TRUE(stack_.run_until_sent());
    stack_.expect_all_sent();
    for (size_t i = 0; i < stack_.elements.size(); i++) {
        EXPECT_EQ(stack_.elements[i], 1u);
        EXPECT_EQ(stack_.first[i], 112u);
    }
}

TEST_F(NetcxStack, BouncesFramesWithoutRoomForTheHeader) {
    stack_.config.backfill = 0;
    stack_.config.cut = TRAFFIC_CUT_EVEN;
    stack_.config.pieces = 4;
    for (unsigned i = 0; i < 50; i++) stack_.to_send.push_back(make_frame(i, 400));
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    ASSERT_TRUE(stack_.run_until_sent());
    stack_.expect_all_sent();
    for (unsigned elements : stack_.elements) EXPECT_EQ(elements, 1u);
}

TEST_F(NetcxStack, MapsEachPieceOfAFrameThatIsCut) {
    stack_.config.cut = TRAFFIC_CUT_EVEN;
    stack_.config.pieces = 4;
    for (unsigned i = 0; i < 50; i++) stack_.to_send.push_back(make_frame(i, 400));
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    ASSERT_TRUE(stack_.run_until_sent());
    stack_.expect_all_sent();
    for (unsigned elements : stack_.elements) EXPECT_EQ(elements, 4u);
}

TEST_F(NetcxStack, CarriesFramesThatAreCutAnywhere) {
    for (traffic_cut cut : {TRAFFIC_CUT_HEADER, TRAFFIC_CUT_RANDOM, TRAFFIC_CUT_BYTE}) {
        Stack other;
        choose(other);
        other.config.cut = cut;
        other.config.data_offset = 4000;
        other.config.backfill = 12;
        for (unsigned i = 0; i < 100; i++) other.to_send.push_back(outbound(i));
        ASSERT_EQ(other.start(), 0) << other.error;
        ASSERT_TRUE(other.run_until_sent());
        other.expect_all_sent();
    }
}

TEST_F(NetcxStack, AnNblIsCompletedWithItsLastFrame) {
    stack_.config.nbs_per_nbl = 8;
    for (unsigned i = 0; i < 200; i++) stack_.to_send.push_back(outbound(i));
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    ASSERT_TRUE(stack_.run_until_sent());
    stack_.expect_all_sent();
}

TEST_F(NetcxStack, WorksUnderFiltersAndAnIntermediateDriver) {
    stack_.config.stack[0] = {TRAFFIC_DRIVER_CAPTURE, 0};
    stack_.config.stack[1] = {TRAFFIC_DRIVER_MUX, 2};
    stack_.config.stack[2] = {TRAFFIC_DRIVER_VLAN, 7};
    stack_.config.stack_count = 2;
    stack_.config.backfill = TRAFFIC_BACKFILL_ASKED;
    both_ways(50);
}

TEST_F(NetcxStack, LosesNoSendWhenTheStackIsPausedAndRestarted) {
    stack_.more_may_come = true;
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 20; i++) stack_.to_send.push_back(make_frame(round * 20 + i, 100));
        traffic_kick(stack_.traffic);
        stack_.run_for(500 + round * 700);
        ASSERT_EQ(traffic_restart_stack(stack_.traffic), 0);
    }
    stack_.more_may_come = false;
    traffic_kick(stack_.traffic);
    ASSERT_TRUE(stack_.run_until_sent());
    stack_.expect_all_sent();
}

TEST_F(NetcxStack, ReceivesAfterARestart) {
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    for (unsigned round = 0; round < 5; round++) {
        ASSERT_EQ(traffic_restart_stack(stack_.traffic), 0);
        ASSERT_TRUE(stack_.receive(inbound(round)));
        stack_.run_for(100000);
        ASSERT_EQ(stack_.received.size(), round + 1u);
        EXPECT_EQ(stack_.received.back(), inbound(round));
    }
}

TEST_F(NetcxStack, ReceivesMoreThanTheRingHolds) {
    stack_.config.rx_queue_size = 16;
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    unsigned taken = 0;
    for (unsigned i = 0; i < 400; i++) {
        taken += stack_.receive(make_frame(i, 200));
        if (i % 12 == 11) stack_.run_for(50000);
    }
    stack_.run_for(1000000);
    EXPECT_EQ(stack_.received.size(), taken);
    EXPECT_GE(taken, 380u);
}

TEST_F(NetcxStack, GivesEverythingBackWhenTheDeviceFails) {
    stack_.expect_clean = false;
    for (unsigned i = 0; i < 100; i++) stack_.to_send.push_back(outbound(i));
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    fake_device_hold(stack_.fake, FAKE_QUEUE_TX, true);
    stack_.run_for(20000);
    fake_device_fail(stack_.fake);
    ASSERT_TRUE(stack_.run_until_sent());
    EXPECT_NE(fake_platform_find_violation(stack_.fake, "device.needs_reset"), nullptr);
    EXPECT_EQ(fake_platform_violation_count(stack_.fake), 1u) << stack_.violations();
}

TEST_F(NetcxStack, GivesEverythingBackWhenTheCardIsPulled) {
    for (unsigned i = 0; i < 100; i++) stack_.to_send.push_back(outbound(i));
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    stack_.run_for(5000);
    fake_device_remove(stack_.fake);
    ASSERT_EQ(traffic_surprise_remove(stack_.traffic, 0), 0);
    EXPECT_EQ(stack_.counts().nbl_outstanding, 0u);
}

// A queue that goes on returning what it is given keeps the processor for ever.
TEST_F(NetcxStack, AReceiveQueueThatStartsOnAFailedDeviceRests) {
    stack_.expect_clean = false;
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    fake_device_fail(stack_.fake);
    stack_.run_for(20000);
    ASSERT_EQ(traffic_reset_queue(stack_.traffic, 0), 0);
    stack_.run_for(1000000);
    ASSERT_EQ(traffic_reset_queue(stack_.traffic, 0), 0);
    EXPECT_EQ(fake_platform_violation_count(stack_.fake), 1u) << stack_.violations();
}

TEST_F(NetcxStack, StartsWithAnyNumberOfMessages) {
    for (unsigned vectors : {1u, 2u, 3u}) {
        Stack other;
        choose(other);
        other.machine.vectors = vectors;
        for (unsigned i = 0; i < 20; i++) other.to_send.push_back(outbound(i));
        ASSERT_EQ(other.start(), 0) << other.error;
        ASSERT_TRUE(other.run_until_sent());
        other.expect_all_sent();
        ASSERT_TRUE(other.receive(inbound(1)));
        other.run_for(100000);
        EXPECT_EQ(other.received.size(), 1u);
    }
}

TEST_F(NetcxStack, AStartThatRunsOutOfMemoryLeavesNothingBehind) {
    unsigned failures = 0;
    for (unsigned n = 1; n < 60; n++) {
        Stack other;
        choose(other);
        other.config.rx_queue_size = other.config.tx_queue_size = 16;
        other.machine.fail_allocation = n * 7;
        other.expect_clean = false;
        const int result = other.start();
        if (result == 0) other.stop();
        failures += result != 0;
        const unsigned violations = fake_platform_violation_count(other.fake);
        EXPECT_EQ(violations, 0u) << "allocation " << n * 7 << ": " << other.violations();
        EXPECT_EQ(fake_platform_live_allocations(other.fake), 0u) << "allocation " << n * 7;
    }
    EXPECT_GT(failures, 20u);
}

TEST_F(NetcxStack, ADeviceThatCannotResetAQueueIsRefused) {
    stack_.machine.device.features &= ~(uint64_t{1} << VIRTIO_F_RING_RESET_BIT);
    stack_.expect_clean = false;
    EXPECT_NE(stack_.start(), 0);
    EXPECT_NE(fake_platform_find_violation(stack_.fake, "netviocx.prepare"), nullptr);
}

}  // namespace
