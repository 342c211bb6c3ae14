// SPDX-License-Identifier: Apache-2.0
// Two NICs, each an instance of the device, under a team: flows are spread, move when a link or a card is gone, and come back; what is
// lost is what a dead wire had, and it is counted.
#include "event_lines.h"
#include "ringside.h"

namespace system_test {
namespace {

const char traffic[] =
    "nic: {adapters: 2}\n"
    "traffic:\n"
    "  from_host: {frames: 1500, size: 64..1500, flows: 32, pattern: random, rate_mbps: 20000}\n"
    "  from_wire: {frames: 1500, size: 64..1500, flows: 32, pattern: random, rate_mbps: 20000}\n";

class TeamTest : public SystemTest {
protected:
    Json run(const std::string& stack, std::vector<std::string> more = {}) {
        std::vector<std::string> command{"run", write("scenario.yaml", traffic), "--set", "driver.stack=" + stack};
        command.insert(command.end(), more.begin(), more.end());
        return result(command);
    }
    static int64_t sum(const Json& json, const std::string& key) {
        const Json adapters = json.at("adapters");
        int64_t all = 0;
        for (size_t i = 0; i < adapters.size(); i++) all += adapters.at(i).at(key).integer();
        return all;
    }
    // Which NIC sent each frame of an event log, in their order: "wire", "wire1".
    static std::vector<std::string> senders(const std::string& path) {
        std::vector<std::string> lanes;
        for (const EventLine& line : read_events(path))
            if (line.kind == "frame_tx") lanes.push_back(line.lane);
        return lanes;
    }
};

TEST_F(TeamTest, BothNicsCarryFlowsBothWays) {
    const Json json = run("team spread");
    EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
    ASSERT_EQ(json.at("adapters").size(), 2u);
    for (size_t i = 0; i < 2; i++) {
        const Json adapter = json.at("adapters").at(i);
        EXPECT_EQ(adapter.at("name").text(), "nic" + std::to_string(i));
        EXPECT_GT(adapter.at("tx.frames").integer(), 300);
        EXPECT_GT(adapter.at("rx.frames").integer(), 300);
        EXPECT_GT(adapter.at("messages").integer(), 0);
    }
    EXPECT_EQ(sum(json, "tx.frames"), 1500);
    EXPECT_EQ(sum(json, "rx.frames"), 1500);
    EXPECT_EQ(sum(json, "tx.sends"), 1500);
    EXPECT_EQ(sum(json, "tx.lost") + sum(json, "rx.lost") + sum(json, "rx.dropped"), 0);
    EXPECT_EQ(sum(json, "pcie.up.tlps"), json.at("pcie.up.tlps").integer());
    EXPECT_EQ(json.at("nbl.sent").integer(), 1500);  // one NBL, from the protocol to the ring of one of them
}

TEST_F(TeamTest, TwoLinksCarryMoreThanOneCould) {
    const Json json = run("team spread", {"--set", "traffic.from_wire.rate_mbps=0", "--set", "traffic.from_host.frames=0"});
    EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
    EXPECT_GT(json.at("rx.gbps").number(), 45.0);  // of 40 a link
}

TEST_F(TeamTest, LinksThatGoAndComeLoseWhatTheDeadWireHadAndNothingElse) {
    const Json json = run("team spread", {"--set", "stress.link_down_every_us=100", "--set", "stress.link_down_us=60", "--set", "expect.drops=true"});
    EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
    const int64_t dead = sum(json, "tx.sends") - sum(json, "tx.frames");  // the driver has them back, and nobody received them
    EXPECT_EQ(json.at("nbl.completed").integer(), 1500);
    EXPECT_EQ(json.at("tx.packets").integer(), 1500 - dead);
    EXPECT_GT(dead, 0);
    EXPECT_LT(dead, 100) << "flows left the dead link late";
    EXPECT_EQ(sum(json, "rx.frames") + sum(json, "rx.lost"), 1500);
    EXPECT_EQ(json.at("rx.packets").integer(), sum(json, "rx.frames") - sum(json, "rx.dropped"));
    EXPECT_EQ(json.at("nbl.outstanding").integer(), 0);
}

TEST_F(TeamTest, FailoverGoesToTheSecondLinkAndBack) {
    const std::string events = file("events");
    const Json json = run("team failover", {"--set", "stress.link_down_every_us=150", "--set", "stress.link_down_us=60", "--set",
                                            "expect.drops=true", "--events", events});
    EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
    const std::vector<std::string> lanes = senders(events);
    unsigned away = 0, back = 0;
    for (size_t i = 1; i < lanes.size(); i++) {
        away += lanes[i - 1] == "wire" && lanes[i] == "wire1";
        back += lanes[i - 1] == "wire1" && lanes[i] == "wire";
    }
    EXPECT_EQ(lanes.front(), "wire");
    EXPECT_GT(away, 0u);
    EXPECT_GT(back, 0u);
}

TEST_F(TeamTest, ACardThatIsPulledLeavesTheTrafficToTheOther) {
    for (const char* stack : {"team spread", "team failover, vlan 7, mux 2"}) {
        SCOPED_TRACE(stack);
        const Json json = run(stack, {"--set", "stress.remove_us=200", "--set", "expect.drops=true"});
        EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
        EXPECT_GT(json.at("tx.packets").integer(), 1400);
        EXPECT_GT(json.at("rx.packets").integer(), 1400);
        EXPECT_EQ(json.at("nbl.completed").integer(), 1500);
        EXPECT_EQ(json.at("nbl.outstanding").integer(), 0);
    }
}

TEST_F(TeamTest, OffloadsThatAllMembersHaveWorkThroughTheTeam) {
    const Json json = run("team spread", {"--set", "driver.checksum_offload=true", "--set", "driver.large_send=16000", "--set",
                                          "traffic.from_host.protocol=tcp4", "--set", "traffic.from_wire.protocol=udp4"});
    EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
    EXPECT_GT(json.at("offload.tx_checksums").integer(), 1000);
    EXPECT_GT(json.at("offload.rx_checksums").integer(), 1000);
}

TEST_F(TeamTest, TheSameTwiceGivesTheSameBytes) {
    const std::vector<std::string> stress{"--set", "stress.link_down_every_us=100", "--set", "expect.drops=true", "--events"};
    std::vector<std::string> first = stress, second = stress;
    first.push_back(file("1"));
    second.push_back(file("2"));
    EXPECT_EQ(run("team spread", first).comparable(), run("team spread", second).comparable());
    EXPECT_EQ(contents(file("1")), contents(file("2")));
}

TEST_F(TeamTest, TheTeamIsShownOverItsNics) {
    const Outcome outcome = ringside({"drivers", write("scenario.yaml", traffic), "--set", "driver.stack=team failover, capture"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out,
              "nic0       team         protocol     Running    backfill 12, context 0\n"
              "nic0       netvio       miniport     Running   \n"
              "nic1       team         protocol     Running    backfill 12, context 0\n"
              "nic1       netvio       miniport     Running   \n"
              "team0      traffic      protocol     Running    backfill 12, context 16\n"
              "team0      capture1     filter       Running    sends and receives\n"
              "team0      team         intermediate Running   \n");
}

TEST_F(TeamTest, NicsWithoutATeamAndATeamThatIsNotTheLowestAreRefused) {
    Outcome outcome = ringside({"check", write("scenario.yaml", traffic)});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("scenario.yaml:1:17: error: nic.adapters: 2 NICs need a team, which is the first driver of driver.stack: "
                               "`team spread`, `team failover`, or a module that does the like"), std::string::npos) << outcome.err;
    outcome = ringside({"check", write("other.yaml", "driver: {stack: [capture, team spread]}\n")});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("driver.stack: a team is over NICs: it is the first driver of the stack"), std::string::npos) << outcome.err;
    outcome = ringside({"check", write("third.yaml", "driver: {stack: [team]}\n")});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("team spread or failover"), std::string::npos) << outcome.err;
}

TEST_F(TeamTest, ATeamOfOneIsAnAdapterLikeItsMember) {
    const Json json = run("team spread", {"--set", "nic.adapters=1"});
    EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
    EXPECT_FALSE(json.at("adapters"));
    EXPECT_EQ(json.at("tx.packets").integer(), 1500);
}

}  // namespace
}  // namespace system_test
