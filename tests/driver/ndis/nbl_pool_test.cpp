// SPDX-License-Identifier: Apache-2.0
// Pools of NBLs and NBs in their three shapes, and contexts.
#include "test_stack.h"

namespace {

class NblPool : public StackTest {};

TEST_F(NblPool, ShapeAHasNoNetBuffer) {
    NDIS_HANDLE pool = make_pool(miniport_.driver, false, 0, 0);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool, 0, 0);
    ASSERT_NE(nbl, nullptr);
    EXPECT_EQ(nbl->FirstNetBuffer, nullptr);
    EXPECT_EQ(nbl->Context, nullptr);
    EXPECT_EQ(nbl->NdisPoolHandle, pool);
    EXPECT_EQ(NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, nullptr, 0, 0), nullptr);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
}

TEST_F(NblPool, ShapeBTakesTheCallersChain) {
    UCHAR* memory = static_cast<UCHAR*>(ExAllocatePoolWithTag(NonPagedPool, 300, 1));
    PMDL first = NdisAllocateMdl(nullptr, memory, 100);
    first->Next = NdisAllocateMdl(nullptr, memory + 100, 200);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool_, 0, 0, first, 120, 150);
    ASSERT_NE(nbl, nullptr);
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    EXPECT_EQ(nb->CurrentMdl, first->Next);
    EXPECT_EQ(nb->CurrentMdlOffset, 20u);
    EXPECT_EQ(nb->DataOffset, 120u);
    EXPECT_EQ(nb->DataLength, 150u);
    NdisFreeNetBufferList(nbl);
    NdisFreeMdl(first->Next);
    NdisFreeMdl(first);
    ExFreePool(memory);
}

TEST_F(NblPool, ShapeCComesWithDataThatIsAllBackfill) {
    NDIS_HANDLE pool = make_pool(miniport_.driver, true, 2048, 0);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool, 0, 0);
    ASSERT_NE(nbl, nullptr);
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    EXPECT_EQ(nb->DataLength, 0u);
    EXPECT_EQ(nb->DataOffset, 2048u);
    EXPECT_EQ(nb->MdlChain->ByteCount, 2048u);
    EXPECT_EQ(NdisRetreatNetBufferDataStart(nb, 1514, 0, nullptr), NDIS_STATUS_SUCCESS);
    memset(bytes_of(nbl), 0xA5, 1514);
    EXPECT_EQ(nb->CurrentMdlOffset, 2048u - 1514u);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
}

TEST_F(NblPool, DataWithoutANetBufferIsRefused) {
    EXPECT_EQ(make_pool(miniport_.driver, false, 100, 0), nullptr);
    EXPECT_EQ(make_pool(miniport_.driver, true, 0, 8), nullptr);  // context not a multiple of 16
}

TEST_F(NblPool, MembersAreCleanAndDistinctWhenUsedAgain) {
    std::vector<PNET_BUFFER_LIST> nbls;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 200; i++) {
            PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool_, 0, 0);
            ASSERT_NE(nbl, nullptr);
            EXPECT_EQ(reinterpret_cast<uintptr_t>(nbl) % 16, 0u);
            EXPECT_EQ(nbl->Scratch, nullptr);
            EXPECT_EQ(nbl->Status, 0);
            EXPECT_EQ(ndis_nbl_packet(nbl), -1);
            for (PVOID slot : nbl->NetBufferListInfo) EXPECT_EQ(slot, nullptr);
            nbl->Scratch = nbl;
            nbl->Status = NDIS_STATUS_FAILURE;
            for (PVOID& slot : nbl->NetBufferListInfo) slot = nbl;
            ndis_nbl_set_packet(nbl, i);
            nbls.push_back(nbl);
        }
        for (PNET_BUFFER_LIST nbl : nbls) NdisFreeNetBufferList(nbl);
        nbls.clear();
    }
}

