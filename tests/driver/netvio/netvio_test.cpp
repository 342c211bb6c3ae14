// SPDX-License-Identifier: Apache-2.0
// The miniport over the fake device: where the virtio header goes, what happens at limits, pauses, failures and deliberate faults.
#include "../stack/stack.h"

#include "netvio.h"
#include "traffic_internal.h"

#include <tuple>

namespace {

void plain_frames(Stack& stack, unsigned count = 40, size_t length = 200) {
    for (unsigned i = 0; i < count; i++) stack.to_send.push_back(make_frame(i, length + i));
}

TEST(NetvioTx, HeaderGoesIntoTheBackfillOfTheFirstFragment) {
    Stack stack;
    plain_frames(stack);
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    for (size_t i = 0; i < stack.elements.size(); i++) {
        EXPECT_EQ(stack.elements[i], 1u);
        EXPECT_EQ(stack.first[i], 12 + stack.to_send[i].size());
    }
}

class NetvioTxBackfill : public testing::TestWithParam<unsigned> {};
TEST_P(NetvioTxBackfill, TooSmallMeansAHeaderBufferOfItsOwn) {
    Stack stack;
    stack.config.backfill = GetParam();
    plain_frames(stack);
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    for (size_t i = 0; i < stack.elements.size(); i++) {
        EXPECT_EQ(stack.elements[i], 2u);
        EXPECT_EQ(stack.first[i], 12u);
    }
}
INSTANTIATE_TEST_SUITE_P(Bytes, NetvioTxBackfill, testing::Values(0u, 1u, 11u));

TEST(NetvioTx, MdlThatCannotBeMappedStillLeaves) {
    Stack stack;
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0);
    kernel_fail_mappings(stack.traffic->kernel, 0, 1);
    stack.more_may_come = false;
    plain_frames(stack, 3);
    traffic_kick(stack.traffic);
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    EXPECT_EQ(stack.elements[0], 2u);
    EXPECT_EQ(stack.elements[1], 1u);
}

TEST(NetvioTx, DataStartIsRestoredOnCompletion) {
    Stack stack;
    plain_frames(stack, 200);
    stack.config.outstanding_nbls = 2;  // each NBL is used many times: a retreat that is not undone would show
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    for (unsigned i = 0; i < 2; i++) EXPECT_EQ(stack.traffic->items[i].nbl->FirstNetBuffer->DataOffset, 12u);
}

TEST(NetvioTx, OneDoorbellForAListOfNbls) {
    Stack stack;
    stack.config.nbls_per_send = 16;
    plain_frames(stack, 16);
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.run_until_sent());
    fake_device_state state;
    fake_device_get_state(stack.fake, &state);
    EXPECT_EQ(state.doorbells[FAKE_QUEUE_TX], 1u);
}

TEST(NetvioTx, ChainThatNoRingHoldsIsCompletedWithInvalidLength) {
    Stack stack;
    stack.config.tx_queue_size = 2;
    stack.config.data_offset = 4000;  // a 9018-byte frame from here lies on 4 pages
    stack.to_send = {make_frame(0, 60), make_frame(1, 9018), make_frame(2, 60)};
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.run_until_sent());
    ASSERT_EQ(stack.sent.size(), 3u);
    for (const Stack::Sent& one : stack.sent) EXPECT_EQ(one.status, one.id == 1 ? NDIS_STATUS_INVALID_LENGTH : 0) << one.id;
    EXPECT_EQ(stack.on_wire.size(), 2u);
}

TEST(NetvioTx, MappingThatFailsWaitsForWhatIsOut) {
    for (unsigned nth = 1; nth <= 12; nth++) {
        Stack stack;
        stack.machine.fail_mapping = nth;
        stack.expect_clean = false;
        plain_frames(stack, 12);
        ASSERT_EQ(stack.start(), 0);
        ASSERT_TRUE(stack.run_until_sent());
        ASSERT_EQ(stack.sent.size(), 12u);
        unsigned lost = 0;
        for (const Stack::Sent& one : stack.sent) {
            EXPECT_TRUE(one.status == 0 || one.status == NDIS_STATUS_RESOURCES);
            lost += one.status != 0;
        }
        EXPECT_LE(lost, 1u);
        EXPECT_EQ(stack.on_wire.size(), 12u - lost);
        stack.stop();
        EXPECT_EQ(fake_platform_live_mappings(stack.fake), 0u);
    }
}

