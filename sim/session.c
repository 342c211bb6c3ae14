/* SPDX-License-Identifier: Apache-2.0 */
/* From prepared simulations to what the user sees. */
#define _POSIX_C_SOURCE 200809L
#include "session.h"

#include <errno.h>
#include <stdlib.h>

#include "commands.h"
#include "output.h"

struct session {
    struct report_style style;
    int status;
};

static bool captures(const struct scenario *scenario) {
    for (unsigned i = 0; i < scenario->driver_stack.count; i++)
        if (scenario->driver_stack.drivers[i].kind == SCENARIO_DRIVER_CAPTURE) return true;
    return false;
}

int session_apply_waves(struct simulation *simulation, const struct options *options, unsigned simulations) {
    const char *option = options->waves ? "waves" : options->events ? "events" : options->timeline ? "timeline" : options->transcript ? "transcript" : options->capture ? "capture" : NULL;
    if (!option) return 0;
    if (simulations > 1) {
        fprintf(stderr, "ringside: error: --%s writes one file: run one scenario at a time\n", option);
        return -EINVAL;
    }
    if (options->capture && !captures(&simulation->scenario)) {
        scenario_complain(&simulation->scenario, SCENARIO_KEY_driver_stack, stderr, "has no capture driver, which --capture needs");
        return -EINVAL;
    }
    simulation->events = options->events;
    simulation->timeline = options->timeline;
    simulation->capture = options->capture;
    simulation->transcript = options->transcript;
    if (options->waves)
        simulation->waves =
            (struct machine_waves){options->waves, options->waves_from_ps, options->waves_to_ps, options->waves_full};
    return 0;
}

static void job_done(void *ctx, struct runner_job *job) {
    struct session *session = ctx;
    if (!job->result) {
        fflush(stdout);
        fprintf(stderr, "ringside: error: scenario %s: %s\n", job->name, job->error);
        if (!job->unfit)
            session->status = EXIT_INTERNAL;
        else if (session->status != EXIT_INTERNAL)
            session->status = EXIT_USAGE;
        return;
    }
    report_summary(stdout, job->result, &session->style);
    fflush(stdout);
    if (!report_passed(job->result) && session->status == EXIT_PASSED) session->status = EXIT_FAILED;
}

static int write_json(const char *path, const struct runner_job *jobs, unsigned count) {
    if (count == 1) return jobs[0].result ? report_write_json(path, jobs[0].result) : 0;
    json_t *array = json_array();
    for (unsigned i = 0; i < count; i++)
        if (jobs[i].result) json_array_append(array, jobs[i].result);
    const int status = report_write_json(path, array);
    json_decref(array);
    return status;
}

static int write_junit(const char *path, const struct runner_job *jobs, unsigned count) {
    json_t **results = calloc(count, sizeof *results);
    const char **names = calloc(count, sizeof *names), **errors = calloc(count, sizeof *errors);
    int status = -ENOMEM;
    if (results && names && errors) {
        for (unsigned i = 0; i < count; i++) {
            results[i] = jobs[i].result;
            names[i] = jobs[i].name;
            errors[i] = jobs[i].error;
        }
        status = report_write_junit(path, results, names, errors, count);
    }
    free(results);
    free(names);
    free(errors);
    return status;
}

/* All mistakes in one go; a simulation has files of its own only when it is alone. */
static int check_outputs(const struct simulation *simulations, unsigned count, const struct options *options) {
    int mistakes = output_check("json", options->json) | output_check("junit", options->junit);
    for (unsigned i = 0; i < count; i++)
        mistakes |= output_check("waves", simulations[i].waves.path) | output_check("events", simulations[i].events) |
                    output_check("timeline", simulations[i].timeline) | output_check("capture", simulations[i].capture) |
                    output_check("transcript", simulations[i].transcript) |
                    output_check("to-wire", simulations[i].to_wire) | output_check("to-host", simulations[i].to_host);
    return mistakes;
}

int session_run(struct simulation *simulations, unsigned count, const struct options *options) {
    int mistakes = check_outputs(simulations, count, options);
    for (unsigned i = 0; i < count; i++) mistakes |= scenario_check_live(&simulations[i].scenario, stderr);
    if (mistakes) return EXIT_USAGE;
    struct runner_job *jobs = calloc(count, sizeof *jobs);
    if (!jobs) return EXIT_INTERNAL;
    for (unsigned i = 0; i < count; i++) {
        jobs[i].name = simulations[i].scenario.name;
        jobs[i].body = simulation_body;
        jobs[i].arg = &simulations[i];
        jobs[i].stoppable = *simulations[i].scenario.wire_tap != '\0';
    }
    struct session session = {.style = options_style(options), .status = EXIT_PASSED};
    /* With the result itself on standard output, the summary would be in its way. */
    const bool to_stdout = options->json && *options->json == '-' && options->json[1] == '\0';
    if (to_stdout) session.style.verbosity = -2;
    runner_run(jobs, count, options->jobs, options_show_progress(options), job_done, &session);
    if (options->json && write_json(options->json, jobs, count) != 0) session.status = EXIT_INTERNAL;
    if (options->junit && write_junit(options->junit, jobs, count) != 0) session.status = EXIT_INTERNAL;
    runner_free(jobs, count);
    free(jobs);
    return session.status;
}
