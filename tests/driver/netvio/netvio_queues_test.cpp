// SPDX-License-Identifier: Apache-2.0
// The miniport with many queue pairs, moderation, event suppression by slot, and indirect descriptors: negotiated only when offered.
#include <map>

#include "../stack/stack.h"
#include "netvio.h"
#include "traffic_internal.h"

namespace {

const uint64_t multi_queue = REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_MQ_BIT);
const uint64_t moderation = REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_NOTF_COAL_BIT);
const uint64_t everything = multi_queue | moderation | REGMAP_BIT(VIRTIO_F_EVENT_IDX_BIT) | REGMAP_BIT(VIRTIO_F_INDIRECT_DESC_BIT) |
                            REGMAP_BIT(VIRTIO_F_RING_RESET_BIT);

fake_device_state state_of(const Stack& stack) {
    fake_device_state state;
    fake_device_get_state(stack.fake, &state);
    return state;
}

void offer(Stack& stack, uint64_t features) { stack.machine.device.features |= features; }

void many_pairs(Stack& stack, uint16_t pairs) {
    offer(stack, multi_queue);
    stack.machine.device.max_pairs = 16;
    stack.machine.vectors = 2u * pairs + 1;
    stack.config.queue_pairs = pairs;
}

// Sorts what left by flow, and expects each flow on one queue, in order and whole.
void expect_flows_in_order(const Stack& stack, unsigned pairs) {
    std::map<unsigned, std::vector<Bytes>> sent, seen;
    std::map<unsigned, unsigned> queue;
    for (const Bytes& frame : stack.to_send) sent[frame[11]].push_back(frame);
    for (size_t i = 0; i < stack.on_wire.size(); i++) {
        const Bytes& frame = stack.on_wire[i];
        seen[frame[11]].push_back(frame);
        EXPECT_EQ(stack.queues[i], 2 * fake_device_pair_of(frame.data(), frame.size(), pairs) + 1);
        EXPECT_EQ(queue.emplace(frame[11], stack.queues[i]).first->second, stack.queues[i]);
    }
    EXPECT_TRUE(sent == seen);
}

class NetvioPairs : public testing::TestWithParam<int> {};

TEST_P(NetvioPairs, EveryFlowKeepsItsQueueAndItsOrder) {
    const unsigned pairs = static_cast<unsigned>(GetParam());
    for (bool yield : {false, true}) {
        Stack stack;
        many_pairs(stack, static_cast<uint16_t>(pairs));
        stack.machine.yield_on_charge = yield;
        stack.config.cut = TRAFFIC_CUT_RANDOM;
        stack.config.nbls_per_send = 16;
        for (unsigned i = 0; i < 600; i++) stack.to_send.push_back(make_datagram(i, 20 + i % 300, i * 7 % 23));
        ASSERT_EQ(stack.start(), 0) << stack.error;
        ASSERT_TRUE(stack.run_until_sent());
        ASSERT_EQ(stack.sent.size(), 600u);
        for (const Stack::Sent& one : stack.sent) EXPECT_EQ(one.status, 0);
        expect_flows_in_order(stack, pairs);
        EXPECT_EQ(state_of(stack).pairs, pairs);
        EXPECT_EQ(state_of(stack).commands, pairs > 1 ? 1u : 0u);
    }
}

TEST_P(NetvioPairs, FramesArriveThroughEveryQueueAndBuffersGoBack) {
    const unsigned pairs = static_cast<unsigned>(GetParam());
    Stack stack;
    many_pairs(stack, static_cast<uint16_t>(pairs));
    stack.config.rx_queue_size = 8;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    std::map<unsigned, std::vector<Bytes>> sent, seen;
    for (unsigned i = 0; i < 1000; i++) {
        Bytes frame = make_datagram(i, 30 + i % 200, i % 32);
        ASSERT_TRUE(stack.receive(frame)) << i;
        sent[frame[11]].push_back(frame);
        if (i % 4 == 3) stack.run_for(20 * 1000);
    }
    stack.run_for(100 * 1000);
    for (const Bytes& frame : stack.received) seen[frame[11]].push_back(frame);
    EXPECT_TRUE(sent == seen);
    for (unsigned pair = 0; pair < pairs; pair++) EXPECT_GT(fake_platform_interrupts(stack.fake, 2 * pair + 1), 0u) << pair;
}

