// SPDX-License-Identifier: Apache-2.0
// Filter drivers: attach, pause, restart, and every way of an NBL through a stack of them.
#include "test_filter.h"

namespace {

using Nbls = std::vector<PNET_BUFFER_LIST>;

class NdisFilter : public FilterTest {
protected:
    NdisFilter() {
        bottom_.sees_oids = top_.sees_oids = true;
        bottom_.sees_events = top_.sees_events = true;
    }
    void start_two() {
        add(bottom_, "bottom");
        add(top_, "top");
        start();
        calls_.clear();
    }
    TestFilter bottom_, top_;
};

TEST_F(NdisFilter, ModulesAttachFromTheBottomAndDetachFromTheTop) {
    add(bottom_, "bottom");
    add(top_, "top");
    start();
    // OIDs are the packet filter. Restarted once to learn what they add to the attributes, and again with the protocol that was bound meanwhile.
    EXPECT_EQ(calls_, "bottom:attach top:attach bottom:restart top:restart top:pause bottom:pause top:oid bottom:oid bottom:restart top:restart ");
    calls_.clear();
    stop();
    EXPECT_EQ(calls_, "top:pause bottom:pause top:oid bottom:oid top:detach bottom:detach ");  // the packet filter goes to 0
    EXPECT_EQ(bottom_.attached + top_.attached, 0u);
}

TEST_F(NdisFilter, ASendPassesEveryFilterAndItsCompletionToo) {
    start_two();
    PNET_BUFFER_LIST a = make_nbl(60), b = make_nbl(60);
    protocol_.send({a, b});
    EXPECT_EQ(miniport_.held, (Nbls{a, b}));
    miniport_.complete_all();
    EXPECT_EQ(protocol_.completed, (Nbls{a, b}));
    EXPECT_EQ(calls_, "top:send bottom:send bottom:complete top:complete ");
    free_nbl(a);
    free_nbl(b);
    stop();
}

TEST_F(NdisFilter, AReceivePassesEveryFilterAndItsReturnToo) {
    start_two();
    PNET_BUFFER_LIST a = make_nbl(60), b = make_nbl(60);
    miniport_.indicate({a, b});
    EXPECT_EQ(protocol_.received, (Nbls{a, b}));
    protocol_.give_back({b});
    protocol_.give_back({a});
    EXPECT_EQ(miniport_.returned, (Nbls{b, a}));
    EXPECT_EQ(calls_, "bottom:receive top:receive top:return bottom:return top:return bottom:return ");
    free_nbl(a);
    free_nbl(b);
    stop();
}

TEST_F(NdisFilter, FiltersWithoutDataPathHandlersArePassedBy) {
    bottom_.sees_sends = bottom_.sees_receives = false;
    top_.sees_receives = false;
    start_two();
    PNET_BUFFER_LIST out = make_nbl(60), in = make_nbl(60);
    protocol_.send({out});
    miniport_.complete_all();
    miniport_.indicate({in});
    protocol_.give_back({in});
    EXPECT_EQ(calls_, "top:send top:complete ");
    EXPECT_EQ(miniport_.returned, (Nbls{in}));
    free_nbl(out);
    free_nbl(in);
    stop();
}

TEST_F(NdisFilter, AFilterMayHoldASendAndPassItOnLater) {
    top_.hold_sends = true;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    EXPECT_TRUE(miniport_.held.empty());
    char text[1000];
    ndis_nbl_describe(nbl, text, sizeof(text));
    EXPECT_NE(std::string(text).find("with top since"), std::string::npos) << text;
    top_.pass_sends();
    miniport_.complete_all();
    EXPECT_EQ(protocol_.completed, (Nbls{nbl}));
    free_nbl(nbl);
    stop();
}

TEST_F(NdisFilter, AFilterMayCompleteASendItself) {
    bottom_.hold_sends = true;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    bottom_.refuse_sends(NDIS_STATUS_FAILURE);
    EXPECT_EQ(protocol_.completed, (Nbls{nbl}));
    EXPECT_EQ(nbl->Status, NDIS_STATUS_FAILURE);
    EXPECT_EQ(calls_, "top:send bottom:send top:complete ");
    EXPECT_TRUE(miniport_.held.empty());
    free_nbl(nbl);
    stop();
}

TEST_F(NdisFilter, AFilterMayDropAReceive) {
    bottom_.hold_receives = true;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl});
    bottom_.return_receives();
    EXPECT_EQ(miniport_.returned, (Nbls{nbl}));
    EXPECT_TRUE(protocol_.received.empty());
    EXPECT_EQ(calls_, "bottom:receive ");
    free_nbl(nbl);
    stop();
}

