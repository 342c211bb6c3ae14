// SPDX-License-Identifier: Apache-2.0
// Each rule about NBLs, broken by a driver that a test plays.
#include "test_stack.h"

namespace {

class NblChecks : public StackTest {
protected:
    NblChecks() { start(); }
    ~NblChecks() override { stop(); }
};

TEST_F(NblChecks, AnNblThatIsNeverCompletedIsNamed) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    bytes_of(nbl)[0] = 0xAB;
    ndis_nbl_set_packet(nbl, 9);
    protocol_.send({nbl});
    stop();
    EXPECT_TRUE(violated("nbl.lost"));
    std::string text = message("nbl.lost");
    EXPECT_NE(text.find("first sent by testproto to nic0"), std::string::npos) << text;
    EXPECT_NE(text.find("with nic0 since"), std::string::npos) << text;
    EXPECT_NE(text.find("60 bytes: ab 00"), std::string::npos) << text;
    EXPECT_EQ(fake_platform_find_violation(fake_, "nbl.lost")->packet, 9);
    leaks_expected_ = true;  // what the driver lost can nobody free
}

TEST_F(NblChecks, AnNblThatIsNeverReturnedIsNamed) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl});
    stop();
    EXPECT_TRUE(violated("nbl.lost"));
    EXPECT_NE(message("nbl.lost").find("with testproto since"), std::string::npos) << message("nbl.lost");
    leaks_expected_ = true;
}

TEST_F(NblChecks, CompletedTwice) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    miniport_.complete(nbl);
    miniport_.complete(nbl);
    EXPECT_TRUE(violated("nbl.completed_twice"));
    EXPECT_EQ(protocol_.completed.size(), 1u);
    free_nbl(nbl);
}

TEST_F(NblChecks, TheRestOfAChainSurvivesACompletionTwice) {
    PNET_BUFFER_LIST a = make_nbl(60), b = make_nbl(60);
    protocol_.send({a, b});
    miniport_.complete(a);
    miniport_.held.clear();
    NdisMSendNetBufferListsComplete(miniport_.adapter, chain({a, b}), 0);
    EXPECT_TRUE(violated("nbl.completed_twice"));
    EXPECT_EQ(protocol_.completed, (std::vector<PNET_BUFFER_LIST>{a, b}));
    free_nbl(a);
    free_nbl(b);
}

TEST_F(NblChecks, CompletedWithoutBeingSent) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.complete(nbl);
    EXPECT_TRUE(violated("nbl.completed_not_sent"));
    free_nbl(nbl);
}

TEST_F(NblChecks, CompletedWithStatusPending) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    miniport_.complete(nbl, NDIS_STATUS_PENDING);
    EXPECT_TRUE(violated("nbl.status_pending"));
    free_nbl(nbl);
}

TEST_F(NblChecks, SentTwice) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    protocol_.send({nbl});
    EXPECT_TRUE(violated("nbl.sent_twice"));
    EXPECT_EQ(miniport_.held.size(), 1u);
    miniport_.complete_all();
    free_nbl(nbl);
}

TEST_F(NblChecks, SentWithAForeignSourceHandle) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    nbl->SourceHandle = nullptr;
    NdisSendNetBufferLists(protocol_.binding, nbl, 0, 0);
    EXPECT_TRUE(violated("nbl.source_handle"));
    miniport_.complete_all();
    EXPECT_EQ(protocol_.completed.size(), 1u);
    violated("nbl.source_handle");
    free_nbl(nbl);
}

TEST_F(NblChecks, SentThroughAPausedBinding) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    ndis_pause(ndis_);
    protocol_.send({nbl});
    EXPECT_TRUE(violated("ndis.state"));
    EXPECT_EQ(protocol_.completed.size(), 1u);
    EXPECT_EQ(nbl->Status, NDIS_STATUS_PAUSED);
    free_nbl(nbl);
}

TEST_F(NblChecks, FreedInFlight) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    PMDL mdl = nbl->FirstNetBuffer->MdlChain;
    PVOID memory = MmGetMdlVirtualAddress(mdl);
    protocol_.send({nbl});
    NdisFreeNetBufferList(nbl);
    EXPECT_TRUE(violated("nbl.freed_in_flight"));
    miniport_.complete_all();
    EXPECT_TRUE(protocol_.completed.empty());
    NdisFreeMdl(mdl);
    ExFreePool(memory);
}

TEST_F(NblChecks, ABlockThatWasFreedInFlightIsItsPoolsWhenItIsBack) {
    for (int direction = 0; direction < 2; direction++) {
        PNET_BUFFER_LIST nbl = make_nbl(60);
        PMDL mdl = nbl->FirstNetBuffer->MdlChain;
        PVOID memory = MmGetMdlVirtualAddress(mdl);
        if (direction == 0) protocol_.send({nbl});
        else miniport_.indicate({nbl});
        NdisFreeNetBufferList(nbl);
        PNET_BUFFER_LIST other = NdisAllocateNetBufferList(pool_, 0, 0);
        EXPECT_NE(other, nbl) << "it is still out";
        if (direction == 0) miniport_.complete_all();
        else protocol_.give_back({nbl});
        PNET_BUFFER_LIST again = NdisAllocateNetBufferList(pool_, 0, 0);
        EXPECT_EQ(again, nbl);
        EXPECT_EQ(again->FirstNetBuffer->MdlChain, nullptr);
        NdisFreeNetBufferList(again);
        NdisFreeNetBufferList(other);
        NdisFreeMdl(mdl);
        ExFreePool(memory);
    }
    EXPECT_TRUE(violated("nbl.freed_in_flight"));
    EXPECT_TRUE(protocol_.completed.empty());
}

