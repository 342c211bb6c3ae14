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
    uint16_t flags = VIRTQ_EVENT_FLAGS_ENABLE;
    bool error = false;
    Rig() {
        b->enable_i = 1;
        b->stop_i = b->used_i = b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        b->driver_i = 0x200000040ull;
        b->req_ready_i = b->irq_ready_i = 1;
        b.reset();
    }
    void step(bool used = false) {
        b->used_i = used;
        b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        if (answer_in && --answer_in == 0) {
            b->wr_valid_i = !error;
            b->done_valid_i = 1;
            b->done_error_i = error;
            b->wr_data_i = uint32_t(flags) << 16;
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

TEST(VqEvent, IsSilentWhenDisabled) {  // [V] 2.8.10
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

TEST(VqEvent, ReportsAStructureThatCannotBeRead) {
    Rig rig;
    rig.error = true;
    rig.step(true);
    rig.wait();
    EXPECT_EQ(rig.errors, 1u);
    EXPECT_EQ(rig.interrupts, 0u);
}

}  // namespace
