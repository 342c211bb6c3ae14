// SPDX-License-Identifier: Apache-2.0
// One queue is reset under traffic: no NBL is lost, none completed twice, and what comes after is as if nothing had been.
#include <cerrno>
#include <climits>

#include "../stack/stack.h"
#include "traffic_internal.h"

namespace {

class NetvioReset : public testing::Test {
protected:
    NetvioReset() {
        stack.machine.device.features |= REGMAP_BIT(VIRTIO_F_RING_RESET_BIT);
        stack.machine.device.queue_reset_polls = 3;
    }
    void send(unsigned count) {
        for (unsigned i = 0; i < count; i++) stack.to_send.push_back(make_frame(i, 100 + i % 900));
    }
    int reset(unsigned queue) { return traffic_reset_queue(stack.traffic, queue); }
    unsigned queue_resets() const {
        fake_device_state state;
        fake_device_get_state(stack.fake, &state);
        return state.queue_resets;
    }
    // Each packet was completed once, and what was completed with success was on the wire once.
    void expect_none_lost() const {
        std::vector<unsigned> completed(stack.to_send.size());
        size_t good = 0;
        for (const Stack::Sent& one : stack.sent) {
            completed[one.id]++;
            EXPECT_TRUE(one.status == 0 || one.status == NDIS_STATUS_SEND_ABORTED) << std::hex << one.status;
            good += one.status == 0;
        }
        for (unsigned count : completed) EXPECT_EQ(count, 1u);
        EXPECT_GE(stack.on_wire.size(), good);
        EXPECT_LE(stack.on_wire.size(), stack.to_send.size());
        size_t next = 0;  // in order, without repetition
        for (const Bytes& frame : stack.on_wire) {
            while (next < stack.to_send.size() && stack.to_send[next] != frame) next++;
            ASSERT_LT(next, stack.to_send.size());
            next++;
        }
    }
    Stack stack;
};

TEST_F(NetvioReset, SendsThatTheDeviceHadAreAbortedOnceAndTheRestLeaves) {
    stack.config.tx_queue_size = 16;
    send(100);
    ASSERT_EQ(stack.start(), 0);
    fake_device_hold(stack.fake, FAKE_QUEUE_TX, true);
    stack.run_for(20 * 1000);
    fake_device_complete(stack.fake, 4);  // used, and perhaps not yet reaped
    ASSERT_EQ(reset(FAKE_QUEUE_TX), 0);
    ASSERT_TRUE(stack.run_until_sent());
    expect_none_lost();
    EXPECT_EQ(queue_resets(), 1u);
    size_t aborted = 0;
    for (const Stack::Sent& one : stack.sent) aborted += one.status != 0;
    EXPECT_GT(aborted, 4u);
    EXPECT_LT(aborted, 24u);
    EXPECT_EQ(stack.on_wire.size(), 100 - aborted);
}

TEST_F(NetvioReset, ReceivedFramesAreIndicatedAndTheBuffersPostedAgain) {
    stack.config.rx_queue_size = 16;
    ASSERT_EQ(stack.start(), 0);
    std::vector<Bytes> sent;
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 5; i++) {
            Bytes frame = make_frame(round * 5 + i, 100 + round);
            ASSERT_TRUE(stack.receive(frame));
            sent.push_back(frame);
        }
        ASSERT_EQ(reset(FAKE_QUEUE_RX), 0);
    }
    stack.run_for(50 * 1000);
    EXPECT_EQ(stack.received, sent);
    for (unsigned i = 0; i < 16; i++) ASSERT_TRUE(stack.receive(make_frame(i, 60))) << "all buffers are back";
    EXPECT_FALSE(stack.receive(make_frame(0, 60)));
}

