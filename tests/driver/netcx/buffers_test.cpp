// SPDX-License-Identifier: Apache-2.0
// Receive buffers of the driver's: attached by it, and returned to it once each when the system is done.
#include "test_client.h"

namespace {

class NetcxDriverBuffers : public ClientTest {
protected:
    enum { COUNT = 40 };
    NetcxDriverBuffers() {
        client_.driver_buffers = true;
        for (unsigned i = 0; i < COUNT; i++)
            memory_.push_back(static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, client_.frame_bytes, 1)));
        client_.buffers = memory_;
    }
    ~NetcxDriverBuffers() override {
        EXPECT_EQ(client_.buffers.size(), static_cast<size_t>(COUNT));
        for (UCHAR* buffer : memory_) ExFreePool(buffer);
    }
    void give_back() {
        protocol_.give_back(protocol_.received);
        protocol_.received.clear();
        sleep_us(20);
    }
    std::vector<UCHAR*> memory_;
};

TEST_F(NetcxDriverBuffers, AFrameIsShownWhereTheDriverPutItAndItsBufferReturned) {
    client_.rx_offset = 10;
    start();
    for (unsigned i = 0; i < 100; i++) {
        UCHAR* expected = client_.buffers.back();
        receive({frame(i, 60 + i)});
        ASSERT_EQ(protocol_.received.size(), 1u);
        EXPECT_EQ(bytes_of(protocol_.received[0]), expected + 10);
        EXPECT_EQ(Bytes(expected + 10, expected + 70 + i), frame(i, 60 + i));
        EXPECT_EQ(client_.buffers.size(), COUNT - 1u);
        give_back();
        EXPECT_EQ(client_.buffers_returned, i + 1);
    }
    stop();
}

TEST_F(NetcxDriverBuffers, MoreBuffersThanTheSystemHasDescriptionsForWaitOnTheRing) {
    start();
    receive(std::vector<Bytes>(20, frame(1, 100)));
    EXPECT_EQ(protocol_.received.size(), 16u);
    give_back();
    EXPECT_EQ(protocol_.received.size(), 4u);
    give_back();
    EXPECT_EQ(client_.buffers_returned, 20u);
    stop();
}

TEST_F(NetcxDriverBuffers, ABufferOfAFrameThatIsDroppedIsReturnedToo) {
    protocol_.filter = 0;  // nobody wants frames
    start();
    receive({frame(1, 100), frame(2, 100)});
    EXPECT_TRUE(protocol_.received.empty());
    EXPECT_EQ(client_.buffers_returned, 2u);
    stop();
}

TEST_F(NetcxDriverBuffers, EveryBufferIsReturnedBeforeTheQueueStops) {
    start();
    receive({frame(1, 100), frame(2, 100)});
    client_.calls.clear();
    protocol_.give_back(protocol_.received);
    stop();
    EXPECT_EQ(client_.calls.find("return return "), 0u) << client_.calls;
    EXPECT_LT(client_.calls.rfind("return"), client_.calls.find("stop-rx"));
}

TEST_F(NetcxDriverBuffers, AFragmentWithoutItsCapacityIsReported) {
    start();
    client_.after_rx = [this, done = false]() mutable {
        if (done || protocol_.filter == 0) return;
        done = true;
        NET_RING* ring = client_.rx_fragments();
        NetRingGetFragmentAtIndex(ring, NetRingAdvanceIndex(ring, ring->BeginIndex, -1))->Capacity = 0x3FFFFFF;
    };
    receive({frame(1, 100)});
    EXPECT_TRUE(violated("netcx.rx_fragment"));
    EXPECT_TRUE(protocol_.received.empty());
    EXPECT_EQ(client_.buffers_returned, 1u);
    stop();
}

TEST_F(NetcxDriverBuffers, TheCallbackIsMandatory) {
    client_.declare = [](NET_ADAPTER_TX_CAPABILITIES&, NET_ADAPTER_RX_CAPABILITIES& rx, NET_ADAPTER_DMA_CAPABILITIES&) {
        rx.EvtAdapterReturnRxBuffer = nullptr;
    };
    EXPECT_NE(ndis_start(ndis_), NDIS_STATUS_SUCCESS);
    EXPECT_NE(message("netcx.capabilities").find("EvtAdapterReturnRxBuffer is missing"), std::string::npos);
    EXPECT_TRUE(violated("netcx.capabilities"));
}

}  // namespace
