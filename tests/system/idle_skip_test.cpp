// SPDX-License-Identifier: Apache-2.0
// The jump over idle cycles is exact: every signal and every register of the device changes at the same times with it and without.
#include "fst_reader.h"
#include "ringside.h"

namespace system_test {
namespace {

class IdleSkip : public SystemTest {
protected:
    fst::File waves(const std::string& scenario, bool skip) {
        const std::string path = file(skip ? "skip.fst" : "all.fst");
        result({"run", scenario, "--waves", path, "--waves-depth", "full", "--set", std::string("nic.idle_skip=") + (skip ? "true" : "false")});
        return fst::read(path);
    }
};

TEST_F(IdleSkip, NoSignalButTheClockSeesIt) {
    for (const char* scenario : {"dns", "ping"}) {
        const fst::File skipped = waves(scenario, true), all = waves(scenario, false);
        ASSERT_EQ(skipped.signals, all.signals);
        EXPECT_GT(skipped.signals.size(), 1000u);
        for (const auto& [name, handle] : skipped.signals) {
            if (name.find("clk_i") != std::string::npos || name.find("cycle_i") != std::string::npos ||
                name.find("cycle_q") != std::string::npos)
                continue;  // the clock, the count of its cycles and that count a cycle later
            const auto a = skipped.changes.find(handle), b = all.changes.find(handle);
            ASSERT_EQ(a == skipped.changes.end(), b == all.changes.end()) << name;
            if (a != skipped.changes.end()) {
                EXPECT_TRUE(a->second == b->second) << scenario << ": " << name << " differs";
            }
        }
    }
}

}  // namespace
}  // namespace system_test
