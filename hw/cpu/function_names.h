// SPDX-License-Identifier: Apache-2.0
// Which function an address of code is in, and which folder its source: by the debug information of program and modules, static
// functions too.
#pragma once

#include <cstdint>
#include <string>

struct Dwfl;
struct Dwfl_Module;

namespace hw {

struct FunctionName {
    std::string name;    // without what the compiler adds to it (".part.0"); "?": not known
    std::string folder;  // the last one of its source's path ("netvio"); empty: not known
};

// The part of the process that an address is in: the program, or a module.
struct CodeImage {
    uint64_t first = 0, last = 0;  // addresses
};

class FunctionNames {
public:
    FunctionNames();
    ~FunctionNames();
    FunctionNames(const FunctionNames&) = delete;
    FunctionNames& operator=(const FunctionNames&) = delete;

    FunctionName of(const void* code);
    CodeImage image_of(const void* code);

private:
    Dwfl_Module* module_of(uint64_t address);

    Dwfl* dwfl_;
};

}  // namespace hw
