/* SPDX-License-Identifier: Apache-2.0 */
/* The schema as an array, the life of a scenario, and --set. */
#define _POSIX_C_SOURCE 200809L
#include "scenario.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "suggest.h"

#define ROW(field, key, type, unit, initial, min, max, choices, meaning) \
    {key, type, offsetof(struct scenario, field), unit, initial, min, max, choices, meaning},
#define UINT(field, key, unit, initial, min, max, meaning) ROW(field, key, SCENARIO_UINT, unit, initial, min, max, NULL, meaning)
#define PICK(field, key, unit, initial, choices, meaning) ROW(field, key, SCENARIO_PICK, unit, initial, 0, 0, choices, meaning)
#define BOOL(field, key, initial, meaning) ROW(field, key, SCENARIO_BOOL, "", initial, 0, 0, NULL, meaning)
#define ENUM(field, key, initial, choices, meaning) ROW(field, key, SCENARIO_ENUM, "", initial, 0, 0, choices, meaning)
#define TEXT(field, key, initial, meaning) ROW(field, key, SCENARIO_TEXT, "", initial, 0, 0, NULL, meaning)
#define FILE_(field, key, meaning) ROW(field, key, SCENARIO_FILE, "", "", 0, 0, NULL, meaning)
#define SIZES(field, key, unit, initial, min, max, meaning) ROW(field, key, SCENARIO_SIZES, unit, initial, min, max, NULL, meaning)
#define DRIVERS(field, key, meaning) ROW(field, key, SCENARIO_DRIVERS, "", "", 0, 0, NULL, meaning)
#define REGISTRY(field, key, meaning) ROW(field, key, SCENARIO_REGISTRY, "", "", 0, 0, NULL, meaning)
const struct scenario_key scenario_keys[SCENARIO_KEYS] = {
#include "scenario_schema.def"
};

static char **text_field(const struct scenario *scenario, unsigned number) {
    const struct scenario_key *key = &scenario_keys[number];
    if (key->type != SCENARIO_TEXT && key->type != SCENARIO_FILE && key->type != SCENARIO_REGISTRY) return NULL;
    return (char **)((uintptr_t)scenario + key->offset);
}

void scenario_init(struct scenario *scenario) {
    memset(scenario, 0, sizeof *scenario);
    for (unsigned i = 0; i < SCENARIO_KEYS; i++) {
        char expected[SCENARIO_EXPECTED];
        if (scenario_parse_value(scenario, i, scenario_keys[i].initial, expected, sizeof expected) != 0) {
            fprintf(stderr, "scenario_schema.def: default of %s is not %s\n", scenario_keys[i].key, expected);
            abort();
        }
    }
}

void scenario_free(struct scenario *scenario) {
    for (unsigned i = 0; i < SCENARIO_KEYS; i++) {
        char **field = text_field(scenario, i);
        if (field) free(*field);
    }
    free(scenario->path);
    memset(scenario, 0, sizeof *scenario);
}

static char *copy_text(const char *text) {
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy) abort();
    return copy;
}

void scenario_copy(struct scenario *to, const struct scenario *from) {
    *to = *from;
    to->path = copy_text(from->path);
    for (unsigned i = 0; i < SCENARIO_KEYS; i++) {
        char **field = text_field(to, i);
        if (field) *field = copy_text(*field);
    }
}

int scenario_find_key(const char *key) {
    for (int i = 0; i < SCENARIO_KEYS; i++)
        if (strcmp(scenario_keys[i].key, key) == 0) return i;
    return -1;
}

const char *scenario_nearest_key(const char *key) {
    const char *nearest = NULL;
    unsigned least = ~0u;
    for (unsigned i = 0; i < SCENARIO_KEYS; i++) {
        const char *candidate = scenario_keys[i].key;
        unsigned distance = suggest_distance(key, candidate);
        /* A person who forgot the section means the key whose last part that is: as near as one slip. */
        const char *last = strrchr(candidate, '.');
        const char *typed = strrchr(key, '.');
        typed = typed ? typed + 1 : key;
        if (last && strcmp(last + 1, typed) == 0 && distance > 1) distance = 1;
        if (distance < least) {
            least = distance;
            nearest = candidate;
        }
    }
    return suggest_is_near(key, least) ? nearest : NULL;
}

void scenario_complain(const struct scenario *scenario, unsigned number, FILE *errors, const char *format, ...) {
    const struct scenario_mark *mark = &scenario->marks[number];
    switch (mark->origin) {
    case SCENARIO_FROM_FILE:
        fprintf(errors, "%s:%u:%u: error: %s: ", scenario->path, mark->line, mark->column, scenario_keys[number].key);
        break;
    case SCENARIO_FROM_OPTION: fprintf(errors, "ringside: error: %s: ", mark->option); break;
    case SCENARIO_FROM_SET: fprintf(errors, "ringside: error: --set %s: ", scenario_keys[number].key); break;
    case SCENARIO_DEFAULT: fprintf(errors, "ringside: error: %s: ", scenario_keys[number].key); break;
    }
    va_list arguments;
    va_start(arguments, format);
    vfprintf(errors, format, arguments);
    va_end(arguments);
    fputc('\n', errors);
}

/* `where` is what the user typed: "--set pcie.mps", "--cut". */
static int set_value(struct scenario *scenario, unsigned number, const char *value, const char *where, FILE *errors) {
    char expected[SCENARIO_EXPECTED];
    if (scenario_parse_value(scenario, number, value, expected, sizeof expected) == 0) return 0;
    const char *unit = scenario_keys[number].unit;
    fprintf(errors, "ringside: error: %s: expected %s%s%s%s, got '%s'\n", where, expected, *unit ? " (" : "", unit,
            *unit ? ")" : "", value);
    return -EINVAL;
}

int scenario_set(struct scenario *scenario, const char *assignment, FILE *errors) {
    static const char set[] = "--set ";
    const char *equals = strchr(assignment, '=');
    char where[128 + sizeof set];
    if (!equals || equals == assignment || (size_t)(equals - assignment) >= sizeof where - sizeof set) {
        fprintf(errors, "ringside: error: --set %s: expected key=value, for example --set pcie.mps=128\n", assignment);
        return -EINVAL;
    }
    snprintf(where, sizeof where, "%s%.*s", set, (int)(equals - assignment), assignment);
    const char *key = where + strlen(set);
    const int number = scenario_find_key(key);
    if (number < 0) {
        const char *nearest = scenario_nearest_key(key);
        fprintf(errors, "ringside: error: %s: there is no such key%s%s%s\n", where, nearest ? "; did you mean '" : "",
                nearest ? nearest : "", nearest ? "'?" : "; sim/scenarios/README.md lists them all");
        return -EINVAL;
    }
    const int status = set_value(scenario, (unsigned)number, equals + 1, where, errors);
    if (status == 0) scenario->marks[number] = (struct scenario_mark){.origin = SCENARIO_FROM_SET};
    return status;
}

int scenario_set_option(struct scenario *scenario, const char *option, const char *key, const char *value, FILE *errors) {
    const int number = scenario_find_key(key);
    if (number < 0) abort(); /* ours */
    const int status = set_value(scenario, (unsigned)number, value, option, errors);
    if (status == 0) scenario->marks[number] = (struct scenario_mark){.origin = SCENARIO_FROM_OPTION, .option = option};
    return status;
}
