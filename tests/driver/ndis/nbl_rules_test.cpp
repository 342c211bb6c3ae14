// SPDX-License-Identifier: Apache-2.0
// Rules about what an NBL is made of, each broken by a driver that a test plays. Who has it is tested in checks_test.cpp.
#include "nbl_bytes.h"
#include "test_filter.h"

namespace {

class NblRules : public StackTest {
protected:
    NblRules() { start(); }
    ~NblRules() override { stop(); }
    // The report came, and names what a reader needs.
    void expect_report(const char* check, const std::string& words) {
        EXPECT_TRUE(violated(check)) << check;
        EXPECT_NE(message(check).find(words), std::string::npos) << message(check);
    }
};

TEST_F(NblRules, AChainThatLinksBackToItself) {
    Chain chain({20, 20});
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool_, 0, 0, chain.mdls[0], 20, 20);
    chain.mdls[1]->Next = chain.mdls[0];
    protocol_.send({nbl});
    expect_report("nb.invariant", "has no end");
    chain.mdls[1]->Next = nullptr;
    miniport_.complete_all();
    NdisFreeNetBufferList(nbl);
}

TEST_F(NblRules, ACurrentMdlOutsideOfTheChain) {
    Chain chain({20}), other({20});
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool_, 0, 0, chain.mdls[0], 0, 20);
    nbl->FirstNetBuffer->CurrentMdl = other.mdls[0];
    protocol_.send({nbl});
    expect_report("nb.invariant", "CurrentMdl is not in MdlChain");
    nbl->FirstNetBuffer->CurrentMdl = chain.mdls[0];
    miniport_.complete_all();
    NdisFreeNetBufferList(nbl);
}

TEST_F(NblRules, ANetBufferThatNoPoolMade) {
    PNET_BUFFER_LIST nbl = make_nbl(10);
    PNET_BUFFER pools = nbl->FirstNetBuffer;
    NET_BUFFER own = *pools;
    own.NdisPoolHandle = nullptr;
    nbl->FirstNetBuffer = &own;
    protocol_.send({nbl});
    expect_report("nb.foreign", "its NdisPoolHandle is no pool of NDIS");
    miniport_.complete_all();
    violated("nb.foreign");  // there again
    nbl->FirstNetBuffer = pools;
    free_nbl(nbl);
}

TEST_F(NblRules, ARetreatThatIsNotTakenBack) {
    PNET_BUFFER_LIST nbl = make_nbl(40, 12);
    protocol_.send({nbl});
    ASSERT_EQ(NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 12, 0, nullptr), NDIS_STATUS_SUCCESS);
    miniport_.complete_all();
    expect_report("nb.not_restored", "DataOffset 0 and DataLength 52 now, 12 and 40 when it came");
    free_nbl(nbl);
}

TEST_F(NblRules, AReceivedNblThatIsReturnedOtherwise) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl});
    NdisAdvanceNetBufferDataStart(nbl->FirstNetBuffer, 14, FALSE, nullptr);
    protocol_.give_back({nbl});
    expect_report("nb.not_restored", "was returned with its data elsewhere");
    free_nbl(nbl);
}

TEST_F(NblRules, ANetBufferThatWasAddedOnTheWay) {
    PNET_BUFFER_LIST nbl = make_nbl(40), second = make_nbl(50);
    protocol_.send({nbl});
    nbl->FirstNetBuffer->Next = second->FirstNetBuffer;
    miniport_.complete_all();
    expect_report("nb.not_restored", "another list of NBs");
    nbl->FirstNetBuffer->Next = nullptr;
    free_nbl(nbl);
    free_nbl(second);
}

TEST_F(NblRules, AContextThatIsLeftOnACompletedNbl) {
    PNET_BUFFER_LIST nbl = make_nbl(40);
    protocol_.send({nbl});
    ASSERT_EQ(NdisAllocateNetBufferListContext(nbl, 16, 0, 0), NDIS_STATUS_SUCCESS);
    miniport_.complete_all();
    expect_report("nbl.context_unbalanced", "the last push was at nbl_rules_test.cpp:");
    NdisFreeNetBufferListContext(nbl, 16);
    free_nbl(nbl);
}

TEST_F(NblRules, AContextOfAnotherDriverThatIsPopped) {
    PNET_BUFFER_LIST nbl = make_nbl(40);
    ASSERT_EQ(NdisAllocateNetBufferListContext(nbl, 16, 0, 0), NDIS_STATUS_SUCCESS);
    protocol_.send({nbl});
    NdisFreeNetBufferListContext(nbl, 16);
    miniport_.complete_all();
    expect_report("nbl.context_unbalanced", "was completed with 0 contexts on it, but came with 1");
    free_nbl(nbl);
}

