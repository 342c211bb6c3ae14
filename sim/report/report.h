/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h: the views of a result. The JSON object is the result as it travels between processes; summary and JUnit are made of it.
 *
 * Keys are stable: programs read them. Only sim.wall_s and sim.cycles_per_s may differ between two runs of the same thing.
 */
#ifndef RINGSIDE_REPORT_H
#define RINGSIDE_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "machine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the summary looks. */
struct report_style {
    bool colour;
    unsigned columns; /* failures are broken between words to fit; 0: never */
    int verbosity; /* -2 nothing, -1 verdict and failures, 0 table too, 1 every failure */
};

/* The result file's object (a new reference): verdict from the failures and what the scenario expects. Takes in, as a failure of
 * its own ("expect.verdict"), that an expected failure did not come. */
json_t *report_json(const struct scenario *scenario, const struct machine_result *result);
bool report_passed(const json_t *result);
/* The machine of a scenario, for bench files: every key of pcie, memory, cpu, nic, wire and driver with its value. */
json_t *report_machine_json(const struct scenario *scenario);

/* The NBLs of `lost`, for a person: of each class the first, with --verbose all that are there. Nothing when there are none. */
void report_lost(FILE *out, const json_t *result, const struct report_style *style);
/* Verdict, table, failures and lost NBLs, for a person. */
void report_summary(FILE *out, const json_t *result, const struct report_style *style);

/* Write `json` to a file ("-": standard output). 0 or a negative errno, with a message on stderr. */
int report_write_json(const char *path, const json_t *json);
/* One JUnit test suite with a test case for each of the results; NULL members (a crashed run) are errors with errors[i]. */
int report_write_junit(const char *path, json_t *const *results, const char *const *names, const char *const *errors, size_t count);

#ifdef __cplusplus
}
#endif

#endif