TEST_F(NdisFilter, WhatAFilterSendsItselfEndsWithIt) {
    start_two();
    PNET_BUFFER_LIST own = make_nbl(60), theirs = make_nbl(60);
    own->SourceHandle = top_.module;
    NdisFSendNetBufferLists(top_.module, own, 0, 0);
    protocol_.send({theirs});
    EXPECT_EQ(miniport_.held, (Nbls{own, theirs}));
    miniport_.complete_all();  // one call: NDIS sorts them
    EXPECT_EQ(top_.completed, (Nbls{own, theirs}));
    EXPECT_EQ(bottom_.completed, (Nbls{own, theirs}));
    EXPECT_EQ(protocol_.completed, (Nbls{theirs}));
    free_nbl(own);
    free_nbl(theirs);
    stop();
}

TEST_F(NdisFilter, WhatAFilterIndicatesItselfIsReturnedToIt) {
    start_two();
    PNET_BUFFER_LIST own = make_nbl(60), theirs = make_nbl(60);
    own->SourceHandle = bottom_.module;
    NdisFIndicateReceiveNetBufferLists(bottom_.module, own, 0, 1, 0);
    miniport_.indicate({theirs});
    EXPECT_EQ(protocol_.received, (Nbls{own, theirs}));
    protocol_.give_back({own, theirs});
    EXPECT_EQ(bottom_.returned, (Nbls{own, theirs}));
    EXPECT_EQ(top_.returned, (Nbls{own, theirs}));
    EXPECT_EQ(miniport_.returned, (Nbls{theirs}));
    free_nbl(own);
    free_nbl(theirs);
    stop();
}

TEST_F(NdisFilter, ResourcesIsBackWithEveryFilterWhenItsCallReturns) {
    start_two();
    std::vector<PNET_BUFFER_LIST> nbls;
    for (int i = 0; i < 70; i++) nbls.push_back(make_nbl(60));  // more than NDIS lends in one call
    miniport_.indicate(nbls, NDIS_RECEIVE_FLAGS_RESOURCES);
    EXPECT_EQ(protocol_.received, nbls);
    for (size_t i = 0; i + 1 < nbls.size(); i++) EXPECT_EQ(nbls[i]->Next, nbls[i + 1]);
    EXPECT_TRUE(miniport_.returned.empty());
    EXPECT_TRUE(top_.returned.empty());
    for (PNET_BUFFER_LIST nbl : nbls) free_nbl(nbl);
    stop();
}

TEST_F(NdisFilter, AFilterMayLendWhatItWasGiven) {
    bottom_.add_receive_flags = NDIS_RECEIVE_FLAGS_RESOURCES;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl});
    EXPECT_TRUE(NDIS_TEST_RECEIVE_CANNOT_PEND(protocol_.receive_flags[0]));
    EXPECT_EQ(miniport_.returned, (Nbls{nbl}));
    EXPECT_TRUE(top_.returned.empty());
    free_nbl(nbl);
    stop();
}

TEST_F(NdisFilter, WhatABindingDoesNotWantGoesBackThroughTheFilters) {
    protocol_.filter = NDIS_PACKET_TYPE_BROADCAST;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl});
    EXPECT_TRUE(protocol_.received.empty());
    EXPECT_EQ(calls_, "bottom:receive top:receive top:return bottom:return ");
    EXPECT_EQ(miniport_.returned, (Nbls{nbl}));
    free_nbl(nbl);
    stop();
}

