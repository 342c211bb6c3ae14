// SPDX-License-Identifier: Apache-2.0
// Traffic: random frames both ways on every queue pair of a Device at once, each checked to the last byte.
//
// Pair p carries flow p. What leaves must be, flow by flow, what was offered, in order; what is delivered likewise, and on pair p
// once flow p was sent there ([V] 5.1.6.5.5, automatic steering).
#pragma once

#include "nic_device.h"

struct Traffic {
    Device& d;
    unsigned pairs;
    bool tables = false;              // half of the chains are indirect
    unsigned loose = ~0u;             // queue that is being reset: its frames may be lost
    unsigned max_length = 560;
    std::vector<std::deque<Frame>> to_wire, to_host;
    std::vector<unsigned> offered, sent, injected, delivered;

    Traffic(Device& device, unsigned n)
        : d(device), pairs(n), to_wire(n), to_host(n), offered(n), sent(n), injected(n), delivered(n) {}

    std::mt19937& random() { return d.host.bench.random; }

    void offer_tx(unsigned p) {
        Ring& ring = d.tx_of(p);
        const Frame frame = flow_frame(random(), p, false, 60 + random()() % (max_length - 60));
        std::vector<uint32_t> cuts;
        for (unsigned k = unsigned(random()() % 4); k-- > 0;) cuts.push_back(uint32_t(1 + random()() % 100));
        if (cuts.size() + 1 > ring.free) return;
        const auto elements = d.place(kTxData + p * 0x10000 + ring.next * 1024 + random()() % 64, frame, cuts, unsigned(random()() % 8));
        if (!ring.offer(elements, elements.size(), tables && random()() % 2)) return;
        to_wire[p].push_back(frame);
        ++offered[p];
        if (random()() % 2 || ring.free < 8) ring.kick(); else unkicked_ = true;
    }
    void offer_rx(unsigned p) {
        Ring& ring = d.rx_of(p);
        if (ring.free < 3) return;
        const uint64_t at = kRxData + p * 0x10000 + ring.next * 1024;
        const uint32_t first = uint32_t(1 + random()() % 300);
        const std::vector<Ring::Element> one{{at + random()() % 8, 900}}, two{{at, first}, {at + first + 5, 900 - first}};
        ring.offer(random()() % 2 ? one : two, 0, tables && random()() % 2);
        ring.kick();
    }
    // A frame of flow p, if its queue surely has a buffer.
    void inject(unsigned p) {
        if (to_host[p].size() + 2 > d.rx_of(p).outstanding.size() || d.host.incoming() > 4) return;
        const Frame frame = flow_frame(random(), p, true, 60 + random()() % (max_length - 60));
        d.host.receive(with_fcs(frame));
        to_host[p].push_back(frame);
        ++injected[p];
    }
    void check_sent() {
        for (auto& got : d.host.sent) {
            const unsigned p = got.at(35);
            ASSERT_LT(p, pairs);
            if (2 * p + 1 == loose) continue;
            ASSERT_FALSE(to_wire[p].empty()) << "a frame of flow " << p << " that was not offered";
            ASSERT_EQ(difference(got, with_fcs(to_wire[p].front())), "") << "flow " << p << " frame " << sent[p];
            to_wire[p].pop_front();
            ++sent[p];
        }
        d.host.sent.clear();
    }
    void check_delivered(bool steered) {
        for (unsigned q = 0; q < pairs; ++q) {
            if (2 * q == loose) continue;
            for (const auto& buffer : d.rx_of(q).reap(false)) {
                const Frame got = d.frame_in(buffer);
                const unsigned p = got.at(37);
                ASSERT_LT(p, pairs);
                if (steered) { ASSERT_EQ(p, q) << "flow on another pair"; }
                ASSERT_FALSE(to_host[p].empty());
                ASSERT_EQ(difference(got, to_host[p].front()), "") << "flow " << p << " frame " << delivered[p];
                to_host[p].pop_front();
                ++delivered[p];
            }
        }
    }
    // What a driver does in one look at its queues; then a cycle.
    void step(unsigned frames) {
        const unsigned p = unsigned(random()() % pairs);
        if (random()() % 4 == 0) {
            if (2 * p + 1 != loose) {
                if (offered[p] < frames) offer_tx(p);
                else if (unkicked_) kick_all();
                d.tx_of(p).reap();
            }
            if (2 * p != loose) {
                offer_rx(p);
                if (sent[p] > 0 && injected[p] < frames) inject(p);
            }
        }
        check_sent();
        check_delivered(true);
        d.host.step();
    }
    bool done(unsigned frames) const {
        for (unsigned p = 0; p < pairs; ++p)
            if (sent[p] < frames || delivered[p] < frames || !d.tx_of(p).outstanding.empty()) return false;
        return true;
    }
    void run(unsigned frames, unsigned limit = 200000) {
        while (limit-- && !done(frames) && !::testing::Test::HasFatalFailure()) step(frames);
        ASSERT_TRUE(done(frames)) << report();
    }
    std::string report() const {
        std::string text;
        for (unsigned p = 0; p < pairs; ++p)
            text += "pair " + std::to_string(p) + ": offered " + std::to_string(offered[p]) + " sent " + std::to_string(sent[p]) +
                    " not used " + std::to_string(d.tx_of(p).outstanding.size()) + " injected " + std::to_string(injected[p]) +
                    " delivered " + std::to_string(delivered[p]) + "\n";
        return text;
    }
    void forget() {   // what was under way on the queue that was reset
        (loose % 2 ? to_wire : to_host)[loose / 2].clear();
        loose = ~0u;
    }

private:
    bool unkicked_ = false;
    void kick_all() {
        for (unsigned p = 0; p < pairs; ++p) d.tx_of(p).kick();
        unkicked_ = false;
    }
};

// [V] 2.4: the device answers a reset, is silent then, and carries frames both ways when it is started again.
inline void expect_whole_after_reset(Device& d, const std::string& what) {
    d.set_status(0);
    ASSERT_TRUE(d.run_until([&] { return d.status() == 0; }, 5000)) << what << ": the reset does not end";
    const auto seen = d.host.seen.size();
    const auto messages = d.host.messages.size();
    d.host.step(300);
    ASSERT_EQ(d.host.seen.size(), seen) << what << ": a request after the reset";
    ASSERT_EQ(d.host.messages.size(), messages) << what << ": a message after the reset";
    while (!d.host.wire_idle() || d.host.sending()) d.host.step();
    d.host.step(200);
    d.host.sent.clear();
    d.start();
    Traffic traffic(d, 1);
    traffic.run(2);
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << what << ": did not come back";
}

// virtio.md 12.1, a ring error: [V] 2.1.2, the device asks for a reset, with one configuration interrupt; a reset brings it back.
inline void expect_needs_reset(Device& d, const std::string& what) {
    const uint32_t before = d.host.read(BAR0_STATS + STATS_RING_ERRORS, 4);
    d.run_until([&] { return d.messages_of(0) == 1; }, 8000);
    ASSERT_EQ(d.messages_of(0), 1u) << what << ": no configuration interrupt";
    EXPECT_EQ(d.status(), 15u | 64u) << what;
    d.host.step(500);
    EXPECT_EQ(d.messages_of(0), 1u) << what << ": told more than once";
    EXPECT_LE(d.host.read(BAR0_STATS + STATS_RING_ERRORS, 4), before + 1) << what;
    EXPECT_GE(d.host.read(BAR0_STATS + STATS_RING_ERRORS, 4), 1u) << what;
    d.host.messages.clear();
    expect_whole_after_reset(d, what);
}
