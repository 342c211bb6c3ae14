/* SPDX-License-Identifier: Apache-2.0 */
/* From a scenario to frame sources, and from a run to its JSON. */
#define _POSIX_C_SOURCE 200809L
#include "simulation.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "linux/run.h"
#include "measured_program.h"
#include "report/report.h"

static int load_capture(const struct scenario *scenario, unsigned key, const char *path, struct capture *capture, FILE *errors) {
    char problem[512];
    if (*path == '\0') return 0;
    const int status = capture_load(capture, path, problem, sizeof problem);
    if (status) scenario_complain(scenario, key, errors, "%s", problem);
    return status;
}

/* A scenario without a name is called by its file. */
static void name_it(struct scenario *scenario) {
    if (*scenario->name) return;
    const char *path = scenario->path ? scenario->path : "command line";
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    const char *dot = strrchr(base, '.');
    free(scenario->name);
    scenario->name = strndup(base, dot ? (size_t)(dot - base) : strlen(base));
    if (!scenario->name) abort();
}

int simulation_prepare(struct simulation *simulation, const struct scenario *scenario, FILE *errors) {
    if (measured_program_needed(scenario) && measured_program_run(errors) != 0) return -ENOENT;
    memset(simulation, 0, sizeof *simulation);
    simulation->waves.to_ps = UINT64_MAX;
    scenario_copy(&simulation->scenario, scenario);
    const struct scenario *own = &simulation->scenario;
    name_it(&simulation->scenario);
    /* Both captures are looked at even when one is bad: all mistakes in one go. */
    int status = scenario_check(own, errors);
    if (status == 0) {
        status = load_capture(own, SCENARIO_KEY_host_capture, own->host_capture, &simulation->host_capture, errors);
        const int other = load_capture(own, SCENARIO_KEY_wire_capture, own->wire_capture, &simulation->wire_capture, errors);
        status = status ? status : other;
    }
    if (*own->linux_job) simulation->scenario.nic_adapters = own->linux_hosts; /* a NIC each */
    if (status) simulation_free(simulation);
    return status ? -EINVAL : 0;
}

void simulation_free(struct simulation *simulation) {
    scenario_free(&simulation->scenario);
    capture_free(&simulation->host_capture);
    capture_free(&simulation->wire_capture);
}

void simulation_sources(const struct simulation *simulation, struct frame_source *host, struct frame_source *wire) {
    const struct scenario *scenario = &simulation->scenario;
    uint8_t nic_mac[6];
    scenario_parse_mac(*scenario->driver_mac ? scenario->driver_mac : scenario->nic_mac, nic_mac);

    memset(host, 0, sizeof *host);
    memset(wire, 0, sizeof *wire);
    host->capture = simulation->host_capture.count ? &simulation->host_capture : NULL;
    host->capture_times = scenario->host_timing == 1;
    host->generator = (struct generator_config){.frames = scenario->host_frames,
                                                .sizes = scenario->host_size,
                                                .rate_mbps = scenario->host_rate_mbps,
                                                .burst = scenario->host_burst,
                                                .pattern = (enum generator_pattern)scenario->host_pattern,
                                                .protocol = (enum generator_protocol)scenario->host_protocol,
                                                .seed = scenario->seed,
                                                .flows = scenario->host_flows};
    memcpy(host->generator.destination, scenario_partner_mac, 6);
    memcpy(host->generator.source, nic_mac, 6);

    wire->capture = simulation->wire_capture.count ? &simulation->wire_capture : NULL;
    wire->capture_times = scenario->wire_timing == 1;
    wire->generator = (struct generator_config){.frames = scenario->wire_frames,
                                                .sizes = scenario->wire_size,
                                                .rate_mbps = scenario->wire_rate_mbps,
                                                .burst = scenario->wire_burst,
                                                .pattern = (enum generator_pattern)scenario->wire_pattern,
                                                .protocol = (enum generator_protocol)scenario->wire_protocol,
                                                .seed = ~scenario->seed,
                                                .flows = scenario->wire_flows};
    memcpy(wire->generator.destination, nic_mac, 6);
    memcpy(wire->generator.source, scenario_partner_mac, 6);
}

static int open_writers(struct machine_config *config, const struct simulation *simulation, char *error) {
    if (simulation->to_wire && !(config->to_wire = capture_writer_open(simulation->to_wire, error, RUNNER_ERROR_SIZE))) return -EIO;
    if (simulation->capture && !(config->capture = pcapng_open(simulation->capture, error, RUNNER_ERROR_SIZE))) return -EIO;
    if (simulation->to_host && !(config->to_host = capture_writer_open(simulation->to_host, error, RUNNER_ERROR_SIZE))) return -EIO;
    return 0;
}

static int close_writers(struct machine_config *config, char *error) {
    const int wire = capture_writer_close(config->to_wire), host = capture_writer_close(config->to_host);
    if ((pcapng_close(config->capture) | wire | host) == 0) return 0;
    snprintf(error, RUNNER_ERROR_SIZE, "a capture file could not be written completely; is the disk full?");
    return -EIO;
}

static void tell_progress(void *ctx, uint64_t time_ps, uint64_t packets, double fraction) {
    runner_report_progress(ctx, time_ps, packets, fraction);
}

/* Of the child: whoever runs it hands signals on. */
static volatile sig_atomic_t stop;

static void ask_to_stop(int number) {
    (void)number;
    stop = 1;
}

int simulation_body(void *arg, struct runner_progress *progress, json_t **result, char *error) {
    const struct simulation *simulation = arg;
    struct machine_config *config = calloc(1, sizeof *config);
    if (!config) return -ENOMEM;
    config->scenario = &simulation->scenario;
    config->waves = simulation->waves;
    config->events = simulation->events;
    config->timeline = simulation->timeline;
    config->describe = simulation->describe;
    config->transcript = simulation->transcript;
    config->warmup_frames = simulation->warmup_frames;
    config->idle_ps = simulation->idle_ps;
    config->latencies = simulation->latencies;
    config->progress = tell_progress;
    config->progress_ctx = progress;
    if (*simulation->scenario.wire_tap) {
        const struct sigaction action = {.sa_handler = ask_to_stop};
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        config->stop = &stop;
    }
    simulation_sources(simulation, &config->from_host, &config->from_wire);

    struct machine_result outcome = {0};
    int status = open_writers(config, simulation, error);
    if (status == 0)
        status = (*simulation->scenario.linux_job ? linux_run : machine_run)(config, &outcome, error, RUNNER_ERROR_SIZE);
    const int closed = close_writers(config, error);
    if (status == 0) status = closed;
    if (status == 0) *result = report_json(&simulation->scenario, &outcome);
    if (status == 0 && simulation->speed)
        json_object_set_new(*result, "speed",
                            json_pack("{s:I,s:I,s:f}", "cycles", (json_int_t)outcome.traffic_cycles, "cycles_evaluated",
                                      (json_int_t)outcome.traffic_cycles_evaluated, "wall_s", outcome.traffic_wall_s));
    machine_result_free(&outcome);
    free(config);
    return status;
}
