// SPDX-License-Identifier: Apache-2.0
// What a link and a root complex can do wrong to nic_top: completions in error, poisoned, lost, late, or that nobody asked for,
// packets that are none, and settings that change under traffic. The table "Bad input" of rtl/README.md names these tests.
#include "nic_traffic.h"

namespace {

using Fault = Host::Fault;
constexpr uint64_t kFeatures = basic | moderation | indirect | (kPairs > 1 ? multi : 0);
const std::vector<std::pair<Fault, const char*>> kErrors{
    {Fault::unsupported, "unsupported request"}, {Fault::abort, "completer abort"}, {Fault::poison, "poisoned"}, {Fault::lose, "lost"}};

// A completion timeout of 600 to 1200 cycles.
NicHostConfig impatient(unsigned seed) {
    auto c = config(seed);
    c.cycles_per_us = 12;
    return c;
}
void set_timeout(Device& d, uint32_t range = 1) { d.host.config_write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL_2, range, 2); }
uint32_t count(Device& d, uint32_t counter) { return d.host.read(BAR0_STATS + counter, 4); }

// Spoils the answer to the first read of [from, to).
void spoil(Device& d, uint64_t from, uint64_t to, Fault fault) {
    auto done = std::make_shared<bool>(false);
    d.host.fault = [=](const Host::Access& read) {
        if (*done || read.address < from || read.address >= to) return Fault::none;
        *done = true;
        return fault;
    };
}

TEST(NicFault, ARingOrEventStructureThatCannotBeReadIsARingError) {  // VIRTIO B2, P25: virtio.md 12.1
    struct Target { const char* what; uint64_t from, to; unsigned queue; bool table; };
    const Target targets[] = {{"receive ring", ring_address(0), ring_address(1), 0, false},
                              {"transmit ring", ring_address(1), ring_address(2), 1, false},
                              {"control ring", ring_address(kControl), ring_address(kControl + 1), kControl, false},
                              {"transmit events", event_address(1), event_address(1) + 4, 1, false},
                              {"control events", event_address(kControl), event_address(kControl) + 4, kControl, false},
                              {"receive table", kTables, kTables + 0x10000, 0, true},
                              {"transmit table", kTables + 0x10000, kTables + 0x20000, 1, true},
                              {"control table", kTables + kControl * 0x10000, kTables + (kControl + 1) * 0x10000, kControl, true}};
    for (const auto& [fault, name] : kErrors) {
        for (const Target& target : targets) {
            const std::string what = std::string(target.what) + " " + name;
            Device d(impatient(1), kFeatures, 1);
            set_timeout(d);
            d.host.step(600);
            spoil(d, target.from, target.to, fault);
            const Frame frame = flow_frame(d.host.bench.random, 0, false, 100);
            if (target.queue == 0) {
                d.rx.offer({{kRxData, 900}}, 0, target.table);
                d.rx.kick();
            } else if (target.queue == 1) {
                d.tx.offer(d.place(kTxData, frame, {}, 0), 1, target.table);
                d.tx.kick();
            } else {
                Frame answer;
                d.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_TX_SET, 3, 0, 0, 0, 9, 0, 0, 0}, {2}, {1}, answer, target.table);
            }
            d.run_until([&] { return d.messages_of(0) != 0; }, 3000);
            EXPECT_GE(count(d, STATS_DMA_ERRORS), 1u) << what;
            expect_needs_reset(d, what);
            if (HasFatalFailure()) return;
        }
    }
}

TEST(NicFault, APayloadThatCannotBeReadDropsItsFrameAlone) {  // virtio.md 12.1
    for (const auto& [fault, name] : kErrors) {
        Device d(impatient(2), kFeatures, 1);
        set_timeout(d);
        auto& random = d.host.bench.random;
        spoil(d, kTxData + 4096, kTxData + 8192, fault);
        std::vector<Frame> frames;
        for (unsigned i = 0; i < 3; ++i) {
            frames.push_back(flow_frame(random, 0, false, 700));
            d.tx.offer(d.place(kTxData + i * 4096, frames.back(), {100}, 9), 2);
        }
        d.tx.kick();
        unsigned used = 0;
        ASSERT_TRUE(d.run_until([&] { used += unsigned(d.tx.reap().size()); return used == 3 && d.host.sent.size() == 2; }, 4000)) << name;
        EXPECT_EQ(difference(d.host.sent[0], with_fcs(frames[0])), "") << name;
        EXPECT_EQ(difference(d.host.sent[1], with_fcs(frames[2])), "") << name;
        EXPECT_EQ(count(d, STATS_TX_DROPS), 1u) << name;
        EXPECT_EQ(count(d, STATS_DMA_ERRORS), 1u) << name;
        EXPECT_EQ(d.status(), 15u) << name;
    }
}

