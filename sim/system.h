// SPDX-License-Identifier: Apache-2.0
// The machine as a whole: everything of hw/, wired in the order in which a packet meets it.
//
//   driver -- seam --> Cpu -- MMIO --> HostBridge --> RootComplex -- PcieLink -- ResetWatch -- DeviceTap -- NIC -- Wire -- LinkPartner
//                                                         |
//                                      HostMemory <-- Iommu (MemoryTarget)
//
// From the root complex on it is one slot (slot.h), of which there may be several.
//
// build() is the only place that knows more than two neighbours. No traffic and no driver in here: traffic_run.h and machine.cpp.
#pragma once

#include <memory>
#include <vector>

#include "code_meter.h"
#include "cpu.h"
#include "event.h"
#include "host_bridge.h"
#include "host_memory.h"
#include "iommu.h"
#include "machine.h"
#include "slot.h"
#include "transcript.h"
#include "waves.h"

namespace sim {

class System {
public:
    // Throws what the parts throw, and std::invalid_argument with a message for a configuration that they refuse.
    // transcript: the file to write it to, or null.
    // hosts: of each slot, where the machine's own is not its host.
    System(const scenario& scenario, const machine_waves& waves, const char* transcript,
           const std::vector<ForeignHost>& hosts = {});
    ~System();
    System(const System&) = delete;
    System& operator=(const System&) = delete;

    // After the simulation: what is still queued, unanswered or mapped becomes violations, and the waveform is ended.
    void finish();

    // Where the hardware is with a packet, and whose descriptor has an address: whichever slot it is in.
    Whereabouts::Place place_of(const void* va, uint32_t length, int64_t packet, bool receive) const;
    Whereabouts::Owner owner_of(uint64_t address) const;

    hw::EventStream events;
    std::unique_ptr<hw::HostMemory> memory;
    std::unique_ptr<hw::Iommu> iommu;
    std::unique_ptr<hw::Waves> waves;          // of the first slot; its NIC draws until it is gone
    std::vector<std::unique_ptr<Slot>> slots;  // one or more
    std::unique_ptr<hw::HostBridge> bridge;
    std::unique_ptr<Transcript> transcript;           // of the first slot, or null
    std::unique_ptr<hw::CodeMeter> code_meter;        // or null, where code is charged by a table
    std::unique_ptr<hw::Cpu> cpu;
    // The first slot's, for who knows of one NIC only.
    hw::PcieLink* link = nullptr;
    hw::RootComplex* root = nullptr;
    hw::Wire* wire = nullptr;
    hw::LinkPartner* partner = nullptr;
    hw::NicModule* nic = nullptr;
    hw::DeviceTap* tap = nullptr;
    BusDriver* bus = nullptr;
    SimPlatform* platform = nullptr;

private:
    void measure_code(const hw::CoreConfig& core);
    void build(const scenario& scenario, const machine_waves& waves_wanted, const char* transcript_wanted,
               const std::vector<ForeignHost>& hosts);
};

}  // namespace sim
