// SPDX-License-Identifier: Apache-2.0
#include "machine_guard.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <systemc>

namespace sim {
namespace {

constexpr size_t max_failures = 1000;              // kept of one run; the rest is counted in the last one

void report_to_stderr(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
    if (actions & sc_core::SC_DISPLAY) std::fprintf(stderr, "ringside: %s\n", sc_core::sc_report_compose_message(report).c_str());
    if (actions & sc_core::SC_THROW) throw report;
    if (actions & sc_core::SC_ABORT) std::abort();
}

}  // namespace

void collect_failures(hw::EventStream& events, machine_result& result) {
    events.on_violation([&result](const hw::Violation& violation) {
        if (result.failure_count < max_failures)
            machine_result_fail(&result, violation.time_ps, violation.check.c_str(), violation.clause.c_str(), violation.packet,
                                violation.message.c_str());
        else if (result.failure_count == max_failures)
            machine_result_fail(&result, violation.time_ps, "failures.more", "", -1, "there were more failures than are kept");
    });
}

void prepare_systemc() {
    sc_core::sc_report_handler::set_handler(report_to_stderr);
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
}

int guarded(char* error, size_t error_size, const std::function<int()>& body) {
    try {
        return body();
    } catch (const sc_core::sc_report& report) {
        std::snprintf(error, error_size, "%s", sc_core::sc_report_compose_message(report).c_str());
    } catch (const std::exception& exception) {
        std::snprintf(error, error_size, "%s", exception.what());
    } catch (...) {
        std::snprintf(error, error_size, "an unknown exception");
    }
    return -EIO;
}

}  // namespace sim