TEST(NicFault, ACommandThatCannotBeReadIsRefused) {
    for (const auto& [fault, name] : kErrors) {
        Device d(impatient(3), kFeatures, kPairs);
        set_timeout(d);
        spoil(d, kControlData, kControlData + 0x1000, fault);
        const Frame set{VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_TX_SET, 3, 0, 0, 0, 9, 0, 0, 0};
        EXPECT_EQ(d.command(set), VIRTIO_CTRL_ACK_ERR) << name;
        EXPECT_EQ(count(d, STATS_CTRL_ERRORS), 1u) << name;
        EXPECT_EQ(d.command(set), VIRTIO_CTRL_ACK_OK) << name;
        EXPECT_EQ(count(d, STATS_CTRL_ERRORS), 1u) << name;
        EXPECT_EQ(d.status(), 15u) << name;
    }
}

// [P] 2.3.2: parts that come twice, with a wrong byte count, or of no request at all, among those of a working device.
TEST(NicFault, CompletionsThatNobodyAskedForChangeNothing) {
    auto c = config(4);
    c.latency_max = 300;
    c.stall_percent = 5;
    Device d(c, kFeatures, 1);
    auto& random = d.host.bench.random;
    d.host.fault = [&](const Host::Access&) {
        const unsigned dice = unsigned(random() % 8);
        return dice == 0 ? Fault::count : dice == 1 ? Fault::twice : Fault::none;
    };
    Traffic traffic(d, 1);
    traffic.tables = true;
    for (unsigned i = 0; i < 60000 && !traffic.done(60) && !HasFatalFailure(); ++i) {
        if (random() % 50 == 0) {
            // Of this function with more bytes than a read has; errors of another one.
            const uint32_t words = uint32_t(1 + random() % 64), type = random() % 4 == 0 ? 0x0A000000u : 0x4A000000u;
            const uint32_t requester = type == 0x0A000000u ? 0x01010000 : 0x01000000;
            d.host.inject({type | words, uint32_t(600 + random() % 3000), uint32_t(requester | random() % 256 << 8 | (random() & 0x7F)), 0},
                          Frame(type == 0x4A000000u ? words * 4 : 0, 0xBD));
        }
        traffic.step(60);
    }
    ASSERT_TRUE(traffic.done(60)) << traffic.report();
    EXPECT_GT(count(d, STATS_DMA_ERRORS), 50u);
    EXPECT_EQ(count(d, STATS_TX_DROPS), 0u);
    EXPECT_EQ(d.status(), 15u);
}

// The place of a frame that was given up is another's by the time; so may its tag be, were it used again.
TEST(NicFault, ACompletionThatComesTooLateReachesNobody) {
    Device d(impatient(5), kFeatures, 1);
    auto& random = d.host.bench.random;
    for (unsigned round = 0; round < 4; ++round) {
        unsigned lost = 0;
        set_timeout(d);
        d.host.fault = [&](const Host::Access& read) {
            return read.address >= kTxData && read.address < kRxData && lost < 5 && ++lost ? Fault::lose : Fault::none;
        };
        for (unsigned i = 0; i < 5; ++i) d.tx.offer(d.place(kTxData + i * 4096, flow_frame(random, 0, false, 200), {}, 0), 1);
        d.tx.kick();
        unsigned used = 0;
        ASSERT_TRUE(d.run_until([&] { used += unsigned(d.tx.reap().size()); return used == 5; }, 3000));
        EXPECT_EQ(count(d, STATS_TX_DROPS), 5 * (round + 1));
        d.host.fault = nullptr;
        set_timeout(d, 0);   // what a narrow device asks for at once may take longer than an impatient one waits
        if (round % 2) {
            d.start();
            d.host.step(100);
        }
        Traffic traffic(d, 1);
        for (unsigned i = 0; i < 40000 && !traffic.done(20) && !HasFatalFailure(); ++i) {
            if (i == 200) d.host.deliver_lost();
            traffic.step(20);
        }
        ASSERT_TRUE(traffic.done(20)) << traffic.report();
        d.host.step(500);
        EXPECT_GE(count(d, STATS_DMA_ERRORS), 10 * (round + 1)) << "five that did not come, and came, each in a part or more";
        if (!(round % 2)) d.start();
    }
}

