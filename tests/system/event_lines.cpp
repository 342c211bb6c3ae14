// SPDX-License-Identifier: Apache-2.0
#include "event_lines.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace system_test {

std::vector<EventLine> read_events(const std::string& path) {
    std::vector<EventLine> events;
    std::ifstream in(path);
    EXPECT_TRUE(in) << path;
    for (std::string line; std::getline(in, line);) {
        if (line[0] == '#') continue;
        std::istringstream columns(line);
        EventLine event;
        columns >> event.time_ps >> event.lane >> event.kind >> event.queue >> event.index >> event.packet >> event.value >> std::ws;
        if (!columns || !std::getline(columns, event.text)) ADD_FAILURE() << path << ": cannot read: " << line;
        events.push_back(event);
    }
    return events;
}

}  // namespace system_test
