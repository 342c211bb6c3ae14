/* SPDX-License-Identifier: Apache-2.0 */
/* The common options. */
#define _GNU_SOURCE
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { KEY_SEED = 256, KEY_SET, KEY_WAVES, KEY_FROM, KEY_TO, KEY_DEPTH, KEY_EVENTS, KEY_TIMELINE, KEY_JSON, KEY_JUNIT, KEY_DRIVER, KEY_NIC, KEY_TRANSCRIPT, KEY_CAPTURE, KEY_WIRE };

#define SCENARIO_OPTIONS                                                                                                           \
    {0, 0, 0, 0, "Scenario:", 10},                                                                                                 \
    {"set", KEY_SET, "KEY=VALUE", 0, "Set a key of the scenario, dotted, for example pcie.mps=128; may be repeated", 0},           \
    {"seed", KEY_SEED, "N", 0, "Seed of everything that is random (the key seed)", 0},                                             \
    {"driver", KEY_DRIVER, "ndis|netcx", 0, "Driver interface (the key driver.model)", 0},                                           \
    {"nic", KEY_NIC, "rtl|model", 0, "The device itself, or its C model, which is faster (the key nic.kind)", 0}
/* For commands that may have somebody at the other end of the cable. */
#define WIRE_OPTION                                                                                                               \
    {"wire", KEY_WIRE, "tap:NAME", 0, "The cable leads to this TAP interface (the key wire.tap), at the pace of wire.ahead_ms", 0}
/* A bench knows them, so that it can say what to use instead, and does not list them. */
#define RECORDING_OPTIONS(flags)                                                                                                   \
    {"waves", KEY_WAVES, "FILE.fst", flags, "Write a waveform with hardware signals and software lanes, for GTKWave", 0},          \
    {"waves-from", KEY_FROM, "TIME", flags, "Begin it at this simulated time: a number and ps, ns, us, ms or s, for example 10us", 0}, \
    {"waves-to", KEY_TO, "TIME", flags, "End it at this simulated time", 0},                                                       \
    {"waves-depth", KEY_DEPTH, "default|full", flags, "Signals of each block's boundary, or every signal (slow)", 0}
#define OUTPUT_OPTIONS(flags)                                                                                                      \
    {0, 0, 0, 0, "Output:", 30},                                                                                                   \
    {"events", KEY_EVENTS, "FILE", flags, "Write every event of driver, NIC, link and wire as a line of text", 0},                 \
    {"timeline", KEY_TIMELINE, "FILE.json", flags, "Write the same as a timeline, for Perfetto and chrome://tracing", 0},            \
    {"capture", KEY_CAPTURE, "FILE", flags, "Write what the capture drivers of driver.stack see, as pcapng", 0},                    \
    {"transcript", KEY_TRANSCRIPT, "FILE", flags,                                                                                  \
     "Write what the NIC did, without times: frames, used buffers, registers; equal NICs write the same", 0},                      \
    {"json", KEY_JSON, "FILE", 0, "Write the result as JSON; - is standard output", 0},                                            \
    {"junit", KEY_JUNIT, "FILE", flags, "Write the verdicts as JUnit XML", 0},                                                     \
    {"jobs", 'j', "N", 0, "Simulate up to N scenarios at once (default 1); 0: one for each processor", 0},                         \
    {"quiet", 'q', 0, 0, "Print verdicts and errors only", 0},                                                                     \
    {"verbose", 'v', 0, 0, "Print every failure, not the first few", 0}
static const struct argp_option option_table[] = {
    SCENARIO_OPTIONS, WIRE_OPTION, {0, 0, 0, 0, "Waveform:", 20}, RECORDING_OPTIONS(0), OUTPUT_OPTIONS(0), {0}};
static const struct argp_option bench_option_table[] = {
    SCENARIO_OPTIONS, RECORDING_OPTIONS(OPTION_HIDDEN), OUTPUT_OPTIONS(OPTION_HIDDEN), {0}};

void options_init(struct options *options) {
    memset(options, 0, sizeof *options);
    options->waves_to_ps = UINT64_MAX;
    options->jobs = 1;
}

void options_free(struct options *options) {
    for (unsigned i = 0; i < options->set_count; i++) free(options->sets[i]);
    options->set_count = 0;
}

int options_parse_time(const char *text, uint64_t *ps) {
    static const struct {
        const char *name;
        uint64_t ps;
    } units[] = {{"ps", 1}, {"ns", 1000}, {"us", 1000000}, {"ms", 1000000000}, {"s", UINT64_C(1000000000000)}};
    char *end;
    errno = 0;
    if (*text < '0' || *text > '9') return -EINVAL;
    const long double number = strtold(text, &end);
    if (errno) return -EINVAL;
    while (*end == ' ') end++;
    if (*end == '\0' && number == 0.0L) {
        *ps = 0;
        return 0;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const long double value = number * (long double)units[i].ps;
        if (strcmp(end, units[i].name) == 0 && value < 18446744073709551615.0L) {
            *ps = (uint64_t)(value + 0.5L);
            return 0;
        }
    }
    return -EINVAL;
}