TEST_F(NblChecks, BrokenDataOffset) {
    PNET_BUFFER_LIST nbl = make_nbl(60, 10);
    nbl->FirstNetBuffer->DataOffset = 9;
    protocol_.send({nbl});
    EXPECT_TRUE(violated("nb.invariant"));
    nbl->FirstNetBuffer->DataOffset = 10;
    miniport_.complete_all();
    EXPECT_TRUE(violated("nb.not_restored"));
    free_nbl(nbl);
}

TEST_F(NblChecks, MoreDataThanTheChainHolds) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    nbl->FirstNetBuffer->DataLength = 61;
    protocol_.send({nbl});
    EXPECT_TRUE(violated("nb.invariant"));
    nbl->FirstNetBuffer->DataLength = 60;
    miniport_.complete_all();
    EXPECT_TRUE(violated("nb.not_restored"));
    free_nbl(nbl);
}

TEST_F(NblChecks, IndicatedWithTheWrongCount) {
    PNET_BUFFER_LIST nbl = make_nbl(60, 0, miniport_.adapter);
    nbl->Next = nullptr;
    NdisMIndicateReceiveNetBufferLists(miniport_.adapter, nbl, 0, 2, 0);
    EXPECT_TRUE(violated("nbl.indicate_count"));
    protocol_.give_back({nbl});
    free_nbl(nbl);
}

TEST_F(NblChecks, ReturnedTwice) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl});
    protocol_.give_back({nbl});
    protocol_.give_back({nbl});
    EXPECT_TRUE(violated("nbl.returned_twice"));
    EXPECT_EQ(miniport_.returned.size(), 1u);
    free_nbl(nbl);
}

TEST_F(NblChecks, ReturnedAfterResources) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl}, NDIS_RECEIVE_FLAGS_RESOURCES);
    protocol_.give_back({nbl});
    EXPECT_TRUE(violated("nbl.returned_twice"));
    free_nbl(nbl);
}

TEST_F(NblChecks, IndicatedTwice) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl});
    miniport_.indicate({nbl});
    EXPECT_TRUE(violated("nbl.indicated_twice"));
    protocol_.give_back({nbl});
    free_nbl(nbl);
}

TEST_F(NblChecks, DispatchFlagBelowDispatchLevel) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl}, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
    EXPECT_TRUE(violated("nbl.flags"));
    miniport_.complete_all();
    free_nbl(nbl);
}

TEST_F(NblChecks, AHandlerThatKeepsALock) {
    NDIS_SPIN_LOCK lock;
    NdisAllocateSpinLock(&lock);
    miniport_.acquires = &lock;
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    ASSERT_TRUE(violated("kernel.irql"));
    EXPECT_NE(message("kernel.irql").find("MiniportSendNetBufferLists was called at IRQL 0 and returned at IRQL 2"), std::string::npos)
        << message("kernel.irql");
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL) << "the driver that called goes on as it was";
    miniport_.acquires = nullptr;
    miniport_.complete(nbl);
    free_nbl(nbl);
}

TEST_F(NblChecks, ACancelHandlerThatKeepsALock) {
    NDIS_SPIN_LOCK lock;
    NdisAllocateSpinLock(&lock);
    miniport_.acquires = &lock;
    NdisCancelSendNetBufferLists(protocol_.binding, &lock);
    ASSERT_TRUE(violated("kernel.irql"));
    EXPECT_NE(message("kernel.irql").find("MiniportCancelSend was called at IRQL 0 and returned at IRQL 2"), std::string::npos)
        << message("kernel.irql");
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

TEST_F(NblChecks, AnNblThatNoPoolMade) {
    NET_BUFFER_LIST own{};
    own.SourceHandle = protocol_.binding;
    NdisSendNetBufferLists(protocol_.binding, &own, 0, 0);
    EXPECT_TRUE(violated("nbl.foreign"));
    EXPECT_TRUE(miniport_.held.empty());
}

TEST_F(NblChecks, ACopyOfAnNblIsNone) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    NET_BUFFER_LIST copy = *nbl;
    copy.SourceHandle = protocol_.binding;
    NdisSendNetBufferLists(protocol_.binding, &copy, 0, 0);
    EXPECT_TRUE(violated("nbl.foreign"));
    EXPECT_TRUE(miniport_.held.empty());
    NdisFreeNetBufferList(&copy);
    EXPECT_TRUE(violated("nbl.foreign"));
    free_nbl(nbl);
}

TEST_F(NblChecks, AnNblOfAPoolThatItsHandleDoesNotName) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    const NDIS_HANDLE pool = nbl->NdisPoolHandle, other = make_pool(miniport_.driver, true, 0, 0);
    nbl->NdisPoolHandle = other;
    protocol_.send({nbl});
    EXPECT_TRUE(violated("nbl.foreign"));
    EXPECT_TRUE(miniport_.held.empty());
    nbl->NdisPoolHandle = pool;
    free_nbl(nbl);
    NdisFreeNetBufferListPool(other);
}

}  // namespace
