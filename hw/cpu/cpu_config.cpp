// SPDX-License-Identifier: Apache-2.0
#include "cpu_config.h"

namespace hw {
namespace {

constexpr double longest_ns = 1e9;
constexpr size_t smallest_stack = 64u << 10, largest_stack = 64u << 20;

bool legal(double ns) { return ns >= 0 && ns <= longest_ns; }  // false for NaN, too

}  // namespace

std::string CpuConfig::error() const {
    if (!legal(interrupt_ns)) return "interrupt_ns: expected 0 to 1e9";
    if (!legal(interrupt_jitter_ns)) return "interrupt_jitter_ns: expected 0 to 1e9";
    if (!legal(isr_ns)) return "isr_ns: expected 0 to 1e9";
    if (!legal(mmio_write_ns)) return "mmio_write_ns: expected 0 to 1e9";
    for (double ns : work_ns)
        if (!legal(ns)) return "work_ns: expected 0 to 1e9";
    if (stack_bytes < smallest_stack || stack_bytes > largest_stack) return "stack_bytes: expected 64 KiB to 64 MiB";
    return {};
}

}  // namespace hw
