// SPDX-License-Identifier: Apache-2.0
#include "net_tx_rig.h"

#include <gtest/gtest.h>

namespace {

// A packet of `bytes`, header included, cut into elements at random, some of them empty.
std::vector<uint32_t> cut(Rig& rig, unsigned bytes) {
    std::vector<uint32_t> lengths;
    while (bytes != 0) {
        if (rig.b.chance(10)) lengths.push_back(0);
        const unsigned most = rig.b.chance(30) ? 20 : rig.b.chance(50) ? 300 : kLongest;
        lengths.push_back(std::min(bytes, 1 + unsigned(rig.b.random() % most)));
        bytes -= lengths.back();
    }
    if (rig.b.chance(10)) lengths.push_back(0);
    return lengths;
}

unsigned random_length(Rig& rig) {
    const unsigned most = rig.b.chance(10) ? kLongest : rig.b.chance(50) ? 1526 : 100;
    return kShortest + unsigned(rig.b.random() % (most - kShortest + 1));
}

TEST(NetTx, SendsFramesInOrderWhateverTheirFragmentsAndTheOrderOfTheirBytes) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        Rig rig(seed);
        rig.stall = seed * 17 % 60;
        for (unsigned i = 0; i < 300; ++i) rig.chain(cut(rig, random_length(rig)));
        rig.drain();
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        EXPECT_EQ(rig.drops, 0u);
        for (const unsigned points : rig.traced) EXPECT_EQ(points, 300u);
    }
}

TEST(NetTx, SendsEveryLengthAtEveryEndOfABeat) {
    Rig rig(2);
    for (unsigned bytes = kShortest; bytes < kShortest + 3 * kBeat; ++bytes) rig.chain({kHeader, bytes - kHeader});
    rig.drain();
}

TEST(NetTx, TakesHeaderAndFrameInOneElementOrInMany) {  // VIRTIO P7: [V] 2.7.4.1
    Rig rig(3);
    rig.chain({kHeader + 60});
    rig.chain({kHeader, 60});
    rig.chain({5, 7, 1, 1, 58});
    rig.chain({kHeader - 1, 2, 59});
    rig.chain(std::vector<uint32_t>(kHeader + 60, 1));
    rig.drain();
    EXPECT_EQ(rig.drops, 0u);
}

TEST(NetTx, PassesOverElementsWithoutBytes) {
    Rig rig(4);
    rig.chain({0, kHeader, 0, 0, 60, 0});
    rig.chain({0, 0, kHeader + 60});
    rig.drain();
    EXPECT_EQ(rig.drops, 0u);
    EXPECT_EQ(rig.requests, 3u);
}

TEST(NetTx, KnowsTheShortestAndTheLongestFrame) {  // VIRTIO N5, P25
    Rig rig(5);
    for (const uint32_t bytes : {kShortest, kLongest}) {
        rig.chain({bytes});
        rig.chain({bytes - 1, 1});
    }
    rig.drain();
    EXPECT_EQ(rig.drops, 0u);
    for (const uint32_t bytes : {kShortest - 1, kLongest + 1}) {
        rig.chain({bytes});
        rig.chain({bytes - 1, 1});
    }
    rig.drain();
    EXPECT_EQ(rig.drops, 4u);
}

TEST(NetTx, UsesAndDropsMalformedChainsAmongGoodOnes) {  // VIRTIO P25
    for (unsigned seed = 1; seed <= 6; ++seed) {
        Rig rig(seed);
        rig.stall = seed * 19 % 50;
        for (unsigned i = 0; i < 200; ++i) {
            rig.chain(cut(rig, random_length(rig)));
            switch (rig.b.random() % 8) {
                case 0: rig.chain({kHeader, 60}, 1); break;                     // writable: the head
                case 1: rig.chain({kHeader, 60, 100}, 2); break;                // in the middle
                case 2: rig.chain({kHeader, 600, 10}, 4); break;                // the last
                case 3: rig.chain({0, 0}); break;                               // nothing at all
                case 4: rig.chain({5}); break;                                  // not even a header
                case 5: rig.chain({0xFFFFFFFF, 12}); break;                     // longer than any frame: the head
                case 6: rig.chain({kHeader, 9000, 19, 1500}); break;            // the third and all behind it
                default: rig.chain({kHeader, 0x10000, 60}); break;              // 16 bits do not hold it
            }
        }
        rig.drain();
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        EXPECT_EQ(rig.drops, 200u);
    }
}

TEST(NetTx, DropsTheFramesAloneOfWhichAReadFailed) {  // VIRTIO P25
    for (unsigned seed = 1; seed <= 6; ++seed) {
        Rig rig(seed);
        rig.stall = seed * 23 % 50;
        rig.fail_any = true;
        for (unsigned i = 0; i < 300; ++i) rig.chain(cut(rig, random_length(rig)));
        rig.drain();
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        EXPECT_GT(rig.drops, 20u);
        EXPECT_LT(rig.drops, 280u);
    }
}

