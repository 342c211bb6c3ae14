// SPDX-License-Identifier: Apache-2.0
// The team between two miniports and a protocol whose every hand-over the test decides.
#include "../ndis/test_stack.h"
#include "packets.h"

extern "C" {
#include "team_internal.h"
}

namespace {

using Nbls = std::vector<PNET_BUFFER_LIST>;

// A second card in the machine of the fake platform: registers that say nothing, interrupts of its own.
struct Card {
    explicit Card(struct platform* machine) : ops(*machine->ops), platform{&ops, machine->ctx} {
        ops.interrupt_connect = [](void*, unsigned, void (*)(void*), void*) { return 0; };
        ops.interrupt_disconnect = [](void*, unsigned) {};
    }
    platform_ops ops;
    struct platform platform;
};

class Team : public StackTest {
protected:
    Team() : card_(fake_platform_seam(fake_)) {
        other_.address_end = 2;
        team_.name = "team0";
        protocol_.filter = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST;
        load_team();
    }
    void load_team() {
        EXPECT_EQ(ndis_load_driver(ndis_, "othermp", test_miniport_entry, &other_), NDIS_STATUS_SUCCESS);
        EXPECT_EQ(ndis_load_driver(ndis_, "team", team_driver_entry, &team_), NDIS_STATUS_SUCCESS);
        EXPECT_EQ(ndis_add_adapter_in(ndis_, "othermp", "nic1", kernel_add_slot(kernel_, &card_.platform)), NDIS_STATUS_SUCCESS);
        ndis_bind_only(ndis_, "team", "nic0");
        ndis_bind_only(ndis_, "team", "nic1");
        ndis_bind_only(ndis_, "testproto", "team0");
    }
    // With a protocol whose requests may pend, over miniports that let them.
    void start_with_requests_that_pend(NDIS_OID oid = OID_GEN_XMIT_OK) {
        protocol_.told_later = true;
        protocol_.filter = 0;
        reload();
        load_team();
        start();
        miniport_.pends = other_.pends = true;
        request_.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, 1, sizeof(request_)};
        request_.RequestType = NdisRequestQueryInformation;
        request_.DATA.QUERY_INFORMATION.Oid = oid;
        request_.DATA.QUERY_INFORMATION.InformationBuffer = oid == OID_GEN_STATISTICS ? static_cast<PVOID>(&statistics_) : &count_;
        request_.DATA.QUERY_INFORMATION.InformationBufferLength = oid == OID_GEN_STATISTICS ? sizeof(statistics_) : sizeof(count_);
        ASSERT_EQ(NdisOidRequest(protocol_.binding, &request_), NDIS_STATUS_PENDING);
    }
    template <class Value>
    static void answer(TestMiniport& miniport, Value value) {
        ASSERT_EQ(miniport.pended.size(), 1u);
        PNDIS_OID_REQUEST asked = miniport.pended[0];
        ASSERT_GE(asked->DATA.QUERY_INFORMATION.InformationBufferLength, sizeof(value));
        memcpy(asked->DATA.QUERY_INFORMATION.InformationBuffer, &value, sizeof(value));
        NdisMOidRequestComplete(miniport.adapter, asked, NDIS_STATUS_SUCCESS);
    }
    // A frame of this flow: two that differ in the last byte of the source address.
    PNET_BUFFER_LIST frame_of(unsigned flow) {
        PNET_BUFFER_LIST nbl = make_nbl(60);
        const UCHAR head[14] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, static_cast<UCHAR>(flow >> 8), static_cast<UCHAR>(flow), 0x88, 0xB5};
        memcpy(bytes_of(nbl), head, sizeof(head));
        return nbl;
    }
    // A connection whose home is this member.
    uint8_t connection_of(const TestMiniport& home) {
        return static_cast<uint8_t>(flow_of(home, 256, [this](unsigned flow) { return make_list({packet_of(static_cast<uint8_t>(flow), 0)}); }));
    }
    // A flow whose home is this member.
    unsigned flow_of(const TestMiniport& home) {
        return flow_of(home, 1000, [this](unsigned flow) { return frame_of(flow); });
    }
    template <class Make>
    unsigned flow_of(const TestMiniport& home, unsigned most, const Make& make) {
        for (unsigned flow = 0; flow < most; flow++) {
            PNET_BUFFER_LIST nbl = make(flow);
            protocol_.send({nbl});
            const bool here = home.held.size() == 1;
            finish_all();
            free_nbl(nbl);
            protocol_.completed.clear();
            if (here) return flow;
        }
        ADD_FAILURE() << "all flows go by the other";
        return 0;
    }
    void finish_all() {
        miniport_.complete_all();
        other_.complete_all();
    }
    static void set_link(TestMiniport& miniport, bool up) {
        NDIS_LINK_STATE link{};
        link.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_STATE_REVISION_1, NDIS_SIZEOF_LINK_STATE_REVISION_1};
        link.MediaConnectState = up ? MediaConnectStateConnected : MediaConnectStateDisconnected;
        link.XmitLinkSpeed = link.RcvLinkSpeed = up ? 40000000000ull : NDIS_LINK_SPEED_UNKNOWN;
        NDIS_STATUS_INDICATION indication{};
        indication.Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1,
                             NDIS_SIZEOF_STATUS_INDICATION_REVISION_1};
        indication.SourceHandle = miniport.adapter;
        indication.StatusCode = NDIS_STATUS_LINK_STATE;
        indication.StatusBuffer = &link;
        indication.StatusBufferSize = sizeof(link);
        NdisMIndicateStatusEx(miniport.adapter, &indication);
    }
    NDIS_LINK_STATE link() {
        NDIS_LINK_STATE state{};
        EXPECT_EQ(protocol_.oid(NdisRequestQueryInformation, OID_GEN_LINK_STATE, &state, sizeof(state)), NDIS_STATUS_SUCCESS);
        return state;
    }

    Card card_;
    team team_{};
    TestMiniport other_;
    NDIS_OID_REQUEST request_{};
    ULONG64 count_ = 0;
    NDIS_STATISTICS_INFO statistics_{};
};

