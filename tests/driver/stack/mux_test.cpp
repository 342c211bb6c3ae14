// SPDX-License-Identifier: Apache-2.0
// The multiplexer between a miniport and two protocols whose every hand-over the test decides.
#include "../ndis/test_stack.h"
#include "packets.h"

extern "C" {
#include "mux_internal.h"
}

namespace {

using Nbls = std::vector<PNET_BUFFER_LIST>;

class Mux : public StackTest {
protected:
    Mux() {
        mux_.adapters = 2;
        mux_.prefix = "v";
        EXPECT_EQ(ndis_load_driver(ndis_, "mux", mux_driver_entry, &mux_), NDIS_STATUS_SUCCESS);
        EXPECT_EQ(ndis_load_driver(ndis_, "other", test_protocol_entry, &other_), NDIS_STATUS_SUCCESS);
        ndis_bind_only(ndis_, "mux", "nic0");
        ndis_bind_only(ndis_, "testproto", "v0");
        ndis_bind_only(ndis_, "other", "v1");
        protocol_.filter = other_.filter = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST;
    }
    mux mux_{};
    TestProtocol other_;
};

TEST_F(Mux, EachAdapterHearsWhatIsForItsAddress) {
    start();
    const Nbls nbls{frame_to(1), frame_to(1), frame_to(2), frame_to(3)};
    miniport_.indicate(nbls);
    EXPECT_EQ(protocol_.received, (Nbls{nbls[0], nbls[1]}));
    EXPECT_EQ(other_.received, (Nbls{nbls[2]}));
    EXPECT_EQ(miniport_.returned, (Nbls{nbls[3]}));  // for nobody
    other_.give_back({nbls[2]});
    protocol_.give_back({nbls[1]});
    protocol_.give_back({nbls[0]});
    EXPECT_EQ(miniport_.returned, (Nbls{nbls[3], nbls[2], nbls[1], nbls[0]}));
    free_all(nbls);
    stop();
}

TEST_F(Mux, AFrameToAllIsLentToOneAndGivenToTheOther) {
    start();
    PNET_BUFFER_LIST nbl = frame_to(0xFF);
    miniport_.indicate({nbl});
    EXPECT_EQ(protocol_.received, (Nbls{nbl}));
    EXPECT_TRUE(NDIS_TEST_RECEIVE_CANNOT_PEND(protocol_.receive_flags[0]));
    EXPECT_EQ(other_.received, (Nbls{nbl}));
    EXPECT_TRUE(NDIS_TEST_RECEIVE_CAN_PEND(other_.receive_flags[0]));
    other_.give_back({nbl});
    EXPECT_EQ(miniport_.returned, (Nbls{nbl}));
    free_nbl(nbl);
    stop();
}

TEST_F(Mux, WhatIsLentBelowIsLentAboveAndBackAfterTheCall) {
    start();
    const Nbls nbls{frame_to(1), frame_to(0xFF), frame_to(2)};
    miniport_.indicate(nbls, NDIS_RECEIVE_FLAGS_RESOURCES);
    EXPECT_EQ(protocol_.received.size(), 2u);
    EXPECT_EQ(other_.received.size(), 2u);
    EXPECT_TRUE(miniport_.returned.empty());
    EXPECT_EQ(nbls[0]->Next, nbls[1]);
    EXPECT_EQ(nbls[1]->Next, nbls[2]);
    free_all(nbls);
    stop();
}

TEST_F(Mux, SendsOfBothAreOneListsWorthBelowAndEndWithTheirOwn) {
    start();
    const Nbls nbls{frame_to(9), frame_to(9), frame_to(9)};
    for (PNET_BUFFER_LIST nbl : nbls) nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo] = nbl;  // out-of-band data goes along
    protocol_.send({nbls[0], nbls[2]});
    other_.send({nbls[1]});
    EXPECT_EQ(miniport_.held, (Nbls{nbls[0], nbls[2], nbls[1]}));
    for (PNET_BUFFER_LIST nbl : nbls) {
        EXPECT_EQ(nbl->SourceHandle, mux_.binding->handle);
        EXPECT_EQ(nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo], nbl);
    }
    miniport_.held = {nbls[1], nbls[0], nbls[2]};
    miniport_.complete_all();
    EXPECT_EQ(protocol_.completed, (Nbls{nbls[0], nbls[2]}));
    EXPECT_EQ(other_.completed, (Nbls{nbls[1]}));
    EXPECT_EQ(nbls[0]->SourceHandle, protocol_.binding);
    ndis_counts counts;
    ndis_get_counts(ndis_, &counts);
    EXPECT_EQ(counts.nbl_sent, 3u);
    EXPECT_EQ(counts.nbl_outstanding, 0u);
    free_all(nbls);
    stop();
}

