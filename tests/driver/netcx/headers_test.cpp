// SPDX-License-Identifier: Apache-2.0
// The headers as C11 and as C++17: the same layouts, and those of Windows.
#include "test_client.h"

extern "C" {
void c_layouts(size_t sizes[16]);
void cpp_layouts(size_t sizes[16]);
void c_fragment_bits(UINT64* bits);
void cpp_fragment_bits(UINT64* bits);
PCWDF_OBJECT_CONTEXT_TYPE_INFO c_type_info(VOID);
PCWDF_OBJECT_CONTEXT_TYPE_INFO cpp_type_info(VOID);
}

namespace {

TEST(NetcxHeaders, LayoutsAreThoseOfWindowsInBothLanguages) {
    const size_t windows[16] = {64, 12, 8, 5, 40, 24, 1, 4, 4, 4, 8, 56, 32, 56, 104, 20};
    size_t c[16], cpp[16];
    c_layouts(c);
    cpp_layouts(cpp);
    for (int i = 0; i < 16; i++) {
        EXPECT_EQ(c[i], windows[i]) << i;
        EXPECT_EQ(cpp[i], windows[i]) << i;
    }
}

TEST(NetcxHeaders, BitsOfAFragmentLieFromLowToHigh) {
    const UINT64 windows = 1 | UINT64_C(2) << 26 | UINT64_C(3) << 52 | UINT64_C(1) << 63;
    UINT64 c, cpp;
    c_fragment_bits(&c);
    cpp_fragment_bits(&cpp);
    EXPECT_EQ(c, windows);
    EXPECT_EQ(cpp, windows);
}

TEST(NetcxHeaders, AContextTypeIsOneInAllUnitsOfAProgram) {
    EXPECT_EQ(c_type_info(), cpp_type_info());
    EXPECT_STREQ(c_type_info()->ContextName, "BUFFER_CONTEXT");
}

TEST(NetcxHeaders, FlagsCombineToTheirOwnTypeInCpp) {
    const NET_PACKET_FILTER_FLAGS both = NetPacketFilterFlagDirected | NetPacketFilterFlagBroadcast;
    EXPECT_EQ(static_cast<int>(both), 9);
    EXPECT_EQ(both & NetPacketFilterFlagDirected, NetPacketFilterFlagDirected);
}

}  // namespace