TEST(NetTx, LeavesNoBubbleBetweenBeatsAndOneBetweenFramesForTheHeader) {
    for (const unsigned bytes : {kShortest, kHeader + 60u, kHeader + std::max(kBeat, 16u), kHeader + 3 * kBeat + 1}) {
        Rig rig(6);
        rig.mac = false;
        for (unsigned i = 0; i < kFrames; ++i) rig.chain({kHeader, bytes - kHeader});
        for (unsigned i = 0; i < 5000 && rig.used < kFrames; ++i) rig.step();
        rig.mac = true;
        rig.drain();
        const unsigned count = kFrames * ((bytes - kHeader + kBeat - 1) / kBeat);
        ASSERT_EQ(rig.beats.size(), count);
        EXPECT_EQ(rig.beats.back() - rig.beats.front() + 1, count + kFrames - 1) << bytes;
    }
}

TEST(NetTx, TakesAnElementInEveryCycle) {
    Rig rig(7);
    rig.steps(kFrames + 2);  // after reset the slots are cleared
    for (unsigned i = 0; i < kFrames / 2; ++i) rig.chain({kHeader, 60});
    rig.answer = false;
    rig.steps(kFrames);
    EXPECT_EQ(rig.requests, kFrames);
}

TEST(NetTx, WaitsWhenEveryFrameSlotIsTaken) {
    Rig rig(8);
    rig.mac = false;
    for (unsigned i = 0; i < 3 * kFrames; ++i) rig.chain({kShortest});
    rig.steps(2000);
    EXPECT_EQ(rig.used, kFrames + (kShortest - kHeader <= kBeat)) << "a frame whose last beat is on its way holds no slot";
    rig.mac = true;
    rig.drain();
}

TEST(NetTx, WaitsWhenTheRamIsFull) {
    Rig rig(9);
    rig.mac = false;
    for (unsigned i = 0; i < 8; ++i) rig.chain({kHeader, 9018});
    rig.steps(3000);
    EXPECT_EQ(rig.used, RTL_RamBytes / kLongest);
    rig.mac = true;
    rig.drain();
}

TEST(NetTx, BeginsNothingNewWhileItIsToStop) {
    for (unsigned moment = 0; moment < 60; ++moment) {
        Rig rig(10 + moment);
        for (unsigned i = 0; i < kFrames; ++i) rig.chain({kHeader, 100, 100, 100});
        rig.steps(kFrames + moment);
        const unsigned taken = rig.traced[0], begun = rig.traced[2];
        const bool inside = rig.fetched != 0;
        rig.b->stop_i = 1;
        rig.steps(1000);
        EXPECT_EQ(rig.traced[0], taken + inside) << "the chain that had begun is taken to its end";
        EXPECT_EQ(rig.used, rig.traced[0]);
        EXPECT_EQ(rig.traced[2], begun) << "no frame begins";
        EXPECT_EQ(rig.traced[3], begun) << "the frame that had begun is finished";
        EXPECT_FALSE(rig.b->sending_o);
    }
}

TEST(NetTx, IsNotQuietWhileAFrameIsUnderWay) {
    Rig rig(11);
    rig.steps(kFrames + 2);
    EXPECT_TRUE(rig.b->quiet_o);
    EXPECT_TRUE(rig.b->idle_o);
    rig.chain({kHeader, 60});
    rig.answer = false;
    rig.step();
    for (unsigned i = 0; i < 50; ++i) {
        rig.step();
        EXPECT_FALSE(rig.b->quiet_o);
        EXPECT_FALSE(rig.b->idle_o);
    }
    rig.answer = true;
    rig.mac = false;
    while (rig.used == 0 && !HasFatalFailure()) rig.step();
    EXPECT_TRUE(rig.b->quiet_o) << "nothing else is going to be used";
    EXPECT_FALSE(rig.b->idle_o) << "but the frame is not sent";
    rig.mac = true;
    rig.drain();
}

TEST(NetTx, UsesBuffersAndSendsNothingWithoutLink) {
    Rig rig(20);
    rig.b->link_up_i = 0;
    for (unsigned i = 0; i < 40; ++i) rig.chain(cut(rig, random_length(rig)));
    rig.drain();
    EXPECT_EQ(rig.drops, 40u);
    EXPECT_TRUE(rig.beats.empty());
    rig.b->link_up_i = 1;
    rig.chain({kHeader, 60});
    rig.drain();
    EXPECT_EQ(rig.drops, 40u);
}