TEST_F(NdisFilter, CancelReachesEveryFilterAndTheMiniport) {
    start_two();
    int id;
    NdisCancelSendNetBufferLists(protocol_.binding, &id);
    EXPECT_EQ(top_.cancelled_sends, (std::vector<PVOID>{&id}));
    EXPECT_EQ(bottom_.cancelled_sends, (std::vector<PVOID>{&id}));
    EXPECT_EQ(miniport_.cancelled_sends, (std::vector<PVOID>{&id}));
    stop();
}

TEST_F(NdisFilter, APauseWaitsForWhatTheFilterHolds) {
    bottom_.hold_receives = true;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl});
    platform* seam = kernel_platform(kernel_);
    seam->ops->timer_start(seam->ctx, 300000, [](void* filter) { static_cast<TestFilter*>(filter)->return_receives(); }, &bottom_);
    ULONGLONG before = KeQueryInterruptTime();
    ndis_pause(ndis_);
    EXPECT_GE(KeQueryInterruptTime() - before, 3000u);
    EXPECT_EQ(miniport_.returned, (Nbls{nbl}));
    free_nbl(nbl);
    stop();
}

TEST_F(NdisFilter, APauseThatPendsEndsWithPauseComplete) {
    top_.pause_status = NDIS_STATUS_SUCCESS;
    start_two();
    top_.pause_status = NDIS_STATUS_PENDING;
    platform* seam = kernel_platform(kernel_);
    seam->ops->timer_start(seam->ctx, 1000, [](void* filter) { NdisFPauseComplete(static_cast<TestFilter*>(filter)->module); }, &top_);
    ndis_pause(ndis_);
    EXPECT_EQ(calls_, "top:pause bottom:pause ");
    top_.pause_status = NDIS_STATUS_SUCCESS;
    ndis_restart(ndis_);
    stop();
}

TEST_F(NdisFilter, WhatAFilterKeepsOverItsPauseIsNamed) {
    bottom_.hold_sends = true;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    stop();
    EXPECT_TRUE(violated("nbl.lost"));
    EXPECT_NE(message("nbl.lost").find("with bottom since"), std::string::npos) << message("nbl.lost");
    leaks_expected_ = true;
}

TEST_F(NdisFilter, ReceivesBeforeTheFilterRestartedGoBackAtOnce) {
    start_two();
    ndis_pause(ndis_);
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate_on_restart = nbl;
    ndis_restart(ndis_);
    EXPECT_EQ(miniport_.returned, (Nbls{nbl}));
    EXPECT_TRUE(protocol_.received.empty());
    free_nbl(nbl);
    stop();
}

TEST_F(NdisFilter, AFailedRestartTakesTheStackDown) {
    top_.restart_status = NDIS_STATUS_RESOURCES;
    add(bottom_, "bottom");
    add(top_, "top");
    EXPECT_EQ(ndis_start(ndis_), NDIS_STATUS_RESOURCES);
    EXPECT_EQ(calls_, "bottom:attach top:attach bottom:restart top:restart bottom:pause top:detach bottom:detach ");
}

TEST_F(NdisFilter, AModuleThatRefusesTheAdapterIsLeftOut) {
    bottom_.attach_status = NDIS_STATUS_NOT_SUPPORTED;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    miniport_.complete_all();
    EXPECT_EQ(calls_, "top:send top:complete ");
    free_nbl(nbl);
    stop();
}

TEST_F(NdisFilter, AModuleChoosesItsHandlersAtEachRestart) {
    top_.choose = true;
    start_two();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    miniport_.complete_all();
    EXPECT_EQ(calls_, "bottom:send bottom:complete ");
    calls_.clear();
    top_.choose_sends = true;
    EXPECT_EQ(NdisFRestartFilter(top_.module), NDIS_STATUS_SUCCESS);
    sleep_us(10);
    EXPECT_EQ(calls_, "top:pause bottom:pause top:options bottom:restart top:restart ");
    calls_.clear();
    protocol_.send({nbl});
    miniport_.complete_all();
    EXPECT_EQ(calls_, "top:send bottom:send bottom:complete top:complete ");
    free_nbl(nbl);
    stop();
}

