// SPDX-License-Identifier: Apache-2.0
// Rings, iterators and extensions, as drivers use them.
#include "net/netringiterator.h"
#include "test_client.h"

namespace {

class NetRings : public ClientTest {
protected:
    NetRings() {
        collection_.Rings[NetRingTypePacket] = packets_ = make(8, 16);
        collection_.Rings[NetRingTypeFragment] = fragments_ = make(16, 24);
    }
    ~NetRings() override {
        ExFreePool(packets_);
        ExFreePool(fragments_);
    }
    static NET_RING* make(UINT32 elements, UINT16 stride) {
        auto* ring = static_cast<NET_RING*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, PAGE_SIZE, 1));
        ring->NumberOfElements = elements;
        ring->ElementIndexMask = elements - 1;
        ring->ElementStride = stride;
        return ring;
    }
    NET_RING_COLLECTION collection_{};
    NET_RING *packets_, *fragments_;
};

TEST_F(NetRings, IndicesWrap) {
    EXPECT_EQ(NetRingIncrementIndex(packets_, 7), 0u);
    EXPECT_EQ(NetRingAdvanceIndex(packets_, 6, 5), 3u);
    EXPECT_EQ(NetRingAdvanceIndex(packets_, 1, -3), 6u);
    EXPECT_EQ(NetRingGetRangeCount(packets_, 6, 2), 4u);
    EXPECT_EQ(NetRingGetRangeCount(packets_, 2, 2), 0u);
    EXPECT_EQ(static_cast<UCHAR*>(NetRingGetElementAtIndex(fragments_, 3)) - fragments_->Buffer, 72);
}

TEST_F(NetRings, IteratorsMoveAnIndexOnlyWhenTheyAreSet) {
    packets_->BeginIndex = 6;
    packets_->NextIndex = 7;
    packets_->EndIndex = 2;
    NET_RING_PACKET_ITERATOR post = NetRingGetPostPackets(&collection_);
    EXPECT_EQ(NetPacketIteratorGetCount(&post), 3u);
    NetPacketIteratorAdvance(&post);
    NetPacketIteratorAdvance(&post);
    EXPECT_EQ(NetPacketIteratorGetIndex(&post), 1u);
    EXPECT_EQ(packets_->NextIndex, 7u);
    NetPacketIteratorSet(&post);
    EXPECT_EQ(packets_->NextIndex, 1u);
    NET_RING_PACKET_ITERATOR drain = NetRingGetDrainPackets(&collection_);
    EXPECT_EQ(NetPacketIteratorGetCount(&drain), 3u);
    NetPacketIteratorAdvanceToTheEnd(&drain);
    EXPECT_FALSE(NetPacketIteratorHasAny(&drain));
    NetPacketIteratorSet(&drain);
    EXPECT_EQ(packets_->BeginIndex, 1u);
    NET_RING_PACKET_ITERATOR all = NetRingGetAllPackets(&collection_);
    EXPECT_EQ(NetPacketIteratorGetCount(&all), 1u);
}

TEST_F(NetRings, ThePacketsFragmentsWrapToo) {
    packets_->EndIndex = 1;
    NET_PACKET* packet = NetRingGetPacketAtIndex(packets_, 0);
    packet->FragmentIndex = 15;
    packet->FragmentCount = 3;
    NET_RING_PACKET_ITERATOR packets = NetRingGetAllPackets(&collection_);
    NET_RING_FRAGMENT_ITERATOR fragments = NetPacketIteratorGetFragments(&packets);
    std::vector<UINT32> seen;
    for (; NetFragmentIteratorHasAny(&fragments); NetFragmentIteratorAdvance(&fragments)) seen.push_back(NetFragmentIteratorGetIndex(&fragments));
    EXPECT_EQ(seen, (std::vector<UINT32>{15, 0, 1}));
}

TEST_F(NetRings, AQueuesRingsAreOnACacheLineWithTheirExtensionsInTheElements) {
    start();
    for (const NET_RING* ring : {client_.tx_packets(), client_.tx_fragments(), client_.rx_packets(), client_.rx_fragments()})
        EXPECT_EQ(reinterpret_cast<uintptr_t>(ring) % 64, 0u);
    EXPECT_EQ(client_.tx_packets()->ElementStride, 12u);    // nothing was declared
    EXPECT_EQ(client_.tx_fragments()->ElementStride, 24u);  // both addresses
    EXPECT_EQ(client_.tx_fragments()->NumberOfElements, 64u);
    EXPECT_EQ(client_.rx_fragments()->NumberOfElements, 16u);
    auto* fragment = reinterpret_cast<UCHAR*>(NetRingGetFragmentAtIndex(client_.tx_fragments(), 5));
    EXPECT_EQ(reinterpret_cast<UCHAR*>(NetExtensionGetFragmentVirtualAddress(&client_.tx_va, 5)) - fragment, 8);
    EXPECT_EQ(reinterpret_cast<UCHAR*>(NetExtensionGetFragmentLogicalAddress(&client_.tx_la, 5)) - fragment, 16);
    stop();
}

TEST_F(NetRings, AnExtensionIsFoundByNameVersionAndType) {
    start();
    const auto query = [this](PCWSTR name, ULONG version, NET_EXTENSION_TYPE type) {
        NET_EXTENSION_QUERY query;
        NET_EXTENSION extension;
        NET_EXTENSION_QUERY_INIT(&query, name, version, type);
        NetTxQueueGetExtension(client_.tx, &query, &extension);
        return extension.Enabled != FALSE;
    };
    EXPECT_TRUE(query(u"ms_fragment_virtualaddress", 1, NetExtensionTypeFragment));
    EXPECT_FALSE(query(u"ms_fragment_virtualaddress", 2, NetExtensionTypeFragment));
    EXPECT_FALSE(query(u"ms_fragment_virtualaddress", 1, NetExtensionTypePacket));
    EXPECT_FALSE(query(u"MS_FRAGMENT_VIRTUALADDRESS", 1, NetExtensionTypeFragment));
    EXPECT_FALSE(query(u"ms_fragment_nothing", 1, NetExtensionTypeFragment));
    EXPECT_FALSE(query(u"ms_fragment_virtualaddress", 0, NetExtensionTypeFragment));
    EXPECT_TRUE(violated("netcx.extension"));
    stop();
}

}  // namespace
