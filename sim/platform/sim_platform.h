// SPDX-License-Identifier: Apache-2.0
// The driver's seam over the simulated machine: `struct platform` of driver/platform.h, each call one call of hw/ or of the bus driver.
//
//   cpu.mmio_socket.bind(root.mmio_socket);
//   root.memory_socket.bind(memory_target.socket);
//   root.on_msi([&](uint64_t address, uint32_t data) { cpu.message(address, data); });
//   sim::BusDriver bus(bus_config, cpu, root);
//   sim::SimPlatform platform(memory, iommu, cpu, bus, events);
//   cpu.spawn("main", [&] { error = bus.start(); ... run_driver(platform.seam()) ... });
//
// Nothing is decided here, so that a rule of the machine has one place; the calls are noexcept, because C is between them and whoever
// could catch.
//
// Reports: "platform.mmio" (an access that BAR0 does not have; reads give all ones). Everything else is reported where it is decided.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <functional>
#include <utility>
#include <vector>

#include "bus_driver.h"
#include "cpu.h"
#include "event.h"
#include "host_memory.h"
#include "iommu.h"
#include "platform.h"
#include "platform_lost.h"

namespace sim {

class SimPlatform {
public:
    // All outlive this object.
    SimPlatform(hw::HostMemory& memory, hw::Iommu& iommu, hw::Cpu& cpu, BusDriver& bus, hw::EventStream& events);
    SimPlatform(const SimPlatform&) = delete;
    SimPlatform& operator=(const SimPlatform&) = delete;

    // What the driver gets; valid as long as this object.
    struct platform* seam() { return &seam_; }

    // Who takes the reports of lost NBLs, of each while it is made.
    void on_lost(std::function<void(const platform_lost&)> taker) { lost_ = std::move(taker); }

    // After the driver is gone: what it left mapped or allocated becomes violations.
    void report_leaks();

private:
    struct Ops;  // the functions of platform_ops

    bool mmio_legal(unsigned bar, uint32_t offset, unsigned size, const char* what);

    hw::HostMemory& memory_;
    hw::Iommu& iommu_;
    hw::Cpu& cpu_;
    BusDriver& bus_;
    hw::EventStream& events_;
    struct platform seam_;
    std::function<void(const platform_lost&)> lost_;
    std::vector<hw::DmaSegment> segments_;                    // of the dma call in progress
    std::unordered_map<void*, hw::DmaSegment> coherent_;      // looked up, never iterated
};

}  // namespace sim
