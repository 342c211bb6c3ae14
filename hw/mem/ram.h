// SPDX-License-Identifier: Apache-2.0
// Host RAM as pages: one anonymous file seen twice, once in physical order and once as the CPU sees it.
//
// A physical address is an offset in the file. The linear view has it all in that order and is what DMA reads and writes. The CPU's
// view is one reservation of the same size: its first part, the coherent region, keeps physical order (rings need memory that is
// contiguous on the bus); behind it, runs of `run_pages` pages are mapped from places in a seeded random order, and no two runs that
// are neighbours for the CPU are neighbours physically. So a buffer of 9 KiB is three or four fragments, as on a real machine.
//
// A process may have 65,530 mappings (Linux, vm.max_map_count), one a run: that bounds how much of a memory with short runs can be used,
// and is why run_pages exists. Runs are mapped when first asked for, so that a small simulation has few.
//
// The host's addresses never leave this class as numbers: whoever needs a number takes the physical address or the page's index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hw {

class Ram {
public:
    static constexpr uint64_t page_bytes = 4096;
    static constexpr uint64_t max_runs = 60000;  // below Linux's limit of 65,530, leaving some to the process

    struct Config {
        uint64_t bytes = 128u << 20;           // all of RAM, a multiple of the page
        uint64_t coherent_bytes = 8u << 20;    // of these, the part that is physically contiguous, a multiple of the page; grows by
                                               // what is left when the rest is cut into runs
        uint32_t run_pages = 1;                // length of a physically contiguous run in the scattered part, pages
        uint64_t seed = 1;                     // of the order of the runs
    };

    // Throws std::invalid_argument when the configuration makes no sense, std::system_error when the host refuses the memory.
    explicit Ram(const Config& config);
    ~Ram();
    Ram(const Ram&) = delete;
    Ram& operator=(const Ram&) = delete;

    uint64_t bytes() const { return bytes_; }
    uint64_t pages() const { return bytes_ / page_bytes; }
    uint64_t coherent_pages() const { return coherent_pages_; }

    // Is this one of the addresses of the CPU's view?
    bool contains(const void* va) const {
        const auto* p = static_cast<const uint8_t*>(va);
        return p >= virtual_ && p < virtual_ + bytes_;
    }
    // The page of the CPU's view in which va lies; va must be contained.
    uint64_t page_of(const void* va) const { return offset_of(va) / page_bytes; }
    uint64_t offset_of(const void* va) const { return static_cast<uint64_t>(static_cast<const uint8_t*>(va) - virtual_); }
    uint8_t* page(uint64_t page_index) const { return virtual_ + page_index * page_bytes; }

    // The physical address behind va, which must be contained. One table look-up.
    uint64_t physical(const void* va) const {
        const uint64_t offset = offset_of(va);
        return uint64_t{frame_[offset / page_bytes]} * page_bytes + offset % page_bytes;
    }
    // The linear view: physical addresses pa, pa + 1, ... up to bytes() lie behind each other here.
    uint8_t* at(uint64_t pa) const { return linear_ + pa; }

    // Make pages [first, first + count) of the CPU's view accessible. False when that would need more than max_runs mappings, or the
    // host refuses; what was mapped stays so.
    bool map(uint64_t first, uint64_t count);

private:
    void order_runs(uint64_t seed);
    bool map_run(uint64_t run);
    void close_all();

    uint64_t bytes_;
    uint64_t coherent_pages_;
    uint32_t run_pages_;
    int file_ = -1;
    uint8_t* linear_ = nullptr;
    uint8_t* virtual_ = nullptr;
    std::vector<uint32_t> frame_;   // page of the CPU's view -> physical page
    std::vector<bool> run_mapped_;  // scattered runs, by number
    uint64_t mapped_runs_ = 0;
};

}  // namespace hw
