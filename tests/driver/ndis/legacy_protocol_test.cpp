// SPDX-License-Identifier: Apache-2.0
#include "nbl_bytes.h"
#include "ndis/nblchecksum.h"
#include "ndis/nblinfo.h"
#include "ndis/nbllso.h"
#include "test_legacy.h"

class LegacyProtocolTest : public LegacyTest {
public:
    LegacyProtocolTest() { start_protocol(); }
    PNET_BUFFER_LIST below() { return miniport_.held.back(); }
};

TEST_F(LegacyProtocolTest, APacketReachesTheMiniportAsAnNblOverItsBuffers) {
    TestPacket test(packet_pool(), {{1, 2, 3}, {4, 5}});
    EXPECT_EQ(legacy_protocol_.send(test.packet), NDIS_STATUS_PENDING);
    ASSERT_EQ(miniport_.held.size(), 1u);
    EXPECT_EQ(used_bytes(below()->FirstNetBuffer), (std::vector<UCHAR>{1, 2, 3, 4, 5}));
    EXPECT_EQ(below()->FirstNetBuffer->MdlChain, test.packet->Private.Head);
    EXPECT_EQ(nb_fault_of(below()->FirstNetBuffer), "");
    miniport_.complete_all();
    EXPECT_EQ(legacy_protocol_.completed, (std::vector<PNDIS_PACKET>{test.packet}));
    EXPECT_EQ(legacy_protocol_.completed_status.back(), NDIS_STATUS_SUCCESS);
}

TEST_F(LegacyProtocolTest, PacketsOfOneCallTravelInOneChainAndInOrder) {
    NDIS_HANDLE pool = packet_pool();
    TestPacket a(pool, {{1}}), b(pool, {{2}}), c(pool, {{3}});
    legacy_protocol_.send_all({a.packet, b.packet, c.packet});
    ASSERT_EQ(miniport_.held.size(), 3u);
    for (UCHAR i = 0; i < 3; i++) EXPECT_EQ(used_bytes(miniport_.held[i]->FirstNetBuffer)[0], i + 1);
    miniport_.complete_all();
    EXPECT_EQ(legacy_protocol_.completed, (std::vector<PNDIS_PACKET>{a.packet, b.packet, c.packet}));
}

TEST_F(LegacyProtocolTest, OutOfBandDataOfASendIsCarried) {
    std::vector<UCHAR> frame(80);
    frame[12] = 0x08, frame[14] = 0x46;  // IPv4 with one word of options
    TestPacket test(packet_pool(), std::vector<std::vector<UCHAR>>{frame});
    const auto slot = [&](NDIS_PER_PACKET_INFO id) -> PVOID& { return NDIS_PER_PACKET_INFO_FROM_PACKET(test.packet, id); };
    slot(TcpIpChecksumPacketInfo) = reinterpret_cast<PVOID>(0x15);  // IPv4, TCP, IP header
    slot(TcpLargeSendPacketInfo) = reinterpret_cast<PVOID>(1460);
    slot(Ieee8021QInfo) = reinterpret_cast<PVOID>(0x1235);
    slot(PacketCancelId) = reinterpret_cast<PVOID>(77);
    slot(ClassificationHandlePacketInfo) = reinterpret_cast<PVOID>(88);
    NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(test.packet, frame.data(), 4);
    NdisSetPacketFlags(test.packet, NDIS_FLAGS_DONT_LOOPBACK | 0x2);
    legacy_protocol_.send(test.packet);
    PVOID* info = below()->NetBufferListInfo;
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO checksum;
    checksum.Value = info[TcpIpChecksumNetBufferListInfo];
    EXPECT_TRUE(checksum.Transmit.IsIPv4 && checksum.Transmit.TcpChecksum && checksum.Transmit.IpHeaderChecksum);
    EXPECT_FALSE(checksum.Transmit.IsIPv6 || checksum.Transmit.UdpChecksum);
    EXPECT_EQ(checksum.Transmit.TcpHeaderOffset, 14u + 24u);
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO large;
    large.Value = info[TcpLargeSendNetBufferListInfo];
    EXPECT_EQ(large.LsoV1Transmit.MSS, 1460u);
    EXPECT_EQ(large.LsoV1Transmit.Type, 0u);
    EXPECT_EQ(large.LsoV1Transmit.TcpHeaderOffset, 38u);
    EXPECT_EQ(info[Ieee8021QNetBufferListInfo], reinterpret_cast<PVOID>(0x1235));
    EXPECT_EQ(info[NetBufferListCancelId], reinterpret_cast<PVOID>(77));
    EXPECT_EQ(info[ClassificationHandleNetBufferListInfo], reinterpret_cast<PVOID>(88));
    EXPECT_EQ(info[MediaSpecificInformation], frame.data());
    EXPECT_EQ(NdisGetNetBufferListProtocolId(below()), 2);
    large.Value = nullptr;
    large.LsoV1TransmitComplete.TcpPayload = 26;
    info[TcpLargeSendNetBufferListInfo] = large.Value;
    miniport_.complete_all();
    EXPECT_EQ(slot(TcpLargeSendPacketInfo), reinterpret_cast<PVOID>(26));
}

