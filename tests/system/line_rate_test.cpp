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

}  // namespace
}  // namespace system_test