TEST_F(NblPool, NothingOfALastLifeIsLeftInTheNext) {
    NDIS_HANDLE with_context = make_pool(miniport_.driver, true, 0, 32);
    for (NDIS_HANDLE pool : {pool_, with_context}) {
        PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool, 0, 0);
        PNET_BUFFER nb = nbl->FirstNetBuffer;
        auto dirty = [](void* at, size_t bytes) { memset(at, 0xA5, bytes); };
        dirty(&nbl->Next, sizeof(PVOID));
        dirty(&nbl->ParentNetBufferList, sizeof(PVOID));
        dirty(nbl->ProtocolReserved, offsetof(NET_BUFFER_LIST, NblFlags) - offsetof(NET_BUFFER_LIST, ProtocolReserved));
        nbl->NblFlags = nbl->Flags = 0xA5A5A5A5;
        nbl->Status = NDIS_STATUS_FAILURE;
        dirty(nbl->NetBufferListInfo, sizeof(nbl->NetBufferListInfo));
        dirty(&nb->CurrentMdl, offsetof(NET_BUFFER, Reserved) + sizeof(USHORT) - offsetof(NET_BUFFER, CurrentMdl));
        dirty(nb->ProtocolReserved, sizeof(*nb) - offsetof(NET_BUFFER, ProtocolReserved));
        NdisFreeNetBufferList(nbl);
        ASSERT_EQ(NdisAllocateNetBufferList(pool, 0, 0), nbl);
        EXPECT_EQ(nbl->FirstNetBuffer, nb);
        EXPECT_EQ(nbl->NdisPoolHandle, pool);
        EXPECT_EQ(nb->NdisPoolHandle, pool);
        nbl->NdisReserved[0] = nullptr;  // NDIS's own: how it knows what it made
        nbl->FirstNetBuffer = nullptr;
        nbl->NdisPoolHandle = nb->NdisPoolHandle = nullptr;
        nbl->Context = nullptr;
        const std::vector<UCHAR> zero(sizeof(*nbl));
        EXPECT_EQ(memcmp(nbl, zero.data(), sizeof(*nbl)), 0);
        EXPECT_EQ(memcmp(nb, zero.data(), sizeof(*nb)), 0);
        nbl->FirstNetBuffer = nb;
        nbl->NdisPoolHandle = nb->NdisPoolHandle = pool;
        NdisFreeNetBufferList(nbl);
    }
    NdisFreeNetBufferListPool(with_context);
}

TEST_F(NblPool, AnNblWhoseFirstNetBufferWasReplacedHasItsOwnAgain) {
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool_, 0, 0);
    PNET_BUFFER own = nbl->FirstNetBuffer;
    nbl->FirstNetBuffer = nullptr;
    NdisFreeNetBufferList(nbl);
    ASSERT_EQ(NdisAllocateNetBufferList(pool_, 0, 0), nbl);
    EXPECT_EQ(nbl->FirstNetBuffer, own);
    NdisFreeNetBufferList(nbl);
}

TEST_F(NblPool, AnyNumberOfPoolsServes) {
    std::vector<NDIS_HANDLE> pools;
    std::vector<PNET_BUFFER_LIST> nbls;
    for (int i = 0; i < 100; i++) {
        pools.push_back(make_pool(miniport_.driver, true, 0, 0));
        nbls.push_back(NdisAllocateNetBufferList(pools.back(), 0, 0));
    }
    for (PNET_BUFFER_LIST nbl : nbls) {
        EXPECT_EQ(NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 10, 0, nullptr), NDIS_STATUS_SUCCESS);
        NdisAdvanceNetBufferDataStart(nbl->FirstNetBuffer, 10, TRUE, nullptr);
        NdisFreeNetBufferList(nbl);
    }
    for (NDIS_HANDLE pool : pools) NdisFreeNetBufferListPool(pool);
}

TEST_F(NblPool, ASteadyStateAllocatesNothing) {
    NdisFreeNetBufferList(NdisAllocateNetBufferList(pool_, 0, 0));
    unsigned before = fake_platform_live_allocations(fake_);
    for (int i = 0; i < 1000; i++) NdisFreeNetBufferList(NdisAllocateNetBufferList(pool_, 0, 0));
    EXPECT_EQ(fake_platform_live_allocations(fake_), before);
}

