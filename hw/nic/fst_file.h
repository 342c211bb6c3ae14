// SPDX-License-Identifier: Apache-2.0
// What an FST file says about the machine and the day it was written on, and how to take that out.
#pragma once

#include <string>

namespace hw {

// Replaces the date in the header of this file by a fixed text. Throws std::runtime_error when the file is not an FST file.
void fix_fst_date(const std::string& path);

}  // namespace hw
