// SPDX-License-Identifier: Apache-2.0
// waves/*.gtkw against a waveform of the real NIC.
#include <unistd.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bench.h"
#include "fst_reader.h"
#include "verilated_nic.h"
#include "waves.h"

namespace {

const std::string folder = WAVES_FOLDER;
const std::vector<std::string> save_files{"path.gtkw", "transmit.gtkw", "receive.gtkw"};

std::vector<std::string> lines_of(const std::string& path) {
    std::ifstream file(path);
    EXPECT_TRUE(file) << path;
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

// The names of all signals of a short run with the default selection.
std::set<std::string> signals_of_the_nic() {
    hw::EventStream events;
    bench::Link link;
    bench::Cable cable;
    const auto nic = hw::make_nic("nic", {}, events);
    nic->connect(link, cable);
    hw::WavesConfig config;
    config.path = testing::TempDir() + "ringside-save-files-" + std::to_string(getpid()) + ".fst";
    hw::Waves waves(config, events);
    nic->attach_waves(waves);
    sc_core::sc_start(sc_core::sc_time(200, sc_core::SC_NS));
    waves.close();
    std::set<std::string> names;
    for (const auto& signal : fst::read(config.path, false).signals) names.insert(signal.first);
    unlink(config.path.c_str());
    return names;
}

bool names_a_signal(const std::string& line) {
    return !line.empty() && std::string("[*@-^#").find(line[0]) == std::string::npos;
}

}  // namespace

TEST(SaveFiles, EverySignalExists) {
    const std::set<std::string> names = signals_of_the_nic();
    ASSERT_GT(names.size(), 200u);
    for (const std::string& file : save_files) {
        size_t count = 0;
        for (const std::string& line : lines_of(folder + "/" + file)) {
            if (!names_a_signal(line)) continue;
            ++count;
            EXPECT_TRUE(names.count(line)) << file << " names " << line << ", which no waveform has";
        }
        EXPECT_GT(count, 20u) << file;
    }
}

TEST(SaveFiles, EveryTranslateFileExists) {
    for (const std::string& file : save_files) {
        for (const std::string& line : lines_of(folder + "/" + file)) {
            if (line.empty() || line[0] != '^') continue;
            const std::string path = line.substr(line.find(' ') + 1);
            EXPECT_EQ(path.substr(0, 6), "waves/") << "GTKWave is started in the folder above: " << line;
            EXPECT_TRUE(std::ifstream(folder + path.substr(5))) << file << " names " << path;
        }
    }
}

// The numbers of the translate files are those of rtl/regmap.
TEST(SaveFiles, TranslateFilesHaveTheNumbersOfTheRegisterMap) {
    struct Value { const char* block; const char* name; unsigned number; };
    static const Value values[] = {
#define FIELD(block, name, lsb, width, clause, meaning)
#define BIT(block, name, number, clause, meaning)
#define VALUE(block, name, number, clause, meaning) {#block, #name, number},
#include "tlp.def"
#include "trace.def"
#undef VALUE
#undef BIT
#undef FIELD
    };
    const std::vector<std::pair<std::string, std::string>> filters{
        {"TLP_TYPE", "tlp_type.txt"}, {"TLP_STATUS", "tlp_status.txt"}, {"TRACE", "trace_point.txt"}, {"TRACE_DROP", "drop_reason.txt"}};
    for (const auto& filter : filters) {
        std::set<std::string> present;
        for (const std::string& line : lines_of(folder + "/" + filter.second)) {
            const size_t space = line.find(' ');
            if (line.empty() || line[0] == '#' || space == std::string::npos) continue;
            std::string name = line.substr(space + 1);
            for (char& c : name) c = static_cast<char>(toupper(c));
            present.insert(std::to_string(std::stoul(line, nullptr, 16)) + " " + name);
        }
        for (const Value& value : values) {
            const std::string name = value.name;
            if (filter.first != value.block || name == "POINTS" || name == "MSG" || name == "MSG_MASK") continue;  // those are no value
            EXPECT_TRUE(present.count(std::to_string(value.number) + " " + value.name)) << filter.second << ": " << value.name;
        }
    }
}