TEST_F(Team, FlowsAreSpreadAndEachKeepsToItsMember) {
    start();
    Nbls nbls;
    for (unsigned i = 0; i < 64; i++) nbls.push_back(frame_of(i / 2));
    protocol_.send(nbls);
    ASSERT_EQ(miniport_.held.size() + other_.held.size(), 64u);
    EXPECT_GT(miniport_.held.size(), 16u);
    EXPECT_GT(other_.held.size(), 16u);
    for (size_t i = 0; i < nbls.size(); i += 2) {  // both frames of a flow, in their order
        const Nbls& held = nbls[i]->SourceHandle == team_.adapter->members[0].handle ? miniport_.held : other_.held;
        const auto first = std::find(held.begin(), held.end(), nbls[i]);
        ASSERT_NE(first, held.end());
        ASSERT_NE(first + 1, held.end());
        EXPECT_EQ(*(first + 1), nbls[i + 1]);
    }
    finish_all();
    EXPECT_EQ(protocol_.completed.size(), 64u);
    for (PNET_BUFFER_LIST nbl : nbls) EXPECT_EQ(nbl->SourceHandle, protocol_.binding);
    free_all(nbls);
    stop();
}

TEST_F(Team, FramesOfBothComeUpAndGoBackToWhereTheyCameFrom) {
    start();
    const Nbls nbls{frame_to(1), frame_to(1), frame_to(0xFF)};
    miniport_.indicate({nbls[0]});
    other_.indicate({nbls[1], nbls[2]});
    EXPECT_EQ(protocol_.received, nbls);
    protocol_.give_back({nbls[2], nbls[0], nbls[1]});
    EXPECT_EQ(miniport_.returned, (Nbls{nbls[0]}));
    EXPECT_EQ(other_.returned, (Nbls{nbls[2], nbls[1]}));
    free_all(nbls);
    stop();
}