TEST(NicFault, AResetEndsAlthoughACompletionIsLost) {  // [V] 2.4, [P] 2.8
    Device d(impatient(6), kFeatures, 1);
    set_timeout(d);
    auto& random = d.host.bench.random;
    for (unsigned moment = 0; moment < 10; ++moment) {
        d.host.fault = [&](const Host::Access&) { return random() % 3 == 0 ? Fault::lose : Fault::none; };
        for (unsigned i = 0; i < 10; ++i) d.tx.offer(d.place(kTxData + i * 4096, flow_frame(random, 0, false, 500), {}, 0), 1);
        d.tx.kick();
        d.host.step(20 * moment);
        d.host.fault = nullptr;
        expect_whole_after_reset(d, "moment " + std::to_string(moment));
        if (HasFatalFailure()) return;
        d.start();
    }
}

// [P] 2.2, 2.3: each is dropped, and counted, or answered as an unsupported request; the device does not notice.
TEST(NicFault, PacketsThatAreNoneForThisDeviceAreRefused) {
    Device d(config(7), kFeatures, 1);
    auto request = [](uint32_t type, uint32_t words, uint64_t address, uint32_t enables = 0xFF) {
        const bool wide = type & 0x20;
        return std::array<uint32_t, 4>{type << 24 | (words & 1023), 0x5500u | enables, uint32_t(wide ? address >> 32 : address), uint32_t(wide ? address : 0)};
    };
    struct Case { const char* what; std::array<uint32_t, 4> hdr; size_t bytes; bool answered, dropped; };
    const uint64_t bar = Host::bar0;
    const Case cases[] = {
        {"a read of 4 KiB", request(0x00, 0, bar), 0, true, false},
        {"a read beyond the BAR", request(0x00, 1, bar + BAR0_SIZE, 0xF), 0, true, false},
        {"a read across its end", request(0x00, 2, bar + BAR0_SIZE - 4), 0, true, false},
        {"a read of another 4 GiB", request(0x20, 1, bar + (1ull << 32), 0xF), 0, true, false},
        {"a locked read", request(0x01, 1, bar, 0xF), 0, true, false},
        {"an I/O read", request(0x02, 1, 0x1000, 0xF), 0, true, false},
        {"an I/O write", request(0x42, 1, 0x1000, 0xF), 4, true, false},
        {"an atomic operation", request(0x4C, 1, bar, 0xF), 4, true, false},
        {"a compare and swap", request(0x4E, 4, bar), 16, true, false},
        {"configuration of another bus", request(0x05, 1, 0x02000000, 0xF), 0, true, false},
        {"a write of 4 KiB", request(0x40, 0, bar), 4096, false, true},
        {"a write of 3 double words", request(0x40, 3, bar), 12, false, true},
        {"a write beyond the BAR", request(0x40, 1, bar + BAR0_SIZE, 0xF), 4, false, false},
        {"a poisoned write", {0x40004001u, 0xF, uint32_t(bar + VIRTIO_COMMON_DEVICE_STATUS), 0}, 4, false, true},
        {"a write of one double word that has twenty", request(0x40, 1, bar + VIRTIO_COMMON_QUEUE_DESC, 0x0), 80, false, false},
        {"a completion of a locked read", request(0x4B, 1, 0), 4, false, true},
        {"a prefix", request(0x80, 1, 0), 0, false, true},
        {"no type", request(0x5F, 1, bar), 4, false, true},
        {"a message", request(0x34, 0, 0), 0, false, false},
        {"a message with data", request(0x70, 64, 0), 256, false, false},
    };
    uint32_t errors = 0;
    d.host.step(600);
    for (const Case& c : cases) {
        const size_t seen = d.host.seen.size();
        d.host.inject(c.hdr, Frame(c.bytes, 0));
        d.host.step(120);
        unsigned answers = 0;
        for (size_t i = seen; i < d.host.seen.size(); ++i) answers += d.host.seen[i].type == TLP_TYPE_CPL;
        EXPECT_EQ(answers, c.answered ? 1u : 0u) << c.what;
        EXPECT_EQ(d.host.seen.size() - seen, answers) << c.what;
        errors += c.dropped;
        EXPECT_EQ(count(d, STATS_DMA_ERRORS), errors) << c.what;
        EXPECT_EQ(d.status(), 15u) << c.what;
    }
    EXPECT_TRUE(d.host.config_read(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL) >> 16 & 8) << "unsupported requests are remembered";
    Traffic traffic(d, 1);
    traffic.run(5);
}

