// SPDX-License-Identifier: Apache-2.0
// Drivers that pay for what they load and store: cpu.model: caches.
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "ringside.h"

namespace system_test {
namespace {

class CpuModel : public SystemTest {
protected:
    std::vector<std::string> command(const std::vector<std::string>& more) const {
        std::vector<std::string> all{"run", "tx-64", "--quiet", "--nic", "model", "--set", "cpu.model=caches", "--set",
                                     "cpu.free=false", "--set", "traffic.from_host.frames=1000"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    Json run(const std::vector<std::string>& more = {}) const { return result(command(more)); }
    static std::vector<std::string> folders_of_driver() {
        if (netcx()) return {"kernel", "ndis", "netcx", "netviocx", "stack", "virtio"};
        return {"kernel", "ndis", "netvio", "stack", "virtio"};
    }
    Json bench(const std::vector<std::string>& more) const {
        std::vector<std::string> all{"bench", "descriptors"};
        all.insert(all.end(), more.begin(), more.end());
        return result(all).at("rows");
    }
    // A row's figure, of the one row with this kind.
    static double figure(const Json& rows, const std::string& kind, const std::string& name) {
        for (size_t i = 0; i < rows.size(); i++)
            if (rows.at(i).at("descriptor").text() == kind) return rows.at(i).at(name).number();
        ADD_FAILURE() << "no row of " << kind;
        return 0;
    }
};

TEST_F(CpuModel, TheSameRunTwiceIsTheSameByteForByteWhereverTheHostPutsThings) {
    const Json first = run();
    const std::string other = file("a-name-of-quite-another-length");
    for (const char* environment : {"NOTHING=1", "MALLOC_PERTURB_=165", "MALLOC_TOP_PAD_=123456"}) {
        const Outcome outcome = ringside(command({"--json", other}), {environment});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_EQ(first.comparable(), Json::load(other).comparable()) << environment;
    }
}

TEST_F(CpuModel, ASlowerCoreSendsFewerPackets) {
    const double fast = run().at("tx.mpps").number(), slow = run({"--set", "cpu.mhz=1000"}).at("tx.mpps").number();
    EXPECT_GT(fast, 0);
    EXPECT_LT(slow, 0.6 * fast);
}

TEST_F(CpuModel, FunctionsAddUpToTheCyclesOfAPacket) {
    const Json cpu = run().at("cpu");
    double functions = 0, folders = 0;
    for (size_t i = 0; i < cpu.at("functions").size(); i++) functions += cpu.at("functions").at(i).at("cycles").number();
    for (const std::string& folder : folders_of_driver()) {
        EXPECT_GT(cpu.at("folders").at(folder).number(), 0) << folder;
        folders += cpu.at("folders").at(folder).number();
    }
    EXPECT_NEAR(functions, cpu.at("cycles").number(), 0.01);
    EXPECT_NEAR(folders, cpu.at("cycles").number(), 0.02 * folders);
}

// A filter of Windows sources over the miniport: what it does is in the profile if it was built to be measured, and costs its share.
TEST_F(CpuModel, ADriverOfAnybodysIsChargedWhenItWasBuiltToBe) {
    const std::string plain = SDK_MODULES "/sdk_counting.so", measured = SDK_MODULES "/sdk_counting_measured.so";
    const Json without = run({"--set", "driver.stack=" + plain}).at("cpu"), with = run({"--set", "driver.stack=" + measured}).at("cpu");
    EXPECT_FALSE(without.at("folders.modules"));
    EXPECT_GT(with.at("folders.modules").number(), 0);
    EXPECT_GT(with.at("cycles").number(), without.at("cycles").number());
}

TEST_F(CpuModel, WithoutItTheResultSaysNothingOfCode) {
    EXPECT_FALSE(result({"run", "tx-64", "--quiet", "--nic", "model", "--set", "traffic.from_host.frames=100"}).at("cpu"));
    EXPECT_FALSE(run({"--set", "cpu.free=true"}).at("cpu"));
}

// The functions of the event log: which was in which, how often, and how long they were open.
struct Calls {
    std::map<std::string, unsigned> inside;
    std::map<std::string, uint64_t> longest;
    explicit Calls(const std::string& text) { read(text); }
    void read(const std::string& text) {
        std::istringstream log(text);
        std::vector<std::pair<std::string, uint64_t>> open;
        uint64_t last = 0;
        for (std::string line; std::getline(log, line);) {
            std::istringstream words(line);
            std::string lane, kind, name;
            uint64_t time = 0, queue, index, packet, value;
            if (line[0] == '#' || !(words >> time >> lane >> kind >> queue >> index >> packet >> value >> name)) continue;
            EXPECT_GE(time, last) << line;
            last = time;
            if (kind == "function_enter") {
                if (!open.empty()) inside[name + " in " + open.back().first]++;
                open.emplace_back(name, time);
            } else if (kind == "function_exit") {
                ASSERT_FALSE(open.empty()) << line;
                ASSERT_EQ(open.back().first, name) << line;
                longest[name] = std::max(longest[name], time - open.back().second);
                open.pop_back();
            }
        }
        EXPECT_TRUE(open.empty()) << (open.empty() ? "" : open.back().first) << " never ends";
    }
};

TEST_F(CpuModel, TheEventLogHasRealFunctionsNestedWithTheirTimes) {
    run({"--events", file("events")});
    Calls calls(contents(file("events")));
    EXPECT_GT(calls.inside["netvio_send in MiniportSendNetBufferLists"], 0u);
    EXPECT_GT(calls.inside["netvio_tx_send in netvio_send"], 0u);
    EXPECT_GT(calls.inside["message_dpc in MiniportMessageInterruptDPC"], 0u);
    EXPECT_GT(calls.longest["netvio_tx_send"], 0u) << "time passes inside of functions";
}

TEST_F(CpuModel, TheEventLogHasTheFunctionsOfAClientToo) {
    run({"--events", file("events"), "--driver", "netcx"});
    Calls calls(contents(file("events")));
    EXPECT_GT(calls.inside["EvtTxQueueAdvance in netcx_queue_advance"], 0u);
    EXPECT_GT(calls.inside["netviocx_tx_advance in EvtTxQueueAdvance"], 0u);
    EXPECT_GT(calls.inside["netviocx_rx_advance in EvtRxQueueAdvance"], 0u);
    EXPECT_GT(calls.inside["isr in EvtInterruptIsr"], 0u);
    EXPECT_GT(calls.inside["dpc in EvtInterruptDpc"], 0u);
    EXPECT_EQ(calls.inside["netviocx_d0_entry in EvtDeviceD0Entry"], 1u);
    EXPECT_GT(calls.longest["netviocx_tx_advance"], 0u) << "time passes inside of functions";
}

// Slices lie one in the other, and are those of the event log; what was sent or indicated comes back.
TEST_F(CpuModel, TheTimelineHasTheFunctionsOfTheEventLogAndEveryNbl) {
    run({"--events", file("events"), "--timeline", file("timeline")});
    const Json entries = Json::load(file("timeline")).at("traceEvents");
    std::vector<std::string> open;
    std::map<std::string, unsigned> begun;
    std::map<std::string, int> out;
    double last = 0;
    for (size_t i = 0; i < entries.size(); i++) {
        const Json entry = entries.at(i);
        const std::string phase = entry.at("ph").text();
        if (phase == "M") continue;
        EXPECT_GE(entry.at("ts").number(), last);
        last = entry.at("ts").number();
        const std::string name = entry.at("name").text();
        if (phase == "B") {
            open.push_back(name);
            begun[name]++;
        } else if (phase == "E") {
            ASSERT_FALSE(open.empty()) << name;
            open.pop_back();
        } else if (phase == "b" || phase == "e") {
            out[name + std::to_string(entry.at("id").integer())] += phase == "b" ? 1 : -1;
        }
    }
    EXPECT_TRUE(open.empty());
    EXPECT_GT(out.size(), 0u);
    for (const auto& [nbl, times] : out) EXPECT_EQ(times, 0) << nbl;
    std::map<std::string, unsigned> logged;
    std::istringstream log(contents(file("events")));
    for (std::string line, time, lane, kind, number, name; std::getline(log, line);) {
        std::istringstream words(line);
        words >> time >> lane >> kind;
        for (int i = 0; i < 4; i++) words >> number;
        if (kind == "function_enter" && words >> name) logged[name]++;
    }
    for (const auto& [name, times] : logged) EXPECT_EQ(begun[name], times) << name;
    EXPECT_GT(begun["interrupt 1"] + begun["interrupt 2"], 0u);
}

TEST_F(CpuModel, LookingChangesNothing) {
    EXPECT_EQ(run().comparable(), run({"--events", file("events"), "--timeline", file("timeline"), "--waves", file("waves")}).comparable());
}

TEST_F(CpuModel, ADescriptorOnARingTouchesFewerLinesThanAList) {
    const Json rows = bench({"--parts", "alone", "--directions", "tx", "--batches", "64", "--with", "plain"});
    EXPECT_LT(figure(rows, "net_packet", "lines"), figure(rows, "nbl", "lines"));
    EXPECT_LT(figure(rows, "net_packet", "bytes"), figure(rows, "nbl", "bytes"));
    EXPECT_LT(figure(rows, "net_packet", "cycles"), figure(rows, "nbl", "cycles"));
}

TEST_F(CpuModel, ASearchForATagLoadsTheMoreTheMoreTagsThereAre) {
    const Json rows = bench({"--parts", "alone", "--kinds", "nbl", "--directions", "tx", "--batches", "16", "--with", "tag", "--tags", "1,4,16"});
    ASSERT_EQ(rows.size(), 3u);
    double before = 0;
    for (size_t i = 0; i < rows.size(); i++) {
        EXPECT_EQ(rows.at(i).at("tags").number(), 1 << 2 * i);
        const Json functions = rows.at(i).at("functions");
        double each = 0;
        for (size_t k = 0; k < functions.size(); k++)
            if (functions.at(k).at("name").text() == "FwpsNetBufferListRetrieveContext0")
                each = functions.at(k).at("loads").number() / functions.at(k).at("calls").number();
        EXPECT_GT(each, before) << rows.at(i).dump();
        before = each;
    }
}

TEST_F(CpuModel, AnExtensionIsPartOfTheDescriptorAndAnArrayIsNot) {
    const Json rows = bench({"--parts", "alone", "--kinds", "net_packet", "--directions", "rx", "--batches", "16", "--with", "context,extension"});
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows.at(0).at("bytes").number() + 24, rows.at(1).at("bytes").number());
}

TEST_F(CpuModel, EveryClaimIsARowInFigures) {
    const Json rows = bench({"--parts", "claims"});
    std::map<std::string, Json> by_claim;
    for (size_t i = 0; i < rows.size(); i++) {
        EXPECT_EQ(rows.at(i).at("part").text(), "claims");
        by_claim.emplace(rows.at(i).at("claim").text(), rows.at(i)); // the first of each
    }
    for (const char* claim : {"size", "scattered", "chase", "allocation", "parse", "context", "tag", "tag search"})
        ASSERT_EQ(by_claim.count(claim), 1u) << claim;
    EXPECT_EQ(by_claim.at("size").at("nbl").number(), 600);
    EXPECT_EQ(by_claim.at("size").at("net_packet").number(), 36);
    EXPECT_LT(by_claim.at("parse").at("nbl_list").number(), by_claim.at("parse").at("nbl").number()) << "one parse for all of the list";
    EXPECT_GT(by_claim.at("context").at("nbl").number(), by_claim.at("context").at("net_packet").number());
    EXPECT_FALSE(by_claim.at("tag").at("net_packet")) << "tags are NBLs'";
}

TEST_F(CpuModel, TheBenchMeasuresEveryDriverBothWays) {
    const Json rows = bench({"--parts", "drivers", "--batches", "16", "--with", "plain"});
    ASSERT_EQ(rows.size(), 6u);
    for (size_t i = 0; i < rows.size(); i++) {
        const Json row = rows.at(i);
        EXPECT_GT(row.at("cycles").number(), 100) << row.dump();
        EXPECT_GT(row.at("lines").number(), 2) << row.dump();
        EXPECT_LE(row.at("batch_measured").number(), 64) << row.dump();
        EXPECT_GT(row.at("functions").size(), 10u) << row.dump();
    }
}

// Whose memory is it, what is its number: NDIS of Windows does not ask.
TEST_F(CpuModel, NobodyPaysForChecksAndNamesOfOurs) {
    const Json rows = bench({"--parts", "alone,drivers", "--batches", "16", "--with", "plain,context,tag"});
    const std::set<std::string> ours{"is_of", "nbl_find_record", "ndis_find_pool", "put_right", "is_idle", "check_slot", "ndis_nb_name", "kernel_mdl_pin",
                                     "ndis_packet_id", "netcx_tx_packet_id", "netcx_rx_set_packet_id"};
    for (size_t i = 0; i < rows.size(); i++) {
        const Json functions = rows.at(i).at("functions");
        ASSERT_GE(functions.size(), 4u);
        for (size_t k = 0; k < functions.size(); k++) EXPECT_EQ(ours.count(functions.at(k).at("name").text()), 0u) << functions.at(k).dump();
    }
}

TEST_F(CpuModel, WhatTheNicWritesIsReadFromTheCacheWithDdioAndFromMemoryWithout) {
    const std::vector<std::string> asked{"--parts", "drivers", "--kinds", "nbl", "--directions", "rx", "--batches", "16", "--with", "plain"};
    std::vector<std::string> without = asked;
    without.insert(without.end(), {"--set", "cpu.ddio_ways=0"});
    const Json on = bench(asked), off = bench(without);
    EXPECT_LT(on.at(0).at("served.memory").number(), off.at(0).at("served.memory").number());
    EXPECT_LT(on.at(0).at("cycles").number(), off.at(0).at("cycles").number());
}

}  // namespace
}  // namespace system_test
