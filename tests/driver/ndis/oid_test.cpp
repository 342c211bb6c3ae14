// SPDX-License-Identifier: Apache-2.0
// OID requests through filters: queued, pended, completed later, cancelled, asked at DISPATCH_LEVEL.
#include "test_filter.h"

namespace {

class NdisOid : public FilterTest {
protected:
    NdisOid() {
        filter_.sees_oids = true;
        protocol_.told_later = true;
        reload();
    }
    void start_one() {
        add(filter_, "filter");
        start();
        calls_.clear();
    }
    // A query that only the miniport can answer. It must stay where it is until it is completed.
    PNDIS_OID_REQUEST query(PVOID id = nullptr) {
        requests_.emplace_back(new NDIS_OID_REQUEST{});
        PNDIS_OID_REQUEST request = requests_.back().get();
        request->Header = {NDIS_OBJECT_TYPE_OID_REQUEST, 1, sizeof(*request)};
        request->RequestType = NdisRequestQueryInformation;
        request->RequestId = id;
        request->DATA.QUERY_INFORMATION.Oid = OID_GEN_VENDOR_ID;
        request->DATA.QUERY_INFORMATION.InformationBuffer = &answer_;
        request->DATA.QUERY_INFORMATION.InformationBufferLength = sizeof(answer_);
        return request;
    }
    NDIS_STATUS ask(PNDIS_OID_REQUEST request) { return NdisOidRequest(protocol_.binding, request); }
    void answer_next(NDIS_STATUS status = NDIS_STATUS_SUCCESS) {
        PNDIS_OID_REQUEST request = miniport_.pended.front();
        miniport_.pended.erase(miniport_.pended.begin());
        NdisMOidRequestComplete(miniport_.adapter, request, status);
    }
    TestFilter filter_;
    TestProtocol other_;
    std::vector<std::unique_ptr<NDIS_OID_REQUEST>> requests_;
    ULONG answer_ = 0;
};

using Done = std::vector<std::pair<PNDIS_OID_REQUEST, NDIS_STATUS>>;

TEST_F(NdisOid, AFinalStatusComesBackAtOnceAndIsNotToldAgain) {
    start_one();
    protocol_.done.clear();
    EXPECT_EQ(ask(query()), NDIS_STATUS_NOT_SUPPORTED);
    EXPECT_EQ(protocol_.done, Done{});
    EXPECT_EQ(calls_, "filter:oid ");
    stop();
}

TEST_F(NdisOid, WhatTheMiniportPendsIsToldOnceWhenItIsDone) {
    start_one();
    protocol_.done.clear();
    miniport_.pends = true;
    PNDIS_OID_REQUEST request = query();
    EXPECT_EQ(ask(request), NDIS_STATUS_PENDING);
    EXPECT_EQ(protocol_.done, Done{});
    EXPECT_NE(miniport_.pended.front(), request);  // the filter's clone
    answer_next();
    EXPECT_EQ(protocol_.done, (Done{{request, NDIS_STATUS_SUCCESS}}));
    stop();
}

TEST_F(NdisOid, ACompletionInsideTheCallIsToldBeforeItReturns) {
    start_one();
    protocol_.done.clear();
    miniport_.completes_inside = true;
    PNDIS_OID_REQUEST request = query();
    EXPECT_EQ(ask(request), NDIS_STATUS_PENDING);
    EXPECT_EQ(protocol_.done, (Done{{request, NDIS_STATUS_SUCCESS}}));
    stop();
}

TEST_F(NdisOid, OneAtATimeIsInEachDriverAndTheOthersWaitInOrder) {
    start_one();
    protocol_.done.clear();
    miniport_.pends = true;
    std::vector<PNDIS_OID_REQUEST> all;
    for (int i = 0; i < 3; i++) {
        all.push_back(query());
        EXPECT_EQ(ask(all.back()), NDIS_STATUS_PENDING);
    }
    EXPECT_EQ(calls_, "filter:oid ");
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(miniport_.pended.size(), 1u);
        answer_next(i == 1 ? NDIS_STATUS_FAILURE : NDIS_STATUS_SUCCESS);
        sleep_us(1);
    }
    EXPECT_EQ(protocol_.done, (Done{{all[0], NDIS_STATUS_SUCCESS}, {all[1], NDIS_STATUS_FAILURE}, {all[2], NDIS_STATUS_SUCCESS}}));
    stop();
}

TEST_F(NdisOid, AtDispatchLevelTheMiniportIsStillCalledAtPassive) {
    start_one();
    protocol_.done.clear();
    PNDIS_OID_REQUEST request = query();
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(ask(request), NDIS_STATUS_PENDING);
    KeLowerIrql(old);
    sleep_us(1);
    EXPECT_EQ(protocol_.done, (Done{{request, NDIS_STATUS_NOT_SUPPORTED}}));
    EXPECT_EQ(miniport_.oid_irql, PASSIVE_LEVEL);
    stop();
}