// [P] 7.5.1.1.3: bus master enable may go at any time; the answer to that very write must not wait behind half a packet.
TEST(NicFault, BusMasterEnableMayGoUnderTraffic) {
    auto c = config(8);
    c.stall_percent = 10;
    Device d(c, kFeatures, 1);
    auto& random = d.host.bench.random;
    Traffic traffic(d, 1);
    for (unsigned moment = 0; moment < 60; ++moment) {
        for (unsigned i = unsigned(random() % 300); i-- > 0 && !HasFatalFailure();) traffic.step(1u << 30);
        ASSERT_FALSE(HasFatalFailure()) << "moment " << moment;
        d.host.config_write(PCI_CFG_COMMAND, 2, 2);
        d.host.step(60);   // what was under way has left
        const size_t seen = d.host.seen.size();
        d.host.step(300);
        ASSERT_EQ(d.host.seen.size(), seen) << "moment " << moment;
        d.host.config_write(PCI_CFG_COMMAND, 6, 2);
    }
    for (unsigned i = 0; i < 3000 && !HasFatalFailure(); ++i) traffic.step(0);
    EXPECT_EQ(d.status(), 15u);
    EXPECT_GT(traffic.delivered[0], 50u);
}

TEST(NicFault, AResetEndsWithoutBusMasterEnable) {  // and nothing of before comes when it is enabled again
    auto c = config(9);
    c.latency_max = 300;
    Device d(c, kFeatures, 1);
    auto& random = d.host.bench.random;
    for (unsigned moment = 0; moment < 60; ++moment) {
        Traffic traffic(d, 1);
        for (unsigned i = unsigned(random() % 900); i-- > 0 && !HasFatalFailure();) traffic.step(1u << 30);
        d.host.config_write(PCI_CFG_COMMAND, 2, 2);
        d.set_status(0);
        ASSERT_TRUE(d.run_until([&] { return d.status() == 0; }, 3000)) << "moment " << moment;
        d.host.config_write(PCI_CFG_COMMAND, 6, 2);
        const size_t seen = d.host.seen.size();
        d.host.step(300);
        ASSERT_EQ(d.host.seen.size(), seen) << "moment " << moment;
        while (!d.host.wire_idle() || d.host.sending()) d.host.step();
        d.host.step(100);
        d.host.sent.clear();
        d.start();
    }
    Traffic traffic(d, 1);
    traffic.run(5);
}

TEST(NicFault, AFunctionLevelResetMayComeUnderTraffic) {  // [P] 6.6.2: it takes bus master enable too
    auto c = config(10);
    c.latency_max = 300;
    Device d(c, kFeatures, 1);
    auto& random = d.host.bench.random;
    for (unsigned moment = 0; moment < 60; ++moment) {
        Traffic traffic(d, 1);
        for (unsigned i = unsigned(random() % 900); i-- > 0 && !HasFatalFailure();) traffic.step(1u << 30);
        d.host.config_write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, 1u << PCI_EXP_DEVCTL_INITIATE_FLR_BIT, 2);
        while (!d.host.wire_idle() || d.host.sending()) d.host.step();
        d.host.step(1200);   // [P] 6.6.2 gives it 100 ms
        const size_t seen = d.host.seen.size();
        d.host.set_up();
        ASSERT_EQ(d.status(), 0u) << "moment " << moment;
        for (size_t i = seen; i < d.host.seen.size(); ++i)
            ASSERT_TRUE(d.host.seen[i].type == TLP_TYPE_CPL || d.host.seen[i].type == TLP_TYPE_CPLD) << "moment " << moment;
        d.host.sent.clear();
        d.start();
        if (HasFatalFailure()) return;
    }
    Traffic traffic(d, 1);
    traffic.run(5);
}

