// SPDX-License-Identifier: Apache-2.0
// A NIC without offloads does what the one with them does when none is used: the same at the same times, but for the features that it
// offers. So which of the two a scenario gets by itself (nic.offloads: auto) is seen in the time that it takes alone.
#include <jansson.h>

#include <sstream>

#include "ringside.h"

namespace system_test {
namespace {

class PlainNic : public SystemTest {
protected:
    struct Run {
        std::string transcript;
        std::string result;  // without what the wall clock says
    };

    Run run(const std::string& scenario, const std::string& nic, const std::string& offloads) {
        const Outcome outcome = ringside({"run", scenario, "--nic", nic, "--set", "nic.offloads=" + offloads, "--transcript", file("transcript"),
                                          "--json", file("result.json"), "--quiet"});
        EXPECT_EQ(outcome.status, 0) << scenario << ", offloads " << offloads << ":\n" << outcome.out << outcome.err;
        Run run;
        std::istringstream lines(contents(file("transcript")));
        for (std::string line; std::getline(lines, line);)
            if (line.find("DEVICE_FEATURE") == std::string::npos) run.transcript += line + "\n";
        json_t* json = json_loads(contents(file("result.json")).c_str(), 0, nullptr);
        EXPECT_NE(json, nullptr);
        json_t* sim = json_object_get(json, "sim");
        for (const char* key : {"wall_s", "cycles_per_s"}) json_object_del(sim, key);
        char* text = json_dumps(json, JSON_SORT_KEYS);
        run.result = text;
        free(text);
        json_decref(json);
        return run;
    }
};

TEST_F(PlainNic, DoesWhatTheOneWithOffloadsDoesAtTheSameTimes) {
    for (const char* nic : {"rtl", "model"}) {
        for (const char* scenario : {"default", "both-1518", "stress", "event-idx", "indirect", "moderation", "reorder"}) {
            const Run plain = run(scenario, nic, "no"), full = run(scenario, nic, "yes");
            EXPECT_GT(plain.transcript.size(), 1000u);
            EXPECT_TRUE(plain.transcript == full.transcript) << scenario << " on the " << nic << ": the transcripts differ";
            EXPECT_EQ(plain.result, full.result) << scenario << " on the " << nic;
        }
    }
}

TEST_F(PlainNic, IsRefusedToADriverThatIsToldToUseAnOffload) {
    const Outcome outcome = ringside({"run", "checksum-offload", "--set", "nic.offloads=no"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("driver.checksum_offload: needs the NIC's offloads"), std::string::npos) << outcome.err;
}

TEST_F(PlainNic, IsRefusedInAShapeThatWasNotBuilt) {
    const Outcome outcome = ringside({"run", "queues-4", "--set", "nic.offloads=no"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("nic.offloads: no; nic.datapath_bits with nic.queue_pairs can be 256 with 1, 512 with 1"), std::string::npos)
        << outcome.err;
}

}  // namespace
}  // namespace system_test
