/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario.h: what to simulate, read from YAML and checked.
 *
 * The keys are the rows of scenario_schema.def; each becomes a field of struct scenario and a row of scenario_keys[]. A value comes
 * from its default, then from the file, then from --set, and remembers where it came from so that a message can point there.
 *
 *     struct scenario scenario;
 *     scenario_init(&scenario);
 *     if (scenario_load(&scenario, "rx-64.yaml", stderr) == 0 && scenario_set(&scenario, "pcie.mps=128", stderr) == 0 &&
 *         scenario_check(&scenario, stderr) == 0)
 *         ...
 *     scenario_free(&scenario);
 *
 * Errors are written to the FILE given, one line each in GNU form (file:line:column: error: ...); the functions then return -EINVAL
 * (or another negative errno) after having reported all that they found.
 */
#ifndef RINGSIDE_SCENARIO_H
#define RINGSIDE_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SCENARIO_MAX_SIZES = 32 };

/* Sizes in bytes: `count` values taken in turn, or, when `range` is set, values[0] to values[1] at random. */
struct scenario_sizes {
    uint32_t values[SCENARIO_MAX_SIZES];
    unsigned count;
    bool range;
};

enum scenario_type { SCENARIO_UINT, SCENARIO_PICK, SCENARIO_BOOL, SCENARIO_ENUM, SCENARIO_TEXT, SCENARIO_FILE, SCENARIO_SIZES, SCENARIO_DRIVERS,
                     SCENARIO_REGISTRY };

/* driver.protocol */
enum { SCENARIO_PROTOCOL_NDIS6, SCENARIO_PROTOCOL_NDIS5, SCENARIO_PROTOCOL_TCPIP };

/* Drivers between miniport and protocol, from the bottom up. */
enum scenario_driver_kind {
    SCENARIO_DRIVER_CAPTURE, SCENARIO_DRIVER_VLAN, SCENARIO_DRIVER_MUX, SCENARIO_DRIVER_MODULE, SCENARIO_DRIVER_TEAM
};
enum { SCENARIO_MAX_DRIVERS = 8, SCENARIO_MODULE_PATH = 512, SCENARIO_MODULE_ARGUMENT = 32 };
struct scenario_drivers {
    struct {
        enum scenario_driver_kind kind;
        unsigned number; /* VLAN id; virtual adapters; how a team sends: 0 spread, 1 failover */
        char path[SCENARIO_MODULE_PATH], argument[SCENARIO_MODULE_ARGUMENT]; /* of a module */
    } drivers[SCENARIO_MAX_DRIVERS];
    unsigned count;
};

/* One row of the schema. */
struct scenario_key {
    const char *key; /* dotted */
    enum scenario_type type;
    size_t offset;       /* of the field in struct scenario */
    const char *unit;    /* "" when there is none */
    const char *initial; /* the default, as it would be written */
    uint64_t min, max;   /* UINT and SIZES */
    const char *choices; /* PICK and ENUM: "a|b|c" */
    const char *meaning;
};

#define UINT(field, key, unit, initial, min, max, meaning) SCENARIO_KEY_##field,
#define PICK(field, key, unit, initial, choices, meaning) SCENARIO_KEY_##field,
#define BOOL(field, key, initial, meaning) SCENARIO_KEY_##field,
#define ENUM(field, key, initial, choices, meaning) SCENARIO_KEY_##field,
#define TEXT(field, key, initial, meaning) SCENARIO_KEY_##field,
#define FILE_(field, key, meaning) SCENARIO_KEY_##field,
#define SIZES(field, key, unit, initial, min, max, meaning) SCENARIO_KEY_##field,
#define DRIVERS(field, key, meaning) SCENARIO_KEY_##field,
#define REGISTRY(field, key, meaning) SCENARIO_KEY_##field,
enum scenario_key_number {
#include "scenario_schema.def"
    SCENARIO_KEYS
};
#undef UINT
#undef PICK
#undef BOOL
#undef ENUM
#undef TEXT
#undef FILE_
#undef SIZES
#undef DRIVERS
#undef REGISTRY

extern const struct scenario_key scenario_keys[SCENARIO_KEYS];

enum scenario_cpu_model { SCENARIO_CPU_TABLE, SCENARIO_CPU_CACHES };

/* Where a value was given. */
enum scenario_origin { SCENARIO_DEFAULT, SCENARIO_FROM_FILE, SCENARIO_FROM_SET, SCENARIO_FROM_OPTION };
struct scenario_mark {
    enum scenario_origin origin;
    unsigned line, column; /* from 1, SCENARIO_FROM_FILE only */
    const char *option;    /* "--from-host", SCENARIO_FROM_OPTION only; static storage */
};

