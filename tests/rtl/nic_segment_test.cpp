// SPDX-License-Identifier: Apache-2.0
// Segmentation by the whole device, as a driver asks for it, beside segment_model.h.
#include <gtest/gtest.h>

#include <deque>
#include <optional>

#include "captured_sends.h"
#include "nic_device.h"
#include "packets.h"
#include "segment_model.h"

namespace {

constexpr uint64_t segmenting = feature(VIRTIO_NET_F_CSUM_BIT) | feature(VIRTIO_NET_F_HOST_TSO4_BIT) | feature(VIRTIO_NET_F_HOST_TSO6_BIT) |
                                feature(VIRTIO_NET_F_HOST_ECN_BIT) | feature(VIRTIO_NET_F_HOST_USO_BIT);
constexpr uint64_t kSends = Host::memory_base + 0x640000;
constexpr unsigned kRegions = 12, kRegion = 0x20000;   // where sends lie: as many as may be under way

PacketKind random_send(std::mt19937& random, size_t most_payload) {
    PacketKind kind = random_kind(random, most_payload);
    kind.trailer = 0;
    return kind;
}
std::vector<uint32_t> random_cuts(std::mt19937& random) {
    std::vector<uint32_t> cuts;
    for (unsigned k = unsigned(random() % 20); k-- > 0;) cuts.push_back(uint32_t(1 + random() % (random() % 3 ? 4096 : 60)));
    return cuts;
}

// Sends that are under way, and the frames that are to come of each queue.
struct Sender {
    Device& d;
    std::deque<unsigned> free_regions;
    std::vector<std::deque<unsigned>> regions;                        // of each queue, oldest first
    std::vector<std::deque<std::vector<Frame>>> expected;             // of each queue, a packet each
    unsigned offered = 0, refused = 0, frames = 0;
    size_t seen = 0;                                                  // of host.sent
    std::optional<unsigned> inside;                                   // the queue whose packet is leaving
    size_t next_frame = 0;

