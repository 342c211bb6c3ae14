// SPDX-License-Identifier: Apache-2.0
// The allocator of host RAM: what a driver's memory comes from.
//
// allocate() is contiguous for the CPU and scattered on the bus (see ram.h); allocate_contiguous() is contiguous on both. Small blocks
// share slabs of eight pages, one size class a slab; larger ones get pages of their own. Every block ends in a red zone, in every
// build, so that a build with AddressSanitizer, which poisons red zones and freed blocks, has the same physical addresses as one
// without. Freed small blocks are reused oldest first, which keeps a dangling pointer detectable for long. Freed memory is
// overwritten with `freed_byte`, so that a device that reads it sends something that no test expects.
//
// Deterministic: the same calls give the same physical addresses, whatever the host did with its own.
//
// Reports: "memory.bad_free" (not the start of a live block), "memory.leak" (report_leaks), "memory.host_limit" (RAM is left but the
// host cannot map it: the scenario needs a larger run_pages).
// Not thread safe; SystemC is one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "event.h"
#include "ram.h"

namespace hw {

class HostMemory {
public:
    static constexpr uint8_t freed_byte = 0xDD;
    static constexpr size_t red_zone_bytes = 16;
    static constexpr size_t small_limit = 8192;            // largest block of a slab, red zone included
    static constexpr uint64_t slab_pages = 8;

    HostMemory(const Ram::Config& config, EventStream& events);  // throws as Ram does
    ~HostMemory();
    HostMemory(const HostMemory&) = delete;
    HostMemory& operator=(const HostMemory&) = delete;

    // `size` bytes (at least 1 is reserved), zeroed, at a multiple of `alignment` (a power of two up to 4096; 0 and less than 16 mean
    // 16). `site` names the caller in reports and must outlive this object. nullptr when there is no room or the alignment is none.
    // The caller owns the block until free().
    void* allocate(size_t size, size_t alignment, const char* site);
    void* allocate_contiguous(size_t size, size_t alignment, const char* site);
    // Gives a block of either kind back. nullptr is allowed. The free observer sees it while it is still live.
    void free(void* block);

    struct Block {
        const void* base;
        size_t size;        // as asked for
        const char* site;
    };
    // The live block in which va lies, if it is in one. Constant time.
    std::optional<Block> find(const void* va) const;
    // Do [va, va + length) lie in one live block?
    bool covers(const void* va, size_t length) const;

    // Called with every block that is about to be freed.
    void on_free(std::function<void(const Block&)> observer) { observer_ = std::move(observer); }

    struct Leak {
        std::string site;
        uint64_t blocks;
        uint64_t bytes;
    };
    // What is live, by site, in the order of the names.
    std::vector<Leak> leaks() const;
    // A violation for each of these.
    void report_leaks();

    Ram& ram() { return ram_; }
    const Ram& ram() const { return ram_; }

    // Calls f(pa, bytes) for each physically contiguous run of [va, va + length), in order, until f returns false. The range must lie
    // in RAM.
    template <class F>
    void for_each_run(const void* va, size_t length, F f) const {
        const auto* p = static_cast<const uint8_t*>(va);
        while (length > 0) {
            const uint64_t start = ram_.physical(p);
            size_t run = Ram::page_bytes - start % Ram::page_bytes;
            while (run < length && ram_.physical(p + run) == start + run) run += Ram::page_bytes;
            if (run > length) run = length;
            if (!f(start, run)) return;
            p += run;
            length -= run;
        }
    }

private:
    enum class Use : uint8_t { free, slab, large };
    struct Page {
        Use use = Use::free;
        uint32_t index = 0;  // of the slab or large block
    };
    struct Record {
        const char* site = nullptr;  // nullptr: free
        size_t size = 0;
    };
    struct Slab {
        uint64_t first_page = 0;
        uint32_t class_bytes = 0;
        std::vector<Record> blocks;
    };
    struct Large {
        uint64_t first_page = 0;
        uint64_t pages = 0;
        Record record;
    };
    struct Place {  // a free block of a slab
        uint32_t slab;
        uint32_t block;
    };
    using Extents = std::map<uint64_t, uint64_t>;  // first page -> pages, neither adjacent nor overlapping

    // Pages that the CPU can access, or nothing.
    std::optional<uint64_t> take_mapped_pages(Extents& extents, uint64_t count);
    static std::optional<uint64_t> take_pages(Extents& extents, uint64_t count);
    static void give_pages(Extents& extents, uint64_t first, uint64_t count);
    void* allocate_small(uint32_t class_bytes, size_t size, const char* site);
    void* allocate_large(Extents& extents, size_t size, const char* site);
    bool new_slab(uint32_t class_bytes);
    void* open_block(uint8_t* base, Record& record, size_t size, const char* site);
    void close_block(uint8_t* base, size_t bytes);
    const Record* record_of(const void* va, const uint8_t** base) const;

    Ram ram_;
    EventStream& events_;
    std::vector<Page> pages_;
    std::vector<Slab> slabs_;
    std::vector<Large> large_;
    std::vector<uint32_t> large_free_;               // unused places of large_
    std::map<uint32_t, std::deque<Place>> free_;     // by class, oldest first
    Extents scattered_free_, coherent_free_;
    std::function<void(const Block&)> observer_;
};

}  // namespace hw
