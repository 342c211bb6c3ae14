// SPDX-License-Identifier: Apache-2.0
// Receive buffers that the system allocates and the driver attaches: the data buffer ring, and how long a buffer is out.
#include "test_client.h"

namespace {

class NetcxDataBuffers : public ClientTest {
protected:
    NetcxDataBuffers() { client_.data_buffers = 1; }
    void begin() {
        start();
        sleep_us(50);
    }
    UINT32 had() const {  // buffers that the driver has
        const NET_RING* ring = client_.rx_buffers();
        return NetRingGetRangeCount(ring, ring->BeginIndex, ring->EndIndex);
    }
    UCHAR* at(UINT32 index) const {
        return static_cast<UCHAR*>(NetExtensionGetFragmentVirtualAddress(&client_.buffer_va, index)->VirtualAddress);
    }
    NET_FRAGMENT_DATA_BUFFER_HANDLE& handle(UINT32 index) const {
        return *static_cast<NET_FRAGMENT_DATA_BUFFER_HANDLE*>(NetRingGetElementAtIndex(client_.rx_buffers(), index));
    }
    void give_back() {
        protocol_.give_back(protocol_.received);
        protocol_.received.clear();
        sleep_us(20);
    }
    // At the end of the next EvtAdvance.
    void once(std::function<void()> what) {
        client_.after_rx = [what = std::move(what), done = false]() mutable {
            if (done) return;
            done = true;
            what();
        };
    }
    // Breaks a rule in the EvtAdvance that receives a frame.
    void break_rule(std::function<void()> what, const char* rule) {
        begin();
        once(std::move(what));
        receive({frame(1, 100)});
        EXPECT_TRUE(violated(rule)) << rule;
        EXPECT_EQ(accounted_, 1u);
        give_back();
        stop();
    }
};

TEST_F(NetcxDataBuffers, AreReadyForTheDevice) {
    begin();
    ASSERT_EQ(had(), 15u);
    const NET_RING* ring = client_.rx_buffers();
    for (UINT32 i = ring->BeginIndex; i != ring->EndIndex; i = NetRingIncrementIndex(ring, i)) {
        const Bytes written = frame(i, client_.frame_bytes);
        const UINT64 la = NetExtensionGetFragmentLogicalAddress(&client_.buffer_la, i)->LogicalAddress;
        EXPECT_EQ(reinterpret_cast<ULONG_PTR>(at(i)) % PAGE_SIZE, 0u);
        ASSERT_TRUE(fake_platform_dma_write(fake_, la, written.data(), written.size()));
        EXPECT_EQ(Bytes(at(i), at(i) + client_.frame_bytes), written);
    }
    stop();
}

TEST_F(NetcxDataBuffers, AFrameIsShownWhereTheDriverPutItAndItsBufferComesBack) {
    begin();
    for (unsigned i = 0; i < 100; i++) {
        const UCHAR* expected = at(client_.rx_buffers()->BeginIndex);
        receive({frame(i, 60 + i)});
        ASSERT_EQ(protocol_.received.size(), 1u);
        EXPECT_EQ(bytes_of(protocol_.received[0]), expected);
        EXPECT_EQ(Bytes(expected, expected + 60 + i), frame(i, 60 + i));
        give_back();
        EXPECT_EQ(had(), 15u);
    }
    stop();
}

TEST_F(NetcxDataBuffers, OneMayBackSeveralFramesAndIsFreeWithTheLast) {
    client_.data_buffers = 4;
    begin();
    const NET_FRAGMENT_DATA_BUFFER_HANDLE first = handle(client_.rx_buffers()->BeginIndex);
    receive({frame(1, 100), frame(2, 200), frame(3, 256), frame(4, 60)});
    ASSERT_EQ(protocol_.received.size(), 4u);
    UCHAR* buffer = bytes_of(protocol_.received[0]);
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(bytes_of(protocol_.received[i]), buffer + 256 * i);
        EXPECT_EQ(bytes_of(protocol_.received[i])[20], frame(i + 1, 60)[20]);
    }
    const auto is_posted = [&] {
        const NET_RING* ring = client_.rx_buffers();
        for (UINT32 i = ring->BeginIndex; i != ring->EndIndex; i = NetRingIncrementIndex(ring, i))
            if (handle(i) == first) return true;
        return false;
    };
    for (unsigned i = 0; i < 3; i++) {
        protocol_.give_back({protocol_.received[i]});
        sleep_us(20);
        EXPECT_FALSE(is_posted());
    }
    protocol_.give_back({protocol_.received[3]});
    protocol_.received.clear();
    for (unsigned i = 0; i < 16 && !is_posted(); i++) {  // it is on top of those that are free
        receive(std::vector<Bytes>(4, frame(1, 60)));
        give_back();
    }
    EXPECT_TRUE(is_posted());
    stop();
}

