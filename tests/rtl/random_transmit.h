// SPDX-License-Identifier: Apache-2.0
// RandomTransmit: packets with headers that ask for anything, malformed ones among them, and the frames that software makes of them
// (segment_model.h).
#pragma once

#include "packets.h"
#include "random_context.h"
#include "segment_model.h"

class RandomTransmit {
public:
    explicit RandomTransmit(RandomContext& context)
        : x_(context), due_(context.pairs), offloads_{x_.has(VIRTIO_NET_F_HOST_TSO4_BIT), x_.has(VIRTIO_NET_F_HOST_TSO6_BIT),
                                                      x_.has(VIRTIO_NET_F_HOST_USO_BIT)} {}

    void offer_one() {
        const unsigned pair = x_.below(x_.pairs);
        if (out() >= 30) return;
        if (x_.chance(8)) return offer_malformed(pair);
        const bool large = segments() && x_.chance(30);
        if (large && large_out() >= kLargeOut) return;
        PacketKind kind = random_kind(x_.random, large ? (x_.chance(20) ? 60000 : 6000) : x_.chance(8) ? 8800 : 500);
        kind.trailer = 0;
        Packet p = make_packet(x_.random, kind);
        p.bytes.resize(p.end);
        if (x_.chance(15)) p.bytes[x_.below(p.bytes.size())] ^= uint8_t(1 + x_.below(255));   // nothing that the device may mind, mostly
        NetHeader h = idle_header();
        if (large) {
            h = segmentation(p, uint16_t(100 + x_.below(x_.chance(20) ? 9000 : 1500)));
            if (h.gso_type != VIRTIO_NET_HDR_GSO_UDP_L4 && x_.has(VIRTIO_NET_F_HOST_ECN_BIT) && x_.chance(30)) h.gso_type |= 0x80;
        } else if (x_.has(VIRTIO_NET_F_CSUM_BIT) && x_.chance(60)) {
            h.flags |= 1;
            h.csum_start = uint16_t(p.l4);
            h.csum_offset = uint16_t(p.field() - p.l4);
            put16(p.bytes, p.field(), pseudo_sum(p, p.end - p.l4));
            if (x_.chance(5)) h.csum_offset = uint16_t(x_.random());
        }
        if (x_.has(VIRTIO_NET_F_CSUM_BIT) && x_.chance(4)) h.gso_type = uint8_t(x_.random() | !segments());
        if (p.bytes.size() < 8000 && x_.chance(4)) h.gso_size = uint16_t(x_.random() % 3);
        std::vector<Frame> frames;
        if (x_.has(VIRTIO_NET_F_CSUM_BIT)) frames = transmitted(p.bytes, h, offloads_);
        else if (p.bytes.size() >= ETH_HEADER && p.bytes.size() <= RandomContext::longest()) frames = {p.bytes};
        const bool too_much = !x_.has(VIRTIO_NET_F_CSUM_BIT) && x_.chance(6);      // nothing of this was negotiated
        if (too_much) {
            if (x_.chance(50)) h.flags |= 1; else h.gso_type = uint8_t(1 + x_.below(5));
        }
        const bool spoilt = !large && !too_much && !frames.empty() && x_.chance(3);
        if (too_much || spoilt) frames.clear();
        if (!offer(pair, p.bytes, h.bytes(x_.header_bytes()), large, false, spoilt)) return;
        x_.tally.bad_headers += too_much;
        x_.tally.spoilt += spoilt;
        for (const Frame& frame : frames) due_[pair].push_back(with_fcs(frame));
        x_.tally.refused += frames.empty();
        const bool asked = x_.has(VIRTIO_NET_F_CSUM_BIT) && !frames.empty();
        x_.tally.segmented += asked && (h.gso_type & 0x7F) != VIRTIO_NET_HDR_GSO_NONE;
        x_.tally.summed += asked && (h.flags & 1);
    }
    void look() {
        for (unsigned p = 0; p < x_.pairs; ++p)
            for (const auto& buffer : x_.d.tx_of(p).reap(x_.has(VIRTIO_F_IN_ORDER_BIT))) ASSERT_EQ(buffer.length, 0u);
        for (const Frame& got : x_.d.host.sent) {
            unsigned p = 0;
            while (p < x_.pairs && (due_[p].empty() || due_[p].front() != got)) ++p;
            if (p == x_.pairs) {
                std::string nearest;
                for (const auto& due : due_) nearest += due.empty() ? " none;" : " " + difference(got, due.front()) + ";";
                FAIL() << "a frame left that was not due; beside what was due first of each pair:" << nearest;
            }
            due_[p].pop_front();
            ++x_.tally.sent;
        }
        x_.d.host.sent.clear();
    }
    bool done() const {
        for (const auto& frames : due_)
            if (!frames.empty()) return false;
        return out() == 0;
    }
    size_t out() const {
        size_t all = 0;
        for (unsigned p = 0; p < x_.pairs; ++p) all += x_.d.rings[2 * p + 1].outstanding.size();
        return all;
    }

private:
    static constexpr uint64_t kLarge = Host::memory_base + 0x640000, kLargeBytes = 0x20000;   // where large packets lie
    static constexpr unsigned kLargeOut = 12;
    RandomContext& x_;
    std::vector<std::deque<Frame>> due_;         // by pair, with FCS
    const Offloads offloads_;

