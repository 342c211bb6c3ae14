// SPDX-License-Identifier: Apache-2.0
// Of a seed a small machine under a stack of drivers, whose traffic is disturbed at random moments: pause and restart, cancelled sends, resets
// of a queue and of the device, carrier loss, and the card pulled out.
#pragma once

#include <cstdint>
#include <string>

namespace system_test {

// As YAML: some 40 us of traffic. The same seed draws the same one everywhere.
std::string disturbed_scenario(uint64_t seed);

}  // namespace system_test
