// SPDX-License-Identifier: Apache-2.0
// A client in the middle of its work: one queue stops and starts, or the device goes to D3 and back, and every NBL comes home once.
#include <algorithm>

#include "miniport.h"
#include "test_client.h"

namespace {

class NetcxReset : public ClientTest {
protected:
    NDIS_STATUS reset_queue(ULONG number) { return protocol_.oid(NdisRequestSetInformation, OID_MINIPORT_RESET_QUEUE, &number, sizeof(number)); }
    NDIS_STATUS reset_device() { return protocol_.oid(NdisRequestSetInformation, OID_MINIPORT_RESET_DEVICE, nullptr, 0); }
};

TEST_F(NetcxReset, OneQueueStopsAndStartsAlone) {
    start();
    client_.calls.clear();
    EXPECT_EQ(reset_queue(0), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(client_.calls, "cancel-rx stop-rx start-rx ");
    client_.calls.clear();
    EXPECT_EQ(reset_queue(1), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(client_.calls, "cancel-tx stop-tx start-tx ");
    EXPECT_EQ(reset_queue(2), NDIS_STATUS_INVALID_DATA);
    send(frame(1, 100));
    receive({frame(2, 100)});
    EXPECT_EQ(client_.sent.size(), 1u);
    EXPECT_EQ(protocol_.received.size(), 1u);
    protocol_.give_back(protocol_.received);
    stop();
}

TEST_F(NetcxReset, TheDeviceGoesToD3AndBackWithNewQueues) {
    start();
    client_.calls.clear();
    EXPECT_EQ(reset_device(), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(client_.calls, "cancel-tx cancel-rx stop-tx stop-rx cleanup cleanup exit enter create-tx create-rx start-tx start-rx ");
    client_.calls.clear();
    EXPECT_EQ(ndis_reset(ndis_, "nic0"), NDIS_STATUS_SUCCESS) << "MiniportResetEx does the same";
    EXPECT_EQ(client_.calls, "cancel-tx cancel-rx stop-tx stop-rx cleanup cleanup exit enter create-tx create-rx start-tx start-rx ");
    send(frame(1, 100));
    EXPECT_EQ(client_.sent.size(), 1u);
    stop();
}

TEST_F(NetcxReset, WhatWaitsForATransmitQueueIsSentWhenItStartsAgain) {
    start();
    client_.hold_sends = true;  // until EvtCancel
    std::vector<PNET_BUFFER_LIST> nbls;
    for (unsigned i = 0; i < 60; i++) {  // more than the ring of 16 packets holds
        nbls.push_back(make_nbl(100));
        const Bytes bytes = frame(i, 100);
        std::copy(bytes.begin(), bytes.end(), bytes_of(nbls.back()));
    }
    protocol_.send(nbls);
    sleep_us(20);
    EXPECT_EQ(protocol_.completed.size(), 0u);
    EXPECT_EQ(reset_queue(1), NDIS_STATUS_SUCCESS);
    sleep_us(100);
    EXPECT_EQ(protocol_.completed.size(), 60u);
    ASSERT_EQ(client_.sent.size(), 60u);
    for (unsigned i = 0; i < 60; i++) EXPECT_EQ(client_.sent[i], frame(i, 100)) << i;
    for (PNET_BUFFER_LIST nbl : nbls) {
        EXPECT_EQ(nbl->Status, NDIS_STATUS_SUCCESS);
        free_nbl(nbl);
    }
    stop();
}

TEST_F(NetcxReset, TakesBackWhatTheDriverKeeps) {
    start();
    client_.hold_sends = client_.keep_sends = true;
    PNET_BUFFER_LIST nbl = make_nbl(100);
    protocol_.send({nbl});
    sleep_us(20);
    EXPECT_EQ(fake_platform_live_mappings(fake_), 1u);
    EXPECT_EQ(reset_queue(1), NDIS_STATUS_SUCCESS);
    EXPECT_TRUE(violated("netcx.stop"));
    EXPECT_EQ(fake_platform_live_mappings(fake_), 0u);
    ASSERT_EQ(protocol_.completed.size(), 1u);
    EXPECT_EQ(nbl->Status, NDIS_STATUS_FAILURE);
    free_nbl(nbl);
    client_.hold_sends = client_.keep_sends = false;
    send(frame(1, 100));
    EXPECT_EQ(client_.sent.back(), frame(1, 100));
    stop();
}

TEST_F(NetcxReset, TakesBackBuffersThatTheDriverKeeps) {
    start();
    client_.hold_receives = true;
    for (unsigned round = 0; round < 3; round++) EXPECT_EQ(reset_queue(0), NDIS_STATUS_SUCCESS);
    EXPECT_TRUE(violated("netcx.stop"));
    client_.hold_receives = false;
    for (unsigned i = 0; i < 15; i++) receive({frame(i, 100)});  // as many as the ring holds
    EXPECT_EQ(protocol_.received.size(), 15u);
    protocol_.give_back(protocol_.received);
    stop();
}

TEST_F(NetcxReset, OfTheDeviceGivesBackWhatWaits) {
    start();
    client_.hold_sends = true;
    std::vector<PNET_BUFFER_LIST> nbls;
    for (unsigned i = 0; i < 60; i++) nbls.push_back(make_nbl(100));
    protocol_.send(nbls);
    sleep_us(20);
    EXPECT_EQ(reset_device(), NDIS_STATUS_SUCCESS);
    ASSERT_EQ(protocol_.completed.size(), 60u);
    unsigned waited = 0;
    for (PNET_BUFFER_LIST nbl : nbls) {
        waited += nbl->Status == NDIS_STATUS_RESET_IN_PROGRESS;
        free_nbl(nbl);
    }
    EXPECT_EQ(waited + client_.sent.size(), 60u);
    EXPECT_GT(waited, 0u);
    send(frame(1, 100));
    stop();
}

TEST_F(NetcxReset, WaitsForReceivedPacketsAndLosesNoBuffer) {
    start();
    for (unsigned round = 0; round < 5; round++) {
        receive({frame(1, 100), frame(2, 200)});
        ASSERT_EQ(protocol_.received.size(), 2u);
        protocol_.give_back(protocol_.received);
        protocol_.received.clear();
        EXPECT_EQ(round % 2 ? reset_device() : reset_queue(0), NDIS_STATUS_SUCCESS);
    }
    stop();
}

}  // namespace
