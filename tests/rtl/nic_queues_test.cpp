// SPDX-License-Identifier: Apache-2.0
// Many queues in nic_top: traffic on all of them, fairness, steering, vectors. Whatever the number of pairs it was built with.
#include <algorithm>

#include "nic_traffic.h"

namespace {

constexpr uint64_t kMq = kPairs > 1 ? multi : control;
constexpr unsigned kFrames = kPairs > 4 ? 12 : 40;

std::unique_ptr<Device> all_pairs(const NicHostConfig& c, uint64_t more = 0, unsigned ring_size = kRing) {
    auto d = std::make_unique<Device>(c, basic | kMq | more, kPairs, ring_size);
    if (kPairs > 1) { EXPECT_EQ(d->use_pairs(kPairs), VIRTIO_CTRL_ACK_OK); }
    return d;
}

TEST(NicQueues, CarryTrafficOnAllPairsAtOnce) {  // VIRTIO P10
    const unsigned sizes[] = {64, 61, 33, 9};
    for (unsigned seed = 1; seed <= 4; ++seed) {
        auto c = config(seed);
        c.latency_min = 20;
        c.latency_max = 100 * seed;
        c.stall_percent = seed % 2 * 15;
        auto d = all_pairs(c, 0, sizes[seed - 1]);
        Traffic traffic(*d, kPairs);
        traffic.run(kFrames);
        ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
        ASSERT_EQ(d->status(), 15u);
    }
}

TEST(NicQueues, CarryIndirectChainsMixedWithDirectOnes) {  // VIRTIO P17: [V] 2.8.7
    for (unsigned seed = 1; seed <= 4; ++seed) {
        auto c = config(seed);
        c.latency_min = 20;
        c.latency_max = 100 * seed;
        c.stall_percent = seed % 2 * 15;
        auto d = all_pairs(c, indirect, 64 - seed);
        Traffic traffic(*d, kPairs);
        traffic.tables = true;
        traffic.run(kFrames);
        ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
        ASSERT_EQ(d->status(), 15u);
    }
}

TEST(NicQueues, ShareTheWireFairly) {
    auto d = all_pairs(config(2), 0, 200);   // rings that hold more than the device takes in at once
    auto& random = d->host.bench.random;
    std::vector<unsigned> sent(kPairs);
    unsigned total = 0;
    const unsigned enough = 264 * kPairs;
    ASSERT_TRUE(d->run_until([&] {
        for (unsigned p = 0; p < kPairs; ++p) {
            Ring& ring = d->tx_of(p);
            ring.reap();
            if (ring.free < 16) continue;
            while (ring.free > 0) {
                const auto e = d->place(kTxData + p * 0x10000 + ring.next * 320, flow_frame(random, p, false, 300), {}, 0);
                ring.offer(e, 1);
            }
            ring.kick();
        }
        for (const auto& f : d->host.sent) {
            if (total++ >= 64 * kPairs) ++sent[f[35]];   // once all of them are busy
        }
        d->host.sent.clear();
        return total >= enough;
    }, 100000));
    const auto [low, high] = std::minmax_element(sent.begin(), sent.end());
    EXPECT_LE(*high - *low, *high / 20 + 2) << "of " << *high;
}

// Rings smaller than what the device takes in at once are served as evenly, as long as there is something in them. (A driver that lets
// half of such a ring run dry before it fills it again has no busy queue meanwhile: that the others have its turns is right.)
//
// Who was kicked first gets ahead, for the device takes what is there until its RAM is full; single cycles say how far, but never by more
// than its ring. From then on turns are even to the frame.
TEST(NicQueues, ShareTheWireFairlyWithSmallRings) {
    for (unsigned size : {64u, 32u}) {
        auto d = all_pairs(config(2), 0, size);
        auto& random = d->host.bench.random;
        std::vector<unsigned> at_first(kPairs), settled(kPairs);
        unsigned total = 0;
        const unsigned start = 3200, enough = start + 200 * kPairs;
        ASSERT_TRUE(d->run_until([&] {
            for (unsigned p = 0; p < kPairs; ++p) {
                Ring& ring = d->tx_of(p);
                ring.reap();
                if (ring.free == 0) continue;
                while (ring.free > 0) {
                    const auto e = d->place(kTxData + p * 0x10000 + ring.next * 320, flow_frame(random, p, false, 300), {}, 0);
                    ring.offer(e, 1);
                }
                ring.kick();
            }
            for (const auto& f : d->host.sent) ++(total++ < start ? at_first : settled)[f[35]];
            d->host.sent.clear();
            return total >= enough;
        }, 400000));
        auto lead = [](const std::vector<unsigned>& sent) {
            const auto [low, high] = std::minmax_element(sent.begin(), sent.end());
            return *high - *low;
        };
        EXPECT_LE(lead(at_first), size) << "with rings of " << size;
        EXPECT_LE(lead(settled), 1u) << "with rings of " << size;
    }
}

TEST(NicQueues, EachHasTheVectorItWasMappedTo) {  // VIRTIO C36, C37, C41: [V] 4.1.5.1.2
    auto d = all_pairs(config(4));
    d->host.step(500);   // the control queue's own
    auto send = [&](unsigned p) {
        d->host.messages.clear();
        d->tx_of(p).offer(d->place(kTxData + p * 0x10000, flow_frame(d->host.bench.random, p, false, 100), {}, 0), 1);
        d->tx_of(p).kick();
        EXPECT_TRUE(d->run_until([&] { return !d->tx_of(p).reap().empty(); }));
        d->host.step(500);
        return d->host.messages;
    };
    for (unsigned p = 0; p < kPairs; ++p) {
        const auto m = send(p);
        ASSERT_EQ(m.size(), 1u);
        EXPECT_EQ(m[0].second, 2 * p + 2);
    }
    for (unsigned p = 0; p < kPairs; ++p) d->map(2 * p + 1, 1);   // one for all
    for (unsigned p = 0; p < kPairs; ++p) {
        const auto m = send(p);
        ASSERT_EQ(m.size(), 1u);
        EXPECT_EQ(m[0].second, 1u);
    }
    for (unsigned p = 0; p < kPairs; ++p) d->map(2 * p + 1, VIRTIO_MSI_NO_VECTOR);
    for (unsigned p = 0; p < kPairs; ++p) EXPECT_TRUE(send(p).empty());
}

TEST(NicQueues, ADriverWithoutMqUsesOnePairOfMany) {  // [V] 5.1.2: its control queue is queue 2
    Device d(config(7), basic | moderation, 1);
    EXPECT_EQ(d.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_TX_SET, 0, 0, 0, 0, 0, 0, 0, 0}), VIRTIO_CTRL_ACK_OK);
    EXPECT_EQ(d.use_pairs(1), VIRTIO_CTRL_ACK_ERR);
    Traffic traffic(d, 1);
    traffic.run(20);
}

