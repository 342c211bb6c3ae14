// SPDX-License-Identifier: Apache-2.0
// From a scenario to the parts of one slot, and their wiring.
#include "slot.h"

#include <stdexcept>
#include <string>

#include "model_nic.h"
#include "system.h"
#include "verilated_nic.h"

namespace sim {

namespace {

constexpr unsigned busses_apart = 0x100;  // device ids: 01:00.0, 02:00.0, ...

// Parts of one kind have names of their own, the first its plain one.
std::string name_of(const char* part, unsigned number) { return number ? part + std::to_string(number) : part; }

void require(const std::string& error) {
    if (!error.empty()) throw std::invalid_argument(error);
}

// Slots share the windows of the CPU's addresses, and draw apart.
hw::LinkConfig link_of(const scenario& scenario, unsigned number, const ForeignHost* host) {
    hw::LinkConfig config = link_config(scenario);
    require(config.error());
    config.mmio32_bytes /= scenario.nic_adapters;
    config.mmio64_bytes /= scenario.nic_adapters;
    config.mmio32_base += number * config.mmio32_bytes;
    config.mmio64_base += number * config.mmio64_bytes;
    if (host && host->window_bytes) config.mmio32_base = host->window_base, config.mmio32_bytes = host->window_bytes;
    config.device_id = static_cast<uint16_t>(config.device_id + number * busses_apart);
    config.seed += number;
    if (number) config.fault = hw::ReadFault::none;
    return config;
}

hw::NicConfig nic_of(const scenario& scenario, unsigned number) {
    constexpr unsigned last_byte = 40;  // the first byte of the address is the lowest
    hw::NicConfig config = nic_config(scenario);
    config.mac_address += uint64_t{number} << last_byte;
    config.stalls.seed += number;
    return config;
}

hw::WireConfig wire_of(const scenario& scenario, unsigned number) {
    hw::WireConfig config;
    config.bits_per_second = scenario.wire_gbps * 1'000'000'000;
    config.propagation_ps = scenario.wire_cable_ns * 1000;
    config.stall_percent = static_cast<uint32_t>(scenario.stress_stall_percent);
    config.stall_seed = scenario.seed + number;
    return config;
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

Slot::Slot(unsigned slot_number, const scenario& scenario, hw::EventStream& machine, hw::HostMemory& memory, hw::Iommu& iommu,
           const ForeignHost* host)
    : number(slot_number),
      config(link_of(scenario, slot_number, host)),
      events(number ? own_events.emplace(machine, static_cast<uint16_t>(slot_number)) : machine) {
    const auto name = [this](const char* part) { return name_of(part, number); };
    if (host)
        shared_target = std::make_unique<hw::SharedTarget>(name("memory").c_str(), host->memory, events);
    else
        memory_target = std::make_unique<hw::MemoryTarget>(name("memory").c_str(), hw::MemoryTarget::Config{}, memory, iommu);
    link = std::make_unique<hw::PcieLink>(name("link").c_str(), config, events);
    root = std::make_unique<hw::RootComplex>(name("root").c_str(), *link, events);
    wire = std::make_unique<hw::Wire>(name("wire").c_str(), wire_of(scenario, number), events);
    partner = std::make_unique<hw::LinkPartner>(name("partner").c_str(), hw::LinkPartnerConfig{}, *wire, events);
    if (scenario.nic_kind == 0)
        nic = hw::make_nic(name("nic").c_str(), nic_of(scenario, number), events);
    else
        nic = hw::make_model_nic(name("nic").c_str(), nic_of(scenario, number), events);

    if (host)
        root->memory_socket.bind(shared_target->socket);
    else
        root->memory_socket.bind(memory_target->socket);
    tap = std::make_unique<hw::DeviceTap>(*nic, [this](const hw::DeviceTap::Used& used) {
        if (on_used) on_used(used);
    });
    reset_watch = std::make_unique<hw::ResetWatch>(*tap, events, scenario.stress_queue_reset_every_us != 0);
    link->connect(*reset_watch, *root);
    reset_watch->connect(*link, *wire);
    wire->connect(*nic);
}

Slot::~Slot() = default;

void Slot::attach(System& system) {
    hw::Cpu& cpu = *system.cpu;
    root->on_msi([&cpu](uint64_t address, uint32_t data) { cpu.message(address, data); });
    BusDriver::Config settings;
    settings.number = number;
    settings.mps = config.mps;
    settings.mrrs = config.mrrs;
    settings.short_timeout = config.fault != hw::ReadFault::none;  // else a run would be over before the NIC gives up
    settings.window_base = config.mmio32_base;
    settings.window_bytes = config.mmio32_bytes;
    bus = std::make_unique<BusDriver>(settings, cpu, *root);
    platform = std::make_unique<SimPlatform>(*system.memory, *system.iommu, cpu, *bus, events);
    whereabouts = std::make_unique<Whereabouts>(system, *this);
}

void Slot::finish() {
    if (!link->is_removed()) nic->finish();  // what a card that was pulled still has is nobody's
    link->checker().finish();
}

}  // namespace sim