TEST_F(NetvioReset, PacketIdsOfReceivedFramesGoOn) {
    stack.machine.trace = true;
    ASSERT_EQ(stack.start(), 0);
    for (unsigned i = 0; i < 12; i++) {
        ASSERT_TRUE(stack.receive(make_frame(i, 100)));
        if (i % 3 != 1) continue;
        ASSERT_EQ(reset(FAKE_QUEUE_RX), 0);
    }
    stack.run_for(50 * 1000);
    uint64_t next = 0;
    for (unsigned i = 0; i < fake_platform_trace_count(stack.fake); i++) {
        const platform_trace* one = fake_platform_trace(stack.fake, i);
        if (one->kind != PLATFORM_TRACE_NBL_INDICATED) continue;
        EXPECT_EQ(one->packet, next++);
    }
    EXPECT_EQ(next, 12u);
}

TEST_F(NetvioReset, SendsMeanwhileWaitAndLeave) {
    stack.machine.device.queue_reset_polls = 100;  // 1 ms
    for (unsigned i = 0; i < 60; i++) stack.not_before_ps.push_back(UINT64_C(20000000000) + i * UINT64_C(5000000));
    send(60);
    ASSERT_EQ(stack.start(), 0);
    const platform* seam = fake_platform_seam(stack.fake);
    stack.run_for(20 * 1000 * 1000 - seam->ops->now_ps(seam->ctx) / 1000);  // just before the first is due
    ASSERT_EQ(reset(FAKE_QUEUE_TX), 0);
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
}

// Frames that arrive while the transmit queue is reset, over a message that it shares: the handler silences both queues.
TEST_F(NetvioReset, InterruptsMeanwhileLeaveNoQueueAsleep) {
    stack.machine.vectors = 1;
    stack.machine.yield_on_charge = true;
    stack.more_may_come = true;
    stack.config.tx_queue_size = 32;
    ASSERT_EQ(stack.start(), 0);
    const platform* seam = fake_platform_seam(stack.fake);
    platform_thread* wire = seam->ops->thread_create(seam->ctx, "wire", [](void* arg) {
        auto* stack = static_cast<Stack*>(arg);
        const platform* seam = fake_platform_seam(stack->fake);
        fake_device_state state;
        unsigned frames = 0;
        do {
            fake_device_get_state(stack->fake, &state);
            if (state.queue_resets) stack->receive(make_frame(frames++, 100));
            seam->ops->sleep_ns(seam->ctx, 500);
        } while (!state.queue_resets || !state.enabled[FAKE_QUEUE_TX] || state.size[FAKE_QUEUE_TX] != 32);
    }, &stack);
    ASSERT_EQ(reset(FAKE_QUEUE_TX), 0);
    seam->ops->thread_join(seam->ctx, wire);
    send(100);
    stack.more_may_come = false;
    traffic_kick(stack.traffic);
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    EXPECT_GT(stack.received.size(), 10u);
}

TEST_F(NetvioReset, BuffersThatComeBackMeanwhileArePostedAfter) {
    stack.config.rx_queue_size = 8;
    stack.machine.yield_on_charge = true;
    stack.machine.device.queue_reset_polls = 20;
    ASSERT_EQ(stack.start(), 0);
    const platform* seam = fake_platform_seam(stack.fake);
    platform_thread* wire = seam->ops->thread_create(seam->ctx, "wire", [](void* arg) {
        auto* stack = static_cast<Stack*>(arg);
        const platform* seam = fake_platform_seam(stack->fake);
        for (unsigned i = 0; i < 2000; i++) {
            if (stack->receive(make_frame(i, 100 + i % 50))) stack->wire_frames++;
            seam->ops->sleep_ns(seam->ctx, 700);
        }
    }, &stack);
    for (unsigned round = 0; round < 10; round++) {
        ASSERT_EQ(reset(FAKE_QUEUE_RX), 0);
        stack.run_for(20 * 1000);
    }
    seam->ops->thread_join(seam->ctx, wire);
    stack.run_for(100 * 1000);
    EXPECT_GT(stack.wire_frames, 100u);
    EXPECT_EQ(stack.received.size(), stack.wire_frames);
    for (unsigned i = 0; i < 8; i++) ASSERT_TRUE(stack.receive(make_frame(i, 60))) << "all buffers are back";
}

