// SPDX-License-Identifier: Apache-2.0
// The control queue of nic_top, well and badly fed, and indirect tables of every kind.
#include "nic_traffic.h"

namespace {

constexpr uint64_t kFeatures = basic | moderation | indirect | (kPairs > 1 ? multi : 0);
const Frame kSet{VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_TX_SET, 3, 0, 0, 0, 9, 0, 0, 0};

TEST(NicControl, TakesACommandInElementsOfAnyLengths) {  // VIRTIO P7: [V] 2.7.4: no assumption about framing
    Device d(config(1), kFeatures, kPairs);
    Frame answer;
    const std::vector<uint32_t> ones(20, 1);
    for (const auto& cuts : {std::vector<uint32_t>{}, {1}, {2}, {2, 4, 4}, {9}, ones}) {
        EXPECT_EQ(d.command(kSet, cuts, {1}, answer), 1u);
        EXPECT_EQ(answer, Frame{VIRTIO_CTRL_ACK_OK});
    }
    const Frame get{VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_VQ_GET, 1, 0, 0, 0};
    for (const auto& cuts : {std::vector<uint32_t>{9}, {8, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {3, 5, 1}, {4, 4, 1}, {0, 9}, {12}}) {
        EXPECT_EQ(d.command(get, {2}, cuts, answer), 9u);
        answer.resize(9);
        EXPECT_EQ(answer, (Frame{3, 0, 0, 0, 9, 0, 0, 0, VIRTIO_CTRL_ACK_OK}));
    }
}

TEST(NicControl, WritesTheAckInTheFirstByteOfALongerElement) {  // virtio.md 12.1
    Device d(config(2), kFeatures, kPairs);
    Frame answer;
    EXPECT_EQ(d.command(kSet, {2}, {4}, answer), 1u);
    EXPECT_EQ(answer, (Frame{VIRTIO_CTRL_ACK_OK, 0xEE, 0xEE, 0xEE}));
}

TEST(NicControl, RefusesWhatItDoesNotKnow) {  // VIRTIO P25
    Device d(config(3), kFeatures, kPairs);
    EXPECT_EQ(d.command({77, 0, 0, 0}), VIRTIO_CTRL_ACK_ERR);
    EXPECT_EQ(d.command({VIRTIO_CTRL_CLASS_MQ, 9, 1, 0}), VIRTIO_CTRL_ACK_ERR);
    EXPECT_EQ(d.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_TX_SET, 1, 0, 0, 0}), VIRTIO_CTRL_ACK_ERR) << "short";
    EXPECT_EQ(d.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_VQ_SET, 1, 0, 0, 0, 1, 0, 0, 0}), VIRTIO_CTRL_ACK_ERR) << "short";
    EXPECT_EQ(d.command(Frame(300, 77)), VIRTIO_CTRL_ACK_ERR) << "long";
    EXPECT_EQ(d.use_pairs(0), VIRTIO_CTRL_ACK_ERR);
    EXPECT_EQ(d.use_pairs(kPairs + 1), VIRTIO_CTRL_ACK_ERR);
    EXPECT_EQ(d.use_pairs(256 + 1), VIRTIO_CTRL_ACK_ERR);
    EXPECT_EQ(d.use_pairs(kPairs), kPairs > 1 ? VIRTIO_CTRL_ACK_OK : VIRTIO_CTRL_ACK_ERR);
}

TEST(NicControl, DoesNotCarryOutWhatItCannotAnswer) {  // VIRTIO P14, P25: virtio.md 12.1
    Device d(config(4), kFeatures, kPairs);
    Frame answer;
    EXPECT_EQ(d.command({6}, {}, {1}, answer), 0u) << "no command";
    EXPECT_EQ(d.command(kSet, {2}, {}, answer), 0u) << "no writable element";
    EXPECT_EQ(d.command(kSet, {2}, {0}, answer), 0u) << "no writable byte";
    EXPECT_EQ(d.command({}, {}, {1}, answer), 0u) << "no readable byte";
    const Frame get{VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_VQ_GET, 1, 0, 0, 0};
    EXPECT_EQ(d.command(get, {}, {9}, answer), 9u);
    EXPECT_EQ(answer, (Frame{0, 0, 0, 0, 0, 0, 0, 0, VIRTIO_CTRL_ACK_OK})) << "nothing was set";
}

TEST(NicControl, AReadableElementBehindAWritableOneIsARingError) {  // VIRTIO B2, P25: [V] 2.8.5
    Device d(config(5), kFeatures, kPairs);
    d.ctrl().post_raw({kControlData, 2}, 1, 1);
    d.ctrl().post_raw({kControlData + 64, 1}, 1, 1 | 2);
    d.ctrl().post_raw({kControlData + 128, 2}, 1, 0);
    if (kPairs == 1) { d.host.write(BAR0_NOTIFY + 8, 2 | 3u << 16 | 1u << 31, 4); } else { d.ctrl().kick(); }
    expect_needs_reset(d, "control");
}

TEST(NicControl, TakesIndirectCommands) {
    Device d(config(6), kFeatures, kPairs);
    Frame answer;
    for (bool table : {true, false, true, true}) {
        EXPECT_EQ(d.command(kSet, {2, 1, 1, 4}, {1}, answer, table), 1u);
        EXPECT_EQ(answer, Frame{VIRTIO_CTRL_ACK_OK});
    }
}

