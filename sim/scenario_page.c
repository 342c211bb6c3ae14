/* SPDX-License-Identifier: Apache-2.0 */
/* scenarios/README.md, printed from the schema; the test sim.scenario_page_is_current keeps the committed page equal to this. */
#include <string.h>

#include "scenario.h"

static void print_introduction(FILE *out) {
    fputs(
        "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
        "# Scenarios\n\n"
        "A scenario says what to simulate: the machine, the driver, the traffic, and what must come of it. `ringside list` names "
        "the\n"
        "ones of this folder; `ringside run NAME` runs one, `ringside run FILE` runs your own, `ringside check FILE` only "
        "validates.\n"
        "Every key has a default (together: the default machine of the design) and can be set from the command line:\n\n"
        "```\n"
        "ringside run rx-64 --set pcie.read_latency_ns=900 --set driver.cut=random\n"
        "```\n\n"
        "The smallest scenario that does something:\n\n"
        "```yaml\n"
        "description: a thousand small frames to the wire\n"
        "traffic:\n"
        "  from_host: {frames: 1000, size: 64}\n"
        "```\n\n"
        "Unknown keys, wrong types, values out of range and missing files are refused with file, line and column. Dots in a key "
        "are\n"
        "nesting in YAML. File names are relative to the scenario's folder, or with `--set` to the working directory. A list of "
        "sizes\n"
        "is taken in turn (`[64, 1518]`); a range is drawn from at random (`64..1518`). This page is made from\n"
        "`scenario_schema.def` by `ringside-scenario-page`; a test keeps it current.\n",
        out);
}

/* The section of a key: all before its last dot. */
static size_t section_length(const char *key) {
    const char *dot = strrchr(key, '.');
    return dot ? (size_t)(dot - key) : 0;
}

static void print_row(FILE *out, const struct scenario_key *key) {
    char type[SCENARIO_EXPECTED];
    scenario_describe_type(key, type, sizeof type);
    fprintf(out, "| `%s` | %s%s%s%s | %s%s%s | %s |\n", key->key, type, *key->unit ? " (" : "", key->unit, *key->unit ? ")" : "",
            *key->initial ? "`" : "", key->initial, *key->initial ? "`" : "", key->meaning);
}

void scenario_print_page(FILE *out) {
    print_introduction(out);
    const char *section = NULL;
    size_t length = 0;
    for (unsigned i = 0; i < SCENARIO_KEYS; i++) {
        const struct scenario_key *key = &scenario_keys[i];
        if (!section || section_length(key->key) != length || strncmp(section, key->key, length) != 0) {
            section = key->key;
            length = section_length(section);
            fprintf(out, "\n## %.*s\n\n| key | value | default | meaning |\n|---|---|---|---|\n", length ? (int)length : 7,
                    length ? section : "General");
        }
        print_row(out, key);
    }
}
