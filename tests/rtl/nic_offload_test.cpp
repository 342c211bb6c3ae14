// SPDX-License-Identifier: Apache-2.0
// The offloads of the whole device, as a driver asks for them.
#include <gtest/gtest.h>

#include "captured_frames.h"
#include "net_commands.h"
#include "nic_device.h"
#include "packet_model.h"
#include "packets.h"

namespace {

constexpr uint64_t csum = feature(VIRTIO_NET_F_CSUM_BIT);

PacketKind kind_of(int version, uint8_t protocol, size_t payload) {
    PacketKind kind;
    kind.version = version;
    kind.protocol = protocol;
    kind.payload = payload;
    return kind;
}

// [V] 5.1.6.2: the driver leaves the sum of the pseudo header in the field; what arrives has the checksum of the whole.
TEST(NicOffload, CompletesTheChecksumsOfTcpAndUdp) {  // VIRTIO T4, T5
    for (unsigned seed = 1; seed <= 3; ++seed) {
        auto c = config(seed);
        c.latency_min = 20;
        c.latency_max = 200;
        c.stall_percent = seed % 3 * 15;
        Device d(c, basic | csum, 1);
        auto& random = d.host.bench.random;
        const unsigned total = 150;
        std::vector<Frame> expected;
        unsigned offered = 0;
        ASSERT_TRUE(d.run_until([&] {
            d.tx.reap();
            while (offered < total && d.tx.free >= 8) {
                Packet p = make_packet(random, random_kind(random, offered % 10 == 0 ? 8000 : 600));
                p.bytes.resize(p.end);                       // a driver does not pad
                expected.push_back(with_fcs(p.bytes));
                Frame header(VIRTIO_NET_HDR_SIZE, 0);
                if (random() % 4 != 0) {                     // else the checksum is there already
                    put16(p.bytes, p.field(), pseudo_sum(p, p.end - p.l4));
                    header[VIRTIO_NET_HDR_FLAGS] = 1;
                    header[VIRTIO_NET_HDR_CSUM_START] = uint8_t(p.l4);
                    header[VIRTIO_NET_HDR_CSUM_START + 1] = uint8_t(p.l4 >> 8);
                    header[VIRTIO_NET_HDR_CSUM_OFFSET] = uint8_t(p.field() - p.l4);
                }
                std::vector<uint32_t> cuts;
                for (unsigned k = unsigned(random() % 5); k-- > 0;) cuts.push_back(uint32_t(1 + random() % 60));
                d.tx.offer(d.place(kTxData + offered % 64 * 16384 + random() % 64, p.bytes, cuts, unsigned(random() % 8), header), cuts.size() + 1);
                ++offered;
                d.tx.kick();
            }
            return d.host.sent.size() == total && d.tx.outstanding.empty();
        }, 400000)) << "seed " << seed << " sent " << d.host.sent.size();
        for (unsigned i = 0; i < total; ++i) ASSERT_EQ(difference(d.host.sent[i], expected[i]), "") << "frame " << i << " seed " << seed;
    }
}

// The same of what real programs sent: their checksums were made by another machine.
TEST(NicOffload, CompletesTheChecksumsOfCapturedPackets) {  // VIRTIO T5
    auto c = config(7);
    c.latency_max = 100;
    Device d(c, basic | csum, 1);
    auto& random = d.host.bench.random;
    std::vector<Packet> packets;
    for (const Frame& frame : captured_frames()) {
        const Dissected found = dissect(frame);
        if (!found.verified) continue;
        Packet p;
        p.bytes = frame;
        p.kind.version = found.version;
        p.kind.protocol = uint8_t(found.protocol);
        p.l3 = found.network_at;
        p.l4 = found.transport_at;
        p.end = p.l4 + found.transport_bytes;
        p.bytes.resize(p.end);                               // without padding: the sum goes to the end of the frame
        packets.push_back(p);
    }
    ASSERT_GT(packets.size(), 300u);
    const size_t stride = packets.size() / 300;
    unsigned tcp = 0, v6 = 0;
    for (size_t i = random() % stride; i < packets.size(); i += stride) {
        Packet p = packets[i];
        const Frame want = with_fcs(p.bytes);
        put16(p.bytes, p.field(), pseudo_sum(p, p.end - p.l4));
        Frame header(VIRTIO_NET_HDR_SIZE, 0);
        header[VIRTIO_NET_HDR_FLAGS] = 1;
        header[VIRTIO_NET_HDR_CSUM_START] = uint8_t(p.l4);
        header[VIRTIO_NET_HDR_CSUM_OFFSET] = uint8_t(p.field() - p.l4);
        ASSERT_TRUE(d.tx.offer(d.place(kTxData + random() % 64, p.bytes, {12, 54}, 3, header), 3));
        d.host.sent.clear();
        d.tx.kick();
        ASSERT_TRUE(d.run_until([&] { d.tx.reap(); return !d.host.sent.empty() && d.tx.outstanding.empty(); })) << "packet " << i;
        ASSERT_EQ(difference(d.host.sent[0], want), "") << "packet " << i;
        tcp += p.kind.protocol == kTcp;
        v6 += p.kind.version == 6;
    }
    EXPECT_GT(tcp, 10u);
    EXPECT_GT(v6, 3u);
}

// RFC 768: 0 says that there is no checksum; one that comes to 0 is sent as FFFF, of which the sum is the same.
TEST(NicOffload, AChecksumOf0IsSentAsFFFF) {  // VIRTIO T5
    Device d(config(18), basic | csum, 1);
    auto& random = d.host.bench.random;
    for (const int version : {4, 6}) {
        for (const uint8_t protocol : {kUdp, kTcp}) {
            Packet p = make_packet(random, kind_of(version, protocol, 100));
            put16(p.bytes, p.field(), pseudo_sum(p, p.end - p.l4));
            put16(p.bytes, p.end - 2, 0);
            put16(p.bytes, p.end - 2, uint16_t(~ones_sum(&p.bytes[p.l4], p.end - p.l4)));
            Frame header(VIRTIO_NET_HDR_SIZE, 0), want = p.bytes;
            put16(want, p.field(), 0xFFFF);
            header[VIRTIO_NET_HDR_FLAGS] = 1;
            header[VIRTIO_NET_HDR_CSUM_START] = uint8_t(p.l4);
            header[VIRTIO_NET_HDR_CSUM_OFFSET] = uint8_t(p.field() - p.l4);
            d.host.sent.clear();
            d.tx.offer(d.place(kTxData, p.bytes, {}, 0, header), 1);
            d.tx.kick();
            ASSERT_TRUE(d.run_until([&] { d.tx.reap(); return !d.host.sent.empty() && d.tx.outstanding.empty(); }));
            EXPECT_EQ(difference(d.host.sent[0], with_fcs(want)), "") << "IPv" << version << " protocol " << +protocol;
        }
    }
}

// More than all RAMs hold goes by while it waits: without carrier packets are used and not sent.
TEST(NicOffload, AFrameThatWaitsForTheWireStaysWholeWhateverIsDroppedBehindIt) {
    Device d(config(17), basic | csum, 1);
    auto& random = d.host.bench.random;
    d.host.hold_wire = true;
    auto offer = [&](Packet p) {
        put16(p.bytes, p.field(), pseudo_sum(p, p.end - p.l4));
        Frame header(VIRTIO_NET_HDR_SIZE, 0);
        header[VIRTIO_NET_HDR_FLAGS] = 1;
        header[VIRTIO_NET_HDR_CSUM_START] = uint8_t(p.l4);
        header[VIRTIO_NET_HDR_CSUM_OFFSET] = uint8_t(p.field() - p.l4);
        d.tx.offer(d.place(kTxData + d.tx.next * 0x4000, p.bytes, {}, 0, header), 1);
        d.tx.kick();
        d.run_until([&] { d.tx.reap(); return d.tx.outstanding.empty(); });
        d.host.step(400);
    };
    std::vector<Frame> expected;
    for (unsigned i = 0; i < 5; ++i) {
        Packet p = make_packet(random, kind_of(4, kTcp, 1000));
        expected.push_back(with_fcs(p.bytes));
        offer(p);
    }
    d.host.bench->link_up_i = 0;
    d.host.step(20);
    for (unsigned i = 0; i < 50; ++i) offer(make_packet(random, kind_of(4, kTcp, 3000)));
    EXPECT_EQ(d.host.read(BAR0_STATS + STATS_TX_DROPS, 4), 50u);
    d.host.bench->link_up_i = 1;
    d.host.hold_wire = false;
    ASSERT_TRUE(d.run_until([&] { return d.host.sent.size() == expected.size(); }));
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(difference(d.host.sent[i], expected[i]), "") << "frame " << i;
}

// Ours: a checksum that lies outside of its frame drops that frame alone, and its buffer is used.
TEST(NicOffload, DropsAFrameWhoseChecksumLiesOutsideOfIt) {  // VIRTIO P25
    Device d(config(), basic | csum, 1);
    auto& random = d.host.bench.random;
    const Frame first = make_frame(random, 100), second = make_frame(random, 200);
    Frame header(VIRTIO_NET_HDR_SIZE, 0);
    header[VIRTIO_NET_HDR_FLAGS] = 1;
    header[VIRTIO_NET_HDR_CSUM_START] = 90;
    header[VIRTIO_NET_HDR_CSUM_OFFSET] = 9;
    d.tx.offer(d.place(kTxData, first, {}, 0, header), 1);
    d.tx.offer(d.place(kTxData + 1024, second, {}, 0), 1);
    d.tx.kick();
    unsigned used = 0;
    ASSERT_TRUE(d.run_until([&] { used += unsigned(d.tx.reap().size()); return used == 2 && !d.host.sent.empty(); }));
    ASSERT_EQ(d.host.sent.size(), 1u);
    EXPECT_EQ(difference(d.host.sent[0], with_fcs(second)), "");
    EXPECT_EQ(d.host.read(BAR0_STATS + STATS_TX_DROPS, 4), 1u);
    EXPECT_EQ(d.status() & 64, 0u);
}

// A reset loses nothing that was handed to the wire, and what the checksum waited for does not come back to life.
TEST(NicOffload, ResetAmongFramesThatWaitForTheirChecksum) {
    for (unsigned moment = 0; moment < 12; ++moment) {
        auto c = config(moment + 1);
        c.stall_percent = 30;
        Device d(c, basic | csum, 1);
        auto& random = d.host.bench.random;
        auto send = [&](unsigned i) {
            Packet p = make_packet(random, random_kind(random, 1200));
            p.bytes.resize(p.end);
            const Frame want = with_fcs(p.bytes);
            put16(p.bytes, p.field(), pseudo_sum(p, p.end - p.l4));
            Frame header(VIRTIO_NET_HDR_SIZE, 0);
            header[VIRTIO_NET_HDR_FLAGS] = 1;
            header[VIRTIO_NET_HDR_CSUM_START] = uint8_t(p.l4);
            header[VIRTIO_NET_HDR_CSUM_OFFSET] = uint8_t(p.field() - p.l4);
            d.tx.offer(d.place(kTxData + i * 4096, p.bytes, {}, 0, header), 1);
            return want;
        };
        std::vector<Frame> expected;
        for (unsigned i = 0; i < 20; ++i) expected.push_back(send(i));
        d.tx.kick();
        d.host.step(200 + 40 * moment);
        d.start();
        const size_t before = d.host.sent.size();
        expected.resize(std::min(expected.size(), before + 16));
        const Frame last = send(0);
        d.tx.kick();
        ASSERT_TRUE(d.run_until([&] { return !d.tx.reap().empty() && true; }));
        ASSERT_TRUE(d.run_until([&] { return !d.host.sent.empty() && d.host.sent.back() == last; }));
        for (size_t i = 0; i + 1 < d.host.sent.size(); ++i) ASSERT_EQ(difference(d.host.sent[i], expected.at(i)), "") << i;
    }
}

// ---- receive -------------------------------------------------------------------------------------------------------------------------

constexpr uint64_t guest_csum = feature(VIRTIO_NET_F_GUEST_CSUM_BIT);
constexpr uint64_t filters = control | feature(VIRTIO_NET_F_CTRL_RX_BIT) | feature(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT) |
                             feature(VIRTIO_NET_F_CTRL_VLAN_BIT) | feature(VIRTIO_NET_F_CTRL_MAC_ADDR_BIT);

void post_buffers(Device& d, unsigned pair) {
    Ring& ring = d.rx_of(pair);
    bool any = false;
    while (ring.free >= 2) {
        const uint64_t at = kRxData + pair * 0x40000 + ring.next * 2048;
        ring.offer({{at, 100}, {at + 128, 1800}}, 0);
        any = true;
    }
    if (any) ring.kick();
}

// Receives these frames, in the order of each queue; what comes is queue, header, frame.
struct Received { unsigned pair; Frame header, frame; };
std::vector<Received> receive(Device& d, const std::vector<Frame>& frames, size_t expect) {
    std::vector<Received> got;
    size_t injected = 0;
    for (unsigned p = 0; p < d.pairs; ++p) post_buffers(d, p);
    d.host.step(300);
    EXPECT_TRUE(d.run_until([&] {
        if (injected < frames.size() && d.host.incoming() < 2) d.host.receive(with_fcs(frames[injected++]));
        for (unsigned p = 0; p < d.pairs; ++p) {
            for (const auto& buffer : d.rx_of(p).reap(false)) {
                const auto [header, frame] = d.packet_in(buffer);
                got.push_back({p, header, frame});
            }
            post_buffers(d, p);
        }
        return injected == frames.size() && got.size() == expect;
    }, 400000)) << got.size() << " of " << expect;
    d.host.step(500);
    for (unsigned p = 0; p < d.pairs; ++p) EXPECT_TRUE(d.rx_of(p).reap(false).empty()) << "more than was expected";
    return got;
}

TEST(NicOffload, VerifiesChecksumsOfReceivedPackets) {   // VIRTIO R19: [V] 5.1.6.4
    for (unsigned seed = 1; seed <= 3; ++seed) {
        auto c = config(seed);
        c.stall_percent = seed % 3 * 10;
        Device d(c, basic | guest_csum, 1);
        auto& random = d.host.bench.random;
        std::vector<Frame> frames;
        for (unsigned i = 0; i < 200; ++i) {
            Packet p = make_packet(random, random_kind(random, i % 5 == 0 ? 1400 : 200));
            if (random() % 3 == 0) p.bytes[random() % p.bytes.size()] ^= uint8_t(1 << random() % 8);
            frames.push_back(p.bytes);
        }
        const auto got = receive(d, frames, frames.size());
        ASSERT_EQ(got.size(), frames.size());
        unsigned verified = 0;
        for (size_t i = 0; i < got.size(); ++i) {
            ASSERT_EQ(difference(got[i].frame, frames[i]), "") << i;
            const bool good = dissect(frames[i]).verified;
            EXPECT_EQ(got[i].header, (Frame{uint8_t(good ? 2 : 0), 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0})) << i;
            verified += good;
        }
        EXPECT_GT(verified, 80u);
        EXPECT_LT(verified, 190u);
    }
}

TEST(NicOffload, VerifiesAndHashesCapturedPackets) {  // VIRTIO R19
    Device d(config(8), basic | control | guest_csum | feature(VIRTIO_NET_F_HASH_REPORT_BIT), 1);
    ASSERT_EQ(d.command(hash_command(63, known_key())), VIRTIO_CTRL_ACK_OK);
    std::vector<Frame> all, frames;
    for (Frame& frame : captured_frames()) {
        frame.resize(std::max<size_t>(frame.size(), ETH_MIN_FRAME - ETH_FCS));
        if (frame.size() < 1800) all.push_back(frame);
    }
    for (size_t i = 0; i < all.size(); i += all.size() / 300) frames.push_back(all[i]);
    size_t i = 0, verified = 0, hashed = 0;
    for (const auto& r : receive(d, frames, frames.size())) {
        Frame got = r.header, want(VIRTIO_NET_HDR_HASH_SIZE, 0);
        got.insert(got.end(), r.frame.begin(), r.frame.end());
        const Dissected found = dissect(frames[i]);
        want[VIRTIO_NET_HDR_FLAGS] = uint8_t(found.verified << VIRTIO_NET_HDR_F_DATA_VALID_BIT);
        want[VIRTIO_NET_HDR_NUM_BUFFERS] = 1;
        const auto input = hash_input(found, 63);
        const uint32_t hash = input ? toeplitz_model(known_key(), input->bytes) : 0;
        for (unsigned k = 0; k < 4; ++k) want[VIRTIO_NET_HDR_HASH_VALUE + k] = uint8_t(hash >> 8 * k);
        want[VIRTIO_NET_HDR_HASH_REPORT] = uint8_t(input ? input->report : 0);
        want.insert(want.end(), frames[i].begin(), frames[i].end());
        ASSERT_EQ(difference(got, want), "") << "frame " << i;
        verified += found.verified;
        hashed += input.has_value();
        ++i;
    }
    EXPECT_GT(verified, 50u);
    EXPECT_GT(hashed, 100u);
}

TEST(NicOffload, SaysNothingOfChecksumsThatItWasToldToLeaveAlone) {   // VIRTIO R7: [V] 5.1.6.5.6
    Device d(config(), basic | guest_csum | control | feature(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT), 1);
    auto& random = d.host.bench.random;
    const std::vector<Frame> frames(1, make_packet(random, {}).bytes);
    EXPECT_EQ(receive(d, frames, 1).at(0).header[0], 2);
    EXPECT_EQ(d.command({VIRTIO_CTRL_CLASS_GUEST_OFFLOADS, VIRTIO_CTRL_GUEST_OFFLOADS_SET, 0, 0, 0, 0, 0, 0, 0, 0}), VIRTIO_CTRL_ACK_OK);
    EXPECT_EQ(receive(d, frames, 1).at(0).header[0], 0);
    EXPECT_EQ(d.command({VIRTIO_CTRL_CLASS_GUEST_OFFLOADS, VIRTIO_CTRL_GUEST_OFFLOADS_SET, 2, 0, 0, 0, 0, 0, 0, 0}), VIRTIO_CTRL_ACK_OK);
    EXPECT_EQ(receive(d, frames, 1).at(0).header[0], 2);
}

TEST(NicOffload, FiltersAsTheControlQueueSaysAndForgetsItWithAReset) {  // VIRTIO K1, K2, K3, K5
    Device d(config(), basic | filters, 1);
    auto& random = d.host.bench.random;
    const std::vector<Frame> addresses = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 7}, {0x33, 0x33, 0, 0, 0, 1}, Frame(6, 0xFF)};   // own, other, group, all
    std::vector<Frame> frames;
    for (const Frame& to : addresses) {
        Frame frame = make_packet(random, {}).bytes;
        std::copy(to.begin(), to.end(), frame.begin());
        frames.push_back(frame);
    }
    auto delivered = [&](size_t expect) {
        std::vector<Frame> to;
        for (const auto& r : receive(d, frames, expect)) to.emplace_back(r.frame.begin(), r.frame.begin() + 6);
        return to;
    };
    auto pick = [&](std::vector<size_t> which) {
        std::vector<Frame> to;
        for (size_t i : which) to.push_back(addresses[i]);
        return to;
    };
    EXPECT_EQ(delivered(4), pick({0, 1, 2, 3})) << "before the first command";
    EXPECT_EQ(d.command({VIRTIO_CTRL_CLASS_RX, VIRTIO_CTRL_RX_PROMISC, 0}), VIRTIO_CTRL_ACK_OK);
    EXPECT_EQ(delivered(2), pick({0, 3}));
    EXPECT_EQ(d.host.read(BAR0_STATS + STATS_RX_DROPS_UNWANTED, 4), 2u);
    EXPECT_EQ(d.command({VIRTIO_CTRL_CLASS_MAC, VIRTIO_CTRL_MAC_TABLE_SET, 0, 0, 0, 0, 1, 0, 0, 0, 0x33, 0x33, 0, 0, 0, 1}), VIRTIO_CTRL_ACK_OK);
    EXPECT_EQ(delivered(3), pick({0, 2, 3}));
    EXPECT_EQ(d.command({VIRTIO_CTRL_CLASS_MAC, VIRTIO_CTRL_MAC_ADDR_SET, 2, 0, 0, 0, 0, 7}), VIRTIO_CTRL_ACK_OK);
    EXPECT_EQ(delivered(3), pick({1, 2, 3}));
    EXPECT_EQ(d.host.read(BAR0_DEVICE + VIRTIO_NET_CONFIG_MAC + 4, 2), 0x0700u);
    EXPECT_EQ(d.command({VIRTIO_CTRL_CLASS_RX, VIRTIO_CTRL_RX_NOBCAST, 1}), VIRTIO_CTRL_ACK_OK);
    EXPECT_EQ(delivered(2), pick({1, 2}));
    d.start();
    EXPECT_EQ(d.host.read(BAR0_DEVICE + VIRTIO_NET_CONFIG_MAC + 4, 2), 0x0100u) << "the permanent address";
    EXPECT_EQ(delivered(4), pick({0, 1, 2, 3}));
    EXPECT_EQ(d.command({VIRTIO_CTRL_CLASS_RX, VIRTIO_CTRL_RX_PROMISC, 0}), VIRTIO_CTRL_ACK_OK);
    EXPECT_EQ(delivered(2), pick({0, 3})) << "the table is empty";
}

