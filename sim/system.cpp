// SPDX-License-Identifier: Apache-2.0
// From a scenario to the parts, and the wiring.
#include "system.h"

#include <stdexcept>
#include <string>

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

hw::CoreConfig core_config(const scenario& scenario) {
    hw::CoreConfig config;
    config.mhz = scenario.cpu_mhz;
    config.ddio_ways = static_cast<uint32_t>(scenario.cpu_ddio_ways);
    config.prefetch = scenario.cpu_prefetch;
    return config;
}

}  // namespace

System::System(const scenario& scenario, const machine_waves& waves_wanted, const char* transcript_wanted,
               const std::vector<ForeignHost>& hosts) {
    build(scenario, waves_wanted, transcript_wanted, hosts);
}

System::~System() = default;

void System::build(const scenario& scenario, const machine_waves& waves_wanted, const char* transcript_wanted,
                   const std::vector<ForeignHost>& hosts) {
    const hw::CpuConfig software = cpu_config(scenario);
    if (const std::string error = software.error(); !error.empty()) throw std::invalid_argument(error);

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

    for (unsigned i = 0; i < scenario.nic_adapters; i++)
        slots.push_back(std::make_unique<Slot>(i, scenario, events, *memory, *iommu, i < hosts.size() ? &hosts[i] : nullptr));
    link = slots[0]->link.get();
    root = slots[0]->root.get();
    wire = slots[0]->wire.get();
    partner = slots[0]->partner.get();
    nic = slots[0]->nic.get();
    tap = slots[0]->tap.get();
    slots[0]->on_used = [this](const hw::DeviceTap::Used& used) {
        if (transcript) transcript->used(used);
    };
    if (transcript_wanted) transcript = std::make_unique<Transcript>(transcript_wanted, *tap, scenario.nic_queue_pairs > 1);

    // The software's side.
    cpu = std::make_unique<hw::Cpu>("cpu", software, events);
    if (scenario.cpu_model == SCENARIO_CPU_CACHES && !scenario.cpu_free) measure_code(core_config(scenario));
    bridge = std::make_unique<hw::HostBridge>("bridge", slots.size());
    for (auto& slot : slots) bridge->connect(slot->number, slot->root->mmio_socket, slot->config);
    cpu->mmio_socket.bind(bridge->mmio_socket);
    for (auto& slot : slots) slot->attach(*this);
    bus = slots[0]->bus.get();
    platform = slots[0]->platform.get();

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

void System::measure_code(const hw::CoreConfig& core) {
    if (!access_is_measured()) throw std::invalid_argument("cpu.model: caches: this program holds no measured drivers; it is ringside-cpu that does");
    code_meter = std::make_unique<hw::CodeMeter>(core, memory->ram());
    cpu->measure(*code_meter);
    for (auto& slot : slots)
        if (slot->memory_target)
            slot->memory_target->observe([this](uint64_t address, uint32_t bytes, bool write) {
                if (write)
                    code_meter->device_write(address, bytes);
                else
                    code_meter->device_read(address, bytes);
            });
}

Whereabouts::Place System::place_of(const void* va, uint32_t length, int64_t packet, bool receive) const {
    Whereabouts::Place best = slots[0]->whereabouts->of(va, length, packet, receive);
    for (size_t i = 1; i < slots.size() && best.queue < 0; i++) {
        const Whereabouts::Place place = slots[i]->whereabouts->of(va, length, packet, receive);
        if (place.queue >= 0) best = place;
    }
    return best;
}

Whereabouts::Owner System::owner_of(uint64_t address) const {
    Whereabouts::Owner owner;
    for (const auto& slot : slots)
        if (owner.packet < 0) owner = slot->whereabouts->owner_of(address);
    return owner;
}

void System::finish() {
    platform->report_leaks();  // of all slots: memory and IOMMU are theirs together
    for (auto& slot : slots) slot->finish();
    if (waves) waves->close();
}

}  // namespace sim