TEST_F(NblRules, APopOfAnotherSizeThanThePush) {
    PNET_BUFFER_LIST nbl = make_nbl(40);
    ASSERT_EQ(NdisAllocateNetBufferListContext(nbl, 32, 0, 0), NDIS_STATUS_SUCCESS);
    NdisFreeNetBufferListContext(nbl, 16);
    expect_report("nbl.context_unbalanced", "16 bytes of context were popped, but the last push, at nbl_rules_test.cpp:");
    free_nbl(nbl);
}

TEST_F(NblRules, APopWithoutAPush) {
    PNET_BUFFER_LIST nbl = make_nbl(40);
    NdisFreeNetBufferListContext(nbl, 16);
    expect_report("nbl.context_unbalanced", "more context was popped than was pushed");
    free_nbl(nbl);
}

TEST_F(NblRules, ACloneFreedWithOtherFlags) {
    PNET_BUFFER_LIST nbl = make_nbl(40);
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    NdisFreeCloneNetBufferList(clone, 0);
    expect_report("nbl.clone_flags", "was freed with 0x0 in NdisFreeCloneNetBufferList, but allocated with 0x2");
    free_nbl(nbl);  // its MDL is still there: the free went by the flags of the allocation
}

TEST_F(NblRules, AFragmentFreedWithAnotherDelta) {
    PNET_BUFFER_LIST nbl = make_nbl(40);
    NdisFreeFragmentNetBufferList(NdisAllocateFragmentNetBufferList(nbl, nullptr, nullptr, 0, 10, 8, 0, 0), 4, 0);
    expect_report("nbl.fragment_delta", "with 0x4 in NdisFreeFragmentNetBufferList, but allocated with 0x8");
    free_nbl(nbl);
}

TEST_F(NblRules, ACloneFreedAsAnNbl) {
    PNET_BUFFER_LIST nbl = make_nbl(40);
    NdisFreeNetBufferList(NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0));
    expect_report("nbl.wrong_free", "was freed with NdisFreeNetBufferList");
    free_nbl(nbl);
}

TEST_F(NblRules, AnNblFreedAsAClone) {
    PNET_BUFFER_LIST nbl = make_nbl(40);
    PMDL mdl = nbl->FirstNetBuffer->MdlChain;
    PVOID memory = MmGetMdlVirtualAddress(mdl);
    NdisFreeCloneNetBufferList(nbl, 0);
    expect_report("nbl.wrong_free", "was not allocated by its counterpart");
    NdisFreeMdl(mdl);
    ExFreePool(memory);
}

TEST_F(NblRules, ACloneFreedTwice) {
    PNET_BUFFER_LIST nbl = make_nbl(40);
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0);
    NdisFreeCloneNetBufferList(clone, 0);
    NdisFreeCloneNetBufferList(clone, 0);
    expect_report("nbl.freed_twice", "was given to NdisFreeCloneNetBufferList, and is free");
    free_nbl(nbl);
}

TEST_F(NblRules, ACloneWithAnMdlOfItsDriverInTheChain) {
    PNET_BUFFER_LIST nbl = make_nbl(40);
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0);
    Chain header({8});
    header.mdls[0]->Next = clone->FirstNetBuffer->MdlChain;
    clone->FirstNetBuffer->MdlChain = header.mdls[0];
    NdisFreeCloneNetBufferList(clone, 0);
    expect_report("nbl.chain_changed", "MDLs in its chains that NDIS did not make");
    free_nbl(nbl);
}

TEST_F(NblRules, AParentFreedBeforeItsClone) {
    PNET_BUFFER_LIST nbl = make_nbl(40);
    PMDL mdl = nbl->FirstNetBuffer->MdlChain;
    PVOID memory = MmGetMdlVirtualAddress(mdl);
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0);
    NdisFreeNetBufferList(nbl);
    expect_report("nbl.children_out", "was freed while NBLs that were derived from it use its memory");
    PNET_BUFFER_LIST again = NdisAllocateNetBufferList(pool_, 0, 0);  // the same block: another life, without children
    EXPECT_EQ(again, nbl);
    NdisFreeCloneNetBufferList(clone, 0);
    NdisFreeNetBufferList(again);
    NdisFreeMdl(mdl);
    ExFreePool(memory);
}

TEST_F(NblRules, AParentFreedWithItsCountOfChildrenUp) {
    PNET_BUFFER_LIST nbl = make_nbl(40);
    nbl->ChildRefCount = 1;
    free_nbl(nbl);
    expect_report("nbl.children_out", "with a ChildRefCount of 1");
}

TEST_F(NblRules, AReceivedNblReturnedBeforeItsClone) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl});
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0);
    protocol_.give_back({nbl});
    expect_report("nbl.children_out", "was returned while NBLs that were derived from it use its memory");
    NdisFreeCloneNetBufferList(clone, 0);
    free_nbl(nbl);
}

