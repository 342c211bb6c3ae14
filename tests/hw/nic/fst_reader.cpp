// SPDX-License-Identifier: Apache-2.0
#include "fst_reader.h"

#include <stdexcept>

#include <gtkwave/fstapi.h>

namespace fst {

namespace {

void on_change(void* user, uint64_t time, fstHandle handle, const unsigned char* value) {
    static_cast<File*>(user)->changes[handle].emplace_back(time, reinterpret_cast<const char*>(value));
}

void read_hierarchy(void* reader, File& file) {
    std::vector<std::string> scopes;
    while (const fstHier* item = fstReaderIterateHier(reader)) {
        if (item->htyp == FST_HT_SCOPE) {
            scopes.emplace_back(item->u.scope.name);
        } else if (item->htyp == FST_HT_UPSCOPE) {
            scopes.pop_back();
        } else if (item->htyp == FST_HT_VAR) {
            std::string name;
            for (const std::string& scope : scopes) name += scope + ".";
            for (const char* c = item->u.var.name; *c; ++c) {
                if (*c != ' ') name += *c;
            }
            file.signals.emplace_back(name, item->u.var.handle);
        }
    }
}

}  // namespace

bool File::has(const std::string& name) const {
    for (const auto& signal : signals) {
        if (signal.first == name) return true;
    }
    return false;
}

std::vector<std::pair<uint64_t, std::string>> File::values(const std::string& name) const {
    for (const auto& signal : signals) {
        if (signal.first.substr(0, signal.first.find('[')) != name) continue;
        const auto found = changes.find(signal.second);
        if (found != changes.end()) return found->second;
    }
    return {};
}

File read(const std::string& path, bool with_changes) {
    void* reader = fstReaderOpen(path.c_str());
    if (!reader) throw std::runtime_error("cannot read " + path);
    File file;
    file.start = fstReaderGetStartTime(reader);
    file.end = fstReaderGetEndTime(reader);
    file.time_scale = fstReaderGetTimescale(reader);
    read_hierarchy(reader, file);
    if (with_changes) {
        fstReaderSetFacProcessMaskAll(reader);
        fstReaderIterBlocks(reader, on_change, &file, nullptr);
    }
    fstReaderClose(reader);
    return file;
}

std::string text_of(const std::string& bits) {
    std::string text;
    for (size_t i = 0; i + 8 <= bits.size(); i += 8) {
        const char c = static_cast<char>(std::stoul(bits.substr(i, 8), nullptr, 2));
        if (c) text += c;
    }
    return text;
}

}  // namespace fst
