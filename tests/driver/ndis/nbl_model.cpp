// SPDX-License-Identifier: Apache-2.0
#include "nbl_model.h"

#include <algorithm>

#include "nbl_bytes.h"

namespace {

constexpr unsigned most_nbls = 24, most_nbs = 4, data_size = 96;

PMDL handler_allocate(PULONG size) {
    return NdisAllocateMdl(nullptr, ExAllocatePoolWithTag(NonPagedPool, *size, 'h'), *size);
}

VOID handler_free(PMDL mdl) {
    ExFreePool(MmGetMdlVirtualAddress(mdl));
    NdisFreeMdl(mdl);
}

std::string difference(const char* what, uint64_t is, uint64_t should) {
    return is == should ? "" : std::string(what) + " is " + std::to_string(is) + ", should be " + std::to_string(should);
}

}  // namespace

NblModel::NblModel(kernel* kernel, NDIS_HANDLE owner, NDIS_HANDLE dma, TestMiniport* miniport, fake_platform* fake, uint64_t seed)
    : kernel_(kernel), owner_(owner), dma_(dma), miniport_(miniport), fake_(fake), random_(seed) {
    plain_ = make_pool(owner, true, 0, 0);
    context_ = make_pool(owner, true, 0, 48);
    data_ = make_pool(owner, true, data_size, 0);
    nbs_ = make_nb_pool(owner);
}

NblModel::~NblModel() {
    for (NDIS_HANDLE pool : {plain_, context_, data_}) NdisFreeNetBufferListPool(pool);
    NdisFreeNetBufferPool(nbs_);
}

// ---- The model's view
NblModel::Cell NblModel::new_cell(UCHAR value) {
    values_.push_back(value);
    return static_cast<Cell>(values_.size() - 1);
}

std::vector<NblModel::Cell> NblModel::used_cells(const Nb& nb) const {
    return {nb.cells.begin() + nb.offset, nb.cells.begin() + nb.offset + nb.length};
}

// The memory of the byte at this place of the chain.
UCHAR* NblModel::address(const Nb& nb, ULONG at) const {
    for (PMDL mdl = nb.nb->MdlChain; mdl; mdl = mdl->Next) {
        if (at < mdl->ByteCount) return static_cast<UCHAR*>(MmGetMdlVirtualAddress(mdl)) + at;
        at -= mdl->ByteCount;
    }
    return nullptr;
}

std::string NblModel::compare(const Nb& nb) const {
    if (std::string fault = nb_fault_of(nb.nb); !fault.empty()) return fault;
    if (std::string fault = difference("DataLength", nb.nb->DataLength, nb.length); !fault.empty()) return fault;
    if (std::string fault = difference("DataOffset", nb.nb->DataOffset, nb.offset); !fault.empty()) return fault;
    std::vector<UCHAR> bytes = used_bytes(nb.nb);
    for (ULONG i = 0; i < nb.length; i++)
        if (bytes[i] != values_[nb.cells[nb.offset + i]])
            return difference(("byte " + std::to_string(i)).c_str(), bytes[i], values_[nb.cells[nb.offset + i]]);
    return "";
}

std::string NblModel::compare(const Nbl& nbl) const {
    PNET_BUFFER at = nbl.nbl->FirstNetBuffer;
    for (const Nb& nb : nbl.nbs) {
        if (at != nb.nb) return "the list of NBs is another";
        if (std::string fault = compare(nb); !fault.empty()) return fault;
        at = at->Next;
    }
    return at ? "there are more NBs" : "";
}