TEST_F(NetvioReset, FramesThatWereNotYetToldOfAreIndicated) {
    stack.machine.device.features |= REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_NOTF_COAL_BIT);
    stack.config.rx_max_packets = 100;
    stack.config.rx_max_usecs = 1000 * 1000;
    stack.config.rx_queue_size = 8;
    ASSERT_EQ(stack.start(), 0);
    std::vector<Bytes> sent;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 8; i++) {  // the whole ring: the protocol sees them with RESOURCES
            sent.push_back(make_frame(round * 8 + i, 100));
            ASSERT_TRUE(stack.receive(sent.back()));
        }
        EXPECT_EQ(stack.received.size(), round * 8);
        ASSERT_EQ(reset(FAKE_QUEUE_RX), 0);
        EXPECT_EQ(stack.received, sent);
    }
}

class NetvioResetUnderTraffic : public NetvioReset, public testing::WithParamInterface<int> {};
TEST_P(NetvioResetUnderTraffic, OfEveryQueueLosesNoNbl) {
    const unsigned mode = static_cast<unsigned>(GetParam());
    if (mode & 1) stack.machine.yield_on_charge = true;
    if (mode & 2) stack.machine.device.features &= ~REGMAP_BIT(VIRTIO_F_IN_ORDER_BIT);
    if (mode & 4) stack.machine.device.features |= REGMAP_BIT(VIRTIO_F_EVENT_IDX_BIT) | REGMAP_BIT(VIRTIO_F_INDIRECT_DESC_BIT);
    if (mode & 8) stack.machine.vectors = 1;
    stack.machine.device.doorbell_events = true;
    stack.config.tx_indirect_from = 2;
    stack.config.tx_interrupt_after = 4;
    stack.config.cut = TRAFFIC_CUT_RANDOM;
    stack.config.tx_queue_size = 24;
    stack.config.rx_queue_size = 8;
    send(400);
    ASSERT_EQ(stack.start(), 0);
    unsigned arrived = 0;
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < 3; i++) arrived += stack.receive(make_frame(i, 200));
        stack.run_for(round * 137);
        ASSERT_EQ(reset(round % 3 == 0 ? FAKE_QUEUE_TX : FAKE_QUEUE_RX), 0);
    }
    ASSERT_TRUE(stack.run_until_sent());
    stack.run_for(100 * 1000);
    expect_none_lost();
    EXPECT_EQ(stack.received.size(), arrived);
    EXPECT_EQ(queue_resets(), 40u);
}
INSTANTIATE_TEST_SUITE_P(Modes, NetvioResetUnderTraffic, testing::Range(0, 16));

TEST_F(NetvioReset, OfOnePairLeavesTheOthersAlone) {
    stack.machine.device.features |= REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_MQ_BIT);
    stack.machine.device.max_pairs = 4;
    stack.machine.vectors = 9;
    stack.config.queue_pairs = 4;
    for (unsigned i = 0; i < 400; i++) stack.to_send.push_back(make_datagram(i, 100, i % 16));
    ASSERT_EQ(stack.start(), 0);
    for (unsigned round = 0; round < 20; round++) {
        stack.run_for(2000);
        ASSERT_EQ(reset(3), 0);
        ASSERT_EQ(reset(2), 0);
    }
    ASSERT_TRUE(stack.run_until_sent());
    ASSERT_EQ(stack.sent.size(), 400u);
    for (const Stack::Sent& one : stack.sent) {
        const Bytes& frame = stack.to_send[one.id];
        if (fake_device_pair_of(frame.data(), frame.size(), 4) == 1) continue;
        EXPECT_EQ(one.status, 0);
    }
    EXPECT_EQ(reset(8), -EINVAL);
}

