// SPDX-License-Identifier: Apache-2.0
#include "vq_avail_rig.h"

#include <gtest/gtest.h>

namespace {

// Chains of any length, posted and used at random, in bursts; between bursts the device falls asleep.
void traffic(Rig& rig, unsigned bursts, unsigned longest) {
    rig.enable();
    for (unsigned i = 0; i < bursts && !testing::Test::HasFatalFailure(); ++i) {
        const unsigned chains = 1 + unsigned(rig.b.random() % 6);
        for (unsigned k = 0; k < chains; ++k) {
            const unsigned n = std::min({1 + unsigned(rig.b.random() % longest), rig.c.size});
            if (rig.free < n) rig.bell();
            for (unsigned wait = 0; rig.free < n; ++wait) {
                rig.step();
                ASSERT_LT(wait, 5000u) << "stuck with " << rig.expected.size() << " descriptors to hand out, cycle " << rig.b.cycle;
                if (testing::Test::HasFatalFailure()) return;
            }
            rig.post(n, k + 1 == chains || rig.b.chance(50));
            rig.steps(unsigned(rig.b.random() % 8));
        }
        if (rig.b.chance(70)) rig.drain("the last doorbell was lost");
        if (rig.b.chance(20)) rig.sleep();
        ASSERT_FALSE(rig.b->error_o);
    }
    rig.drain("the last doorbell was lost");
}

const unsigned kSizes[] = {1, 2, 5, 7, 8, 17, 64, 1000};

TEST(VqAvail, HandsOutDescriptorsInRingOrderAtAnyRingSize) {  // VIRTIO P1, P8, P10, P11
    for (const unsigned size : kSizes)
        for (const bool data : {false, true}) {
            Config c;
            c.size = size;
            c.data = data;
            c.delay = 12;
            Rig rig(c, size);
            traffic(rig, size == 1000 ? 900 : 200, 4);
            if (HasFatalFailure()) FAIL() << "size " << size << " data " << data;
            EXPECT_GT(rig.handed, 2 * size) << "the ring has to wrap";
        }
}

TEST(VqAvail, LosesNoDoorbellThatRacesWithAnEmptyRead) {  // VIRTIO P20
    for (unsigned seed = 1; seed <= 24; ++seed) {
        Config c;
        c.size = kSizes[seed % 7];
        c.data = seed & 1;
        c.stall = seed % 3 * 30;
        c.delay = 1 + seed * 5 % 23;
        c.pace = 20 + seed * 13 % 80;
        Rig rig(c, seed);
        traffic(rig, 300, 1);
        if (HasFatalFailure()) FAIL() << "size " << c.size << " seed " << seed;
    }
}

TEST(VqAvail, LosesNoDoorbellWhenTheNextReadLeavesAtAnyMoment) {  // VIRTIO P20
    // The last slot of a batch is read empty; then it is filled and the doorbell comes; the next read leaves when slot 7 is parsed.
    for (const bool data : {false, true})
        for (unsigned moment = 0; moment < 40; ++moment) {
            Config c;
            c.mrrs = 128;
            c.data = data;
            Rig rig(c);
            for (unsigned i = 0; i < 7; ++i) rig.post(1, false);
            rig.steps(10);
            rig.answer = false;
            rig.enable();
            while (rig.requests.empty()) rig.step();
            rig.grant = false;
            rig.steps(10);
            rig.post(1);
            rig.steps(10);
            rig.answer = true;
            rig.steps(moment);
            rig.grant = true;
            rig.drain("the doorbell was lost");
            if (HasFatalFailure()) FAIL() << "moment " << moment << " data " << data;
        }
}

TEST(VqAvail, TrustsNoTailThatWasReadBeforeItsChainWasKnown) {  // VIRTIO P22: [V] 2.8.6, at any tearing of any read
    for (unsigned seed = 1; seed <= 24; ++seed) {
        Config c;
        c.size = kSizes[2 + seed % 5];
        c.data = seed & 1;
        c.delay = 40;
        c.pace = 15 + seed * 7 % 60;
        c.stall = seed % 2 * 40;
        c.ring = kRing + seed % 4 * 16;
        Rig rig(c, seed);
        traffic(rig, 200, 9);
        if (HasFatalFailure()) FAIL() << "size " << c.size << " seed " << seed;
    }
}

TEST(VqAvail, IsNotHarmedByDoorbellsThatStepBack) {  // VIRTIO P24: [V] 2.9: two CPUs may ring in any order
    for (unsigned seed = 1; seed <= 16; ++seed) {
        Config c;
        c.size = kSizes[3 + seed % 5];
        c.shuffle = true;
        c.stall = seed % 3 * 30;
        c.delay = 20;
        c.pace = 30;
        Rig rig(c, seed);
        traffic(rig, 200, 3);
        if (HasFatalFailure()) FAIL() << "size " << c.size << " seed " << seed;
    }
}

TEST(VqAvail, ReadsBatchesOfUpToMrrs) {
    for (const unsigned mrrs : {128u, 256u, 512u}) {
        Config c;
        c.mrrs = mrrs;
        Rig rig(c);
        for (unsigned i = 0; i < 64; ++i) rig.post(1, i == 63);
        rig.use = false;
        rig.steps(140);
        rig.enable();
        rig.drain("filled before DRIVER_OK");
        rig.sleep();
        ASSERT_GE(rig.requests.size(), 64 * 16 / mrrs);
        for (unsigned i = 0; i < 64 * 16 / mrrs; ++i) EXPECT_EQ(rig.requests[i].len, mrrs) << "read " << i;
    }
}

TEST(VqAvail, CutsReadsAtTheEndOfTheRingAndAtPages) {  // [P] 2.2.7; the bounds are checked at every request
    Config c;
    c.size = 1000;
    c.ring = kRing + 0x1FF0;
    Rig rig(c);
    traffic(rig, 500, 3);
    EXPECT_GT(rig.handed, 1000u);
}

TEST(VqAvail, StopsAtAnUnavailableSlotAndWakesByDoorbell) {
    for (const bool data : {false, true}) {
        Config c;
        c.data = data;
        Rig rig(c);
        rig.enable();
        rig.post(3);
        rig.drain("before DRIVER_OK");
        rig.sleep();
        const auto asleep = rig.requests.size();
        EXPECT_TRUE(rig.b->starved_o);
        EXPECT_TRUE(rig.b->idle_o);
        rig.post(1, false);
        rig.steps(500);
        EXPECT_EQ(rig.requests.size(), asleep) << "asleep means that nothing is read";
        EXPECT_EQ(rig.expected.size(), 1u);
        rig.bell();
        rig.drain("the doorbell");
        EXPECT_EQ(rig.handed, 4u);
    }
}

TEST(VqAvail, ReadsExactlyWhatTheDoorbellNames) {  // [V] 2.9: NOTIFICATION_DATA proves the slots in front of it
    Rig rig(Config{});
    rig.enable();
    rig.sleep();
    const auto before = rig.requests.size();
    rig.post(7);
    rig.drain("the doorbell");
    rig.sleep();
    ASSERT_EQ(rig.requests.size(), before + 1);
    EXPECT_EQ(rig.requests.back().len, 7 * 16);
}

TEST(VqAvail, ReadsTheTailInAnotherLineAgain) {  // VIRTIO P22: [V] 2.8.6, virtio.md P22
    Config c;
    c.data = false;
    c.delay = 1;
    Rig rig(c);
    rig.answer = false;
    rig.enable();
    rig.post(6, false);
    rig.steps(20);  // the read is sampled before it is answered; tear it: slots 4 and 5 as they were before
    ASSERT_FALSE(rig.reads.empty());
    for (auto& r : rig.reads)
        if (r.address == kRing) {
            std::memcpy(r.data.data(), rig.ring.data(), 4 * 16);
            for (unsigned i = 4; i < 6; ++i) {
                Desc stale = rig.ring[i];
                stale.addr ^= 0xFFFF;
                stale.len ^= 0xFFFF;  // the flags are those of an available slot, the rest is not there yet
                std::memcpy(r.data.data() + i * 16, &stale, 16);
            }
        }
    const auto before = rig.requests.size();
    rig.answer = true;
    rig.bell();
    rig.drain("a chain over two lines");  // compares every field
    ASSERT_GT(rig.requests.size(), before);
    EXPECT_EQ(rig.requests[before].addr, kRing + 64) << "from the first slot of the other line";
}

TEST(VqAvail, TakesFlagsOfAnotherLapForUnavailable) {  // VIRTIO P4: [V] 2.8.1, virtio.md P4
    for (const uint16_t flags : {uint16_t(0), kUsed, uint16_t(kAvail | kUsed)}) {
        Rig rig(Config{});
        for (auto& d : rig.ring) d.flags = flags;
        rig.enable();
        rig.bell();
        rig.steps(300);
        EXPECT_EQ(rig.handed, 0u) << "flags " << flags;
        EXPECT_FALSE(rig.b->error_o);
        EXPECT_TRUE(rig.b->idle_o);
    }
}

TEST(VqAvail, HandsOutAChainAsLongAsTheRing) {  // VIRTIO P9: [V] 2.8.6
    for (const unsigned size : {1u, 2u, 5u, 64u, 300u})
        for (const bool data : {false, true}) {
            Config c;
            c.size = size;
            c.data = data;
            Rig rig(c);
            rig.enable();
            for (unsigned lap = 0; lap < 4; ++lap) {
                rig.post(size);
                rig.drain("chain of the whole ring");
                rig.steps(20);
            }
            EXPECT_FALSE(rig.b->error_o) << size;
            EXPECT_EQ(rig.handed, 4 * size);
        }
}

// Runs a broken ring: error_o comes, and nothing of or behind the element that broke the rule is handed out.
void expect_error(Rig& rig, unsigned good, const char* what) {
    rig.steps(400);
    EXPECT_TRUE(rig.b->error_o) << what;
    EXPECT_EQ(rig.handed, good) << what;
    EXPECT_TRUE(rig.b->idle_o) << what;
    const auto reads = rig.requests.size();
    rig.bell();
    rig.steps(200);
    EXPECT_EQ(rig.requests.size(), reads) << what << ": the queue has stopped";
}

TEST(VqAvail, StopsAtAnIndirectDescriptor) {  // VIRTIO P25: [V] 2.8.7: not negotiated
    for (const bool data : {false, true}) {
        Config c;
        c.data = data;
        Rig rig(c);
        rig.post(2, false);
        rig.post(1, false, kIndirect);
        rig.post(1);
        rig.steps(20);
        rig.enable();
        expect_error(rig, 2, "INDIRECT");
    }
}

TEST(VqAvail, StopsAtAChainThatDoesNotEnd) {  // VIRTIO P25: [V] 2.8.6: no chain is longer than the ring
    for (const unsigned size : {1u, 5u, 64u}) {
        Config c;
        c.size = size;
        Rig rig(c);
        rig.post(size, true, kNext);
        rig.steps(2 * size + 10);
        rig.enable();
        expect_error(rig, size - 1, "endless chain");   // the last slot cannot have another one behind it
    }
}

TEST(VqAvail, StopsAtAChainOfWhichOnlyThePartIsAvailable) {  // VIRTIO P25: [V] 2.8.6: the head comes last
    Rig rig(Config{});
    rig.post(2, true, kNext);
    rig.steps(20);
    rig.enable();
    expect_error(rig, 2, "third element is not there");
}

TEST(VqAvail, StopsWhenTheRingCannotBeRead) {  // VIRTIO P25
    Rig rig(Config{});
    rig.fail = true;
    rig.post(1);
    rig.steps(10);
    rig.enable();
    expect_error(rig, 0, "failed read");
}

TEST(VqAvail, HandsOutAChainAgainThatIsGivenBack) {
    unsigned rewound = 0;
    for (const bool data : {false, true})
        for (unsigned seed = 1; seed <= 10; ++seed) {
            Config c;
            c.size = kSizes[2 + seed % 5];
            c.data = data;
            c.delay = 15;
            Rig rig(c, seed);
            rig.enable();
            for (unsigned i = 0; i < 60; ++i) {
                if (rig.free >= 4) rig.post(1 + unsigned(rig.b.random() % 4));
                rig.steps(unsigned(rig.b.random() % 40));
                if (HasFatalFailure()) FAIL() << "size " << c.size << " seed " << seed;
                if (rig.chain.empty()) continue;
                rig.b->rewind_i = 1;
                rig.b->rewind_slot_i = rig.chain.front().slot;
                rig.b->rewind_wrap_i = rig.chain.front().wrap;
                rig.step();
                rig.b->rewind_i = 0;
                rig.expected.insert(rig.expected.begin(), rig.chain.begin(), rig.chain.end());
                rig.chain.clear();
                ++rewound;
            }
            rig.drain("after a rewind");
            EXPECT_FALSE(rig.b->error_o);
        }
    EXPECT_GT(rewound, 50u);
}

TEST(VqAvail, SendsNoReadWhileItIsToStop) {
    Rig rig(Config{});
    rig.b->stop_i = 1;
    rig.post(4);
    rig.enable();
    rig.steps(200);
    EXPECT_TRUE(rig.requests.empty());
    EXPECT_TRUE(rig.b->idle_o);
}

// A simulator may stop the clock of what is idle: a chain that goes on behind the doorbell must not wait for the next one.
TEST(VqAvail, IsNotIdleWhileItIsAboutToReadOnBehindTheDoorbell) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        Config c;
        c.data = true;
        Rig rig(c, seed);
        rig.enable();
        rig.sleep();
        rig.post(3, false);
        rig.steps(100);
        rig.bells.push_back(uint16_t(1 | 1 << 15));
        rig.take = false;
        for (unsigned i = 0; i < 200; ++i) {
            const bool idle = rig.b->idle_o;
            rig.step();
            ASSERT_TRUE(!idle || rig.b->idle_o || rig.b->db_valid_i || rig.b->done_valid_i) << "seed " << seed;
        }
        rig.take = true;
        rig.drain("behind the doorbell");
    }
}