TEST_F(LegacyProtocolTest, AStatusThatNdis5DoesNotKnowBecomesOneThatItKnows) {
    TestPacket test(packet_pool(), 60);
    legacy_protocol_.send(test.packet);
    miniport_.complete(below(), NDIS_STATUS_SEND_ABORTED);
    EXPECT_EQ(legacy_protocol_.completed_status.back(), NDIS_STATUS_REQUEST_ABORTED);
}

TEST_F(LegacyProtocolTest, ACompletedPacketMayBeSentAgainInsideItsCompletion) {
    TestPacket test(packet_pool(), 60);
    legacy_protocol_.resends = true;
    legacy_protocol_.send(test.packet);
    miniport_.complete_all();
    ASSERT_EQ(miniport_.held.size(), 1u);
    miniport_.complete_all();
    EXPECT_EQ(legacy_protocol_.completed.size(), 2u);
}

TEST_F(LegacyProtocolTest, ASendWithoutMemoryIsTheCallersAgain) {
    TestPacket test(packet_pool(), 60);
    kernel_fail_allocations(kernel_, 0, 1);
    EXPECT_EQ(legacy_protocol_.send(test.packet), NDIS_STATUS_RESOURCES);
    EXPECT_TRUE(legacy_protocol_.completed.empty());
    kernel_fail_allocations(kernel_, 0, 1);
    legacy_protocol_.send_all({test.packet});
    EXPECT_EQ(legacy_protocol_.completed_status, (std::vector<NDIS_STATUS>{NDIS_STATUS_RESOURCES}));
    EXPECT_TRUE(miniport_.held.empty());
}

TEST_F(LegacyProtocolTest, WhatIsSentDuringAPauseGoesOutInOrderAtTheRestart) {
    NDIS_HANDLE pool = packet_pool();
    TestPacket a(pool, {{1}}), b(pool, {{2}}), c(pool, {{3}});
    ndis_pause(ndis_);
    EXPECT_EQ(legacy_protocol_.send(a.packet), NDIS_STATUS_PENDING);
    legacy_protocol_.send_all({b.packet, c.packet});
    EXPECT_TRUE(miniport_.held.empty());
    NDIS_SET_PACKET_CANCEL_ID(b.packet, reinterpret_cast<PVOID>(5));
    NdisCancelSendPackets(legacy_protocol_.binding, reinterpret_cast<PVOID>(5));
    EXPECT_EQ(legacy_protocol_.completed, (std::vector<PNDIS_PACKET>{b.packet}));
    ndis_restart(ndis_);
    ASSERT_EQ(miniport_.held.size(), 2u);
    EXPECT_EQ(used_bytes(miniport_.held[0]->FirstNetBuffer)[0], 1);
    EXPECT_EQ(used_bytes(miniport_.held[1]->FirstNetBuffer)[0], 3);
    miniport_.complete_all();
    EXPECT_EQ(legacy_protocol_.completed.size(), 3u);
}

TEST_F(LegacyProtocolTest, WhatWaitsWhenTheBindingClosesComesBack) {
    TestPacket test(packet_pool(), 60);
    ndis_pause(ndis_);
    legacy_protocol_.send(test.packet);
    stop();
    EXPECT_EQ(legacy_protocol_.completed_status, (std::vector<NDIS_STATUS>{NDIS_STATUS_REQUEST_ABORTED}));
}

