// SPDX-License-Identifier: Apache-2.0
// Sends down and back, receives up and back.
#include "test_stack.h"

namespace {

class NdisPath : public StackTest {
protected:
    NdisPath() { start(); }
    ~NdisPath() override { stop(); }
};

TEST_F(NdisPath, AListOfNblsGoesDownInOrderAndComesBackInAnyGrouping) {
    std::vector<PNET_BUFFER_LIST> nbls;
    for (int i = 0; i < 5; i++) nbls.push_back(make_nbl(60));
    protocol_.send(nbls);
    EXPECT_EQ(miniport_.held, nbls);
    miniport_.complete(nbls[3]);
    miniport_.complete_all();
    EXPECT_EQ(protocol_.completed, (std::vector<PNET_BUFFER_LIST>{nbls[3], nbls[0], nbls[1], nbls[2], nbls[4]}));
    ndis_counts counts;
    ndis_get_counts(ndis_, &counts);
    EXPECT_EQ(counts.nbl_sent, 5u);
    EXPECT_EQ(counts.nbl_completed, 5u);
    EXPECT_EQ(counts.nbl_outstanding, 0u);
    for (PNET_BUFFER_LIST nbl : nbls) free_nbl(nbl);
}

TEST_F(NdisPath, ACompletionInsideTheSendCallIsDelivered) {
    miniport_.complete_at_once = true;
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    EXPECT_EQ(protocol_.completed, (std::vector<PNET_BUFFER_LIST>{nbl}));
    free_nbl(nbl);
}

TEST_F(NdisPath, IndicatedNblsComeBackWhenTheyAreReturned) {
    PNET_BUFFER_LIST a = make_nbl(60), b = make_nbl(60);
    miniport_.indicate({a, b});
    EXPECT_EQ(protocol_.received, (std::vector<PNET_BUFFER_LIST>{a, b}));
    EXPECT_TRUE(miniport_.returned.empty());
    protocol_.give_back({b});
    protocol_.give_back({a});
    EXPECT_EQ(miniport_.returned, (std::vector<PNET_BUFFER_LIST>{b, a}));
    free_nbl(a);
    free_nbl(b);
}

TEST_F(NdisPath, ResourcesMeansOwnershipEndsWithTheCall) {
    PNET_BUFFER_LIST a = make_nbl(60), b = make_nbl(60);
    miniport_.indicate({a, b}, NDIS_RECEIVE_FLAGS_RESOURCES);
    EXPECT_EQ(protocol_.received.size(), 2u);
    for (ULONG flags : protocol_.receive_flags) EXPECT_TRUE(NDIS_TEST_RECEIVE_CANNOT_PEND(flags));
    EXPECT_TRUE(miniport_.returned.empty());
    EXPECT_EQ(a->Next, b);
    free_nbl(a);
    free_nbl(b);
}

TEST_F(NdisPath, FramesThatTheFilterRefusesComeBackAtOnce) {
    ULONG filter = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST;
    protocol_.oid(NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, 4);
    const UCHAR addresses[4][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, {1, 0, 0x5E, 0, 0, 1}};
    std::vector<PNET_BUFFER_LIST> nbls;
    for (const auto& address : addresses) {
        nbls.push_back(make_nbl(60));
        memcpy(bytes_of(nbls.back()), address, 6);
    }
    miniport_.indicate(nbls);
    EXPECT_EQ(protocol_.received, (std::vector<PNET_BUFFER_LIST>{nbls[0], nbls[2]}));
    EXPECT_EQ(miniport_.returned, (std::vector<PNET_BUFFER_LIST>{nbls[1], nbls[3]}));
    protocol_.give_back({nbls[0], nbls[2]});
    for (PNET_BUFFER_LIST nbl : nbls) free_nbl(nbl);
}

TEST_F(NdisPath, EventsTellOfEachHandOver) {
    unsigned before = fake_platform_trace_count(fake_);
    PNET_BUFFER_LIST nbl = make_nbl(60);
    ndis_nbl_set_packet(nbl, 42);
    protocol_.send({nbl});
    miniport_.complete_all();
    std::string seen;
    for (unsigned i = before; i < fake_platform_trace_count(fake_); i++) {
        const platform_trace* event = fake_platform_trace(fake_, i);
        if (event->kind == PLATFORM_TRACE_NBL_SENT || event->kind == PLATFORM_TRACE_NBL_COMPLETED) {
            EXPECT_EQ(event->packet, 42u);
            EXPECT_EQ(event->index, ndis_nbl_number(nbl));
            EXPECT_EQ(event->value, 1u);
            seen += event->kind == PLATFORM_TRACE_NBL_SENT ? "sent " : "completed ";
        } else if (event->kind == PLATFORM_TRACE_FUNCTION_ENTER) {
            seen += std::string(event->text) + " ";
        }
    }
    EXPECT_EQ(seen, "sent MiniportSendNetBufferLists completed ProtocolSendNetBufferListsComplete ");
    free_nbl(nbl);
}

TEST_F(NdisPath, AnNblDescribesItsHistory) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    ndis_nbl_set_packet(nbl, 7);
    protocol_.send({nbl});
    char text[1000];
    ndis_nbl_describe(nbl, text, sizeof(text));
    EXPECT_NE(std::string(text).find("packet 7) is sent, with nic0 since "), std::string::npos) << text;
    EXPECT_NE(std::string(text).find("sent testproto->nic0]"), std::string::npos) << text;
    miniport_.complete_all();
    free_nbl(nbl);
}

}  // namespace
