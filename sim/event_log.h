// SPDX-License-Identifier: Apache-2.0
// The event stream as text: one line for each event, in the order of simulated time, for people, grep and the tests.
//
// Columns, with one or more blanks between them:
//
//     time_ps lane kind queue index packet value text
//
// lane is who speaks (driver, nic, pcie, wire, check; of several NICs all but the first have their number behind it: wire1), kind a name of hw::EventKind; queue, index, packet and value are its numbers
// (hw/event/event.h says what each kind puts there). The last column takes the rest of the line: a function, a message; of a TLP its
// type and payload bytes; of a device trace the trace point and its index and aux fields. "-" stands for no text. The file depends on
// the run alone; writing it changes nothing in the simulation.
#pragma once

#include <cstdio>
#include <string>

#include "event.h"

namespace sim {

class EventLog {
public:
    // Throws std::runtime_error when the file cannot be made.
    explicit EventLog(const char* path);
    ~EventLog();
    EventLog(const EventLog&) = delete;
    EventLog& operator=(const EventLog&) = delete;

    // From now on writes what `events` reports. The log must outlive it.
    void attach(hw::EventStream& events);
    // Ends the file. False when not all of it could be written. No event may follow.
    bool close();

    // One event as a line without its end; the last column of it alone.
    static std::string line(const hw::Event& event);
    static std::string text(const hw::Event& event);

private:
    std::FILE* file_;
};

}  // namespace sim
