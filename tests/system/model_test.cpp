// SPDX-License-Identifier: Apache-2.0
// The device and its C model do the same: the same scenario on both gives the same frames, the same used buffers and the same registers.
//
// What is compared is the transcript (sim/transcript.h). Its lines of one key are in order; the first that differs is named. Four counters
// hang on how work falls into batches, and so on single cycles: DMA_READS, DMA_WRITES, INTERRUPTS, DOORBELLS. Each of them must be what was
// counted on the link, in both runs, and for frames that come one at a time the same in both.
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "random_scenario.h"
#include "ringside.h"

namespace system_test {
namespace {

using Transcript = std::map<std::string, std::vector<std::string>>;  // key: its values

const std::map<std::string, std::string> counted_on_the_link = {{"reg STATS_DMA_READS", "sent reads"},
                                                                {"reg STATS_DMA_WRITES", "sent writes"},
                                                                {"reg STATS_INTERRUPTS", "sent messages"},
                                                                {"reg STATS_DOORBELLS", "sent doorbells"}};

Transcript read_transcript(const std::string& path) {
    Transcript transcript;
    std::istringstream in(contents(path));
    for (std::string line; std::getline(in, line);) {
        const size_t first = line.find(' '), second = line.find(' ', first + 1);
        transcript[line.substr(0, second)].push_back(line.substr(second + 1));
    }
    return transcript;
}

uint64_t counter(const Transcript& transcript, const std::string& key, int base) {
    const auto found = transcript.find(key);
    if (found == transcript.end() || found->second.size() != 1) {
        ADD_FAILURE() << "no " << key << " in the transcript";
        return 0;
    }
    const std::string& text = found->second[0];
    if (base == 10) return std::strtoull(text.c_str(), nullptr, base);
    return std::strtoull(text.c_str(), nullptr, base) | std::strtoull(text.c_str() + text.find(' '), nullptr, base)
                                                            << 32;  // low half first
}

// Empty when they are the same, else the first difference.
std::string difference(const Transcript& rtl, const Transcript& model, bool batches_too) {
    std::set<std::string> keys;
    for (const auto* transcript : {&rtl, &model})
        for (const auto& entry : *transcript) keys.insert(entry.first);
    for (const std::string& key : keys) {
        if (!batches_too && (counted_on_the_link.count(key) || key.rfind("sent ", 0) == 0)) continue;
        const auto a = rtl.find(key), b = model.find(key);
        if (a == rtl.end() || b == model.end()) return key + ": only " + (a == rtl.end() ? "the model" : "the RTL") + " has it";
        for (size_t i = 0; i < std::min(a->second.size(), b->second.size()); i++)
            if (a->second[i] != b->second[i])
                return key + ", number " + std::to_string(i) + ":\n  rtl   " + a->second[i] + "\n  model " + b->second[i];
        if (a->second.size() != b->second.size())
            return key + ": " + std::to_string(a->second.size()) + " of the RTL, " + std::to_string(b->second.size()) + " of the model";
    }
    return "";
}

class Model : public SystemTest {
protected:
    Transcript run(const std::string& scenario, const std::string& nic, const std::vector<std::string>& sets) {
        std::vector<std::string> command{"run", scenario, "--nic", nic, "--transcript", file(nic + ".txt"), "--quiet"};
        for (const std::string& set : sets) command.insert(command.end(), {"--set", set});
        const Outcome outcome = ringside(command);
        EXPECT_EQ(outcome.status, 0) << scenario << " on the " << nic << ":\n" << outcome.out << outcome.err;
        const Transcript transcript = read_transcript(file(nic + ".txt"));
        for (const auto& [key, sent] : counted_on_the_link)
            EXPECT_EQ(counter(transcript, key, 16), counter(transcript, sent, 10)) << nic << ": " << key;
        for (const auto& [key, values] : transcript)
            for (const std::string& value : values)
                EXPECT_EQ(value.find("impossible"), std::string::npos) << nic << ": " << key << " " << value;
        return transcript;
    }

