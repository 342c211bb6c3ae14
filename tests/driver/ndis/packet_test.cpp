// SPDX-License-Identifier: Apache-2.0
#include "test_legacy.h"

class PacketTest : public LegacyTest {
public:
    PacketTest() : pool_handle_(packet_pool(4)) {}
    NDIS_HANDLE pool_handle_;
};

TEST_F(PacketTest, APoolHasAsManyPacketsAsItWasAskedFor) {
    NDIS_STATUS status;
    std::vector<PNDIS_PACKET> packets(5);
    for (int i = 0; i < 4; i++) {
        NdisAllocatePacket(&status, &packets[static_cast<size_t>(i)], pool_handle_);
        EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    }
    NdisAllocatePacket(&status, &packets[4], pool_handle_);
    EXPECT_EQ(status, NDIS_STATUS_RESOURCES);
    EXPECT_EQ(packets[4], nullptr);
    EXPECT_EQ(NdisPacketPoolUsage(pool_handle_), 4u);
    packets.pop_back();
    for (PNDIS_PACKET packet : packets) NdisFreePacket(packet);
    EXPECT_EQ(NdisPacketPoolUsage(pool_handle_), 0u);
}

TEST_F(PacketTest, AnAllocatedPacketIsEmptyAndItsOutOfBandDataZero) {
    NDIS_STATUS status;
    PNDIS_PACKET packet;
    for (int life = 0; life < 2; life++) {
        NdisAllocatePacket(&status, &packet, pool_handle_);
        UINT count, bytes;
        NdisQueryPacket(packet, nullptr, &count, nullptr, &bytes);
        EXPECT_EQ(count + bytes, 0u);
        EXPECT_EQ(NDIS_GET_PACKET_STATUS(packet), 0);
        EXPECT_EQ(NDIS_PER_PACKET_INFO_FROM_PACKET(packet, Ieee8021QInfo), nullptr);
        EXPECT_EQ(packet->Private.Pool, pool_handle_);
        for (int i = 0; i < 16; i++) packet->ProtocolReserved[i] = 0xAA;
        NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_FAILURE);
        NDIS_PER_PACKET_INFO_FROM_PACKET(packet, Ieee8021QInfo) = packet;
        NdisFreePacket(packet);
    }
}

TEST_F(PacketTest, BuffersAreChainedAndUnchainedAtBothEnds) {
    TestPacket test(pool_handle_, {{1, 2}, {3}, {4, 5, 6}});
    PNDIS_BUFFER first, last;
    UINT pages, count, bytes;
    NdisUnchainBufferAtFront(test.packet, &first);
    NdisUnchainBufferAtBack(test.packet, &last);
    EXPECT_EQ(packet_bytes(test.packet), (std::vector<UCHAR>{3}));
    NdisChainBufferAtFront(test.packet, last);
    NdisChainBufferAtBack(test.packet, first);
    EXPECT_EQ(packet_bytes(test.packet), (std::vector<UCHAR>{4, 5, 6, 3, 1, 2}));
    PNDIS_BUFFER head;
    NdisQueryPacket(test.packet, &pages, &count, &head, &bytes);
    EXPECT_EQ(head, last);
    EXPECT_EQ(count, 3u);
    EXPECT_EQ(bytes, 6u);
    EXPECT_GE(pages, 3u);
    PVOID va;
    UINT length, total;
    NdisGetFirstBufferFromPacket(test.packet, &head, &va, &length, &total);
    EXPECT_EQ(static_cast<UCHAR*>(va)[0], 4);
    EXPECT_EQ(length, 3u);
    EXPECT_EQ(total, 6u);
}

TEST_F(PacketTest, ACopyEndsWhereEitherPacketDoes) {
    TestPacket from(pool_handle_, {{1, 2, 3}, {4, 5}}), to(pool_handle_, {{0}, {0, 0, 0}});
    UINT copied;
    NdisCopyFromPacketToPacket(to.packet, 1, 100, from.packet, 1, &copied);
    EXPECT_EQ(copied, 3u);
    EXPECT_EQ(packet_bytes(to.packet), (std::vector<UCHAR>{0, 2, 3, 4}));
    NdisCopyFromPacketToPacket(to.packet, 0, 100, from.packet, 4, &copied);
    EXPECT_EQ(copied, 1u);
    EXPECT_EQ(packet_bytes(to.packet), (std::vector<UCHAR>{5, 2, 3, 4}));
}

TEST_F(PacketTest, AFreedPacketIsNamedWhenItIsFreedAgain) {
    NDIS_STATUS status;
    PNDIS_PACKET packet;
    NdisAllocatePacket(&status, &packet, pool_handle_);
    NdisFreePacket(packet);
    NdisFreePacket(packet);
    EXPECT_TRUE(violated("packet.freed_twice"));
    EXPECT_NE(message("packet.freed_twice").find("packet_test.cpp"), std::string::npos);
}

TEST_F(PacketTest, APacketThatNoPoolMadeIsForeign) {
    std::vector<UCHAR> memory(1024);
    NdisFreePacket(reinterpret_cast<PNDIS_PACKET>(memory.data() + 512));
    EXPECT_TRUE(violated("packet.foreign"));
}

TEST_F(PacketTest, APoolThatIsFreedWithPacketsOutNamesThem) {
    NDIS_STATUS status;
    PNDIS_PACKET packet;
    NDIS_HANDLE pool;
    NdisAllocatePacketPoolEx(&status, &pool, 1, 1, 0);
    NdisAllocatePacket(&status, &packet, pool);
    NdisFreePacketPool(pool);
    EXPECT_TRUE(violated("packet.leaked"));
    EXPECT_NE(message("packet.leaked").find("packet_test.cpp"), std::string::npos);
    NdisAllocatePacket(&status, &packet, pool);
    EXPECT_EQ(status, NDIS_STATUS_RESOURCES);
    EXPECT_TRUE(violated("pool.closed"));
}
