// SPDX-License-Identifier: Apache-2.0
// The names of the NET_BUFFER interface, and the bits of what is in the out-of-band slots.
#include "nbl_bytes.h"

namespace {

class NblInfo : public StackTest {
protected:
    NblInfo() { nbl_ = NdisAllocateNetBufferList(pool_, 0, 0); }
    ~NblInfo() override { NdisFreeNetBufferList(nbl_); }
    template <typename T>
    static uint64_t bits(const T& info) {
        return reinterpret_cast<uint64_t>(info.Value);
    }
    PNET_BUFFER_LIST nbl_;
};

// Taken by address, so that these are functions of these names; the calls elsewhere may be macros.
TEST_F(NblInfo, EveryDocumentedFunctionIsThere) {
    const void* functions[] = {
        reinterpret_cast<void*>(&NdisAdjustNetBufferCurrentMdl), reinterpret_cast<void*>(&NdisAdvanceNetBufferDataStart),
        reinterpret_cast<void*>(&NdisAdvanceNetBufferListDataStart), reinterpret_cast<void*>(&NdisAllocateCloneNetBufferList),
        reinterpret_cast<void*>(&NdisAllocateFragmentNetBufferList), reinterpret_cast<void*>(&NdisAllocateNetBuffer),
        reinterpret_cast<void*>(&NdisAllocateNetBufferAndNetBufferList), reinterpret_cast<void*>(&NdisAllocateNetBufferList),
        reinterpret_cast<void*>(&NdisAllocateNetBufferListContext), reinterpret_cast<void*>(&NdisAllocateNetBufferListPool),
        reinterpret_cast<void*>(&NdisAllocateNetBufferMdlAndData), reinterpret_cast<void*>(&NdisAllocateNetBufferPool),
        reinterpret_cast<void*>(&NdisAllocateReassembledNetBufferList), reinterpret_cast<void*>(&NdisCopyFromNetBufferToNetBuffer),
        reinterpret_cast<void*>(&NdisCopyReceiveNetBufferListInfo), reinterpret_cast<void*>(&NdisCopySendNetBufferListInfo),
        reinterpret_cast<void*>(&NdisFreeCloneNetBufferList), reinterpret_cast<void*>(&NdisFreeFragmentNetBufferList),
        reinterpret_cast<void*>(&NdisFreeNetBuffer), reinterpret_cast<void*>(&NdisFreeNetBufferList),
        reinterpret_cast<void*>(&NdisFreeNetBufferListContext), reinterpret_cast<void*>(&NdisFreeNetBufferListPool),
        reinterpret_cast<void*>(&NdisFreeNetBufferPool), reinterpret_cast<void*>(&NdisFreeReassembledNetBufferList),
        reinterpret_cast<void*>(&NdisGetDataBuffer), reinterpret_cast<void*>(&NdisGetNetBufferListProtocolId),
        reinterpret_cast<void*>(&NdisGetPoolFromNetBuffer), reinterpret_cast<void*>(&NdisGetPoolFromNetBufferList),
        reinterpret_cast<void*>(&NdisQueryNetBufferPhysicalCount), reinterpret_cast<void*>(&NdisRetreatNetBufferDataStart),
        reinterpret_cast<void*>(&NdisRetreatNetBufferListDataStart)};
    EXPECT_EQ(sizeof(functions) / sizeof(functions[0]), 31u);
    PNET_BUFFER_LIST (*allocate)(NDIS_HANDLE, USHORT, USHORT) = &NdisAllocateNetBufferList;
    VOID (*release)(PNET_BUFFER_LIST) = &NdisFreeNetBufferList;
    release(allocate(pool_, 0, 0));  // without a site
}

TEST_F(NblInfo, AccessorsNameTheirMembers) {
    PNET_BUFFER nb = nbl_->FirstNetBuffer;
    const void* members[] = {&NET_BUFFER_FIRST_MDL(nb), &NET_BUFFER_NEXT_NB(nb), &NET_BUFFER_DATA_LENGTH(nb), &NET_BUFFER_DATA_OFFSET(nb),
                             &NET_BUFFER_CURRENT_MDL(nb), &NET_BUFFER_CURRENT_MDL_OFFSET(nb), &NET_BUFFER_DATA_PHYSICAL_ADDRESS(nb),
                             &NET_BUFFER_PROTOCOL_RESERVED(nb), &NET_BUFFER_MINIPORT_RESERVED(nb), &NET_BUFFER_CHECKSUM_BIAS(nb)};
    const void* expected[] = {&nb->MdlChain, &nb->Next, &nb->DataLength, &nb->DataOffset, &nb->CurrentMdl, &nb->CurrentMdlOffset,
                              &nb->DataPhysicalAddress, nb->ProtocolReserved, nb->MiniportReserved, &nb->ChecksumBias};
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) EXPECT_EQ(members[i], expected[i]) << i;
    const void* lists[] = {&NET_BUFFER_LIST_NEXT_NBL(nbl_), &NET_BUFFER_LIST_FIRST_NB(nbl_), &NET_BUFFER_LIST_FLAGS(nbl_),
                           &NET_BUFFER_LIST_NBL_FLAGS(nbl_), &NET_BUFFER_LIST_PROTOCOL_RESERVED(nbl_),
                           &NET_BUFFER_LIST_MINIPORT_RESERVED(nbl_), &NET_BUFFER_LIST_STATUS(nbl_), &NET_BUFFER_LIST_INFO(nbl_, 4)};
    const void* where[] = {&nbl_->Next, &nbl_->FirstNetBuffer, &nbl_->Flags, &nbl_->NblFlags, nbl_->ProtocolReserved,
                           nbl_->MiniportReserved, &nbl_->Status, &nbl_->NetBufferListInfo[Ieee8021QNetBufferListInfo]};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) EXPECT_EQ(lists[i], where[i]) << i;
    NET_BUFFER_SHARED_MEMORY next{}, shared{};
    shared = {&next, 1, nbl_, 2, 3};
    EXPECT_EQ(NET_BUFFER_SHARED_MEM_NEXT_SEGMENT(&shared), &next);
    EXPECT_EQ(NET_BUFFER_SHARED_MEM_FLAGS(&shared), 1u);
    EXPECT_EQ(NET_BUFFER_SHARED_MEM_HANDLE(&shared), nbl_);
    EXPECT_EQ(NET_BUFFER_SHARED_MEM_OFFSET(&shared), 2u);
    EXPECT_EQ(NET_BUFFER_SHARED_MEM_LENGTH(&shared), 3u);
}