TEST_F(NblRules, ACloneThatTheOwnerMadeMayOutliveTheSend) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0);
    protocol_.send({nbl});
    miniport_.complete_all();
    NdisFreeCloneNetBufferList(clone, 0);
    free_nbl(nbl);
}

TEST_F(NblRules, AnNblCompletedWithItsCountOfChildrenUp) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    nbl->ChildRefCount = 2;
    miniport_.complete_all();
    expect_report("nbl.children_out", "was completed with another ChildRefCount than it came with: 2 children now, 0 then");
    nbl->ChildRefCount = 0;
    free_nbl(nbl);
}

TEST_F(NblRules, AnNblWhoseParentWasChangedOnTheWay) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    nbl->ParentNetBufferList = nbl;
    miniport_.complete_all();
    expect_report("nbl.children_out", "another ParentNetBufferList");
    free_nbl(nbl);
}

TEST_F(NblRules, WhatAMiniportKeptInAnNblThatItCompletedIsPoison) {
    UCHAR note = 7;
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    for (PVOID& mine : miniport_.held[0]->MiniportReserved) mine = &note;
    for (PVOID& mine : miniport_.held[0]->FirstNetBuffer->MiniportReserved) mine = &note;
    miniport_.complete_all();
    const auto is_poison = [](PVOID value) { return reinterpret_cast<ULONG_PTR>(value) >> 47 > 0; };
    for (PVOID value : nbl->MiniportReserved) EXPECT_TRUE(is_poison(value)) << value;
    for (PVOID value : nbl->FirstNetBuffer->MiniportReserved) EXPECT_TRUE(is_poison(value)) << value;
    free_nbl(nbl);
}

#ifdef __SANITIZE_ADDRESS__
using NblRulesDeathTest = NblRules;

TEST_F(NblRulesDeathTest, AFreeNblIsNotRead) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    free_nbl(nbl);
    // A list that is freed by its links.
    EXPECT_DEATH((void)*const_cast<PNET_BUFFER_LIST volatile*>(&nbl->Next), "use-after-poison");
    EXPECT_DEATH((void)*const_cast<NDIS_STATUS volatile*>(&nbl->Status), "use-after-poison");
    EXPECT_DEATH((void)*const_cast<PVOID volatile*>(&nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo]), "use-after-poison");
    EXPECT_DEATH((void)*const_cast<PMDL volatile*>(&nb->MdlChain), "use-after-poison");
}

TEST_F(NblRulesDeathTest, AFreeNblIsNotWritten) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    free_nbl(nbl);
    EXPECT_DEATH(nbl->Status = NDIS_STATUS_SUCCESS, "use-after-poison");
}

TEST_F(NblRulesDeathTest, AFreeNbIsNotRead) {
    const NDIS_HANDLE pool = make_nb_pool(nullptr);
    PNET_BUFFER nb = NdisAllocateNetBuffer(pool, nullptr, 0, 0);
    NdisFreeNetBuffer(nb);
    EXPECT_DEATH((void)*const_cast<PNET_BUFFER volatile*>(&nb->Next), "use-after-poison");
    NdisFreeNetBufferPool(pool);
}
#endif

TEST_F(NblRules, ScratchThatIsUsedAfterAHandOverIsPoison) {
    UCHAR note = 7;
    PNET_BUFFER_LIST sent = make_nbl(60), received = make_nbl(60);
    EXPECT_EQ(sent->Scratch, nullptr);
    sent->Scratch = received->Scratch = &note;
    protocol_.send({sent});
    miniport_.indicate({received});
    EXPECT_NE(miniport_.held[0]->Scratch, &note) << "what the sender left there is not the miniport's to see";
    EXPECT_NE(protocol_.received[0]->Scratch, &note);
    miniport_.held[0]->Scratch = protocol_.received[0]->Scratch = &note;
    miniport_.complete_all();
    protocol_.give_back({received});
    EXPECT_NE(sent->Scratch, &note);
    EXPECT_NE(received->Scratch, &note);
    EXPECT_NE(sent->Scratch, nullptr);
    EXPECT_GT(reinterpret_cast<ULONG_PTR>(sent->Scratch) >> 47, 0u) << "an address that can be read";
    EXPECT_LT(reinterpret_cast<ULONG_PTR>(sent->Scratch) >> 47, 0x1FFFFu);
    free_nbl(sent);
    free_nbl(received);
}

TEST_F(NblRules, UseOfAFreedNbl) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    free_nbl(nbl);
    NdisSendNetBufferLists(protocol_.binding, nbl, 0, 0);
    expect_report("nbl.use_after_free", "was given to NdisSendNetBufferLists, and is free");
    EXPECT_EQ(NdisAllocateNetBufferListContext(nbl, 16, 0, 0), NDIS_STATUS_FAILURE);
    EXPECT_EQ(NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0), nullptr);
    violated("nbl.use_after_free");
}

