// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>

#include "Vram_be.h"
#include "bench.h"

// ram_be has no reset: the bench wants the port.
struct Ram : Vram_be {
    using Vram_be::Vram_be;
    uint8_t rst_ni = 1;
};

namespace {

constexpr unsigned kDepth = RTL_Depth, kLane = RTL_Lane, kLanes = 64 / kLane;
static_assert(RTL_Width == 64, "a word is a uint64_t here");

uint64_t lane_mask(unsigned lanes) {
    uint64_t mask = 0;
    for (unsigned i = 0; i < kLanes; ++i)
        if (lanes >> i & 1) mask |= ((uint64_t{1} << kLane) - 1) << i * kLane;
    return mask;
}

uint64_t random_word(Bench<Ram>& b) {
    const uint64_t high = b.random();
    return high << 32 | b.random();
}

void write(Bench<Ram>& b, unsigned word, uint64_t data, unsigned lanes = ~0u) {
    b->we_i = 1;
    b->waddr_i = uint8_t(word);
    b->wmask_i = lane_mask(lanes);
    b->wdata_i = data;
    b.tick();
    b->we_i = 0;
}

uint64_t read(Bench<Ram>& b, unsigned word) {
    b->re_i = 1;
    b->raddr_i = uint8_t(word);
    b.tick();
    b->re_i = 0;
    b.settle();
    return b->rdata_o;
}

// Every word known, then no port active.
void fill(Bench<Ram>& b, std::array<uint64_t, kDepth>& model) {
    b->re_i = b->raddr_i = 0;
    for (unsigned i = 0; i < kDepth; ++i) write(b, i, model[i] = random_word(b));
}

TEST(RamBe, WritesTheEnabledLanesOnly) {
    Bench<Ram> b(2);
    std::array<uint64_t, kDepth> model{};
    fill(b, model);
    for (unsigned i = 0; i < 2000; ++i) {
        const unsigned word = unsigned(b.random() % kDepth), lanes = unsigned(b.random() % (1u << kLanes));
        const uint64_t data = random_word(b), mask = lane_mask(lanes);
        write(b, word, data, lanes);
        model[word] = (model[word] & ~mask) | (data & mask);
        for (unsigned k = 0; k < kDepth; ++k) ASSERT_EQ(read(b, k), model[k]) << "word " << k << " after write " << i;
    }
}

TEST(RamBe, KeepsItsContentsWithoutWriteEnable) {
    Bench<Ram> b(3);
    std::array<uint64_t, kDepth> model{};
    fill(b, model);
    b->wmask_i = ~uint64_t{0};
    for (unsigned i = 0; i < kDepth; ++i) {
        b->waddr_i = uint8_t(i);
        b->wdata_i = ~model[i];
        b.tick();
    }
    for (unsigned k = 0; k < kDepth; ++k) EXPECT_EQ(read(b, k), model[k]);
}

TEST(RamBe, GivesTheOldContentsOfAWordThatIsBeingWritten) {
    Bench<Ram> b(4);
    std::array<uint64_t, kDepth> model{};
    fill(b, model);
    for (unsigned i = 0; i < 100; ++i) {
        const unsigned word = unsigned(b.random() % kDepth);
        const uint64_t data = random_word(b);
        b->re_i = 1;
        b->raddr_i = uint8_t(word);
        write(b, word, data);
        b->re_i = 0;
        b.settle();
        EXPECT_EQ(b->rdata_o, model[word]);
        EXPECT_EQ(read(b, word), data);
        model[word] = data;
    }
}

TEST(RamBe, HoldsItsOutputWhileNothingIsRead) {
    Bench<Ram> b(5);
    std::array<uint64_t, kDepth> model{};
    fill(b, model);
    EXPECT_EQ(read(b, 1), model[1]);
    write(b, 1, ~model[1]);
    b->raddr_i = 0;
    for (unsigned i = 0; i < 5; ++i) b.tick();
    EXPECT_EQ(b->rdata_o, model[1]);
}

}  // namespace