// ---- Allocation
NblModel::Nb NblModel::lay_out(bool pooled, PNET_BUFFER given) {
    Nb nb{};
    nb.pooled = pooled;
    std::vector<UINT> sizes(1 + pick(4));
    UINT total = 0;
    for (UINT& size : sizes) total += size = pick(6) == 0 ? 0 : 1 + pick(pick(8) ? 60 : 6000);
    if (total == 0) total = sizes[0] = 1;
    nb.memory = static_cast<UCHAR*>(ExAllocatePoolWithTag(NonPagedPool, total, 'm'));
    for (UINT i = 0; i < total; i++) nb.cells.push_back(new_cell(nb.memory[i] = static_cast<UCHAR>(random_())));
    UINT at = 0;
    for (UINT size : sizes) {
        nb.mdls.push_back(NdisAllocateMdl(nullptr, nb.memory + at, size));
        if (nb.mdls.size() > 1) nb.mdls[nb.mdls.size() - 2]->Next = nb.mdls.back();
        at += size;
    }
    nb.offset = pick(3) ? pick(total + 1) : 0;
    nb.length = pick(4) ? pick(total - nb.offset + 1) : total - nb.offset;
    if (pooled) {
        nb.nb = NdisAllocateNetBuffer(nbs_, nb.mdls[0], nb.offset, nb.length);
        return nb;
    }
    nb.nb = given;  // the owner may give an NB another chain
    nb.nb->MdlChain = nb.mdls[0];
    nb.nb->DataLength = nb.length;
    nb.nb->DataOffset = nb.offset;
    NdisAdjustNetBufferCurrentMdl(nb.nb);
    return nb;
}

void NblModel::allocate() {
    auto nbl = std::make_unique<Nbl>();
    const bool with_context = pick(3) == 0;
    nbl->nbl = NdisAllocateNetBufferList(with_context ? context_ : plain_, static_cast<USHORT>(with_context ? 16 * pick(5) : 0), 0);
    nbl->nbs.push_back(lay_out(false, nbl->nbl->FirstNetBuffer));
    for (unsigned more = pick(most_nbs); more > 0; more--) {
        nbl->nbs.push_back(lay_out(true, nullptr));
        nbl->nbs[nbl->nbs.size() - 2].nb->Next = nbl->nbs.back().nb;
    }
    nbls_.push_back(std::move(nbl));
}

// Shape (c): all of the data is backfill.
void NblModel::allocate_with_data() {
    auto nbl = std::make_unique<Nbl>();
    nbl->nbl = NdisAllocateNetBufferList(data_, 0, 0);
    Nb nb{};
    nb.nb = nbl->nbl->FirstNetBuffer;
    nb.offset = data_size;
    for (ULONG i = 0; i < data_size; i++) nb.cells.push_back(new_cell(*address(nb, i)));
    nbl->nbs.push_back(nb);
    nbls_.push_back(std::move(nbl));
}

// The documented way to drop all that retreats allocated.
std::string NblModel::drop_fronts(Nb& nb) {
    if (nb.fronts.empty()) return "";
    NdisRetreatNetBufferDataStart(nb.nb, nb.offset, 0, nullptr);
    retreated(nb, nb.offset, 0, false);
    NdisAdvanceNetBufferDataStart(nb.nb, nb.length, TRUE, handler_free);
    advanced(nb, nb.length, true, true);
    return nb.fronts.empty() ? compare(nb) : "the model keeps what a retreat allocated";
}

// A fragment is freed as it was made: NDIS advances it itself.
std::string NblModel::go_home(Nb& nb) {
    if (nb.offset > nb.home) {
        const ULONG delta = nb.offset - nb.home;
        NdisRetreatNetBufferDataStart(nb.nb, delta, 0, nullptr);
        retreated(nb, delta, 0, false);
    } else {
        const ULONG delta = nb.home - nb.offset;
        NdisAdvanceNetBufferDataStart(nb.nb, delta, FALSE, nullptr);
        advanced(nb, delta, false, false);
    }
    return compare(nb);
}

std::string NblModel::release(size_t index) {
    Nbl& nbl = *nbls_[index];
    std::string fault = compare(nbl);
    while (fault.empty() && !nbl.contexts.empty()) fault = pop(nbl);
    for (Nb& nb : nbl.nbs)
        if (fault.empty()) fault = nbl.kind == Kind::fragment || nbl.kind == Kind::reassembled ? go_home(nb) : drop_fronts(nb);
    if (nbl.parent) nbl.parent->children--;
    PNET_BUFFER extra = nbl.kind == Kind::plain && nbl.nbl->FirstNetBuffer ? nbl.nbl->FirstNetBuffer->Next : nullptr;
    if (nbl.kind == Kind::plain) nbl.nbl->FirstNetBuffer->Next = nullptr;
    switch (nbl.kind) {
    case Kind::plain: NdisFreeNetBufferList(nbl.nbl); break;
    case Kind::clone: NdisFreeCloneNetBufferList(nbl.nbl, 0); break;
    case Kind::shared_clone: NdisFreeCloneNetBufferList(nbl.nbl, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS); break;
    case Kind::fragment: NdisFreeFragmentNetBufferList(nbl.nbl, nbl.delta, 0); break;
    case Kind::reassembled: NdisFreeReassembledNetBufferList(nbl.nbl, nbl.delta, 0); break;
    }
    while (PNET_BUFFER nb = extra) {
        extra = nb->Next;
        NdisFreeNetBuffer(nb);
    }
    for (Nb& nb : nbl.nbs) {
        for (PMDL mdl : nb.mdls) NdisFreeMdl(mdl);
        if (nb.memory) ExFreePool(nb.memory);
    }
    nbls_.erase(nbls_.begin() + static_cast<long>(index));
    return fault;
}