TEST_F(NdisFilter, AModuleComesAndGoesUnderARunningStack) {
    add(bottom_, "bottom");
    start();
    add(top_, "top");
    EXPECT_EQ(top_.attached, 1u);
    PNET_BUFFER_LIST nbl = make_nbl(60);
    calls_.clear();
    protocol_.send({nbl});
    miniport_.complete_all();
    EXPECT_EQ(calls_, "top:send bottom:send bottom:complete top:complete ");
    EXPECT_EQ(ndis_remove_filter(ndis_, "nic0", "bottom"), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(bottom_.attached, 0u);
    calls_.clear();
    protocol_.send({nbl});
    miniport_.complete_all();
    EXPECT_EQ(calls_, "top:send top:complete ");
    free_nbl(nbl);
    stop();
}

TEST_F(NdisFilter, WhatFiltersNeedInFrontReachesTheProtocol) {
    bottom_.data_backfill = 4;
    bottom_.context_backfill = 16;
    top_.data_backfill = 8;
    start_two();
    EXPECT_EQ(protocol_.data_backfill, 12u + 4 + 8);
    EXPECT_EQ(protocol_.context_backfill, 16u);
    EXPECT_EQ(protocol_.restart_data_backfill, 12u + 4 + 8);  // and again when it restarts
    EXPECT_EQ(protocol_.filter_names, 2u);
    stop();
}

TEST_F(NdisFilter, AStatusAtHaltReachesNoModuleThatIsDetached) {
    start_two();
    miniport_.indicate_at_halt = true;
    stop();
    EXPECT_TRUE(bottom_.statuses.empty());
    EXPECT_TRUE(top_.statuses.empty());
}

TEST_F(NdisFilter, StatusIndicationsClimbThroughTheFilters) {
    start_two();
    NDIS_STATUS_INDICATION indication{};
    indication.Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, 1, sizeof(indication)};
    indication.StatusCode = NDIS_STATUS_NETWORK_CHANGE;
    NdisMIndicateStatusEx(miniport_.adapter, &indication);
    const std::vector<NDIS_STATUS> one{NDIS_STATUS_NETWORK_CHANGE};
    EXPECT_EQ(bottom_.statuses, one);
    EXPECT_EQ(top_.statuses, one);
    EXPECT_EQ(protocol_.statuses, one);
    NdisFIndicateStatus(top_.module, &indication);  // a filter's own
    EXPECT_EQ(top_.statuses, one);
    EXPECT_EQ(protocol_.statuses.size(), 2u);
    stop();
}

TEST_F(NdisFilter, PnpEventsGoUpAndDown) {
    start_two();
    EXPECT_EQ(ndis_net_event(ndis_, "nic0", NetEventReconfigure, nullptr, 0), NDIS_STATUS_NOT_SUPPORTED);  // the protocol's answer
    EXPECT_EQ(bottom_.net_events, (std::vector<NET_PNP_EVENT_CODE>{NetEventReconfigure}));
    EXPECT_EQ(top_.net_events, (std::vector<NET_PNP_EVENT_CODE>{NetEventReconfigure}));
    EXPECT_EQ(ndis_device_event(ndis_, "nic0", NdisDevicePnPEventPowerProfileChanged), NDIS_STATUS_SUCCESS);
    const std::vector<NDIS_DEVICE_PNP_EVENT> one{NdisDevicePnPEventPowerProfileChanged};
    EXPECT_EQ(top_.device_events, one);
    EXPECT_EQ(bottom_.device_events, one);
    EXPECT_EQ(miniport_.device_events, one);
    stop();
}

TEST_F(NdisFilter, TheStackCanBeWalked) {
    start_two();
    std::string seen;
    ndis_walk_stack(ndis_, [](void* arg, const ndis_stack_entry* entry) {
        *static_cast<std::string*>(arg) += std::string(entry->name) + (entry->sees_sends ? "+" : "-") + entry->state + " ";
    }, &seen);
    EXPECT_EQ(seen, "testproto-Running top+Running bottom+Running nic0-Running ");
    stop();
}

}  // namespace
