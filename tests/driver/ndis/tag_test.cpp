// SPDX-License-Identifier: Apache-2.0
// Packet tagging: contexts that are found by tag, how long they live, and who hears of their end.
#include "fwpsk.h"
#include "test_filter.h"

namespace {

struct Event {
    FWPS_NET_BUFFER_LIST_EVENT_TYPE0 type;
    PNET_BUFFER_LIST nbl;
    UINT16 layer;
    UINT64 context, tag;
};
std::vector<Event> events;

VOID note(FWPS_NET_BUFFER_LIST_EVENT_TYPE0 type, NET_BUFFER_LIST* nbl, NET_BUFFER_LIST*, UINT16 layer, UINT64 context, UINT64 tag) {
    events.push_back({type, nbl, layer, context, tag});
}

NTSTATUS put(PNET_BUFFER_LIST nbl, UINT64 tag, UINT64 context, UINT16 layer = 7) {
    return FwpsNetBufferListAssociateContext0(nbl, layer, context, tag, nullptr, nullptr, note, 0);
}

// The context of the tag, or what `none` is.
UINT64 get(PNET_BUFFER_LIST nbl, UINT64 tag, UINT64 none = 0) {
    UINT64 context = none;
    const NTSTATUS status = FwpsNetBufferListRetrieveContext0(nbl, tag, FALSE, 0, &context);
    EXPECT_EQ(status, context == none ? STATUS_NOT_FOUND : STATUS_SUCCESS);
    return context;
}

class Tags : public StackTest {
protected:
    Tags() {
        events.clear();
        start();
    }
    ~Tags() override { stop(); }
};

TEST_F(Tags, EachIsFoundBesideTheOthers) {
    PNET_BUFFER_LIST nbl = make_nbl(60), other = make_nbl(60);
    std::vector<UINT64> tags;
    for (UINT64 i = 0; i < 10; i++) {
        tags.push_back(FwpsNetBufferListGetTagForContext0());
        ASSERT_EQ(put(nbl, tags.back(), 100 + i), STATUS_SUCCESS);
    }
    for (UINT64 i = 10; i-- > 0;) EXPECT_EQ(get(nbl, tags[i]), 100 + i);
    EXPECT_EQ(get(other, tags[0]), 0u);
    EXPECT_EQ(put(nbl, tags[3], 5), STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(put(nbl, tags.back() + 1, 5), STATUS_INVALID_PARAMETER);  // given to nobody
    EXPECT_EQ(put(nbl, 0, 5), STATUS_INVALID_PARAMETER);
    free_nbl(nbl);
    free_nbl(other);
    ASSERT_EQ(events.size(), 10u);
    EXPECT_EQ(events[0].type, FWPS_NET_BUFFER_LIST_CONTEXT_REMOVED);
}

TEST_F(Tags, IsFoundByWhoeverHasTheNblAndEndsWhenItIsBack) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    const UINT64 tag = FwpsNetBufferListGetTagForContext0(), below = FwpsNetBufferListGetTagForContext0();
    ASSERT_EQ(put(nbl, tag, 42), STATUS_SUCCESS);
    protocol_.send({nbl});
    ASSERT_EQ(miniport_.held.size(), 1u);
    EXPECT_EQ(get(miniport_.held[0], tag), 42u);
    ASSERT_EQ(put(nbl, below, 43, 9), STATUS_SUCCESS);
    EXPECT_TRUE(events.empty());
    miniport_.complete_all();
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[0].type, FWPS_NET_BUFFER_LIST_NDIS_SEND_COMPLETE);
    EXPECT_EQ(events[0].nbl, nbl);
    EXPECT_EQ(events[0].layer, 9u);
    EXPECT_EQ(events[0].context, 43u);
    EXPECT_EQ(events[0].tag, below);
    EXPECT_EQ(events[1].context, 42u);
    EXPECT_EQ(get(nbl, tag), 0u);
    free_nbl(nbl);
    EXPECT_EQ(events.size(), 2u);
}