TEST(NetvioPause, CompletesWhenTrafficInFlightIsBack) {
    Stack stack;
    stack.config.tx_queue_size = 8;
    stack.config.outstanding_nbls = 64;
    stack.config.nbls_per_send = 64;
    plain_frames(stack, 100);
    ASSERT_EQ(stack.start(), 0);
    fake_device_hold(stack.fake, FAKE_QUEUE_TX, true);
    stack.run_for(20 * 1000);
    ASSERT_GT(stack.counts().nbl_outstanding, 8u);
    fake_device_hold(stack.fake, FAKE_QUEUE_TX, false);
    ASSERT_EQ(ndis_pause(stack.traffic->ndis), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(stack.counts().nbl_outstanding, 0u);
    size_t on_wire = stack.on_wire.size();
    stack.run_for(100 * 1000);
    EXPECT_EQ(stack.on_wire.size(), on_wire) << "nothing is sent while paused";
    ASSERT_EQ(ndis_restart(stack.traffic->ndis), NDIS_STATUS_SUCCESS);
    ASSERT_TRUE(stack.run_until_sent());
    EXPECT_EQ(stack.sent.size(), 100u);
}

TEST(NetvioPause, FramesThatArriveWhilePausedAreDroppedAndTheBuffersStay) {
    Stack stack;
    stack.config.rx_queue_size = 16;
    ASSERT_EQ(stack.start(), 0);
    ASSERT_EQ(ndis_pause(stack.traffic->ndis), NDIS_STATUS_SUCCESS);
    for (unsigned i = 0; i < 40; i++) {
        ASSERT_TRUE(stack.receive(make_frame(i, 100)));
        stack.run_for(20 * 1000);
    }
    EXPECT_EQ(stack.received.size(), 0u);
    ASSERT_EQ(ndis_restart(stack.traffic->ndis), NDIS_STATUS_SUCCESS);
    ASSERT_TRUE(stack.receive(make_frame(7, 100)));
    stack.run_for(20 * 1000);
    ASSERT_EQ(stack.received.size(), 1u);
    EXPECT_EQ(stack.received[0], make_frame(7, 100));
}

TEST(NetvioPause, ManyPausesUnderTraffic) {
    Stack stack;
    stack.machine.yield_on_charge = true;
    stack.config.cut = TRAFFIC_CUT_RANDOM;
    for (unsigned i = 0; i < 600; i++) stack.to_send.push_back(make_frame(i, 100));
    ASSERT_EQ(stack.start(), 0);
    for (unsigned i = 0; i < 20; i++) {
        for (unsigned k = 0; k < 10; k++) stack.receive(make_frame(k, 100));
        stack.run_for(3000);
        ASSERT_EQ(ndis_pause(stack.traffic->ndis), NDIS_STATUS_SUCCESS);
        ASSERT_EQ(ndis_restart(stack.traffic->ndis), NDIS_STATUS_SUCCESS);
    }
    ASSERT_TRUE(stack.run_until_sent());
    ASSERT_EQ(stack.sent.size(), 600u);
    std::vector<bool> seen(600);
    for (const Stack::Sent& one : stack.sent) {
        EXPECT_FALSE(seen[one.id]);
        seen[one.id] = true;
        EXPECT_TRUE(one.status == 0 || one.status == NDIS_STATUS_PAUSED);
    }
}

TEST(NetvioStop, WithTrafficInFlightEverythingComesBack) {
    Stack stack;
    plain_frames(stack, 100);
    ASSERT_EQ(stack.start(), 0);
    stack.run_for(1000);
    stack.stop();
    EXPECT_EQ(stack.violations(), "");
}

TEST(NetvioFailure, NeedsResetGivesEverythingBack) {
    Stack stack;
    stack.expect_clean = false;
    plain_frames(stack, 20);
    ASSERT_EQ(stack.start(), 0);
    fake_device_hold(stack.fake, FAKE_QUEUE_TX, true);
    stack.run_for(20 * 1000);
    fake_device_fail(stack.fake);
    ASSERT_TRUE(stack.run_until_sent());
    ASSERT_EQ(stack.sent.size(), 20u);
    for (const Stack::Sent& one : stack.sent) EXPECT_NE(one.status, 0);
    EXPECT_NE(fake_platform_find_violation(stack.fake, "device.needs_reset"), nullptr);
    stack.stop();
    EXPECT_EQ(fake_platform_violation_count(stack.fake), 1u) << stack.violations();
    EXPECT_EQ(fake_platform_live_mappings(stack.fake), 0u);
}

TEST(NetvioFailure, ReceivedBufferThatWasNeverPostedIsReported) {
    Stack stack;
    stack.expect_clean = false;
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.receive(make_frame(0, 64)));
    stack.run_for(20 * 1000);
    fake_device_forge_used(stack.fake, FAKE_QUEUE_RX, 0x1234, 100, 1);
    stack.run_for(20 * 1000);
    const fake_violation* seen = fake_platform_find_violation(stack.fake, "vq.forged_used");
    ASSERT_NE(seen, nullptr) << stack.violations();
    EXPECT_NE(std::string(seen->message).find("4660"), std::string::npos) << seen->message;
}

