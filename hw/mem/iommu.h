// SPDX-License-Identifier: Apache-2.0
// The IOMMU: it knows what the driver mapped for the device, to the byte, and refuses the rest.
//
// A bus address (IOVA) is {epoch[11:0], physical address[35:0]}. The epoch is that of the map() call, 1 to 4095 and round again, so
// that a bus address is always above 64 GiB, is never a physical address, and goes stale when its mapping is removed, even if the
// same memory is mapped again at once: a device that is late by one buffer is caught. For a device that reaches less the epochs are
// fewer, and below 64 GiB there is one, 0. Physically contiguous memory of one mapping is
// contiguous on the bus, scattered memory is several segments; nothing is translated page by page as real tables would, because then
// scatter would be invisible to the driver.
//
// Modelled: protection and direction to the byte (real hardware protects whole pages), a translation cache (off unless configured).
// Not modelled: page tables in memory, faults delivered to an operating system, PCIe ATS and PRI, several domains.
//
// Reports, each with time, access, and the mapping that it missed:
//   "iommu.unmapped"            an access outside every live mapping
//   "iommu.direction"           a mapping is there but not for this direction
//   "iommu.bad_unmap"           unmap() of what map() never gave, or gave once and got back
//   "iommu.leak"                report_leaks(): still mapped at the end
//   "memory.freed_while_mapped" memory was freed that the device may still use
// A TLP that misses in several of its lines is reported once.
//
// Sources: 64 entries and 330 ns for a miss are measured values of Neugebauer et al., SIGCOMM 2018, section 6.5.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <systemc>

#include "event.h"
#include "host_memory.h"
#include "tlb.h"

namespace hw {

enum class DmaDirection : uint8_t { to_device = 1, from_device = 2, both = 3 };

// One run of memory that is contiguous on the bus.
struct DmaSegment {
    uint64_t iova;
    uint32_t length;  // bytes
};

// An access of a device, as far as the IOMMU has to know.
struct DmaAccess {
    uint64_t iova = 0;
    uint32_t length = 0;      // bytes; 0 asks only for the address
    bool write = false;
    uint64_t tlp = 0;         // id of the TLP, 0 when unknown
    uint16_t requester = 0;   // bus, device, function
};

class Iommu {
public:
    static constexpr unsigned address_bits = 36;  // of the physical address in an IOVA
    static constexpr uint32_t epochs = 4096;

    struct Config {
        uint32_t tlb_entries = 0;      // 0: translation costs nothing
        double tlb_miss_ns = 330;      // added to an access that misses
        uint32_t history = 4096;       // removed segments that reports remember
    };

    struct Counters {
        uint64_t maps = 0, unmaps = 0, translations = 0, tlb_hits = 0, tlb_misses = 0, violations = 0;
    };

    // Observes memory.on_free(): memory outlives this object and frees nothing after it.
    Iommu(const Config& config, HostMemory& memory, EventStream& events);

    // Maps [va, va + length), which must lie in one live block, for the device. Fills `segments` with the physically contiguous runs
    // in order and returns their number; -ENOSPC when there are more than max_segments, -EFAULT when the range is not in a block or
    // empty; nothing is mapped then. `owner` names the mapping in reports; it is copied.
    // No byte is above the bus address `highest`, or -ENOSPC. A device that does not reach 64 GiB gets physical addresses.
    int map(const void* va, size_t length, DmaDirection direction, const char* owner, DmaSegment* segments, unsigned max_segments,
            uint64_t highest = UINT64_MAX);
    // Removes segments that map() gave, each once and whole.
    void unmap(const DmaSegment* segments, unsigned count);

    // The physical address behind an access, which stays valid over its length. False, and a violation, when it is refused. Adds the
    // cost of the translation to `delay`.
    bool translate(const DmaAccess& access, uint64_t& pa, sc_core::sc_time& delay);

    // The physical address in a bus address that translate() has granted.
    static uint64_t physical(uint64_t iova) { return iova & ((uint64_t{1} << address_bits) - 1); }

    // The bus address of [va, va + length), or of its first part that is mapped now; 0: none of it is.
    uint64_t bus_address(const void* va, size_t length) const;

    uint64_t live_segments() const { return live_segments_; }
    const Counters& counters() const { return counters_; }
    // A violation for each owner that still has mappings.
    void report_leaks();

private:
    // The part of a segment that lies in one page. Sorted by key in the page's list; one map() call has at most one in a page.
    struct Piece {
        uint32_t key;          // epoch, and offset of the first byte in the page
        uint16_t length;       // 1 to 4096
        DmaDirection direction;
        bool first;            // the segment starts here
        uint32_t owner;
    };
    struct Removed {           // history, for messages
        uint64_t iova = 0;
        uint32_t length = 0;
        uint32_t owner = 0;
        sc_core::sc_time time;
    };
    using Pieces = std::vector<Piece>;

    uint32_t intern(const char* owner);
    void insert(uint64_t iova, uint32_t length, DmaDirection direction, uint32_t owner);
    bool remove(uint64_t iova, uint32_t length, uint32_t& owner);
    const Piece* covering(uint64_t iova, uint32_t length) const;
    const Piece* mapping_of(const void* va, size_t length, uint64_t& found_page) const;
    void check_free(const HostMemory::Block& block);
    void refuse(const DmaAccess& access, const Piece* piece);
    void report_bad_unmap(const DmaSegment& segment);
    std::string describe_nearest(uint64_t iova, uint32_t length) const;
    std::string describe_removed(uint64_t iova, uint32_t length) const;
    void violate(const char* check, const char* clause, std::string message, uint64_t address = 0);

    HostMemory& memory_;
    EventStream& events_;
    std::vector<Pieces> pages_;    // by physical page
    uint32_t epoch_ = 0, low_epoch_ = 0;  // low: of mappings for devices that do not reach all
    uint64_t live_segments_ = 0;
    uint64_t reported_tlp_ = 0;
    Counters counters_;

    std::vector<std::string> owners_;
    std::unordered_map<std::string, uint32_t> owner_ids_;  // looked up, never iterated
    struct Known { const char* name = nullptr; uint32_t id = 0; };
    std::array<Known, 64> known_owners_{};                 // by address of the name, contents compared: spares the hash

    std::vector<Removed> history_;
    uint64_t removed_ = 0;

    Tlb tlb_;
    sc_core::sc_time tlb_miss_;
};

}  // namespace hw
