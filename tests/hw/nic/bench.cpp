// SPDX-License-Identifier: Apache-2.0
// Verilated headers come before SystemC's: behind them, Verilator takes its time from SystemC.
#include "Vnic_loop_256.h"
#include "Vnic_loop_256__Syms.h"
#include "Vnic_loop_512.h"
#include "Vnic_loop_512__Syms.h"

#include "nic_model.h"

#include "bench.h"

namespace bench {

std::unique_ptr<hw::VerilatedNic> make_loop_nic(const hw::NicConfig& config, hw::EventStream& events) {
    if (config.datapath_bits == 512) return std::make_unique<hw::NicModel<Vnic_loop_512>>("nic", config, events);
    return std::make_unique<hw::NicModel<Vnic_loop_256>>("nic", config, events);
}

hw::TlpPtr tlp(uint32_t type, uint32_t payload_bytes, uint32_t seed) {
    hw::TlpPtr tlp = hw::make_tlp();
    const uint32_t length = payload_bytes ? payload_bytes / 4 : 1;
    tlp->hdr = {type << 24 | (length & 0x3FF), seed, seed * 64 & 0x7FFFFFFF, 0};
    tlp->payload_bytes = payload_bytes;
    for (uint32_t i = 0; i < payload_bytes; ++i) tlp->payload[i] = static_cast<uint8_t>(seed * 131 + i * 7 + (i >> 8));
    return tlp;
}

hw::FramePtr frame(uint32_t length, uint64_t first_ps, uint32_t seed) {
    auto frame = hw::make_frame();
    for (uint32_t i = 0; i < length; ++i) frame->bytes.push_back(static_cast<uint8_t>(seed * 89 + i * 13 + (i >> 8)));
    frame->first = sc_core::sc_time::from_value(first_ps);
    frame->last = sc_core::sc_time::from_value(first_ps + 200 * length);
    return frame;
}

}  // namespace bench
