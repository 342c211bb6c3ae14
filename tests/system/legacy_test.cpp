// SPDX-License-Identifier: Apache-2.0
// Drivers of NDIS 5 on the RTL: the traffic protocol by packets, the miniport by packets, both, and drivers of NDIS 6 between them.
#include "ringside.h"

namespace system_test {
namespace {

const char traffic[] =
    "traffic:\n"
    "  from_host: {frames: 300, size: 64..1500}\n"
    "  from_wire: {frames: 300, size: 64..1500, rate_mbps: 5000}\n";

class LegacyTest : public SystemTest {
protected:
    Json run(const std::string& protocol, const std::string& miniport, std::vector<std::string> more = {}) {
        std::vector<std::string> command{"run", write("scenario.yaml", traffic), "--set", "driver.protocol=" + protocol, "--set",
                                         "driver.miniport=" + miniport};
        command.insert(command.end(), more.begin(), more.end());
        return result(command);
    }
    void expect_all(const Json& json) {
        EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
        EXPECT_EQ(json.at("tx.packets").integer(), 300);
        EXPECT_EQ(json.at("rx.packets").integer(), 300);
        EXPECT_EQ(json.at("nbl.sent").integer(), 300);
        EXPECT_EQ(json.at("nbl.outstanding").integer(), 0);
    }
};

TEST_F(LegacyTest, AProtocolAMiniportAndBothCarryTheTrafficBothWays) {
    for (const char* protocol : {"ndis6", "ndis5"}) {
        for (const char* miniport : {"ndis6", "ndis5"}) {
            SCOPED_TRACE(std::string(protocol) + " over " + miniport);
            expect_all(run(protocol, miniport));
        }
    }
}

TEST_F(LegacyTest, FramesMayBeCutAndStacksHigh) {
    for (const char* cut : {"header", "random", "even"}) {
        SCOPED_TRACE(cut);
        expect_all(run("ndis5", "ndis5", {"--set", std::string("driver.cut=") + cut, "--set", "driver.stack=capture, mux 2, vlan 7"}));
    }
}

TEST_F(LegacyTest, AnNblOfSeveralFramesIsCompletedWithItsLastPacket) {
    const Json json = run("ndis6", "ndis5", {"--set", "driver.nbs_per_nbl=8"});
    EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
    EXPECT_EQ(json.at("tx.packets").integer(), 300);
}

TEST_F(LegacyTest, PauseAndRestartUnderTrafficLoseNoSend) {
    for (const char* seed : {"1", "2", "3", "4"}) {
        for (const char* protocol : {"ndis6", "ndis5"}) {
            SCOPED_TRACE(std::string(seed) + " " + protocol);
            const Json json = run(protocol, "ndis5", {"--set", "stress.stack_restart_every_us=8", "--seed", seed, "--set", "expect.drops=true"});
            EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
            EXPECT_EQ(json.at("tx.packets").integer(), 300);
        }
    }
}

// What is aborted has another status in NDIS 5: it is excused all the same.
TEST_F(LegacyTest, ResetsOfTheDeviceAbortSendsOfPackets) {
    for (const char* seed : {"3", "4", "5"}) {
        SCOPED_TRACE(seed);
        const Json json = run("ndis5", "ndis6", {"--set", "stress.device_reset_every_us=10", "--seed", seed, "--set", "expect.drops=true"});
        EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
        EXPECT_LT(json.at("tx.packets").integer(), 300) << "no send met a reset";
    }
}

TEST_F(LegacyTest, ACardThatIsPulledOutEndsEverySend) {
    for (const char* protocol : {"ndis6", "ndis5"}) {
        for (const char* miniport : {"ndis6", "ndis5"}) {
            for (const char* seed : {"1", "2", "3"}) {
                SCOPED_TRACE(std::string(protocol) + " over " + miniport + ", seed " + seed);
                const Json json = run(protocol, miniport, {"--set", "stress.remove_us=40", "--seed", seed, "--set", "expect.drops=true"});
                EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
                EXPECT_EQ(json.at("nbl.outstanding").integer(), 0);
                EXPECT_LT(json.at("sim.time_ps").integer(), int64_t{100'000'000'000}) << "somebody waited for a device that is gone";
            }
        }
    }
}

TEST_F(LegacyTest, TheStackIsShownByTheNamesOfItsDrivers) {
    const Outcome outcome = ringside({"drivers", write("scenario.yaml", traffic), "--set", "driver.protocol=ndis5", "--set", "driver.miniport=ndis5"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out,
              "nic0       traffic      protocol     Running    backfill 0, context 0\n"
              "nic0       netvio5      miniport     Running   \n");
}

TEST_F(LegacyTest, WhatOnlyDriversOfNdis6DoIsRefused) {
    const Outcome outcome = ringside({"run", write("scenario.yaml", traffic), "--set", "driver.miniport=ndis5", "--set", "driver.queue_pairs=2"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("driver.queue_pairs: is not for drivers of NDIS 5: leave it out, or use driver.miniport: ndis6"),
              std::string::npos)
        << outcome.err;
}

}  // namespace
}  // namespace system_test