// ---- Retreat and advance
void NblModel::retreated(Nb& nb, ULONG delta, ULONG backfill, bool by_handler) {
    if (delta > nb.offset) {
        const ULONG bytes = delta + backfill;
        std::vector<Cell> fresh(bytes);
        for (Cell& cell : fresh) cell = new_cell(0);
        nb.cells.insert(nb.cells.begin(), fresh.begin(), fresh.end());
        nb.fronts.insert(nb.fronts.begin(), Front{bytes, by_handler});
        nb.offset += bytes;
    }
    nb.offset -= delta;
    nb.length += delta;
}

// What the memory of a new front says becomes what the model says.
std::string NblModel::retreat_one(Nb& nb, ULONG delta, ULONG backfill, bool by_handler) {
    const size_t before = nb.cells.size();
    retreated(nb, delta, backfill, by_handler);
    for (ULONG i = 0; i < nb.cells.size() - before; i++) {
        UCHAR* at = address(nb, i);
        if (!at) return "the chain is shorter than the retreat made it";
        values_[nb.cells[i]] = *at;
    }
    return compare(nb);
}

std::string NblModel::retreat(Nbl& nbl) {
    if (nbl.kind == Kind::shared_clone) return "";  // its front is the backfill of its original
    ULONG delta = pick(60), backfill = pick(20);
    if (nbl.kind != Kind::plain && nbl.kind != Kind::clone)  // the one front of a fragment is NDIS's
        for (const Nb& nb : nbl.nbs) delta = std::min(delta, nb.offset);
    const bool by_handler = pick(3) == 0, whole = pick(2) == 0;
    unsigned fresh = 0;
    for (const Nb& nb : nbl.nbs) fresh += delta > nb.offset;
    if (whole && fresh > 0 && !by_handler && pick(2) == 0) {  // fails on the way: all or nothing
        kernel_fail_allocations(kernel_, pick(fresh), 1);
        const NDIS_STATUS status = NdisRetreatNetBufferListDataStart(nbl.nbl, delta, backfill, nullptr, nullptr);
        kernel_fail_allocations(kernel_, 0, 0);
        if (status != NDIS_STATUS_RESOURCES) return "a retreat without memory did not say so";
        return compare(nbl);
    }
    if (whole) {
        if (NdisRetreatNetBufferListDataStart(nbl.nbl, delta, backfill, by_handler ? handler_allocate : nullptr,
                                              by_handler ? handler_free : nullptr) != NDIS_STATUS_SUCCESS)
            return "a retreat failed";
        for (Nb& nb : nbl.nbs)
            if (std::string fault = retreat_one(nb, delta, backfill, by_handler); !fault.empty()) return fault;
        return "";
    }
    Nb& nb = nbl.nbs[pick(static_cast<unsigned>(nbl.nbs.size()))];
    if (NdisRetreatNetBufferDataStart(nb.nb, delta, backfill, by_handler ? handler_allocate : nullptr) != NDIS_STATUS_SUCCESS)
        return "a retreat failed";
    return retreat_one(nb, delta, backfill, by_handler);
}

void NblModel::advanced(Nb& nb, ULONG delta, bool free_mdl, bool with_handler) {
    nb.offset += delta;
    nb.length -= delta;
    while (free_mdl && !nb.fronts.empty() && (nb.length == 0 || nb.offset >= nb.fronts[0].bytes)) {
        const Front front = nb.fronts[0];
        if (front.by_handler && !with_handler) return;
        nb.cells.erase(nb.cells.begin(), nb.cells.begin() + front.bytes);
        nb.fronts.erase(nb.fronts.begin());
        nb.offset -= std::min(nb.offset, front.bytes);
    }
}

