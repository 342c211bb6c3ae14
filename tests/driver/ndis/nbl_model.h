// SPDX-License-Identifier: Apache-2.0
// Random operations on NBLs beside a model of plain byte vectors.
//
// The model of an NB is the list of the bytes of its whole chain, as numbers of cells of one byte, and which of them are used. A clone or
// fragment has the cells of its original, so that a byte written through one is seen through all. After each operation the NB that it
// was about must say what its model says; after each round everything is freed, and nothing may be left or reported.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "test_stack.h"

class NblModel {
public:
    // Pools and a DMA channel of the machine that the caller runs; both outlive the model. The seed decides everything.
    NblModel(kernel* kernel, NDIS_HANDLE owner, NDIS_HANDLE dma, TestMiniport* miniport, fake_platform* fake, uint64_t seed);
    ~NblModel();
    NblModel(const NblModel&) = delete;
    NblModel& operator=(const NblModel&) = delete;

    // One operation; empty, or how memory and model differ.
    std::string step();
    // Frees all; empty, or what could not be freed as the model says.
    std::string finish();
    uint64_t operations() const { return operations_; }

private:
    using Cell = uint32_t;
    // An MDL that a retreat put in front of a chain.
    struct Front {
        ULONG bytes;
        bool by_handler;
    };
    struct Nb {
        PNET_BUFFER nb;
        std::vector<Cell> cells;  // of the whole chain
        ULONG offset = 0, length = 0;
        ULONG home = 0;           // offset when it was derived
        std::vector<Front> fronts;  // the newest first, as in the chain
        bool pooled = false;        // of an NB pool: freed apart
        std::vector<PMDL> mdls;     // of our own, freed at the end
        UCHAR* memory = nullptr;
    };
    struct Context {
        USHORT size;
        UCHAR mark;
    };
    enum class Kind { plain, clone, shared_clone, fragment, reassembled };
    struct Nbl {
        PNET_BUFFER_LIST nbl;
        Kind kind = Kind::plain;
        ULONG delta = 0;
        std::vector<Nb> nbs;
        std::vector<Context> contexts;
        Nbl* parent = nullptr;
        unsigned children = 0;
    };

    unsigned pick(unsigned below) { return below ? static_cast<unsigned>(random_() % below) : 0; }
    Nbl* pick_nbl() { return nbls_.empty() ? nullptr : nbls_[pick(static_cast<unsigned>(nbls_.size()))].get(); }
    Cell new_cell(UCHAR value);
    std::vector<Cell> used_cells(const Nb& nb) const;
    UCHAR* address(const Nb& nb, ULONG at) const;
    std::string compare(const Nb& nb) const;
    std::string compare(const Nbl& nbl) const;

    Nb lay_out(bool pooled, PNET_BUFFER given);
    void allocate();
    void allocate_with_data();
    std::string drop_fronts(Nb& nb);
    std::string go_home(Nb& nb);
    std::string release(size_t index);
    std::string retreat(Nbl& nbl);
    std::string retreat_one(Nb& nb, ULONG delta, ULONG backfill, bool by_handler);
    void retreated(Nb& nb, ULONG delta, ULONG backfill, bool by_handler);
    std::string advance(Nbl& nbl);
    void advanced(Nb& nb, ULONG delta, bool free_mdl, bool with_handler);
    void write(Nb& nb);
    std::string get(const Nb& nb);
    std::string copy(Nb& to, const Nb& from);
    std::string map(const Nb& nb);
    std::string push(Nbl& nbl);
    std::string pop(Nbl& nbl);
    std::string derive(Nbl& nbl);
    Nbl& adopt(Nbl& parent, PNET_BUFFER_LIST made, Kind kind, ULONG delta);
    std::string fragment(Nbl& nbl);
    std::string reassemble(Nbl& nbl);
    std::string info(Nbl& nbl, const Nbl& other);

    kernel* kernel_;
    NDIS_HANDLE owner_, dma_, plain_, context_, data_, nbs_;
    TestMiniport* miniport_;
    fake_platform* fake_;
    std::mt19937_64 random_;
    uint64_t operations_ = 0;
    std::vector<UCHAR> values_;  // by cell
    std::vector<std::unique_ptr<Nbl>> nbls_;
};
