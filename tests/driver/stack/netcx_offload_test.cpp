// SPDX-License-Identifier: Apache-2.0
// What the NetAdapterCx client leaves to the device, and what NetAdapterCx does in software where the device does not: checksums, large sends,
// receive side scaling over several queues, merged buffers, tags, filters. The frames that the tests send have every sum right; whoever makes
// them anew, what leaves must be the same bytes.
#include <map>
#include <tuple>

#include "packets.h"
#include "stack.h"
#include "traffic_internal.h"

namespace {

const uint64_t control = REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT);
const uint64_t checksums = REGMAP_BIT(VIRTIO_NET_F_CSUM_BIT) | REGMAP_BIT(VIRTIO_NET_F_GUEST_CSUM_BIT);
const uint64_t segmentation = checksums | REGMAP_BIT(VIRTIO_NET_F_HOST_TSO4_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_TSO6_BIT) |
                              REGMAP_BIT(VIRTIO_NET_F_HOST_ECN_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_USO_BIT);
const uint64_t scaling = control | REGMAP_BIT(VIRTIO_NET_F_MQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_RSS_BIT) | REGMAP_BIT(VIRTIO_NET_F_HASH_REPORT_BIT);
const uint64_t filters = control | REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT) |
                         REGMAP_BIT(VIRTIO_NET_F_CTRL_VLAN_BIT) | REGMAP_BIT(VIRTIO_NET_F_MTU_BIT);

struct NetcxStack : Stack {
    explicit NetcxStack(uint64_t features = 0) {
        config.miniport = TRAFFIC_MINIPORT_NETCX;
        config.backfill = TRAFFIC_BACKFILL_ASKED;
        machine.device.features |= REGMAP_BIT(VIRTIO_F_RING_RESET_BIT) | features;
    }
    fake_device_state state() const {
        fake_device_state state;
        fake_device_get_state(fake, &state);
        return state;
    }
    void scale(uint16_t pairs, bool rss = true) {
        machine.device.features |= scaling;
        machine.device.max_pairs = 16;
        machine.vectors = 2u * pairs + 1;
        config.queue_pairs = pairs;
        config.offloads.rss = rss;
    }
    void send_all() {
        ASSERT_EQ(start(), 0) << error;
        ASSERT_TRUE(run_until_sent());
        expect_all_sent();
    }
    NDIS_STATUS request(NDIS_REQUEST_TYPE type, NDIS_OID oid, void* data, size_t bytes) {
        kernel_scope scope;
        kernel_enter(traffic->kernel, &scope);
        const NDIS_STATUS status = traffic_request(traffic, type, oid, data, static_cast<ULONG>(bytes));
        kernel_leave(&scope);
        return status;
    }
};

// ---- Sends: IP version, TCP or UDP, cut
class NetcxSend : public testing::TestWithParam<std::tuple<int, bool, traffic_cut>> {
protected:
    // Odd ones among them: tags, options, flags that only the first or the last segment has.
    void queue(Stack& stack) {
        PacketShape shape;
        std::tie(shape.version, shape.tcp, stack.config.cut) = GetParam();
        for (unsigned run = 0; run < 12; run++) {
            shape.flow = static_cast<uint8_t>(1 + run % 3);
            shape.tagged = run % 4 == 3;
            shape.tcp_options = shape.tcp ? run % 5 : 0;
            shape.ip_options = shape.version == 4 && run % 5 == 4 ? 2 : 0;
            shape.flags = run % 2 ? 0xD0 : 0x10;  // CWR, ECE
            const unsigned count = 2 + run * 3;
            for (Bytes& frame : make_segments(shape, count, 1000 + run, run % 2 ? 1 : 500)) stack.to_send.push_back(frame);
            shape.id = static_cast<uint16_t>(shape.id + 100);
        }
    }
};
INSTANTIATE_TEST_SUITE_P(Shapes, NetcxSend, testing::Combine(testing::Values(4, 6), testing::Bool(),
                                                             testing::Values(TRAFFIC_CUT_WHOLE, TRAFFIC_CUT_HEADER, TRAFFIC_CUT_RANDOM)));

