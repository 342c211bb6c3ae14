// SPDX-License-Identifier: Apache-2.0
// NBLs to packets and back: what the driver finds, what is bounced and what is not, and the life of the queues.
#include "test_client.h"

namespace {

class NetcxDatapath : public ClientTest {
protected:
    const NET_FRAGMENT& fragment(size_t index = 0) { return client_.fragments.back()[index]; }
};

TEST_F(NetcxDatapath, CallbacksComeInTheDocumentedOrder) {
    start();
    EXPECT_EQ(client_.calls, "prepare enter create-tx create-rx start-tx start-rx ");
    client_.calls.clear();
    ndis_pause(ndis_);
    EXPECT_EQ(client_.calls, "cancel-tx cancel-rx stop-tx stop-rx ");
    client_.calls.clear();
    ndis_restart(ndis_);
    EXPECT_EQ(client_.calls, "start-tx start-rx ");
    client_.calls.clear();
    stop();
    EXPECT_EQ(client_.calls, "cancel-tx cancel-rx stop-tx stop-rx cleanup cleanup exit release ");
}

TEST_F(NetcxDatapath, AFrameInOnePieceIsMappedAndNotCopied) {
    start();
    send(frame(1, 100));
    ASSERT_EQ(client_.sent.size(), 1u);
    EXPECT_EQ(client_.sent[0], frame(1, 100));
    EXPECT_EQ(fragment().OsReserved_Bounced, 0u);
    EXPECT_EQ(fragment().Offset, 0u);
    EXPECT_EQ(fragment().ValidLength, 100u);
    stop();
}

TEST_F(NetcxDatapath, TheBackfillIsInFrontOfThePayloadWhereThereIsRoom) {
    client_.declare = [](NET_ADAPTER_TX_CAPABILITIES& tx, NET_ADAPTER_RX_CAPABILITIES&, NET_ADAPTER_DMA_CAPABILITIES&) { tx.PayloadBackfill = 12; };
    start();
    send(frame(1, 100), 20);
    EXPECT_EQ(client_.sent.back(), frame(1, 100));
    EXPECT_EQ(fragment().OsReserved_Bounced, 0u);
    EXPECT_EQ(fragment().Offset, 12u);
    EXPECT_EQ(fragment().Capacity, 112u);
    send(frame(2, 100), 4);
    EXPECT_EQ(client_.sent.back(), frame(2, 100));
    EXPECT_EQ(fragment().OsReserved_Bounced, 1u);
    EXPECT_EQ(fragment().Offset, 12u);
    stop();
}

TEST_F(NetcxDatapath, AnAddressThatIsNotAlignedIsBounced) {
    client_.declare = [](NET_ADAPTER_TX_CAPABILITIES& tx, NET_ADAPTER_RX_CAPABILITIES&, NET_ADAPTER_DMA_CAPABILITIES&) { tx.FragmentBufferAlignment = 16; };
    start();
    send(frame(1, 100), 16);
    EXPECT_EQ(fragment().OsReserved_Bounced, 0u);
    send(frame(2, 100), 17);
    EXPECT_EQ(fragment().OsReserved_Bounced, 1u);
    EXPECT_EQ(client_.sent.back(), frame(2, 100));
    stop();
}

TEST_F(NetcxDatapath, AnAddressAboveTheLimitIsBounced) {
    client_.declare = [](NET_ADAPTER_TX_CAPABILITIES&, NET_ADAPTER_RX_CAPABILITIES&, NET_ADAPTER_DMA_CAPABILITIES& dma) {
        dma.MaximumPhysicalAddress.QuadPart = (INT64_C(1) << 34) - 1;  // of what the system allocates, enough
    };
    start();
    send(frame(1, 100));
    EXPECT_EQ(fragment().OsReserved_Bounced, 1u);
    EXPECT_EQ(client_.sent.back(), frame(1, 100));
    stop();
}

TEST_F(NetcxDatapath, WithoutDmaAFragmentIsAnMdl) {
    client_.dma = false;
    start();
    send(frame(1, 100));
    EXPECT_EQ(client_.sent.back(), frame(1, 100));
    EXPECT_TRUE(client_.tx_va.Enabled);
    EXPECT_FALSE(client_.tx_la.Enabled);
    receive({frame(2, 80)});
    ASSERT_EQ(protocol_.received.size(), 1u);
    protocol_.give_back(protocol_.received);
    stop();
}

TEST_F(NetcxDatapath, FramesThatNoAdapterSendsArePacketsToIgnore) {
    start();
    PNET_BUFFER_LIST nbl = make_nbl(1519);
    protocol_.send({nbl});
    sleep_us(50);
    ASSERT_EQ(protocol_.completed.size(), 1u);
    EXPECT_TRUE(client_.sent.empty());
    free_nbl(nbl);
    send(frame(1, 1518));
    EXPECT_EQ(client_.sent.size(), 1u);
    stop();
}

TEST_F(NetcxDatapath, ThePacketSaysWhereTheHeadersAre) {
    start();
    Bytes udp = frame(1, 60);
    udp[12] = 8, udp[13] = 0, udp[14] = 0x46, udp[23] = 17, udp[20] = udp[21] = 0;
    send(udp);
    const NET_PACKET_LAYOUT& layout = client_.packets.back().Layout;
    EXPECT_EQ(layout.Layer2Type, NetPacketLayer2TypeEthernet);
    EXPECT_EQ(layout.Layer2HeaderLength, 14u);
    EXPECT_EQ(layout.Layer3Type, NetPacketLayer3TypeIPv4WithOptions);
    EXPECT_EQ(layout.Layer3HeaderLength, 24u);
    EXPECT_EQ(layout.Layer4Type, NetPacketLayer4TypeUdp);
    EXPECT_EQ(layout.Layer4HeaderLength, 8u);
    stop();
}

TEST_F(NetcxDatapath, ReceivedBuffersComeBackToTheRing) {
    client_.rx_offset = 30;
    start();
    for (unsigned i = 0; i < 100; i++) {
        receive({frame(i, 60 + i)});
        ASSERT_EQ(protocol_.received.size(), 1u);
        EXPECT_EQ(protocol_.received[0]->FirstNetBuffer->DataLength, 60 + i);
        EXPECT_EQ(Bytes(bytes_of(protocol_.received[0]), bytes_of(protocol_.received[0]) + 60 + i), frame(i, 60 + i));
        protocol_.give_back(protocol_.received);
        protocol_.received.clear();
        sleep_us(5);
    }
    stop();
}

TEST_F(NetcxDatapath, ReceivingGoesOnWhenEveryBufferWasOut) {
    start();
    std::vector<Bytes> many(20, frame(7, 100));
    receive(many);
    EXPECT_EQ(protocol_.received.size(), 16u);  // as many as there are buffers
    EXPECT_EQ(client_.rx_fragments()->BeginIndex, client_.rx_fragments()->EndIndex);
    protocol_.give_back(protocol_.received);
    protocol_.received.clear();
    sleep_us(50);
    EXPECT_EQ(protocol_.received.size(), 4u);
    protocol_.give_back(protocol_.received);
    stop();
}

TEST_F(NetcxDatapath, TheDriverIsAskedToNotifyWhenThereIsNothingToDo) {
    start();
    sleep_us(50);
    const unsigned before = client_.armed_rx;
    EXPECT_GT(before, 0u);
    EXPECT_EQ(client_.armed_tx, 0u);  // nothing is out
    receive({frame(1, 100)});
    EXPECT_GT(client_.armed_rx, before);
    protocol_.give_back(protocol_.received);
    client_.hold_sends = true;
    PNET_BUFFER_LIST nbl = make_nbl(100);
    protocol_.send({nbl});
    sleep_us(50);
    EXPECT_GT(client_.armed_tx, 0u);
    client_.hold_sends = false;
    NetTxQueueNotifyMoreCompletedPacketsAvailable(client_.tx);
    sleep_us(50);
    ASSERT_EQ(protocol_.completed.size(), 1u);
    free_nbl(nbl);
    stop();
}

TEST_F(NetcxDatapath, SendsThatTheRingHasNoRoomForWait) {
    client_.hold_sends = true;
    start();
    std::vector<PNET_BUFFER_LIST> all;
    for (unsigned i = 0; i < 40; i++) all.push_back(make_nbl(100));
    protocol_.send(all);
    sleep_us(50);
    EXPECT_EQ(NetRingGetRangeCount(client_.tx_packets(), client_.tx_packets()->BeginIndex, client_.tx_packets()->EndIndex), 15u);
    client_.hold_sends = false;
    NetTxQueueNotifyMoreCompletedPacketsAvailable(client_.tx);
    sleep_us(100);
    EXPECT_EQ(protocol_.completed.size(), 40u);
    for (PNET_BUFFER_LIST nbl : all) free_nbl(nbl);
    stop();
}

TEST_F(NetcxDatapath, AnAdapterThatWasNotStartedIsReported) {
    client_.start = false;
    EXPECT_NE(ndis_start(ndis_), NDIS_STATUS_SUCCESS);
    EXPECT_TRUE(violated("netcx.start"));
}

TEST_F(NetcxDatapath, CapabilitiesThatNoAdapterHasAreReported) {
    client_.declare = [](NET_ADAPTER_TX_CAPABILITIES& tx, NET_ADAPTER_RX_CAPABILITIES&, NET_ADAPTER_DMA_CAPABILITIES&) {
        tx.FragmentRingNumberOfElementsHint = 100;
    };
    EXPECT_NE(ndis_start(ndis_), NDIS_STATUS_SUCCESS);
    EXPECT_NE(message("netcx.capabilities").find("FragmentRingNumberOfElementsHint is no power of two"), std::string::npos);
    EXPECT_TRUE(violated("netcx.capabilities"));
}

TEST_F(NetcxDatapath, ADriverThatFailsToPrepareIsReleased) {
    client_.prepare = [] { return STATUS_UNSUCCESSFUL; };
    EXPECT_NE(ndis_start(ndis_), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(client_.calls, "prepare release ");
}

}  // namespace