TEST_F(NblRules, ANetBufferFreedTwice) {
    const NDIS_HANDLE nbs = make_nb_pool(nullptr);
    PNET_BUFFER nb = NdisAllocateNetBuffer(nbs, nullptr, 0, 0);
    NdisFreeNetBuffer(nb);
    NdisFreeNetBuffer(nb);
    expect_report("nb.freed_twice", "after it had been freed at nbl_rules_test.cpp:");
    NdisFreeNetBufferPool(nbs);
}

TEST_F(NblRules, ANetBufferOfAnNblFreedAlone) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    NdisFreeNetBuffer(nbl->FirstNetBuffer);
    expect_report("nb.foreign", "NdisFreeNetBuffer at nbl_rules_test.cpp:");
    free_nbl(nbl);
}

TEST_F(NblRules, RetreatOfAFreedNetBuffer) {
    const NDIS_HANDLE nbs = make_nb_pool(nullptr);
    PNET_BUFFER nb = NdisAllocateNetBuffer(nbs, nullptr, 0, 0);
    NdisFreeNetBuffer(nb);
    EXPECT_EQ(NdisRetreatNetBufferDataStart(nb, 10, 0, nullptr), NDIS_STATUS_FAILURE);
    expect_report("nb.use_after_free", "which was freed at nbl_rules_test.cpp:");
    NdisFreeNetBufferPool(nbs);
}

TEST_F(NblRules, APoolFreedWithMembersOutNamesThem) {
    NDIS_HANDLE pool = make_pool(miniport_.driver, true, 0, 0);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool, 0, 0);
    NdisFreeNetBufferListPool(pool);
    expect_report("nbl.leaked", "of which 1 NBLs are still out: nbl " + std::to_string(ndis_nbl_number(nbl)) + " of nbl_rules_test.cpp:");
    EXPECT_EQ(NdisAllocateNetBufferList(pool, 0, 0), nullptr);
    expect_report("pool.closed", "NdisAllocateNetBufferList");
    NdisFreeNetBufferListPool(pool);
    expect_report("pool.freed_twice", "test_stack.cpp:");
    NdisFreeNetBufferList(nbl);
}

TEST_F(NblRules, AnMdlFreedTwice) {
    Chain chain({10});
    PMDL mdl = NdisAllocateMdl(nullptr, chain.memory, 4);
    NdisFreeMdl(mdl);
    NdisFreeMdl(mdl);
    expect_report("mdl.freed_twice", "allocated at nbl_rules_test.cpp:");
}

// The same below a filter: what a driver leaves is seen where its own hand-over is undone, not before.
class NblRulesBelowAFilter : public FilterTest {
protected:
    NblRulesBelowAFilter() {
        filter_.hold_sends = true;
        add(filter_, "held");
        start();
    }
    ~NblRulesBelowAFilter() override { stop(); }
    TestFilter filter_;
};

TEST_F(NblRulesBelowAFilter, AContextThatTheFilterLeavesIsSeenByTheProtocol) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    ASSERT_EQ(filter_.sends.size(), 1u);
    ASSERT_EQ(NdisAllocateNetBufferListContext(nbl, 16, 0, 0), NDIS_STATUS_SUCCESS);
    filter_.pass_sends();
    EXPECT_FALSE(violated("nbl.context_unbalanced"));
    miniport_.complete_all();
    EXPECT_TRUE(violated("nbl.context_unbalanced"));
    EXPECT_NE(message("nbl.context_unbalanced").find("with 1 contexts on it, but came with 0"), std::string::npos);
    NdisFreeNetBufferListContext(nbl, 16);
    free_nbl(nbl);
}

TEST_F(NblRulesBelowAFilter, ACloneThatTheFilterKeepsIsSeenByTheProtocol) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0);
    filter_.pass_sends();
    miniport_.complete_all();
    EXPECT_TRUE(violated("nbl.children_out"));
    NdisFreeCloneNetBufferList(clone, 0);
    free_nbl(nbl);
}

TEST_F(NblRulesBelowAFilter, WhatTheProtocolHasOnItMayStay) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    ASSERT_EQ(NdisAllocateNetBufferListContext(nbl, 16, 0, 0), NDIS_STATUS_SUCCESS);
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0);
    protocol_.send({nbl});
    filter_.pass_sends();
    miniport_.complete_all();
    NdisFreeCloneNetBufferList(clone, 0);
    NdisFreeNetBufferListContext(nbl, 16);
    free_nbl(nbl);
}

}  // namespace
