// SPDX-License-Identifier: Apache-2.0
// The rig of tx_seg_test.cpp: whole packets in front of net_tx, a host memory that has them in pieces, a DMA engine that brings the pieces
// of all open reads mixed at random, and a MAC that takes what it wants. What comes out, with its checksum completed as tx_csum does it,
// is compared with segment_model.h.
//
//   Rig rig;
//   rig.send(packet.bytes, header, {12, 100});   // elements of 12 and 100 bytes, and one with the rest
//   rig.drain();
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <map>
#include <optional>

#include "Vnet_tx.h"
#include "bench.h"
#include "bits.h"
#include "segment_model.h"

constexpr unsigned kBeat = RTL_DataWidth / 8, kFrames = RTL_Frames;
using Bytes = std::vector<uint8_t>;

struct Rig {
    struct Element { uint64_t address; uint32_t length; bool write; };
    struct Chain {
        std::vector<Element> elements;
        std::vector<Bytes> frames;      // that are to leave
        uint16_t slot, id;
        uint8_t queue;
        bool indirect, wrap, good;      // good: not dropped
        unsigned open = 0;              // bytes asked for that are not here
        bool failed = false;            // a read of it failed: what leaves is a beginning of frames
    };
    Bench<Vnet_tx> b;
    std::deque<Chain> chains;           // all of them
    std::map<uint64_t, Bytes> memory;   // by the address of an element
    size_t fetched = 0, element = 0;    // chains taken, elements of the next one
    size_t used = 0, sent = 0, sent_frames = 0;
    unsigned stall = 0, drops = 0, segmented = 0, traced[4] = {};
    bool answer = true, mac = true;
    unsigned fail_percent = 0;
    Offloads offloads;
    struct Piece { uint64_t address; unsigned length, done; uint16_t dst; uint8_t slot; size_t chain; bool failed; };
    std::vector<Piece> pieces;
    Bytes frame;
    std::vector<uint64_t> beats;
    uint64_t next_address = 0x1000;
    uint64_t asked = 0, most_ahead = 0, arrived = 0;

    explicit Rig(unsigned seed = 1) : b(seed) {
        b->link_up_i = b->offload_i = 1;
        b->segment_i = 7;
        b->hash_report_i = b->stop_i = b->d_valid_i = b->req_ready_i = b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        b->u_ready_i = b->m_ready_i = b->d_queue_i = b->wr_dst_i = b->wr_lo_i = b->wr_hi_i = b->done_slot_i = b->done_bytes_i = 0;
        set_descriptor(b->d_i, {});
        for (unsigned i = 0; i < kBeat / 4; ++i) set_bits(b->wr_data_i, i * 32, 32, 0);
        b.reset();
    }
    void negotiate(const Offloads& o) {
        offloads = o;
        b->segment_i = uint8_t(o.tso4 | o.tso6 << 1 | o.uso << 2);
    }
    size_t header_bytes() { return b->hash_report_i ? VIRTIO_NET_HDR_HASH_SIZE : VIRTIO_NET_HDR_SIZE; }

