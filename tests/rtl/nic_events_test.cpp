// SPDX-License-Identifier: Apache-2.0
// Interrupts of nic_top: event suppression by descriptor (EVENT_IDX), moderation (NOTF_COAL), no lost wake-up.
#include "nic_traffic.h"

namespace {

void set_event(Device& d, unsigned q, unsigned slot, bool wrap, uint16_t flags) {
    const uint16_t desc = uint16_t(slot | (wrap ? 0x8000 : 0));
    std::memcpy(d.host.at(event_address(q)), &desc, 2);
    std::memcpy(d.host.at(event_address(q)) + 2, &flags, 2);
}

// One frame through the transmit queue of a pair, until it is used; the interrupt, if any, has come.
void send_one(Device& d, unsigned pair = 0) {
    Ring& ring = d.tx_of(pair);
    ring.offer(d.place(kTxData + pair * 0x10000 + ring.next * 1024, flow_frame(d.host.bench.random, pair, false, 80), {}, 0), 1);
    ring.kick();
    ASSERT_TRUE(d.run_until([&] { return !ring.reap().empty(); }));
    d.host.step(200);
}

TEST(NicEvents, InterruptWhenTheNamedSlotIsPassedAndNotBefore) {  // VIRTIO P18: [V] 2.8.10
    for (unsigned size : {8u, 7u, 33u}) {
        Device d(config(size), basic | event_idx, 1, size);
        unsigned slot = 0;
        bool wrap = true;
        for (unsigned round = 0; round < 12; ++round) {
            const unsigned ahead = 1 + unsigned(d.host.bench.random() % size);   // the slot that the ahead-th frame from here uses
            unsigned named = slot + ahead - 1;
            const bool named_wrap = named >= size ? !wrap : wrap;
            if (named >= size) named -= size;
            set_event(d, 1, named, named_wrap, VIRTQ_EVENT_FLAGS_DESC);
            d.host.messages.clear();
            for (unsigned i = 0; i < ahead; ++i) {
                ASSERT_TRUE(d.host.messages.empty()) << "ring of " << size << ", " << i << " of " << ahead;
                send_one(d);
                if (++slot == size) { slot = 0; wrap = !wrap; }
            }
            ASSERT_EQ(d.messages_of(2), 1u) << "ring of " << size << ", " << ahead << " ahead";
        }
    }
}

TEST(NicEvents, TakeDescModeAsEnabledUnlessNegotiated) {
    Device d(config(1));
    set_event(d, 1, 30, true, VIRTQ_EVENT_FLAGS_DESC);
    send_one(d);
    EXPECT_EQ(d.messages_of(2), 1u);
}

// The driver sleeps whenever it has found nothing, as [V] 2.8.10.1 has it: event structure first, then one more look.
void sleepy_driver(unsigned seed, uint64_t features) {
    auto c = config(seed);
    c.latency_min = 20;
    c.latency_max = 20 + seed % 5 * 80;
    c.stall_percent = seed % 3 * 15;
    Device d(c, features, 1, 5 + seed % 30);
    auto& random = d.host.bench.random;
    unsigned done = 0, messages = 0;
    bool asleep = false;
    const bool named = features & event_idx;
    const unsigned total = 150;
    ASSERT_TRUE(d.run_until([&] {
        if (asleep && d.messages_of(2) == messages) return false;
        messages = d.messages_of(2);
        asleep = false;
        set_event(d, 1, 0, false, VIRTQ_EVENT_FLAGS_DISABLE);
        done += unsigned(d.tx.reap().size());
        for (unsigned n = 1 + unsigned(random() % 6); n-- > 0 && d.tx.free > 0;)
            d.tx.offer(d.place(kTxData + d.tx.next * 1024, flow_frame(random, 0, false, 60 + random() % 200), {}, 0), 1);
        d.tx.kick();
        d.host.step(unsigned(random() % 300));
        done += unsigned(d.tx.reap().size());
        if (d.tx.outstanding.empty()) return done >= total;
        // Any of the outstanding ones may be waited for; it is a slot that has yet to be used.
        const unsigned ahead = unsigned(random() % d.tx.outstanding.size());
        unsigned slot = d.tx.used + ahead;
        const bool wrap = slot >= d.tx.size ? !d.tx.used_wrap : d.tx.used_wrap;
        if (slot >= d.tx.size) slot -= d.tx.size;
        set_event(d, 1, slot, wrap, named ? VIRTQ_EVENT_FLAGS_DESC : VIRTQ_EVENT_FLAGS_ENABLE);
        const auto u = d.tx.look();
        asleep = !u.done;
        return done >= total;
    }, 60000)) << "seed " << seed << ": asleep after " << done << " buffers";
}

TEST(NicEvents, NoWakeUpIsLost) {  // VIRTIO P18
    for (unsigned seed = 1; seed <= (kPairs > 4 ? 5 : 30); ++seed) sleepy_driver(seed, basic);
}

TEST(NicEvents, NoWakeUpIsLostWithEventIdx) {  // VIRTIO P18
    for (unsigned seed = 1; seed <= (kPairs > 4 ? 5 : 30); ++seed) sleepy_driver(seed, basic | event_idx);
}

// ---- moderation ([V] 1.3 5.1.6.5.11) ------------------------------------------------------------------------------------------------
Frame le32(Frame bytes, std::initializer_list<uint32_t> words) {
    for (uint32_t w : words)
        for (int i = 0; i < 4; ++i) bytes.push_back(uint8_t(w >> 8 * i));
    return bytes;
}
uint8_t set_all(Device& d, uint8_t command, uint32_t packets, uint32_t usecs) {
    return d.command(le32({VIRTIO_CTRL_CLASS_NOTF_COAL, command}, {packets, usecs}));
}
uint8_t set_queue(Device& d, unsigned q, uint32_t packets, uint32_t usecs) {
    return d.command(le32({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_VQ_SET}, {q, packets, usecs}));
}
std::pair<uint32_t, uint32_t> limits(Device& d, unsigned q) {
    Frame answer;
    EXPECT_EQ(d.command(le32({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_VQ_GET}, {q}), {2}, {8, 1}, answer), 9u);
    uint32_t words[2];
    std::memcpy(words, answer.data(), 8);
    EXPECT_EQ(answer[8], VIRTIO_CTRL_ACK_OK);
    return {words[0], words[1]};
}
constexpr uint64_t kModerated = basic | moderation | (kPairs > 1 ? multi : 0);

TEST(NicEvents, CountPacketsBeforeAnInterrupt) {
    Device d(config(1), kModerated, kPairs);
    ASSERT_EQ(set_all(d, VIRTIO_CTRL_NOTF_COAL_TX_SET, 5, 1000), VIRTIO_CTRL_ACK_OK);
    d.host.step(500);
    for (unsigned round = 1; round <= 3; ++round) {
        for (unsigned i = 0; i < 5; ++i) {
            EXPECT_EQ(d.messages_of(2), round - 1) << i;
            send_one(d);
        }
        EXPECT_EQ(d.messages_of(2), round);
    }
}

TEST(NicEvents, WaitNoLongerThanTheTimeSet) {
    Device d(config(1), kModerated, kPairs);
    ASSERT_EQ(set_all(d, VIRTIO_CTRL_NOTF_COAL_TX_SET, 100, 8), VIRTIO_CTRL_ACK_OK);   // 2000 cycles
    d.host.step(500);
    d.tx.offer(d.place(kTxData, flow_frame(d.host.bench.random, 0, false, 80), {}, 0), 1);
    d.tx.kick();
    ASSERT_TRUE(d.run_until([&] { return !d.tx.reap().empty(); }));
    const auto used = d.host.bench.cycle;
    ASSERT_TRUE(d.run_until([&] { return d.messages_of(2) == 1; }));
    EXPECT_GE(d.host.bench.cycle - used, 1990u);
    EXPECT_LE(d.host.bench.cycle - used, 2200u);
    d.host.step(3000);
    EXPECT_EQ(d.messages_of(2), 1u);
}

TEST(NicEvents, ZeroInEitherLimitMeansEveryPacket) {
    Device d(config(1), kModerated, kPairs);
    const std::pair<uint32_t, uint32_t> limits_with_zero[] = {{0, 1000}, {1000, 0}, {0, 0}};
    unsigned expected = 0;
    for (const auto& [packets, usecs] : limits_with_zero) {
        ASSERT_EQ(set_all(d, VIRTIO_CTRL_NOTF_COAL_TX_SET, packets, usecs), VIRTIO_CTRL_ACK_OK);
        send_one(d);
        EXPECT_EQ(d.messages_of(2), ++expected);
    }
}

TEST(NicEvents, LimitsAreThoseOfEachQueue) {
    Device d(config(2), kModerated, kPairs);
    ASSERT_EQ(set_all(d, VIRTIO_CTRL_NOTF_COAL_TX_SET, 7, 70), VIRTIO_CTRL_ACK_OK);
    ASSERT_EQ(set_all(d, VIRTIO_CTRL_NOTF_COAL_RX_SET, 9, 90000000), VIRTIO_CTRL_ACK_OK);
    using Limits = std::pair<uint32_t, uint32_t>;
    for (unsigned p = 0; p < kPairs; ++p) {
        EXPECT_EQ(limits(d, 2 * p), Limits(9, 90000000));
        EXPECT_EQ(limits(d, 2 * p + 1), Limits(7, 70));
    }
    for (unsigned q = 0; q < 2 * kPairs; ++q) ASSERT_EQ(set_queue(d, q, 100000 + q, q), VIRTIO_CTRL_ACK_OK);
    for (unsigned q = 0; q < 2 * kPairs; ++q) EXPECT_EQ(limits(d, q), Limits(100000 + q, q));
    EXPECT_EQ(set_queue(d, 2 * kPairs, 1, 1), VIRTIO_CTRL_ACK_ERR) << "the control queue has none";
    EXPECT_EQ(set_queue(d, 0xFFFF, 1, 1), VIRTIO_CTRL_ACK_ERR);
    d.start();
    for (unsigned q = 0; q < 2 * kPairs; ++q) EXPECT_EQ(limits(d, q), Limits(0, 0)) << "reset by a device reset";
}

TEST(NicEvents, ModerationNeedsItsFeatures) {
    {
        Device none(config(3), basic | control, 1);
        EXPECT_EQ(set_all(none, VIRTIO_CTRL_NOTF_COAL_TX_SET, 1, 1), VIRTIO_CTRL_ACK_ERR);
        EXPECT_EQ(set_queue(none, 1, 1, 1), VIRTIO_CTRL_ACK_ERR);
    }
    Device all(config(3), basic | control | feature(VIRTIO_NET_F_NOTF_COAL_BIT), 1);
    EXPECT_EQ(set_all(all, VIRTIO_CTRL_NOTF_COAL_TX_SET, 1, 1), VIRTIO_CTRL_ACK_OK);
    EXPECT_EQ(set_queue(all, 1, 1, 1), VIRTIO_CTRL_ACK_ERR);
}

}  // namespace