TEST_F(NetvioReset, WhilePausedHarmsNothing) {
    send(50);
    ASSERT_EQ(stack.start(), 0);
    ASSERT_EQ(ndis_pause(stack.traffic->ndis), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(reset(FAKE_QUEUE_TX), 0);
    EXPECT_EQ(reset(FAKE_QUEUE_RX), 0);
    ASSERT_EQ(ndis_restart(stack.traffic->ndis), NDIS_STATUS_SUCCESS);
    ASSERT_TRUE(stack.run_until_sent());
    ASSERT_TRUE(stack.receive(make_frame(1, 80)));
    stack.run_for(20 * 1000);
    EXPECT_EQ(stack.received.size(), 1u);
}

class NetvioDeviceReset : public NetvioReset, public testing::WithParamInterface<int> {};
TEST_P(NetvioDeviceReset, UnderTrafficLosesNoNbl) {  // [V] 2.4
    const unsigned mode = static_cast<unsigned>(GetParam());
    if (mode & 1) stack.machine.yield_on_charge = true;
    if (mode & 2) stack.machine.device.features &= ~REGMAP_BIT(VIRTIO_F_IN_ORDER_BIT);
    if (mode & 4) {
        stack.machine.device.features |= REGMAP_BIT(VIRTIO_F_EVENT_IDX_BIT) | REGMAP_BIT(VIRTIO_F_INDIRECT_DESC_BIT) |
                                         REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_NOTF_COAL_BIT);
        stack.config.rx_max_packets = stack.config.tx_max_packets = 4;
        stack.config.rx_max_usecs = stack.config.tx_max_usecs = 10;
    }
    if (mode & 8) stack.machine.vectors = 1;
    stack.machine.device.doorbell_events = true;
    stack.config.tx_indirect_from = 2;
    stack.config.cut = TRAFFIC_CUT_RANDOM;
    stack.config.tx_queue_size = 24;
    stack.config.rx_queue_size = 8;
    send(600);
    ASSERT_EQ(stack.start(), 0);
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 3; i++) stack.receive(make_frame(i, 200));
        stack.run_for(round * 137);
        ASSERT_EQ(traffic_reset_device(stack.traffic), 0);
        if (round % 4 == 0) {
            ASSERT_EQ(reset(FAKE_QUEUE_TX), 0) << "its features are those from before";
        }
    }
    ASSERT_TRUE(stack.run_until_sent());
    stack.run_for(200 * 1000);
    expect_none_lost();
    size_t good = 0;
    for (const Stack::Sent& one : stack.sent) good += one.status == 0;
    EXPECT_GT(good, 100u) << "it goes on after each";
    stack.received.clear();
    for (unsigned i = 0; i < 8; i++) ASSERT_TRUE(stack.receive(make_frame(i, 60))) << "all buffers are back";
    stack.run_for(100 * 1000);
    EXPECT_EQ(stack.received.size(), 8u);
}
INSTANTIATE_TEST_SUITE_P(Modes, NetvioDeviceReset, testing::Range(0, 16));

TEST_F(NetvioReset, OfTheDeviceKeepsAllPairs) {
    stack.machine.device.features |= REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_MQ_BIT);
    stack.machine.device.max_pairs = 4;
    stack.machine.vectors = 9;
    stack.config.queue_pairs = 4;
    for (unsigned i = 0; i < 400; i++) stack.to_send.push_back(make_datagram(i, 100, i % 16));
    ASSERT_EQ(stack.start(), 0);
    stack.run_for(2000);
    ASSERT_EQ(traffic_reset_device(stack.traffic), 0);
    ASSERT_TRUE(stack.run_until_sent());
    bool used[4] = {};
    for (size_t i = stack.queues.size() / 2; i < stack.queues.size(); i++) used[stack.queues[i] / 2] = true;
    EXPECT_TRUE(used[0] && used[1] && used[2] && used[3]);
}

TEST_F(NetvioReset, IsNotSupportedWithoutTheFeature) {
    stack.config.declined_features = REGMAP_BIT(VIRTIO_F_RING_RESET_BIT);
    ASSERT_EQ(stack.start(), 0);
    EXPECT_EQ(reset(FAKE_QUEUE_TX), -ENOTSUP);
}

