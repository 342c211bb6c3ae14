// SPDX-License-Identifier: Apache-2.0
// When to write to the FST file.
//
// Verilator writes all changed signals of an instant with one dump(), and refuses a second one for the same instant. So changes are
// collected until time moves on (advance()), and the model is not evaluated in between: NicModel calls settle() before it does.
#include "waves.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include <verilated_fst_c.h>

#include "fst_file.h"
#include "lanes.h"

namespace hw {

namespace {
// The FST library keeps a block's changes in one chain per signal through one buffer, and walks each chain at the block's end. A small
// buffer stays in the cache: of 1e9, 16384, 4096, 1024 and 512 instants a block, 1024 took the least time (2.4 times less than one
// block), for a file half as large again.
constexpr uint64_t dumps_per_block = 1024;

// The default selection leaves out signals that are wider: data buses are four fifths of what would be written, and TLPs and frames have
// lanes of their own. A header of 128 bits stays.
constexpr uint32_t widest_standard = 128;

// ... and the insides of blocks whose work is seen at their neighbours' ports: they are two fifths of the rest.
const char* const inner_blocks[] = {"u_mac_tx", "u_mac_rx", "u_rd_arb", "u_wr_arb", "u_irq_arb", "u_trace", "u_stats"};

bool inside_a_block_left_out(const std::string& signal) {
    for (const char* block : inner_blocks)
        if (signal.find(std::string(".") + block + ".") != std::string::npos) return true;
    return false;
}
}  // namespace

Waves::Waves(const WavesConfig& config, EventStream& events)
    : config_(config), lanes_(std::make_unique<Lanes>(config.queues)), fst_(std::make_unique<VerilatedFstC>()) {
    if (config.from_ps >= config.to_ps) throw std::runtime_error("the window of the waveform " + config.path + " is empty");
    if (!std::ofstream(config.path, std::ios::binary)) throw std::runtime_error("cannot write the waveform " + config.path);
    fst_->set_time_unit("1ps");
    fst_->set_time_resolution("1ps");
    events.add_sink([this](const Event& event) { on_event(event); });
}

Waves::~Waves() {
    try {
        close();
    } catch (const std::runtime_error&) {
        // Who wants to know calls close().
    }
}

VerilatedFstC& Waves::fst() { return *fst_; }

void Waves::select(VerilatedFstC& probe) {
    if (config_.depth == WavesDepth::full) return;
    // "levels" counts scopes below the name: the top module's own signals are level 2, those of its blocks level 3.
    probe.dumpvars(3, "hardware");
    // What carries the frames, and the virtqueues that have lanes, are blocks in a block; a generate block is a scope too.
    probe.dumpvars(2, "hardware.nic_top.u_net");
    for (uint32_t q = 0; q < config_.queues; ++q) probe.dumpvars(2, "hardware.nic_top.u_vqs.gen_vq[" + std::to_string(q) + "]");
    probe.open(config_.path.c_str());
    probe.close();
    selected_ = fst_signals(config_.path, widest_standard);
    selected_.erase(std::remove_if(selected_.begin(), selected_.end(), inside_a_block_left_out), selected_.end());
}

void Waves::open(WaveSource& source, uint64_t clock_period_ps) {
    source_ = &source;
    half_period_ps_ = clock_period_ps / 2;
    // Lanes are declared last: Verilator 5.006 reads its table of selected signals beyond the end unless the last signal is selected.
    lanes_->declare_in(*fst_);
    if (config_.depth == WavesDepth::standard) {
        for (const std::string& name : selected_) fst_->dumpvars(1, name);
        for (const std::string& scope : Lanes::scopes()) fst_->dumpvars(8, scope);
    }
    fst_->open(config_.path.c_str());
    if (!fst_->isOpen()) throw std::runtime_error("cannot write the waveform " + config_.path);
}

void Waves::write(uint64_t time_ps) {
    if (time_ps < config_.from_ps || time_ps >= config_.to_ps) return;
    fst_->dump(time_ps);
    written_ = true;
    if (++dumps_ % dumps_per_block == 0) fst_->flush();
}

// Time moves on: everything before time_ps is written; what follows belongs to time_ps.
void Waves::advance(uint64_t time_ps) {
    if (pending_ && pending_ps_ < time_ps) {
        write(pending_ps_);
        pending_ = false;
    }
    if (clock_high_ && fall_ps_ <= time_ps) {
        source_->show_clock(false);
        clock_high_ = false;
        if (fall_ps_ < time_ps) {
            write(fall_ps_);
        } else {
            pending_ = true;
        }
    }
    if (pending_ps_ < time_ps) pending_ps_ = time_ps;
}

void Waves::settle(uint64_t time_ps) {
    if (!closed_) advance(time_ps);
}

void Waves::sample(uint64_t time_ps) {
    if (closed_) return;
    advance(time_ps);
    source_->show_clock(true);
    clock_high_ = true;
    fall_ps_ = time_ps + half_period_ps_;
    pending_ = true;
}

void Waves::on_event(const Event& event) {
    if (event.nic != 0) return;  // the picture is of one NIC
    if (closed_ || !source_) return;
    advance(event.time_ps);
    if (lanes_->apply(event)) pending_ = true;
}

void Waves::close() {
    if (closed_) return;
    closed_ = true;
    if (!source_) return;
    if (pending_) write(pending_ps_);
    if (clock_high_ && fall_ps_ > pending_ps_) {
        source_->show_clock(false);
        write(fall_ps_);
    }
    if (!written_) fst_->dump(config_.from_ps);  // an empty window: one instant, so that viewers accept the file
    fst_->close();
    fix_fst_date(config_.path);
}

}  // namespace hw
