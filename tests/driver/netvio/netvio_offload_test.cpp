// SPDX-License-Identifier: Apache-2.0
// Work that the miniport leaves to the device: checksums, large sends, receive side scaling, merged buffers, filters. The frames that the
// tests send have every sum right; the device makes them anew, and what leaves must be the same bytes.
#include <map>
#include <tuple>

#include "../stack/packets.h"
#include "../stack/stack.h"
#include "netvio.h"
#include "traffic_internal.h"

namespace {

const uint64_t control = REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT);
const uint64_t checksums = REGMAP_BIT(VIRTIO_NET_F_CSUM_BIT) | REGMAP_BIT(VIRTIO_NET_F_GUEST_CSUM_BIT);
const uint64_t segmentation = checksums | REGMAP_BIT(VIRTIO_NET_F_HOST_TSO4_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_TSO6_BIT) |
                              REGMAP_BIT(VIRTIO_NET_F_HOST_ECN_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_USO_BIT);
const uint64_t scaling = control | REGMAP_BIT(VIRTIO_NET_F_MQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_RSS_BIT) | REGMAP_BIT(VIRTIO_NET_F_HASH_REPORT_BIT);
const uint64_t filters = control | REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT) |
                         REGMAP_BIT(VIRTIO_NET_F_CTRL_VLAN_BIT) | REGMAP_BIT(VIRTIO_NET_F_MTU_BIT);

fake_device_state state_of(const Stack& stack) {
    fake_device_state state;
    fake_device_get_state(stack.fake, &state);
    return state;
}

void offer(Stack& stack, uint64_t features) { stack.machine.device.features |= features; }

// ---- Checksums
// IP version, TCP or UDP, tagged, backfill
class NetvioChecksum : public testing::TestWithParam<std::tuple<int, bool, bool, unsigned>> {
protected:
    PacketShape shape() const {
        PacketShape shape;
        std::tie(shape.version, shape.tcp, shape.tagged, std::ignore) = GetParam();
        return shape;
    }
};
INSTANTIATE_TEST_SUITE_P(Shapes, NetvioChecksum, testing::Combine(testing::Values(4, 6), testing::Bool(), testing::Bool(), testing::Values(0u, 12u)));

TEST_P(NetvioChecksum, IsMadeByTheDeviceAndTheSameBytesLeave) {
    for (traffic_cut cut : {TRAFFIC_CUT_WHOLE, TRAFFIC_CUT_HEADER, TRAFFIC_CUT_RANDOM}) {
        Stack stack;
        offer(stack, checksums);
        stack.config.offloads.checksum = true;
        stack.config.cut = cut;
        stack.config.backfill = std::get<3>(GetParam());
        for (unsigned i = 0; i < 200; i++) stack.to_send.push_back(make_packet(shape(), make_payload(i, i * 7 % 1400)));
        ASSERT_EQ(stack.start(), 0) << stack.error;
        ASSERT_TRUE(stack.run_until_sent());
        stack.expect_all_sent();
        EXPECT_EQ(state_of(stack).checksums, 200u);
        EXPECT_EQ(stack.counts().tx_checksums, 200u);
        if (cut != TRAFFIC_CUT_WHOLE) continue;
        EXPECT_EQ(stack.elements[0], stack.config.backfill ? 1u : 2u) << "a checksum costs no descriptor";
    }
}

TEST_P(NetvioChecksum, IsMadeInSoftwareWithoutTheFeature) {
    Stack stack;
    stack.config.offloads.checksum = true;
    stack.config.offloads.large_send = 60000;
    for (unsigned i = 0; i < 20; i++) stack.to_send.push_back(make_packet(shape(), make_payload(i, 100 + i)));
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    EXPECT_EQ(state_of(stack).checksums, 0u);
    EXPECT_EQ(stack.counts().tx_checksums, 0u);
}

TEST(NetvioChecksumOdd, WhatTheDeviceWouldChangeIsNotLeftToIt) {
    Stack stack;
    offer(stack, checksums);
    stack.config.offloads.checksum = true;
    Bytes wrong = make_packet({}, make_payload(1, 99)), fragment = wrong, zero = make_packet({4, false}, make_payload(2, 50));
    wrong[60] ^= 1;
    fragment[14 + 6] = 0x20;
    zero[14 + 20 + 6] = zero[14 + 20 + 7] = 0;  // UDP without a checksum
    Bytes cut_short(wrong.begin(), wrong.begin() + 40), padded = make_packet({}, {});
    padded.resize(60);
    stack.to_send = {wrong, fragment, zero, cut_short, padded, make_frame(1, 100)};
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    EXPECT_EQ(state_of(stack).checksums, 1u) << "the padded one";
}