TEST_F(Tags, OfAReceivedFrameEndsWhenTheMiniportHasItBack) {
    NDIS_HANDLE pool = make_pool(miniport_.adapter, true, 0, 0);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool, 0, 0), from = make_nbl(60);
    nbl->SourceHandle = miniport_.adapter;
    nbl->FirstNetBuffer->MdlChain = nbl->FirstNetBuffer->CurrentMdl = from->FirstNetBuffer->MdlChain;
    nbl->FirstNetBuffer->DataLength = 60;
    const UINT64 tag = FwpsNetBufferListGetTagForContext0();
    miniport_.indicate({nbl});
    ASSERT_EQ(protocol_.received.size(), 1u);
    ASSERT_EQ(put(nbl, tag, 1), STATUS_SUCCESS);
    protocol_.give_back(protocol_.received);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].type, FWPS_NET_BUFFER_LIST_NDIS_RECV_COMPLETE);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
    free_nbl(from);
}

TEST_F(Tags, AreTakenOffOneByOneOrEverywhere) {
    std::vector<PNET_BUFFER_LIST> nbls = {make_nbl(60), make_nbl(60), make_nbl(60)};
    const UINT64 tag = FwpsNetBufferListGetTagForContext0(), other = FwpsNetBufferListGetTagForContext0();
    for (PNET_BUFFER_LIST nbl : nbls) {
        ASSERT_EQ(put(nbl, tag, 1), STATUS_SUCCESS);
        ASSERT_EQ(put(nbl, other, 2), STATUS_SUCCESS);
    }
    UINT64 context = 0;
    EXPECT_EQ(FwpsNetBufferListRetrieveContext0(nbls[0], tag, TRUE, 0, &context), STATUS_SUCCESS);
    EXPECT_EQ(context, 1u);
    EXPECT_TRUE(events.empty());
    EXPECT_EQ(FwpsNetBufferListRemoveContext0(nbls[0], tag, 0), STATUS_NOT_FOUND);
    EXPECT_EQ(FwpsNetBufferListRemoveContext0(nullptr, tag, 0), STATUS_SUCCESS);
    EXPECT_EQ(FwpsNetBufferListRemoveContext0(nullptr, tag, 0), STATUS_NOT_FOUND);
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[0].nbl, nbls[1]);
    EXPECT_EQ(events[1].nbl, nbls[2]);
    for (PNET_BUFFER_LIST nbl : nbls) EXPECT_EQ(get(nbl, other), 2u);
    for (PNET_BUFFER_LIST nbl : nbls) free_nbl(nbl);
    EXPECT_EQ(events.size(), 5u);
}

TEST_F(Tags, StandBesideTheContextStackAndACloneHasNone) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    const UINT64 tag = FwpsNetBufferListGetTagForContext0();
    ASSERT_EQ(NdisAllocateNetBufferListContext(nbl, 16, 0, 1), NDIS_STATUS_SUCCESS);
    ASSERT_EQ(put(nbl, tag, 1), STATUS_SUCCESS);
    NdisFreeNetBufferListContext(nbl, 16);
    EXPECT_EQ(get(nbl, tag), 1u);
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0);
    ASSERT_NE(clone, nullptr);
    EXPECT_EQ(get(clone, tag), 0u);
    NdisFreeCloneNetBufferList(clone, 0);
    free_nbl(nbl);
}

TEST_F(Tags, ASlotThatADriverOverwroteIsReportedAndTheContextFound) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    const UINT64 tag = FwpsNetBufferListGetTagForContext0();
    ASSERT_EQ(put(nbl, tag, 1), STATUS_SUCCESS);
    nbl->NetBufferListInfo[WfpNetBufferListInfo] = nullptr;
    EXPECT_EQ(get(nbl, tag), 1u);
    free_nbl(nbl);
    EXPECT_TRUE(violated("nbl.tags_overwritten"));
    EXPECT_EQ(events.size(), 1u);
}

TEST_F(Tags, WithoutMemoryNothingIsAssociated) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    const UINT64 tag = FwpsNetBufferListGetTagForContext0();
    kernel_fail_allocations(kernel_, 0, 1);
    EXPECT_EQ(put(nbl, tag, 1), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(get(nbl, tag), 0u);
    free_nbl(nbl);
    EXPECT_TRUE(events.empty());
}

}  // namespace
