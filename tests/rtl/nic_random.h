// SPDX-License-Identifier: Apache-2.0
// RandomMachine: a device with features drawn at random, traffic that exercises them, and what software says must come of it.
//
//   RandomMachine m(seed);
//   m.run();                // rounds of commands, traffic both ways, malformed packets and frames, resets of queues; at last a broken ring
//   all.add(m.tally);       // what of it took place
//
// Whatever is expected comes from models in plain C++: segment_model.h of what is sent, filter_model.h and packet_model.h of what is
// received. Nothing may be lost: malformed packets and unwanted frames are counted by the device, each in its counter, and all counters are
// compared at the end.
#pragma once

#include "random_receive.h"
#include "random_transmit.h"

class RandomMachine {
public:
    Tally tally;

    explicit RandomMachine(unsigned seed)
        : seed_(seed), random_(seed * 2654435761u + 1), features_(draw_features(random_, offers())),
          pairs_(has(VIRTIO_NET_F_MQ_BIT) || has(VIRTIO_NET_F_RSS_BIT) ? 1 + unsigned(random_() % kPairs) : 1), ring_size_(ring_size()),
          d_(machine(), features_, pairs_, ring_size_) {}

    static uint64_t offers() {
        static const uint64_t bits = [] { Host host(config()); return offered_by(host); }();
        return bits;
    }
    void run(unsigned rounds = 3) {
        for (unsigned round = 0; round < rounds && !RandomContext::failed(); ++round) {
            if (has(VIRTIO_NET_F_CTRL_VQ_BIT)) settings_.change();
            set_events();
            if (!RandomContext::failed()) traffic();
            if (!RandomContext::failed() && has(VIRTIO_F_RING_RESET_BIT) && x_.chance(50)) reset_a_queue();
        }
        if (!RandomContext::failed()) check_counters();
        if (!RandomContext::failed()) break_a_ring();
    }
    std::string what() const {
        char text[120];
        std::snprintf(text, sizeof text, "seed %u, features %016llx, %u pairs, rings of %u", seed_,
                      static_cast<unsigned long long>(features_), pairs_, ring_size_);
        return text;
    }

private:
    const unsigned seed_;
    std::mt19937 random_;
    const uint64_t features_;
    const unsigned pairs_, ring_size_;
    Device d_;
    RandomContext x_{random_, features_, pairs_, d_, tally};
    RandomSettings settings_{x_};
    RandomTransmit transmit_{x_};
    RandomReceive receive_{x_, settings_};

