// SPDX-License-Identifier: Apache-2.0
// The end-to-end check: each way in which a frame can go wrong is told apart and names the packet and the byte.
#include "flow.h"
#include "frames.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace {

class FrameCheck : public ::testing::Test {
protected:
    FrameCheck() {
        source->generator.frames = 100;
        source->generator.sizes = {{64}, 1, false};
        source->generator.burst = 1;
        check.direction = "to the wire";
        check.source = source.get();
        check.report = [](void* ctx, const char* name, int64_t packet, const char* message) {
            static_cast<FrameCheck*>(ctx)->reports.push_back({name, packet, message});
        };
        check.report_ctx = this;
    }
    std::vector<uint8_t> frame(uint64_t number) {
        const uint8_t* data;
        size_t length;
        frame_source_at(source.get(), number, &data, &length);
        return {data, data + length};
    }
    int64_t arrive(const std::vector<uint8_t>& bytes, uint64_t sent = 100) {
        return frame_check_arrived(&check, sent, bytes.data(), bytes.size());
    }

    struct Report {
        std::string check;
        int64_t packet;
        std::string message;
    };
    std::unique_ptr<frame_source> source = std::make_unique<frame_source>();
    struct frame_check check {};
    std::vector<Report> reports;
};

TEST_F(FrameCheck, EqualFramesInOrderPass) {
    for (uint64_t n = 0; n < 100; n++) EXPECT_EQ(arrive(frame(n)), static_cast<int64_t>(n));
    frame_check_finish(&check, 100);
    EXPECT_TRUE(reports.empty());
    EXPECT_EQ(check.good, 100u);
}

TEST_F(FrameCheck, ShortFramesArePaddedWithZerosTo60Bytes) {
    source->generator.sizes = {{18}, 1, false};
    std::vector<uint8_t> padded = frame(0);
    ASSERT_EQ(padded.size(), 14u);
    padded.resize(60);
    EXPECT_EQ(arrive(padded), 0);
    EXPECT_TRUE(reports.empty());
}

TEST_F(FrameCheck, PaddingThatIsNotZeroIsDamage) {
    source->generator.sizes = {{18}, 1, false};
    std::vector<uint8_t> padded = frame(0);
    padded.resize(60);
    padded[33] = 1;
    arrive(padded);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].message, "frame 0 to the wire: byte 33 is 0x01, sent as 0x00 (60 bytes arrived, 14 sent)");
}

TEST_F(FrameCheck, DamagedFrameNamesThePacketAndTheFirstByte) {
    arrive(frame(0));
    std::vector<uint8_t> damaged = frame(1);
    damaged[40] ^= 0x80;
    damaged[50] ^= 0x01;
    EXPECT_EQ(arrive(damaged), 1);
    EXPECT_EQ(arrive(frame(2)), 2);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].check, "frames.damaged");
    EXPECT_EQ(reports[0].packet, 1);
    EXPECT_NE(reports[0].message.find("byte 40 is 0x"), std::string::npos) << reports[0].message;
}

TEST_F(FrameCheck, CutFrameNamesBothLengths) {
    std::vector<uint8_t> cut = frame(0);
    source->generator.sizes = {{128}, 1, false};
    cut = frame(0);
    cut.resize(100);
    arrive(cut);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].message, "frame 0 to the wire: 100 bytes arrived, expected 124 (124 sent)");
}

TEST_F(FrameCheck, LostFramesAreCountedAndNamed) {
    arrive(frame(0));
    EXPECT_EQ(arrive(frame(4)), 4);
    frame_check_finish(&check, 5);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].check, "frames.lost");
    EXPECT_EQ(reports[0].packet, 1);
    EXPECT_EQ(reports[0].message, "3 frames to the wire never arrived, from frame 1");
    EXPECT_EQ(check.lost, 3u);
}

TEST_F(FrameCheck, FramesMissingAtTheEndAreLost) {
    for (uint64_t n = 0; n < 98; n++) arrive(frame(n));
    frame_check_finish(&check, 100);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].message, "2 frames to the wire never arrived, from frame 98");
}

