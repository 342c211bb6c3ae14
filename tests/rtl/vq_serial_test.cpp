// SPDX-License-Identifier: Apache-2.0
// A virtqueue that takes one chain at a time: what vq_test.cpp asks of any queue, and that nothing is read ahead.
#define RIG_SERIAL
#include "vq_rig.h"

#include <gtest/gtest.h>

namespace {

constexpr uint16_t kAvailable = kAvail;  // in the first lap

void put(Rig& rig, unsigned slot, uint64_t addr, uint32_t len, unsigned flags) {
    rig.ring[slot] = {addr, len, uint16_t(slot), uint16_t(flags)};
}

TEST(VqSerial, CarriesABufferFromDoorbellToInterrupt) {
    for (const bool table : {false, true}) {
        Rig rig(false);
        rig.post(3, 72, table);
        rig.drain();
        EXPECT_EQ(rig.returned, 1u);
        EXPECT_EQ(rig.writes, 1u);
        EXPECT_EQ(rig.event_reads, 1u);
        EXPECT_EQ(rig.interrupts, 1u);
        EXPECT_TRUE(rig.b->starved_o);
    }
}

TEST(VqSerial, ReadsNothingAhead) {
    Rig rig(false);
    for (unsigned i = 0; i < 5; ++i) rig.post(2, 60);
    for (unsigned i = 0; i < 1500 && !HasFatalFailure(); ++i) {
        rig.step();
        unsigned descriptors = 0;
        for (const Rig::Read& read : rig.reads) descriptors += read.q.client != kRdEvent;
        EXPECT_LE(descriptors, 1u);
        EXPECT_LE(rig.taken.size() + rig.to_use.size() + rig.commands.size(), 1u);
    }
    rig.drain();
    EXPECT_EQ(rig.returned, 5u);
}

TEST(VqSerial, KeepsWorkingAmongTheTrafficOfOthers) {
    for (unsigned seed = 1; seed <= 10; ++seed) {
        Rig rig(false, seed);
        rig.stall = seed * 9 % 50;
        rig.noise = true;
        unsigned posted = 0;
        for (unsigned i = 0; i < 20000 && !HasFatalFailure(); ++i) {
            const unsigned elements = 1 + unsigned(rig.b.random() % 4);
            const bool table = rig.b.chance(30);
            if (rig.free >= (table ? 1 : elements) && rig.b.chance(2)) {
                rig.post(elements, uint32_t(rig.b.random() % 1500), table);
                ++posted;
            }
            rig.step();
        }
        rig.drain();
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        EXPECT_EQ(rig.returned, posted);
        EXPECT_EQ(rig.traced_used, posted);
        EXPECT_GT(posted, 60u) << "several laps of the ring";
        EXPECT_GT(rig.interrupts, 0u);
        EXPECT_LE(rig.interrupts, rig.writes);
    }
}

TEST(VqSerial, SendsNoInterruptThatTheDriverSuppresses) {  // [V] 2.8.10
    Rig rig(false);
    rig.event_flags = VIRTQ_EVENT_FLAGS_DISABLE;
    rig.post(1, 60);
    rig.drain();
    EXPECT_EQ(rig.event_reads, 1u);
    EXPECT_EQ(rig.interrupts, 0u);
}

TEST(VqSerial, InterruptsForTheSlotThatTheDriverNames) {  // [V] 2.8.10
    Rig rig(false);
    rig.b->event_idx_i = 1;
    rig.event_slot = 0x8003;
    rig.event_flags = VIRTQ_EVENT_FLAGS_DESC;
    for (unsigned i = 0; i < 6; ++i) {
        rig.post(1, 60);
        rig.drain();
        EXPECT_EQ(rig.interrupts, i >= 3 ? 1u : 0u) << "slot " << i;
    }
}

TEST(VqSerial, WakesByItsOwnDoorbellOnly) {
    Rig rig(false);
    rig.steps(100);
    rig.post(1, 60);
    rig.doorbells = 0;
    rig.noise = true;
    rig.steps(500);
    EXPECT_EQ(rig.out.size(), 1u) << "the queue sleeps until its own doorbell comes";
    rig.doorbells = 1;
    rig.drain();
}

TEST(VqSerial, IsResetAloneWhenNothingOfItIsOnItsWay) {  // [V] 2.6.1
    for (unsigned moment = 0; moment < 400; moment += 7) {
        Rig rig(false, 1 + moment);
        rig.stall = 20;
        rig.noise = true;
        for (unsigned i = 0; i < 3; ++i) rig.post(3, 60, i == 1);
        rig.steps(moment);
        rig.b->reset_i = 1;
        for (unsigned i = 0; i < 2000 && !rig.b->reset_done_o && !HasFatalFailure(); ++i) rig.step();
        ASSERT_TRUE(rig.b->reset_done_o) << "moment " << moment;
        EXPECT_TRUE(rig.reads.empty() && rig.taken.empty() && rig.to_use.empty() && rig.commands.empty()) << "moment " << moment;
        const unsigned requests = rig.event_reads, interrupts = rig.interrupts, writes = rig.writes;
        rig.steps(300);
        EXPECT_TRUE(rig.b->reset_done_o);
        EXPECT_EQ(rig.event_reads, requests);
        EXPECT_EQ(rig.interrupts, interrupts);
        EXPECT_EQ(rig.writes, writes);
        EXPECT_TRUE(rig.reads.empty());
    }
}

TEST(VqSerial, AsksForNothingWhileTheDeviceIsBeingReset) {
    Rig rig(false);
    rig.b->stop_i = 1;
    rig.post(2, 60);
    rig.steps(200);
    EXPECT_TRUE(rig.reads.empty());
    EXPECT_EQ(rig.out.size(), 1u);
    rig.b->stop_i = 0;
    rig.drain();
}

TEST(VqSerial, StopsWhenItsRingCannotBeRead) {
    Rig rig(false);
    rig.fail_desc = true;
    rig.post(1, 60);
    rig.steps(200);
    EXPECT_TRUE(rig.b->error_o);
    EXPECT_EQ(rig.out.size(), 1u);
    rig.b->enable_i = 0;
    rig.steps(3);
    EXPECT_FALSE(rig.b->error_o);
}

TEST(VqSerial, ReportsThatTheEventStructureCannotBeRead) {
    Rig rig(false);
    rig.fail_event = true;
    rig.post(1, 60);
    rig.steps(300);
    EXPECT_TRUE(rig.b->error_o);
    EXPECT_EQ(rig.interrupts, 0u);
}

// A ring that no driver may make ([V] 2.8.5, 2.8.7): the queue stops, and shows nothing of the descriptor that is wrong.
TEST(VqSerial, StopsAtAMalformedRing) {
    struct Case { const char* what; bool indirect; std::vector<std::array<unsigned, 2>> slots; uint64_t last = 0x1000; };  // length and flags of each
    const std::vector<Case> cases{
        {"a table without the feature", false, {{16, kIndirect | kAvailable}}},
        {"a table of no bytes", true, {{0, kIndirect | kAvailable}}},
        {"a table of half a descriptor", true, {{24, kIndirect | kAvailable}}},
        {"a table longer than the ring", true, {{16 * (kSize + 1), kIndirect | kAvailable}}},
        {"a table that is chained", true, {{16, kIndirect | kNext | kAvailable}}},
        {"a table inside a chain", true, {{64, kNext | kAvailable}, {16, kIndirect | kAvailable}}},
        {"a chain whose second slot is not available", true, {{64, kNext | kAvailable}, {64, 0}}},
        {"an element across the end of the address space", true, {{2, kAvailable}}, ~0ull},
        {"a second one", true, {{64, kNext | kAvailable}, {65, kAvailable}}, 0ull - 64},
        {"a table", true, {{32, kIndirect | kAvailable}}, 0ull - 16},
    };
    for (const Case& c : cases) {
        Rig rig(false);
        rig.b->indirect_i = c.indirect;
        for (unsigned i = 0; i < c.slots.size(); ++i) put(rig, i, i + 1 < c.slots.size() ? 0x1000 : c.last, c.slots[i][0], c.slots[i][1]);
        rig.b->d_ready_i = 1;
        unsigned shown = 0;
        rig.doorbells = 1;
        for (unsigned i = 0; i < 300; ++i) {
            rig.drive_doorbell();
            rig.drive_completion();
            rig.b->req_ready_i = 7;
            rig.b->d_ready_i = 1;
            rig.b.settle();
            rig.see_requests();
            shown += rig.b->d_valid_o;
            rig.b.edge();
        }
        EXPECT_TRUE(rig.b->error_o) << c.what;
        EXPECT_TRUE(rig.b->idle_o) << c.what;
        EXPECT_EQ(shown, c.slots.size() - 1) << c.what;
    }
}

TEST(VqSerial, StopsAtAChainLongerThanItsRing) {  // [V] 2.8.5
    Rig rig(false);
    for (unsigned i = 0; i < kSize; ++i) put(rig, i, 0x1000, 64, kNext | kAvailable);
    rig.doorbells = 1;
    unsigned shown = 0;
    for (unsigned i = 0; i < 3000 && !rig.b->error_o; ++i) {
        rig.drive_doorbell();
        rig.drive_completion();
        rig.b->req_ready_i = 7;
        rig.b->d_ready_i = 1;
        rig.b.settle();
        rig.see_requests();
        shown += rig.b->d_valid_o;
        rig.b.edge();
    }
    EXPECT_TRUE(rig.b->error_o);
    EXPECT_EQ(shown, kSize);
}

}  // namespace
