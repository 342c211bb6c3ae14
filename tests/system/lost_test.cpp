// SPDX-License-Identifier: Apache-2.0
// Each way to lose an NBL ends in a report that says which, with its history and where the hardware was.
#include "event_lines.h"
#include "fst_reader.h"
#include "ringside.h"

namespace system_test {
namespace {

struct Way {
    const char *fault, *check, *kind, *direction, *holder;
    const char* state;  // of the hardware, for the packet
    const char* words;  // on the summary for people
    const char* place;  // in the rings of NetAdapterCx; null: it is in none
    const char* netcx_state = state;  // NetAdapterCx posts what it was sent a little later, when it polls the queue
};

const char drivers_of_100[] = "packet 100 of the ring of transmit queue 0, the driver's (Begin 100, Next 200, End 200)";
const char received_100[] = "packet 100 of the ring of receive queue 0 when it came (1 NBLs of the queue are out)";

const Way ways[] = {
    {"never-post", "nbl.lost", "never_posted", "send", "nic0", "nowhere", "never posted", drivers_of_100},
    {"no-doorbell", "nbl.lost", "posted_never_used", "send", "nic0", "available", "posted and never used",
     "packet 100 of the ring of transmit queue 0, the driver's (Begin 96, Next 200, End 200)"},
    {"never-look", "nbl.lost", "used_never_seen", "send", "nic0", "used", "the driver has not looked",
     "packet 100 of the ring of transmit queue 0, the driver's (Begin 80, Next 200, End 200)"},
    {"lose-nbl", "nbl.lost", "never_completed", "send", "nic0", "used", "never completed", drivers_of_100},
    {"keep-received", "nbl.lost", "never_returned", "receive", "traffic", "used", "never returned", received_100},
    {"complete-twice", "nbl.completed_twice", "completed_twice", "send", "traffic", "used", "completed twice", nullptr},
    {"free-nbl", "nbl.freed_in_flight", "freed_under_dma", "send", "nic0", "available", "freed while the device",
     "packet 100 of the ring of transmit queue 0, the driver's (Begin 96, Next 112, End 112)"},
    {"free-received", "nbl.freed_in_flight", "freed", "receive", "traffic", "used", "freed while", received_100},
    {"hold-sent", "nbl.lost", "held", "send", "fault0", "nowhere", "neither passed", nullptr},
    {"complete-sent", "nbl.wrong_owner", "wrong_driver", "send", "nic0", "available", "by the wrong driver",
     "waits for the ring of transmit queue 0 (Begin 80, End 96)", "nowhere"},
    {"clone-sent", "nbl.lost", "cloned", "send", "fault0", "used", "derived", nullptr},
};

constexpr int packet = 100;

class LostTest : public SystemTest, public ::testing::WithParamInterface<Way> {
protected:
    static const char* state(const Way& way) { return netcx() ? way.netcx_state : way.state; }
    static std::vector<std::string> command(const std::string& fault) { return {"run", "fault-" + fault}; }
    Json run(const std::string& fault) { return result(command(fault)); }
    // The report of packet 100 in this class.
    static Json report(const Json& run, const std::string& kind) {
        const Json nbls = run.at("lost.nbls");
        for (size_t i = 0; i < nbls.size(); i++)
            if (nbls.at(i).at("class").text() == kind && nbls.at(i).at("packet").integer() == packet) return nbls.at(i);
        return {};
    }
};

TEST_P(LostTest, IsClassedAndPlaced) {
    const Way& way = GetParam();
    const Json all = run(way.fault), found = report(all, way.kind);
    ASSERT_TRUE(found) << all.at("lost").dump();
    EXPECT_EQ(all.at("expected.check").text(), way.check);
    EXPECT_GE(all.at(std::string("lost.classes.") + way.kind).integer(), 1);
    EXPECT_EQ(found.at("direction").text(), way.direction);
    EXPECT_EQ(found.at("holder").text(), way.holder);
    EXPECT_EQ(found.at("nbs").at(0).at("hardware.state").text(), state(way)) << found.dump();
}

TEST_P(LostTest, HasEverythingThatIsKnown) {
    const Way& way = GetParam();
    const Json found = report(run(way.fault), way.kind);
    ASSERT_TRUE(found);
    EXPECT_GT(found.at("nbl").integer(), 0);
    EXPECT_EQ(found.at("address").text().compare(0, 2, "0x"), 0) << found.dump();
    EXPECT_NE(found.at("allocated.site").text().find(".c:"), std::string::npos);
    EXPECT_GT(found.at("allocated.time_ps").integer(), 0);
    const Json history = found.at("history");
    ASSERT_GE(history.size(), 1u);
    int64_t before = 0;
    for (size_t i = 0; i < history.size(); i++) {
        EXPECT_NE(history.at(i).at("site").text().find(".c:"), std::string::npos) << history.dump();
        EXPECT_GE(history.at(i).at("time_ps").integer(), before);
        before = history.at(i).at("time_ps").integer();
    }
    EXPECT_EQ(history.at(history.size() - 1).at("to").text(), way.holder) << "the last hand-over says who has it";
    EXPECT_EQ(found.at("since_ps").integer(), before);
    const Json nb = found.at("nbs").at(0);
    EXPECT_EQ(nb.at("address").text().compare(0, 2, "0x"), 0);
    EXPECT_GE(nb.at("bytes").integer(), 252);
    // Of an NBL that is nobody's but its owner's the data may be gone.
    EXPECT_EQ(nb.at("data").text().size(), way.kind == std::string("completed_twice") ? 0 : 16u * 3 - 1);
}

TEST_P(LostTest, IsReadableByPeople) {
    const Way& way = GetParam();
    const Outcome outcome = ringside(command(way.fault));
    const size_t begin = outcome.out.find("NBLs lost or misused: ");
    ASSERT_NE(begin, std::string::npos) << outcome.out;
    const std::string report = outcome.out.substr(begin);
    EXPECT_NE(report.find(way.words), std::string::npos) << report;
    EXPECT_NE(report.find(" -> "), std::string::npos) << report;
    for (size_t at = begin, end; (end = outcome.out.find('\n', at)) != std::string::npos; at = end + 1)
        EXPECT_LE(end - at, 200u) << outcome.out.substr(at, end - at);
}

TEST_P(LostTest, IsMarkedInTheWaveform) {
    const Way& way = GetParam();
    std::vector<std::string> words = command(way.fault);
    const std::string waves = file("lost.fst");
    words.insert(words.end(), {"--waves", waves});
    const Json run = result(words), found = report(run, way.kind), nbls = run.at("lost.nbls");
    ASSERT_TRUE(found);
    // Of those that are found at one time the last is there.
    std::string mark;
    for (size_t i = 0; i < nbls.size(); i++)
        if (nbls.at(i).at("time_ps").integer() == found.at("time_ps").integer())
            mark = nbls.at(i).at("class").text() + ": " + nbls.at(i).at("holder").text() + " since ";
    bool seen = false;
    for (const auto& [time, bits] : fst::read(waves).values("software.nbl_lost"))
        seen |= time == static_cast<uint64_t>(found.at("time_ps").integer()) && fst::text_of(bits).find(mark) != std::string::npos;
    EXPECT_TRUE(seen) << mark;
}

TEST_P(LostTest, HasItsPlaceInTheRingsOfNetAdapterCx) {
    const Way& way = GetParam();
    const Json place = report(run(way.fault), way.kind).at("place");
    if (netcx() && way.place) {
        EXPECT_EQ(place.text(), way.place);
    } else {
        EXPECT_FALSE(place);
    }
}

// Whoever waits for the pause waits for seconds of simulated time.
TEST_P(LostTest, IsToldWhenNothingMovesAnyMore) {
    const Way& way = GetParam();
    const Json found = report(run(way.fault), way.kind);
    ASSERT_TRUE(found);
    EXPECT_LT(found.at("time_ps").integer(), 5'000'000'000) << "5 ms";
}

TEST_P(LostTest, IsTheSameInEveryRun) {
    const std::string first = run(GetParam().fault).at("lost").dump();
    EXPECT_EQ(run(GetParam().fault).at("lost").dump(), first);
}

TEST_P(LostTest, IsFoundWithTheModelOfTheDeviceToo) {
    const Way& way = GetParam();
    std::vector<std::string> words = command(way.fault);
    words.insert(words.end(), {"--nic", "model"});
    const Json found = report(result(words), way.kind);
    ASSERT_TRUE(found);
    EXPECT_EQ(found.at("nbs").at(0).at("hardware.state").text(), state(way)) << found.dump();
}

INSTANTIATE_TEST_SUITE_P(All, LostTest, ::testing::ValuesIn(ways), [](const auto& info) {
    std::string name = info.param.fault;
    for (char& c : name)
        if (c == '-') c = '_';
    return name;
});

class Lost : public LostTest {};

TEST_F(Lost, TheStepsInTheHardwareHaveTheirTimes) {
    const Json hardware = report(run("lose-nbl"), "never_completed").at("nbs").at(0).at("hardware");
    EXPECT_EQ(hardware.at("queue").integer(), 1);
    EXPECT_EQ(hardware.at("slot").integer(), packet) << "one slot a packet";
    EXPECT_LT(hardware.at("posted_ps").integer(), hardware.at("fetched_ps").integer());
    EXPECT_LT(hardware.at("fetched_ps").integer(), hardware.at("used_ps").integer());
    EXPECT_LT(hardware.at("used_ps").integer(), hardware.at("reaped_ps").integer());
    EXPECT_EQ(hardware.at("interrupt.raised").dump(), "true");
    // NetAdapterCx unmaps what its driver gives back.
    EXPECT_EQ(hardware.at("mapped").dump(), netcx() ? "true" : "false") << "the driver has unmapped what it took back";
}

TEST_F(Lost, AnInterruptThatTheDriverDoesNotWantIsNamed) {
    const Json hardware = report(run("never-look"), "used_never_seen").at("nbs").at(0).at("hardware");
    EXPECT_EQ(hardware.at("interrupt.wanted").dump(), "false") << hardware.dump();
    EXPECT_EQ(hardware.at("mapped").dump(), "true");
}

TEST_F(Lost, AStallNamesTheFirstPacketThatIsOut) {
    const Json failures = run("never-post").at("failures");
    for (size_t i = 0; i < failures.size(); i++) {
        if (failures.at(i).at("check").text() != "progress") continue;
        EXPECT_EQ(failures.at(i).at("packet").integer(), packet);
        return;
    }
    ADD_FAILURE() << failures.dump();
}

TEST_F(Lost, ReportsAreInTheOrderOfThePackets) {
    const Json all = run("never-look"), nbls = all.at("lost.nbls"), failures = all.at("failures");
    ASSERT_GT(nbls.size(), 50u);
    for (size_t i = 1; i < nbls.size(); i++) EXPECT_EQ(nbls.at(i).at("packet").integer(), nbls.at(i - 1).at("packet").integer() + 1);
    int64_t before = -1;
    for (size_t i = 0; i < failures.size(); i++) {
        if (failures.at(i).at("check").text() != "nbl.lost") continue;
        EXPECT_GT(failures.at(i).at("packet").integer(), before);
        before = failures.at(i).at("packet").integer();
    }
    EXPECT_EQ(before, 199);
}

TEST_F(Lost, IsMarkedInTheStreamOfEvents) {
    const std::string log = file("events.txt");
    ASSERT_EQ(ringside({"run", "fault-never-post", "--events", log}).status, 0);
    const std::string events = contents(log);
    const size_t at = events.find("nbl_lost");
    ASSERT_NE(at, std::string::npos);
    EXPECT_NE(events.find("never_posted: nic0 since ", at), std::string::npos) << events.substr(at, 200);
}

TEST_F(Lost, APassedRunHasNoReport) {
    const Json run = result({"run", "default"});
    EXPECT_FALSE(run.at("lost"));
}

// An intermediate stack: every driver that had it is in the history.
TEST_F(Lost, TheHistoryGoesThroughAStack) {
    const Json all = result({"run", "fault-lose-nbl", "--set", "driver.stack=capture, vlan 7"});
    const Json found = report(all, "never_completed");
    ASSERT_TRUE(found) << all.at("lost").dump();
    EXPECT_GE(found.at("history").size(), 2u);
    EXPECT_EQ(found.at("holder").text(), "nic0");
}

}  // namespace
}  // namespace system_test
