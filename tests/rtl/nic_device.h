// SPDX-License-Identifier: Apache-2.0
// Device: the least driver of nic_top, over NicHost: negotiation, any number of packed rings, the control queue. DeviceOf<Nic> and
// RingOf<Nic> are those of any class with its pins, for a test that has two.
//
//   Device d(config(seed));                       // one queue pair, the features of `basic`
//   Device d(config(seed), basic | multi, 4);     // four pairs and the control queue
//   d.tx.offer(d.place(kTxData, frame, {12}, 0), false);
//   d.tx.kick();
//   ASSERT_TRUE(d.run_until([&] { return !d.tx.reap().empty(); }));
//
// Queue q has its ring, its event structures, its tables and its data at addresses of its own. post() and look() are the bare ring;
// offer() and reap() keep count of free slots and outstanding buffers. Times are cycles of the device.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <functional>
#include <memory>

#include "Vnic_top.h"
#include "nic_host.h"

#ifndef RTL_QueuePairs
#define RTL_QueuePairs 1
#endif

constexpr unsigned kPairs = RTL_QueuePairs;      // that the device has
constexpr unsigned kControl = 2 * kPairs;        // its control queue
constexpr unsigned kRing = 64;
constexpr uint64_t kMemory = NicHost<Vnic_top>::memory_base;
constexpr uint64_t kRings = kMemory + 0x10000, kEvents = kMemory + 0xC0000, kControlData = kMemory + 0xD0000;
constexpr uint64_t kTables = kMemory + 0x400000;
constexpr uint64_t kTxData = kMemory + 0x100000, kRxData = kMemory + 0x200000;
inline uint64_t ring_address(unsigned q) { return kRings + q * 0x1000; }
inline uint64_t event_address(unsigned q) { return kEvents + q * 64; }   // the driver's; the device's is 32 bytes behind
constexpr uint64_t kTxEvents = kEvents + 64;

constexpr uint64_t feature(unsigned bit) { return 1ull << bit; }
constexpr uint64_t basic = feature(VIRTIO_NET_F_MAC_BIT) | feature(VIRTIO_NET_F_STATUS_BIT) | feature(VIRTIO_F_VERSION_1_BIT) |
                           feature(VIRTIO_F_ACCESS_PLATFORM_BIT) | feature(VIRTIO_F_RING_PACKED_BIT) | feature(VIRTIO_F_IN_ORDER_BIT) |
                           feature(VIRTIO_F_ORDER_PLATFORM_BIT) | feature(VIRTIO_F_NOTIFICATION_DATA_BIT);
constexpr uint64_t control = feature(VIRTIO_NET_F_CTRL_VQ_BIT);
constexpr uint64_t multi = control | feature(VIRTIO_NET_F_MQ_BIT);
constexpr uint64_t moderation = control | feature(VIRTIO_NET_F_NOTF_COAL_BIT) | feature(VIRTIO_NET_F_VQ_NOTF_COAL_BIT);
constexpr uint64_t event_idx = feature(VIRTIO_F_EVENT_IDX_BIT);
constexpr uint64_t indirect = feature(VIRTIO_F_INDIRECT_DESC_BIT);
constexpr uint64_t ring_reset = feature(VIRTIO_F_RING_RESET_BIT);

using Frame = std::vector<uint8_t>;

inline Frame with_fcs(Frame frame) {
    if (frame.size() < 60) frame.resize(60, 0);
    const uint32_t crc = uint32_t(crc32(0, frame.data(), unsigned(frame.size())));
    for (int i = 0; i < 4; ++i) frame.push_back(uint8_t(crc >> (8 * i)));
    return frame;
}

// "" if equal, else where and how two frames differ.
inline std::string difference(const Frame& got, const Frame& want) {
    if (got.size() != want.size()) return "length " + std::to_string(got.size()) + " instead of " + std::to_string(want.size());
    for (size_t i = 0; i < got.size(); ++i)
        if (got[i] != want[i]) return "byte " + std::to_string(i) + " of " + std::to_string(want.size()) + " differs";
    return "";
}

inline Frame make_frame(std::mt19937& random, size_t length) {
    Frame frame(length);
    for (auto& byte : frame) byte = uint8_t(random());
    return frame;
}

