// SPDX-License-Identifier: Apache-2.0
// The event stream as a timeline for Perfetto and chrome://tracing: JSON of the Trace Event Format.
//
// Of each NIC a process for what it does and one each for its link and its wire, with moments; the driver is a process with one thread, the
// CPU, whose slices are functions and interrupts, one in the other; and NBLs are spans, from the send to its completion and from the
// indication to the return. Times are simulated, in us. Violations are moments across all tracks. The file depends on the run alone;
// writing it changes nothing in the simulation.
#pragma once

#include <cstdio>
#include <set>

#include "event.h"

struct json_t;

namespace sim {

class Timeline {
public:
    // Throws std::runtime_error when the file cannot be made.
    explicit Timeline(const char* path);
    ~Timeline();
    Timeline(const Timeline&) = delete;
    Timeline& operator=(const Timeline&) = delete;

    // From now on writes what `events` reports. The timeline must outlive it.
    void attach(hw::EventStream& events);
    // Ends the file. False when not all of it could be written. No event may follow.
    bool close();

private:
    enum Track { cpu = 1, nbls, nic, pcie, wire, tracks = 8 };

    void write(const hw::Event& event);
    void slice(const hw::Event& event, const char* phase, const char* name);
    void span(const hw::Event& event, const char* phase, const char* what);
    void moment(const hw::Event& event, Track track, unsigned thread, const char* name, json_t* args);
    void name_track(int process, unsigned thread, Track track, const char* process_name, const char* thread_name);
    void put(json_t* entry);

    std::FILE* file_;
    bool first_ = true;
    unsigned depth_ = 0;       // slices that are open
    std::set<int> named_;      // tracks that have their name
};

}  // namespace sim
