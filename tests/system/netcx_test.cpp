// SPDX-License-Identifier: Apache-2.0
// The NIC driven through NetAdapterCx on the RTL: recorded traffic both ways, bit for bit, and the life of its queues under traffic.
#include <fstream>
#include <iterator>

#include "captures.h"
#include "ringside.h"

namespace system_test {
namespace {

const char traffic[] =
    "driver: {model: netcx}\n"
    "traffic:\n"
    "  from_host: {frames: 300, size: 64..1500}\n"
    "  from_wire: {frames: 300, size: 64..1500, rate_mbps: 5000}\n";

std::string bytes_of(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

class NetcxTest : public SystemTest {
protected:
    Json run(std::vector<std::string> more = {}) {
        std::vector<std::string> command{"run", write("scenario.yaml", traffic)};
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

TEST_F(NetcxTest, RecordedTrafficCrossesBothWaysBitForBit) {
    for (const char* name : {"", "dns.", "ipv6.", "vlan.", "jumbo."}) {
        for (const char* cut : {"whole", "header", "random"}) {
            SCOPED_TRACE(std::string(name) + cut);
            const std::string shipped = std::string(RINGSIDE_CAPTURES "/") + name;
            const std::string to_wire = file("to-wire.pcap"), to_host = file("to-host.pcap");
            const Outcome outcome =
                ringside({"replay", "--from-host", shipped + "from-host.pcap", "--from-wire", shipped + "from-wire.pcap", "--to-wire", to_wire,
                          "--to-host", to_host, "--quiet", "--driver", "netcx", "--cut", cut});
            ASSERT_EQ(outcome.status, 0) << outcome.out << outcome.err;
            expect_same_frames(read_capture(shipped + "from-host.pcap"), read_capture(to_wire), "from host to wire");
            expect_same_frames(read_capture(shipped + "from-wire.pcap"), read_capture(to_host), "from wire to host");
        }
    }
}

TEST_F(NetcxTest, CarriesTheTrafficWhateverTheShapeOfTheSends) {
    for (const char* set : {"driver.backfill=0", "driver.cut=byte", "driver.data_offset=4080", "driver.event_idx=true",
                            "driver.tx_ring=16", "driver.rx_ring=16", "driver.protocol=ndis5"}) {
        SCOPED_TRACE(set);
        // A short receive ring drops what comes too fast, as any does.
        expect_all(run({"--set", set, "--set", "traffic.from_wire.rate_mbps=1000"}));
    }
}

TEST_F(NetcxTest, AnNblOfSeveralFramesIsCompletedWithItsLastPacket) {
    const Json json = run({"--set", "driver.nbs_per_nbl=8"});
    EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
    EXPECT_EQ(json.at("tx.packets").integer(), 300);
    EXPECT_EQ(json.at("nbl.sent").integer(), json.at("nbl.completed").integer());
}

TEST_F(NetcxTest, ChecksumsAreLeftToTheNicAsByTheMiniport) {
    for (const char* cut : {"whole", "header", "random", "byte"}) {
        SCOPED_TRACE(cut);
        const auto count = [&](const char* driver) {
            const Json json = result({"run", "checksum-offload", "--driver", driver, "--set", std::string("driver.cut=") + cut});
            EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
            return std::pair(json.at("offload.tx_checksums").integer(), json.at("offload.rx_checksums").integer());
        };
        const auto netcx = count("netcx");
        EXPECT_GT(netcx.first, 100);
        EXPECT_GT(netcx.second, 100);
        EXPECT_EQ(netcx, count("ndis"));
    }
}

// The NIC without offloads has nothing to do with them: what is on the wire is the same, and every run compares it.
TEST_F(NetcxTest, LargeSendsAndChecksumsAreMadeByTheNicOrInSoftware) {
    for (const char* protocol : {"tcp4", "udp4", "tcp6", "udp6"}) {
        const std::string scenario = write("large.yaml", std::string("driver: {model: netcx, large_send: 61440, checksum_offload: true, outstanding: 16}\n"
                                                                     "traffic:\n  from_host: {frames: 240, size: [1518, 1518, 1518, 90], pattern: random, protocol: ") +
                                                             protocol + "}\n");
        for (const char* offloads : {"yes", "no"}) {
            for (const char* cut : {"whole", "header", "random"}) {
                SCOPED_TRACE(std::string(protocol) + " " + offloads + " " + cut);
                const Json all = result({"run", scenario, "--set", std::string("nic.offloads=") + offloads, "--set", std::string("driver.cut=") + cut});
                EXPECT_EQ(all.at("tx.packets").integer(), 240);
                EXPECT_GT(all.at("offload.large_sends").integer(), 10);
                EXPECT_LT(all.at("nbl.sent").integer(), 240);
            }
        }
    }
}

TEST_F(NetcxTest, ResetsAtRandomMomentsUnderTrafficLoseNoSend) {
    for (int seed = 1; seed <= 8; seed++) {
        SCOPED_TRACE(seed);
        const Json json = run({"--set", "stress.stack_restart_every_us=11", "--set", "stress.queue_reset_every_us=9", "--set", "stress.device_reset_every_us=25",
                               "--set", "stress.miniport_reset_every_us=31", "--set", "stress.cancel_every_us=3", "--seed", std::to_string(seed), "--set",
                               "expect.drops=true", "--nic", seed % 2 ? "rtl" : "model"});
        EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
        EXPECT_EQ(json.at("nbl.outstanding").integer(), 0);
        EXPECT_EQ(json.at("nbl.sent").integer(), json.at("nbl.completed").integer());
        EXPECT_EQ(json.at("nbl.indicated").integer(), json.at("nbl.returned").integer());
    }
}

TEST_F(NetcxTest, WorksUnderFiltersAndIntermediateDrivers) {
    expect_all(run({"--set", "driver.stack=capture, mux 2, vlan 7", "--set", "driver.cut=header"}));
}

TEST_F(NetcxTest, ReceivesIntoBuffersOfTheSystemOfItsOwnAndOfTheDataBufferRing) {
    for (const char* mode : {"0", "1", "2"}) {
        SCOPED_TRACE(mode);
        const std::string registry = std::string("driver.registry=netviocx/nic0/ReceiveBufferMode=") + mode;
        expect_all(run({"--set", registry}));
        const Json json = run({"--set", registry, "--set", "stress.stack_restart_every_us=8", "--set", "expect.drops=true"});
        EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
    }
}

TEST_F(NetcxTest, PauseAndRestartUnderTrafficLoseNoSend) {
    for (const char* seed : {"1", "2", "3", "4"}) {
        SCOPED_TRACE(seed);
        const Json json = run({"--set", "stress.stack_restart_every_us=8", "--seed", seed, "--set", "expect.drops=true"});
        EXPECT_EQ(json.at("verdict").text(), "pass") << json.at("failures").dump();
        EXPECT_EQ(json.at("tx.packets").integer(), 300);
    }
}

TEST_F(NetcxTest, ScalingSpreadsFlowsOverTheReceiveQueues) {
    const Json all = result({"run", "rss", "--driver", "netcx"});
    EXPECT_EQ(all.at("offload.rx_hashes").integer(), 1000);
    unsigned used = 0;
    const Json queues = all.at("queues");
    for (size_t i = 0; i < queues.size(); i++)
        if (queues.at(i).at("direction").text() == "rx") used += queues.at(i).at("frames").integer() > 100;
    EXPECT_EQ(used, 4u) << queues.dump();
}

TEST_F(NetcxTest, ScalingThatMemoryDoesNotSufficeForIsRefused) {
    const Outcome outcome = ringside({"run", "rss", "--driver", "netcx", "--set", "memory.size_mib=128"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("host memory is too small"), std::string::npos) << outcome.err;
}

TEST_F(NetcxTest, TheSameSeedGivesTheSameRun) {
    const std::string first = file("first.events"), second = file("second.events");
    expect_all(run({"--events", first}));
    expect_all(run({"--events", second}));
    EXPECT_FALSE(bytes_of(first).empty());
    EXPECT_EQ(bytes_of(first), bytes_of(second));
}

TEST_F(NetcxTest, TheStackIsShownByTheNamesOfItsDrivers) {
    const Outcome outcome = ringside({"drivers", write("scenario.yaml", traffic)});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out,
              "nic0       traffic      protocol     Running    backfill 12, context 0\n"
              "nic0       netviocx     miniport     Running   \n");
}

}  // namespace
}  // namespace system_test
