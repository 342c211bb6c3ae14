// SPDX-License-Identifier: Apache-2.0
// The shipped scenarios: each is a test of its own (CMakeLists.txt lists them); here, that none is left out.
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

}  // namespace
}  // namespace system_test