TEST_F(FrameCheck, AllowedDropsAreCountedAndNotReported) {
    check.drops_allowed = true;
    arrive(frame(10));
    frame_check_finish(&check, 100);
    EXPECT_TRUE(reports.empty());
    EXPECT_EQ(check.lost, 99u);
}

TEST_F(FrameCheck, FrameThatOvertakesIsReportedAsDisorder) {
    arrive(frame(1));
    arrive(frame(0));
    ASSERT_EQ(reports.size(), 2u);
    EXPECT_EQ(reports[1].check, "frames.order");
    EXPECT_EQ(reports[1].packet, 0);
}

TEST_F(FrameCheck, FrameThatComesTwiceIsReportedAsDisorder) {
    arrive(frame(0));
    arrive(frame(0));
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].message, "frame 0 to the wire came after frame 0, or twice");
}

TEST_F(FrameCheck, FrameBeforeItWasSentIsReported) {
    EXPECT_EQ(arrive(frame(0), 0), -1);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].message, "a frame of 60 bytes came to the wire that nobody sent");
}

TEST_F(FrameCheck, KnowsTheFramesThatWereSentAndNoOthers) {
    const auto knows = [this](const std::vector<uint8_t>& bytes, uint64_t sent) {
        return frame_check_knows(&check, sent, bytes.data(), bytes.size());
    };
    for (uint64_t n = 0; n < 10; n++) EXPECT_EQ(arrive(frame(n)), static_cast<int64_t>(n));
    EXPECT_TRUE(knows(frame(3), 20));   // came before
    EXPECT_TRUE(knows(frame(19), 20));  // is to come
    EXPECT_FALSE(knows(frame(20), 20));
    std::vector<uint8_t> other = frame(15);
    other.back() ^= 1;
    EXPECT_FALSE(knows(other, 20));
    EXPECT_TRUE(reports.empty());
    EXPECT_EQ(check.good, 10u);
}

TEST_F(FrameCheck, ManyMistakesAreSummedUp) {
    for (uint64_t n = 0; n < 100; n++) {
        std::vector<uint8_t> damaged = frame(n);
        damaged[59] ^= 0xFF;
        arrive(damaged);
    }
    frame_check_finish(&check, 100);
    ASSERT_EQ(reports.size(), static_cast<size_t>(FRAME_CHECK_MESSAGES) + 1);
    EXPECT_EQ(reports.back().check, "frames.more");
    EXPECT_EQ(check.damaged, 100u);
}

class FlowCheck : public FrameCheck {
protected:
    FlowCheck() {
        source->generator.flows = 4;
        check.by_flow = true;
    }
    ~FlowCheck() override { frame_check_free(&check); }
};

TEST_F(FlowCheck, FlowsMayOvertakeEachOther) {
    for (uint64_t flow : {2, 0, 3, 1})
        for (uint64_t n = flow; n < 100; n += 4) EXPECT_EQ(arrive(frame(n)), static_cast<int64_t>(n));
    frame_check_finish(&check, 100);
    EXPECT_TRUE(reports.empty());
    EXPECT_EQ(check.good, 100u);
}

TEST_F(FlowCheck, FramesOfOneFlowMayNot) {
    arrive(frame(1));
    arrive(frame(9));
    EXPECT_EQ(arrive(frame(5)), -1);
    ASSERT_EQ(reports.size(), 2u);
    EXPECT_EQ(reports[0].check, "frames.lost");
    EXPECT_EQ(reports[0].packet, 5);
    EXPECT_EQ(reports[1].check, "frames.order");
    EXPECT_EQ(reports[1].message, "frame 5 to the wire came after frame 9, or twice");
}

TEST_F(FlowCheck, AFrameThatOneFlowMissesIsLostAtTheEnd) {
    for (uint64_t n = 0; n < 100; n++)
        if (n != 98) arrive(frame(n));
    EXPECT_TRUE(reports.empty());
    frame_check_finish(&check, 100);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].check, "frames.lost");
    EXPECT_EQ(reports[0].packet, 98);
    EXPECT_EQ(check.lost, 1u);
}

TEST_F(FlowCheck, DamageNamesThePacketOfTheFlow) {
    arrive(frame(2));
    auto bytes = frame(6);
    bytes[40] ^= 1;
    EXPECT_EQ(arrive(bytes), 6);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].check, "frames.damaged");
    EXPECT_EQ(reports[0].packet, 6);
}

