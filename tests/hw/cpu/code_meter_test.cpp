// SPDX-License-Identifier: Apache-2.0
// Measured code under the meter: what is counted, where it is placed, and that the code does what it says all the same.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "code_meter.h"
#include "measured_code.h"

namespace hw {
namespace {

class CodeMeterTest : public testing::Test {
protected:
    CodeMeterTest() : ram(Ram::Config{}), meter(CoreConfig{}, ram) {
        ram.map(0, 4);
        meter.begin(this, __builtin_frame_address(0), 1u << 20);
        meter.run(this);
    }
    ~CodeMeterTest() override { meter.end(this); }
    uint64_t* words() { return reinterpret_cast<uint64_t*>(ram.page(0)); }
    const Profile::Totals& totals() {
        meter.take_ps(true);
        return meter.profile().totals();
    }
    const Profile::Function* function(const std::string& name) {
        for (const Profile::Function& one : meter.profile().functions())
            if (one.name.name == name) return &one;
        return nullptr;
    }

    Ram ram;
    CodeMeter meter;
};

TEST_F(CodeMeterTest, EachLoadAndStoreIsCounted) {
    measured_fill(words(), 100, 7);
    EXPECT_EQ(measured_sum(words(), 100), 700u);
    EXPECT_EQ(totals().stores, 100u);
    EXPECT_EQ(totals().loads, 100u);
    EXPECT_EQ(totals().lines, 13u);
}

TEST_F(CodeMeterTest, ACopyIsALoadAndAStoreOfItsLines) {
    measured_copy(words() + 512, words(), 256);
    EXPECT_EQ(totals().loads, 1u);
    EXPECT_EQ(totals().stores, 1u);
    EXPECT_EQ(totals().lines, 8u);
}

TEST_F(CodeMeterTest, AtomicOperationsDoWhatTheySay) {
    uint32_t* const counter = reinterpret_cast<uint32_t*>(words());
    *counter = 40;
    EXPECT_EQ(measured_add(counter, 2), 40u);
    EXPECT_EQ(*counter, 42u);
    words()[1] = 5;
    EXPECT_FALSE(measured_exchange(words() + 1, 4, 9));
    EXPECT_TRUE(measured_exchange(words() + 1, 5, 9));
    EXPECT_EQ(words()[1], 9u);
    EXPECT_EQ(totals().loads, 3u);
    EXPECT_EQ(totals().stores, 3u);
}

TEST_F(CodeMeterTest, FunctionsHaveTheirNamesStaticOnesTooAndTheFolderOfTheirSource) {
    measured_outer(words());
    ASSERT_NE(function("inner"), nullptr);
    EXPECT_EQ(function("inner")->calls, 2u);
    EXPECT_EQ(function("inner")->stores, 2u);
    EXPECT_EQ(function("inner")->name.folder, "cpu");
    ASSERT_NE(function("measured_outer"), nullptr);
    EXPECT_EQ(function("measured_outer")->calls, 1u);
}

TEST_F(CodeMeterTest, TheTimesOfFunctionsAddUp) {
    measured_outer(words());
    measured_sum(words(), 500);
    uint64_t sum = 0;
    const uint64_t all = totals().ticks;
    for (const Profile::Function& one : meter.profile().functions()) sum += one.ticks;
    EXPECT_EQ(sum, all);
    EXPECT_GT(all, 0u);
}

TEST_F(CodeMeterTest, TimeIsTakenOnce) {
    measured_sum(words(), 500);
    EXPECT_GT(meter.take_ps(true), 0u);
    EXPECT_EQ(meter.take_ps(true), 0u);
}

TEST_F(CodeMeterTest, WhatRunsInNoContextIsNobodys) {
    meter.run(nullptr);
    measured_sum(words(), 100);
    EXPECT_EQ(totals().loads, 0u);
}

TEST_F(CodeMeterTest, WhatIsTheSimulatorsHasNoLine) {
    std::vector<uint64_t> own(100);
    measured_sum(own.data(), own.size());
    EXPECT_EQ(totals().foreign, 100u);
    EXPECT_EQ(totals().lines, 0u);
}

// Wherever the host put things: equal calls, equal misses, though the second run has other addresses.
TEST_F(CodeMeterTest, AddressesOfTheHostDoNotMatter) {
    const auto misses = [](uint64_t seed) {
        Ram::Config config;
        config.seed = 3;
        const Ram other(config);
        Ram& ram_of_it = const_cast<Ram&>(other);
        ram_of_it.map(0, 64);
        CodeMeter its(CoreConfig{}, other);
        its.begin(&its, __builtin_frame_address(0), 1u << 20);
        its.run(&its);
        std::vector<char> shift(seed * 4096 + seed);  // moves the process's own heap
        for (uint64_t i = 0; i < 5000; i++) measured_fill(reinterpret_cast<uint64_t*>(ram_of_it.page(i * 7 % 64)) + i % 512, 1, shift.size());
        const uint64_t ps = its.take_ps(true);
        const auto served = its.profile().totals().served;
        its.end(&its);
        return std::make_pair(ps, served);
    };
    EXPECT_EQ(misses(1), misses(2));
}

TEST_F(CodeMeterTest, TheHeapOfMeasuredCodeIsPlacedByItsCallsAlone) {
    size_t room = 0;
    void* const first = measured_allocate(100);
    void* const second = measured_allocate(100);
    const auto* const heap = static_cast<const char*>(access_heap(&room));
    EXPECT_GE(static_cast<char*>(first), heap);
    EXPECT_LT(static_cast<char*>(first), heap + room);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 16, 0u);
    measured_release(first);
    EXPECT_EQ(measured_allocate(112), first) << "of a size, rounded to 16, the last that was freed";
    std::memset(second, 9, 100);
    char* const grown = static_cast<char*>(measured_grow(second, 5000));
    EXPECT_EQ(grown[99], 9);
    measured_release(grown);
    measured_release(std::malloc(5));  // of the library: it takes that too
    EXPECT_EQ(measured_allocate(SIZE_MAX / 2), nullptr);
}

TEST_F(CodeMeterTest, PacketsOfTheMiddleAreMeasured) {
    meter.measure_packets(10, 20);
    const auto send = [this](uint64_t count) {
        meter.packets(count);
        measured_fill(words(), 50, 1);
    };
    for (int batch = 0; batch < 8; batch++) send(5);
    EXPECT_EQ(meter.measured_packets(), 10u);
    EXPECT_EQ(totals().stores, 100u);
    EXPECT_EQ(totals().batches, 2u);
    EXPECT_EQ(totals().lines, 14u);
}

TEST_F(CodeMeterTest, WhatADeviceWroteIsReadFromTheLastLevel) {
    measured_sum(words(), 8);
    meter.device_write(ram.physical(words()), 64);
    measured_sum(words(), 1);
    EXPECT_EQ(totals().served[static_cast<size_t>(Level::llc)], 1u);
}

}  // namespace
}  // namespace hw
