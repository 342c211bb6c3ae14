// SPDX-License-Identifier: Apache-2.0
// Random machines under random traffic: of one seed a whole scenario is drawn, and run; every frame is compared at both ends.
//
// A scenario that fails is kept as random-SEED.yaml in the working directory, and the message says how to run it again. The nightly test
// goes on until so many packets arrived:
//
//   build/tests/system/system_random_test --gtest_filter='*Nightly*'
//   RINGSIDE_RANDOM_PACKETS=10000 RINGSIDE_RANDOM_SEED=7 ...     fewer of them, from another seed on
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "random_scenario.h"
#include "ringside.h"

namespace system_test {
namespace {

uint64_t environment(const char* name, uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

class RandomTraffic : public SystemTest {
protected:
    struct Counts {
        uint64_t packets = 0, missing = 0;
    };

    // Runs the scenario of a seed; the test has failed when it did. Returns what arrived.
    Counts run(uint64_t seed, Effort effort) {
        const std::string name = "random-" + std::to_string(seed) + ".yaml", yaml = random_scenario(seed, effort), json = file("result.json");
        const Outcome outcome = ringside({"run", write(name, yaml), "--json", json});
        if (outcome.status != 0) {
            const std::string kept = (std::filesystem::current_path() / name).string();
            std::ofstream(kept, std::ios::binary) << yaml;
            ADD_FAILURE() << "seed " << seed << " failed with status " << outcome.status << ":\n" << outcome.out << outcome.err
                          << "to repeat it: " RINGSIDE_PROGRAM " run " << kept << "\n" << yaml;
            return {};
        }
        const Json result = Json::load(json);
        return {static_cast<uint64_t>(result.at("tx.packets").integer() + result.at("rx.packets").integer()),
                static_cast<uint64_t>(result.at("tx.dropped").integer() + result.at("rx.dropped").integer())};
    }
};

class RandomSeed : public RandomTraffic, public ::testing::WithParamInterface<uint64_t> {};

TEST_P(RandomSeed, EveryFrameArrivesBitForBitOrIsAccountedFor) {
    run(GetParam(), brief_effort);
}

INSTANTIATE_TEST_SUITE_P(Seed, RandomSeed, ::testing::Range(uint64_t{1}, uint64_t{41}));

// The same seed draws the same scenario, or a failure could not be repeated; and another seed another.
TEST_F(RandomTraffic, ASeedIsAScenario) {
    EXPECT_EQ(random_scenario(5, brief_effort), random_scenario(5, brief_effort));
    EXPECT_NE(random_scenario(5, brief_effort), random_scenario(6, brief_effort));
}

TEST_F(RandomTraffic, NightlyAMillionPacketsWithoutADifference) {
    const uint64_t wanted = environment("RINGSIDE_RANDOM_PACKETS", 1'000'000), first = environment("RINGSIDE_RANDOM_SEED", 1'000'000);
    const auto begin = std::chrono::steady_clock::now();
    uint64_t packets = 0, missing = 0, seed = first, failed = 0, told = 0;
    const auto tell = [&] {
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        std::printf("%8.0f s: %llu packets compared, %llu accounted for, %llu failures, seeds %llu to %llu\n", seconds,
                    static_cast<unsigned long long>(packets), static_cast<unsigned long long>(missing),
                    static_cast<unsigned long long>(failed), static_cast<unsigned long long>(first),
                    static_cast<unsigned long long>(seed - 1));
        std::fflush(stdout);
    };
    while (packets < wanted && failed < 20) {
        const int failures = ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
        const Counts counts = run(seed++, nightly_effort);
        failed += ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count() > failures;
        packets += counts.packets;
        missing += counts.missing;
        if (packets / 20'000 > told) tell();
        told = packets / 20'000;
    }
    tell();
    EXPECT_GE(packets, wanted);
}

}  // namespace
}  // namespace system_test