INSTANTIATE_TEST_SUITE_P(Pairs, NetvioPairs, testing::Values(1, 2, 3, 4, 16));

TEST(NetvioQueues, BothDirectionsOfAConnectionMeetOnOnePair) {
    for (unsigned flow = 0; flow < 64; flow++) {
        Bytes out = make_datagram(1, 50, flow), back = make_datagram(2, 70, flow, true);
        EXPECT_EQ(fake_device_pair_of(out.data(), out.size(), 7), fake_device_pair_of(back.data(), back.size(), 7));
    }
}

TEST(NetvioQueues, OneVectorEachAndOneForTheConfiguration) {
    Stack stack;
    many_pairs(stack, 4);
    ASSERT_EQ(stack.start(), 0);
    fake_device_state state = state_of(stack);
    EXPECT_EQ(state.config_vector, 0);
    for (unsigned queue = 0; queue < 8; queue++) {
        EXPECT_TRUE(state.enabled[queue]);
        EXPECT_EQ(state.vector[queue], queue + 1);
    }
    EXPECT_FALSE(state.enabled[8]) << "the device has more pairs than were asked for";
    EXPECT_TRUE(state.enabled[32]) << "the control queue is behind all pairs that the device has";
    EXPECT_EQ(state.vector[32], VIRTIO_MSI_NO_VECTOR);
}

TEST(NetvioQueues, PacketIdsOfReceivedFramesCountByQueue) {
    Stack stack;
    many_pairs(stack, 4);
    stack.machine.trace = true;
    ASSERT_EQ(stack.start(), 0);
    for (unsigned i = 0; i < 64; i++) ASSERT_TRUE(stack.receive(make_datagram(i, 100, i)));
    stack.run_for(100 * 1000);
    std::map<uint64_t, uint64_t> next;
    for (unsigned i = 0; i < fake_platform_trace_count(stack.fake); i++) {
        const platform_trace* one = fake_platform_trace(stack.fake, i);
        if (one->kind != PLATFORM_TRACE_NBL_INDICATED) continue;
        EXPECT_EQ(one->packet & 0xFFFFFFFFFF, next[one->packet >> 40]++);
    }
    EXPECT_EQ(next.size(), 4u);
}

TEST(NetvioQueues, DeviceThatHasNoPairIsRefused) {
    Stack stack;
    many_pairs(stack, 4);
    stack.machine.device.max_pairs = 0x8001;
    stack.expect_clean = false;
    EXPECT_NE(stack.start(), 0);
    EXPECT_NE(stack.violations().find("32769 queue pairs"), std::string::npos) << stack.violations();
}

TEST(NetvioQueues, DeviceLimitsThePairs) {
    Stack stack;
    many_pairs(stack, 8);
    stack.machine.device.max_pairs = 3;
    ASSERT_EQ(stack.start(), 0);
    EXPECT_EQ(state_of(stack).pairs, 3u);
}

TEST(NetvioQueues, VectorsLimitThePairs) {
    Stack stack;
    many_pairs(stack, 8);
    stack.machine.vectors = 6;
    ASSERT_EQ(stack.start(), 0);
    EXPECT_EQ(state_of(stack).pairs, 2u);
}

TEST(NetvioQueues, OneVectorLeavesOnePairThatSharesIt) {
    Stack stack;
    many_pairs(stack, 8);
    stack.machine.vectors = 1;
    for (unsigned i = 0; i < 100; i++) stack.to_send.push_back(make_datagram(i, 100, i));
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    EXPECT_EQ(state_of(stack).commands, 0u);
}