std::string NblModel::advance(Nbl& nbl) {
    // Memory of a front may be shown by children, and belongs to the free function of a derived NBL.
    const bool free_mdl = pick(2) == 0 && nbl.children == 0 && nbl.kind == Kind::plain, with_handler = pick(2) == 0;
    if (pick(2) == 0) {
        ULONG least = UINT32_MAX;
        for (const Nb& nb : nbl.nbs) least = std::min(least, nb.length);
        const ULONG delta = pick(least + 1);
        NdisAdvanceNetBufferListDataStart(nbl.nbl, delta, free_mdl, with_handler ? handler_free : nullptr);
        for (Nb& nb : nbl.nbs) advanced(nb, delta, free_mdl, with_handler);
        return compare(nbl);
    }
    Nb& nb = nbl.nbs[pick(static_cast<unsigned>(nbl.nbs.size()))];
    const ULONG delta = pick(nb.length + 1);
    NdisAdvanceNetBufferDataStart(nb.nb, delta, free_mdl, with_handler ? handler_free : nullptr);
    advanced(nb, delta, free_mdl, with_handler);
    return compare(nb);
}

// ---- Bytes
void NblModel::write(Nb& nb) {
    for (unsigned count = pick(20); count > 0 && nb.length > 0; count--) {
        const ULONG at = nb.offset + pick(nb.length);
        *address(nb, at) = values_[nb.cells[at]] = static_cast<UCHAR>(random_());
    }
}

std::string NblModel::get(const Nb& nb) {
    const ULONG bytes = 1 + pick(nb.length + 4), multiple = 1u << pick(6);
    std::vector<UCHAR> storage(bytes);
    const bool with_storage = pick(3) != 0, unmapped = pick(8) == 0;
    if (unmapped) kernel_fail_mappings(kernel_, 0, 1);
    auto* found = static_cast<UCHAR*>(NdisGetDataBuffer(nb.nb, bytes, with_storage ? storage.data() : nullptr, multiple, pick(multiple)));
    kernel_fail_mappings(kernel_, 0, 0);
    if (bytes > nb.length || unmapped) return found ? "data was found where there is none" : "";
    if (!found) return with_storage ? "no data although there was storage" : "";
    for (ULONG i = 0; i < bytes; i++)
        if (found[i] != values_[nb.cells[nb.offset + i]]) return "NdisGetDataBuffer gave other bytes";
    return "";
}

std::string NblModel::copy(Nb& to, const Nb& from) {
    const ULONG room = static_cast<ULONG>(to.cells.size()) - to.offset, to_at = pick(room + 3), from_at = pick(from.length + 3);
    const ULONG asked = pick(from.length + 3);
    ULONG expected = from_at < from.length ? std::min(asked, from.length - from_at) : 0, copied = 0;
    expected = to_at < room ? std::min(expected, room - to_at) : 0;
    for (ULONG i = 0; i < expected; i++)  // memory that both show is undefined
        for (ULONG j = 0; j < expected; j++)
            if (to.cells[to.offset + to_at + i] == from.cells[from.offset + from_at + j]) return "";
    if (NdisCopyFromNetBufferToNetBuffer(to.nb, to_at, asked, from.nb, from_at, &copied) != NDIS_STATUS_SUCCESS) return "a copy failed";
    if (std::string fault = difference("BytesCopied", copied, expected); !fault.empty()) return fault;
    for (ULONG i = 0; i < expected; i++) values_[to.cells[to.offset + to_at + i]] = values_[from.cells[from.offset + from_at + i]];
    return compare(to);
}