TEST_F(NetvioReset, ThatNeverEndsResetsTheDeviceAndGivesEverythingBack) {
    for (unsigned queue : {FAKE_QUEUE_RX, FAKE_QUEUE_TX}) {
        Stack one;
        one.machine.device.features |= REGMAP_BIT(VIRTIO_F_RING_RESET_BIT);
        one.machine.device.queue_reset_polls = UINT_MAX;
        one.expect_clean = false;
        for (unsigned i = 0; i < 40; i++) one.to_send.push_back(make_frame(i, 100));
        ASSERT_EQ(one.start(), 0);
        fake_device_hold(one.fake, FAKE_QUEUE_TX, true);
        one.run_for(20 * 1000);
        EXPECT_EQ(traffic_reset_queue(one.traffic, queue), -EIO);
        ASSERT_TRUE(one.run_until_sent());
        EXPECT_EQ(one.sent.size(), 40u);
        EXPECT_NE(fake_platform_find_violation(one.fake, "netvio.queue_reset"), nullptr) << one.violations();
        EXPECT_EQ(traffic_reset_queue(one.traffic, queue), -EIO) << "a failed adapter stays failed";
        one.stop();
        EXPECT_EQ(fake_platform_violation_count(one.fake), 1u) << one.violations();
        EXPECT_EQ(fake_platform_live_mappings(one.fake), 0u);
    }
}

