// SPDX-License-Identifier: Apache-2.0
#include "nbl_bytes.h"
#include "ndis/nblchecksum.h"
#include "ndis/nblinfo.h"
#include "ndis/nbllso.h"
#include "test_legacy.h"

class LegacyMiniportTest : public LegacyTest {
public:
    void serialized(bool send_packets) {
        legacy_miniport_.attributes = NDIS_ATTRIBUTE_BUS_MASTER;
        legacy_miniport_.send_packets = send_packets;
        start_miniport();
    }
    std::vector<PNET_BUFFER_LIST> send_some(unsigned count) {
        std::vector<PNET_BUFFER_LIST> nbls;
        for (unsigned i = 0; i < count; i++) {
            nbls.push_back(make_nbl(60));
            bytes_of(nbls.back())[0] = static_cast<UCHAR>(i);
        }
        protocol_.send(nbls);
        return nbls;
    }
    void free_all(const std::vector<PNET_BUFFER_LIST>& nbls) {
        for (PNET_BUFFER_LIST nbl : nbls) free_nbl(nbl);
    }
};

TEST_F(LegacyMiniportTest, WhatItAnswersByOidProtocolsFindInTheirBindParameters) {
    start_miniport();
    ULONG value = 0;
    EXPECT_EQ(protocol_.oid(NdisRequestQueryInformation, OID_GEN_MAXIMUM_FRAME_SIZE, &value, sizeof(value)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(value, 1400u);
    EXPECT_EQ(protocol_.oid(NdisRequestQueryInformation, OID_GEN_LINK_SPEED, &value, sizeof(value)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(value, 1'000'000u);
    EXPECT_EQ(legacy_miniport_.filter, ULONG{NDIS_PACKET_TYPE_PROMISCUOUS});
    stop();
    EXPECT_EQ(legacy_miniport_.halts, 1u);
}

TEST_F(LegacyMiniportTest, RequestsThatItPendsAreWaitedFor) {
    legacy_miniport_.queries_pend = true;
    start_miniport();
    UCHAR address[6];
    EXPECT_EQ(protocol_.oid(NdisRequestQueryInformation, OID_802_3_CURRENT_ADDRESS, address, sizeof(address)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(address[5], 1);
}

TEST_F(LegacyMiniportTest, EachNbIsAPacketAndTheNblIsDoneWithTheLast) {
    start_miniport();
    PNET_BUFFER_LIST nbl = make_nbl(60, 12), second = make_nbl(40);
    nbl->FirstNetBuffer->Next = second->FirstNetBuffer;
    for (UCHAR i = 0; i < 60; i++) bytes_of(nbl)[i] = i;
    for (UCHAR i = 0; i < 40; i++) bytes_of(second)[i] = i;  // of the same flow
    protocol_.send({nbl});
    ASSERT_EQ(legacy_miniport_.held.size(), 2u);
    EXPECT_EQ(legacy_miniport_.sent[0], used_bytes(nbl->FirstNetBuffer));
    EXPECT_EQ(legacy_miniport_.sent[1].size(), 40u);
    EXPECT_EQ(legacy_miniport_.calls, (std::vector<size_t>{2}));
    legacy_miniport_.complete(legacy_miniport_.held[1], NDIS_STATUS_FAILURE);
    EXPECT_TRUE(protocol_.completed.empty());
    legacy_miniport_.complete(legacy_miniport_.held[0]);
    ASSERT_EQ(protocol_.completed.size(), 1u);
    EXPECT_EQ(nbl->Status, NDIS_STATUS_FAILURE);
    nbl->FirstNetBuffer->Next = nullptr;
    free_all({nbl, second});
}

TEST_F(LegacyMiniportTest, OutOfBandDataOfASendIsCarried) {
    start_miniport();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO large{};
    large.LsoV1Transmit.MSS = 1000;
    large.LsoV1Transmit.TcpHeaderOffset = 34;
    nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo] = large.Value;
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO checksum{};
    checksum.Transmit.IsIPv4 = checksum.Transmit.TcpChecksum = 1;
    checksum.Transmit.TcpHeaderOffset = 34;
    nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo] = checksum.Value;
    nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo] = reinterpret_cast<PVOID>(0x70);
    nbl->NetBufferListInfo[NetBufferListCancelId] = nbl;
    protocol_.send({nbl});
    PNDIS_PACKET packet = legacy_miniport_.held[0];
    EXPECT_EQ(NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpLargeSendPacketInfo), reinterpret_cast<PVOID>(1000));
    EXPECT_EQ(NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpIpChecksumPacketInfo), reinterpret_cast<PVOID>(5));
    EXPECT_EQ(NDIS_PER_PACKET_INFO_FROM_PACKET(packet, Ieee8021QInfo), reinterpret_cast<PVOID>(0x70));
    EXPECT_EQ(NDIS_GET_PACKET_CANCEL_ID(packet), nbl);
    EXPECT_EQ(NDIS_PER_PACKET_INFO_FROM_PACKET(packet, OriginalNetBufferList), nbl);
    NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpLargeSendPacketInfo) = reinterpret_cast<PVOID>(6);
    legacy_miniport_.complete_all();
    large.Value = nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo];
    EXPECT_EQ(large.LsoV1TransmitComplete.TcpPayload, 6u);
    free_nbl(nbl);
}

