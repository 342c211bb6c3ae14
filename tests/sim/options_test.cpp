// SPDX-License-Identifier: Apache-2.0
// Times with units and lists of numbers, as they are typed on the command line.
extern "C" {
#include "options.h"
}

#include <gtest/gtest.h>

namespace {

uint64_t time_of(const char* text) {
    uint64_t ps = 0;
    return options_parse_time(text, &ps) == 0 ? ps : UINT64_MAX;
}

TEST(Options, TimesHaveUnits) {
    EXPECT_EQ(time_of("10us"), 10'000'000u);
    EXPECT_EQ(time_of("1.5 ms"), 1'500'000'000u);
    EXPECT_EQ(time_of("250ns"), 250'000u);
    EXPECT_EQ(time_of("3ps"), 3u);
    EXPECT_EQ(time_of("2s"), 2'000'000'000'000u);
    EXPECT_EQ(time_of("0"), 0u);
}

TEST(Options, TimesWithoutUnitOrNumberAreRefused) {
    for (const char* text : {"10", "us", "", "-1us", "10 parsecs", "1e30s", "10us later", "nan ns", "inf s"})
        EXPECT_EQ(time_of(text), UINT64_MAX) << text;
}

TEST(Options, ListsAreNumbersWithCommas) {
    uint32_t values[3];
    EXPECT_EQ(options_parse_list("64,1518", 64, 9022, values, 3), 2);
    EXPECT_EQ(values[1], 1518u);
}

TEST(Options, ListsOutOfRangeOrMalformedAreRefused) {
    uint32_t values[3];
    for (const char* text : {"63", "9023", "", "64,", ",64", "64;128", "64,,128", "64,65,66,67", "-64", "64x"})
        EXPECT_LT(options_parse_list(text, 64, 9022, values, 3), 0) << text;
}

}  // namespace
