/* SPDX-License-Identifier: Apache-2.0 */
/* ringside run SCENARIO... */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "commands.h"
#include "session.h"
#include "shipped.h"

static const char documentation[] =
    "Run scenarios (files, or names that `ringside list' shows) and print a verdict and a summary for each.\v"
    "Every check is on in every run: frames end to end, NET_BUFFER_LIST ownership, ring rules, TLP rules, DMA mappings. A failed "
    "check is reported with its simulated time, the object, the clause and the packet, and makes the exit status 1.\n"
    "\n"
    "Examples:\n"
    "  ringside run default\n"
    "  ringside run tx-64 rx-64 both-1518 --jobs 2 --junit results.xml\n"
    "  ringside run my.yaml --set driver.cut=random --seed 7 --json result.json\n"
    "  ringside run default --waves d.fst --waves-from 10us --waves-to 30us\n"
    "\n"
    "Exit status: 0 passed, 1 a check failed, 2 bad usage or input, 3 internal error.";

struct arguments {
    struct options options;
    char **scenarios;
    unsigned count;
};

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->options; break;
    case ARGP_KEY_ARG: arguments->scenarios[arguments->count++] = argument; break;
    case ARGP_KEY_NO_ARGS: argp_error(state, "a scenario is missing; `ringside list' shows what ships, `default' is one"); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int prepare(struct simulation *simulation, const char *word, const struct options *options, unsigned count) {
    char path[PATH_MAX];
    struct scenario scenario;
    scenario_init(&scenario);
    int status = shipped_find(word, path, sizeof path);
    if (status == 0) status = scenario_load(&scenario, path, stderr);
    if (status == 0) status = options_apply(options, &scenario);
    if (status == 0) status = simulation_prepare(simulation, &scenario, stderr);
    if (status == 0 && (status = session_apply_waves(simulation, options, count)) != 0) simulation_free(simulation);
    scenario_free(&scenario);
    return status;
}

static int run_all(struct arguments *arguments) {
    struct simulation *simulations = calloc(arguments->count, sizeof *simulations);
    if (!simulations) return EXIT_INTERNAL;
    unsigned ready = 0, mistakes = 0;
    for (unsigned i = 0; i < arguments->count; i++) {
        if (prepare(&simulations[ready], arguments->scenarios[i], &arguments->options, arguments->count) == 0)
            ready++;
        else
            mistakes++;
    }
    const int status = mistakes ? (int)EXIT_USAGE : session_run(simulations, ready, &arguments->options);
    for (unsigned i = 0; i < ready; i++) simulation_free(&simulations[i]);
    free(simulations);
    return status;
}

int command_run(int argc, char **argv) {
    static const struct argp_child children[] = {{&options_argp, 0, NULL, 0}, {0}};
    const struct argp parser = {.parser = parse_option, .args_doc = "SCENARIO...", .doc = documentation, .children = children};
    struct arguments arguments = {.scenarios = calloc((size_t)argc, sizeof(char *))};
    if (!arguments.scenarios) return EXIT_INTERNAL;
    options_init(&arguments.options);
    int status = EXIT_USAGE;
    if (argp_parse(&parser, argc, argv, 0, NULL, &arguments) == 0) status = run_all(&arguments);
    options_free(&arguments.options);
    free(arguments.scenarios);
    return status;
}