TEST(NetvioFailure, FrameLengthBeyondTheBufferIsReported) {
    Stack stack;
    stack.expect_clean = false;
    ASSERT_EQ(stack.start(), 0);
    fake_device_forge_used(stack.fake, FAKE_QUEUE_RX, 0, 5000, 1);
    stack.run_for(20 * 1000);
    EXPECT_NE(fake_platform_find_violation(stack.fake, "vq.forged_used"), nullptr) << stack.violations();
}

class NetvioRxOffset : public testing::TestWithParam<std::tuple<unsigned, unsigned>> {};
TEST_P(NetvioRxOffset, BuffersMayBeginAnywhereInAPage) {
    Stack stack;
    std::tie(stack.config.rx_offset, stack.config.rx_buffer_elements) = GetParam();
    std::vector<Bytes> sent;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    for (unsigned i = 0; i < 100; i++) {
        sent.push_back(make_frame(i, 60 + 14 * i));
        ASSERT_TRUE(stack.receive(sent.back()));
        if (i % 8 == 7) stack.run_for(20 * 1000);
    }
    stack.run_for(20 * 1000);
    EXPECT_EQ(stack.received, sent);
}
INSTANTIATE_TEST_SUITE_P(Places, NetvioRxOffset, testing::Combine(testing::Values(0u, 1u, 13u, 4095u), testing::Values(1u, 3u)));

TEST(NetvioRx, AnOffsetBeyondThePageIsRefused) {
    Stack stack;
    stack.config.rx_offset = 4096;
    EXPECT_NE(stack.start(), 0);
    EXPECT_EQ(stack.error, "traffic configuration: rx_offset is out of range");
}

TEST(NetvioRx, UsedBufferTooShortForAFrameIsCountedAndPostedAgain) {
    Stack stack;
    ASSERT_EQ(stack.start(), 0);
    for (uint16_t i = 0; i < 3; i++) fake_device_forge_used(stack.fake, FAKE_QUEUE_RX, i, 20, 1);
    stack.run_for(20 * 1000);
    EXPECT_EQ(stack.received.size(), 0u);
}

TEST(NetvioLink, ChangesReachNdis) {
    Stack stack;
    ASSERT_EQ(stack.start(), 0);
    fake_device_set_link(stack.fake, false);
    stack.run_for(50 * 1000);
    fake_device_set_link(stack.fake, true);
    stack.run_for(50 * 1000);
    EXPECT_EQ(fake_platform_interrupts(stack.fake, 0), 2u);
}

class NetvioFault : public testing::Test {
protected:
    void run(traffic_fault fault) {
        stack.config.fault = fault;
        stack.config.fault_packet = 5;
        stack.expect_clean = false;
        plain_frames(stack, 12);
        ASSERT_EQ(stack.start(), 0) << stack.error;
        stack.run_until_sent(200 * 1000);
        stack.stop();
    }
    bool reported(const char* part) const { return stack.violations().find(part) != std::string::npos; }
    Stack stack;
};

TEST_F(NetvioFault, LostNblIsNamed) {
    run(TRAFFIC_FAULT_LOSE_NBL);
    const fake_violation* seen = fake_platform_find_violation(stack.fake, "nbl.lost");
    ASSERT_NE(seen, nullptr) << stack.violations();
    EXPECT_EQ(seen->packet, 5);
    EXPECT_NE(std::string(seen->message).find("nic0"), std::string::npos) << "who has it: " << seen->message;
}

TEST_F(NetvioFault, SecondCompletionIsCaught) {
    run(TRAFFIC_FAULT_COMPLETE_TWICE);
    EXPECT_TRUE(reported("nbl.completed_twice")) << stack.violations();
    EXPECT_EQ(stack.sent.size(), 12u);
}

TEST_F(NetvioFault, MemoryFreedUnderDmaIsCaught) {
    run(TRAFFIC_FAULT_FREE_UNDER_DMA);
    EXPECT_TRUE(reported("dma.freed_while_mapped")) << stack.violations();
}

TEST_F(NetvioFault, DescriptorOutsideAnyMappingIsCaught) {
    run(TRAFFIC_FAULT_UNMAPPED);
    EXPECT_TRUE(reported("dma.unmapped")) << stack.violations();
    EXPECT_EQ(stack.on_wire.size(), 11u);
}

TEST_F(NetvioFault, ForgedUsedEntryIsCaught) {
    run(TRAFFIC_FAULT_FORGED_USED);
    EXPECT_TRUE(reported("vq.forged_used")) << stack.violations();
    EXPECT_EQ(stack.sent.size(), 12u);
}

}  // namespace
