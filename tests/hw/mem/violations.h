// SPDX-License-Identifier: Apache-2.0
// An event stream whose violations a test can look at.
#pragma once

#include <string>
#include <vector>

#include "event.h"

namespace hw {

struct Violations {
    EventStream events;
    std::vector<Violation> seen;
    Violations() {
        events.on_violation([this](const Violation& violation) { seen.push_back(violation); });
    }
    std::vector<std::string> checks() const {
        std::vector<std::string> names;
        for (const Violation& violation : seen) names.push_back(violation.check);
        return names;
    }
};

}  // namespace hw
