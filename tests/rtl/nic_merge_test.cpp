// SPDX-License-Identifier: Apache-2.0
// Packets in several receive buffers (MRG_RXBUF, [V] 5.1.6.4), as the driver sees them in memory, cycle by cycle.
#include <gtest/gtest.h>

#include "nic_device.h"

namespace {

constexpr uint64_t merge = basic | feature(VIRTIO_NET_F_MRG_RXBUF_BIT);

// Buffers of random size and layout; `big` ones mostly.
struct Buffers {
    Device& d;
    Ring& ring;
    unsigned smallest, largest;
    uint64_t at = kRxData;
    bool offer_one(bool indirect = false) {
        auto& random = d.host.bench.random;
        if (ring.free < 3) return false;
        const uint32_t length = uint32_t(smallest + random() % (largest - smallest + 1));
        if (at + 2 * length + 300 > kRxData + 0x180000) at = kRxData;
        std::vector<Ring::Element> elements;
        uint32_t done = 0;
        for (unsigned parts = unsigned(random() % 3); parts-- > 0 && done < length;) {   // the header may lie in several elements
            const uint32_t part = uint32_t(random() % std::min(20u, length - done + 1));
            elements.push_back({at, part});
            at += part + random() % 9;
            done += part;
        }
        elements.push_back({at, length - done});
        at += length - done + random() % 9;
        for (const auto& e : elements) std::memset(d.host.at(e.address), 0xEE, e.length);
        ring.offer(elements, 0, indirect);
        return true;
    }
    size_t bytes() const {     // that the device may write
        size_t sum = 0;
        for (const auto& buffer : ring.outstanding)
            for (const auto& e : buffer.elements) sum += e.length;
        return sum;
    }
};

// Looks at the ring as a driver does: when the first buffer of a packet is used, all of its buffers must be.
struct Reader {
    Device& d;
    Ring& ring;
    std::vector<Frame> frames;
    unsigned most = 0;             // buffers of a packet
    bool fresh = true;             // no dropped packet has been in the buffers
    void look() {
        if (!ring.look().done) return;
        auto used = ring.reap(false);
        for (size_t i = 0; i < used.size();) {
            const Frame first = bytes_of(used[i]);
            ASSERT_GE(first.size(), unsigned{VIRTIO_NET_HDR_SIZE});
            const unsigned count = unsigned(first[VIRTIO_NET_HDR_NUM_BUFFERS] | first[VIRTIO_NET_HDR_NUM_BUFFERS + 1] << 8);
            ASSERT_GE(count, 1u);
            ASSERT_LE(i + count, used.size()) << "the first buffer is used, others of its packet are not";
            Frame packet;
            for (unsigned k = 0; k < count; ++k, ++i) {
                const Frame part = bytes_of(used[i]);
                if (k + 1 < count) { ASSERT_EQ(part.size(), capacity(used[i])) << "buffer " << k << " of " << count << " is not full"; }
                packet.insert(packet.end(), part.begin(), part.end());
            }
            for (unsigned k = 0; k < 10; ++k) ASSERT_EQ(packet[k], 0);
            frames.emplace_back(packet.begin() + VIRTIO_NET_HDR_SIZE, packet.end());
            most = std::max(most, count);
        }
    }
    size_t capacity(const Ring::Buffer& buffer) const {
        size_t bytes = 0;
        for (const auto& e : buffer.elements) bytes += e.length;
        return bytes;
    }
    Frame bytes_of(const Ring::Buffer& buffer) const {
        Frame bytes;
        for (const auto& e : buffer.elements) bytes.insert(bytes.end(), d.host.at(e.address), d.host.at(e.address) + e.length);
        EXPECT_LE(buffer.length, bytes.size());
        for (size_t i = buffer.length; fresh && i < bytes.size(); ++i) EXPECT_EQ(bytes[i], 0xEE) << "written behind its length";
        bytes.resize(buffer.length);
        return bytes;
    }
};

TEST(NicMerge, APacketTakesAsManyBuffersAsItNeedsAndTheyAreSeenTogether) {  // VIRTIO R4, R5, R6
    for (unsigned seed = 1; seed <= 6; ++seed) {
        auto c = config(seed);
        c.latency_min = 20;
        c.latency_max = 20 + 60 * (seed % 3);
        c.stall_percent = seed % 3 * 15;
        Device d(c, merge | indirect, 1);
        auto& random = d.host.bench.random;
        Buffers buffers{d, d.rx, 30, seed % 2 ? 200u : 2000u};
        Reader reader{d, d.rx, {}};
        std::vector<Frame> sent;
        const unsigned total = 120;
        ASSERT_TRUE(d.run_until([&] {
            bool more = false;
            while (buffers.offer_one(random() % 4 == 0)) more = true;
            if (more) d.rx.kick();
            const unsigned most = seed % 2 ? 1000 : 8958;
            if (sent.size() < total && sent.size() < reader.frames.size() + 2 && buffers.bytes() > 2 * most + 200 && random() % 20 == 0) {
                sent.push_back(make_frame(random, 60 + random() % (random() % 3 ? most : 100)));
                d.host.receive(with_fcs(sent.back()));
            }
            reader.look();
            return HasFatalFailure() || reader.frames.size() == total;
        }, 600000)) << "seed " << seed << ": " << reader.frames.size() << " of " << sent.size() << ", dropped "
            << d.host.read(BAR0_STATS + STATS_RX_DROPS_NO_BUFFER, 4);
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        for (unsigned i = 0; i < total; ++i) ASSERT_EQ(difference(reader.frames[i], sent[i]), "") << "frame " << i << " seed " << seed;
        EXPECT_GT(reader.most, 3u);
        EXPECT_EQ(d.host.read(BAR0_STATS + STATS_RX_FRAMES, 4), total);
        EXPECT_EQ(d.host.read(BAR0_STATS + STATS_RX_DROPS_NO_BUFFER, 4), 0u);
        EXPECT_EQ(d.status() & 64, 0u);
    }
}

TEST(NicMerge, WithoutTheFeatureAPacketHasOneBuffer) {   // VIRTIO R2: [V] 5.1.6.4
    Device d(config(), basic, 1);
    d.rx.offer({{kRxData, 60}}, 0);
    d.rx.offer({{kRxData + 0x1000, 600}}, 0);
    d.rx.kick();
    d.host.step(300);
    d.host.receive(with_fcs(make_frame(d.host.bench.random, 100)));
    ASSERT_TRUE(d.run_until([&] { return d.host.read(BAR0_STATS + STATS_RX_DROPS_NO_BUFFER, 4) == 1; }));
    EXPECT_FALSE(d.rx.look().done);
}

// Ours: what does not find enough buffers, or would take more than 32, is dropped whole, and they are there for the next.
TEST(NicMerge, BuffersOfAPacketThatIsDroppedAreUsedForTheNext) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        Device d(config(seed), merge, 1);
        auto& random = d.host.bench.random;
        Buffers buffers{d, d.rx, 100, 140};
        Reader reader{d, d.rx, {}};
        reader.fresh = false;
        const unsigned offered = seed % 2 ? 12 : 31;
        for (unsigned i = 0; i < offered; ++i) buffers.offer_one();
        d.rx.kick();
        d.host.step(600);
        std::vector<Frame> sent;
        unsigned large = 0;
        for (unsigned i = 0; i < 9; ++i) {
            const bool too_large = i % 3 != 2;
            large += too_large;
            Frame frame = make_frame(random, too_large ? 5000 : 200);
            if (!too_large) sent.push_back(frame);
            d.host.receive(with_fcs(frame));
        }
        ASSERT_TRUE(d.run_until([&] { reader.look(); return HasFatalFailure() || reader.frames.size() == sent.size(); })) << "seed " << seed;
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        for (size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(difference(reader.frames[i], sent[i]), "") << "seed " << seed;
        d.host.step(500);
        EXPECT_EQ(d.host.read(BAR0_STATS + STATS_RX_DROPS_NO_BUFFER, 4), large);
        EXPECT_EQ(d.status() & 64, 0u);
    }
}

