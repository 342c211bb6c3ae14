// SPDX-License-Identifier: Apache-2.0
#include <Vmac_tx.h>
#include <gtest/gtest.h>

#include <utility>

#include "bench.h"
#include "frames.h"

namespace {

constexpr unsigned beat_bytes = RTL_DataWidth / 8;

struct MacTx : ::testing::Test {
    Bench<Vmac_tx> b;
    std::vector<Bytes> out;
    std::vector<unsigned> stat_bytes;
    Bytes current;

    MacTx() {
        b->s_valid_i = 0;
        b->mac_tx_ready_i = 1;
        b.reset();
    }

    // One cycle; collects what the wire accepts and checks the form of the beats.
    void cycle() {
        b.settle();
        if (b->mac_tx_valid_o && b->mac_tx_ready_i) {
            if (!b->mac_tx_last_o) {
                ASSERT_EQ(b->mac_tx_bytes_o, beat_bytes);
            }
            take_beat(current, b->mac_tx_data_o, b->mac_tx_bytes_o);
            if (b->mac_tx_last_o) out.push_back(std::exchange(current, {}));
        }
        if (b->stat_frame_o) stat_bytes.push_back(b->stat_bytes_o);
        b.edge();
    }

    // Sends frames back to back, with a chance in percent that either side is ready, until all are out.
    void send(const std::vector<Bytes>& frames, unsigned source = 100, unsigned sink = 100) {
        const size_t want = out.size() + frames.size();
        for (const Bytes& frame : frames) {
            for (size_t at = 0; at < frame.size();) {
                b->mac_tx_ready_i = b.chance(sink);
                b->s_valid_i = b.chance(source);
                const unsigned n = put_beat(b->s_data_i, frame, at, b.random);
                b->s_last_i = at + n == frame.size();
                b->s_bytes_i = static_cast<uint8_t>(n);
                b.settle();
                if (b->s_valid_i && b->s_ready_o) at += n;
                cycle();
            }
        }
        b->s_valid_i = 0;
        for (int i = 0; i < 10000 && out.size() < want; ++i) {
            b->mac_tx_ready_i = b.chance(sink);
            cycle();
        }
        ASSERT_EQ(out.size(), want);
    }

    void expect(const std::vector<Bytes>& frames) {
        ASSERT_EQ(out.size(), frames.size());
        for (size_t i = 0; i < frames.size(); ++i) {
            ASSERT_EQ(out[i], with_fcs(padded(frames[i]))) << "frame " << i << " of " << frames[i].size() << " bytes";
            ASSERT_EQ(stat_bytes[i], padded(frames[i]).size());
        }
    }
};

TEST_F(MacTx, ClauseE_3_2_9_EveryLengthLeavesWithItsFcs) {
    std::vector<Bytes> frames;
    for (size_t bytes = 60; bytes < 60 + 3 * beat_bytes; ++bytes) frames.push_back(random_frame(b.random, bytes));
    frames.push_back(random_frame(b.random, 9018));
    send(frames);
    expect(frames);
}

TEST_F(MacTx, ClauseE_4_2_3_3_ShortFramesArePaddedWithZerosTo60Bytes) {
    std::vector<Bytes> frames;
    for (size_t bytes = 1; bytes <= 61; ++bytes) frames.push_back(random_frame(b.random, bytes));
    send(frames);
    expect(frames);
}

TEST_F(MacTx, KeepsFramesWholeUnderRandomStallsOnBothSides) {
    std::vector<Bytes> frames;
    for (int i = 0; i < 300; ++i) frames.push_back(random_frame(b.random, 1 + b.random() % 400));
    send(frames, 60, 50);
    expect(frames);
}

TEST_F(MacTx, PassesABeatEveryCycle) {
    const std::vector<Bytes> frames(20, random_frame(b.random, 10 * beat_bytes - 4));  // the FCS fills the last beat
    send(frames);
    expect(frames);
    EXPECT_LE(b.cycle, 20 * 10 + 2 /* reset */ + 3 /* steps */);
}

TEST_F(MacTx, SpilledFcsCostsOneBeatAndNoMore) {
    const std::vector<Bytes> frames(20, random_frame(b.random, 10 * beat_bytes));
    send(frames);
    expect(frames);
    EXPECT_LE(b.cycle, 20 * 11 + 2 + 3);
}

TEST_F(MacTx, OffersAStableBeatWhileTheWireWaits) {
    b->mac_tx_ready_i = 0;
    b->s_valid_i = 1;
    b->s_last_i = 1;
    b->s_bytes_i = 60 < beat_bytes ? 60 : beat_bytes;
    for (int i = 0; i < 5; ++i) b.tick();
    ASSERT_TRUE(b->mac_tx_valid_o);
    Bytes before, after;
    take_beat(before, b->mac_tx_data_o, beat_bytes);
    for (int i = 0; i < 5; ++i) b.tick();
    take_beat(after, b->mac_tx_data_o, beat_bytes);
    EXPECT_EQ(before, after);
    EXPECT_FALSE(b->s_ready_o);
}

TEST_F(MacTx, IsIdleOnlyWhenNothingIsInside) {
    b.settle();
    EXPECT_TRUE(b->idle_o);
    send({random_frame(b.random, 64)});
    b.settle();
    EXPECT_TRUE(b->idle_o);
    b->mac_tx_ready_i = 0;
    b->s_valid_i = b->s_last_i = 1;
    b->s_bytes_i = 14;
    b.settle();
    EXPECT_FALSE(b->idle_o);
    b.edge();
    b->s_valid_i = 0;
    for (int i = 0; i < 5; ++i) {
        b.settle();
        EXPECT_FALSE(b->idle_o);
        b.edge();
    }
}

}  // namespace