TEST(NetvioChecksumNbs, OfOneNblAskForTheSame) {
    Stack stack;
    offer(stack, checksums);
    stack.config.offloads.checksum = true;
    stack.config.nbs_per_nbl = 4;
    PacketShape longer;
    longer.tcp_options = 3;
    for (unsigned i = 0; i < 60; i++) {
        stack.to_send.push_back(make_packet(i % 3 == 2 ? longer : PacketShape{}, make_payload(i, 100)));
        if (i % 7 == 0) stack.to_send.back()[50] ^= 0xFF;  // a wrong sum stays wrong
    }
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    EXPECT_EQ(state_of(stack).checksums, 60u - 9u);
}

TEST(NetvioChecksumReceive, IsSaidOfGoodFramesAlone) {
    Stack stack;
    offer(stack, checksums);
    stack.config.offloads.checksum = true;
    ASSERT_EQ(stack.start(), 0);
    Bytes good = make_packet({}, make_payload(1, 77)), bad = good;
    bad.back() ^= 1;
    const Bytes frames[] = {good, bad, make_packet({6, false, true}, make_payload(2, 300)), make_frame(3, 100)};
    for (const Bytes& frame : frames) ASSERT_TRUE(stack.receive(frame));
    stack.run_for(100 * 1000);
    ASSERT_EQ(stack.infos.size(), 4u);
    for (size_t i = 0; i < 4; i++) EXPECT_EQ(stack.received[i], frames[i]);
    EXPECT_TRUE(stack.infos[0].tcp_good && !stack.infos[0].udp_good);
    EXPECT_FALSE(stack.infos[1].tcp_good || stack.infos[1].udp_good);
    EXPECT_TRUE(stack.infos[2].udp_good && !stack.infos[2].tcp_good);
    EXPECT_FALSE(stack.infos[3].tcp_good || stack.infos[3].udp_good);
    EXPECT_EQ(stack.counts().rx_checksums, 2u);
}

// The driver finds them when the device is reset already, and has forgotten what was negotiated.
TEST(NetvioChecksumReceive, IsSaidOfFramesThatAResetOfTheDeviceBrings) {
    Stack stack;
    offer(stack, checksums | REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_NOTF_COAL_BIT));
    stack.config.offloads.checksum = true;
    stack.config.rx_max_packets = 100;
    stack.config.rx_max_usecs = 1000 * 1000;
    ASSERT_EQ(stack.start(), 0);
    ASSERT_TRUE(stack.receive(make_packet({}, make_payload(1, 77))));
    ASSERT_TRUE(stack.infos.empty());
    ASSERT_EQ(traffic_reset_device(stack.traffic), 0);
    ASSERT_EQ(stack.infos.size(), 1u);
    EXPECT_TRUE(stack.infos[0].tcp_good);
}

// ---- Large sends
class NetvioLargeSend : public testing::TestWithParam<std::tuple<int, bool, traffic_cut>> {};
INSTANTIATE_TEST_SUITE_P(Shapes, NetvioLargeSend, testing::Combine(testing::Values(4, 6), testing::Bool(),
                                                                   testing::Values(TRAFFIC_CUT_WHOLE, TRAFFIC_CUT_HEADER, TRAFFIC_CUT_RANDOM)));

TEST_P(NetvioLargeSend, SegmentsTravelAsOneAndLeaveAsTheyWere) {
    Stack stack;
    offer(stack, segmentation);
    stack.config.offloads.large_send = 60 * 1024;
    PacketShape shape;
    std::tie(shape.version, shape.tcp, stack.config.cut) = GetParam();
    unsigned expected = 0;
    for (unsigned run = 0; run < 12; run++) {
        shape.flow = static_cast<uint8_t>(1 + run % 3);
        shape.tagged = run % 4 == 3;
        shape.tcp_options = shape.tcp ? run % 5 : 0;
        shape.flags = run % 2 ? 0xD0 : 0x10;  // CWR, ECE
        const unsigned count = 2 + run * 3;
        for (Bytes& frame : make_segments(shape, count, 1000 + run, run % 2 ? 1 : 500)) stack.to_send.push_back(frame);
        shape.id = static_cast<uint16_t>(shape.id + 100);
        expected += count;
    }
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    EXPECT_EQ(state_of(stack).large_sends, 12u);
    EXPECT_EQ(stack.counts().large_sends, 12u);
    EXPECT_EQ(stack.counts().large_send_frames, expected);
    EXPECT_LT(stack.counts().nbl_sent, expected / 4) << "one NBL stands for many frames";
}

