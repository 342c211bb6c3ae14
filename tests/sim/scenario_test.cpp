// SPDX-License-Identifier: Apache-2.0
// Scenarios: the schema, YAML with exact positions of mistakes, --set, nearest keys, rules between keys.
#include "scenario.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "suggest.h"

namespace {

// A scenario, and the messages of what is done to it.
class Scenario : public ::testing::Test {
protected:
    Scenario() { scenario_init(&scenario); }
    ~Scenario() override {
        scenario_free(&scenario);
        unlink(path.c_str());
    }

    int load(const std::string& yaml) {
        std::ofstream(path) << yaml;
        return messages([&](FILE* out) { return scenario_load(&scenario, path.c_str(), out); });
    }
    int set(const char* assignment) {
        return messages([&](FILE* out) { return scenario_set(&scenario, assignment, out); });
    }
    int check() {
        return messages([&](FILE* out) { return scenario_check(&scenario, out); });
    }
    template <class F>
    int messages(F f) {
        char* data = nullptr;
        size_t size = 0;
        FILE* out = open_memstream(&data, &size);
        const int status = f(out);
        fclose(out);
        said.assign(data, size);
        free(data);
        return status;
    }
    std::string at(const char* position, const char* rest) const { return path + ":" + position + ": error: " + rest + "\n"; }

