// SPDX-License-Identifier: Apache-2.0
// Exact times on the wire, and the link partner's rules.
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fcs.h"
#include "link_partner.h"
#include "regmap.h"
#include "wire.h"

namespace {

uint64_t now() { return sc_core::sc_time_stamp().value(); }

// A NIC that only notes what it is given.
class Ear : public hw::Nic {
public:
    void connect(hw::DeviceLink&, hw::DeviceWire&) override {}
    void receive(hw::TlpPtr) override {}
    void receive(hw::FramePtr frame) override {
        times.push_back(now());
        frames.push_back(std::move(frame));
    }
    void wake() override { ++wakes; }
    uint64_t cycles() const override { return 0; }
    uint64_t cycles_evaluated() const override { return 0; }

    std::vector<uint64_t> times;
    std::vector<hw::FramePtr> frames;
    int wakes = 0;
};

struct Bench : sc_core::sc_module {
    SC_HAS_PROCESS(Bench);
    explicit Bench(hw::WireConfig config = {}, hw::LinkPartnerConfig partner_config = {})
        : sc_module(sc_core::sc_module_name("bench")), wire("wire", config, events), partner("partner", partner_config, wire, events) {
        wire.connect(ear);
        events.on_violation([this](const hw::Violation& v) { violations.push_back(v); });
        events.add_sink([this](const hw::Event& e) { seen.push_back(e); });
        partner.record([this](const uint8_t* data, size_t length, const hw::Frame& frame) {
            recorded.emplace_back(data, data + length);
            recorded_at.push_back(now());
            last_bits.push_back(frame.last.value());
        });
        SC_THREAD(run);
    }
    void run() { if (script) script(); }
    static void until(uint64_t time_ps) { if (time_ps > now()) sc_core::wait(sc_core::sc_time::from_value(time_ps - now())); }

    // Sends a frame as a MAC would: beats as early as the wire takes them.
    void mac_sends(std::vector<uint8_t> bytes, uint32_t beat = 32) {
        until(wire.start_ps());
        wire.start();
        for (uint32_t sent = beat; sent < bytes.size(); sent += beat) until(wire.continue_ps(sent));
        auto frame = hw::make_frame();
        frame->bytes = std::move(bytes);
        wire.finish(std::move(frame));
    }
    // Plays `count` frames of this length (without FCS).
    void plays(size_t count, size_t length, uint64_t not_before = 0) {
        partner.play([this, count, length, not_before](const uint8_t** data, size_t* bytes, uint64_t* earliest) -> int64_t {
            if (played == count) return -1;
            payload.assign(length, static_cast<uint8_t>(played + 1));
            *data = payload.data();
            *bytes = length;
            *earliest = not_before;
            return static_cast<int64_t>(played++);
        });
    }

    hw::EventStream events;
    hw::Wire wire;
    hw::LinkPartner partner;
    Ear ear;
    std::function<void()> script;
    std::vector<hw::Violation> violations;
    std::vector<hw::Event> seen;
    std::vector<std::vector<uint8_t>> recorded;
    std::vector<uint64_t> recorded_at, last_bits;
    size_t played = 0;
    std::vector<uint8_t> payload;
};

std::vector<uint8_t> good_frame(size_t length, uint8_t fill = 0xA5) {
    std::vector<uint8_t> frame(length, fill);
    hw::pad_and_append_fcs(frame);
    return frame;
}

}  // namespace

TEST(Fcs, MatchesKnownVectors) {
    const std::string check = "123456789";
    EXPECT_EQ(hw::fcs(reinterpret_cast<const uint8_t*>(check.data()), check.size()), 0xCBF43926u);
    const std::vector<uint8_t> zeros(4, 0), ones(32, 0xFF);
    EXPECT_EQ(hw::fcs(zeros.data(), zeros.size()), 0x2144DF1Cu);
    EXPECT_EQ(hw::fcs(ones.data(), ones.size()), 0xFF6CAB0Bu);
    EXPECT_EQ(hw::fcs(nullptr, 0), 0u);
}

TEST(Fcs, ShortFramesArePaddedWithZerosTo64Bytes) {
    std::vector<uint8_t> frame(14, 1);
    hw::pad_and_append_fcs(frame);
    ASSERT_EQ(frame.size(), 64u);
    EXPECT_EQ(frame[14], 0);
    EXPECT_EQ(frame[59], 0);
    EXPECT_TRUE(hw::fcs_is_good(frame));
    frame[20] ^= 1;
    EXPECT_FALSE(hw::fcs_is_good(frame));
}

TEST(LineRate, CarriesTheFractionOverManyFrames) {
    const hw::LineRate rate(3000000000);  // 8 bits: 2666.67 ps
    hw::LineTime time;
    for (int i = 0; i < 3000; ++i) time = rate.after(time, 1);
    EXPECT_EQ(time.ps, 8000000u);
    EXPECT_EQ(time.fraction, 0u);
}

