// SPDX-License-Identifier: Apache-2.0
#include "net_rx_rig.h"

#include <gtest/gtest.h>

namespace {

constexpr unsigned kFrame = 1514;

// A buffer of at least `bytes` in elements of any length, some of them empty, some behind the end of the frame.
std::vector<uint32_t> layout(Rig& rig, unsigned bytes) {
    std::vector<uint32_t> lengths;
    for (unsigned have = 0; have < bytes; have += lengths.back()) {
        if (rig.b.chance(10)) lengths.push_back(0);
        const unsigned most = rig.b.chance(30) ? 20 : rig.b.chance(50) ? 300 : 4096;
        lengths.push_back(1 + unsigned(rig.b.random() % most));
    }
    while (rig.b.chance(20)) lengths.push_back(unsigned(rig.b.random() % 100));
    return lengths;
}

unsigned random_length(Rig& rig) { return 60 + unsigned(rig.b.random() % (rig.b.chance(40) ? kFrame - 59 : 80)); }

// Frames and enough buffers for them.
void traffic(Rig& rig, unsigned frames, unsigned bad_percent) {
    for (unsigned i = 0; i < frames; ++i) {
        rig.frame(random_length(rig), rig.b.chance(bad_percent));
        rig.buffer(layout(rig, kFrame + kHeader), true, rig.b.chance(20));
    }
    rig.drain();
}

TEST(NetRx, ScattersFramesOverAnyElements) {
    for (unsigned seed = 1; seed <= 8; ++seed) {
        Rig rig(seed);
        rig.stall = seed % 4 * 15;
        rig.gap = 30 + seed % 3 * 30;
        traffic(rig, 300, 0);
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        EXPECT_GT(rig.delivered, 100u);
        EXPECT_EQ(rig.no_buffer, 0u);
    }
}

TEST(NetRx, PutsALongerHeaderInFrontWithHashReport) {   // [V] 5.1.6.4.4
    for (unsigned seed = 1; seed <= 4; ++seed) {
        Rig rig(seed);
        rig.b->hash_report_i = 1;
        rig.stall = seed % 4 * 15;
        rig.gap = 30 + seed % 3 * 30;
        for (unsigned i = 0; i < 200; ++i) {
            rig.frame(random_length(rig));
            rig.buffer(layout(rig, kFrame + VIRTIO_NET_HDR_HASH_SIZE), true, rig.b.chance(20));
        }
        rig.drain();
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        EXPECT_GT(rig.delivered, 50u);
    }
}

TEST(NetRx, ForgetsFramesThatAreNotWanted) {
    for (unsigned seed = 1; seed <= 3; ++seed) {
        Rig rig(seed);
        rig.gap = 40;
        for (unsigned i = 0; i < 200; ++i) {
            rig.frame(random_length(rig), rig.b.chance(20), rig.b.chance(50));
            rig.buffer(layout(rig, kFrame + kHeader));
        }
        rig.drain();
        EXPECT_GT(rig.unwanted, 50u);
        EXPECT_GT(rig.delivered, 50u);
    }
}

TEST(NetRx, ForgetsBadFrames) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        Rig rig(seed);
        rig.stall = seed % 3 * 10;
        rig.gap = 50;
        traffic(rig, 300, 50);
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        EXPECT_GT(rig.bad, 100u);
        EXPECT_GT(rig.delivered, 50u);
    }
}

TEST(NetRx, DropsExactlyWhatDoesNotFitTheRam) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        Rig rig(seed);
        rig.stall = 60;
        traffic(rig, 400, seed * 5);
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        EXPECT_GT(rig.fifo, 50u);
        EXPECT_GT(rig.delivered, 30u);
        EXPECT_EQ(rig.no_buffer, 0u) << "there were buffers at all times";
    }
}

TEST(NetRx, FillsTheRamToItsLastWord) {
    Rig rig(2);
    rig.offer = false;
    rig.buffer({4096});
    rig.frame(kWords * kBeat / 2);
    rig.frame(kWords * kBeat / 2);
    rig.frame(60);
    rig.steps(kWords + 20);
    EXPECT_EQ(rig.fifo, 1u) << "only the third did not fit";
    EXPECT_EQ(rig.held, kWords);
    for (unsigned i = 0; i < 3; ++i) rig.buffer({4096});
    rig.elements.erase(rig.elements.begin());
    rig.offer = true;
    rig.frame(60);
    rig.drain();
}

TEST(NetRx, LaysTheHeaderOverElementsOfAByte) {  // VIRTIO P7
    Rig rig(3);
    for (unsigned first = 0; first <= kHeader + 2; ++first) {
        std::vector<uint32_t> lengths(first, 1);
        lengths.push_back(2000);
        rig.buffer(lengths);
        rig.frame(60 + first);
    }
    rig.drain();
    EXPECT_EQ(rig.delivered, kHeader + 3);
}

