// SPDX-License-Identifier: Apache-2.0
// The machine as a whole: everything of hw/, wired in the order in which a packet meets it.
//
//   driver -- seam --> Cpu -- MMIO --> RootComplex -- PcieLink -- ResetWatch -- DeviceTap -- NIC -- Wire -- LinkPartner
//                                          |
//                       HostMemory <-- Iommu (MemoryTarget)
//
// build() is the only place that knows more than two neighbours. No traffic and no driver in here: traffic_run.h and machine.cpp.
#pragma once

#include <memory>

#include "bus_driver.h"
#include "cpu.h"
#include "device_tap.h"
#include "event.h"
#include "host_memory.h"
#include "iommu.h"
#include "link.h"
#include "link_config.h"
#include "link_partner.h"
#include "machine.h"
#include "memory_target.h"
#include "nic_module.h"
#include "reset_watch.h"
#include "root_complex.h"
#include "shared_target.h"
#include "sim_platform.h"
#include "transcript.h"
#include "waves.h"
#include "whereabouts.h"
#include "wire.h"

namespace sim {

// The configuration of each part, as a scenario says.
hw::LinkConfig link_config(const scenario& scenario);
hw::NicConfig nic_config(const scenario& scenario);

class System {
public:
    // Throws what the parts throw, and std::invalid_argument with a message for a configuration that they refuse.
    // transcript: the file to write it to, or null.
    // shared: where the device finds memory that is not the machine's own, or empty.
    System(const scenario& scenario, const machine_waves& waves, const char* transcript, hw::SharedTarget::Locate shared = {});
    ~System();
    System(const System&) = delete;
    System& operator=(const System&) = delete;

    // After the simulation: what is still queued, unanswered or mapped becomes violations, and the waveform is ended.
    void finish();

    hw::EventStream events;
    std::unique_ptr<hw::HostMemory> memory;
    std::unique_ptr<hw::Iommu> iommu;
    std::unique_ptr<hw::MemoryTarget> memory_target;
    std::unique_ptr<hw::SharedTarget> shared_target;  // in its place, or null
    std::unique_ptr<hw::PcieLink> link;
    std::unique_ptr<hw::RootComplex> root;
    std::unique_ptr<hw::Wire> wire;
    std::unique_ptr<hw::LinkPartner> partner;
    std::unique_ptr<hw::Waves> waves;
    std::unique_ptr<hw::NicModule> nic;
    std::unique_ptr<hw::DeviceTap> tap;
    std::unique_ptr<Transcript> transcript;  // or null
    std::unique_ptr<hw::ResetWatch> reset_watch;
    std::unique_ptr<hw::Cpu> cpu;
    std::unique_ptr<BusDriver> bus;
    std::unique_ptr<SimPlatform> platform;
    std::unique_ptr<Whereabouts> whereabouts;

private:
    void build(const scenario& scenario, const machine_waves& waves_wanted, const char* transcript_wanted, hw::SharedTarget::Locate shared);
};

}  // namespace sim
