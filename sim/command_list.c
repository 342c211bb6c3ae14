/* SPDX-License-Identifier: Apache-2.0 */
/* ringside list, and ringside check SCENARIO... */
#define _POSIX_C_SOURCE 200809L
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "options.h"
#include "scenario.h"
#include "shipped.h"
#include "simulation.h"

static const char list_documentation[] =
    "List the scenarios that ship with Ringside, one on each line: name and description.\v"
    "Run one with `ringside run NAME'. They are read from the folder in the environment variable RINGSIDE_SCENARIOS, or else from "
    "where they were when Ringside was built.\n"
    "\n"
    "Exit status: 0 listed, 2 bad usage or input.";

static const char check_documentation[] =
    "Validate scenarios, and the captures that they name, without running them.\v"
    "Mistakes are printed as FILE:LINE:COLUMN: error: KEY: what was expected, all of them, with the nearest valid key.\n"
    "\n"
    "Examples:\n"
    "  ringside check my.yaml\n"
    "  ringside check rx-64 --set pcie.mps=128\n"
    "\n"
    "Exit status: 0 valid, 2 not.";

static error_t parse_list_option(int key, char *argument, struct argp_state *state) {
    if (key == ARGP_KEY_ARG) argp_error(state, "unexpected '%s': list takes no arguments", argument);
    return ARGP_ERR_UNKNOWN;
}

static int list_one(const char *name, int width) {
    char path[PATH_MAX];
    struct scenario scenario;
    scenario_init(&scenario);
    int status = shipped_find(name, path, sizeof path);
    if (status == 0) status = scenario_load(&scenario, path, stderr);
    if (status == 0) printf("%-*s  %s\n", width, name, scenario.description);
    scenario_free(&scenario);
    return status;
}

int command_list(int argc, char **argv) {
    const struct argp parser = {.parser = parse_list_option, .doc = list_documentation};
    if (argp_parse(&parser, argc, argv, 0, NULL, NULL) != 0) return EXIT_USAGE;
    char **names;
    const int count = shipped_names(&names);
    if (count < 0) {
        fprintf(stderr, "ringside: error: cannot read %s: %s; set RINGSIDE_SCENARIOS to the folder with the scenarios\n",
                shipped_folder(), strerror(-count));
        return EXIT_USAGE;
    }
    int width = 0, status = 0;
    for (int i = 0; i < count; i++) width = (int)strlen(names[i]) > width ? (int)strlen(names[i]) : width;
    for (int i = 0; i < count; i++) status |= list_one(names[i], width);
    shipped_free_names(names, count);
    return status ? EXIT_USAGE : EXIT_PASSED;
}

struct check_arguments {
    struct options options;
    unsigned given, wrong;
};

static void check_one(struct check_arguments *arguments, const char *word) {
    char path[PATH_MAX];
    struct scenario scenario;
    struct simulation simulation;
    scenario_init(&scenario);
    int status = shipped_find(word, path, sizeof path);
    if (status == 0) status = scenario_load(&scenario, path, stderr);
    if (status == 0) status = options_apply(&arguments->options, &scenario);
    if (status == 0 && (status = simulation_prepare(&simulation, &scenario, stderr)) == 0) {
        if (arguments->options.verbosity >= 0) printf("%s: valid\n", path);
        simulation_free(&simulation);
    }
    scenario_free(&scenario);
    arguments->wrong += status != 0;
}

enum { MAX_CHECKED = 256 };
struct check_words {
    struct check_arguments arguments;
    char *words[MAX_CHECKED];
};

static error_t parse_check_option(int key, char *argument, struct argp_state *state) {
    struct check_words *check = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &check->arguments.options; break;
    case ARGP_KEY_ARG:
        if (check->arguments.given == MAX_CHECKED) argp_error(state, "more than %d scenarios at once", MAX_CHECKED);
        check->words[check->arguments.given++] = argument;
        break;
    case ARGP_KEY_NO_ARGS: argp_error(state, "a scenario is missing: a file, or a name that `ringside list' shows"); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

int command_check(int argc, char **argv) {
    static const struct argp_child children[] = {{&options_argp, 0, NULL, 0}, {0}};
    const struct argp parser = {
        .parser = parse_check_option, .args_doc = "SCENARIO...", .doc = check_documentation, .children = children};
    struct check_words check = {.arguments = {.given = 0}};
    options_init(&check.arguments.options);
    if (argp_parse(&parser, argc, argv, 0, NULL, &check) == 0)
        for (unsigned i = 0; i < check.arguments.given; i++) check_one(&check.arguments, check.words[i]);
    options_free(&check.arguments.options);
    return check.arguments.wrong ? EXIT_USAGE : EXIT_PASSED;
}
