// SPDX-License-Identifier: Apache-2.0
// What the VLAN filters of a stack make of a frame on the wire, and back.
#include "vlan_wire.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace {

using Bytes = std::vector<uint8_t>;

scenario_drivers stack_of(std::initializer_list<unsigned> ids) {
    scenario_drivers stack{};
    stack.drivers[stack.count++].kind = SCENARIO_DRIVER_CAPTURE;  // adds nothing
    for (unsigned id : ids) {
        stack.drivers[stack.count].kind = SCENARIO_DRIVER_VLAN;
        stack.drivers[stack.count++].number = id;
    }
    return stack;
}

Bytes frame_of(size_t length) {
    Bytes frame(length);
    std::iota(frame.begin(), frame.end(), uint8_t{1});
    return frame;
}

Bytes add(const scenario_drivers& drivers, const Bytes& frame, unsigned tci = 0) {
    const vlan_wire stack{&drivers, tci};
    Bytes tagged(frame.size() + vlan_wire_bytes(&stack));
    vlan_wire_add(&stack, frame.data(), frame.size(), tagged.data());
    return tagged;
}

TEST(VlanWire, TheLowestFiltersTagIsTheFirst) {
    const scenario_drivers stack = stack_of({7, 0x123});
    const Bytes frame = frame_of(100), tagged = add(stack, frame);
    ASSERT_EQ(tagged.size(), 108u);
    EXPECT_EQ(Bytes(tagged.begin() + 12, tagged.begin() + 20), (Bytes{0x81, 0, 0, 7, 0x81, 0, 1, 0x23}));
    EXPECT_TRUE(std::equal(frame.begin(), frame.begin() + 12, tagged.begin()));
    EXPECT_TRUE(std::equal(frame.begin() + 12, frame.end(), tagged.begin() + 20));
}

TEST(VlanWire, TheMiniportsTagIsInFrontOfTheFilters) {
    const scenario_drivers stack = stack_of({7});
    const Bytes frame = frame_of(80), tagged = add(stack, frame, 5u << 13 | 0x123);
    ASSERT_EQ(tagged.size(), 88u);
    EXPECT_EQ(Bytes(tagged.begin() + 12, tagged.begin() + 20), (Bytes{0x81, 0, 0xA1, 0x23, 0x81, 0, 0, 7}));
    const vlan_wire wire{&stack, 5u << 13 | 0x123}, other{&stack, 4u << 13 | 0x123};
    Bytes back(tagged.size());
    size_t length = tagged.size();
    EXPECT_FALSE(vlan_wire_remove(&other, tagged.data(), &length, back.data())) << "of another priority";
    ASSERT_TRUE(vlan_wire_remove(&wire, tagged.data(), &length, back.data()));
    back.resize(length);
    EXPECT_EQ(back, frame);
}

TEST(VlanWire, RemovingGivesTheFrameBack) {
    const scenario_drivers stack = stack_of({7, 9, 4094});
    const Bytes frame = frame_of(60), tagged = add(stack, frame);
    Bytes back(tagged.size());
    const vlan_wire wire{&stack, 0};
    size_t length = tagged.size();
    ASSERT_TRUE(vlan_wire_remove(&wire, tagged.data(), &length, back.data()));
    back.resize(length);
    EXPECT_EQ(back, frame);
}

TEST(VlanWire, AFramePaddedWithItsTagsIsPaddedWithoutThem) {
    const scenario_drivers stack = stack_of({7});
    Bytes tagged = add(stack, frame_of(50)), back(64), expected = frame_of(50);
    tagged.resize(60);  // what the NIC makes of 54 bytes
    expected.resize(60);
    const vlan_wire wire{&stack, 0};
    size_t length = tagged.size();
    ASSERT_TRUE(vlan_wire_remove(&wire, tagged.data(), &length, back.data()));
    ASSERT_EQ(length, 60u);
    back.resize(length);
    EXPECT_EQ(back, expected);
}

TEST(VlanWire, OtherTagsAreNotTaken) {
    const scenario_drivers stack = stack_of({7}), other = stack_of({8});
    const Bytes tagged = add(other, frame_of(80)), plain = frame_of(80);
    Bytes back(100);
    const vlan_wire wire{&stack, 0};
    size_t length = tagged.size();
    EXPECT_FALSE(vlan_wire_remove(&wire, tagged.data(), &length, back.data()));
    length = plain.size();
    EXPECT_FALSE(vlan_wire_remove(&wire, plain.data(), &length, back.data()));
}

TEST(VlanWire, AStackWithoutFiltersChangesNothing) {
    const scenario_drivers stack = stack_of({});
    const vlan_wire wire{&stack, 0};
    EXPECT_EQ(vlan_wire_bytes(&wire), 0u);
    EXPECT_EQ(add(stack, frame_of(64)), frame_of(64));
}

}  // namespace