TEST(NicOffload, FiltersVlansAndForgetsThemWithAReset) {   // [V] 5.1.6.5.3
    Device d(config(), basic | control | feature(VIRTIO_NET_F_CTRL_VLAN_BIT), 1);
    auto& random = d.host.bench.random;
    std::vector<Frame> frames;
    for (const int vid : {-1, 0, 5, 4094}) {
        PacketKind kind;
        kind.tags = vid >= 0;
        frames.push_back(make_packet(random, kind).bytes);
        if (vid >= 0) put16(frames.back(), 14, size_t(vid) | 0xE000);
    }
    EXPECT_EQ(receive(d, frames, 1).at(0).frame, frames[0]);
    EXPECT_EQ(d.command({VIRTIO_CTRL_CLASS_VLAN, VIRTIO_CTRL_VLAN_ADD, 5, 0}), VIRTIO_CTRL_ACK_OK);
    EXPECT_EQ(receive(d, frames, 2).at(1).frame, frames[2]);
    EXPECT_EQ(d.command({VIRTIO_CTRL_CLASS_VLAN, VIRTIO_CTRL_VLAN_ADD, 0xFE, 0x0F}), VIRTIO_CTRL_ACK_OK);
    EXPECT_EQ(d.command({VIRTIO_CTRL_CLASS_VLAN, VIRTIO_CTRL_VLAN_DEL, 5, 0}), VIRTIO_CTRL_ACK_OK);
    EXPECT_EQ(receive(d, frames, 2).at(1).frame, frames[3]);
    d.start();
    EXPECT_EQ(receive(d, frames, 1).at(0).frame, frames[0]);
}

