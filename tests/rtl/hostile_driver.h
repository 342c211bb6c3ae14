// SPDX-License-Identifier: Apache-2.0
// HostileDriver: a driver, a link and a wire that do right and wrong at random, and what a device may do meanwhile.
//
// The oracle asks nothing of what becomes of a malformed request. It asks that every access of the device lies in a ring or an event
// structure that it was given, or in memory that a descriptor which it has read names, for what the descriptor allows; that
// registers are always answered; that a reset ends, and nothing follows it; and that the device then carries frames both ways.
#pragma once

#include <algorithm>
#include <set>
#include <sstream>

#include "nic_traffic.h"

class HostileDriver {
public:
    explicit HostileDriver(unsigned seed) : d(machine(seed), features(seed), 1), random(d.host.bench.random) {
        d.host.isolated = true;
        d.host.watch = [this](const Host::Access& access) { see(access); };
        d.host.config_write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL_2, 1, 2);   // reads time out after 600 to 1200 cycles
    }
    // Some wrongs of each kind, then a reset, and right again.
    void round(unsigned actions) {
        d.set_status(0);
        while (d.status() != 0) {}
        forget();
        const unsigned ring_size = 1 + unsigned(random() % kRing);
        d.start(ring_size);
        for (unsigned q : {0u, 1u, kControl}) give_queue(ring_address(q), ring_size, event_address(q));
        const bool spoil = chance(50);
        d.host.fault = [this, spoil](const Host::Access&) { return spoil && chance(2) ? Host::Fault(1 + random() % 6) : Host::Fault::none; };
        while (actions-- > 0 && !::testing::Test::HasFatalFailure()) {
            act();
            d.host.step(unsigned(random() % (chance(20) ? 400 : 40)));
            check();
        }
        recover();
    }
    std::string report() const {
        std::ostringstream text;
        for (const auto& line : log_) text << line << "\n";
        return text.str();
    }

