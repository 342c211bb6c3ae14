// SPDX-License-Identifier: Apache-2.0
// One Verilated class at the pins: drives inputs, evaluates, samples outputs.
//
// Model is a Verilated class with the ports of rtl/nic_top.sv, of any DataWidth; its header and its __Syms header are included before
// this file. Per edge the model is evaluated twice: with the clock high, which computes the registers of the edge before, and with the
// clock low and the inputs of this edge, which settles the combinational outputs that are sampled. Doing the rising edge late, just
// before the next inputs, keeps the model's values those of one edge for as long as that edge is shown in the waveform.
#pragma once

#include <verilated_fst_c.h>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "nic_adapter.h"

namespace hw {

// Copies a beat into a port and clears the rest of it, so that no bytes of earlier packets linger.
template <class Port>
inline void load_beat(Port& port, const uint8_t* data, uint32_t bytes) {
    uint8_t* to = reinterpret_cast<uint8_t*>(&port);
    std::memcpy(to, data, bytes);
    if (bytes < sizeof(Port)) std::memset(to + bytes, 0, sizeof(Port) - bytes);
}

// All inputs to 0: Verilator gives them random values with the registers.
template <class Model>
void clear_inputs(Model& model) {
    model.clk_i = model.rst_ni = 0;
    model.rx_tlp_valid_i = model.rx_tlp_sop_i = model.rx_tlp_eop_i = 0;
    std::memset(&model.rx_tlp_hdr_i, 0, sizeof model.rx_tlp_hdr_i);
    std::memset(&model.rx_tlp_data_i, 0, sizeof model.rx_tlp_data_i);
    model.tx_tlp_ready_i = model.tx_posted_ok_i = model.tx_non_posted_ok_i = model.tx_completion_ok_i = 0;
    model.mac_tx_ready_i = model.mac_rx_valid_i = model.mac_rx_last_i = model.mac_rx_error_i = model.mac_rx_bytes_i = 0;
    std::memset(&model.mac_rx_data_i, 0, sizeof model.mac_rx_data_i);
    model.link_up_i = 0;
    model.mac_address_i = model.cycle_i = 0;
    model.cycles_per_us_i = 0;
}

// Brings a model out of reset with idle inputs, after `cycles` edges of reset. Also used without SystemC.
template <class Model>
void reset_model(Model& model, uint32_t cycles) {
    clear_inputs(model);
    model.tx_tlp_ready_i = model.tx_posted_ok_i = model.tx_non_posted_ok_i = model.tx_completion_ok_i = 1;
    model.mac_tx_ready_i = 1;
    model.link_up_i = 1;
    for (uint32_t i = 0; i < cycles; ++i) {
        model.clk_i = 1;
        model.eval();
        model.clk_i = 0;
        model.cycle_i = i;
        model.eval();
    }
    model.rst_ni = 1;
}

template <class Model>
class NicModel final : public NicAdapter, private WaveSource {
public:
    NicModel(const char* name, const NicConfig& config, EventStream& events)
        : NicAdapter(name, config, beat_bytes, events), model_(seeded(context_, config), "hardware") {
        clear_inputs(model_);
        model_.mac_address_i = config.mac_address;
        model_.cycles_per_us_i = cycles_per_us(config.clock_period_ps);
        model_.tx_tlp_ready_i = 1;
    }

    // Verilator finds the context of a destructor, and of an error, through the thread; another model may have left its own there.
    ~NicModel() override { Verilated::threadContextp(&context_); }

    void attach_waves(Waves& waves) override {
        context_.traceEverOn(true);
        {
            VerilatedFstC probe;
            model_.trace(&probe, 99);
            waves.select(probe);
        }
        model_.trace(&waves.fst(), 99);
        waves.open(*this, config_.clock_period_ps);
        waves_ = &waves;
    }

private:
    static constexpr uint32_t beat_bytes = sizeof(std::remove_reference_t<decltype(std::declval<Model&>().rx_tlp_data_i)>);

    static VerilatedContext* seeded(VerilatedContext& context, const NicConfig& config) {
        context.randReset(2);  // registers that nothing resets start with seeded random values
        context.randSeed(config.x_seed);
        return &context;
    }

