// SPDX-License-Identifier: Apache-2.0
#include "serve/serve.h"

#include <csignal>
#include <optional>

#include "event_log.h"
#include "machine_guard.h"
#include "serve/vhost_host.h"
#include "system.h"

namespace {

int serve(const serve_config& config, machine_result& result, char* error, size_t error_size) {
    sim::prepare_systemc();
    std::signal(SIGPIPE, SIG_IGN);  // a front-end that is gone is seen when its socket is read
    std::optional<sim::EventLog> log;
    if (config.events) log.emplace(config.events);
    sim::VhostHost host(config);
    sim::System system(*config.scenario, config.waves, nullptr,
                       [&host](uint64_t address, uint64_t length) { return host.memory(address, length); });
    if (log) log->attach(system.events);
    sim::collect_failures(system, result);
    host.attach(system);
    sc_core::sc_start();
    if (!host.error().empty()) {
        std::snprintf(error, error_size, "%s", host.error().c_str());
        return -EIO;
    }
    host.report(result);
    result.time_ps = hw::now_ps();
    result.cycles = system.nic->cycles();
    result.cycles_evaluated = system.nic->cycles_evaluated();
    system.finish();
    if (!log || log->close()) return 0;
    std::snprintf(error, error_size, "the event log could not be written completely; is the disk full?");
    return -EIO;
}

}  // namespace

int machine_serve(const serve_config* config, machine_result* result, char* error, size_t error_size) {
    return sim::guarded(error, error_size, [&] { return serve(*config, *result, error, error_size); });
}
