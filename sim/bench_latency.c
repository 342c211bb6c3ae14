/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ringside bench latency: from the doorbell to the wire, and from the wire to the interrupt message, in an idle machine.
 *
 * One frame at a time, tens of microseconds apart, each at another phase of the NIC's clock, so that all phases are seen. Beside it
 * the sum of what link, memory and wire take whatever the NIC: the difference is the NIC's own.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static const char documentation[] =
    "Measure what the hardware takes for one frame in an idle machine, beside the sum of what no NIC could avoid.\v"
    "tx: from the doorbell's register write leaving the CPU to the first bit of the destination address on the wire. "
    "rx: from the last bit of the frame arriving to the MSI-X message at the CPU. The driver's time and the interrupt latency of the CPU "
    "are in neither. Frame sizes include the FCS.\n"
    "\n"
    "The terms of the sum are printed one by one. In both directions the NIC has the whole frame before it hands it on; \"rest of data\" "
    "and the receive \"data\" are what that costs. The NIC's own time is the rest, also in its clock cycles.\n"
    "\n"
    "Examples:\n"
    "  ringside bench latency\n"
    "  ringside bench latency --sizes 64,1518 --set pcie.read_latency_ns=1000 --json latency.json\n"
    "\n"
    "Exit status: 0 measured, 1 a check failed while measuring, 2 bad usage, 3 internal error.";

enum { KEY_SIZES = 512, DIRECTIONS = 2, FRAMES = 40, GAP_US = 31 };

struct arguments {
    struct options options;
    uint32_t sizes[BENCH_MAX_SIZES];
    unsigned size_count;
};

struct row {
    struct simulation simulation;
    uint32_t size;
    bool transmit;
    char name[32];
};

struct run {
    const struct arguments *arguments;
    struct row *rows;
    struct runner_job *jobs;
    json_t *json;
    int status;
};

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "Bench:", 1},
    {"sizes", KEY_SIZES, "LIST", 0, "Frame sizes with FCS, 64 to 9022 (default 64,128,256,512,1024,1518,4096,9018)", 0},
    {0}};

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->options; break;
    case KEY_SIZES:
        arguments->size_count = bench_parse_list(state, "sizes", argument, 64, 9022, "64,1518", arguments->sizes);
        break;
    case ARGP_KEY_ARG: argp_error(state, "unexpected '%s'", argument); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* FRAMES phases, each `step` behind the one before, in a period of `period`: the most that two neighbours are apart. */
static uint64_t widest_gap(uint64_t step, uint64_t period) {
    uint64_t widest = 0;
    for (uint64_t i = 0; i < FRAMES; i++) {
        uint64_t next = period;
        for (uint64_t k = 0; k < FRAMES; k++) {
            const uint64_t ahead = (k * step + period - i * step % period) % period;
            if (ahead != 0 && ahead < next) next = ahead;
        }
        if (next > widest) widest = next;
    }
    return widest;
}

/* Mb/s for about one frame in GAP_US, such that the frames meet every phase of the NIC's clock: a gap is bits / rate microseconds, so
 * the phase moves by the remainder of bits * clock / rate, in 1 / rate of a period. */
static uint64_t rate_for(uint32_t size, uint64_t clock_mhz) {
    const uint64_t bits = ((uint64_t)size + 20) * 8;
    uint64_t rate = bits / GAP_US ? bits / GAP_US : 1;
    while (widest_gap(bits * clock_mhz % rate, rate) * FRAMES > 2 * rate) rate++;
    return rate;
}

static int make_row(struct row *row, const struct scenario *machine, uint32_t size, bool transmit) {
    struct scenario scenario;
    scenario_copy(&scenario, machine);
    if (transmit) {
        bench_generate_from_host(&scenario, FRAMES, size);
        scenario.host_rate_mbps = rate_for(size, machine->nic_clock_mhz);
    } else {
        bench_generate_from_wire(&scenario, FRAMES, size);
        scenario.wire_rate_mbps = rate_for(size, machine->nic_clock_mhz);
    }
    row->size = size;
    row->transmit = transmit;
    snprintf(row->name, sizeof row->name, "%u bytes %s", size, transmit ? "tx" : "rx");
    const int status = simulation_prepare(&row->simulation, &scenario, stderr);
    row->simulation.latencies = true;
    scenario_free(&scenario);
    return status;
}

