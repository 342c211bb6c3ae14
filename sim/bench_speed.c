/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ringside bench speed: the simulator itself.
 *
 * Rows run one at a time, whatever --jobs says: they compete for the processor. The bare NIC is measured first and is what the
 * others are compared with.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static const char documentation[] =
    "Measure the simulator: NIC clock cycles and packets per second of wall time.\v"
    "  bare        the Verilated NIC alone, inputs idle, in a plain loop\n"
    "  idle        the whole machine with its driver, without traffic (idle cycles are skipped, and count)\n"
    "  64          64-byte frames both ways: as many as the driver can send, and 4 million a second received, with which it keeps up\n"
    "  64-max, 1518   frames of that size both ways, as fast as the NIC takes them: driver code takes no simulated time\n"
    "  64-waves, 1518-waves   64 and 1518 while a waveform of the default selection is written\n"
    "\n"
    "Cycles are clock cycles of the NIC. With traffic, from the first frame to the last, only those count that were evaluated because "
    "the NIC was not idle; the column `evaluated' says which share of all they were. Packets are those delivered, both directions "
    "together. The bare NIC is measured again before each row, and the ratio is to that, because other work on the machine comes and goes.\n"
    "\n"
    "Example:\n"
    "  ringside bench speed --json speed.json\n"
    "\n"
    "Exit status: 0 measured, 1 a check failed while measuring, 2 bad usage, 3 internal error.";

struct what {
    const char *name;
    uint32_t size; /* of frames; 0: none */
    uint64_t frames;    /* of each direction: about a second of wall time. With a waveform, which costs more, half of it */
    uint32_t wire_mbps; /* what comes from the wire; 0: as fast as the machine takes it */
    bool free_cpu;      /* nothing but the NIC, its link and its wire limits */
    bool waves;
    bool bare;
};
enum { DEFAULT_MBPS = 4 * 84 * 8 }; /* 4 million short frames a second, each with its preamble and gap */
static const struct what table[] = {{.name = "bare", .bare = true},
                                    {.name = "idle"},
                                    {.name = "64", .size = 64, .frames = 20000, .wire_mbps = DEFAULT_MBPS},
                                    {.name = "64-max", .size = 64, .frames = 60000, .free_cpu = true},
                                    {.name = "1518", .size = 1518, .frames = 6000, .free_cpu = true},
                                    {.name = "64-waves", .size = 64, .frames = 10000, .wire_mbps = DEFAULT_MBPS, .waves = true},
                                    {.name = "1518-waves", .size = 1518, .frames = 3000, .free_cpu = true, .waves = true}};
enum { ROWS = sizeof table / sizeof *table };

struct arguments {
    struct options options;
    uint64_t scale; /* in percent */
};

struct bare_job {
    const struct scenario *machine;
    uint64_t cycles;
};

enum { KEY_SCALE = 512 };
static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "Bench:", 1},
    {"scale", KEY_SCALE, "PERCENT", 0, "Amount of work, for quick looks and for slow machines (default 100)", 0},
    {0}};

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    struct arguments *arguments = state->input;
    uint32_t value;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->options; break;
    case KEY_SCALE:
        if (options_parse_list(argument, 1, 10000, &value, 1) != 1)
            argp_error(state, "--scale %s: expected a number from 1 to 10000", argument);
        arguments->scale = value;
        break;
    case ARGP_KEY_ARG: argp_error(state, "unexpected '%s'", argument); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int bare_body(void *arg, struct runner_progress *progress, json_t **result, char *error) {
    const struct bare_job *job = arg;
    (void)progress;
    (void)error;
    *result = json_pack("{s:f}", "cycles_per_s", machine_bare_speed(job->machine, job->cycles));
    return 0;
}

static int make_simulation(struct simulation *simulation, const struct scenario *machine, const struct what *what, uint64_t scale,
                           const char *waves) {
    struct scenario scenario;
    scenario_copy(&scenario, machine);
    if (what->size) {
        const uint64_t frames = what->frames * scale / 100;
        bench_generate_from_host(&scenario, frames ? frames : 1, what->size);
        bench_generate_from_wire(&scenario, frames ? frames : 1, what->size);
        scenario.wire_rate_mbps = what->wire_mbps;
        scenario.cpu_free |= what->free_cpu;
    }
    const int status = simulation_prepare(simulation, &scenario, stderr);
    scenario_free(&scenario);
    if (status) return status;
    if (!what->size) simulation->idle_ps = UINT64_C(1000000000) * scale;
    simulation->speed = what->size != 0;
    if (what->waves) simulation->waves.path = waves;
    return 0;
}

