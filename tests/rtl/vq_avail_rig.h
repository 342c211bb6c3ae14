// SPDX-License-Identifier: Apache-2.0
// The rig of vq_avail_test.cpp: vq_avail, a driver that fills its ring a store at a time, and a memory that is read a 64-byte line
// at a time, whenever it likes between request and completion, so that what a read brings is as torn as it may be on a real
// machine ([V] 2.8.6). Every descriptor that comes out is compared with the one that the driver meant.
//
//   Rig rig(Config{});
//   rig.enable();
//   rig.post(3);            // a chain of three elements and its doorbell, queued behind what the driver still has to store
//   rig.drain("what");      // runs until everything posted was handed out; fails if that does not happen
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <vector>

#include "Vvq_avail.h"
#include "bench.h"
#include "bits.h"
#include "regmap.h"

constexpr unsigned kBeat = RTL_DataWidth / 8;
constexpr uint64_t kRing = 0x1200000000ull;
constexpr uint16_t kNext = 1u << VIRTQ_DESC_F_NEXT_BIT, kWrite = 1u << VIRTQ_DESC_F_WRITE_BIT;
constexpr uint16_t kIndirect = 1u << VIRTQ_DESC_F_INDIRECT_BIT;
constexpr uint16_t kAvail = 1u << VIRTQ_DESC_F_AVAIL_BIT, kUsed = 1u << VIRTQ_DESC_F_USED_BIT;

struct Desc { uint64_t addr; uint32_t len; uint16_t id, flags; };
static_assert(sizeof(Desc) == 16, "a descriptor is 16 bytes, [V] 2.8.13");
struct Slot { uint16_t slot; bool wrap; Desc desc; };

// What varies from test to test.
struct Config {
    unsigned size = 64;
    bool data = true;          // doorbells carry NOTIFICATION_DATA
    bool shuffle = false;      // doorbells arrive in any order
    unsigned stall = 0;        // percent of cycles in which a handshake is refused
    unsigned delay = 1;        // cycles from a read to its completion, at most
    unsigned pace = 100;       // percent of cycles in which the driver executes a store
    unsigned mrrs = 512;
    uint64_t ring = kRing;
};

struct Rig {
    Config c;
    Bench<Vvq_avail> b;
    std::vector<Desc> ring;
    std::deque<Slot> expected, chain;     // made available; taken of the chain that is being handed out
    struct Read { uint64_t address; unsigned length, chunk, sent, line; uint16_t dst; uint64_t due; std::vector<uint8_t> data;
                  std::vector<uint64_t> when; bool failed; unsigned after; };
    std::vector<Read> reads;
    std::vector<RdReq> requests;
    struct Op { bool bell; uint16_t slot; Desc desc; };
    std::deque<Op> ops;                   // of the driver, in program order
    std::vector<uint16_t> bells;          // rung, not yet here
    unsigned rung = 0, arrived = 0;
    std::deque<std::vector<Slot>> taken;  // chains that were handed out and are not yet used
    uint16_t next = 0;
    bool wrap = true, use = true, take = true, answer = true, grant = true, fail = false;
    unsigned free, handed = 0;

    explicit Rig(const Config& config, unsigned seed = 1) : c(config), b(seed), ring(config.size), free(config.size) {
        b->queue_i = 0;
        b->enable_i = b->db_valid_i = b->db_has_data_i = b->stop_i = b->req_ready_i = b->wr_valid_i = b->done_valid_i = 0;
        b->done_error_i = b->d_ready_i = b->rewind_i = 0;
        b->db_data_i = b->wr_dst_i = b->rewind_slot_i = 0;
        b->rewind_wrap_i = b->wr_lo_i = b->wr_hi_i = b->done_chunk_i = 0;
        b->size_i = uint16_t(c.size);
        b->desc_i = c.ring;
        b->mrrs_i = c.mrrs == 128 ? 0 : c.mrrs == 256 ? 1 : 2;
        b.reset();
    }
    void enable() { b->enable_i = 1; }