// IPv4 and UDP, from one side of flow `flow` or from the other; random behind the headers, from byte 42 on.
inline Frame flow_frame(std::mt19937& random, unsigned flow, bool back, size_t length) {
    Frame frame = make_frame(random, length < 42 ? 42 : length);
    const uint8_t head[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0};
    std::copy(std::begin(head), std::end(head), frame.begin());
    const uint8_t ends[2][6] = {{10, 0, uint8_t(flow >> 8), 1, 0x10, uint8_t(flow)}, {10, 1, 0, 2, 0x20, 53}};
    for (int i = 0; i < 2; ++i) {
        std::copy_n(ends[back ? 1 - i : i], 4, frame.begin() + 26 + 4 * i);
        std::copy_n(ends[back ? 1 - i : i] + 4, 2, frame.begin() + 34 + 2 * i);
    }
    return frame;
}

struct RingElement { uint64_t address; uint32_t length; };
struct RingBuffer { uint16_t id; unsigned slots; std::vector<RingElement> elements; uint32_t length = 0; uint16_t flags = 0; };

// One packed ring as a driver sees it.
template <class Nic>
struct RingOf {
    using Host = NicHost<Nic>;
    using Element = RingElement;
    using Buffer = RingBuffer;
    Host& host;
    uint64_t base;
    unsigned queue, size = kRing;
    unsigned next = 0, used = 0;
    bool wrap = true, used_wrap = true;
    RingOf(Host& h, uint64_t address, unsigned q) : host(h), base(address), queue(q) {}

    // Writes a chain; the head's flags last. Returns its first slot.
    unsigned post(const std::vector<Element>& elements, uint16_t id, bool write) { return post(elements, id, write ? 0 : elements.size()); }
    unsigned post(const std::vector<Element>& elements, uint16_t id, size_t readable) {
        const unsigned head = next;
        uint16_t head_flags = 0;
        for (size_t i = 0; i < elements.size(); ++i) {
            const uint16_t flags = uint16_t((i + 1 < elements.size() ? 1 : 0) | (i >= readable ? 2 : 0));
            if (i == 0) head_flags = uint16_t(flags | own()); else put(elements[i], id, flags, true);
            if (i == 0) put(elements[i], id, 0, false);
            step();
        }
        std::memcpy(host.at(base + 16 * head + 14), &head_flags, 2);
        return head;
    }
    // One descriptor of any kind: the flags but AVAIL and USED are the caller's.
    void post_raw(const Element& element, uint16_t id, uint16_t flags) {
        put(element, id, flags, true);
        step();
    }
    void kick() { host.write(BAR0_NOTIFY + 4 * queue, queue | next << 16 | (wrap ? 1u << 31 : 0), 4); }
    struct Used { bool done; uint16_t id; uint32_t length; uint16_t flags; };
    Used look() const {
        const uint8_t* slot = host.at(base + 16 * used);
        Used u{};
        std::memcpy(&u.length, slot + 8, 4);
        std::memcpy(&u.id, slot + 12, 2);
        std::memcpy(&u.flags, slot + 14, 2);
        u.done = ((u.flags >> 7) & 1) == used_wrap && ((u.flags >> 15) & 1) == used_wrap;
        return u;
    }
    void advance(unsigned slots) {
        used += slots;
        if (used >= size) { used -= size; used_wrap = !used_wrap; }
    }

    // ---- with accounts --------------------------------------------------------------------------------------------------------
    std::deque<Buffer> outstanding;
    unsigned free = kRing;
    uint16_t next_id = 0x100;
    uint64_t tables = 0;      // where this queue's indirect tables are, 1 KiB for each slot