TEST(Wire, OneFrameFromTheNicTakesPreambleAndItsBytes) {
    Bench b;
    b.script = [&b] { Bench::until(1000000); b.mac_sends(good_frame(60)); };
    sc_core::sc_start();
    ASSERT_EQ(b.recorded.size(), 1u);
    EXPECT_EQ(b.recorded[0], std::vector<uint8_t>(60, 0xA5));
    EXPECT_EQ(b.recorded_at[0], 1000000u + (8 + 64) * 200);  // 40 Gb/s: 200 ps a byte
    EXPECT_EQ(b.wire.from_nic().first_ps, 1000000u + 8 * 200);
    ASSERT_EQ(b.seen.size(), 1u);
    EXPECT_EQ(b.seen[0].kind, hw::EventKind::frame_tx);
    EXPECT_EQ(b.seen[0].time_ps, 1000000u + 72 * 200);
    EXPECT_EQ(b.seen[0].value, 64u);
    EXPECT_EQ(b.seen[0].index, 64u * 200);
}

TEST(Wire, BackToBackFramesFromTheNicFillTheLine) {
    Bench b;
    b.script = [&b] { for (int i = 0; i < 100; ++i) b.mac_sends(good_frame(60)); };
    sc_core::sc_start();
    ASSERT_EQ(b.last_bits.size(), 100u);
    for (size_t i = 1; i < 100; ++i) EXPECT_EQ(b.last_bits[i] - b.last_bits[i - 1], 84u * 200);
    EXPECT_DOUBLE_EQ(b.wire.from_nic().utilisation(b.wire.bits_per_second()), 1.0);
    EXPECT_EQ(b.wire.from_nic().line_bytes, 8400u);
    EXPECT_TRUE(b.violations.empty());
}

TEST(Wire, TheMacIsPacedToTheLineWithinTheFifo) {
    Bench b;
    std::vector<uint64_t> times;
    b.script = [&b, &times] {
        b.wire.start();
        for (uint32_t sent = 32; sent <= 1024; sent += 32) times.push_back(b.wire.continue_ps(sent));
        auto frame = hw::make_frame();
        frame->bytes = good_frame(1020);
        Bench::until(times.back());
        b.wire.finish(std::move(frame));
    };
    sc_core::sc_start();
    EXPECT_EQ(times[0], 0u);
    EXPECT_EQ(times.back(), (8 + 1024 - 128) * 200u);
    for (size_t i = 10; i < times.size(); ++i) EXPECT_EQ(times[i] - times[i - 1], 32u * 200);
    EXPECT_TRUE(b.violations.empty());
}

TEST(Wire, ABeatAfterItsTimeIsAnUnderrun) {
    Bench b;
    b.script = [&b] {
        b.wire.start();
        Bench::until(1000000);
        auto frame = hw::make_frame();
        frame->bytes = good_frame(60);
        b.wire.finish(std::move(frame));
    };
    sc_core::sc_start();
    ASSERT_EQ(b.violations.size(), 1u);
    EXPECT_EQ(b.violations[0].check, "wire.underrun");
    EXPECT_EQ(b.violations[0].time_ps, 1000000u);
}

TEST(Wire, FramesToTheNicFollowAtTheLineRate) {
    Bench b;
    b.plays(10, 1514);
    sc_core::sc_start();
    ASSERT_EQ(b.ear.frames.size(), 10u);
    for (size_t i = 0; i < 10; ++i) {
        EXPECT_EQ(b.ear.times[i], (8 + i * 1538) * 200);
        EXPECT_EQ(b.ear.frames[i]->first.value(), b.ear.times[i]);
        EXPECT_EQ((b.ear.frames[i]->last - b.ear.frames[i]->first).value(), 1518u * 200);
        EXPECT_EQ(b.ear.frames[i]->id, i);
        EXPECT_TRUE(hw::fcs_is_good(b.ear.frames[i]->bytes));
    }
    EXPECT_TRUE(b.partner.played());
}

TEST(Wire, ARateWithoutWholePicosecondsDoesNotDrift) {
    hw::WireConfig config;
    config.bits_per_second = 3000000000;
    Bench b(config);
    b.plays(3001, 60);
    sc_core::sc_start();
    EXPECT_EQ(b.ear.times[3000] - b.ear.times[0], 3000u * 84 * 8000 / 3);
}

TEST(Wire, PropagationDelaysBothWays) {
    hw::WireConfig config;
    config.propagation_ps = 10000;
    Bench b(config);
    b.plays(1, 60);
    b.script = [&b] { b.mac_sends(good_frame(60)); };
    sc_core::sc_start();
    EXPECT_EQ(b.ear.times[0], 8u * 200 + 10000);
    EXPECT_EQ(b.recorded_at[0], 72u * 200 + 10000);
    EXPECT_EQ(b.last_bits[0], 72u * 200);
}

TEST(Wire, FramesAreLostWithoutCarrier) {
    Bench b;
    b.plays(1, 60, 2000000);
    b.script = [&b] {
        b.wire.set_link(false);
        b.mac_sends(good_frame(60));
        Bench::until(3000000);
        b.wire.set_link(true);
        b.mac_sends(good_frame(60));
    };
    sc_core::sc_start();
    EXPECT_EQ(b.recorded.size(), 1u);
    EXPECT_TRUE(b.ear.frames.empty());
    EXPECT_EQ(b.wire.from_nic().lost, 1u);
    EXPECT_EQ(b.wire.to_nic().lost, 1u);
    EXPECT_EQ(b.ear.wakes, 2);
}

