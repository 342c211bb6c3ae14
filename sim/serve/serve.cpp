// SPDX-License-Identifier: Apache-2.0
#include "serve/serve.h"

#include <csignal>
#include <optional>

#include "event_log.h"
#include "machine_guard.h"
#include "serve/pci_server.h"
#include "serve/vhost_host.h"
#include "system.h"

namespace {

// A host or several: who attaches to the machine, and what went wrong in the end.
template <class Host>
int serve(const serve_config& config, machine_result& result, Host& host, const std::vector<sim::ForeignHost>& hosts, char* error,
          size_t error_size) {
    sim::prepare_systemc();
    std::signal(SIGPIPE, SIG_IGN);  // a front-end that is gone is seen when its socket is read
    std::optional<sim::EventLog> log;
    if (config.events) log.emplace(config.events);
    sim::System system(*config.scenario, config.waves, config.transcript, hosts);
    if (log) log->attach(system.events);
    sim::collect_failures(system, result);
    host.attach(system);
    sc_core::sc_start();
    if (!host.error().empty()) {
        std::snprintf(error, error_size, "%s", host.error().c_str());
        return -EIO;
    }
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
    return sim::guarded(error, error_size, [&] {
        sim::VhostHost host(*config);
        const auto memory = [&host](uint64_t address, uint64_t length) { return host.memory(address, length); };
        const int status = serve(*config, *result, host, {{memory}}, error, error_size);
        host.report(*result);
        return status;
    });
}

int machine_serve_pci(const serve_config* config, machine_result* result, char* error, size_t error_size) {
    return sim::guarded(error, error_size, [&] {
        sim::PciServer server(*config);
        const int status = serve(*config, *result, server, server.hosts(), error, error_size);
        server.report(*result);
        return status;
    });
}