TEST_P(NetcxSend, ChecksumsAreMadeByTheDevice) {
    NetcxStack stack(checksums);
    stack.config.offloads.checksum = true;
    queue(stack);
    stack.send_all();
    EXPECT_EQ(stack.state().checksums, stack.to_send.size());
}

TEST_P(NetcxSend, ChecksumsAreMadeInSoftwareForADeviceWithout) {
    NetcxStack stack;
    stack.config.offloads.checksum = true;
    queue(stack);
    stack.send_all();
    EXPECT_EQ(stack.state().checksums, 0u);
    EXPECT_EQ(stack.counts().tx_checksums, stack.to_send.size()) << "the protocol left them to the adapter";
    for (unsigned elements : stack.elements) EXPECT_EQ(elements, 1u) << "a frame that was made is in one piece";
}

TEST_P(NetcxSend, LargeSendsAreCutByTheDevice) {
    NetcxStack stack(segmentation);
    stack.config.offloads.large_send = 60 * 1024;
    queue(stack);
    stack.send_all();
    EXPECT_EQ(stack.state().large_sends, 12u);
    EXPECT_EQ(stack.counts().large_sends, 12u);
}

TEST_P(NetcxSend, LargeSendsAreCutInSoftwareForADeviceWithout) {
    for (uint64_t features : {uint64_t{0}, checksums}) {
        NetcxStack stack(features);
        stack.config.offloads.large_send = 60 * 1024;
        stack.config.outstanding_nbls = 8;
        queue(stack);
        stack.send_all();
        EXPECT_EQ(stack.state().large_sends, 0u);
        EXPECT_EQ(stack.counts().large_sends, 12u) << "the protocol left them to the adapter";
        EXPECT_LT(stack.counts().nbl_sent, stack.to_send.size() / 4);
    }
}

TEST(NetcxSends, WhatOneKindOfHeaderLacksIsCutInSoftwareAndTheRestByTheDevice) {
    NetcxStack stack(segmentation & ~(REGMAP_BIT(VIRTIO_NET_F_HOST_TSO6_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_USO_BIT)));
    stack.config.offloads.large_send = 60 * 1024;
    for (int version : {4, 6})
        for (bool tcp : {true, false})
            for (Bytes& frame : make_segments({version, tcp, false, static_cast<uint8_t>(version)}, 10, 900, 900)) stack.to_send.push_back(frame);
    stack.send_all();
    EXPECT_EQ(stack.counts().large_sends, 4u);
    EXPECT_EQ(stack.state().large_sends, 1u) << "of TCP over IPv4";
}

TEST(NetcxSends, OfTheLargestSizeLeave) {
    for (uint64_t features : {segmentation, uint64_t{0}}) {
        NetcxStack stack(features);
        stack.config.offloads.large_send = TRAFFIC_LARGE_SEND_MOST;
        stack.config.outstanding_nbls = 4;
        for (Bytes& frame : make_segments({}, 300, 8960, 8960)) stack.to_send.push_back(frame);
        stack.send_all();
        EXPECT_EQ(stack.counts().large_sends, 50u);
    }
}

TEST(NetcxSends, ThroughARingOfTwoSlots) {
    for (uint64_t features : {segmentation, uint64_t{0}}) {
        NetcxStack stack(features);
        stack.config.tx_queue_size = 2;
        stack.config.cut = TRAFFIC_CUT_RANDOM;
        stack.config.offloads.large_send = 20000;
        stack.config.offloads.checksum = true;
        for (Bytes& frame : make_segments({}, 60, 1000, 1000)) stack.to_send.push_back(frame);
        stack.send_all();
    }
}

