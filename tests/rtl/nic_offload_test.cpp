// SPDX-License-Identifier: Apache-2.0
// The offloads of the whole device, as a driver asks for them.
#include <gtest/gtest.h>

#include "nic_device.h"
#include "packets.h"

namespace {

constexpr uint64_t csum = feature(VIRTIO_NET_F_CSUM_BIT);

// [V] 5.1.6.2: the driver leaves the sum of the pseudo header in the field; what arrives has the checksum of the whole.
TEST(NicOffload, CompletesTheChecksumsOfTcpAndUdp) {
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

// Ours: a checksum that lies outside of its frame drops that frame alone, and its buffer is used.
TEST(NicOffload, DropsAFrameWhoseChecksumLiesOutsideOfIt) {
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

// [V] 5.1.6.2: without the feature the fields mean nothing.
TEST(NicOffload, LeavesFramesAloneUnlessTheFeatureWasNegotiated) {
    Device d(config());
    const Frame frame = make_frame(d.host.bench.random, 100);
    Frame header(VIRTIO_NET_HDR_SIZE, 0xFF);
    d.tx.offer(d.place(kTxData, frame, {}, 0, header), 1);
    d.tx.kick();
    ASSERT_TRUE(d.run_until([&] { return !d.host.sent.empty(); }));
    EXPECT_EQ(difference(d.host.sent[0], with_fcs(frame)), "");
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

}  // namespace
