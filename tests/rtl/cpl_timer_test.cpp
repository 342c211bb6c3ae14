// SPDX-License-Identifier: Apache-2.0
#include <Vcpl_timer.h>
#include <gtest/gtest.h>

#include "bench.h"

namespace {

struct CplTimer : ::testing::Test {
    Bench<Vcpl_timer> b;
    CplTimer() {
        b->cycles_per_us_i = 5;
        b->range_i = 1;
        b->disable_i = b->wait_i = 0;
        b.reset();
    }
    // Cycles until the next tick, or 0 if there is none in `limit`.
    unsigned until_tick(unsigned limit) {
        for (unsigned i = 1; i <= limit; ++i) {
            b.settle();
            const bool tick = b->tick_o;
            b.edge();
            if (tick) return i;
        }
        return 0;
    }
};

TEST_F(CplTimer, ClauseP_7_5_3_16_TicksEveryPeriodOfTheRangeThatWasAskedFor) {
    const struct { unsigned range, us; } cases[] = {{1, 50}, {2, 4096}, {0, 16384}, {15, 16384}};
    for (const auto& c : cases) {
        b->wait_i = 0;
        b->range_i = c.range;
        b.tick();
        b->wait_i = 1;
        for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(until_tick(100000), 5 * c.us) << "range " << c.range;
    }
}

TEST_F(CplTimer, CountsOnlyWhileAReadIsInFlight) {
    b->wait_i = 1;
    EXPECT_EQ(until_tick(200), 0u);
    b->wait_i = 0;
    EXPECT_EQ(until_tick(1000), 0u);
    b->wait_i = 1;
    EXPECT_EQ(until_tick(1000), 250u) << "from the beginning";
}

TEST_F(CplTimer, ClauseP_7_5_3_16_DoesNotTickWhenItIsDisabled) {
    b->wait_i = b->disable_i = 1;
    EXPECT_EQ(until_tick(2000), 0u);
}

}  // namespace
