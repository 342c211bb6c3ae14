// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "Vdma_bench.h"
#include "bench.h"
#include "bits.h"
#include "regmap.h"

namespace {

constexpr uint32_t kRead = 1u << DMA_BENCH_CONTROL_READ_BIT, kWrite = 1u << DMA_BENCH_CONTROL_WRITE_BIT;
constexpr uint64_t kBase = 0x1234FFFFF000ull;  // a transfer or two, and the address carries into its upper half

// The engines: they take what dma_bench asks for and complete it `delay` cycles later, a read in pieces of up to 512 bytes.
struct Rig {
    Bench<Vdma_bench> b;
    struct Transfer { uint64_t address; uint16_t length; };
    std::vector<Transfer> reads, writes;
    struct Piece { uint64_t due; uint16_t bytes; };
    std::vector<Piece> arriving, leaving;
    unsigned stall = 0, delay = 5;
    uint64_t first_read = 0, last_read = 0, first_write = 0, last_write = 0;  // cycles

    explicit Rig(unsigned seed = 1) : b(seed) {
        b->reg_valid_i = b->reg_write_i = 0;
        b->reg_addr_i = 0;
        b->reg_wdata_i = 0;
        b->req_ready_i = b->cmd_ready_i = b->rdone_valid_i = b->wdone_valid_i = 0;
        b->rdone_bytes_i = 0;
        b.reset();
    }
    void set(uint32_t reg, uint32_t value, uint32_t block = BAR0_DMA_BENCH) {
        b->reg_valid_i = b->reg_write_i = 1;
        b->reg_addr_i = uint16_t(block + reg);
        b->reg_wdata_i = value;
        step();
        b->reg_valid_i = b->reg_write_i = 0;
    }
    uint32_t get(uint32_t reg, uint32_t block = BAR0_DMA_BENCH) {
        b->reg_valid_i = 1;
        b->reg_addr_i = uint16_t(block + reg);
        step();
        b->reg_valid_i = 0;
        b.settle();
        return b->reg_rdata_o;
    }
    void set_up(uint32_t size, uint32_t count, uint32_t stride, uint32_t window, uint64_t base = kBase) {
        set(DMA_BENCH_SIZE, size);
        set(DMA_BENCH_COUNT, count);
        set(DMA_BENCH_STRIDE, stride);
        set(DMA_BENCH_WINDOW, window);
        set(DMA_BENCH_BASE, uint32_t(base));
        set(DMA_BENCH_BASE + 4, uint32_t(base >> 32));
    }
    // What is due, in any order; 0: nothing.
    uint16_t due(std::vector<Piece>& pieces) {
        if (pieces.empty()) return 0;
        const size_t i = b.random() % pieces.size();
        if (pieces[i].due > b.cycle) return 0;
        const auto bytes = pieces[i].bytes;
        pieces.erase(pieces.begin() + long(i));
        return bytes;
    }
    void step() {
        b->req_ready_i = !b.chance(stall);
        b->cmd_ready_i = !b.chance(stall);
        b->rdone_bytes_i = due(arriving);
        b->rdone_valid_i = b->rdone_bytes_i != 0;
        b->wdone_valid_i = due(leaving) != 0;
        b.settle();
        if (b->rdone_valid_i) last_read = b.cycle;
        if (b->wdone_valid_i) last_write = b.cycle;
        if (b->req_valid_o && first_read == 0) first_read = b.cycle;
        if (b->cmd_valid_o && first_write == 0) first_write = b.cycle;
        if (b->req_valid_o && b->req_ready_i) {
            const auto q = get_rd_req(b->req_o);
            EXPECT_EQ(q.client, 3) << "dma_pkg::RdBench";
            reads.push_back({q.addr, q.len});
            for (unsigned left = q.len; left != 0; left -= std::min(left, 512u))
                arriving.push_back({b.cycle + delay, uint16_t(std::min(left, 512u))});
        }
        if (b->cmd_valid_o && b->cmd_ready_i) {
            const auto c = get_wr_cmd(b->cmd_o);
            EXPECT_EQ(c.client, 3) << "dma_pkg::WrBench";
            writes.push_back({c.addr, c.len});
            leaving.push_back({b.cycle + delay, c.len});
        }
        b.edge();
    }
    void run() {
        for (unsigned i = 0; i < 20000 && !b->idle_o; ++i) step();
        EXPECT_TRUE(b->idle_o) << "never done";
        EXPECT_TRUE(arriving.empty() && leaving.empty()) << "done before everything was here";
    }
};

void expect_transfers(const std::vector<Rig::Transfer>& got, uint32_t size, uint32_t count, uint32_t stride, uint32_t window) {
    ASSERT_EQ(got.size(), count);
    for (uint32_t i = 0; i < count; ++i) {
        ASSERT_EQ(got[i].address, kBase + uint64_t{i % window} * stride) << "transfer " << i;
        ASSERT_EQ(got[i].length, size);
    }
}

TEST(DmaBench, RegistersReadBackWhatWasWritten) {
    Rig rig;
    rig.set_up(4096, 0x12345678, 0x9ABCDEF0, 0x0FEDCBA9, 0xFEDCBA9876543210);
    EXPECT_EQ(rig.get(DMA_BENCH_SIZE), 4096u);
    EXPECT_EQ(rig.get(DMA_BENCH_COUNT), 0x12345678u);
    EXPECT_EQ(rig.get(DMA_BENCH_STRIDE), 0x9ABCDEF0u);
    EXPECT_EQ(rig.get(DMA_BENCH_WINDOW), 0x0FEDCBA9u);
    EXPECT_EQ(rig.get(DMA_BENCH_BASE), 0x76543210u);
    EXPECT_EQ(rig.get(DMA_BENCH_BASE + 4), 0xFEDCBA98u);
    EXPECT_EQ(rig.get(DMA_BENCH_CONTROL), 0u);
    EXPECT_TRUE(rig.b->idle_o);
}

TEST(DmaBench, AnswersInItsOwnBlockOnly) {
    Rig rig;
    rig.set_up(77, 1, 2, 3);
    for (const uint32_t other : {uint32_t{BAR0_COMMON}, uint32_t{BAR0_STATS}, uint32_t{BAR0_MSIX_TABLE}}) {
        rig.set(DMA_BENCH_SIZE, 5, other);
        rig.set(DMA_BENCH_CONTROL, kRead | kWrite, other);
        EXPECT_EQ(rig.get(DMA_BENCH_SIZE, other), 0u) << "a slave that is not addressed must give 0";
    }
    EXPECT_EQ(rig.get(DMA_BENCH_SIZE), 77u);
    rig.step();
    EXPECT_EQ(rig.b->reg_rdata_o, 0u);
    EXPECT_TRUE(rig.b->idle_o);
}

TEST(DmaBench, ReadsEachTransferOfTheWindowInTurn) {
    Rig rig;
    rig.set_up(200, 50, 256, 7);
    rig.stall = 30;
    rig.set(DMA_BENCH_CONTROL, kRead);
    rig.run();
    expect_transfers(rig.reads, 200, 50, 256, 7);
    EXPECT_TRUE(rig.writes.empty());
}

TEST(DmaBench, WritesEachTransferOfTheWindowInTurn) {
    Rig rig;
    rig.set_up(4096, 50, 8192, 16);
    rig.stall = 30;
    rig.set(DMA_BENCH_CONTROL, kWrite);
    rig.run();
    expect_transfers(rig.writes, 4096, 50, 8192, 16);
    EXPECT_TRUE(rig.reads.empty());
}

TEST(DmaBench, ReadsAndWritesSideBySideATransferACycle) {
    Rig rig;
    rig.set_up(64, 100, 64, 1000);
    rig.set(DMA_BENCH_CONTROL, kRead | kWrite);
    for (unsigned i = 0; i < 100; ++i) rig.step();
    expect_transfers(rig.reads, 64, 100, 64, 1000);
    expect_transfers(rig.writes, 64, 100, 64, 1000);
    rig.run();
}

TEST(DmaBench, IsBusyUntilTheLastByteIsHere) {
    Rig rig;
    rig.set_up(4096, 3, 4096, 3);
    rig.delay = 60;
    rig.set(DMA_BENCH_CONTROL, kRead);
    while (rig.arriving.size() < 3 * 8) rig.step();
    while (!rig.arriving.empty()) {
        EXPECT_EQ(rig.get(DMA_BENCH_CONTROL), kRead);
        EXPECT_FALSE(rig.b->idle_o);
        rig.step();
    }
    for (unsigned i = 0; i < 3; ++i) rig.step();
    EXPECT_EQ(rig.get(DMA_BENCH_CONTROL), 0u);
    rig.set(DMA_BENCH_CONTROL, kWrite);
    while (rig.leaving.size() < 3) rig.step();
    EXPECT_EQ(rig.get(DMA_BENCH_CONTROL), kWrite);
    rig.run();
    EXPECT_EQ(rig.get(DMA_BENCH_CONTROL), 0u);
}

TEST(DmaBench, CountsTheCyclesOfEachDirection) {
    for (const unsigned delay : {1u, 20u, 300u}) {
        Rig rig(delay);
        rig.set_up(512, 40, 512, 40);
        rig.delay = delay;
        rig.stall = 20;
        rig.set(DMA_BENCH_CONTROL, kRead | kWrite);
        rig.run();
        EXPECT_NEAR(double(rig.get(DMA_BENCH_READ_CYCLES)), double(rig.last_read - rig.first_read + 1), 1.0);
        EXPECT_NEAR(double(rig.get(DMA_BENCH_WRITE_CYCLES)), double(rig.last_write - rig.first_write + 1), 1.0);
        const auto before = rig.get(DMA_BENCH_READ_CYCLES);
        for (unsigned i = 0; i < 50; ++i) rig.step();
        EXPECT_EQ(rig.get(DMA_BENCH_READ_CYCLES), before) << "the count stands when all is done";
    }
}

TEST(DmaBench, BeginsAgainAtTheFirstTransfer) {
    Rig rig;
    rig.set_up(64, 5, 128, 4);
    for (unsigned i = 0; i < 3; ++i) {
        rig.reads.clear();
        rig.writes.clear();
        rig.set(DMA_BENCH_CONTROL, kRead | kWrite);
        rig.run();
        expect_transfers(rig.reads, 64, 5, 128, 4);
        expect_transfers(rig.writes, 64, 5, 128, 4);
    }
}

TEST(DmaBench, DoesNothingWithoutTransfers) {
    Rig rig;
    rig.set_up(64, 0, 64, 4);
    rig.set(DMA_BENCH_CONTROL, kRead | kWrite);
    rig.run();
    rig.set_up(0, 5, 64, 4);  // a size of 0 bytes is none
    rig.set(DMA_BENCH_CONTROL, kRead | kWrite);
    rig.run();
    EXPECT_TRUE(rig.reads.empty());
    EXPECT_TRUE(rig.writes.empty());
}

}  // namespace
