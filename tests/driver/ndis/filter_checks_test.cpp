// SPDX-License-Identifier: Apache-2.0
// Each rule of hand-over between miniport, filters and protocols, broken by a driver that a test plays.
#include "test_filter.h"

namespace {

class FilterChecks : public FilterTest {
protected:
    void start_two() {
        add(bottom_, "bottom");
        add(top_, "top");
        start();
    }
    TestFilter bottom_, top_;
};

TEST_F(FilterChecks, CompletedTwiceWhileAFilterHasTheFirstCompletion) {
    bottom_.hold_sends = true;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    bottom_.refuse_sends(NDIS_STATUS_FAILURE);
    nbl->Next = nullptr;
    NdisFSendNetBufferListsComplete(bottom_.module, nbl, 0);
    EXPECT_TRUE(violated("nbl.completed_twice"));
    EXPECT_EQ(protocol_.completed.size(), 1u);
    free_nbl(nbl);
    stop();
}

TEST_F(FilterChecks, CompletedByADriverThatDoesNotHaveIt) {
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    NdisFSendNetBufferListsComplete(top_.module, nbl, 0);  // the miniport has it
    EXPECT_TRUE(violated("nbl.wrong_owner"));
    EXPECT_NE(message("nbl.wrong_owner").find("with nic0 since"), std::string::npos) << message("nbl.wrong_owner");
    miniport_.complete_all();
    free_nbl(nbl);
    stop();
}

TEST_F(FilterChecks, PassedOnTwice) {
    bottom_.hold_sends = true;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    bottom_.sends.clear();
    NdisFSendNetBufferLists(bottom_.module, nbl, 0, 0);
    NdisFSendNetBufferLists(bottom_.module, nbl, 0, 0);
    EXPECT_TRUE(violated("nbl.wrong_owner"));
    EXPECT_EQ(miniport_.held.size(), 1u);
    miniport_.complete_all();
    free_nbl(nbl);
    stop();
}

TEST_F(FilterChecks, ReturnedByTheWrongFilter) {
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl});
    nbl->Next = nullptr;
    NdisFReturnNetBufferLists(top_.module, nbl, 0);
    EXPECT_TRUE(violated("nbl.wrong_owner"));
    EXPECT_TRUE(miniport_.returned.empty());
    protocol_.give_back({nbl});
    free_nbl(nbl);
    stop();
}

TEST_F(FilterChecks, ReturnedAlthoughLent) {
    bottom_.hold_receives = true;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    bottom_.return_lent = true;
    miniport_.indicate({nbl}, NDIS_RECEIVE_FLAGS_RESOURCES);
    EXPECT_TRUE(violated("nbl.returned_resources"));
    EXPECT_TRUE(miniport_.returned.empty());
    free_nbl(nbl);
    stop();
}

TEST_F(FilterChecks, PassedOnWithoutTheResourcesFlag) {
    bottom_.drop_receive_flags = NDIS_RECEIVE_FLAGS_RESOURCES;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl}, NDIS_RECEIVE_FLAGS_RESOURCES);
    EXPECT_TRUE(violated("nbl.resources_flag"));
    EXPECT_TRUE(NDIS_TEST_RECEIVE_CANNOT_PEND(protocol_.receive_flags[0]));  // mended: the miniport has it back
    free_nbl(nbl);
    stop();
}

TEST_F(FilterChecks, KeptAfterResourcesAndGivenBackLater) {
    bottom_.hold_receives = true;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl}, NDIS_RECEIVE_FLAGS_RESOURCES);
    bottom_.pass_receives();  // it was not the filter's any more
    EXPECT_TRUE(violated("nbl.source_handle") || violated("nbl.wrong_owner"));
    violated("nbl.source_handle");
    protocol_.received.clear();
    stop();
    violated("nbl.lost");
    leaks_expected_ = true;
}

TEST_F(FilterChecks, LentAndSentOn) {
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send_lent = true;
    miniport_.indicate({nbl}, NDIS_RECEIVE_FLAGS_RESOURCES);
    EXPECT_TRUE(violated("nbl.resources_kept"));
    EXPECT_TRUE(miniport_.held.empty());
    free_nbl(nbl);
    stop();
}

TEST_F(FilterChecks, AChainThatIsNotGivenBackAsItWas) {
    start_two();
    PNET_BUFFER_LIST a = make_nbl(60), b = make_nbl(60);
    bottom_.cut_chain = true;
    miniport_.indicate({a, b}, NDIS_RECEIVE_FLAGS_RESOURCES);
    EXPECT_TRUE(violated("nbl.resources_chain"));
    EXPECT_EQ(a->Next, b);  // mended
    free_nbl(a);
    free_nbl(b);
    stop();
}

