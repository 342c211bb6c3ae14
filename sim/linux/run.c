/* SPDX-License-Identifier: Apache-2.0 */
/* From a scenario to kernels, and from their sessions to a result. */
#define _POSIX_C_SOURCE 200809L
#include "linux/run.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "linux/launch.h"
#include "serve/serve.h"

/* The process that runs a simulation is ended by those who want it to stop; the kernels go with it. */
static const volatile sig_atomic_t never;

static double wall_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void keep_session(void *ctx, const struct serve_session *session) {
    struct machine_result *result = ctx;
    if (session->host >= MACHINE_MAX_ADAPTERS) return;
    struct machine_adapter *adapter = &result->adapters[session->host];
    adapter->tx_sends = adapter->tx_frames = session->to_wire;
    adapter->rx_frames = session->to_host;
    adapter->messages = session->interrupts;
    json_t *own = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "config_accesses", (json_int_t)session->config_accesses, "register_reads",
                            (json_int_t)session->register_reads, "register_writes", (json_int_t)session->register_writes, "interrupts",
                            (json_int_t)session->interrupts, "to_wire", (json_int_t)session->to_wire, "to_host",
                            (json_int_t)session->to_host);
    const double seconds = (double)(session->last_ps - session->first_ps) / 1e12;
    json_object_set_new(own, "wire", json_pack("{s:I,s:I,s:I,s:f}", "bytes", (json_int_t)session->to_wire_bytes, "first_ps", (json_int_t)session->first_ps,
                                               "last_ps", (json_int_t)session->last_ps, "mbps",
                                               seconds > 0 ? (double)session->to_wire_bytes * 8 / 1e6 / seconds : 0.0));
    json_object_set_new(own, "answer", json_pack("{s:I,s:I,s:I,s:I}", "count", (json_int_t)session->answers, "min_ps", (json_int_t)session->answer_min_ps,
                                                 "median_ps", (json_int_t)session->answer_median_ps, "max_ps", (json_int_t)session->answer_max_ps));
    json_array_set_new(result->hosts, session->host, own);
}

static void conclude(const struct linux_hosts *hosts, struct machine_result *result) {
    for (unsigned i = 0; i < hosts->count; i++) {
        int job_status;
        char *console = linux_hosts_console(hosts, i, &job_status), message[96];
        json_object_set_new(json_array_get(result->hosts, i), "status", json_integer(job_status));
        json_object_set_new(json_array_get(result->hosts, i), "console", json_string(console));
        if (job_status < 0) snprintf(message, sizeof message, "host %u did not end its job", i);
        else snprintf(message, sizeof message, "the job of host %u ended with status %d", i, job_status);
        if (job_status != 0) machine_result_fail(result, result->time_ps, "linux.job", "linux.job", -1, message);
        free(console);
    }
    /* What is transmit to one host is receive to the other; the sums count both. */
    result->adapter_count = hosts->count;
    for (unsigned i = 0; i < hosts->count; i++) {
        result->tx.packets += result->adapters[i].tx_frames;
        result->rx.packets += result->adapters[i].rx_frames;
        result->interrupts += result->adapters[i].messages;
    }
}

int linux_run(const struct machine_config *config, struct machine_result *result, char *error, size_t error_size) {
    const struct scenario *scenario = config->scenario;
    const struct linux_config kernels = {.folder = *scenario->linux_folder ? scenario->linux_folder : RINGSIDE_LINUX_FOLDER,
                                         .entropy = RINGSIDE_ENTROPY,
                                         .job = scenario->linux_job,
                                         .hosts = (unsigned)scenario->linux_hosts,
                                         .seed = scenario->seed};
    struct linux_hosts hosts;
    int status = linux_hosts_start(&hosts, &kernels, error, error_size);
    if (status) return status;
    result->hosts = json_array();
    for (unsigned i = 0; i < kernels.hosts; i++) json_array_append_new(result->hosts, json_object());
    const struct serve_config serve = {.scenario = scenario,
                                       .listener = hosts.sockets[0],
                                       .second_listener = hosts.sockets[1],
                                       .calendar_listener = hosts.time,
                                       .tap = -1,
                                       .sessions = 1,
                                       .stop = &never,
                                       .from_wire = config->from_wire,
                                       .to_wire = config->to_wire,
                                       .waves = config->waves,
                                       .events = config->events,
                                       .transcript = config->transcript,
                                       .ended = keep_session,
                                       .ctx = result};
    const double start = wall_s();
    status = machine_serve_pci(&serve, result, error, error_size);
    result->wall_s = wall_s() - start;
    if (status == 0) conclude(&hosts, result);
    linux_hosts_end(&hosts);
    return status;
}
