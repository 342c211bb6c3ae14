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
