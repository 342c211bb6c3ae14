// SPDX-License-Identifier: Apache-2.0
// Clones, fragments and reassembled NBLs: the same bytes without a copy, and nothing left behind.
#include "nbl_bytes.h"

namespace {

class NblDerive : public StackTest {
protected:
    NblDerive() { nbs_ = make_nb_pool(nullptr); }
    ~NblDerive() override { NdisFreeNetBufferPool(nbs_); }
    // An NBL with an NB for each chain; data starts `offset` into it and is all but the last `tail` bytes.
    PNET_BUFFER_LIST over(const std::vector<Chain*>& chains, ULONG offset = 0, ULONG tail = 0) {
        PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool_, 0, 0);
        PNET_BUFFER* link = &nbl->FirstNetBuffer;
        for (Chain* chain : chains) {
            ULONG total = 0;
            for (PMDL mdl : chain->mdls) total += mdl->ByteCount;
            *link = NdisAllocateNetBuffer(nbs_, chain->mdls[0], offset, total - offset - tail);
            link = &(*link)->Next;
        }
        return nbl;
    }
    static void free_over(PNET_BUFFER_LIST nbl) {
        while (PNET_BUFFER nb = nbl->FirstNetBuffer) {
            nbl->FirstNetBuffer = nb->Next;
            NdisFreeNetBuffer(nb);
        }
        NdisFreeNetBufferList(nbl);
    }
    static unsigned count(const NET_BUFFER_LIST* nbl) {
        unsigned nbs = 0;
        for (PNET_BUFFER nb = nbl->FirstNetBuffer; nb; nb = nb->Next) nbs++;
        return nbs;
    }
    NDIS_HANDLE nbs_;
};

TEST_F(NblDerive, ACloneShowsTheSameBytesThroughItsOwnMdls) {
    Chain first({10, 0, 20, 30}), second({50});
    PNET_BUFFER_LIST nbl = over({&first, &second}, 4, 3);
    nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo] = nbl;
    nbl->NblFlags = NDIS_NBL_FLAGS_IS_IPV4;
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0);
    ASSERT_NE(clone, nullptr);
    ASSERT_EQ(count(clone), 2u);
    for (PNET_BUFFER a = nbl->FirstNetBuffer, b = clone->FirstNetBuffer; a; a = a->Next, b = b->Next) {
        EXPECT_EQ(used_bytes(b), used_bytes(a));
        EXPECT_EQ(nb_fault_of(b), "");
        EXPECT_EQ(b->DataOffset, 0u);
        EXPECT_NE(b->MdlChain, a->MdlChain);
        EXPECT_EQ(NdisGetDataBuffer(b, 6, nullptr, 1, 0), NdisGetDataBuffer(a, 6, nullptr, 1, 0));  // not a copy
    }
    EXPECT_EQ(clone->Context, nullptr);
    EXPECT_EQ(clone->ParentNetBufferList, nullptr);
    EXPECT_EQ(nbl->ChildRefCount, 0);  // both are the caller's to keep
    EXPECT_EQ(clone->NetBufferListInfo[TcpIpChecksumNetBufferListInfo], nullptr);
    EXPECT_EQ(clone->NblFlags, 0u);
    NdisFreeCloneNetBufferList(clone, 0);
    free_over(nbl);
}

TEST_F(NblDerive, ARetreatOfACloneLeavesTheBackfillOfTheOriginalAlone) {
    PNET_BUFFER_LIST nbl = make_nbl(40, 20);
    memset(bytes_of(nbl) - 20, 0xEE, 20);
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0);
    PNET_BUFFER nb = clone->FirstNetBuffer;
    ASSERT_EQ(NdisRetreatNetBufferDataStart(nb, 12, 0, nullptr), NDIS_STATUS_SUCCESS);
    ASSERT_EQ(write_bytes(nb, std::vector<UCHAR>(12, 0x11)), 12u);
    for (int i = 1; i <= 20; i++) EXPECT_EQ(bytes_of(nbl)[-i], 0xEE);
    NdisAdvanceNetBufferDataStart(nb, 12, TRUE, nullptr);
    NdisFreeCloneNetBufferList(clone, 0);
    free_nbl(nbl);
}

