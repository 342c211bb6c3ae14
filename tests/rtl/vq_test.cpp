// SPDX-License-Identifier: Apache-2.0
// A whole virtqueue: from doorbell to interrupt.
#include "vq_rig.h"

#include <gtest/gtest.h>

namespace {

TEST(Vq, CarriesABufferFromDoorbellToInterrupt) {
    for (const bool batch : {false, true}) {
        Rig rig(batch);
        rig.post(3, batch ? 0 : 72);
        rig.drain();
        EXPECT_EQ(rig.returned, 1u);
        EXPECT_EQ(rig.writes, 1u);
        EXPECT_EQ(rig.event_reads, 1u);
        EXPECT_EQ(rig.interrupts, 1u);
        EXPECT_TRUE(rig.b->starved_o);
    }
}

TEST(Vq, KeepsWorkingAmongTheTrafficOfOthers) {
    for (unsigned seed = 1; seed <= 10; ++seed) {
        Rig rig(seed & 1, seed);
        rig.stall = seed * 9 % 50;
        rig.noise = true;
        unsigned posted = 0;
        for (unsigned i = 0; i < 4000 && !HasFatalFailure(); ++i) {
            const unsigned elements = 1 + unsigned(rig.b.random() % 4);
            const bool table = rig.b.chance(30);
            if (rig.free >= (table ? 1 : elements) && rig.b.chance(15)) {
                rig.post(elements, rig.batch ? 0 : 60 + unsigned(rig.b.random() % 1500), table);
                ++posted;
            }
            rig.step();
        }
        rig.drain();
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        EXPECT_EQ(rig.returned, posted);
        EXPECT_EQ(rig.traced_used, posted);
        EXPECT_GT(posted, 100u);
        EXPECT_GT(rig.interrupts, 0u);
        EXPECT_LE(rig.interrupts, rig.writes) << "no more interrupts than used writes";
    }
}

TEST(Vq, AnswersManyBuffersWithOneInterrupt) {
    Rig rig(true);
    for (unsigned i = 0; i < 8; ++i) rig.post(2, 0);
    rig.drain();
    EXPECT_EQ(rig.returned, 8u);
    EXPECT_EQ(rig.writes, 1u) << "[V] 2.8.8";
    EXPECT_EQ(rig.interrupts, 1u);
}

TEST(Vq, SendsNoInterruptThatTheDriverSuppresses) {  // [V] 2.8.10
    Rig rig(false);
    rig.event_flags = VIRTQ_EVENT_FLAGS_DISABLE;
    rig.post(1, 60);
    rig.drain();
    EXPECT_EQ(rig.event_reads, 1u);
    EXPECT_EQ(rig.interrupts, 0u);
    rig.event_flags = VIRTQ_EVENT_FLAGS_ENABLE;
    rig.post(1, 60);
    rig.drain();
    EXPECT_EQ(rig.interrupts, 1u);
}

TEST(Vq, InterruptsOnceForSoManyBuffers) {  // [V] 1.3 5.1.6.5.11
    Rig rig(false);
    rig.b->coal_packets_i = 4;
    rig.b->coal_cycles_i = 100000;
    for (unsigned i = 0; i < 4; ++i) {
        EXPECT_EQ(rig.interrupts, 0u) << i;
        rig.post(2, 60);
        rig.steps(300);
    }
    rig.drain();
    EXPECT_EQ(rig.event_reads, 1u);
    EXPECT_EQ(rig.interrupts, 1u);
}

TEST(Vq, InterruptsForTheSlotThatTheDriverNames) {  // [V] 2.8.10
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

TEST(Vq, IsResetAloneWhenNothingOfItIsOnItsWay) {  // [V] 2.6.1
    for (unsigned moment = 0; moment < 200; moment += 7) {
        Rig rig(moment & 1, 1 + moment);
        rig.stall = 20;
        rig.noise = true;
        for (unsigned i = 0; i < 3; ++i) rig.post(3, rig.batch ? 0 : 60, i == 1);
        rig.steps(moment);
        rig.b->reset_i = 1;
        for (unsigned i = 0; i < 2000 && !rig.b->reset_done_o && !HasFatalFailure(); ++i) rig.step();
        ASSERT_TRUE(rig.b->reset_done_o) << "moment " << moment;
        EXPECT_TRUE(rig.reads.empty() && rig.taken.empty() && rig.to_use.empty() && rig.commands.empty()) << "moment " << moment;
        const unsigned requests = rig.event_reads, interrupts = rig.interrupts, writes = rig.writes;
        rig.steps(300);
        EXPECT_EQ(rig.event_reads, requests);
        EXPECT_EQ(rig.interrupts, interrupts);
        EXPECT_EQ(rig.writes, writes);
        EXPECT_TRUE(rig.reads.empty());
    }
}

TEST(Vq, WakesByItsOwnDoorbellOnly) {
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

TEST(Vq, StopsWhenItsRingCannotBeRead) {
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

// An element that would go on at address 0, in the ring or in a table: the queue stops in front of it.
TEST(Vq, StopsAtAnElementAcrossTheEndOfTheAddressSpace) {
    for (const bool table : {false, true}) {
        for (const unsigned bad : {0u, 2u}) {
            Rig rig(false);
            rig.b->d_ready_i = 1;
            rig.post(3, 60, table);
            auto& element = table ? rig.tables[bad] : rig.ring[bad];
            element.addr = 0ull - 64;
            element.len = 65;
            rig.steps(300);
            if (HasFatalFailure()) return;
            EXPECT_TRUE(rig.b->error_o);
            EXPECT_TRUE(rig.b->idle_o) << "nothing happens until the device is reset";
            EXPECT_EQ(rig.element, bad);
            rig.b->enable_i = 0;
            rig.steps(3);
            EXPECT_FALSE(rig.b->error_o);
        }
    }
}

TEST(Vq, TakesAnElementThatEndsWithTheAddressSpace) {
    Rig rig(false);
    rig.post(1, 60);
    rig.ring[0].addr = 0ull - 64;
    unsigned shown = 0;
    for (unsigned i = 0; i < 300 && shown == 0; ++i) {
        rig.drive_doorbell();
        rig.drive_completion();
        rig.b->req_ready_i = 7;
        rig.b->d_ready_i = 1;
        rig.b.settle();
        rig.see_requests();
        shown += rig.b->d_valid_o;
        rig.b.edge();
    }
    EXPECT_EQ(shown, 1u);
    EXPECT_FALSE(rig.b->error_o);
}

TEST(Vq, ReportsThatTheEventStructureCannotBeRead) {
    Rig rig(false);
    rig.fail_event = true;
    rig.post(1, 60);
    rig.steps(300);
    EXPECT_TRUE(rig.b->error_o);
    EXPECT_EQ(rig.interrupts, 0u);
    rig.b->enable_i = 0;
    rig.steps(3);
    EXPECT_FALSE(rig.b->error_o);
}

}  // namespace
