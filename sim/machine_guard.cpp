// SPDX-License-Identifier: Apache-2.0
#include "machine_guard.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <systemc>

namespace sim {
namespace {

constexpr size_t max_failures = 1000;  // kept of one run; the rest is counted in the last one

// Who saw a bus address does not know whose it is: the driver said so when it posted it.
void keep_failure(machine_result& result, const hw::Violation& violation, const System& system) {
    std::string message = violation.message;
    int64_t packet = violation.packet;
    if (packet < 0 && violation.address) {
        const Whereabouts::Owner owner = system.owner_of(violation.address);
        packet = owner.packet;
        if (owner.nbl) message += "; it was posted for nbl " + std::to_string(owner.nbl);
    }
    machine_result_fail(&result, violation.time_ps, violation.check.c_str(), violation.clause.c_str(), packet, message.c_str());
}

void report_to_stderr(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
    if (actions & sc_core::SC_DISPLAY) std::fprintf(stderr, "ringside: %s\n", sc_core::sc_report_compose_message(report).c_str());
    if (actions & sc_core::SC_THROW) throw report;
    if (actions & sc_core::SC_ABORT) std::abort();
}

}  // namespace

void collect_failures(System& system, machine_result& result) {
    system.events.on_violation([&system, &result](const hw::Violation& violation) {
        if (result.failure_count < max_failures)
            keep_failure(result, violation, system);
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