    bool evaluate_edge(uint64_t cycle) override {
        if (waves_) waves_->settle(edge_ps_);
        set_rtl_message_sink(this);
        Verilated::threadContextp(&context_);
        context_.time(settled_ps_);
        model_.clk_i = 1;
        model_.eval();
        model_.clk_i = 0;
        model_.cycle_i = cycle;
        model_.rst_ni = !in_reset();
        drive_tlp();
        drive_frame();
        const bool link_was_up = model_.link_up_i;
        drive_flags();
        model_.eval();
        sample_tlp_out();
        const bool active = model_.rx_tlp_valid_i || model_.mac_rx_valid_i || model_.link_up_i != link_was_up;
        if (model_.rx_tlp_valid_i && model_.rx_tlp_ready_o) {
            tlp_beat_accepted();
            tlp_loaded_ = false;
        }
        if (model_.mac_tx_valid_o && model_.mac_tx_ready_i && !in_reset()) {
            take_frame_beat(&model_.mac_tx_data_o, model_.mac_tx_bytes_o, model_.mac_tx_last_o);
        }
        if (model_.trace_valid_o && !in_reset()) sample_trace();
        if (waves_) waves_->sample(edge_ps_);
        return model_.idle_o && !active;
    }

    void skip_to(uint64_t cycle) override {
        if (waves_) waves_->settle(edge_ps_);
        model_.clk_i = 0;
        model_.cycle_i = cycle;
        model_.eval();
    }

    void drive_tlp() {
        if (tlp_loaded_) return;  // a beat waits for ready
        if (!tlp_waiting() || in_reset() || held(Stalls::tlp_in)) {
            model_.rx_tlp_valid_i = 0;
            return;
        }
        const TlpBeat beat = tlp_beat();
        model_.rx_tlp_valid_i = 1;
        model_.rx_tlp_sop_i = beat.sop;
        model_.rx_tlp_eop_i = beat.eop;
        if (beat.sop) std::memcpy(&model_.rx_tlp_hdr_i, beat.header, 16);
        load_beat(model_.rx_tlp_data_i, beat.data, beat.bytes);
        tlp_loaded_ = true;
    }

    void drive_frame() {
        model_.mac_tx_ready_i = mac_may_send();
        model_.mac_rx_valid_i = frame_beat_arrived() && !frame_beat_held();
        if (!model_.mac_rx_valid_i) return;
        const FrameBeat beat = next_frame_beat();
        model_.mac_rx_last_i = beat.last;
        model_.mac_rx_bytes_i = static_cast<uint8_t>(beat.bytes);
        load_beat(model_.mac_rx_data_i, beat.data, beat.bytes);
    }

    void drive_flags() {
        model_.tx_tlp_ready_i = !held(Stalls::tlp_out);
        if (!refresh_flags()) return;
        model_.tx_posted_ok_i = flags().ok[static_cast<size_t>(TlpKind::posted)];
        model_.tx_non_posted_ok_i = flags().ok[static_cast<size_t>(TlpKind::non_posted)];
        model_.tx_completion_ok_i = flags().ok[static_cast<size_t>(TlpKind::completion)];
        model_.link_up_i = flags().link_up;
    }

    // *_ok_i are what the device plans with; a first beat that comes without credits all the same is held back with ready.
    void sample_tlp_out() {
        if (!model_.tx_tlp_valid_o || in_reset()) {
            if (tlp_blocked() || tlp_beat_held()) tlp_withdrawn();
            return;
        }
        const uint32_t* header = reinterpret_cast<const uint32_t*>(&model_.tx_tlp_hdr_o);
        if (tlp_beat_held()) check_held_tlp_beat(model_.tx_tlp_sop_o, &model_.tx_tlp_data_o);
        if (!model_.tx_tlp_ready_i) return hold_tlp_beat(model_.tx_tlp_sop_o, &model_.tx_tlp_data_o);
        if (!may_take_tlp(model_.tx_tlp_sop_o, header)) {
            model_.tx_tlp_ready_i = 0;
            model_.eval();
            return;
        }
        take_tlp_beat(model_.tx_tlp_sop_o, model_.tx_tlp_eop_o, header, &model_.tx_tlp_data_o);
    }

    void sample_trace() {
        for (uint32_t points = model_.trace_valid_o; points; points &= points - 1) {
            const uint32_t point = static_cast<uint32_t>(__builtin_ctz(points));
            uint64_t word;
            std::memcpy(&word, reinterpret_cast<const uint8_t*>(&model_.trace_data_o) + 8 * point, sizeof word);
            report_trace(point, word);
        }
    }

    // The clock pin as the waveform shows it. Tracing skips a model that was not evaluated since the last dump, hence the mark.
    void show_clock(bool level) override {
        model_.clk_i = level;
        model_.rootp->vlSymsp->__Vm_activity = true;
    }

    VerilatedContext context_;
    Model model_;
    bool tlp_loaded_ = false;
};

}  // namespace hw