TEST(NetvioQueues, OnePairIsAllWithoutTheFeature) {
    for (uint64_t features : {UINT64_C(0), multi_queue & ~REGMAP_BIT(VIRTIO_NET_F_MQ_BIT), REGMAP_BIT(VIRTIO_NET_F_MQ_BIT)}) {
        Stack stack;
        many_pairs(stack, 4);
        stack.machine.device.features = (stack.machine.device.features & ~multi_queue) | features;
        for (unsigned i = 0; i < 20; i++) stack.to_send.push_back(make_datagram(i, 100, i));
        ASSERT_EQ(stack.start(), 0) << stack.error;
        ASSERT_TRUE(stack.run_until_sent());
        stack.expect_all_sent();
        EXPECT_FALSE(state_of(stack).driver_features & REGMAP_BIT(VIRTIO_NET_F_MQ_BIT));
    }
}

TEST(NetvioQueues, NothingIsAcceptedThatWasNotAskedFor) {
    Stack stack;
    offer(stack, everything);
    ASSERT_EQ(stack.start(), 0);
    EXPECT_EQ(state_of(stack).driver_features & everything,
              REGMAP_BIT(VIRTIO_F_EVENT_IDX_BIT) | REGMAP_BIT(VIRTIO_F_RING_RESET_BIT));
}

TEST(NetvioQueues, DeclinedFeaturesAreNotAccepted) {
    Stack stack;
    offer(stack, everything);
    stack.config.declined_features = everything;
    stack.config.queue_pairs = 4;
    ASSERT_EQ(stack.start(), 0);
    EXPECT_EQ(state_of(stack).driver_features & everything, 0u);
}

class NetvioControl : public testing::TestWithParam<fake_control> {};
TEST_P(NetvioControl, CommandThatFailsFailsTheStart) {
    Stack stack;
    many_pairs(stack, 2);
    stack.machine.device.control = GetParam();
    stack.expect_clean = false;
    EXPECT_NE(stack.start(), 0);
    const fake_violation* seen = fake_platform_find_violation(stack.fake, "netvio.initialize");
    ASSERT_NE(seen, nullptr) << stack.violations();
    EXPECT_NE(std::string(seen->message).find("VQ_PAIRS_SET"), std::string::npos) << seen->message;
    EXPECT_EQ(fake_platform_violation_count(stack.fake), 1u) << stack.violations();
    EXPECT_EQ(fake_platform_live_allocations(stack.fake), 0u);
}
INSTANTIATE_TEST_SUITE_P(Answers, NetvioControl, testing::Values(FAKE_CONTROL_REFUSES, FAKE_CONTROL_SILENT, FAKE_CONTROL_GARBLES));

TEST(NetvioQueues, PausesAndRestartsUnderTrafficOnAllQueues) {
    Stack stack;
    many_pairs(stack, 4);
    offer(stack, everything);
    stack.machine.yield_on_charge = true;
    stack.config.tx_queue_size = 8;
    for (unsigned i = 0; i < 600; i++) stack.to_send.push_back(make_datagram(i, 100, i));
    ASSERT_EQ(stack.start(), 0);
    for (unsigned i = 0; i < 20; i++) {
        for (unsigned k = 0; k < 10; k++) stack.receive(make_datagram(k, 100, k));
        stack.run_for(3000);
        ASSERT_EQ(ndis_pause(stack.traffic->ndis), NDIS_STATUS_SUCCESS);
        EXPECT_EQ(stack.counts().nbl_outstanding, 0u);
        ASSERT_EQ(ndis_restart(stack.traffic->ndis), NDIS_STATUS_SUCCESS);
    }
    ASSERT_TRUE(stack.run_until_sent());
    EXPECT_EQ(stack.sent.size(), 600u);
}

