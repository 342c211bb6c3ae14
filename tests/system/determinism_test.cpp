// SPDX-License-Identifier: Apache-2.0
// Equal runs write equal files; what only looks at a run, or saves time, changes nothing in it.
#include "ringside.h"

namespace system_test {
namespace {

const std::string captures = RINGSIDE_CAPTURES "/";

// Everything that a run writes.
struct Written {
    std::string result, to_wire, to_host, waves, events;
};

class Determinism : public SystemTest {
protected:
    // The shipped captures both ways, randomly cut; `more` are options, `views` whether waveform and event log are written.
    Written replay(std::vector<std::string> more, bool views, const std::vector<std::string>& environment = {}) {
        std::vector<std::string> command{"replay", "--from-host", captures + "from-host.pcap", "--from-wire",
                                         captures + "from-wire.pcap", "--cut", "random", "--quiet", "--to-wire", file("wire"),
                                         "--to-host", file("host"), "--json", file("json")};
        if (views) command.insert(command.end(), {"--waves", file("waves"), "--events", file("events")});
        command.insert(command.end(), more.begin(), more.end());
        const Outcome outcome = ringside(command, environment);
        EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
        return {Json::load(file("json")).comparable(), contents(file("wire")), contents(file("host")),
                views ? contents(file("waves")) : "", views ? contents(file("events")) : ""};
    }
    void expect_same_run(const Written& a, const Written& b) {
        EXPECT_EQ(a.result, b.result);
        EXPECT_TRUE(a.to_wire == b.to_wire) << "captures to the wire differ";
        EXPECT_TRUE(a.to_host == b.to_host) << "captures to the host differ";
    }
    void expect_same_views(const Written& a, const Written& b) {
        EXPECT_GT(a.waves.size(), 10'000u);
        EXPECT_GT(a.events.size(), 10'000u);
        EXPECT_TRUE(a.waves == b.waves) << "waveforms differ";
        EXPECT_TRUE(a.events == b.events) << "event logs differ";
    }
};

TEST_F(Determinism, TheSameRunTwiceWritesTheSameFiles) {
    const Written first = replay({}, true), second = replay({}, true);
    expect_same_run(first, second);
    expect_same_views(first, second);
}

TEST_F(Determinism, WhatFreshMemoryHoldsDoesNotReachTheRun) {
    const Written first = replay({}, true), second = replay({}, true, {"MALLOC_PERTURB_=165"});
    expect_same_run(first, second);
    expect_same_views(first, second);
}

TEST_F(Determinism, WhereTheProgramsCodeLiesDoesNotReachTheRun) {
    const Written huge = replay({}, true), small = replay({}, true, {"RINGSIDE_HUGE_TEXT=0"});
    expect_same_run(huge, small);
    expect_same_views(huge, small);
}

TEST_F(Determinism, WavesAndEventLogChangeNothing) {
    const Written without = replay({}, false);
    expect_same_run(without, replay({}, true));
    expect_same_run(without, replay({"--waves", file("w"), "--waves-from", "40us", "--waves-to", "50us"}, false));
    expect_same_run(without, replay({"--waves", file("w"), "--waves-depth", "full", "--waves-to", "35us"}, false));
}

TEST_F(Determinism, SkippingIdleCyclesChangesNothing) {
    const auto run = [this](const char* skip) {
        Written written = replay({"--set", std::string("nic.idle_skip=") + skip, "--events", file("log")}, false);
        written.events = contents(file("log"));
        return written;
    };
    const Written on = run("true"), off = run("false");
    EXPECT_TRUE(on.to_wire == off.to_wire);
    EXPECT_TRUE(on.to_host == off.to_host);
    EXPECT_TRUE(on.events == off.events);
    Json a = Json::parse(on.result), b = Json::parse(off.result);
    EXPECT_LT(a.at("sim.cycles_evaluated").integer(), b.at("sim.cycles_evaluated").integer());
    for (const char* part : {"sim.time_ps", "sim.cycles", "tx", "rx", "nbl", "pcie", "dma", "interrupts"})
        EXPECT_EQ(a.at(part).dump(), b.at(part).dump()) << part;
}

TEST_F(Determinism, AnotherSeedIsAnotherRun) {
    const Written one = replay({"--seed", "1"}, true), two = replay({"--seed", "2"}, true);
    EXPECT_NE(one.events, two.events);
    EXPECT_NE(Json::parse(one.result).at("sim.cycles").integer(), Json::parse(two.result).at("sim.cycles").integer());
}

TEST_F(Determinism, RunsSideBySideGiveTheSameResultsInTheSameOrder) {
    std::vector<std::string> command{"run", "cuts-byte", "dns", "sizes", "ping", "reorder", "--jobs"};
    command.push_back("1");
    const std::string alone = result(command).comparable();
    command.back() = "2";
    EXPECT_EQ(result(command).comparable(), alone);
    EXPECT_EQ(Json::parse(alone).size(), 5u);
}

TEST_F(Determinism, BenchesMeasureTheSameTwice) {
    const std::vector<std::string> command{"bench", "line-rate", "--sizes", "64,1518"};
    EXPECT_EQ(result(command).dump(), result(command).dump());
}

}  // namespace
}  // namespace system_test
