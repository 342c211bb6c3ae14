// SPDX-License-Identifier: Apache-2.0
// Bench<Model>: the clock, reset and random numbers of a test of one Verilated module.
//
//   Bench<Vfifo> b;               // in reset for two cycles, then out; inputs 0
//   b->valid_i = 1;               // drive inputs
//   b.settle();                   // outputs that depend on them are valid now
//   if (b->ready_o) ...
//   b.edge();                     // the rising edge; then drive again
//
// A handshake takes place in a cycle when both sides are 1 after settle(). All randomness comes from the seed of the bench.
#pragma once

#include <verilated.h>

#include <cstdint>
#include <memory>
#include <random>

#include "coverage.h"

template <class Model>
class Bench {
public:
    explicit Bench(unsigned seed = 1) : random(seed) {
        context_.randReset(2);
        context_.randSeed(static_cast<int>(seed));
        dut_ = std::make_unique<Model>(&context_);
        dut_->rst_ni = 0;
        dut_->clk_i = 0;
    }
    ~Bench() {
        Verilated::threadContextp(&context_);   // where a destructor looks for it; another bench may have left its own there
        dut_->final();
        take_coverage(context_);
    }

    Model* operator->() { return dut_.get(); }
    void settle() { dut_->eval(); }
    void edge() {
        dut_->clk_i = 1;
        dut_->eval();
        dut_->clk_i = 0;
        dut_->eval();
        ++cycle;
    }
    void tick() { settle(); edge(); }
    // Drive the inputs before this call: reset does not touch them.
    void reset() {
        dut_->rst_ni = 0;
        tick();
        tick();
        dut_->rst_ni = 1;
        settle();
    }
    // True with a probability of percent / 100.
    bool chance(unsigned percent) { return random() % 100 < percent; }

    std::mt19937 random;
    uint64_t cycle = 0;

private:
    VerilatedContext context_;
    std::unique_ptr<Model> dut_;
};
