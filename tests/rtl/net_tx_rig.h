// SPDX-License-Identifier: Apache-2.0
// The rig of net_tx_test.cpp: chains of descriptors in front of net_tx, a host memory whose bytes follow from their address, a DMA
// engine that brings the pieces of all open reads mixed at random, and a MAC and a vq_used that take what they want. What comes out
// is compared with the chains that went in, in order.
//
//   Rig rig;
//   rig.chain({12, 60});    // header and frame, an element each
//   rig.drain();            // until all is used, and sent or dropped
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <vector>

#include "Vnet_tx.h"
#include "bench.h"
#include "bits.h"
#include "regmap.h"

constexpr unsigned kBeat = RTL_DataWidth / 8, kFrames = RTL_Frames, kQueues = RTL_Queues;
constexpr unsigned kHeader = VIRTIO_NET_HDR_SIZE, kShortest = VIRTIO_NET_HDR_SIZE + ETH_HEADER, kLongest = 9030;

inline uint8_t host_byte(uint64_t address) { return uint8_t(address * 7 + (address >> 8) * 13 + (address >> 32)); }

struct Element { uint64_t address; uint32_t length; bool next, write; unsigned frame, at; };   // at: of the packet

// What a virtio-net header says of checksums.
struct Header { uint8_t flags = 0, gso_type = 0; uint16_t csum_start = 0, csum_offset = 0; };

// A chain, and what became of it.
struct Chain {
    uint16_t slot, id;
    bool wrap, drop;
    uint8_t queue;
    unsigned elements;
    std::vector<uint8_t> bytes;   // of the frame
    unsigned open;                // bytes asked for that are not yet here
    bool indirect;                // the elements are those of a table: one slot
    uint16_t pid;                 // its number in its queue
    Header header;                // its first bytes
    unsigned slots() const { return indirect ? 1 : elements; }  // of the ring
};

struct Rig {
    Bench<Vnet_tx> b;
    std::deque<Element> elements;
    std::vector<Chain> chains;
    std::array<uint16_t, kQueues> taken{};       // chains of each queue
    unsigned used = 0, sent = 0, drops = 0, expected_drops = 0, fetched = 0, requests = 0;
    unsigned stall = 0;                          // percent of cycles in which a handshake is refused, and no data comes
    bool answer = true, mac = true, fail_any = false;
    struct Piece { uint64_t address; unsigned length, done, frame, at; uint16_t dst; uint8_t slot; bool failed; };
    std::vector<Piece> pieces;
    std::vector<uint8_t> frame;                  // as far as the MAC has it
    std::vector<uint64_t> beats;                 // cycles in which the MAC took one
    unsigned traced[4] = {};
    bool held = false;                           // the MAC refused a beat in the last cycle
    std::vector<uint8_t> held_data;

    explicit Rig(unsigned seed = 1) : b(seed) {
        b->link_up_i = 1;
        b->offload_i = b->hash_report_i = 0;
        b->segment_i = 0;
        b->stop_i = b->d_valid_i = b->req_ready_i = b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        b->u_ready_i = b->m_ready_i = 0;
        set_descriptor(b->d_i, {});
        b->d_queue_i = 0;
        b->wr_dst_i = b->wr_lo_i = b->wr_hi_i = b->done_slot_i = 0;
        b->done_bytes_i = 0;
        for (unsigned i = 0; i < kBeat / 4; ++i) set_bits(b->wr_data_i, i * 32, 32, 0);
        b.reset();
    }
    unsigned header_bytes() { return b->hash_report_i ? unsigned{VIRTIO_NET_HDR_HASH_SIZE} : kHeader; }   // [V] 5.1.6
    unsigned longest() { return kLongest - kHeader + header_bytes(); }
    // A chain that begins with this header, as far as its bytes reach.
    void chain_with(const Header& header, const std::vector<uint32_t>& lengths) {
        chain(lengths);
        Chain& c = chains.back();
        c.header = header;
        if (c.drop) return;
        const bool needs_csum = header.flags & 1, inside = header.csum_start + header.csum_offset + 2u <= c.bytes.size();
        c.drop = (header.gso_type & 0x7F) != 0 || (needs_csum && !(b->offload_i && inside));
        expected_drops += c.drop;
    }
    uint8_t byte_of(const Chain& c, uint64_t address, unsigned at) const {
        if (at >= kHeader) return host_byte(address);
        const Header& h = c.header;
        const uint8_t bytes[kHeader] = {h.flags, h.gso_type, 0xAB, 0xCD, 0xEF, 0x12, uint8_t(h.csum_start), uint8_t(h.csum_start >> 8),
                                        uint8_t(h.csum_offset), uint8_t(h.csum_offset >> 8), 0x34, 0x56};
        return bytes[at];
    }
    // A chain with elements of these lengths; bit i of `writable` makes element i writable by the device.
    void chain(const std::vector<uint32_t>& lengths, unsigned writable = 0) {
        Chain c{uint16_t(b.random()), uint16_t(b.random()), b.chance(50), false, uint8_t(b.random() % kQueues), 0, {}, 0, b.chance(30), 0, {}};
        c.elements = unsigned(lengths.size());
        uint64_t total = 0;
        for (size_t i = 0; i < lengths.size(); ++i) {
            const uint64_t high = b.random(), address = high << 32 | b.random();
            const bool write = i < 32 && (writable >> i & 1);
            elements.push_back({address, lengths[i], i + 1 < lengths.size(), write, unsigned(chains.size()), unsigned(total)});
            total += lengths[i];
            c.drop |= elements.back().write || total > longest();
            for (uint32_t k = 0; !c.drop && k < lengths[i]; ++k) c.bytes.push_back(host_byte(address + k));
        }
        c.drop |= total < header_bytes() + ETH_HEADER;
        c.pid = taken.at(c.queue)++;
        c.drop |= !b->link_up_i;
        expected_drops += c.drop;
        if (!c.drop) c.bytes.erase(c.bytes.begin(), c.bytes.begin() + header_bytes());
        chains.push_back(c);
    }

