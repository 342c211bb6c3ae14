// SPDX-License-Identifier: Apache-2.0
// A machine whose CPU does nothing but describe packets.
#include "descriptor_run.h"

#include <cerrno>
#include <cstdio>
#include <string>
#include <systemc>

#include "code_report.h"
#include "machine_guard.h"
#include "ndis/ndis_host.h"
#include "system.h"

namespace {

constexpr unsigned outstanding = 512;  // packets: NBLs of them fill a third of L2

// One work, long enough for caches and pools to be as it leaves them, and then measured. A message, or nothing.
std::string measure(const platform& seam, hw::CodeMeter& meter, descriptors* subject, machine_descriptor_row& row) {
    constexpr unsigned laps_before = 2, laps = 8;  // of all that is outstanding
    uint64_t packets = 0;
    meter.measure_packets(laps_before * outstanding, (laps_before + laps) * outstanding);
    for (; packets <= (laps_before + laps) * outstanding; packets += row.work.batch) {
        seam.ops->charge(seam.ctx, PLATFORM_WORK_SEND_NB, row.work.batch);
        if (!descriptors_batch(subject, &row.work, nullptr)) return "no memory for the descriptors";
    }
    row.cpu = sim::code_report(meter);
    return {};
}

int run_descriptors(const scenario& scenario, machine_descriptor_row* rows, size_t row_count, char* error, size_t error_size) {
    sim::prepare_systemc();
    sim::System system(scenario, machine_waves{nullptr, 0, 0, false}, nullptr);
    machine_result result{};
    sim::collect_failures(system, result);
    std::string problem;
    system.cpu->spawn("main", [&] {
        kernel* const machine = kernel_create(system.platform->seam());
        ndis* const network = ndis_create(machine);
        kernel_scope scope;
        kernel_enter(machine, &scope);
        descriptors* const subject = descriptors_create(machine, outstanding);
        if (!subject) problem = "no memory for the descriptors";
        for (size_t i = 0; i < row_count && problem.empty(); i++)
            problem = measure(*kernel_platform(machine), *system.code_meter, subject, rows[i]);
        descriptors_destroy(subject);
        kernel_leave(&scope);
        ndis_destroy(network);
        kernel_destroy(machine);
        sc_core::sc_stop();
    });
    sc_core::sc_start();
    if (problem.empty() && result.failure_count > 0)
        problem = std::string("a check failed: ") + result.failures[0].check + ": " + result.failures[0].message;
    if (!problem.empty()) std::snprintf(error, error_size, "%s", problem.c_str());
    machine_result_free(&result);
    return problem.empty() ? 0 : -EIO;
}

}  // namespace

int machine_descriptors(const scenario* scenario, machine_descriptor_row* rows, size_t row_count, char* error, size_t error_size) {
    return sim::guarded(error, error_size, [&] { return run_descriptors(*scenario, rows, row_count, error, error_size); });
}