    bool has(unsigned bit) const { return features_ & feature(bit); }
    unsigned ring_size() {
        const unsigned sizes[] = {64, 64, 33, 16, 8, 57};
        return sizes[random_() % 6];
    }
    NicHostConfig machine() {
        auto c = config(seed_);
        c.latency_min = 20;
        c.latency_max = 20 + unsigned(random_() % 3) * 150;
        c.stall_percent = unsigned(random_() % 3) * 10;
        c.mps = 128u << random_() % 3;
        c.mrrs = 128u << random_() % 4;
        return c;
    }
    // What event structures mean is shown elsewhere; here they vary, and the driver polls.
    void set_events() {
        for (unsigned q = 0; q < 2 * pairs_; ++q) {
            const uint16_t words[2] = {uint16_t(random_()), uint16_t(x_.below(has(VIRTIO_F_EVENT_IDX_BIT) ? 3 : 2))};
            std::memcpy(d_.host.at(event_address(q)), words, 4);
        }
    }
    void traffic() {
        receive_.post_buffers();
        d_.host.step(400);      // and the device has them
        for (unsigned i = 0; i < 1500 && !RandomContext::failed(); ++i) {
            if (x_.chance(6)) transmit_.offer_one();
            if (x_.chance(6)) receive_.inject_one();
            if (x_.chance(8)) d_.kick(d_.tx_of(x_.below(pairs_)));
            look();
        }
        for (unsigned p = 0; p < pairs_; ++p) d_.kick(d_.tx_of(p));
        ASSERT_TRUE(d_.run_until([&] { look(); return RandomContext::failed() || (transmit_.done() && receive_.done()); }, 300000))
            << receive_.due() << " frames are not delivered, " << transmit_.out() << " buffers not used";
        for (unsigned i = 0; i < 600 && !RandomContext::failed(); ++i) look();      // nothing more comes
    }
    void look() {
        transmit_.look();
        if (!RandomContext::failed()) receive_.look();
        d_.host.step();
    }
    void reset_a_queue() {
        const unsigned q = x_.below(2 * pairs_);
        d_.reset_queue(q);
        d_.queue(q, ring_size_);
        ++tally.queue_resets;
    }
    void check_counters() {
        auto counter = [&](uint32_t at) { return d_.host.read(BAR0_STATS + at, 4); };
        EXPECT_EQ(counter(STATS_TX_FRAMES), tally.sent);
        EXPECT_EQ(counter(STATS_TX_DROPS), tally.refused);
        EXPECT_EQ(counter(STATS_TX_SEGMENTED), tally.segmented);
        EXPECT_EQ(counter(STATS_RX_FRAMES), tally.delivered);
        EXPECT_EQ(counter(STATS_RX_DROPS_UNWANTED), tally.unwanted);
        EXPECT_EQ(counter(STATS_RX_DROPS_FCS), tally.bad_fcs);
        EXPECT_EQ(counter(STATS_RX_DROPS_LENGTH), tally.bad_length);
        EXPECT_EQ(counter(STATS_RX_DROPS_NO_BUFFER) + counter(STATS_RX_DROPS_FIFO), 0u) << "lost";
        EXPECT_EQ(d_.status(), 15u);
        EXPECT_GT(tally.sent + tally.delivered, 10u);
    }
    // A ring that no driver may write: the device says so once, and a reset brings it back.
    void break_a_ring() {
        const unsigned q = x_.below(2 * pairs_);
        Ring& ring = d_.rings[q];
        d_.start(ring_size_);                      // with nothing in front of it that waits for frames
        const uint16_t write = q % 2 ? 0 : 2;
        // A list that never ends is not read to its end before a frame comes for it, or a doorbell that names slots behind it.
        const unsigned how = x_.below(q % 2 && !has(VIRTIO_F_NOTIFICATION_DATA_BIT) ? 4 : 3);
        switch (how) {
        case 0:   // a table in a list
            ring.post_raw({kTables, 32}, 1, uint16_t(1 | write));
            ring.post_raw({kTables, 32}, 1, uint16_t(4 | write));
            break;
        case 1:   // half a descriptor too many; or no table at all
            ring.post_raw({kTables, has(VIRTIO_F_INDIRECT_DESC_BIT) ? 24u : 32u}, 1, uint16_t(4 | write));
            break;
        case 2: ring.post_raw({kTables, 32}, 1, uint16_t(4 | 1 | write)); break;   // a table, and more
        default:  // a list that never ends
            for (unsigned i = 0; i < ring.size; ++i) ring.post_raw({kTables, 32}, 1, uint16_t(1 | write));
        }
        d_.host.messages.clear();
        d_.kick(ring);
        ASSERT_TRUE(d_.run_until([&] { return d_.messages_of(0) == 1; }, 4000)) << "not told: queue " << q << ", case " << how;
        EXPECT_EQ(d_.status(), 15u | 64u);
        d_.host.step(500);
        EXPECT_EQ(d_.messages_of(0), 1u) << "told more than once";
        d_.start(ring_size_);
        EXPECT_EQ(d_.status(), 15u);
        const Frame frame = make_frame(random_, 100);
        d_.tx.offer(d_.place(kTxData, frame, {}, 0, Frame(x_.header_bytes(), 0)), 1);
        d_.host.sent.clear();
        d_.kick(d_.tx);
        ASSERT_TRUE(d_.run_until([&] { return !d_.host.sent.empty(); })) << "does not come back";
        EXPECT_EQ(difference(d_.host.sent[0], with_fcs(frame)), "");
        ++tally.broken_rings;
    }
};