TEST_F(LegacyProtocolTest, AReceivedPacketHasTheBytesOfTheFrameAndNoOthers) {
    PNET_BUFFER_LIST nbl = make_nbl(100, 12);
    for (UCHAR i = 0; i < 100; i++) bytes_of(nbl)[i] = i;
    nbl->FirstNetBuffer->DataLength = 90;
    nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo] = reinterpret_cast<PVOID>(0x1A8);  // and bits that NDIS 5 has not
    miniport_.indicate({nbl});
    ASSERT_EQ(legacy_protocol_.received.size(), 1u);
    const std::vector<UCHAR> bytes = packet_bytes(legacy_protocol_.received[0]);
    ASSERT_EQ(bytes.size(), 90u);
    for (UCHAR i = 0; i < 90; i++) EXPECT_EQ(bytes[i], i);
    EXPECT_EQ(legacy_protocol_.received_checksum[0], 0x28u);
    EXPECT_EQ(legacy_protocol_.receive_completes, 1u);
    EXPECT_TRUE(miniport_.returned.empty());
    legacy_protocol_.give_back({legacy_protocol_.received[0]});
    EXPECT_EQ(miniport_.returned, (std::vector<PNET_BUFFER_LIST>{nbl}));
    free_nbl(nbl);
}

TEST_F(LegacyProtocolTest, APacketIsBackAfterAsManyReturnsAsWereAnnounced) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    legacy_protocol_.keep = 2;
    miniport_.indicate({nbl});
    legacy_protocol_.give_back({legacy_protocol_.received[0]});
    EXPECT_TRUE(miniport_.returned.empty());
    legacy_protocol_.give_back({legacy_protocol_.received[0]});
    EXPECT_EQ(miniport_.returned.size(), 1u);
    free_nbl(nbl);
}

TEST_F(LegacyProtocolTest, APacketMayBeReturnedInsideTheReceiveHandler) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    legacy_protocol_.returns_inside = true;
    miniport_.indicate({nbl});
    EXPECT_EQ(miniport_.returned.size(), 1u);
    free_nbl(nbl);
}

TEST_F(LegacyProtocolTest, APacketThatIsReturnedTooOftenIsReported) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl});
    legacy_protocol_.give_back({legacy_protocol_.received[0]});
    legacy_protocol_.give_back({legacy_protocol_.received[0]});
    EXPECT_TRUE(violated("packet.use_after_free"));
    legacy_protocol_.returns_inside = true;
    legacy_protocol_.keep = 0;
    miniport_.indicate({nbl});
    EXPECT_TRUE(violated("packet.returned_twice"));
    EXPECT_EQ(miniport_.returned.size(), 2u);
    free_nbl(nbl);
}

TEST_F(LegacyProtocolTest, WhatMayNotBeKeptIsShownToReceive) {
    PNET_BUFFER_LIST nbl = make_nbl(60, 4);
    for (UCHAR i = 0; i < 60; i++) bytes_of(nbl)[i] = i;
    miniport_.indicate({nbl}, NDIS_RECEIVE_FLAGS_RESOURCES);
    EXPECT_TRUE(legacy_protocol_.received.empty());
    ASSERT_EQ(legacy_protocol_.shown.size(), 1u);
    EXPECT_EQ(legacy_protocol_.shown[0], used_bytes(nbl->FirstNetBuffer));
    EXPECT_TRUE(miniport_.returned.empty());
    free_nbl(nbl);
}

TEST_F(LegacyProtocolTest, WhatIsBehindTheLookAheadIsTransferred) {
    legacy_protocol_.has_receive_packet = false;
    legacy_protocol_.transfers = true;
    reload();
    start();
    Chain chain({14, 40, 3000});
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool_, 0, 0, chain.mdls[0], 0, 3054);
    miniport_.indicate({nbl});
    ASSERT_EQ(legacy_protocol_.shown.size(), 1u);
    EXPECT_LT(legacy_protocol_.lookahead[0], 3040u);
    EXPECT_EQ(legacy_protocol_.shown[0], used_bytes(nbl->FirstNetBuffer));
    EXPECT_EQ(miniport_.returned.size(), 1u);
    NdisFreeNetBufferList(nbl);
}

