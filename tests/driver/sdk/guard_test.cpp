// SPDX-License-Identifier: Apache-2.0
// Drivers that read or write an NBL which they do not have are found at the instruction that does it.
#include "module.h"
#include "stack.h"

namespace {

class Guard : public testing::Test {
protected:
    void put(const std::string& path) {
        paths_.push_back(path);
        const unsigned number = stack_.config.stack_count++;
        stack_.config.modules[number] = {paths_.back().c_str(), ""};
        stack_.config.stack[number] = {TRAFFIC_DRIVER_MODULE, 0};
    }
    // Sends and receives with the filter; what was reported by the end.
    std::string run(const char* touch) {
        registry_ = std::string("sdk_touching/Touch=") + touch + "\n";
        stack_.config.registry = registry_.c_str();
        stack_.config.guard_nbls = true;
        for (unsigned i = 0; i < 12; i++) stack_.to_send.push_back(make_frame(i, 60 + i));
        EXPECT_EQ(stack_.start(), 0) << stack_.error;
        EXPECT_TRUE(stack_.run_until_sent());
        for (unsigned i = 0; i < 4; i++) {
            EXPECT_TRUE(stack_.receive(make_frame(i, 100)));
            stack_.run_for(5000);
        }
        stack_.run_for(100 * 1000);
        stack_.expect_all_sent();
        EXPECT_EQ(stack_.received.size(), 4u);
        stack_.stop();
        stack_.expect_clean = false;
        return stack_.violations();
    }
    static unsigned lines_of(const std::string& text) { return static_cast<unsigned>(std::count(text.begin(), text.end(), '\n')); }
    std::vector<std::string> paths_;
    std::string registry_;
    Stack stack_;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_F(Guard, ADriverThatTouchesOnlyWhatItHasIsNotReported) {
    paths_.reserve(8);
    put(SDK_MODULES "/sdk_touching.so");
    put(SDK_MODULES "/stack_capture.so");
    EXPECT_EQ(run("0"), "");
}

TEST_F(Guard, ASendThatWasPassedOnMayNotBeRead) {
    put(SDK_MODULES "/sdk_touching.so");
    const std::string report = run("1");
    EXPECT_TRUE(has(report, "nbl.touched")) << report;
    EXPECT_TRUE(has(report, "was read by sdk_touching, which does not have it, at touching.c:27 in Send")) << report;
    EXPECT_LE(lines_of(report), 2u) << "each place once: " << report;
}

TEST_F(Guard, ASendThatWasCompletedMayNotBeWritten) {
    put(SDK_MODULES "/sdk_touching.so");
    const std::string report = run("2");
    EXPECT_TRUE(has(report, "was written by sdk_touching, which does not have it, at touching.c:34 in SendComplete (Scratch): it is with traffic"))
        << report;
}

TEST_F(Guard, AReceiveThatWasIndicatedMayNotBeRead) {
    put(SDK_MODULES "/sdk_touching.so");
    const std::string report = run("3");
    EXPECT_TRUE(has(report, "was read by sdk_touching, which does not have it, at touching.c:41 in Receive")) << report;
}

TEST_F(Guard, AnNblThatWasFreedMayNotBeWritten) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "AddressSanitizer ends the program at such a write";
#endif
    put(SDK_MODULES "/sdk_touching.so");
    const std::string report = run("4");
    EXPECT_TRUE(has(report, "was written by sdk_touching, which does not have it, at touching.c:55 in Restart (ProtocolReserved): it was freed at"))
        << report;
}

TEST_F(Guard, WithoutItTheSameDriverGoesUnnoticed) {
    put(SDK_MODULES "/sdk_touching.so");
    registry_ = "sdk_touching/Touch=1\n";
    stack_.config.registry = registry_.c_str();
    stack_.to_send.push_back(make_frame(1, 60));
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    ASSERT_TRUE(stack_.run_until_sent());
    stack_.stop();
    EXPECT_EQ(stack_.violations(), "");
}

}  // namespace