TEST(NicOffload, DeliversNothingLongerThanTheMtu) {   // VIRTIO N4: [V] 5.1.4.1
    Device d(config(), basic | feature(VIRTIO_NET_F_MTU_BIT), 1);
    auto& random = d.host.bench.random;
    d.rx.offer({{kRxData, 9100}}, 0);
    d.rx.offer({{kRxData + 0x4000, 9100}}, 0);
    d.rx.kick();
    d.host.step(300);
    PacketKind plain, tagged;
    tagged.tags = 1;
    const unsigned mtu = d.host.read(BAR0_DEVICE + VIRTIO_NET_CONFIG_MTU, 2);
    std::vector<Frame> wanted;
    for (const auto& kind : {plain, tagged})
        for (const unsigned over : {1u, 0u}) {
            Frame frame = make_packet(random, kind).bytes;
            frame.resize(mtu + 14 + 4 * kind.tags + over);
            if (frame.size() > ETH_MAX_FRAME - ETH_FCS) continue;
            d.host.receive(with_fcs(frame));
            if (!over) wanted.push_back(frame);
        }
    size_t seen = 0;
    ASSERT_TRUE(d.run_until([&] {
        for (const auto& buffer : d.rx.reap(false)) {
            EXPECT_EQ(difference(d.frame_in(buffer), wanted.at(seen)), "");
            ++seen;
        }
        return seen == wanted.size();
    }));
    EXPECT_EQ(d.host.read(BAR0_STATS + STATS_RX_DROPS_UNWANTED, 4), 1u);
}