// The card is pulled: what it had comes back at once, its memory is free, and nothing is waited for.
TEST_F(NetvioReset, SurpriseRemovalBringsEveryNblHome) {
    stack.config.tx_queue_size = 16;
    send(100);
    ASSERT_EQ(stack.start(), 0);
    fake_device_hold(stack.fake, FAKE_QUEUE_TX, true);
    stack.run_for(20 * 1000);
    fake_device_remove(stack.fake);
    const platform* seam = fake_platform_seam(stack.fake);
    const uint64_t before = seam->ops->now_ps(seam->ctx);
    EXPECT_EQ(traffic_surprise_remove(stack.traffic, 0), 0);
    EXPECT_LT(seam->ops->now_ps(seam->ctx) - before, UINT64_C(1'000'000'000)) << "1 ms: no time-out ran out";
    EXPECT_EQ(traffic_surprise_remove(stack.traffic, 0), -EINVAL) << "once";
    traffic_counts counts;
    traffic_get_counts(stack.traffic, &counts);
    EXPECT_EQ(counts.nbl_outstanding, 0u);
    EXPECT_EQ(fake_platform_live_mappings(stack.fake), 0u);
    std::vector<unsigned> completed(stack.to_send.size());
    for (const Stack::Sent& one : stack.sent) completed[one.id]++;
    for (unsigned count : completed) EXPECT_LE(count, 1u);
    EXPECT_GT(stack.sent.size(), 15u);
}

TEST_F(NetvioReset, ACardThatIsPulledDuringAResetIsNoFault) {
    stack.machine.device.queue_reset_polls = 1000;
    send(10);
    ASSERT_EQ(stack.start(), 0);
    fake_device_hold(stack.fake, FAKE_QUEUE_TX, true);
    stack.run_for(20 * 1000);
    fake_device_remove(stack.fake);
    EXPECT_EQ(reset(FAKE_QUEUE_TX), -EIO);
    EXPECT_EQ(stack.sent.size(), 10u) << "the driver found out by itself";
    EXPECT_EQ(traffic_surprise_remove(stack.traffic, 0), 0);
}

TEST_F(NetvioReset, CancelBringsBackWhatWaitsInTheDriver) {
    stack.config.tx_queue_size = 16;
    stack.config.nbls_per_send = 64;
    send(64);
    ASSERT_EQ(stack.start(), 0);
    fake_device_hold(stack.fake, FAKE_QUEUE_TX, true);
    stack.run_for(20 * 1000);
    traffic_cancel_sends(stack.traffic);
    const size_t cancelled = stack.sent.size();
    EXPECT_GT(cancelled, 0u);
    for (const Stack::Sent& one : stack.sent) EXPECT_EQ(one.status, NDIS_STATUS_SEND_ABORTED);
    fake_device_hold(stack.fake, FAKE_QUEUE_TX, false);
    ASSERT_TRUE(stack.run_until_sent());
    expect_none_lost();
    EXPECT_EQ(stack.on_wire.size(), 64 - cancelled);
}

// ---- MiniportResetEx: NDIS resets the miniport, with traffic in flight both ways
TEST(NetvioResetEx, GivesEverySendBackOnceAndTrafficGoesOn) {
    for (bool yield : {false, true}) {
        Stack stack;
        stack.machine.yield_on_charge = yield;
        stack.config.tx_queue_size = 16;
        stack.config.outstanding_nbls = 64;
        stack.config.nbls_per_send = 64;
        for (unsigned i = 0; i < 400; i++) stack.to_send.push_back(make_frame(i, 100 + i));
        ASSERT_EQ(stack.start(), 0) << stack.error;
        unsigned arrived = 0;
        for (unsigned round = 0; round < 5; round++) {
            fake_device_hold(stack.fake, FAKE_QUEUE_TX, true);
            stack.run_for(30 * 1000);
            for (unsigned i = 0; i < 3; i++) arrived += stack.receive(make_frame(1000 + arrived, 200));
            ASSERT_EQ(traffic_reset_miniport(stack.traffic, 0), 0);
            fake_device_hold(stack.fake, FAKE_QUEUE_TX, false);
            stack.run_for(30 * 1000);
        }
        ASSERT_TRUE(stack.run_until_sent());
        ASSERT_EQ(stack.sent.size(), 400u);
        std::vector<unsigned> times(400);
        size_t good = 0, aborted = 0, waiting = 0;
        for (const Stack::Sent& one : stack.sent) {
            times[one.id]++;
            good += one.status == NDIS_STATUS_SUCCESS;
            aborted += one.status == NDIS_STATUS_SEND_ABORTED;
            waiting += one.status == NDIS_STATUS_RESET_IN_PROGRESS;
        }
        EXPECT_EQ(times, std::vector<unsigned>(400, 1)) << "each completed once";
        EXPECT_GT(aborted, 0u) << "that the device had";
        EXPECT_GT(waiting, 0u) << "that waited for room in the ring";
        EXPECT_EQ(good + aborted + waiting, 400u);
        EXPECT_EQ(stack.on_wire.size(), good);
        stack.run_for(100 * 1000);
        EXPECT_LE(stack.received.size(), arrived);
        ASSERT_TRUE(stack.receive(make_frame(7, 100)));
        stack.run_for(50 * 1000);
        EXPECT_EQ(stack.received.back(), make_frame(7, 100));
    }
}

TEST(NetvioResetEx, OfADeviceThatDoesNotComeBackFailsTheAdapter) {
    Stack stack;
    stack.more_may_come = true;
    stack.expect_clean = false;
    stack.machine.device.queue_reset_polls = 0;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    fake_device_refuse_features(stack.fake);
    EXPECT_EQ(traffic_reset_miniport(stack.traffic, 0), -EIO);
    EXPECT_NE(fake_platform_find_violation(stack.fake, "netvio.device_reset"), nullptr) << stack.violations();
    stack.to_send.push_back(make_frame(1, 100));
    stack.more_may_come = false;
    traffic_kick(stack.traffic);
    ASSERT_TRUE(stack.run_until_sent());
    ASSERT_EQ(stack.sent.size(), 1u);
    EXPECT_EQ(stack.sent[0].status, NDIS_STATUS_FAILURE);
    EXPECT_EQ(traffic_reset_miniport(stack.traffic, 0), -EIO) << "and stays failed";
}

}  // namespace