    explicit Sender(Device& device) : d(device), regions(device.pairs), expected(device.pairs) {
        for (unsigned i = 0; i < kRegions; ++i) free_regions.push_back(i);
    }
    bool offer(unsigned pair, const Frame& packet, const NetHeader& header, const std::vector<uint32_t>& cuts, bool table) {
        Ring& ring = d.tx_of(pair);
        if (free_regions.empty()) return false;
        const uint64_t at = kSends + free_regions.front() * kRegion + d.host.bench.random() % 64;
        const auto elements = d.place(at, packet, cuts, 3, header.bytes());
        if (!ring.offer(elements, elements.size(), table)) return false;
        regions[pair].push_back(free_regions.front());
        free_regions.pop_front();
        auto frames_of = transmitted(packet, header);
        for (Frame& f : frames_of) f = with_fcs(f);
        refused += frames_of.empty();
        frames += unsigned(frames_of.size());
        if (!frames_of.empty()) expected[pair].push_back(frames_of);
        ++offered;
        ring.kick();
        return true;
    }
    // What was used, and what left: the segments of a packet follow each other, packets of a queue keep their order.
    void look() {
        for (unsigned p = 0; p < d.pairs; ++p)
            for (const auto& buffer : d.tx_of(p).reap()) {
                EXPECT_EQ(buffer.length, 0u);
                free_regions.push_back(regions[p].front());
                regions[p].pop_front();
            }
        for (; seen < d.host.sent.size(); ++seen) {
            for (unsigned p = 0; p < d.pairs && !inside; ++p)
                if (!expected[p].empty() && expected[p].front()[0] == d.host.sent[seen]) { inside = p; next_frame = 0; }
            ASSERT_TRUE(inside) << "frame " << seen << " begins no packet, or differs; " << d.host.sent[seen].size() << " bytes";
            const auto& packet = expected[*inside].front();
            ASSERT_EQ(difference(d.host.sent[seen], packet.at(next_frame)), "") << "segment " << next_frame << " of " << packet.size();
            if (++next_frame < packet.size()) continue;
            expected[*inside].pop_front();
            inside.reset();
        }
    }
    bool done() const {
        const bool sent = std::all_of(expected.begin(), expected.end(), [](const auto& e) { return e.empty(); });
        return free_regions.size() == kRegions && !inside && sent;
    }
};

uint64_t features_of() { return basic | segmenting | indirect | (kPairs > 1 ? multi : 0); }

TEST(NicSegment, CutsRandomSendsOfAllQueuesAndRefusesWhatIsWrong) {  // VIRTIO T6, P25
    for (unsigned seed = 1; seed <= 3; ++seed) {
        auto c = config(seed);
        c.latency_min = 20;
        c.latency_max = 200;
        c.stall_percent = seed % 3 * 15;
        Device d(c, features_of(), kPairs);
        if (kPairs > 1) { ASSERT_EQ(d.use_pairs(kPairs), VIRTIO_CTRL_ACK_OK); }
        auto& random = d.host.bench.random;
        Sender sender(d);
        const unsigned total = 50;
        ASSERT_TRUE(d.run_until([&] {
            sender.look();
            if (sender.offered < total && !testing::Test::HasFatalFailure()) {
                Packet p = make_packet(random, random_send(random, sender.offered % 10 == 0 ? 65000 : 3000));
                const size_t payload = p.end - p.l4;
                NetHeader h = segmentation(p, uint16_t((payload > 4000 ? 500 : 20) + random() % 3000));
                if (random() % 8 == 0) h.gso_size = 0;
                else if (random() % 8 == 0) h.gso_type = uint8_t(random());
                else if (random() % 8 == 0) p.bytes[p.l3] ^= uint8_t(1 << random() % 8);
                else if (random() % 8 == 0 && p.bytes.size() <= 9018) h = NetHeader{};
                sender.offer(unsigned(random() % kPairs), p.bytes, h, random_cuts(random), random() % 3 == 0);
            }
            return testing::Test::HasFatalFailure() || (sender.offered == total && sender.done());
        }, 3000000)) << "seed " << seed << " sent " << d.host.sent.size() << " of " << sender.frames;
        ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
        EXPECT_GT(sender.refused, 3u);
        d.host.step(200);                      // a buffer is used before its packet is judged
        EXPECT_EQ(d.host.read(BAR0_STATS + STATS_TX_DROPS, 4), sender.refused);
        EXPECT_EQ(d.host.read(BAR0_STATS + STATS_TX_FRAMES, 4), sender.frames);
        EXPECT_EQ(d.status() & 64, 0u);
    }
}

// [V] 5.1.3.1: a device that was not asked to segment does not.
TEST(NicSegment, RefusesToSegmentUnlessItWasNegotiated) {
    Device d(config(), basic | feature(VIRTIO_NET_F_CSUM_BIT), 1);
    auto& random = d.host.bench.random;
    PacketKind kind;
    kind.payload = 3000;
    Packet p = make_packet(random, kind);
    const NetHeader h = segmentation(p, 1000);
    d.tx.offer(d.place(kSends, p.bytes, {}, 0, h.bytes()), 1);
    const Frame plain = make_frame(random, 200);
    d.tx.offer(d.place(kSends + kRegion, plain, {}, 0), 1);
    d.tx.kick();
    unsigned used = 0;
    ASSERT_TRUE(d.run_until([&] { used += unsigned(d.tx.reap().size()); return used == 2 && !d.host.sent.empty(); }));
    ASSERT_EQ(d.host.sent.size(), 1u);
    EXPECT_EQ(difference(d.host.sent[0], with_fcs(plain)), "");
    EXPECT_EQ(d.host.read(BAR0_STATS + STATS_TX_DROPS, 4), 1u);
    EXPECT_EQ(d.host.read(BAR0_STATS + STATS_TX_SEGMENTED, 4), 0u);
}

TEST(NicSegment, CountsPacketsAndTheirSegments) {
    Device d(config(), basic | segmenting, 1);
    PacketKind kind;
    kind.payload = 60000;
    Packet p = make_packet(d.host.bench.random, kind);
    const NetHeader h = segmentation(p, 1460);
    d.tx.offer(d.place(kSends, p.bytes, {}, 0, h.bytes()), 1);
    d.tx.kick();
    ASSERT_TRUE(d.run_until([&] { return d.host.sent.size() == 42; }));
    d.host.step(100);
    EXPECT_EQ(d.host.read(BAR0_STATS + STATS_TX_SEGMENTED, 4), 1u);
    EXPECT_EQ(d.host.read(BAR0_STATS + STATS_TX_FRAMES, 4), 42u);
    EXPECT_EQ(d.host.read(BAR0_STATS + STATS_TX_BYTES, 4), 42u * 54 + 60000);
}

// What left before a reset was whole, and nothing of an old send comes back to life.
TEST(NicSegment, ResetAmongLargeSends) {
    for (unsigned moment = 0; moment < 12; ++moment) {
        auto c = config(moment + 1);
        c.stall_percent = moment % 2 * 20;
        Device d(c, basic | segmenting, 1);
        auto& random = d.host.bench.random;
        PacketKind kind;
        kind.payload = 20000;
        auto send = [&](unsigned region) {
            Packet p = make_packet(random, kind);
            const NetHeader h = segmentation(p, 1460);
            d.tx.offer(d.place(kSends + region * kRegion, p.bytes, {12, 54}, 0, h.bytes()), 3);
            auto frames = transmitted(p.bytes, h);
            for (Frame& f : frames) f = with_fcs(f);
            return frames;
        };
        std::vector<Frame> expected;
        for (unsigned i = 0; i < 4; ++i) for (const Frame& f : send(i)) expected.push_back(f);
        d.tx.kick();
        d.host.step(150 + 97 * moment);
        d.start();
        const size_t before = d.host.sent.size();
        const auto after = send(5);
        d.tx.kick();
        ASSERT_TRUE(d.run_until([&] { return d.host.sent.size() >= after.size() && d.host.sent.back() == after.back(); }));
        const size_t old = d.host.sent.size() - after.size();
        EXPECT_LE(old, before + 17) << "tx_csum keeps 16 frames at most";
        for (size_t i = 0; i < old; ++i) ASSERT_EQ(difference(d.host.sent[i], expected.at(i)), "") << i;
        for (size_t i = 0; i < after.size(); ++i) ASSERT_EQ(difference(d.host.sent[old + i], after[i]), "") << i;
    }
}

// In cycles of 4 ns: how fast segments leave, beside a wire of 40 Gb/s at 256 bits, and faster or slower as the beat is wider or narrower.
TEST(NicSegment, KeepsTheWireBusyWithSegments) {
    for (const unsigned mss : {1u, 6u, 64u, 200u, 536u, 1460u, 8960u}) {
        auto c = config();
        c.latency_min = c.latency_max = 200;
        Device d(c, basic | segmenting, 1);
        PacketKind kind;
        kind.payload = std::min(65000u, 600 * mss);
        Packet p = make_packet(d.host.bench.random, kind);
        const NetHeader h = segmentation(p, uint16_t(mss));
        for (unsigned i = 0; i < 6; ++i) d.tx.offer(d.place(kSends + i * kRegion, p.bytes, {}, 0, h.bytes()), 1);
        d.tx.kick();
        const size_t segments = transmitted(p.bytes, h).size(), total = 6 * segments;
        uint64_t from = 0, to = 0;
        size_t first = 0;
        ASSERT_TRUE(d.run_until([&] {
            d.tx.reap();
            if (from == 0 && d.host.sent.size() > segments) {   // the second packet
                from = d.host.bench.cycle;
                first = d.host.sent.size();
            }
            to = d.host.bench.cycle;
            return d.host.sent.size() == total;
        }, 400000)) << mss;
        const double cycles = double(to - from) / double(total - first);
        const double bytes = double(d.host.sent[0].size()), wire = (bytes + ETH_PREAMBLE + ETH_IFG) * 8 / (RTL_DataWidth * 5.0 / 32 * 4);
        RecordProperty("mss_" + std::to_string(mss), std::to_string(wire / cycles));
        std::printf("MSS %u: %.2f cycles a segment, the wire takes %.2f: %.1f %%\n", mss, cycles, wire, 100 * wire / cycles);
        EXPECT_GE(wire / cycles, 0.95) << "MSS " << mss;
    }
}

// Packets of real programs, cut at any size.
TEST(NicSegment, CutsCapturedPackets) {  // VIRTIO T6
    auto c = config(11);
    c.latency_max = 150;
    Device d(c, features_of(), 1);
    auto& random = d.host.bench.random;
    const std::vector<Packet> packets = captured_packets();
    ASSERT_GT(packets.size(), 300u);
    Sender sender(d);
    size_t next = random() % 10;
    unsigned udp = 0, v6 = 0;
    ASSERT_TRUE(d.run_until([&] {
        sender.look();
        if (next < packets.size() && !testing::Test::HasFatalFailure()) {
            Packet p = packets[next];
            const NetHeader h = segmentation(p, uint16_t(1 + payload_of(p) / (1 + random() % 9)));
            if (!sender.offer(0, p.bytes, h, random_cuts(random), random() % 3 == 0)) return false;
            udp += p.kind.protocol == kUdp;
            v6 += p.kind.version == 6;
            next += 1 + packets.size() / 200;
        }
        return HasFatalFailure() || (next >= packets.size() && sender.done());
    }, 600000));
    EXPECT_EQ(sender.refused, 0u);
    EXPECT_GT(sender.frames, 400u);
    EXPECT_GT(udp, 5u);
    EXPECT_GT(v6, 3u);
}

// What another machine cut is put together again, and must leave as it was captured.
TEST(NicSegment, CutsWhatWasCapturedAsItsSenderDid) {  // VIRTIO T6
    auto c = config(12);
    c.latency_max = 150;
    Device d(c, features_of(), 1);
    auto& random = d.host.bench.random;
    const std::vector<CapturedSend> sends = captured_sends();
    ASSERT_GT(sends.size(), 30u);
    Sender sender(d);
    size_t next = 0, longest = 0;
    ASSERT_TRUE(d.run_until([&] {
        sender.look();
        if (next < sends.size() && !testing::Test::HasFatalFailure()) {
            Packet p = sends[next].packet;
            const NetHeader h = segmentation(p, sends[next].segment);
            const auto expected = transmitted(p.bytes, h);
            for (size_t i = 0; i < expected.size() && i < sends[next].frames.size(); ++i)
                EXPECT_EQ(difference(expected[i], sends[next].frames[i]), "") << "send " << next << " segment " << i << ": our own model";
            EXPECT_EQ(expected.size(), sends[next].frames.size());
            if (!sender.offer(0, p.bytes, h, random_cuts(random), random() % 3 == 0)) return false;
            longest = std::max(longest, sends[next].frames.size());
            next += 1 + sends.size() / 60;
        }
        return HasFailure() || (next >= sends.size() && sender.done());
    }, 600000));
    EXPECT_EQ(sender.refused, 0u);
    EXPECT_GT(longest, 3u);
}

}  // namespace
