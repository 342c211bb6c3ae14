// SPDX-License-Identifier: Apache-2.0
// The caches beside valgrind's cachegrind, which others wrote: the same accesses, by lackey, the same geometry, the same misses within 2 %;
// of patterns, and of drivers at work.
//
// cachegrind has two levels, of which the second also holds code, no prefetcher and no device: so ours have them not. Code is left out
// here; the patterns have little.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "cache_levels.h"

namespace hw {
namespace {

struct Misses {
    double first = 0, last = 0;
};

using Pipe = std::unique_ptr<FILE, int (*)(FILE*)>;

Pipe run(const std::string& command) { return {popen(command.c_str(), "r"), pclose}; }

struct Case {
    std::string name, program;
    CacheGeometry l1, llc;
};

CoreConfig plain(const Case& c) {
    CoreConfig config;
    config.l1 = c.l1;
    config.l2.bytes = 0;
    config.llc = c.llc;
    config.llc_holds_victims = config.prefetch = false;
    config.ddio_ways = 0;
    return config;
}

// A line of lackey is " L 1ffeff,8": load, store, or both (one instruction that modifies); code begins with "I".
Misses ours(const Case& c) {
    Misses misses;
    CacheLevels caches(plain(c));
    Pipe trace = run("valgrind --tool=lackey --trace-mem=yes --log-fd=1 " + c.program);
    char line[256];
    while (trace && std::fgets(line, sizeof line, trace.get())) {
        uint64_t address = 0;
        unsigned bytes = 0;
        char kind = 0;
        if (line[0] != ' ' || std::sscanf(line, " %c %" SCNx64 ",%u", &kind, &address, &bytes) != 3) continue;
        // cachegrind counts an access to two lines as one, which misses if either does.
        Level worst = Level::l1;
        for (uint64_t at = address >> line_bits; at <= (address + bytes - 1) >> line_bits; at++)
            worst = std::max(worst, caches.access(at, kind != 'L', 0).level);
        misses.first += worst > Level::l1;
        misses.last += worst == Level::memory;
    }
    return misses;
}

std::string geometry(const char* option, const CacheGeometry& cache) {
    return std::string(" --") + option + "=" + std::to_string(cache.bytes) + "," + std::to_string(cache.ways) + "," + std::to_string(line_bytes);
}

// "==12== D1  misses:       16,999  (    16,449 rd   +       550 wr)"
double number_behind(const std::string& text, const char* name) {
    const size_t at = text.find(name);
    if (at == std::string::npos) return -1;
    std::string digits;
    for (size_t i = text.find(':', at) + 1; i < text.size() && text[i] != '('; i++)
        if (std::isdigit(static_cast<unsigned char>(text[i]))) digits += text[i];
    return std::strtod(digits.c_str(), nullptr);
}

Misses cachegrinds(const Case& c) {
    Pipe output = run("valgrind --tool=cachegrind --cache-sim=yes --cachegrind-out-file=/dev/null --I1=32768,8,64" + geometry("D1", c.l1) +
                      geometry("LL", c.llc) + " " + c.program + " 2>&1");
    std::string text;
    for (char part[4096]; output && std::fgets(part, sizeof part, output.get());) text += part;
    return {number_behind(text, "D1  misses"), number_behind(text, "LLd misses")};
}

class CacheLevelsBesideCachegrind : public testing::TestWithParam<Case> {};

TEST_P(CacheLevelsBesideCachegrind, MissAsOftenWithinTwoPercent) {
    if (std::system("valgrind --version >/dev/null 2>&1") != 0) GTEST_FAIL() << "valgrind is not installed: see tests/packages";
    const Misses theirs = cachegrinds(GetParam()), mine = ours(GetParam());
    ASSERT_GT(theirs.first, 1000) << "the program misses too seldom to compare";
    EXPECT_NEAR(mine.first, theirs.first, 0.02 * theirs.first);
    EXPECT_NEAR(mine.last, theirs.last, 0.02 * theirs.last);
}

void PrintTo(const Case& c, std::ostream* out) { *out << c.program; }

const auto by_name = [](const auto& info) { return info.param.name; };
const CacheGeometry small_l1{16u << 10, 4}, l1{32u << 10, 8};

#ifdef RINGSIDE_DESCRIPTORS_NATIVE
// Drivers: descriptors by themselves, and the whole stack with each driver of the NIC over a device of the tests'. They have more code, which
// here has a cache of its own: so the last level is as large as a processor's, where code takes little.
const CoreConfig processor;
INSTANTIATE_TEST_SUITE_P(
    DriversNightly, CacheLevelsBesideCachegrind,
    testing::Values(Case{"DescriptorsOfNbls", RINGSIDE_DESCRIPTORS_NATIVE " nbl tx context 16 20000", l1, processor.llc},
                    Case{"DescriptorsOfRings", RINGSIDE_DESCRIPTORS_NATIVE " net_packet rx parse 16 20000", small_l1, processor.llc},
                    Case{"Miniport", RINGSIDE_STACK_TEST " --gtest_filter=StackReceive.FullRingIsIndicatedAndComesBack", l1, processor.llc},
                    Case{"Client", RINGSIDE_STACK_TEST " --gtest_filter=NetcxStack.CarriesEveryFrameBothWays", l1, processor.llc}),
    by_name);
#else
Case pattern(const std::string& name, unsigned kibibytes, unsigned accesses, CacheGeometry l1, CacheGeometry llc) {
    const std::string size = std::to_string(kibibytes);
    return {name + size, RINGSIDE_ACCESS_PATTERNS " " + name + " " + size + " " + std::to_string(accesses), l1, llc};
}

const CacheGeometry small_llc{256u << 10, 8}, llc{1u << 20, 16};
INSTANTIATE_TEST_SUITE_P(Patterns, CacheLevelsBesideCachegrind,
                         testing::Values(pattern("walk", 512, 200000, l1, small_llc), pattern("chase", 2048, 100000, l1, llc),
                                         pattern("scatter", 1536, 100000, small_l1, llc), pattern("packets", 384, 100000, small_l1, small_llc),
                                         pattern("packets", 2048, 100000, l1, llc)),
                         by_name);
#endif

}  // namespace
}  // namespace hw
