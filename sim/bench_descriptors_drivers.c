/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole drivers: each row is a run of the machine with a driver as it is, and packets in the middle of the run are measured, with rings
 * and caches as traffic leaves them.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>

#include "bench_descriptors.h"

enum { FRAME_BYTES = 128, PACKETS = 4096, TCP4 = 1 };

struct row {
    struct simulation simulation;
    struct descriptor_work work;
    char name[64];
};

struct run {
    struct descriptors_bench *bench;
    struct row *rows;
    struct runner_job *jobs;
};

/* netvio5 has no offloads; the protocol of NDIS 6 sends one NET_BUFFER in an NBL here. */
static bool can(const struct descriptor_work *work) {
    if (work->kind == DESCRIPTOR_NBL_LIST) return false;
    return work->extra == DESCRIPTOR_PLAIN || (work->extra == DESCRIPTOR_CHECKSUM && work->kind != DESCRIPTOR_NDIS_PACKET);
}

static void shape(struct scenario *scenario, const struct descriptor_work *work) {
    enum { RX_RATE_MBPS = 150 }; /* bursts far enough apart for the slowest to be through with one before the next */
    scenario->cpu_free = false;
    scenario->cpu_model = SCENARIO_CPU_CACHES;
    scenario->driver_protocol = scenario->driver_miniport = work->kind == DESCRIPTOR_NDIS_PACKET;
    scenario->driver_model = work->kind == DESCRIPTOR_NET_PACKET;
    if (work->extra == DESCRIPTOR_CHECKSUM) {
        scenario->driver_checksum_offload = true;
        scenario->host_protocol = scenario->wire_protocol = TCP4;
    }
    if (!work->receive) {
        bench_generate_from_host(scenario, PACKETS, FRAME_BYTES);
        scenario->driver_nbls_per_send = work->batch;
        return;
    }
    bench_generate_from_wire(scenario, PACKETS, FRAME_BYTES);
    scenario->wire_burst = work->batch;
    scenario->wire_rate_mbps = RX_RATE_MBPS;
}

static int make_row(struct row *row, const struct scenario *machine) {
    struct scenario scenario;
    scenario_copy(&scenario, machine);
    shape(&scenario, &row->work);
    descriptors_name(&row->work, row->name, sizeof row->name);
    const int status = simulation_prepare(&row->simulation, &scenario, stderr);
    row->simulation.warmup_frames = PACKETS / 4;
    scenario_free(&scenario);
    return status;
}

static void row_done(void *ctx, struct runner_job *job) {
    struct run *run = ctx;
    if (!bench_has_result(job, &run->bench->status)) return;
    descriptors_print(run->bench, "drivers", &run->rows[job - run->jobs].work, json_object_get(job->result, "cpu"));
}

void bench_descriptors_drivers(struct descriptors_bench *bench) {
    const struct descriptors_arguments *arguments = bench->arguments;
    const unsigned most = descriptors_most(arguments);
    struct descriptor_work *works = calloc(most, sizeof *works);
    struct run run = {.bench = bench, .rows = calloc(most, sizeof *run.rows), .jobs = calloc(most, sizeof *run.jobs)};
    if (!works || !run.rows || !run.jobs) abort();
    const unsigned count = descriptors_list(arguments, can, works);
    unsigned ready = 0;
    for (; ready < count; ready++) {
        struct row *row = &run.rows[ready];
        row->work = works[ready];
        if (make_row(row, bench->machine) != 0) break;
        run.jobs[ready] = (struct runner_job){.name = row->name, .body = simulation_body, .arg = &row->simulation};
    }
    if (ready < count) {
        bench->status = EXIT_USAGE;
    } else if (count > 0) {
        descriptors_print_head(bench, "Whole drivers");
        runner_run(run.jobs, count, arguments->options.jobs, options_show_progress(&arguments->options), row_done, &run);
        runner_free(run.jobs, count);
    }
    for (unsigned i = 0; i < ready; i++) simulation_free(&run.rows[i].simulation);
    free(run.jobs);
    free(run.rows);
    free(works);
}
