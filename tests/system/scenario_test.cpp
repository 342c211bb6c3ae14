// SPDX-License-Identifier: Apache-2.0
// The shipped scenarios: each is a test of its own (CMakeLists.txt lists them); here, that none is left out.
#include <random>
#include <set>
#include <sstream>

#include "ringside.h"

namespace system_test {
namespace {

class Scenarios : public SystemTest {};

std::set<std::string> words(const std::string& text) {
    std::istringstream in(text);
    std::set<std::string> words;
    for (std::string word; in >> word;) words.insert(word);
    return words;
}

TEST_F(Scenarios, AllThatShipAreTests) {
    std::set<std::string> listed;
    std::istringstream list(ringside({"list"}).out);
    for (std::string line; std::getline(list, line);) listed.insert(line.substr(0, line.find(' ')));
    EXPECT_EQ(listed, words(RINGSIDE_SCENARIOS)) << "keep the list in tests/system/CMakeLists.txt";
}

TEST_F(Scenarios, PassWithOtherSeeds) {
    // Page order, cuts and completion order differ; what must come out does not.
    for (const char* seed : {"2", "3", "12345678901"})
        result({"run", "default", "cuts-random", "reorder", "sizes", "nb-lists", "no-backfill", "--jobs", "2", "--seed", seed});
}

TEST_F(Scenarios, PassWithA512BitDatapath) {
    result({"run", "default", "cuts-random", "cuts-byte", "reorder", "sizes", "jumbo", "both-1518", "--jobs", "2", "--set",
            "nic.datapath_bits=512"});
}

TEST_F(Scenarios, PassOnOtherMachines) {
    for (const char* setting : {"pcie.mps=128", "pcie.mrrs=128", "pcie.mrrs=4096", "pcie.rcb=128", "pcie.generation=4", "pcie.lanes=4",
                                "pcie.read_latency_ns=2000", "memory.run_pages=16", "memory.iommu_tlb_entries=8", "nic.clock_mhz=200",
                                "wire.gbps=10", "cpu.free=true", "driver.tx_ring=8", "driver.rx_ring=16"}) {
        SCOPED_TRACE(setting);
        result({"run", "sizes", "--set", "expect.drops=true", "--set", setting});
    }
}

// One of `choices`, by a generator that is the same everywhere.
std::string pick(std::mt19937& random, const char* key, const std::vector<const char*>& choices) {
    return std::string(key) + "=" + choices[random() % choices.size()];
}

class RandomMachine : public SystemTest, public ::testing::WithParamInterface<uint32_t> {};

TEST_P(RandomMachine, Passes) {
    std::mt19937 random(GetParam());
    const std::string scenario =
        write("random.yaml", "traffic:\n  from_host: {frames: 80, size: 18..9022, pattern: random}\n"
                             "  from_wire: {frames: 80, size: 18..9022, pattern: random, rate_mbps: 1000}\nexpect: {drops: true}\n");
    std::vector<std::string> command{"run", scenario, "--seed", std::to_string(GetParam())}, settings{
        pick(random, "pcie.generation", {"1", "2", "3", "4", "5"}), pick(random, "pcie.lanes", {"1", "2", "4", "8", "16"}),
        pick(random, "pcie.mps", {"128", "256", "512"}), pick(random, "pcie.mrrs", {"128", "256", "512", "1024", "4096"}),
        pick(random, "pcie.rcb", {"64", "128"}), pick(random, "pcie.read_latency_ns", {"250", "450", "1000", "5000"}),
        pick(random, "pcie.read_reorder_ns", {"0", "300", "2000"}), pick(random, "pcie.propagation_ns", {"0", "75", "100"}),
        pick(random, "memory.run_pages", {"1", "2", "16", "512"}), pick(random, "memory.iommu_tlb_entries", {"0", "1", "4", "64"}),
        pick(random, "cpu.free", {"true", "false"}), pick(random, "cpu.interrupt_ns", {"0", "1000", "20000"}),
        pick(random, "nic.datapath_bits", {"256", "512"}), pick(random, "nic.clock_mhz", {"200", "250", "333", "500"}),
        pick(random, "wire.gbps", {"1", "10", "25", "40"}), pick(random, "wire.cable_ns", {"0", "10", "5000"}),
        pick(random, "driver.cut", {"whole", "header", "random", "byte"}), pick(random, "driver.backfill", {"0", "1", "11", "12", "64"}),
        pick(random, "driver.data_offset", {"0", "1", "2", "63", "64", "4031"}), pick(random, "driver.nbs_per_nbl", {"1", "2", "7"}),
        pick(random, "driver.nbls_per_send", {"1", "4", "16", "256"}), pick(random, "driver.outstanding", {"1", "2", "16", "256"}),
        pick(random, "driver.tx_ring", {"0", "16", "100", "256"}), pick(random, "driver.rx_ring", {"0", "2", "8", "100"}),
        pick(random, "driver.rx_elements", {"1", "2"}), pick(random, "nic.idle_skip", {"true", "false"})};
    std::string again;
    for (const std::string& setting : settings) {
        command.insert(command.end(), {"--set", setting});
        again += " --set " + setting;
    }
    const Json run = result(command);
    EXPECT_EQ(run.at("tx.packets").integer(), 80) << again;
}

INSTANTIATE_TEST_SUITE_P(Seed, RandomMachine, ::testing::Range(1u, 17u));

}  // namespace
}  // namespace system_test
