// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>

#include "Varb_mux.h"
#include "bench.h"
#include "bits.h"

namespace {

constexpr unsigned kN = RTL_N, kWidth = RTL_Width;

TEST(ArbMux, ServesBusySourcesInTurn) {
    Bench<Varb_mux> b;
    b.reset();
    for (unsigned s = 0; s < kN; ++s) set_bits(b->data_i, s * kWidth, kWidth, 100 + s);
    b->valid_i = (1u << kN) - 1;
    b->ready_i = 1;
    std::array<unsigned, kN> served{};
    for (unsigned i = 0; i < 10 * kN; ++i) {
        b.settle();
        ++served.at(get_bits(b->data_o, 0, kWidth) - 100);
        b.edge();
    }
    for (unsigned s = 0; s < kN; ++s) EXPECT_EQ(served[s], 10u) << "source " << s;
}

TEST(ArbMux, LosesAndInventsNothing) {
    Bench<Varb_mux> b(3);
    b.reset();
    std::array<uint32_t, kN> next{}, got{};
    unsigned valid = 0;
    for (unsigned i = 0; i < 20000; ++i) {
        for (unsigned s = 0; s < kN; ++s)
            if (b.chance(30)) valid |= 1u << s;
        b->valid_i = valid;
        for (unsigned s = 0; s < kN; ++s) set_bits(b->data_i, s * kWidth, kWidth, s << 24 | (next[s] & 0xFFFFFF));
        b->ready_i = b.chance(60);
        b.settle();
        ASSERT_EQ(b->valid_o, valid != 0);
        ASSERT_EQ(__builtin_popcount(b->ready_o), valid && b->ready_i ? 1 : 0);
        if (b->valid_o && b->ready_i) {
            const auto word = get_bits(b->data_o, 0, kWidth);
            const unsigned s = unsigned(word >> 24);
            ASSERT_EQ(b->ready_o, 1u << s);
            ASSERT_EQ(word & 0xFFFFFF, got[s]++);
            ++next[s];
            valid &= ~(1u << s);
        }
        b.edge();
    }
}

TEST(ArbMux, LetsNoSourceWaitForMoreThanOneRound) {
    Bench<Varb_mux> b(5);
    b.reset();
    for (unsigned s = 0; s < kN; ++s) set_bits(b->data_i, s * kWidth, kWidth, s);
    b->ready_i = 1;
    unsigned waited = 0;
    for (unsigned i = 0; i < 5000; ++i) {
        b->valid_i = 1u | unsigned(b.random() % (1u << kN));  // source 0 always asks
        b.settle();
        waited = get_bits(b->data_o, 0, kWidth) == 0 ? 0 : waited + 1;
        ASSERT_LT(waited, kN);
        b.edge();
    }
}

}  // namespace