    struct scenario scenario;
    std::string said;
    const std::string path = ::testing::TempDir() + "ringside-scenario-" + std::to_string(getpid()) + ".yaml";
};

TEST_F(Scenario, DefaultsAreTheDefaultMachine) {
    EXPECT_EQ(scenario.pcie_generation, 3u);
    EXPECT_EQ(scenario.pcie_lanes, 8u);
    EXPECT_EQ(scenario.pcie_mps, 256u);
    EXPECT_EQ(scenario.pcie_mrrs, 512u);
    EXPECT_EQ(scenario.pcie_rcb, 64u);
    EXPECT_EQ(scenario.nic_datapath_bits, 256u);
    EXPECT_EQ(scenario.nic_clock_mhz, 250u);
    EXPECT_EQ(scenario.wire_gbps, 40u);
    EXPECT_EQ(check(), 0) << said;
}

TEST_F(Scenario, EveryKeyCanBeSetToItsDefault) {
    for (const scenario_key& key : scenario_keys) {
        EXPECT_EQ(set((std::string(key.key) + "=" + key.initial).c_str()), 0) << said;
        EXPECT_GT(std::string(key.meaning).size(), 3u) << key.key;
    }
}

TEST_F(Scenario, FileSetsEveryKindOfValue) {
    ASSERT_EQ(load("description: all kinds\n"
                   "cpu: {free: true}\n"
                   "pcie:\n  mps: 128\n"
                   "driver: {cut: random, outstanding: 4_096}\n"
                   "traffic:\n  from_wire: {frames: 7, size: [64, 1518]}\n  from_host: {size: 64..1518}\n"),
              0)
        << said;
    EXPECT_STREQ(scenario.description, "all kinds");
    EXPECT_TRUE(scenario.cpu_free);
    EXPECT_EQ(scenario.pcie_mps, 128u);
    EXPECT_EQ(scenario.driver_cut, 2u);
    EXPECT_EQ(scenario.driver_outstanding, 4096u);
    EXPECT_EQ(scenario.wire_frames, 7u);
    ASSERT_EQ(scenario.wire_size.count, 2u);
    EXPECT_EQ(scenario.wire_size.values[1], 1518u);
    EXPECT_FALSE(scenario.wire_size.range);
    EXPECT_TRUE(scenario.host_size.range);
    EXPECT_EQ(scenario.host_size.values[0], 64u);
}

TEST_F(Scenario, DriversAreStackedInTheOrderOfTheirList) {
    ASSERT_EQ(load("driver:\n  stack: [capture, vlan 7, mux 2]\n"), 0) << said;
    ASSERT_EQ(scenario.driver_stack.count, 3u);
    EXPECT_EQ(scenario.driver_stack.drivers[0].kind, SCENARIO_DRIVER_CAPTURE);
    EXPECT_EQ(scenario.driver_stack.drivers[1].kind, SCENARIO_DRIVER_VLAN);
    EXPECT_EQ(scenario.driver_stack.drivers[1].number, 7u);
    EXPECT_EQ(scenario.driver_stack.drivers[2].kind, SCENARIO_DRIVER_MUX);
    EXPECT_EQ(scenario.driver_stack.drivers[2].number, 2u);
    EXPECT_EQ(set("driver.stack=vlan 4094"), 0) << said;
    EXPECT_EQ(scenario.driver_stack.count, 1u);
    EXPECT_EQ(set("driver.stack="), 0) << said;
    EXPECT_EQ(scenario.driver_stack.count, 0u);
}

TEST_F(Scenario, AModuleIsAPathAndAWordBehindIt) {
    ASSERT_EQ(load("driver:\n  stack: [drivers/mydriver.so, /a/mux.so MUXV0, capture]\n"), 0) << said;
    ASSERT_EQ(scenario.driver_stack.count, 3u);
    EXPECT_EQ(scenario.driver_stack.drivers[0].kind, SCENARIO_DRIVER_MODULE);
    const std::string path = scenario.driver_stack.drivers[0].path;  // relative to the scenario's own folder
    EXPECT_TRUE(path.size() > 20 && path.front() == '/' && path.substr(path.size() - 20) == "/drivers/mydriver.so") << path;
    EXPECT_STREQ(scenario.driver_stack.drivers[0].argument, "");
    EXPECT_STREQ(scenario.driver_stack.drivers[1].path, "/a/mux.so");
    EXPECT_STREQ(scenario.driver_stack.drivers[1].argument, "MUXV0");
}

TEST_F(Scenario, ParametersOfDriversAreOfTheDriverOrOfOneOfItsAdapters) {
    ASSERT_EQ(load("driver:\n  registry:\n    mine: {Level: 3, nic0: {Names: [a, b]}}\n"), 0) << said;
    EXPECT_STREQ(scenario.driver_registry, "mine/Level=3\nmine/nic0/Names=a,b\n");
    ASSERT_EQ(set("driver.registry=mine/Level=4; mine/nic0/Name=x y"), 0) << said;
    EXPECT_STREQ(scenario.driver_registry, "mine/Level=4\nmine/nic0/Name=x y\n");
    for (const char* wrong : {"Level=4", "mine/Level", "mine/a/b/c=1", "mine//Level=1"})
        EXPECT_NE(set((std::string("driver.registry=") + wrong).c_str()), 0) << wrong;
    EXPECT_NE(load("driver: {registry: {mine: 3}}\n"), 0);
}

TEST_F(Scenario, ADriverThatThereIsNotIsRefused) {
    for (const char* wrong : {"vlan", "vlan 0", "vlan 4095", "vlan7", "mux 17", "capture 1", "capture,,capture", "firewall",
                              "capture,capture,capture,capture,capture,capture,capture,capture,capture"})
        EXPECT_NE(set((std::string("driver.stack=") + wrong).c_str()), 0) << wrong;
    said.clear();
    EXPECT_NE(load("driver: {stack: [vlan 7, firewall]}\n"), 0);
    EXPECT_EQ(said, at("1:17", "driver.stack: expected a list of up to 8 of: capture, vlan 1 to 4094, mux 1 to 16, team spread or failover, PATH.so, got 'vlan 7,firewall'"));
}

TEST_F(Scenario, UnknownKeyIsRefusedAtItsPositionWithTheNearestKey) {
    EXPECT_NE(load("pcie:\n  mps: 128\n  read_latncy_ns: 500\n"), 0);
    EXPECT_EQ(said, at("3:3", "pcie.read_latncy_ns: there is no such key; did you mean 'pcie.read_latency_ns'?"));
}

TEST_F(Scenario, UnknownSectionIsRefusedWithTheNearestSection) {
    EXPECT_NE(load("memroy: {size_mib: 64}\n"), 0);
    EXPECT_EQ(said, at("1:1", "memroy: there is no such key; did you mean 'memory'?"));
    EXPECT_NE(load("trafic: {from_host: {frames: 1}}\n"), 0);
    EXPECT_EQ(said, at("1:1", "trafic: there is no such key; did you mean 'traffic'?"));
}

TEST_F(Scenario, KeyWithoutItsSectionIsFound) {
    EXPECT_NE(load("\nmps: 128\n"), 0);
    EXPECT_EQ(said, at("2:1", "mps: there is no such key; did you mean 'pcie.mps'?"));
}

TEST_F(Scenario, KeyLikeNoOtherPointsToThePage) {
    EXPECT_NE(load("zzzzzzzz: 1\n"), 0);
    EXPECT_EQ(said, at("1:1", "zzzzzzzz: there is no such key; sim/scenarios/README.md lists them all"));
}

TEST_F(Scenario, WrongTypeIsRefusedWithWhatWasExpected) {
    EXPECT_NE(load("cpu:\n    free: perhaps\n"), 0);
    EXPECT_EQ(said, at("2:11", "cpu.free: expected true or false, got 'perhaps'"));
}

TEST_F(Scenario, ValueOutOfRangeIsRefusedWithTheRange) {
    EXPECT_NE(load("wire: {gbps: 4000}\n"), 0);
    EXPECT_EQ(said, at("1:14", "wire.gbps: expected a number from 1 to 400 (Gb/s), got '4000'"));
}

TEST_F(Scenario, ValueThatIsNotAChoiceIsRefusedWithTheChoices) {
    EXPECT_NE(load("pcie: {generation: 6}\ndriver: {cut: diced}\n"), 0);
    EXPECT_EQ(said, at("1:20", "pcie.generation: expected 1, 2, 3, 4 or 5, got '6'") +
                        at("2:15", "driver.cut: expected whole, header, random, byte or even, got 'diced'"));
}

TEST_F(Scenario, MappingWhereAValueBelongsIsRefused) {
    EXPECT_NE(load("seed: {a: 1}\n"), 0);
    EXPECT_EQ(said, at("1:7", "seed: expected a number from 0 to 9223372036854775807, got 'a mapping'"));
}

TEST_F(Scenario, ValueWhereASectionBelongsIsRefused) {
    EXPECT_NE(load("pcie: fast\n"), 0);
    EXPECT_EQ(said, at("1:7", "pcie: expected a mapping of keys to values: it is a section"));
}

TEST_F(Scenario, KeyGivenTwiceIsRefused) {
    EXPECT_NE(load("seed: 1\nseed: 2\n"), 0);
    EXPECT_EQ(said, at("2:1", "seed: the key is given twice in this section"));
}

TEST_F(Scenario, BrokenYamlIsRefusedAtItsPosition) {
    EXPECT_NE(load("pcie: {mps: 128\nwire: [\n"), 0);
    EXPECT_EQ(said.compare(0, path.size() + 1, path + ":"), 0) << said;
    EXPECT_NE(said.find(": error: "), std::string::npos) << said;
}

TEST_F(Scenario, EmptyFileIsRefused) {
    EXPECT_NE(load(""), 0);
    EXPECT_EQ(said, at("1:1", "expected a mapping of keys to values"));
}

TEST_F(Scenario, AllMistakesAreReportedInOneGo) {
    EXPECT_NE(load("sed: 1\npcie: {mps: 100, lanse: 4}\n"), 0);
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 3) << said;
}

