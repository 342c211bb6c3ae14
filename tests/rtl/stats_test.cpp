// SPDX-License-Identifier: Apache-2.0
#include <Vstats.h>
#include <gtest/gtest.h>

#include <vector>

#include "bench.h"
#include "regmap.h"

namespace {

struct Stats : ::testing::Test {
    Bench<Vstats> b;
    Stats() {
        b->reg_valid_i = b->reg_write_i = 0;
        for (CData* event : events()) *event = 0;
        b->tx_bytes_i = b->rx_bytes_i = 0;
        b.reset();
    }
    // In the order of the counters, without the two byte counters.
    std::vector<CData*> events() {
        return {&b->tx_frame_i, &b->tx_drop_i, &b->rx_frame_i, &b->rx_drop_no_buffer_i, &b->rx_drop_fifo_i, &b->rx_drop_fcs_i,
                &b->rx_drop_length_i, &b->dma_read_i, &b->dma_write_i, &b->dma_error_i, &b->interrupt_i, &b->doorbell_i, &b->rx_drop_unwanted_i,
                &b->tx_segmented_i, &b->ring_error_i, &b->ctrl_error_i};
    }
    uint32_t read(uint32_t address) {
        b->reg_valid_i = 1;
        b->reg_addr_i = static_cast<uint16_t>(address);
        b.tick();
        b->reg_valid_i = 0;
        b.settle();
        return b->reg_rdata_o;
    }
    uint64_t counter(uint32_t offset) {
        const uint64_t low = read(BAR0_STATS + offset);
        return low | uint64_t{read(BAR0_STATS + offset + 4)} << 32;
    }
};

TEST_F(Stats, EachEventCountsInItsOwnCounter) {
    const uint32_t offsets[] = {STATS_TX_FRAMES, STATS_TX_DROPS, STATS_RX_FRAMES, STATS_RX_DROPS_NO_BUFFER, STATS_RX_DROPS_FIFO,
                                STATS_RX_DROPS_FCS, STATS_RX_DROPS_LENGTH, STATS_DMA_READS, STATS_DMA_WRITES, STATS_DMA_ERRORS,
                                STATS_INTERRUPTS, STATS_DOORBELLS, STATS_RX_DROPS_UNWANTED, STATS_TX_SEGMENTED,
                                STATS_RING_ERRORS, STATS_CTRL_ERRORS};
    const auto all = events();
    for (size_t i = 0; i < all.size(); ++i) {
        *all[i] = 1;
        for (size_t n = 0; n <= i; ++n) b.tick();
        *all[i] = 0;
    }
    for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(counter(offsets[i]), i + 1) << "counter at " << offsets[i];
}

TEST_F(Stats, BytesAreAddedWithTheirFrame) {
    b->tx_bytes_i = 60;
    b->rx_bytes_i = 9018;
    b.tick();
    EXPECT_EQ(counter(STATS_TX_BYTES), 0u);
    b->tx_frame_i = b->rx_frame_i = 1;
    b.tick();
    b.tick();
    b->tx_frame_i = b->rx_frame_i = 0;
    EXPECT_EQ(counter(STATS_TX_BYTES), 120u);
    EXPECT_EQ(counter(STATS_RX_BYTES), 18036u);
}

TEST_F(Stats, HighHalfIsTheOneOfTheLowHalfThatWasRead) {
    b->rx_bytes_i = 0xFFFF;
    b->rx_frame_i = 1;
    for (int i = 0; i < 65537; ++i) b.tick();  // 65535 * 65537 = 0xFFFFFFFF
    b->rx_frame_i = 0;
    EXPECT_EQ(read(BAR0_STATS + STATS_RX_BYTES), 0xFFFFFFFFu);
    b->rx_frame_i = 1;
    b.tick();
    b->rx_frame_i = 0;
    EXPECT_EQ(read(BAR0_STATS + STATS_RX_BYTES + 4), 0u);
    EXPECT_EQ(read(BAR0_STATS + STATS_RX_BYTES + 4), 0u);  // reading the high half latches nothing
    EXPECT_EQ(counter(STATS_RX_BYTES), 0xFFFFFFFFu + 0xFFFFull);
}

TEST_F(Stats, OtherBlocksAndWritesAreNotAnswered) {
    b->doorbell_i = 1;
    b.tick();
    b->doorbell_i = 0;
    EXPECT_EQ(read(BAR0_DMA_BENCH + STATS_DOORBELLS), 0u);
    b->reg_write_i = 1;
    EXPECT_EQ(read(BAR0_STATS + STATS_DOORBELLS), 0u);
    b->reg_write_i = 0;
    EXPECT_EQ(counter(STATS_DOORBELLS), 1u);
    EXPECT_EQ(read(BAR0_STATS + 8 * STATS_COUNT), 0u);
}

}  // namespace