TEST_F(LegacyMiniportTest, AScatterGatherListDescribesTheFrameAndNothingElse) {
    legacy_miniport_.dma = true;
    start_miniport();
    PNET_BUFFER_LIST nbl = make_nbl(6000, 100);
    nbl->FirstNetBuffer->DataLength = 5000;
    protocol_.send({nbl});
    ASSERT_EQ(legacy_miniport_.held.size(), 1u);
    auto* list = static_cast<PSCATTER_GATHER_LIST>(
        NDIS_PER_PACKET_INFO_FROM_PACKET(legacy_miniport_.held[0], ScatterGatherListPacketInfo));
    ASSERT_NE(list, nullptr);
    ULONG total = 0;
    for (ULONG i = 0; i < list->NumberOfElements; i++) total += list->Elements[i].Length;
    EXPECT_EQ(total, 5000u);
    EXPECT_EQ(list->Elements[0].Address.QuadPart % 16,
              static_cast<LONGLONG>(reinterpret_cast<ULONG_PTR>(bytes_of(nbl)) % 16));
    legacy_miniport_.complete_all();
    free_nbl(nbl);
}

TEST_F(LegacyMiniportTest, ListsThatComeLateKeepTheOrderOfSends) {
    legacy_miniport_.dma = true;
    start_miniport();
    ndis_defer_sg_lists(ndis_, 2);
    const auto nbls = send_some(5);
    sleep_us(10);
    ASSERT_EQ(legacy_miniport_.sent.size(), 5u);
    for (UCHAR i = 0; i < 5; i++) EXPECT_EQ(legacy_miniport_.sent[i][0], i);
    legacy_miniport_.complete_all();
    free_all(nbls);
}

TEST_F(LegacyMiniportTest, ASerializedDriverGetsWhatItHadNoResourcesForAgainAndFirst) {
    for (bool many : {true, false}) {
        legacy_miniport_ = TestLegacyMiniport{};
        protocol_.completed.clear();
        serialized(many);
        legacy_miniport_.accepts = 2;
        auto nbls = send_some(4);
        ASSERT_EQ(legacy_miniport_.held.size(), 2u);
        legacy_miniport_.accepts = 1;
        legacy_miniport_.complete(legacy_miniport_.held[0]);
        EXPECT_EQ(legacy_miniport_.held.size(), 2u);
        legacy_miniport_.accepts = ~0u;
        NdisMSendResourcesAvailable(legacy_miniport_.adapter);
        ASSERT_EQ(legacy_miniport_.sent.size(), 4u);
        for (UCHAR i = 0; i < 4; i++) EXPECT_EQ(legacy_miniport_.sent[i][0], i);
        legacy_miniport_.complete_all();
        EXPECT_EQ(protocol_.completed, nbls);
        free_all(nbls);
        stop();
    }
}

TEST_F(LegacyMiniportTest, TheStatusOfASerializedSendIsItsCompletion) {
    for (bool many : {true, false}) {
        legacy_miniport_ = TestLegacyMiniport{};
        legacy_miniport_.send_status = NDIS_STATUS_FAILURE;
        protocol_.completed.clear();
        serialized(many);
        auto nbls = send_some(2);
        EXPECT_EQ(protocol_.completed, nbls);
        EXPECT_EQ(nbls[1]->Status, NDIS_STATUS_FAILURE);
        free_all(nbls);
        stop();
    }
}

TEST_F(LegacyMiniportTest, PacketsMayBeCompletedInsideTheSendHandler) {
    for (ULONG attributes : {NDIS_ATTRIBUTE_DESERIALIZE, 0u}) {
        legacy_miniport_ = TestLegacyMiniport{};
        legacy_miniport_.attributes = attributes;
        legacy_miniport_.completes_inside = true;
        protocol_.completed.clear();
        start_miniport();
        auto nbls = send_some(40);
        EXPECT_EQ(protocol_.completed, nbls);
        free_all(nbls);
        stop();
    }
}

TEST_F(LegacyMiniportTest, APacketCompletedTwiceIsReported) {
    start_miniport();
    auto nbls = send_some(1);
    PNDIS_PACKET packet = legacy_miniport_.held[0];
    legacy_miniport_.complete(packet);
    legacy_miniport_.complete(packet);
    EXPECT_TRUE(violated("packet.use_after_free"));
    EXPECT_EQ(protocol_.completed.size(), 1u);
    free_all(nbls);
}