TEST(NetcxSends, ThatArePausedInTheMiddleComeBackOnce) {
    for (uint64_t features : {segmentation, uint64_t{0}}) {
        NetcxStack stack(features);
        stack.config.tx_queue_size = 4;
        stack.config.offloads.large_send = 60000;
        stack.more_may_come = true;
        ASSERT_EQ(stack.start(), 0) << stack.error;
        for (unsigned round = 0; round < 30; round++) {
            for (Bytes& frame : make_segments({4, true, false, static_cast<uint8_t>(round + 1)}, 40, 1000, 1000)) stack.to_send.push_back(frame);
            traffic_kick(stack.traffic);
            stack.run_for(100 + round * 310);
            ASSERT_EQ(traffic_restart_stack(stack.traffic), 0);
        }
        stack.more_may_come = false;
        traffic_kick(stack.traffic);
        ASSERT_TRUE(stack.run_until_sent());
        EXPECT_EQ(stack.sent.size(), stack.to_send.size());
        EXPECT_EQ(stack.counts().nbl_outstanding, 0u);
    }
}

TEST(NetcxSends, WithATagBesideThem) {
    for (uint64_t features : {segmentation, uint64_t{0}}) {
        NetcxStack stack(features);
        stack.config.tag = {291, 5, false};
        stack.config.offloads.checksum = true;
        stack.config.offloads.large_send = 60000;
        for (Bytes& frame : make_segments({}, 20, 700, 700)) stack.to_send.push_back(frame);
        ASSERT_EQ(stack.start(), 0) << stack.error;
        ASSERT_TRUE(stack.run_until_sent());
        ASSERT_EQ(stack.on_wire.size(), 20u);
        for (size_t i = 0; i < 20; i++) {
            Bytes tagged = stack.to_send[i];
            const Bytes tag = {0x81, 0x00, 0xA1, 0x23};
            tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
            EXPECT_EQ(stack.on_wire[i], tagged) << i;
        }
        ASSERT_TRUE(stack.receive(stack.on_wire[3]));
        stack.run_for(50 * 1000);
        ASSERT_EQ(stack.received.size(), 1u);
        EXPECT_EQ(stack.received[0], stack.to_send[3]);
        EXPECT_EQ(stack.infos[0].tag, 0xA123);
    }
}

TEST(NetcxReceived, AreSaidToBeGoodWhenTheyAre) {
    NetcxStack stack(checksums | control | REGMAP_BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT));
    stack.config.offloads.checksum = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    Bytes good = make_packet({}, make_payload(1, 77)), bad = good;
    bad.back() ^= 1;
    for (const Bytes& frame : {good, bad, make_packet({6, false, true}, make_payload(2, 300)), make_frame(3, 100)}) ASSERT_TRUE(stack.receive(frame));
    stack.run_for(100 * 1000);
    ASSERT_EQ(stack.infos.size(), 4u);
    EXPECT_TRUE(stack.infos[0].tcp_good && !stack.infos[0].udp_good);
    EXPECT_FALSE(stack.infos[1].tcp_good || stack.infos[1].udp_good);
    EXPECT_TRUE(stack.infos[2].udp_good && !stack.infos[2].tcp_good);
    EXPECT_FALSE(stack.infos[3].tcp_good || stack.infos[3].udp_good);
}

// ---- Several queues
class NetcxPairs : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Pairs, NetcxPairs, testing::Values(2u, 4u, 16u));

TEST_P(NetcxPairs, EveryFlowKeepsItsQueueAndItsOrder) {
    NetcxStack stack;
    stack.scale(static_cast<uint16_t>(GetParam()));
    stack.config.cut = TRAFFIC_CUT_RANDOM;
    stack.config.nbls_per_send = 16;
    for (unsigned i = 0; i < 600; i++) stack.to_send.push_back(make_datagram(i, 20 + i % 300, i * 7 % 64));
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    ASSERT_EQ(stack.sent.size(), 600u);
    std::map<unsigned, std::vector<Bytes>> sent, seen;
    std::map<unsigned, unsigned> queue, frames;
    for (const Bytes& frame : stack.to_send) sent[frame[11]].push_back(frame);
    for (size_t i = 0; i < stack.on_wire.size(); i++) {
        seen[stack.on_wire[i][11]].push_back(stack.on_wire[i]);
        EXPECT_EQ(queue.emplace(stack.on_wire[i][11], stack.queues[i]).first->second, stack.queues[i]);
        frames[stack.queues[i]]++;
    }
    EXPECT_TRUE(sent == seen);
    EXPECT_EQ(frames.size(), GetParam()) << "every transmit queue has some of 64 flows";
}

