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
    for (const char* folder : {"kernel", "ndis", "netvio", "stack", "virtio"}) {
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

// Function names of the log, with how long each was open and how deep.
TEST_F(CpuModel, TheEventLogHasRealFunctionsNestedWithTheirTimes) {
    run({"--events", file("events")});
    std::istringstream log(contents(file("events")));
    std::vector<std::string> open;
    std::map<std::string, unsigned> inside;
    uint64_t last = 0, longest = 0;
    std::map<std::string, uint64_t> entered;
    for (std::string line; std::getline(log, line);) {
        std::istringstream words(line);
        std::string lane, kind, text;
        uint64_t time = 0, queue, index, packet, value;
        if (line[0] == '#' || !(words >> time >> lane >> kind >> queue >> index >> packet >> value >> text)) continue;
        EXPECT_GE(time, last) << line;
        last = time;
        if (kind == "function_enter") {
            if (!open.empty()) inside[text + " in " + open.back()]++;
            open.push_back(text);
            entered[text] = time;
        } else if (kind == "function_exit" && !open.empty() && open.back() == text) {
            if (text == "netvio_tx_send") longest = std::max(longest, time - entered[text]);
            open.pop_back();
        }
    }
    EXPECT_GT(inside["netvio_send in MiniportSendNetBufferLists"], 0u);
    EXPECT_GT(inside["netvio_tx_send in netvio_send"], 0u);
    EXPECT_GT(longest, 0u) << "time passes inside of functions";
}

TEST_F(CpuModel, LookingChangesNothing) {
    EXPECT_EQ(run().comparable(), run({"--events", file("events"), "--waves", file("waves")}).comparable());
}

TEST_F(CpuModel, ADescriptorOnARingTouchesFewerLinesThanAList) {
    const Json rows = bench({"--parts", "alone", "--directions", "tx", "--batches", "64", "--with", "plain"});
    EXPECT_LT(figure(rows, "net_packet", "lines"), figure(rows, "nbl", "lines"));
    EXPECT_LT(figure(rows, "net_packet", "bytes"), figure(rows, "nbl", "bytes"));
    EXPECT_LT(figure(rows, "net_packet", "cycles"), figure(rows, "nbl", "cycles"));
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
    const Json rows = bench({"--batches", "16", "--with", "plain,context"});
    const std::set<std::string> ours{"is_of", "nbl_find_record", "ndis_find_pool", "put_right", "is_idle", "ndis_nb_name", "kernel_mdl_pin",
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
