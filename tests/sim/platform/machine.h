// SPDX-License-Identifier: Apache-2.0
// A whole host around a ModelDevice, wired as the program wires it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "bus_driver.h"
#include "link.h"
#include "memory_target.h"
#include "model_device.h"
#include "root_complex.h"
#include "sim_platform.h"
#include "sim_time.h"

namespace sim {

struct NoWire : hw::DeviceWire {
    uint64_t start_ps() const override { return UINT64_MAX; }
    uint64_t continue_ps(uint32_t) const override { return UINT64_MAX; }
    void start() override {}
    void finish(hw::FramePtr) override {}
    bool link_up() const override { return false; }
};

inline hw::Ram::Config small_ram() {
    hw::Ram::Config config;
    config.bytes = 16u << 20;
    config.coherent_bytes = 1u << 20;
    return config;
}

struct Machine {
    explicit Machine(const BusDriver::Config& bus_config = {}, const hw::CpuConfig& cpu_config = hw::CpuConfig::free_cpu())
        : memory(small_ram(), events), iommu({}, memory, events), target("memory", {}, memory, iommu), link("link", {}, events),
          root("root", link, events), cpu("cpu", cpu_config, events), bus(bus_config, cpu, root), seam(memory, iommu, cpu, bus, events),
          platform(seam.seam()), ops(platform->ops), ctx(platform->ctx) {
        cpu.mmio_socket.bind(root.mmio_socket);
        root.memory_socket.bind(target.socket);
        root.on_msi([this](uint64_t address, uint32_t data) { cpu.message(address, data); });
        device.connect(link, wire);
        link.connect(device, root);
        events.on_violation([this](const hw::Violation& violation) { violations.push_back(violation); });
    }
    // Runs `body` as the first thread, until nothing happens any more.
    void run(std::function<void()> body) {
        bool done = false;
        cpu.spawn("main", [&done, body = std::move(body)] {
            body();
            done = true;
        });
        sc_core::sc_start();
        EXPECT_TRUE(done) << "the first thread still waits for something";
    }
    // The same with the device brought up, which must succeed.
    void run_started(std::function<void()> body) {
        run([this, body = std::move(body)] {
            const std::string error = bus.start();
            EXPECT_EQ(error, "");
            if (error.empty()) body();
        });
    }
    // "check: message" of each, for comparing and for printing.
    std::vector<std::string> checks() const {
        std::vector<std::string> names;
        for (const auto& violation : violations) names.push_back(violation.check);
        return names;
    }
    std::string first_message() const { return violations.empty() ? "" : violations[0].message; }

    hw::EventStream events;
    std::vector<hw::Violation> violations;
    hw::HostMemory memory;
    hw::Iommu iommu;
    hw::MemoryTarget target;
    hw::PcieLink link;
    hw::RootComplex root;
    hw::Cpu cpu;
    BusDriver bus;
    SimPlatform seam;
    struct platform* platform;
    const struct platform_ops* ops;
    void* ctx;
    ModelDevice device;
    NoWire wire;
};

}  // namespace sim
