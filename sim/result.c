/* SPDX-License-Identifier: Apache-2.0 */
/* The failures and the drivers of a result. */
#define _POSIX_C_SOURCE 200809L
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

static char *copy_text(const char *text) {
    char *copy = strdup(text ? text : "");
    if (!copy) abort();
    return copy;
}

void machine_result_fail(struct machine_result *result, uint64_t time_ps, const char *check, const char *clause, int64_t packet,
                         const char *message) {
    struct machine_failure *grown = realloc(result->failures, (result->failure_count + 1) * sizeof *grown);
    if (!grown) abort();
    result->failures = grown;
    grown[result->failure_count++] = (struct machine_failure){.time_ps = time_ps,
                                                              .check = copy_text(check),
                                                              .clause = copy_text(clause),
                                                              .message = copy_text(message),
                                                              .packet = packet};
}

void machine_result_add_driver(struct machine_result *result, const char *line) {
    char **grown = realloc(result->drivers, (result->driver_count + 1) * sizeof *grown);
    if (!grown) abort();
    result->drivers = grown;
    grown[result->driver_count++] = copy_text(line);
}

void machine_result_free(struct machine_result *result) {
    for (size_t i = 0; i < result->failure_count; i++) {
        free(result->failures[i].check);
        free(result->failures[i].clause);
        free(result->failures[i].message);
    }
    free(result->failures);
    for (size_t i = 0; i < result->driver_count; i++) free(result->drivers[i]);
    free(result->drivers);
    json_decref(result->lost);
    json_decref(result->hosts);
    json_decref(result->cpu);
    memset(result, 0, sizeof *result);
}