    bool segments() const { return offloads_.tso4 || offloads_.tso6 || offloads_.uso; }
    unsigned large_out() const {
        unsigned all = 0;
        for (unsigned p = 0; p < x_.pairs; ++p)
            for (const auto& buffer : x_.d.rings[2 * p + 1].outstanding) all += buffer.elements[0].address >= kLarge;
        return all;
    }
    // Asks for nothing; fields that mean nothing then have any value.
    NetHeader idle_header() {
        NetHeader h;
        h.flags = uint8_t(x_.random() & 0xFE);
        h.hdr_len = uint16_t(x_.random());
        h.gso_size = uint16_t(x_.random());
        h.csum_start = uint16_t(x_.random());
        h.csum_offset = uint16_t(x_.random());
        return h;
    }
    bool offer(unsigned pair, const Frame& packet, const Frame& header, bool large, bool write_last = false, bool spoilt = false) {
        Ring& ring = x_.d.tx_of(pair);
        std::vector<uint32_t> cuts;
        for (unsigned k = x_.below(4); k-- > 0;) cuts.push_back(x_.chance(10) ? 0 : 1 + x_.below(x_.chance(50) ? 30 : 400));
        const bool table = x_.has(VIRTIO_F_INDIRECT_DESC_BIT) && cuts.size() < ring.size && x_.chance(40);
        if ((table ? 1 : cuts.size() + 1) > ring.free) return false;
        const uint64_t at = large ? x_.free_place(kLarge, kLargeBytes, 1) : x_.free_place(kTxData, 0x4000, 1);
        const auto elements = x_.d.place(at + x_.below(64), packet, cuts, x_.below(8), header);
        if (!ring.offer(elements, elements.size() - write_last, table)) return false;
        x_.tally.tables += table;
        const auto& part = elements[x_.below(elements.size())];
        if (spoilt) x_.spoilt.push_back(Wrongs::error_at(part.length ? part : elements.back(), x_.below(3)));
        return true;
    }
    // Chains that are to be refused whatever was negotiated: their buffer comes back, nothing leaves, TX_DROPS counts.
    void offer_malformed(unsigned pair) {
        Frame packet = make_frame(x_.random, 100 + x_.below(200)), header = idle_header().bytes(x_.header_bytes());
        bool write_last = false;
        switch (x_.below(4)) {
        case 0: packet.resize(x_.below(ETH_HEADER)); break;
        case 1: packet.clear(), header.resize(1 + x_.below(header.size() - 1)); break;       // not even a header
        case 2: packet.resize(RandomContext::longest() + 1 + x_.below(500), 0x5A); break;    // too long, and not to be segmented
        default: write_last = true;                                                          // an element that the device may write
        }
        x_.tally.refused += offer(pair, packet, header, false, write_last);
    }
};
