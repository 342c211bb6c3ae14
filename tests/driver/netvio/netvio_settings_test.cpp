// SPDX-License-Identifier: Apache-2.0
// What the miniport is told for the whole adapter: tags beside the frames, and another address.
#include <utility>

#include "../stack/stack.h"
#include "traffic_internal.h"

namespace {

const uint64_t filters = REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT) |
                         REGMAP_BIT(VIRTIO_NET_F_CTRL_VLAN_BIT);

void offer(Stack& stack, uint64_t features) { stack.machine.device.features |= features; }

// ---- Tags beside the frame
class NetvioTag : public testing::TestWithParam<bool> {};  // is the adapter told the VLAN, or each slot?
INSTANTIATE_TEST_SUITE_P(Who, NetvioTag, testing::Bool());

TEST_P(NetvioTag, StandsOnTheWireAndInTheSlotAndNotInTheFrame) {
    Stack stack;
    stack.config.tag = {291, 5, GetParam()};
    for (unsigned i = 0; i < 6; i++) stack.to_send.push_back(make_frame(i, 60 + 100 * i));
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    ASSERT_EQ(stack.on_wire.size(), 6u);
    const Bytes tag = {0x81, 0x00, 0xA1, 0x23};
    for (size_t i = 0; i < 6; i++) {
        Bytes expected = stack.to_send[i];
        expected.insert(expected.begin() + 12, tag.begin(), tag.end());
        EXPECT_EQ(stack.on_wire[i], expected);
    }
    ASSERT_TRUE(stack.receive(stack.on_wire[2]));
    ASSERT_TRUE(stack.receive(stack.to_send[2]));
    stack.run_for(50 * 1000);
    ASSERT_EQ(stack.received.size(), 2u);
    EXPECT_EQ(stack.received[0], stack.to_send[2]);
    EXPECT_EQ(stack.infos[0].tag, 0xA123);
    EXPECT_EQ(stack.received[1], stack.to_send[2]);
    EXPECT_EQ(stack.infos[1].tag, 0);
}

TEST(NetvioTagAlone, TheVlanOfTheAdapterGoesWithFramesOfNoSlot) {
    Stack stack;
    stack.config.tag = {7, 0, true};  // no priority: the slot of every NBL is empty
    stack.to_send.push_back(make_frame(1, 100));
    ASSERT_EQ(stack.start(), 0) << stack.error;
    ASSERT_TRUE(stack.run_until_sent());
    ASSERT_EQ(stack.on_wire.size(), 1u);
    EXPECT_EQ(Bytes(stack.on_wire[0].begin() + 12, stack.on_wire[0].begin() + 16), (Bytes{0x81, 0, 0, 7}));
}

// ---- The address
Bytes frame_for(uint8_t last) {
    Bytes frame = make_frame(last, 100);
    const uint8_t to[6] = {2, 0, 0, 0, 0, last};
    std::memcpy(frame.data(), to, sizeof(to));
    return frame;
}

TEST(NetvioAddress, TheParametersGiveTheDeviceAnotherThatItKeepsOverAReset) {
    Stack stack;
    offer(stack, filters | REGMAP_BIT(VIRTIO_NET_F_CTRL_MAC_ADDR_BIT));
    stack.config.offloads.filter = true;
    stack.config.network_address = "020000000055";
    stack.more_may_come = true;
    ASSERT_EQ(stack.start(), 0) << stack.error;
    for (int time = 0; time < 2; time++) {
        stack.received.clear();
        ASSERT_TRUE(stack.receive(frame_for(0x55)));
        (void)stack.receive(frame_for(0x01));  // its own, which it does not hear now
        stack.run_for(50 * 1000);
        EXPECT_EQ(stack.received, (std::vector<Bytes>{frame_for(0x55)}));
        if (time == 0) { ASSERT_EQ(traffic_reset_device(stack.traffic), 0); }
    }
    uint8_t current[6], permanent[6];
    kernel_scope scope;
    kernel_enter(stack.traffic->kernel, &scope);
    EXPECT_EQ(traffic_request(stack.traffic, NdisRequestQueryInformation, OID_802_3_CURRENT_ADDRESS, current, 6), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(traffic_request(stack.traffic, NdisRequestQueryInformation, OID_802_3_PERMANENT_ADDRESS, permanent, 6), NDIS_STATUS_SUCCESS);
    kernel_leave(&scope);
    EXPECT_EQ(current[5], 0x55);
    EXPECT_EQ(permanent[5], 0x01);
}

TEST(NetvioAddress, ADeviceThatTakesNoneAndAnAddressThatIsNoneLeaveItsOwn) {
    const uint64_t settable = REGMAP_BIT(VIRTIO_NET_F_CTRL_MAC_ADDR_BIT);
    const std::pair<const char*, uint64_t> cases[] = {{"020000000055", 0}, {"030000000055", settable}, {"0200000000", settable}, {"nonsense", settable}};
    for (const auto& [wanted, features] : cases) {
        SCOPED_TRACE(wanted);
        Stack stack;
        offer(stack, filters | features);
        stack.config.offloads.filter = true;
        stack.config.network_address = wanted;
        ASSERT_EQ(stack.start(), 0) << stack.error;
        ASSERT_TRUE(stack.receive(frame_for(0x01)));
        stack.run_for(50 * 1000);
        EXPECT_EQ(stack.received.size(), 1u);
    }
}

}  // namespace