TEST_F(LegacyProtocolTest, APauseWaitsForReceivedPackets) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    miniport_.indicate({nbl});
    ndis_set_timeout(ndis_, 1000);
    ndis_pause(ndis_);
    EXPECT_TRUE(violated("nbl.lost"));
    EXPECT_NE(message("nbl.lost").find("testproto"), std::string::npos);
    legacy_protocol_.give_back({legacy_protocol_.received[0]});
    free_nbl(nbl);
}

TEST_F(LegacyProtocolTest, APacketThatIsOutMayNotBeSentOrFreed) {
    TestPacket test(packet_pool(), 60);
    legacy_protocol_.send(test.packet);
    EXPECT_EQ(legacy_protocol_.send(test.packet), NDIS_STATUS_INVALID_PACKET);
    EXPECT_TRUE(violated("packet.wrong_owner"));
    NdisFreePacket(test.packet);
    EXPECT_TRUE(violated("packet.freed_in_flight"));
    EXPECT_EQ(miniport_.held.size(), 1u);
    miniport_.complete_all();
}

TEST_F(LegacyProtocolTest, ALostSendIsNamedByTheLineThatAllocatedThePacket) {
    TestPacket test(packet_pool(), 60);
    legacy_protocol_.send(test.packet);
    ndis_set_timeout(ndis_, 1000);
    ndis_pause(ndis_);
    EXPECT_TRUE(violated("nbl.lost"));
    EXPECT_NE(message("nbl.lost").find("test_legacy.cpp"), std::string::npos);
    miniport_.complete_all();
    EXPECT_EQ(legacy_protocol_.completed.size(), 1u);
}

TEST_F(LegacyProtocolTest, RequestsAreAnsweredInPlaceOrLater) {
    ULONG mtu = 0;
    NDIS_REQUEST request{};
    EXPECT_EQ(legacy_protocol_.ask(NdisRequestQueryInformation, OID_GEN_MAXIMUM_FRAME_SIZE, &mtu, sizeof(mtu), &request), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(mtu, 1500u);
    EXPECT_EQ(request.DATA.QUERY_INFORMATION.BytesWritten, sizeof(mtu));
    miniport_.pends = true;
    legacy_protocol_.done.clear();
    NDIS_REQUEST later{};
    EXPECT_EQ(legacy_protocol_.ask(NdisRequestQueryInformation, OID_GEN_VENDOR_ID, &mtu, sizeof(mtu), &later), NDIS_STATUS_PENDING);
    ASSERT_EQ(miniport_.pended.size(), 1u);
    miniport_.pended[0]->DATA.QUERY_INFORMATION.BytesWritten = 3;
    NdisMOidRequestComplete(miniport_.adapter, miniport_.pended[0], NDIS_STATUS_SUCCESS);
    ASSERT_EQ(legacy_protocol_.done.size(), 1u);
    EXPECT_EQ(legacy_protocol_.done[0].first, &later);
    EXPECT_EQ(later.DATA.QUERY_INFORMATION.BytesWritten, 3u);
}

TEST_F(LegacyProtocolTest, TheLinkIsToldInWordsOfNdis5) {
    NDIS_LINK_STATE link{};
    link.MediaConnectState = MediaConnectStateDisconnected;
    NDIS_STATUS_INDICATION indication{};
    indication.Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, 1, sizeof(indication)};
    indication.StatusCode = NDIS_STATUS_LINK_STATE;
    indication.StatusBuffer = &link;
    indication.StatusBufferSize = sizeof(link);
    NdisMIndicateStatusEx(miniport_.adapter, &indication);
    link.MediaConnectState = MediaConnectStateConnected;
    NdisMIndicateStatusEx(miniport_.adapter, &indication);
    EXPECT_EQ(legacy_protocol_.statuses, (std::vector<NDIS_STATUS>{NDIS_STATUS_MEDIA_DISCONNECT, NDIS_STATUS_MEDIA_CONNECT}));
}
