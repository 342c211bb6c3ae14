// SPDX-License-Identifier: Apache-2.0
// A whole virtqueue: from doorbell to interrupt, with the traffic of other queues and clients on the same buses.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <deque>
#include <vector>

#include "Vvq.h"
#include "bench.h"
#include "bits.h"
#include "regmap.h"

namespace {

constexpr unsigned kBeat = RTL_DataWidth / 8, kQueue = RTL_Queue, kSize = 24;
constexpr uint64_t kRing = 0x1200000000ull, kEvent = 0x3400000000ull;
constexpr unsigned kRdDesc = 1, kRdEvent = 2, kWrUsed = 1;  // dma_pkg
constexpr uint16_t kNext = 1u << VIRTQ_DESC_F_NEXT_BIT;
constexpr uint16_t kAvail = 1u << VIRTQ_DESC_F_AVAIL_BIT, kUsed = 1u << VIRTQ_DESC_F_USED_BIT;

struct Desc { uint64_t addr; uint32_t len; uint16_t id, flags; };
struct Buffer { uint16_t slot, id; unsigned elements; uint32_t written; bool wrap; };

// The driver, host memory, the DMA engines and net_rx (or, with `batch`, net_tx) of a queue.
struct Rig {
    Bench<Vvq> b;
    std::vector<Desc> ring = std::vector<Desc>(kSize);
    uint16_t event_flags = VIRTQ_EVENT_FLAGS_ENABLE;
    bool batch, noise = false, fail_desc = false, fail_event = false;
    unsigned stall = 0;
    uint16_t next = 0, look = 0, id = 0;      // driver: slot to fill, slot where the next used descriptor comes
    bool wrap = true, look_wrap = true;
    unsigned free = kSize;
    std::deque<Buffer> out, taken, to_use;    // the device may have it; it took it; it is done with it
    unsigned element = 0, doorbells = 0, returned = 0, interrupts = 0, event_reads = 0, writes = 0, written = 0;
    unsigned traced_used = 0;
    struct Read { RdReq q; unsigned sent; uint64_t due; bool failed; std::vector<uint8_t> data; };
    std::deque<Read> reads;
    std::deque<WrCmd> commands;
    unsigned src = 0;                         // bytes of the oldest command whose RAM was read
    std::vector<uint8_t> line;
    bool reading = false;

