// SPDX-License-Identifier: Apache-2.0
// The lanes of the waveform that are no signals of the hardware: each is a value that some event of the stream sets.
//
// A lane is a vector of bits; text lanes hold ASCII, first character in the highest byte, so that a viewer set to "ASCII" shows it.
// waves/README.md lists them for the reader.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "event.h"

class VerilatedFstC;

namespace hw {

class Lanes {
public:
    explicit Lanes(uint32_t queues);
    Lanes(const Lanes&) = delete;
    Lanes& operator=(const Lanes&) = delete;

    // The top scopes that lanes are in.
    static const std::vector<std::string>& scopes();
    // Declares all lanes in this file, before it is opened. They are written with each of its dumps.
    void declare_in(VerilatedFstC& fst);
    // Takes an event over into the lanes. False: no lane shows it.
    bool apply(const Event& event);

private:
    struct Lane {
        std::string name;             // "scope lane"
        uint32_t bits;
        uint32_t code = 0;            // number in the trace file
        std::vector<uint32_t> words;  // value, low word first
        bool changed = false;
    };
    struct Callbacks;  // Verilator's side

    size_t add(const std::string& scope, const std::string& name, uint32_t bits);
    void set(size_t lane, uint64_t value);
    void set_text(size_t lane, const char* text);
    void bump(size_t lane, int64_t by);
    void apply_function(const Event& event);
    void apply_ring(const Event& event);
    void apply_nbl(const Event& event);
    void apply_trace(const Event& event);

    std::vector<Lane> lanes_;
    std::vector<size_t> changed_;
    std::vector<const char*> functions_;  // the driver's call stack, as far as it reports it

    size_t function_, depth_, nbl_tx_, nbl_rx_, irq_active_, irq_vector_, violation_, violations_, nbl_lost_, nbls_lost_;
    struct Ring { size_t producer, consumer, outstanding, doorbells; };
    std::vector<Ring> rings_;
    struct Stage { size_t packet, queue, events; };
    std::vector<Stage> stages_;           // by trace point
    size_t last_point_, drop_reason_;
    struct Direction { size_t type, bytes, id, count; };
    Direction up_, down_;
    struct Cable { size_t bytes, id; };
    Cable tx_, rx_;
};

}  // namespace hw
