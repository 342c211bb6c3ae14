/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner.h: simulations in child processes.
 *
 * SystemC elaborates once in a process, and a model that crashes must not take the results of the others with it. So each job runs
 * in a forked child, which sends its progress and at the end its result, a JSON value, back through a pipe. Results are kept in the
 * order of the jobs, however many run at once.
 */
#ifndef RINGSIDE_RUNNER_H
#define RINGSIDE_RUNNER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { RUNNER_ERROR_SIZE = 4096 };

/* Where a job's body reports how far it is. */
struct runner_progress;
void runner_report_progress(struct runner_progress *progress, uint64_t time_ps, uint64_t packets, double fraction);

struct runner_job {
    const char *name;
    /* Runs in the child. 0 and a new reference in *result, or a negative errno and a message; -ENOMEM: the simulated machine has too
     * little of something, -ENOENT: what the scenario names is not there, -EINVAL: it is not what it should be; all make the job `unfit`. */
    int (*body)(void *arg, struct runner_progress *progress, json_t **result, char *error);
    void *arg;
    bool stoppable; /* SIGINT and SIGTERM are handed on to it, and its result waited for; another, later than a second, ends the program */
    /* Out: a result, or NULL and a message that says what went wrong; `crashed` when the child died of it. */
    json_t *result;
    bool crashed;
    bool unfit; /* the machine that was asked for cannot do it: the input is wrong, not the program */
    char error[RUNNER_ERROR_SIZE];
};

/* Run all, up to `parallel` at once. `done`, when not NULL, is called for each job in the order of the array as soon as it and all
 * before it have ended. `show_progress` draws a line on stderr. Returns the number of jobs without a result. */
unsigned runner_run(struct runner_job *jobs, unsigned count, unsigned parallel, bool show_progress,
                    void (*done)(void *ctx, struct runner_job *job), void *ctx);
/* Release the results. */
void runner_free(struct runner_job *jobs, unsigned count);

#ifdef __cplusplus
}
#endif

#endif
