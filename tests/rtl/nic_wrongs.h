// SPDX-License-Identifier: Apache-2.0
// What a driver, a link or a root complex may do wrong, drawn at random for an Action, so that timing decides nothing of what becomes of it:
// a device is quiet before, and a ring that is broken has nothing else in it.
#pragma once

#include <array>
#include <random>
#include <string>
#include <vector>

#include "nic_device.h"

// A descriptor as no driver may write it; flags without AVAIL and USED, which are those of the slot unless `stale`.
struct RawSlot { uint64_t address; uint32_t length; uint16_t flags; };
struct RawBytes { uint64_t address; Frame bytes; };
struct RawPacket { std::array<uint32_t, 4> hdr; Frame data; };
struct RawBell { uint32_t offset, value; unsigned size; };
// The answer to the first read of [from, to); fault is a NicHost::Fault.
struct Spoilt { uint64_t from = 0, to = 0; unsigned fault = 0; };

// Something that is a ring error, of a queue with nothing else in its ring.
struct BrokenRing {
    std::string name;
    unsigned queue = 0;
    std::vector<RawSlot> slots;
    std::vector<RawBytes> memory;
    Spoilt spoilt;
    bool frame = false;   // some are found only when the queue is needed
};

class Wrongs {
public:
    enum Answer : unsigned { Lose = 1, Unsupported, Abort, Poison, OtherCount, Twice };   // in the order of NicHost::Fault

    explicit Wrongs(std::mt19937& random) : random_(random) {}

    BrokenRing broken_ring(uint64_t features, unsigned pairs, unsigned size) {
        constexpr uint16_t next = 1u << VIRTQ_DESC_F_NEXT_BIT, table = 1u << VIRTQ_DESC_F_INDIRECT_BIT;
        constexpr uint64_t end = 0ull - 64;
        BrokenRing b;
        const bool has_control = features & feature(VIRTIO_NET_F_CTRL_VQ_BIT);
        b.queue = has_control && below(4) == 0 ? kControl : below(2 * pairs);
        // Its own tables, headers of nothing in front of what is to be sent, and for a command one that is refused.
        const uint64_t tables = kTables + b.queue * 0x10000, at = b.queue == kControl ? kControlData : b.queue % 2 ? kTxData : kRxData;
        const bool rx = b.queue != kControl && b.queue % 2 == 0;
        const uint16_t write = rx ? 1u << VIRTQ_DESC_F_WRITE_BIT : 0;
        b.frame = rx;
        auto slots = [&](const char* name, std::vector<RawSlot> s) {
            b.name = name;
            for (RawSlot& slot : s) slot.flags = uint16_t(slot.flags | write);
            b.slots = std::move(s);
        };
        auto one_table = [&](const char* name, std::vector<RawSlot> elements) {
            slots(name, {{tables, uint32_t(16 * elements.size()), table}});
            for (size_t i = 0; i < elements.size(); ++i) b.memory.push_back({tables + 16 * i, bytes_of(elements[i], write)});
        };
        switch (below(has_table(features) ? 16 : 11)) {
        case 0: slots("a chain longer than the ring", std::vector<RawSlot>(size, {at, 100, next})); break;
        case 1: slots("a chain that goes on in a slot that is not available", {{at, 100, next}}); break;
        case 2: slots("an element across the end of the address space", {{end, 65, 0}}); break;
        case 3: slots("an element of 4 GiB across it", {{end, 0xFFFFFFFF, 0}}); break;
        case 4: size > 2 ? slots("the second element across it", {{at, 100, next}, {end, 100, 0}}) : slots("across it", {{end, 100, 0}}); break;
        case 5: slots("a table, and more", {{tables, 32, uint16_t(table | next)}, {at, 100, 0}}); break;
        case 6: size > 2 ? slots("a table in a list", {{at, 100, next}, {tables, 32, table}}) : slots("no table", {{tables, 8, table}}); break;
        case 7: slots("a table of no bytes", {{tables, 0, table}}); break;
        case 8: slots("a table and a half descriptor", {{tables, 24, table}}); break;
        case 9: slots("a table longer than the ring", {{tables, 16 * (size + 1), table}}); break;
        case 10: wrong_way(b, at, size, slots); break;
        case 11: slots("a table across the end", {{end, 128, table}}); break;
        case 12: one_table("an element of a table across the end", {{0ull - 1, 2, 0}}); break;
        case 13: size > 1 ? one_table("its second element", {{at, 100, 0}, {0ull - 1, 2, 0}}) : one_table("", {{0ull - 1, 2, 0}}); break;
        case 14:
            one_table("a table that cannot be read", {{at, 100, 0}});
            b.spoilt = {tables, tables + 0x1000, error()};
            break;
        default: wrong_way(b, at, size, slots);
        }
        if (b.slots.empty() || below(8) == 0) {
            slots("a ring that cannot be read", {{at, 100, 0}});
            b.spoilt = {ring_address(b.queue), ring_address(b.queue) + 0x1000, error()};
            b.frame = false;
        }
        return b;
    }
    // An answer that comes, and is an error: one of three.
    static Spoilt error_at(const RingElement& element, unsigned which) {
        return {element.address, element.address + element.length, Unsupported + which};
    }
    Spoilt spoilt(uint64_t from, uint64_t bytes) { return {from, from + bytes, 1 + below(6)}; }