TEST(NicQueues, WithoutLinkBuffersAreUsedAndNothingIsSent) {  // VIRTIO C10, C27
    auto d = all_pairs(config(8));
    auto& random = d->host.bench.random;
    for (unsigned p = 0; p < kPairs; ++p) d->rx_of(p).offer({{kRxData + p * 0x10000, 1024}}, 0);
    for (unsigned p = 0; p < kPairs; ++p) d->rx_of(p).kick();
    d->host.step(300);
    d->host.messages.clear();
    const auto generation = d->host.read(BAR0_COMMON + VIRTIO_COMMON_CONFIG_GENERATION, 1);
    d->host.bench->link_up_i = 0;
    ASSERT_TRUE(d->run_until([&] { return d->messages_of(0) == 1; }));
    EXPECT_EQ(d->host.read(BAR0_DEVICE + VIRTIO_NET_CONFIG_STATUS, 2), 0u);
    EXPECT_NE(d->host.read(BAR0_COMMON + VIRTIO_COMMON_CONFIG_GENERATION, 1), generation);
    EXPECT_EQ(d->host.read(BAR0_ISR, 1) & 2, 2u);
    for (unsigned p = 0; p < kPairs; ++p) {
        d->tx_of(p).offer(d->place(kTxData + p * 0x10000, flow_frame(random, p, false, 100), {}, 0), 1);
        d->tx_of(p).kick();
        EXPECT_TRUE(d->run_until([&] { return !d->tx_of(p).reap().empty(); }));
        d->host.receive(with_fcs(flow_frame(random, p, true, 100)));
    }
    d->host.step(1000);
    EXPECT_TRUE(d->host.sent.empty());
    for (unsigned p = 0; p < kPairs; ++p) EXPECT_TRUE(d->rx_of(p).reap(false).empty());
    d->host.bench->link_up_i = 1;
    ASSERT_TRUE(d->run_until([&] { return d->messages_of(0) == 2; }));
    EXPECT_EQ(d->host.read(BAR0_DEVICE + VIRTIO_NET_CONFIG_STATUS, 2), 1u);
    Traffic traffic(*d, kPairs);
    for (unsigned p = 0; p < kPairs; ++p) traffic.offer_rx(p);
    traffic.run(6);
}

#if RTL_QueuePairs > 1

// On which pair a frame of flow `flow` comes in; all pairs have buffers.
unsigned pair_of(Device& d, unsigned flow) {
    d.host.receive(with_fcs(flow_frame(d.host.bench.random, flow, true, 100)));
    unsigned at = ~0u;
    EXPECT_TRUE(d.run_until([&] {
        for (unsigned p = 0; p < d.pairs; ++p)
            if (!d.rx_of(p).reap(false).empty()) at = p;
        return at != ~0u;
    }));
    return at;
}
void fill(Device& d) {
    for (unsigned p = 0; p < d.pairs; ++p) {
        while (d.rx_of(p).free > 0) d.rx_of(p).offer({{kRxData + p * 0x10000 + d.rx_of(p).next * 1024, 1024}}, 0);
        d.rx_of(p).kick();
    }
    d.host.step(300);
}