TEST_F(FilterChecks, ASendThatDoesNotComeBackInTime) {
    start_two();
    ndis_set_timeout(ndis_, 1000000);
    PNET_BUFFER_LIST nbl = make_nbl(60);
    ndis_nbl_set_packet(nbl, 5);
    protocol_.send({nbl});
    sleep_us(900);
    EXPECT_FALSE(violated("nbl.timed_send"));
    sleep_us(1000);
    EXPECT_TRUE(violated("nbl.timed_send"));
    EXPECT_EQ(fake_platform_find_violation(fake_, "nbl.timed_send")->packet, 5);
    const unsigned reports = fake_platform_violation_count(fake_);
    sleep_us(5000);
    EXPECT_EQ(fake_platform_violation_count(fake_), reports);  // said once
    miniport_.complete_all();
    free_nbl(nbl);
    stop();
}

TEST_F(FilterChecks, APauseThatIsNeverCompleted) {
    start_two();
    ndis_set_timeout(ndis_, 1000000);
    top_.pause_status = NDIS_STATUS_PENDING;
    stop();
    EXPECT_TRUE(violated("ndis.timeout"));
    EXPECT_NE(message("ndis.timeout").find("FilterPause of top"), std::string::npos) << message("ndis.timeout");
}

TEST_F(FilterChecks, APauseThatFails) {
    start_two();
    top_.pause_status = NDIS_STATUS_FAILURE;
    stop();
    EXPECT_TRUE(violated("ndis.pause"));
}

TEST_F(FilterChecks, APauseCompletedThatIsNotPending) {
    start_two();
    NdisFPauseComplete(top_.module);
    EXPECT_TRUE(violated("ndis.state"));
    stop();
}

TEST_F(FilterChecks, SendingWhilePaused) {
    start_two();
    ndis_pause(ndis_);
    PNET_BUFFER_LIST nbl = make_nbl(60);
    nbl->SourceHandle = top_.module;
    NdisFSendNetBufferLists(top_.module, nbl, 0, 0);
    EXPECT_TRUE(violated("ndis.state"));
    EXPECT_EQ(top_.completed.size(), 1u);  // refused, with the status that says so
    EXPECT_EQ(nbl->Status, NDIS_STATUS_PAUSED);
    free_nbl(nbl);
    stop();
}

TEST_F(FilterChecks, TheDispatchFlagBelowDispatchLevel) {
    bottom_.hold_sends = true;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    nbl->Next = nullptr;
    NdisFSendNetBufferLists(bottom_.module, nbl, 0, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
    EXPECT_TRUE(violated("nbl.flags"));
    miniport_.complete_all();
    free_nbl(nbl);
    stop();
}

TEST_F(FilterChecks, AHandleOfAnotherKind) {
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    NdisFSendNetBufferLists(protocol_.binding, nbl, 0, 0);
    EXPECT_TRUE(violated("ndis.handle"));
    free_nbl(nbl);
    stop();
}

TEST_F(FilterChecks, ChangingHandlersOutsideOfModuleOptions) {
    start_two();
    NDIS_FILTER_PARTIAL_CHARACTERISTICS partial{};
    partial.Header = {NDIS_OBJECT_TYPE_FILTER_PARTIAL_CHARACTERISTICS, 1, sizeof(partial)};
    EXPECT_NE(NdisSetOptionalHandlers(top_.module, reinterpret_cast<PNDIS_DRIVER_OPTIONAL_HANDLERS>(&partial)), NDIS_STATUS_SUCCESS);
    EXPECT_TRUE(violated("ndis.state"));
    stop();
}

TEST_F(FilterChecks, OriginatingWithoutTheCallbackThatEndsIt) {
    top_.sees_sends = false;
    top_.sees_receives = false;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    nbl->SourceHandle = top_.module;
    NdisFSendNetBufferLists(top_.module, nbl, 0, 0);
    EXPECT_TRUE(violated("ndis.filter_handlers"));
    miniport_.complete_all();
    free_nbl(nbl);
    stop();
}

TEST_F(FilterChecks, PacketsAboveDispatchLevel) {
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
    protocol_.send({nbl});
    KeLowerIrql(old);
    EXPECT_TRUE(violated("kernel.irql"));
    EXPECT_NE(message("kernel.irql").find("NdisSendNetBufferLists was called at IRQL 3"), std::string::npos) << message("kernel.irql");
    miniport_.complete_all();
    free_nbl(nbl);
    stop();
}

TEST_F(FilterChecks, RegisteringAboveItsLevel) {
    start_two();
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    NDIS_HANDLE handle;
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS chars{};
    EXPECT_EQ(NdisRegisterProtocolDriver(nullptr, &chars, &handle), NDIS_STATUS_BAD_CHARACTERISTICS);
    KeLowerIrql(old);
    EXPECT_TRUE(violated("kernel.irql"));
    stop();
}

TEST_F(FilterChecks, RequiredHandlersAreRequired) {
    EXPECT_EQ(ndis_load_driver(ndis_, "bad", [](PDRIVER_OBJECT driver, PUNICODE_STRING) -> NTSTATUS {
        NDIS_FILTER_DRIVER_CHARACTERISTICS chars{};
        chars.Header = {NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS, 2, sizeof(chars)};
        chars.MajorNdisVersion = 6;
        NDIS_HANDLE handle;
        return NdisFRegisterFilterDriver(driver, nullptr, &chars, &handle);
    }, nullptr), NDIS_STATUS_BAD_CHARACTERISTICS);
    start();
    stop();
}

}  // namespace
