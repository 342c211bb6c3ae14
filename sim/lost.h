// SPDX-License-Identifier: Apache-2.0
// NBLs that are lost or were misused: what NDIS knows of each (platform_lost.h), with where the hardware was, and what that makes of it.
//
// The report is the object `lost` of a result. Each NBL in it has one of these classes:
//
//   never_posted        with the miniport, and never in a ring
//   posted_never_used   in a ring, and the device has not used it
//   used_never_seen     used by the device, and the driver has not looked
//   never_completed     taken off the ring by the driver, and never completed
//   held                with a driver above the miniport, which neither passed it on nor completed it
//   never_returned      received, and with a driver that has not returned it
//   cloned              NBLs that were derived from it are alive: its holder waits for them
//   completed_twice, wrong_driver, freed, freed_under_dma
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <jansson.h>

#include "platform_lost.h"
#include "whereabouts.h"

namespace sim {

class System;

class LostReports {
public:
    // Takes the reports of this system, which outlives it, from now on.
    explicit LostReports(System& system);
    ~LostReports();
    LostReports(const LostReports&) = delete;
    LostReports& operator=(const LostReports&) = delete;

    // The object for the result, the caller's; nullptr when there was nothing to report.
    json_t* take();

private:
    void add(const platform_lost& lost);
    void mark(const platform_lost& lost, const char* what);
    json_t* nbs_json(const platform_lost& lost, const Whereabouts::Place* places) const;
    json_t* address_json(const void* va) const;

    System& system_;
    json_t* nbls_ = nullptr;
    uint64_t count_ = 0;
    std::map<std::string, uint64_t> classes_;
};

}  // namespace sim