TEST_P(NetcxPairs, FlowsAreSpreadOverTheReceiveQueuesByTheirHashWhichComesWithThem) {
    NetcxStack stack;
    stack.scale(static_cast<uint16_t>(GetParam()));
    ASSERT_EQ(stack.start(), 0) << stack.error;
    stack.receive_hashed(320, 120);
    for (unsigned queue = 0; queue < GetParam(); queue++) EXPECT_GT(fake_platform_interrupts(stack.fake, 2 * queue + 1), 0u) << queue;
}

TEST_P(NetcxPairs, AllReceiveQueuesStopAndStart) {
    NetcxStack stack;
    stack.scale(static_cast<uint16_t>(GetParam()));
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    unsigned sent = 0;
    for (unsigned round = 0; round < 12; round++) {
        for (unsigned i = 0; i < 40; i++) sent += stack.receive(make_packet({4, true, false, static_cast<uint8_t>(i + 1)}, make_payload(sent, 100)));
        stack.run_for(100 * 1000);
        ASSERT_EQ(stack.received.size(), sent);
        ASSERT_EQ(traffic_restart_stack(stack.traffic), 0);
    }
    EXPECT_EQ(sent, 480u);
}

TEST(NetcxQueues, OneReceiveQueueAsLongAsNobodyAsksForScaling) {
    NetcxStack stack;
    stack.scale(4, false);
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    for (unsigned i = 0; i < 60; i++) ASSERT_TRUE(stack.receive(make_packet({4, true, false, static_cast<uint8_t>(i + 1)}, make_payload(i, 100))));
    stack.run_for(200 * 1000);
    EXPECT_EQ(stack.received.size(), 60u);
    EXPECT_GT(fake_platform_interrupts(stack.fake, 1), 0u);
    for (unsigned queue = 1; queue < 4; queue++) EXPECT_EQ(fake_platform_interrupts(stack.fake, 2 * queue + 1), 0u) << queue;
}

TEST(NetcxQueues, AsManyPairsAsAPowerOfTwoOfWhatThereIs) {
    const struct {
        uint16_t wanted, device;
        unsigned vectors, pairs;
        uint64_t missing;
    } cases[] = {{8, 3, 33, 2, 0}, {8, 16, 9, 4, 0}, {3, 16, 33, 2, 0}, {8, 16, 1, 1, 0}, {8, 16, 33, 1, REGMAP_BIT(VIRTIO_NET_F_RSS_BIT)}};
    for (const auto& one : cases) {
        NetcxStack stack;
        stack.scale(one.wanted);
        stack.machine.device.max_pairs = one.device;
        stack.machine.device.features &= ~one.missing;
        stack.machine.vectors = one.vectors;
        for (unsigned i = 0; i < 40; i++) stack.to_send.push_back(make_datagram(i, 100, i));
        ASSERT_EQ(stack.start(), 0) << stack.error;
        ASSERT_TRUE(stack.run_until_sent());
        EXPECT_EQ(stack.on_wire.size(), 40u);
        const fake_device_state state = stack.state();
        for (unsigned queue = 0; queue < 32; queue++) EXPECT_EQ(state.enabled[queue], queue < 2 * one.pairs || queue == 2u * one.device) << queue;
    }
}

