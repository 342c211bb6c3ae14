// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core.h"

namespace hw {
namespace {

// No prefetch, and no instructions but those that access.
CoreConfig bare() {
    CoreConfig config;
    config.prefetch = false;
    config.other_per_access_tenths = config.other_per_function_tenths = 0;
    return config;
}

constexpr uint64_t far_apart = 1u << 20;  // host addresses of different structures

uint64_t cycles(const Core& core) { return core.ticks() / ticks_per_cycle; }
uint64_t memory_cycles(const CoreConfig& config) { return config.memory_ns * config.mhz / 1000; }

TEST(Core, IndependentLoadsOverlap) {
    const CoreConfig config = bare();
    Core core(config);
    for (uint64_t i = 0; i < 8; i++) core.load(i * 4096, 8, i * far_apart, 0);
    core.drain();
    EXPECT_LT(cycles(core), memory_cycles(config) + 8);
}

TEST(Core, AChainOfPointersTakesTheSum) {
    const CoreConfig config = bare();
    Core core(config);
    for (uint64_t i = 1; i <= 8; i++) core.load(i * 4096, 8, i * far_apart + 24, (i + 1) * far_apart);  // a member of what the last one brought
    core.drain();
    EXPECT_GE(cycles(core), 8 * memory_cycles(config));
    EXPECT_LT(cycles(core), 8 * memory_cycles(config) + 16);
}

// Neighbours in a pool: the one that is on its way still is not what a member of the next one waits for.
TEST(Core, AMemberIsOfTheNearestStructureInFrontOfIt) {
    const CoreConfig config = bare();
    Core core(config);
    core.load(0, 8, 0, 0);
    core.drain();
    const uint64_t before = cycles(core);
    core.load(0, 8, 0, 2 * far_apart + 832);          // the second, from L1
    core.load(4096, 8, far_apart, 2 * far_apart);     // the first, from memory
    core.load(8, 8, 2 * far_apart + 832 + 8, 3 * far_apart);
    core.load(16, 8, 3 * far_apart, 0);
    core.store(24, 8, 3 * far_apart + 8);
    for (uint32_t i = 0; i < config.store_buffer; i++) core.store(32, 8, 3 * far_apart + 8);
    EXPECT_LT(cycles(core), before + memory_cycles(config) / 2);
}

TEST(Core, ALoadThatIsWaitedForHoldsUpWhatIsAWindowBehindIt) {
    const CoreConfig config = bare();
    Core core(config);
    core.load(0, 8, 0, 0);
    for (uint32_t i = 0; i < config.reorder_window; i++) core.touch();
    EXPECT_LT(cycles(core), memory_cycles(config));
    core.touch();
    EXPECT_GE(cycles(core), memory_cycles(config));
}

TEST(Core, NoMoreLinesAreOnTheirWayThanThereAreBuffers) {
    const CoreConfig config = bare();
    Core core(config);
    for (uint64_t i = 0; i < 2 * config.fill_buffers; i++) core.load(i * 4096, 8, i * far_apart, 0);
    core.drain();
    EXPECT_GE(cycles(core), 2 * memory_cycles(config));
}

TEST(Core, StoresAreNotWaitedForUntilTheirBufferIsFull) {
    const CoreConfig config = bare();
    Core core(config);
    for (uint64_t i = 0; i < config.store_buffer; i++) core.store(i * 4096, 8, i * far_apart);
    EXPECT_LT(cycles(core), memory_cycles(config));
    core.store(config.store_buffer * 4096, 8, config.store_buffer * far_apart);
    EXPECT_GE(cycles(core), memory_cycles(config));
}

TEST(Core, ALockedInstructionWaitsForEverythingBefore) {
    const CoreConfig config = bare();
    Core core(config);
    core.load(0, 8, 0, 0);
    core.locked();
    EXPECT_GE(cycles(core), memory_cycles(config) + config.locked_cycles);
}

TEST(Core, AnAccessOverTheEndOfALineIsTwo) {
    Core core(bare());
    const Core::Access access = core.load(60, 8, 0, 0);
    EXPECT_EQ(access.lines, 2u);
    EXPECT_EQ(access.level, Level::memory);
    EXPECT_EQ(core.load(64, 8, 0, 0).level, Level::l1);
    EXPECT_EQ(core.load(0, 4096, 0, 0).lines, 64u);
}

TEST(Core, InstructionsBesideTheAccessesAreChargedByTheRule) {
    CoreConfig config = bare();
    config.other_per_access_tenths = 15;
    config.other_per_function_tenths = 70;
    Core core(config);
    for (int i = 0; i < 4; i++) core.load(0, 8, 0, 0);
    core.function();
    EXPECT_EQ(core.instructions(), 4u + 6 + 7);
}

}  // namespace
}  // namespace hw
