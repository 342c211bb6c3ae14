// SPDX-License-Identifier: Apache-2.0
#include "live_check.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using Bytes = std::vector<uint8_t>;

// Of a flow, told by the sender's address, and a number in the payload.
Bytes frame(uint8_t flow, uint8_t number, size_t length = 100) {
    Bytes bytes(length);
    bytes[11] = flow;
    bytes[12] = 0x88;
    bytes[13] = 0xB5;
    bytes[14] = number;
    return bytes;
}

class LiveCheck : public ::testing::Test {
protected:
    sim::LiveCheck make(bool by_flow = false, bool drops_allowed = false) {
        return {"to the wire", by_flow, drops_allowed, [this](const char* check, int64_t packet, const std::string& message) {
                    said.push_back(std::string(check) + " " + std::to_string(packet) + " " + message);
                }};
    }
    static void send(sim::LiveCheck& check, uint64_t number, const Bytes& bytes) { check.sent(number, bytes.data(), bytes.size()); }
    static int64_t arrive(sim::LiveCheck& check, const Bytes& bytes) { return check.arrived(bytes.data(), bytes.size()); }
    std::vector<std::string> said;
};

TEST_F(LiveCheck, FramesThatArriveAsTheyWereSentAreGood) {
    sim::LiveCheck check = make();
    for (uint8_t i = 0; i < 5; i++) send(check, i, frame(0, i));
    for (uint8_t i = 0; i < 5; i++) EXPECT_EQ(arrive(check, frame(0, i)), i);
    check.finish();
    EXPECT_TRUE(said.empty());
}

TEST_F(LiveCheck, AShortFrameArrivesPadded) {
    sim::LiveCheck check = make();
    send(check, 0, frame(0, 1, 42));
    EXPECT_EQ(arrive(check, frame(0, 1, 60)), 0);
    EXPECT_TRUE(said.empty());
}

TEST_F(LiveCheck, OneThatIsSkippedIsLost) {
    sim::LiveCheck check = make();
    for (uint8_t i = 0; i < 3; i++) send(check, i, frame(0, i));
    EXPECT_EQ(arrive(check, frame(0, 0)), 0);
    EXPECT_EQ(arrive(check, frame(0, 2)), 2);
    EXPECT_EQ(said, std::vector<std::string>{"frames.lost 1 frame 1, 100 bytes, never came to the wire"});
}

TEST_F(LiveCheck, OneThatNeverComesIsLostAtTheEnd) {
    sim::LiveCheck check = make();
    send(check, 7, frame(0, 7));
    check.finish();
    EXPECT_EQ(said.size(), 1u);
    EXPECT_EQ(check.lost(), 1u);
}

TEST_F(LiveCheck, OneThatOvertookIsLostAndThenNobodys) {
    sim::LiveCheck check = make();
    for (uint8_t i = 0; i < 2; i++) send(check, i, frame(0, i));
    EXPECT_EQ(arrive(check, frame(0, 1)), 1);
    EXPECT_EQ(arrive(check, frame(0, 0)), -1);
    ASSERT_EQ(said.size(), 2u);
    EXPECT_EQ(said[0].substr(0, 11), "frames.lost");
    EXPECT_EQ(said[1].substr(0, 14), "frames.damaged");
}

TEST_F(LiveCheck, OneByteMakesItAnother) {
    sim::LiveCheck check = make();
    send(check, 0, frame(0, 0));
    Bytes damaged = frame(0, 0);
    damaged[99] ^= 1;
    EXPECT_EQ(arrive(check, damaged), -1);
    EXPECT_EQ(said.size(), 1u);
}

TEST_F(LiveCheck, FlowsMayOvertakeEachOther) {
    sim::LiveCheck check = make(true);
    send(check, 0, frame(1, 0));
    send(check, 1, frame(2, 0));
    send(check, 2, frame(1, 1));
    EXPECT_EQ(arrive(check, frame(2, 0)), 1);
    EXPECT_EQ(arrive(check, frame(1, 0)), 0);
    EXPECT_EQ(arrive(check, frame(1, 1)), 2);
    check.finish();
    EXPECT_TRUE(said.empty());
}

TEST_F(LiveCheck, DropsThatAreAllowedAreCounted) {
    sim::LiveCheck check = make(false, true);
    for (uint8_t i = 0; i < 3; i++) send(check, i, frame(0, i));
    EXPECT_EQ(arrive(check, frame(0, 2)), 2);
    check.finish();
    EXPECT_TRUE(said.empty());
    EXPECT_EQ(check.lost(), 2u);
}

TEST_F(LiveCheck, ManyFindingsAreToldAsANumber) {
    sim::LiveCheck check = make();
    for (uint8_t i = 0; i < 20; i++) send(check, i, frame(0, i));
    check.finish();
    ASSERT_EQ(said.size(), 9u);
    EXPECT_EQ(said.back(), "frames.more -1 12 more findings about frames to the wire");
}

}  // namespace
