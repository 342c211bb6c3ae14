// SPDX-License-Identifier: Apache-2.0
// Latencies of one frame in an idle machine, beside the sum of what is unavoidable.
#include "ringside.h"

namespace system_test {
namespace {

constexpr double rounding = 1e-4;  // the file has nine digits

class Latency : public SystemTest {
protected:
    Json bench(const std::vector<std::string>& settings, const char* sizes = "64,1518") const {
        std::vector<std::string> command{"bench", "latency", "--sizes", sizes};
        for (const std::string& setting : settings) command.insert(command.end(), {"--set", setting});
        return result(command).at("rows");
    }
    // The rows of each size are transmit and receive.
    static double median(const Json& rows, size_t row) { return rows.at(row).at("p50_ns").number(); }
};

TEST_F(Latency, TheNicItselfTakesSomeCyclesAndTheRestIsUnavoidable) {
    const Json rows = bench({}, "64,128,256,512,1024,1518,4096,9018");
    ASSERT_EQ(rows.size(), 16u);
    for (size_t i = 0; i < rows.size(); i++) {
        const Json row = rows.at(i);
        EXPECT_EQ(row.at("direction").text(), i % 2 ? "rx" : "tx");
        EXPECT_LE(row.at("min_ns").number(), row.at("p50_ns").number());
        EXPECT_LE(row.at("p50_ns").number(), row.at("max_ns").number());
        EXPECT_GT(row.at("nic_cycles").number(), 0) << row.dump();
        EXPECT_LT(row.at("nic_cycles").number(), 60) << row.dump();
        // The phase of frame and clock moves it, no more: the machine is idle.
        EXPECT_LT(row.at("max_ns").number() - row.at("min_ns").number(), 32 * 4.0) << row.dump();
    }
}

// A doorbell leaves the CPU at a whole nanosecond, so 3 of the 4 ns of a period lie between the luckiest and the unluckiest.
TEST_F(Latency, TheFramesMeetEveryPhaseOfTheClock) {
    const Json rows = bench({}, "64,65,512,1518,9018");
    for (size_t i = 0; i < rows.size(); i += 2) {
        const Json row = rows.at(i);
        EXPECT_NEAR(row.at("max_ns").number() - row.at("min_ns").number(), 3, rounding) << row.dump();
    }
}

TEST_F(Latency, TheTermsAddUp) {
    const Json rows = bench({});
    for (size_t i = 0; i < rows.size(); i++) {
        const Json row = rows.at(i);
        double sum = 0;
        for (const char* term : {"doorbell", "descriptor", "data", "rest of data", "preamble", "used descriptor", "event flags", "message"})
            sum += row.at("terms_ns").at(term).number();
        EXPECT_NEAR(sum, row.at("unavoidable_ns").number(), rounding);
        EXPECT_NEAR(row.at("p50_ns").number() - sum, row.at("nic_ns").number(), rounding);
        EXPECT_NEAR(row.at("nic_ns").number() / 4, row.at("nic_cycles").number(), rounding);
    }
}

TEST_F(Latency, MemoryAndLinkAreInItAsOftenAsTheirTermsSay) {
    const Json base = bench({}), memory = bench({"pcie.read_latency_ns=950"}), flight = bench({"pcie.propagation_ns=175"});
    for (size_t i = 0; i < base.size(); i++) {
        const double reads = i % 2 ? 1 : 2;  // descriptor and data; the driver's event flags
        EXPECT_NEAR(median(memory, i) - median(base, i), 500 * reads, 8) << i;
        EXPECT_NEAR(median(flight, i) - median(base, i), 100, 8) << i;  // doorbell; message. Of reads it is a part of their latency
        EXPECT_NEAR(memory.at(i).at("unavoidable_ns").number() - base.at(i).at("unavoidable_ns").number(), 500 * reads, rounding);
        EXPECT_NEAR(flight.at(i).at("unavoidable_ns").number() - base.at(i).at("unavoidable_ns").number(), 100, rounding);
    }
}

TEST_F(Latency, TheNicsShareFollowsItsClock) {
    const Json base = bench({}), fast = bench({"nic.clock_mhz=500"});
    for (size_t i = 0; i < base.size(); i++)
        EXPECT_LT(fast.at(i).at("nic_ns").number(), 0.7 * base.at(i).at("nic_ns").number()) << i;
}

}  // namespace
}  // namespace system_test
