// SPDX-License-Identifier: Apache-2.0
// nic_top as a whole, driven by the least host there is: what a driver does, spelled out in ring slots and TLPs.
#include <gtest/gtest.h>
#include <zlib.h>

#include <numeric>

#include "Vnic_top.h"
#include "nic_host.h"

namespace {

using Host = NicHost<Vnic_top>;
constexpr unsigned kRing = 64;
constexpr uint64_t kRxRing = Host::memory_base + 0x10000, kTxRing = Host::memory_base + 0x20000;
constexpr uint64_t kRxEvents = Host::memory_base + 0x30000, kTxEvents = Host::memory_base + 0x30040;
constexpr uint64_t kTxData = Host::memory_base + 0x100000, kRxData = Host::memory_base + 0x200000;

std::vector<uint8_t> with_fcs(std::vector<uint8_t> frame) {
    if (frame.size() < 60) frame.resize(60, 0);
    const uint32_t crc = uint32_t(crc32(0, frame.data(), unsigned(frame.size())));
    for (int i = 0; i < 4; ++i) frame.push_back(uint8_t(crc >> (8 * i)));
    return frame;
}

// "" if equal, else where and how two frames differ.
std::string difference(const std::vector<uint8_t>& got, const std::vector<uint8_t>& want) {
    if (got.size() != want.size()) return "length " + std::to_string(got.size()) + " instead of " + std::to_string(want.size());
    for (size_t i = 0; i < got.size(); ++i)
        if (got[i] != want[i]) return "byte " + std::to_string(i) + " of " + std::to_string(want.size()) + " differs";
    return "";
}

std::vector<uint8_t> make_frame(std::mt19937& random, size_t length) {
    std::vector<uint8_t> frame(length);
    for (auto& byte : frame) byte = uint8_t(random());
    return frame;
}

// One packed ring as a driver sees it.
struct Ring {
    Host& host;
    uint64_t base;
    unsigned queue, size = kRing;
    unsigned next = 0, used = 0;
    bool wrap = true, used_wrap = true;