TEST(NicOffload, ReportsTheHashWithEveryPacket) {   // VIRTIO K11: [V] 5.1.6.4.4, 5.1.6.5.6.4
    Device d(config(4), basic | control | csum | feature(VIRTIO_NET_F_HASH_REPORT_BIT), 1);
    auto& random = d.host.bench.random;
    const unsigned header_bytes = VIRTIO_NET_HDR_HASH_SIZE;
    for (const unsigned types : {0u, 63u, 9u, 50u}) {
        if (types != 0) {                      // before the first command nothing is hashed
            ASSERT_EQ(d.command(hash_command(types, known_key())), VIRTIO_CTRL_ACK_OK);
        }
        std::vector<Frame> frames;
        for (unsigned i = 0; i < 60; ++i) frames.push_back(make_packet(random, random_kind(random, 300)).bytes);
        size_t i = 0;
        for (const auto& r : receive(d, frames, frames.size())) {
            Frame got = r.header, want(header_bytes, 0);
            got.insert(got.end(), r.frame.begin(), r.frame.end());
            want[VIRTIO_NET_HDR_NUM_BUFFERS] = 1;
            if (const auto input = hash_input(dissect(frames[i]), types)) {
                const uint32_t hash = toeplitz_model(known_key(), input->bytes);
                for (unsigned k = 0; k < 4; ++k) want[VIRTIO_NET_HDR_HASH_VALUE + k] = uint8_t(hash >> 8 * k);
                want[VIRTIO_NET_HDR_HASH_REPORT] = uint8_t(input->report);
            }
            want.insert(want.end(), frames[i].begin(), frames[i].end());
            ASSERT_EQ(difference(got, want), "") << "frame " << i;
            ++i;
        }
    }
    const Frame frame = make_frame(random, 100);            // what is sent has the longer header too
    d.tx.offer(d.place(kTxData, frame, {3, 10}, 0, Frame(header_bytes, 0)), 3);
    d.tx.kick();
    ASSERT_TRUE(d.run_until([&] { return !d.host.sent.empty(); }));
    EXPECT_EQ(difference(d.host.sent[0], with_fcs(frame)), "");
}

