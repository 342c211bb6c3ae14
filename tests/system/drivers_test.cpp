// SPDX-License-Identifier: Apache-2.0
// Stacks of drivers on the RTL: filters, an intermediate driver, captures; every frame is compared at both ends.
#include "captures.h"
#include "ringside.h"

namespace system_test {
namespace {

const char traffic[] =
    "traffic:\n"
    "  from_host: {frames: 300, size: 64..1500}\n"
    "  from_wire: {frames: 300, size: 64..1500, rate_mbps: 5000}\n";

class DriversTest : public SystemTest {
protected:
    Json run(const std::string& stack, std::vector<std::string> more = {}) {
        std::vector<std::string> command{"run", write("scenario.yaml", traffic), "--set", "driver.stack=" + stack};
        command.insert(command.end(), more.begin(), more.end());
        return result(command);
    }
};

TEST_F(DriversTest, EveryDriverTypeCarriesTheTrafficBothWays) {
    for (const char* stack : {"capture", "vlan 7", "mux 1", "mux 4", "capture, vlan 7, mux 2, vlan 9, capture", "mux 2, mux 2, mux 2"}) {
        SCOPED_TRACE(stack);
        const Json json = run(stack);
        EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
        EXPECT_EQ(json.at("tx.packets").integer(), 300);
        EXPECT_EQ(json.at("rx.packets").integer(), 300);
        EXPECT_EQ(json.at("nbl.sent").integer(), 300);  // one NBL, however many drivers pass it on
        EXPECT_EQ(json.at("nbl.outstanding").integer(), 0);
    }
}

TEST_F(DriversTest, TagsStandOnTheWireAndNotAboveTheirFilter) {
    const std::string path = file("stack.pcapng");
    run("capture, vlan 291, capture", {"--capture", path});
    const std::vector<TimedFrame> frames = read_capture(path);
    ASSERT_EQ(frames.size(), 1200u);  // both ways, below and above
    unsigned tagged = 0;
    const std::string tag("\x81\x00\x01\x23", 4);
    for (const TimedFrame& frame : frames) tagged += frame.bytes.compare(12, 4, tag) == 0;
    EXPECT_EQ(tagged, 600u);
}

TEST_F(DriversTest, TagsInSlotsStandOnTheWireAndInNoFrameAboveTheMiniport) {
    const std::string path = file("slot.pcapng");
    for (const char* who : {"driver.vlan_by_adapter=false", "driver.vlan_by_adapter=true"}) {
        SCOPED_TRACE(who);
        // The wire's frames are compared with their tags, and the slots of what is received with those.
        const Json json = run("capture, vlan 7", {"--capture", path, "--set", "driver.vlan_id=291", "--set", "driver.priority=5", "--set", who});
        EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
        const std::vector<TimedFrame> frames = read_capture(path);
        ASSERT_EQ(frames.size(), 600u);
        const std::string tag("\x81\x00\x00\x07", 4);
        for (const TimedFrame& frame : frames) ASSERT_EQ(frame.bytes.compare(12, 4, tag), 0) << "the filter's, and no other";
    }
}

TEST_F(DriversTest, ANicThatFiltersHearsTheVlanAndTheAddressThatTheDriverGaveIt) {
    const Json json = run("capture", {"--set", "driver.vlan_id=291", "--set", "driver.vlan_by_adapter=true", "--set", "driver.filter=true", "--set",
                                      "driver.mac=02:00:00:00:00:55", "--set", "stress.device_reset_every_us=30", "--set", "expect.drops=true"});
    EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
    EXPECT_GT(json.at("rx.packets").integer(), netcx() ? 150 : 200) << "a reset of NetAdapterCx makes all queues anew";
}

TEST_F(DriversTest, ResetsAndLinkFlapsUnderAStackLoseNothingUnexcused) {
    const Json json = run("vlan 7, mux 2", {"--set", "stress.device_reset_every_us=15", "--set", "stress.link_down_every_us=20", "--set",
                                            "stress.link_down_us=3", "--set", "expect.drops=true"});
    EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
}

TEST_F(DriversTest, PauseAndRestartUnderTrafficLoseNoSend) {
    for (const char* seed : {"1", "2", "3", "4", "5", "6", "7", "8"}) {
        SCOPED_TRACE(seed);
        const Json json = run("vlan 7, mux 2, capture", {"--set", "stress.stack_restart_every_us=8", "--seed", seed, "--set",
                                                         "expect.drops=true"});
        EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
        EXPECT_EQ(json.at("tx.packets").integer(), 300);
    }
}

TEST_F(DriversTest, AnotherProtocolOfTheAdapterHearsWhatIsSentAndWhatArrives) {
    const Outcome outcome = ringside({"run", write("scenario.yaml", traffic), "--set", "driver.stack=" SDK_MODULES "/sdk_listener.so", "--set",
                                      "driver.debug_print=true"});
    EXPECT_EQ(outcome.status, 0) << outcome.out;
    EXPECT_NE(outcome.err.find("listener: heard 300 sends and 300 receives\n"), std::string::npos) << outcome.err;
}

TEST_F(DriversTest, AClientOfNetAdapterCxDrivesTheNicAsAModule) {
    const std::string client = SDK_MODULES "/stack_netviocx.so nic0";
    for (const std::string& stack : {client, client + ", capture, vlan 7, mux 2, capture"}) {
        const Json json = run(stack);
        EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
        EXPECT_EQ(json.at("tx.packets").integer(), 300);
        EXPECT_EQ(json.at("rx.packets").integer(), 300);
    }
    const Outcome shown = ringside({"drivers", write("scenario.yaml", traffic), "--set", "driver.stack=" + client});
    EXPECT_EQ(shown.status, 0) << shown.err;
    EXPECT_NE(shown.out.find("stack_netviocx"), std::string::npos) << shown.out;
}

TEST_F(DriversTest, OurDriversCarryTheTrafficAsModulesToo) {
    const std::string folder = SDK_MODULES "/stack_";
    const Json one = run(folder + "capture.so, " + folder + "mux.so vnic0, " + folder + "capture.so");
    EXPECT_EQ(one.at("verdict").text(), "pass") << one.at("failures").dump();
    EXPECT_EQ(one.at("tx.packets").integer(), 300);
    const Json two = run(folder + "team.so bond, " + folder + "mux.so vnic0", {"--set", "nic.adapters=2", "--set", "traffic.from_host.flows=16",
                                                                               "--set", "traffic.from_wire.flows=16"});
    EXPECT_EQ(two.at("verdict").text(), "pass") << two.at("failures").dump();
    for (size_t i = 0; i < 2; i++) EXPECT_GT(two.at("adapters").at(i).at("tx.frames").integer(), 50);
}

TEST_F(DriversTest, AGuardOverNblsFindsNothingInOurModulesAndChangesNoTime) {
    const std::string folder = SDK_MODULES "/stack_", stack = folder + "capture.so, " + folder + "mux.so vnic0, " + folder + "capture.so";
    const Json guarded = run(stack, {"--set", "driver.guard_nbls=true"});
    EXPECT_EQ(guarded.at("verdict").text(), "pass") << guarded.at("failures").dump();
    EXPECT_EQ(guarded.at("tx.packets").integer(), 300);
    EXPECT_EQ(guarded.at("sim.time_ps").integer(), run(stack).at("sim.time_ps").integer());
}

TEST_F(DriversTest, ModulesTakeTheirParametersFromTheScenario) {
    const std::string folder = SDK_MODULES "/stack_", path = file("tagged.pcapng");
    // The program does not know of a module's tags, and misses the frames on the wire: what the capture filter saw is asked.
    (void)ringside({"run", write("scenario.yaml", traffic), "--set", "driver.stack=capture, " + folder + "vlan.so", "--set",
                    "driver.registry=stack_vlan/VlanId=291", "--capture", path, "--set", "traffic.from_wire.frames=0"});
    const std::vector<TimedFrame> frames = read_capture(path);
    ASSERT_EQ(frames.size(), 300u);
    for (const TimedFrame& frame : frames) ASSERT_EQ(frame.bytes.compare(12, 4, std::string("\x81\x00\x01\x23", 4)), 0);
    const Json standby = run(folder + "team.so bond", {"--set", "driver.registry=stack_team/Failover=1", "--set", "nic.adapters=2", "--set",
                                                       "traffic.from_host.flows=16"});
    EXPECT_EQ(standby.at("verdict").text(), "pass") << standby.at("failures").dump();
    EXPECT_EQ(standby.at("adapters").at(0).at("tx.frames").integer(), 300);
    EXPECT_EQ(standby.at("adapters").at(1).at("tx.frames").integer(), 0);
}

// What is wrong with a module, or with what it is given, is input of the user's: status 2, which module, and what to do.
TEST_F(DriversTest, AModuleThatDoesNotLoadIsBadInput) {
    const std::string folder = SDK_MODULES "/";
    const struct { std::string driver; const char *says, *advises; } cases[] = {
        {folder + "stack_mux.so vnic0", "DriverEntry failed with status 0xc000000d (NDIS_STATUS_INVALID_PARAMETER)", "parameters (driver.registry)"},
        {folder + "sdk_refuses.so", "DriverEntry failed with status 0xc0010004 (NDIS_STATUS_BAD_VERSION", "say NDIS6xx"},
        {folder + "sdk_idle.so", "registered no miniport, filter or protocol", "is it a driver of the network?"},
        {folder + "stack_team.so", "it is an intermediate driver", "say behind the path"},
        {"/nowhere.so", "No such file or directory", "give the path of the module"},
        {folder + "sdk_adding.so 2", "MiniportInitializeEx of sdk_adding1 failed with status 0xc001001e", "driver.debug_print"},
        {folder + "sdk_missing.so", "NdisDirectOidRequest: used at missing.c:", "planned, with direct OID requests"},
    };
    for (const auto& one : cases) {
        for (const char* command : {"run", "drivers"}) {
            const Outcome outcome = ringside({command, write("scenario.yaml", traffic), "--set", "driver.stack=" + one.driver, "--set",
                                              "driver.registry=stack_mux/Adapters=99"});
            EXPECT_EQ(outcome.status, 2) << command << " " << one.driver;
            EXPECT_EQ(outcome.out, "");
            for (const std::string& words : {one.driver.substr(0, one.driver.find(' ')), std::string(one.says), std::string(one.advises)})
                EXPECT_NE(outcome.err.find(words), std::string::npos) << words << " in " << outcome.err;
        }
    }
}

TEST_F(DriversTest, EveryMissingNameIsToldByTheProgram) {
    const Outcome outcome = ringside({"run", write("scenario.yaml", traffic), "--set", "driver.stack=" SDK_MODULES "/sdk_missing.so"});
    for (const char* name : {"NdisDirectOidRequest", "NdisCoSendNetBufferLists", "MissingHelper"})
        EXPECT_NE(outcome.err.find(std::string(name) + ": used at missing.c:"), std::string::npos) << outcome.err;
}

TEST_F(DriversTest, TheSameStackTwiceGivesTheSameResult) {
    const std::string stack = "capture, vlan 7, mux 2, vlan 9, capture";
    const std::string first = run(stack, {"--capture", file("1.pcapng")}).comparable();
    EXPECT_EQ(run(stack, {"--capture", file("2.pcapng")}).comparable(), first);
    EXPECT_EQ(contents(file("1.pcapng")), contents(file("2.pcapng")));
}

TEST_F(DriversTest, TheStackIsShownAsItIsBound) {
    const Outcome outcome = ringside({"drivers", write("scenario.yaml", traffic), "--set", "driver.stack=vlan 7, mux 2"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out,
              "nic0       mux1         protocol     Running    backfill 16, context 0\n"
              "nic0       vlan7-0      filter       Running    sends and receives\n"
              "nic0       netvio       miniport     Running   \n"
              "mux1v0     traffic      protocol     Running    backfill 16, context 16\n"
              "mux1v0     mux1         intermediate Running   \n"
              "mux1v1     mux1         intermediate Running   \n");
}

// A driver and a program in the manner of Windows sources, tests/driver/sdk/modules.
const std::string mailbox = "driver.stack=" SDK_MODULES "/sdk_mailbox.so, mux 1";
const std::string program = SDK_MODULES "/sdk_correspond.so ";

TEST_F(DriversTest, ProgramsRunBesideTheTraffic) {
    const Outcome outcome = ringside({"run", write("scenario.yaml", traffic), "--set", mailbox, "--set",
                                      "driver.programs=" + program + "write hello; " + program + "turn"});
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    EXPECT_NE(outcome.err.find("run 1: read 5 bytes: hello, wide"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.out.find("300 sent, 300 received"), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.out.find("0 frames of programs reached the wire"), std::string::npos) << outcome.out;
}

TEST_F(DriversTest, AProgramThatFailsFailsTheRun) {
    const Outcome outcome = ringside({"run", write("scenario.yaml", traffic), "--set", mailbox, "--set", "driver.programs=" + program + "fail 3"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.out.find("sdk_correspond ended with status 3"), std::string::npos) << outcome.out;
}

TEST_F(DriversTest, AProgramThatWaitsForEverIsNamed) {
    const Outcome outcome = ringside({"run", write("scenario.yaml", traffic), "--set", mailbox, "--set", "driver.programs=" + program + "wait"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.out.find("the program sdk_correspond has not ended"), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.err.find("cancelled: 995"), std::string::npos) << outcome.err;
}

TEST_F(DriversTest, AProgramThatDoesNotEndAlthoughItsWaitIsCancelledIsReported) {
    const Outcome outcome = ringside({"run", write("scenario.yaml", traffic), "--set", mailbox, "--set",
                                      "driver.programs=" + program + "stay"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.out.find("program.hangs"), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.out.find("sdk_correspond still ran"), std::string::npos) << outcome.out;
}

// Frames from the wire go to a program by way of a protocol of its own, and what it makes of them comes back on the wire.
TEST_F(DriversTest, AProgramReceivesAndSendsFramesOverItsOwnProtocol) {
    const unsigned sizes[] = {60, 61, 200, 1514, 64, 777};
    std::vector<TimedFrame> from_wire;
    for (unsigned i = 0; i < 30; i++) {
        TimedFrame frame{i * 20'000, std::string(sizes[i % 6], '\0')};
        for (size_t at = 14; at < frame.bytes.size(); at++) frame.bytes[at] = static_cast<char>(at * 7 + i * 31);
        const bool for_the_program = i % 3 != 0;
        const std::string head = std::string("\2\0\0\0\0\1" "\6\0\0\0\0", 11) + static_cast<char>(i);
        frame.bytes.replace(0, 14, head + (for_the_program ? "\x88\xB5" : "\x88\xB6"));
        from_wire.push_back(frame);
    }
    std::vector<std::string> expected;
    for (const TimedFrame& frame : from_wire) {
        if (frame.bytes[13] != '\xB5') continue;
        std::string bytes = frame.bytes.substr(6, 6) + frame.bytes.substr(0, 6) + frame.bytes.substr(12);
        for (size_t at = 14; at < bytes.size(); at++) bytes[at] = static_cast<char>(~bytes[at]);
        expected.push_back(bytes);
    }
    ASSERT_EQ(expected.size(), 20u);
    const std::string to_wire = file("to-wire.pcap");
    const std::string capture = write("from-wire.pcap", make_capture(from_wire, {}));
    const Outcome outcome = ringside({"replay", "--from-wire", capture, "--to-wire", to_wire, "--set", "driver.stack=" SDK_MODULES "/sdk_frames.so", "--set", "driver.programs=" SDK_MODULES "/sdk_echo.so 20"});
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    EXPECT_NE(outcome.err.find("echoed 20 frames of"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.out.find("20 frames of programs reached the wire"), std::string::npos) << outcome.out;
    std::vector<std::string> seen;
    for (const TimedFrame& frame : read_capture(to_wire)) seen.push_back(frame.bytes);
    EXPECT_EQ(seen, expected);
}

TEST_F(DriversTest, AStackThatIsOnlyShownRunsNoPrograms) {
    const Outcome outcome = ringside({"drivers", write("scenario.yaml", traffic), "--set", mailbox, "--set", "driver.programs=" + program + "fail 3"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("sdk_mailbox"), std::string::npos) << outcome.out;
}

TEST_F(DriversTest, ACaptureWithoutACaptureDriverIsRefused) {
    const Outcome outcome = ringside({"run", write("scenario.yaml", traffic), "--capture", file("x.pcapng")});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("driver.stack: has no capture driver, which --capture needs"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace system_test
