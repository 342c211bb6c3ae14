// SPDX-License-Identifier: Apache-2.0
// Drivers that nic_top must survive: each malformed ring, chain, table, header and doorbell of virtio.md 12.1 by itself, then all of
// them at random. The table "Bad input" of rtl/README.md names these tests.
#include "hostile_driver.h"

namespace {

constexpr uint64_t kFeatures = basic | moderation | indirect | (kPairs > 1 ? multi : 0);
constexpr uint16_t next = 1u << VIRTQ_DESC_F_NEXT_BIT, writable = 1u << VIRTQ_DESC_F_WRITE_BIT, table = 1u << VIRTQ_DESC_F_INDIRECT_BIT;
uint32_t count(Device& d, uint32_t counter) { return d.host.read(BAR0_STATS + counter, 4); }

// Rings that no driver may make, on a receive and on a transmit queue, and the control queue ([V] 2.8.5, 2.8.7).
TEST(NicHostile, AMalformedRingIsARingError) {  // VIRTIO B2, P25
    struct Slot { uint64_t address; uint32_t length; uint16_t flags; };
    struct Case { const char* what; std::vector<Slot> slots; };
    const uint64_t end = 0ull - 64;
    std::vector<Slot> endless(kRing, {kTxData, 100, next});
    const Case cases[] = {
        {"a chain longer than the ring", endless},
        {"a chain that goes on in a slot that is not available", {{kTxData, 100, next}}},
        {"an element across the end of the address space", {{end, 65, 0}}},
        {"an element of 4 GiB across it", {{end, 0xFFFFFFFF, 0}}},
        {"the second element across it", {{kTxData, 100, next}, {end, 100, 0}}},
        {"a table across it", {{end, 128, table}}},
    };
    for (const unsigned q : {0u, 1u, kControl}) {
        for (const Case& c : cases) {
            Device d(config(1), kFeatures, 1);
            Ring& ring = d.rings[q];
            for (const Slot& slot : c.slots) ring.post_raw({slot.address, slot.length}, 1, uint16_t(slot.flags | (q == 0 ? writable : 0)));
            d.kick(q);
            if (q == 0) d.host.receive(with_fcs(flow_frame(d.host.bench.random, 0, true, 500)));   // some are found when they are needed
            expect_needs_reset(d, std::string(c.what) + ", queue " + std::to_string(q));
            if (HasFatalFailure()) return;
        }
    }
}

TEST(NicHostile, AnElementOfATableAcrossTheEndOfTheAddressSpaceIsARingError) {
    for (const unsigned q : {0u, 1u, kControl}) {
        Device d(config(2), kFeatures, 1);
        d.rings[q].offer({{kTxData, 100}, {0ull - 1, 2}}, q == 0 ? 0 : 2, true);
        d.kick(q);
        if (q == 0) d.host.receive(with_fcs(flow_frame(d.host.bench.random, 0, true, 500)));
        expect_needs_reset(d, "queue " + std::to_string(q));
        if (HasFatalFailure()) return;
    }
}

TEST(NicHostile, AReceiveBufferThatCannotBeWrittenOrHoldsNoHeaderIsARingError) {  // VIRTIO B2, P25: virtio.md 12.1
    struct Case { const char* what; std::vector<Ring::Element> elements; size_t readable; };
    const Case cases[] = {{"readable", {{kRxData, 900}}, 1},
                          {"readable in front", {{kRxData, 20}, {kRxData + 100, 900}}, 1},
                          {"no bytes", {{kRxData, 0}}, 0},
                          {"11 bytes", {{kRxData, 11}}, 0},
                          {"11 bytes in pieces", {{kRxData, 5}, {kRxData + 100, 0}, {kRxData + 200, 6}}, 0}};
    for (const bool as_table : {false, true}) {
        for (const Case& c : cases) {
            Device d(config(3), kFeatures, 1);
            d.rx.offer(c.elements, c.readable, as_table);
            d.kick(0);
            d.host.step(400);
            d.host.receive(with_fcs(flow_frame(d.host.bench.random, 0, true, 100)));
            d.host.receive(with_fcs(flow_frame(d.host.bench.random, 0, true, 100)));
            expect_needs_reset(d, c.what);
            if (HasFatalFailure()) return;
        }
    }
}

// Only then is a queue chosen: which one is looked at before must not hang on what the frame table held long ago.
TEST(NicHostile, AReceiveBufferThatCannotBeUsedIsFoundWhenAFrameNeedsIt) {
    Device d(config(13), kFeatures, 1);
    d.rx.offer({{kRxData, 11}}, 0);
    d.kick(0);
    d.host.step(1000);
    EXPECT_EQ(d.status(), 15u);
    d.host.receive(with_fcs(flow_frame(d.host.bench.random, 0, true, 100)));
    expect_needs_reset(d, "11 bytes");
}

TEST(NicHostile, ALaterBufferOfAMergedPacketThatHoldsNoHeaderIsARingError) {  // virtio.md 9: 12 bytes at least, each of them
    Device d(config(4), kFeatures | feature(VIRTIO_NET_F_MRG_RXBUF_BIT), 1);
    d.rx.offer({{kRxData, 100}}, 0);
    d.rx.offer({{kRxData + 1024, 8}}, 0);
    d.rx.offer({{kRxData + 2048, 900}}, 0);
    d.kick(0);
    d.host.step(400);
    d.host.receive(with_fcs(flow_frame(d.host.bench.random, 0, true, 300)));
    expect_needs_reset(d, "merged");
}

// The frames of the others pass, and the device is told nothing.
TEST(NicHostile, AMalformedPacketIsDroppedAlone) {  // VIRTIO P25: virtio.md 12.1
    Device d(config(5), kFeatures, 1);
    auto& random = d.host.bench.random;
    struct Case { const char* what; std::vector<Ring::Element> elements; size_t readable; };
    const uint64_t at = kTxData + 0x8000;
    const Case cases[] = {{"nothing", {{at, 0}}, 1},          {"less than a header", {{at, 11}}, 1},
                          {"13 bytes of frame", {{at, 25}}, 1}, {"longer than the largest frame", {{at, 9031}}, 1},
                          {"4 GiB", {{at, 0xFFFFFFFF}}, 1},     {"longer in sum", {{at, 9000}, {at, 100}}, 2},
                          {"writable", {{at, 100}}, 0},         {"writable at its end", {{at, 100}, {at, 1}}, 1},
                          {"writable and of no bytes", {{at, 100}, {at, 0}}, 1}};
    unsigned dropped = 0;
    for (const bool as_table : {false, true}) {
        for (const Case& c : cases) {
            const Frame good = flow_frame(random, 0, false, 100);
            d.host.sent.clear();
            ASSERT_TRUE(d.tx.offer(c.elements, c.readable, as_table));
            ASSERT_TRUE(d.tx.offer(d.place(kTxData, good, {3, 0, 40, 0}, 5), 5));   // elements of no bytes are nothing
            d.tx.kick();
            std::vector<Ring::Buffer> used;
            ASSERT_TRUE(d.run_until([&] {
                for (auto& u : d.tx.reap()) used.push_back(u);
                return used.size() == 2 && !d.host.sent.empty();
            })) << c.what;
            EXPECT_EQ(used[0].length, 0u) << c.what;
            EXPECT_EQ(used[0].flags & writable, 0) << c.what;
            ASSERT_EQ(d.host.sent.size(), 1u) << c.what;
            EXPECT_EQ(difference(d.host.sent[0], with_fcs(good)), "") << c.what;
            EXPECT_EQ(count(d, STATS_TX_DROPS), ++dropped) << c.what;
        }
    }
    EXPECT_EQ(d.status(), 15u);
}

TEST(NicHostile, AHeaderThatAsksForWhatWasNotNegotiatedDropsItsFrameAlone) {  // VIRTIO T1, T2, P25: virtio.md 12.1
    Device d(config(6), kFeatures, 1);
    auto& random = d.host.bench.random;
    unsigned dropped = 0;
    for (unsigned i = 0; i < 40; ++i) {
        const Frame bad = flow_frame(random, 0, false, 100), good = flow_frame(random, 0, false, 80);
        Frame header = make_frame(random, VIRTIO_NET_HDR_SIZE);
        header[VIRTIO_NET_HDR_FLAGS] &= 0xFE;
        header[VIRTIO_NET_HDR_GSO_TYPE] = 0;
        Frame asks = header;
        asks[i % 2 ? VIRTIO_NET_HDR_FLAGS : VIRTIO_NET_HDR_GSO_TYPE] |= 1;
        d.host.sent.clear();
        d.tx.offer(d.place(kTxData, bad, {}, 0, asks), 1);
        d.tx.offer(d.place(kTxData + 4096, good, {}, 0, header), 1);   // [V] 5.1.6.2.1: flags and fields that mean nothing are ignored
        d.tx.kick();
        unsigned used = 0;
        ASSERT_TRUE(d.run_until([&] { used += unsigned(d.tx.reap().size()); return used == 2 && !d.host.sent.empty(); })) << i;
        ASSERT_EQ(d.host.sent.size(), 1u);
        EXPECT_EQ(difference(d.host.sent[0], with_fcs(good)), "");
        EXPECT_EQ(count(d, STATS_TX_DROPS), ++dropped);
    }
    EXPECT_EQ(d.status(), 15u);
}

TEST(NicHostile, ADescriptorOfAnotherLapIsNotAvailable) {  // VIRTIO P4: [V] 2.8.1
    Device d(config(7), kFeatures, 1);
    for (const uint16_t flags : {0x0000, 0x8000, 0x8080}) {
        const struct { uint64_t address; uint32_t length; uint16_t id, flags; } slot{kTxData, 100, 1, flags};
        std::memcpy(d.host.at(ring_address(1)), &slot, 16);
        for (unsigned i = 0; i < 3; ++i) {
            d.host.write(BAR0_NOTIFY + 4, 1 | 1u << 16 | 1u << 31, 4);
            d.host.step(300);
        }
        EXPECT_TRUE(d.host.sent.empty());
        EXPECT_EQ(d.status(), 15u);
    }
    d.tx.offer(d.place(kTxData, flow_frame(d.host.bench.random, 0, false, 100), {}, 0), 1);
    d.tx.kick();
    EXPECT_TRUE(d.run_until([&] { return !d.host.sent.empty(); }));
}

TEST(NicHostile, DoorbellsThatMeanNothingAreIgnored) {  // VIRTIO P19, P24: [V] 4.1.5.2, virtio.md 2.2
    auto c = config(8);
    c.latency_max = 200;
    Device d(c, kFeatures, 1);
    auto& random = d.host.bench.random;
    Traffic traffic(d, 1);
    traffic.tables = true;
    for (unsigned i = 0; i < 60000 && !traffic.done(60) && !HasFatalFailure(); ++i) {
        if (random() % 20 == 0) {
            const uint32_t value = uint32_t(random() % 2 ? random() % (kControl + 1) | uint32_t(random()) << 16 : random());
            const unsigned size = 1u << random() % 3;
            d.host.write(BAR0_NOTIFY + (random() % 2 ? 4 * (value & 3) : random() % 0x1000 & ~3u), value, size);
        }
        traffic.step(60);
    }
    ASSERT_TRUE(traffic.done(60)) << traffic.report();
    EXPECT_EQ(d.status(), 15u);
}

// A driver that never wrote DRIVER_OK, or took FEATURES_OK back, has no device.
TEST(NicHostile, NothingMovesBeforeDriverOk) {  // VIRTIO B1: [V] 3.1.1
    Device d(config(9), kFeatures, 1);
    d.set_status(0);
    while (d.status() != 0) {}
    for (const uint32_t status : {3u, 7u, 0x8Fu & ~8u}) {
        d.set_status(status);
        for (unsigned q = 0; q < 2; ++q) d.queue(q);
        const size_t seen = d.host.seen.size();
        d.rx.offer({{kRxData, 900}}, 0);
        d.tx.offer(d.place(kTxData, flow_frame(d.host.bench.random, 0, false, 100), {}, 0), 1);
        d.host.write(BAR0_NOTIFY, 0, 2);
        d.host.write(BAR0_NOTIFY + 4, 1, 2);
        d.host.receive(with_fcs(flow_frame(d.host.bench.random, 0, true, 100)));
        d.host.step(500);
        EXPECT_EQ(d.host.seen.size(), seen);
        EXPECT_TRUE(d.host.sent.empty());
        EXPECT_EQ(d.status(), status);
        d.set_status(0);
        while (d.status() != 0) {}
    }
    expect_whole_after_reset(d, "status");
}

TEST(NicHostile, TakingStatusBitsBackUnderTrafficStopsNothing) {  // [V] 2.1.1
    auto c = config(10);
    c.latency_max = 300;
    Device d(c, kFeatures, 1);
    auto& random = d.host.bench.random;
    Traffic traffic(d, 1);
    for (unsigned i = 0; i < 60000 && !traffic.done(60) && !HasFatalFailure(); ++i) {
        if (random() % 40 == 0) d.set_status(uint32_t(1 + random() % 15));
        traffic.step(60);
    }
    ASSERT_TRUE(traffic.done(60)) << traffic.report();
}

// [E] 4.4.2, 3.4: each drops that frame alone, and counts it.
TEST(NicHostile, AFrameThatIsNoneIsDroppedAlone) {
    Device d(config(11), kFeatures, 1);
    auto& random = d.host.bench.random;
    for (unsigned i = 0; i < 30; ++i) d.rx.offer({{kRxData + i * 1024, 1000}}, 0);
    d.kick(0);
    d.host.step(500);
    auto fcs = [](Frame frame) {   // without padding
        const uint32_t crc = uint32_t(crc32(0, frame.data(), unsigned(frame.size())));
        for (int i = 0; i < 4; ++i) frame.push_back(uint8_t(crc >> (8 * i)));
        return frame;
    };
    Frame damaged = with_fcs(make_frame(random, 200));
    damaged[100] ^= 4;
    const struct { const char* what; Frame frame; uint32_t counter; } cases[] = {
        {"runt", fcs(make_frame(random, 59)), STATS_RX_DROPS_LENGTH}, {"one byte", Frame(1, 0), STATS_RX_DROPS_LENGTH},
        {"oversize", with_fcs(make_frame(random, ETH_MAX_FRAME - 3)), STATS_RX_DROPS_LENGTH}, {"bad FCS", damaged, STATS_RX_DROPS_FCS},
        {"no buffer that long", with_fcs(make_frame(random, 1200)), STATS_RX_DROPS_NO_BUFFER}};
    for (const auto& c : cases) {
        const uint32_t before = count(d, c.counter), delivered = count(d, STATS_RX_FRAMES);
        const Frame good = make_frame(random, 300);
        d.host.receive(c.frame);
        d.host.receive(with_fcs(good));
        std::vector<Ring::Buffer> used;
        ASSERT_TRUE(d.run_until([&] { return !(used = d.rx.reap(false)).empty(); })) << c.what;
        EXPECT_EQ(difference(d.frame_in(used[0]), good), "") << c.what;
        EXPECT_EQ(count(d, c.counter), before + 1) << c.what;
        EXPECT_EQ(count(d, STATS_RX_FRAMES), delivered + 1) << c.what;
    }
    EXPECT_EQ(d.status(), 15u);
}

// After a ring error, too, the wire cannot wait: frames are dropped and counted until the reset.
TEST(NicHostile, FramesAreDroppedAndCountedWhileTheDeviceWaitsForItsReset) {
    for (const unsigned q : {0u, 1u, kControl}) {
        Device d(config(12), kFeatures, 1);
        d.rings[q].post_raw({kTxData, 16}, 1, uint16_t(table | next));
        d.kick(q);
        d.run_until([&] { return d.messages_of(0) != 0; }, 2000);
        d.host.step(300);
        const uint32_t before = count(d, STATS_RX_DROPS_NO_BUFFER);
        for (unsigned i = 0; i < 200; ++i) d.host.receive(with_fcs(make_frame(d.host.bench.random, 600)));
        while (!d.host.wire_idle()) d.host.step();
        d.host.step(300);
        EXPECT_EQ(count(d, STATS_RX_DROPS_NO_BUFFER), before + 200) << "queue " << q;
        EXPECT_EQ(count(d, STATS_RX_DROPS_FIFO), 0u);
        expect_needs_reset(d, "queue " + std::to_string(q));
        if (HasFatalFailure()) return;
    }
}

void survive(unsigned seed, unsigned rounds) {
    HostileDriver driver(seed);
    for (unsigned round = 0; round < rounds; ++round) {
        try {
            driver.round(40);
        } catch (const std::exception& error) {
            FAIL() << error.what() << "\nseed " << seed << " round " << round << ":\n" << driver.report();
        }
        if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << " round " << round << ":\n" << driver.report();
    }
}

// Everything at once. A device may touch its rings and event structures and what descriptors that it read name, and nothing else; it
// answers registers and a reset at any time, is silent after it, and carries frames when it is started again.
TEST(NicHostile, SurvivesARandomDriver) {
    for (unsigned seed = 1; seed <= (kPairs > 4 ? 2u : 6u) && !HasFatalFailure(); ++seed) survive(seed, 5);
}

// RINGSIDE_HOSTILE_SEED and RINGSIDE_HOSTILE_DRIVERS choose others.
TEST(NicHostile, NightlySurvivesManyRandomDrivers) {
    const char* begin = std::getenv("RINGSIDE_HOSTILE_SEED");
    const char* drivers = std::getenv("RINGSIDE_HOSTILE_DRIVERS");
    const unsigned first = begin ? unsigned(std::strtoul(begin, nullptr, 0)) : 1000;
    const unsigned count = drivers ? unsigned(std::strtoul(drivers, nullptr, 0)) : 300;
    for (unsigned seed = first; seed < first + count && !HasFatalFailure(); ++seed) survive(seed, 6);
}

}  // namespace
