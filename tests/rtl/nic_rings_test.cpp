// SPDX-License-Identifier: Apache-2.0
// What the standard says of packed rings, seen from outside: which memory the device touches and when, rings of every size, ids, doorbells.
#include <set>
#include <type_traits>

#include "nic_device.h"

namespace {

constexpr uint64_t kInAnyOrder = basic & ~feature(VIRTIO_F_IN_ORDER_BIT);

// One frame through the transmit ring as a chain of n elements, and one through the receive ring.
void round_trip(Device& d, unsigned tx_elements, unsigned rx_elements) {
    auto& random = d.host.bench.random;
    const Frame out = make_frame(random, 60 + tx_elements + random() % 200);
    std::vector<uint32_t> cuts;
    for (unsigned i = 1; i < tx_elements; ++i) cuts.push_back(1 + random() % 4);
    ASSERT_TRUE(d.tx.offer(d.place(kTxData + random() % 64, out, cuts, 3), tx_elements));
    d.host.sent.clear();
    d.kick(d.tx);
    std::vector<Ring::Buffer> used;
    ASSERT_TRUE(d.run_until([&] { return !(used = d.tx.reap()).empty(); })) << "the transmit ring stands still";
    ASSERT_EQ(used[0].flags >> VIRTQ_DESC_F_WRITE_BIT & 1, 0);
    ASSERT_TRUE(d.run_until([&] { return !d.host.sent.empty(); }));
    ASSERT_EQ(difference(d.host.sent[0], with_fcs(out)), "");

    const Frame in = make_frame(random, 60 + random() % 200);
    std::vector<Ring::Element> elements;
    for (unsigned i = 0; i < rx_elements; ++i)
        elements.push_back({kRxData + 512 * i + i % 7, i + 1 < rx_elements ? 1 + uint32_t(random() % 30) : 400});
    ASSERT_TRUE(d.rx.offer(elements, 0));
    d.kick(d.rx);
    d.host.receive(with_fcs(in));
    ASSERT_TRUE(d.run_until([&] { return !(used = d.rx.reap(false)).empty(); })) << "the receive ring stands still";
    ASSERT_EQ(used[0].length, in.size() + VIRTIO_NET_HDR_SIZE);
    ASSERT_EQ(used[0].flags >> VIRTQ_DESC_F_WRITE_BIT & 1, 1);
    ASSERT_EQ(difference(d.frame_in(used[0]), in), "");
}

TEST(NicRings, NothingIsConsumedBeforeDriverOkAndNoDoorbellIsNeededThen) {  // VIRTIO B1
    Device d(config(), basic, 1);
    d.prepare();
    const Frame out = make_frame(d.host.bench.random, 100), in = make_frame(d.host.bench.random, 100);
    d.tx.offer(d.place(kTxData, out, {12}, 4), 2);
    d.rx.offer({{kRxData, 1024}}, 0);
    d.rx.offer({{kRxData + 1024, 1024}}, 0);
    const auto seen = d.host.seen.size();
    d.tx.kick();
    d.rx.kick();
    d.host.receive(with_fcs(in));
    d.host.step(2000);
    EXPECT_EQ(d.host.seen.size(), seen) << "a TLP before DRIVER_OK";
    EXPECT_TRUE(d.host.sent.empty());
    d.set_status(15);
    ASSERT_TRUE(d.run_until([&] { return !d.tx.reap().empty(); }));
    ASSERT_TRUE(d.run_until([&] { return !d.host.sent.empty(); }));
    EXPECT_EQ(difference(d.host.sent[0], with_fcs(out)), "");
    d.host.receive(with_fcs(in));
    std::vector<Ring::Buffer> used;
    ASSERT_TRUE(d.run_until([&] { return !(used = d.rx.reap(false)).empty(); }));
    EXPECT_EQ(difference(d.frame_in(used[0]), in), "");
}

// Follows every write of the device into a ring: to a slot that it may use, and once.
struct SlotWatch {
    Ring& ring;
    enum State { driver, device, written };
    std::vector<State> slots;
    size_t seen = 0;
    explicit SlotWatch(Ring& r) : ring(r), slots(r.size, driver), seen(r.host.seen.size()) {}
    void posted(unsigned from, unsigned count) {
        for (unsigned i = 0; i < count; ++i) slots[(from + i) % ring.size] = device;
    }
    void look() {
        for (; seen < ring.host.seen.size(); ++seen) {
            const auto& tlp = ring.host.seen[seen];
            if (tlp.type != TLP_TYPE_MWR64 || tlp.address < ring.base || tlp.address >= ring.base + 16 * ring.size) continue;
            for (uint64_t slot = (tlp.address - ring.base) / 16; slot <= (tlp.address + tlp.bytes - 1 - ring.base) / 16; ++slot) {
                ASSERT_LT(slot, ring.size) << "behind the ring";
                ASSERT_EQ(slots[slot], device) << "slot " << slot << (slots[slot] == written ? " again" : ", which is the driver's");
                slots[slot] = written;
            }
        }
    }
    void reaped(unsigned from, unsigned count) {
        for (unsigned i = 0; i < count; ++i) slots[(from + i) % ring.size] = driver;
    }
};

TEST(NicRings, SlotsAreWrittenOnceAndWhileTheyAreTheDevicesOnly) {  // VIRTIO P5, B12
    for (unsigned seed = 1; seed <= 6; ++seed) {
        auto c = config(seed);
        c.latency_min = 20;
        c.latency_max = 20 + 90 * (seed % 3);
        c.stall_percent = seed % 2 * 15;
        Device d(c, seed % 2 ? basic : kInAnyOrder, 1, 5 + 8 * seed);
        auto& random = d.host.bench.random;
        SlotWatch tx(d.tx), rx(d.rx);
        unsigned done = 0, received = 0;
        const unsigned enough = 150;
        ASSERT_TRUE(d.run_until([&] {
            if (random() % 8 == 0) {
                std::vector<uint32_t> cuts;
                for (unsigned k = unsigned(random() % 4); k-- > 0;) cuts.push_back(1 + random() % 50);
                if (d.tx.free > cuts.size()) {
                    const auto elements = d.place(kTxData + d.tx.next * 1024, make_frame(random, 60 + random() % 300), cuts, 2);
                    tx.posted(d.tx.next, unsigned(elements.size()));
                    d.tx.offer(elements, elements.size());
                    if (random() % 2 || d.tx.free < 4) d.tx.kick();
                }
                if (d.rx.free >= 2) {
                    rx.posted(d.rx.next, 2);
                    d.rx.offer({{kRxData + d.rx.next * 1024, 20}, {kRxData + d.rx.next * 1024 + 32, 900}}, 0);
                    d.rx.kick();
                }
                if (d.rx.outstanding.size() > d.host.incoming() + 1) d.host.receive(with_fcs(make_frame(random, 60 + random() % 300)));
            }
            tx.look();
            rx.look();
            if (random() % 16 == 0) {
                const unsigned tx_used = d.tx.used, rx_used = d.rx.used, tx_free = d.tx.free, rx_free = d.rx.free;
                done += unsigned(d.tx.reap(d.features & feature(VIRTIO_F_IN_ORDER_BIT)).size());
                received += unsigned(d.rx.reap(false).size());
                tx.reaped(tx_used, d.tx.free - tx_free);
                rx.reaped(rx_used, d.rx.free - rx_free);
            }
            return HasFatalFailure() || (done >= enough && received >= enough);
        }, 400000)) << "seed " << seed << ": " << done << " sent, " << received << " received";
        if (HasFatalFailure()) FAIL() << "seed " << seed;
    }
}

TEST(NicRings, WhatTheDeviceMayOnlyReadIsNeverWritten) {  // VIRTIO P3
    auto c = config(3);
    c.stall_percent = 10;
    Device d(c, basic | control | indirect, 1);
    auto& random = d.host.bench.random;
    // All that is not a ring or a receive buffer is the driver's: it must look as the driver leaves it.
    for (unsigned round = 0; round < 20; ++round) {
        const Frame frame = make_frame(random, 60 + random() % 400);
        ASSERT_TRUE(d.tx.offer(d.place(kTxData + random() % 64, frame, {12, 3, 20}, 5), 4, round % 2));
        d.rx.offer({{kRxData, 900}}, 0, round % 2);
        const auto before = d.host.memory;
        d.tx.kick();
        d.rx.kick();
        d.host.receive(with_fcs(make_frame(random, 60 + random() % 400)));
        bool sent = false, received = false;
        ASSERT_TRUE(d.run_until([&] {
            sent = sent || !d.tx.reap().empty();
            received = received || !d.rx.reap(false).empty();
            return sent && received;
        }));
        d.host.step(300);
        for (size_t i = 0; i < before.size(); ++i) {
            const uint64_t at = Host::memory_base + i;
            const bool writable = (at >= kRings && at < kRings + (2 * kPairs + 1) * 0x1000) || (at >= kRxData && at < kRxData + 0x1000);
            if (!writable) { ASSERT_EQ(d.host.memory[i], before[i]) << "address " << at; }
        }
    }
}

TEST(NicRings, ChainsAreAsLongAsTheRingWhateverItsSize) {  // VIRTIO P6, P8, P9, P10, P11, P13, P14
    for (const unsigned size : {1u, 2u, 3u, 5u, 8u, 17u}) {
        Device d(config(size), basic, 1, size);
        auto& random = d.host.bench.random;
        for (unsigned i = 0; i < 12 + size && !HasFatalFailure(); ++i)
            round_trip(d, i % 3 ? size : 1 + unsigned(random() % size), i % 2 ? size : 1 + unsigned(random() % size));
        ASSERT_FALSE(HasFatalFailure()) << "ring of " << size;
        ASSERT_EQ(d.status(), 15u) << "ring of " << size;
    }
}

TEST(NicRings, LapsDoNotEnd) {  // VIRTIO P12: more than a 16-bit index has, on the C model; the RTL's wrap counters are proved too
    constexpr unsigned laps = std::is_base_of_v<VerilatedModel, Vnic_top> ? 1000 : 65600;
    auto c = config();
    c.latency_min = c.latency_max = 1;
    Device d(c, basic, 1, 1);
    for (unsigned lap = 0; lap < laps && !HasFatalFailure(); ++lap) round_trip(d, 1, 1);
    ASSERT_FALSE(HasFatalFailure());
}

TEST(NicRings, TheIdOfABufferIsThatOfItsLastElement) {  // VIRTIO P15, P23
    Device d(config(4), kInAnyOrder, 1, 11);
    auto& random = d.host.bench.random;
    std::set<uint16_t> ids;
    for (unsigned round = 0; round < 40; ++round) {
        for (Ring* ring : {&d.tx, &d.rx}) {
            const bool write = ring == &d.rx;
            const unsigned n = 1 + unsigned(random() % 4);
            const Frame frame = make_frame(random, 100);
            uint16_t id = 0;
            do id = uint16_t(random()); while (!ids.insert(id).second);
            const auto pieces = d.place(kTxData + round % 8 * 1024, frame, {12, 5, 30}, 7);
            for (unsigned i = 0; i < n; ++i) {     // the device sleeps: no doorbell yet
                Ring::Element element = write ? Ring::Element{kRxData + 1024 * i, i + 1 < n ? 9u : 900u} : pieces[i < 3 ? i : 3];
                if (!write && i + 1 == n) element.length = uint32_t(112 + 7 * 3);   // the rest, gaps and all
                ring->post_raw(element, i + 1 == n ? id : uint16_t(random()), uint16_t((i + 1 < n ? 1 : 0) | (write ? 2 : 0)));
            }
            ring->kick();
            if (write) d.host.receive(with_fcs(frame));
            ASSERT_TRUE(d.run_until([&] { return ring->look().done; })) << round;
            EXPECT_EQ(ring->look().id, id) << "round " << round << ", elements " << n;
            ring->advance(n);
            d.host.step(200);
        }
    }
}

// [V] 2.9: another CPU's doorbell may come late. Values are such that a driver could have sent them, within the last lap.
TEST(NicRings, DoorbellsMayRepeatAndBeStaleOrSpurious) {  // VIRTIO P19, P24
    for (const bool data : {true, false}) {
        Device d(config(5), data ? basic : basic & ~feature(VIRTIO_F_NOTIFICATION_DATA_BIT), 1, 40);
        auto& random = d.host.bench.random;
        std::deque<uint32_t> late[2];
        auto spurious = [&] {
            for (unsigned q = 0; q < 2; ++q) {
                const uint32_t bell = BAR0_NOTIFY + BAR0_NOTIFY_MULTIPLIER * q;
                if (late[q].size() > 4) late[q].pop_front();
                if (!data) { d.host.write(bell, q, 2); continue; }
                for (const uint32_t value : late[q]) d.host.write(bell, value, 4);
                d.host.write(bell, q, 2);                                             // of the wrong width
            }
            d.host.write(BAR0_NOTIFY + BAR0_NOTIFY_MULTIPLIER * (2 * kPairs + 1), 2 * kPairs + 1, data ? 4 : 2);   // of no queue
            d.host.write(BAR0_NOTIFY, 1, data ? 4 : 2);                               // of another queue than its place says
        };
        spurious();
        d.host.step(500);
        EXPECT_TRUE(d.host.sent.empty());
        for (unsigned i = 0; i < 60 && !HasFatalFailure(); ++i) {
            for (unsigned q = 0; q < 2; ++q) late[q].push_back(q | d.rings[q].next << 16 | (d.rings[q].wrap ? 1u << 31 : 0));
            if (random() % 2) spurious();
            round_trip(d, 1 + unsigned(random() % 3), 1 + unsigned(random() % 3));
            if (random() % 2) spurious();
        }
        ASSERT_FALSE(HasFatalFailure());
        EXPECT_EQ(d.status(), 15u);
        d.host.step(500);           // the last interrupt
        d.host.messages.clear();
        spurious();
        d.host.step(500);
        EXPECT_FALSE(d.tx.look().done || d.rx.look().done);
        EXPECT_TRUE(d.host.messages.empty()) << "an interrupt for nothing";
    }
}

}  // namespace
