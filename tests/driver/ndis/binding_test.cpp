// SPDX-License-Identifier: Apache-2.0
// Two protocols over one adapter: completions find their sender, receives find every taker, the filter is the sum.
#include "test_stack.h"

namespace {

class TwoBindings : public StackTest {
protected:
    TwoBindings() {
        other_.frame_types = {0x0806};
        EXPECT_EQ(ndis_load_driver(ndis_, "otherproto", test_protocol_entry, &other_), NDIS_STATUS_SUCCESS);
    }
    // A frame of this EtherType to everybody.
    PNET_BUFFER_LIST frame(USHORT type) {
        PNET_BUFFER_LIST nbl = make_nbl(60);
        memset(bytes_of(nbl), 0xFF, 12);
        bytes_of(nbl)[12] = static_cast<UCHAR>(type >> 8);
        bytes_of(nbl)[13] = static_cast<UCHAR>(type);
        return nbl;
    }
    TestProtocol other_;
};

TEST_F(TwoBindings, CompletionsGoToTheSenderOfEachNbl) {
    start();
    std::vector<PNET_BUFFER_LIST> nbls;
    for (int i = 0; i < 4; i++) nbls.push_back(make_nbl(60));
    protocol_.send({nbls[0], nbls[2]});
    other_.send({nbls[1], nbls[3]});
    miniport_.held.clear();
    for (PNET_BUFFER_LIST nbl : nbls) nbl->Status = NDIS_STATUS_SUCCESS;
    NdisMSendNetBufferListsComplete(miniport_.adapter, chain({nbls[3], nbls[2], nbls[1], nbls[0]}), 0);
    EXPECT_EQ(protocol_.completed, (std::vector<PNET_BUFFER_LIST>{nbls[2], nbls[0]}));
    EXPECT_EQ(other_.completed, (std::vector<PNET_BUFFER_LIST>{nbls[3], nbls[1]}));
    for (PNET_BUFFER_LIST nbl : nbls) free_nbl(nbl);
    stop();
}

TEST_F(TwoBindings, AFrameForBothIsLentToOneAndGivenToTheOther) {
    start();
    PNET_BUFFER_LIST arp = frame(0x0806), ip = frame(0x0800);
    miniport_.indicate({arp, ip});
    EXPECT_EQ(other_.received, (std::vector<PNET_BUFFER_LIST>{arp}));
    EXPECT_EQ(protocol_.received, (std::vector<PNET_BUFFER_LIST>{arp, ip}));
    EXPECT_TRUE(NDIS_TEST_RECEIVE_CANNOT_PEND(protocol_.receive_flags[0]));  // the first of the two takers only looks
    EXPECT_TRUE(NDIS_TEST_RECEIVE_CAN_PEND(protocol_.receive_flags[1]));
    EXPECT_TRUE(NDIS_TEST_RECEIVE_CAN_PEND(other_.receive_flags[0]));
    other_.give_back({arp});
    protocol_.give_back({ip});
    EXPECT_EQ(miniport_.returned, (std::vector<PNET_BUFFER_LIST>{arp, ip}));
    free_nbl(arp);
    free_nbl(ip);
    stop();
}

TEST_F(TwoBindings, TheFrameTypeIsTheOneBehindAVlanTag) {
    start();
    PNET_BUFFER_LIST tagged_arp = frame(0x8100), tagged_ip = frame(0x8100);
    bytes_of(tagged_arp)[16] = 0x08;
    bytes_of(tagged_arp)[17] = 0x06;
    bytes_of(tagged_ip)[16] = 0x08;
    miniport_.indicate({tagged_arp, tagged_ip});
    EXPECT_EQ(other_.received, (std::vector<PNET_BUFFER_LIST>{tagged_arp}));
    other_.give_back({tagged_arp});
    protocol_.give_back({tagged_ip});
    free_nbl(tagged_arp);
    free_nbl(tagged_ip);
    stop();
}

TEST_F(TwoBindings, ReturningWhatTheOtherHoldsIsReported) {
    start();
    PNET_BUFFER_LIST ip = frame(0x0800);
    miniport_.indicate({ip});
    other_.give_back({ip});
    EXPECT_TRUE(violated("nbl.wrong_owner"));
    EXPECT_TRUE(miniport_.returned.empty());
    protocol_.give_back({ip});
    free_nbl(ip);
    stop();
}

TEST_F(TwoBindings, TheMiniportIsToldTheSumOfTheFilters) {
    protocol_.filter = NDIS_PACKET_TYPE_DIRECTED;
    other_.filter = NDIS_PACKET_TYPE_BROADCAST;
    start();
    EXPECT_EQ(miniport_.filters, (std::vector<ULONG>{NDIS_PACKET_TYPE_DIRECTED, NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST}));
    stop();
    EXPECT_EQ(miniport_.filters.back(), 0u);
}

}  // namespace
