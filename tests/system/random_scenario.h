// SPDX-License-Identifier: Apache-2.0
// Of a seed a whole scenario: machine, driver, frames, stalls, resets. The same seed draws the same one everywhere.
#pragma once

#include <cstdint>
#include <string>

namespace system_test {

// How much one scenario is: at most so many frames each way, and not more than the machine carries in this time.
struct Effort {
    uint64_t frames, us;
};
constexpr Effort brief_effort{300, 100}, nightly_effort{10000, 1000};

// As YAML.
std::string random_scenario(uint64_t seed, Effort effort);

}  // namespace system_test
