// SPDX-License-Identifier: Apache-2.0
// What headers of packets and the filter of the whole device promise: fields that mean nothing are not looked at, and claim nothing.
#include "net_commands.h"
#include "nic_device.h"
#include "packet_model.h"
#include "packets.h"

namespace {

constexpr uint64_t csum = feature(VIRTIO_NET_F_CSUM_BIT), guest_csum = feature(VIRTIO_NET_F_GUEST_CSUM_BIT);
constexpr uint64_t merge = feature(VIRTIO_NET_F_MRG_RXBUF_BIT), mtu = feature(VIRTIO_NET_F_MTU_BIT);
constexpr uint64_t filters = control | feature(VIRTIO_NET_F_CTRL_RX_BIT) | feature(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT);

// Sends one packet, and returns the frame that left.
Frame send(Device& d, const Frame& packet, const Frame& header, const std::vector<uint32_t>& cuts = {}) {
    const auto elements = d.place(kTxData + d.host.bench.random() % 64, packet, cuts, 3, header);
    EXPECT_TRUE(d.tx.offer(elements, elements.size()));
    d.host.sent.clear();
    d.tx.kick();
    EXPECT_TRUE(d.run_until([&] { d.tx.reap(); return !d.host.sent.empty() && d.tx.outstanding.empty(); })) << "nothing was sent";
    return d.host.sent.empty() ? Frame() : d.host.sent.back();
}

TEST(NicHeaders, FieldsThatSayNothingAreNotLookedAt) {  // VIRTIO T1, T2, T4, T8
    for (const uint64_t more : {uint64_t{0}, csum}) {
        Device d(config(1), basic | more, 1);
        auto& random = d.host.bench.random;
        for (unsigned i = 0; i < 40; ++i) {
            Packet p = make_packet(random, random_kind(random, 200));
            p.bytes.resize(p.end);
            if (i % 2) p.bytes[p.field()] ^= 0x5A;          // a checksum that is wrong stays wrong
            Frame header(VIRTIO_NET_HDR_SIZE);
            for (auto& byte : header) byte = uint8_t(random());
            header[VIRTIO_NET_HDR_FLAGS] &= uint8_t(~(1u << VIRTIO_NET_HDR_F_NEEDS_CSUM_BIT));
            header[VIRTIO_NET_HDR_GSO_TYPE] = VIRTIO_NET_HDR_GSO_NONE;
            ASSERT_EQ(difference(send(d, p.bytes, header), with_fcs(p.bytes)), "") << "packet " << i << " features " << more;
        }
    }
}

TEST(NicHeaders, TheLengthOfTheHeadersIsNotTrusted) {  // VIRTIO T3, T5
    Device d(config(2), basic | csum, 1);
    auto& random = d.host.bench.random;
    for (const unsigned claimed : {0u, 1u, 13u, 14u, 40u, 54u, 200u, 1000u, 0xFFFFu}) {
        Packet p = make_packet(random, random_kind(random, 300));
        p.bytes.resize(p.end);
        const Frame want = with_fcs(p.bytes);
        put16(p.bytes, p.field(), pseudo_sum(p, p.end - p.l4));
        Frame header(VIRTIO_NET_HDR_SIZE, 0);
        header[VIRTIO_NET_HDR_FLAGS] = uint8_t(0xFE | 1u << VIRTIO_NET_HDR_F_NEEDS_CSUM_BIT);   // and flags that it does not know
        header[VIRTIO_NET_HDR_HDR_LEN] = uint8_t(claimed);
        header[VIRTIO_NET_HDR_HDR_LEN + 1] = uint8_t(claimed >> 8);
        header[VIRTIO_NET_HDR_CSUM_START] = uint8_t(p.l4);
        header[VIRTIO_NET_HDR_CSUM_START + 1] = uint8_t(p.l4 >> 8);
        header[VIRTIO_NET_HDR_CSUM_OFFSET] = uint8_t(p.field() - p.l4);
        header[VIRTIO_NET_HDR_NUM_BUFFERS] = 7;
        ASSERT_EQ(difference(send(d, p.bytes, header, {5, 30, 1, 1}), want), "") << "hdr_len " << claimed;
    }
}

TEST(NicHeaders, PacketsOfTheMtuLeaveWhole) {  // VIRTIO N3, N5
    Device d(config(3), basic | mtu, 1);
    auto& random = d.host.bench.random;
    const uint32_t longest = d.host.read(BAR0_DEVICE + VIRTIO_NET_CONFIG_MTU, 2);
    for (const unsigned tags : {0u, 1u}) {
        PacketKind kind;
        kind.tags = tags;
        Frame frame = make_packet(random, kind).bytes;
        frame.resize(longest + ETH_HEADER + 4 * tags, 0x5A);
        ASSERT_EQ(difference(send(d, frame, Frame(VIRTIO_NET_HDR_SIZE, 0), {100, 4000}), with_fcs(frame)), "") << tags << " tags";
        d.host.step(2000);
        EXPECT_EQ(d.host.sent.size(), 1u) << "one frame, not fragments";
        EXPECT_EQ(d.host.read(BAR0_DEVICE + VIRTIO_NET_CONFIG_MTU, 2), longest);
    }
    d.start();
    EXPECT_EQ(d.host.read(BAR0_DEVICE + VIRTIO_NET_CONFIG_MTU, 2), longest);
}

// Buffers for everything, then these frames; returns header and frame of what was delivered until nothing more came.
std::vector<std::pair<Frame, Frame>> receive(Device& d, const std::vector<Frame>& frames) {
    std::vector<std::pair<Frame, Frame>> got;
    auto reap = [&] {
        for (const auto& buffer : d.rx.reap(false)) got.push_back(d.packet_in(buffer));
    };
    for (const Frame& frame : frames) {
        while (d.rx.free > 0) d.rx.offer({{kRxData + d.rx.next * 2048, 2000}}, 0);
        d.rx.kick();
        d.host.receive(with_fcs(frame));
        d.host.step(20);
        EXPECT_TRUE(d.run_until([&] { reap(); return d.host.wire_idle(); }));
    }
    d.host.step(2000);   // what is still on its way, also of a device that is slow
    reap();
    return got;
}

TEST(NicHeaders, ReceivedPacketsClaimNothingThatWasNotNegotiated) {  // VIRTIO R1, R3, R7, R8, R9, R10, R11, R12, R15, R18, R19
    for (const uint64_t more : {uint64_t{0}, merge, guest_csum, merge | guest_csum}) {
        Device d(config(4), basic | more, 1);
        auto& random = d.host.bench.random;
        std::vector<Frame> frames;
        for (unsigned i = 0; i < 60; ++i) {
            Packet p = make_packet(random, random_kind(random, 300));
            if (i % 3 == 0) p.bytes[p.field()] ^= 1;
            frames.push_back(p.bytes);
        }
        const auto got = receive(d, frames);
        ASSERT_EQ(got.size(), frames.size());
        unsigned verified = 0;
        for (size_t i = 0; i < got.size(); ++i) {
            const bool valid = (more & guest_csum) && dissect(frames[i]).verified;
            Frame want(VIRTIO_NET_HDR_SIZE, 0);
            want[VIRTIO_NET_HDR_FLAGS] = uint8_t(valid << VIRTIO_NET_HDR_F_DATA_VALID_BIT);
            want[VIRTIO_NET_HDR_NUM_BUFFERS] = 1;
            ASSERT_EQ(got[i].first, want) << "packet " << i << " features " << more;
            ASSERT_EQ(difference(got[i].second, frames[i]), "") << "packet " << i;
            verified += valid;
        }
        EXPECT_EQ(verified > 20, (more & guest_csum) != 0);
    }
}

constexpr Mac kOwn{2, 0, 0, 0, 0, 1}, kOther{2, 0, 0, 0, 0, 2}, kListed{6, 9, 9, 9, 9, 9};
constexpr Mac kGroup{3, 0, 0, 0, 0, 1}, kListedGroup{1, 0, 0x5E, 0, 0, 1}, kAll{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

Frame frame_to(std::mt19937& random, const Mac& to) {
    Frame frame = make_frame(random, 60 + random() % 40);
    std::copy(to.begin(), to.end(), frame.begin());
    frame[12] = 0x90;      // of no type that anybody looks into
    return frame;
}

TEST(NicHeaders, EveryModeOfTheFilterPassesWhatItSays) {  // VIRTIO K1, K2
    Device d(config(5), basic | filters, 1);
    auto& random = d.host.bench.random;
    ASSERT_EQ(d.command(table_command({kListed}, {kListedGroup})), VIRTIO_CTRL_ACK_OK);
    FilterModel model;
    model.by_address = true;
    model.mac = kOwn;
    model.table = {kListed, kListedGroup};
    struct { uint8_t command; bool FilterModel::*mode; } const modes[] = {
        {VIRTIO_CTRL_RX_PROMISC, &FilterModel::promisc}, {VIRTIO_CTRL_RX_ALLMULTI, &FilterModel::allmulti},
        {VIRTIO_CTRL_RX_ALLUNI, &FilterModel::alluni},   {VIRTIO_CTRL_RX_NOMULTI, &FilterModel::nomulti},
        {VIRTIO_CTRL_RX_NOUNI, &FilterModel::nouni},     {VIRTIO_CTRL_RX_NOBCAST, &FilterModel::nobcast}};
    ASSERT_EQ(d.command(mode_command(VIRTIO_CTRL_RX_PROMISC, false)), VIRTIO_CTRL_ACK_OK);
    for (unsigned combination = 0; combination < 64; ++combination) {
        const unsigned gray = combination ^ combination >> 1;     // one mode changes at a time
        for (unsigned m = 0; m < 6; ++m) {
            if (model.*modes[m].mode == bool(gray >> m & 1)) continue;
            model.*modes[m].mode = gray >> m & 1;
            ASSERT_EQ(d.command(mode_command(modes[m].command, gray >> m & 1)), VIRTIO_CTRL_ACK_OK);
        }
        std::vector<Frame> frames, want;
        for (const Mac& to : {kOwn, kOther, kListed, kGroup, kListedGroup, kAll}) {
            frames.push_back(frame_to(random, to));
            if (model.wanted(frames.back(), dissect(frames.back()))) want.push_back(frames.back());
        }
        const auto got = receive(d, frames);
        ASSERT_EQ(got.size(), want.size()) << "modes " << gray;
        for (size_t i = 0; i < got.size(); ++i) ASSERT_EQ(difference(got[i].second, want[i]), "") << "modes " << gray;
    }
}

TEST(NicHeaders, ACommandIsInForceWhenItIsUsed) {  // VIRTIO K3, K4, K5
    Device d(config(6), basic | filters | feature(VIRTIO_NET_F_CTRL_MAC_ADDR_BIT), 1);
    auto& random = d.host.bench.random;
    for (unsigned round = 0; round < 12; ++round) {
        if (round % 4 == 0) {
            d.start();
            ASSERT_EQ(d.command(mode_command(VIRTIO_CTRL_RX_PROMISC, false)), VIRTIO_CTRL_ACK_OK);
            EXPECT_TRUE(receive(d, {frame_to(random, kListed), frame_to(random, kListedGroup)}).empty()) << "after a reset";
        }
        const bool listed = round % 2 == 0;
        const Mac own{2, 0, 0, 0, uint8_t(round), 9};
        ASSERT_EQ(d.command(address_command(own)), VIRTIO_CTRL_ACK_OK);
        EXPECT_EQ(d.host.read(BAR0_DEVICE + VIRTIO_NET_CONFIG_MAC + 4, 2), uint32_t{round} | 9u << 8);
        std::vector<Mac> many(9, kOther);
        many.back() = kListed;
        ASSERT_EQ(d.command(listed ? table_command(many, {kListedGroup}) : table_command({}, {})), VIRTIO_CTRL_ACK_OK);
        // The frame is on the wire in the cycle after the driver could see it.
        const std::vector<Frame> frames{frame_to(random, kListed), frame_to(random, kListedGroup), frame_to(random, own)};
        EXPECT_EQ(receive(d, frames).size(), listed ? 3u : 1u) << round;
    }
}

}  // namespace
