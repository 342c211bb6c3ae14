// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstring>

#include "Vtlp_tx.h"
#include "bench.h"

namespace {

struct Rig {
    Bench<Vtlp_tx> b;
    unsigned completions = 0, reads = 0, writes = 0;
    unsigned write_beat = 0, write_beats = 2;
    explicit Rig(unsigned seed = 1) : b(seed) {
        b->tx_tlp_ready_i = b->tx_posted_ok_i = b->tx_non_posted_ok_i = b->tx_completion_ok_i = 1;
        b->cpl_valid_i = b->rd_valid_i = b->wr_valid_i = 0;
        b->wr_pending_i = b->wr_done_i = b->wr_stuck_i = 0;
        b->cpl_hdr_i[0] = 0xC;
        b->rd_hdr_i[0] = 0xD;
        b->wr_hdr_i[0] = 0xE;
        b.reset();
    }
    void step() {
        b->wr_sop_i = write_beat == 0;
        b->wr_eop_i = write_beat + 1 == write_beats;
        b.settle();
        if (b->tx_tlp_valid_o && b->tx_tlp_ready_i && b->tx_tlp_sop_o) {
            completions += b->tx_tlp_hdr_o[0] == 0xC;
            reads += b->tx_tlp_hdr_o[0] == 0xD;
            writes += b->tx_tlp_hdr_o[0] == 0xE;
        }
        if (b->wr_valid_i && b->wr_ready_o) write_beat = (write_beat + 1) % write_beats;
        b.edge();
    }
};

TEST(TlpTx, SharesTheLinkBetweenReadsAndWrites) {
    Rig rig;
    rig.b->rd_valid_i = rig.b->wr_valid_i = 1;
    for (unsigned i = 0; i < 300; ++i) rig.step();
    EXPECT_EQ(rig.reads, rig.writes);
    EXPECT_EQ(rig.reads + 2 * rig.writes, 300u) << "no cycle is lost";
}

TEST(TlpTx, LetsWritesPassReadsThatHaveNoCredit) {
    Rig rig;
    rig.b->rd_valid_i = rig.b->wr_valid_i = 1;
    rig.b->tx_non_posted_ok_i = 0;
    for (unsigned i = 0; i < 100; ++i) rig.step();
    EXPECT_EQ(rig.writes, 50u);  // [P] 2.4.1
    EXPECT_EQ(rig.reads, 0u);
}

TEST(TlpTx, LetsReadsGoWhileWritesHaveNoCredit) {
    Rig rig;
    rig.b->rd_valid_i = rig.b->wr_valid_i = 1;
    rig.b->tx_posted_ok_i = 0;
    for (unsigned i = 0; i < 100; ++i) rig.step();
    EXPECT_EQ(rig.reads, 100u);
}

TEST(TlpTx, SendsCompletionsFirst) {
    Rig rig;
    rig.b->cpl_valid_i = rig.b->rd_valid_i = rig.b->wr_valid_i = 1;
    for (unsigned i = 0; i < 10; ++i) rig.step();
    EXPECT_EQ(rig.completions, 10u);
}

// [P] 2.4.1, table 2-40, D2a: and what comes later does not hold it up.
TEST(TlpTx, ACompletionStaysBehindTheWritesThatWereThereWhenItCame) {
    for (const unsigned ahead : {2u, 11u}) {
        Rig rig;
        rig.write_beats = 1;
        rig.b->wr_pending_i = static_cast<uint8_t>(ahead);
        rig.b->cpl_valid_i = 1;
        for (unsigned i = 0; i < 20; ++i) rig.step();
        for (unsigned done = 0; done < ahead; ++done) {   // another command comes for each that leaves
            EXPECT_EQ(rig.completions, 0u) << done << " of " << ahead;
            rig.b->wr_valid_i = rig.b->wr_done_i = 1;
            rig.step();
            rig.b->wr_valid_i = rig.b->wr_done_i = 0;
        }
        rig.step();
        EXPECT_EQ(rig.writes, ahead);
        EXPECT_EQ(rig.completions, 1u);
    }
}

TEST(TlpTx, ACompletionDoesNotWaitForWritesThatCannotLeaveOrAreForgotten) {
    for (const bool stuck : {true, false}) {
        Rig rig;
        rig.b->wr_pending_i = 3;
        rig.b->cpl_valid_i = 1;
        rig.step();
        EXPECT_EQ(rig.completions, 0u);
        if (stuck) {
            rig.b->wr_stuck_i = 1;
        } else {
            rig.b->wr_pending_i = 0;
        }
        rig.step();
        EXPECT_EQ(rig.completions, 1u) << stuck;
    }
}

TEST(TlpTx, EveryBitOfHeaderAndDataLeavesAsItCame) {
    Rig rig;
    auto& b = rig.b;
    const auto words = [&](uint32_t* at, unsigned count) {
        for (unsigned i = 0; i < count; ++i) at[i] = static_cast<uint32_t>(b.random());
    };
    for (unsigned i = 0; i < 400; ++i) {
        words(&b->cpl_hdr_i[0], 4);
        words(&b->rd_hdr_i[0], 4);
        words(&b->wr_hdr_i[0], 4);
        words(&b->wr_data_i[0], 8);
        b->cpl_data_i = uint64_t{b.random()} << 32 | b.random();
        const unsigned which = i % 3;
        b->cpl_valid_i = which == 0;
        b->rd_valid_i = which == 1;
        b->wr_valid_i = b->wr_sop_i = b->wr_eop_i = which == 2;
        b.settle();
        ASSERT_TRUE(b->tx_tlp_valid_o);
        const uint32_t* header = which == 0 ? &b->cpl_hdr_i[0] : which == 1 ? &b->rd_hdr_i[0] : &b->wr_hdr_i[0];
        EXPECT_EQ(std::memcmp(&b->tx_tlp_hdr_o[0], header, 16), 0) << which;
        if (which == 0) { EXPECT_EQ(std::memcmp(&b->tx_tlp_data_o[0], &b->cpl_data_i, 8), 0); }
        if (which == 2) { EXPECT_EQ(std::memcmp(&b->tx_tlp_data_o[0], &b->wr_data_i[0], 32), 0); }
        b.edge();
    }
}

TEST(TlpTx, FinishesAWriteThatWasBegunAlthoughCreditsAreGone) {
    Rig rig;
    rig.write_beats = 4;
    rig.b->wr_valid_i = 1;
    rig.step();
    rig.b->tx_posted_ok_i = 0;
    rig.b->rd_valid_i = rig.b->cpl_valid_i = 1;
    for (unsigned i = 0; i < 3; ++i) {
        rig.step();
        EXPECT_TRUE(rig.b->tx_tlp_valid_o);
    }
    EXPECT_EQ(rig.completions + rig.reads, 0u);
    rig.step();
    EXPECT_EQ(rig.completions, 1u);
}

}  // namespace