TEST_F(NblInfo, FlagsAreSetTestedAndCleared) {
    NdisSetNblFlag(nbl_, NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_TCP);
    EXPECT_TRUE(NdisTestNblFlag(nbl_, NDIS_NBL_FLAGS_IS_TCP | NDIS_NBL_FLAGS_IS_UDP));
    EXPECT_FALSE(NdisTestNblFlags(nbl_, NDIS_NBL_FLAGS_IS_TCP | NDIS_NBL_FLAGS_IS_UDP));
    NdisClearNblFlag(nbl_, NDIS_NBL_FLAGS_IS_TCP);
    EXPECT_EQ(NET_BUFFER_LIST_NBL_FLAGS(nbl_), NDIS_NBL_FLAGS_IS_IPV4);
}

TEST_F(NblInfo, ProtocolIdIsOneByteOfItsSlot) {
    NdisSetNetBufferListProtocolId(nbl_, NDIS_PROTOCOL_ID_IPX);
    EXPECT_EQ(NdisGetNetBufferListProtocolId(nbl_), NDIS_PROTOCOL_ID_IPX);
    EXPECT_EQ(reinterpret_cast<uint64_t>(NET_BUFFER_LIST_INFO(nbl_, NetBufferListProtocolId)), 6u);
}

TEST_F(NblInfo, ChecksumBitsAreThoseOfWindows) {
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info{};
    info.Transmit.IsIPv6 = 1;
    info.Transmit.TcpChecksum = 1;
    info.Transmit.IpHeaderChecksum = 1;
    info.Transmit.TcpHeaderOffset = 54;
    EXPECT_EQ(bits(info), 0x2u | 0x4u | 0x10u | 54u << 16);
    info = {};
    info.Receive.IpChecksumFailed = 1;
    info.Receive.TcpChecksumSucceeded = 1;
    info.Receive.Loopback = 1;
    info.Receive.IpChecksumValueInvalid = 1;
    EXPECT_EQ(bits(info), 0x4u | 0x8u | 0x40u | 0x100u);
}