TEST(NetRx, FillsABufferThatIsExactlyLongEnough) {
    Rig rig(4);
    rig.gap = 70;
    for (unsigned bytes = 60; bytes < 60 + 3 * kBeat; ++bytes) {
        rig.buffer({kHeader, bytes});
        rig.frame(bytes);
    }
    rig.drain();
    EXPECT_EQ(rig.delivered, 3 * kBeat);
}

TEST(NetRx, GivesBackABufferThatIsTooShort) {  // VIRTIO P25
    for (unsigned seed = 1; seed <= 6; ++seed) {
        Rig rig(seed);
        rig.stall = seed * 7 % 40;
        rig.gap = 80;
        for (unsigned i = 0; i < 100; ++i) {
            rig.frame(1000);
            rig.frame(100 + unsigned(rig.b.random() % 20));
            std::vector<uint32_t> lengths;
            switch (rig.b.random() % 4) {
                case 0: lengths = std::vector<uint32_t>{kHeader, 999}; break;
                case 1: lengths = std::vector<uint32_t>{1011}; break;
                case 2: lengths = std::vector<uint32_t>{kHeader, 500, 0, 499, 0}; break;
                default: lengths = std::vector<uint32_t>{5, 5, 5, 5, 500}; break;
            }
            rig.buffer(lengths);
        }
        rig.drain();
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        EXPECT_EQ(rig.delivered + rig.fifo, 100u) << "the short frames, each in a buffer that was given back";
        EXPECT_EQ(rig.rewound, rig.no_buffer);
        EXPECT_GT(rig.rewound, 90u);
    }
}

#if RTL_Queues == 1  // with several a frame whose queue has no buffer does not wait

TEST(NetRx, KeepsFramesUntilABufferComes) {
    Rig rig(5);
    for (unsigned i = 0; i < 5; ++i) rig.frame(100 + i);
    rig.steps(500);
    EXPECT_EQ(rig.stored.size(), 5u);
    EXPECT_TRUE(rig.b->idle_o) << "nothing happens until a doorbell comes";
    for (unsigned i = 0; i < 5; ++i) rig.buffer({2048});
    rig.drain();
    EXPECT_EQ(rig.delivered, 5u);
}

TEST(NetRx, DropsTheOldestFramesWhenTheRamIsThreeQuartersFull) {
    Rig rig(6);
    rig.gap = 20;
    const unsigned frames = 40, words = (1000 + kBeat - 1) / kBeat;
    for (unsigned i = 0; i < frames; ++i) rig.frame(1000);
    rig.steps(frames * words * 2);
    EXPECT_EQ(rig.fifo, 0u);
    EXPECT_LT(rig.stored.size() * words, kWords / 4 * 3);
    EXPECT_GE((rig.stored.size() + 1) * words, kWords / 4 * 3) << "no more are given up than need be";
    EXPECT_EQ(rig.no_buffer + rig.stored.size(), frames);
    const unsigned dropped = rig.no_buffer;
    rig.buffers(frames, 2048);
    rig.drain();
    EXPECT_EQ(rig.delivered, frames - dropped);
    ASSERT_FALSE(rig.used_pids.empty());
    EXPECT_EQ(rig.used_pids.front(), dropped) << "the oldest are dropped, the newest are kept";
}

TEST(NetRx, DropsTheOldestFramesWhenItHasTooManyToRemember) {
    Rig rig(7);
    rig.gap = 50;
    for (unsigned i = 0; i < 4 * kFrames; ++i) rig.frame(60);
    rig.steps(4 * kFrames * (10 + 4 * 60 / kBeat));   // half of the cycles bring a beat
    EXPECT_EQ(rig.fifo, 0u) << "no buffer is the reason, whatever the size of the frames";
    EXPECT_EQ(rig.no_buffer + rig.stored.size(), 4 * kFrames);
    const unsigned dropped = rig.no_buffer;
    rig.buffers(kFrames, 2048);
    rig.drain();
    ASSERT_FALSE(rig.used_pids.empty());
    EXPECT_EQ(rig.used_pids.front(), dropped) << "the oldest are dropped, the newest are kept";
}

TEST(NetRx, GivesUpStoredFramesWhenDisabled) {
    Rig rig(9);
    for (unsigned i = 0; i < 3; ++i) rig.frame(500);
    rig.steps(200);
    EXPECT_EQ(rig.stored.size(), 3u);
    rig.b->enable_i = 0;
    rig.drain();
    EXPECT_EQ(rig.no_buffer, 3u);
}

#else

TEST(NetRx, AFrameWithoutABufferHoldsUpNoOther) {
    Rig rig(7);
    for (unsigned i = 0; i < 40; ++i) rig.frame(1000);
    rig.drain();
    EXPECT_EQ(rig.no_buffer, 40u);
    rig.buffers(1, 2048);
    rig.frame(100);
    rig.drain();
    EXPECT_EQ(rig.delivered, 1u);
}