#define UINT(field, key, unit, initial, min, max, meaning) uint64_t field;
#define PICK(field, key, unit, initial, choices, meaning) uint64_t field;
#define BOOL(field, key, initial, meaning) bool field;
#define ENUM(field, key, initial, choices, meaning) unsigned field;
#define TEXT(field, key, initial, meaning) char *field;
#define FILE_(field, key, meaning) char *field;
#define SIZES(field, key, unit, initial, min, max, meaning) struct scenario_sizes field;
#define DRIVERS(field, key, meaning) struct scenario_drivers field;
#define REGISTRY(field, key, meaning) char *field; /* lines of "driver/Keyword=value" or "driver/adapter/Keyword=value" */
struct scenario {
    char *path; /* the file it was loaded from, or NULL */
#include "scenario_schema.def"
    struct scenario_mark marks[SCENARIO_KEYS];
};
#undef UINT
#undef PICK
#undef BOOL
#undef ENUM
#undef TEXT
#undef FILE_
#undef SIZES
#undef DRIVERS
#undef REGISTRY

/* All defaults. Strings belong to the scenario; scenario_free() releases them. */
void scenario_init(struct scenario *scenario);
void scenario_free(struct scenario *scenario);
/* A copy that owns its strings. */
void scenario_copy(struct scenario *to, const struct scenario *from);

/* Read a YAML file over what is there. -ENOENT and the like when it cannot be read, -EINVAL when something in it is wrong. */
int scenario_load(struct scenario *scenario, const char *path, FILE *errors);
/* Apply one "key=value" (of --set); file names are relative to the working directory. */
int scenario_set(struct scenario *scenario, const char *assignment, FILE *errors);
/* The same for the value of a command line option that is not --set; `option` ("--from-host") is static storage, for messages. */
int scenario_set_option(struct scenario *scenario, const char *option, const char *key, const char *value, FILE *errors);
/* Rules between keys, and files that must exist. */
int scenario_check(const struct scenario *scenario, FILE *errors);

enum { SCENARIO_EXPECTED = 256 };  /* bytes that hold what any key expects: the words of the longest choice */

/* Parse `text` into the field of key number `key`. On failure returns -EINVAL and writes what was expected into `expected`. */
int scenario_parse_value(struct scenario *scenario, unsigned key, const char *text, char *expected, size_t expected_size);
/* Parameters of drivers, a line each, into *lines, whose old text is freed. False: text is no list of them. */
bool scenario_parse_registry(const char *text, char **lines);
/* What a value of this key looks like, for messages and the documentation: "1, 2 or 4", "a number from 0 to 40 (ns)". */
void scenario_describe_type(const struct scenario_key *key, char *text, size_t size);
/* The number of a dotted key, or -1. */
int scenario_find_key(const char *key);
/* The key, or section, of the schema that is nearest to `key`, or NULL when none is near. */
const char *scenario_nearest_key(const char *key);
/* Report a mistake in the value of `key` where that value was given. */
void scenario_complain(const struct scenario *scenario, unsigned key, FILE *errors, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Of these rules those for the NIC's shape, and its offloads. Returns the number of mistakes. */
int scenario_check_nic(const struct scenario *scenario, FILE *errors);
/* Whether the NIC has offloads: nic.offloads, or what `auto` comes to. */
bool scenario_offloads(const struct scenario *scenario);
/* Queue pairs that the driver asks for: of NetAdapterCx a power of two. */
unsigned scenario_driver_pairs(const struct scenario *scenario);
/* "02:00:00:00:00:01" to bytes, -EINVAL when it is not one. */
int scenario_parse_mac(const char *text, uint8_t mac[6]);
/* "192.0.2.2/24" to the address, lowest byte last, and the bits of the prefix (either may be NULL); -EINVAL when it is not one. */
int scenario_parse_address(const char *text, uint32_t *address, unsigned *prefix);
/* Of whom is at the other end of the cable: locally administered. */
extern const uint8_t scenario_partner_mac[6];
/* Rules for a machine with a driver stack, as `ringside serve` has none: who talks to a TCP/IP stack, and to whom a TAP interface does.
 * 0 or -EINVAL. */
int scenario_check_live(const struct scenario *scenario, FILE *errors);
/* The page scenarios/README.md. */
void scenario_print_page(FILE *out);
/* The word of an ENUM's value ("random" for driver.cut 2), written to `name`, which is returned. */
const char *scenario_enum_name(unsigned key, unsigned value, char *name, size_t size);

#ifdef __cplusplus
}
#endif

#endif
