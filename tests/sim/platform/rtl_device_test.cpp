// SPDX-License-Identifier: Apache-2.0
// The seam with the SystemVerilog NIC at its other end: bring-up, and DMA by the NIC's benchmark engine through the IOMMU.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bus_driver.h"
#include "link_partner.h"
#include "memory_target.h"
#include "regmap.h"
#include "sim_platform.h"
#include "verilated_nic.h"
#include "wire.h"

namespace sim {
namespace {

using Checks = std::vector<std::string>;

struct RtlMachine {
    RtlMachine()
        : memory({}, events), iommu({}, memory, events), target("memory", {}, memory, iommu), link("link", {}, events),
          root("root", link, events), wire("wire", {}, events), partner("partner", {}, wire, events), nic(hw::make_nic("nic", {}, events)),
          cpu("cpu", {}, events), bus({}, cpu, root), seam(memory, iommu, cpu, bus, events), ops(seam.seam()->ops), ctx(seam.seam()->ctx) {
        root.memory_socket.bind(target.socket);
        cpu.mmio_socket.bind(root.mmio_socket);
        root.on_msi([this](uint64_t address, uint32_t data) { cpu.message(address, data); });
        link.connect(*nic, root);
        nic->connect(link, wire);
        wire.connect(*nic);
        events.on_violation([this](const hw::Violation& violation) {
            checks.push_back(violation.check);
            messages += violation.check + ": " + violation.message + "\n";
        });
    }
    void run_started(std::function<void()> body, double limit_us = 200) {
        bool done = false;
        cpu.spawn("main", [&] {
            EXPECT_EQ(bus.start(), "");
            body();
            done = true;
        });
        sc_core::sc_start(sc_core::sc_time(limit_us, sc_core::SC_US));
        EXPECT_TRUE(done);
        nic->finish();
    }
    uint32_t bench(uint32_t offset) { return ops->mmio_read(ctx, 0, BAR0_DMA_BENCH + offset, 4); }
    void bench(uint32_t offset, uint32_t value) { ops->mmio_write(ctx, 0, BAR0_DMA_BENCH + offset, 4, value); }
    // `count` transfers of 256 bytes from `iova` on; `operation` is a bit of the engine's control register.
    void transfer(uint64_t iova, uint32_t count, unsigned operation) {
        bench(DMA_BENCH_SIZE, 256);
        bench(DMA_BENCH_COUNT, count);
        bench(DMA_BENCH_STRIDE, 256);
        bench(DMA_BENCH_WINDOW, count);
        bench(DMA_BENCH_BASE, static_cast<uint32_t>(iova));
        bench(DMA_BENCH_BASE + 4, static_cast<uint32_t>(iova >> 32));
        bench(DMA_BENCH_CONTROL, 1u << operation);
        for (int i = 0; i < 50 && bench(DMA_BENCH_CONTROL) != 0; i++) ops->sleep_ns(ctx, 500);
        EXPECT_EQ(bench(DMA_BENCH_CONTROL), 0u) << "the engine does not end";
    }
    uint32_t dma_errors() { return ops->mmio_read(ctx, 0, BAR0_STATS + STATS_DMA_ERRORS, 4); }

    hw::EventStream events;
    hw::HostMemory memory;
    hw::Iommu iommu;
    hw::MemoryTarget target;
    hw::PcieLink link;
    hw::RootComplex root;
    hw::Wire wire;
    hw::LinkPartner partner;
    std::unique_ptr<hw::VerilatedNic> nic;
    hw::Cpu cpu;
    BusDriver bus;
    SimPlatform seam;
    const struct platform_ops* ops;
    void* ctx;
    Checks checks;
    std::string messages;
};

TEST(RtlDevice, IsBroughtUpByTheBusDriver) {
    RtlMachine m;
    m.run_started([&] {
        EXPECT_EQ(m.bus.vendor_id(), PCI_ID_VENDOR);
        EXPECT_EQ(m.bus.device_id(), PCI_ID_DEVICE);
        EXPECT_EQ(m.bus.bar_bytes(), uint64_t{BAR0_SIZE});
        EXPECT_GE(m.bus.vectors(), 2u);
        EXPECT_EQ(m.ops->interrupt_connect(m.ctx, 0, [](void*) {}, nullptr), 0);
        m.ops->interrupt_disconnect(m.ctx, 0);
    });
    EXPECT_EQ(m.messages, "");
}

TEST(RtlDevice, IsLeftAsFirmwareLeavesItForAHostThatConfiguresItItself) {
    RtlMachine m;
    m.run_started([&] {
        const auto control = [&] { return m.bus.config_read(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, 2); };
        const uint32_t sizes = control();
        EXPECT_NE(m.bus.config_read(PCI_CFG_COMMAND, 2) & 1u << PCI_COMMAND_MEMORY_BIT, 0u);
        const uint64_t before = hw::now_ps();
        EXPECT_EQ(m.bus.reset(), "");
        EXPECT_GE(hw::now_ps() - before, 100'000'000'000u) << "[P] 6.6.2";
        EXPECT_EQ(m.bus.config_read(PCI_CFG_COMMAND, 2), 0u);
        EXPECT_EQ(m.bus.config_read(PCI_CFG_BAR0, 4) & ~0xFu, 0u) << "its place is for the host to say";
        EXPECT_EQ(m.bus.config_read(PCI_CAP_MSIX + PCI_MSIX_CONTROL, 2) >> PCI_MSIX_CONTROL_ENABLE_BIT, 0u);
        EXPECT_EQ(control(), sizes);
        EXPECT_EQ(m.bus.prepare(), "") << "which changes nothing";
        EXPECT_EQ(control(), sizes);
    }, 101'000);
    EXPECT_EQ(m.messages, "");
}

TEST(RtlDevice, ReadsAndWritesWhatIsMapped) {
    RtlMachine m;
    m.run_started([&] {
        uint64_t iova = 0;
        void* window = m.ops->dma_allocate_coherent(m.ctx, 16384, 4096, UINT64_MAX, "window", &iova);
        m.transfer(iova, 64, DMA_BENCH_CONTROL_READ_BIT);
        m.transfer(iova, 64, DMA_BENCH_CONTROL_WRITE_BIT);
        EXPECT_EQ(m.target.bytes_read(), 16384u);
        EXPECT_EQ(m.target.bytes_written(), 16384u);
        EXPECT_EQ(m.dma_errors(), 0u);
        m.ops->dma_free_coherent(m.ctx, window);
    });
    m.seam.report_leaks();
    EXPECT_EQ(m.messages, "");
}

TEST(RtlDevice, SurvivesReadsThatTheIommuRefuses) {
    RtlMachine m;
    m.run_started([&] {
        uint64_t iova = 0;
        void* window = m.ops->dma_allocate_coherent(m.ctx, 4096, 4096, UINT64_MAX, "window", &iova);
        m.transfer(iova + 3840, 3, DMA_BENCH_CONTROL_READ_BIT);  // the first is the last that is mapped
        EXPECT_EQ(m.dma_errors(), 2u);
        m.transfer(iova, 16, DMA_BENCH_CONTROL_READ_BIT);
        EXPECT_EQ(m.dma_errors(), 2u) << "and works on";
        m.ops->dma_free_coherent(m.ctx, window);
    });
    EXPECT_EQ(m.checks, (Checks{"iommu.unmapped", "iommu.unmapped"})) << m.messages;
}

}  // namespace
}  // namespace sim
