// SPDX-License-Identifier: Apache-2.0
// What a driver, a wire and a link may do to a device, drawn at random: chains of any shape, packets of any kind, commands good and bad,
// resets, and wrongs of every kind (nic_wrongs.h). An Action is plain data, so that several devices can be given the same.
//
// Ours: drawn is what leaves nothing to timing, so that devices that are right end up the same. With several queue pairs frames go one way
// at a time, for automatic steering learns from what is sent; what waits for buffers is less than what a device holds; moderation is short.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "nic_device.h"
#include "nic_wrongs.h"
#include "packets.h"

struct Piece {
    uint64_t address;
    Frame bytes;            // that the device reads; empty if it writes
    uint32_t length;
    bool write;
};
struct Chain {
    std::vector<Piece> pieces;   // readable ones first
    bool table = false;
};
struct Action {
    enum Kind { Nothing, Post, Inject, Link, Events, ResetQueue, Restart, Break, Packets, Doorbells } kind = Nothing;
    std::string name;
    unsigned queue = 0;
    std::vector<Chain> chains;   // Post: for this queue
    std::vector<Frame> frames;   // Inject: with FCS
    uint32_t word = 0;           // Events: the driver's event structure of this queue. Link: 1 is up
    uint64_t features = 0;       // Restart, Break
    unsigned pairs = 1, ring_size = kRing;
    BrokenRing broken;           // Break: a restart, and then this
    Spoilt spoilt;               // Post: an answer that the device does not get as it should
    std::vector<RawPacket> packets;
    std::vector<RawBell> bells;
};

class Actions {
public:
    explicit Actions(unsigned seed) : random_(seed) {}

    // Any features that a device of this kind accepts together ([V] 5.1.3.1).
    Action restart() {
        constexpr uint64_t always = feature(VIRTIO_F_VERSION_1_BIT) | feature(VIRTIO_F_RING_PACKED_BIT);
        constexpr std::array with_control = {VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT, VIRTIO_NET_F_CTRL_RX_BIT, VIRTIO_NET_F_CTRL_VLAN_BIT,
                                             VIRTIO_NET_F_CTRL_RX_EXTRA_BIT, VIRTIO_NET_F_CTRL_MAC_ADDR_BIT, VIRTIO_NET_F_NOTF_COAL_BIT,
                                             VIRTIO_NET_F_VQ_NOTF_COAL_BIT, VIRTIO_NET_F_HASH_REPORT_BIT};
        constexpr std::array without = {VIRTIO_NET_F_CSUM_BIT, VIRTIO_NET_F_GUEST_CSUM_BIT, VIRTIO_NET_F_MTU_BIT, VIRTIO_NET_F_MAC_BIT,
                                        VIRTIO_NET_F_MRG_RXBUF_BIT, VIRTIO_NET_F_STATUS_BIT, VIRTIO_F_INDIRECT_DESC_BIT,
                                        VIRTIO_F_EVENT_IDX_BIT, VIRTIO_F_ACCESS_PLATFORM_BIT, VIRTIO_F_IN_ORDER_BIT,
                                        VIRTIO_F_ORDER_PLATFORM_BIT, VIRTIO_F_NOTIFICATION_DATA_BIT};
        Action a;
        a.kind = Action::Restart;
        a.features = always | feature(VIRTIO_F_RING_RESET_BIT);
        for (const auto bit : without) a.features |= chance(60) ? feature(unsigned(bit)) : 0;
        if (chance(85)) {
            a.features |= feature(VIRTIO_NET_F_CTRL_VQ_BIT);
            for (const auto bit : with_control) a.features |= chance(60) ? feature(unsigned(bit)) : 0;
            if (kPairs > 1 && chance(70)) a.features |= feature(VIRTIO_NET_F_MQ_BIT);
            if (kPairs > 1 && chance(60)) a.features |= feature(VIRTIO_NET_F_RSS_BIT);
        }
        if (a.features >> VIRTIO_NET_F_CSUM_BIT & 1) {
            for (const auto bit : {VIRTIO_NET_F_HOST_TSO4_BIT, VIRTIO_NET_F_HOST_TSO6_BIT, VIRTIO_NET_F_HOST_USO_BIT})
                a.features |= chance(50) ? feature(unsigned(bit)) : 0;
            if (a.features & (feature(VIRTIO_NET_F_HOST_TSO4_BIT) | feature(VIRTIO_NET_F_HOST_TSO6_BIT)))
                a.features |= chance(50) ? feature(VIRTIO_NET_F_HOST_ECN_BIT) : 0;
        }
        a.pairs = a.features & (feature(VIRTIO_NET_F_MQ_BIT) | feature(VIRTIO_NET_F_RSS_BIT)) ? kPairs : 1;
        a.ring_size = chance(70) ? kRing : 2 + unsigned(random_() % 62);
        a.name = "restart with features " + hex(a.features) + ", rings of " + std::to_string(a.ring_size);
        features_ = a.features;
        pairs_ = a.pairs;
        broken_ = none;
        used_buffers_.assign(kPairs, 0);
        return a;
    }