// A frame each way, each in an indirect table of n elements.
void carry_in_tables(Device& d, unsigned n) {
    const Frame frame = flow_frame(d.host.bench.random, 0, false, 500);
    const std::vector<uint32_t> cuts(n - 1, 3);
    ASSERT_TRUE(d.tx.offer(d.place(kTxData + d.tx.next * 1024, frame, cuts, 2), n, true));
    d.tx.kick();
    d.host.sent.clear();
    ASSERT_TRUE(d.run_until([&] { d.tx.reap(); return !d.host.sent.empty() && d.tx.outstanding.empty(); }));
    ASSERT_EQ(difference(d.host.sent[0], with_fcs(frame)), "");

    std::vector<Ring::Element> elements;
    const uint64_t at = kRxData + d.rx.next * 1024;
    for (unsigned i = 0; i < n; ++i) elements.push_back({at + 9 * i, i + 1 < n ? 7u : 600u});
    ASSERT_TRUE(d.rx.offer(elements, 0, true));
    d.rx.kick();
    d.host.receive(with_fcs(frame));
    std::vector<Ring::Buffer> used;
    ASSERT_TRUE(d.run_until([&] { return !(used = d.rx.reap(false)).empty(); }));
    ASSERT_EQ(difference(d.frame_in(used[0]), frame), "");
}

TEST(NicIndirect, TablesOfEveryLengthUpToTheRingCarryAFrame) {  // VIRTIO P16: [V] 2.8.7
    auto c = config(7);
    c.latency_max = 200;
    Device d(c, kFeatures, 1);
    for (unsigned n = 1; n <= kRing; ++n) {
        carry_in_tables(d, n);
        ASSERT_FALSE(HasFatalFailure()) << n;
    }
    EXPECT_EQ(d.status(), 15u);
}

// The standard asks for no alignment of tables, and completions end at any of its 64-byte lines.
TEST(NicIndirect, TablesMayBeginAtAnyByte) {  // VIRTIO P16: [V] 2.8.7
    auto c = config(10);
    c.latency_max = 200;
    Device d(c, kFeatures, kPairs);
    for (unsigned begin = 0; begin < 64; ++begin) {
        for (auto& ring : d.rings) ring.tables = ring.tables / 1024 * 1024 + begin;
        for (const unsigned n : {1u, 2u, 7u, 17u, kRing - 4}) {   // a table of kRing would reach into the next slot's
            carry_in_tables(d, n);
            ASSERT_FALSE(HasFatalFailure()) << "table of " << n << " at byte " << begin;
        }
        Frame answer;
        ASSERT_EQ(d.command(kSet, {2, 1, 1, 4}, {1}, answer, true), 1u) << begin;
        ASSERT_EQ(answer, Frame{VIRTIO_CTRL_ACK_OK}) << begin;
    }
    EXPECT_EQ(d.status(), 15u);
}

TEST(NicIndirect, ATableTooShortForItsFrameIsGivenBack) {
    Device d(config(8), kFeatures, 1);
    auto& random = d.host.bench.random;
    d.rx.offer({{kRxData, 40}, {kRxData + 100, 100}}, 0, true);
    d.rx.kick();
    d.host.step(500);
    d.host.receive(with_fcs(flow_frame(random, 0, true, 400)));
    d.host.step(2000);
    EXPECT_FALSE(d.rx.look().done);
    const Frame small = flow_frame(random, 0, true, 100);
    d.host.receive(with_fcs(small));
    std::vector<Ring::Buffer> used;
    ASSERT_TRUE(d.run_until([&] { return !(used = d.rx.reap(false)).empty(); }));
    EXPECT_EQ(difference(d.frame_in(used[0]), small), "");
}

TEST(NicIndirect, MalformedTablesEndInNeedsReset) {  // VIRTIO B2, P25: [V] 2.8.7, virtio.md 12.1
    struct Case { const char* what; uint32_t length; uint16_t flags; bool negotiated, in_chain; };
    const Case cases[] = {{"length 0", 0, 4, true, false},         {"not a multiple of 16", 24, 4, true, false},
                          {"longer than the ring", 16 * (kRing + 1), 4, true, false}, {"huge", 0xFFFFFFF0, 4, true, false},
                          {"with NEXT", 32, 5, true, false},       {"inside a list", 32, 4, true, true},
                          {"without the feature", 32, 4, false, false}};
    for (const auto& bad : cases) {
        for (unsigned q : {0u, 1u}) {
            Device d(config(9), bad.negotiated ? basic | indirect : basic, 1);
            if (bad.in_chain) d.rings[q].post_raw({kTxData, 100}, 1, uint16_t(1 | (q == 0 ? 2 : 0)));
            d.rings[q].post_raw({kTables, bad.length}, 1, bad.flags);
            d.rings[q].post_raw({kTxData, 100}, 1, q == 0 ? 2 : 0);
            d.rings[q].kick();
            expect_needs_reset(d, bad.what);
            if (HasFatalFailure()) return;
        }
    }
}

}  // namespace
