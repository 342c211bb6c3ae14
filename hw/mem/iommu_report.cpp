// SPDX-License-Identifier: Apache-2.0
// What the IOMMU says when it refuses: who owns the nearest memory, and who owned this address last. Never on the fast path.
#include <cinttypes>
#include <cstdio>
#include <map>

#include "iommu.h"
#include "sim_time.h"

namespace hw {
namespace {

constexpr uint64_t offset_mask = Ram::page_bytes - 1;
constexpr uint32_t epoch_shift = 12;
constexpr uint64_t search_pages = 16;  // how far a report looks for a neighbour

template <class... Args>
std::string print(const char* format, Args... args) {
    char line[256];
    std::snprintf(line, sizeof line, format, args...);
    return line;
}

const char* name(DmaDirection direction) {
    switch (direction) {
        case DmaDirection::to_device: return "to the device";
        case DmaDirection::from_device: return "from the device";
        default: return "both ways";
    }
}

}  // namespace

void Iommu::violate(const char* check, const char* clause, std::string message, uint64_t address) {
    counters_.violations++;
    events_.violate({0, check, clause, std::move(message), -1, address});
}

void Iommu::refuse(const DmaAccess& access, const Piece* piece) {
    if (access.tlp && access.tlp == reported_tlp_) return;
    reported_tlp_ = access.tlp;
    const std::string what = print("%s of %u bytes at %#" PRIx64 " by %02x:%02x.%x, TLP %" PRIu64 ", ", access.write ? "write" : "read",
                                   access.length, access.iova, access.requester >> 8, access.requester >> 3 & 0x1F,
                                   access.requester & 7, access.tlp);
    if (piece) {
        violate("iommu.direction", "ours: the device accesses a mapping only in the direction it was mapped for",
                what + "is against its mapping: " + owners_[piece->owner] + " is mapped " + name(piece->direction), access.iova);
        return;
    }
    violate("iommu.unmapped", "ours: the device accesses only memory that is mapped for it",
            what + "is outside every mapping" + describe_removed(access.iova, access.length) + describe_nearest(access.iova, access.length),
            access.iova);
}

void Iommu::report_bad_unmap(const DmaSegment& segment) {
    violate("iommu.bad_unmap", "ours: dma_unmap takes exactly what dma_map gave, once",
            print("%u bytes at %#" PRIx64 " are not a mapped segment", segment.length, segment.iova) +
                describe_removed(segment.iova, segment.length) + describe_nearest(segment.iova, segment.length));
}

// The last owner of this very bus address: a device that comes too late, or a driver that let go too early.
std::string Iommu::describe_removed(uint64_t iova, uint32_t length) const {
    const uint64_t count = std::min<uint64_t>(removed_, history_.size());
    for (uint64_t back = 1; back <= count; back++) {
        const Removed& old = history_[(removed_ - back) % history_.size()];
        if (iova < old.iova + old.length && old.iova < iova + std::max(length, 1u)) {
            const double age_ns = (ps_time(now_ps()) - old.time).to_seconds() * 1e9;
            return print("; it belonged to %s and was unmapped %.3f ns ago", owners_[old.owner].c_str(), age_ns);
        }
    }
    return {};
}

// The live mapping whose memory is nearest, in physical pages around the address, whatever its epoch.
std::string Iommu::describe_nearest(uint64_t iova, uint32_t length) const {
    const uint64_t pa = physical(iova), end = pa + std::max(length, 1u);
    const uint64_t page = pa / Ram::page_bytes;
    const uint64_t first = page > search_pages ? page - search_pages : 0;
    uint64_t best = UINT64_MAX, best_page = 0;
    const Piece* nearest = nullptr;
    for (uint64_t p = first; p <= page + search_pages && p < pages_.size(); p++)
        for (const Piece& piece : pages_[p]) {
            const uint64_t start = p * Ram::page_bytes + (piece.key & offset_mask), stop = start + piece.length;
            const uint64_t distance = start >= end ? start - end + 1 : pa >= stop ? pa - stop + 1 : 0;
            if (distance < best) {
                best = distance;
                best_page = p;
                nearest = &piece;
            }
        }
    if (!nearest) return "; no mapping is near";
    const uint64_t at = uint64_t{nearest->key >> epoch_shift} << address_bits | best_page * Ram::page_bytes | (nearest->key & offset_mask);
    return print("; nearest is %s, %u bytes at %#" PRIx64 ", mapped %s", owners_[nearest->owner].c_str(), unsigned{nearest->length}, at,
                 name(nearest->direction));
}

// Of the mappings that have a byte of the range in its first mapped page, the last one made.
const Iommu::Piece* Iommu::mapping_of(const void* va, size_t length, uint64_t& found_page) const {
    const Piece* found = nullptr;
    memory_.for_each_run(va, length, [&](uint64_t pa, size_t bytes) {
        for (uint64_t page = pa / Ram::page_bytes; page <= (pa + bytes - 1) / Ram::page_bytes && !found; page++)
            for (const Piece& piece : pages_[page]) {
                const uint64_t start = page * Ram::page_bytes + (piece.key & offset_mask);
                if (start < pa + bytes && pa < start + piece.length) found = &piece, found_page = page;
            }
        return !found;
    });
    return found;
}

uint64_t Iommu::bus_address(const void* va, size_t length) const {
    uint64_t page = 0;
    const Piece* found = mapping_of(va, length, page);
    if (!found) return 0;
    // Not before the range, when its first byte is in that page.
    const uint64_t pa = memory_.ram().physical(va);
    const uint64_t begin = page * Ram::page_bytes + (found->key & offset_mask);
    const uint64_t from = pa / Ram::page_bytes == page && pa > begin ? pa : begin;
    return uint64_t{found->key >> epoch_shift} << address_bits | from;
}

void Iommu::check_free(const HostMemory::Block& block) {
    uint64_t found_page = 0;
    const Piece* found = mapping_of(block.base, block.size, found_page);
    if (!found) return;
    const uint64_t at = uint64_t{found->key >> epoch_shift} << address_bits | found_page * Ram::page_bytes | (found->key & offset_mask);
    violate("memory.freed_while_mapped", "ours: memory is unmapped before it is freed",
            print("%zu bytes of %s were freed while the device may still use them: %u bytes at %#" PRIx64 ", mapped %s by %s", block.size,
                  block.site, unsigned{found->length}, at, name(found->direction), owners_[found->owner].c_str()),
            at);
}

void Iommu::report_leaks() {
    std::map<std::string, uint64_t> segments;
    for (const Pieces& pieces : pages_)
        for (const Piece& piece : pieces)
            if (piece.first) segments[owners_[piece.owner]]++;
    for (const auto& [owner, count] : segments)
        violate("iommu.leak", "ours: what is mapped is unmapped before the driver is unloaded",
                owner + " still has " + std::to_string(count) + " mapped segments");
}

}  // namespace hw