TEST_P(NetvioLargeSend, EndsWhereTheAdapterSaysThatItIsTooLong) {
    Stack stack;
    offer(stack, segmentation);
    stack.config.offloads.large_send = 4000;
    PacketShape shape;
    std::tie(shape.version, shape.tcp, stack.config.cut) = GetParam();
    for (Bytes& frame : make_segments(shape, 40, 1000, 1000)) stack.to_send.push_back(frame);
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    EXPECT_EQ(state_of(stack).large_sends, 10u);
}

TEST(NetvioLargeSends, OfTheLargestSizeLeaves) {
    Stack stack;
    offer(stack, segmentation);
    stack.config.offloads.large_send = TRAFFIC_LARGE_SEND_MOST;
    stack.config.outstanding_nbls = 4;
    for (Bytes& frame : make_segments({}, 300, 8960, 8960)) stack.to_send.push_back(frame);
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    EXPECT_EQ(state_of(stack).large_sends, 50u) << "six segments of 8960 bytes are the most below 61440";
}

TEST(NetvioLargeSends, IsNotMadeOfWhatDoesNotFollow) {
    Stack stack;
    offer(stack, segmentation);
    stack.config.offloads.large_send = 60000;
    PacketShape shape;
    std::vector<Bytes> frames = make_segments(shape, 12, 400, 400);
    shape.id = 40;
    const auto other = [&](auto change) {
        PacketShape copy = shape;
        change(copy);
        stack.to_send.push_back(make_packet(shape, make_payload(1, 200)));
        copy.id++;
        if (copy.sequence == shape.sequence) copy.sequence += 200;
        stack.to_send.push_back(make_packet(copy, make_payload(2, 200)));
        shape.id = static_cast<uint16_t>(shape.id + 10);
    };
    other([](PacketShape& one) { one.flow = 7; });
    other([](PacketShape& one) { one.sequence = 5; });
    other([](PacketShape& one) { one.flags = 0x90; });
    other([](PacketShape& one) { one.flags = 0x11 | 0x04; });
    other([](PacketShape& one) { one.id = 9; });
    other([](PacketShape& one) { one.tagged = true; });
    other([](PacketShape& one) { one.tcp_options = 1; });
    other([](PacketShape& one) { one.version = 6; });
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    EXPECT_EQ(state_of(stack).large_sends, 0u);
}

TEST(NetvioLargeSends, ThatWasNotNegotiatedIsRefused) {
    Stack stack;
    offer(stack, checksums);
    stack.config.offloads.large_send = 60000;
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    stack.traffic->tasks.lso4 = 60000;  // a protocol that did not look at what it was told
    for (Bytes& frame : make_segments({}, 5, 400, 400)) stack.to_send.push_back(frame);
    stack.to_send.push_back(make_frame(1, 100));
    stack.more_may_come = false;
    traffic_kick(stack.traffic);
    ASSERT_TRUE(stack.run_until_sent());
    ASSERT_EQ(stack.sent.size(), 6u);
    for (unsigned i = 0; i < 5; i++) EXPECT_EQ(stack.sent[i].status, NDIS_STATUS_INVALID_PACKET);
    EXPECT_EQ(stack.sent[5].status, 0);
    EXPECT_EQ(stack.on_wire.size(), 1u);
}

