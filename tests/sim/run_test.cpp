// SPDX-License-Identifier: Apache-2.0
// Whole runs through the command line: what they write, that they write it twice the same, and what their exit status says.
#include <gtest/gtest.h>
#include <jansson.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "capture.h"

namespace {

const std::string captures = RINGSIDE_CAPTURES "/";

// Files of one test, gone afterwards.
class Run : public ::testing::Test {
protected:
    ~Run() override {
        for (const std::string& path : files_) unlink(path.c_str());
    }
    std::string file(const char* name) {
        files_.push_back(::testing::TempDir() + "ringside-run-" + std::to_string(getpid()) + "-" + name);
        return files_.back();
    }
    // Runs the program; its exit status. Standard output is kept in `out`.
    int ringside(const std::string& arguments) {
        FILE* pipe = popen((std::string(RINGSIDE_PROGRAM) + " " + arguments + " 2>&1").c_str(), "r");
        out.clear();
        char buffer[4096];
        for (size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, got);
        const int status = pclose(pipe);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    static std::string contents(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
    }
    // A result without the two values that may differ.
    static std::string comparable(const std::string& path) {
        json_t* json = json_load_file(path.c_str(), 0, nullptr);
        json_t* sim = json_object_get(json, "sim");
        json_object_del(sim, "wall_s");
        json_object_del(sim, "cycles_per_s");
        char* text = json_dumps(json, 0);
        const std::string result = text;
        free(text);
        json_decref(json);
        return result;
    }
    static json_t* rows(const std::string& path) {
        json_t* json = json_load_file(path.c_str(), 0, nullptr);
        json_t* rows = json_incref(json_object_get(json, "rows"));
        json_decref(json);
        return rows;
    }
    static double number(const json_t* row, const char* key) { return json_number_value(json_object_get(row, key)); }

    std::string out;

private:
    std::vector<std::string> files_;
};

const std::string small = "run tx-64 --set traffic.from_host.frames=200 ";

TEST_F(Run, PassingScenarioHasStatusZeroAndATable) {
    EXPECT_EQ(ringside(small), 0) << out;
    EXPECT_EQ(out.compare(0, 26, "PASS tx-64: 200 sent, 0 re"), 0) << out;
    EXPECT_NE(out.find("  transmit "), std::string::npos) << out;
}

TEST_F(Run, QuietPrintsTheVerdictAlone) {
    EXPECT_EQ(ringside(small + "--quiet"), 0);
    EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1) << out;
}

TEST_F(Run, FailedCheckHasStatusOne) {
    EXPECT_EQ(ringside(small + "--set driver.fault=complete-twice"), 1) << out;
    EXPECT_EQ(out.compare(0, 10, "FAIL tx-64"), 0) << out;
    EXPECT_NE(out.find("nbl.completed_twice at "), std::string::npos) << out;
}

TEST_F(Run, ExpectedFailureHasStatusZero) { EXPECT_EQ(ringside("run fault-complete-twice"), 0) << out; }

TEST_F(Run, ExpectedFailureThatStaysAwayHasStatusOne) {
    EXPECT_EQ(ringside("run fault-complete-twice --set driver.fault=none"), 1) << out;
    EXPECT_NE(out.find("expect.verdict"), std::string::npos) << out;
}

TEST_F(Run, StallIsReportedWithWhatIsOutstanding) {
    EXPECT_EQ(ringside(small + "--set driver.fault=lose-nbl --set driver.fault_packet=3"), 1) << out;
    EXPECT_NE(out.find("progress at "), std::string::npos) << out;
    EXPECT_NE(out.find("200 reached the wire and 199 were completed"), std::string::npos) << out;
}

TEST_F(Run, JsonOnStandardOutputIsAlone) {
    EXPECT_EQ(ringside(small + "--json -"), 0);
    json_error_t error;
    json_t* json = json_loads(out.c_str(), 0, &error);
    ASSERT_NE(json, nullptr) << error.text << out;
    EXPECT_STREQ(json_string_value(json_object_get(json, "verdict")), "pass");
    json_decref(json);
}

TEST_F(Run, SeveralScenariosGiveAnArrayInOrderAndJunit) {
    const std::string json_path = file("all.json"), junit = file("all.xml");
    EXPECT_EQ(ringside("run dns ping --jobs 2 --json " + json_path + " --junit " + junit), 0) << out;
    json_t* json = json_load_file(json_path.c_str(), 0, nullptr);
    ASSERT_EQ(json_array_size(json), 2u);
    EXPECT_STREQ(json_string_value(json_object_get(json_array_get(json, 0), "scenario")), "dns");
    EXPECT_STREQ(json_string_value(json_object_get(json_array_get(json, 1), "scenario")), "ping");
    json_decref(json);
    EXPECT_NE(contents(junit).find("tests=\"2\" failures=\"0\" errors=\"0\""), std::string::npos);
}

TEST_F(Run, SameRunTwiceWritesTheSameWithAndWithoutWaves) {
    std::string results[3], wire[3], host[3], waves[2];
    for (int i = 0; i < 3; i++) {
        const std::string json = file("r.json"), to_wire = file("w.pcap"), to_host = file("h.pcap"), fst = file("r.fst");
        ASSERT_EQ(ringside("replay --from-host " + captures + "tcp-http.from-host.pcap --from-wire " + captures +
                           "tcp-http.from-wire.pcap --cut random --to-wire " + to_wire + " --to-host " + to_host + " --json " +
                           json + (i < 2 ? " --waves " + fst : "")),
                  0)
            << out;
        results[i] = comparable(json);
        wire[i] = contents(to_wire);
        host[i] = contents(to_host);
        if (i < 2) waves[i] = contents(fst);
    }
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(results[0], results[2]);
    EXPECT_TRUE(wire[0] == wire[1] && wire[0] == wire[2]);
    EXPECT_TRUE(host[0] == host[1] && host[0] == host[2]);
    EXPECT_TRUE(waves[0] == waves[1]);
    EXPECT_GT(waves[0].size(), 1000u);
}

TEST_F(Run, ReplayGivesBackEveryFrame) {
    for (const char* cut : {"whole", "header", "random"}) {
        const std::string to_wire = file("w.pcap"), to_host = file("h.pcap");
        ASSERT_EQ(ringside("replay --from-host " + captures + "from-host.pcap --from-wire " + captures + "from-wire.pcap --cut " +
                           cut + " --to-wire " + to_wire + " --to-host " + to_host),
                  0)
            << out;
        const std::string pairs[2][2] = {{captures + "from-host.pcap", to_wire}, {captures + "from-wire.pcap", to_host}};
        for (const auto& pair : pairs) {
            capture sent, got;
            char error[512];
            ASSERT_EQ(capture_load(&sent, pair[0].c_str(), error, sizeof error), 0) << error;
            ASSERT_EQ(capture_load(&got, pair[1].c_str(), error, sizeof error), 0) << error;
            ASSERT_EQ(sent.count, got.count);
            for (size_t i = 0; i < sent.count; i++) {
                std::string expected(reinterpret_cast<char*>(sent.bytes) + sent.frames[i].offset, sent.frames[i].length);
                if (expected.size() < 60) expected.resize(60);
                EXPECT_EQ(expected, std::string(reinterpret_cast<char*>(got.bytes) + got.frames[i].offset, got.frames[i].length))
                    << i;
            }
            capture_free(&sent);
            capture_free(&got);
        }
    }
}

TEST_F(Run, LineRateOfFullFramesIsReached) {
    const std::string path = file("rate.json");
    ASSERT_EQ(ringside("bench line-rate --sizes 1518 --json " + path), 0) << out;
    json_t* all = rows(path);
    ASSERT_EQ(json_array_size(all), 3u);
    size_t i;
    json_t* row;
    json_array_foreach(all, i, row) {
        EXPECT_STREQ(json_string_value(json_object_get(row, "limited_by")), "wire");
        EXPECT_NEAR(number(row, "limit_mpps"), 3.2510, 0.0005);
        EXPECT_GT(number(row, "efficiency"), 0.999);
        EXPECT_LT(number(row, "efficiency"), 1.001);
        EXPECT_EQ(number(row, "dropped"), 0);
    }
    json_decref(all);
}

TEST_F(Run, DmaBenchAgreesWithTheModelWithinOnePercent) {
    const std::string path = file("dma.json");
    ASSERT_EQ(ringside("bench dma --sizes 64,256,1000 --json " + path), 0) << out;
    json_t* all = rows(path);
    ASSERT_EQ(json_array_size(all), 10u);
    for (size_t i = 0; i < 9; i++) {
        const json_t* row = json_array_get(all, i);
        EXPECT_NEAR(number(row, "gbps") / number(row, "model_gbps"), 1.0, 0.01) << out;
    }
    EXPECT_STREQ(json_string_value(json_object_get(json_array_get(all, 9), "op")), "latency");
    json_decref(all);
}

TEST_F(Run, SpeedBenchHasARowForEachLoad) {
    const std::string path = file("speed.json");
    ASSERT_EQ(ringside("bench speed --scale 1 --json " + path), 0) << out;
    json_t* all = rows(path);
    const std::vector<std::string> names = {"bare", "idle", "64", "64-max", "1518", "64-waves", "1518-waves"};
    ASSERT_EQ(json_array_size(all), names.size());
    for (size_t i = 0; i < names.size(); i++) {
        EXPECT_EQ(json_string_value(json_object_get(json_array_get(all, i), "what")), names[i]);
        EXPECT_GT(number(json_array_get(all, i), "cycles_per_s"), 0);
    }
    json_decref(all);
}

}  // namespace