TEST_F(NdisOid, ACancelledRequestThatWaitsIsAborted) {
    start_one();
    protocol_.done.clear();
    miniport_.pends = true;
    int first_id, second_id;
    PNDIS_OID_REQUEST first = query(&first_id), second = query(&second_id);
    ask(first);
    ask(second);
    NdisCancelOidRequest(protocol_.binding, &second_id);
    EXPECT_EQ(protocol_.done, (Done{{second, NDIS_STATUS_REQUEST_ABORTED}}));
    NdisCancelOidRequest(protocol_.binding, &first_id);
    EXPECT_EQ(filter_.cancelled_oids, (std::vector<PVOID>{&first_id}));  // who has it below decides
    EXPECT_EQ(miniport_.cancelled_oids, (std::vector<PVOID>{&first_id}));
    answer_next(NDIS_STATUS_REQUEST_ABORTED);
    EXPECT_EQ(protocol_.done.back(), std::make_pair(first, static_cast<NDIS_STATUS>(NDIS_STATUS_REQUEST_ABORTED)));
    stop();
}

TEST_F(NdisOid, AFilterAsksForItself) {
    start_one();
    NDIS_OID_REQUEST request = *query();
    EXPECT_EQ(NdisFOidRequest(filter_.module, &request), NDIS_STATUS_NOT_SUPPORTED);
    EXPECT_EQ(calls_, "");
    stop();
}

TEST_F(NdisOid, PassingOnTheRequestItselfIsReported) {
    start_one();
    filter_.hold_oids = true;
    PNDIS_OID_REQUEST request = query();
    EXPECT_EQ(ask(request), NDIS_STATUS_PENDING);
    EXPECT_EQ(NdisFOidRequest(filter_.module, request), NDIS_STATUS_NOT_ACCEPTED);
    EXPECT_TRUE(violated("ndis.oid"));
    NdisFOidRequestComplete(filter_.module, request, NDIS_STATUS_FAILURE);
    filter_.hold_oids = false;
    stop();
}

TEST_F(NdisOid, CompletedTwice) {
    start_one();
    miniport_.pends = true;
    ask(query());
    PNDIS_OID_REQUEST clone = miniport_.pended.front();
    answer_next();
    NdisMOidRequestComplete(miniport_.adapter, clone, NDIS_STATUS_SUCCESS);
    EXPECT_TRUE(violated("ndis.oid"));
    EXPECT_EQ(protocol_.done.size(), 1u);
    stop();
}

TEST_F(NdisOid, CompletedAndReturnedAsWell) {
    start_one();
    miniport_.completes_inside = true;
    miniport_.inside_returns = NDIS_STATUS_SUCCESS;
    EXPECT_EQ(ask(query()), NDIS_STATUS_PENDING);
    EXPECT_TRUE(violated("ndis.oid"));
    EXPECT_NE(message("ndis.oid").find("also returned"), std::string::npos);
    stop();
}

TEST_F(NdisOid, ARequestThatIsNeverDoneIsReportedInTime) {
    start_one();
    ndis_set_timeout(ndis_, 1000000);
    miniport_.pends = true;
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});  // NDIS looks while there is something to look at
    ask(query());
    sleep_us(2000);
    EXPECT_TRUE(violated("ndis.timed_oid"));
    EXPECT_NE(message("ndis.timed_oid").find("nic0 has not completed"), std::string::npos) << message("ndis.timed_oid");
    miniport_.complete_all();
    violated("nbl.timed_send");
    answer_next();
    free_nbl(nbl);
    stop();
}

TEST_F(NdisOid, MulticastListsOfTheBindingsAreOneBelowAndApartAbove) {
    protocol_.filter = NDIS_PACKET_TYPE_MULTICAST;
    TestProtocol& other = other_;
    other.filter = NDIS_PACKET_TYPE_MULTICAST;
    ASSERT_EQ(ndis_load_driver(ndis_, "otherproto", test_protocol_entry, &other), NDIS_STATUS_SUCCESS);
    start_one();
    UCHAR a[6] = {1, 0, 0x5E, 0, 0, 1}, both[12] = {1, 0, 0x5E, 0, 0, 1, 1, 0, 0x5E, 0, 0, 2};
    EXPECT_EQ(protocol_.oid(NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, a, 6), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(other.oid(NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, both, 12), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(miniport_.multicast, (std::vector<UCHAR>(both, both + 12)));  // without doubles
    PNET_BUFFER_LIST first = make_nbl(60), second = make_nbl(60);
    memcpy(bytes_of(first), both, 6);
    memcpy(bytes_of(second), both + 6, 6);
    miniport_.indicate({first, second});
    EXPECT_EQ(protocol_.received, (std::vector<PNET_BUFFER_LIST>{first}));
    EXPECT_EQ(other.received, (std::vector<PNET_BUFFER_LIST>{first, second}));
    other.give_back({first, second});
    UCHAR odd[7];
    EXPECT_EQ(protocol_.oid(NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, odd, 7), NDIS_STATUS_INVALID_LENGTH);
    free_nbl(first);
    free_nbl(second);
    stop();
    EXPECT_TRUE(miniport_.multicast.empty());  // the last binding closed
}

}  // namespace
