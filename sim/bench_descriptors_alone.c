/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors with nothing around them: all works in one machine, one after another. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdlib.h>

#include "bench_descriptors.h"
#include "descriptor_run.h"

struct alone {
    struct simulation simulation;
    struct machine_descriptor_row *rows;
    unsigned count;
};

/* The body of a runner's job. */
static int run(void *arg, struct runner_progress *progress, json_t **result, char *error) {
    const struct alone *alone = arg;
    (void)progress;
    const int status = machine_descriptors(&alone->simulation.scenario, alone->rows, alone->count, error, RUNNER_ERROR_SIZE);
    if (status != 0) return status;
    *result = json_array();
    for (unsigned i = 0; i < alone->count; i++) json_array_append_new(*result, alone->rows[i].cpu);
    return 0;
}

static void print_rows(void *ctx, struct runner_job *job) {
    struct descriptors_bench *bench = ctx;
    const struct alone *alone = job->arg;
    if (!job->result) {
        fprintf(stderr, "ringside: error: %s: %s\n", job->name, job->error);
        bench->status = EXIT_INTERNAL;
        return;
    }
    for (unsigned i = 0; i < alone->count; i++)
        descriptors_print(bench, "alone", &alone->rows[i].work, json_array_get(job->result, i));
}

void bench_descriptors_alone(struct descriptors_bench *bench) {
    const struct descriptors_arguments *arguments = bench->arguments;
    const unsigned most = descriptors_most(arguments);
    struct descriptor_work *works = calloc(most, sizeof *works);
    struct alone alone = {.rows = calloc(most, sizeof *alone.rows)};
    if (!works || !alone.rows) abort();
    alone.count = descriptors_list(arguments, descriptors_can, works);
    for (unsigned i = 0; i < alone.count; i++) alone.rows[i].work = works[i];
    struct scenario scenario;
    scenario_copy(&scenario, bench->machine);
    scenario.cpu_free = false;
    scenario.cpu_model = SCENARIO_CPU_CACHES;
    struct runner_job job = {.name = "descriptors alone", .body = run, .arg = &alone};
    if (alone.count == 0) {
        bench->status = EXIT_USAGE;
        fprintf(stderr, "ringside: error: no such descriptors: nbl_list is for tx\n");
    } else if (simulation_prepare(&alone.simulation, &scenario, stderr) != 0) {
        bench->status = EXIT_USAGE;
    } else {
        descriptors_print_head(bench, "Descriptors alone");
        runner_run(&job, 1, 1, options_show_progress(&arguments->options), print_rows, bench);
        runner_free(&job, 1);
        simulation_free(&alone.simulation);
    }
    scenario_free(&scenario);
    free(alone.rows);
    free(works);
}
