// SPDX-License-Identifier: Apache-2.0
// One FST file with the hardware's signals and what the software did, on one time axis in picoseconds.
//
// Scopes: `hardware` (the ports of nic_top and the signals of its blocks), `software` (driver function, NBLs outstanding, rings,
// interrupts, violations), `device` (the packet in each stage), `link` and `wire` (TLPs and frames). The last four are lanes.h, fed by
// the event stream.
//
// Time: a signal of the hardware changes in the picture at the edge that samples it; `clk_i` rises there and stands still while idle
// time is skipped. A lane changes at the time of its event. Nothing is written outside the window.
//
// The same run writes the same bytes: the date in the FST header is replaced by a fixed one on close().
//
// Example:  Waves waves({"run.fst"}, events);  nic.attach_waves(waves);  sc_start();  waves.close();
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "event.h"

class VerilatedFstC;

namespace hw {

class Lanes;

enum class WavesDepth {
    standard,  // ports of nic_top, and signals at the top of each of its blocks, up to 128 bits wide
    full       // everything
};

struct WavesConfig {
    std::string path;
    uint64_t from_ps = 0;                                     // first instant that is written
    uint64_t to_ps = std::numeric_limits<uint64_t>::max();    // first instant that is not
    WavesDepth depth = WavesDepth::standard;
    uint32_t queues = 2;                                      // virtqueues with lanes of their own, 0 receive, 1 transmit, ...
};

// The model whose signals are in the file.
class WaveSource {
public:
    virtual ~WaveSource() = default;
    virtual void show_clock(bool level) = 0;  // the value of the clock pin from now on, for the picture only
};

class Waves {
public:
    // Subscribes to the event stream. Throws std::runtime_error when the file cannot be written (also from close()).
    Waves(const WavesConfig& config, EventStream& events);
    ~Waves();  // closes; a failure to do so is only reported by close()
    Waves(const Waves&) = delete;
    Waves& operator=(const Waves&) = delete;

    // For the NIC, before time 0: chooses among the signals declared in `probe`, a file of its own that is not kept; then the file to
    // declare them in; then open it.
    void select(VerilatedFstC& probe);
    VerilatedFstC& fst();
    void open(WaveSource& source, uint64_t clock_period_ps);
    // The model is about to be evaluated: what it showed until now is written.
    void settle(uint64_t time_ps);
    // The model holds the values that the edge at this time samples.
    void sample(uint64_t time_ps);

    // Writes what is pending and ends the file. Once; later events are ignored.
    void close();

private:
    void advance(uint64_t time_ps);
    void write(uint64_t time_ps);
    void on_event(const Event& event);

    const WavesConfig config_;
    std::unique_ptr<Lanes> lanes_;
    std::unique_ptr<VerilatedFstC> fst_;
    WaveSource* source_ = nullptr;
    uint64_t half_period_ps_ = 0;
    uint64_t pending_ps_ = 0;     // instant whose changes are not written yet
    bool pending_ = false;
    bool clock_high_ = false;
    uint64_t fall_ps_ = 0;        // when it falls
    bool written_ = false;
    uint64_t dumps_ = 0;
    std::vector<std::string> selected_;
    bool closed_ = false;
};

}  // namespace hw