private:
    Device d;
    std::mt19937& random;
    struct Range {
        uint64_t from, bytes;
        bool write;
        bool holds(const Host::Access& a) const { return a.address >= from && a.address - from <= bytes && a.bytes <= bytes - (a.address - from); }
    };
    std::vector<Range> given_;                 // what the device may touch
    std::vector<Range> arrays_;                // of descriptors: rings and tables
    std::vector<Host::Access> unseen_;         // accesses that were not judged yet
    std::set<std::tuple<uint64_t, uint64_t, bool>> known_;
    std::vector<std::string> log_;

    static NicHostConfig machine(unsigned seed) {
        auto c = config(seed);
        c.cycles_per_us = 12;
        c.latency_min = 10;
        c.latency_max = 10 + seed * 37 % 90;
        c.stall_percent = seed * 11 % 25;
        return c;
    }
    static uint64_t features(unsigned seed) {
        std::mt19937 random(seed * 77);
        uint64_t all = basic | control;
        for (const uint64_t one : {indirect, event_idx, ring_reset, moderation, feature(VIRTIO_NET_F_CSUM_BIT), feature(VIRTIO_NET_F_MRG_RXBUF_BIT),
                                   feature(VIRTIO_NET_F_CTRL_RX_BIT), feature(VIRTIO_NET_F_CTRL_VLAN_BIT), feature(VIRTIO_NET_F_MTU_BIT)})
            if (random() % 2) all |= one;
        return random() % 3 ? all : all & ~feature(VIRTIO_F_IN_ORDER_BIT);
    }
    bool chance(unsigned percent) { return random() % 100 < percent; }
    uint64_t random64() { return uint64_t{random()} << 32 | random(); }
    void note(const std::string& what) { log_.push_back(std::to_string(d.host.bench.cycle) + ": " + what); }
    template <class... Parts>
    void note(const char* what, Parts... parts) {
        std::ostringstream text;
        text << what << std::hex;
        ((text << " " << uint64_t(parts)), ...);
        note(text.str());
    }

    // ---- what the device may do -------------------------------------------------------------------------------------------------------
    void forget() {
        given_.clear();
        arrays_.clear();
        unseen_.clear();
        known_.clear();
        log_.clear();
    }
    void give(uint64_t from, uint64_t bytes, bool write) {
        if (bytes != 0 && known_.insert({from, bytes, write}).second) given_.push_back({from, bytes, write});
    }
    void give_array(uint64_t from, uint64_t bytes) {
        for (const auto& a : arrays_) if (a.from == from && a.bytes == bytes) return;
        arrays_.push_back({from, bytes, false});
    }
    void give_queue(uint64_t ring, uint64_t slots, uint64_t events) {
        give(ring, 16 * slots, false);
        give(ring, 16 * slots, true);
        give_array(ring, 16 * slots);
        give(events, 4, false);
    }
    // What a descriptor says that the device may have read.
    void see_descriptor(uint64_t at) {
        uint64_t address;
        uint32_t length;
        uint16_t flags;
        std::memcpy(&address, d.host.at(at), 8);
        std::memcpy(&length, d.host.at(at) + 8, 4);
        std::memcpy(&flags, d.host.at(at) + 14, 2);
        const uint64_t bytes = address != 0 && length > 0 - address ? 0 - address : length;   // no access goes on at address 0
        give(address, bytes, flags & 2);
        if (!(flags & 4)) return;
        give(address, bytes, false);
        give_array(address, bytes);
    }
    void see(const Host::Access& access) {
        unseen_.push_back(access);
        if (access.write) return;
        for (size_t i = 0; i < arrays_.size(); ++i) {
            const Range array = arrays_[i];
            if (access.address + access.bytes <= array.from || access.address >= array.from + array.bytes) continue;
            const uint64_t first = access.address > array.from ? (access.address - array.from) / 16 : 0;
            for (uint64_t at = array.from + 16 * first; at < access.address + access.bytes; at += 16)
                if (at + 16 <= array.from + array.bytes && d.host.inside(at, 16)) see_descriptor(at);
        }
    }
    void check() {
        for (const auto& access : unseen_) {
            const bool allowed = std::any_of(given_.begin(), given_.end(), [&](const Range& r) { return r.write == access.write && r.holds(access); });
            ASSERT_TRUE(allowed) << (access.write ? "write" : "read") << " of " << access.bytes << " bytes at 0x" << std::hex << access.address
                                 << ", which nobody gave to the device";
        }
        unseen_.clear();
    }

    // ---- wrongs -----------------------------------------------------------------------------------------------------------------------
    uint64_t any_address() {
        switch (random() % 8) {
            case 0: return 0ull - random() % 4096;                              // near the end
            case 1: return 0x900000000 + random() % 0x10000;                    // no memory
            case 2: return random() % 0x100000;                                 // none below 4 GiB either
            case 3: return kTables + (random() % 3) * 0x10000 + random() % 64 * 1024;
            case 4: return Host::memory_base + (8u << 20) - random() % 2000;    // across the end of memory
            default: return kTxData + random() % 0x1FF000;
        }
    }
    uint32_t any_length() {
        static const uint32_t lengths[] = {0, 1, 11, 12, 13, 16, 25, 26, 60, 64, 72, 512, 1514, 2048, 9030, 9031, 0x10000, 0xFFFFFFFF};
        return chance(60) ? lengths[random() % (sizeof lengths / sizeof *lengths)] : uint32_t(random() % 3000);
    }
    uint16_t any_flags(bool likely_write) {
        uint16_t flags = chance(likely_write ? 90 : 10) ? 2 : 0;
        if (chance(35)) flags |= 1;
        if (chance(12)) flags |= 4;
        if (chance(10)) flags = uint16_t(flags | (random() & 0x7F78));   // bits without a meaning
        return flags;
    }
    void put_descriptor(uint64_t at, uint64_t address, uint32_t length, uint16_t id, uint16_t flags) {
        uint8_t* p = d.host.at(at);
        std::memcpy(p, &address, 8);
        std::memcpy(p + 8, &length, 4);
        std::memcpy(p + 12, &id, 2);
        std::memcpy(p + 14, &flags, 2);
    }
    // A few slots, from where the ring stands or anywhere in it.
    void post(Ring& ring) {
        const bool rx = ring.queue == 0;
        for (unsigned n = 1 + unsigned(random() % 4); n-- > 0;) {
            uint64_t address = chance(70) ? kTxData + random() % 0x1FF000 : any_address();
            uint32_t length = any_length();
            uint16_t flags = any_flags(rx || (ring.queue == kControl && n == 0));
            if (n == 0 && chance(80)) flags &= 0xFFFE;
            if (flags & 4 && chance(80)) {        // a table that is one
                address = kTables + ring.queue * 0x10000 + ring.next * 1024;
                const unsigned entries = 1 + unsigned(random() % 30);
                for (unsigned i = 0; i < entries; ++i)
                    put_descriptor(address + 16 * i, chance(80) ? kTxData + random() % 0x1FF000 : any_address(), any_length(), uint16_t(random()),
                                   any_flags(rx || i + 1 == entries));
                length = 16 * entries;
                if (chance(90)) flags &= 0xFFFE;
            }
            if (!rx && !(flags & 4) && n > 0 && d.host.inside(address, 64)) {   // a header or a command, now and then a good one
                Frame bytes(64, 0);
                if (chance(30)) for (auto& b : bytes) b = uint8_t(random());
                if (ring.queue == kControl) { bytes[0] = uint8_t(random() % 8); bytes[1] = uint8_t(random() % 6); }
                std::copy(bytes.begin(), bytes.end(), d.host.at(address));
            }
            uint16_t owned = uint16_t(flags & 0x7F7F);
            const bool mine = chance(95);
            owned = uint16_t(owned | (ring.wrap == mine ? 0x80 : 0x8000));
            if (chance(2)) owned = uint16_t(random());
            const unsigned slot = chance(95) ? ring.next : unsigned(random() % ring.size);
            note("slot", ring.queue, slot, address, length, owned);
            put_descriptor(ring_address(ring.queue) + 16 * slot, address, length, uint16_t(random()), owned);
            if (++ring.next >= ring.size) { ring.next = 0; ring.wrap = !ring.wrap; }
        }
    }
    void write_register() {
        static const uint32_t blocks[] = {BAR0_COMMON, BAR0_COMMON, BAR0_COMMON, BAR0_ISR, BAR0_DEVICE, BAR0_NOTIFY, BAR0_STATS, 0x6000, 0x7000, BAR0_MSIX_PBA};
        const uint32_t block = blocks[random() % (sizeof blocks / sizeof *blocks)], size = 1u << random() % 3;
        const uint32_t offset = uint32_t(random() % (block == BAR0_COMMON ? 0x48 : 0x100)) & ~(size - 1);
        const uint32_t value = chance(50) ? uint32_t(random() % 4) : uint32_t(random());
        note("register", block + offset, size, value);
        if (chance(30)) {
            d.host.read(block + offset, size);
            return;
        }
        d.host.write(block + offset, value, size);
        if (block == BAR0_COMMON && offset / 4 * 4 == VIRTIO_COMMON_QUEUE_ENABLE) {   // whatever was enabled may be used
            uint64_t address[2];
            for (unsigned i = 0; i < 2; ++i)
                address[i] = d.host.read(BAR0_COMMON + VIRTIO_COMMON_QUEUE_DESC + 8 * i, 4) |
                             uint64_t{d.host.read(BAR0_COMMON + VIRTIO_COMMON_QUEUE_DESC + 8 * i + 4, 4)} << 32;
            if (d.host.read(BAR0_COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2) & 1)
                give_queue(address[0], d.host.read(BAR0_COMMON + VIRTIO_COMMON_QUEUE_SIZE, 2), address[1]);
        }
    }
    // A queue of its own making: any size, anywhere.
    void set_up_queue() {
        const uint32_t c = BAR0_COMMON;
        const unsigned q = unsigned(random() % (kControl + 2));
        d.host.write(c + VIRTIO_COMMON_QUEUE_SELECT, q, 2);
        if (chance(30)) d.host.write(c + VIRTIO_COMMON_QUEUE_RESET, 1, 2);
        d.host.step(unsigned(random() % 100));
        d.host.write(c + VIRTIO_COMMON_QUEUE_SIZE, chance(50) ? uint32_t(random()) : uint32_t(1 + random() % 64), 2);
        const uint64_t ring = chance(50) ? any_address() : ring_address(q % 3), events = chance(50) ? any_address() : event_address(q % 3);
        for (unsigned i = 0; i < 2; ++i) {
            const uint64_t address = i == 0 ? ring : events;
            d.host.write(c + VIRTIO_COMMON_QUEUE_DESC + 8 * i, uint32_t(address), 4);
            d.host.write(c + VIRTIO_COMMON_QUEUE_DESC + 8 * i + 4, uint32_t(address >> 32), 4);
        }
        const auto value = [&](uint32_t at) { return d.host.read(c + at, 4) | uint64_t{d.host.read(c + at + 4, 4)} << 32; };
        const auto give_it = [&] {
            give_queue(value(VIRTIO_COMMON_QUEUE_DESC), d.host.read(c + VIRTIO_COMMON_QUEUE_SIZE, 2), value(VIRTIO_COMMON_QUEUE_DRIVER));
        };
        give_it();   // before it is enabled, for what the device reads there is judged at once
        note("queue", q, ring, events);
        d.host.write(c + VIRTIO_COMMON_QUEUE_ENABLE, 1, 2);
        give_it();   // and what it became, should its reset have ended only now
    }
    void inject_packet() {
        const uint32_t type = uint32_t(random() % 256), words = uint32_t(chance(80) ? random() % 4 : random() % 1024);
        const bool completion = chance(50) || type == TLP_TYPE_CFGWR0;   // a bus driver may write what it wants
        std::array<uint32_t, 4> hdr{(completion ? uint32_t{TLP_TYPE_CPLD} : type) << 24 | (chance(20) ? 1u << TLP_EP_BIT : 0) | words, uint32_t(random()),
                                    0x02000000u | uint32_t(random() & 0xFFFFFF), uint32_t(random())};
        note("packet", hdr[0], hdr[1], hdr[2], hdr[3]);
        d.host.inject(hdr, Frame(hdr[0] >> 30 & 1 ? 4 * (words ? words : 1024) : 0, 0xA5));
        d.host.step(100 + words / 2);   // an answer, should there be one, is not that of the next read
    }
    void receive_frame() {
        Frame frame = flow_frame(random, 0, true, chance(10) ? 9000 : 42 + random() % 1500);
        frame = with_fcs(frame);
        if (chance(10)) frame[random() % frame.size()] ^= 1;
        if (chance(5)) frame.resize(1 + random() % 63);
        if (d.host.incoming() < 20) d.host.receive(frame);
    }
    void ring_doorbell() {
        const unsigned q = unsigned(random() % (kControl + 1));
        if (chance(70)) return d.kick(q);
        d.host.write(BAR0_NOTIFY + 4 * unsigned(random() % 8), chance(50) ? q | uint32_t(random()) << 16 : uint32_t(random()), 1u << random() % 3);
    }
    void change_settings() {
        note("settings");
        switch (random() % 3) {
            case 0: d.host.config_write(PCI_CFG_COMMAND, chance(50) ? 2 : 6, 2); break;
            case 1: d.host.config_write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, uint32_t(random() & 0x71E0), 2); break;
            default: d.set_status(uint32_t(random() % 16)); break;
        }
    }
    void act() {
        static const unsigned queues[] = {0, 1, kControl};
        switch (random() % 16) {
            case 0: case 1: return receive_frame();
            case 2: case 3: return ring_doorbell();
            case 4: return write_register();
            case 5: return chance(30) ? set_up_queue() : inject_packet();
            case 6: return chance(40) ? change_settings() : receive_frame();
            default: {
                const unsigned q = queues[random() % 3];
                post(d.rings[q]);
                if (chance(80)) d.kick(q);
            }
        }
    }
    void recover() {
        if (::testing::Test::HasFatalFailure()) return;
        if (chance(50)) d.host.config_write(PCI_CFG_COMMAND, 6, 2);   // or the reset has to do without
        d.set_status(0);
        ASSERT_TRUE(d.run_until([&] { return d.status() == 0; }, 3000)) << "the reset does not end";   // it waits for reads to time out
        check();
        d.host.fault = nullptr;
        d.host.config_write(PCI_CFG_COMMAND, 6, 2);
        d.host.config_write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, 1u << 5 | 1u << 8 | 2u << 12, 2);
        d.host.deliver_lost();
        while (d.host.reads_outstanding()) d.host.step();   // or they are in the way of those that follow
        d.host.step(300);
        ASSERT_TRUE(unseen_.empty()) << "an access after the reset";
        while (!d.host.wire_idle() || d.host.sending()) d.host.step();
        d.host.step(200);
        d.host.sent.clear();
        d.host.messages.clear();
        d.start();
        for (unsigned q : {0u, 1u, kControl}) give_queue(ring_address(q), kRing, event_address(q));
        Traffic traffic(d, 1);
        traffic.run(2);
        check();
        ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "it did not come back";
    }
};