// Frames of two connections: the sender's fault, which NDIS reports, and the multiplexer does not pass on.
TEST_F(Mux, AListThatMixesFlowsGoesBelowAsListsOfOneEachAndComesBackAsItWas) {
    start();
    const Frame a0 = packet_of(1, 0), a1 = packet_of(1, 1), a2 = packet_of(1, 2), b0 = packet_of(2, 0), b1 = packet_of(2, 1);
    const Nbls nbls{make_list({a0}), make_list({a0, a1, b0, a2}), make_list({b0, b1})};
    NET_BUFFER_LIST_INFO(nbls[1], Ieee8021QNetBufferListInfo) = &other_;
    NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbls[1], &mux_);
    protocol_.send(nbls);
    ASSERT_EQ(miniport_.held.size(), 5u);
    const Nbls parts(miniport_.held.begin() + 1, miniport_.held.begin() + 4);
    EXPECT_EQ(frames_of(parts[0]), (std::vector<Frame>{a0, a1}));
    EXPECT_EQ(frames_of(parts[1]), (std::vector<Frame>{b0}));
    EXPECT_EQ(frames_of(parts[2]), (std::vector<Frame>{a2}));
    EXPECT_EQ(miniport_.held[0], nbls[0]);
    EXPECT_EQ(miniport_.held[4], nbls[2]) << "two frames of one connection are a list as it should be";
    for (PNET_BUFFER_LIST part : parts) {
        EXPECT_EQ(part->ParentNetBufferList, nbls[1]);
        EXPECT_EQ(part->SourceHandle, mux_.binding->handle);
        EXPECT_EQ(NET_BUFFER_LIST_INFO(part, Ieee8021QNetBufferListInfo), &other_);
        EXPECT_EQ(NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(part), &mux_);
    }
    EXPECT_TRUE(violated("nbl.mixed_flows"));
    EXPECT_EQ(violations("nbl.mixed_flows"), 1u) << "of the protocol, and none of the multiplexer";
    miniport_.complete(parts[2]);
    miniport_.complete(parts[0], NDIS_STATUS_FAILURE);
    EXPECT_TRUE(protocol_.completed.empty());
    miniport_.complete(parts[1]);
    EXPECT_EQ(protocol_.completed, (Nbls{nbls[1]}));
    EXPECT_EQ(nbls[1]->Status, NDIS_STATUS_FAILURE);
    EXPECT_EQ(nbls[1]->SourceHandle, protocol_.binding);
    EXPECT_EQ(frames_of(nbls[1]), (std::vector<Frame>{a0, a1, b0, a2}));
    miniport_.complete_all();
    EXPECT_EQ(protocol_.completed, (Nbls{nbls[1], nbls[0], nbls[2]}));
    EXPECT_EQ(nbls[0]->Status, NDIS_STATUS_SUCCESS);
    free_all(nbls);
    stop();
}

TEST_F(Mux, AListThatMixesFlowsIsRefusedWholeWithoutMemoryForItsParts) {
    start();
    const Nbls nbls{make_list({packet_of(1, 0), packet_of(2, 0), packet_of(3, 0)}), make_list({packet_of(1, 1)})};
    unsigned refused = 0;
    for (unsigned skip = 0; skip < 12; skip++) {
        kernel_fail_allocations(kernel_, skip, 1);
        protocol_.send(nbls);
        miniport_.complete_all();
        ASSERT_EQ(protocol_.completed.size(), 2u) << skip;
        refused += nbls[0]->Status == NDIS_STATUS_RESOURCES;
        protocol_.completed.clear();
    }
    kernel_fail_allocations(kernel_, 0, 0);
    EXPECT_GT(refused, 0u);
    EXPECT_EQ(nbls[0]->Status, NDIS_STATUS_SUCCESS) << "in the end nothing failed any more";
    EXPECT_TRUE(violated("nbl.mixed_flows"));
    free_all(nbls);
    stop();
}

TEST_F(Mux, AListThatComesWhileTheBindingBelowIsPausedIsRefusedWhole) {
    start();
    mux_.binding->running = FALSE;  // as between NetEventPause and NetEventRestart
    const Nbls nbls{frame_to(9), frame_to(9), frame_to(9)};
    protocol_.send(nbls);
    EXPECT_EQ(protocol_.completed, nbls);
    for (PNET_BUFFER_LIST nbl : nbls) EXPECT_EQ(nbl->Status, NDIS_STATUS_PAUSED);
    mux_.binding->running = TRUE;
    free_all(nbls);
    stop();
}