static int run_bare(struct runner_job *job, const struct scenario *machine, uint64_t cycles) {
    struct bare_job bare = {.machine = machine, .cycles = cycles};
    *job = (struct runner_job){.name = "bare", .body = bare_body, .arg = &bare};
    return runner_run(job, 1, 1, false, NULL, NULL) ? -EIO : 0;
}

static int run_row(struct runner_job *job, const struct scenario *machine, const struct what *what,
                   const struct arguments *arguments) {
    if (what->bare) return run_bare(job, machine, 10000 * arguments->scale);
    *job = (struct runner_job){.name = what->name};
    const bool progress = options_show_progress(&arguments->options);
    char waves[] = "/tmp/ringside-speed-XXXXXX.fst";
    const int fd = what->waves ? mkstemps(waves, 4) : -1;
    if (what->waves && fd < 0) {
        snprintf(job->error, sizeof job->error, "cannot make a file in /tmp: %s", strerror(errno));
        return -EIO;
    }
    struct simulation simulation;
    int status = make_simulation(&simulation, machine, what, arguments->scale, waves);
    if (status == 0) {
        job->body = simulation_body;
        job->arg = &simulation;
        status = runner_run(job, 1, 1, progress, NULL, NULL) ? -EIO : 0;
        simulation_free(&simulation);
    }
    if (fd >= 0) {
        close(fd);
        unlink(waves);
    }
    return status;
}

static double cycles_per_s(const json_t *result) { return json_number_value(json_object_get(result, "cycles_per_s")); }

static json_t *print_row(FILE *out, const struct what *what, const json_t *result, double bare) {
    /* With traffic, what passed while it flowed: bring-up and take-down are mostly idle. */
    const char *part = what->size ? "speed" : "sim";
    const double wall = bench_number(result, part, "wall_s");
    const double simulated = bench_number(result, part, "cycles"), evaluated = bench_number(result, part, "cycles_evaluated");
    /* Skipped cycles would flatter the rows with traffic. */
    const double counted = what->size ? evaluated : simulated;
    const double cycles = what->bare ? cycles_per_s(result) : wall > 0 ? counted / wall : 0;
    const double packets = bench_number(result, "tx", "packets") + bench_number(result, "rx", "packets");
    const double packets_per_s = wall > 0 ? packets / wall : 0, share = simulated > 0 ? evaluated / simulated : 1;
    const double ratio = what->bare ? 1 : bare > 0 ? cycles / bare : 0;
    fprintf(out, "%-11s %14.0f %9.1f %% %14.0f %12.3f\n", what->name, cycles, 100 * share, packets_per_s, ratio);
    fflush(out);
    return json_pack("{s:s,s:f,s:f,s:f,s:f}", "what", what->name, "cycles_per_s", cycles, "packets_per_s", packets_per_s,
                     "ratio_to_bare", ratio, "evaluated", share);
}

static int measure(const void *context, const struct scenario *machine) {
    const struct arguments *arguments = context;
    FILE *out = bench_table(&arguments->options);
    json_t *rows = json_array();
    int status = EXIT_PASSED;
    fprintf(out, "%-11s %14s %11s %14s %12s\n", "what", "cycles/s", "evaluated", "packets/s", "ratio to bare");
    for (unsigned i = 0; i < ROWS && status != EXIT_INTERNAL; i++) {
        struct runner_job job;
        double bare = 0;
        if (!table[i].bare && run_bare(&job, machine, 3000 * arguments->scale) == 0) {
            bare = cycles_per_s(job.result);
            runner_free(&job, 1);
        }
        if (run_row(&job, machine, &table[i], arguments) != 0) {
            fprintf(stderr, "ringside: error: bench speed, %s: %s\n", table[i].name, job.error);
            status = EXIT_INTERNAL;
        } else {
            if (!table[i].bare && bench_report_failures(&job)) status = EXIT_FAILED;
            json_array_append_new(rows, print_row(out, &table[i], job.result, bare));
        }
        runner_free(&job, 1);
    }
    if (bench_write(&arguments->options, "speed", machine, rows) != 0) status = EXIT_INTERNAL;
    return status;
}

int bench_speed(int argc, char **argv) {
    static const struct bench bench = {.options = option_table,
                                       .parse = parse_option,
                                       .documentation = documentation,
                                       .setting = "cpu.free=false",
                                       .measure = measure};
    struct arguments arguments = {.scale = 100};
    return bench_command_run(&bench, argc, argv, &arguments, &arguments.options);
}
