// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <deque>
#include <optional>

#include "Vtx_pieces.h"
#include "bench.h"
#include "bits.h"
#include "regmap.h"

namespace {

constexpr unsigned kFrame = 9018 + VIRTIO_NET_HDR_SIZE, kLongest = 65535 + ETH_HEADER + 8 + VIRTIO_NET_HDR_SIZE;

struct Rig {
    struct Out { Descriptor d; uint8_t queue; bool is_long, piece; unsigned total, elements; uint64_t cycle; };
    Bench<Vtx_pieces> b;
    std::deque<std::pair<Descriptor, uint8_t>> in;
    std::vector<Out> out;
    unsigned stall = 0;
    std::vector<uint64_t> taken;        // cycles

    explicit Rig(unsigned seed = 1) : b(seed) {
        b->enable_i = 1;
        b->hdr_bytes_i = VIRTIO_NET_HDR_SIZE;
        b->s_valid_i = b->m_ready_i = b->s_queue_i = 0;
        set_descriptor(b->s_i, {});
        b.reset();
    }
    void chain(const std::vector<uint32_t>& lengths, std::optional<size_t> writable = {}) {
        const auto queue = uint8_t(b.random());
        const auto slot = uint16_t(b.random());
        for (size_t i = 0; i < lengths.size(); ++i) {
            const uint64_t high = b.random();
            in.push_back({{high << 32 | b.random(), lengths[i], uint16_t(b.random()), i + 1 < lengths.size(), writable == i, false,
                           uint16_t(slot + i), b.chance(50)}, queue});
        }
    }
    void step() {
        b->s_valid_i = !in.empty() && (b->s_valid_i || !b.chance(stall));
        if (b->s_valid_i) {
            set_descriptor(b->s_i, in.front().first);
            b->s_queue_i = in.front().second;
        }
        b->m_ready_i = !b.chance(stall);
        b.settle();
        if (b->m_valid_o && b->m_ready_i)
            out.push_back({get_descriptor(b->m_o), b->m_queue_o, b->m_long_o != 0, b->m_piece_o != 0, b->m_total_o, b->m_elements_o,
                           b.cycle});
        const bool take = b->s_valid_i && b->s_ready_o;
        if (take) taken.push_back(b.cycle);
        b.edge();
        if (take) { in.pop_front(); b->s_valid_i = 0; }
    }
    void drain() {
        for (unsigned i = 0; i < 20000 && !in.empty(); ++i) step();
        for (unsigned i = 0; i < 400; ++i) step();
        ASSERT_TRUE(in.empty());
        EXPECT_FALSE(b->busy_o);
    }
};

TEST(TxPieces, PassesWhatMayBeAFrameInNoTime) {
    for (const bool enable : {false, true}) {
        Rig rig(1);
        rig.b->enable_i = enable;
        rig.chain({kFrame});
        rig.chain({12, 0, kFrame - 12});
        rig.chain({5, 60}, 1);
        if (!enable) rig.chain({kFrame + 1, 0xFFFFFFFF});
        const auto in = rig.in;
        rig.drain();
        ASSERT_EQ(rig.out.size(), in.size());
        for (size_t i = 0; i < in.size(); ++i) {
            EXPECT_EQ(rig.out[i].d.address, in[i].first.address);
            EXPECT_EQ(rig.out[i].d.length, in[i].first.length);
            EXPECT_EQ(rig.out[i].d.id, in[i].first.id);
            EXPECT_EQ(rig.out[i].d.next, in[i].first.next);
            EXPECT_EQ(rig.out[i].d.write, in[i].first.write);
            EXPECT_EQ(rig.out[i].d.slot, in[i].first.slot);
            EXPECT_EQ(rig.out[i].d.wrap, in[i].first.wrap);
            EXPECT_EQ(rig.out[i].queue, in[i].second);
            EXPECT_FALSE(rig.out[i].is_long || rig.out[i].piece);
            EXPECT_EQ(rig.out[i].elements, 1u);
            EXPECT_EQ(rig.out[i].cycle, rig.taken[i]);
        }
    }
}

// The reads are the bytes of the elements in order; pieces have 4096 bytes but for the first, which may have what had passed, and the last.
TEST(TxPieces, CutsLongPacketsIntoPieces) {
    for (unsigned seed = 1; seed <= 40; ++seed) {
        Rig rig(seed);
        rig.stall = seed * 7 % 50;
        std::vector<uint32_t> lengths;
        unsigned total = 0;
        const unsigned elements = 1 + unsigned(rig.b.random() % 14);
        for (unsigned i = 0; i < elements; ++i) {
            lengths.push_back(uint32_t(rig.b.chance(10) ? 0 : rig.b.random() % (60000 / elements)));
            if (i + 1 == elements && total + lengths.back() <= kFrame) lengths.back() = 20000;
            total += lengths.back();
        }
        rig.chain({60});
        rig.chain(lengths);
        rig.chain({60});
        const auto in = rig.in;
        rig.drain();
        std::vector<std::pair<uint64_t, uint32_t>> want;      // address and length of what is to be read
        for (size_t i = 1; i + 1 < in.size(); ++i) if (in[i].first.length) want.push_back({in[i].first.address, in[i].first.length});
        unsigned in_piece = 0, count = 0;
        size_t at = 0;
        for (size_t i = 1; i + 1 < rig.out.size(); ++i) {
            const auto& o = rig.out[i];
            for (uint32_t length = o.d.length; length > 0;) {
                ASSERT_LT(at, want.size());
                ASSERT_EQ(o.d.address + (o.d.length - length), want[at].first);
                ASSERT_LE(length, want[at].second) << "a read goes over the end of its element";
                want[at].first += length;
                want[at].second -= length;
                if (want[at].second == 0) ++at;
                length = 0;
            }
            in_piece += o.d.length;
            count += o.elements;
            const bool last = i + 2 == rig.out.size();
            ASSERT_EQ(o.d.next, !last) << i;
            ASSERT_FALSE(o.d.write);
            ASSERT_EQ(o.queue, in[1].second);
            if (o.is_long) {
                ASSERT_EQ(o.total, total);
                ASSERT_TRUE(o.piece ? in_piece == 4096 || (o.d.length == 0 && in_piece > 4096) : last || in_piece < 4096);
            }
            if (o.piece) in_piece = 0;
            if (last) { ASSERT_EQ(o.d.id, in[in.size() - 2].first.id); ASSERT_TRUE(o.is_long && !o.piece); }
        }
        EXPECT_EQ(at, want.size());
        EXPECT_EQ(count, elements);
        EXPECT_EQ(rig.out[1].d.slot, in[1].first.slot);
        EXPECT_EQ(rig.out[1].d.wrap, in[1].first.wrap);
    }
}

// Nothing of what was kept is read.
TEST(TxPieces, SaysOfAMalformedLongChainThatItIsOne) {
    const std::vector<std::pair<std::vector<uint32_t>, std::optional<size_t>>> chains = {
        {{10000, 100}, 0}, {{10000, 100}, 1}, {{100, 10000, 100, 100}, 2}, {{kLongest + 1}, {}},
        {{60000, kLongest - 60000 + 1, 0xFFFFFFFF}, {}}, {{0xFFFFFFFF}, {}}, {std::vector<uint32_t>(18, 1000), {}}, {std::vector<uint32_t>(26, 1000), {}}};
    for (const auto& [lengths, writable] : chains) {
        Rig rig(3);
        rig.stall = 20;
        rig.chain(lengths, writable);
        const auto in = rig.in;
        rig.drain();
        const bool fits = lengths.size() == 18;               // nine elements pass, nine are kept
        ASSERT_FALSE(rig.out.empty());
        unsigned count = 0;
        for (const auto& o : rig.out) {
            count += o.elements;
            EXPECT_TRUE(fits || !o.is_long || o.d.length == 0);
        }
        EXPECT_EQ(count, lengths.size());
        EXPECT_EQ(rig.out.back().d.write, !fits);
        EXPECT_FALSE(rig.out.back().d.next);
        EXPECT_EQ(rig.out.back().d.id, in.back().first.id);
    }
}

TEST(TxPieces, KnowsTheLongestPacket) {
    Rig rig(4);
    rig.chain({kLongest});
    rig.chain({kFrame + 1});
    rig.drain();
    unsigned bytes = 0;
    for (const auto& o : rig.out) bytes += o.d.length;
    EXPECT_EQ(bytes, kLongest + kFrame + 1);
}

}  // namespace
