// SPDX-License-Identifier: Apache-2.0
// Drivers of NDIS 5 in a whole stack over the fake platform: the protocol by packets, the miniport by packets, or both, with drivers of NDIS 6
// between them.
#include "stack.h"

namespace {

struct Age {
    bool protocol, miniport;
};

class LegacyStack : public ::testing::TestWithParam<Age> {
protected:
    LegacyStack() {
        stack_.config.protocol_ndis5 = GetParam().protocol;
        if (GetParam().miniport) stack_.config.miniport = TRAFFIC_MINIPORT_NDIS5;
    }
    void both_ways(unsigned frames) {
        for (unsigned i = 0; i < frames; i++) stack_.to_send.push_back(make_frame(i, 60 + (i * 37) % 1400));
        ASSERT_EQ(stack_.start(), 0) << stack_.error;
        ASSERT_TRUE(stack_.run_until_sent());
        stack_.expect_all_sent();
        for (unsigned i = 0; i < frames; i++) {
            ASSERT_TRUE(stack_.receive(make_frame(i, 60 + (i * 53) % 1400)));
            stack_.run_for(10000);
        }
        stack_.run_for(100000);
        ASSERT_EQ(stack_.received.size(), frames);
        for (unsigned i = 0; i < frames; i++) ASSERT_EQ(stack_.received[i], make_frame(i, 60 + (i * 53) % 1400)) << "frame " << i;
        EXPECT_EQ(stack_.counts().nbl_outstanding, 0u);
        EXPECT_EQ(stack_.counts().nbl_sent, frames);
    }
    Stack stack_;
};

TEST_P(LegacyStack, CarriesEveryFrameBothWays) { both_ways(200); }

TEST_P(LegacyStack, CarriesFramesThatAreCutAnywhere) {
    for (traffic_cut cut : {TRAFFIC_CUT_HEADER, TRAFFIC_CUT_RANDOM, TRAFFIC_CUT_EVEN}) {
        Stack other;
        other.config.protocol_ndis5 = GetParam().protocol;
        if (GetParam().miniport) other.config.miniport = TRAFFIC_MINIPORT_NDIS5;
        other.config.cut = cut;
        other.config.pieces = 5;
        other.config.data_offset = 4090;
        for (unsigned i = 0; i < 100; i++) other.to_send.push_back(make_frame(i, 60 + (i * 37) % 1400));
        ASSERT_EQ(other.start(), 0) << other.error;
        ASSERT_TRUE(other.run_until_sent());
        other.expect_all_sent();
    }
}

TEST_P(LegacyStack, WorksUnderAndOverFiltersAndAnIntermediateDriver) {
    stack_.config.stack[0] = {TRAFFIC_DRIVER_CAPTURE, 0};
    stack_.config.stack[1] = {TRAFFIC_DRIVER_MUX, 2};
    stack_.config.stack[2] = {TRAFFIC_DRIVER_CAPTURE, 0};
    stack_.config.stack_count = 3;
    stack_.config.backfill = TRAFFIC_BACKFILL_ASKED;
    both_ways(50);
}

TEST_P(LegacyStack, LosesNothingWhenTheStackIsPausedAndRestarted) { stack_.send_over_restarts(); }

TEST_P(LegacyStack, ReceivesMoreThanTheRingHolds) { stack_.receive_more_than_the_ring_holds(380); }

INSTANTIATE_TEST_SUITE_P(Ages, LegacyStack, ::testing::Values(Age{true, false}, Age{false, true}, Age{true, true}),
                         [](const ::testing::TestParamInfo<Age>& info) {
                             return std::string(info.param.protocol ? "Protocol" : "") + (info.param.miniport ? "Miniport" : "") + "OfNdis5";
                         });

}  // namespace