int options_parse_list(const char *text, uint32_t min, uint32_t max, uint32_t *values, unsigned room) {
    unsigned count = 0;
    for (const char *at = text;; at++) {
        char *end;
        errno = 0;
        if (*at < '0' || *at > '9') return -EINVAL;
        const unsigned long value = strtoul(at, &end, 10);
        if (errno || value < min || value > max || count == room || (*end != ',' && *end != '\0')) return -EINVAL;
        values[count++] = (uint32_t)value;
        if (*end == '\0') return (int)count;
        at = end;
    }
}

static void add_set(struct options *options, struct argp_state *state, const char *key, const char *value) {
    char *assignment;
    if (options->set_count == OPTIONS_MAX_SETS)
        argp_error(state, "more than %d values set: put them into a scenario file", OPTIONS_MAX_SETS);
    if (asprintf(&assignment, "%s%s", key, value) < 0) abort();
    options->sets[options->set_count++] = assignment;
}

static uint64_t parse_time(struct argp_state *state, const char *option, const char *text) {
    uint64_t ps = 0;
    if (options_parse_time(text, &ps) != 0)
        argp_error(state, "--%s %s: expected a number and a unit (ps, ns, us, ms or s), for example 10us", option, text);
    return ps;
}

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    struct options *options = state->input;
    char *end;
    switch (key) {
    case KEY_SET: add_set(options, state, "", argument); break;
    case KEY_SEED: add_set(options, state, "seed=", argument); break;
    case KEY_DRIVER: add_set(options, state, "driver.model=", argument); break;
    case KEY_NIC: add_set(options, state, "nic.kind=", argument); break;
    case KEY_WIRE:
        if (strncmp(argument, "tap:", 4) != 0 || !argument[4]) argp_error(state, "--wire %s: expected tap:NAME, a TAP interface", argument);
        add_set(options, state, "wire.tap=", argument + 4);
        break;
    case KEY_WAVES: options->waves = argument; break;
    case KEY_FROM:
        options->waves_from_ps = parse_time(state, "waves-from", argument);
        options->waves_window = true;
        break;
    case KEY_TO:
        options->waves_to_ps = parse_time(state, "waves-to", argument);
        options->waves_window = true;
        break;
    case KEY_DEPTH:
        if (strcmp(argument, "full") != 0 && strcmp(argument, "default") != 0)
            argp_error(state, "--waves-depth %s: expected default or full", argument);
        options->waves_full = strcmp(argument, "full") == 0;
        options->waves_window = true;
        break;
    case KEY_EVENTS: options->events = argument; break;
    case KEY_TIMELINE: options->timeline = argument; break;
    case KEY_CAPTURE: options->capture = argument; break;
    case KEY_TRANSCRIPT: options->transcript = argument; break;
    case KEY_JSON: options->json = argument; break;
    case KEY_JUNIT: options->junit = argument; break;
    case 'j': {
        const unsigned long jobs = strtoul(argument, &end, 10);
        if (*argument < '0' || *argument > '9' || *end != '\0' || jobs > 64)
            argp_error(state, "--jobs %s: expected a number from 0 to 64", argument);
        options->jobs = jobs ? (unsigned)jobs : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
        break;
    }
    case 'q': options->verbosity = -1; break;
    case 'v': options->verbosity = 1; break;
    case ARGP_KEY_END:
        if (options->waves_window && !options->waves)
            argp_error(state, "--waves-from, --waves-to and --waves-depth need --waves FILE.fst");
        if (options->waves_from_ps >= options->waves_to_ps) argp_error(state, "--waves-from must be before --waves-to");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

const struct argp options_argp = {.options = option_table, .parser = parse_option};
const struct argp options_bench_argp = {.options = bench_option_table, .parser = parse_option};

int options_apply(const struct options *options, struct scenario *scenario) {
    int status = 0;
    for (unsigned i = 0; i < options->set_count; i++)
        if (scenario_set(scenario, options->sets[i], stderr) != 0) status = -EINVAL;
    return status;
}

/* Columns of the terminal behind `fd`; 0 when it is none. */
static unsigned terminal_columns(int fd) {
    struct winsize size;
    if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col ? size.ws_col : 80;
}

struct report_style options_style(const struct options *options) {
    return (struct report_style){.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
                                 .columns = terminal_columns(STDOUT_FILENO),
                                 .verbosity = options->verbosity};
}

bool options_show_progress(const struct options *options) { return options->verbosity >= 0 && isatty(STDERR_FILENO); }