    // False if the ring has no room. `readable` elements come first; as a table, they are one slot.
    bool offer(const std::vector<Element>& elements, size_t readable, bool table = false) {
        const unsigned slots = table ? 1 : unsigned(elements.size());
        if (slots > free) return false;
        const uint16_t id = next_id++;
        if (table) {
            const uint64_t at = tables + next * 1024;
            for (size_t i = 0; i < elements.size(); ++i) {   // junk where nothing is to be looked at ([V] 2.8.7)
                const uint16_t junk = uint16_t(host.bench.random()), flags = uint16_t((junk & ~2u) | (i >= readable ? 2 : 0));
                std::memcpy(host.at(at + 16 * i), &elements[i].address, 8);
                std::memcpy(host.at(at + 16 * i + 8), &elements[i].length, 4);
                std::memcpy(host.at(at + 16 * i + 12), &junk, 2);
                std::memcpy(host.at(at + 16 * i + 14), &flags, 2);
            }
            post_raw({at, uint32_t(16 * elements.size())}, id, uint16_t(4 | (host.bench.random() & 2)));
        } else {
            post(elements, id, readable);
        }
        free -= slots;
        outstanding.push_back({id, slots, elements});
        return true;
    }
    // What was used since the last call. With `batch` ([V] 2.8.8) a used descriptor stands for all buffers up to its id.
    std::vector<Buffer> reap(bool batch = true) {
        std::vector<Buffer> done;
        for (auto u = look(); !outstanding.empty() && u.done; u = look()) {
            unsigned slots = 0;
            while (true) {
                if (outstanding.empty()) throw std::runtime_error("used id " + std::to_string(u.id) + " was never posted");
                Buffer buffer = std::move(outstanding.front());
                outstanding.pop_front();
                slots += buffer.slots;
                buffer.length = u.length;
                buffer.flags = u.flags;
                done.push_back(std::move(buffer));
                if (done.back().id == u.id) break;
                if (!batch) throw std::runtime_error("used id " + std::to_string(u.id) + " instead of " + std::to_string(done.back().id));
            }
            free += slots;
            advance(slots);
        }
        return done;
    }
    void forget(unsigned new_size) {   // after a reset: the ring as it is before queue_enable
        size = free = new_size;
        next = used = 0;
        wrap = used_wrap = true;
        outstanding.clear();
        std::memset(host.at(base), 0, 0x1000);
    }

private:
    uint16_t own() const { return wrap ? 0x80 : 0x8000; }
    void put(const Element& element, uint16_t id, uint16_t flags, bool available) {
        uint8_t* slot = host.at(base + 16 * next);
        std::memcpy(slot, &element.address, 8);
        std::memcpy(slot + 8, &element.length, 4);
        std::memcpy(slot + 12, &id, 2);
        flags = uint16_t(flags | own());
        if (available) std::memcpy(slot + 14, &flags, 2);
    }
    void step() {
        if (++next == size) { next = 0; wrap = !wrap; }
    }
};

template <class Nic>
struct DeviceOf {
    using Host = NicHost<Nic>;
    using Ring = RingOf<Nic>;
    Host host;
    uint64_t features;               // these and pairs hold from the next start() on
    unsigned pairs;                  // that this driver uses
    std::deque<Ring> rings;          // all of the device: 0 rx, 1 tx, ..., the last one is the control queue
    Ring &rx, &tx;

    explicit DeviceOf(const NicHostConfig& config, bool notification_data = true)
        : DeviceOf(config, notification_data ? basic : basic & ~feature(VIRTIO_F_NOTIFICATION_DATA_BIT), 1) {}
    DeviceOf(const NicHostConfig& config, uint64_t with, unsigned use_pairs, unsigned ring_size = kRing)
        : host(config), features(with), pairs(use_pairs), rings(make_rings(host)), rx(rings[0]), tx(rings[1]) {
        start(ring_size);
    }
    Ring& rx_of(unsigned pair) { return rings[2 * pair]; }
    Ring& tx_of(unsigned pair) { return rings[2 * pair + 1]; }
    Ring& ctrl() { return rings[kControl]; }
    uint32_t status() { return host.read(BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 1); }
    void set_status(uint32_t value) { host.write(BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, value, 1); }

