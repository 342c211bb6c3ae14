// SPDX-License-Identifier: Apache-2.0
// Programs that use a driver's device, beside the traffic of the stack that the driver is in.
#include "module.h"
#include "stack.h"

namespace {

const std::string program = SDK_MODULES "/sdk_correspond.so ";

class Programs : public testing::Test {
protected:
    Programs() {
        stack_.config.modules[0] = {SDK_MODULES "/sdk_mailbox.so", ""};
        stack_.config.stack[stack_.config.stack_count++] = {TRAFFIC_DRIVER_MODULE, 0};
        stack_.config.debug_print_ctx = this;
        stack_.config.program_print = [](void* self, const char* text) { static_cast<Programs*>(self)->printed_ += text; };
    }
    void run(const std::string& programs) {
        programs_ = programs;
        stack_.config.programs = programs_.c_str();
        for (unsigned i = 0; i < 20; i++) stack_.to_send.push_back(make_frame(i, 60 + i));
        ASSERT_EQ(stack_.start(), 0) << stack_.error;
        traffic_start_programs(stack_.traffic);
        ASSERT_TRUE(stack_.run_until_sent());
        stack_.run_for(1000 * 1000);
    }
    std::string refused(const std::string& programs) {
        programs_ = programs;
        stack_.config.programs = programs_.c_str();
        EXPECT_EQ(stack_.start(), -EINVAL);
        return stack_.error;
    }
    std::string stopped() {  // what was reported by the end
        stack_.stop();
        stack_.expect_clean = false;
        return stack_.violations();
    }
    std::string programs_, printed_;
    Stack stack_;
};

}  // namespace

TEST_F(Programs, WriteToADeviceAndReadFromIt) {
    run(program + "write hello");
    EXPECT_TRUE(traffic_programs_done(stack_.traffic));
    EXPECT_EQ(printed_, "run 1: read 5 bytes: hello, wide, 1099511627776\n");
    stack_.expect_all_sent();
}

TEST_F(Programs, RunOneAfterAnotherAndBeginWithFreshVariables) {
    run(program + "write one ; " + program + "write second;");
    EXPECT_EQ(printed_, "run 1: read 3 bytes: one, wide, 1099511627776\nrun 1: read 6 bytes: second, wide, 1099511627776\n");
}

TEST_F(Programs, ControlCodesAndTheirErrorsAreThoseOfWindows) {
    run(program + "turn");
    EXPECT_TRUE(traffic_programs_done(stack_.traffic));
}

TEST_F(Programs, AStatusOtherThanZeroFailsTheRun) {
    run(program + "fail 3");
    EXPECT_EQ(stopped(), "program.failed (driver.programs) packet -1: sdk_correspond ended with status 3\n");
}

TEST_F(Programs, AMainThatReturnsNothingDoesNotFail) {
    run(SDK_MODULES "/sdk_silent.so");
    EXPECT_EQ(printed_, "silent\n");
}

TEST_F(Programs, WhatAProgramWaitsForIsCancelledWhenTheStackGoesDown) {
    run(program + "wait; " + program + "write never");
    EXPECT_FALSE(traffic_programs_done(stack_.traffic));
    EXPECT_STREQ(traffic_program_running(stack_.traffic), "sdk_correspond");
    EXPECT_EQ(stopped(), "");
    EXPECT_EQ(printed_, "cancelled: 995\n");
}

TEST_F(Programs, AFileThatIsNoProgramIsRefused) {
    EXPECT_NE(refused(SDK_MODULES "/sdk_counting.so").find("has no main"), std::string::npos) << stack_.error;
}

TEST_F(Programs, TooManyAreRefused) {
    std::string many;
    for (int i = 0; i < 9; i++) many += program + "turn;";
    EXPECT_NE(refused(many).find("at most 8"), std::string::npos) << stack_.error;
}