TEST_F(Team, WhatIsLentBelowIsLentAboveAndTheCallersChainAfterTheCall) {
    start();
    const Nbls nbls{frame_to(1), frame_to(1)};
    other_.indicate(nbls, NDIS_RECEIVE_FLAGS_RESOURCES);
    EXPECT_EQ(protocol_.received, nbls);
    EXPECT_TRUE(NDIS_TEST_RECEIVE_CANNOT_PEND(protocol_.receive_flags[0]));
    EXPECT_TRUE(other_.returned.empty());
    EXPECT_EQ(nbls[0]->Next, nbls[1]);
    EXPECT_EQ(team_.adapter->out, 0u);
    free_all(nbls);
    stop();
}

TEST_F(Team, AFlowMovesWhenTheMemberThatItLeavesHasGivenAllOfItBack) {
    start();
    const unsigned flow = flow_of(other_);
    const Nbls nbls{frame_of(flow), frame_of(flow), frame_of(flow), frame_of(flow), frame_of(flow)};
    protocol_.send({nbls[0]});
    set_link(other_, false);
    protocol_.send({nbls[1], nbls[2]});
    EXPECT_EQ(other_.held, (Nbls{nbls[0]}));
    EXPECT_TRUE(miniport_.held.empty()) << "they would overtake what the other has, should its link come back";
    other_.complete_all();
    EXPECT_EQ(miniport_.held, (Nbls{nbls[1], nbls[2]}));
    set_link(other_, true);
    protocol_.send({nbls[3]});
    EXPECT_TRUE(other_.held.empty());
    miniport_.complete(nbls[1]);
    EXPECT_TRUE(other_.held.empty());
    miniport_.complete_all();
    EXPECT_EQ(other_.held, (Nbls{nbls[3]})) << "back at home";
    protocol_.send({nbls[4]});
    EXPECT_EQ(other_.held, (Nbls{nbls[3], nbls[4]}));
    finish_all();
    EXPECT_EQ(protocol_.completed, (Nbls{nbls[0], nbls[1], nbls[2], nbls[3], nbls[4]}));
    for (PNET_BUFFER_LIST nbl : nbls) EXPECT_EQ(nbl->SourceHandle, protocol_.binding);
    free_all(nbls);
    stop();
}

TEST_F(Team, SendsThatWaitForTheirFlowToMoveCanBeCancelled) {
    start();
    const unsigned flow = flow_of(other_);
    const Nbls nbls{frame_of(flow), frame_of(flow), frame_of(flow)};
    NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbls[1], &team_);
    protocol_.send({nbls[0]});
    set_link(other_, false);
    protocol_.send({nbls[1], nbls[2]});
    NdisCancelSendNetBufferLists(protocol_.binding, &team_);
    EXPECT_EQ(protocol_.completed, (Nbls{nbls[1]}));
    EXPECT_EQ(nbls[1]->Status, NDIS_STATUS_SEND_ABORTED);
    other_.complete_all();
    EXPECT_EQ(miniport_.held, (Nbls{nbls[2]}));
    finish_all();
    EXPECT_EQ(protocol_.completed, (Nbls{nbls[1], nbls[0], nbls[2]}));
    free_all(nbls);
    stop();
}

TEST_F(Team, OtherFlowsStayWhereTheyAreWhenAMemberGoes) {
    start();
    const unsigned flow = flow_of(miniport_);
    set_link(other_, false);
    const Nbls nbls{frame_of(flow)};
    protocol_.send(nbls);
    EXPECT_EQ(miniport_.held, nbls);
    finish_all();
    free_all(nbls);
    stop();
}

TEST_F(Team, FailoverSendsByTheFirstThatCanAndDropsWhatIsFloodedToTheOther) {
    team_.mode = TEAM_FAILOVER;
    start();
    const Nbls nbls{frame_of(1), frame_of(2), frame_of(3), frame_of(4), frame_to(0xFF), frame_to(1), frame_to(0xFF)};
    protocol_.send({nbls[0], nbls[1]});
    EXPECT_EQ(miniport_.held.size(), 2u);
    other_.indicate({nbls[4], nbls[5]});
    EXPECT_EQ(protocol_.received, (Nbls{nbls[5]}));
    EXPECT_EQ(other_.returned, (Nbls{nbls[4]}));
    finish_all();
    set_link(miniport_, false);
    protocol_.send({nbls[2]});
    EXPECT_EQ(other_.held, (Nbls{nbls[2]}));
    other_.indicate({nbls[6]});
    EXPECT_EQ(protocol_.received, (Nbls{nbls[5], nbls[6]}));
    finish_all();
    set_link(miniport_, true);
    protocol_.send({nbls[3]});
    EXPECT_EQ(miniport_.held, (Nbls{nbls[3]}));
    finish_all();
    protocol_.give_back({nbls[5], nbls[6]});
    free_all(nbls);
    stop();
}

