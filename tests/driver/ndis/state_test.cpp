// SPDX-License-Identifier: Apache-2.0
// Bring-up, pause, restart and take-down; OIDs and status.
#include "test_stack.h"

namespace {

class NdisState : public StackTest {};

TEST_F(NdisState, TheStackComesUpAndGoesDownInOrder) {
    start();
    EXPECT_EQ(miniport_.calls, "init restart ");
    EXPECT_EQ(protocol_.calls, "bind restart ");
    EXPECT_EQ(protocol_.data_backfill, 12u);
    stop();
    EXPECT_EQ(miniport_.calls, "init restart pause halt ");
    EXPECT_EQ(protocol_.calls, "bind restart pause unbind ");
}

TEST_F(NdisState, PauseAndRestartRepeat) {
    start();
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(ndis_pause(ndis_), NDIS_STATUS_SUCCESS);
        EXPECT_EQ(ndis_restart(ndis_), NDIS_STATUS_SUCCESS);
    }
    EXPECT_EQ(protocol_.calls, "bind restart pause restart pause restart pause restart ");
    stop();
}

TEST_F(NdisState, AFailedInitializeStopsTheStart) {
    miniport_.initialize_status = NDIS_STATUS_RESOURCES;
    EXPECT_EQ(ndis_start(ndis_), NDIS_STATUS_RESOURCES);
    EXPECT_EQ(protocol_.calls, "");
    EXPECT_EQ(miniport_.calls, "init ");
}

TEST_F(NdisState, GeneralAttributesAreCompulsory) {
    miniport_.skip_general = true;
    EXPECT_EQ(ndis_start(ndis_), NDIS_STATUS_FAILURE);
    EXPECT_TRUE(violated("ndis.attributes"));
}

TEST_F(NdisState, AProtocolThatDoesNotKnowTheMediumIsLeftOut) {
    protocol_.medium = NdisMediumWan;
    EXPECT_EQ(ndis_start(ndis_), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(protocol_.calls, "bind ");
    stop();
}

TEST_F(NdisState, APauseThatNeverCompletesIsReportedAndSurvived) {
    start();
    miniport_.pause_status = NDIS_STATUS_PENDING;
    stop();
    EXPECT_TRUE(violated("ndis.timeout"));
    EXPECT_EQ(miniport_.calls, "init restart pause halt ");
}

void complete_late(void* miniport) { static_cast<TestMiniport*>(miniport)->complete_all(); }

TEST_F(NdisState, APauseWaitsForWhatIsStillOut) {
    start();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    platform* seam = kernel_platform(kernel_);
    seam->ops->timer_start(seam->ctx, 300000, complete_late, &miniport_);
    ULONGLONG before = KeQueryInterruptTime();
    ndis_pause(ndis_);
    EXPECT_GE(KeQueryInterruptTime() - before, 3000u);
    EXPECT_LT(KeQueryInterruptTime() - before, 10000u);
    EXPECT_EQ(protocol_.completed.size(), 1u);
    free_nbl(nbl);
    stop();
}

TEST_F(NdisState, CompletingAPauseThatIsNotPendingIsReported) {
    start();
    NdisMPauseComplete(miniport_.adapter);
    EXPECT_TRUE(violated("ndis.state"));
    stop();
}

TEST_F(NdisState, ThePacketFilterReachesTheMiniportWhenItChanges) {
    start();
    EXPECT_EQ(miniport_.filters, (std::vector<ULONG>{NDIS_PACKET_TYPE_PROMISCUOUS}));
    ULONG filter = NDIS_PACKET_TYPE_PROMISCUOUS;
    EXPECT_EQ(protocol_.oid(NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, 4), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(miniport_.filters.size(), 1u);
    ULONG asked = 0;
    EXPECT_EQ(protocol_.oid(NdisRequestQueryInformation, OID_GEN_CURRENT_PACKET_FILTER, &asked, 4), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(asked, filter);
    EXPECT_EQ(protocol_.oid(NdisRequestQueryInformation, OID_GEN_CURRENT_PACKET_FILTER, &asked, 3), NDIS_STATUS_BUFFER_TOO_SHORT);
    stop();
    EXPECT_EQ(miniport_.filters, (std::vector<ULONG>{NDIS_PACKET_TYPE_PROMISCUOUS, 0}));  // the last binding closed
}

TEST_F(NdisState, LinkStateIsAnsweredFromWhatWasIndicated) {
    start();
    NDIS_LINK_STATE link{};
    EXPECT_EQ(protocol_.oid(NdisRequestQueryInformation, OID_GEN_LINK_STATE, &link, sizeof(link)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(link.MediaConnectState, MediaConnectStateConnected);
    EXPECT_EQ(link.XmitLinkSpeed, 40000000000ull);
    link.MediaConnectState = MediaConnectStateDisconnected;
    NDIS_STATUS_INDICATION indication{};
    indication.Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, 1, sizeof(indication)};
    indication.SourceHandle = miniport_.adapter;
    indication.StatusCode = NDIS_STATUS_LINK_STATE;
    indication.StatusBuffer = &link;
    indication.StatusBufferSize = sizeof(link);
    NdisMIndicateStatusEx(miniport_.adapter, &indication);
    EXPECT_EQ(protocol_.statuses, (std::vector<NDIS_STATUS>{NDIS_STATUS_LINK_STATE}));
    NDIS_LINK_STATE after{};
    protocol_.oid(NdisRequestQueryInformation, OID_GEN_LINK_STATE, &after, sizeof(after));
    EXPECT_EQ(after.MediaConnectState, MediaConnectStateDisconnected);
    stop();
}

TEST_F(NdisState, AnUnknownOidIsTheMiniportsAnswer) {
    start();
    ULONG value;
    EXPECT_EQ(protocol_.oid(NdisRequestQueryInformation, OID_GEN_VENDOR_ID, &value, 4), NDIS_STATUS_NOT_SUPPORTED);
    stop();
}

TEST_F(NdisState, TwoStacksInOneProcessDoNotMeet) {
    fake_platform* other_fake = fake_platform_create(&config_);
    kernel* other_kernel = kernel_create(fake_platform_seam(other_fake));
    ndis* other = ndis_create(other_kernel);
    TestMiniport miniport;
    TestProtocol protocol;
    ASSERT_EQ(ndis_load_driver(other, "testmp", test_miniport_entry, &miniport), NDIS_STATUS_SUCCESS);
    ASSERT_EQ(ndis_load_driver(other, "testproto", test_protocol_entry, &protocol), NDIS_STATUS_SUCCESS);
    ASSERT_EQ(ndis_add_adapter(other, "testmp", "nic0"), NDIS_STATUS_SUCCESS);
    start();
    ASSERT_EQ(ndis_start(other), NDIS_STATUS_SUCCESS);
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    EXPECT_EQ(miniport_.held.size(), 1u);
    EXPECT_EQ(miniport.held.size(), 0u);
    miniport_.complete_all();
    free_nbl(nbl);
    ndis_destroy(other);
    stop();
    kernel_destroy(other_kernel);
    EXPECT_EQ(fake_platform_violation_count(other_fake), 0u);
    EXPECT_EQ(fake_platform_destroy(other_fake), 0u);
}

}  // namespace