TEST_F(NetcxDataBuffers, ADriverGoesOnWhenEveryBufferWasOut) {
    begin();
    receive(std::vector<Bytes>(30, frame(7, 100)));
    EXPECT_EQ(protocol_.received.size(), 16u);  // as many as there are
    EXPECT_EQ(had(), 0u);
    give_back();
    EXPECT_EQ(protocol_.received.size(), 14u);
    give_back();
    EXPECT_EQ(had(), 15u);
    stop();
}

TEST_F(NetcxDataBuffers, AStopTakesBackWhatTheDriverHas) {
    for (int i = 0; i < 3; i++) {
        begin();
        receive({frame(1, 100), frame(2, 100)});
        give_back();
        EXPECT_EQ(had(), 15u);
        stop();
        reload();
    }
}

TEST_F(NetcxDataBuffers, WithoutDmaTheyHaveNoLogicalAddress) {
    client_.dma = false;
    begin();
    EXPECT_EQ(NetExtensionGetFragmentLogicalAddress(&client_.buffer_la, client_.rx_buffers()->BeginIndex)->LogicalAddress, 0u);
    receive({frame(1, 100)});
    EXPECT_EQ(protocol_.received.size(), 1u);
    give_back();
    stop();
}

TEST_F(NetcxDataBuffers, AFrameThatNobodyWantsGivesItsBufferBack) {
    protocol_.filter = 0;
    begin();
    receive(std::vector<Bytes>(40, frame(1, 100)));
    EXPECT_TRUE(protocol_.received.empty());
    EXPECT_TRUE(client_.to_receive.empty());
    EXPECT_EQ(had(), 15u);
    stop();
}

TEST_F(NetcxDataBuffers, Rule12_AnElementThatTheDriverHasIsNotWritten) {
    break_rule([this] { NetExtensionGetFragmentLogicalAddress(&client_.buffer_la, client_.rx_buffers()->BeginIndex)->LogicalAddress = 1; },
               "netcx.data_buffers");
    EXPECT_NE(message("netcx.data_buffers").find("element 1 of the data buffer ring was changed"), std::string::npos);
}

TEST_F(NetcxDataBuffers, Rule12_AnElementOfTheSystemsIsNotWritten) {
    break_rule([this] { handle(client_.rx_buffers()->EndIndex) = nullptr; handle(client_.rx_buffers()->BeginIndex) = nullptr; },
               "netcx.data_buffers");
}

TEST_F(NetcxDataBuffers, Rule2_BeginIndexOfTheirRingStaysInWhatTheDriverHas) {
    break_rule([this] { client_.rx_buffers()->BeginIndex = client_.rx_buffers()->EndIndex + 2; }, "netcx.begin_index");
}

TEST_F(NetcxDataBuffers, AFragmentWithoutOneIsReportedAndItsFrameDropped) {
    break_rule(
        [this] {
            const NET_RING* ring = client_.rx_fragments();
            NetExtensionGetFragmentDataBuffer(&client_.rx_data, NetRingAdvanceIndex(ring, ring->BeginIndex, -1))->Handle = nullptr;
        },
        "netcx.rx_buffer");
    EXPECT_NE(message("netcx.rx_buffer").find("no data buffer that it had"), std::string::npos);
}

TEST_F(NetcxDataBuffers, OneThatTheDriverGaveBackIsNotItsToUse) {
    begin();
    const NET_FRAGMENT_DATA_BUFFER_HANDLE old = handle(client_.rx_buffers()->BeginIndex);
    receive({frame(1, 100)});  // goes back with the frame, and a protocol holds it
    once([&] {
        const NET_RING* ring = client_.rx_fragments();
        NetExtensionGetFragmentDataBuffer(&client_.rx_data, NetRingAdvanceIndex(ring, ring->BeginIndex, -1))->Handle = old;
    });
    receive({frame(2, 100)});
    EXPECT_EQ(protocol_.received.size(), 1u);
    EXPECT_TRUE(violated("netcx.rx_buffer"));
    give_back();
    stop();
}

}  // namespace
