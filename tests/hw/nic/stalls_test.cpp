// SPDX-License-Identifier: Apache-2.0
// Stalls at the pins: how often, and that nothing gets lost, or depends on which cycles are evaluated.
#include <gtest/gtest.h>

#include <set>

#include "bench.h"
#include "stalls.h"

using bench::Bench;

namespace {

hw::NicConfig stalled(uint32_t percent, uint64_t seed = 1) {
    hw::NicConfig config;
    config.stalls = {percent, seed};
    return config;
}

void send_tlps(Bench& b, uint32_t count, uint64_t step_ps) {
    for (uint32_t i = 0; i < count; ++i)
        b.script.at(400000 + i * step_ps, [&b, i] { b.nic->receive(bench::tlp(TLP_TYPE_MWR32, 4 + i * 36 % 256, i)); });
}

}  // namespace

TEST(Stalls, AStreamIsHeldForItsShareOfTheCycles) {
    constexpr uint64_t cycles = 2'000'000;
    for (const uint32_t percent : {1u, 20u, 45u}) {
        const hw::Stalls stalls({percent, 7});
        std::set<uint64_t> runs;
        uint64_t held = 0, run = 0;
        for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
            const bool now = stalls.held(hw::Stalls::tlp_out, cycle);
            held += now;
            if (!now && run) runs.insert(run);
            run = now ? run + 1 : 0;
        }
        EXPECT_NEAR(static_cast<double>(held) / cycles, percent / 100.0, percent / 100.0 * 0.15) << percent;
        EXPECT_TRUE(runs.count(1) && runs.count(128)) << "bubbles and long stops";
    }
}

TEST(Stalls, StreamsAndSeedsDiffer) {
    const hw::Stalls one({50, 1}), other({50, 2});
    unsigned streams = 0, seeds = 0;
    for (uint64_t cycle = 0; cycle < 10000; ++cycle) {
        streams += one.held(hw::Stalls::tlp_in, cycle) != one.held(hw::Stalls::tlp_out, cycle);
        seeds += one.held(hw::Stalls::tlp_in, cycle) != other.held(hw::Stalls::tlp_in, cycle);
    }
    EXPECT_GT(streams, 1000u);
    EXPECT_GT(seeds, 1000u);
}

TEST(Stalls, NoneAreTheDefault) {
    EXPECT_FALSE(hw::Stalls(hw::StallConfig{}).on());
    for (uint64_t cycle = 0; cycle < 10000; ++cycle) EXPECT_EQ(hw::Stalls(hw::StallConfig{}).withheld(0, cycle), 0u);
}

TEST(NicStalls, EveryTlpComesThroughWholeAndInOrderAndLate) {
    std::vector<uint64_t> ends;
    Bench b(stalled(60));
    send_tlps(b, 300, 40000);
    b.run_ns(200000);
    ASSERT_EQ(b.link.sent.size(), 300u);
    for (uint32_t i = 0; i < 300; ++i) {
        const hw::TlpPtr expected = bench::tlp(TLP_TYPE_MWR32, 4 + i * 36 % 256, i);
        EXPECT_EQ(b.link.sent[i].header, expected->hdr);
        EXPECT_TRUE(std::equal(b.link.sent[i].payload.begin(), b.link.sent[i].payload.end(), expected->payload.begin()));
    }
    EXPECT_GT(b.link.sent.back().time_ps, 400000u + 300 * 40000u);
    b.nic->finish();
    EXPECT_TRUE(b.violations.empty()) << b.violations[0].message;
}

TEST(NicStalls, FramesAreLateButWhole) {
    Bench b(stalled(80));
    for (uint32_t i = 0; i < 200; ++i) {
        const uint64_t start = 400000 + i * 400000;
        b.script.at(start, [&b, i, start] { b.nic->receive(bench::frame(60 + i * 7 % 1400, start, i)); });
    }
    b.run_ns(100000);
    ASSERT_EQ(b.wire.sent.size(), 200u);
    for (uint32_t i = 0; i < 200; ++i) EXPECT_EQ(b.wire.sent[i].bytes, bench::frame(60 + i * 7 % 1400, 0, i)->bytes);
    b.nic->finish();
    EXPECT_TRUE(b.violations.empty()) << b.violations[0].message;
}

TEST(NicStalls, ABeatInsideATlpThatChangesWhileItWaitsIsAViolation) {
    Bench b(stalled(60));
    for (uint32_t i = 0; i < 50; ++i) {
        b.script.at(400000 + i * 40000, [&b, i] {
            hw::TlpPtr tlp = bench::tlp(TLP_TYPE_MWR32, 64, i);
            tlp->hdr[2] |= 0x40000000;  // nic_loop changes its data while it waits
            b.nic->receive(std::move(tlp));
        });
    }
    b.run_ns(20000);
    ASSERT_FALSE(b.violations.empty());
    EXPECT_EQ(b.violations[0].check, "nic.tlp_stable");
}
