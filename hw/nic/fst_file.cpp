// SPDX-License-Identifier: Apache-2.0
// The header block of an FST file: type (1 byte, 0), length (8, big endian, 329), start and end time, endianness, writer memory, counts,
// time scale, the writer's name (128 bytes at 74), the date (119 bytes at 202), file type, time zero.
#include "fst_file.h"

#include <array>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <gtkwave/fstapi.h>

namespace hw {

namespace {
constexpr size_t date_offset = 202, date_size = 119;
constexpr char fixed_date[] = "Thu Jan  1 00:00:00 1970\n";
}  // namespace

void fix_fst_date(const std::string& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    std::array<char, 9> head{};
    file.read(head.data(), head.size());
    static const std::array<char, 9> expected{0, 0, 0, 0, 0, 0, 0, 1, 0x49};
    if (!file || head != expected) throw std::runtime_error(path + " is not an FST file");
    std::array<char, date_size> date{};
    std::memcpy(date.data(), fixed_date, sizeof fixed_date);
    file.seekp(date_offset);
    file.write(date.data(), date.size());
    file.flush();
    if (!file) throw std::runtime_error("cannot write to the waveform " + path);
}

std::vector<std::string> fst_signals(const std::string& path, uint32_t widest) {
    void* reader = fstReaderOpen(path.c_str());
    if (!reader) throw std::runtime_error("cannot read the waveform " + path);
    std::vector<std::string> scopes, names;
    while (const fstHier* item = fstReaderIterateHier(reader)) {
        if (item->htyp == FST_HT_SCOPE) {
            scopes.push_back((scopes.empty() ? "" : scopes.back()) + item->u.scope.name + ".");
        } else if (item->htyp == FST_HT_UPSCOPE) {
            scopes.pop_back();
        } else if (item->htyp == FST_HT_VAR && item->u.var.length <= widest) {
            const std::string name = item->u.var.name;
            names.push_back((scopes.empty() ? "" : scopes.back()) + name.substr(0, name.find_first_of(" [")));
        }
    }
    fstReaderClose(reader);
    return names;
}

}  // namespace hw