TEST(NicQueues, AnIdleQueueCausesNoTlp) {
    auto d = all_pairs(config(3));
    for (unsigned p = 0; p < kPairs; ++p)   // a receive queue with buffers is idle, too
        for (int i = 0; i < 8; ++i) d->rx_of(p).offer({{kRxData + p * 0x10000 + unsigned(i) * 1024, 1024}}, 0);
    for (unsigned p = 0; p < kPairs; ++p) d->rx_of(p).kick();
    d->host.step(1000);
    const size_t from = d->host.seen.size();
    for (unsigned i = 0; i < 50; ++i) {
        const auto e = d->place(kTxData + i * 1024, flow_frame(d->host.bench.random, 0, false, 200), {}, 0);
        ASSERT_TRUE(d->tx.offer(e, 1));
        d->tx.kick();
        ASSERT_TRUE(d->run_until([&] { return !d->tx.reap().empty(); }));
    }
    for (size_t i = from; i < d->host.seen.size(); ++i) {
        const auto address = d->host.seen[i].address;
        for (unsigned q = 0; q <= kControl; ++q) {
            if (q == 1) continue;
            EXPECT_FALSE(address >= ring_address(q) && address < ring_address(q) + 0x1000) << "ring of queue " << q;
            EXPECT_FALSE(address >= event_address(q) && address < event_address(q) + 64) << "event structure of queue " << q;
        }
    }
}

TEST(NicQueues, SteerAFlowToThePairThatSendsIt) {  // VIRTIO K7, K8, K9: [V] 5.1.6.5.5
    Device d(config(5), basic | multi, kPairs);
    fill(d);
    for (unsigned flow = 0; flow < 12; ++flow) EXPECT_EQ(pair_of(d, flow), 0u) << "before VQ_PAIRS_SET";
    ASSERT_EQ(d.use_pairs(kPairs), VIRTIO_CTRL_ACK_OK);
    fill(d);
    std::vector<unsigned> spread(kPairs);
    for (unsigned flow = 0; flow < 2 * kPairs; ++flow) ++spread[pair_of(d, flow * 13)];
    EXPECT_GT(std::count_if(spread.begin(), spread.end(), [](unsigned n) { return n > 0; }), 1) << "unknown flows are spread";
    fill(d);
    auto send = [&](unsigned pair, unsigned flow) {
        Ring& ring = d.tx_of(pair);
        ring.offer(d.place(kTxData + pair * 0x10000, flow_frame(d.host.bench.random, flow, false, 100), {}, 0), 1);
        ring.kick();
        bool used = false;
        d.host.sent.clear();
        EXPECT_TRUE(d.run_until([&] { used = used || !ring.reap().empty(); return used && !d.host.sent.empty(); }));
    };
    for (unsigned flow = 0; flow < 20; ++flow) {
        send((flow * 7 + 3) % kPairs, flow);
        EXPECT_EQ(pair_of(d, flow), (flow * 7 + 3) % kPairs);
    }
    send(0, 3);   // the flow moves
    EXPECT_EQ(pair_of(d, 3), 0u);
    ASSERT_EQ(d.use_pairs(2), VIRTIO_CTRL_ACK_OK);
    fill(d);
    for (unsigned flow = 0; flow < 20; ++flow) EXPECT_LT(pair_of(d, flow), 2u);
    ASSERT_EQ(d.use_pairs(1), VIRTIO_CTRL_ACK_OK);
    for (unsigned flow = 0; flow < 20; ++flow) EXPECT_EQ(pair_of(d, flow), 0u);
}

TEST(NicQueues, AReceiveQueueWithoutBuffersHoldsUpNoOther) {
    auto d = all_pairs(config(6));
    auto& random = d->host.bench.random;
    for (unsigned p = 0; p < 2; ++p) {   // teach it flows 0 and 1
        d->tx_of(p).offer(d->place(kTxData + p * 0x10000, flow_frame(random, p, false, 100), {}, 0), 1);
        d->tx_of(p).kick();
        ASSERT_TRUE(d->run_until([&] { return d->host.sent.size() == p + 1; }));
    }
    Ring& ring = d->rx_of(0);
    while (ring.free > 0) ring.offer({{kRxData + ring.next * 1024, 1024}}, 0);
    ring.kick();
    d->host.step(300);
    for (unsigned i = 0; i < 40; ++i) d->host.receive(with_fcs(flow_frame(random, i % 2, true, 500)));
    unsigned got = 0;
    ASSERT_TRUE(d->run_until([&] { got += unsigned(ring.reap(false).size()); return got == 20; }, 3000)) << got;
    EXPECT_EQ(d->host.read(BAR0_STATS + STATS_RX_DROPS_NO_BUFFER, 4), 20u);
}

#endif

}  // namespace
