// SPDX-License-Identifier: Apache-2.0
// The rig of vq_test.cpp: driver, host memory, DMA engines and the consumer of one virtqueue, with the traffic of other queues and
// clients on the same buses. Every descriptor, table element and used descriptor is compared with the buffer that it is for.
//
//   Rig rig(in_order);
//   rig.post(3, 72);         // three elements, 72 bytes written by the device
//   rig.drain();             // until the driver has it back
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <vector>

#include "bench.h"
#include "bits.h"
#include "regmap.h"

// The device: vq, or vq_serial if a test says so before it includes this.
#ifdef RIG_SERIAL
#include "Vvq_serial.h"
using Vq = Vvq_serial;
#else
#include "Vvq.h"
using Vq = Vvq;
#endif

constexpr unsigned kBeat = RTL_DataWidth / 8, kQueue = 3, kSize = 24;
constexpr uint64_t kRing = 0x1200000000ull, kEvent = 0x3400000000ull, kTables = 0x5600000000ull;
constexpr unsigned kRdDesc = 1, kRdEvent = 2, kRdTable = 5, kWrUsed = 1;  // dma_pkg
constexpr uint16_t kNext = 1u << VIRTQ_DESC_F_NEXT_BIT, kIndirect = 1u << VIRTQ_DESC_F_INDIRECT_BIT;
constexpr uint16_t kAvail = 1u << VIRTQ_DESC_F_AVAIL_BIT, kUsed = 1u << VIRTQ_DESC_F_USED_BIT;

struct Desc { uint64_t addr; uint32_t len; uint16_t id, flags; };
struct Buffer {
    uint16_t slot, id;
    unsigned elements;
    uint32_t written;
    bool wrap, table;                         // table: its elements are not in the ring
    unsigned slots() const { return table ? 1 : elements; }
};

// In the place of the ports that only a queue has which reads ahead, batches or gives chains back.
struct NoPorts {
    uint8_t used_age_i, db_has_data_i, batch_i, quiet_i, mrrs_i, src_re_i, src_client_i, src_queue_i, rewind_i, rewind_wrap_i;
    uint16_t db_data_i, done_bytes_i, src_addr_i, rewind_slot_i;
};

// The driver, host memory, the DMA engines and net_rx (or, with `batch`, net_tx) of a queue.
struct Rig {
    Bench<Vq> b;
#ifdef RIG_SERIAL
    NoPorts ahead{};
#else
    Vq& ahead = *b.operator->();
#endif
    std::vector<Desc> ring = std::vector<Desc>(kSize), tables = std::vector<Desc>(kSize * kSize);  // a table for each slot
    uint16_t event_flags = VIRTQ_EVENT_FLAGS_ENABLE, event_slot = 0xFFFF;
    bool batch, noise = false, fail_desc = false, fail_event = false;
    unsigned stall = 0;
    uint16_t next = 0, look = 0, id = 0;      // driver: slot to fill, slot where the next used descriptor comes
    bool wrap = true, look_wrap = true;
    unsigned free = kSize;
    std::deque<Buffer> out, taken, to_use;    // the device may have it; it took it; it is done with it
    unsigned element = 0, doorbells = 0, returned = 0, interrupts = 0, event_reads = 0, writes = 0, written = 0, unannounced = 0;
    unsigned traced_used = 0;
    struct Read { RdReq q; unsigned sent; uint64_t due; bool failed; std::vector<uint8_t> data; };
    std::deque<Read> reads;
    std::deque<WrCmd> commands;
    unsigned src = 0;                         // bytes of the oldest command whose RAM was read
    std::vector<uint8_t> line;
    bool reading = false, just_written = false;

