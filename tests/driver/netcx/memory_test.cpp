// SPDX-License-Identifier: Apache-2.0
// The memory that the system keeps for a client's queues: no more than their rings can use.
#include "test_client.h"

namespace {

class NetcxMemory : public ClientTest {
protected:
    enum { ELEMENTS = 32, TAGGED_HEADER = 18 };
    NetcxMemory() {
        client_.declare = [](NET_ADAPTER_TX_CAPABILITIES& tx, NET_ADAPTER_RX_CAPABILITIES& rx, NET_ADAPTER_DMA_CAPABILITIES&) {
            tx.FragmentRingNumberOfElementsHint = 4 * ELEMENTS;
            rx.FragmentRingNumberOfElementsHint = ELEMENTS;
        };
    }
    size_t shared() const { return fake_platform_coherent_bytes(fake_); }
};

TEST_F(NetcxMemory, IsAReceiveBufferForEachFragmentAndABounceBufferForEachPacket) {
    start();
    EXPECT_EQ(client_.rx_fragments()->NumberOfElements, UINT32{ELEMENTS});
    EXPECT_EQ(client_.tx_packets()->NumberOfElements, UINT32{ELEMENTS});
    EXPECT_EQ(shared(), ELEMENTS * (client_.frame_bytes + TAGGED_HEADER + client_.mtu));
    stop();
}

TEST_F(NetcxMemory, OfALongTransmitRingHasBounceBuffersForAPartOfIt) {
    client_.declare = [](NET_ADAPTER_TX_CAPABILITIES& tx, NET_ADAPTER_RX_CAPABILITIES& rx, NET_ADAPTER_DMA_CAPABILITIES&) {
        tx.FragmentRingNumberOfElementsHint = 4096;
        rx.FragmentRingNumberOfElementsHint = ELEMENTS;
    };
    start();
    EXPECT_EQ(shared(), ELEMENTS * client_.frame_bytes + 64 * (TAGGED_HEADER + client_.mtu));
    stop();
}

}  // namespace
