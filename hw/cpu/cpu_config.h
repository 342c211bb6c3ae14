// SPDX-License-Identifier: Apache-2.0
// What the CPU's time is charged for, and how much: the one table of software costs.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace hw {

// Pieces of work that a driver announces.
enum class Work : unsigned char { send_nb, complete_nb, receive_nb, return_nb };
constexpr size_t work_kinds = 4;

struct CpuConfig {
    // From the MSI-X message's arrival at the host to the first instruction of the ISR: interrupt controller, exit from idle, entry
    // code. 1 us is the scenario's default; it is a choice, not a measurement of ours.
    double interrupt_ns = 1000;
    double interrupt_jitter_ns = 0;                 // each interrupt is up to so much later, at random: the processor is busy, or asleep
    uint64_t seed = 1;                              // of interrupt_jitter_ns
    double isr_ns = 0;                              // each ISR, its own MMIO apart
    double mmio_write_ns = 0;                       // each posted write
    std::array<double, work_kinds> work_ns{};       // each Work, indexed by its value
    size_t stack_bytes = 1u << 20;                  // of each thread and of the interrupt context

    // Software takes no time; only the interrupt latency is left. (The defaults.)
    static CpuConfig free_cpu() { return {}; }
    // Empty when the values are legal, else one sentence that names the key and what was expected.
    std::string error() const;
};

}  // namespace hw