TEST_F(Scenario, MissingScenarioFileIsNamed) {
    EXPECT_EQ(messages([&](FILE* out) { return scenario_load(&scenario, "/no/such.yaml", out); }), -ENOENT);
    EXPECT_EQ(said, "ringside: error: /no/such.yaml: No such file or directory\n");
}

TEST_F(Scenario, MissingCaptureIsReportedWhereItIsNamedAndRelativeToTheScenario) {
    ASSERT_EQ(load("traffic:\n  from_host:\n    capture: not-there.pcap\n"), 0);
    EXPECT_NE(check(), 0);
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    EXPECT_EQ(
        said,
        at("3:14", ("traffic.from_host.capture: cannot read '" + folder + "not-there.pcap': No such file or directory").c_str()));
}

TEST_F(Scenario, CaptureAndGeneratorTogetherAreRefused) {
    ASSERT_EQ(load("traffic:\n  from_wire: {capture: /dev/null, frames: 3}\n"), 0);
    EXPECT_NE(check(), 0);
    EXPECT_EQ(said, at("2:43", "traffic.from_wire.frames: give either a capture or a number of generated frames, not both"));
}

TEST_F(Scenario, SetOverridesTheFile) {
    ASSERT_EQ(load("pcie: {mps: 128}\n"), 0);
    EXPECT_EQ(set("pcie.mps=512"), 0) << said;
    EXPECT_EQ(scenario.pcie_mps, 512u);
    EXPECT_EQ(scenario.marks[SCENARIO_KEY_pcie_mps].origin, SCENARIO_FROM_SET);
}

TEST_F(Scenario, SetRefusesUnknownKeysAndWrongValues) {
    EXPECT_NE(set("pcie.mpss=128"), 0);
    EXPECT_EQ(said, "ringside: error: --set pcie.mpss: there is no such key; did you mean 'pcie.mps'?\n");
    EXPECT_NE(set("pcie.mps=129"), 0);
    EXPECT_EQ(said, "ringside: error: --set pcie.mps: expected 128, 256 or 512 (bytes), got '129'\n");
    EXPECT_NE(set("pcie.mps"), 0);
    EXPECT_EQ(said, "ringside: error: --set pcie.mps: expected key=value, for example --set pcie.mps=128\n");
    EXPECT_NE(set("traffic.from_host.size=64,128,"), 0);
    EXPECT_NE(set("traffic.from_host.size=1518..64"), 0);
    EXPECT_NE(set("seed=-1"), 0);
    EXPECT_NE(set("seed=99999999999999999999"), 0);
}