std::string NblModel::map(const Nb& nb) {
    if (nb.length == 0) return "";
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    miniport_->list = nullptr;
    std::string fault;
    if (NdisMAllocateNetBufferSGList(dma_, nb.nb, miniport_, NDIS_SG_LIST_WRITE_TO_DEVICE, nullptr, 0) != NDIS_STATUS_SUCCESS) {
        fault = "no scatter/gather list";
    } else {
        PSCATTER_GATHER_LIST list = miniport_->list;
        std::vector<UCHAR> seen;
        for (ULONG i = 0; i < list->NumberOfElements; i++) {
            std::vector<UCHAR> part(list->Elements[i].Length);
            if (!fake_platform_dma_read(fake_, static_cast<uint64_t>(list->Elements[i].Address.QuadPart), part.data(), part.size()))
                fault = "an element is not mapped";
            seen.insert(seen.end(), part.begin(), part.end());
        }
        if (list->NumberOfElements > NdisQueryNetBufferPhysicalCount(nb.nb)) fault = "more elements than the physical count";
        if (fault.empty()) fault = difference("the length of the list", seen.size(), nb.nb->CurrentMdlOffset + uint64_t{nb.length});
        for (ULONG i = 0; i < nb.length && fault.empty(); i++)
            if (seen[nb.nb->CurrentMdlOffset + i] != values_[nb.cells[nb.offset + i]]) fault = "the device reads other bytes";
        NdisMFreeNetBufferSGList(dma_, list, nb.nb);
    }
    KeLowerIrql(old);
    return fault;
}

// ---- Contexts
std::string NblModel::push(Nbl& nbl) {
    const auto size = static_cast<USHORT>(8 * (1 + pick(8)));
    if (nbl.contexts.size() >= 12) return "";
    if (NdisAllocateNetBufferListContext(nbl.nbl, size, static_cast<USHORT>(8 * pick(8)), 'c') != NDIS_STATUS_SUCCESS) return "no context";
    const auto mark = static_cast<UCHAR>(random_());
    memset(NET_BUFFER_LIST_CONTEXT_DATA_START(nbl.nbl), mark, size);
    nbl.contexts.push_back({size, mark});
    return "";
}

std::string NblModel::pop(Nbl& nbl) {
    if (nbl.contexts.empty()) return "";
    const Context top = nbl.contexts.back();
    nbl.contexts.pop_back();
    const UCHAR* data = NET_BUFFER_LIST_CONTEXT_DATA_START(nbl.nbl);
    const bool intact = std::all_of(data, data + top.size, [&](UCHAR byte) { return byte == top.mark; });
    NdisFreeNetBufferListContext(nbl.nbl, top.size);
    return intact ? "" : "a context was overwritten";
}

// ---- Derived
NblModel::Nbl& NblModel::adopt(Nbl& parent, PNET_BUFFER_LIST made, Kind kind, ULONG delta) {
    auto nbl = std::make_unique<Nbl>();
    nbl->nbl = made;
    nbl->kind = kind;
    nbl->delta = delta;
    nbl->parent = &parent;
    parent.children++;
    for (PNET_BUFFER nb = made->FirstNetBuffer; nb; nb = nb->Next) {
        nbl->nbs.emplace_back();
        nbl->nbs.back().nb = nb;
    }
    nbls_.push_back(std::move(nbl));
    return *nbls_.back();
}

std::string NblModel::derive(Nbl& nbl) {
    const bool shared = pick(2) == 0;
    PNET_BUFFER_LIST made =
        NdisAllocateCloneNetBufferList(nbl.nbl, pick(2) ? plain_ : nullptr, pick(2) ? nbs_ : nullptr,
                                       shared ? NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS : 0);
    if (!made) return "no clone";
    Nbl& clone = adopt(nbl, made, shared ? Kind::shared_clone : Kind::clone, 0);
    if (std::string fault = difference("NBs of a clone", clone.nbs.size(), nbl.nbs.size()); !fault.empty()) return fault;
    for (size_t i = 0; i < nbl.nbs.size(); i++) {
        clone.nbs[i].cells = shared ? nbl.nbs[i].cells : used_cells(nbl.nbs[i]);
        clone.nbs[i].offset = shared ? nbl.nbs[i].offset : 0;
        clone.nbs[i].length = nbl.nbs[i].length;
    }
    return compare(clone);
}