TEST_F(FlowCheck, AFlowThatNobodySentIsDamage) {
    auto bytes = frame(6);
    bytes[10] ^= 1;
    EXPECT_EQ(arrive(bytes), -1);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].check, "frames.damaged");
    EXPECT_EQ(reports[0].packet, -1);
}

TEST_F(FlowCheck, AFrameCannotArriveBeforeItWasSent) {
    EXPECT_EQ(arrive(frame(1), 5), 1);
    EXPECT_EQ(arrive(frame(5), 5), -1);
    EXPECT_EQ(arrive(frame(5), 6), 5);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].check, "frames.damaged");
}

// An IPv4 packet as frame_flow() sees it.
std::vector<uint8_t> ipv4(uint8_t protocol, uint8_t last_address, uint8_t last_port, uint16_t fragment = 0) {
    std::vector<uint8_t> bytes(60);
    bytes[12] = 0x08;
    bytes[14] = 0x45;
    bytes[20] = static_cast<uint8_t>(fragment >> 8);
    bytes[21] = static_cast<uint8_t>(fragment);
    bytes[23] = protocol;
    bytes[33] = last_address;
    bytes[37] = last_port;
    return bytes;
}
uint64_t flow(const std::vector<uint8_t>& bytes) { return frame_flow(bytes.data(), bytes.size()); }

TEST(FrameFlow, IsMadeOfAddressesAndPorts) {
    constexpr uint8_t tcp = 6, icmp = 1;
    EXPECT_EQ(flow(ipv4(tcp, 1, 1)), flow(ipv4(tcp, 1, 1)));
    EXPECT_NE(flow(ipv4(tcp, 1, 1)), flow(ipv4(tcp, 2, 1)));
    EXPECT_NE(flow(ipv4(tcp, 1, 1)), flow(ipv4(tcp, 1, 2)));
    EXPECT_EQ(flow(ipv4(icmp, 1, 1)), flow(ipv4(icmp, 1, 2)));  // what is behind the header are no ports
}

TEST(FrameFlow, FragmentsHaveNoPorts) {
    constexpr uint8_t udp = 17;
    constexpr uint16_t more = 0x2000, offset = 185;
    EXPECT_EQ(flow(ipv4(udp, 1, 1, more)), flow(ipv4(udp, 1, 9, offset)));
    EXPECT_NE(flow(ipv4(udp, 1, 1, more)), flow(ipv4(udp, 1, 1)));
}

TEST(FrameFlow, AVlanTagIsSkippedAndMacAddressesAreForTheRest) {
    auto tagged = ipv4(6, 3, 3);
    tagged.insert(tagged.begin() + 12, {0x81, 0x00, 0x00, 0x07});
    EXPECT_EQ(flow(tagged), flow(ipv4(6, 3, 3)));
    std::vector<uint8_t> arp(60);
    arp[12] = 0x08;
    arp[13] = 0x06;
    auto other = arp;
    other[11] = 1;
    EXPECT_NE(flow(arp), flow(other));
}

TEST(FrameSource, CaptureTimesAreKeptOrIgnoredAsAsked) {
    capture_frame frames[2] = {{0, 20, 0}, {20, 20, 500}};
    uint8_t bytes[40] = {};
    const capture recorded = {frames, 2, bytes};
    auto source = std::make_unique<frame_source>();
    source->capture = &recorded;
    source->capture_times = true;
    const uint8_t* data;
    size_t length;
    uint64_t time;
    EXPECT_EQ(frame_source_next(source.get(), &data, &length, &time), 0);
    EXPECT_EQ(frame_source_next(source.get(), &data, &length, &time), 1);
    EXPECT_EQ(time, 500'000u);
    EXPECT_EQ(data, bytes + 20);
    EXPECT_EQ(frame_source_next(source.get(), &data, &length, &time), -1);
    source->capture_times = false;
    source->next = 1;
    EXPECT_EQ(frame_source_next(source.get(), &data, &length, &time), 1);
    EXPECT_EQ(time, 0u);
}

}  // namespace