    // The driver appends a chain; its head is stored last ([V] 2.8.6). Ids count in the last element only ([V] 2.8.6).
    void post(unsigned elements, bool ring_bell = true, uint16_t extra = 0) {
        ASSERT_LE(elements, free);
        std::vector<Op> stores;
        for (unsigned i = 0; i < elements; ++i) {
            const uint16_t flags = uint16_t((i + 1 < elements ? kNext : 0) | (wrap ? kAvail : kUsed) | (b.chance(50) ? kWrite : 0));
            const uint64_t address = b.random();
            const Desc d{address << 32 | b.random(), uint32_t(b.random()), uint16_t(b.random()), uint16_t(flags | extra)};
            expected.push_back({next, wrap, d});
            stores.push_back({false, next, d});
            if (++next == c.size) { next = 0; wrap = !wrap; }
        }
        std::shuffle(stores.begin() + 1, stores.end(), b.random);
        std::rotate(stores.begin(), stores.begin() + 1, stores.end());
        ops.insert(ops.end(), stores.begin(), stores.end());
        free -= elements;
        if (ring_bell) bell();
    }
    void bell() { ops.push_back({true, uint16_t(next | wrap << 15), {}}); }

    void drive_driver() {
        b->db_valid_i = 0;
        if (!ops.empty() && b.chance(c.pace)) {
            const Op op = ops.front();
            ops.pop_front();
            if (op.bell) {
                bells.push_back(op.slot);
                ++rung;
            } else {
                ring[op.slot] = op.desc;
            }
        }
        if (!bells.empty() && b.chance(c.pace)) {
            const size_t i = c.shuffle ? b.random() % bells.size() : 0;
            b->db_valid_i = 1;
            b->db_has_data_i = c.data;
            b->db_data_i = c.data ? bells[i] : uint16_t(b.random());
            bells.erase(bells.begin() + long(i));
            ++arrived;
        }
        if (use && !taken.empty() && b.chance(c.pace)) {  // the device writes a used descriptor over the head, [V] 2.8.5
            const auto& t = taken.front();
            ring[t[0].slot].flags = uint16_t(t[0].wrap ? kAvail | kUsed : 0);
            ring[t[0].slot].id = t.back().desc.id;
            ring[t[0].slot].len = 0;
            free += unsigned(t.size());
            taken.pop_front();
        }
    }
    unsigned line_end(const Read& r, unsigned offset) const {
        return std::min(r.length, unsigned(((r.address + offset) / 64 + 1) * 64 - r.address));
    }
    void sample() {
        for (auto& r : reads)
            for (unsigned offset = 0, i = 0; offset < r.length; offset = line_end(r, offset), ++i)
                if (r.when[i] == b.cycle) {
                    r.after = rung;
                    const auto* bytes = reinterpret_cast<const uint8_t*>(ring.data());
                    std::memcpy(&r.data[offset], bytes + (r.address - c.ring) + offset, line_end(r, offset) - offset);
                }
    }
    // Completions of any read that is due, in any order, a line or more at a time; a beat a cycle.
    void drive_completion() {
        b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        if (reads.empty() || !answer) return;
        if (reads.back().line == 0) {
            const size_t i = b.random() % reads.size();
            if (reads[i].due > b.cycle || b.chance(c.stall)) return;
            // A completion passes no doorbell that was sent before it ([P] 2.4.1); those of another CPU are not before it.
            if (!c.shuffle && int(reads[i].after - arrived) > 0) return;
            std::swap(reads[i], reads.back());
            auto& r = reads.back();
            r.line = r.sent;
            do r.line = line_end(r, r.line); while (r.line < r.length && b.chance(50));
        }
        auto& r = reads.back();
        const unsigned bytes = std::min(kBeat, r.line - r.sent);
        b->wr_valid_i = !r.failed;
        b->wr_dst_i = uint16_t(r.dst + r.sent);
        b->wr_lo_i = 0;
        b->wr_hi_i = uint8_t(bytes);
        for (unsigned i = 0; i < kBeat / 4; ++i) set_bits(b->wr_data_i, i * 32, 32, b.random());
        std::memcpy(&b->wr_data_i, &r.data[r.sent], bytes);
        r.sent += bytes;
        if (r.sent == r.line) r.line = 0;
        if (r.sent != r.length && !r.failed) return;
        b->done_valid_i = 1;
        b->done_chunk_i = uint8_t(r.chunk & 7);
        b->done_error_i = r.failed;
        reads.pop_back();
    }
    void see_request() {
        const RdReq q = get_rd_req(b->req_o);
        EXPECT_EQ(q.client, 1) << "dma_pkg::RdDesc";
        EXPECT_LE(q.len, c.mrrs);
        EXPECT_EQ(q.addr >> 12, (q.addr + q.len - 1) >> 12);
        ASSERT_GE(q.addr, c.ring);
        ASSERT_LE(q.addr + q.len, c.ring + c.size * 16) << "read beyond the ring";
        ASSERT_GT(q.len, 0);
        EXPECT_EQ(b->trace_slot_o, (q.addr - c.ring) / 16);
        EXPECT_EQ(b->trace_count_o, q.len / 16u);
        requests.push_back(q);
        Read r{q.addr, q.len, q.cookie, 0, 0, q.dst, b.cycle + 1 + b.random() % c.delay, std::vector<uint8_t>(q.len), {}, fail, 0};
        for (unsigned offset = 0; offset < r.length; offset = line_end(r, offset))
            r.when.push_back(b.cycle + 1 + b.random() % (r.due - b.cycle));
        // A read whose completion is being sent stays last.
        reads.insert(reads.begin(), r);
    }
    void see_descriptor() {
        ASSERT_FALSE(expected.empty()) << "slot " << b->d_slot_o << " was never made available";
        const Slot& e = expected.front();
        ASSERT_EQ(b->d_slot_o, e.slot) << "after " << handed;
        ASSERT_EQ(b->d_wrap_o, e.wrap);
        ASSERT_EQ(b->d_addr_o, e.desc.addr) << "slot " << e.slot << ": stale";
        ASSERT_EQ(b->d_len_o, e.desc.len);
        ASSERT_EQ(b->d_id_o, e.desc.id);
        ASSERT_EQ(b->d_next_o, e.desc.flags & kNext ? 1 : 0);
        ASSERT_EQ(b->d_write_o, e.desc.flags & kWrite ? 1 : 0);
        chain.push_back(e);
        expected.pop_front();
        ++handed;
        if (!(chain.back().desc.flags & kNext)) {
            taken.emplace_back(chain.begin(), chain.end());
            chain.clear();
        }
    }
    void step() {
        drive_driver();
        sample();
        drive_completion();
        b->req_ready_i = grant && !b.chance(c.stall);
        b->d_ready_i = take && !b.chance(c.stall);
        b.settle();
        if (b->req_valid_o && b->req_ready_i) see_request();
        if (b->d_valid_o && b->d_ready_i && !b->rewind_i) see_descriptor();
        b.edge();
    }
    void steps(unsigned n) { for (unsigned i = 0; i < n && !testing::Test::HasFatalFailure(); ++i) step(); }
    // Runs until all that was posted has been handed out: the last doorbell is enough for that.
    void drain(const char* what, unsigned limit = 4000) {
        for (unsigned i = 0; i < limit && !testing::Test::HasFatalFailure(); ++i) {
            if (expected.empty() && ops.empty() && bells.empty()) return;
            step();
        }
        ASSERT_TRUE(expected.empty()) << what << ": " << expected.size() << " descriptors from slot " << expected.front().slot
                                      << " on were never fetched, cycle " << b.cycle;
    }
    void sleep() { steps(200 + 2 * c.delay); }
};
