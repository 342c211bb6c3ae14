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

struct outcome {
    struct descriptors_bench *bench;
    json_t *cpus;
};

static void done(void *ctx, struct runner_job *job) {
    struct outcome *outcome = ctx;
    if (job->result) {
        outcome->cpus = json_incref(job->result);
        return;
    }
    fprintf(stderr, "ringside: error: %s: %s\n", job->name, job->error);
    outcome->bench->status = EXIT_INTERNAL;
}

json_t *descriptors_measure(struct descriptors_bench *bench, const char *name, const struct descriptor_work *works, unsigned count) {
    struct alone alone = {.rows = calloc(count, sizeof *alone.rows), .count = count};
    struct outcome outcome = {.bench = bench};
    struct runner_job job = {.name = name, .body = run, .arg = &alone};
    struct scenario scenario;
    if (!alone.rows) abort();
    for (unsigned i = 0; i < count; i++) alone.rows[i].work = works[i];
    scenario_copy(&scenario, bench->machine);
    scenario.cpu_free = false;
    scenario.cpu_model = SCENARIO_CPU_CACHES;
    if (simulation_prepare(&alone.simulation, &scenario, stderr) != 0) {
        bench->status = EXIT_USAGE;
    } else {
        runner_run(&job, 1, 1, options_show_progress(&bench->arguments->options), done, &outcome);
        runner_free(&job, 1);
        simulation_free(&alone.simulation);
    }
    scenario_free(&scenario);
    free(alone.rows);
    return outcome.cpus;
}

void bench_descriptors_alone(struct descriptors_bench *bench) {
    const struct descriptors_arguments *arguments = bench->arguments;
    struct descriptor_work *works = calloc(descriptors_most(arguments) + 1, sizeof *works);
    if (!works) abort();
    const unsigned count = descriptors_list(arguments, descriptors_can, works);
    if (count == 0) {
        bench->status = EXIT_USAGE;
        fprintf(stderr, "ringside: error: no such descriptors: nbl_list is for tx, and --help says whose contexts, tags and extensions are\n");
    } else {
        json_t *cpus = descriptors_measure(bench, "descriptors alone", works, count);
        if (cpus) descriptors_print_head(bench, "Descriptors alone");
        for (unsigned i = 0; cpus && i < count; i++) descriptors_print(bench, "alone", &works[i], json_array_get(cpus, i));
        json_decref(cpus);
    }
    free(works);
}