TEST_F(LegacyMiniportTest, AnIndicatedPacketComesBackByReturnPacket) {
    start_miniport();
    TestPacket test(packet_pool(), {{1, 2, 3}, {4}});
    NDIS_PER_PACKET_INFO_FROM_PACKET(test.packet, TcpIpChecksumPacketInfo) = reinterpret_cast<PVOID>(0x28);
    NDIS_PER_PACKET_INFO_FROM_PACKET(test.packet, Ieee8021QInfo) = reinterpret_cast<PVOID>(0x50);
    legacy_miniport_.indicate({test.packet});
    ASSERT_EQ(protocol_.received.size(), 1u);
    PNET_BUFFER_LIST nbl = protocol_.received[0];
    EXPECT_EQ(used_bytes(nbl->FirstNetBuffer), (std::vector<UCHAR>{1, 2, 3, 4}));
    EXPECT_EQ(nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo], reinterpret_cast<PVOID>(0x28));
    EXPECT_EQ(nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo], reinterpret_cast<PVOID>(0x50));
    EXPECT_TRUE(legacy_miniport_.returned.empty());
    protocol_.give_back({nbl});
    EXPECT_EQ(legacy_miniport_.returned, (std::vector<PNDIS_PACKET>{test.packet}));
}

TEST_F(LegacyMiniportTest, ASerializedDriverSeesWhoHasItsPacketsByTheirStatus) {
    serialized(true);
    NDIS_HANDLE pool = packet_pool();
    TestPacket kept(pool, 60), back(pool, 60);
    legacy_miniport_.indicate({kept.packet});
    EXPECT_EQ(NDIS_GET_PACKET_STATUS(kept.packet), NDIS_STATUS_PENDING);
    protocol_.return_at_once = true;
    legacy_miniport_.indicate({back.packet});
    EXPECT_EQ(NDIS_GET_PACKET_STATUS(back.packet), NDIS_STATUS_SUCCESS);
    EXPECT_TRUE(legacy_miniport_.returned.empty());
    protocol_.give_back({protocol_.received[0]});
    EXPECT_EQ(legacy_miniport_.returned, (std::vector<PNDIS_PACKET>{kept.packet}));
}

TEST_F(LegacyMiniportTest, PacketsWithResourcesAreLentAndBackWhenTheCallIsOver) {
    start_miniport();
    NDIS_HANDLE pool = packet_pool();
    TestPacket a(pool, 60), b(pool, 70);
    legacy_miniport_.indicate({a.packet, b.packet}, NDIS_STATUS_RESOURCES);
    EXPECT_EQ(protocol_.received.size(), 2u);
    EXPECT_TRUE(NDIS_TEST_RECEIVE_CANNOT_PEND(protocol_.receive_flags[0]));
    EXPECT_TRUE(legacy_miniport_.returned.empty());
    legacy_miniport_.indicate({b.packet}, NDIS_STATUS_RESOURCES);  // it may be used again at once
}

TEST_F(LegacyMiniportTest, APauseWaitsForSendsAndTurnsReceivesBack) {
    start_miniport();
    auto nbls = send_some(1);
    ndis_set_timeout(ndis_, 1000);
    ndis_pause(ndis_);
    EXPECT_TRUE(violated("nbl.lost"));
    TestPacket test(packet_pool(), 60);
    legacy_miniport_.indicate({test.packet});
    EXPECT_TRUE(protocol_.received.empty());
    EXPECT_EQ(legacy_miniport_.returned, (std::vector<PNDIS_PACKET>{test.packet}));
    legacy_miniport_.complete_all();
    free_all(nbls);
}

TEST_F(LegacyMiniportTest, AResetAndACancelReachTheDriver) {
    start_miniport();
    EXPECT_EQ(ndis_reset(ndis_, "nic0"), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(legacy_miniport_.resets, 1u);
    NdisCancelSendNetBufferLists(protocol_.binding, &legacy_miniport_);
    EXPECT_EQ(legacy_miniport_.cancelled, (std::vector<PVOID>{&legacy_miniport_}));
}

TEST_F(LegacyMiniportTest, QueuedSendsThatAreCancelledAreCompletedAsAborted) {
    serialized(true);
    legacy_miniport_.accepts = 0;
    PNET_BUFFER_LIST nbl = make_nbl(60);
    nbl->NetBufferListInfo[NetBufferListCancelId] = nbl;
    protocol_.send({nbl});
    NdisCancelSendNetBufferLists(protocol_.binding, nbl);
    ASSERT_EQ(protocol_.completed.size(), 1u);
    EXPECT_EQ(nbl->Status, NDIS_STATUS_SEND_ABORTED);
    free_nbl(nbl);
}

TEST_F(LegacyMiniportTest, TheLinkIsToldInWordsOfNdis6) {
    start_miniport();
    NdisMIndicateStatus(legacy_miniport_.adapter, NDIS_STATUS_MEDIA_DISCONNECT, nullptr, 0);
    NdisMIndicateStatusComplete(legacy_miniport_.adapter);
    EXPECT_EQ(protocol_.statuses, (std::vector<NDIS_STATUS>{NDIS_STATUS_LINK_STATE}));
    ULONG disconnected = 0;
    EXPECT_EQ(protocol_.oid(NdisRequestQueryInformation, OID_GEN_MEDIA_CONNECT_STATUS, &disconnected, sizeof(disconnected)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(disconnected, 1u);
}
