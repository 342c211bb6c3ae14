// SPDX-License-Identifier: Apache-2.0
// All NBs of an NBL that is sent are of one flow, [D] 2.8: what breaks it is named, and what does not is let go.
#include <cstring>
#include <functional>

#include "../stack/packets.h"
#include "test_stack.h"

namespace {

class NdisFlow : public StackTest {
protected:
    // Sends one NBL whose NBs are these frames.
    void send(const std::vector<Frame>& frames) {
        PNET_BUFFER_LIST list = make_list(frames);
        miniport_.complete_at_once = true;
        protocol_.send({list});
        free_nbl(list);
    }
    static Frame packet(const std::function<void(PacketShape&)>& change = [](PacketShape&) {}) {
        PacketShape shape;
        change(shape);
        return make_packet(shape, make_payload(1, 40));
    }
};

TEST_F(NdisFlow, ManyNbsOfOneAreGood) {
    start();
    send({packet(), packet([](PacketShape& one) { one.sequence = 40; }), packet([](PacketShape& one) { one.flags = 0x18; })});
    send({packet([](PacketShape& one) { one.version = 6; }), packet([](PacketShape& one) { one.version = 6, one.tcp_options = 3; })});
    auto fragment = packet(), rest = packet([](PacketShape& one) { one.flow = 2; });
    fragment[20] |= 0x20, rest[20] |= 0x20;  // fragments have no ports that could differ
    std::memcpy(rest.data(), fragment.data(), 12);
    send({fragment, rest});
    stop();
}

TEST_F(NdisFlow, OtherAddressesArePartOfAnother) {
    start();
    send({packet(), packet(), packet([](PacketShape& one) { one.flow = 2; })});
    ASSERT_TRUE(violated("nbl.mixed_flows"));
    const std::string text = message("nbl.mixed_flows");
    EXPECT_NE(text.find("NB 2"), std::string::npos) << text;
    EXPECT_NE(text.find("02:00:00:00:00:01"), std::string::npos) << text;
    EXPECT_NE(text.find("02:00:00:00:00:02"), std::string::npos) << text;
    stop();
}

TEST_F(NdisFlow, OtherPortsArePartOfAnother) {
    start();
    auto other = packet();
    other[35] ^= 1;
    send({packet(), other});
    ASSERT_TRUE(violated("nbl.mixed_flows"));
    const std::string text = message("nbl.mixed_flows");
    EXPECT_NE(text.find("TCP 10.0.0.1:1001 > 10.0.1.2:2000"), std::string::npos) << text;
    EXPECT_NE(text.find("TCP 10.0.0.1:1000 > 10.0.1.2:2000"), std::string::npos) << text;
    stop();
}

TEST_F(NdisFlow, OtherProtocolsVersionsAndTypesArePartsOfAnother) {
    start();
    auto other_type = packet();
    other_type[13] ^= 1;
    const std::vector<Frame> others = {packet([](PacketShape& one) { one.tcp = false; }),
                                       packet([](PacketShape& one) { one.version = 6; }), other_type};
    for (const auto& other : others) {
        send({packet(), other});
        EXPECT_TRUE(violated("nbl.mixed_flows"));
    }
    stop();
}

}  // namespace
