// SPDX-License-Identifier: Apache-2.0
// Reports: the keys of the result file and their order, verdicts, JUnit and the summary.
#include "report/report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

namespace {

class Report : public ::testing::Test {
protected:
    Report() {
        scenario_init(&scenario);
        set("name=unit");
        result.time_ps = 1'234'567;
        result.tx.packets = 3;
        result.tx.limited_by = "wire";
        result.rx.limited_by = "";
    }
    ~Report() override {
        machine_result_free(&result);
        scenario_free(&scenario);
        unlink(path.c_str());
    }
    void set(const char* assignment) { ASSERT_EQ(scenario_set(&scenario, assignment, stderr), 0); }
    static std::string keys(const json_t* object) {
        std::string all;
        const char* key;
        json_t* value;
        json_object_foreach(const_cast<json_t*>(object), key, value) all += std::string(all.empty() ? "" : " ") + key;
        return all;
    }
    std::string contents() const {
        std::ifstream in(path);
        return std::string(std::istreambuf_iterator<char>(in), {});
    }

    struct scenario scenario;
    machine_result result{};
    const std::string path = ::testing::TempDir() + "ringside-report-" + std::to_string(getpid());
};

TEST_F(Report, SeveralNicsHaveAnEntryAndALineEachAndOneHasNone) {
    result.adapter_count = 1;
    json_t* json = report_json(&scenario, &result);
    EXPECT_EQ(json_object_get(json, "adapters"), nullptr);
    json_decref(json);
    result.adapter_count = 2;
    result.queue_count = 2;
    result.adapters[1].tx_sends = 100;
    result.adapters[1].tx_frames = 90;
    result.adapters[1].tx_lost = 4;
    result.adapters[1].rx_frames = 80;
    result.adapters[1].rx_lost = 3;
    result.adapters[1].dropped = 2;
    json = report_json(&scenario, &result);
    const json_t* second = json_array_get(json_object_get(json, "adapters"), 1);
    EXPECT_EQ(keys(second), "name tx rx messages pcie queues");
    EXPECT_EQ(keys(json_object_get(second, "tx")), "sends frames lost");
    EXPECT_EQ(keys(json_object_get(second, "rx")), "frames lost dropped");
    EXPECT_EQ(json_array_size(json_object_get(second, "queues")), 2u);
    FILE* out = fopen(path.c_str(), "w");
    const report_style style{};
    report_summary(out, json, &style);
    fclose(out);
    EXPECT_NE(contents().find("  nic1              90        10        80           3         2\n"), std::string::npos) << contents();
    json_decref(json);
}

TEST_F(Report, QueuesAreThoseOfTheDriverInTheOrderOfTheirNumbers) {
    result.queue_count = 4;
    for (unsigned i = 0; i < 4; i++) result.queues[i] = {10 + i, 20 + i, 30 + i};
    json_t* json = report_json(&scenario, &result);
    const json_t* queues = json_object_get(json, "queues");
    ASSERT_EQ(json_array_size(queues), 4u);
    for (unsigned i = 0; i < 4; i++) {
        const json_t* queue = json_array_get(queues, i);
        EXPECT_EQ(keys(queue), "direction pair frames doorbells interrupts");
        EXPECT_STREQ(json_string_value(json_object_get(queue, "direction")), i % 2 ? "tx" : "rx");
        EXPECT_EQ(json_integer_value(json_object_get(queue, "pair")), i / 2);
        EXPECT_EQ(json_integer_value(json_object_get(queue, "frames")), 10 + i);
        EXPECT_EQ(json_integer_value(json_object_get(queue, "doorbells")), 20 + i);
        EXPECT_EQ(json_integer_value(json_object_get(queue, "interrupts")), 30 + i);
    }
    json_decref(json);
}

TEST_F(Report, JsonHasTheKeysOfTheDesignInOrder) {
    machine_result_fail(&result, 5, "nbl.lost", "[N] 3.1", 17, "one line");
    json_t* json = report_json(&scenario, &result);
    EXPECT_EQ(keys(json), "ringside scenario seed verdict failures sim tx rx nbl pcie dma offload interrupts queues");
    EXPECT_EQ(keys(json_array_get(json_object_get(json, "failures"), 0)), "time_ps check clause message packet");
    EXPECT_EQ(keys(json_object_get(json, "sim")), "time_ps cycles cycles_evaluated wall_s cycles_per_s");
    for (const char* direction : {"tx", "rx"}) {
        const json_t* object = json_object_get(json, direction);
        EXPECT_EQ(keys(object), "packets bytes mpps gbps limit_mpps limited_by efficiency latency_ns dropped");
        EXPECT_EQ(keys(json_object_get(object, "latency_ns")), "min p50 p99 max");
    }
    EXPECT_EQ(keys(json_object_get(json, "nbl")), "allocated sent completed indicated returned outstanding");
    EXPECT_EQ(keys(json_object_get(json, "pcie")), "up down");
    EXPECT_EQ(keys(json_object_get(json_object_get(json, "pcie"), "up")), "tlps bytes utilisation");
    EXPECT_EQ(keys(json_object_get(json, "dma")), "violations");
    json_decref(json);
}

TEST_F(Report, RunWithoutFailuresPasses) {
    json_t* json = report_json(&scenario, &result);
    EXPECT_TRUE(report_passed(json));
    json_decref(json);
}

TEST_F(Report, AnyFailureFailsTheRun) {
    machine_result_fail(&result, 5, "frames.lost", "", -1, "gone");
    json_t* json = report_json(&scenario, &result);
    EXPECT_FALSE(report_passed(json));
    EXPECT_TRUE(json_is_null(json_object_get(json_array_get(json_object_get(json, "failures"), 0), "packet")));
    json_decref(json);
}

TEST_F(Report, ExpectedFailurePassesAndIsStillListed) {
    set("expect.verdict=fail");
    set("expect.check=nbl.lost");
    machine_result_fail(&result, 5, "nbl.lost", "", 1, "lost");
    json_t* json = report_json(&scenario, &result);
    EXPECT_TRUE(report_passed(json));
    EXPECT_EQ(json_array_size(json_object_get(json, "failures")), 1u);
    EXPECT_STREQ(json_string_value(json_object_get(json_object_get(json, "expected"), "check")), "nbl.lost");
    json_decref(json);
}

TEST_F(Report, ExpectedFailureThatStaysAwayFails) {
    set("expect.verdict=fail");
    set("expect.check=nbl.lost");
    machine_result_fail(&result, 5, "frames.lost", "", 1, "another one");
    json_t* json = report_json(&scenario, &result);
    EXPECT_FALSE(report_passed(json));
    const json_t* last = json_array_get(json_object_get(json, "failures"), 1);
    EXPECT_STREQ(json_string_value(json_object_get(last, "check")), "expect.verdict");
    json_decref(json);
}

TEST_F(Report, EqualResultsGiveEqualFiles) {
    result.tx.mpps = 1.0 / 3;
    std::string files[2];
    for (std::string& file : files) {
        json_t* json = report_json(&scenario, &result);
        ASSERT_EQ(report_write_json(path.c_str(), json), 0);
        json_decref(json);
        file = contents();
    }
    EXPECT_EQ(files[0], files[1]);
    EXPECT_NE(files[0].find("\"mpps\": 0.333333333"), std::string::npos) << files[0];
}

TEST_F(Report, MachineListsTheKeysOfTheMachineAlone) {
    json_t* machine = report_machine_json(&scenario);
    EXPECT_EQ(json_integer_value(json_object_get(machine, "pcie.lanes")), 8);
    EXPECT_STREQ(json_string_value(json_object_get(machine, "driver.cut")), "whole");
    EXPECT_EQ(json_object_get(machine, "seed"), nullptr);
    EXPECT_EQ(json_object_get(machine, "traffic.from_host.frames"), nullptr);
    json_decref(machine);
}

TEST_F(Report, JunitCountsFailuresAndErrorsAndEscapes) {
    json_t* good = report_json(&scenario, &result);
    machine_result_fail(&result, 5, "nbl.lost", "[N]", 1, "a < b & c");
    json_t* bad = report_json(&scenario, &result);
    json_t* const results[] = {good, bad, nullptr};
    const char* const names[] = {"good", "bad", "crash"};
    const char* const errors[] = {"", "", "signal 11"};
    ASSERT_EQ(report_write_junit(path.c_str(), results, names, errors, 3), 0);
    const std::string xml = contents();
    EXPECT_NE(xml.find("<testsuite name=\"ringside\" tests=\"3\" failures=\"1\" errors=\"1\">"), std::string::npos) << xml;
    EXPECT_NE(xml.find("message=\"a &lt; b &amp; c\" type=\"nbl.lost\""), std::string::npos) << xml;
    EXPECT_NE(xml.find("<error message=\"signal 11\"/>"), std::string::npos) << xml;
    json_decref(good);
    json_decref(bad);
}

TEST_F(Report, SummaryHasVerdictTableAndFailures) {
    machine_result_fail(&result, 2'500'000, "nbl.lost", "[N] 3.1", 7, "NBL 7 never came back");
    json_t* json = report_json(&scenario, &result);
    char* text = nullptr;
    size_t size = 0;
    FILE* out = open_memstream(&text, &size);
    const report_style style{};
    report_summary(out, json, &style);
    fclose(out);
    EXPECT_EQ(std::strncmp(text, "FAIL unit: 3 sent, 0 received in 1.235 us of simulated time\n", 60), 0) << text;
    EXPECT_NE(std::strstr(text, "  nbl.lost at 2.500 us: NBL 7 never came back ([N] 3.1; packet 7)\n"), nullptr) << text;
    free(text);
    json_decref(json);
}

TEST_F(Report, SummaryHasEachCheckBeforeASecondOfTheSame) {
    for (int i = 0; i < 100; i++) machine_result_fail(&result, 1, "nbl.timed_send", "", i, "late");
    machine_result_fail(&result, 2, "nbl.lost", "", 7, "lost");
    machine_result_fail(&result, 3, "nbl.lost", "", 8, "lost too");
    json_t* json = report_json(&scenario, &result);
    FILE* out = fopen(path.c_str(), "w");
    const report_style style{};
    report_summary(out, json, &style);
    fclose(out);
    const std::string text = contents();
    EXPECT_NE(text.find("; packet 3)"), std::string::npos) << text;
    EXPECT_EQ(text.find("; packet 4)"), std::string::npos) << text;
    EXPECT_NE(text.find("nbl.lost at 2 ps: lost ("), std::string::npos) << text;
    EXPECT_EQ(text.find("lost too"), std::string::npos) << text;
    EXPECT_NE(text.find("and 97 more"), std::string::npos) << text;
    json_decref(json);
}

TEST_F(Report, SummaryFitsATerminal) {
    machine_result_fail(&result, 2'500'000, "nbl.lost", "[N] 3.1", 7,
                        "NBL 7 never came back, though everybody had waited for it long enough");
    json_t* json = report_json(&scenario, &result);
    char* text = nullptr;
    size_t size = 0;
    FILE* out = open_memstream(&text, &size);
    report_style style{};
    style.columns = 80;
    report_summary(out, json, &style);
    fclose(out);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
    EXPECT_NE(std::strstr(text, "had waited for\n    it long enough ([N] 3.1; packet 7)\n"), nullptr) << text;
    free(text);
    json_decref(json);
}

}  // namespace
