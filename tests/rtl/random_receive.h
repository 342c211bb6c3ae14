// SPDX-License-Identifier: Apache-2.0
// RandomReceive: buffers of any size and layout, frames of every kind, bad ones among them, and what software says must be delivered.
#pragma once

#include "packets.h"
#include "random_settings.h"

class RandomReceive {
public:
    RandomReceive(RandomContext& context, RandomSettings& settings) : x_(context), settings_(settings) {}

    // Buffers for every queue, until no more than 24 are out.
    void post_buffers() {
        for (unsigned p = 0; p < x_.pairs; ++p) {
            Ring& ring = x_.d.rx_of(p);
            const size_t most = std::max<size_t>(2, 24 / x_.pairs);
            while (ring.outstanding.size() < most && ring.free >= 3) {
                const uint64_t at = x_.free_place(kRxData, 0x3000, 0) + x_.below(64);
                const uint32_t bytes = merged() ? 900 + x_.below(2700) : uint32_t(RandomContext::longest()) + 40;   // more than two parts
                std::vector<RingElement> elements;
                uint32_t done = 0;
                for (unsigned parts = x_.below(3); parts-- > 0;) {
                    const uint32_t part = x_.below(x_.chance(50) ? 16 : 400);
                    elements.push_back({at + done + elements.size() * 4, part});
                    done += part;
                }
                elements.push_back({at + done + elements.size() * 4, bytes - done});
                ring.offer(elements, 0, x_.has(VIRTIO_F_INDIRECT_DESC_BIT) && x_.chance(30));
            }
            x_.d.kick(ring);
        }
    }
    void inject_one() {
        if (x_.d.host.incoming() > 3) return;
        if (x_.chance(10)) return inject_malformed();
        PacketKind kind = random_kind(x_.random, x_.chance(6) ? 8800 : 400);
        kind.fragment = x_.chance(8);
        if (x_.chance(4)) kind.protocol = kIcmp;
        Packet p = make_packet(x_.random, kind);
        if (p.bytes.size() > RandomContext::longest()) return;
        if (x_.chance(25)) p.bytes[x_.below(p.bytes.size())] ^= uint8_t(1 << x_.below(8));
        const Mac all{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
        const Mac one = x_.chance(50) ? settings_.own() : settings_.some_mac(false);
        const Mac to = x_.chance(20) ? all : x_.chance(20) ? settings_.some_mac(true) : one;
        std::copy(to.begin(), to.end(), p.bytes.begin());
        if (p.kind.tags) put16(p.bytes, 14, (x_.random() & 0xE000) | x_.below(8));
        for (unsigned pair = 0; pair < x_.pairs; ++pair)
            if (room(pair) < p.bytes.size() + x_.header_bytes()) return;
        x_.d.host.receive(with_fcs(p.bytes));
        if (const auto delivery = settings_.delivery(p.bytes)) due_.push_back(*delivery);
        else ++x_.tally.unwanted;
    }
    void look() {
        for (unsigned pair = 0; pair < x_.pairs && !RandomContext::failed(); ++pair)
            if (x_.d.rx_of(pair).look().done) take(pair, x_.d.rx_of(pair).reap(false));
    }
    bool done() const { return due_.empty() && x_.d.host.wire_idle(); }
    size_t due() const { return due_.size(); }

private:
    RandomContext& x_;
    RandomSettings& settings_;
    std::deque<RandomSettings::Delivery> due_;

    bool merged() const { return x_.has(VIRTIO_NET_F_MRG_RXBUF_BIT); }
    // In the buffers of a pair, for one more packet, whatever the others waste: nothing is to be lost for want of a buffer.
    size_t room(unsigned pair) const {
        const auto& buffers = x_.d.rings[2 * pair].outstanding;
        if (!merged()) return buffers.size() > due_.size() ? SIZE_MAX : 0;
        size_t bytes = 0, taken = 0;
        for (const auto& buffer : buffers) bytes += capacity(buffer);
        for (const auto& e : due_) taken += e.frame.size() + e.header.size() + 3600;
        return bytes > taken ? bytes - taken : 0;
    }
    static size_t capacity(const RingBuffer& buffer) {
        size_t bytes = 0;
        for (const auto& e : buffer.elements) bytes += e.length;
        return bytes;
    }
    void inject_malformed() {
        Frame frame;
        switch (x_.below(3)) {
        case 0:
            frame = with_fcs(make_frame(x_.random, 60 + x_.below(400)));
            frame[x_.below(frame.size())] ^= uint8_t(1 << x_.below(8));
            ++x_.tally.bad_fcs;
            break;
        case 1: {                                    // a runt, its FCS good
            frame = make_frame(x_.random, 20 + x_.below(39));
            const uint32_t crc = uint32_t(crc32(0, frame.data(), unsigned(frame.size())));
            for (int i = 0; i < 4; ++i) frame.push_back(uint8_t(crc >> 8 * i));
            ++x_.tally.bad_length;
            break;
        }
        default:
            frame = with_fcs(make_frame(x_.random, RandomContext::longest() + 1 + x_.below(40)));
            ++x_.tally.bad_length;
        }
        x_.d.host.receive(frame);
    }
    Frame bytes_of(const RingBuffer& buffer) {
        Frame bytes;
        for (const auto& e : buffer.elements) bytes.insert(bytes.end(), x_.d.host.at(e.address), x_.d.host.at(e.address) + e.length);
        EXPECT_LE(buffer.length, bytes.size());
        bytes.resize(buffer.length);
        return bytes;
    }
    // The packets that a queue used at once: in its own order.
    void take(unsigned pair, const std::vector<RingBuffer>& used) {
        size_t from = 0;
        for (size_t i = 0; i < used.size();) {
            Frame packet = bytes_of(used[i]);
            ASSERT_GE(packet.size(), x_.header_bytes() + ETH_HEADER);
            const unsigned count = packet[VIRTIO_NET_HDR_NUM_BUFFERS] | packet[VIRTIO_NET_HDR_NUM_BUFFERS + 1] << 8;
            ASSERT_TRUE(count == 1 || merged()) << count << " buffers";
            ASSERT_LE(i + count, used.size()) << "the first buffer is used, others of its packet are not";
            for (unsigned k = 1; k < count; ++k) {
                ASSERT_EQ(used[i + k - 1].length, capacity(used[i + k - 1])) << "not full: buffer " << k - 1 << " of " << count;
                const Frame part = bytes_of(used[i + k]);
                packet.insert(packet.end(), part.begin(), part.end());
            }
            i += count;
            match(pair, packet, count, from);
            if (RandomContext::failed()) return;
        }
    }
    void match(unsigned pair, const Frame& packet, unsigned count, size_t& from) {
        const auto begin = packet.begin() + long(x_.header_bytes());
        const Frame frame(begin, packet.end());
        size_t i = from;
        while (i < due_.size() && due_[i].frame != frame) ++i;
        ASSERT_LT(i, due_.size()) << "a frame on queue " << pair << " that was not due, or is out of order; first due: "
                                  << (due_.empty() ? "none" : difference(frame, due_[0].frame));
        auto want = due_[i];
        put_le16(want.header, VIRTIO_NET_HDR_NUM_BUFFERS, count);
        ASSERT_EQ(Frame(packet.begin(), begin), want.header) << "header of a frame of " << frame.size();
        if (want.any_queue) { ASSERT_LT(pair, settings_.limit()); } else { ASSERT_EQ(pair, want.queue); }
        ++x_.tally.delivered;
        x_.tally.verified += want.header[VIRTIO_NET_HDR_FLAGS] != 0;
        x_.tally.hashed += want.header.size() > VIRTIO_NET_HDR_SIZE && want.header[VIRTIO_NET_HDR_HASH_REPORT] != 0;
        x_.tally.merged += count > 1;
        x_.tally.by_table += !want.any_queue;
        due_.erase(due_.begin() + long(i));
        from = i;
    }
};
