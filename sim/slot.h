// SPDX-License-Identifier: Apache-2.0
// What is in one slot of the machine: a root port, the link, the NIC, the cable with its other end, and what the host has of all that.
//
//   host bridge -- RootComplex -- PcieLink -- ResetWatch -- DeviceTap -- NIC -- Wire -- LinkPartner
//                       |
//              host memory, through the IOMMU
//
// A machine has one slot, or several that are alike: each NIC has registers, configuration space, MSI-X messages and a cable of its own,
// and the next MAC address. Memory, IOMMU and CPU are the machine's. The IOMMU has one domain: what is mapped for one NIC the others may
// reach, as on a machine that does not keep its devices apart.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "bus_driver.h"
#include "cpu.h"
#include "device_tap.h"
#include "event.h"
#include "host_memory.h"
#include "iommu.h"
#include "link.h"
#include "link_config.h"
#include "link_partner.h"
#include "memory_target.h"
#include "nic_module.h"
#include "reset_watch.h"
#include "root_complex.h"
#include "scenario.h"
#include "shared_target.h"
#include "sim_platform.h"
#include "whereabouts.h"
#include "wire.h"

namespace sim {

class System;

// A host that is another process: whose memory the NIC of a slot sees, and where that host puts the NIC's registers.
struct ForeignHost {
    hw::SharedTarget::Locate memory;
    uint64_t window_base = 0, window_bytes = 0;  // 0 bytes: as the machine does
};

// The configuration of the link and of the NIC, of the first slot, as a scenario says.
hw::LinkConfig link_config(const scenario& scenario);
hw::NicConfig nic_config(const scenario& scenario);

struct Slot {
    // The hardware, behind the machine's own memory or that of `host`, which may be null. All outlive the slot.
    Slot(unsigned number, const scenario& scenario, hw::EventStream& machine, hw::HostMemory& memory, hw::Iommu& iommu,
         const ForeignHost* host);
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    // What the host has of it.
    void attach(System& system);
    // After the simulation: what is still queued or unanswered becomes violations.
    void finish();

    const unsigned number;
    const hw::LinkConfig config;
    std::optional<hw::EventStream> own_events;  // of all but the first
    hw::EventStream& events;
    std::function<void(const hw::DeviceTap::Used&)> on_used;
    std::unique_ptr<hw::MemoryTarget> memory_target;  // of the machine's memory, or null
    std::unique_ptr<hw::SharedTarget> shared_target;  // of a foreign host's, or null
    std::unique_ptr<hw::PcieLink> link;
    std::unique_ptr<hw::RootComplex> root;
    std::unique_ptr<hw::Wire> wire;
    std::unique_ptr<hw::LinkPartner> partner;
    std::unique_ptr<hw::NicModule> nic;
    std::unique_ptr<hw::DeviceTap> tap;
    std::unique_ptr<hw::ResetWatch> reset_watch;
    std::unique_ptr<BusDriver> bus;
    std::unique_ptr<SimPlatform> platform;
    std::unique_ptr<Whereabouts> whereabouts;
};

}  // namespace sim