std::string NblModel::fragment(Nbl& nbl) {
    const ULONG start = pick(20), most = 1 + pick(200), delta = pick(30), backfill = pick(10);
    std::vector<std::vector<Cell>> pieces;
    for (const Nb& nb : nbl.nbs) {
        std::vector<Cell> cells = used_cells(nb);
        for (size_t at = start; at < cells.size(); at += most)
            pieces.emplace_back(cells.begin() + static_cast<long>(at),
                                cells.begin() + static_cast<long>(std::min<size_t>(at + most, cells.size())));
    }
    if (pieces.size() > 64) return "";
    PNET_BUFFER_LIST made = NdisAllocateFragmentNetBufferList(nbl.nbl, nullptr, nbs_, start, most, delta, backfill, 0);
    if (!made || pieces.empty()) return !made == pieces.empty() ? "" : "fragments of nothing, or none of something";
    Nbl& fragments = adopt(nbl, made, Kind::fragment, delta);
    if (std::string fault = difference("fragments", fragments.nbs.size(), pieces.size()); !fault.empty()) return fault;
    for (size_t i = 0; i < pieces.size(); i++) {
        Nb& nb = fragments.nbs[i];
        nb.cells = pieces[i];
        nb.length = static_cast<ULONG>(pieces[i].size());
        if (std::string fault = retreat_one(nb, delta, backfill, false); !fault.empty()) return fault;
        nb.home = nb.offset;
    }
    return "";
}

std::string NblModel::reassemble(Nbl& nbl) {
    const ULONG start = pick(10), delta = pick(30), backfill = pick(10);
    PNET_BUFFER_LIST made = NdisAllocateReassembledNetBufferList(nbl.nbl, pick(2) ? plain_ : nullptr, start, delta, backfill, 0);
    if (!made) return "no reassembled NBL";
    Nbl& whole = adopt(nbl, made, Kind::reassembled, delta);
    if (std::string fault = difference("NBs of a reassembled NBL", whole.nbs.size(), 1); !fault.empty()) return fault;
    Nb& joined = whole.nbs[0];
    for (const Nb& nb : nbl.nbs) {
        std::vector<Cell> cells = used_cells(nb);
        if (cells.size() > start) joined.cells.insert(joined.cells.end(), cells.begin() + start, cells.end());
    }
    joined.length = static_cast<ULONG>(joined.cells.size());
    std::string fault = retreat_one(joined, delta, backfill, false);
    joined.home = joined.offset;
    return fault;
}

std::string NblModel::info(Nbl& nbl, const Nbl& other) {
    for (PVOID& slot : other.nbl->NetBufferListInfo) slot = reinterpret_cast<PVOID>(random_());
    if (pick(2)) NdisCopySendNetBufferListInfo(nbl.nbl, other.nbl);
    else NdisCopyReceiveNetBufferListInfo(nbl.nbl, other.nbl);
    const auto tag = Ieee8021QNetBufferListInfo;
    return NET_BUFFER_LIST_INFO(nbl.nbl, tag) == NET_BUFFER_LIST_INFO(other.nbl, tag) ? "" : "the tag was not copied";
}

// ---- The run
std::string NblModel::step() {
    operations_++;
    Nbl* nbl = pick_nbl();
    if (!nbl || (nbls_.size() < most_nbls && pick(12) == 0)) {
        if (pick(4) == 0) allocate_with_data();
        else allocate();
        return compare(*nbls_.back());
    }
    Nb& nb = nbl->nbs[pick(static_cast<unsigned>(nbl->nbs.size()))];
    const bool may_grow = nbls_.size() < most_nbls;
    switch (pick(16)) {
    case 0: case 1: case 2: return retreat(*nbl);
    case 3: case 4: case 5: return advance(*nbl);
    case 6: write(nb); return compare(nb);
    case 7: return get(nb);
    case 8: {
        Nbl* from = pick_nbl();
        return copy(nb, from->nbs[pick(static_cast<unsigned>(from->nbs.size()))]);
    }
    case 9: return push(*nbl);
    case 10: return pop(*nbl);
    case 11: return may_grow ? derive(*nbl) : "";
    case 12: return may_grow ? fragment(*nbl) : "";
    case 13: return may_grow ? reassemble(*nbl) : "";
    case 14: return pick(2) ? map(nb) : info(*nbl, *pick_nbl());
    default:
        if (nbl->children > 0) return compare(*nbl);
        for (size_t i = 0; i < nbls_.size(); i++)
            if (nbls_[i].get() == nbl) return release(i);
        return "";
    }
}

std::string NblModel::finish() {
    while (!nbls_.empty()) {
        for (size_t i = nbls_.size(); i-- > 0;) {
            if (nbls_[i]->children > 0) continue;
            if (std::string fault = release(i); !fault.empty()) return fault;
        }
    }
    return "";
}
