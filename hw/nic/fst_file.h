// SPDX-License-Identifier: Apache-2.0
// What an FST file says about the machine and the day it was written on, and how to take that out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hw {

// Replaces the date in the header of this file by a fixed text. Throws std::runtime_error when the file is not an FST file.
void fix_fst_date(const std::string& path);

// The names, "scope.scope.name" without range, of the signals of this file that are at most so many bits wide. Throws
// std::runtime_error when it cannot be read.
std::vector<std::string> fst_signals(const std::string& path, uint32_t widest);

}  // namespace hw
