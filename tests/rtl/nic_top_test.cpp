// SPDX-License-Identifier: Apache-2.0
// nic_top as a whole, driven by the least host there is: what a driver does, spelled out in ring slots and TLPs.
#include <gtest/gtest.h>

#include "nic_device.h"

namespace {

TEST(NicTop, SendsOneFrameOfOneElement) {
    Device d(config());
    const auto frame = make_frame(d.host.bench.random, 100);
    d.tx.post(d.place(kTxData, frame, {}, 0), 7, false);
    d.tx.kick();
    ASSERT_TRUE(d.run_until([&] { return d.tx.look().done && !d.host.sent.empty(); }));
    EXPECT_EQ(difference(d.host.sent[0], with_fcs(frame)), "");
    EXPECT_EQ(d.tx.look().id, 7);
    ASSERT_TRUE(d.run_until([&] { return !d.host.messages.empty(); }));
    EXPECT_EQ(d.host.messages[0].second, 2u) << "vector of queue 1";
}

TEST(NicTop, PadsShortFramesTo60Bytes) {
    Device d(config());
    const auto frame = make_frame(d.host.bench.random, 14);
    d.tx.post(d.place(kTxData + 3, frame, {}, 0), 0, false);
    d.tx.kick();
    ASSERT_TRUE(d.run_until([&] { return !d.host.sent.empty(); }));
    EXPECT_EQ(difference(d.host.sent[0], with_fcs(frame)), "");
}

TEST(NicTop, GathersFragmentsOfAnyLengthAndAlignment) {  // VIRTIO B12, P6, P7, P8
    for (unsigned seed = 1; seed <= 8; ++seed) {
        auto c = config(seed);
        c.latency_min = 20;
        c.latency_max = 400;
        c.stall_percent = seed % 3 * 20;
        Device d(c);
        auto& random = d.host.bench.random;
        std::vector<std::vector<uint8_t>> frames;
        std::vector<unsigned> lengths;
        unsigned posted = 0, reaped = 0;
        const unsigned total = 60;
        for (unsigned i = 0; i < total; ++i) frames.push_back(make_frame(random, 14 + random() % (i % 10 == 0 ? 9005 : 600)));
        std::vector<unsigned> slots(total);
        unsigned in_flight = 0;
        ASSERT_TRUE(d.run_until([&] {
            while (posted < total) {
                std::vector<uint32_t> cuts;
                const unsigned style = random() % 4;
                if (style == 1) cuts = {12};
                if (style == 2) for (int k = 0; k < 12; ++k) cuts.push_back(1);
                if (style == 3) for (unsigned k = random() % 5; k-- > 0;) cuts.push_back(uint32_t(1 + random() % 100));
                if (in_flight + cuts.size() + 1 > kRing) break;
                const auto elements = d.place(kTxData + posted % 64 * 16384 + random() % 64, frames[posted], cuts, random() % 70);
                slots[posted] = unsigned(elements.size());
                in_flight += slots[posted];
                d.tx.post(elements, uint16_t(posted), false);
                ++posted;
                if (random() % 2) d.tx.kick();
            }
            if (posted == total || in_flight > kRing / 2) d.tx.kick();
            for (auto u = d.tx.look(); reaped < posted && u.done; u = d.tx.look()) {
                unsigned advance = 0;
                while (true) {  // IN_ORDER: everything up to this id is used
                    in_flight -= slots[reaped];
                    advance += slots[reaped];
                    if (reaped++ == u.id) break;
                }
                d.tx.advance(advance);
            }
            return reaped == total && d.host.sent.size() == total;
        }, 400000)) << "seed " << seed << " posted " << posted << " reaped " << reaped << " sent " << d.host.sent.size();
        for (unsigned i = 0; i < total; ++i) ASSERT_EQ(difference(d.host.sent[i], with_fcs(frames[i])), "") << "frame " << i << " seed " << seed;
    }
}

TEST(NicTop, WorksWithoutNotificationData) {
    auto c = config(3);
    c.latency_max = 300;
    Device d(c, false);
    auto& random = d.host.bench.random;
    std::vector<std::vector<uint8_t>> frames;
    for (unsigned i = 0; i < 200; ++i) frames.push_back(make_frame(random, 60 + random() % 100));
    unsigned posted = 0, reaped = 0;
    std::vector<unsigned> slots(frames.size());
    unsigned in_flight = 0;
    ASSERT_TRUE(d.run_until([&] {
        if (posted < frames.size() && random() % 20 == 0) {
            for (unsigned burst = random() % 6; burst-- > 0 && posted < frames.size() && in_flight + 4 <= kRing;) {
                const auto elements = d.place(kTxData + posted % 64 * 1024, frames[posted], {5, 20, uint32_t(random() % 30 + 1)}, 3);
                slots[posted] = unsigned(elements.size());
                in_flight += slots[posted];
                d.tx.post(elements, uint16_t(posted), false);
                ++posted;
            }
            d.host.write(BAR0_NOTIFY + 4, 1, 2);
        }
        for (auto u = d.tx.look(); reaped < posted && u.done; u = d.tx.look()) {
            unsigned advance = 0;
            while (true) {
                in_flight -= slots[reaped];
                advance += slots[reaped];
                if (reaped++ == u.id) break;
            }
            d.tx.advance(advance);
        }
        return reaped == frames.size() && d.host.sent.size() == frames.size();
    }, 200000)) << "posted " << posted << " reaped " << reaped;
    for (unsigned i = 0; i < frames.size(); ++i) ASSERT_EQ(difference(d.host.sent[i], with_fcs(frames[i])), "") << "frame " << i;
}

TEST(NicTop, ScattersIntoBuffersOfAnyLayout) {  // VIRTIO P2, P7, P13, P14, R1, R3
    for (unsigned seed = 1; seed <= 8; ++seed) {
        auto c = config(seed);
        c.latency_max = 300;
        c.stall_percent = seed % 2 * 10;
        Device d(c);
        auto& random = d.host.bench.random;
        std::vector<std::vector<uint8_t>> frames;
        const unsigned total = 60;
        for (unsigned i = 0; i < total; ++i) frames.push_back(make_frame(random, 60 + random() % (i % 8 == 0 ? 8900 : 500)));
        std::deque<std::pair<uint16_t, std::vector<Ring::Element>>> buffers;
        unsigned posted = 0, reaped = 0, offered = 0, free_slots = kRing;
        ASSERT_TRUE(d.run_until([&] {
            bool added = false;
            while (posted < total + 4 && posted - reaped < 12) {
                std::vector<Ring::Element> elements;
                uint64_t address = kRxData + posted % 16 * 16384 + random() % 64;
                uint32_t left = 9100;
                for (unsigned k = random() % 4; k-- > 0;) {
                    const uint32_t length = 1 + uint32_t(random() % (random() % 2 ? 20 : 700));
                    elements.push_back({address, length});
                    address += length + random() % 9;
                    left -= length;
                }
                elements.push_back({address, left});
                if (elements.size() > free_slots) break;
                free_slots -= unsigned(elements.size());
                d.rx.post(elements, uint16_t(posted), true);
                buffers.emplace_back(uint16_t(posted), elements);
                ++posted;
                added = true;
            }
            if (added) d.rx.kick();
            if (offered < total && offered < reaped + 5 && d.host.wire_idle()) d.host.receive(with_fcs(frames[offered++]));
            for (auto u = d.rx.look(); !buffers.empty() && u.done; u = d.rx.look()) {
                const auto [id, elements] = buffers.front();
                buffers.pop_front();
                EXPECT_EQ(u.id, id);
                EXPECT_EQ(u.flags & 2, 2);
                EXPECT_EQ(u.length, frames[reaped].size() + 12) << "frame " << reaped;
                std::vector<uint8_t> got;
                for (const auto& e : elements) got.insert(got.end(), d.host.at(e.address), d.host.at(e.address) + e.length);
                got.resize(u.length);
                const std::vector<uint8_t> header{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0};
                EXPECT_TRUE(std::equal(header.begin(), header.end(), got.begin())) << "frame " << reaped << " seed " << seed;
                EXPECT_TRUE(std::equal(frames[reaped].begin(), frames[reaped].end(), got.begin() + 12)) << "frame " << reaped;
                d.rx.advance(unsigned(elements.size()));
                free_slots += unsigned(elements.size());
                ++reaped;
            }
            return reaped == total;
        }, 400000)) << "seed " << seed << " posted " << posted << " reaped " << reaped << " offered " << offered;
        EXPECT_FALSE(d.host.messages.empty());
    }
}

TEST(NicTop, DropsABadFcsAndDeliversTheNextFrame) {
    Device d(config());
    auto& random = d.host.bench.random;
    d.rx.post({{kRxData, 2048}}, 1, true);
    d.rx.kick();
    d.host.step(400);
    auto bad = with_fcs(make_frame(random, 200));
    bad[50] ^= 1;
    const auto good = make_frame(random, 300);
    d.host.receive(bad);
    d.host.receive(with_fcs(good));
    ASSERT_TRUE(d.run_until([&] { return d.rx.look().done; }));
    EXPECT_EQ(d.rx.look().length, 312u);
    EXPECT_EQ(std::memcmp(d.host.at(kRxData + 12), good.data(), good.size()), 0);
    EXPECT_EQ(d.host.read(BAR0_STATS + STATS_RX_DROPS_FCS, 4), 1u);
}

TEST(NicTop, SendsNoInterruptWhileTheDriverDisablesThem) {  // VIRTIO P18
    Device d(config());
    auto& random = d.host.bench.random;
    d.host.at(kTxEvents)[2] = VIRTQ_EVENT_FLAGS_DISABLE;
    d.tx.post(d.place(kTxData, make_frame(random, 100), {}, 0), 0, false);
    d.tx.kick();
    ASSERT_TRUE(d.run_until([&] { return d.tx.look().done; }));
    d.host.step(1000);
    EXPECT_TRUE(d.host.messages.empty());
    d.tx.advance(1);
    d.host.at(kTxEvents)[2] = VIRTQ_EVENT_FLAGS_ENABLE;
    d.tx.post(d.place(kTxData, make_frame(random, 100), {}, 0), 1, false);
    d.tx.kick();
    EXPECT_TRUE(d.run_until([&] { return !d.host.messages.empty(); }));
}

TEST(NicTop, KeepsABufferThatIsTooShortForItsFrame) {
    Device d(config());
    auto& random = d.host.bench.random;
    d.rx.post({{kRxData, 40}, {kRxData + 100, 60}}, 1, true);
    d.rx.kick();
    d.host.step(400);
    d.host.receive(with_fcs(make_frame(random, 300)));
    d.host.step(2000);
    EXPECT_FALSE(d.rx.look().done);
    EXPECT_EQ(d.host.read(BAR0_STATS + STATS_RX_DROPS_NO_BUFFER, 4), 1u);
    const auto small = make_frame(random, 60);
    d.host.receive(with_fcs(small));
    ASSERT_TRUE(d.run_until([&] { return d.rx.look().done; }));
    EXPECT_EQ(d.rx.look().length, 72u);
    EXPECT_EQ(std::memcmp(d.host.at(kRxData + 12), small.data(), 28), 0);
    EXPECT_EQ(std::memcmp(d.host.at(kRxData + 100), small.data() + 28, 32), 0);
}

TEST(NicTop, ResetWithReadsInFlightEndsAndTheDeviceComesBack) {  // VIRTIO B5, B6
    auto c = config(5);
    c.latency_min = c.latency_max = 500;
    Device d(c);
    auto& random = d.host.bench.random;
    for (unsigned i = 0; i < 10; ++i) d.tx.post(d.place(kTxData + i * 4096, make_frame(random, 1000), {}, 0), uint16_t(i), false);
    d.tx.kick();
    d.host.step(700);
    EXPECT_TRUE(d.host.reads_outstanding());
    d.host.write(BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 0, 1);
    ASSERT_TRUE(d.run_until([&] { return d.host.read(BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 1) == 0; }, 2000));
    EXPECT_FALSE(d.host.reads_outstanding());
    const auto seen = d.host.seen.size();
    d.host.step(2000);
    EXPECT_EQ(d.host.seen.size(), seen) << "no TLP after status read 0 ([V] 2.4.1)";
}

}  // namespace
