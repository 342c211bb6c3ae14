// SPDX-License-Identifier: Apache-2.0
#include <Vtlp_rx.h>
#include <gtest/gtest.h>

#include <deque>
#include <iterator>
#include <vector>

#include "bench.h"
#include "tlp.h"

namespace {

constexpr unsigned fifo_depth = 16;

struct TlpRx : ::testing::Test {
    Bench<Vtlp_rx> b;
    unsigned bad = 0;

    TlpRx() {
        b->rx_tlp_valid_i = b->rx_tlp_sop_i = b->rx_tlp_eop_i = b->req_ready_i = 0;
        b.reset();
    }

    // Offers one beat; it stays until it is taken if wait is set.
    bool beat(const TlpHeader& header, uint64_t data, bool sop = true, bool eop = true) {
        b->rx_tlp_valid_i = 1;
        b->rx_tlp_sop_i = sop;
        b->rx_tlp_eop_i = eop;
        put_header(b->rx_tlp_hdr_i, header);
        b->rx_tlp_data_i[0] = static_cast<uint32_t>(data);
        b->rx_tlp_data_i[1] = static_cast<uint32_t>(data >> 32);
        b.settle();
        const bool taken = b->rx_tlp_ready_o;
        b.edge();
        b->rx_tlp_valid_i = 0;
        b.settle();
        bad += b->stat_bad_o;  // a cycle later
        b.edge();
        b.settle();
        return taken;
    }
};

const TlpHeader completion = {uint32_t{TLP_TYPE_CPLD} << TLP_FMT_TYPE_LSB | 16, 0, 0, 0};

TEST_F(TlpRx, RequestGoesToTheQueueWithItsFirstTwoDoubleWords) {
    const TlpHeader header = tlp_memory(true, 0x1234500008, 2, 15, 15);
    EXPECT_TRUE(beat(header, 0x1122334455667788));
    ASSERT_TRUE(b->req_valid_o);
    EXPECT_EQ(get_header(b->req_hdr_o), header);
    EXPECT_EQ(b->req_data_o, 0x1122334455667788u);
    b->req_ready_i = 1;
    b.tick();
    EXPECT_FALSE(b->req_valid_o);
}

TEST_F(TlpRx, CompletionPassesInOneCycleAndStaysOutOfTheQueue) {
    b->rx_tlp_valid_i = b->rx_tlp_sop_i = 1;
    put_header(b->rx_tlp_hdr_i, completion);
    b->rx_tlp_data_i[5] = 0xCAFE;
    b.settle();
    EXPECT_TRUE(b->rx_tlp_ready_o);
    EXPECT_FALSE(b->cpl_valid_o);
    b.edge();
    EXPECT_TRUE(b->cpl_valid_o);
    EXPECT_TRUE(b->cpl_sop_o);
    EXPECT_FALSE(b->cpl_eop_o);
    EXPECT_EQ(get_header(b->cpl_hdr_o), completion);
    EXPECT_EQ(b->cpl_data_o[5], 0xCAFEu);
    b->rx_tlp_sop_i = 0;  // the header port means nothing now
    b->rx_tlp_eop_i = 1;
    put_header(b->rx_tlp_hdr_i, tlp_memory(true, 0, 1));
    b.settle();
    b.edge();
    EXPECT_TRUE(b->cpl_valid_o);
    EXPECT_FALSE(b->cpl_sop_o);
    EXPECT_TRUE(b->cpl_eop_o);
    EXPECT_EQ(get_header(b->cpl_hdr_o), completion);
    b->rx_tlp_valid_i = 0;
    b.settle();
    b.edge();
    EXPECT_FALSE(b->cpl_valid_o);
    EXPECT_FALSE(b->req_valid_o);
}

TEST_F(TlpRx, EveryBitOfHeaderAndDataArrivesAsItCame) {
    const auto random = [&] { return static_cast<uint32_t>(b.random()); };
    const uint32_t types[] = {TLP_TYPE_CPL,    TLP_TYPE_CPLD,   TLP_TYPE_MRD32,  TLP_TYPE_MRD64, TLP_TYPE_MWR32,
                              TLP_TYPE_MWR64, TLP_TYPE_CFGRD0, TLP_TYPE_CFGWR0, TLP_TYPE_IORD,  TLP_TYPE_IOWR,
                              0x4D /* a swap, which nobody carries out */};
    b->req_ready_i = 1;
    for (unsigned i = 0; i < 400; ++i) {
        const uint32_t type = types[b.random() % std::size(types)];
        const bool is_completion = type == TLP_TYPE_CPL || type == TLP_TYPE_CPLD;
        TlpHeader header = {random(), random(), random(), random()};
        header[0] = type << TLP_FMT_TYPE_LSB | (header[0] & 0xFFFFFF);
        if (type == TLP_TYPE_MWR32 || type == TLP_TYPE_MWR64)   // a short one that is not poisoned
            header[0] = (header[0] & ~(1023u | 1u << TLP_EP_BIT)) | (1 + i % 2);
        put_header(b->rx_tlp_hdr_i, header);
        std::vector<uint32_t> data(8);
        for (unsigned k = 0; k < data.size(); ++k) b->rx_tlp_data_i[k] = data[k] = random();
        b->rx_tlp_valid_i = b->rx_tlp_sop_i = b->rx_tlp_eop_i = 1;
        b.tick();
        b->rx_tlp_valid_i = 0;
        b.settle();
        ASSERT_EQ(b->cpl_valid_o, is_completion);
        if (is_completion) {
            EXPECT_EQ(get_header(b->cpl_hdr_o), header);
            for (unsigned k = 0; k < data.size(); ++k) EXPECT_EQ(b->cpl_data_o[k], data[k]);
        }
        b.edge();
        b.settle();
        ASSERT_EQ(b->req_valid_o, !is_completion) << std::hex << type;
        if (!is_completion) {
            EXPECT_EQ(get_header(b->req_hdr_o), header);
            EXPECT_EQ(b->req_data_o, data[0] | uint64_t{data[1]} << 32);
        }
        b.edge();
    }
    EXPECT_EQ(bad, 0u);
}

TEST_F(TlpRx, ClauseP_2_6_1_CompletionIsTakenWhileRequestsWait) {
    // One place is kept for the request that may be in the register.
    for (unsigned i = 0; i < fifo_depth - 1; ++i) EXPECT_TRUE(beat(tlp_memory(true, 4 * i, 1), i));
    EXPECT_FALSE(beat(tlp_memory(true, 0, 1), 99));
    EXPECT_TRUE(beat(completion, 0));
    b->req_ready_i = 1;
    for (unsigned i = 0; i < fifo_depth - 1; ++i) {
        b.settle();
        ASSERT_TRUE(b->req_valid_o);
        EXPECT_EQ(b->req_data_o, i);
        b.edge();
    }
    EXPECT_FALSE(b->req_valid_o);
}

TEST_F(TlpRx, OversizedWriteIsDroppedWithAllItsBeatsAndCountedOnce) {
    EXPECT_TRUE(beat(tlp_memory(true, 0, 16), 0, true, false));
    EXPECT_TRUE(beat(tlp_memory(true, 0, 1), 0, false, true));
    EXPECT_FALSE(b->req_valid_o);
    EXPECT_EQ(bad, 1u);
    EXPECT_TRUE(beat(tlp_memory(true, 0, 0 /* 1024 */), 0));
    EXPECT_TRUE(beat(tlp_memory(true, 0, 3), 0));
    EXPECT_FALSE(b->req_valid_o);
    EXPECT_EQ(bad, 3u);
}

TEST_F(TlpRx, OnlyCompletionsNeedNoRoomInTheQueue) {  // what is dropped is known behind the register
    for (unsigned i = 0; i < fifo_depth - 1; ++i) EXPECT_TRUE(beat(tlp_memory(true, 4 * i, 1), i));
    EXPECT_FALSE(beat(tlp_memory(true, 0, 64), 0));
    EXPECT_EQ(bad, 0u);
    EXPECT_TRUE(beat(completion, 0));
}

TEST_F(TlpRx, ClauseP_2_7_2_PoisonedWriteIsDroppedAndCounted) {
    TlpHeader header = tlp_memory(true, 0, 1);
    header[0] |= 1u << TLP_EP_BIT;
    EXPECT_TRUE(beat(header, 0));
    EXPECT_FALSE(b->req_valid_o);
    EXPECT_EQ(bad, 1u);
}

TEST_F(TlpRx, CompletionOfALockedReadIsDroppedAndNeverAnswered) {
    EXPECT_TRUE(beat(tlp_request(TLP_TYPE_CPLLK, 0, 0, 0), 0));
    EXPECT_TRUE(beat(tlp_request(TLP_TYPE_CPLDLK, 1, 0, 0), 0));
    EXPECT_FALSE(b->req_valid_o);
    EXPECT_EQ(bad, 2u);
}

TEST_F(TlpRx, WhatHasNoTypeIsDroppedAndNeverAnswered) {  // [P] 2.2.1: malformed
    unsigned defined = 0;
    b->req_ready_i = 1;
    for (uint32_t type = 0; type < 256; ++type) {
        const unsigned before = bad;
        b->rx_tlp_valid_i = b->rx_tlp_sop_i = b->rx_tlp_eop_i = 1;
        put_header(b->rx_tlp_hdr_i, tlp_request(type, 1, 15, 0));
        b.tick();
        b->rx_tlp_valid_i = 0;
        b.settle();
        bad += b->stat_bad_o;
        b.edge();
        b.settle();
        defined += b->req_valid_o;
        EXPECT_TRUE(!b->req_valid_o || bad == before) << type;
        EXPECT_TRUE(b->req_valid_o || bad == before + 1 || type == 0x0A || type == 0x4A || (type & 0xB8) == 0x30) << type;
        b.tick();
    }
    // Memory read and write, locked read, three atomics: two headers each. I/O and three of configuration: read and write.
    EXPECT_EQ(defined, 2u * 6 + 2 * 4);
}

TEST_F(TlpRx, ReadOfAnyLengthIsPassedOnForACompletion) {
    EXPECT_TRUE(beat(tlp_memory(false, 0, 64), 0));
    EXPECT_TRUE(b->req_valid_o);
    EXPECT_EQ(bad, 0u);
}

TEST_F(TlpRx, ClauseP_2_2_8_MessagesAreDroppedSilently) {
    for (uint32_t type : {0x30u, 0x34u, 0x70u, 0x74u}) {  // to the root complex and local, without and with data
        EXPECT_TRUE(beat(tlp_request(type, 0, 0, 0), 0));
    }
    EXPECT_FALSE(b->req_valid_o);
    EXPECT_EQ(bad, 0u);
}

}  // namespace