TEST(NetcxQueues, ScalingIsSwitchedOffAndAnsweredAsItWasSet) {
    NetcxStack stack;
    stack.scale(4);
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    struct {
        NDIS_RECEIVE_SCALE_PARAMETERS parameters;
        PROCESSOR_NUMBER table[128];
        UCHAR key[TRAFFIC_RSS_KEY_BYTES];
    } answer{};
    ASSERT_EQ(stack.request(NdisRequestQueryInformation, OID_GEN_RECEIVE_SCALE_PARAMETERS, &answer, sizeof(answer)), NDIS_STATUS_SUCCESS);
    for (unsigned i = 0; i < 128; i++) EXPECT_EQ(answer.table[i].Number, i % 4);
    EXPECT_EQ(memcmp(answer.key, traffic_rss_key, sizeof(answer.key)), 0);
    NDIS_RECEIVE_SCALE_PARAMETERS off{};
    off.Header = {NDIS_OBJECT_TYPE_RSS_PARAMETERS, 2, NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2};
    off.Flags = NDIS_RSS_PARAM_FLAG_DISABLE_RSS;
    ASSERT_EQ(stack.request(NdisRequestSetInformation, OID_GEN_RECEIVE_SCALE_PARAMETERS, &off, sizeof(off)), NDIS_STATUS_SUCCESS);
    const unsigned before = fake_platform_interrupts(stack.fake, 3) + fake_platform_interrupts(stack.fake, 5) + fake_platform_interrupts(stack.fake, 7);
    for (unsigned i = 0; i < 60; i++) ASSERT_TRUE(stack.receive(make_packet({4, true, false, static_cast<uint8_t>(i + 1)}, make_payload(i, 100))));
    stack.run_for(200 * 1000);
    EXPECT_EQ(stack.received.size(), 60u);
    EXPECT_EQ(before, fake_platform_interrupts(stack.fake, 3) + fake_platform_interrupts(stack.fake, 5) + fake_platform_interrupts(stack.fake, 7));
}

