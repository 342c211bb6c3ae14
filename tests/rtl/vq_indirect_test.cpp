// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <vector>

#include "Vvq_indirect.h"
#include "bench.h"
#include "bits.h"
#include "regmap.h"

namespace {

constexpr unsigned kSize = 64;   // of the ring

struct Element {
    uint64_t addr;
    uint32_t len;
    uint16_t id;
    bool next, write, table;
    uint16_t slot;
    bool wrap;
    bool operator==(const Element& o) const {
        return addr == o.addr && len == o.len && (next || id == o.id) && next == o.next && write == o.write && table == o.table &&
               slot == o.slot && wrap == o.wrap;
    }
};

template <class Port>
void put(Port& port, const Element& e) {
    set_bits(port, 68, 64, e.addr);
    set_bits(port, 36, 32, e.len);
    set_bits(port, 20, 16, e.id);
    set_bits(port, 17, 3, uint64_t{e.next} << 2 | uint64_t{e.write} << 1 | e.table);
    set_bits(port, 1, 16, e.slot);
    set_bits(port, 0, 1, e.wrap);
}
template <class Port>
Element get(const Port& port) {
    return {get_bits(port, 68, 64), uint32_t(get_bits(port, 36, 32)), uint16_t(get_bits(port, 20, 16)), get_bits(port, 19, 1) != 0,
            get_bits(port, 18, 1) != 0, get_bits(port, 17, 1) != 0, uint16_t(get_bits(port, 1, 16)), get_bits(port, 0, 1) != 0};
}

// vq_avail in front, dma_rd with memory on the side, a consumer behind, each at its own random pace.
struct Rig {
    Bench<Vvq_indirect> b;
    std::deque<Element> in;
    std::vector<Element> out;
    std::vector<uint8_t> memory = std::vector<uint8_t>(1 << 17);
    struct Read { RdReq req; unsigned due; };
    std::deque<Read> reads;
    bool fail = false, silent = false;
    unsigned stall = 30;