TEST_F(NblPool, ContextOfThePoolIsUsedWhenItFits) {
    NDIS_HANDLE pool = make_pool(miniport_.driver, true, 0, 64);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool, 16, 32);
    EXPECT_EQ(nbl->Context->Size, 64);
    EXPECT_EQ(nbl->Context->Offset, 48);
    EXPECT_EQ(NET_BUFFER_LIST_CONTEXT_DATA_START(nbl), nbl->Context->ContextData + 48);
    NdisFreeNetBufferList(nbl);
    nbl = NdisAllocateNetBufferList(pool, 64, 16);  // does not fit: a node of its own
    EXPECT_EQ(nbl->Context->Size, 80);
    EXPECT_EQ(nbl->Context->Offset, 16);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
}

TEST_F(NblPool, ContextsStackAndUnstack) {
    NDIS_HANDLE pool = make_pool(miniport_.driver, true, 0, 32);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool, 16, 16);
    PNET_BUFFER_LIST_CONTEXT own = nbl->Context;
    EXPECT_EQ(NdisAllocateNetBufferListContext(nbl, 16, 0, 0), NDIS_STATUS_SUCCESS);  // in the backfill
    EXPECT_EQ(nbl->Context, own);
    EXPECT_EQ(nbl->Context->Offset, 0);
    EXPECT_EQ(NdisAllocateNetBufferListContext(nbl, 24, 8, 0), NDIS_STATUS_SUCCESS);  // a new node
    EXPECT_NE(nbl->Context, own);
    EXPECT_EQ(nbl->Context->Next, own);
    EXPECT_EQ(nbl->Context->Offset, 8);
    NdisFreeNetBufferListContext(nbl, 24);
    EXPECT_EQ(nbl->Context, own);
    NdisFreeNetBufferListContext(nbl, 16);
    EXPECT_EQ(nbl->Context->Offset, 16);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
}

TEST_F(NblPool, AContextThatIsNotPoppedIsReported) {
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool_, 0, 0);
    EXPECT_EQ(NdisAllocateNetBufferListContext(nbl, 16, 0, 0), NDIS_STATUS_SUCCESS);
    NdisFreeNetBufferList(nbl);
    EXPECT_TRUE(violated("nbl.context_leaked"));
}

TEST_F(NblPool, NetBufferPoolsObeyTheirShape) {
    NDIS_HANDLE plain = make_nb_pool(nullptr), data = make_nb_pool(nullptr, 128);
    EXPECT_EQ(NdisAllocateNetBufferMdlAndData(plain), nullptr);
    EXPECT_EQ(NdisAllocateNetBuffer(data, nullptr, 0, 0), nullptr);
    PNET_BUFFER a = NdisAllocateNetBuffer(plain, nullptr, 0, 0), b = NdisAllocateNetBufferMdlAndData(data);
    EXPECT_EQ(a->MdlChain, nullptr);
    EXPECT_EQ(b->DataOffset, 128u);
    NdisFreeNetBuffer(a);
    NdisFreeNetBuffer(b);
    NdisFreeNetBufferPool(plain);
    NdisFreeNetBufferPool(data);
}

TEST_F(NblPool, FreeingAPoolWithMembersOutIsReported) {
    NDIS_HANDLE pool = make_pool(miniport_.driver, true, 0, 0);
    NdisAllocateNetBufferList(pool, 0, 0);
    NdisFreeNetBufferListPool(pool);
    EXPECT_TRUE(violated("nbl.leaked"));
}

TEST_F(NblPool, FreeingTwiceIsReported) {
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pool_, 0, 0);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferList(nbl);
    EXPECT_TRUE(violated("nbl.freed_twice"));
    EXPECT_NE(message("nbl.freed_twice").find("freed at nbl_pool_test.cpp:"), std::string::npos) << message("nbl.freed_twice");
}

}  // namespace
