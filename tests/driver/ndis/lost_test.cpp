// SPDX-License-Identifier: Apache-2.0
// What NDIS tells of an NBL that is lost or was misused, each by a driver that a test plays.
#include <cstring>

#include "platform_lost.h"
#include "test_filter.h"

namespace {

class NblLost : public StackTest {
protected:
    NblLost() { start(); }
    ~NblLost() override { stop(); }
    unsigned told() { return fake_platform_lost_count(fake_); }
    const platform_lost& last() { return *fake_platform_lost(fake_, told() - 1); }
};

TEST_F(NblLost, ASendThatIsNeverCompletedIsWithTheMiniport) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    bytes_of(nbl)[0] = 0xAB;
    ndis_nbl_set_packet(nbl, 9);
    protocol_.send({nbl});
    stop();
    EXPECT_TRUE(violated("nbl.lost"));
    ASSERT_EQ(told(), 1u) << "once, however many layers wait for it";
    EXPECT_EQ(last().kind, PLATFORM_LOST_IN_MINIPORT);
    EXPECT_STREQ(last().holder, "nic0");
    EXPECT_EQ(last().nbl, nbl);
    EXPECT_EQ(last().number, ndis_nbl_number(nbl));
    EXPECT_EQ(last().packet, 9);
    EXPECT_FALSE(last().receive);
    EXPECT_EQ(last().freed_site, nullptr);
    EXPECT_STREQ(last().when, "the pause of the protocol");
    ASSERT_EQ(last().nb_count, 1u);
    EXPECT_EQ(last().nbs[0].nb, nbl->FirstNetBuffer);
    EXPECT_EQ(last().nbs[0].data_length, 60u);
    EXPECT_EQ(last().nbs[0].bytes[0], 0xAB);
    ASSERT_EQ(last().nbs[0].mdl_count, 1u);
    EXPECT_EQ(last().nbs[0].mdl[0].va, bytes_of(nbl));
    EXPECT_EQ(last().nbs[0].mdl[0].length, 60u);
    leaks_expected_ = true;
}

TEST_F(NblLost, TheHistoryNamesTheCalls) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    miniport_.complete(nbl);
    protocol_.send({nbl});
    stop();
    EXPECT_TRUE(violated("nbl.lost"));
    ASSERT_EQ(last().hop_count, 3u);
    EXPECT_STREQ(last().hops[0].what, "sent");
    EXPECT_STREQ(last().hops[0].from, "testproto");
    EXPECT_STREQ(last().hops[0].to, "nic0");
    EXPECT_STREQ(last().hops[1].what, "completed");
    for (unsigned i = 0; i < 3; i++) {
        ASSERT_NE(last().hops[i].site, nullptr);
        EXPECT_EQ(std::strncmp(last().hops[i].site, "test_stack.cpp:", 15), 0) << last().hops[i].site;
    }
    EXPECT_STRNE(last().hops[0].site, last().hops[1].site);
    EXPECT_LE(last().hops[0].time_ps, last().hops[2].time_ps);
    leaks_expected_ = true;
}

TEST_F(NblLost, AnIndicatedOneIsWithTheProtocolThatKeepsIt) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl});
    stop();
    EXPECT_TRUE(violated("nbl.lost"));
    EXPECT_EQ(last().kind, PLATFORM_LOST_NOT_RETURNED);
    EXPECT_STREQ(last().holder, "testproto");
    EXPECT_TRUE(last().receive);
    leaks_expected_ = true;
}

TEST_F(NblLost, CompletedTwiceIsToldAtOnce) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    miniport_.complete(nbl);
    miniport_.complete(nbl);
    EXPECT_TRUE(violated("nbl.completed_twice"));
    ASSERT_EQ(told(), 1u);
    EXPECT_EQ(last().kind, PLATFORM_LOST_TWICE);
    EXPECT_STREQ(last().misuser, "nic0");
    EXPECT_STREQ(last().holder, "testproto");
    free_nbl(nbl);
}

TEST_F(NblLost, CompletedByAMiniportThatNeverHadItIsTheWrongDriver) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.complete(nbl);
    EXPECT_TRUE(violated("nbl.completed_not_sent"));
    ASSERT_EQ(told(), 1u);
    EXPECT_EQ(last().kind, PLATFORM_LOST_WRONG_DRIVER);
    EXPECT_STREQ(last().misuser, "nic0");
    free_nbl(nbl);
}

TEST_F(NblLost, ReturnedByAProtocolThatSentItIsTheWrongDriver) {
    PNET_BUFFER_LIST nbl = make_nbl(60), received = make_nbl(60);
    miniport_.indicate({received});
    protocol_.received.clear();
    miniport_.complete(received);
    EXPECT_TRUE(violated("nbl.completed_not_sent"));
    ASSERT_EQ(told(), 1u);
    EXPECT_EQ(last().kind, PLATFORM_LOST_WRONG_DRIVER);
    EXPECT_STREQ(last().holder, "testproto");
    NdisReturnNetBufferLists(protocol_.binding, received, 0);
    free_nbl(received);
    free_nbl(nbl);
}

