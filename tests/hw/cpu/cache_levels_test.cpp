// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cache_levels.h"

namespace hw {
namespace {

// Two lines in L1, four in L2, sixteen in the last level; every line in the one set of its level.
CoreConfig tiny() {
    CoreConfig config;
    config.l1 = {2 * line_bytes, 2};
    config.l2 = {4 * line_bytes, 4};
    config.llc = {16 * line_bytes, 16};
    config.prefetch = false;
    return config;
}

Level read(CacheLevels& caches, uint64_t line) { return caches.access(line, false, 0).level; }
Level write(CacheLevels& caches, uint64_t line) { return caches.access(line, true, 0).level; }
uint64_t cycles_to_write(CacheLevels& caches, uint64_t line) { return caches.access(line, true, 0).ticks / ticks_per_cycle; }

TEST(CacheLevels, TheLeastRecentlyUsedLineGoes) {
    CacheLevels caches(tiny());
    read(caches, 1);
    read(caches, 2);
    read(caches, 1);
    read(caches, 3);  // in place of 2
    EXPECT_EQ(read(caches, 1), Level::l1);
    EXPECT_EQ(read(caches, 2), Level::l2);
}

TEST(CacheLevels, WhatTheSecondLevelDropsIsInTheLast) {
    CacheLevels caches(tiny());
    EXPECT_EQ(read(caches, 1), Level::memory);
    for (uint64_t line = 2; line <= 5; line++) read(caches, line);
    EXPECT_EQ(read(caches, 1), Level::llc);
}

TEST(CacheLevels, ALastLevelThatKeepsWhatIsReadHasItToo) {
    CoreConfig config = tiny();
    config.l2.bytes = 0;
    config.llc_holds_victims = false;
    CacheLevels caches(config);
    for (uint64_t line = 1; line <= 3; line++) EXPECT_EQ(read(caches, line), Level::memory);
    EXPECT_EQ(read(caches, 1), Level::llc);
}

TEST(CacheLevels, EachLevelTakesItsTime) {
    const CoreConfig config = tiny();
    CacheLevels caches(config);
    EXPECT_EQ(caches.access(1, false, 0).ticks, config.memory_ns * config.mhz * ticks_per_cycle / 1000);
    EXPECT_EQ(caches.access(1, false, 0).ticks, config.l1_cycles * ticks_per_cycle);
    read(caches, 2);
    read(caches, 3);
    EXPECT_EQ(caches.access(1, false, 0).ticks, config.l2_cycles * ticks_per_cycle);
}

TEST(CacheLevels, WhatADeviceWritesIsInTheLastLevelAndNoOtherCopyIsLeft) {
    CacheLevels caches(tiny());
    read(caches, 1);
    caches.device_write(1);
    EXPECT_EQ(read(caches, 1), Level::llc);
    EXPECT_EQ(caches.device().writes, 1u);
    EXPECT_EQ(caches.device().write_hits, 0u);
    caches.device_write(1);
    EXPECT_EQ(caches.device().write_hits, 1u);
}

TEST(CacheLevels, ADeviceTakesNoMoreThanItsWays) {
    CacheLevels caches(tiny());
    for (uint64_t line = 1; line <= 3; line++) caches.device_write(line);  // into two ways
    EXPECT_EQ(read(caches, 1), Level::memory);
    EXPECT_EQ(read(caches, 3), Level::llc);
}

TEST(CacheLevels, WithoutDdioADeviceWritesToMemory) {
    CoreConfig config = tiny();
    config.ddio_ways = 0;
    CacheLevels caches(config);
    read(caches, 1);
    caches.device_write(1);
    EXPECT_EQ(read(caches, 1), Level::memory);
}

TEST(CacheLevels, AWriteToWhatADeviceHasReadAsksForTheLineAgain) {
    const CoreConfig config = tiny();
    CacheLevels caches(config);
    write(caches, 1);
    EXPECT_EQ(cycles_to_write(caches, 1), config.l1_cycles);
    caches.device_read(1);
    EXPECT_EQ(caches.device().read_hits, 1u);
    EXPECT_EQ(read(caches, 1), Level::l1) << "the core still has it";
    EXPECT_EQ(cycles_to_write(caches, 1), config.llc_cycles);
    EXPECT_EQ(cycles_to_write(caches, 1), config.l1_cycles);
}

TEST(CacheLevels, ADeviceThatReadsTakesNoPlace) {
    CacheLevels caches(tiny());
    caches.device_read(7);
    EXPECT_EQ(caches.device().read_hits, 0u);
    EXPECT_EQ(read(caches, 7), Level::memory);
}

TEST(CacheLevels, AWalkIsPrefetchedAheadOfItAndInItsPageOnly) {
    CacheLevels caches{CoreConfig{}};
    const uint64_t far = 1'000'000;  // ticks: what is on its way has come
    const uint64_t page = 64 * 100;
    for (uint64_t line = page; line < page + 4; line++) caches.access(line, false, 0);
    EXPECT_EQ(caches.access(page + 4, false, far).level, Level::l2);
    EXPECT_EQ(caches.access(page + 5, false, far).level, Level::l2);
    for (uint64_t line = page + 6; line < page + 64; line++) caches.access(line, false, far);
    EXPECT_EQ(caches.access(page + 64, false, far).level, Level::memory);
}

TEST(CacheLevels, APrefetchedLineIsWaitedForWhileItIsOnItsWay) {
    const CoreConfig config;
    CacheLevels caches(config);
    const uint64_t memory = config.memory_ns * config.mhz * ticks_per_cycle / 1000;
    caches.access(64, false, 0);  // and its neighbour 65 is fetched
    EXPECT_EQ(caches.access(65, false, memory / 2).ticks, memory - memory / 2);
    caches.access(128, false, 0);
    EXPECT_EQ(caches.access(129, false, 2 * memory).ticks, config.l2_cycles * ticks_per_cycle);
}

TEST(CacheLevels, GeometriesThatCannotBeAreRefused) {
    EXPECT_EQ((CacheGeometry{32u << 10, 8}).error(), "");
    EXPECT_NE((CacheGeometry{33u << 10, 8}).error(), "");
    EXPECT_NE((CacheGeometry{32u << 10, 0}).error(), "");
    CoreConfig config;
    EXPECT_EQ(config.error(), "");
    config.ddio_ways = 12;
    EXPECT_NE(config.error(), "");
}

}  // namespace
}  // namespace hw
