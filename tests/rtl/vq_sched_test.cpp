// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <vector>

#include "Vvq_sched.h"
#include "bench.h"
#include "bits.h"

namespace {

constexpr unsigned kN = RTL_N, kWidth = RTL_Width, kNext = RTL_NextBit;
static_assert(kWidth == 32, "a descriptor is {queue, chain goes on, number} in 32 bits here");

uint32_t descriptor(unsigned queue, bool next, unsigned number) {
    return queue << 24 | uint32_t(next) << kNext | (number & 0xFFFF);
}

// Queues of descriptors in front of the scheduler; what came out of it, in order.
struct Rig {
    Bench<Vvq_sched> b;
    std::array<std::deque<uint32_t>, kN> queues;
    std::vector<uint32_t> out;
    unsigned stall = 0;    // percent of cycles in which net_tx takes nothing
    unsigned starve = 0;   // percent of cycles in which a queue shows nothing, also in the middle of a chain
    unsigned shown = 0;    // a descriptor that was offered stays
    std::array<unsigned, kN> number{};

    explicit Rig(unsigned seed = 1) : b(seed) {
        b->d_valid_i = b->ready_i = 0;
        for (unsigned q = 0; q < kN; ++q) set_bits(b->d_i, q * kWidth, kWidth, 0);
        b.reset();
    }
    void chain(unsigned queue, unsigned elements) {
        for (unsigned i = 0; i < elements; ++i) queues.at(queue).push_back(descriptor(queue, i + 1 < elements, number[queue]++));
    }
    void step() {
        for (unsigned q = 0; q < kN; ++q) {
            if (!queues[q].empty() && !b.chance(starve)) shown |= 1u << q;
            set_bits(b->d_i, q * kWidth, kWidth, shown >> q & 1 ? queues[q].front() : b.random());
        }
        b->d_valid_i = uint8_t(shown);
        b->ready_i = !b.chance(stall);
        b.settle();
        const unsigned taken = shown & b->d_ready_o;
        EXPECT_LE(__builtin_popcount(taken), 1);
        EXPECT_EQ(taken != 0, b->valid_o && b->ready_i) << "what a queue gives is what comes out";
        if (taken) {
            const auto q = unsigned(__builtin_ctz(taken));
            EXPECT_EQ(b->queue_o, q);
            EXPECT_EQ(b->data_o, queues[q].front());
            out.push_back(b->data_o);
            queues[q].pop_front();
            shown &= ~taken;
        }
        b.edge();
    }
    bool empty() const {
        for (const auto& q : queues) if (!q.empty()) return false;
        return true;
    }
    void drain() {
        for (unsigned i = 0; i < 100000 && !empty(); ++i) step();
        EXPECT_TRUE(empty()) << "a queue is never served";
    }
};

unsigned queue_of(uint32_t d) { return d >> 24; }
bool goes_on(uint32_t d) { return d >> kNext & 1; }

TEST(VqSched, NeverInterruptsAChain) {
    for (unsigned seed = 1; seed <= 10; ++seed) {
        Rig rig(seed);
        rig.stall = seed * 7 % 60;
        rig.starve = seed * 11 % 70;
        for (unsigned i = 0; i < 300; ++i) rig.chain(unsigned(rig.b.random() % kN), 1 + unsigned(rig.b.random() % 5));
        rig.drain();
        for (size_t i = 1; i < rig.out.size(); ++i)
            ASSERT_TRUE(!goes_on(rig.out[i - 1]) || queue_of(rig.out[i]) == queue_of(rig.out[i - 1])) << i << " seed " << seed;
    }
}

TEST(VqSched, KeepsTheOrderOfEachQueue) {
    Rig rig(3);
    rig.stall = rig.starve = 30;
    for (unsigned i = 0; i < 300; ++i) rig.chain(unsigned(rig.b.random() % kN), 1 + unsigned(rig.b.random() % 5));
    rig.drain();
    std::array<unsigned, kN> next{};
    for (const auto d : rig.out) ASSERT_EQ(d & 0xFFFF, next.at(queue_of(d))++);
    EXPECT_EQ(next, rig.number);
}

TEST(VqSched, ServesBusyQueuesInTurn) {
    Rig rig;
    for (unsigned i = 0; i < 20; ++i)
        for (unsigned q = 0; q < kN; ++q) rig.chain(q, 1 + q);  // chains, not descriptors, take turns
    rig.drain();
    std::vector<unsigned> turns;
    for (const auto d : rig.out)
        if (!goes_on(d)) turns.push_back(queue_of(d));
    ASSERT_EQ(turns.size(), 20 * kN);
    for (size_t i = 1; i < turns.size(); ++i) ASSERT_EQ(turns[i], (turns[i - 1] + 1) % kN) << "turn " << i;
}

TEST(VqSched, LetsAQueueWaitForNoMoreThanOneChainOfEachOther) {
    Rig rig(5);
    for (unsigned i = 0; i < 100; ++i) {
        for (unsigned q = 0; q < kN; ++q)
            while (rig.queues[q].size() < 4) rig.chain(q, 3);
        const auto late = unsigned(rig.b.random() % kN);  // comes when the others are busy
        const auto before = rig.out.size();
        const auto waiting = rig.queues[late].size();
        while (rig.queues[late].size() == waiting && rig.out.size() < before + 100) rig.step();
        EXPECT_LE(rig.out.size() - before, (kN - 1) * 3 + 3u);
    }
}

TEST(VqSched, PassesADescriptorInEveryCycle) {
    Rig rig;
    for (unsigned i = 0; i < 50; ++i)
        for (unsigned q = 0; q < kN; ++q) rig.chain(q, 2);
    for (unsigned i = 0; i < 100; ++i) rig.step();
    EXPECT_EQ(rig.out.size(), 100u);
}

TEST(VqSched, TakesNothingWhileNetTxIsNotReady) {
    Rig rig;
    rig.stall = 100;
    rig.chain(0, 2);
    for (unsigned i = 0; i < 20; ++i) rig.step();
    EXPECT_TRUE(rig.out.empty());
    EXPECT_TRUE(rig.b->valid_o);
}

}  // namespace
