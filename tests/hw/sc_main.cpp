// SPDX-License-Identifier: Apache-2.0
// Entry point of the hw tests. SystemC elaborates once per process, so a run takes one test; ctest starts one process for each.
#include <gtest/gtest.h>

#include <systemc>

namespace {

class OneTestPerProcess : public testing::Environment {
    void SetUp() override {
        if (testing::UnitTest::GetInstance()->test_to_run_count() > 1)
            FAIL() << "SystemC elaborates once per process: use ctest, or name one test with --gtest_filter";
    }
};

}  // namespace

int sc_main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    testing::AddGlobalTestEnvironment(new OneTestPerProcess);  // owned by gtest
    return RUN_ALL_TESTS();
}