// [V] 5.1.6.2: what the header asks for goes with the frame, and what lies outside of the frame is refused.
TEST(NetTx, PassesOnWhatTheHeaderAsksForWhateverItsFragments) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        Rig rig(seed);
        rig.stall = seed * 17 % 60;
        rig.b->offload_i = 1;
        for (unsigned i = 0; i < 300; ++i) {
            const unsigned length = random_length(rig), frame = length - kHeader;
            const unsigned field = unsigned(rig.b.random() % (frame + 1)), start = unsigned(rig.b.random() % (field + 1));
            Header header;
            header.flags = uint8_t(rig.b.random());   // [V] 5.1.6.2.1: flags that are not known are ignored
            header.gso_type = rig.b.chance(5) ? uint8_t(rig.b.random()) : 0;
            header.csum_start = uint16_t(rig.b.chance(5) ? rig.b.random() : start);
            header.csum_offset = uint16_t(field - start);
            rig.chain_with(header, cut(rig, length));
        }
        rig.drain();
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        EXPECT_GT(rig.drops, 10u);
        EXPECT_LT(rig.drops, 100u);
    }
}

TEST(NetTx, KnowsTheLastPlaceOfAChecksum) {
    Rig rig(21);
    rig.b->offload_i = 1;
    auto ask = [&](unsigned start, unsigned offset) {
        Header header;
        header.flags = 1;
        header.csum_start = uint16_t(start);
        header.csum_offset = uint16_t(offset);
        rig.chain_with(header, {kHeader + 60});
    };
    ask(34, 24);                 // bytes 58 and 59 of 60
    ask(58, 0);
    ask(0, 58);
    rig.drain();
    EXPECT_EQ(rig.drops, 0u);
    ask(34, 25);
    ask(59, 0);
    ask(0xFFFF, 1);              // a sum of 0 in 16 bits
    ask(0xFFFF, 0xFFFF);
    ask(0, 0xFFFE);
    rig.drain();
    EXPECT_EQ(rig.drops, 5u);
}

TEST(NetTx, DropsWhatAsksForMoreThanWasNegotiated) {   // virtio.md 12.1
    Rig rig(22);
    for (unsigned i = 0; i < 200; ++i) {
        Header header;
        header.flags = uint8_t(rig.b.random());   // [V] 5.1.6.2.1: flags that are not known are ignored
        header.gso_type = rig.b.chance(50) ? uint8_t(rig.b.random()) : 0;
        header.csum_start = header.csum_offset = 0xFFFF;
        rig.chain_with(header, cut(rig, random_length(rig)));
    }
    rig.drain();
    EXPECT_GT(rig.drops, 100u);
    EXPECT_LT(rig.drops, 190u);
}

// The last byte of a frame in an idle device, and the first beat: the header costs nothing there.
TEST(NetTx, ReadsTheHeaderWhileTheBufferIsUsed) {
    Rig rig(25);
    rig.steps(kFrames + 2);
    rig.chain({kHeader, 60});
    while (rig.used == 0 && !HasFatalFailure()) rig.step();
    const uint64_t used = rig.b.cycle;
    rig.drain();
    ASSERT_FALSE(rig.beats.empty());
    EXPECT_EQ(rig.beats.front(), used + 1);
}

TEST(NetTx, ReadsTheHeaderInACycleOfItsOwn) {
    Rig rig(23);
    rig.b->offload_i = 1;
    rig.mac = false;
    for (unsigned i = 0; i < kFrames; ++i) rig.chain_with({}, {kHeader, 60});
    for (unsigned i = 0; i < 5000 && rig.used < kFrames; ++i) rig.step();
    rig.mac = true;
    rig.drain();
    const unsigned frame = (60 + kBeat - 1) / kBeat, read = kBeat >= 16 ? 1 : 2;
    EXPECT_EQ(rig.beats.back() - rig.beats.front() + 1, kFrames * (frame + read) - read);
}

TEST(NetTx, LeavesALongerHeaderBehindWithHashReport) {   // [V] 5.1.6
    Rig rig(24);
    rig.b->hash_report_i = 1;
    rig.b->offload_i = 1;
    const unsigned header_bytes = VIRTIO_NET_HDR_HASH_SIZE;
    for (const unsigned bytes : {header_bytes + ETH_HEADER, header_bytes + 60, header_bytes + 9018}) {
        Header header;
        header.flags = 1;
        header.csum_offset = uint16_t(bytes - header_bytes - 2);
        rig.chain_with(header, {bytes});
        rig.chain_with(header, {5, 14, bytes - 19});
    }
    rig.drain();
    EXPECT_EQ(rig.drops, 0u);
    for (const unsigned bytes : {header_bytes + ETH_HEADER - 1, header_bytes + 9018 + 1}) rig.chain_with({}, {bytes});
    rig.drain();
    EXPECT_EQ(rig.drops, 2u);
}

}  // namespace