TEST_F(NblLost, AParentOutIsHeldByItsClone) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    ASSERT_NE(clone, nullptr);
    int64_t packet = 0;
    EXPECT_EQ(ndis_tell_outstanding(ndis_, "now", &packet), 1u);
    ASSERT_EQ(told(), 1u);
    EXPECT_EQ(last().kind, PLATFORM_LOST_CLONED);
    ASSERT_EQ(last().child_count, 1u);
    EXPECT_EQ(last().children[0].number, ndis_nbl_number(clone));
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    miniport_.complete_all();
    free_nbl(nbl);
}

TEST_F(NblLost, FreedWhileTheMiniportHasItIsToldAtOnce) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    free_nbl(nbl);
    EXPECT_TRUE(violated("nbl.freed_in_flight"));
    ASSERT_EQ(told(), 1u);
    EXPECT_EQ(last().kind, PLATFORM_LOST_FREED);
    EXPECT_STREQ(last().holder, "nic0");
    miniport_.complete_all();
    leaks_expected_ = true;
}

TEST_F(NblLost, OutOfBandSlotsAreNamed) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbl, reinterpret_cast<PVOID>(ULONG_PTR{7}));
    protocol_.send({nbl});
    int64_t packet = 0;
    ndis_tell_outstanding(ndis_, "now", &packet);
    bool named = false;
    for (unsigned i = 0; i < last().slot_count; i++) named |= std::strcmp(last().slots[i].name, "CancelId") == 0 && last().slots[i].value == 7;
    EXPECT_TRUE(named);
    miniport_.complete_all();
    free_nbl(nbl);
}

TEST_F(NblLost, WhatIsOutIsToldOnceInALife) {
    PNET_BUFFER_LIST nbl = make_nbl(60), other = make_nbl(60);
    ndis_nbl_set_packet(nbl, 4);
    ndis_nbl_set_packet(other, 3);
    protocol_.send({nbl, other});
    int64_t packet = -1;
    EXPECT_EQ(ndis_tell_outstanding(ndis_, "now", &packet), 2u);
    EXPECT_EQ(packet, 3) << "the first packet of all";
    EXPECT_EQ(ndis_tell_outstanding(ndis_, "later", &packet), 2u);
    EXPECT_EQ(told(), 2u);
    EXPECT_EQ(fake_platform_violation_count(fake_), 0u) << "nothing is wrong yet";
    miniport_.complete_all();
    EXPECT_EQ(ndis_tell_outstanding(ndis_, "now", &packet), 0u);
    EXPECT_EQ(packet, -1);
    free_nbl(nbl);
    free_nbl(other);
}

class NblLostInAStack : public FilterTest {
protected:
    NblLostInAStack() {
        add(filter_, "filter");
        start();
    }
    ~NblLostInAStack() override { stop(); }
    const platform_lost& told() {
        int64_t packet = -1;
        EXPECT_EQ(ndis_tell_outstanding(ndis_, "now", &packet), 1u);
        return *fake_platform_lost(fake_, fake_platform_lost_count(fake_) - 1);
    }
    TestFilter filter_;
};

TEST_F(NblLostInAStack, ASendThatAFilterKeepsIsAboveTheMiniport) {
    filter_.hold_sends = true;
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    const platform_lost& lost = told();
    EXPECT_EQ(lost.kind, PLATFORM_LOST_ABOVE);
    EXPECT_STREQ(lost.holder, "filter");
    filter_.refuse_sends(NDIS_STATUS_FAILURE);
    free_nbl(nbl);
}

TEST_F(NblLostInAStack, AReceiveThatAFilterKeepsIsNotReturned) {
    filter_.hold_receives = true;
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl});
    const platform_lost& lost = told();
    EXPECT_EQ(lost.kind, PLATFORM_LOST_NOT_RETURNED);
    EXPECT_STREQ(lost.holder, "filter");
    filter_.return_receives();
    free_nbl(nbl);
}

TEST_F(NblLostInAStack, EveryDriverThatHadItIsInTheHistory) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    const platform_lost& lost = told();
    EXPECT_EQ(lost.kind, PLATFORM_LOST_IN_MINIPORT);
    ASSERT_EQ(lost.hop_count, 2u);
    EXPECT_STREQ(lost.hops[0].to, "filter");
    EXPECT_STREQ(lost.hops[1].from, "filter");
    EXPECT_STREQ(lost.hops[1].to, "nic0");
    EXPECT_EQ(std::strncmp(lost.hops[1].site, "test_filter.cpp:", 16), 0) << lost.hops[1].site;
    miniport_.complete_all();
    free_nbl(nbl);
}

}  // namespace