    void expect_the_same(const std::string& scenario, const std::vector<std::string>& sets = {}, bool batches_too = false) {
        const Transcript rtl = run(scenario, "rtl", sets), model = run(scenario, "model", sets);
        EXPECT_GT(rtl.size(), 100u);  // all registers, at least
        EXPECT_EQ(difference(rtl, model, batches_too), "") << scenario;
    }
};

// --- the test itself ---

TEST_F(Model, ADifferenceIsNamed) {
    const Transcript one = {{"used 0", {"id 0 len 72", "id 1 len 76"}}, {"reg ISR", {"01"}}, {"sent reads", {"7"}}};
    Transcript other = one;
    EXPECT_EQ(difference(one, other, true), "");
    other["used 0"][1] = "id 1 len 75";
    EXPECT_EQ(difference(one, other, false), "used 0, number 1:\n  rtl   id 1 len 76\n  model id 1 len 75");
    other = one;
    other["used 0"].push_back("id 2 len 72");
    EXPECT_EQ(difference(one, other, false), "used 0: 2 of the RTL, 3 of the model");
    other = one;
    other.erase("reg ISR");
    EXPECT_EQ(difference(one, other, false), "reg ISR: only the RTL has it");
    other = one;
    other["sent reads"][0] = "8";
    EXPECT_EQ(difference(one, other, false), "");
    EXPECT_NE(difference(one, other, true), "");
}

// A device that is no device of this scenario differs: the comparison sees frames, used buffers and registers.
TEST_F(Model, AnotherScenarioIsADifference) {
    const Transcript one = run("ping", "model", {});
    EXPECT_EQ(difference(one, run("ping", "model", {"nic.mac=02:00:00:00:00:03"}), false).rfind("reg VIRTIO_NET_CONFIG_MAC", 0), 0u);
    EXPECT_EQ(difference(one, run("ping", "model", {"driver.rx_ring=100"}), false).rfind("reg VIRTIO_COMMON_QUEUE_", 0), 0u);
    EXPECT_EQ(difference(one, run("dns", "model", {}), false).rfind("host 0", 0), 0u);
}

// --- shipped scenarios ---

class ModelScenario : public Model, public ::testing::WithParamInterface<const char*> {};

TEST_P(ModelScenario, GivesTheSameFramesUsedBuffersAndRegisters) { expect_the_same(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Shipped, ModelScenario,
                         ::testing::Values("both-1518", "cuts-byte", "cuts-header", "cuts-random", "datapath-64", "default",
                                           "default-timed", "dns", "event-idx", "fault-complete-twice", "fault-free-under-dma",
                                           "fault-lose-nbl", "fault-unmapped", "fragments", "indirect", "ipv6", "jumbo", "jumbo-merged", "moderation",
                                           "nb-lists", "no-backfill", "ping", "reorder", "rx-64", "sizes", "stack", "tcp-http", "tx-64",
                                           "vlan"),
                         [](const auto& info) {
                             std::string name = info.param;
                             for (char& c : name)
                                 if (c == '-') c = '_';
                             return name;
                         });

// With many queues a flow moves to the pair that is first seen to send it, and when that is, is a matter of cycles: one direction
// at a time.
class ModelQueues : public Model, public ::testing::WithParamInterface<const char*> {};

TEST_P(ModelQueues, GiveTheSameInEachDirection) {
    expect_the_same(GetParam(), {"traffic.from_wire.frames=0"});
    expect_the_same(GetParam(), {"traffic.from_host.frames=0"});
}

INSTANTIATE_TEST_SUITE_P(Shipped, ModelQueues, ::testing::Values("queues-4", "queues-16"), [](const auto& info) {
    return std::string(info.param).substr(7);
});

// Elements that are longer than a page, of one NBL after the other (see ModelSeed).
TEST_F(Model, LongElementsGiveTheSame) {
    for (const char* run_pages : {"memory.run_pages=16", "memory.run_pages=512"}) {
        SCOPED_TRACE(run_pages);
        expect_the_same("large-sends", {run_pages, "driver.outstanding=1", "traffic.from_host.frames=400"});
    }
}

// One frame after the other leaves nothing to timing: every register is the same, and all that was sent over the link.
TEST_F(Model, OneFrameAtATimeGivesTheSameCountersToo) {
    const std::vector<std::string> sets = {"wire.gbps=10",
                                           "traffic.from_host.rate_mbps=20",
                                           "traffic.from_host.frames=60",
                                           "traffic.from_host.size=60..9022",
                                           "traffic.from_wire.rate_mbps=19",
                                           "traffic.from_wire.frames=60",
                                           "traffic.from_wire.size=60..9022"};
    const std::string scenario = write("alone.yaml", "description: one frame at a time\n");
    for (const char* machine : {"nic.datapath_bits=256", "nic.datapath_bits=512", "nic.datapath_bits=128", "driver.cut=random",
                                "driver.event_idx=true", "driver.tx_indirect_from=1", "nic.queue_pairs=4", "pcie.mps=128"}) {
        std::vector<std::string> all = sets;
        all.push_back(machine);
        SCOPED_TRACE(machine);
        expect_the_same(scenario, all, true);
    }
}

// Nobody promises that; but where it is so, a model that drifts away from the device is seen. With NetAdapterCx it is
// not so where four queues are polled, or where chains are indirect; and at the end of a run, where the client reads registers while
// writes are on their way, answers may wait for them a cycle longer or shorter.
TEST_F(Model, TakesTheSameTimeWhereItIsExact) {
    for (const char* scenario : {"both-1518", "rx-64", "tx-64", "sizes", "datapath-64", "tcp-http", "reorder", "queues-4", "moderation",
                                 "indirect"}) {
        if (netcx() && (scenario == std::string("queues-4") || scenario == std::string("indirect"))) continue;
        const Json rtl = result({"run", scenario, "--nic", "rtl"}), model = result({"run", scenario, "--nic", "model"});
        EXPECT_NEAR(rtl.at("sim.cycles").number(), model.at("sim.cycles").number(), netcx() ? 4 : 0) << scenario;
        for (const char* part : {"tx", "rx", "pcie", "interrupts"})
            EXPECT_EQ(rtl.at(part).dump(), model.at(part).dump()) << scenario << " " << part;
    }
}

TEST_F(Model, WaveformsHaveTheSoftwareLanes) {
    const std::string waves = file("waves.fst");
    result({"run", "ping", "--nic", "model", "--waves", waves});
    EXPECT_GT(contents(waves).size(), 10'000u);
}

// --- random machines ---

class ModelSeed : public Model, public ::testing::WithParamInterface<uint64_t> {};

// As it is drawn, with all its stalls, losses and resets: what is lost then hangs on cycles, but every check holds.
TEST_P(ModelSeed, EveryFrameArrivesOrIsAccountedFor) {
    const std::string yaml = random_scenario(GetParam(), brief_effort);
    const Outcome outcome = ringside({"run", write("random.yaml", yaml), "--nic", "model"});
    EXPECT_EQ(outcome.status, 0) << "seed " << GetParam() << ":\n" << outcome.out << outcome.err << yaml;
}

// The same machine when nothing is taken away from it: frames from the wire come slowly, into rings that hold them, and no filter drops
// what is longer than the MTU. No moderation: with it the time of an interrupt says which ids are free, so which of them the driver takes next.
// Nor runs of pages: which of its NBLs the driver has back first is for an interrupt to say, and a frame crosses the end of a run in one
// and not in another, which is a slot of the ring more or less. Page ends are at the same places of all of them.
TEST_P(ModelSeed, GivesTheSameFramesUsedBuffersAndRegisters) {
    expect_the_same(write("random.yaml", random_scenario(GetParam(), brief_effort)),
                    {"stress.queue_reset_every_us=0", "stress.device_reset_every_us=0", "stress.link_down_every_us=0", "driver.rx_ring=0",
                     "driver.rx_elements=1", "traffic.from_wire.rate_mbps=300", "traffic.from_wire.burst=1", "cpu.interrupt_ns=1000",
                     "stress.interrupt_jitter_ns=0", "driver.rx_moderation_frames=0", "driver.rx_moderation_us=0",
                     "driver.tx_moderation_frames=0", "driver.tx_moderation_us=0", "driver.filter=false", "expect.drops=false",
                     "memory.run_pages=1"});
}

INSTANTIATE_TEST_SUITE_P(Seed, ModelSeed, ::testing::Range(uint64_t{1}, uint64_t{41}));

}  // namespace
}  // namespace system_test
