// SPDX-License-Identifier: Apache-2.0
#include "iommu.h"

#include <algorithm>
#include <cerrno>

#include "sim_time.h"

namespace hw {
namespace {

constexpr uint32_t offset_bits = 12;
static_assert(Ram::page_bytes == 1u << offset_bits, "a piece's key holds the offset in its page");

uint64_t epoch_of(uint64_t iova) { return iova >> Iommu::address_bits; }
uint32_t key_of(uint64_t iova) {
    return static_cast<uint32_t>(epoch_of(iova) << offset_bits | (iova & (Ram::page_bytes - 1)));
}

// Calls f(iova, length) for each page that [iova, iova + length) touches, until it returns false.
template <class F>
bool for_each_page(uint64_t iova, uint32_t length, F f) {
    while (length > 0) {
        const auto part = static_cast<uint32_t>(std::min<uint64_t>(length, Ram::page_bytes - iova % Ram::page_bytes));
        if (!f(iova, part)) return false;
        iova += part;
        length -= part;
    }
    return true;
}

}  // namespace

Iommu::Iommu(const Config& config, HostMemory& memory, EventStream& events)
    : memory_(memory), events_(events), pages_(memory.ram().pages()), history_(std::max(config.history, 1u)),
      tlb_(config.tlb_entries), tlb_miss_(config.tlb_miss_ns, sc_core::SC_NS) {
    memory_.on_free([this](const HostMemory::Block& block) { check_free(block); });
}

uint32_t Iommu::intern(const char* owner) {
    if (!owner) owner = "(unnamed)";
    Known& known = known_owners_[(reinterpret_cast<uintptr_t>(owner) >> 3) % known_owners_.size()];
    if (known.name == owner && owners_[known.id] == owner) return known.id;
    const auto [it, added] = owner_ids_.try_emplace(owner, static_cast<uint32_t>(owners_.size()));
    if (added) owners_.emplace_back(owner);
    known = {owner, it->second};
    return it->second;
}

int Iommu::map(const void* va, size_t length, DmaDirection direction, const char* owner, DmaSegment* segments, unsigned max_segments,
               uint64_t highest) {
    if (length == 0 || !memory_.covers(va, length)) return -EFAULT;
    const uint64_t whole = std::min<uint64_t>(epoch_of(highest) + (physical(highest + 1) == 0), epochs);  // epochs within reach
    uint32_t& last = whole == epochs ? epoch_ : low_epoch_;
    const auto epoch = static_cast<uint32_t>(whole > 1 ? last % (whole - 1) + 1 : 0);  // 1, 2, ... 4095, 1, ...
    unsigned count = 0;
    bool fits = true;
    memory_.for_each_run(va, length, [&](uint64_t pa, size_t bytes) {
        fits = count < max_segments && (uint64_t{epoch} << address_bits | pa) + (bytes - 1) <= highest;
        if (fits) segments[count++] = {uint64_t{epoch} << address_bits | pa, static_cast<uint32_t>(bytes)};
        return fits;
    });
    if (!fits) return -ENOSPC;
    last = epoch;
    const uint32_t id = intern(owner);
    for (unsigned i = 0; i < count; i++) insert(segments[i].iova, segments[i].length, direction, id);
    counters_.maps++;
    live_segments_ += count;
    return static_cast<int>(count);
}

void Iommu::insert(uint64_t iova, uint32_t length, DmaDirection direction, uint32_t owner) {
    bool first = true;
    for_each_page(iova, length, [&](uint64_t at, uint32_t part) {
        Pieces& pieces = pages_[physical(at) / Ram::page_bytes];
        const Piece piece{key_of(at), static_cast<uint16_t>(part), direction, first, owner};
        first = false;
        if (pieces.empty() || pieces.back().key < piece.key) {  // as long as the epochs have not gone round
            pieces.push_back(piece);
        } else {
            const auto place = std::upper_bound(pieces.begin(), pieces.end(), piece.key, [](uint32_t key, const Piece& p) { return key < p.key; });
            pieces.insert(place, piece);
        }
        return true;
    });
}

const Iommu::Piece* Iommu::covering(uint64_t iova, uint32_t length) const {
    const uint64_t page = physical(iova) / Ram::page_bytes;
    if (page >= pages_.size()) return nullptr;
    const Pieces& pieces = pages_[page];
    const uint32_t key = key_of(iova);
    auto it = std::upper_bound(pieces.begin(), pieces.end(), key, [](uint32_t k, const Piece& p) { return k < p.key; });
    if (it == pieces.begin()) return nullptr;
    --it;
    // A piece ends with its page, so a key of a later epoch is never within its length.
    const uint32_t distance = key - it->key;
    return distance < it->length && length <= it->length - distance ? &*it : nullptr;
}

bool Iommu::remove(uint64_t iova, uint32_t length, uint32_t& owner) {
    const auto matches = [&](uint64_t at, uint32_t part) {
        const Piece* piece = covering(at, part);
        return piece && piece->key == key_of(at) && piece->length == part && piece->first == (at == iova);
    };
    if (length == 0 || epoch_of(iova) >= epochs || !for_each_page(iova, length, matches)) return false;
    for_each_page(iova, length, [&](uint64_t at, uint32_t part) {
        Pieces& pieces = pages_[physical(at) / Ram::page_bytes];
        const auto offset = covering(at, part) - pieces.data();
        owner = pieces[static_cast<size_t>(offset)].owner;
        pieces.erase(pieces.begin() + offset);
        return true;
    });
    return true;
}

void Iommu::unmap(const DmaSegment* segments, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        const auto [iova, length] = segments[i];
        uint32_t owner = 0;
        if (!remove(iova, length, owner)) {
            report_bad_unmap(segments[i]);
            continue;
        }
        history_[removed_++ % history_.size()] = {iova, length, owner, ps_time(now_ps())};
        live_segments_--;
        if (tlb_.enabled())  // strict invalidation: a removed translation cannot be used
            for (uint64_t page = iova / Ram::page_bytes; page <= (iova + length - 1) / Ram::page_bytes; page++) tlb_.invalidate(page);
    }
    counters_.unmaps++;
}

bool Iommu::translate(const DmaAccess& access, uint64_t& pa, sc_core::sc_time& delay) {
    counters_.translations++;
    const uint8_t wanted = static_cast<uint8_t>(access.write ? DmaDirection::from_device : DmaDirection::to_device);
    const Piece* wrong = nullptr;
    const auto allowed = [&](uint64_t at, uint32_t part) {
        const Piece* piece = covering(at, part);
        wrong = piece;
        return piece && (static_cast<uint8_t>(piece->direction) & wanted);
    };
    const bool known = epoch_of(access.iova) < epochs;
    if (!known || !(access.length ? for_each_page(access.iova, access.length, allowed) : allowed(access.iova, 0))) {
        refuse(access, known ? wrong : nullptr);
        return false;
    }
    if (tlb_.enabled()) {
        const bool hit = tlb_.access(access.iova / Ram::page_bytes);
        (hit ? counters_.tlb_hits : counters_.tlb_misses)++;
        if (!hit) delay += tlb_miss_;
    }
    pa = physical(access.iova);
    return true;
}

}  // namespace hw