TEST_F(NblDerive, ACloneOnTheOriginalMdlsHasTheirChainAndPosition) {
    Chain chain({10, 20, 30});
    PNET_BUFFER_LIST nbl = over({&chain}, 15, 5);
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    ASSERT_NE(clone, nullptr);
    PNET_BUFFER a = nbl->FirstNetBuffer, b = clone->FirstNetBuffer;
    EXPECT_EQ(b->MdlChain, a->MdlChain);
    EXPECT_EQ(b->CurrentMdl, a->CurrentMdl);
    EXPECT_EQ(b->CurrentMdlOffset, 5u);
    EXPECT_EQ(b->DataOffset, 15u);
    EXPECT_EQ(b->DataLength, 40u);
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    EXPECT_EQ(used_bytes(a).size(), 40u);
    free_over(nbl);
}

TEST_F(NblDerive, PoolsOfTheCallerAreUsedAndTheirAttributesKept) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters{};
    parameters.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(parameters)};
    parameters.ProtocolId = NDIS_PROTOCOL_ID_TCP_IP;
    parameters.ContextSize = 32;
    NDIS_HANDLE nbls = NdisAllocateNetBufferListPool(miniport_.driver, &parameters);  // shape (a): every NB comes from the NB pool
    Chain chain({10});
    PNET_BUFFER_LIST nbl = over({&chain});
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nbls, nbs_, 0);
    EXPECT_EQ(NdisGetPoolFromNetBufferList(clone), nbls);
    EXPECT_EQ(NdisGetPoolFromNetBuffer(clone->FirstNetBuffer), nbs_);
    EXPECT_EQ(NdisGetNetBufferListProtocolId(clone), NDIS_PROTOCOL_ID_TCP_IP);
    EXPECT_EQ(clone->Context, nullptr);  // although the pool has one for its NBLs
    NdisFreeCloneNetBufferList(clone, 0);
    free_over(nbl);
    NdisFreeNetBufferListPool(nbls);
}

TEST_F(NblDerive, PoolsWhoseMembersHaveDataAreRefused) {
    NDIS_HANDLE with_data = make_pool(miniport_.driver, true, 64, 0), without_nb = make_pool(miniport_.driver, false, 0, 0);
    PNET_BUFFER_LIST nbl = make_nbl(10);
    EXPECT_EQ(NdisAllocateCloneNetBufferList(nbl, with_data, nullptr, 0), nullptr);
    EXPECT_EQ(NdisAllocateFragmentNetBufferList(nbl, with_data, nullptr, 0, 5, 0, 0, 0), nullptr);
    EXPECT_EQ(NdisAllocateReassembledNetBufferList(nbl, without_nb, 0, 0, 0, 0), nullptr);
    free_nbl(nbl);
    NdisFreeNetBufferListPool(with_data);
    NdisFreeNetBufferListPool(without_nb);
}

TEST_F(NblDerive, FragmentsNeverSpanTwoNetBuffers) {
    Chain first({10, 15, 20}), second({33}), third({5});
    PNET_BUFFER_LIST nbl = over({&first, &second, &third}, 3, 1);
    const ULONG start = 5, most = 16, delta = 9, backfill = 7;
    PNET_BUFFER_LIST fragments = NdisAllocateFragmentNetBufferList(nbl, nullptr, nullptr, start, most, delta, backfill, 0);
    ASSERT_NE(fragments, nullptr);
    std::vector<std::vector<UCHAR>> expected;
    for (PNET_BUFFER nb = nbl->FirstNetBuffer; nb; nb = nb->Next) {  // the third has less than `start` bytes: nothing of it
        std::vector<UCHAR> all = used_bytes(nb);
        for (size_t at = start; at < all.size(); at += most)
            expected.emplace_back(all.begin() + static_cast<long>(at),
                                  all.begin() + static_cast<long>(std::min<size_t>(at + most, all.size())));
    }
    ASSERT_EQ(count(fragments), expected.size());
    size_t i = 0;
    for (PNET_BUFFER nb = fragments->FirstNetBuffer; nb; nb = nb->Next, i++) {
        EXPECT_EQ(nb->DataLength, delta + expected[i].size());
        EXPECT_EQ(nb->DataOffset, backfill);
        EXPECT_EQ(nb_fault_of(nb), "");
        std::vector<UCHAR> bytes = used_bytes(nb);
        EXPECT_EQ(std::vector<UCHAR>(bytes.begin() + delta, bytes.end()), expected[i]) << "fragment " << i;
    }
    NdisFreeFragmentNetBufferList(fragments, delta, 0);
    free_over(nbl);
}

TEST_F(NblDerive, NothingToCutGivesNoFragments) {
    PNET_BUFFER_LIST nbl = make_nbl(10);
    EXPECT_EQ(NdisAllocateFragmentNetBufferList(nbl, nullptr, nullptr, 10, 5, 0, 0, 0), nullptr);
    EXPECT_EQ(NdisAllocateFragmentNetBufferList(nbl, nullptr, nullptr, 0, 0, 0, 0, 0), nullptr);
    free_nbl(nbl);
}

