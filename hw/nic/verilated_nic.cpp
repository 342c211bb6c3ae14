// SPDX-License-Identifier: Apache-2.0
// The shapes of nic_top that are built, and the choice among them.

// Verilated headers come before SystemC's: behind them, Verilator takes its time from SystemC.
#include "models.h"

#include "nic_model.h"

#include <chrono>
#include <stdexcept>
#include <string>

#include "verilated_nic.h"

namespace hw {

namespace {

enum ShapeKind : bool { plain = false, full = true };

[[noreturn]] void refuse(uint32_t datapath_bits, uint32_t queue_pairs, bool offloads) {
    std::string built;
#define SHAPE(bits, pairs, kind) built += std::string(built.empty() ? "" : ", ") + #bits " bits with " #pairs " (" #kind ")";
#include "shapes.def"
#undef SHAPE
    throw std::invalid_argument("a NIC with a datapath of " + std::to_string(datapath_bits) + " bits and " + std::to_string(queue_pairs) +
                                " queue pairs, " + (offloads ? "with" : "without") + " offloads, was not built; there are " + built);
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
#define SHAPE(bits, pairs, kind)                                                                \
    if (config.datapath_bits == bits && config.queue_pairs == pairs && config.offloads == kind) \
        return std::make_unique<NicModel<Vnic_top_##bits##x##pairs##_##kind>>(name, config, events);
#include "shapes.def"
#undef SHAPE
    refuse(config.datapath_bits, config.queue_pairs, config.offloads);
}

double bare_model_benchmark(uint64_t cycles, uint32_t datapath_bits, uint32_t queue_pairs, bool offloads) {
#define SHAPE(bits, pairs, kind)                                                \
    if (datapath_bits == bits && queue_pairs == pairs && offloads == kind) \
        return measure<Vnic_top_##bits##x##pairs##_##kind>(cycles);
#include "shapes.def"
#undef SHAPE
    refuse(datapath_bits, queue_pairs, offloads);
}

}  // namespace hw