#endif

TEST(NetRx, DropsFramesWhileDisabled) {
    Rig rig(8);
    rig.b->enable_i = 0;
    for (unsigned i = 0; i < 20; ++i) rig.frame(100, i % 4 == 0);
    rig.drain();
    EXPECT_EQ(rig.no_buffer, 15u);
    rig.b->enable_i = 1;
    rig.buffer({2048});
    rig.frame(100);
    rig.drain();
    EXPECT_EQ(rig.delivered, 1u);
}

TEST(NetRx, ReportsAnElementThatItMayNotWrite) {  // VIRTIO P25: [V] 2.8.5
    Rig rig(10);
    rig.buffer({2048}, false);
    rig.frame(100);
    bool error = false;
    for (unsigned i = 0; i < 50; ++i) {
        rig.step();
        error |= rig.b->error_o;
    }
    EXPECT_TRUE(error);
    EXPECT_TRUE(rig.command_cycles.empty());
    EXPECT_EQ(rig.delivered, 0u);
}

TEST(NetRx, ReportsABufferThatIsTooShortForTheHeader) {   // virtio.md 12.1
    for (const bool hashed : {false, true}) {
        const uint32_t header = hashed ? VIRTIO_NET_HDR_HASH_SIZE : VIRTIO_NET_HDR_SIZE;
        for (const auto& lengths : std::vector<std::vector<uint32_t>>{{0}, {header - 1}, {1, 1, 0}, {5, header - 6}, {0, 0, header - 1, 0}}) {
            Rig rig(14);
            rig.b->hash_report_i = hashed;
            rig.buffer(lengths);
            rig.frame(100);
            rig.steps(60);
            EXPECT_TRUE(rig.b->error_o);
            EXPECT_TRUE(rig.b->idle_o) << "nothing happens until the device is reset";
            EXPECT_EQ(rig.delivered + rig.no_buffer, 0u);
        }
        for (const auto& lengths : std::vector<std::vector<uint32_t>>{{header}, {5, header - 5}, std::vector<uint32_t>(40, 1)}) {
            Rig rig(15);
            rig.b->hash_report_i = hashed;
            rig.buffer(lengths);
            rig.frame(100);
            rig.steps(90);
            EXPECT_FALSE(rig.b->error_o);
            EXPECT_GE(rig.no_buffer, 1u) << "its frame is dropped, and the buffer given back";
            if (HasFatalFailure()) return;
        }
    }
}

TEST(NetRx, BeginsNoBufferWhileItIsToStop) {
    for (unsigned moment = 0; moment < 30; ++moment) {
        Rig rig(11 + moment);
        for (unsigned i = 0; i < 6; ++i) {
            rig.frame(300);
            rig.buffer({kHeader, 100, 100, 100});
        }
        rig.steps(8 + moment);
        const unsigned before = rig.delivered;
        const bool inside = rig.at != rig.head;
        rig.b->stop_i = 1;
        rig.steps(500);
        EXPECT_EQ(rig.delivered, before + inside) << "the buffer that had begun is finished, moment " << moment;
        EXPECT_EQ(rig.at, rig.head);
        EXPECT_TRUE(rig.commands.empty());
    }
}

TEST(NetRx, IssuesACommandInEveryCycle) {
    Rig rig(12);
    rig.offer = false;
    for (unsigned i = 0; i < 8; ++i) {
        rig.frame(60);
        rig.buffer({2048});
    }
    rig.steps(100);
    rig.offer = true;
    rig.drain();
    ASSERT_EQ(rig.command_cycles.size(), 8u);
    EXPECT_EQ(rig.command_cycles.back() - rig.command_cycles.front(), 7u);
}

TEST(NetRx, IsQuietAfterAPauseThatIsLongerThanTheGapBetweenFrames) {
    Rig rig(13);
    for (unsigned i = 0; i < 4; ++i) rig.buffer({2048});
    rig.frame(100, true);  // a bad one leaves nothing behind
    rig.steps(20 + 100 / kBeat);
    EXPECT_TRUE(rig.b->quiet_o);
    rig.frame(100);
    while (!rig.wire.empty()) rig.step();
    for (unsigned i = 0; i < 8; ++i) {
        rig.step();
        EXPECT_FALSE(rig.b->quiet_o) << i;
    }
    rig.steps(20);
    EXPECT_TRUE(rig.b->quiet_o);
}

TEST(NetRx, IsNotQuietBetweenTheBeatsOfAFrame) {
    Rig rig(14);
    rig.gap = 95;
    rig.frame(10 * kBeat);
    while (rig.beat == 0) rig.step();
    while (!rig.wire.empty()) {
        rig.step();
        EXPECT_FALSE(rig.b->quiet_o) << "beat " << rig.beat;
    }
}

}  // namespace
