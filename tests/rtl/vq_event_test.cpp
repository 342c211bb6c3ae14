// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "Vvq_event.h"
#include "bench.h"
#include "bits.h"
#include "regmap.h"

namespace {

struct Rig {
    Bench<Vvq_event> b;
    unsigned reads = 0, interrupts = 0;
    unsigned answer_in = 0;
    uint16_t flags = VIRTQ_EVENT_FLAGS_ENABLE, desc = 0;
    uint16_t slots = 1, packets = 1, next = 0x8001;   // what a group of used descriptors moved
    bool error = false;
    Rig() {
        b->queue_i = 0;
        b->enable_i = 1;
        b->stop_i = b->used_i = b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        b->driver_i = 0x200000040ull;
        b->size_i = 8;
        b->event_idx_i = 0;
        b->coal_packets_i = 0;
        b->coal_cycles_i = 0;
        b->req_ready_i = b->irq_ready_i = 1;
        b.reset();
    }
    void step(bool used = false) {
        b->used_i = used;
        b->used_slots_i = slots;
        b->used_packets_i = packets;
        b->used_next_i = next;
        b->cycle_i = uint32_t(b.cycle + 0xFFFFFF00u);   // wraps in every test
        b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        if (answer_in && --answer_in == 0) {
            b->wr_valid_i = !error;
            b->done_valid_i = 1;
            b->done_error_i = error;
            b->wr_data_i = uint32_t(flags) << 16 | desc;
        }
        b.settle();
        if (b->req_valid_o && b->req_ready_i) {
            ++reads;
            const auto r = get_rd_req(b->req_o);
            EXPECT_EQ(r.addr, 0x200000040ull);
            EXPECT_EQ(r.len, 4);
            answer_in = 10;
        }
        interrupts += b->irq_valid_o && b->irq_ready_i;
        errors += b->error_o;
        b.edge();
    }
    unsigned errors = 0;
    void wait(unsigned cycles = 40) { while (cycles--) step(); }
};

TEST(VqEvent, InterruptsAfterUsedDescriptorsWhenEnabled) {
    Rig rig;
    rig.step(true);
    rig.wait();
    EXPECT_EQ(rig.interrupts, 1u);
}

TEST(VqEvent, IsSilentWhenDisabled) {  // VIRTIO P18: [V] 2.8.10
    Rig rig;
    rig.flags = VIRTQ_EVENT_FLAGS_DISABLE;
    rig.step(true);
    rig.wait();
    EXPECT_EQ(rig.reads, 1u);
    EXPECT_EQ(rig.interrupts, 0u);
}

TEST(VqEvent, TakesReservedValuesAsEnabled) {
    for (uint16_t flags : {2, 3}) {
        Rig rig;
        rig.flags = flags;
        rig.step(true);
        rig.wait();
        EXPECT_EQ(rig.interrupts, 1u) << flags;
    }
}

TEST(VqEvent, LooksAgainForWhatWasUsedWhileItLooked) {  // no lost wake-up
    Rig rig;
    rig.flags = VIRTQ_EVENT_FLAGS_DISABLE;
    rig.step(true);
    rig.wait(5);
    rig.step(true);
    rig.wait(8);
    rig.flags = VIRTQ_EVENT_FLAGS_ENABLE;
    rig.wait();
    EXPECT_EQ(rig.reads, 2u);
    EXPECT_EQ(rig.interrupts, 1u);
}

TEST(VqEvent, OneReadCoversAllThatWasUsedBeforeIt) {
    Rig rig;
    rig.b->event_idx_i = 1;
    rig.flags = VIRTQ_EVENT_FLAGS_DESC;
    rig.desc = 0x8001;
    rig.b->req_ready_i = 0;
    for (rig.next = 0x8001; rig.next <= 0x8003; ++rig.next) {
        rig.step(true);
        rig.wait(3);
    }
    rig.b->req_ready_i = 1;
    rig.wait();
    EXPECT_EQ(rig.reads, 1u);
    EXPECT_EQ(rig.interrupts, 1u) << "slot 1 was passed while the read waited";
}

TEST(VqEvent, ReportsAStructureThatCannotBeRead) {
    Rig rig;
    rig.error = true;
    rig.step(true);
    rig.wait();
    EXPECT_EQ(rig.errors, 1u);
    EXPECT_EQ(rig.interrupts, 0u);
}

// Would a group of `slots` that ends before {wrap, slot} `next` fire for `desc`? Slot by slot, without the standard's arithmetic.
bool passes(uint16_t desc, uint16_t next, unsigned slots, unsigned size) {
    unsigned slot = next & 0x7FFF;
    bool wrap = next >> 15;
    for (unsigned i = 0; i < slots; ++i) {
        if (slot == 0) {
            slot = size;
            wrap = !wrap;
        }
        --slot;
        if (slot == (desc & 0x7FFFu) && wrap == desc >> 15) return true;
    }
    return false;
}

bool fires(uint16_t desc, uint16_t next, uint16_t slots, uint16_t size) {
    Rig rig;
    rig.b->event_idx_i = 1;
    rig.b->size_i = size;
    rig.flags = VIRTQ_EVENT_FLAGS_DESC;
    rig.desc = desc;
    rig.next = next;
    rig.slots = slots;
    rig.step(true);
    rig.wait(20);
    return rig.interrupts == 1;
}

TEST(VqEvent, FiresForTheSlotsPassedAndNoOther) {  // VIRTIO P18: the vectors of virtio.md 5.8
    for (uint16_t yes : {0x8006, 0x8007, 0x0000}) EXPECT_TRUE(fires(yes, 0x0001, 3, 8)) << std::hex << yes;
    for (uint16_t no : {0x8005, 0x0001, 0x0007}) EXPECT_FALSE(fires(no, 0x0001, 3, 8)) << std::hex << no;
    EXPECT_TRUE(fires(0x8002, 0x8003, 1, 8));
    for (uint16_t no : {0x8003, 0x8001, 0x0002}) EXPECT_FALSE(fires(no, 0x8003, 1, 8)) << std::hex << no;
}

TEST(VqEvent, AgreesWithAWalkOverTheSlots) {  // VIRTIO P18
    std::mt19937 random(7);
    for (unsigned i = 0; i < 4000; ++i) {
        const unsigned size = 1 + unsigned(random() % (i % 2 ? 9 : 1000)), slots = 1 + unsigned(random() % size);
        const auto at = [&] { return uint16_t(random() % size | (random() & 1) << 15); };
        const uint16_t desc = at(), next = at();
        ASSERT_EQ(fires(desc, next, uint16_t(slots), uint16_t(size)), passes(desc, next, slots, size))
            << std::hex << desc << " next " << next << " slots " << slots << " size " << size;
    }
}

TEST(VqEvent, CountsSlotsSinceTheLastEvaluation) {
    Rig rig;
    rig.b->event_idx_i = 1;
    rig.flags = VIRTQ_EVENT_FLAGS_DESC;
    rig.desc = 0x8002;
    rig.step(true);              // slot 0; the evaluation that follows does not see the next two
    rig.next = 0x8002;
    rig.step(false);
    rig.step(true);              // slot 1
    rig.next = 0x8003;
    rig.step(true);              // slot 2
    rig.next = 0x8004;
    rig.step(true);              // slot 3
    rig.wait();
    EXPECT_EQ(rig.interrupts, 1u);
}

TEST(VqEvent, TakesASlotOutsideTheRingAsEnabled) {
    EXPECT_TRUE(fires(0x8008, 0x8003, 1, 8));
}

TEST(VqEvent, WaitsForTheCountOrTheTime) {  // [V] 1.3 5.1.6.5.11
    Rig rig;
    rig.b->coal_packets_i = 4;
    rig.b->coal_cycles_i = 500;
    for (unsigned i = 0; i < 3; ++i) rig.step(true);
    rig.wait(400);
    EXPECT_EQ(rig.reads, 0u);
    rig.step(true);
    rig.wait();
    EXPECT_EQ(rig.interrupts, 1u);
    const auto start = rig.b.cycle;
    rig.step(true);
    while (rig.interrupts < 2 && rig.b.cycle < start + 1000) rig.step();
    EXPECT_NEAR(double(rig.b.cycle - start), 500.0, 20.0);
}

TEST(VqEvent, SendsAtOnceIfEitherLimitIs0) {
    for (unsigned which : {0u, 1u}) {
        Rig rig;
        rig.b->coal_packets_i = which ? 100 : 0;
        rig.b->coal_cycles_i = which ? 0 : 10000;
        rig.step(true);
        rig.wait();
        EXPECT_EQ(rig.interrupts, 1u);
    }
}

}  // namespace
