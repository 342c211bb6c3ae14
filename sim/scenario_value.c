/* SPDX-License-Identifier: Apache-2.0 */
/* From the text of a value to the field of its key: one parser for defaults, files and --set. */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"

/* A decimal number and nothing else; underscores may group digits (1_000_000). */
static bool parse_number(const char *text, size_t length, uint64_t *value) {
    uint64_t sum = 0;
    bool digits = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '_' && digits) continue;
        if (!isdigit((unsigned char)text[i])) return false;
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (sum > (UINT64_MAX - digit) / 10) return false;
        sum = sum * 10 + digit;
        digits = true;
    }
    *value = sum;
    return digits;
}

/* The place of `text` in "a|b|c", or -1. */
static int find_choice(const char *choices, const char *text) {
    const size_t length = strlen(text);
    int place = 0;
    for (const char *at = choices;; place++) {
        const size_t width = strcspn(at, "|");
        if (width == length && memcmp(at, text, width) == 0) return place;
        if (at[width] == '\0') return -1;
        at += width + 1;
    }
}

static bool parse_bool(const char *text, bool *value) {
    static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no", "off"};
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
            *value = strcmp(text, yes[i]) == 0;
            return true;
        }
    }
    return false;
}

static bool parse_size(const struct scenario_key *key, const char *text, size_t length, uint32_t *value) {
    uint64_t number;
    while (length > 0 && isspace((unsigned char)*text)) text++, length--;
    while (length > 0 && isspace((unsigned char)text[length - 1])) length--;
    if (!parse_number(text, length, &number) || number < key->min || number > key->max) return false;
    *value = (uint32_t)number;
    return true;
}

/* "64", "64,128,1518" or "64..1518". */
static bool parse_sizes(const struct scenario_key *key, const char *text, struct scenario_sizes *sizes) {
    struct scenario_sizes parsed = {{0}, 0, false};
    const char *dots = strstr(text, "..");
    if (dots) {
        parsed.range = true;
        parsed.count = 2;
        if (!parse_size(key, text, (size_t)(dots - text), &parsed.values[0]) ||
            !parse_size(key, dots + 2, strlen(dots + 2), &parsed.values[1]) || parsed.values[0] > parsed.values[1])
            return false;
        *sizes = parsed;
        return true;
    }
    for (const char *at = text;;) {
        const size_t width = strcspn(at, ",");
        if (parsed.count == SCENARIO_MAX_SIZES || !parse_size(key, at, width, &parsed.values[parsed.count])) return false;
        parsed.count++;
        if (at[width] == '\0') break;
        at += width + 1;
    }
    *sizes = parsed;
    return true;
}

/* The place of a word of so many characters in "a|b|c", or -1. */
static int find_word(const char *choices, const char *text, size_t length) {
    int place = 0;
    for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL, place++)
        if (strcspn(at, "|") == length && memcmp(at, text, length) == 0) return place;
    return -1;
}

/* "vlan 7", "team spread": the word, then the number or word that it takes. */
static bool parse_driver(const char *text, size_t length, struct scenario_drivers *drivers) {
    static const struct {
        const char *word;
        enum scenario_driver_kind kind;
        uint64_t most;
        const char *words;
    } kinds[] = {{"capture", SCENARIO_DRIVER_CAPTURE, 0, NULL}, {"vlan", SCENARIO_DRIVER_VLAN, 4094, NULL}, {"mux", SCENARIO_DRIVER_MUX, 16, NULL},
                 {"team", SCENARIO_DRIVER_TEAM, 0, "spread|failover"}};
    while (length > 0 && isspace((unsigned char)*text)) text++, length--;
    while (length > 0 && isspace((unsigned char)text[length - 1])) length--;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t width = strlen(kinds[i].word);
        uint64_t number = 0;
        if (length < width || memcmp(text, kinds[i].word, width) != 0) continue;
        const char *rest = text + width;
        while (rest < text + length && isspace((unsigned char)*rest)) rest++;
        const size_t left = (size_t)(text + length - rest);
        const bool separate = left == 0 || rest > text + width;
        const int word = kinds[i].words ? find_word(kinds[i].words, rest, left) : -1;
        if (word > 0) number = (uint64_t)word;
        const bool good = kinds[i].words  ? separate && word >= 0
                          : kinds[i].most ? separate && parse_number(rest, left, &number) && number >= 1 && number <= kinds[i].most
                                          : left == 0;
        if (!good || drivers->count == SCENARIO_MAX_DRIVERS) return false;
        drivers->drivers[drivers->count].kind = kinds[i].kind;
        drivers->drivers[drivers->count++].number = (unsigned)number;
        return true;
    }
    return false;
}

