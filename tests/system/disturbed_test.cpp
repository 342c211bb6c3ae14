// SPDX-License-Identifier: Apache-2.0
// Nothing is lost, whatever happens to the traffic and when: random small machines and stacks of drivers (disturbed_scenario.h), of which
// each NBL comes home, each frame that nothing excuses arrives, and nothing stays mapped or allocated.
//
// Forty seeds are in every run, half of them on the C model of the device; the nightly test runs a thousand on the device:
//
//   build/tests/system/system_disturbed_test --gtest_filter='*Nightly*'
//   RINGSIDE_DISTURBED_SEEDS=100 RINGSIDE_DISTURBED_SEED=7 RINGSIDE_DISTURBED_NIC=model ...     fewer of them, from another seed on, the model
//
// A scenario that fails is kept as disturbed-SEED.yaml in the working directory, and the message says how to run it again.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "disturbed_scenario.h"
#include "ringside.h"

namespace system_test {
namespace {

std::string environment(const char* name, const char* otherwise) {
    const char* text = std::getenv(name);
    return text ? text : otherwise;
}

class Disturbed : public SystemTest {
protected:
    // Runs the scenario of a seed, and returns its result; nothing when it failed, as the test has.
    Json run(uint64_t seed, const std::string& nic) {
        const std::string name = "disturbed-" + std::to_string(seed) + ".yaml", yaml = disturbed_scenario(seed), json = file("result.json");
        const Outcome outcome = ringside({"run", write(name, yaml), "--nic", nic, "--json", json});
        const Json result = outcome.status == 0 ? Json::load(json) : Json();
        if (outcome.status == 0 && result.at("nbl.outstanding").integer() == 0 && !result.at("lost")) return result;
        const std::string kept = (std::filesystem::current_path() / name).string();
        std::ofstream(kept, std::ios::binary) << yaml;
        ADD_FAILURE() << "seed " << seed << " failed with status " << outcome.status << ":\n" << outcome.out << outcome.err
                      << "to repeat it: " RINGSIDE_PROGRAM " run " << kept << " --nic " << nic << "\n" << yaml;
        return {};
    }
};

class DisturbedSeed : public Disturbed, public ::testing::WithParamInterface<uint64_t> {};

TEST_P(DisturbedSeed, EveryNblComesHome) {
    const Json result = run(GetParam(), GetParam() % 2 ? "rtl" : "model");
    if (!result) return;
    EXPECT_EQ(result.at("nbl.sent").integer(), result.at("nbl.completed").integer());
    EXPECT_EQ(result.at("nbl.indicated").integer(), result.at("nbl.returned").integer());
}

INSTANTIATE_TEST_SUITE_P(Seed, DisturbedSeed, ::testing::Range(uint64_t{1}, uint64_t{41}));

TEST_F(Disturbed, ASeedIsAScenario) {
    EXPECT_EQ(disturbed_scenario(5), disturbed_scenario(5));
    EXPECT_NE(disturbed_scenario(5), disturbed_scenario(6));
}

TEST_F(Disturbed, NightlyAThousandSeedsLoseNothing) {
    const uint64_t first = std::strtoull(environment("RINGSIDE_DISTURBED_SEED", "1000").c_str(), nullptr, 0),
                   seeds = std::strtoull(environment("RINGSIDE_DISTURBED_SEEDS", "1000").c_str(), nullptr, 0);
    const std::string nic = environment("RINGSIDE_DISTURBED_NIC", "rtl");
    uint64_t failed = 0, packets = 0;
    uint64_t seed = first;
    for (; seed < first + seeds && failed < 20; seed++) {
        const Json result = run(seed, nic);
        failed += !result;
        if (result) packets += static_cast<uint64_t>(result.at("tx.packets").integer() + result.at("rx.packets").integer());
        if ((seed - first) % 100 != 99) continue;
        std::printf("seeds %llu to %llu on the %s: %llu packets, %llu failures\n", static_cast<unsigned long long>(first),
                    static_cast<unsigned long long>(seed), nic.c_str(), static_cast<unsigned long long>(packets),
                    static_cast<unsigned long long>(failed));
        std::fflush(stdout);
    }
    EXPECT_EQ(seed - first, seeds);
}

}  // namespace
}  // namespace system_test
