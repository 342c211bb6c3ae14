// SPDX-License-Identifier: Apache-2.0
// Many queues and what goes with them, through the whole machine: every frame arrives, in order within its flow (which every run
// checks), on the queues that it should, and nobody waits for an interrupt or a doorbell that never comes.
#include <algorithm>
#include <numeric>
#include <random>

#include "ringside.h"

namespace system_test {
namespace {

constexpr int frames = 400;

class Queues : public SystemTest {
protected:
    // 64 flows both ways, in bursts, sizes at random; with hashes where they are what queues are for.
    std::string traffic(int count = frames, const char* more = "") const {
        const std::string each = "frames: " + std::to_string(count) + ", flows: 64, size: 60..1518, pattern: random" + (netcx() ? ", protocol: udp4" : "");
        return write("queues.yaml", std::string("driver: {rx_ring: 256, cut: random") + (netcx() ? ", rss: true}" : "}") +
                                        "\ntraffic:\n  from_host: {" + each + more + "}\n  from_wire: {" + each + ", rate_mbps: 8000, burst: 8}\n");
    }
    Json run(const std::string& scenario, const std::vector<std::string>& settings, const std::string& seed = "1") const {
        std::vector<std::string> command{"run", scenario, "--seed", seed};
        for (const std::string& setting : settings) command.insert(command.end(), {"--set", setting});
        return result(command);
    }
    static int64_t sum(const Json& run, const std::string& direction, const char* what) {
        int64_t all = 0;
        const Json queues = run.at("queues");
        for (size_t i = 0; i < queues.size(); i++)
            if (queues.at(i).at("direction").text() == direction) all += queues.at(i).at(what).integer();
        return all;
    }
};

struct Mode {
    const char* name;
    std::vector<std::string> settings;
};

class EveryMode : public Queues, public ::testing::WithParamInterface<std::tuple<const char*, Mode>> {};

TEST_P(EveryMode, CarriesEveryFrameOverEveryPair) {
    const char* pairs = std::get<0>(GetParam());
    std::vector<std::string> settings = std::get<1>(GetParam()).settings;
    settings.push_back(std::string("nic.queue_pairs=") + pairs);
    const Json all = run(traffic(), settings);
    EXPECT_EQ(all.at("tx.packets").integer(), frames);
    EXPECT_EQ(all.at("rx.packets").integer(), frames);
    EXPECT_EQ(all.at("rx.dropped").integer(), 0);
    const Json queues = all.at("queues");
    ASSERT_EQ(queues.size(), 2 * std::stoul(pairs));
    for (size_t i = 0; i < queues.size(); i++) {
        EXPECT_GT(queues.at(i).at("frames").integer(), 0) << queues.at(i).dump();
        EXPECT_GT(queues.at(i).at("interrupts").integer(), 0) << queues.at(i).dump();
        EXPECT_GT(queues.at(i).at("doorbells").integer(), 0) << queues.at(i).dump();
    }
    EXPECT_EQ(sum(all, "tx", "frames"), frames);
    EXPECT_EQ(sum(all, "rx", "frames"), frames);
}

const Mode modes[] = {
    {"plain", {}},
    {"event_idx", {"driver.event_idx=true"}},
    {"event_idx_every_8th", {"driver.event_idx=true", "driver.tx_interrupt_after=8"}},
    {"indirect", {"driver.tx_indirect_from=2", "driver.tx_ring=64"}},
    {"moderation",
     {"driver.tx_moderation_frames=8", "driver.tx_moderation_us=15", "driver.rx_moderation_frames=8", "driver.rx_moderation_us=15"}},
    {"all_of_it",
     {"driver.event_idx=true", "driver.tx_interrupt_after=8", "driver.tx_indirect_from=2", "driver.tx_ring=64",
      "driver.tx_moderation_frames=8", "driver.tx_moderation_us=15", "driver.rx_moderation_frames=8", "driver.rx_moderation_us=15"}},
};

INSTANTIATE_TEST_SUITE_P(Machine, EveryMode, ::testing::Combine(::testing::Values("1", "4", "16"), ::testing::ValuesIn(modes)),
                         [](const auto& info) {
                             return std::string("pairs_") + std::get<0>(info.param) + "_" + std::get<1>(info.param).name;
                         });

TEST_F(Queues, ADriverMayUseFewerPairsThanThereAre) {
    for (const char* used : {"1", "2", "3"}) {
        SCOPED_TRACE(used);
        const Json all = run(traffic(), {"nic.queue_pairs=4", std::string("driver.queue_pairs=") + used});
        EXPECT_EQ(all.at("queues").size(), 2 * std::stoul(netcx() && used == std::string("3") ? "2" : used)) << "NetAdapterCx: powers of two";
        EXPECT_EQ(sum(all, "tx", "frames"), frames);
        EXPECT_EQ(sum(all, "rx", "frames"), frames);
    }
}

// Recorded traffic of many kinds: IPv4, IPv6, VLAN, fragments. Frames of a connection stay in order in both directions, although the
// device moves a receive flow to the queue of its transmit flow when it sees that ([V] 5.1.6.5.5).
TEST_F(Queues, RecordedTrafficKeepsTheOrderOfItsFlows) {
    for (const char* scenario : {"default", "tcp-http", "ipv6", "vlan", "fragments"})
        for (const char* pairs : {"4", "16"}) {
            SCOPED_TRACE(std::string(scenario) + " over " + pairs);
            result({"run", scenario, "--set", std::string("nic.queue_pairs=") + pairs, "--set", "driver.rx_ring=256"});
        }
}

TEST_F(Queues, ModerationSavesInterruptsAndBoundsTheWait) {
    const std::string scenario =
        write("slow.yaml", "cpu: {free: true}\ntraffic:\n  from_wire: {frames: 400, size: 64, rate_mbps: 300}\n");
    const Json often = run(scenario, {});
    const Json seldom = run(scenario, {"driver.rx_moderation_frames=64", "driver.rx_moderation_us=20"});
    // 64 bytes at 300 Mb/s are one in 2.24 us: 9 or 10 in 20 us.
    EXPECT_GT(sum(often, "rx", "interrupts"), 350);
    EXPECT_LT(sum(seldom, "rx", "interrupts"), 400 / 8);
    EXPECT_GT(sum(seldom, "rx", "interrupts"), 400 / 11);
    EXPECT_NEAR(seldom.at("rx.latency_ns.max").number() - often.at("rx.latency_ns.min").number(), 20000, 1500);
    const Json counted = run(scenario, {"driver.rx_moderation_frames=4", "driver.rx_moderation_us=1000"});
    EXPECT_EQ(sum(counted, "rx", "interrupts"), 100);
}

TEST_F(Queues, EventsBySlotSaveTransmitInterrupts) {
    const std::string scenario = write("send.yaml", "cpu: {free: true}\ntraffic:\n  from_host: {frames: 1000, size: 1518}\n");
    const Json each = run(scenario, {"driver.event_idx=true"});
    const Json seldom = run(scenario, {"driver.event_idx=true", "driver.tx_interrupt_after=64"});
    EXPECT_LT(4 * sum(seldom, "tx", "interrupts"), sum(each, "tx", "interrupts"));
}

TEST_F(Queues, AnIndirectTableTakesOneSlot) {
    // 11 pieces each: one at a time in a ring of 16 slots, or as many as there are sends in flight.
    const std::string scenario = write("pieces.yaml", "cpu: {free: true}\ndriver: {cut: byte, tx_ring: 16, outstanding: 16}\n"
                                                      "traffic:\n  from_host: {frames: 200, size: 18}\n");
    const Json direct = run(scenario, {}), table = run(scenario, {"driver.tx_indirect_from=2"});
    EXPECT_GT(table.at("tx.mpps").number(), 3 * direct.at("tx.mpps").number());
}

// One or two sends in flight, frames far apart, an interrupt latency near the gaps: every wake-up is needed, and a lost one would leave
// the machine without progress, or late by the time until the next frame.
class WakeUp : public Queues, public ::testing::WithParamInterface<uint32_t> {};

TEST_P(WakeUp, IsNeverLost) {
    std::mt19937 random(GetParam());
    const auto number = [&](unsigned from, unsigned to) { return std::to_string(from + random() % (to - from + 1)); };
    const std::string scenario =
        write("wake.yaml", "driver: {outstanding: " + number(1, 3) + ", nbls_per_send: 1, rx_ring: 64, tx_ring: " + number(2, 64) +
                               "}\ncpu: {interrupt_ns: " + number(0, 1500) + ", isr_ns: " + number(0, 300) +
                               "}\nlimits: {stall_us: 200}\npcie: {read_reorder_ns: " + number(0, 800) +
                               "}\ntraffic:\n  from_host: {frames: 600, flows: 32, size: 60..200, rate_mbps: " + number(300, 3000) +
                               "}\n  from_wire: {frames: 600, flows: 32, size: 60..200, rate_mbps: " + number(300, 3000) + "}\n");
    std::vector<std::string> settings{std::string("nic.queue_pairs=") + (random() % 2 ? "4" : "1")};
    if (random() % 2) settings.insert(settings.end(), {"driver.event_idx=true", "driver.tx_interrupt_after=" + number(1, 4)});
    if (random() % 2) settings.push_back("driver.tx_indirect_from=1");
    unsigned held_us = 0;
    if (random() % 2) {
        held_us = 1 + random() % 10;
        settings.insert(settings.end(),
                        {"driver.rx_moderation_frames=" + number(2, 8), "driver.rx_moderation_us=" + std::to_string(held_us)});
    }
    std::string shown;
    for (const std::string& setting : settings) shown += " " + setting;
    const Json all = run(scenario, settings, std::to_string(GetParam()));
    EXPECT_EQ(all.at("tx.packets").integer(), 600) << shown;
    EXPECT_EQ(all.at("rx.packets").integer(), 600) << shown;
    // The interrupt, and the work of some frames on each queue before this one's turn.
    EXPECT_LT(all.at("rx.latency_ns.max").number(), 1000 * held_us + 12000) << shown;
}

INSTANTIATE_TEST_SUITE_P(Seed, WakeUp, ::testing::Range(1u, 13u));

TEST_F(Queues, AMachineThatWasNotBuiltIsRefused) {
    const Outcome outcome = ringside({"run", "default", "--set", "nic.queue_pairs=16", "--set", "nic.datapath_bits=64"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("this build has no NIC of 64 bits with 16 queue pairs"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("256 with 16"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace system_test