TEST(NetcxQueues, PacketIdsOfReceivedFramesCountByQueue) {
    NetcxStack stack;
    stack.scale(4);
    stack.machine.trace = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
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

// ---- Resets under traffic
TEST(NetcxResets, OfQueuesDeviceAndMiniportLoseNoNbl) {
    NetcxStack stack(checksums | segmentation | filters);
    stack.scale(4);
    stack.config.offloads.checksum = stack.config.offloads.filter = true;
    stack.config.offloads.large_send = 20000;
    stack.config.tx_queue_size = 8;
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    unsigned came = 0;
    for (unsigned round = 0; round < 40; round++) {
        for (Bytes& frame : make_segments({4, true, false, static_cast<uint8_t>(round % 9 + 1)}, 12, 800, 800)) stack.to_send.push_back(frame);
        traffic_kick(stack.traffic);
        for (unsigned i = 0; i < 4; i++) came += stack.receive(make_packet({4, true, false, static_cast<uint8_t>(i * 31 + round)}, make_payload(i, 90)));
        stack.run_for(150 + round * 290);
        switch (round % 4) {
        case 0: ASSERT_EQ(traffic_reset_queue(stack.traffic, round / 4 % 8), 0); break;
        case 1: ASSERT_EQ(traffic_reset_device(stack.traffic), 0); break;
        case 2: ASSERT_EQ(traffic_reset_miniport(stack.traffic, 0), 0); break;
        default: ASSERT_EQ(traffic_restart_stack(stack.traffic), 0); break;
        }
    }
    stack.more_may_come = false;
    traffic_kick(stack.traffic);
    ASSERT_TRUE(stack.run_until_sent());
    EXPECT_EQ(stack.sent.size(), stack.to_send.size());
    EXPECT_EQ(stack.counts().nbl_outstanding, 0u);
    // And it works: scaling, filters and all.
    stack.run_for(100 * 1000);
    const size_t before = stack.infos.size();
    EXPECT_LE(before, came);
    Bytes other = make_packet({4, true, false, 1}, make_payload(1, 50)), mine = other;
    other[5] = 99, mine[5] = 1;
    (void)stack.receive(other);
    ASSERT_TRUE(stack.receive(mine));
    stack.run_for(100 * 1000);
    ASSERT_EQ(stack.infos.size(), before + 1);
    EXPECT_EQ(stack.received.back(), mine);
    EXPECT_EQ(stack.infos.back().hash_type, NDIS_HASH_TCP_IPV4);
}

TEST(NetcxReceive, BuffersOfSeveralPieces) {
    for (unsigned pieces : {2u, 3u, 16u}) {
        for (bool merged : {false, true}) {
            NetcxStack stack(REGMAP_BIT(VIRTIO_NET_F_MRG_RXBUF_BIT));
            stack.config.rx_buffer_elements = pieces;
            stack.config.rx_buffer_bytes = merged ? 2000 : 9000;
            stack.config.rx_queue_size = 64;
            stack.config.offloads.mergeable = merged;
            ASSERT_EQ(stack.start(), 0) << stack.error;
            std::vector<Bytes> frames;
            for (unsigned i = 0; i < 200; i++) frames.push_back(make_frame(i, 60 + i * 29 % 8900));
            for (const Bytes& frame : frames) {
                ASSERT_TRUE(stack.receive(frame)) << frame.size();
                stack.run_for(20 * 1000);
            }
            stack.run_for(100 * 1000);
            ASSERT_EQ(stack.received.size(), frames.size());
            for (size_t i = 0; i < frames.size(); i++) EXPECT_EQ(stack.received[i], frames[i]) << i;
        }
    }
}

// ---- Merged buffers, filters, moderation, indirect tables
TEST(NetcxMerge, FramesOfAnyLengthArriveWhole) {
    for (unsigned bytes : {256u, 700u, 1500u}) {
        NetcxStack stack(REGMAP_BIT(VIRTIO_NET_F_MRG_RXBUF_BIT) | checksums);
        stack.config.rx_buffer_bytes = bytes;
        stack.config.offloads.mergeable = stack.config.offloads.checksum = true;
        ASSERT_EQ(stack.start(), 0) << stack.error;
        std::vector<Bytes> frames;
        for (unsigned i = 0; i < 300; i++) frames.push_back(i % 2 ? make_frame(i, 60 + i * 29 % 8900) : make_packet({}, make_payload(i, i * 31 % 8900)));
        for (size_t i = 0; i < frames.size(); i++) {
            ASSERT_TRUE(stack.receive(frames[i])) << frames[i].size();
            if (i % 3 == 2) stack.run_for(20 * 1000);
        }
        stack.run_for(100 * 1000);
        ASSERT_EQ(stack.received.size(), frames.size());
        for (size_t i = 0; i < frames.size(); i++) {
            EXPECT_EQ(stack.received[i], frames[i]) << i;
            EXPECT_EQ(stack.infos[i].tcp_good, i % 2 == 0);
        }
    }
}

TEST(NetcxMerge, AHeaderThatNamesBuffersThatDidNotComeFailsTheAdapter) {
    NetcxStack stack(REGMAP_BIT(VIRTIO_NET_F_MRG_RXBUF_BIT));
    stack.machine.device.lie_about_buffers = true;
    stack.config.offloads.mergeable = true;
    stack.expect_clean = false;
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.receive(make_frame(1, 100)));
    stack.run_for(50 * 1000);
    EXPECT_NE(fake_platform_find_violation(stack.fake, "netvio.num_buffers"), nullptr) << stack.violations();
    EXPECT_EQ(stack.received.size(), 0u);
}