TEST(NetvioQueues, StopsWithTrafficInFlightOnAllQueues) {
    Stack stack;
    many_pairs(stack, 4);
    for (unsigned i = 0; i < 200; i++) stack.to_send.push_back(make_datagram(i, 100, i));
    ASSERT_EQ(stack.start(), 0);
    for (unsigned k = 0; k < 40; k++) stack.receive(make_datagram(k, 100, k));
    stack.run_for(1000);
    stack.stop();
    EXPECT_EQ(stack.violations(), "");
}

TEST(NetvioQueues, FailureGivesBackWhatEveryQueueHad) {
    Stack stack;
    many_pairs(stack, 4);
    stack.expect_clean = false;
    for (unsigned i = 0; i < 30; i++) stack.to_send.push_back(make_datagram(i, 100, i));
    ASSERT_EQ(stack.start(), 0);
    for (unsigned pair = 0; pair < 4; pair++) fake_device_hold(stack.fake, 2 * pair + 1, true);
    stack.run_for(20 * 1000);
    fake_device_fail(stack.fake);
    ASSERT_TRUE(stack.run_until_sent());
    ASSERT_EQ(stack.sent.size(), 30u);
    for (const Stack::Sent& one : stack.sent) EXPECT_NE(one.status, 0);
    stack.stop();
    EXPECT_EQ(fake_platform_live_mappings(stack.fake), 0u);
}

TEST(NetvioQueues, InitialisationThatRunsOutOfMemoryLeavesNothing) {
    for (unsigned nth = 1; nth < 60; nth++) {
        Stack stack;
        many_pairs(stack, 2);
        offer(stack, everything);
        stack.config.tx_queue_size = stack.config.rx_queue_size = 4;
        stack.config.tx_indirect_from = 2;
        stack.machine.fail_allocation = nth;
        stack.expect_clean = false;
        bool started = stack.start() == 0;
        stack.stop();
        EXPECT_EQ(fake_platform_destroy(stack.fake), 0u) << nth << (started ? " started" : "");
        stack.fake = nullptr;
    }
}

TEST(NetvioModeration, LimitsReachTheDeviceAndSaveInterrupts) {
    unsigned interrupts[2];
    for (unsigned run = 0; run < 2; run++) {
        Stack stack;
        offer(stack, moderation);
        if (run) {
            stack.config.tx_max_packets = 16;
            stack.config.tx_max_usecs = 50;
            stack.config.rx_max_packets = 4;
            stack.config.rx_max_usecs = 10;
        }
        stack.config.nbls_per_send = 1;
        stack.config.outstanding_nbls = 64;
        for (unsigned i = 0; i < 64; i++) {
            stack.to_send.push_back(make_frame(i, 100));
            stack.not_before_ps.push_back(UINT64_C(20000000000) + i * UINT64_C(5000000));  // well behind the start
        }
        ASSERT_EQ(stack.start(), 0);
        ASSERT_TRUE(stack.run_until_sent());
        stack.expect_all_sent();
        interrupts[run] = fake_platform_interrupts(stack.fake, 2);
        EXPECT_EQ(state_of(stack).max_packets[FAKE_QUEUE_TX], run * 16);
        EXPECT_EQ(state_of(stack).max_usecs[FAKE_QUEUE_RX], run * 10);
        EXPECT_EQ(state_of(stack).enabled[2], run == 1) << "a control queue only when it has something to say";
    }
    EXPECT_LT(interrupts[1], interrupts[0] / 4);
}

TEST(NetvioModeration, FewFramesAreIndicatedWhenTheTimeIsUp) {
    Stack stack;
    offer(stack, moderation);
    stack.config.rx_max_packets = 100;
    stack.config.rx_max_usecs = 30;
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.receive(make_frame(0, 100)));
    stack.run_for(20 * 1000);
    EXPECT_EQ(stack.received.size(), 0u);
    stack.run_for(20 * 1000);
    EXPECT_EQ(stack.received.size(), 1u);
}

