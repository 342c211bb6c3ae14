// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "Vctrl.h"
#include "bench.h"
#include "bits.h"
#include "regmap.h"

namespace {

constexpr unsigned kQueues = 2 * RTL_QueuePairs;

// A queue that hands out chains, dma_rd and dma_wr, at random paces.
struct Rig {
    Bench<Vctrl> b;
    std::map<uint64_t, uint8_t> memory;
    struct Read { RdReq req; };
    std::vector<Read> reads;
    bool fail = false;
    uint16_t slot = 0;

    explicit Rig(unsigned seed = 1) : b(seed) {
        b->enable_i = 1;
        b->stop_i = b->d_valid_i = b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        b->vq_clear_i = 0;
        b->features_i = ~0ull;
        b->cycles_per_us_i = 250;
        b.reset();
    }
    void step() {
        b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        if (!reads.empty() && !b.chance(40)) {
            const RdReq r = reads.front().req;
            reads.erase(reads.begin());
            uint8_t beat[32] = {};
            const unsigned lo = unsigned(b.random() % 4);   // the first byte of a completion lies anywhere in its DW
            for (unsigned i = 0; i < r.len; ++i) beat[lo + i] = memory[r.addr + i];
            std::memcpy(&b->wr_data_i, beat, sizeof beat);
            b->wr_valid_i = !fail;
            b->wr_dst_i = uint16_t(r.dst - lo);
            b->wr_lo_i = uint8_t(lo);
            b->wr_hi_i = uint8_t(lo + r.len);
            b->done_valid_i = 1;
            b->done_bytes_i = r.len;
            b->done_error_i = fail;
        }
        b->req_ready_i = !b.chance(30);
        b->cmd_ready_i = !b.chance(30);
        b->u_ready_i = !b.chance(30);
        b.settle();
        if (b->req_valid_o && b->req_ready_i) reads.push_back({get_rd_req(b->req_o)});
        if (b->cmd_valid_o && b->cmd_ready_i) {
            const WrCmd w = get_wr_cmd(b->cmd_o);
            EXPECT_LE(w.len, 4);
            for (unsigned i = 0; i < w.len; ++i) memory[w.addr + i] = uint8_t(w.hdr_low >> 8 * (w.addr % 4 + i));
        }
    }
    struct Element { uint64_t address; uint32_t length; bool write; };
    // Runs a chain; used.len, or -1 if it was never used.
    int run(const std::vector<Element>& chain) {
        size_t at = 0;
        int length = -1;
        for (unsigned i = 0; i < 600 && length < 0; ++i) {
            b->d_valid_i = at < chain.size() && !b.chance(20);
            if (at < chain.size()) {
                b->d_addr_i = chain[at].address;
                b->d_len_i = chain[at].length;
                b->d_write_i = chain[at].write;
                b->d_next_i = at + 1 < chain.size();
                b->d_id_i = uint16_t(slot + 100);
                b->d_slot_i = uint16_t(slot + at);
                b->d_wrap_i = 1;
                b->d_indirect_i = 0;
            }
            step();
            const bool taken = b->d_valid_i && b->d_ready_o;
            if (b->u_valid_o && b->u_ready_i) {
                length = int(b->u_len_o);
                EXPECT_EQ(b->u_slot_o, slot);
                EXPECT_EQ(b->u_slots_o, chain.size());
                EXPECT_EQ(b->u_id_o, slot + 100);
            }
            b.edge();
            at += taken;
        }
        slot = uint16_t(slot + chain.size());
        return length;
    }
    // A command cut at random, answered into one element.
    std::vector<uint8_t> command(const std::vector<uint8_t>& bytes, unsigned writable = 9) {
        std::vector<Element> chain;
        for (size_t done = 0; done < bytes.size();) {
            const size_t n = std::min<size_t>(bytes.size() - done, 1 + b.random() % 8);
            const uint64_t address = 0x1000 + b.random() % 64 + 256 * chain.size();
            for (size_t i = 0; i < n; ++i) memory[address + i] = bytes[done + i];
            chain.push_back({address, uint32_t(n), false});
            done += n;
        }
        chain.push_back({0x9001, writable, true});
        const int length = run(chain);
        std::vector<uint8_t> answer;
        for (int i = 0; i < length; ++i) answer.push_back(memory[0x9001 + unsigned(i)]);
        return answer;
    }
};
using Answer = std::vector<uint8_t>;
const Answer kOk{VIRTIO_CTRL_ACK_OK}, kErr{VIRTIO_CTRL_ACK_ERR};

TEST(Ctrl, SetsTheNumberOfPairs) {  // [V] 5.1.6.5.5
    Rig rig;
    EXPECT_EQ(rig.b->pairs_o, 1u);
    for (unsigned i = 0; i < 50; ++i) {
        const unsigned n = i % (RTL_QueuePairs + 2);
        const bool good = n >= 1 && n <= RTL_QueuePairs;
        EXPECT_EQ(rig.command({VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_VQ_PAIRS_SET, uint8_t(n), 0}), good ? kOk : kErr) << n;
        if (good) { EXPECT_EQ(rig.b->pairs_o, n); }
    }
}

TEST(Ctrl, TurnsMicrosecondsIntoCyclesAndSaturates) {
    Rig rig;
    EXPECT_EQ(rig.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_RX_SET, 16, 0, 0, 0, 8, 0, 0, 0}), kOk);
    for (unsigned q = 0; q < kQueues; ++q) {
        EXPECT_EQ(get_bits(rig.b->coal_packets_o, 16 * q, 16), q % 2 ? 0u : 16u);
        EXPECT_EQ(get_bits(rig.b->coal_cycles_o, 32 * q, 32), q % 2 ? 0u : 2000u);
    }
    EXPECT_EQ(rig.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_VQ_SET, 3, 0, 0, 0, 0, 0, 1, 0, 255, 255, 255, 255}), kOk);
    EXPECT_EQ(get_bits(rig.b->coal_packets_o, 48, 16), 0x7FFFu);
    EXPECT_EQ(get_bits(rig.b->coal_cycles_o, 96, 32), 0xFFFFFFFFu);
    EXPECT_EQ(rig.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_VQ_GET, 3, 0, 0, 0}),
              (Answer{0, 0, 1, 0, 255, 255, 255, 255, 0}));
}