    struct Element { uint64_t address; uint32_t length; };
    // Writes a chain; the head's flags last. Returns its first slot.
    unsigned post(const std::vector<Element>& elements, uint16_t id, bool write) {
        const unsigned head = next;
        uint16_t head_flags = 0;
        for (size_t i = 0; i < elements.size(); ++i) {
            uint8_t* slot = host.at(base + 16 * next);
            const uint16_t flags = uint16_t((i + 1 < elements.size() ? 1 : 0) | (write ? 2 : 0) | (wrap ? 0x80 : 0x8000));
            std::memcpy(slot, &elements[i].address, 8);
            std::memcpy(slot + 8, &elements[i].length, 4);
            std::memcpy(slot + 12, &id, 2);
            if (i == 0) head_flags = flags; else std::memcpy(slot + 14, &flags, 2);
            if (++next == size) { next = 0; wrap = !wrap; }
        }
        std::memcpy(host.at(base + 16 * head + 14), &head_flags, 2);
        return head;
    }
    void kick() { host.write(BAR0_NOTIFY + 4 * queue, queue | next << 16 | (wrap ? 1u << 31 : 0), 4); }
    struct Used { bool done; uint16_t id; uint32_t length; uint16_t flags; };
    Used look() {
        const uint8_t* slot = host.at(base + 16 * used);
        Used u{};
        std::memcpy(&u.length, slot + 8, 4);
        std::memcpy(&u.id, slot + 12, 2);
        std::memcpy(&u.flags, slot + 14, 2);
        u.done = ((u.flags >> 7) & 1) == used_wrap && ((u.flags >> 15) & 1) == used_wrap;
        return u;
    }
    void advance(unsigned slots) {
        used += slots;
        if (used >= size) { used -= size; used_wrap = !used_wrap; }
    }
};

struct Device {
    Host host;
    Ring rx, tx;
    explicit Device(const NicHostConfig& config, bool notification_data = true)
        : host(config), rx{host, kRxRing, 0}, tx{host, kTxRing, 1} {
        host.write(BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 0, 1);
        while (host.read(BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 1) != 0) {}
        host.write(BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 3, 1);
        host.write(BAR0_COMMON + VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 0, 4);
        host.write(BAR0_COMMON + VIRTIO_COMMON_DRIVER_FEATURE, 1u << VIRTIO_NET_F_MAC_BIT | 1u << VIRTIO_NET_F_STATUS_BIT, 4);
        host.write(BAR0_COMMON + VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 1, 4);
        uint32_t high = 1u << (VIRTIO_F_VERSION_1_BIT - 32) | 1u << (VIRTIO_F_ACCESS_PLATFORM_BIT - 32) |
                        1u << (VIRTIO_F_RING_PACKED_BIT - 32) | 1u << (VIRTIO_F_IN_ORDER_BIT - 32) |
                        1u << (VIRTIO_F_ORDER_PLATFORM_BIT - 32);
        if (notification_data) high |= 1u << (VIRTIO_F_NOTIFICATION_DATA_BIT - 32);
        host.write(BAR0_COMMON + VIRTIO_COMMON_DRIVER_FEATURE, high, 4);
        host.write(BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 11, 1);
        EXPECT_EQ(host.read(BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 1), 11u);
        queue(0, kRxRing, kRxEvents);
        queue(1, kTxRing, kTxEvents);
        host.write(BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 15, 1);
    }
    void queue(unsigned q, uint64_t ring, uint64_t events) {
        const uint32_t c = BAR0_COMMON;
        host.write(c + VIRTIO_COMMON_QUEUE_SELECT, q, 2);
        host.write(c + VIRTIO_COMMON_QUEUE_SIZE, kRing, 2);
        host.write(c + VIRTIO_COMMON_QUEUE_MSIX_VECTOR, q + 1, 2);
        EXPECT_EQ(host.read(c + VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2), q + 1);
        const uint64_t values[3] = {ring, events, events + 32};
        for (unsigned i = 0; i < 3; ++i) {
            host.write(c + VIRTIO_COMMON_QUEUE_DESC + 8 * i, uint32_t(values[i]), 4);
            host.write(c + VIRTIO_COMMON_QUEUE_DESC + 8 * i + 4, uint32_t(values[i] >> 32), 4);
        }
        host.write(c + VIRTIO_COMMON_QUEUE_ENABLE, 1, 2);
    }
    // Puts header and frame into memory from `address` on, cut at the given lengths (the rest is the last piece), with `gap` bytes
    // between the pieces.
    std::vector<Ring::Element> place(uint64_t address, const std::vector<uint8_t>& frame, const std::vector<uint32_t>& cuts,
                                     uint32_t gap) {
        std::vector<uint8_t> packet(VIRTIO_NET_HDR_SIZE, 0);
        packet.insert(packet.end(), frame.begin(), frame.end());
        std::vector<Ring::Element> elements;
        size_t done = 0;
        auto piece = [&](size_t length) {
            std::memcpy(host.at(address), packet.data() + done, length);
            elements.push_back({address, uint32_t(length)});
            address += length + gap;
            done += length;
        };
        for (uint32_t cut : cuts)
            if (done + cut < packet.size()) piece(cut);
        piece(packet.size() - done);
        return elements;
    }
    bool run_until(const std::function<bool()>& done, unsigned limit = 20000) {
        while (limit-- && !done()) host.step();
        return done();
    }
};

NicHostConfig config(unsigned seed = 1) {
    NicHostConfig c;
    c.data_width = RTL_DataWidth;
    c.seed = seed;
    return c;
}

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

TEST(NicTop, GathersFragmentsOfAnyLengthAndAlignment) {
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

TEST(NicTop, ScattersIntoBuffersOfAnyLayout) {
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

TEST(NicTop, SendsNoInterruptWhileTheDriverDisablesThem) {
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

TEST(NicTop, ResetWithReadsInFlightEndsAndTheDeviceComesBack) {
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
