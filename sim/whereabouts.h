// SPDX-License-Identifier: Apache-2.0
// Where the hardware is with a packet: for reports of lost NBLs, and for violations that have an address and no packet.
//
// Put together when somebody asks, from what is seen anyway: the link showed what the device fetched, used and sent (DeviceTap,
// TlpChecker), the IOMMU knows what is mapped, the ring lies in memory, and the driver says what it posts and takes back. The last is kept
// for the newest packets of each queue; a driver that reports no ring events is known by its addresses alone.
//
// Leaves out: the inside of the device. What it has fetched and not yet used is wherever its pipeline has it.
//
// Spec: [V] VIRTIO 1.2, 2.8
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "device_tap.h"
#include "event.h"

namespace sim {

class System;
struct Slot;

class Whereabouts {
public:
    // Of the NIC in this slot. The parts of both exist already, and outlive this object.
    Whereabouts(System& system, const Slot& slot);
    Whereabouts(const Whereabouts&) = delete;
    Whereabouts& operator=(const Whereabouts&) = delete;

    enum class State {
        unknown,    // it passed through the ring too long ago
        nowhere,    // no descriptor has its address, and none was reported
        written,    // a descriptor has its address and is not available to the device
        available,  // and the device has not fetched it
        fetched,    // and the device has not used it
        used        // ... and the used descriptor is written
    };
    struct Place {
        State state = State::nowhere;
        uint64_t bus_address = 0;                 // of its first mapped byte; 0: nothing of it is mapped
        int queue = -1;                           // virtqueue, or -1
        uint32_t slot = 0;
        std::optional<uint16_t> id;
        uint64_t posted_ps = 0, fetched_ps = 0, used_ps = 0, reaped_ps = 0;  // 0: not, or not known
        bool reported = false;                    // the driver reports its rings: posted_ps and reaped_ps mean something
        bool dma = false;                         // a read of the device waits for its bytes now
        int vector = -1;                          // of its queue
        uint64_t message_ps = 0;                  // when that vector's message was sent last; 0: never
        std::optional<bool> interrupts_wanted;    // as the driver's event structure says now
    };
    // Of memory [va, va + length), which carries this packet (-1: unknown) in one direction.
    Place of(const void* va, uint32_t length, int64_t packet, bool receive) const;

    struct Owner {
        int64_t packet = -1;
        uint32_t nbl = 0;  // number of the NBL that it was sent in; 0: unknown
    };
    // Whose descriptor, of those that stand in the rings, has this bus address.
    Owner owner_of(uint64_t address) const;

private:
    // A buffer, as the driver reports it; kept by packet.
    struct Passage {
        uint64_t packet = none, posted_ps = 0, reaped_ps = 0;
        uint32_t slot = 0, slots = 0;
    };
    struct Sent {
        uint64_t packet = none, nbs = 0;
        uint32_t nbl = 0;
    };
    static constexpr uint64_t none = UINT64_MAX;
    static constexpr size_t kept = 4096;  // a power of two

    void on_event(const hw::Event& event);
    const Passage* passage(int64_t packet, bool receive, int* queue) const;
    void find_descriptor(Place& place, uint32_t length, bool receive) const;
    std::optional<hw::DeviceTap::Place> scan_rings(uint64_t address, uint32_t length) const;
    bool is_in(uint64_t descriptor, uint64_t address, uint32_t length) const;
    void add_interrupt(Place& place) const;

    System& system_;
    const Slot& slot_;
    std::vector<std::vector<Passage>> passages_;  // by queue, then by packet modulo kept
    std::vector<Sent> sent_;
};

// "fetched" and so on, as results have them.
const char* state_name(Whereabouts::State state);

}  // namespace sim