    // Packets that are none for this device, and completions that nobody asked for.
    std::vector<RawPacket> packets() {
        std::vector<RawPacket> all;
        for (unsigned n = 1 + below(6); n-- > 0;) {
            const uint32_t any = below(256), type = any == TLP_TYPE_CFGWR0 || below(2) ? uint32_t{TLP_TYPE_CPLD} : any;
            const uint32_t words = below(5) ? below(4) : below(1024), poison = below(5) ? 0 : 1u << TLP_EP_BIT;
            RawPacket packet{{type << 24 | poison | words, uint32_t(random_()), 0x02000000u | (uint32_t(random_()) & 0xFFFFFF), uint32_t(random_())}, {}};
            if (type >> 6 & 1) packet.data.assign(4 * (words ? words : 1024), 0xA5);
            all.push_back(std::move(packet));
        }
        return all;
    }
    // Doorbells of any queue, width and position: hints, at most ([V] 2.9).
    std::vector<RawBell> bells() {
        std::vector<RawBell> all;
        for (unsigned n = 1 + below(6); n-- > 0;) {
            const uint32_t q = below(kControl + 2), value = below(2) ? q | uint32_t(random_()) << 16 : uint32_t(random_());
            all.push_back({BAR0_NOTIFY + BAR0_NOTIFY_MULTIPLIER * (below(4) ? q : below(0x400)), value, 1u << below(3)});
        }
        return all;
    }

private:
    std::mt19937& random_;

    uint32_t below(uint32_t n) { return uint32_t(random_() % n); }
    unsigned error() { return 1 + below(4); }
    static bool has_table(uint64_t features) { return features & feature(VIRTIO_F_INDIRECT_DESC_BIT); }
    static Frame bytes_of(const RawSlot& slot, uint16_t write) {
        Frame bytes(16, 0);
        for (unsigned i = 0; i < 8; ++i) bytes[i] = uint8_t(slot.address >> 8 * i);
        for (unsigned i = 0; i < 4; ++i) bytes[8 + i] = uint8_t(slot.length >> 8 * i);
        bytes[14] = uint8_t(write);
        return bytes;
    }
    // What is read where it must be written, or too short to be of use.
    template <class Slots>
    void wrong_way(BrokenRing& b, uint64_t at, unsigned size, Slots slots) {
        constexpr uint16_t next = 1u << VIRTQ_DESC_F_NEXT_BIT, write = 1u << VIRTQ_DESC_F_WRITE_BIT;
        if (b.queue == kControl) {
            if (size > 2) slots("a readable element behind a writable one", {{at, 2, next}, {at + 64, below(2) * 4, uint16_t(write | next)}, {at, 3, 0}});
        } else if (b.queue % 2 == 0) {
            slots("a receive buffer of 11 bytes", {{at, 11, 0}});
            if (below(2) && size > 2) slots("of 11 bytes in pieces", {{at, 5, next}, {at + 100, 6, 0}});
            if (below(2)) { b.name = "a readable receive buffer"; b.slots[0].flags &= uint16_t(~write); }
        }
    }
};