TEST_F(NblDerive, ReassemblyPutsTheFragmentsTogetherAgain) {
    Chain chain({40, 1, 59});
    PNET_BUFFER_LIST nbl = over({&chain}, 2);
    PNET_BUFFER_LIST fragments = NdisAllocateFragmentNetBufferList(nbl, nullptr, nullptr, 0, 30, 20, 0, 0);
    ASSERT_EQ(count(fragments), 4u);
    for (PNET_BUFFER nb = fragments->FirstNetBuffer; nb; nb = nb->Next) write_bytes(nb, std::vector<UCHAR>(20, 0xAA));
    PNET_BUFFER_LIST whole = NdisAllocateReassembledNetBufferList(fragments, nullptr, 20, 14, 2, 0);
    ASSERT_NE(whole, nullptr);
    ASSERT_EQ(count(whole), 1u);
    PNET_BUFFER nb = whole->FirstNetBuffer;
    EXPECT_EQ(nb->DataLength, 14u + 98u);
    EXPECT_EQ(nb->DataOffset, 2u);
    std::vector<UCHAR> bytes = used_bytes(nb);
    EXPECT_EQ(std::vector<UCHAR>(bytes.begin() + 14, bytes.end()), used_bytes(nbl->FirstNetBuffer));
    NdisFreeReassembledNetBufferList(whole, 14, 0);
    NdisFreeFragmentNetBufferList(fragments, 20, 0);
    free_over(nbl);
}

// Every allocation of a derivation fails once, the first in the first round: NULL, and all as before.
TEST_F(NblDerive, AFailureOnTheWayLeavesNothing) {
    Chain first({10, 20}), second({64});
    PNET_BUFFER_LIST nbl = over({&first, &second});
    NdisFreeCloneNetBufferList(NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0), 0);  // NDIS's pools have grown
    kernel_counts before;
    kernel_get_counts(kernel_, &before);
    unsigned failures = 0;
    for (unsigned skip = 0;; skip++) {
        kernel_fail_allocations(kernel_, skip, 1);
        PNET_BUFFER_LIST fragments = NdisAllocateFragmentNetBufferList(nbl, nullptr, nullptr, 0, 7, 5, 0, 0);
        kernel_fail_allocations(kernel_, 0, 0);
        if (fragments) {
            NdisFreeFragmentNetBufferList(fragments, 5, 0);
            break;
        }
        failures++;
    }
    EXPECT_GT(failures, 30u);  // 15 NBs with one MDL or two each, and a retreat
    for (unsigned skip = 0;; skip++) {
        kernel_fail_allocations(kernel_, skip, 1);
        PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, skip % 2 ? NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS : 0);
        kernel_fail_allocations(kernel_, 0, 0);
        if (clone) NdisFreeCloneNetBufferList(clone, skip % 2 ? NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS : 0);
        if (clone && skip > 8) break;
    }
    for (unsigned skip = 0;; skip++) {
        kernel_fail_allocations(kernel_, skip, 1);
        PNET_BUFFER_LIST whole = NdisAllocateReassembledNetBufferList(nbl, nullptr, 1, 5, 0, 0);
        kernel_fail_allocations(kernel_, 0, 0);
        if (!whole) continue;
        NdisFreeReassembledNetBufferList(whole, 5, 0);
        break;
    }
    ndis_counts counts;
    ndis_get_counts(ndis_, &counts);
    EXPECT_EQ(counts.nbl_allocated, 1u);
    free_over(nbl);
}

TEST_F(NblDerive, MappingThatFailsGivesNoClone) {
    PNET_BUFFER_LIST nbl = make_nbl(10);
    kernel_fail_mappings(kernel_, 0, 1);
    EXPECT_EQ(NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0), nullptr);
    free_nbl(nbl);
}

TEST_F(NblDerive, ACloneIsSentAndCompletedLikeAnyNbl) {
    start();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    PNET_BUFFER_LIST clone = NdisAllocateCloneNetBufferList(nbl, nullptr, nullptr, 0);
    clone->ParentNetBufferList = nbl;
    nbl->ChildRefCount++;
    protocol_.send({clone});
    miniport_.complete_all();
    EXPECT_EQ(protocol_.completed.size(), 1u);
    nbl->ChildRefCount--;
    NdisFreeCloneNetBufferList(clone, 0);
    free_nbl(nbl);
    stop();
}

}  // namespace