TEST(Wire, LostFramesAreToldOf) {
    Bench b;
    std::vector<std::pair<size_t, bool>> lost;
    b.wire.on_loss([&lost](const hw::Frame& frame, bool from_nic) { lost.emplace_back(frame.bytes.size(), from_nic); });
    b.plays(1, 200, 2000000);
    b.script = [&b] {
        b.mac_sends(good_frame(100));
        Bench::until(1000000);
        b.wire.set_link(false);
        b.mac_sends(good_frame(60));
    };
    sc_core::sc_start();
    EXPECT_EQ(lost, (std::vector<std::pair<size_t, bool>>{{64, true}, {204, false}}));
}

// With stalls frames and beats come later, but never so late that the line runs dry inside a frame.
class WireStalls : public ::testing::TestWithParam<uint32_t> {};
TEST_P(WireStalls, DelayFramesAndBeatsAndNeverBreakAFrame) {
    const std::vector<size_t> lengths{60, 61, 96, 1514, 9014, 60, 60, 296};  // without FCS
    hw::WireConfig config;
    config.stall_percent = 100;
    config.stall_seed = GetParam();
    Bench b(config);
    b.script = [&b, &lengths] {
        for (const size_t length : lengths) b.mac_sends(good_frame(length), GetParam());
    };
    sc_core::sc_start();
    EXPECT_TRUE(b.violations.empty()) << b.violations[0].message;
    ASSERT_EQ(b.recorded.size(), lengths.size());
    uint64_t line_ps = 0;
    for (size_t i = 0; i < lengths.size(); ++i) {
        EXPECT_EQ(b.recorded[i].size(), lengths[i]);
        line_ps += (8 + lengths[i] + 4 + 12) * 200;
    }
    EXPECT_GT(b.last_bits.back(), line_ps + 8 * 100 * 200) << "frames waited for 100 bytes of time each and more";
}
INSTANTIATE_TEST_SUITE_P(BeatBytes, WireStalls, ::testing::Values(8u, 32u, 64u));

TEST(LinkPartner, KeepsTheSourcesTimes) {
    Bench b;
    b.plays(1, 60, 5000000);
    sc_core::sc_start();
    EXPECT_EQ(b.ear.times[0], 5000000u + 8 * 200);
}

TEST(LinkPartner, PacesFramesByTheInterval) {
    hw::LinkPartnerConfig config;
    config.interval_ps = 100000;
    Bench b({}, config);
    b.plays(3, 60);
    sc_core::sc_start();
    EXPECT_EQ(b.ear.times[1] - b.ear.times[0], 100000u);
    EXPECT_EQ(b.ear.times[2] - b.ear.times[1], 100000u);
}

TEST(LinkPartner, WaitsForAKickWhenTheSourceHasNothingYet) {
    Bench b;
    int asked = 0;
    const std::vector<uint8_t> data(60, 7);
    b.partner.play([&asked, &data](const uint8_t** bytes, size_t* length, uint64_t* earliest) -> int64_t {
        *bytes = data.data();
        *length = data.size();
        *earliest = 0;
        ++asked;
        return asked == 1 ? -2 : asked == 2 ? 0 : -1;
    });
    b.script = [&b] { Bench::until(1000000); b.partner.kick(); };
    sc_core::sc_start();
    ASSERT_EQ(b.ear.times.size(), 1u);
    EXPECT_EQ(b.ear.times[0], 1000000u + 8 * 200);
    EXPECT_TRUE(b.partner.played());
}

TEST(LinkPartner, ADamagedFrameOfTheNicIsAViolationAndNotRecorded) {
    Bench b;
    b.script = [&b] {
        std::vector<uint8_t> frame = good_frame(60);
        frame[30] ^= 0x10;
        b.mac_sends(frame);
        b.mac_sends(std::vector<uint8_t>(40, 1));
        b.mac_sends(good_frame(9019));
    };
    sc_core::sc_start();
    ASSERT_EQ(b.violations.size(), 3u);
    EXPECT_EQ(b.violations[0].check, "wire.fcs");
    EXPECT_EQ(b.violations[0].clause, "[E] 3.2.9");
    EXPECT_EQ(b.violations[0].packet, 0);
    EXPECT_EQ(b.violations[1].check, "wire.runt");
    EXPECT_EQ(b.violations[2].check, "wire.oversize");
    EXPECT_TRUE(b.recorded.empty());
}

TEST(LinkPartner, CanDamageAFrameOnPurpose) {
    Bench b;
    b.plays(1, 60);
    b.partner.tamper([](hw::Frame& frame) { frame.bytes[5] ^= 1; });
    sc_core::sc_start();
    EXPECT_FALSE(hw::fcs_is_good(b.ear.frames.at(0)->bytes));
}
