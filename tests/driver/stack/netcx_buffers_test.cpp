// SPDX-License-Identifier: Apache-2.0
// The NetAdapterCx client of the NIC with receive buffers in each of the ways that there are.
#include "stack.h"

namespace {

class NetcxBufferModes : public ::testing::TestWithParam<const char*> {
protected:
    NetcxBufferModes() {
        registry_ = std::string("netviocx/nic0/ReceiveBufferMode=") + GetParam() + "\n";
        stack_.config.miniport = TRAFFIC_MINIPORT_NETCX;
        stack_.config.registry = registry_.c_str();
        stack_.machine.device.features |= uint64_t{1} << VIRTIO_F_RING_RESET_BIT;
    }
    static Bytes inbound(unsigned i) { return make_frame(i, 60 + (i * 53) % 1400); }
    std::string registry_;
    Stack stack_;
};

TEST_P(NetcxBufferModes, FramesArriveBitIdentical) {
    for (unsigned i = 0; i < 50; i++) stack_.to_send.push_back(make_frame(i, 100));
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    ASSERT_TRUE(stack_.run_until_sent());
    stack_.expect_all_sent();
    for (unsigned i = 0; i < 600; i++) {
        ASSERT_TRUE(stack_.receive(inbound(i)));
        stack_.run_for(10000);
    }
    stack_.run_for(100000);
    ASSERT_EQ(stack_.received.size(), 600u);
    for (unsigned i = 0; i < 600; i++) ASSERT_EQ(stack_.received[i], inbound(i)) << "frame " << i;
    EXPECT_EQ(stack_.counts().nbl_outstanding, 0u);
}

TEST_P(NetcxBufferModes, ReceivesMoreThanTheRingHolds) { stack_.receive_more_than_the_ring_holds(370); }

TEST_P(NetcxBufferModes, NoBufferIsLostByARestart) {
    stack_.config.rx_queue_size = 16;
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    unsigned count = 0;
    for (unsigned round = 0; round < 12; round++) {
        ASSERT_EQ(traffic_restart_stack(stack_.traffic), 0);
        for (unsigned i = 0; i < 10; i++, count++) {
            ASSERT_TRUE(stack_.receive(inbound(count))) << "round " << round;
            if (i % 3 == round % 3) stack_.run_for(20000);
        }
        stack_.run_for(100000);
        ASSERT_EQ(stack_.received.size(), count);
        EXPECT_EQ(stack_.received.back(), inbound(count - 1));
    }
}

TEST_P(NetcxBufferModes, EverythingIsGivenBackWhenTheCardIsPulled) {
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    for (unsigned i = 0; i < 5; i++) ASSERT_TRUE(stack_.receive(inbound(i)));
    stack_.run_for(5000);
    fake_device_remove(stack_.fake);
    ASSERT_EQ(traffic_surprise_remove(stack_.traffic, 0), 0);
    EXPECT_EQ(stack_.counts().nbl_outstanding, 0u);
}

std::string name_of(const testing::TestParamInfo<const char*>& mode) {
    static const char* const names[] = {"System", "Driver", "DataBuffers"};
    return names[mode.param[0] - '0'];
}

INSTANTIATE_TEST_SUITE_P(All, NetcxBufferModes, testing::Values("0", "1", "2"), name_of);

}  // namespace
