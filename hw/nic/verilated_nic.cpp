// SPDX-License-Identifier: Apache-2.0
// The widths of nic_top that are built, and the choice among them.

// Verilated headers come before SystemC's: behind them, Verilator takes its time from SystemC.
#include "Vnic_top_256.h"
#include "Vnic_top_256__Syms.h"
#include "Vnic_top_512.h"
#include "Vnic_top_512__Syms.h"

#include "nic_model.h"

#include <chrono>
#include <stdexcept>
#include <string>

#include "verilated_nic.h"

namespace hw {

namespace {

[[noreturn]] void refuse(uint32_t datapath_bits) {
    throw std::invalid_argument("a NIC with a datapath of " + std::to_string(datapath_bits) +
                                " bits was not built; there are 256 and 512");
}

template <class Model>
double measure(uint64_t cycles) {
    VerilatedContext context;
    context.randReset(2);
    context.randSeed(1);
    Model model(&context, "hardware");
    constexpr uint32_t reset_cycles = 8;
    reset_model(model, reset_cycles);
    const auto begin = std::chrono::steady_clock::now();
    for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
        model.clk_i = 1;
        model.eval();
        model.clk_i = 0;
        model.cycle_i = reset_cycles + cycle;
        model.eval();
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    return static_cast<double>(cycles) / elapsed.count();
}

}  // namespace

std::unique_ptr<VerilatedNic> make_nic(const char* name, const NicConfig& config, EventStream& events) {
    switch (config.datapath_bits) {
        case 256: return std::make_unique<NicModel<Vnic_top_256>>(name, config, events);
        case 512: return std::make_unique<NicModel<Vnic_top_512>>(name, config, events);
        default: refuse(config.datapath_bits);
    }
}

double bare_model_benchmark(uint64_t cycles, uint32_t datapath_bits) {
    switch (datapath_bits) {
        case 256: return measure<Vnic_top_256>(cycles);
        case 512: return measure<Vnic_top_512>(cycles);
        default: refuse(datapath_bits);
    }
}

}  // namespace hw