TEST(NetcxFilter, TheDeviceDropsWhatIsNotWanted) {
    NetcxStack stack(filters);
    stack.machine.device.mtu = 1500;
    stack.config.offloads.filter = true;
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    Bytes mine = make_frame(1, 100), other = mine, everyone = mine, group = mine, tagged = mine;
    mine[5] = tagged[5] = 1;
    tagged[12] = 0x81, tagged[13] = 0;
    std::fill(everyone.begin(), everyone.begin() + 6, 0xFF);
    group[0] |= 1;
    for (const Bytes& frame : {mine, other, everyone, group, tagged}) (void)stack.receive(frame);
    stack.run_for(50 * 1000);
    EXPECT_EQ(stack.state().unwanted, 3u);
    ASSERT_EQ(stack.received.size(), 2u);
    EXPECT_EQ(stack.received[0], mine);
    EXPECT_EQ(stack.received[1], everyone);
    ULONG mtu = 0, filter = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST;
    EXPECT_EQ(stack.request(NdisRequestQueryInformation, OID_GEN_MAXIMUM_FRAME_SIZE, &mtu, sizeof(mtu)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(mtu, 1500u);
    EXPECT_EQ(stack.request(NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, group.data(), 6), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(stack.request(NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter)), NDIS_STATUS_SUCCESS);
    for (const Bytes& frame : {group, everyone}) (void)stack.receive(frame);
    stack.run_for(50 * 1000);
    ASSERT_EQ(stack.received.size(), 3u);
    EXPECT_EQ(stack.received[2], group);
}

TEST(NetcxFilter, LetsTheVlanOfTheAdapterThrough) {
    NetcxStack stack(filters);
    stack.machine.device.mtu = 1500;
    stack.config.offloads.filter = true;
    stack.config.tag = {7, 0, true};
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    for (uint8_t id : {7, 8}) {
        Bytes frame = make_frame(1, 100);
        frame[5] = 1;
        const Bytes tag = {0x81, 0x00, 0x00, id};
        frame.insert(frame.begin() + 12, tag.begin(), tag.end());
        (void)stack.receive(frame);
    }
    stack.run_for(50 * 1000);
    ASSERT_EQ(stack.received.size(), 1u);
    EXPECT_EQ(stack.infos[0].tag, 7u);
}

TEST(NetcxModeration, IsTheDevices) {
    NetcxStack stack(control | REGMAP_BIT(VIRTIO_NET_F_NOTF_COAL_BIT));
    stack.config.tx_max_packets = 16, stack.config.tx_max_usecs = 10;
    stack.config.rx_max_packets = 8, stack.config.rx_max_usecs = 20;
    for (unsigned i = 0; i < 200; i++) stack.to_send.push_back(make_frame(i, 100));
    stack.send_all();
    EXPECT_EQ(stack.state().max_packets[1], 16u);
    EXPECT_EQ(stack.state().max_usecs[1], 10u);
    EXPECT_EQ(stack.state().max_packets[0], 8u);
    EXPECT_EQ(stack.state().max_usecs[0], 20u);
}

TEST(NetcxIndirect, LongChainsGoOutAsATable) {
    NetcxStack stack(REGMAP_BIT(VIRTIO_F_INDIRECT_DESC_BIT));
    stack.config.tx_indirect_from = 2;
    stack.config.cut = TRAFFIC_CUT_EVEN;
    stack.config.pieces = 6;
    stack.config.tx_queue_size = 16;
    for (unsigned i = 0; i < 100; i++) stack.to_send.push_back(make_frame(i, 600));
    stack.send_all();
    EXPECT_EQ(stack.tables, 100u);
}

TEST(NetcxAddress, IsTheOneThatTheAdapterWasGivenIfTheDeviceTakesIt) {
    for (uint64_t features : {control | REGMAP_BIT(VIRTIO_NET_F_CTRL_MAC_ADDR_BIT), uint64_t{0}}) {
        NetcxStack stack(features);
        stack.config.network_address = "020000ABCDEF";
        stack.more_may_come = true;
        ASSERT_EQ(stack.start(), 0) << stack.error;
        Bytes current(6), own = {0x02, 0, 0, 0, 0, 1}, given = {0x02, 0, 0, 0xAB, 0xCD, 0xEF};
        ASSERT_EQ(stack.request(NdisRequestQueryInformation, OID_802_3_CURRENT_ADDRESS, current.data(), 6), NDIS_STATUS_SUCCESS);
        EXPECT_EQ(current, features ? given : own);
    }
}

}  // namespace