    explicit Rig(bool in_order, unsigned seed = 1) : b(seed), batch(in_order) {
        b->queue_i = kQueue;
        ahead.used_age_i = 96;
        b->enable_i = 1;
        b->size_i = kSize;
        b->desc_i = kRing;
        b->driver_i = kEvent;
        ahead.batch_i = batch;
        ahead.mrrs_i = 2;
        b->stop_i = b->db_valid_i = ahead.db_has_data_i = ahead.quiet_i = b->req_ready_i = b->wr_valid_i = b->done_valid_i = 0;
        b->done_error_i = b->cmd_ready_i = ahead.src_re_i = b->wdone_valid_i = b->d_ready_i = ahead.rewind_i = ahead.rewind_wrap_i = 0;
        b->u_valid_i = b->irq_ready_i = b->reset_i = b->event_idx_i = 0;
        b->indirect_i = b->irq_sent_i = 1;
        b->coal_packets_i = 0;
        b->coal_cycles_i = b->cycle_i = 0;
        ahead.done_bytes_i = 0;
        b->db_queue_i = ahead.db_data_i = b->wr_cookie_i = b->wr_dst_i = b->done_cookie_i = ahead.src_addr_i = b->wdone_cookie_i = 0;
        b->wr_client_i = b->wr_lo_i = b->wr_hi_i = b->done_client_i = ahead.src_client_i = ahead.src_queue_i = b->wdone_client_i = 0;
        ahead.rewind_slot_i = 0;
        b.reset();
    }
    void post(unsigned elements, uint32_t bytes, bool table = false) {
        const Buffer buffer{next, id, elements, bytes, wrap, table};
        ASSERT_LE(buffer.slots(), free);
        out.push_back(buffer);
        if (table) {
            for (unsigned i = 0; i < elements; ++i) tables[next * kSize + i] = {address(buffer, i), 64 + i, 0, 0};
            ring[next] = {kTables + next * kSize * 16, elements * 16, id, uint16_t(kIndirect | (wrap ? kAvail : kUsed))};
            if (++next == kSize) { next = 0; wrap = !wrap; }
        }
        for (unsigned i = 0; !table && i < elements; ++i) {
            const uint16_t flags = uint16_t((i + 1 < elements ? kNext : 0) | (wrap ? kAvail : kUsed));
            ring[next] = {address(buffer, i), 64 + i, id, flags};
            if (++next == kSize) { next = 0; wrap = !wrap; }
        }
        ++id;
        free -= buffer.slots();
        ++doorbells;
    }
    static uint64_t address(const Buffer& buffer, unsigned i) { return 0x100000ull * buffer.slot + 0x1000u * i; }
    // A doorbell, and those of other queues.
    void drive_doorbell() {
        b->db_valid_i = 0;
        b->db_queue_i = uint16_t(kQueue + 1);
        if (noise && b.chance(20)) b->db_valid_i = 1;
        ahead.db_has_data_i = 1;
        ahead.db_data_i = uint16_t(b.random());
        if (doorbells == 0) return;
        b->db_valid_i = 1;
        b->db_queue_i = kQueue;
        ahead.db_data_i = uint16_t(next | wrap << 15);
        doorbells = 0;
    }
    // What belongs to another queue or another client: it must change nothing.
    void stranger(uint8_t client, unsigned mine, uint8_t& client_port, uint16_t& cookie_port) {
        const bool other_queue = b.chance(50);
        client_port = other_queue ? client : uint8_t(mine);
        cookie_port = uint16_t((other_queue ? kQueue + 1 + b.random() % 4 : kQueue) << 8 | (b.random() & 255));
    }
    static void copy(Read& r, const std::vector<Desc>& from, uint64_t base) {
        std::memcpy(r.data.data(), reinterpret_cast<const uint8_t*>(from.data()) + (r.q.addr - base), r.q.len);
    }
    void drive_completion() {
        b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        if (!reads.empty() && reads.front().due <= b.cycle && !b.chance(stall)) {
            Read& r = reads.front();
            if (r.sent == 0) {  // sampled when the completion is sent
                r.data.resize(r.q.len);
                const uint32_t event = uint32_t(event_flags) << 16 | event_slot;
                if (r.q.client == kRdEvent) std::memcpy(r.data.data(), &event, 4);
                else if (r.q.client == kRdTable) copy(r, tables, kTables);
                else copy(r, ring, kRing);
            }
            const unsigned bytes = std::min<unsigned>(kBeat, r.q.len - r.sent);
            b->wr_valid_i = !r.failed;
            b->wr_client_i = r.q.client;
            b->wr_cookie_i = r.q.cookie;
            b->wr_dst_i = uint16_t(r.q.dst + r.sent);
            b->wr_lo_i = 0;
            b->wr_hi_i = uint8_t(bytes);
            std::memcpy(&b->wr_data_i, &r.data[r.sent], bytes);
            r.sent += bytes;
            if (r.sent != r.q.len && !r.failed) return;
            b->done_valid_i = 1;
            b->done_error_i = r.failed;
            b->done_client_i = r.q.client;
            b->done_cookie_i = r.q.cookie;
            ahead.done_bytes_i = r.q.len;
            reads.pop_front();
        } else if (noise && b.chance(50)) {
            for (unsigned i = 0; i < kBeat / 4; ++i) set_bits(b->wr_data_i, i * 32, 32, b.random());
            b->wr_valid_i = b->done_valid_i = b->done_error_i = 1;
            b->wr_dst_i = uint16_t(b.random());
            b->wr_lo_i = 0;
            b->wr_hi_i = kBeat;
            const uint8_t clients[] = {kRdDesc, kRdEvent, kRdTable};
            stranger(clients[b.random() % 3], b.chance(50) ? 0 : 3, b->wr_client_i, b->wr_cookie_i);
            b->done_client_i = b->wr_client_i;
            b->done_cookie_i = b->wr_cookie_i;
        }
    }
    // dma_wr: the RAM is read, a beat a cycle; the link takes the last beat in the cycle behind it.
    void drive_writer() {
        ahead.src_re_i = b->wdone_valid_i = 0;
        just_written = false;
        if (reading) {
            const auto* data = reinterpret_cast<const uint8_t*>(&b->src_data_o);
            line.insert(line.end(), data, data + kBeat);
            reading = false;
            const WrCmd& c = commands.front();
            if (line.size() >= c.len) {
                if (c.len != 0) std::memcpy(reinterpret_cast<uint8_t*>(ring.data()) + (c.addr - kRing), line.data(), c.len);
                b->wdone_valid_i = 1;
                b->wdone_client_i = c.client;
                b->wdone_cookie_i = c.cookie;
                line.clear();
                written += c.len != 0;
                unannounced += c.len != 0;
                just_written = c.len != 0;
                commands.pop_front();
                return;
            }
        }
        ahead.src_client_i = kWrUsed;
        ahead.src_queue_i = kQueue;
        if (!commands.empty() && !b.chance(stall)) {
            ahead.src_re_i = reading = true;
            ahead.src_addr_i = uint16_t(commands.front().src + line.size());
        } else if (noise && b.chance(50)) {
            uint16_t cookie;
            ahead.src_re_i = 1;
            stranger(kWrUsed, 0, ahead.src_client_i, cookie);
            ahead.src_queue_i = uint8_t(cookie >> 8);
            ahead.src_addr_i = uint16_t(b.random());
            b->wdone_valid_i = 1;
            b->wdone_client_i = ahead.src_client_i;
            b->wdone_cookie_i = cookie;
        }
    }
    // net_rx or net_tx: buffers are used in order, some time after they were taken.
    void drive_used() {
        while (!taken.empty() && b.chance(30)) {
            to_use.push_back(taken.front());
            taken.pop_front();
        }
        ahead.quiet_i = taken.empty() && to_use.empty() && element == 0;
        b->u_valid_i = !to_use.empty();
        if (to_use.empty()) return;
        const Buffer& u = to_use.front();
        set_bits(b->u_i, 82, 16, u.slot);
        set_bits(b->u_i, 81, 1, u.wrap);
        set_bits(b->u_i, 65, 16, u.id);
        set_bits(b->u_i, 33, 32, u.written);
        set_bits(b->u_i, 32, 1, u.written != 0);
        set_bits(b->u_i, 16, 16, u.id);
        set_bits(b->u_i, 0, 16, u.slots());
    }
    void see_requests() {
        for (unsigned i = 0; i < 3; ++i) {
            if (!(b->req_valid_o >> i & 1) || !(b->req_ready_i >> i & 1)) continue;
            std::array<uint32_t, 4> bits{};
            for (unsigned k = 0; k < 4; ++k) bits[k] = uint32_t(get_bits(b->req_o, i * 128 + k * 32, 32));
            const RdReq q = get_rd_req(bits);
            EXPECT_EQ(q.client, i == 0 ? kRdDesc : i == 1 ? kRdEvent : kRdTable);
            EXPECT_EQ(q.cookie >> 8, kQueue);
            if (i == 1) {
                EXPECT_EQ(q.addr, kEvent);
                EXPECT_EQ(q.len, 4);
                ++event_reads;
                EXPECT_GT(unannounced, 0u) << "[V] 2.8.10: the structure is read after used descriptors are written, once for all";
                unannounced = just_written;
            } else if (i == 2) {
                ASSERT_GE(q.addr, kTables);
                ASSERT_LE(q.addr + q.len, kTables + kSize * kSize * 16);
            } else {
                ASSERT_GE(q.addr, kRing);
                ASSERT_LE(q.addr + q.len, kRing + kSize * 16);
            }
            reads.push_back({q, 0, b.cycle + 2 + b.random() % 20, i == 0 ? fail_desc : i == 1 && fail_event, {}});
        }
    }
    void see_descriptor() {
        if (!(b->d_valid_o && b->d_ready_i)) return;
        ASSERT_FALSE(out.empty());
        const Buffer& e = out.front();
        const unsigned slot = e.slot + (e.table ? 0 : element);
        ASSERT_EQ(get_bits(b->d_o, 1, 16), slot % kSize);
        ASSERT_EQ(get_bits(b->d_o, 0, 1), slot < kSize ? e.wrap : !e.wrap);
        ASSERT_EQ(get_bits(b->d_o, 68, 64), address(e, element));
        ASSERT_EQ(get_bits(b->d_o, 36, 32), 64 + element);
        ASSERT_EQ(get_bits(b->d_o, 20, 16), e.id);
        ASSERT_EQ(get_bits(b->d_o, 19, 1), element + 1 < e.elements);
        ASSERT_EQ(get_bits(b->d_o, 18, 1), 0u);
        ASSERT_EQ(get_bits(b->d_o, 17, 1), e.table);
        if (++element != e.elements) return;
        element = 0;
        taken.push_back(e);
        in_use.push_back(e);
        out.pop_front();
    }
    std::deque<Buffer> in_use;   // the driver waits for these
    // The driver looks at the ring, [V] 2.8.5; with IN_ORDER one descriptor stands for all up to its id, [V] 2.8.8.
    void poll() {
        for (;;) {
            const uint16_t flags = ring[look].flags & (kAvail | kUsed);
            if (in_use.empty() || flags != (look_wrap ? kAvail | kUsed : 0)) return;
            const uint16_t last = ring[look].id;
            if (!batch) {
                ASSERT_EQ(last, in_use.front().id);
                ASSERT_EQ(ring[look].len, in_use.front().written);
                ASSERT_EQ(ring[look].flags >> VIRTQ_DESC_F_WRITE_BIT & 1, in_use.front().written != 0);
            }
            for (bool more = true; more;) {
                ASSERT_FALSE(in_use.empty()) << "id " << last << " is in no buffer";
                const Buffer u = in_use.front();
                in_use.pop_front();
                more = u.id != last;
                look = uint16_t(look + u.slots());
                if (look >= kSize) { look = uint16_t(look - kSize); look_wrap = !look_wrap; }
                free += u.slots();
                ++returned;
            }
        }
    }
    void step() {
        drive_doorbell();
        drive_completion();
        drive_writer();
        drive_used();
        b->req_ready_i = uint8_t((b.chance(stall) ? 0 : 1) | (b.chance(stall) ? 0 : 2) | (b.chance(stall) ? 0 : 4));
        b->cycle_i = uint32_t(b.cycle);
        b->cmd_ready_i = !b.chance(stall);
        b->d_ready_i = !b.chance(stall);
        b->irq_ready_i = !b.chance(stall);
        b.settle();
        see_requests();
        see_descriptor();
        if (b->trace_used_o) traced_used += unsigned(b->trace_used_data_o >> 32 & 0xFFFF);
        if (b->u_valid_i && b->u_ready_o) to_use.pop_front();
        if (b->cmd_valid_o && b->cmd_ready_i) {
            commands.push_back(get_wr_cmd(b->cmd_o));
            EXPECT_EQ(commands.back().client, kWrUsed);
            EXPECT_EQ(commands.back().cookie >> 8, kQueue);
            ++writes;
        }
        if (b->irq_valid_o && b->irq_ready_i) {
            EXPECT_GT(written, 0u) << "an interrupt without a used descriptor";
            ++interrupts;
        }
        b.edge();
        poll();
    }
    void steps(unsigned n) { for (unsigned i = 0; i < n && !testing::Test::HasFatalFailure(); ++i) step(); }
    void drain() {
        for (unsigned i = 0; i < 3000 && (free != kSize || !b->idle_o) && !testing::Test::HasFatalFailure(); ++i) step();
        ASSERT_EQ(free, kSize) << out.size() << " buffers not taken, " << in_use.size() << " not used, cycle " << b.cycle;
        EXPECT_TRUE(b->idle_o);
        EXPECT_FALSE(b->error_o);
    }
};
