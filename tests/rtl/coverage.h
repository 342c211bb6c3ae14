// SPDX-License-Identifier: Apache-2.0
// Coverage: with RINGSIDE_COVERAGE, what the models of this process have covered, in one file for verilator_coverage.
//
// A model's counters go with the model, and a test binary has many models one after another: take_coverage() adds up those of one
// that is about to go. At the end the sums are in the file that the environment variable RINGSIDE_COVERAGE_FILE names; without the
// variable nothing is kept. tests/coverage sets it.
#pragma once

#include <verilated.h>

#ifdef RINGSIDE_COVERAGE
#include <unistd.h>
#include <verilated_cov.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

class CoverageSums {
public:
    static CoverageSums& instance() {
        static CoverageSums sums;
        return sums;
    }
    void add(VerilatedContext& context) {
        if (file_.empty()) return;
        const std::string part = file_ + "." + std::to_string(getpid());
        context.coveragep()->write(part.c_str());
        std::ifstream in(part);
        for (std::string line; std::getline(in, line);) {   // C '<point>' <count>
            const size_t end = line.rfind("' ");
            if (line.compare(0, 3, "C '") == 0 && end != std::string::npos)
                counts_[line.substr(0, end + 1)] += std::strtoull(line.c_str() + end + 2, nullptr, 10);
        }
        std::remove(part.c_str());
    }

private:
    CoverageSums() {
        if (const char* name = std::getenv("RINGSIDE_COVERAGE_FILE")) file_ = name;
    }
    ~CoverageSums() {
        if (file_.empty()) return;
        std::ofstream out(file_);
        out << "# SystemC::Coverage-3\n";
        for (const auto& [point, count] : counts_) out << point << ' ' << count << '\n';
        if (!out.flush()) std::fprintf(stderr, "coverage: cannot write %s (RINGSIDE_COVERAGE_FILE): is the folder there?\n", file_.c_str());
    }
    std::string file_;
    std::map<std::string, uint64_t> counts_;
};
inline void take_coverage(VerilatedContext& context) { CoverageSums::instance().add(context); }
#else
inline void take_coverage(VerilatedContext&) {}
#endif
