// SPDX-License-Identifier: Apache-2.0
// Retreat, advance, get and copy, against a model that is a plain vector of bytes.
#include <random>

#include "nbl_bytes.h"

namespace {

class NblData : public StackTest {
protected:
    PNET_BUFFER empty_nb() { return (nbl_ = NdisAllocateNetBufferList(pool_, 0, 0))->FirstNetBuffer; }
    PNET_BUFFER_LIST nbl_ = nullptr;
};

TEST_F(NblData, RetreatBuildsAFrameFromNothing) {
    PNET_BUFFER nb = empty_nb();
    ASSERT_EQ(NdisRetreatNetBufferDataStart(nb, 60, 12, nullptr), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(nb->DataLength, 60u);
    EXPECT_EQ(nb->DataOffset, 12u);
    EXPECT_EQ(nb->CurrentMdlOffset, 12u);
    NdisAdvanceNetBufferDataStart(nb, 60, TRUE, nullptr);
    EXPECT_EQ(nb->MdlChain, nullptr);
    EXPECT_EQ(nb->DataOffset, 0u);
    NdisFreeNetBufferList(nbl_);
}

TEST_F(NblData, AnAdvanceOverAllDataFreesAFrontThatHasMdlsBehind) {
    PNET_BUFFER_LIST nbl = make_nbl(0, 20);
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    PMDL own = nb->MdlChain;
    ASSERT_EQ(NdisRetreatNetBufferDataStart(nb, 30, 5, nullptr), NDIS_STATUS_SUCCESS);  // 10 bytes more than the backfill
    ASSERT_EQ(NdisRetreatNetBufferDataStart(nb, nb->DataOffset, 0, nullptr), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferDataStart(nb, nb->DataLength, TRUE, nullptr);
    EXPECT_EQ(nb->MdlChain, own);
    EXPECT_EQ(nb_fault_of(nb), "");
    NdisAdvanceNetBufferDataStart(nb, 0, TRUE, nullptr);
    free_nbl(nbl);
}

TEST_F(NblData, ARetreatOverNoDataIsTakenBackWhole) {
    PNET_BUFFER_LIST nbl = make_nbl(0, 0);
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    PMDL own = nb->MdlChain;
    ASSERT_EQ(NdisRetreatNetBufferDataStart(nb, 30, 5, nullptr), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferDataStart(nb, 10, FALSE, nullptr);
    nb->DataLength = 0;  // its owner says that nothing is used
    NdisAdvanceNetBufferDataStart(nb, 0, TRUE, nullptr);
    EXPECT_EQ(nb->MdlChain, own);
    EXPECT_EQ(nb_fault_of(nb), "");
    free_nbl(nbl);
}

TEST_F(NblData, RetreatIntoBackfillAllocatesNothing) {
    PNET_BUFFER_LIST nbl = make_nbl(100, 12);
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    kernel_fail_allocations(kernel_, 0, 1);
    EXPECT_EQ(NdisRetreatNetBufferDataStart(nb, 12, 50, nullptr), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(nb->DataOffset, 0u);
    EXPECT_EQ(nb->DataLength, 112u);
    EXPECT_EQ(NdisRetreatNetBufferDataStart(nb, 1, 0, nullptr), NDIS_STATUS_RESOURCES);
    EXPECT_EQ(nb->DataLength, 112u);
    NdisAdvanceNetBufferDataStart(nb, 12, TRUE, nullptr);  // the caller's MDL stays
    EXPECT_EQ(nb->DataOffset, 12u);
    free_nbl(nbl);
}

TEST_F(NblData, RandomRetreatsAndAdvancesKeepTheBytes) {
    std::mt19937 random(7);
    for (int round = 0; round < 200; round++) {
        PNET_BUFFER nb = empty_nb();
        std::vector<UCHAR> model;
        for (int step = 0; step < 40; step++) {
            if (random() % 2 == 0) {
                ULONG delta = random() % 50;
                ASSERT_EQ(NdisRetreatNetBufferDataStart(nb, delta, random() % 20, nullptr), NDIS_STATUS_SUCCESS);
                std::vector<UCHAR> front(delta);
                for (UCHAR& byte : front) byte = static_cast<UCHAR>(random());
                ASSERT_EQ(write_bytes(nb, front), front.size());
                model.insert(model.begin(), front.begin(), front.end());
            } else {
                ULONG delta = static_cast<ULONG>(random() % (model.size() + 1));
                NdisAdvanceNetBufferDataStart(nb, delta, random() % 2, nullptr);
                model.erase(model.begin(), model.begin() + delta);
            }
            ASSERT_EQ(nb->DataLength, model.size());
            ASSERT_EQ(nb_fault_of(nb), "");
            ASSERT_EQ(used_bytes(nb), model) << "round " << round << " step " << step;
        }
        ASSERT_EQ(NdisRetreatNetBufferDataStart(nb, nb->DataOffset, 0, nullptr), NDIS_STATUS_SUCCESS);  // the documented way to drop
        NdisAdvanceNetBufferDataStart(nb, nb->DataLength, TRUE, nullptr);                             // all of NDIS's MDLs
        ASSERT_EQ(nb->MdlChain, nullptr);
        NdisFreeNetBufferList(nbl_);
    }
}

PMDL handler_mdl;
PMDL allocate_handler(PULONG size) {
    *size += 100;  // more than was asked for is allowed
    return handler_mdl = NdisAllocateMdl(nullptr, ExAllocatePoolWithTag(NonPagedPool, *size, 1), *size);
}
PMDL refuse_handler(PULONG) { return nullptr; }
unsigned freed;
VOID free_handler(PMDL mdl) {
    freed++;
    ExFreePool(MmGetMdlVirtualAddress(mdl));
    NdisFreeMdl(mdl);
}

TEST_F(NblData, HandlersTakeThePlaceOfTheAllocator) {
    freed = 0;
    PNET_BUFFER nb = empty_nb();
    EXPECT_EQ(NdisRetreatNetBufferDataStart(nb, 10, 0, refuse_handler), NDIS_STATUS_RESOURCES);
    EXPECT_EQ(nb->MdlChain, nullptr);
    ASSERT_EQ(NdisRetreatNetBufferDataStart(nb, 10, 6, allocate_handler), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(nb->MdlChain, handler_mdl);
    EXPECT_EQ(nb->DataOffset, 106u);
    NdisAdvanceNetBufferDataStart(nb, 10, TRUE, nullptr);  // no handler: the MDL stays
    EXPECT_EQ(nb->MdlChain, handler_mdl);
    NdisAdvanceNetBufferDataStart(nb, 0, TRUE, free_handler);
    EXPECT_EQ(freed, 1u);
    EXPECT_EQ(nb->MdlChain, nullptr);
    NdisFreeNetBufferList(nbl_);
}

TEST_F(NblData, ARetreatOfAnNblIsAllOrNothing) {
    PNET_BUFFER_LIST first = make_nbl(40, 0), second = make_nbl(50, 8), third = make_nbl(60, 0);
    first->FirstNetBuffer->Next = second->FirstNetBuffer;
    second->FirstNetBuffer->Next = third->FirstNetBuffer;
    PMDL heads[3] = {first->FirstNetBuffer->MdlChain, second->FirstNetBuffer->MdlChain, third->FirstNetBuffer->MdlChain};
    kernel_fail_allocations(kernel_, 1, 1);  // the third NB's: the second has room
    EXPECT_EQ(NdisRetreatNetBufferListDataStart(first, 8, 0, nullptr, nullptr), NDIS_STATUS_RESOURCES);
    EXPECT_EQ(first->FirstNetBuffer->MdlChain, heads[0]);
    EXPECT_EQ(first->FirstNetBuffer->DataLength, 40u);
    EXPECT_EQ(second->FirstNetBuffer->DataOffset, 8u);
    EXPECT_EQ(third->FirstNetBuffer->MdlChain, heads[2]);
    EXPECT_EQ(NdisRetreatNetBufferListDataStart(first, 8, 0, nullptr, nullptr), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(third->FirstNetBuffer->DataLength, 68u);
    NdisAdvanceNetBufferListDataStart(first, 8, TRUE, nullptr);
    EXPECT_EQ(first->FirstNetBuffer->MdlChain, heads[0]);
    first->FirstNetBuffer->Next = second->FirstNetBuffer->Next = nullptr;
    for (PNET_BUFFER_LIST nbl : {first, second, third}) free_nbl(nbl);
}

TEST_F(NblData, AdvancingBeyondTheDataIsReported) {
    PNET_BUFFER_LIST nbl = make_nbl(10);
    NdisAdvanceNetBufferDataStart(nbl->FirstNetBuffer, 11, FALSE, nullptr);
    EXPECT_TRUE(violated("nb.advance"));
    free_nbl(nbl);
}

TEST_F(NblData, GetDataBufferPointsIntoTheFrameOrCopies) {
    Chain chain({10, 0, 20, 30});
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool_, 0, 0, chain.mdls[0], 4, 50);
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    UCHAR storage[64];
    EXPECT_EQ(NdisGetDataBuffer(nb, 6, nullptr, 1, 0), chain.memory + 4);
    EXPECT_EQ(NdisGetDataBuffer(nb, 7, nullptr, 1, 0), nullptr);
    ASSERT_EQ(NdisGetDataBuffer(nb, 50, storage, 1, 0), storage);
    for (int i = 0; i < 50; i++) ASSERT_EQ(storage[i], 4 + i);
    EXPECT_EQ(NdisGetDataBuffer(nb, 51, storage, 1, 0), nullptr);
    EXPECT_EQ(NdisGetDataBuffer(nb, 4, storage, 16, 4), chain.memory + 4);  // pool memory is 16-aligned
    EXPECT_EQ(NdisGetDataBuffer(nb, 4, storage, 16, 0), storage);
    kernel_fail_mappings(kernel_, 0, 1);
    EXPECT_EQ(NdisGetDataBuffer(nb, 50, storage, 1, 0), nullptr);
    NdisFreeNetBufferList(nbl);
}

TEST_F(NblData, CopyStopsAtTheEndOfEitherSide) {
    Chain source({7, 13, 20}), target({5, 25});
    PNET_BUFFER_LIST from = NdisAllocateNetBufferAndNetBufferList(pool_, 0, 0, source.mdls[0], 2, 30);
    PNET_BUFFER_LIST to = NdisAllocateNetBufferAndNetBufferList(pool_, 0, 0, target.mdls[0], 3, 0);
    memset(target.memory, 0xEE, 30);
    ULONG copied;
    ASSERT_EQ(NdisCopyFromNetBufferToNetBuffer(to->FirstNetBuffer, 1, 100, from->FirstNetBuffer, 4, &copied), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(copied, 26u);  // 30 - 4 in the source, 30 - 4 in the target
    EXPECT_EQ(target.memory[3], 0xEE);
    for (int i = 0; i < 26; i++) ASSERT_EQ(target.memory[4 + i], 6 + i);
    EXPECT_EQ(to->FirstNetBuffer->DataLength, 0u);
    NdisFreeNetBufferList(from);
    NdisFreeNetBufferList(to);
}

TEST_F(NblData, PhysicalCountIsThePagesSpanned) {
    Chain chain({4096, 4096, 0, 100});
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool_, 0, 0, chain.mdls[0], 0, 8292);
    EXPECT_EQ(NdisQueryNetBufferPhysicalCount(nbl->FirstNetBuffer), 4u);  // the empty MDL counts as one
    NdisFreeNetBufferList(nbl);
}

TEST_F(NblData, CopyingInfoTakesTheSlotsOfItsDirection) {
    PNET_BUFFER_LIST from = NdisAllocateNetBufferList(pool_, 0, 0), to = NdisAllocateNetBufferList(pool_, 0, 0);
    for (PVOID& slot : from->NetBufferListInfo) slot = from;
    NdisCopySendNetBufferListInfo(to, from);
    EXPECT_EQ(to->NetBufferListInfo[NetBufferListCancelId], from);
    EXPECT_EQ(to->NetBufferListInfo[NetBufferListHashValue], nullptr);
    NdisCopyReceiveNetBufferListInfo(to, from);
    EXPECT_EQ(to->NetBufferListInfo[NetBufferListHashValue], from);
    EXPECT_EQ(to->NetBufferListInfo[TcpRecvSegCoalesceInfo], nullptr);
    NdisFreeNetBufferList(from);
    NdisFreeNetBufferList(to);
}

}  // namespace
