// SPDX-License-Identifier: Apache-2.0
// Which missing frames are excused: those that a disturbance met on their way, one by one, and no other.
#include "losses.h"

#include <gtest/gtest.h>

namespace sim {
namespace {

struct Books : Losses {
    explicit Books(uint64_t frames) { track(frames); }
    void take(uint64_t from, uint64_t to) {
        for (; from < to; from++) taken(from);
    }
    std::pair<int64_t, uint64_t> out() const {
        uint64_t count = 0;
        const int64_t first = missing(&count);
        return {first, count};
    }
};

TEST(Losses, AFrameThatDidNotArriveIsMissing) {
    Books books(10);
    books.take(0, 4);
    books.arrived(0);
    books.arrived(2);
    EXPECT_EQ(books.out(), std::make_pair(int64_t{1}, uint64_t{2}));
    EXPECT_EQ(books.settled(), 2u);
}

TEST(Losses, FramesOnTheirWayAndThoseTakenMeanwhileAreExcused) {
    Books books(10);
    books.take(0, 3);
    books.arrived(1);
    books.begin();  // 0 and 2 are on their way
    books.take(3, 5);
    books.end();
    books.take(5, 7);
    EXPECT_EQ(books.out(), std::make_pair(int64_t{5}, uint64_t{2}));
    books.arrived(5);
    books.arrived(6);
    EXPECT_EQ(books.out(), std::make_pair(int64_t{-1}, uint64_t{0}));
    EXPECT_EQ(books.settled(), 7u);
}

TEST(Losses, AnExcusedFrameThatArrivesCountsOnce) {
    Books books(2);
    books.take(0, 2);
    books.excuse(0);
    books.arrived(0);
    books.arrived(0);
    EXPECT_EQ(books.settled(), 1u);
    EXPECT_EQ(books.out(), std::make_pair(int64_t{1}, uint64_t{1}));
}

TEST(Losses, DisturbancesMayOverlap) {
    Books books(4);
    books.begin();
    books.begin();
    books.end();
    books.take(0, 1);
    books.end();
    books.take(1, 2);
    EXPECT_EQ(books.out(), std::make_pair(int64_t{1}, uint64_t{1}));
}

TEST(Losses, WithoutBooksNothingHappens) {
    Losses losses;
    losses.taken(0);
    losses.begin();
    losses.arrived(0);
    losses.end();
    uint64_t count = 1;
    EXPECT_EQ(losses.missing(&count), -1);
    EXPECT_EQ(count, 0u);
    EXPECT_FALSE(losses.tracked());
}

}  // namespace
}  // namespace sim
