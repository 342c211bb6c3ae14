// SPDX-License-Identifier: Apache-2.0
// The rig of net_rx_test.cpp: a MAC that cannot wait, receive buffers that can be given back, and dma_wr, which carries commands
// out in order and reads the RAM for them. It knows at every beat how full the RAM is, and so which frame must be dropped; every
// command, byte and used descriptor is compared with the frame and the buffer that it is for.
//
//   Rig rig;
//   rig.buffer({12, 1514});
//   rig.frame(60);
//   rig.drain();             // until all frames are delivered or dropped and the RAM is free
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <vector>

#include "Vnet_rx.h"
#include "bench.h"
#include "bits.h"
#include "frames.h"
#include "regmap.h"

constexpr unsigned kBeat = RTL_DataWidth / 8, kQueues = RTL_Queues, kFrames = RTL_Frames, kWords = RTL_RamBytes / kBeat;
constexpr unsigned kHeader = VIRTIO_NET_HDR_SIZE;

struct Element { uint64_t address; uint32_t length; uint16_t id, slot; bool next, write, wrap, indirect; };
struct Frame {
    Bytes bytes;
    bool bad;
    uint8_t queue;
    bool unwanted, verified;
    uint32_t hash;
    uint8_t report;
    uint16_t pid;                              // its number in its queue
    unsigned words() const { return unsigned(bytes.size() + kBeat - 1) / kBeat; }
};

struct Rig {
    Bench<Vnet_rx> b;
    std::deque<Frame> wire, stored;            // to come; good and in the RAM, waiting for a buffer
    unsigned beat = 0;                         // of the frame that arrives
    bool over = false;                         // it does not fit
    std::array<uint16_t, kQueues> kept{};
    std::deque<unsigned> to_free;              // words of frames whose last command was issued
    unsigned held = 0;                         // words in use
    std::vector<Element> elements;
    size_t at = 0, head = 0;                   // the element that is offered, the first one of its chain
    unsigned hidden = 0;                       // cycles until descriptors are there again
    uint16_t slot = 0;
    bool wrap = true;
    unsigned pos = 0;                          // bytes of the packet that have their command
    struct Command { WrCmd cmd; Bytes data; unsigned done; };
    std::deque<Command> commands;
    struct Done { uint64_t due; uint16_t cookie; };
    std::deque<Done> dones;
    Bytes compare;                             // what the RAM has to show in this cycle
    unsigned stall = 0, gap = 0;               // percent: a handshake is refused; a cycle between beats
    bool dma = true, offer = true;
    unsigned delivered = 0, bad = 0, no_buffer = 0, fifo = 0, rewound = 0, good = 0, unwanted = 0;
    std::vector<uint64_t> command_cycles;
    std::vector<uint16_t> used_pids, used_slots;

    explicit Rig(unsigned seed = 1) : b(seed) {
        b->enable_i = 1;
        b->stop_i = b->m_valid_i = b->m_sop_i = b->m_last_i = b->m_bad_i = b->d_valid_i = b->d_next_i = b->d_write_i = 0;
        b->m_queue_i = b->d_indirect_i = b->m_unwanted_i = b->m_verified_i = b->hash_report_i = b->m_report_i = 0;
        b->merge_i = 0;
        b->m_hash_i = 0;
        b->d_wrap_i = b->d_starved_i = b->cmd_ready_i = b->src_re_i = b->done_valid_i = b->u_ready_i = 0;
        b->m_length_i = b->d_id_i = b->d_slot_i = b->src_addr_i = b->done_cookie_i = 0;
        b->d_addr_i = b->d_len_i = 0;
        for (unsigned i = 0; i < kBeat / 4; ++i) set_bits(b->m_data_i, i * 32, 32, 0);
        b.reset();
    }
    void frame(unsigned bytes, bool is_bad = false, bool unwanted = false) {
        const uint8_t queue = uint8_t(kQueues == 1 ? 0 : b.random() % kQueues);
        wire.push_back({random_frame(b.random, bytes), is_bad, queue, unwanted, b.chance(50), uint32_t(b.random()), uint8_t(b.random() % 7), 0});
    }
    // A buffer of elements in the ring or, with `indirect`, in a table, which is one slot of it.
    void buffer(const std::vector<uint32_t>& lengths, bool write = true, bool indirect = false) {
        for (size_t i = 0; i < lengths.size(); ++i) {
            const uint64_t high = b.random(), address = high << 32 | b.random();
            elements.push_back({address, lengths[i], uint16_t(b.random()), slot, i + 1 < lengths.size(), write, wrap, indirect});
            if (indirect && i + 1 < lengths.size()) continue;
            if (++slot == 1000) { slot = 0; wrap = !wrap; }
        }
    }

