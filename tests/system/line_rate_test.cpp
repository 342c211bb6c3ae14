// SPDX-License-Identifier: Apache-2.0
// Frames per second of the default machine beside the limits of wire and link. Simulated rates are exact, whatever runs them.
#include <algorithm>
#include <map>

#include "ringside.h"

namespace system_test {
namespace {

class LineRate : public SystemTest {
protected:
    Json bench(const std::vector<std::string>& more) {
        std::vector<std::string> command{"bench", "line-rate"};
        command.insert(command.end(), more.begin(), more.end());
        return result(command);
    }
};

// The first frame is longer than the mean, and its time is over before the rate is counted: the limit is that of the others.
TEST_F(LineRate, OfManySizesIsBelowItsLimit) {
    const std::string scenario = write("sizes.yaml", "cpu: {free: true}\ntraffic:\n  from_host: {frames: 40, size: [9018, 1518]}\n");
    const Json run = result({"run", scenario});
    EXPECT_GT(run.at("tx.efficiency").number(), 0.99) << run.dump();
    EXPECT_LE(run.at("tx.efficiency").number(), 1.0001) << run.dump();
}

// Small frames are limited by the link when they come alone, large ones by the wire: together they are not limited by both.
TEST_F(LineRate, OfManySizesIsLimitedByOnePart) {
    const std::string traffic = "{frames: 400, size: 64..1518}";
    const std::string scenario = write("sizes.yaml", "cpu: {free: true}\ntraffic:\n  from_host: " + traffic + "\n  from_wire: " + traffic + "\n");
    for (const char* seed : {"1", "2", "3"}) {
        const Json run = result({"run", scenario, "--seed", seed});
        const Json row = run.at("tx");  // received frames are measured at their first write, where a long one begins and a short one ends
        EXPECT_EQ(row.at("limited_by").text(), "wire");
        EXPECT_GT(row.at("efficiency").number(), 0.98) << row.dump();
        EXPECT_LE(row.at("efficiency").number(), 1.0001) << row.dump();
    }
}

TEST_F(LineRate, FullFramesReachTheWireRateInEveryDirection) {
    const Json rows = bench({"--sizes", "1518"}).at("rows");
    ASSERT_EQ(rows.size(), 3u);
    for (size_t i = 0; i < 3; i++) {
        const Json row = rows.at(i);
        EXPECT_GE(row.at("efficiency").number(), 0.99) << row.dump();
        EXPECT_LE(row.at("efficiency").number(), 1.001) << row.dump();
        EXPECT_EQ(row.at("limited_by").text(), "wire");
        EXPECT_NEAR(row.at("limit_mpps").number(), 40e3 / ((1518 + 20) * 8), 1e-4);  // Gb/s over (F + 20) x 8 bits
        EXPECT_EQ(row.at("dropped").integer(), 0);
    }
}

TEST_F(LineRate, JumboFramesReachTheWireRateInEveryDirection) {
    const Json rows = bench({"--sizes", "4096,9018"}).at("rows");
    ASSERT_EQ(rows.size(), 6u);
    for (size_t i = 0; i < 6; i++) EXPECT_GE(rows.at(i).at("efficiency").number(), 0.99) << rows.at(i).dump();
}

TEST_F(LineRate, RowsHaveTheKeysOfTheDesign) {
    const Json file = bench({"--sizes", "512", "--directions", "tx,both"});
    EXPECT_EQ(file.at("bench").text(), "line-rate");
    EXPECT_EQ(Json(file.at("machine")).type(), JSON_OBJECT);
    const Json rows = file.at("rows");
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows.at(0).at("direction").text(), "tx");
    EXPECT_EQ(rows.at(1).at("direction").text(), "both");
    for (size_t i = 0; i < 2; i++) {
        const Json row = rows.at(i);
        EXPECT_EQ(row.at("frame").integer(), 512);
        for (const char* key : {"frame", "dropped"}) {
            ASSERT_TRUE(row.at(key)) << key;
            EXPECT_EQ(row.at(key).type(), JSON_INTEGER) << key;
        }
        for (const char* key : {"mpps", "limit_mpps", "efficiency"}) {
            ASSERT_TRUE(row.at(key)) << key;
            EXPECT_EQ(row.at(key).type(), JSON_REAL) << key;
        }
        ASSERT_TRUE(row.at("limited_by"));
        EXPECT_EQ(row.at("limited_by").type(), JSON_STRING);
    }
}

TEST_F(LineRate, LimitsAreThoseOfTheReference) {
    // reference/pcie.md section 4: (F + 20) x 8 bits on the wire; 64-byte frames both ways are held back by the link towards the host.
    const Json rows = bench({"--sizes", "64,128"}).at("rows");
    std::map<std::string, double> limits;
    for (size_t i = 0; i < rows.size(); i++)
        limits[std::to_string(rows.at(i).at("frame").integer()) + rows.at(i).at("direction").text() +
               rows.at(i).at("limited_by").text()] = rows.at(i).at("limit_mpps").number();
    EXPECT_NEAR(limits["64txwire"], 59.52, 0.005);
    EXPECT_NEAR(limits["64rxwire"], 59.52, 0.005);
    EXPECT_NEAR(limits["64bothup"], 52.0, 0.1);
    EXPECT_NEAR(limits["128bothwire"], 33.78, 0.005);
}

TEST_F(LineRate, NoRateExceedsItsLimit) {
    const Json rows = bench({"--sizes", "64,256,1024"}).at("rows");
    for (size_t i = 0; i < rows.size(); i++) EXPECT_LE(rows.at(i).at("efficiency").number(), 1.001) << rows.at(i).dump();
}

TEST_F(LineRate, FullFramesKeepTheWireRateWithA512BitDatapath) {
    const Json rows = bench({"--sizes", "1518", "--set", "nic.datapath_bits=512"}).at("rows");
    for (size_t i = 0; i < rows.size(); i++) EXPECT_GE(rows.at(i).at("efficiency").number(), 0.99) << rows.at(i).dump();
}

TEST_F(LineRate, RowsAreThereForEveryOffsetAndNumberOfFragments) {
    const Json rows = bench({"--sizes", "512", "--directions", "both", "--offsets", "0,13", "--fragments", "1,3"}).at("rows");
    ASSERT_EQ(rows.size(), 4u);
    const int expected[][2] = {{0, 1}, {13, 1}, {0, 3}, {13, 3}};
    for (size_t i = 0; i < 4; i++) {
        EXPECT_EQ(rows.at(i).at("offset").integer(), expected[i][0]);
        EXPECT_EQ(rows.at(i).at("pieces").integer(), expected[i][1]);
        EXPECT_GT(rows.at(i).at("efficiency").number(), 0) << rows.at(i).dump();
        if (expected[i][1] == 1) {
            EXPECT_GE(rows.at(i).at("efficiency").number(), 0.95) << rows.at(i).dump();
        }
    }
}

TEST_F(LineRate, LimitsCountTheTlpsOfOffsetsAndFragments) {
    // On a slow link the limit is the link's, so that every TLP is seen in it: 268 bytes in one, two or three of them.
    const Json rows =
        bench({"--sizes", "256", "--directions", "tx,rx", "--offsets", "0,1", "--fragments", "1,2", "--set", "pcie.lanes=4"}).at("rows");
    ASSERT_EQ(rows.size(), 8u);
    double bytes[8];  // of the link towards the side that limits
    for (size_t i = 0; i < 8; i++) {
        const bool transmit = i % 2 == 0;
        ASSERT_EQ(rows.at(i).at("limited_by").text(), transmit ? "down" : "up");
        bytes[i] = 29.07e3 / 8 / rows.at(i).at("limit_mpps").number();
    }
    const double tolerance = 0.3;
    EXPECT_NEAR(bytes[0], 264 + 2 * 20 + 16 + 20 * 16 / 256.0, tolerance);      // p = 264: two completions
    EXPECT_NEAR(bytes[2], bytes[0] + 4, tolerance);                             // at offset 1: still two, a double word of padding
    EXPECT_NEAR(bytes[4], bytes[0] + 16 + 20 * 16 / 256.0 + 8, tolerance);      // two pieces: a descriptor more, and padding
    EXPECT_NEAR(bytes[1], 264 + 2 * 24 + 16 + 24 * 16 / 256.0 + 24 * 16 / 512.0, tolerance);
    EXPECT_NEAR(bytes[3], bytes[1] + 4, tolerance);
}

TEST_F(LineRate, AnOffsetIsWhereThePacketsAre) {
    const auto up_bytes = [this](const char* key) {
        const std::string scenario = write("offset.yaml", "traffic:\n  from_wire: {frames: 100, size: 260, rate_mbps: 1000}\n");
        return result({"run", scenario, "--set", key}).at("pcie.up.bytes").integer();
    };
    // 268 bytes: in two writes of 256 and 12 at the start of a page, at its third byte in two with two bytes of padding each.
    EXPECT_EQ(up_bytes("driver.rx_offset=2") - up_bytes("driver.rx_offset=0"), 100 * 4);
}

// The matrix of the machines that have to be at 95 % of their limit in every cell, whatever the placement of the packets.
struct Machine {
    const char* name;
    std::vector<std::string> settings;
    const char* sizes;
};

const char all_sizes[] = "64,65,128,129,256,512,1024,1518,4096,9018", from_256[] = "256,512,1024,1518,4096,9018";

class NightlyLineRate : public LineRate, public ::testing::WithParamInterface<Machine> {};

TEST_P(NightlyLineRate, Is95PercentOfTheLimitInEveryCell) {
    std::vector<std::string> command{"--sizes", GetParam().sizes, "--jobs", "2"};
    for (const std::string& setting : GetParam().settings) command.insert(command.end(), {"--set", setting});
    const Json rows = bench(command).at("rows");
    ASSERT_GT(rows.size(), 0u);
    for (size_t i = 0; i < rows.size(); i++) {
        const Json row = rows.at(i);
        EXPECT_GE(row.at("efficiency").number(), 0.95) << row.dump();
        EXPECT_LE(row.at("efficiency").number(), 1.001) << row.dump();
        // Where the wire is the limit, the device has to keep up with it.
        if (row.at("limited_by").text() == "wire") {
            EXPECT_EQ(row.at("dropped").integer(), 0) << row.dump();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Of, NightlyLineRate,
                         ::testing::Values(Machine{"default_machine", {}, all_sizes}, Machine{"mps_128", {"pcie.mps=128"}, from_256},
                                           Machine{"latency_300", {"pcie.read_latency_ns=300"}, from_256},
                                           Machine{"latency_500", {"pcie.read_latency_ns=500"}, from_256},
                                           Machine{"latency_1000", {"pcie.read_latency_ns=1000"}, from_256},
                                           Machine{"latency_1500", {"pcie.read_latency_ns=1500"}, from_256},
                                           Machine{"gen3_x4", {"pcie.lanes=4"}, from_256},
                                           Machine{"gen3_x16_at_100_gbps",
                                                   {"pcie.lanes=16", "nic.datapath_bits=512", "wire.gbps=100"},
                                                   from_256}),
                         [](const auto& info) { return info.param.name; });

class NightlyPlacement : public LineRate, public ::testing::WithParamInterface<const char*> {};

TEST_P(NightlyPlacement, CostsItsTlpsAndNoMore) {
    const Json rows =
        bench({"--sizes", from_256, "--offsets", "0,1,2,3,5,13,31,63,65,127", "--fragments", GetParam(), "--jobs", "2"}).at("rows");
    ASSERT_GT(rows.size(), 0u);
    for (size_t i = 0; i < rows.size(); i++) EXPECT_GE(rows.at(i).at("efficiency").number(), 0.95) << rows.at(i).dump();
}

INSTANTIATE_TEST_SUITE_P(Fragments, NightlyPlacement, ::testing::Values("1", "2", "3"),
                         [](const auto& info) { return std::string("in_") + info.param; });

}  // namespace
}  // namespace system_test
