// SPDX-License-Identifier: Apache-2.0
// What an NB says, byte by byte, and chains of MDLs to say it with.
#pragma once

#include "test_stack.h"

// The used bytes of an NB, read MDL by MDL.
inline std::vector<UCHAR> used_bytes(const NET_BUFFER* nb) {
    std::vector<UCHAR> bytes;
    ULONG offset = nb->CurrentMdlOffset;
    for (PMDL mdl = nb->CurrentMdl; mdl && bytes.size() < nb->DataLength; mdl = mdl->Next, offset = 0)
        for (ULONG i = offset; i < mdl->ByteCount && bytes.size() < nb->DataLength; i++)
            bytes.push_back(static_cast<UCHAR*>(MmGetMdlVirtualAddress(mdl))[i]);
    return bytes;
}

// Overwrites the first bytes of the used data; returns how many found a place.
inline size_t write_bytes(PNET_BUFFER nb, const std::vector<UCHAR>& bytes) {
    size_t at = 0;
    ULONG offset = nb->CurrentMdlOffset;
    for (PMDL mdl = nb->CurrentMdl; mdl && at < bytes.size(); mdl = mdl->Next, offset = 0)
        for (ULONG i = offset; i < mdl->ByteCount && at < bytes.size(); i++)
            static_cast<UCHAR*>(MmGetMdlVirtualAddress(mdl))[i] = bytes[at++];
    return at;
}

// What of [D] 1.2 an NB breaks; empty when nothing.
inline std::string nb_fault_of(const NET_BUFFER* nb) {
    uint64_t before = 0, total = 0;
    bool seen = nb->CurrentMdl == nullptr;
    for (PMDL mdl = nb->MdlChain; mdl; mdl = mdl->Next) {
        if (mdl == nb->CurrentMdl) {
            seen = true;
            before = total;
        }
        total += mdl->ByteCount;
    }
    if (!seen) return "CurrentMdl is not in the chain";
    if (before + nb->CurrentMdlOffset != nb->DataOffset) return "the position disagrees with DataOffset";
    if (nb->DataOffset + uint64_t{nb->DataLength} > total) return "the data is longer than the chain";
    return "";
}

// A chain of MDLs with the given sizes over one block of bytes 0, 1, 2, ...
struct Chain {
    UCHAR* memory;
    std::vector<PMDL> mdls;
    explicit Chain(const std::vector<UINT>& sizes) {
        UINT total = 0;
        for (UINT size : sizes) total += size;
        memory = static_cast<UCHAR*>(ExAllocatePoolWithTag(NonPagedPool, total + 1, 1));
        for (UINT i = 0; i < total; i++) memory[i] = static_cast<UCHAR>(i);
        UINT at = 0;
        for (UINT size : sizes) {
            mdls.push_back(NdisAllocateMdl(nullptr, memory + at, size));
            if (mdls.size() > 1) mdls[mdls.size() - 2]->Next = mdls.back();
            at += size;
        }
    }
    Chain(const Chain&) = delete;
    Chain& operator=(const Chain&) = delete;
    ~Chain() {
        for (PMDL mdl : mdls) NdisFreeMdl(mdl);
        ExFreePool(memory);
    }
};
