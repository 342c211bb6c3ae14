// SPDX-License-Identifier: Apache-2.0
// The rules of the rings: a driver that keeps them is not reported, and for each there is one that breaks it.
#include "test_client.h"

namespace {

class NetcxRules : public ClientTest {
protected:
    void begin() {
        start();
        sleep_us(50);
    }
    // Breaks a rule once, in the next EvtAdvance.
    static std::function<void()> once(std::function<void()> what) {
        return [what, done = false]() mutable {
            if (done) return;
            done = true;
            what();
        };
    }
    void break_tx(std::function<void()> what, const char* rule) {
        begin();
        client_.hold_sends = true;
        client_.after_tx = once(std::move(what));
        PNET_BUFFER_LIST nbl = make_nbl(100);
        protocol_.send({nbl});
        sleep_us(50);
        client_.hold_sends = false;
        NetTxQueueNotifyMoreCompletedPacketsAvailable(client_.tx);
        sleep_us(50);
        EXPECT_TRUE(violated(rule)) << rule;
        EXPECT_EQ(accounted_, 1u);
        ASSERT_EQ(protocol_.completed.size(), 1u);
        free_nbl(nbl);
        stop();
    }
    void break_rx(std::function<void()> what, const char* rule) {
        begin();
        client_.after_rx = once(std::move(what));
        receive({frame(1, 100)});
        EXPECT_TRUE(violated(rule)) << rule;
        EXPECT_EQ(accounted_, 1u);
        protocol_.give_back(protocol_.received);
        protocol_.received.clear();
        stop();
    }
    NET_PACKET* packet(UINT32 back) {  // that many before the driver's first
        NET_RING* ring = client_.rx_packets();
        return NetRingGetPacketAtIndex(ring, NetRingAdvanceIndex(ring, ring->BeginIndex, -static_cast<INT32>(back)));
    }
    NET_FRAGMENT* fragment(UINT32 back) {
        NET_RING* ring = client_.rx_fragments();
        return NetRingGetFragmentAtIndex(ring, NetRingAdvanceIndex(ring, ring->BeginIndex, -static_cast<INT32>(back)));
    }
};

TEST_F(NetcxRules, ADriverThatKeepsThemIsNotReported) {
    begin();
    for (unsigned i = 0; i < 100; i++) send(frame(i, 60 + i));
    for (unsigned i = 0; i < 50; i++) {
        receive({frame(i, 60 + i), frame(i + 1, 200)});
        protocol_.give_back(protocol_.received);
        protocol_.received.clear();
        sleep_us(5);
    }
    stop();
}

TEST_F(NetcxRules, Rule1_TheHeaderOfARingIsTheSystems) {
    break_tx([this] { client_.tx_packets()->EndIndex++; }, "netcx.ring_header");
    EXPECT_NE(message("netcx.ring_header").find("transmit queue 0: the driver wrote into the header of the packet ring"), std::string::npos);
}

TEST_F(NetcxRules, Rule2_BeginIndexStaysInWhatTheDriverHas) {
    break_tx([this] { client_.tx_fragments()->BeginIndex = client_.tx_fragments()->EndIndex + 3; }, "netcx.begin_index");
}

TEST_F(NetcxRules, Rule3_ElementsOfTheSystemAreNotWritten) {
    break_tx([this] { NetRingGetPacketAtIndex(client_.tx_packets(), client_.tx_packets()->EndIndex)->Layout.Layer4HeaderLength = 20; },
             "netcx.foreign_element");
}

TEST_F(NetcxRules, Rule3_ExtensionsOfTheSystemsElementsAreNotWritten) {
    break_tx([this] {
        NET_RING* ring = client_.tx_fragments();
        NetExtensionGetFragmentLogicalAddress(&client_.tx_la, NetRingAdvanceIndex(ring, ring->EndIndex, 5))->LogicalAddress = 1;
    }, "netcx.foreign_element");
}

TEST_F(NetcxRules, Rule4_APacketToSendIsNotChanged) {
    break_tx([this] { NetRingGetPacketAtIndex(client_.tx_packets(), client_.tx_packets()->BeginIndex)->FragmentCount++; }, "netcx.tx_changed");
}

TEST_F(NetcxRules, Rule4_AFragmentToSendIsNotChanged) {
    break_tx([this] { NetRingGetFragmentAtIndex(client_.tx_fragments(), client_.tx_fragments()->BeginIndex)->ValidLength--; },
             "netcx.tx_changed");
}

TEST_F(NetcxRules, Rule4_ScratchIsTheDrivers) {
    begin();
    client_.hold_sends = true;
    client_.after_tx = [this] {
        NET_RING *packets = client_.tx_packets(), *fragments = client_.tx_fragments();
        if (packets->BeginIndex == packets->EndIndex) return;
        NetRingGetPacketAtIndex(packets, packets->BeginIndex)->Scratch = 1;
        NetRingGetFragmentAtIndex(fragments, fragments->BeginIndex)->Scratch = 1;
        packets->Scratch = this;
        client_.hold_sends = false;
        NetTxQueueNotifyMoreCompletedPacketsAvailable(client_.tx);
    };
    send(frame(1, 100));
    stop();
}

TEST_F(NetcxRules, Rule5_APacketToIgnoreIsOtherwiseUntouched) {
    break_rx([this] { packet(1)->Ignore = 1; }, "netcx.rx_ignored");
    EXPECT_TRUE(protocol_.received.empty());
}

TEST_F(NetcxRules, Rule6_ReservedBitsAreNotWritten) {
    break_rx([this] { packet(1)->Reserved1 = 1; }, "netcx.rx_reserved");
}

TEST_F(NetcxRules, Rule6_ReservedBitsOfPacketsNotYetGivenBackAreNotWritten) {
    break_rx([this] { packet(0)->Layout.Reserved0 = 1; }, "netcx.rx_reserved");
}

TEST_F(NetcxRules, Rule7_APacketIsGivenBackWithItsFragments) {
    break_rx([this] { packet(1)->FragmentIndex = UINT32_MAX; }, "netcx.rx_unwritten");
}

TEST_F(NetcxRules, Rule7_APacketIsGivenBackWithTheTypesOfItsLayout) {
    break_rx([this] { packet(1)->Layout.Layer3Type = 0xF; }, "netcx.rx_unwritten");
}

TEST_F(NetcxRules, Rule8_FragmentsGoBackWithTheirPacket) {
    break_rx([this] { client_.rx_fragments()->BeginIndex = NetRingAdvanceIndex(client_.rx_fragments(), client_.rx_fragments()->BeginIndex, -1); },
             "netcx.rx_fragments");
}

TEST_F(NetcxRules, Rule8_APacketHasAFragment) {
    break_rx([this] { packet(1)->FragmentCount = 0; }, "netcx.rx_fragments");
}

TEST_F(NetcxRules, Rule9_NoTwoPacketsNameAFragment) {
    begin();
    client_.after_rx = once([this] { packet(1)->FragmentIndex = packet(2)->FragmentIndex; });
    receive({frame(1, 100), frame(2, 100)});
    EXPECT_TRUE(violated("netcx.rx_order"));
    protocol_.give_back(protocol_.received);
    protocol_.received.clear();
    stop();
}

TEST_F(NetcxRules, Rule10_ALayoutIsOneThatAFrameCanHave) {
    break_rx([this] {
        packet(1)->Layout.Layer2Type = NetPacketLayer2TypeEthernet;
        packet(1)->Layout.Layer2HeaderLength = 14;
        packet(1)->Layout.Layer3Type = NetPacketLayer3TypeIPv4NoOptions;
        packet(1)->Layout.Layer3HeaderLength = 20;
        packet(1)->Layout.Layer4Type = NetPacketLayer4TypeTcp;
        packet(1)->Layout.Layer4HeaderLength = 22;
    }, "netcx.rx_layout");
    EXPECT_NE(message("netcx.rx_layout").find("a TCP header of an impossible length"), std::string::npos);
}

TEST_F(NetcxRules, Rule11_ValidLengthIsWritten) {
    break_rx([this] { fragment(1)->ValidLength = 0x3FFFFFF; }, "netcx.rx_fragment");
    EXPECT_TRUE(protocol_.received.empty());
}

TEST_F(NetcxRules, Rule11_AFrameEndsWithItsBuffer) {
    break_rx([this] { fragment(1)->ValidLength = 1537; }, "netcx.rx_fragment");
    EXPECT_TRUE(protocol_.received.empty());
}

TEST_F(NetcxRules, Rule11_TheCapacityOfASystemBufferIsTheSystems) {
    break_rx([this] { fragment(1)->Capacity = 2000; }, "netcx.rx_fragment");
}

TEST_F(NetcxRules, ADriverThatKeepsAReceiveRingOnCancelIsReportedAndSurvived) {
    begin();
    client_.hold_receives = true;
    stop();
    EXPECT_TRUE(violated("netcx.stop"));
}

}  // namespace