    explicit Rig(bool in_order, unsigned seed = 1) : b(seed), batch(in_order) {
        b->enable_i = 1;
        b->size_i = kSize;
        b->desc_i = kRing;
        b->driver_i = kEvent;
        b->batch_i = batch;
        b->mrrs_i = 2;
        b->stop_i = b->db_valid_i = b->db_has_data_i = b->quiet_i = b->req_ready_i = b->wr_valid_i = b->done_valid_i = 0;
        b->done_error_i = b->cmd_ready_i = b->src_re_i = b->wdone_valid_i = b->d_ready_i = b->rewind_i = b->rewind_wrap_i = 0;
        b->u_valid_i = b->irq_ready_i = 0;
        b->db_queue_i = b->db_data_i = b->wr_cookie_i = b->wr_dst_i = b->done_cookie_i = b->src_addr_i = b->wdone_cookie_i = 0;
        b->wr_client_i = b->wr_lo_i = b->wr_hi_i = b->done_client_i = b->src_client_i = b->src_queue_i = b->wdone_client_i = 0;
        b->rewind_slot_i = 0;
        b.reset();
    }
    void post(unsigned elements, uint32_t bytes) {
        ASSERT_LE(elements, free);
        out.push_back({next, id, elements, bytes, wrap});
        for (unsigned i = 0; i < elements; ++i) {
            const uint16_t flags = uint16_t((i + 1 < elements ? kNext : 0) | (wrap ? kAvail : kUsed));
            ring[next] = {0x1000u * next, 64 + i, id, flags};
            if (++next == kSize) { next = 0; wrap = !wrap; }
        }
        ++id;
        free -= elements;
        ++doorbells;
    }
    // A doorbell, and those of other queues.
    void drive_doorbell() {
        b->db_valid_i = 0;
        b->db_queue_i = uint16_t(kQueue + 1);
        if (noise && b.chance(20)) b->db_valid_i = 1;
        b->db_has_data_i = 1;
        b->db_data_i = uint16_t(b.random());
        if (doorbells == 0) return;
        b->db_valid_i = 1;
        b->db_queue_i = kQueue;
        b->db_data_i = uint16_t(next | wrap << 15);
        doorbells = 0;
    }
    // What belongs to another queue or another client: it must change nothing.
    void stranger(uint8_t client, unsigned mine, uint8_t& client_port, uint16_t& cookie_port) {
        const bool other_queue = b.chance(50);
        client_port = other_queue ? client : uint8_t(mine);
        cookie_port = uint16_t((other_queue ? kQueue + 1 + b.random() % 4 : kQueue) << 8 | (b.random() & 255));
    }
    void drive_completion() {
        b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        if (!reads.empty() && reads.front().due <= b.cycle && !b.chance(stall)) {
            Read& r = reads.front();
            if (r.sent == 0) {  // sampled when the completion is sent
                r.data.resize(r.q.len);
                const uint32_t event = uint32_t(event_flags) << 16 | 0xFFFF;
                if (r.q.client == kRdEvent) std::memcpy(r.data.data(), &event, 4);
                else std::memcpy(r.data.data(), reinterpret_cast<const uint8_t*>(ring.data()) + (r.q.addr - kRing), r.q.len);
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
            reads.pop_front();
        } else if (noise && b.chance(50)) {
            for (unsigned i = 0; i < kBeat / 4; ++i) set_bits(b->wr_data_i, i * 32, 32, b.random());
            b->wr_valid_i = b->done_valid_i = b->done_error_i = 1;
            b->wr_dst_i = uint16_t(b.random());
            b->wr_lo_i = 0;
            b->wr_hi_i = kBeat;
            stranger(b.chance(50) ? kRdDesc : kRdEvent, b.chance(50) ? 0 : 3, b->wr_client_i, b->wr_cookie_i);
            b->done_client_i = b->wr_client_i;
            b->done_cookie_i = b->wr_cookie_i;
        }
    }
    // dma_wr: the RAM is read, a beat a cycle; the link takes the last beat in the cycle behind it.
    void drive_writer() {
        b->src_re_i = b->wdone_valid_i = 0;
        if (reading) {
            const auto* data = reinterpret_cast<const uint8_t*>(&b->src_data_o);
            line.insert(line.end(), data, data + kBeat);
            reading = false;
            const WrCmd& c = commands.front();
            if (line.size() >= c.len) {
                std::memcpy(reinterpret_cast<uint8_t*>(ring.data()) + (c.addr - kRing), line.data(), c.len);
                b->wdone_valid_i = 1;
                b->wdone_client_i = c.client;
                b->wdone_cookie_i = c.cookie;
                commands.pop_front();
                line.clear();
                ++written;
                return;
            }
        }
        b->src_client_i = kWrUsed;
        b->src_queue_i = kQueue;
        if (!commands.empty() && !b.chance(stall)) {
            b->src_re_i = reading = true;
            b->src_addr_i = uint16_t(commands.front().src + line.size());
        } else if (noise && b.chance(50)) {
            uint16_t cookie;
            b->src_re_i = 1;
            stranger(kWrUsed, 0, b->src_client_i, cookie);
            b->src_queue_i = uint8_t(cookie >> 8);
            b->src_addr_i = uint16_t(b.random());
            b->wdone_valid_i = 1;
            b->wdone_client_i = b->src_client_i;
            b->wdone_cookie_i = cookie;
        }
    }
    // net_rx or net_tx: buffers are used in order, some time after they were taken.
    void drive_used() {
        while (!taken.empty() && b.chance(30)) {
            to_use.push_back(taken.front());
            taken.pop_front();
        }
        b->quiet_i = taken.empty() && to_use.empty() && element == 0;
        b->u_valid_i = !to_use.empty();
        if (to_use.empty()) return;
        const Buffer& u = to_use.front();
        set_bits(b->u_i, 82, 16, u.slot);
        set_bits(b->u_i, 81, 1, u.wrap);
        set_bits(b->u_i, 65, 16, u.id);
        set_bits(b->u_i, 33, 32, u.written);
        set_bits(b->u_i, 32, 1, u.written != 0);
        set_bits(b->u_i, 16, 16, u.id);
        set_bits(b->u_i, 0, 16, 0);
    }
    void see_requests() {
        for (unsigned i = 0; i < 2; ++i) {
            if (!(b->req_valid_o >> i & 1) || !(b->req_ready_i >> i & 1)) continue;
            std::array<uint32_t, 4> bits{};
            for (unsigned k = 0; k < 4; ++k) bits[k] = uint32_t(get_bits(b->req_o, i * 114 + k * 32, k == 3 ? 18 : 32));
            const RdReq q = get_rd_req(bits);
            EXPECT_EQ(q.client, i == 0 ? kRdDesc : kRdEvent);
            EXPECT_EQ(q.cookie >> 8, kQueue);
            if (i == 1) {
                EXPECT_EQ(q.addr, kEvent);
                EXPECT_EQ(q.len, 4);
                ++event_reads;
                EXPECT_LE(event_reads, written) << "[V] 2.8.10: the structure is read after the used descriptor is written";
            } else {
                ASSERT_GE(q.addr, kRing);
                ASSERT_LE(q.addr + q.len, kRing + kSize * 16);
            }
            reads.push_back({q, 0, b.cycle + 2 + b.random() % 20, i == 0 ? fail_desc : fail_event, {}});
        }
    }
    void see_descriptor() {
        if (!(b->d_valid_o && b->d_ready_i)) return;
        ASSERT_FALSE(out.empty());
        const Buffer& e = out.front();
        const unsigned s = (e.slot + element) % kSize;
        ASSERT_EQ(get_bits(b->d_o, 1, 16), s);
        ASSERT_EQ(get_bits(b->d_o, 0, 1), e.slot + element < kSize ? e.wrap : !e.wrap);
        ASSERT_EQ(get_bits(b->d_o, 67, 64), 0x1000u * s);
        ASSERT_EQ(get_bits(b->d_o, 35, 32), 64 + element);
        ASSERT_EQ(get_bits(b->d_o, 19, 16), e.id);
        ASSERT_EQ(get_bits(b->d_o, 18, 1), element + 1 < e.elements);
        ASSERT_EQ(get_bits(b->d_o, 17, 1), 0u);
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
                look = uint16_t(look + u.elements);
                if (look >= kSize) { look = uint16_t(look - kSize); look_wrap = !look_wrap; }
                free += u.elements;
                ++returned;
            }
        }
    }
    void step() {
        drive_doorbell();
        drive_completion();
        drive_writer();
        drive_used();
        b->req_ready_i = uint8_t((b.chance(stall) ? 0 : 1) | (b.chance(stall) ? 0 : 2));
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

TEST(Vq, CarriesABufferFromDoorbellToInterrupt) {
    for (const bool batch : {false, true}) {
        Rig rig(batch);
        rig.post(3, batch ? 0 : 72);
        rig.drain();
        EXPECT_EQ(rig.returned, 1u);
        EXPECT_EQ(rig.writes, 1u);
        EXPECT_EQ(rig.event_reads, 1u);
        EXPECT_EQ(rig.interrupts, 1u);
        EXPECT_TRUE(rig.b->starved_o);
    }
}

TEST(Vq, KeepsWorkingAmongTheTrafficOfOthers) {
    for (unsigned seed = 1; seed <= 10; ++seed) {
        Rig rig(seed & 1, seed);
        rig.stall = seed * 9 % 50;
        rig.noise = true;
        unsigned posted = 0;
        for (unsigned i = 0; i < 4000 && !HasFatalFailure(); ++i) {
            const unsigned elements = 1 + unsigned(rig.b.random() % 4);
            if (rig.free >= elements && rig.b.chance(15)) {
                rig.post(elements, rig.batch ? 0 : 60 + unsigned(rig.b.random() % 1500));
                ++posted;
            }
            rig.step();
        }
        rig.drain();
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        EXPECT_EQ(rig.returned, posted);
        EXPECT_EQ(rig.traced_used, posted);
        EXPECT_GT(posted, 100u);
        EXPECT_GT(rig.interrupts, 0u);
        EXPECT_LE(rig.interrupts, rig.writes) << "no more interrupts than used writes";
    }
}

TEST(Vq, AnswersManyBuffersWithOneInterrupt) {
    Rig rig(true);
    for (unsigned i = 0; i < 8; ++i) rig.post(2, 0);
    rig.drain();
    EXPECT_EQ(rig.returned, 8u);
    EXPECT_EQ(rig.writes, 1u) << "[V] 2.8.8";
    EXPECT_EQ(rig.interrupts, 1u);
}

TEST(Vq, SendsNoInterruptThatTheDriverSuppresses) {  // [V] 2.8.10
    Rig rig(false);
    rig.event_flags = VIRTQ_EVENT_FLAGS_DISABLE;
    rig.post(1, 60);
    rig.drain();
    EXPECT_EQ(rig.event_reads, 1u);
    EXPECT_EQ(rig.interrupts, 0u);
    rig.event_flags = VIRTQ_EVENT_FLAGS_ENABLE;
    rig.post(1, 60);
    rig.drain();
    EXPECT_EQ(rig.interrupts, 1u);
}

TEST(Vq, WakesByItsOwnDoorbellOnly) {
    Rig rig(false);
    rig.steps(100);
    rig.post(1, 60);
    rig.doorbells = 0;
    rig.noise = true;
    rig.steps(500);
    EXPECT_EQ(rig.out.size(), 1u) << "the queue sleeps until its own doorbell comes";
    rig.doorbells = 1;
    rig.drain();
}

TEST(Vq, StopsWhenItsRingCannotBeRead) {
    Rig rig(false);
    rig.fail_desc = true;
    rig.post(1, 60);
    rig.steps(200);
    EXPECT_TRUE(rig.b->error_o);
    EXPECT_EQ(rig.out.size(), 1u);
    rig.b->enable_i = 0;
    rig.steps(3);
    EXPECT_FALSE(rig.b->error_o);
}

TEST(Vq, ReportsThatTheEventStructureCannotBeRead) {
    Rig rig(false);
    rig.fail_event = true;
    rig.post(1, 60);
    rig.steps(300);
    EXPECT_TRUE(rig.b->error_o);
    EXPECT_EQ(rig.interrupts, 0u);
    rig.b->enable_i = 0;
    rig.steps(3);
    EXPECT_FALSE(rig.b->error_o);
}

}  // namespace