static void print_terms(FILE *out, const struct machine_term *terms, unsigned count) {
    fprintf(out, "             ");
    for (unsigned i = 0; i < count; i++) fprintf(out, "%s%s %.1f", i ? " + " : "", terms[i].name, terms[i].ns);
    fputc('\n', out);
}

static double hardware(const struct runner_job *job, const char *direction, const char *key) {
    const json_t *object = json_object_get(json_object_get(job->result, direction), "hardware_ns");
    return json_number_value(json_object_get(object, key));
}

static void print_row(struct run *run, const struct row *row, const struct runner_job *job) {
    const struct scenario *scenario = &row->simulation.scenario;
    const char *direction = row->transmit ? "tx" : "rx";
    struct machine_term terms[MACHINE_MAX_TERMS];
    const unsigned count = machine_latency_terms(scenario, row->transmit, row->size, terms, MACHINE_MAX_TERMS);
    const double least = hardware(job, direction, "min"), middle = hardware(job, direction, "p50"), most = hardware(job, direction, "max");
    double sum = 0;
    json_t *parts = json_object();
    for (unsigned i = 0; i < count; i++) {
        sum += terms[i].ns;
        json_object_set_new(parts, terms[i].name, json_real(terms[i].ns));
    }
    const double own = middle - sum, cycles = own * (double)scenario->nic_clock_mhz / 1000;
    json_array_append_new(run->json, json_pack("{s:i,s:s,s:f,s:f,s:f,s:f,s:f,s:f,s:o}", "frame", (int)row->size, "direction", direction,
                                               "min_ns", least, "p50_ns", middle, "max_ns", most, "unavoidable_ns", sum, "nic_ns", own,
                                               "nic_cycles", cycles, "terms_ns", parts));
    FILE *out = bench_table(&run->arguments->options);
    fprintf(out, "%6u  %-3s %9.1f %9.1f %9.1f %12.1f %9.1f %8.1f\n", row->size, direction, least, middle, most, sum, own, cycles);
    print_terms(out, terms, count);
    fflush(out);
}

static void row_done(void *ctx, struct runner_job *job) {
    struct run *run = ctx;
    if (!bench_has_result(job, &run->status)) return;
    print_row(run, &run->rows[job - run->jobs], job);
}

static void print_head(FILE *out) {
    fprintf(out, "%6s  %-3s %9s %9s %9s %12s %9s %8s\n", "frame", "dir", "least", "median", "most", "unavoidable", "NIC", "");
    fprintf(out, "%6s  %-3s %9s %9s %9s %12s %9s %8s\n", "bytes", "", "ns", "ns", "ns", "ns", "ns", "cycles");
}

static int measure(const void *context, const struct scenario *machine) {
    const struct arguments *arguments = context;
    const unsigned count = arguments->size_count * DIRECTIONS;
    struct run run = {.arguments = arguments,
                      .rows = calloc(count, sizeof(struct row)),
                      .jobs = calloc(count, sizeof(struct runner_job)),
                      .json = json_array(),
                      .status = EXIT_PASSED};
    if (!run.rows || !run.jobs) abort();
    for (unsigned i = 0; i < count; i++) {
        struct row *row = &run.rows[i];
        if (make_row(row, machine, arguments->sizes[i / DIRECTIONS], i % DIRECTIONS == 0) != 0)
            abort(); /* the machine was checked, and a bench names no files */
        run.jobs[i] = (struct runner_job){.name = row->name, .body = simulation_body, .arg = &row->simulation};
    }
    print_head(bench_table(&arguments->options));
    runner_run(run.jobs, count, arguments->options.jobs, options_show_progress(&arguments->options), row_done, &run);
    if (bench_write(&arguments->options, "latency", machine, run.json) != 0) run.status = EXIT_INTERNAL;
    runner_free(run.jobs, count);
    for (unsigned i = 0; i < count; i++) simulation_free(&run.rows[i].simulation);
    free(run.rows);
    free(run.jobs);
    return run.status;
}

int bench_latency(int argc, char **argv) {
    static const struct bench bench = {.options = option_table,
                                       .parse = parse_option,
                                       .documentation = documentation,
                                       .measure = measure};
    struct arguments arguments = {.sizes = {64, 128, 256, 512, 1024, 1518, 4096, 9018}, .size_count = 8};
    return bench_command_run(&bench, argc, argv, &arguments, &arguments.options);
}