TEST(VqAvail, IsStarvedOnlyWhenNothingIsHereOrOnItsWay) {
    Config c;
    c.delay = 30;
    Rig rig(c);
    rig.take = false;
    rig.enable();
    rig.post(1);
    rig.steps(3);
    EXPECT_FALSE(rig.b->starved_o) << "the first read is on its way";
    rig.sleep();
    EXPECT_FALSE(rig.b->starved_o) << "a descriptor waits";
    rig.take = true;
    rig.sleep();
    EXPECT_TRUE(rig.b->starved_o);
}

// A driver that does not wait for the end of a queue's reset may enable the queue again in the cycle behind it.
TEST(VqAvail, ShowsNothingOfItsFormerLifeAfterOneCycleDisabled) {
    Rig rig(Config{});
    rig.enable();
    rig.take = false;
    rig.post(5);
    rig.steps(200);
    ASSERT_TRUE(rig.b->d_valid_o);
    rig.ring.assign(64, Desc{});
    rig.b->enable_i = 0;
    rig.b.settle();
    rig.b.edge();
    rig.enable();
    for (unsigned i = 0; i < 200; ++i) {
        rig.b.settle();
        ASSERT_FALSE(rig.b->d_valid_o) << "cycle " << i;
        rig.step();
    }
}

TEST(VqAvail, BeginsAtSlotZeroWhenEnabledAgain) {
    Rig rig(Config{});
    rig.enable();
    rig.post(3);
    rig.drain("first life");
    rig.sleep();
    rig.b->enable_i = 0;
    rig.steps(5);
    rig.ring.assign(64, Desc{});
    rig.next = 0;
    rig.wrap = true;
    rig.enable();
    rig.post(2);
    rig.drain("second life");
    EXPECT_EQ(rig.handed, 5u);
}

}  // namespace