TEST(NetvioLargeSends, ComesBackAbortedWhenTheDeviceIsReset) {
    Stack stack;
    offer(stack, segmentation | REGMAP_BIT(VIRTIO_F_RING_RESET_BIT));
    stack.config.offloads.large_send = 60000;
    for (unsigned run = 0; run < 40; run++)
        for (Bytes& frame : make_segments({4, true, false, static_cast<uint8_t>(run + 1)}, 10, 1000, 1000)) stack.to_send.push_back(frame);
    ASSERT_EQ(stack.start(), 0) << stack.error;
    fake_device_hold(stack.fake, FAKE_QUEUE_TX, true);
    stack.run_for(50 * 1000);
    ASSERT_EQ(traffic_reset_device(stack.traffic), 0);
    fake_device_hold(stack.fake, FAKE_QUEUE_TX, false);
    ASSERT_TRUE(stack.run_until_sent());
    ASSERT_EQ(stack.sent.size(), 400u);
    size_t aborted = 0;
    for (const Stack::Sent& one : stack.sent) aborted += one.status == NDIS_STATUS_SEND_ABORTED;
    EXPECT_GT(aborted, 0u);
    EXPECT_EQ(aborted % 10, 0u) << "a large send is aborted whole";
    EXPECT_EQ(stack.on_wire.size() + aborted, 400u);
}

// ---- What NDIS may switch
TEST(NetvioTasks, AreSwitchedOffAndOnUnderTraffic) {
    Stack stack;
    offer(stack, segmentation | control | REGMAP_BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT));
    stack.config.offloads.checksum = true;
    stack.config.offloads.large_send = 60000;
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    const auto send = [&] {
        for (Bytes& frame : make_segments({}, 6, 400, 400)) stack.to_send.push_back(frame);
        traffic_kick(stack.traffic);
        stack.run_for(1000 * 1000);
    };
    const auto set = [&](UCHAR checksum, UCHAR lso) {
        NDIS_OFFLOAD_PARAMETERS parameters{};
        parameters.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_OFFLOAD_PARAMETERS_REVISION_1, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1};
        parameters.TCPIPv4Checksum = checksum;
        parameters.LsoV2IPv4 = lso;
        kernel_scope scope;
        kernel_enter(stack.traffic->kernel, &scope);
        NDIS_STATUS status = traffic_request(stack.traffic, NdisRequestSetInformation, OID_TCP_OFFLOAD_PARAMETERS, &parameters, sizeof(parameters));
        kernel_leave(&scope);
        return status;
    };
    send();
    EXPECT_EQ(state_of(stack).large_sends, 1u);
    ASSERT_EQ(set(NDIS_OFFLOAD_PARAMETERS_NO_CHANGE, NDIS_OFFLOAD_PARAMETERS_LSOV2_DISABLED), NDIS_STATUS_SUCCESS);
    send();
    EXPECT_EQ(state_of(stack).large_sends, 1u);
    EXPECT_EQ(state_of(stack).checksums, 6u) << "each frame by itself";
    ASSERT_EQ(set(NDIS_OFFLOAD_PARAMETERS_TX_RX_DISABLED, NDIS_OFFLOAD_PARAMETERS_NO_CHANGE), NDIS_STATUS_SUCCESS);
    send();
    EXPECT_EQ(state_of(stack).checksums, 6u);
    ASSERT_TRUE(stack.receive(make_packet({}, make_payload(1, 50))));
    stack.run_for(100 * 1000);
    ASSERT_EQ(stack.infos.size(), 1u);
    EXPECT_FALSE(stack.infos[0].tcp_good);
    ASSERT_EQ(set(NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED, NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED), NDIS_STATUS_SUCCESS);
    send();
    EXPECT_EQ(state_of(stack).large_sends, 2u);
    ASSERT_EQ(stack.on_wire.size(), stack.to_send.size());
    for (size_t i = 0; i < stack.to_send.size(); i++) EXPECT_EQ(stack.on_wire[i], stack.to_send[i]);
}

