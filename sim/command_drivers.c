/* SPDX-License-Identifier: Apache-2.0 */
/* ringside drivers SCENARIO */
#define _POSIX_C_SOURCE 200809L
#include <limits.h>
#include <stdio.h>

#include "commands.h"
#include "options.h"
#include "shipped.h"
#include "simulation.h"

static const char documentation[] =
    "Bring up the driver stack of a scenario and show it as it is bound: one line for each driver, from the top of each adapter down to "
    "its miniport.\v"
    "A line has the adapter, the driver or module, what it is, its state, and what it sees of the data path; a protocol's has the backfill "
    "that it is asked for. No traffic flows.\n"
    "\n"
    "Examples:\n"
    "  ringside drivers stack\n"
    "  ringside drivers default --set 'driver.stack=capture, vlan 7, mux 2'\n"
    "\n"
    "Exit status: 0 shown, 1 a check failed, 2 bad usage or input, 3 internal error.";

struct arguments {
    struct options options;
    const char *scenario;
};

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->options; break;
    case ARGP_KEY_ARG:
        if (arguments->scenario) argp_error(state, "unexpected '%s': one scenario at a time", argument);
        arguments->scenario = argument;
        break;
    case ARGP_KEY_NO_ARGS: argp_error(state, "a scenario is missing: a file, or a name that `ringside list' shows"); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int show(struct simulation *simulation) {
    struct runner_job job = {.name = simulation->scenario.name, .body = simulation_body, .arg = simulation};
    int status = EXIT_PASSED;
    simulation->describe = true;
    runner_run(&job, 1, 1, false, NULL, NULL);
    if (job.result) {
        const json_t *lines = json_object_get(job.result, "drivers");
        for (size_t i = 0; i < json_array_size(lines); i++) puts(json_string_value(json_array_get(lines, i)));
        const json_t *failure = json_array_get(json_object_get(job.result, "failures"), 0);
        if (failure) {
            fprintf(stderr, "ringside: error: %s\n", json_string_value(json_object_get(failure, "message")));
            status = EXIT_FAILED;
        }
    } else {
        fprintf(stderr, "ringside: error: scenario %s: %s\n", job.name, job.error);
        status = job.unfit ? EXIT_USAGE : EXIT_INTERNAL;
    }
    runner_free(&job, 1);
    return status;
}

int command_drivers(int argc, char **argv) {
    static const struct argp_child children[] = {{&options_bench_argp, 0, NULL, 0}, {0}};
    const struct argp parser = {.parser = parse_option, .args_doc = "SCENARIO", .doc = documentation, .children = children};
    struct arguments arguments = {.scenario = NULL};
    options_init(&arguments.options);
    int status = EXIT_USAGE;
    if (argp_parse(&parser, argc, argv, 0, NULL, &arguments) == 0) {
        char path[PATH_MAX];
        struct scenario scenario;
        struct simulation simulation;
        scenario_init(&scenario);
        if (shipped_find(arguments.scenario, path, sizeof path) == 0 && scenario_load(&scenario, path, stderr) == 0 &&
            options_apply(&arguments.options, &scenario) == 0 && simulation_prepare(&simulation, &scenario, stderr) == 0) {
            status = show(&simulation);
            simulation_free(&simulation);
        }
        scenario_free(&scenario);
    }
    options_free(&arguments.options);
    return status;
}
