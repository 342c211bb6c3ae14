// SPDX-License-Identifier: Apache-2.0
// The NIC's own DMA engines against the published model of the link: within 1 %, reference/pcie.md section 5.
//
// The model knows no clock. A device that hands over or takes one beat of a TLP in a clock cycle cannot reach it where its beats take
// longer than the link: at 250 MHz and 32 bytes that is payloads of 4, 8 and 36 bytes. So the bench has a faster clock, with which every
// size must agree; at 250 MHz the clock is the limit of those, and is what must be reached.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "ringside.h"

namespace system_test {
namespace {

constexpr double tolerance = 0.01;
constexpr double beat_bytes = 32;
constexpr int slow_clock_mhz = 250;  // of the default machine; the bench itself uses a faster one
const std::vector<std::string> slow_clock{"--set", "nic.clock_mhz=250"};

class Dma : public SystemTest {
protected:
    // Measures and compares every operation at `sizes`, 60 of them at a time. slow: at 250 MHz, where the clock may be the limit.
    void compare(const std::vector<int>& sizes, bool slow, const std::vector<std::string>& more = {}) {
        for (size_t begin = 0; begin < sizes.size(); begin += 60) {
            std::string list;
            for (size_t i = begin; i < std::min(sizes.size(), begin + 60); i++)
                list += (list.empty() ? "" : ",") + std::to_string(sizes[i]);
            std::vector<std::string> command{"bench", "dma", "--sizes", list};
            command.insert(command.end(), more.begin(), more.end());
            const Json file = result(command);
            EXPECT_EQ(file.at("bench").text(), "dma");
            const Json rows = file.at("rows");
            size_t compared = 0;
            for (size_t i = 0; i < rows.size(); i++) compared += compare_row(rows.at(i), slow);
            EXPECT_EQ(compared, std::min<size_t>(60, sizes.size() - begin) * 3);
        }
    }

private:
    bool compare_row(const Json& row, bool slow) {
        const std::string op = row.at("op").text();
        if (op == "latency") return false;
        const double size = row.at("size").number(), model = row.at("model_gbps").number();
        // One beat each way in a cycle; with both, requests and writes take turns.
        const double beats = std::ceil(size / beat_bytes) + (op == "both" ? 1 : 0);
        const double limit = slow ? std::min(model, size * 8 * slow_clock_mhz / 1000 / beats) : model;
        EXPECT_NEAR(row.at("gbps").number() / limit, 1, tolerance) << row.dump();
        return true;
    }
};

const std::vector<int> chosen{4, 8, 12, 36, 60, 64, 68, 128, 252, 256, 260, 512, 516, 1024, 1500, 2048, 4092, 4096};

std::vector<int> every_multiple_of_four() {
    std::vector<int> sizes(1024);
    for (size_t i = 0; i < sizes.size(); i++) sizes[i] = static_cast<int>(4 * (i + 1));
    return sizes;
}

TEST_F(Dma, AgreesWithTheModelFromFourBytesOn) { compare(chosen, false); }

TEST_F(Dma, AgreesWithTheModelOrTheClockOfTheDefaultMachine) { compare(chosen, true, slow_clock); }

TEST_F(Dma, AgreesWithTheModelOnANarrowLink) {
    compare({4, 64, 500}, false, {"--set", "pcie.lanes=4", "--set", "pcie.mps=128"});
}

TEST_F(Dma, CheckValuesOfTheReferenceAreTheModels) {
    // reference/pcie.md section 2, Gen3 x8, MPS 256, MRRS 512: payload Gb/s.
    const Json rows = result({"bench", "dma", "--sizes", "64,256,1024"}).at("rows");
    const std::vector<double> expected{44.1, 53.7, 53.7, 42.1, 52.9, 52.9, 33.1, 48.7, 50.7};
    ASSERT_EQ(rows.size(), expected.size() + 1);
    for (size_t i = 0; i < expected.size(); i++) EXPECT_NEAR(rows.at(i).at("model_gbps").number(), expected[i], 0.06) << rows.at(i).dump();
}

TEST_F(Dma, LatencyGrowsByExactlyWhatTheScenarioAsksFor) {
    const auto latency = [this](int ns) {
        const Json rows =
            result({"bench", "dma", "--sizes", "64", "--ops", "read", "--set", "pcie.read_latency_ns=" + std::to_string(ns)}).at("rows");
        const Json row = rows.at(rows.size() - 1);
        EXPECT_EQ(row.at("op").text(), "latency");
        EXPECT_EQ(row.at("read_latency_ns").integer(), ns);
        return row.at("ns").number();
    };
    const double base = latency(450);
    EXPECT_GT(base, 450 + (24 + 84) * 8 / 57.88);           // the request and its completion on the link
    EXPECT_LT(base, 450 + (24 + 84) * 8 / 57.88 + 10 * 2);  // and no more than ten cycles of the NIC at 500 MHz
    EXPECT_EQ(latency(850), base + 400);
    EXPECT_EQ(latency(1450), base + 1000);
}

TEST_F(Dma, NightlySweepOfEveryMultipleOfFour) { compare(every_multiple_of_four(), false); }

TEST_F(Dma, NightlySweepOfEveryMultipleOfFourAtTheClockOfTheDefaultMachine) { compare(every_multiple_of_four(), true, slow_clock); }

}  // namespace
}  // namespace system_test
