// SPDX-License-Identifier: Apache-2.0
// The processor that driver code is charged by when it is measured: one core, its caches and memory, in numbers.
//
// It is a server of the Skylake-SP generation, whose caches and DDIO are the best documented:
//   [I] Intel 64 and IA-32 Architectures Optimization Reference Manual, 248966, Skylake Server and Skylake Client: caches, latencies, four
//       micro-operations allocated a cycle, 224 in the reorder buffer, 56 stores in the store buffer, 10 or more line fill buffers
//   [F] A. Farshin and others, Reexamining Direct Cache Access to Optimize I/O Intensive Applications, USENIX ATC 2020: DDIO writes
//       allocate in 2 ways of the last level, a device's reads allocate nothing
//   [G] A. Fog, Instruction tables: a locked instruction takes about 18 cycles
//   [C] counted here: the same code natively under valgrind (tests/driver/descriptors/instructions.py), least squares over the works of
//       driver/descriptors without those that allocate contexts; each of them is met within 35 %
#pragma once

#include <cstdint>
#include <string>

#include "cache.h"

namespace hw {

struct CoreConfig {
    uint64_t mhz = 3000;

    // Instructions. The instrumentation shows loads, stores and calls; the others are charged by a rule: so many tenths for each
    // access and for each function.
    uint32_t instructions_per_cycle = 4;      // [I]
    uint32_t other_per_access_tenths = 15;    // [C]
    uint32_t other_per_function_tenths = 65;  // [C] call, return, saved registers
    uint32_t reorder_window = 224;            // [I] instructions behind a load that is waited for
    uint32_t fill_buffers = 10;               // [I] lines on their way to the first level
    uint32_t store_buffer = 56;               // [I]
    uint32_t locked_cycles = 18;              // [G] beside what the access takes, and all before it is done

    // Levels, with the cycles from a load to its use.
    CacheGeometry l1{32u << 10, 8};    // [I]
    CacheGeometry l2{1u << 20, 16};    // [I] bytes 0: there is none
    CacheGeometry llc{22u << 20, 11};  // [I] 16 slices of 1.375 MiB, shared by all cores and the device
    uint32_t l1_cycles = 4;            // [I]
    uint32_t l2_cycles = 14;           // [I]
    uint32_t llc_cycles = 60;          // [I] 50 to 70
    uint32_t memory_ns = 90;           // [I], and Neugebauer and others, SIGCOMM 2018: about 70 ns more than the last level
    bool llc_holds_victims = true;     // [I] what the second level drops; false: what is read from memory
    uint32_t ddio_ways = 2;            // [F] 0: a device writes to memory
    bool prefetch = true;              // [I] neighbour of a pair of lines, and two lines ahead of an ascending or descending walk

    // Empty when it can be built, else one sentence that says what was expected.
    std::string error() const;
};

}  // namespace hw