TEST(NicMerge, AQueueResetInTheMiddleOfAPacketForgetsItAlone) {   // [V] 2.6.1
    Device d(config(3), merge | ring_reset, 1);
    auto& random = d.host.bench.random;
    Buffers buffers{d, d.rx, 100, 140};
    for (unsigned i = 0; i < 4; ++i) buffers.offer_one();
    d.rx.kick();
    d.host.step(300);
    d.host.receive(with_fcs(make_frame(random, 3000)));        // four buffers are full, and no fifth is there
    d.host.step(600);
    d.host.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_SELECT, 0, 2);
    d.host.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_RESET, 1, 2);
    ASSERT_TRUE(d.run_until([&] { return d.host.read(BAR0_COMMON + VIRTIO_COMMON_QUEUE_RESET, 2) == 0; }, 500)) << "the reset does not end";
    d.queue(0);
    Reader reader{d, d.rx, {}};
    for (unsigned i = 0; i < 12; ++i) buffers.offer_one();
    d.rx.kick();
    d.host.step(300);
    const Frame frame = make_frame(random, 700);
    d.host.receive(with_fcs(frame));
    ASSERT_TRUE(d.run_until([&] { reader.look(); return HasFatalFailure() || !reader.frames.empty(); }));
    EXPECT_EQ(difference(reader.frames.at(0), frame), "");
}

// [V] 2.8.10: with EVENT_IDX a packet of several buffers moves the used pointer by all of them.
TEST(NicMerge, AnEventInTheMiddleOfAPacketIsNotLost) {  // VIRTIO P18
    for (unsigned slot = 0; slot < 12; ++slot) {
        Device d(config(slot + 1), merge | event_idx, 1);
        auto& random = d.host.bench.random;
        const uint16_t event[2] = {uint16_t(slot | 0x8000), VIRTQ_EVENT_FLAGS_DESC};
        std::memcpy(d.host.at(event_address(0)), event, 4);
        for (unsigned i = 0; i < 12; ++i) d.rx.offer({{kRxData + i * 256, 100}}, 0);
        d.rx.kick();
        d.host.step(300);
        for (unsigned i = 0; i < 3; ++i) {                // four buffers each
            d.host.receive(with_fcs(make_frame(random, 350)));
            d.host.step(2000);
            EXPECT_EQ(d.messages_of(1), slot / 4 <= i ? 1u : 0u) << "slot " << slot << " packet " << i;
        }
    }
}

}  // namespace
