// SPDX-License-Identifier: Apache-2.0
#include "function_names.h"

#include <algorithm>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <unistd.h>

#include <filesystem>

namespace hw {
namespace {

// The files themselves have what there is; nothing is looked for elsewhere.
int no_debug_file(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*, GElf_Word, char**) { return -1; }
const Dwfl_Callbacks callbacks = {dwfl_linux_proc_find_elf, no_debug_file, nullptr, nullptr};

}  // namespace

FunctionNames::FunctionNames() : dwfl_(dwfl_begin(&callbacks)) {}

FunctionNames::~FunctionNames() { dwfl_end(dwfl_); }

// Modules may have been loaded since it was last asked.
Dwfl_Module* FunctionNames::module_of(uint64_t address) {
    if (Dwfl_Module* known = dwfl_addrmodule(dwfl_, address)) return known;
    dwfl_report_begin_add(dwfl_);
    dwfl_linux_proc_report(dwfl_, getpid());
    dwfl_report_end(dwfl_, nullptr, nullptr);
    return dwfl_addrmodule(dwfl_, address);
}

CodeImage FunctionNames::image_of(const void* code) {
    CodeImage image;
    Dwarf_Addr first = 0, end = 0;
    if (Dwfl_Module* module = module_of(reinterpret_cast<uint64_t>(code))) {
        dwfl_module_info(module, nullptr, &first, &end, nullptr, nullptr, nullptr, nullptr);
        image = {first, end - 1};
    }
    return image;
}

FunctionName FunctionNames::of(const void* code) {
    const uint64_t at = reinterpret_cast<uint64_t>(code) - 1;  // inside of the call that gave this address
    Dwfl_Module* const module = module_of(at);
    const char* const symbol = module ? dwfl_module_addrname(module, at) : nullptr;
    if (!symbol) return {"?", {}};
    FunctionName found{symbol, {}};
    found.name.resize(std::min(found.name.size(), found.name.find('.')));
    Dwarf_Addr bias = 0;
    Dwarf_Die* const unit = dwfl_module_addrdie(module, at, &bias);
    if (const char* source = unit ? dwarf_diename(unit) : nullptr)
        found.folder = std::filesystem::path(source).parent_path().filename();
    return found;
}

}  // namespace hw
