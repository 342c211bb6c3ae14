// SPDX-License-Identifier: Apache-2.0
// The rig of ctrl_test.cpp and ctrl_net_test.cpp: a queue that hands out chains, dma_rd and dma_wr, at random paces.
//
//   Rig rig;
//   rig.command({VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_VQ_PAIRS_SET, 2, 0})   // the bytes of the answer
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "Vctrl.h"
#include "bench.h"
#include "bits.h"
#include "regmap.h"

constexpr unsigned kQueues = 2 * RTL_QueuePairs;

struct Rig {
    Bench<Vctrl> b;
    std::map<uint64_t, uint8_t> memory;
    struct Read { RdReq req; };
    std::vector<Read> reads;
    bool fail = false, wrap = true;
    uint16_t slot = 0, id = 100;
    uint64_t base = 0;                 // of the addresses of commands
    uint32_t surplus = 0;              // readable bytes behind a command
    // What was written to the tables of the receive path.
    std::array<uint8_t, 40> key{};
    std::array<uint8_t, 128> table{};
    std::set<unsigned> vlans;
    std::function<void()> observe = [] {};   // in every cycle

    explicit Rig(unsigned seed = 1) : b(seed) {
        b->enable_i = 1;
        b->stop_i = b->d_valid_i = b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        b->vq_clear_i = 0;
        b->features_i = ~0ull;
        b->cycles_per_us_i = 250;
        b->mac_address_i = 0x060504030200;
        b->tables_ready_i = 1;
        b.reset();
    }
    void step() {
        b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        if (!reads.empty() && !b.chance(40)) {
            const RdReq r = reads.front().req;
            reads.erase(reads.begin());
            uint8_t beat[32];
            for (uint8_t& byte : beat) byte = uint8_t(b.random());   // around the bytes that were asked for
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
        see_tables();
        observe();
        if (b->req_valid_o && b->req_ready_i) reads.push_back({get_rd_req(b->req_o)});
        if (b->cmd_valid_o && b->cmd_ready_i) {
            const WrCmd w = get_wr_cmd(b->cmd_o);
            EXPECT_LE(w.len, 4);
            for (unsigned i = 0; i < w.len; ++i) memory[w.addr + i] = uint8_t(w.hdr_low >> 8 * (w.addr % 4 + i));
        }
    }
    void see_tables() {   // rx_pkg::write_t
        const uint32_t write = b->write_o, what = write >> 20, address = write >> 8 & 0xFFF, data = write & 0xFF;
        if (what == 4) key.at(address) = uint8_t(data);
        if (what == 2) table.at(address) = uint8_t(data);
        if (what != 1) return;
        if (data) vlans.insert(address); else vlans.erase(address);
    }
    struct Element { uint64_t address; uint32_t length; bool write; };
    // Runs a chain; used.len, or -1 if it was never used.
    int run(const std::vector<Element>& chain) {
        size_t at = 0;
        int length = -1;
        for (size_t i = 0; i < 20000 + 3 * chain.size() && length < 0; ++i) {
            b->d_valid_i = at < chain.size() && !b.chance(20);
            if (at < chain.size()) {
                b->d_addr_i = chain[at].address;
                b->d_len_i = chain[at].length;
                b->d_write_i = chain[at].write;
                b->d_next_i = at + 1 < chain.size();
                b->d_id_i = uint16_t(slot + id);
                b->d_slot_i = uint16_t(slot + at);
                b->d_wrap_i = wrap;
                b->d_indirect_i = 0;
            }
            step();
            const bool taken = b->d_valid_i && b->d_ready_o;
            if (b->u_valid_o && b->u_ready_i) {
                length = int(b->u_len_o);
                EXPECT_EQ(b->u_slot_o, slot);
                EXPECT_EQ(b->u_slots_o, chain.size());
                EXPECT_EQ(b->u_id_o, uint16_t(slot + id));
                EXPECT_EQ(b->u_wrap_o, wrap);
            }
            b.edge();
            at += taken;
        }
        slot = uint16_t(slot + chain.size());
        return length;
    }
    // A command cut at random, answered into one element.
    std::vector<uint8_t> command(const std::vector<uint8_t>& bytes, unsigned writable = 9, unsigned longest = 8) {
        std::vector<Element> chain;
        for (size_t done = 0; done < bytes.size();) {
            const size_t n = std::min<size_t>(bytes.size() - done, 1 + b.random() % longest);
            const uint64_t address = base + 0x10000 + b.random() % 64 + 1024 * chain.size();
            for (size_t i = 0; i < n; ++i) memory[address + i] = bytes[done + i];
            chain.push_back({address, uint32_t(n), false});
            done += n;
        }
        chain.back().length += surplus;
        chain.push_back({base + 0x9001, writable, true});
        const int length = run(chain);
        std::vector<uint8_t> answer;
        for (int i = 0; i < length; ++i) answer.push_back(memory[base + 0x9001 + unsigned(i)]);
        return answer;
    }
};
using Answer = std::vector<uint8_t>;
const Answer kOk{VIRTIO_CTRL_ACK_OK}, kErr{VIRTIO_CTRL_ACK_ERR};