    // Elements of these lengths, and one with what is left; `writable`: that element is for the device to write, which is wrong.
    Chain& send(const Bytes& packet, const NetHeader& header, std::vector<uint32_t> cuts = {}, std::optional<size_t> writable = {}) {
        Bytes all = header.bytes(header_bytes());
        all.insert(all.end(), packet.begin(), packet.end());
        Chain c{};
        c.slot = uint16_t(b.random());
        c.id = uint16_t(b.random());
        c.queue = uint8_t(b.random() % RTL_Queues);
        c.indirect = b.chance(30);
        c.wrap = b.chance(50);
        size_t at = 0;
        cuts.push_back(uint32_t(all.size()));
        for (size_t i = 0; i < cuts.size(); ++i) {
            const size_t bytes = std::min<size_t>(cuts[i], all.size() - at);
            next_address += b.random() % 5000;
            memory[next_address] = Bytes(all.begin() + long(at), all.begin() + long(at + bytes));
            c.elements.push_back({next_address, uint32_t(bytes), writable == i});
            next_address += bytes + 1;
            at += bytes;
        }
        if (!writable && packet.size() <= 65535 + 22) c.frames = transmitted(packet, header, offloads);
        c.good = !c.frames.empty();
        chains.push_back(c);
        return chains.back();
    }
    void drive_descriptor() {
        b->d_valid_i = fetched < chains.size() && (b->d_valid_i || !b.chance(stall));
        if (!b->d_valid_i) return;
        const Chain& c = chains[fetched];
        const Element& e = c.elements[element];
        const bool last = element + 1 == c.elements.size(), head = element == 0 || c.indirect;
        set_descriptor(b->d_i, {e.address, e.length, last ? c.id : uint16_t(~c.id), !last, e.write, c.indirect,
                                head ? c.slot : uint16_t(c.slot + element), head ? c.wrap : !c.wrap});
        b->d_queue_i = c.queue;
    }
    void drive_data() {
        b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        if (pieces.empty() || !answer || b.chance(stall)) return;
        const size_t i = stall ? b.random() % pieces.size() : 0;
        Piece& p = pieces[i];
        const unsigned low = p.done == 0 && stall ? unsigned(b.random() % kBeat) : 0;
        const unsigned bytes = p.failed ? p.length : std::min(kBeat - low, p.length - p.done);
        if (!p.failed) {
            const auto from = std::prev(memory.upper_bound(p.address));
            uint8_t data[kBeat] = {};
            std::memcpy(data + low, from->second.data() + (p.address - from->first) + p.done, bytes);
            std::memcpy(&b->wr_data_i, data, kBeat);
            b->wr_valid_i = 1;
            b->wr_dst_i = uint16_t(p.dst + p.done - low);
            b->wr_lo_i = uint8_t(low);
            b->wr_hi_i = uint8_t(low + bytes);
            arrived += bytes;
        }
        p.done += bytes;
        if (p.done != p.length) return;
        b->done_valid_i = 1;
        b->done_slot_i = p.slot;
        b->done_bytes_i = uint16_t(p.length);
        b->done_error_i = p.failed;
        chains[p.chain].open -= p.length;
        pieces.erase(pieces.begin() + long(i));
    }
    // A read lies within an element, of the chain that is taken or was taken last.
    void see_request() {
        if (!(b->req_valid_o && b->req_ready_i)) return;
        const RdReq q = get_rd_req(b->req_o);
        const auto in = memory.upper_bound(q.addr);
        ASSERT_NE(in, memory.begin());
        const auto& [address, bytes] = *std::prev(in);
        ASSERT_LE(q.addr + q.len, address + bytes.size()) << "a read outside of what was given";
        ASSERT_NE(q.len, 0);
        size_t chain = std::min(fetched, chains.size() - 1);
        auto of = [&](size_t c) {
            for (const Element& e : chains[c].elements) if (e.address == address) return true;
            return false;
        };
        while (chain > 0 && !of(chain)) --chain;
        ASSERT_TRUE(of(chain));
        Chain& c = chains[chain];
        ASSERT_FALSE(c.elements.size() > 1 && std::all_of(c.elements.begin(), c.elements.end(), [](const Element& e) { return e.write; }));
        c.open += q.len;
        asked += q.len;
        const bool failed = b.chance(fail_percent);
        c.failed |= failed;
        for (unsigned done = 0; done < q.len;) {
            const unsigned piece = std::min(q.len - done, 1 + unsigned(b.random() % 512));
            pieces.push_back({q.addr + done, piece, 0, uint16_t(q.dst + done), uint8_t(q.cookie), chain, failed});
            done += piece;
        }
    }
    void see_used() {
        if (!(b->u_valid_o && b->u_ready_i)) return;
        ASSERT_LT(used, fetched);
        const Chain& c = chains[used];
        ASSERT_EQ(c.open, 0u) << "used before all of its bytes are here";
        ASSERT_EQ(b->u_slot_o, c.slot) << "chain " << used;
        ASSERT_EQ(b->u_id_o, c.id);
        ASSERT_EQ(b->u_wrap_o, c.wrap);
        ASSERT_EQ(b->u_queue_o, c.queue);
        ASSERT_EQ(b->u_slots_o, c.indirect ? 1 : c.elements.size());
        ++used;
    }
    // To the next chain of which something is to leave.
    void pass_over() {
        while (sent < chains.size() && (!chains[sent].good || sent_frames == chains[sent].frames.size())) {
            ++sent;
            sent_frames = 0;
        }
    }
    void see_beat() {
        if (!(b->m_valid_o && b->m_ready_i)) return;
        EXPECT_TRUE(b->sending_o);
        beats.push_back(b.cycle);
        const auto* data = reinterpret_cast<const uint8_t*>(&b->m_data_o);
        ASSERT_TRUE(b->m_last_o || b->m_bytes_o == kBeat);
        ASSERT_LE(b->m_bytes_o, kBeat);
        frame.insert(frame.end(), data, data + b->m_bytes_o);
        if (!b->m_last_o) return;
        if (b->m_csum_o) {
            uint16_t value = uint16_t(~ones_sum(&frame.at(b->m_start_o), frame.size() - b->m_start_o));
            if (value == 0) value = 0xFFFF;
            put16(frame, b->m_field_o, value);
        }
        pass_over();
        // Of a packet of which a read failed a beginning leaves.
        auto another = [&](const Chain& c) { return c.failed && (sent_frames >= c.frames.size() || frame != c.frames[sent_frames]); };
        while (sent < chains.size() && another(chains[sent])) {
            ++sent;
            sent_frames = 0;
            pass_over();
        }
        ASSERT_LT(sent, chains.size()) << "a frame that nobody sent";
        const Bytes& want = chains[sent].frames.at(sent_frames);
        ASSERT_EQ(frame.size(), want.size()) << "chain " << sent << " frame " << sent_frames << " of " << chains[sent].frames.size();
        for (size_t i = 0; i < want.size(); ++i)
            ASSERT_EQ(unsigned{frame[i]}, unsigned{want[i]})
                << "byte " << i << " of " << want.size() << " of frame " << sent_frames << " of chain " << sent;
        ASSERT_EQ(b->m_queue_o, chains[sent].queue);
        ++sent_frames;
        frame.clear();
    }
    void step() {
        drive_descriptor();
        drive_data();
        b->req_ready_i = !b.chance(stall);
        b->u_ready_i = !b.chance(stall);
        b->m_ready_i = mac && !b.chance(stall);
        b.settle();
        for (unsigned i = 0; i < 4; ++i) traced[i] += b->trace_valid_o >> i & 1;
        drops += b->stat_drop_o;
        segmented += b->stat_segmented_o;
        const bool taken = b->d_valid_i && b->d_ready_o;
        see_request();
        if (taken && ++element == chains[fetched].elements.size()) { element = 0; ++fetched; }
        see_used();
        see_beat();
        most_ahead = std::max(most_ahead, asked - arrived);
        b.edge();
        if (taken) b->d_valid_i = 0;
    }
    void steps(unsigned n) { for (unsigned i = 0; i < n && !testing::Test::HasFatalFailure(); ++i) step(); }
    bool done() {
        pass_over();
        return fetched == chains.size() && used == chains.size() && b->idle_o && (sent == chains.size() || fail_percent != 0);
    }
    // Until everything is used, and sent or dropped.
    void drain(unsigned limit = 2000000) {
        for (unsigned i = 0; i < limit && !testing::Test::HasFatalFailure(); ++i) {
            step();
            b.settle();
            if (done()) break;
        }
        steps(5);
        if (testing::Test::HasFatalFailure()) return;
        ASSERT_EQ(used, chains.size());
        if (fail_percent == 0) {
            ASSERT_EQ(sent, chains.size()) << "frame " << sent_frames;
            EXPECT_EQ(drops, std::count_if(chains.begin(), chains.end(), [](const Chain& c) { return !c.good; }));
        }
        EXPECT_TRUE(b->idle_o);
        EXPECT_TRUE(b->quiet_o);
        EXPECT_FALSE(b->sending_o);
    }
};
