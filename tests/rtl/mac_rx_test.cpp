// SPDX-License-Identifier: Apache-2.0
#include <Vmac_rx.h>
#include <gtest/gtest.h>

#include <utility>

#include "bench.h"
#include "frames.h"
#include "regmap.h"

namespace {

constexpr unsigned beat_bytes = RTL_DataWidth / 8;

struct Received {
    Bytes bytes;
    bool bad;
    unsigned length;
};

struct MacRx : ::testing::Test {
    Bench<Vmac_rx> b;
    std::vector<Received> out;
    Bytes current;
    unsigned fcs_errors = 0, length_errors = 0;

    MacRx() {
        b->mac_rx_valid_i = b->mac_rx_last_i = b->mac_rx_error_i = 0;
        b.reset();
    }

    void cycle() {
        b.settle();
        if (b->m_valid_o) {
            ASSERT_EQ(b->m_sop_o, current.empty());
            ASSERT_GT(b->m_bytes_o, 0);
            if (!b->m_last_o) {
                ASSERT_EQ(b->m_bytes_o, beat_bytes);
            }
            take_beat(current, b->m_data_o, b->m_bytes_o);
            if (b->m_last_o) {
                ASSERT_EQ(b->m_bad_o, b->stat_fcs_o || b->stat_length_o);
                out.push_back({std::exchange(current, {}), bool(b->m_bad_o), b->m_length_o});
            }
        }
        fcs_errors += b->stat_fcs_o;
        length_errors += b->stat_length_o;
        b.edge();
    }

    void quiet(int cycles) {
        b->mac_rx_valid_i = 0;
        for (int i = 0; i < cycles; ++i) cycle();
    }

    // A frame with its FCS; busy is the chance in percent that a cycle carries a beat.
    void receive(const Bytes& frame, unsigned busy = 100, bool phy_error = false) {
        for (size_t at = 0; at < frame.size();) {
            while (!b.chance(busy)) quiet(1);
            const unsigned n = put_beat(b->mac_rx_data_i, frame, at, b.random);
            at += n;
            b->mac_rx_valid_i = 1;
            b->mac_rx_last_i = at == frame.size();
            b->mac_rx_error_i = phy_error && at == frame.size();
            b->mac_rx_bytes_i = static_cast<uint8_t>(n);
            cycle();
        }
        b->mac_rx_valid_i = 0;
    }

    void expect_good(const std::vector<Bytes>& frames) {
        quiet(4);
        ASSERT_EQ(out.size(), frames.size());
        for (size_t i = 0; i < frames.size(); ++i) {
            ASSERT_EQ(out[i].bytes, frames[i]) << "frame " << i << " of " << frames[i].size() << " bytes";
            ASSERT_FALSE(out[i].bad);
            ASSERT_EQ(out[i].length, frames[i].size());
        }
        EXPECT_EQ(fcs_errors + length_errors, 0u);
    }

    void expect_one_bad(unsigned fcs, unsigned length) {
        quiet(4);
        ASSERT_EQ(out.size(), 1u);
        EXPECT_TRUE(out[0].bad);
        EXPECT_EQ(fcs_errors, fcs);
        EXPECT_EQ(length_errors, length);
    }
};

TEST_F(MacRx, EveryLengthArrivesWithoutItsFcsBackToBack) {
    std::vector<Bytes> frames;
    for (size_t bytes = 60; bytes < 60 + 3 * beat_bytes; ++bytes) frames.push_back(random_frame(b.random, bytes));
    frames.push_back(random_frame(b.random, ETH_MAX_FRAME - ETH_FCS));
    for (const Bytes& frame : frames) receive(with_fcs(frame));
    expect_good(frames);
}

TEST_F(MacRx, GapsBetweenBeatsDoNotMatter) {
    std::vector<Bytes> frames;
    for (int i = 0; i < 300; ++i) frames.push_back(random_frame(b.random, 60 + b.random() % 400));
    for (const Bytes& frame : frames) receive(with_fcs(frame), 40);
    expect_good(frames);
}

TEST_F(MacRx, ClauseE_3_4_2_AnyFlippedBitMakesTheFrameBad) {
    const Bytes good = with_fcs(random_frame(b.random, 100));
    for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
        Bytes frame = good;
        frame[bit / 8] = static_cast<uint8_t>(frame[bit / 8] ^ 1u << bit % 8);
        receive(frame);
    }
    quiet(4);
    ASSERT_EQ(out.size(), 8 * good.size());
    for (const Received& frame : out) ASSERT_TRUE(frame.bad);
    EXPECT_EQ(fcs_errors, 8 * good.size());
    EXPECT_EQ(length_errors, 0u);
}

TEST_F(MacRx, PhyErrorMakesTheFrameBad) {
    receive(with_fcs(random_frame(b.random, 80)), 100, true);
    expect_one_bad(1, 0);
}

TEST_F(MacRx, ClauseE_4_4_2_FrameOf63BytesIsARunt) {
    receive(with_fcs(random_frame(b.random, 59)));
    expect_one_bad(0, 1);
}

TEST_F(MacRx, FrameOverTheMaximumIsOversize) {
    receive(with_fcs(random_frame(b.random, ETH_MAX_FRAME - ETH_FCS + 1)));
    expect_one_bad(0, 1);
    EXPECT_EQ(out[0].length, unsigned{ETH_MAX_FRAME - ETH_FCS + 1});
}

TEST_F(MacRx, FrameOf100000BytesStillCountsAsOversizeOnce) {
    receive(with_fcs(random_frame(b.random, 100000)));
    expect_one_bad(0, 1);
}

TEST_F(MacRx, FrameOfNothingButFcsDoesNotAppearButCounts) {
    for (size_t bytes = 1; bytes <= 4; ++bytes) {
        receive(random_frame(b.random, bytes));
        quiet(4);
    }
    EXPECT_TRUE(out.empty());
    EXPECT_EQ(length_errors, 4u);
}

TEST_F(MacRx, GoodFrameFollowsABadOneUnharmed) {
    const Bytes good = random_frame(b.random, 70);
    receive(random_frame(b.random, 90));
    receive(random_frame(b.random, 20));
    receive(with_fcs(good));
    quiet(4);
    ASSERT_EQ(out.size(), 3u);
    EXPECT_TRUE(out[0].bad);
    EXPECT_TRUE(out[1].bad);
    EXPECT_FALSE(out[2].bad);
    EXPECT_EQ(out[2].bytes, good);
}

TEST_F(MacRx, IsIdleOnceTheFrameHasLeft) {
    receive(with_fcs(random_frame(b.random, 64)));
    b.settle();
    EXPECT_FALSE(b->idle_o);
    quiet(4);
    b.settle();
    EXPECT_TRUE(b->idle_o);
}

}  // namespace