    void drive_descriptor() {
        b->d_valid_i = !elements.empty() && (b->d_valid_i || !b.chance(stall));
        if (!b->d_valid_i) return;
        const Element& e = elements.front();
        const Chain& c = chains[e.frame];
        const bool first = fetched == 0;
        // The slot of the head counts, and the id of the last element.
        set_descriptor(b->d_i, {e.address, e.length, e.next ? uint16_t(b.random()) : c.id, e.next, e.write, c.indirect,
                                first || c.indirect ? c.slot : uint16_t(c.slot + fetched), first || c.indirect ? c.wrap : !c.wrap});
        b->d_queue_i = c.queue;
    }
    // A beat of any piece: its bytes lie anywhere in the beat, as they do in a completion.
    void drive_data() {
        b->wr_valid_i = b->done_valid_i = b->done_error_i = 0;
        if (pieces.empty() || !answer || b.chance(stall)) return;
        const size_t i = b.random() % pieces.size();
        Piece& p = pieces[i];
        const unsigned low = p.done == 0 ? unsigned(b.random() % kBeat) : 0;
        const unsigned bytes = p.failed ? p.length : std::min(kBeat - low, p.length - p.done);
        if (!p.failed) {
            uint8_t data[kBeat];
            for (auto& byte : data) byte = uint8_t(b.random());
            for (unsigned k = 0; k < bytes; ++k) data[low + k] = byte_of(chains[p.frame], p.address + p.done + k, p.at + p.done + k);
            std::memcpy(&b->wr_data_i, data, kBeat);
            b->wr_valid_i = 1;
            b->wr_dst_i = uint16_t(p.dst + p.done - low);
            b->wr_lo_i = uint8_t(low);
            b->wr_hi_i = uint8_t(low + bytes);
        }
        p.done += bytes;
        if (p.done != p.length) return;
        b->done_valid_i = 1;
        b->done_slot_i = p.slot;
        b->done_bytes_i = uint16_t(p.length);
        b->done_error_i = p.failed;
        chains[p.frame].open -= p.length;
        pieces.erase(pieces.begin() + long(i));
    }
    // The chain's elements so far: has this one to be read?
    bool is_read(const Element& e) {
        static_assert(kLongest < 0x10000, "sums are small until they are too large");
        return e.length != 0 && !e.write && !spoilt && e.length <= longest() - gathered;
    }
    bool spoilt = false;      // of the chain that is being taken
    unsigned gathered = 0;
    void see_descriptor() {
        const bool request = b->req_valid_o && b->req_ready_i;
        if (!(b->d_valid_i && b->d_ready_o)) {
            EXPECT_FALSE(request) << "a read without its descriptor";
            return;
        }
        const Element e = elements.front();
        elements.pop_front();
        ASSERT_EQ(request, is_read(e)) << "element " << fetched << " of chain " << e.frame;
        if (request) see_request(e);
        spoilt |= e.write || e.length > longest() - gathered;
        if (!spoilt) gathered += e.length;
        ++fetched;
        if (e.next) return;
        fetched = gathered = 0;
        spoilt = false;
        EXPECT_TRUE(b->trace_valid_o & 1);
        EXPECT_EQ(get_bits(b->trace_data_o, 48, 16), chains[e.frame].slots());
        EXPECT_EQ(get_bits(b->trace_data_o, 32, 16), chains[e.frame].slot);
    }
    void see_request(const Element& e) {
        const RdReq q = get_rd_req(b->req_o);
        EXPECT_EQ(q.addr, e.address);
        EXPECT_EQ(q.len, e.length);
        EXPECT_EQ(q.client, 0) << "dma_pkg::RdTx";
        ASSERT_EQ(q.cookie % kFrames, e.frame % kFrames);
        ++requests;
        Chain& c = chains[e.frame];
        c.open += e.length;
        for (unsigned done = 0; done < e.length;) {
            const unsigned bytes = std::min(e.length - done, 1 + unsigned(b.random() % 512));
            const bool failed = fail_any && b.chance(10);
            if (failed && !c.drop) {
                c.drop = true;
                ++expected_drops;
            }
            pieces.push_back({e.address + done, bytes, 0, e.frame, e.at + done, uint16_t(q.dst + done), uint8_t(q.cookie), failed});
            done += bytes;
        }
    }
    void see_used() {
        if (!(b->u_valid_o && b->u_ready_i)) return;
        ASSERT_LT(used, chains.size());
        const Chain& c = chains[used];
        ASSERT_EQ(c.open, 0u) << "used before all of its bytes are here";
        ASSERT_EQ(b->u_slot_o, c.slot) << "chain " << used;
        ASSERT_EQ(b->u_id_o, c.id);
        ASSERT_EQ(b->u_wrap_o, c.wrap);
        ASSERT_EQ(b->u_queue_o, c.queue);
        ASSERT_EQ(b->u_pid_o, c.pid);
        ASSERT_EQ(b->u_slots_o, c.slots());
        ++used;
    }
    void see_beat() {
        const auto* data = reinterpret_cast<const uint8_t*>(&b->m_data_o);
        if (held) {
            EXPECT_TRUE(b->m_valid_o) << "a beat that was offered went away";
            EXPECT_TRUE(std::equal(held_data.begin(), held_data.end(), data));
        }
        held = b->m_valid_o && !b->m_ready_i;
        if (held) held_data.assign(data, data + (b->m_last_o ? b->m_bytes_o : kBeat));
        if (!(b->m_valid_o && b->m_ready_i)) return;
        EXPECT_TRUE(b->sending_o);
        beats.push_back(b.cycle);
        ASSERT_LE(b->m_bytes_o, kBeat);
        ASSERT_TRUE(b->m_last_o || b->m_bytes_o == kBeat);
        frame.insert(frame.end(), data, data + b->m_bytes_o);
        if (!b->m_last_o) return;
        while (sent < chains.size() && chains[sent].drop) ++sent;
        ASSERT_LT(sent, chains.size());
        ASSERT_LT(sent, used) << "sent before all of its bytes are here";
        ASSERT_EQ(frame.size(), chains[sent].bytes.size()) << "chain " << sent;
        ASSERT_EQ(frame, chains[sent].bytes) << "chain " << sent;
        ASSERT_EQ(b->m_queue_o, chains[sent].queue);
        const Header& header = chains[sent].header;
        ASSERT_EQ(b->m_csum_o, header.flags & 1) << "chain " << sent;
        if (b->m_csum_o) {
            ASSERT_EQ(b->m_start_o, header.csum_start) << "chain " << sent;
            ASSERT_EQ(b->m_field_o, header.csum_start + header.csum_offset) << "chain " << sent;
        }
        frame.clear();
        ++sent;
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
        see_descriptor();
        see_used();
        see_beat();
        const bool more = b->d_valid_i && b->d_ready_o;
        b.edge();
        if (more) b->d_valid_i = 0;
    }
    void steps(unsigned n) { for (unsigned i = 0; i < n && !testing::Test::HasFatalFailure(); ++i) step(); }
    bool done() const { return elements.empty() && used == chains.size() && drops == expected_drops && unsent() == 0; }
    size_t unsent() const {
        const auto from = chains.begin() + std::min<long>(sent, long(chains.size()));
        return size_t(std::count_if(from, chains.end(), [](const Chain& c) { return !c.drop; }));
    }
    void drain(unsigned limit = 400000) {
        for (unsigned i = 0; i < limit && !done() && !testing::Test::HasFatalFailure(); ++i) step();
        steps(3);
        if (testing::Test::HasFatalFailure()) return;
        ASSERT_TRUE(elements.empty()) << "stuck: " << elements.size() << " elements are waiting";
        ASSERT_EQ(used, chains.size());
        ASSERT_EQ(unsent(), 0u);
        EXPECT_EQ(drops, expected_drops);
        EXPECT_TRUE(b->idle_o);
        EXPECT_TRUE(b->quiet_o);
        EXPECT_FALSE(b->sending_o);
        EXPECT_FALSE(b->m_valid_o);
    }
};
