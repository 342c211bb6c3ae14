// SPDX-License-Identifier: Apache-2.0
// A NIC as a part of the simulation: what the two implementations, Verilated RTL and C model, are built from and can do.
#pragma once

#include <algorithm>
#include <cstdint>

#include <systemc>

#include "nic.h"
#include "stalls.h"
#include "waves.h"

namespace hw {

struct NicConfig {
    uint32_t datapath_bits = 256;       // this, the queue pairs and the offloads: one of shapes.def
    uint32_t queue_pairs = 1;
    bool offloads = true;               // checksums, segmentation, merged buffers, filters and RSS are offered
    uint64_t clock_period_ps = 4000;    // 250 MHz
    uint64_t mac_address = 0x010000000002;  // bits 7:0 are the first byte on the wire: 02:00:00:00:00:01
    uint32_t reset_cycles = 8;          // edges with rst_ni low, from time 0 on
    int x_seed = 1;                     // values of registers that reset leaves alone; two seeds must give the same run
    bool idle_skip = true;
    StallConfig stalls;                 // of the streams at its pins; off
    uint32_t max_run_ahead = 64;        // edges evaluated per SystemC activation at most; 1: one wait per edge
};

// connect() it and, if wanted, attach_waves() before the simulation starts.
class NicModule : public sc_core::sc_module, public Nic {
public:
    // Adds the NIC's signals, if it has any, to this file and opens it. waves must outlive the simulation and be closed before the NIC is
    // destroyed.
    virtual void attach_waves(Waves& waves) = 0;
    // Reports what is still queued or partly transferred as violations: the end of a run leaves nothing inside.
    virtual void finish() = 0;

protected:
    explicit NicModule(sc_core::sc_module_name name) : sc_module(name) {}
};

// Clock cycles of a microsecond, rounded, at least one: what interrupt moderation ([V] 1.3, 5.1.6.5.11) counts with.
inline uint16_t cycles_per_us(uint64_t clock_period_ps) {
    const uint64_t cycles = (1'000'000 + clock_period_ps / 2) / clock_period_ps;
    return static_cast<uint16_t>(std::min<uint64_t>(std::max<uint64_t>(cycles, 1), 0xFFFF));
}

}  // namespace hw
