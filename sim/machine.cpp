// SPDX-License-Identifier: Apache-2.0
// The machine from C: builds the System, runs the simulation, collects what went wrong. No exception leaves this file.
#include "machine.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "code_report.h"
#include "event_log.h"
#include "latency.h"
#include "lost.h"
#include "machine_guard.h"
#include "meter.h"
#include "model.h"
#include "sim_time.h"
#include "system.h"
#include "timeline.h"
#include "traffic_run.h"
#include "verilated_nic.h"

namespace {

const sc_core::sc_time grace(1, sc_core::SC_SEC);  // to bring the stack up and down, beyond the limit of the scenario

int run(const machine_config& config, machine_result& result, char* error, size_t error_size) {
    sim::prepare_systemc();
    std::optional<sim::EventLog> log;
    if (config.events) log.emplace(config.events);
    std::optional<sim::Timeline> timeline;
    if (config.timeline) timeline.emplace(config.timeline);
    sim::System system(*config.scenario, config.waves, config.transcript);
    if (log) log->attach(system.events);
    if (timeline) timeline->attach(system.events);
    sim::collect_failures(system, result);
    sim::LostReports lost(system);
    sim::TrafficRun traffic(config, system);
    if (system.code_meter) sim::measure_traffic(config, *system.code_meter);
    std::optional<sim::LatencyProbe> probe;
    if (config.latencies) probe.emplace(system.events, config.scenario->cpu_interrupt_ns * 1000);

    const auto begin = std::chrono::steady_clock::now();
    const sc_core::sc_time limit =
        sc_core::sc_time(static_cast<double>(config.scenario->limits_max_time_us), sc_core::SC_US) + grace;
    sc_core::sc_start(limit + hw::ps_time(config.idle_ps));
    result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

    if (!traffic.error().empty()) {
        // What was found on the way says more than the status that it led to.
        const char* found = result.failure_count ? result.failures[0].message : nullptr;
        std::snprintf(error, error_size, "%s%s%s", traffic.error().c_str(), found ? "; " : "", found ? found : "");
        return traffic.error_status();
    }
    if (!traffic.finished())
        system.events.violate({hw::now_ps(), "progress", "limits.max_time_us", "the driver stack could not be taken down", -1});
    traffic.report(result);
    result.lost = lost.take();
    if (system.code_meter) result.cpu = sim::code_report(*system.code_meter);
    if (probe) {
        std::vector<uint64_t> sent = probe->sent_ps(), received = probe->received_ps();
        result.tx.hardware = sim::summary_of(sent);
        result.rx.hardware = sim::summary_of(received);
    }
    system.finish();
    result.dma_violations = system.iommu->counters().violations;
    const bool whole = (!log || log->close()) && (!timeline || timeline->close()) && (!system.transcript || system.transcript->close());
    if (whole) return 0;
    std::snprintf(error, error_size, "the event log, the timeline or the transcript could not be written completely; is the disk full?");
    return -EIO;
}

int dma_bench(const scenario& scenario, dma_bench_row* rows, size_t row_count, char* error, size_t error_size) {
    sim::prepare_systemc();
    sim::System system(scenario, machine_waves{nullptr, 0, 0, false}, nullptr);
    machine_result result{};
    sim::collect_failures(system, result);
    std::string problem;
    int status = -EIO;
    system.cpu->spawn("main", [&] {
        problem = system.bus->start();
        status = problem.empty() ? 0 : -EIO;
        for (size_t i = 0; i < row_count && status == 0; i++) {
            status = dma_bench_run(system.platform->seam(), &rows[i]);
            if (status != 0) problem = "row " + std::to_string(i) + ": the benchmark engine did not finish, or there is no memory";
        }
        sc_core::sc_stop();
    });
    sc_core::sc_start();
    if (status == 0 && result.failure_count > 0) {
        status = -EIO;
        problem = std::string("a check failed: ") + result.failures[0].check + ": " + result.failures[0].message;
    }
    if (status != 0) std::snprintf(error, error_size, "%s", problem.c_str());
    machine_result_free(&result);
    return status;
}

}  // namespace

// Debian's libsystemc holds a main() that calls this; ours is in main.c, and builds the machine only in its children.
int sc_main(int, char**) { return EXIT_FAILURE; }

int machine_run(const machine_config* config, machine_result* result, char* error, size_t error_size) {
    return sim::guarded(error, error_size, [&] { return run(*config, *result, error, error_size); });
}

int machine_dma_bench(const scenario* scenario, dma_bench_row* rows, size_t row_count, char* error, size_t error_size) {
    return sim::guarded(error, error_size, [&] { return dma_bench(*scenario, rows, row_count, error, error_size); });
}

double machine_bare_speed(const scenario* scenario, uint64_t cycles) {
    return hw::bare_model_benchmark(cycles, static_cast<uint32_t>(scenario->nic_datapath_bits),
                                    static_cast<uint32_t>(scenario->nic_queue_pairs), scenario_offloads(scenario));
}

double machine_dma_model(const scenario* scenario, dma_bench_op op, uint32_t bytes) {
    const hw::DmaOperation operation = op == DMA_BENCH_OP_READ    ? hw::DmaOperation::read
                                       : op == DMA_BENCH_OP_WRITE ? hw::DmaOperation::write
                                                                  : hw::DmaOperation::both;
    return hw::dma_gbps(sim::link_config(*scenario), operation, bytes);
}
