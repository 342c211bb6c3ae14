// SPDX-License-Identifier: Apache-2.0
#include "host_memory.h"

#include <algorithm>
#include <cstring>

#include "poison.h"

namespace hw {
namespace {

constexpr size_t min_alignment = 16;

// Four classes a doubling: 32, 40, 48, 56, 64, 80, ... of which only multiples of the alignment serve.
uint32_t class_for(size_t bytes, size_t alignment) {
    for (uint32_t power = 32; power <= HostMemory::small_limit; power *= 2)
        for (uint32_t quarter = 0; quarter < 4; quarter++) {
            const uint32_t size = power + quarter * (power / 4);
            if (size >= bytes && size % alignment == 0 && size <= HostMemory::small_limit) return size;
        }
    return 0;
}

// The usable alignment, or 0 when `alignment` is none.
size_t checked_alignment(size_t alignment) {
    if (alignment & (alignment - 1) || alignment > Ram::page_bytes) return 0;
    return std::max(alignment, min_alignment);
}

}  // namespace

HostMemory::HostMemory(const Ram::Config& config, EventStream& events) : ram_(config), events_(events), pages_(ram_.pages()) {
    coherent_free_[1] = ram_.coherent_pages() - 1;  // page 0 stays unused: physical address 0 is always a mistake
    scattered_free_[ram_.coherent_pages()] = ram_.pages() - ram_.coherent_pages();
    if (ram_.coherent_pages() == 1) coherent_free_.clear();
}

// The host may give these addresses to somebody else next.
HostMemory::~HostMemory() { unpoison(ram_.page(0), ram_.bytes()); }

void* HostMemory::allocate(size_t size, size_t alignment, const char* site) {
    alignment = checked_alignment(alignment);
    if (alignment == 0 || size > ram_.bytes()) return nullptr;
    size = std::max<size_t>(size, 1);
    const uint32_t class_bytes = size + red_zone_bytes <= small_limit ? class_for(size + red_zone_bytes, alignment) : 0;
    return class_bytes ? allocate_small(class_bytes, size, site) : allocate_large(scattered_free_, size, site);
}

void* HostMemory::allocate_contiguous(size_t size, size_t alignment, const char* site) {
    if (checked_alignment(alignment) == 0 || size > ram_.bytes()) return nullptr;
    return allocate_large(coherent_free_, std::max<size_t>(size, 1), site);
}

// First fit, lowest address first: reproducible, and good enough for a few thousand large blocks.
std::optional<uint64_t> HostMemory::take_pages(Extents& extents, uint64_t count) {
    for (auto it = extents.begin(); it != extents.end(); ++it) {
        const auto [first, pages] = *it;
        if (pages < count) continue;
        extents.erase(it);
        if (pages > count) extents[first + count] = pages - count;
        return first;
    }
    return std::nullopt;
}

void HostMemory::give_pages(Extents& extents, uint64_t first, uint64_t count) {
    auto next = extents.lower_bound(first);
    if (next != extents.end() && next->first == first + count) {
        count += next->second;
        next = extents.erase(next);
    }
    if (next != extents.begin()) {
        auto previous = std::prev(next);
        if (previous->first + previous->second == first) {
            previous->second += count;
            return;
        }
    }
    extents[first] = count;
}

std::optional<uint64_t> HostMemory::take_mapped_pages(Extents& extents, uint64_t count) {
    const auto first = take_pages(extents, count);
    if (!first || ram_.map(*first, count)) return first;
    give_pages(extents, *first, count);
    events_.violate({0, "memory.host_limit", "ours: a process has few memory mappings",
                     "the host cannot map another run of pages (limit " + std::to_string(Ram::max_runs) + "); raise memory.run_pages", -1});
    return std::nullopt;
}

// A slab is never dissolved: its pages keep their class, so that addresses depend on the calls alone.
bool HostMemory::new_slab(uint32_t class_bytes) {
    const auto first = take_mapped_pages(scattered_free_, slab_pages);
    if (!first) return false;
    const auto index = static_cast<uint32_t>(slabs_.size());
    const size_t count = slab_pages * Ram::page_bytes / class_bytes;
    slabs_.push_back({*first, class_bytes, std::vector<Record>(count)});
    for (uint64_t page = *first; page < *first + slab_pages; page++) pages_[page] = {Use::slab, index};
    for (size_t block = 0; block < count; block++) free_[class_bytes].push_back({index, static_cast<uint32_t>(block)});
    poison(ram_.page(*first), slab_pages * Ram::page_bytes);
    return true;
}

void* HostMemory::allocate_small(uint32_t class_bytes, size_t size, const char* site) {
    auto& places = free_[class_bytes];
    if (places.empty() && !new_slab(class_bytes)) return nullptr;
    const Place place = places.front();
    places.pop_front();
    Slab& slab = slabs_[place.slab];
    return open_block(ram_.page(slab.first_page) + size_t{place.block} * class_bytes, slab.blocks[place.block], size, site);
}

void* HostMemory::allocate_large(Extents& extents, size_t size, const char* site) {
    const uint64_t pages = (size + red_zone_bytes + Ram::page_bytes - 1) / Ram::page_bytes;
    const auto first = take_mapped_pages(extents, pages);
    if (!first) return nullptr;
    if (large_free_.empty()) {
        large_free_.push_back(static_cast<uint32_t>(large_.size()));
        large_.emplace_back();
    }
    const uint32_t index = large_free_.back();
    large_free_.pop_back();
    large_[index] = {*first, pages, {}};
    for (uint64_t page = *first; page < *first + pages; page++) pages_[page] = {Use::large, index};
    poison(ram_.page(*first), pages * Ram::page_bytes);
    return open_block(ram_.page(*first), large_[index].record, size, site);
}

// The block's memory is poisoned before this, and behind `size` after it.
void* HostMemory::open_block(uint8_t* base, Record& record, size_t size, const char* site) {
    record = {site ? site : "(unnamed)", size};
    unpoison(base, size);
    std::memset(base, 0, size);
    return base;
}

void HostMemory::close_block(uint8_t* base, size_t bytes) {
    std::memset(base, freed_byte, bytes);
    poison(base, bytes);
}

const HostMemory::Record* HostMemory::record_of(const void* va, const uint8_t** base) const {
    if (!ram_.contains(va)) return nullptr;
    const Page page = pages_[ram_.page_of(va)];
    if (page.use == Use::free) return nullptr;
    if (page.use == Use::large) {
        *base = ram_.page(large_[page.index].first_page);
        return &large_[page.index].record;
    }
    const Slab& slab = slabs_[page.index];
    const uint64_t block = (ram_.offset_of(va) - slab.first_page * Ram::page_bytes) / slab.class_bytes;
    if (block >= slab.blocks.size()) return nullptr;
    *base = ram_.page(slab.first_page) + block * slab.class_bytes;
    return slab.blocks[block].site ? &slab.blocks[block] : nullptr;
}

std::optional<HostMemory::Block> HostMemory::find(const void* va) const {
    const uint8_t* base = nullptr;
    const Record* record = record_of(va, &base);
    if (!record || static_cast<const uint8_t*>(va) >= base + record->size) return std::nullopt;
    return Block{base, record->size, record->site};
}

bool HostMemory::covers(const void* va, size_t length) const {
    const auto block = find(va);
    if (!block) return false;
    const auto offset = static_cast<size_t>(static_cast<const uint8_t*>(va) - static_cast<const uint8_t*>(block->base));
    return length <= block->size - offset;
}

void HostMemory::free(void* memory) {
    if (!memory) return;
    const auto block = find(memory);
    if (!block || block->base != memory) {
        const std::string where = ram_.contains(memory) ? "CPU offset " + std::to_string(ram_.offset_of(memory)) : "an address outside host RAM";
        events_.violate({0, "memory.bad_free", "ours: memory_free takes what memory_allocate gave, once",
                         where + (block ? std::string(" is inside a block of ") + block->site : " is not a live block") +
                             ": freed twice, or never allocated", -1});
        return;
    }
    if (observer_) observer_(*block);
    auto* base = static_cast<uint8_t*>(memory);
    const uint64_t page = ram_.page_of(memory);
    close_block(base, block->size);
    if (pages_[page].use == Use::slab) {
        Slab& slab = slabs_[pages_[page].index];
        const auto index = static_cast<uint32_t>((ram_.offset_of(memory) - slab.first_page * Ram::page_bytes) / slab.class_bytes);
        slab.blocks[index] = {};
        free_[slab.class_bytes].push_back({pages_[page].index, index});
        return;
    }
    const uint32_t index = pages_[page].index;
    const Large large = large_[index];
    large_[index] = {};
    large_free_.push_back(index);
    for (uint64_t p = large.first_page; p < large.first_page + large.pages; p++) pages_[p] = {};
    give_pages(page < ram_.coherent_pages() ? coherent_free_ : scattered_free_, large.first_page, large.pages);
}

std::vector<HostMemory::Leak> HostMemory::leaks() const {
    std::map<std::string, Leak> by_site;
    const auto add = [&by_site](const Record& record) {
        if (!record.site) return;
        Leak& leak = by_site.try_emplace(record.site, Leak{record.site, 0, 0}).first->second;
        leak.blocks++;
        leak.bytes += record.size;
    };
    for (const Slab& slab : slabs_)
        for (const Record& record : slab.blocks) add(record);
    for (const Large& large : large_) add(large.record);
    std::vector<Leak> result;
    for (auto& [site, leak] : by_site) result.push_back(std::move(leak));
    return result;
}

void HostMemory::report_leaks() {
    for (const Leak& leak : leaks())
        events_.violate({0, "memory.leak", "ours: memory is freed before the driver is unloaded",
                         leak.site + " holds " + std::to_string(leak.blocks) + " blocks, " + std::to_string(leak.bytes) +
                             " bytes, that were never freed", -1});
}

}  // namespace hw
