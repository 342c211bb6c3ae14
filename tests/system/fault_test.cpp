// SPDX-License-Identifier: Apache-2.0
// Every fault that a driver can commit fails the run, with its check, the time, the object and the clause; without it the run passes.
#include <regex>

#include "ringside.h"

namespace system_test {
namespace {

struct Fault {
    const char *name, *check, *clause;
    const char* object;       // a regular expression for the message; PACKET stands for the number of the packet
    bool names_packet;        // the failure itself has it; else one of those that follow
};

// Where an NBL was first sent, and where it is: from the history that is kept of each.
const Fault faults[] = {
    {"lose-nbl", "nbl.lost", "[D] 3.4, 6",
     R"(nbl \d+ is still out at the pause of the protocol: nbl \d+ \(of traffic, packet PACKET\) is sent, with nic0 since \d+\.\d+ us; )"
     R"(first sent by traffic to nic0 at \d+\.\d+ us; allocated at traffic_items\.c:\d+; history: .*)",
     true},
    {"complete-twice", "nbl.completed_twice", "[D] 2.8",
     R"(nbl \d+: was completed twice: nbl \d+ \(of traffic, packet PACKET\) is owned by its allocator, with traffic since \d+\.\d+ us; )"
     R"(first sent by traffic to nic0 at \d+\.\d+ us; allocated at traffic_items\.c:\d+; history: .*)",
     true},
    {"free-under-dma", "memory.freed_while_mapped", "ours: memory is unmapped before it is freed",
     R"(\d+ bytes of pool were freed while the device may still use them: 264 bytes at 0x[0-9a-f]+, mapped to the device by nb of 264 bytes; )"
     R"(it was posted for nbl \d+)",
     true},
    {"unmapped", "iommu.unmapped", "ours: the device accesses only memory that is mapped for it",
     R"(read of \d+ bytes at 0x[0-9a-f]+ by 01:00\.0, TLP \d+, is outside every mapping; nearest is .*; it was posted for nbl \d+)", true},
    {"forged-used", "vq.forged_used", "[V] 2.8.8", R"((netviocx )?tx: slot \d+ is used with id \d+, which is not posted)", false},
};

const char scenario[] =
    "traffic:\n"
    "  from_host: {frames: 200, size: 256}\n"
    "  from_wire: {frames: 200, size: 256, rate_mbps: 5000}\n";

class FaultTest : public SystemTest, public ::testing::WithParamInterface<Fault> {
protected:
    std::vector<std::string> command(const std::string& fault, int packet) {
        return {"run", write("scenario.yaml", scenario), "--set", "driver.fault=" + fault, "--set",
                "driver.fault_packet=" + std::to_string(packet)};
    }
    // The first failure of `check`.
    Json failure(const Json& run, const std::string& check) {
        const Json all = run.at("failures");
        for (size_t i = 0; i < all.size(); i++)
            if (all.at(i).at("check").text() == check) return all.at(i);
        return {};
    }
};

TEST_P(FaultTest, FailsTheRunWithCheckTimeObjectAndClause) {
    const Fault& fault = GetParam();
    for (const int packet : {0, 100, 199}) {
        SCOPED_TRACE(packet);
        const Json run = result(command(fault.name, packet), 1);
        EXPECT_EQ(run.at("verdict").text(), "fail");
        const Json found = failure(run, fault.check);
        ASSERT_TRUE(found) << run.at("failures").dump();
        EXPECT_GT(found.at("time_ps").integer(), 30'000'000) << "traffic begins later";
        EXPECT_LE(found.at("time_ps").integer(), run.at("sim.time_ps").integer());
        EXPECT_EQ(found.at("clause").text(), fault.clause);
        const std::string expected = std::regex_replace(fault.object, std::regex("PACKET"), std::to_string(packet));
        EXPECT_TRUE(std::regex_match(found.at("message").text(), std::regex(expected))) << found.at("message").text();
        if (fault.names_packet) {
            EXPECT_EQ(found.at("packet").integer(), packet);
        }
    }
}

TEST_P(FaultTest, NamesThePacketThatSuffered) {
    const Json all = result(command(GetParam().name, 100), 1).at("failures");
    bool named = false;
    for (size_t i = 0; i < all.size(); i++) named |= !all.at(i).at("packet").is_null() && all.at(i).at("packet").integer() == 100;
    EXPECT_TRUE(named) << all.dump();
}

TEST_P(FaultTest, IsOnTheSummaryForPeople) {
    const Outcome outcome = ringside(command(GetParam().name, 100));
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.out.compare(0, 14, "FAIL scenario:"), 0) << outcome.out;
    EXPECT_NE(outcome.out.find(std::string(GetParam().check) + " at "), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.out.find(std::string("(") + GetParam().clause), std::string::npos) << outcome.out;
}

TEST_P(FaultTest, IsFoundAtTheSameTimeInEveryRun) {
    const std::string first = result(command(GetParam().name, 100), 1).comparable();
    EXPECT_EQ(result(command(GetParam().name, 100), 1).comparable(), first);
}

TEST_P(FaultTest, ShipsAsAScenarioThatExpectsIt) {
    const std::string name = std::string("fault-") + GetParam().name;
    EXPECT_EQ(result({"run", name}).at("expected.check").text(), GetParam().check);
    const Json healed = result({"run", name, "--set", "driver.fault=none"}, 1);
    EXPECT_EQ(healed.at("failures").at(0).at("check").text(), "expect.verdict");
    EXPECT_EQ(healed.at("failures").size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(All, FaultTest, ::testing::ValuesIn(faults), [](const auto& info) {
    return std::regex_replace(std::string(info.param.name), std::regex("-"), "_");
});

using NoFault = FaultTest;

TEST_F(NoFault, TheSameTrafficPasses) {
    const Json run = result(command("none", 100));
    EXPECT_EQ(run.at("verdict").text(), "pass");
    EXPECT_EQ(run.at("failures").size(), 0u);
    EXPECT_EQ(run.at("tx.packets").integer(), 200);
    EXPECT_EQ(run.at("rx.packets").integer(), 200);
    EXPECT_EQ(run.at("dma.violations").integer(), 0);
}

}  // namespace
}  // namespace system_test