TEST(NetvioEvents, NothingIsLostWithSuppressionBySlot) {
    for (unsigned after : {0u, 1u, 5u, 100u})
        for (bool in_order : {true, false}) {
            Stack stack;
            offer(stack, REGMAP_BIT(VIRTIO_F_EVENT_IDX_BIT));
            if (!in_order) stack.machine.device.features &= ~REGMAP_BIT(VIRTIO_F_IN_ORDER_BIT);
            stack.machine.device.reverse = !in_order;
            stack.machine.device.doorbell_events = true;
            stack.machine.yield_on_charge = true;
            stack.config.tx_interrupt_after = after;
            stack.config.cut = TRAFFIC_CUT_RANDOM;
            stack.config.tx_queue_size = 50;
            stack.config.rx_queue_size = 7;
            for (unsigned i = 0; i < 500; i++) stack.to_send.push_back(make_frame(i, 60 + i));
            ASSERT_EQ(stack.start(), 0);
            for (unsigned i = 0; i < 200; i++) {
                ASSERT_TRUE(stack.receive(make_frame(i, 100)));
                stack.run_for(15 * 1000);
            }
            ASSERT_TRUE(stack.run_until_sent());
            EXPECT_EQ(stack.sent.size(), 500u);
            EXPECT_EQ(stack.on_wire.size(), 500u);
            EXPECT_EQ(stack.received.size(), 200u);
        }
}

TEST(NetvioEvents, TransmitInterruptsAreAsFewAsAskedFor) {
    unsigned interrupts[2];
    for (unsigned run = 0; run < 2; run++) {
        Stack stack;
        offer(stack, REGMAP_BIT(VIRTIO_F_EVENT_IDX_BIT));
        stack.machine.device.tx_batch = 1;
        stack.config.tx_interrupt_after = run ? 16 : 1;
        stack.config.nbls_per_send = 1;
        stack.config.outstanding_nbls = 64;
        for (unsigned i = 0; i < 400; i++) stack.to_send.push_back(make_frame(i, 100));
        ASSERT_EQ(stack.start(), 0);
        ASSERT_TRUE(stack.run_until_sent());
        stack.expect_all_sent();
        interrupts[run] = fake_platform_interrupts(stack.fake, 2);
    }
    EXPECT_LE(interrupts[1], interrupts[0]);
}

TEST(NetvioTables, LongChainsGoOutIndirect) {
    Stack stack;
    offer(stack, REGMAP_BIT(VIRTIO_F_INDIRECT_DESC_BIT));
    stack.config.tx_indirect_from = 3;
    stack.config.backfill = 0;  // the header is an element of its own
    stack.config.cut = TRAFFIC_CUT_RANDOM;
    stack.config.tx_queue_size = 20;
    for (unsigned i = 0; i < 300; i++) stack.to_send.push_back(make_frame(i, 60 + i * 5));
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    unsigned expected = 0;
    for (unsigned elements : stack.elements) expected += elements >= 3;
    EXPECT_EQ(stack.tables, expected);
    EXPECT_GT(stack.tables, 100u);
    EXPECT_LT(stack.tables, 300u);
}

TEST(NetvioTables, NoneWithoutTheFeatureOrTheWish) {
    for (bool offered : {false, true}) {
        Stack stack;
        if (offered) offer(stack, REGMAP_BIT(VIRTIO_F_INDIRECT_DESC_BIT));
        stack.config.tx_indirect_from = offered ? 0 : 2;
        stack.config.cut = TRAFFIC_CUT_RANDOM;
        for (unsigned i = 0; i < 50; i++) stack.to_send.push_back(make_frame(i, 500));
        ASSERT_EQ(stack.start(), 0);
        ASSERT_TRUE(stack.run_until_sent());
        stack.expect_all_sent();
        EXPECT_EQ(stack.tables, 0u);
    }
}

}  // namespace
