// SPDX-License-Identifier: Apache-2.0
// From a scenario to the parts, and the wiring.
#include "system.h"

#include <stdexcept>
#include <string>

#include "model_nic.h"
#include "verilated_nic.h"

namespace sim {

namespace {

constexpr uint64_t mebibyte = 1u << 20;
constexpr uint64_t coherent_share = 4;  // of memory, one part in so many: rings, receive buffers, the benchmark's window

hw::CpuConfig cpu_config(const scenario& scenario) {
    hw::CpuConfig config = hw::CpuConfig::free_cpu();
    config.interrupt_ns = static_cast<double>(scenario.cpu_interrupt_ns);
    config.interrupt_jitter_ns = static_cast<double>(scenario.stress_interrupt_jitter_ns);
    config.seed = scenario.seed;
    if (scenario.cpu_free) return config;
    config.isr_ns = static_cast<double>(scenario.cpu_isr_ns);
    config.mmio_write_ns = static_cast<double>(scenario.cpu_mmio_write_ns);
    const auto cost = [&](hw::Work work, uint64_t ns) { config.work_ns[static_cast<size_t>(work)] = static_cast<double>(ns); };
    cost(hw::Work::send_nb, scenario.cpu_send_ns);
    cost(hw::Work::complete_nb, scenario.cpu_complete_ns);
    cost(hw::Work::receive_nb, scenario.cpu_receive_ns);
    cost(hw::Work::return_nb, scenario.cpu_return_ns);
    return config;
}

void require(const std::string& error) {
    if (!error.empty()) throw std::invalid_argument(error);
}

}  // namespace

hw::LinkConfig link_config(const scenario& scenario) {
    hw::LinkConfig config;
    config.generation = static_cast<unsigned>(scenario.pcie_generation);
    config.lanes = static_cast<unsigned>(scenario.pcie_lanes);
    config.mps = static_cast<uint32_t>(scenario.pcie_mps);
    config.mrrs = static_cast<uint32_t>(scenario.pcie_mrrs);
    config.rcb = static_cast<uint32_t>(scenario.pcie_rcb);
    config.propagation_ns = static_cast<uint32_t>(scenario.pcie_propagation_ns);
    config.read_latency_ns = static_cast<uint32_t>(scenario.pcie_read_latency_ns);
    config.read_reorder_ns = static_cast<uint32_t>(scenario.pcie_read_reorder_ns);
    config.split_percent = static_cast<uint32_t>(scenario.stress_split_percent);
    config.seed = scenario.seed;
    config.fault = static_cast<hw::ReadFault>(scenario.pcie_fault);
    config.fault_read = scenario.pcie_fault_read;
    return config;
}

hw::NicConfig nic_config(const scenario& scenario) {
    hw::NicConfig config;
    config.datapath_bits = static_cast<uint32_t>(scenario.nic_datapath_bits);
    config.queue_pairs = static_cast<uint32_t>(scenario.nic_queue_pairs);
    config.offloads = scenario_offloads(&scenario);
    config.clock_period_ps = 1'000'000 / scenario.nic_clock_mhz;
    config.idle_skip = scenario.nic_idle_skip;
    config.stalls = {static_cast<uint32_t>(scenario.stress_stall_percent), scenario.seed};
    uint8_t mac[6];
    if (scenario_parse_mac(scenario.nic_mac, mac) != 0) throw std::invalid_argument("nic.mac is no MAC address");
    config.mac_address = 0;
    for (unsigned i = 0; i < 6; i++) config.mac_address |= uint64_t{mac[i]} << (8 * i);
    return config;
}

System::System(const scenario& scenario, const machine_waves& waves_wanted, const char* transcript_wanted, hw::SharedTarget::Locate shared) {
    build(scenario, waves_wanted, transcript_wanted, std::move(shared));
}

System::~System() = default;

void System::build(const scenario& scenario, const machine_waves& waves_wanted, const char* transcript_wanted,
                   hw::SharedTarget::Locate shared) {
    const hw::LinkConfig pcie = link_config(scenario);
    const hw::CpuConfig software = cpu_config(scenario);
    require(pcie.error());
    require(software.error());

    // Memory, and who may reach it.
    hw::Ram::Config ram;
    ram.bytes = scenario.memory_size_mib * mebibyte;
    ram.coherent_bytes = ram.bytes / coherent_share;
    ram.run_pages = static_cast<uint32_t>(scenario.memory_run_pages);
    ram.seed = scenario.seed;
    memory = std::make_unique<hw::HostMemory>(ram, events);
    hw::Iommu::Config translation;
    translation.tlb_entries = static_cast<uint32_t>(scenario.memory_iommu_tlb_entries);
    translation.tlb_miss_ns = static_cast<double>(scenario.memory_iommu_miss_ns);
    iommu = std::make_unique<hw::Iommu>(translation, *memory, events);
    if (shared)
        shared_target = std::make_unique<hw::SharedTarget>("memory", std::move(shared), events);
    else
        memory_target = std::make_unique<hw::MemoryTarget>("memory", hw::MemoryTarget::Config{}, *memory, *iommu);

    // The link, the device, and the cable behind it.
    link = std::make_unique<hw::PcieLink>("link", pcie, events);
    root = std::make_unique<hw::RootComplex>("root", *link, events);
    hw::WireConfig cable;
    cable.bits_per_second = scenario.wire_gbps * 1'000'000'000;
    cable.propagation_ps = scenario.wire_cable_ns * 1000;
    cable.stall_percent = static_cast<uint32_t>(scenario.stress_stall_percent);
    cable.stall_seed = scenario.seed;
    wire = std::make_unique<hw::Wire>("wire", cable, events);
    partner = std::make_unique<hw::LinkPartner>("partner", hw::LinkPartnerConfig{}, *wire, events);
    if (scenario.nic_kind == 0)
        nic = hw::make_nic("nic", nic_config(scenario), events);
    else
        nic = hw::make_model_nic("nic", nic_config(scenario), events);

    if (shared_target)
        root->memory_socket.bind(shared_target->socket);
    else
        root->memory_socket.bind(memory_target->socket);
    tap = std::make_unique<hw::DeviceTap>(*nic, [this](const hw::DeviceTap::Used& used) {
        if (transcript) transcript->used(used);
    });
    if (transcript_wanted) transcript = std::make_unique<Transcript>(transcript_wanted, *tap, scenario.nic_queue_pairs > 1);
    reset_watch = std::make_unique<hw::ResetWatch>(*tap, events, scenario.stress_queue_reset_every_us != 0);
    link->connect(*reset_watch, *root);
    reset_watch->connect(*link, *wire);
    wire->connect(*nic);

    // The software's side.
    cpu = std::make_unique<hw::Cpu>("cpu", software, events);
    cpu->mmio_socket.bind(root->mmio_socket);
    root->on_msi([this](uint64_t address, uint32_t data) { cpu->message(address, data); });
    BusDriver::Config settings;
    settings.mps = pcie.mps;
    settings.mrrs = pcie.mrrs;
    settings.short_timeout = pcie.fault != hw::ReadFault::none;   // else a run would be over before the NIC gives up
    settings.window_base = pcie.mmio32_base;
    settings.window_bytes = pcie.mmio32_bytes;
    bus = std::make_unique<BusDriver>(settings, *cpu, *root);
    platform = std::make_unique<SimPlatform>(*memory, *iommu, *cpu, *bus, events);
    whereabouts = std::make_unique<Whereabouts>(*this);

    if (waves_wanted.path) {
        hw::WavesConfig picture;
        picture.path = waves_wanted.path;
        picture.from_ps = waves_wanted.from_ps;
        picture.to_ps = waves_wanted.to_ps;
        picture.depth = waves_wanted.full_depth ? hw::WavesDepth::full : hw::WavesDepth::standard;
        waves = std::make_unique<hw::Waves>(picture, events);
        nic->attach_waves(*waves);
    }
}

void System::finish() {
    platform->report_leaks();
    if (!link->is_removed()) nic->finish();  // what a card that was pulled still has is nobody's
    link->checker().finish();
    if (waves) waves->close();
}

}  // namespace sim