TEST_F(Mux, AnNblThatTheLowerMiniportLosesIsNamedWithTheWholeWay) {
    start();
    PNET_BUFFER_LIST nbl = frame_to(9);
    protocol_.send({nbl});
    char text[1500];
    ndis_nbl_describe(nbl, text, sizeof(text));
    EXPECT_NE(std::string(text).find("sent testproto->v0]"), std::string::npos) << text;
    EXPECT_NE(std::string(text).find("sent mux->nic0]"), std::string::npos) << text;
    ndis_set_timeout(ndis_, 1000000);
    stop();
    EXPECT_TRUE(violated("nbl.lost"));
    EXPECT_NE(message("nbl.lost").find("with nic0 since"), std::string::npos) << message("nbl.lost");
    leaks_expected_ = true;
}

TEST_F(Mux, VirtualAdaptersHaveAddressesAndBackfillOfTheirOwn) {
    start();
    UCHAR address[6];
    EXPECT_EQ(other_.oid(NdisRequestQueryInformation, OID_802_3_CURRENT_ADDRESS, address, 6), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(address[5], 2);
    EXPECT_EQ(protocol_.data_backfill, 12u);
    EXPECT_EQ(protocol_.context_backfill, sizeof(struct mux_send));
    EXPECT_EQ(miniport_.filters.back(), static_cast<ULONG>(NDIS_PACKET_TYPE_PROMISCUOUS));  // the NIC does not know their addresses
    stop();
    EXPECT_EQ(miniport_.filters.back(), 0u);
}

TEST_F(Mux, ARemovedNicTakesTheVirtualAdaptersWithIt) {
    start();
    PNET_BUFFER_LIST nbl = frame_to(9);
    protocol_.send({nbl});
    miniport_.complete_on_removal = true;
    EXPECT_EQ(ndis_surprise_remove(ndis_, "nic0"), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(protocol_.calls, "bind restart pause unbind ");
    EXPECT_EQ(other_.calls, "bind restart pause unbind ");
    EXPECT_EQ(protocol_.completed, (Nbls{nbl}));
    EXPECT_EQ(mux_.binding, nullptr);
    free_nbl(nbl);
    stop();
}

TEST_F(Mux, AVirtualAdapterComesAndGoesUnderARunningStack) {
    start();
    mux_adapter* adapter = &mux_.binding->adapters[1];
    EXPECT_EQ(NdisIMInitializeDeviceInstanceEx(mux_.miniport, &adapter->name_string, adapter), NDIS_STATUS_NOT_ACCEPTED);  // it is up
    EXPECT_EQ(NdisIMDeInitializeDeviceInstance(adapter->handle), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(other_.calls, "bind restart pause unbind ");
    EXPECT_EQ(adapter->handle, nullptr);
    EXPECT_EQ(NdisIMInitializeDeviceInstanceEx(mux_.miniport, &adapter->name_string, adapter), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIMCancelInitializeDeviceInstance(mux_.miniport, &adapter->name_string), NDIS_STATUS_SUCCESS);  // not begun yet
    sleep_us(10);
    EXPECT_EQ(adapter->handle, nullptr);
    EXPECT_EQ(NdisIMInitializeDeviceInstanceEx(mux_.miniport, &adapter->name_string, adapter), NDIS_STATUS_SUCCESS);
    sleep_us(10);
    EXPECT_EQ(other_.calls, "bind restart pause unbind bind restart ");
    EXPECT_EQ(NdisIMCancelInitializeDeviceInstance(mux_.miniport, &adapter->name_string), NDIS_STATUS_FAILURE);  // too late
    EXPECT_EQ(NdisIMGetBindingContext(other_.binding), adapter);
    stop();
}

TEST_F(Mux, VirtualAdaptersNeedAnIntermediateDriver) {
    start();
    NDIS_STRING name;
    WCHAR text[] = u"\\DEVICE\\x";
    RtlInitUnicodeString(&name, text);
    EXPECT_EQ(NdisIMInitializeDeviceInstanceEx(miniport_.driver, &name, nullptr), NDIS_STATUS_NOT_SUPPORTED);
    EXPECT_TRUE(violated("ndis.state"));
    stop();
}

}  // namespace
