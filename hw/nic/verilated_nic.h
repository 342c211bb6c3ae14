// SPDX-License-Identifier: Apache-2.0
// The SystemVerilog NIC as a Nic: a clocked Verilated model whose pins become TLPs and frames.
//
// What: one SC_THREAD evaluates the plain C++ model of rtl/nic_top.sv; nothing but hw/nic/*.cpp includes a Verilated header.
//
// Time: edge k of the clock is at k * clock_period_ps. An edge at time t sees everything that reached the NIC at or before t: the
// thread lets all other processes of that instant run first, so no result depends on the order of processes within an instant.
// A TLP is taken a beat per cycle once its last byte has arrived; it leaves at the edge that accepts its last beat. A frame from the
// wire is taken beat by beat, each at the first edge at or after the arrival of its last byte.
//
// Idle skip: when the model says idle_o and nothing is queued or partly transferred, no edge is evaluated until receive(), wake() or
// the next beat of a queued frame; the clock resumes on the same grid with cycle_i advanced. Run ahead: up to max_run_ahead edges are
// evaluated per SystemC activation while no other process can run before them. Neither changes a result (NicIdleSkip.* tests).
//
// Not modelled: the physical and data link layers of PCI Express (hw/pcie/link.h), clock jitter, a separate clock of the MAC.
//
// Spec: [V] VIRTIO 1.2  [P] PCI Express Base 5.0  [E] IEEE 802.3
#pragma once

#include <cstdint>
#include <memory>

#include <systemc>

#include "event.h"
#include "nic_module.h"

namespace hw {

struct NicStats {
    uint64_t tlps_received = 0, tlps_sent = 0;
    uint64_t frames_received = 0, frames_sent = 0;
    uint64_t assertions = 0;            // failed assertions and $error of the RTL
};

// The device of rtl/. Made by make_nic().
class VerilatedNic : public NicModule {
public:
    virtual const NicStats& stats() const = 0;

protected:
    explicit VerilatedNic(sc_core::sc_module_name name) : NicModule(name) {}
};

// Builds the NIC of that shape; throws std::invalid_argument naming the shapes there are for any other, for a clock period of less
// than 2 ps and for no reset cycles. events must outlive it.
std::unique_ptr<VerilatedNic> make_nic(const char* name, const NicConfig& config, EventStream& events);

// Cycles per second of wall time of the bare model: nic_top out of reset, idle inputs, in a plain loop. Needs no SystemC. The only
// function here that reads the wall clock. Throws as make_nic().
double bare_model_benchmark(uint64_t cycles, uint32_t datapath_bits = 256, uint32_t queue_pairs = 1, bool offloads = true);

}  // namespace hw