TEST(NicFault, PayloadAndReadSizesMayChangeUnderTraffic) {  // [P] 7.5.3.4; 6 and 7 are reserved
    auto c = config(11);
    c.latency_max = 300;
    Device d(c, kFeatures, 1);
    auto& random = d.host.bench.random;
    Traffic traffic(d, 1);
    traffic.tables = true;
    for (unsigned moment = 0; moment < 150; ++moment) {
        for (unsigned i = unsigned(random() % 200); i-- > 0 && !HasFatalFailure();) traffic.step(1u << 30);
        ASSERT_FALSE(HasFatalFailure()) << "moment " << moment;
        d.host.config_write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, unsigned(random() % 8 << 5 | 1u << 8 | random() % 8 << 12), 2);
    }
    EXPECT_EQ(d.status(), 15u);
    EXPECT_EQ(count(d, STATS_DMA_ERRORS), 0u);
    EXPECT_GT(traffic.sent[0], 100u);
}

TEST(NicFault, AResetStopsTheBenchmark) {
    Device d(config(12));
    d.host.write(BAR0_DMA_BENCH + DMA_BENCH_BASE, uint32_t(kTxData), 4);
    d.host.write(BAR0_DMA_BENCH + DMA_BENCH_BASE + 4, uint32_t(kTxData >> 32), 4);
    d.host.write(BAR0_DMA_BENCH + DMA_BENCH_COUNT, 0xFFFFFFFF, 4);
    d.host.write(BAR0_DMA_BENCH + DMA_BENCH_CONTROL, 3, 4);
    d.host.step(500);
    expect_whole_after_reset(d, "benchmark");
}

// ---- order: [P] 2.4.1, table 2-40 -----------------------------------------------------------------------------------------------------

using Seen = Host::Seen;
bool is_completion(const Seen& tlp) { return tlp.type == TLP_TYPE_CPL || tlp.type == TLP_TYPE_CPLD; }
bool is_write(const Seen& tlp) { return tlp.type == TLP_TYPE_MWR32 || tlp.type == TLP_TYPE_MWR64; }

// A request of the host comes while the writes of a received frame wait for credit. Returns what the device sent from then on.
std::vector<Seen> ask_behind_a_frame(Device& d, const std::array<uint32_t, 4>& request, const std::vector<uint8_t>& data, const Frame& frame) {
    d.rx.offer({{kRxData, 900}}, 0);
    d.rx.kick();
    d.host.step(600);
    d.host.bench->tx_posted_ok_i = 0;
    d.host.receive(with_fcs(frame));
    d.host.step(600);
    const auto before = static_cast<long>(d.host.seen.size());
    d.host.inject(request, data);
    d.host.step(600);
    EXPECT_EQ(std::count_if(d.host.seen.begin() + before, d.host.seen.end(), is_completion), 0) << "an answer passed the writes";
    d.host.bench->tx_posted_ok_i = 1;
    d.host.step(600);
    return {d.host.seen.begin() + before, d.host.seen.end()};
}

TEST(NicOrder, AnAnswerStaysBehindTheWritesInFrontOfIt) {
    Device d(config(20), kFeatures, 1);
    const Frame frame = flow_frame(d.host.bench.random, 0, true, 600);
    const std::vector<Seen> seen = ask_behind_a_frame(d, {1u, 0x550Fu, uint32_t(d.host.bar0 + BAR0_STATS), 0}, {}, frame);
    const auto answer = std::find_if(seen.begin(), seen.end(), is_completion);
    ASSERT_NE(answer, seen.end());
    uint64_t bytes = 0;
    for (auto tlp = seen.begin(); tlp != answer; ++tlp) bytes += is_write(*tlp) ? tlp->bytes : 0;
    EXPECT_GE(bytes, frame.size());
}

TEST(NicOrder, NothingIsWrittenBehindTheAnswerThatBusMasterEnableIsOff) {  // [P] 7.5.1.1.3
    Device d(config(21), kFeatures, 1);
    const Frame frame = flow_frame(d.host.bench.random, 0, true, 600);
    const std::vector<Seen> seen = ask_behind_a_frame(d, {0x44000001u, 0x5503u, 0x01000000u | PCI_CFG_COMMAND, 0}, {2, 0, 0, 0}, frame);
    const auto answer = std::find_if(seen.begin(), seen.end(), is_completion);
    ASSERT_NE(answer, seen.end());
    EXPECT_EQ(std::count_if(answer, seen.end(), is_write), 0);
    d.host.config_write(PCI_CFG_COMMAND, 6, 2);
    std::vector<Ring::Buffer> used;
    ASSERT_TRUE(d.run_until([&] { return !(used = d.rx.reap(false)).empty(); }));
    EXPECT_EQ(difference(d.frame_in(used[0]), frame), "");
}

}  // namespace