#if RTL_QueuePairs > 1
TEST(NicOffload, SteersByTheHashAndTheTable) {  // VIRTIO K9, K10, K11
    for (const uint64_t more : {feature(VIRTIO_NET_F_MQ_BIT), uint64_t{0}}) {   // RSS alone gives the control queue its number too
        Device d(config(3), basic | control | feature(VIRTIO_NET_F_RSS_BIT) | more, kPairs);
        auto& random = d.host.bench.random;
        for (unsigned round = 0; round < 3; ++round) {
            std::vector<uint8_t> table(size_t{1} << random() % 8), key = known_key();
            for (auto& queue : table) queue = uint8_t(random() % kPairs);
            if (round) for (auto& byte : key) byte = uint8_t(random());
            const unsigned types = round == 0 ? 63 : random() % 64;
            const uint8_t unclassified = uint8_t(random() % kPairs);
            ASSERT_EQ(d.command(rss_command(table, types, unclassified, kPairs, key)), VIRTIO_CTRL_ACK_OK);
            std::vector<Frame> frames;
            std::vector<std::deque<Frame>> expected(kPairs);
            for (unsigned i = 0; i < 150; ++i) {
                frames.push_back(make_packet(random, random_kind(random, 300)).bytes);
                const auto input = hash_input(dissect(frames.back()), types);
                const unsigned pair = input ? table[toeplitz_model(key, input->bytes) % table.size()] : unclassified;
                expected[pair].push_back(frames.back());
            }
            for (const auto& r : receive(d, frames, frames.size())) {
                ASSERT_FALSE(expected[r.pair].empty()) << "a frame on the wrong queue";
                ASSERT_EQ(difference(r.frame, expected[r.pair].front()), "");
                expected[r.pair].pop_front();
            }
        }
        if (!more) continue;
        EXPECT_EQ(d.use_pairs(1), VIRTIO_CTRL_ACK_OK) << "[V] 5.1.6.5.5: back to automatic steering";
        std::vector<Frame> frames;
        for (unsigned i = 0; i < 20; ++i) frames.push_back(make_packet(random, random_kind(random, 100)).bytes);
        for (const auto& r : receive(d, frames, frames.size())) EXPECT_EQ(r.pair, 0u);
    }
}
#endif

}  // namespace
