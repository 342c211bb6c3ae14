// SPDX-License-Identifier: Apache-2.0
#include <Vfifo.h>
#include <gtest/gtest.h>

#include <deque>

#include "bench.h"

namespace {

struct Fifo : ::testing::Test {
    Bench<Vfifo> b;
    Fifo() {
        b->flush_i = b->valid_i = b->ready_i = 0;
        b->data_i = 0;
        b.reset();
    }
    void push(uint32_t word) {
        b->valid_i = 1;
        b->data_i = word;
        b.tick();
        b->valid_i = 0;
        b.settle();
    }
};

TEST_F(Fifo, IsEmptyAfterReset) {
    EXPECT_FALSE(b->valid_o);
    EXPECT_TRUE(b->ready_o);
    EXPECT_EQ(b->count_o, 0);
}

TEST_F(Fifo, ShowsAWordInTheCycleAfterItsPush) {
    b->valid_i = 1;
    b->data_i = 7;
    b.settle();
    EXPECT_FALSE(b->valid_o);
    b.edge();
    EXPECT_TRUE(b->valid_o);
    EXPECT_EQ(b->data_o, 7u);
}

TEST_F(Fifo, TakesDepthWordsAndNoMore) {
    for (uint32_t i = 0; i < RTL_Depth; ++i) {
        EXPECT_TRUE(b->ready_o);
        push(i);
    }
    EXPECT_FALSE(b->ready_o);
    push(99);
    EXPECT_EQ(b->count_o, RTL_Depth);
    EXPECT_EQ(b->data_o, 0u);
}

TEST_F(Fifo, FlushEmptiesItAndWinsOverAPush) {
    push(1);
    b->flush_i = 1;
    push(2);
    EXPECT_FALSE(b->valid_o);
    EXPECT_EQ(b->count_o, 0);
}

TEST_F(Fifo, KeepsOrderUnderRandomStallsOnBothSides) {
    std::deque<uint32_t> model;
    for (int i = 0; i < 5000; ++i) {
        b->valid_i = b.chance(60);
        b->ready_i = b.chance(50);
        b->data_i = static_cast<uint32_t>(b.random());
        b.settle();
        ASSERT_EQ(b->count_o, model.size());
        ASSERT_EQ(b->valid_o, !model.empty());
        if (!model.empty()) {
            ASSERT_EQ(b->data_o, model.front());
        }
        const bool push = b->valid_i && b->ready_o;
        if (b->valid_o && b->ready_i) model.pop_front();
        if (push) model.push_back(b->data_i);
        b.edge();
    }
}

}  // namespace