TEST(Ctrl, AQueueThatWasResetHasTheLimitsOfItsDirection) {  // [V] 1.3 5.1.6.5.11
    Rig rig;
    rig.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_TX_SET, 5, 0, 0, 0, 4, 0, 0, 0});
    rig.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_VQ_SET, 1, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0});
    EXPECT_EQ(get_bits(rig.b->coal_packets_o, 16, 16), 9u);
    rig.b->vq_clear_i = 2;
    rig.b.tick();
    rig.b->vq_clear_i = 0;
    rig.b.settle();
    EXPECT_EQ(get_bits(rig.b->coal_packets_o, 16, 16), 5u);
    EXPECT_EQ(get_bits(rig.b->coal_cycles_o, 32, 32), 1000u);
}

TEST(Ctrl, AnswersOnlyWhereThereIsRoom) {  // virtio.md 12.1
    Rig rig;
    EXPECT_EQ(rig.run({{0x1000, 4, false}}), 0);
    EXPECT_EQ(rig.run({{0x1000, 4, false}, {0x9000, 0, true}}), 0);
    EXPECT_EQ(rig.run({{0x1000, 1, false}, {0x9000, 1, true}}), 0);
    EXPECT_EQ(rig.run({{0x9000, 1, true}}), 0);
}

TEST(Ctrl, ACommandThatCouldNotBeReadIsRefused) {
    Rig rig;
    rig.fail = true;
    EXPECT_EQ(rig.command({VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_VQ_PAIRS_SET, 2, 0}), kErr);
    EXPECT_EQ(rig.b->pairs_o, 1u);
}

TEST(Ctrl, AReadableElementBehindAWritableOneIsARingError) {  // [V] 2.8.5
    Rig rig;
    EXPECT_EQ(rig.run({{0x1000, 2, false}, {0x9000, 1, true}, {0x1100, 2, false}}), -1);
    EXPECT_TRUE(rig.b->error_o);
}

}  // namespace