TEST(NetvioTasks, ThatTheDeviceLacksCannotBeSwitchedOn) {
    Stack stack;
    offer(stack, REGMAP_BIT(VIRTIO_NET_F_CSUM_BIT));
    stack.config.offloads.checksum = true;
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    NDIS_OFFLOAD config{};
    kernel_scope scope;
    kernel_enter(stack.traffic->kernel, &scope);
    ASSERT_EQ(traffic_request(stack.traffic, NdisRequestQueryInformation, OID_TCP_OFFLOAD_CURRENT_CONFIG, &config, sizeof(config)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(config.Checksum.IPv4Transmit.TcpChecksum, NDIS_OFFLOAD_SUPPORTED);
    EXPECT_EQ(config.Checksum.IPv4Receive.TcpChecksum, NDIS_OFFLOAD_NOT_SUPPORTED);
    EXPECT_EQ(config.LsoV2.IPv4.MaxOffLoadSize, 0u);
    EXPECT_EQ(config.LsoV1.IPv4.MaxOffLoadSize, 0u);
    EXPECT_FALSE(config.Rsc.IPv4.Enabled || config.Rsc.IPv6.Enabled) << "this NIC coalesces nothing";
    NDIS_OFFLOAD_PARAMETERS wanted{};
    const auto refused = [&](UCHAR NDIS_OFFLOAD_PARAMETERS::*member, UCHAR value) {
        wanted = {};
        wanted.*member = value;
        return traffic_request(stack.traffic, NdisRequestSetInformation, OID_TCP_OFFLOAD_PARAMETERS, &wanted, sizeof(wanted));
    };
    EXPECT_EQ(refused(&NDIS_OFFLOAD_PARAMETERS::LsoV2IPv4, NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED), NDIS_STATUS_NOT_SUPPORTED);
    wanted = {};
    wanted.UdpSegmentation.IPv6 = NDIS_OFFLOAD_PARAMETERS_USO_ENABLED;
    EXPECT_EQ(traffic_request(stack.traffic, NdisRequestSetInformation, OID_TCP_OFFLOAD_PARAMETERS, &wanted, sizeof(wanted)),
              NDIS_STATUS_NOT_SUPPORTED);
    EXPECT_EQ(refused(&NDIS_OFFLOAD_PARAMETERS::RscIPv4, NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED), NDIS_STATUS_NOT_SUPPORTED);
    EXPECT_EQ(refused(&NDIS_OFFLOAD_PARAMETERS::UDPIPv6Checksum, NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED), NDIS_STATUS_NOT_SUPPORTED);
    EXPECT_EQ(refused(&NDIS_OFFLOAD_PARAMETERS::UDPIPv6Checksum, NDIS_OFFLOAD_PARAMETERS_TX_ENABLED_RX_DISABLED), NDIS_STATUS_SUCCESS);
    kernel_leave(&scope);
}

// ---- Receive side scaling
void scaled(Stack& stack, uint16_t pairs) {
    offer(stack, scaling);
    stack.machine.device.max_pairs = 16;
    stack.machine.vectors = 2u * pairs + 1;
    stack.config.queue_pairs = pairs;
    stack.config.offloads.rss = true;
}

TEST(NetvioRss, SpreadsFlowsByTheirHashAndSaysIt) {
    Stack stack;
    scaled(stack, 4);
    ASSERT_EQ(stack.start(), 0) << stack.error;
    stack.receive_hashed(120, 40);
    EXPECT_EQ(stack.counts().rx_hashes, 120u);
    for (unsigned queue = 0; queue < 4; queue++) EXPECT_GT(fake_platform_interrupts(stack.fake, 2 * queue + 1), 0u) << queue;
}

// The table of the Windows documentation: source, destination, hash over addresses and ports, and over addresses alone.
TEST(NetvioRss, HashesAreThePublishedOnes) {
    struct {
        uint8_t from[4], to[4];
        uint16_t from_port, to_port;
        uint32_t hash;
    } vectors[] = {{{66, 9, 149, 187}, {161, 142, 100, 80}, 2794, 1766, 0x51ccc178},
                   {{199, 92, 111, 2}, {65, 69, 140, 83}, 14230, 4739, 0xc626b0ea},
                   {{24, 19, 198, 95}, {12, 22, 207, 184}, 12898, 38024, 0x5c2b394a}};
    Stack stack;
    scaled(stack, 2);
    ASSERT_EQ(stack.start(), 0) << stack.error;
    for (const auto& vector : vectors) {
        Bytes frame = make_packet({}, make_payload(1, 10));
        std::memcpy(&frame[26], vector.from, 4);
        std::memcpy(&frame[30], vector.to, 4);
        const uint8_t ports[] = {uint8_t(vector.from_port >> 8), uint8_t(vector.from_port), uint8_t(vector.to_port >> 8), uint8_t(vector.to_port)};
        std::memcpy(&frame[34], ports, 4);
        ASSERT_TRUE(stack.receive(frame));
        stack.run_for(10 * 1000);
        ASSERT_FALSE(stack.infos.empty());
        EXPECT_EQ(stack.infos.back().hash, vector.hash);
    }
}

TEST(NetvioRss, IsThereAgainAfterAResetOfTheDevice) {
    Stack stack;
    scaled(stack, 4);
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_EQ(traffic_reset_device(stack.traffic), 0);
    ASSERT_TRUE(stack.receive(make_packet({}, make_payload(1, 10))));
    stack.run_for(50 * 1000);
    ASSERT_EQ(stack.infos.size(), 1u);
    EXPECT_EQ(stack.infos[0].hash_type, NDIS_HASH_TCP_IPV4);
}

TEST(NetvioRss, IsAnsweredAsItWasSet) {
    Stack stack;
    scaled(stack, 4);
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    struct {
        NDIS_RECEIVE_SCALE_PARAMETERS parameters;
        PROCESSOR_NUMBER table[128];
        UCHAR key[TRAFFIC_RSS_KEY_BYTES];
    } answer{};
    kernel_scope scope;
    kernel_enter(stack.traffic->kernel, &scope);
    EXPECT_EQ(traffic_request(stack.traffic, NdisRequestQueryInformation, OID_GEN_RECEIVE_SCALE_PARAMETERS, &answer, sizeof(answer) - 1),
              NDIS_STATUS_BUFFER_TOO_SHORT);
    ASSERT_EQ(traffic_request(stack.traffic, NdisRequestQueryInformation, OID_GEN_RECEIVE_SCALE_PARAMETERS, &answer, sizeof(answer)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(answer.parameters.HashInformation, NDIS_HASH_IPV4 | NDIS_HASH_TCP_IPV4 | NDIS_HASH_UDP_IPV4 | NDIS_HASH_IPV6 | NDIS_HASH_TCP_IPV6 |
                                                     NDIS_HASH_UDP_IPV6 | static_cast<ULONG>(NdisHashFunctionToeplitz));
    EXPECT_EQ(answer.parameters.IndirectionTableSize, sizeof(answer.table));
    EXPECT_EQ(answer.parameters.IndirectionTableOffset, sizeof(answer.parameters));
    for (unsigned i = 0; i < 128; i++) EXPECT_EQ(answer.table[i].Number, i % 4);
    EXPECT_EQ(memcmp(answer.key, traffic_rss_key, sizeof(answer.key)), 0);
    NDIS_RECEIVE_SCALE_PARAMETERS off{};
    off.Header = {NDIS_OBJECT_TYPE_RSS_PARAMETERS, 2, NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2};
    off.Flags = NDIS_RSS_PARAM_FLAG_DISABLE_RSS;
    ASSERT_EQ(traffic_request(stack.traffic, NdisRequestSetInformation, OID_GEN_RECEIVE_SCALE_PARAMETERS, &off, sizeof(off)), NDIS_STATUS_SUCCESS);
    ASSERT_EQ(traffic_request(stack.traffic, NdisRequestQueryInformation, OID_GEN_RECEIVE_SCALE_PARAMETERS, &answer, sizeof(answer)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(answer.parameters.Flags, NDIS_RSS_PARAM_FLAG_DISABLE_RSS);
    EXPECT_EQ(answer.parameters.HashInformation, 0u);
    kernel_leave(&scope);
}

TEST(NetvioRss, HeadersAreLongerOnSendToo) {
    Stack stack;
    scaled(stack, 2);
    stack.config.backfill = TRAFFIC_BACKFILL_ASKED;
    for (unsigned i = 0; i < 20; i++) stack.to_send.push_back(make_frame(i, 100 + i));
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    stack.expect_all_sent();
    EXPECT_EQ(stack.first[0], 20u + 100u) << "with the 20 bytes of HASH_REPORT, asked for as backfill";
}

// ---- Buffers that are merged
class NetvioMerge : public testing::TestWithParam<std::tuple<unsigned, unsigned>> {};
INSTANTIATE_TEST_SUITE_P(BytesAndElements, NetvioMerge, testing::Combine(testing::Values(256u, 512u, 1500u), testing::Values(1u, 3u)));

TEST_P(NetvioMerge, FramesOfAnyLengthArriveWhole) {
    Stack stack;
    offer(stack, REGMAP_BIT(VIRTIO_NET_F_MRG_RXBUF_BIT) | checksums);
    std::tie(stack.config.rx_buffer_bytes, stack.config.rx_buffer_elements) = GetParam();
    stack.config.offloads.mergeable = true;
    stack.config.offloads.checksum = true;
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
    EXPECT_EQ(state_of(stack).dropped, 0u);
}

TEST(NetvioMerged, QueueResetKeepsEveryBuffer) {
    Stack stack;
    offer(stack, REGMAP_BIT(VIRTIO_NET_F_MRG_RXBUF_BIT) | REGMAP_BIT(VIRTIO_F_RING_RESET_BIT));
    stack.config.offloads.mergeable = true;
    stack.config.rx_buffer_bytes = 512;
    stack.config.rx_queue_size = 32;
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    unsigned sent = 0;
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 3; i++) sent += stack.receive(make_frame(sent, 3000));
        if (round % 3 == 1) { ASSERT_EQ(traffic_reset_queue(stack.traffic, 0), 0); }
        if (round % 5 == 4) { ASSERT_EQ(traffic_reset_device(stack.traffic), 0); }
        stack.run_for(50 * 1000);
    }
    EXPECT_GE(stack.received.size(), 57u);
    EXPECT_EQ(stack.traffic->miniport.rx_buffer_bytes, 512u);
}

TEST(NetvioMerged, HeaderThatNamesBuffersThatDidNotComeFailsTheAdapter) {
    Stack stack;
    offer(stack, REGMAP_BIT(VIRTIO_NET_F_MRG_RXBUF_BIT));
    stack.machine.device.lie_about_buffers = true;
    stack.config.offloads.mergeable = true;
    stack.expect_clean = false;
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.receive(make_frame(1, 100)));
    stack.run_for(50 * 1000);
    EXPECT_NE(fake_platform_find_violation(stack.fake, "netvio.num_buffers"), nullptr) << stack.violations();
    EXPECT_EQ(stack.received.size(), 0u);
    stack.stop();
    EXPECT_EQ(fake_platform_destroy(stack.fake), 0u);
    stack.fake = nullptr;
}

// ---- Filters
TEST(NetvioFilter, TheDeviceDropsWhatIsNotWanted) {
    Stack stack;
    offer(stack, filters);
    stack.machine.device.mtu = 1500;
    stack.config.offloads.filter = true;
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    Bytes mine = make_frame(1, 100), other = mine, everyone = mine, group = mine, tagged = mine;
    mine[5] = tagged[5] = 1;
    tagged[12] = 0x81, tagged[13] = 0;
    std::fill(everyone.begin(), everyone.begin() + 6, 0xFF);
    group[0] |= 1;
    for (unsigned round = 0; round < 2; round++) {
        for (const Bytes& frame : {mine, other, everyone, group, tagged}) (void)stack.receive(frame);
        stack.run_for(50 * 1000);
        EXPECT_EQ(state_of(stack).unwanted, 3u * (round + 1));
        EXPECT_EQ(stack.received.size(), 2u * (round + 1));
        if (round == 0) { ASSERT_EQ(traffic_reset_device(stack.traffic), 0) << "the filters are set again"; }
    }
    EXPECT_EQ(stack.received[0], mine);
    EXPECT_EQ(stack.received[1], everyone);
    ULONG mtu = 0;
    kernel_scope scope;
    kernel_enter(stack.traffic->kernel, &scope);
    EXPECT_EQ(traffic_request(stack.traffic, NdisRequestQueryInformation, OID_GEN_MAXIMUM_FRAME_SIZE, &mtu, sizeof(mtu)), NDIS_STATUS_SUCCESS);
    uint8_t list[6];
    std::memcpy(list, group.data(), 6);
    ULONG filter = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST;
    EXPECT_EQ(traffic_request(stack.traffic, NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, list, sizeof(list)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(traffic_request(stack.traffic, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter)), NDIS_STATUS_SUCCESS);
    kernel_leave(&scope);
    EXPECT_EQ(mtu, 1500u) << "what the device says";
    for (const Bytes& frame : {group, everyone}) (void)stack.receive(frame);
    stack.run_for(50 * 1000);
    ASSERT_EQ(stack.received.size(), 5u);
    EXPECT_EQ(stack.received[4], group);
}

}  // namespace