TEST_F(Team, TheLinkIsUpAsLongAsOneIsAndAsFastAsAllThatAre) {
    start();
    EXPECT_EQ(link().XmitLinkSpeed, 80000000000ull);
    set_link(other_, false);
    EXPECT_EQ(link().XmitLinkSpeed, 40000000000ull);
    EXPECT_EQ(link().MediaConnectState, MediaConnectStateConnected);
    set_link(miniport_, false);
    EXPECT_EQ(link().MediaConnectState, MediaConnectStateDisconnected);
    set_link(miniport_, false);  // no news
    EXPECT_EQ(protocol_.statuses.size(), 2u);
    set_link(other_, true);
    EXPECT_EQ(link().MediaConnectState, MediaConnectStateConnected);
    stop();
}

TEST_F(Team, TheSpeedIsUnknownAsSoonAsThatOfOneIs) {
    start();
    team_.adapter->members[1].link.XmitLinkSpeed = NDIS_LINK_SPEED_UNKNOWN;
    EXPECT_EQ(team_link(team_.adapter).XmitLinkSpeed, NDIS_LINK_SPEED_UNKNOWN);
    EXPECT_EQ(team_link(team_.adapter).RcvLinkSpeed, 80000000000ull);
    stop();
}

TEST_F(Team, ARemovedMemberTakesNothingWithIt) {
    start();
    const unsigned flow = flow_of(miniport_);
    const Nbls nbls{frame_of(flow), frame_of(flow), frame_to(1)};
    protocol_.send({nbls[0]});
    miniport_.complete_on_removal = true;
    EXPECT_EQ(ndis_surprise_remove(ndis_, "nic0"), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(protocol_.calls, "bind restart ") << "the stack above goes on";
    EXPECT_EQ(protocol_.completed, (Nbls{nbls[0]}));
    protocol_.send({nbls[1]});
    EXPECT_EQ(other_.held, (Nbls{nbls[1]}));
    finish_all();
    other_.indicate({nbls[2]});
    protocol_.give_back({nbls[2]});
    UCHAR address[6];
    EXPECT_EQ(protocol_.oid(NdisRequestQueryInformation, OID_802_3_CURRENT_ADDRESS, address, 6), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(address[5], 1) << "the team keeps its address";
    EXPECT_EQ(link().XmitLinkSpeed, 40000000000ull);
    EXPECT_EQ(ndis_surprise_remove(ndis_, "nic1"), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(protocol_.calls, "bind restart pause unbind ");
    EXPECT_EQ(team_.adapter, nullptr);
    free_all(nbls);
    stop();
}

TEST_F(Team, ARemovalWaitsForTheReceivesThatAreAbove) {
    start();
    PNET_BUFFER_LIST nbl = frame_to(1);
    other_.indicate({nbl});
    struct Late {
        TestProtocol* protocol;
        PNET_BUFFER_LIST nbl;
    } late{&protocol_, nbl};
    platform* seam = kernel_platform(kernel_);
    seam->ops->timer_start(seam->ctx, 1000, [](void* arg) {
        auto* late = static_cast<Late*>(arg);
        late->protocol->give_back({late->nbl});
    }, &late);
    EXPECT_EQ(ndis_surprise_remove(ndis_, "nic1"), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(other_.returned, (Nbls{nbl}));
    free_nbl(nbl);
    stop();
}

TEST_F(Team, AMemberOfAnotherAddressHearsEverything) {
    start();
    EXPECT_EQ(miniport_.filters.back(), protocol_.filter);
    EXPECT_EQ(other_.filters.back(), protocol_.filter | NDIS_PACKET_TYPE_PROMISCUOUS);
    PNET_BUFFER_LIST nbl = frame_to(7);
    other_.indicate({nbl});
    EXPECT_TRUE(protocol_.received.empty()) << "NDIS keeps what is for somebody else from those above";
    EXPECT_EQ(other_.returned, (Nbls{nbl}));
    free_nbl(nbl);
    stop();
}

TEST_F(Team, TheBackfillIsThatOfTheMemberThatNeedsMostAndItsOwn) {
    start();
    EXPECT_EQ(protocol_.data_backfill, 12u);
    EXPECT_EQ(protocol_.context_backfill, sizeof(struct team_context));
    stop();
}

TEST_F(Team, OffloadsAreWhatAllMembersDo) {
    start();
    team_adapter& adapter = *team_.adapter;
    NDIS_OFFLOAD all{};
    all.Header = {NDIS_OBJECT_TYPE_OFFLOAD, NDIS_OFFLOAD_REVISION_6, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6};
    all.Checksum.IPv4Transmit.Encapsulation = NDIS_ENCAPSULATION_IEEE_802_3 | NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q;
    all.Checksum.IPv4Transmit.TcpChecksum = all.Checksum.IPv4Transmit.UdpChecksum = NDIS_OFFLOAD_SUPPORTED;
    all.LsoV2.IPv4.Encapsulation = NDIS_ENCAPSULATION_IEEE_802_3;
    all.LsoV2.IPv4.MaxOffLoadSize = 60000;
    all.LsoV2.IPv4.MinSegmentCount = 2;
    adapter.members[0].offload = adapter.members[1].offload = all;
    adapter.members[1].offload.Checksum.IPv4Transmit.Encapsulation = NDIS_ENCAPSULATION_IEEE_802_3;
    adapter.members[1].offload.Checksum.IPv4Transmit.UdpChecksum = NDIS_OFFLOAD_NOT_SUPPORTED;
    adapter.members[1].offload.LsoV2.IPv4.MaxOffLoadSize = 30000;
    adapter.members[1].offload.LsoV2.IPv4.MinSegmentCount = 4;
    const NDIS_OFFLOAD both = team_offload(&adapter);
    EXPECT_EQ(both.Checksum.IPv4Transmit.Encapsulation, NDIS_ENCAPSULATION_IEEE_802_3);
    EXPECT_EQ(both.Checksum.IPv4Transmit.TcpChecksum, static_cast<ULONG>(NDIS_OFFLOAD_SUPPORTED));
    EXPECT_EQ(both.Checksum.IPv4Transmit.UdpChecksum, static_cast<ULONG>(NDIS_OFFLOAD_NOT_SUPPORTED));
    EXPECT_EQ(both.LsoV2.IPv4.MaxOffLoadSize, 30000u);
    EXPECT_EQ(both.LsoV2.IPv4.MinSegmentCount, 4u);
    adapter.members[1].offload.Header.Size = 0;
    EXPECT_EQ(team_offload(&adapter).Header.Size, 0u) << "one member does none";
    stop();
}

TEST_F(Team, ARequestOfMembersThatPendIsAnsweredByTheLast) {
    start_with_requests_that_pend();
    EXPECT_TRUE(other_.pended.empty()) << "one after the other";
    answer<ULONG64>(miniport_, 5);
    answer<ULONG64>(other_, 7);
    ASSERT_EQ(protocol_.done.size(), 1u);
    EXPECT_EQ(protocol_.done[0].second, NDIS_STATUS_SUCCESS);
    EXPECT_EQ(count_, 12u);
    stop();
}

TEST_F(Team, StatisticsAreThoseThatAllMembersKeepAddedUp) {
    start_with_requests_that_pend(OID_GEN_STATISTICS);
    NDIS_STATISTICS_INFO one{};
    one.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_STATISTICS_INFO_REVISION_1, NDIS_SIZEOF_STATISTICS_INFO_REVISION_1};
    one.SupportedStatistics = NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV | NDIS_STATISTICS_FLAGS_VALID_RCV_ERROR;
    one.ifInDiscards = 1;
    one.ifHCInOctets = 1000;
    one.ifHCOutBroadcastOctets = 5;
    answer(miniport_, one);
    one.SupportedStatistics = NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV;
    one.ifHCInOctets = 234;
    answer(other_, one);
    ASSERT_EQ(protocol_.done.size(), 1u);
    EXPECT_EQ(protocol_.done[0].second, NDIS_STATUS_SUCCESS);
    EXPECT_EQ(statistics_.Header.Size, NDIS_SIZEOF_STATISTICS_INFO_REVISION_1);
    EXPECT_EQ(statistics_.SupportedStatistics, NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV);
    EXPECT_EQ(statistics_.ifInDiscards, 2u);
    EXPECT_EQ(statistics_.ifHCInOctets, 1234u);
    EXPECT_EQ(statistics_.ifHCOutBroadcastOctets, 10u);
    stop();
}

TEST_F(Team, AMemberLeavesWhenItHasAnsweredWhatItWasAsked) {
    start_with_requests_that_pend();
    platform* seam = kernel_platform(kernel_);
    seam->ops->timer_start(seam->ctx, 50000, [](void* arg) { answer<ULONG64>(*static_cast<TestMiniport*>(arg), 5); }, &miniport_);
    other_.pends = false;
    EXPECT_EQ(ndis_surprise_remove(ndis_, "nic0"), NDIS_STATUS_SUCCESS);
    ASSERT_EQ(protocol_.done.size(), 1u);
    EXPECT_EQ(protocol_.done[0].second, NDIS_STATUS_NOT_SUPPORTED) << "what the other member says";
    stop();
}

TEST_F(Team, SendsToAPausedTeamComeBackWhole) {
    start();
    const Nbls nbls{frame_of(1), frame_of(2), frame_of(3)};
    for (team_member& member : team_.adapter->members) member.running = FALSE;  // as between NetEventPause and NetEventRestart
    protocol_.send(nbls);
    EXPECT_EQ(protocol_.completed, nbls);
    for (PNET_BUFFER_LIST nbl : nbls) EXPECT_EQ(nbl->Status, NDIS_STATUS_PAUSED);
    for (team_member& member : team_.adapter->members) member.running = TRUE;
    free_all(nbls);
    stop();
}

// ---- Lists that mix flows: the sender's fault, which NDIS reports, and the team does not pass on
TEST_F(Team, AListThatMixesFlowsGoesAsListsOfOneEachByTheMemberThatHasIt) {
    start();
    const uint8_t one = connection_of(miniport_), two = connection_of(other_);
    const Nbls nbls{make_list({packet_of(one, 0), packet_of(two, 0), packet_of(two, 1), packet_of(one, 1)})};
    protocol_.send(nbls);
    ASSERT_EQ(miniport_.held.size(), 2u);
    ASSERT_EQ(other_.held.size(), 1u);
    EXPECT_EQ(frames_of(miniport_.held[0]), (std::vector<Frame>{packet_of(one, 0)}));
    EXPECT_EQ(frames_of(miniport_.held[1]), (std::vector<Frame>{packet_of(one, 1)}));
    EXPECT_EQ(frames_of(other_.held[0]), (std::vector<Frame>{packet_of(two, 0), packet_of(two, 1)}));
    EXPECT_TRUE(violated("nbl.mixed_flows"));
    EXPECT_EQ(violations("nbl.mixed_flows"), 1u) << "of the protocol, and none of the team";
    miniport_.complete(miniport_.held[0], NDIS_STATUS_FAILURE);
    EXPECT_TRUE(protocol_.completed.empty());
    finish_all();
    EXPECT_EQ(protocol_.completed, nbls);
    EXPECT_EQ(nbls[0]->Status, NDIS_STATUS_FAILURE);
    EXPECT_EQ(nbls[0]->SourceHandle, protocol_.binding);
    free_all(nbls);
    stop();
}

TEST_F(Team, PartsOfAMixedListThatWaitForTheirFlowToMoveCanBeCancelled) {
    start();
    const uint8_t one = connection_of(miniport_), two = connection_of(other_);
    const Nbls nbls{make_list({packet_of(two, 0)}), make_list({packet_of(one, 0), packet_of(two, 1)})};
    NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbls[1], &team_);
    protocol_.send({nbls[0]});
    set_link(other_, false);
    protocol_.send({nbls[1]});
    ASSERT_EQ(miniport_.held.size(), 1u);
    EXPECT_EQ(other_.held, (Nbls{nbls[0]}));
    NdisCancelSendNetBufferLists(protocol_.binding, &team_);
    EXPECT_TRUE(protocol_.completed.empty()) << "one part is below";
    miniport_.complete_all();
    EXPECT_EQ(protocol_.completed, (Nbls{nbls[1]}));
    EXPECT_EQ(nbls[1]->Status, NDIS_STATUS_SEND_ABORTED);
    finish_all();
    EXPECT_TRUE(violated("nbl.mixed_flows"));
    free_all(nbls);
    stop();
}

TEST_F(Team, AListThatMixesFlowsComesBackWholeFromAPausedTeam) {
    start();
    for (team_member& member : team_.adapter->members) member.running = FALSE;
    const Nbls nbls{make_list({packet_of(1, 0), packet_of(2, 0)}), make_list({packet_of(1, 1)})};
    protocol_.send(nbls);
    EXPECT_EQ(protocol_.completed, nbls);
    for (PNET_BUFFER_LIST nbl : nbls) EXPECT_EQ(nbl->Status, NDIS_STATUS_PAUSED);
    EXPECT_TRUE(violated("nbl.mixed_flows"));
    for (team_member& member : team_.adapter->members) member.running = TRUE;
    free_all(nbls);
    stop();
}

// ---- Receive side scaling
struct Scale {
    NDIS_RECEIVE_SCALE_PARAMETERS parameters;
    PROCESSOR_NUMBER table[128];
    UCHAR key[40];
};

Scale make_scale() {
    Scale scale{};
    scale.parameters.Header = {NDIS_OBJECT_TYPE_RSS_PARAMETERS, NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2,
                               NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2};
    scale.parameters.HashInformation = NDIS_RSS_HASH_INFO_FROM_TYPE_AND_FUNC(NDIS_HASH_TCP_IPV4, NdisHashFunctionToeplitz);
    scale.parameters.IndirectionTableSize = sizeof(scale.table);
    scale.parameters.IndirectionTableOffset = offsetof(Scale, table);
    scale.parameters.HashSecretKeySize = sizeof(scale.key);
    scale.parameters.HashSecretKeyOffset = offsetof(Scale, key);
    for (unsigned i = 0; i < 40; i++) scale.key[i] = static_cast<UCHAR>(i);
    return scale;
}

std::vector<UCHAR> scale_bytes(const Scale& scale) {
    const auto* begin = reinterpret_cast<const UCHAR*>(&scale);
    return {begin, begin + sizeof(scale)};
}

TEST_F(Team, ScalesReceivesOverAsManyQueuesAsItsLeastMember) {
    miniport_.rss_queues = 4;
    other_.rss_queues = 2;
    start();
    EXPECT_EQ(protocol_.rss_queues, 2u);
    Scale scale = make_scale();
    EXPECT_EQ(protocol_.oid(NdisRequestSetInformation, OID_GEN_RECEIVE_SCALE_PARAMETERS, &scale, sizeof(scale)), NDIS_STATUS_SUCCESS);
    ASSERT_EQ(miniport_.scaled.size(), 1u);
    ASSERT_EQ(other_.scaled.size(), 1u);
    EXPECT_EQ(miniport_.scaled[0], scale_bytes(scale));
    EXPECT_EQ(other_.scaled[0], scale_bytes(scale));
    EXPECT_EQ(team_tell_member(&team_.adapter->members[1]), NDIS_STATUS_SUCCESS);  // as one that joins now
    ASSERT_EQ(other_.scaled.size(), 2u);
    EXPECT_EQ(other_.scaled[1], scale_bytes(scale));
    stop();
}

TEST_F(Team, AMemberWithoutScalingLeavesTheTeamWithoutIt) {
    miniport_.rss_queues = 4;
    start();
    EXPECT_EQ(protocol_.rss_queues, 0u);
    stop();
}

}  // namespace