TEST_F(Scenario, NetAdapterCxTakesNoMiniportOfNdisAndNoKeysThatItsDriverDoesNotKnow) {
    ASSERT_EQ(set("driver.model=netcx"), 0);
    EXPECT_EQ(check(), 0) << said;
    ASSERT_EQ(set("driver.miniport=ndis5"), 0);
    EXPECT_NE(check(), 0);
    EXPECT_EQ(said, "ringside: error: --set driver.miniport: is a driver of NDIS: leave it out, or use driver.model: ndis\n");
    ASSERT_EQ(set("driver.miniport=ndis6"), 0);
    ASSERT_EQ(set("driver.rx_offset=4"), 0);
    EXPECT_NE(check(), 0);
    EXPECT_NE(said.find("--set driver.rx_offset: is not for the driver of NetAdapterCx: leave it out, or use driver.model: ndis"),
              std::string::npos) << said;
}

TEST_F(Scenario, WireFasterThanTheDatapathIsRefused) {
    ASSERT_EQ(set("wire.gbps=100"), 0);
    EXPECT_NE(check(), 0);
    EXPECT_NE(said.find("--set wire.gbps: the NIC moves 256 bits at 250 MHz, less than the wire"), std::string::npos) << said;
    ASSERT_EQ(set("nic.datapath_bits=512"), 0);
    EXPECT_EQ(check(), 0) << said;
}

TEST_F(Scenario, ANicThatTheBuildDoesNotHaveIsRefusedWithThoseThatItHas) {
    ASSERT_EQ(set("nic.queue_pairs=4"), 0);
    EXPECT_EQ(check(), 0) << said;
    ASSERT_EQ(set("nic.datapath_bits=512"), 0);
    EXPECT_NE(check(), 0);
    EXPECT_EQ(said,
              "ringside: error: --set nic.queue_pairs: this build has no NIC of 512 bits with 4 queue pairs; nic.datapath_bits with "
              "nic.queue_pairs can be 64 with 1, 128 with 1, 256 with 1, 512 with 1, 256 with 4, 256 with 16\n");
}

TEST_F(Scenario, ADriverCannotUseMorePairsThanTheNicHas) {
    ASSERT_EQ(set("driver.queue_pairs=2"), 0);
    EXPECT_NE(check(), 0);
    EXPECT_NE(said.find("--set driver.queue_pairs: the NIC has 1 queue pair"), std::string::npos) << said;
    ASSERT_EQ(set("nic.queue_pairs=4"), 0);
    EXPECT_EQ(check(), 0) << said;
}

TEST_F(Scenario, ModerationNeedsFramesAndTime) {
    for (const char* key : {"driver.tx_moderation_frames", "driver.rx_moderation_us"}) {
        ASSERT_EQ(set((std::string(key) + "=8").c_str()), 0);
        EXPECT_NE(check(), 0) << key;
    }
    ASSERT_EQ(set("driver.tx_moderation_us=8"), 0);
    ASSERT_EQ(set("driver.rx_moderation_frames=8"), 0);
    EXPECT_EQ(check(), 0) << said;
}

TEST_F(Scenario, InterruptsAfterSomeFramesNeedEventIdx) {
    ASSERT_EQ(set("driver.tx_interrupt_after=8"), 0);
    EXPECT_NE(check(), 0);
    EXPECT_NE(said.find("--set driver.tx_interrupt_after: needs driver.event_idx: true"), std::string::npos) << said;
    ASSERT_EQ(set("driver.event_idx=true"), 0);
    EXPECT_EQ(check(), 0) << said;
}

TEST_F(Scenario, MulticastAndMalformedMacAddressesAreRefused) {
    for (const char* mac :
         {"01:00:00:00:00:01", "02:00:00:00:00", "02-00-00-00-00-01", "02:00:00:00:00:0g", "02:00:00:00:00:01:02"}) {
        ASSERT_EQ(set((std::string("nic.mac=") + mac).c_str()), 0);
        EXPECT_NE(check(), 0) << mac;
    }
}

TEST_F(Scenario, CopyOwnsItsStrings) {
    ASSERT_EQ(set("name=first"), 0);
    struct scenario copy;
    scenario_copy(&copy, &scenario);
    ASSERT_EQ(set("name=second"), 0);
    EXPECT_STREQ(copy.name, "first");
    scenario_free(&copy);
}

TEST(Suggest, CountsEditsAndSwapsRegardlessOfCase) {
    EXPECT_EQ(suggest_distance("mps", "mps"), 0u);
    EXPECT_EQ(suggest_distance("MPS", "mps"), 0u);
    EXPECT_EQ(suggest_distance("msp", "mps"), 1u);
    EXPECT_EQ(suggest_distance("", "abc"), 3u);
    EXPECT_EQ(suggest_distance("kitten", "sitting"), 3u);
}

}  // namespace