    explicit Rig(unsigned seed = 1) : b(seed) {
        b->queue_i = 0;
        b->enable_i = 1;
        b->stop_i = b->flush_i = b->i_valid_i = b->wr_valid_i = b->done_valid_i = b->done_error_i = b->d_ready_i = 0;
        b->size_i = kSize;
        b.reset();
    }
    // A read is answered in two completions if it is long, of any tag in turn; beats are 32 bytes.
    void answer() {
        b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        if (silent || reads.empty() || b.chance(stall)) return;
        const size_t pick = b.random() % reads.size();
        RdReq& r = reads[pick].req;
        const unsigned n = r.len < 32 ? r.len : 32;
        b->wr_valid_i = !fail;
        b->wr_dst_i = r.dst;
        b->wr_lo_i = 0;
        b->wr_hi_i = uint8_t(n);
        std::memcpy(&b->wr_data_i, &memory[r.addr], n);
        r.addr += n;
        r.dst = uint16_t(r.dst + n);
        r.len = uint16_t(r.len - n);
        reads[pick].due += n;
        if (r.len != 0 && reads[pick].due < 128) return;
        b->done_valid_i = 1;
        b->done_error_i = fail;
        b->done_table_i = uint8_t(r.cookie & 0x3F);
        b->done_bytes_i = uint16_t(reads[pick].due);
        reads[pick].due = 0;
        if (r.len == 0) reads.erase(reads.begin() + long(pick));
    }
    void step() {
        answer();
        b->i_valid_i = !in.empty() && !b.chance(stall);
        if (!in.empty()) put(b->i_i, in.front());
        b->req_ready_i = !b.chance(stall);
        b->d_ready_i = !b.chance(stall);
        b.settle();
        const bool taken = b->i_valid_i && b->i_ready_o;
        if (b->req_valid_o && b->req_ready_i) reads.push_back({get_rd_req(b->req_o), 0});
        if (b->d_valid_o && b->d_ready_i) out.push_back(get(b->d_o));
        b.edge();
        if (taken) in.pop_front();
    }
    void run(unsigned cycles) { while (cycles--) step(); }
};

TEST(VqIndirect, HandsOutTablesAndDirectDescriptorsInOrder) {  // [V] 2.8.7
    for (unsigned seed = 1; seed <= 10; ++seed) {
        Rig rig(seed);
        rig.stall = seed % 4 * 20;
        auto& random = rig.b.random;
        std::vector<Element> expected;
        size_t at = 64;
        for (unsigned i = 0; i < 120; ++i) {
            Element e{random(), uint32_t(random()), uint16_t(random()), false, bool(random() & 1), false, uint16_t(i % kSize), bool(i & 64)};
            if (random() % 2) {
                e.next = random() % 2;
                rig.in.push_back(e);
                expected.push_back(e);
                continue;
            }
            const unsigned n = i % 5 ? 1 + unsigned(random() % 6) : 1 + unsigned(random() % kSize);
            e.table = true;
            e.addr = at;
            e.len = 16 * n;
            rig.in.push_back(e);
            for (unsigned k = 0; k < n; ++k) {
                Element x{random(), uint32_t(random()), e.id, k + 1 < n, bool(random() & 1), true, e.slot, e.wrap};
                const uint16_t id = uint16_t(random()), flags = uint16_t((random() & ~2u) | (x.write ? 2u : 0u));
                std::memcpy(&rig.memory[at], &x.addr, 8);
                std::memcpy(&rig.memory[at + 8], &x.len, 4);
                std::memcpy(&rig.memory[at + 12], &id, 2);
                std::memcpy(&rig.memory[at + 14], &flags, 2);
                at += 16;
                expected.push_back(x);
            }
            at += random() % 64;
        }
        rig.run(12000);
        ASSERT_EQ(rig.out.size(), expected.size()) << "seed " << seed;
        for (size_t i = 0; i < expected.size(); ++i) ASSERT_TRUE(rig.out[i] == expected[i]) << "element " << i << " seed " << seed;
        EXPECT_FALSE(rig.b->error_o);
        EXPECT_TRUE(rig.b->idle_o);
        EXPECT_TRUE(rig.b->empty_o);
    }
}

TEST(VqIndirect, ATableOfAnImpossibleLengthIsAnError) {
    for (uint32_t length : {0u, 8u, 24u, 16u * (kSize + 1), 0xFFFFFFF0u}) {
        Rig rig;
        rig.in.push_back({64, length, 1, false, false, true, 0, true});
        rig.run(100);
        EXPECT_TRUE(rig.b->error_o) << length;
        EXPECT_TRUE(rig.out.empty()) << length;
        EXPECT_TRUE(rig.reads.empty()) << length;
    }
}

TEST(VqIndirect, ATableAcrossTheEndOfTheAddressSpaceIsAnError) {
    for (const uint32_t length : {32u, 64u, 16u * kSize}) {
        Rig rig;
        rig.in.push_back({0ull - 16, length, 1, false, false, true, 0, true});
        rig.run(100);
        EXPECT_TRUE(rig.b->error_o) << length;
        EXPECT_TRUE(rig.reads.empty()) << length;
        EXPECT_TRUE(rig.b->idle_o);
    }
    for (const Element& last : {Element{0ull - 16, 16, 1, false, false, true, 0, true}, {0xFFFFFFFF00000000 - 16, 64, 1, false, false, true, 0, true}}) {
        Rig rig;
        rig.silent = true;
        rig.in.push_back(last);
        rig.run(50);
        EXPECT_FALSE(rig.b->error_o);
        EXPECT_EQ(rig.reads.size(), 1u);
    }
}

TEST(VqIndirect, NothingComesOutOfATableThatCouldNotBeRead) {
    Rig rig;
    rig.fail = true;
    rig.in.push_back({64, 64, 1, false, true, true, 0, true});
    rig.run(300);
    EXPECT_TRUE(rig.b->error_o);
    EXPECT_TRUE(rig.out.empty());
    EXPECT_TRUE(rig.b->idle_o);
}

TEST(VqIndirect, ForgetsWhatTheConsumerGaveBack) {
    Rig rig(3);
    for (unsigned round = 0; round < 50; ++round) {
        rig.in.clear();
        for (uint16_t i = 0; i < 6; ++i) rig.in.push_back({64, 16 * 20, i, false, true, true, i, true});
        rig.run(unsigned(rig.b.random() % 120));
        rig.in.clear();
        rig.b->i_valid_i = rig.b->d_ready_i = rig.b->wr_valid_i = rig.b->done_valid_i = rig.b->req_ready_i = 0;
        rig.b->flush_i = 1;
        rig.b.tick();
        rig.b->flush_i = 0;
        rig.b.settle();
        EXPECT_TRUE(rig.b->empty_o);
        rig.out.clear();
        rig.in.push_back({64, 16 * 3, 9, false, true, true, 5, true});
        rig.run(600);
        ASSERT_EQ(rig.out.size(), 3u) << "round " << round;
        for (const auto& e : rig.out) EXPECT_EQ(e.slot, 5);
    }
}

}  // namespace