    // Reset, negotiation, queues of `ring_size` slots, DRIVER_OK. Queue q has vector q + 1, the configuration vector 0.
    void start(unsigned ring_size = kRing) {
        prepare(ring_size);
        set_status(15);
    }
    // The same without DRIVER_OK.
    void prepare(unsigned ring_size = kRing) {
        set_status(0);
        while (status() != 0) {}
        set_status(3);
        for (unsigned half = 0; half < 2; ++half) {
            host.write(BAR0_COMMON + VIRTIO_COMMON_DRIVER_FEATURE_SELECT, half, 4);
            host.write(BAR0_COMMON + VIRTIO_COMMON_DRIVER_FEATURE, uint32_t(features >> 32 * half), 4);
        }
        set_status(11);
        EXPECT_EQ(status(), 11u);
        host.write(BAR0_COMMON + VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 0, 2);
        for (unsigned q = 0; q < 2 * pairs; ++q) queue(q, ring_size);
        if (features & control) queue(kControl, ring_size);
    }
    void queue(unsigned q, unsigned ring_size = kRing) {
        rings[q].forget(ring_size);
        std::memset(host.at(event_address(q)), 0, 64);
        const uint32_t c = BAR0_COMMON;
        host.write(c + VIRTIO_COMMON_QUEUE_SELECT, number(q), 2);
        host.write(c + VIRTIO_COMMON_QUEUE_SIZE, ring_size, 2);
        host.write(c + VIRTIO_COMMON_QUEUE_MSIX_VECTOR, q + 1, 2);
        EXPECT_EQ(host.read(c + VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2), q + 1);
        const uint64_t values[3] = {rings[q].base, event_address(q), event_address(q) + 32};
        for (unsigned i = 0; i < 3; ++i) {
            host.write(c + VIRTIO_COMMON_QUEUE_DESC + 8 * i, uint32_t(values[i]), 4);
            host.write(c + VIRTIO_COMMON_QUEUE_DESC + 8 * i + 4, uint32_t(values[i] >> 32), 4);
        }
        host.write(c + VIRTIO_COMMON_QUEUE_ENABLE, 1, 2);
    }
    // [V] 2.6.1; ends when both registers read 0, and has failed when they never do.
    void reset_queue(unsigned q) {
        const uint32_t c = BAR0_COMMON;
        host.write(c + VIRTIO_COMMON_QUEUE_SELECT, q, 2);
        host.write(c + VIRTIO_COMMON_QUEUE_RESET, 1, 2);
        ASSERT_TRUE(run_until([&] { return host.read(c + VIRTIO_COMMON_QUEUE_RESET, 2) == 0; }, 500)) << "queue " << q;
        EXPECT_EQ(host.read(c + VIRTIO_COMMON_QUEUE_ENABLE, 2), 0u);
    }
    // The doorbell of a ring of this device, of the width that was negotiated.
    void kick(const Ring& ring) {
        const uint32_t number = ring.queue == kControl && !own_control_number() ? 2 : ring.queue;
        const uint32_t bell = BAR0_NOTIFY + BAR0_NOTIFY_MULTIPLIER * ring.queue;
        if (features & feature(VIRTIO_F_NOTIFICATION_DATA_BIT)) host.write(bell, number | ring.next << 16 | (ring.wrap ? 1u << 31 : 0), 4);
        else host.write(bell, number, 2);
    }
    void map(unsigned q, uint16_t vector) {
        host.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_SELECT, q, 2);
        host.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_MSIX_VECTOR, vector, 2);
    }
    // Puts header and frame into memory from `address` on, cut at the given lengths (the rest is the last piece), with `gap` bytes
    // between the pieces.
    std::vector<RingElement> place(uint64_t address, const Frame& frame, const std::vector<uint32_t>& cuts, uint32_t gap,
                                     const Frame& header = Frame(VIRTIO_NET_HDR_SIZE, 0)) {
        Frame packet = header;
        packet.insert(packet.end(), frame.begin(), frame.end());
        std::vector<RingElement> elements;
        size_t done = 0;
        auto piece = [&](size_t length) {
            std::memcpy(host.at(address), packet.data() + done, length);
            elements.push_back({address, uint32_t(length)});
            address += length + gap;
            done += length;
        };
        for (uint32_t cut : cuts)
            if (done + cut < packet.size()) piece(cut);
        piece(packet.size() - done);
        return elements;
    }
    // The frame that a used receive buffer holds, without its header.
    Frame frame_in(const RingBuffer& buffer) {
        Frame got;
        for (const auto& e : buffer.elements) got.insert(got.end(), host.at(e.address), host.at(e.address) + e.length);
        got.resize(buffer.length);
        const Frame header{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0};
        EXPECT_TRUE(got.size() >= 12 && std::equal(header.begin(), header.end(), got.begin()));
        return Frame(got.begin() + 12, got.end());
    }
    // A used receive buffer: header and frame.
    std::pair<Frame, Frame> packet_in(const RingBuffer& buffer) {
        Frame got;
        for (const auto& e : buffer.elements) got.insert(got.end(), host.at(e.address), host.at(e.address) + e.length);
        got.resize(buffer.length);
        return {Frame(got.begin(), got.begin() + VIRTIO_NET_HDR_SIZE), Frame(got.begin() + VIRTIO_NET_HDR_SIZE, got.end())};
    }
    // Runs until done() was true; it is asked once a cycle, and may have effects.
    bool run_until(const std::function<bool()>& done, unsigned limit = 20000) {
        for (; limit > 0; --limit, host.step())
            if (done()) return true;
        return false;
    }
    unsigned messages_of(unsigned vector) const {
        unsigned n = 0;
        for (const auto& m : host.messages) n += m.second == vector;
        return n;
    }

    // ---- control queue --------------------------------------------------------------------------------------------------------
    // Sends a command whose readable and writable bytes lie in elements of the given lengths; returns used.len, and the writable bytes
    // in `answer`, which hold 0xEE before. ~0 if it was not used.
    uint32_t command(const Frame& bytes, const std::vector<uint32_t>& read_cuts, const std::vector<uint32_t>& write_cuts, Frame& answer,
                     bool table = false) {
        std::vector<RingElement> elements;
        uint64_t address = kControlData + host.bench.random() % 64;
        size_t done = 0;
        auto readable = [&](size_t n) {
            std::copy_n(bytes.begin() + long(done), n, host.at(address));
            elements.push_back({address, uint32_t(n)});
            address += n + 3;
            done += n;
        };
        for (uint32_t cut : read_cuts) if (done + cut < bytes.size()) readable(cut);
        if (done < bytes.size()) readable(bytes.size() - done);
        const size_t n_readable = elements.size();
        for (uint32_t cut : write_cuts) {
            std::memset(host.at(address), 0xEE, cut + 1);
            elements.push_back({address, cut});
            address += cut + 5;
        }
        EXPECT_TRUE(ctrl().offer(elements, n_readable, table));
        kick(ctrl());
        std::vector<RingBuffer> used;
        run_until([&] { return !(used = ctrl().reap(false)).empty(); }, 5000);
        answer.clear();
        if (used.empty()) return ~0u;
        for (size_t i = n_readable; i < elements.size(); ++i) {
            const auto* p = host.at(elements[i].address);
            answer.insert(answer.end(), p, p + elements[i].length);
            EXPECT_EQ(p[elements[i].length], 0xEE) << "written behind an element";
        }
        EXPECT_EQ((used[0].flags >> 1) & 1, used[0].length != 0);
        return used[0].length;
    }
    void kick(unsigned q) { if (q == kControl) kick_control(); else rings[q].kick(); }
    // The acknowledgement of a command.
    uint8_t command(const Frame& bytes) {
        Frame answer;
        const uint32_t length = command(bytes, {2}, {1}, answer);
        return length == 1 ? answer[0] : 0xEE;
    }
    uint8_t use_pairs(unsigned n) { return command({VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_VQ_PAIRS_SET, uint8_t(n), uint8_t(n >> 8)}); }

    void kick_control() {       // its doorbell is where queue_notify_off says
        const auto& r = ctrl();
        host.write(BAR0_NOTIFY + 4 * r.queue, number(kControl) | r.next << 16 | (r.wrap ? 1u << 31 : 0), 4);
    }
    // [V] 5.1.2: without MQ and RSS the control queue is queue 2, whatever the device has.
    unsigned number(unsigned q) const { return q == kControl && !own_control_number() ? 2 : q; }

private:
    bool own_control_number() const { return features & (feature(VIRTIO_NET_F_MQ_BIT) | feature(VIRTIO_NET_F_RSS_BIT)); }
    static std::deque<Ring> make_rings(Host& host) {
        std::deque<Ring> rings;
        for (unsigned q = 0; q <= kControl; ++q) {
            rings.push_back(Ring(host, ring_address(q), q));
            rings.back().tables = kTables + q * 0x10000;
        }
        return rings;
    }
};

using Host = NicHost<Vnic_top>;
using Ring = RingOf<Vnic_top>;
using Device = DeviceOf<Vnic_top>;

inline NicHostConfig config(unsigned seed = 1) {
    NicHostConfig c;
    c.data_width = RTL_DataWidth;
    c.seed = seed;
    c.vectors = 2 * kPairs + 2;
    return c;
}