TEST_F(NblInfo, SegmentationBitsAreThoseOfWindows) {
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO lso{};
    lso.LsoV2Transmit.MSS = 1460;
    lso.LsoV2Transmit.TcpHeaderOffset = 34;
    lso.LsoV2Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
    lso.LsoV2Transmit.IPVersion = NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6;
    EXPECT_EQ(bits(lso), 1460u | 34u << 20 | 1u << 30 | 1u << 31);
    EXPECT_EQ(lso.Transmit.Type, 1u);
    lso = {};
    lso.LsoV1TransmitComplete.TcpPayload = 0x3FFFFFFF;
    EXPECT_EQ(bits(lso), 0x3FFFFFFFu);
    NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO uso{};
    uso.Transmit.MSS = 1472;
    uso.Transmit.UdpHeaderOffset = 42;
    uso.Transmit.IPVersion = 1;
    EXPECT_EQ(bits(uso), 1472u | 42u << 20 | 1u << 31);
}

TEST_F(NblInfo, VlanPriorityIsTheLowBits) {
    NDIS_NET_BUFFER_LIST_8021Q_INFO tag{};
    tag.TagHeader.UserPriority = 5;
    tag.TagHeader.VlanId = 0xABC;
    EXPECT_EQ(bits(tag), 0xABC5u);
    EXPECT_EQ(tag.WLanTagHeader.VlanId, 0xABCu);
}

TEST_F(NblInfo, HashPartsDoNotDisturbEachOther) {
    NET_BUFFER_LIST_SET_HASH_VALUE(nbl_, 0xDEADBEEFu);
    NET_BUFFER_LIST_SET_HASH_FUNCTION(nbl_, NdisHashFunctionToeplitz);
    NET_BUFFER_LIST_SET_HASH_TYPE(nbl_, NDIS_HASH_TCP_IPV6 | 0xFFu);
    EXPECT_EQ(NET_BUFFER_LIST_GET_HASH_VALUE(nbl_), 0xDEADBEEFu);
    EXPECT_EQ(NET_BUFFER_LIST_GET_HASH_FUNCTION(nbl_), NdisHashFunctionToeplitz);
    EXPECT_EQ(NET_BUFFER_LIST_GET_HASH_TYPE(nbl_), NDIS_HASH_TCP_IPV6);
    EXPECT_EQ(reinterpret_cast<uint64_t>(nbl_->NetBufferListInfo[NetBufferListHashInfo]), 0x1001u);
}

TEST_F(NblInfo, CoalescingCountsAndFilterIdsAreHalvesOfTheirSlots) {
    NET_BUFFER_LIST_COALESCED_SEG_COUNT(nbl_) = 7;
    NET_BUFFER_LIST_DUP_ACK_COUNT(nbl_) = 2;
    EXPECT_EQ(reinterpret_cast<uint64_t>(nbl_->NetBufferListInfo[TcpRecvSegCoalesceInfo]), 0x20007u);
    NET_BUFFER_LIST_RECEIVE_FILTER_ID(nbl_) = 3;
    NET_BUFFER_LIST_RECEIVE_QUEUE_ID(nbl_) = 4;
    EXPECT_EQ(reinterpret_cast<uint64_t>(nbl_->NetBufferListInfo[NetBufferListFilteringInfo]), 0x40003u);
}

TEST_F(NblInfo, TimestampsAreCopiedByTheirOwnFunctionAlone) {
    const NET_BUFFER_LIST_TIMESTAMP time = {UINT64_C(0x123456789ABCDEF0)};
    PNET_BUFFER_LIST copy = NdisAllocateNetBufferList(pool_, 0, 0);
    NET_BUFFER_LIST_TIMESTAMP seen{};
    NdisSetNblTimestampInfo(nbl_, &time);
    NdisCopySendNetBufferListInfo(copy, nbl_);
    NdisCopyReceiveNetBufferListInfo(copy, nbl_);
    NdisGetNblTimestampInfo(copy, &seen);
    EXPECT_EQ(seen.Timestamp, 0u);
    NdisCopyNblTimestampInfo(copy, nbl_);
    NdisGetNblTimestampInfo(copy, &seen);
    EXPECT_EQ(seen.Timestamp, time.Timestamp);
    NdisFreeNetBufferList(copy);
}

}  // namespace