    // `waiting`: frames that the device has and that lack buffers.
    Action next(bool waiting) {
        const unsigned draw = random_() % 100;
        if (broken_ != none) return after_a_ring_error(draw);
        if (waiting || draw < 23) return buffers();
        if (draw < 46) return inject();
        if (draw < 66) return spoilt(transmit());
        if (draw < 82 && has(VIRTIO_NET_F_CTRL_VQ_BIT)) return spoilt(command());
        if (draw < 87) return events();
        if (draw < 89) return packets();
        if (draw < 91) return doorbells();
        if (draw < 94) return reset_queue();
        if (draw < 96) return link();
        return draw < 98 ? restart() : break_a_ring();
    }

private:
    std::mt19937 random_;
    uint64_t features_ = 0;
    unsigned pairs_ = 1;
    bool link_up_ = true;
    static constexpr unsigned none = ~0u;
    unsigned broken_ = none;               // the queue of which the device found a ring error
    Wrongs wrongs_{random_};
    std::vector<unsigned> used_buffers_;   // places in memory that receive buffers of a pair have taken, round and round

    bool chance(unsigned percent) { return random_() % 100 < percent; }
    uint32_t below(uint32_t n) { return uint32_t(random_() % n); }
    bool has(unsigned bit) const { return features_ >> bit & 1; }
    static std::string hex(uint64_t value) {
        char text[20];
        std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(value));
        return text;
    }
    Frame noise(size_t n) { return make_frame(random_, n); }
    uint32_t header_bytes() const { return has(VIRTIO_NET_F_HASH_REPORT_BIT) ? VIRTIO_NET_HDR_HASH_SIZE : VIRTIO_NET_HDR_SIZE; }
    unsigned any_pair() { return below(pairs_); }

    // --- receive buffers: mostly large enough, unless packets may take several ---
    Action buffers() {
        constexpr uint32_t place = 0x200000 / (kPairs * kRing);
        Action a;
        a.kind = Action::Post;
        const unsigned pair = any_pair();
        a.queue = 2 * pair;
        for (unsigned n = 1 + below(12); n-- > 0;) {
            Chain chain;
            uint64_t at = kRxData + pair * (0x200000 / kPairs) + used_buffers_[pair]++ % kRing * place + below(64);
            const bool small = has(VIRTIO_NET_F_MRG_RXBUF_BIT) && chance(70);
            uint32_t left = small ? 20 + below(700) : chance(30) ? std::min<uint32_t>(9100, place - 600) : 1600 + below(400);
            for (unsigned pieces = below(4); pieces-- > 0 && left > 1;) {
                const uint32_t length = chance(3) ? 0 : 1 + below(std::min<uint32_t>(left - 1, 600));
                chain.pieces.push_back({at, {}, length, true});
                at += length + below(9);
                left -= length;
            }
            chain.pieces.push_back({at, {}, left, true});
            chain.table = has(VIRTIO_F_INDIRECT_DESC_BIT) && chance(40);
            a.chains.push_back(std::move(chain));
        }
        a.name = std::to_string(a.chains.size()) + " receive buffers for pair " + std::to_string(pair);
        return a;
    }

    // --- frames ---
    Packet packet(size_t most) {
        Packet p = make_packet(random_, random_kind(random_, most));
        if (chance(10)) p.kind.fragment = true, p = make_packet(random_, p.kind);
        switch (below(6)) {   // whom it is for
        case 0: std::fill_n(p.bytes.begin(), 6, 0xFF); break;
        case 1: address(p.bytes, 0x33, below(24)); break;
        case 2: break;
        case 3: address(p.bytes, 0x02, below(24)); break;
        default: address(p.bytes, 0x02, 1);   // the device's own, unless it was changed
        }
        if (p.kind.tags && chance(60)) put16(p.bytes, 14, below(6));
        return p;
    }
    static void address(Frame& bytes, uint8_t first, uint32_t last) {
        const uint8_t to[6] = {first, 0, 0, 0, 0, uint8_t(last)};
        std::copy_n(to, 6, bytes.begin());
    }
    Action inject() {
        Action a;
        a.kind = Action::Inject;
        const unsigned n = 1 + below(12);
        for (unsigned i = 0; i < n; ++i) {
            Frame frame = packet(i == 0 && chance(15) ? 8900 : 900).bytes;
            if (chance(10)) frame = noise(60 + below(400));
            if (chance(15)) frame[below(uint32_t(frame.size()))] ^= uint8_t(1u << below(8));
            if (chance(2)) frame.resize(8990 + below(80), 0x5A);           // about as long as the MTU, and as frames may be
            frame = with_fcs(frame);
            if (chance(3)) frame[below(uint32_t(frame.size()))] ^= 1;      // a bad FCS
            if (chance(2)) frame.resize(20 + below(40));                   // a runt
            a.frames.push_back(std::move(frame));
        }
        a.name = std::to_string(n) + " frames from the wire";
        return a;
    }

    Frame header_of(const Packet& p, Frame& bytes) {
        Frame header(header_bytes(), 0);
        if (!has(VIRTIO_NET_F_CSUM_BIT)) return chance(50) ? header : noise(header_bytes());   // means nothing then
        auto le16 = [&](size_t at, uint32_t value) { header[at] = uint8_t(value), header[at + 1] = uint8_t(value >> 8); };
        const unsigned draw = below(100);
        if (draw < 50) {
            put16(bytes, p.field(), pseudo_sum(p, p.end - p.l4));
            le16(VIRTIO_NET_HDR_CSUM_START, uint32_t(p.l4));
            le16(VIRTIO_NET_HDR_CSUM_OFFSET, uint32_t(p.field() - p.l4));
        } else if (draw < 75) {
            const uint32_t start = below(uint32_t(bytes.size()));
            le16(VIRTIO_NET_HDR_CSUM_START, start);
            le16(VIRTIO_NET_HDR_CSUM_OFFSET, chance(90) ? below(uint32_t(bytes.size()) - start) : below(0x10000));
        } else {
            return header;
        }
        header[VIRTIO_NET_HDR_FLAGS] = uint8_t(1u << VIRTIO_NET_HDR_F_NEEDS_CSUM_BIT | (chance(10) ? 0xFE : 0));
        if (chance(3)) header[VIRTIO_NET_HDR_GSO_TYPE] = uint8_t(below(256));
        return header;
    }
    // A packet that asks to be segmented, mostly as it may; lengths in it mean nothing.
    Frame large_packet() {
        PacketKind kind = random_kind(random_, 0);
        kind.tags = chance(80) ? 0 : below(chance(90) ? 3 : 4);
        kind.extensions = chance(90) ? 0 : kind.extensions;
        kind.trailer = 0;
        kind.fragment = chance(3);
        const uint32_t mss = chance(70) ? 500 + below(1500) : chance(90) ? 40 + below(400) : below(9100);
        kind.payload = below(mss >= 500 ? chance(20) ? 66000 : 12000 : 3000);
        Packet p = make_packet(random_, {kind.tags, kind.version, kind.protocol, kind.ip_options, kind.extensions, kind.tcp_options,
                                         std::min<size_t>(kind.payload, 65000), 0, kind.fragment});
        if (kind.payload > 65000) p.bytes.resize(p.bytes.size() + kind.payload - 65000, 0x77);
        Frame header(header_bytes(), 0);
        auto le16 = [&](size_t at, size_t value) { header[at] = uint8_t(value), header[at + 1] = uint8_t(value >> 8); };
        header[VIRTIO_NET_HDR_FLAGS] = uint8_t(chance(98) ? 1u << VIRTIO_NET_HDR_F_NEEDS_CSUM_BIT : 0);
        const unsigned type = kind.protocol == kUdp ? VIRTIO_NET_HDR_GSO_UDP_L4 : kind.version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
        header[VIRTIO_NET_HDR_GSO_TYPE] = uint8_t((chance(97) ? type : below(8)) | (chance(20) ? 1u << VIRTIO_NET_HDR_GSO_ECN_BIT : 0));
        le16(VIRTIO_NET_HDR_GSO_SIZE, chance(98) ? mss : 0);
        le16(VIRTIO_NET_HDR_HDR_LEN, below(0x10000));
        le16(VIRTIO_NET_HDR_CSUM_START, p.l4 + (chance(2) ? below(8) : 0));
        le16(VIRTIO_NET_HDR_CSUM_OFFSET, p.field() - p.l4 + (chance(2) ? 2 : 0));
        if (chance(5)) p.bytes[below(uint32_t(std::min<size_t>(p.bytes.size(), 80)))] ^= uint8_t(1u << below(8));   // a claim that may be wrong
        header.insert(header.end(), p.bytes.begin(), p.bytes.end());
        return header;
    }
    Frame plain_packet() {
        const Packet p = packet(chance(10) ? 8900 : 900);
        Frame bytes = p.bytes;
        if (chance(40)) bytes.resize(p.end);
        Frame all = header_of(p, bytes);
        all.insert(all.end(), bytes.begin(), bytes.end());
        if (chance(2)) all.resize(below(40));
        if (chance(2)) all.resize(9020 + below(40));
        return all;
    }
    Action transmit() {
        Action a;
        a.kind = Action::Post;
        const unsigned pair = any_pair();
        a.queue = 2 * pair + 1;
        uint64_t at = kTxData;
        const bool segments = has(VIRTIO_NET_F_HOST_TSO4_BIT) || has(VIRTIO_NET_F_HOST_TSO6_BIT) || has(VIRTIO_NET_F_HOST_USO_BIT);
        for (unsigned n = 1 + below(14); n-- > 0 && at < kRxData - 0x14000;) {
            const Frame all = segments && chance(30) ? large_packet() : plain_packet();
            Chain chain;
            size_t done = 0;
            for (unsigned pieces = below(5); pieces-- > 0 && done + 1 < all.size();) {
                const size_t length = chance(3) ? 0 : 1 + below(uint32_t(std::min<size_t>(all.size() - done - 1, chance(50) ? 40 : 700)) + 1);
                add(chain, at, Frame(all.begin() + long(done), all.begin() + long(std::min(done + length, all.size()))), false);
                done = std::min(done + length, all.size());
            }
            add(chain, at, Frame(all.begin() + long(done), all.end()), false);
            if (chance(2)) chain.pieces.push_back({at, {}, 4, true});       // nothing is written to it
            chain.table = has(VIRTIO_F_INDIRECT_DESC_BIT) && chance(40);
            a.chains.push_back(std::move(chain));
        }
        a.name = std::to_string(a.chains.size()) + " chains to transmit on pair " + std::to_string(pair);
        return a;
    }
    void add(Chain& chain, uint64_t& at, Frame bytes, bool write) {
        const uint32_t length = uint32_t(bytes.size());
        chain.pieces.push_back({at, std::move(bytes), length, write});
        at += length + below(70);
    }

    // --- commands ---
    Frame command_bytes() {
        auto le = [](Frame& to, uint64_t value, unsigned n) { for (unsigned i = 0; i < n; ++i) to.push_back(uint8_t(value >> 8 * i)); };
        Frame c;
        switch (chance(30) ? 0 : below(8)) {
        case 0:     // PROMISC is mostly off, for it beats all the others
            c = {VIRTIO_CTRL_CLASS_RX, uint8_t(below(7)), uint8_t(below(3))};
            if (chance(40)) c = {VIRTIO_CTRL_CLASS_RX, VIRTIO_CTRL_RX_PROMISC, 0};
            break;
        case 1: c = {VIRTIO_CTRL_CLASS_MAC, VIRTIO_CTRL_MAC_ADDR_SET, uint8_t(chance(10) ? 3 : 2), 0, 0, 0, 0, uint8_t(below(24))}; break;
        case 2:
            c = {VIRTIO_CTRL_CLASS_MAC, VIRTIO_CTRL_MAC_TABLE_SET};
            for (const uint8_t first : {0x02, 0x33}) {
                const uint32_t n = chance(90) ? below(12) : below(60);
                le(c, chance(97) ? n : n + 1, 4);
                for (uint32_t i = 0; i < n; ++i) { const Frame to{first, 0, 0, 0, 0, uint8_t(below(24))}; c.insert(c.end(), to.begin(), to.end()); }
            }
            break;
        case 3: c = {VIRTIO_CTRL_CLASS_VLAN, uint8_t(below(chance(95) ? 2 : 9)), uint8_t(below(6)), uint8_t(chance(95) ? 0 : 0x80)}; break;
        case 4:
            c = {VIRTIO_CTRL_CLASS_GUEST_OFFLOADS, VIRTIO_CTRL_GUEST_OFFLOADS_SET};
            le(c, chance(80) ? below(2) << VIRTIO_NET_F_GUEST_CSUM_BIT : random_(), 8);
            break;
        case 5: {   // RSS_CONFIG, HASH_CONFIG
            const bool hash_only = chance(40);
            const uint32_t entries = hash_only ? 1 : chance(90) ? 1u << below(8) : 1 + below(200);
            c = {VIRTIO_CTRL_CLASS_MQ, uint8_t(hash_only ? VIRTIO_CTRL_MQ_HASH_CONFIG : VIRTIO_CTRL_MQ_RSS_CONFIG)};
            le(c, chance(95) ? below(64) : random_(), 4);
            le(c, entries - 1, 2);
            le(c, chance(95) ? below(kPairs) : kPairs, 2);
            for (uint32_t i = 0; i < entries; ++i) le(c, chance(99) ? below(kPairs) : kPairs, 2);
            le(c, chance(95) ? 1 + below(kPairs) : 0, 2);
            const uint32_t key = chance(70) ? uint32_t{VIRTIO_HASH_KEY_BYTES} : below(44);
            c.push_back(uint8_t(key));
            const Frame bytes = noise(key);
            c.insert(c.end(), bytes.begin(), bytes.end());
            break;
        }
        case 6: c = {VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_VQ_PAIRS_SET, uint8_t(below(kPairs + 2)), 0}; break;
        default:    // short limits, so that no interrupt is on its way for long
            c = {VIRTIO_CTRL_CLASS_NOTF_COAL, uint8_t(below(5))};
            if (c[1] >= VIRTIO_CTRL_NOTF_COAL_VQ_SET) le(c, below(2 * kPairs + 1), 4);
            le(c, below(20), 4);
            le(c, below(2), 4);
        }
        if (chance(5)) c.resize(below(uint32_t(c.size())));
        if (chance(3)) c.resize(c.size() + below(600));
        if (chance(2)) c = noise(below(40));
        return c;
    }
    Action command() {
        Action a;
        a.kind = Action::Post;
        a.queue = kControl;
        uint64_t at = kControlData;
        for (unsigned n = 1 + below(3); n-- > 0;) {
            const Frame bytes = command_bytes();
            Chain chain;
            size_t done = 0;
            while (done < bytes.size()) {
                const size_t length = chance(50) ? std::min<size_t>(2, bytes.size() - done) : 1 + below(uint32_t(bytes.size() - done));
                add(chain, at, Frame(bytes.begin() + long(done), bytes.begin() + long(done + length)), false);
                done += length;
            }
            for (unsigned k = chance(97) ? 1 + below(2) : 0; k-- > 0;) {
                const uint32_t length = chance(90) ? 1 + below(12) : below(3);
                chain.pieces.push_back({at, {}, length, true});
                at += length + below(9);
            }
            chain.table = has(VIRTIO_F_INDIRECT_DESC_BIT) && chance(40);
            if (chain.pieces.empty()) continue;
            a.chains.push_back(std::move(chain));
            a.name += "command " + std::to_string(bytes.size() > 0 ? bytes[0] : -1) + "." + std::to_string(bytes.size() > 1 ? bytes[1] : -1) + " ";
        }
        return a;
    }

    // --- wrongs ---
    Action break_a_ring() {
        Action a = restart();
        a.kind = Action::Break;
        a.broken = wrongs_.broken_ring(a.features, a.pairs, a.ring_size);
        broken_ = a.broken.queue;
        if (a.broken.frame) a.frames.push_back(with_fcs(noise(200)));
        a.name += ", queue " + std::to_string(broken_) + ": " + a.broken.name;
        return a;
    }
    // Nothing is received until a restart, and nothing of that queue is done; the others go on.
    Action after_a_ring_error(unsigned draw) {
        Action a = draw < 25 ? inject() : draw < 50 ? transmit() : draw < 65 && has(VIRTIO_NET_F_CTRL_VQ_BIT) ? command() : restart();
        return a.kind == Action::Post && a.queue == broken_ ? restart() : a;
    }
    Action spoilt(Action a) {
        if (a.chains.empty() || !chance(8)) return a;
        const Chain& chain = a.chains[below(uint32_t(a.chains.size()))];
        const Piece& piece = chain.pieces[below(uint32_t(chain.pieces.size()))];
        if (piece.write || piece.length == 0) return a;
        a.spoilt = wrongs_.spoilt(piece.address, piece.length);
        a.name += ", of which the read at " + hex(piece.address) + " is spoilt: " + std::to_string(a.spoilt.fault);
        return a;
    }
    Action packets() {
        Action a;
        a.kind = Action::Packets;
        a.packets = wrongs_.packets();
        a.name = std::to_string(a.packets.size()) + " packets that are none";
        return a;
    }
    Action doorbells() {
        Action a;
        a.kind = Action::Doorbells;
        a.bells = wrongs_.bells();
        a.name = std::to_string(a.bells.size()) + " doorbells that mean nothing";
        return a;
    }

    // --- the rest ---
    Action events() {
        Action a;
        a.kind = Action::Events;
        a.queue = below(2 * pairs_);
        a.word = below(kRing) | below(2) << 15 | below(3) << 16;
        a.name = "driver event structure of queue " + std::to_string(a.queue) + " " + hex(a.word);
        return a;
    }
    Action reset_queue() {
        Action a;
        a.kind = Action::ResetQueue;
        a.queue = has(VIRTIO_NET_F_CTRL_VQ_BIT) && chance(20) ? kControl : below(2 * pairs_);
        a.name = "reset of queue " + std::to_string(a.queue);
        return a;
    }
    Action link() {
        Action a;
        a.kind = Action::Link;
        link_up_ = !link_up_;
        a.word = link_up_;
        a.name = link_up_ ? "link up" : "link down";
        return a;
    }
};