/* "build/ndislwf.so", and behind it a word that the module's kind of driver takes. */
static bool parse_module(const char *text, size_t length, struct scenario_drivers *drivers) {
    while (length > 0 && isspace((unsigned char)*text)) text++, length--;
    while (length > 0 && isspace((unsigned char)text[length - 1])) length--;
    size_t path = length;
    for (size_t i = 0; i + 3 < length && path == length; i++)
        if (memcmp(text + i, ".so", 3) == 0 && isspace((unsigned char)text[i + 3])) path = i + 3;
    if (path < 4 || memcmp(text + path - 3, ".so", 3) != 0 || path >= SCENARIO_MODULE_PATH) return false;
    const char *argument = text + path;
    while (argument < text + length && isspace((unsigned char)*argument)) argument++;
    const size_t width = (size_t)(text + length - argument);
    if (width >= SCENARIO_MODULE_ARGUMENT || drivers->count == SCENARIO_MAX_DRIVERS) return false;
    drivers->drivers[drivers->count].kind = SCENARIO_DRIVER_MODULE;
    memcpy(drivers->drivers[drivers->count].path, text, path);
    memcpy(drivers->drivers[drivers->count++].argument, argument, width);
    return true;
}

/* "capture, vlan 7, mux 2"; nothing is no driver. */
static bool parse_drivers(const char *text, struct scenario_drivers *drivers) {
    struct scenario_drivers parsed = {.count = 0};
    for (const char *at = text; *at;) {
        const size_t width = strcspn(at, ",");
        if (!parse_driver(at, width, &parsed) && !parse_module(at, width, &parsed)) return false;
        at += width + (at[width] != '\0');
    }
    *drivers = parsed;
    return true;
}

static void replace_text(char **field, const char *text) {
    char *copy = strdup(text);
    if (!copy) abort();
    free(*field);
    *field = copy;
}

int scenario_parse_value(struct scenario *scenario, unsigned number, const char *text, char *expected, size_t expected_size) {
    const struct scenario_key *key = &scenario_keys[number];
    void *field = (char *)scenario + key->offset;
    bool good = false;
    uint64_t value;
    switch (key->type) {
    case SCENARIO_UINT:
        good = parse_number(text, strlen(text), &value) && value >= key->min && value <= key->max;
        if (good) *(uint64_t *)field = value;
        break;
    case SCENARIO_PICK:
        good = find_choice(key->choices, text) >= 0 && parse_number(text, strlen(text), &value);
        if (good) *(uint64_t *)field = value;
        break;
    case SCENARIO_BOOL: good = parse_bool(text, (bool *)field); break;
    case SCENARIO_ENUM: {
        const int place = find_choice(key->choices, text);
        good = place >= 0;
        if (good) *(unsigned *)field = (unsigned)place;
        break;
    }
    case SCENARIO_TEXT:
    case SCENARIO_FILE:
        replace_text((char **)field, text);
        good = true;
        break;
    case SCENARIO_SIZES: good = parse_sizes(key, text, (struct scenario_sizes *)field); break;
    case SCENARIO_REGISTRY: good = scenario_parse_registry(text, (char **)field); break;
    case SCENARIO_DRIVERS: good = parse_drivers(text, (struct scenario_drivers *)field); break;
    }
    if (good) return 0;
    scenario_describe_type(key, expected, expected_size);
    return -EINVAL;
}

/* "a|b|c" as "a, b or c". */
static void print_choices(FILE *out, const char *choices) {
    for (const char *at = choices;;) {
        const size_t width = strcspn(at, "|");
        fprintf(out, "%.*s", (int)width, at);
        if (at[width] == '\0') return;
        at += width + 1;
        fputs(strchr(at, '|') ? ", " : " or ", out);
    }
}

void scenario_describe_type(const struct scenario_key *key, char *text, size_t size) {
    FILE *out = fmemopen(text, size, "w");
    if (!out) abort();
    switch (key->type) {
    case SCENARIO_UINT:
        fputs("a number", out);
        if (key->max != UINT64_MAX) fprintf(out, " from %" PRIu64 " to %" PRIu64, key->min, key->max);
        break;
    case SCENARIO_PICK:
    case SCENARIO_ENUM: print_choices(out, key->choices); break;
    case SCENARIO_BOOL: fputs("true or false", out); break;
    case SCENARIO_TEXT: fputs("text", out); break;
    case SCENARIO_FILE: fputs("a file", out); break;
    case SCENARIO_DRIVERS: fprintf(out, "a list of up to %d of: capture, vlan 1 to 4094, mux 1 to 16, team spread or failover, PATH.so", SCENARIO_MAX_DRIVERS); break;
    case SCENARIO_REGISTRY: fputs("a mapping of drivers to keywords to values", out); break;
    case SCENARIO_SIZES:
        fprintf(out, "a number from %" PRIu64 " to %" PRIu64 ", a list of them, or a range \"from..to\"", key->min, key->max);
        break;
    }
    fclose(out);
}

const char *scenario_enum_name(unsigned number, unsigned value, char *name, size_t size) {
    const char *at = scenario_keys[number].choices;
    for (; value > 0; value--) at += strcspn(at, "|") + 1;
    snprintf(name, size, "%.*s", (int)strcspn(at, "|"), at);
    return name;
}