    // Buffers of one element each.
    void buffers(unsigned count, uint32_t length) {
        const std::vector<uint32_t> one(1, length);
        while (count--) buffer(one);
    }

    void drive_wire() {
        b->m_valid_i = !wire.empty() && !b.chance(gap);
        if (!b->m_valid_i) return;
        const Frame& f = wire.front();
        put_beat(b->m_data_i, f.bytes, beat * kBeat, b.random);
        b->m_sop_i = beat == 0;
        b->m_last_i = beat + 1 == f.words();
        b->m_bad_i = b->m_last_i && f.bad;
        b->m_queue_i = b->m_last_i ? f.queue : uint8_t(0);
        b->m_unwanted_i = b->m_last_i ? f.unwanted : b.random() & 1;
        b->m_verified_i = b->m_last_i ? f.verified : b.random() & 1;
        b->m_hash_i = b->m_last_i ? f.hash : uint32_t(b.random());
        b->m_report_i = b->m_last_i ? f.report : b.random() & 15;
        b->m_length_i = b->m_last_i ? uint16_t(f.bytes.size()) : uint16_t(b.random());
    }
    void drive_descriptor() {
        if (hidden != 0) --hidden;
        b->d_starved_i = at == elements.size() && hidden == 0;
        b->d_valid_i = at != elements.size() && hidden == 0 && offer && (b->d_valid_i || !b.chance(stall));
        if (!b->d_valid_i) return;
        const Element& e = elements[at];
        b->d_addr_i = e.address;
        b->d_len_i = e.length;
        b->d_id_i = e.id;
        b->d_next_i = e.next;
        b->d_write_i = e.write;
        b->d_slot_i = e.slot;
        b->d_wrap_i = e.wrap;
        b->d_indirect_i = e.indirect;
    }
    // dma_wr: data of src_addr_i is there in the next cycle; done comes when the link has taken it, in order.
    Bytes drive_dma() {
        Bytes next;
        b->src_re_i = b->done_valid_i = 0;
        if (!dones.empty() && dones.front().due <= b.cycle && !b.chance(stall)) {
            b->done_valid_i = 1;
            b->done_cookie_i = dones.front().cookie;
            dones.pop_front();
        }
        if (!dma || commands.empty() || b.chance(stall)) return next;
        Command& c = commands.front();
        if (c.cmd.len != 0) {
            b->src_re_i = 1;
            b->src_addr_i = uint16_t(c.cmd.src + c.done);
            next.assign(c.data.begin() + c.done, c.data.begin() + std::min<long>(c.cmd.len, c.done + kBeat));
            // Over the first bytes dma_wr puts the header: the RAM may show anything.
            for (size_t k = 0; k < next.size() && c.cmd.pos + c.done + k < header_bytes(); ++k) next[k] = 0;
            compare_from = c.cmd.pos + c.done < header_bytes() ? header_bytes() - c.cmd.pos - c.done : 0;
        }
        c.done += kBeat;
        if (c.done >= c.cmd.len) {
            dones.push_back({b.cycle + 1 + b.random() % 4, c.cmd.cookie});
            commands.pop_front();
        }
        return next;
    }
    size_t compare_from = 0, compare_now = 0;
    void see_ram() {
        const auto* data = reinterpret_cast<const uint8_t*>(&b->src_data_o);
        for (size_t k = compare_now; k < compare.size(); ++k) ASSERT_EQ(data[k], compare[k]) << "byte " << k << " of a beat";
    }
    unsigned header_bytes() { return b->hash_report_i ? unsigned{VIRTIO_NET_HDR_HASH_SIZE} : kHeader; }
    unsigned total() { return unsigned(stored.front().bytes.size()) + header_bytes(); }
    void pop_frame() {
        stored.pop_front();
        pos = 0;
    }
    // A command without data: the oldest frame is given up, its buffer goes back to the ring.
    void see_marker(const WrCmd& c) {
        ASSERT_FALSE(stored.empty());
        ASSERT_TRUE(c.cookie >> 15);
        ASSERT_TRUE(b->stat_no_buffer_o);
        EXPECT_FALSE(b->u_valid_o && b->u_ready_i);
        EXPECT_FALSE(b->d_valid_i && b->d_ready_o);
        EXPECT_EQ(b->rewind_o, b->d_valid_i);
        if (b->rewind_o) {
            const Element& e = elements[at];
            EXPECT_TRUE(!e.next && pos + e.length < total()) << "this buffer is long enough";
            EXPECT_EQ(b->rewind_slot_o, elements[head].slot);
            EXPECT_EQ(b->rewind_wrap_o, elements[head].wrap);
            at = head;
            hidden = 1 + unsigned(b.random() % 10);
            ++rewound;
        }
        ++no_buffer;
        commands.push_back({c, {}, 0});
        to_free.push_back(stored.front().words());
        pop_frame();
    }
    void see_command(const WrCmd& c) {
        ASSERT_FALSE(stored.empty());
        const Element& e = elements[at];
        ASSERT_EQ(b->queue_o, stored.front().queue);
        ASSERT_EQ(c.addr, e.address);
        ASSERT_EQ(c.len, std::min(e.length, total() - pos));
        ASSERT_EQ(c.pos, pos);
        EXPECT_EQ(c.client, 0) << "dma_pkg::WrRx";
        const Frame& f = stored.front();     // dma_pkg::rx_hdr_t
        EXPECT_EQ(c.hdr_low & 0xFF, f.verified ? 2u : 0u) << "[V] 5.1.6.4: DATA_VALID";
        EXPECT_EQ(c.hdr_low >> 8 & 0xFFFF, f.report);
        EXPECT_EQ(c.hdr_low >> 24 & 0xFFFFFFFF, f.hash);
        EXPECT_EQ(c.hdr_low >> 56, b->hash_report_i);
        EXPECT_EQ(c.hdr_high, 0x00010000u) << "[V] 5.1.6.4: num_buffers is 1";
        EXPECT_EQ(c.cookie >> 15, pos + c.len == total());
        if (c.cookie >> 15) to_free.push_back(stored.front().words());  // also when elements without data are still to come
        Bytes data(header_bytes(), 0);
        data.insert(data.end(), stored.front().bytes.begin(), stored.front().bytes.end());
        commands.push_back({c, Bytes(data.begin() + pos, data.begin() + pos + c.len), 0});
        command_cycles.push_back(b.cycle);
    }
    void see_scatter() {
        const bool command = b->cmd_valid_o && b->cmd_ready_i, taken = b->d_valid_i && b->d_ready_o;
        WrCmd c{};
        if (command) c = get_wr_cmd(b->cmd_o);
        if (command && c.len == 0) return see_marker(c);
        EXPECT_FALSE(b->rewind_o);
        const bool used = b->u_valid_o && b->u_ready_i;
        EXPECT_TRUE(taken || (!command && !used));
        EXPECT_EQ(b->stat_frame_o, used);
        if (!taken) return;
        ASSERT_FALSE(stored.empty());
        const Element e = elements[at];
        const unsigned piece = std::min(e.length, total() - pos);
        ASSERT_EQ(command, piece != 0);
        if (command) see_command(c);
        pos += piece;
        ++at;
        ASSERT_EQ(used, !e.next) << "the used descriptor goes with the last element";
        if (!used) return;
        EXPECT_EQ(pos, total()) << "a short buffer was used";
        EXPECT_EQ(b->u_slot_o, elements[head].slot);
        EXPECT_EQ(b->u_wrap_o, elements[head].wrap);
        EXPECT_EQ(b->u_id_o, e.id);
        EXPECT_EQ(b->u_slots_o, e.indirect ? 1 : at - head);
        EXPECT_EQ(b->queue_o, stored.front().queue);
        EXPECT_EQ(b->u_len_o, total());
        EXPECT_EQ(b->u_pid_o, stored.front().pid);
        EXPECT_EQ(b->stat_bytes_o, stored.front().bytes.size());
        used_pids.push_back(b->u_pid_o);
        used_slots.push_back(b->u_slot_o);
        ++delivered;
        head = at;
        pop_frame();
    }
    // `full` as it was at the beginning of the cycle.
    void see_wire(bool table_full) {
        if (!b->m_valid_i) {
            EXPECT_FALSE(b->stat_fifo_o);
            EXPECT_FALSE(b->stat_unwanted_o);
            return;
        }
        if (beat == 0) over = false;
        over = over || held + beat == kWords || !b->enable_i || table_full;
        if (!b->m_last_i) { ++beat; return; }
        beat = 0;
        Frame f = wire.front();
        wire.pop_front();
        good += !f.bad;
        bad += f.bad;
        const bool keep = !f.bad && !f.unwanted && !over;
        EXPECT_EQ(b->stat_unwanted_o, !f.bad && f.unwanted);
        unwanted += b->stat_unwanted_o;
        EXPECT_EQ(b->stat_fifo_o, !f.bad && !f.unwanted && over && b->enable_i) << "RAM words in use: " << held << ", frames " << stored.size();
        EXPECT_EQ(b->trace_valid_o >> 1 & 1, keep);
        fifo += b->stat_fifo_o;
        if (!f.bad && !f.unwanted && !b->enable_i) {
            EXPECT_TRUE(b->stat_no_buffer_o);
            ++no_buffer;
        }
        if (!keep) return;
        f.pid = kept.at(f.queue)++;
        held += f.words();
        stored.push_back(f);
    }
    void step() {
        drive_wire();
        drive_descriptor();
        const Bytes next = drive_dma();
        b->cmd_ready_i = commands.size() < 8 && !b.chance(stall);
        b->u_ready_i = !b.chance(stall);
        b.settle();
        see_ram();
        const bool table_full = stored.size() == kFrames;
        see_scatter();
        see_wire(table_full);
        if (b->done_valid_i && b->done_cookie_i >> 15) {
            ASSERT_FALSE(to_free.empty());
            held -= to_free.front();
            to_free.pop_front();
        }
        const bool taken = (b->d_valid_i && b->d_ready_o) || b->rewind_o;
        b.edge();
        if (taken) b->d_valid_i = 0;
        compare = next;
        compare_now = compare_from;
    }
    void steps(unsigned n) { for (unsigned i = 0; i < n && !testing::Test::HasFatalFailure(); ++i) step(); }
    bool done() const { return wire.empty() && stored.empty() && commands.empty() && dones.empty(); }
    void drain(unsigned limit = 300000) {
        for (unsigned i = 0; i < limit && !done() && !testing::Test::HasFatalFailure(); ++i) step();
        steps(20);
        if (testing::Test::HasFatalFailure()) return;
        ASSERT_TRUE(done()) << "stuck: " << wire.size() << " frames to come, " << stored.size() << " in the RAM";
        EXPECT_EQ(held, 0u);
        EXPECT_EQ(delivered + no_buffer + fifo + unwanted, good) << "each good frame is delivered or counted as dropped";
        EXPECT_TRUE(at != elements.size() || b->idle_o);
        EXPECT_TRUE(b->quiet_o);
        EXPECT_FALSE(b->error_o);
    }
};
