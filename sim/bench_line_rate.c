/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ringside bench line-rate: packets per second by frame size and direction.
 *
 * Steady state: the first quarter of the frames fills rings and pipes and is not counted; a row simulates about half a millisecond
 * of line rate.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "driver/stack/traffic.h"
#include "regmap.h"

static const char documentation[] =
    "Measure packets per second by frame size and direction, beside the limit of wire and PCIe link and what sets it.\v"
    "Frame sizes include the FCS. The CPU is free (--set cpu.free=false charges it), so that the NIC and the link are what is "
    "measured. Rates are those of the steady state. With both directions at once, the rate is that of each; the limit too. The limit "
    "takes in what TLPs and descriptors the place of the packets in memory makes unavoidable.\n"
    "\n"
    "Examples:\n"
    "  ringside bench line-rate\n"
    "  ringside bench line-rate --sizes 64,1518 --directions both --json rates.json\n"
    "  ringside bench line-rate --sizes 256,1518 --offsets 0,1,3,13 --fragments 1,2,3\n"
    "  ringside bench line-rate --set pcie.mps=128\n"
    "  ringside bench line-rate --set pcie.read_latency_ns=1500\n"
    "  ringside bench line-rate --set pcie.lanes=4\n"
    "  ringside bench line-rate --set nic.datapath_bits=512 --set wire.gbps=100 \\\n"
    "      --set pcie.lanes=16\n"
    "\n"
    "Exit status: 0 measured, 1 a check failed while measuring, 2 bad usage, 3 internal error.";

enum direction { TX = 1, RX = 2, BOTH = 3 };
static const char *const direction_names[] = {"", "tx", "rx", "both"};

struct arguments {
    struct options options;
    uint32_t sizes[BENCH_MAX_SIZES];
    unsigned size_count;
    enum direction directions[3];
    unsigned direction_count;
    uint32_t offsets[BENCH_MAX_SIZES], fragments[BENCH_MAX_SIZES];
    unsigned offset_count, fragment_count; /* 0: as the scenario says */
};

/* How packets lie in memory, both those that are sent and the buffers of those that come. */
struct placement {
    const uint32_t *offset, *fragments; /* NULL: as the scenario says */
};

struct row {
    struct simulation simulation;
    uint32_t size;
    enum direction direction;
    char name[64];
};

struct run {
    const struct arguments *arguments;
    struct row *rows;
    struct runner_job *jobs;
    json_t *json;
    int status;
};

enum { KEY_SIZES = 512, KEY_DIRECTIONS, KEY_OFFSETS, KEY_FRAGMENTS, MOST_OFFSET = 4084, MOST_FRAGMENTS = 16 };
static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "Bench:", 1},
    {"sizes", KEY_SIZES, "LIST", 0, "Frame sizes with FCS, 64 to 9022 (default 64,128,256,512,1024,1518,4096,9018)", 0},
    {"directions", KEY_DIRECTIONS, "LIST", 0, "Of tx, rx and both (default all three)", 0},
    {"offsets", KEY_OFFSETS, "LIST", 0, "Bytes from the start of a page to a packet, 0 to 4084 (default: the keys driver.*_offset)", 0},
    {"fragments", KEY_FRAGMENTS, "LIST", 0, "Pieces of a packet in memory, 1 to 16 (default: driver.cut, driver.rx_elements)", 0},
    {0}};

static int parse_directions(struct arguments *arguments, const char *text) {
    arguments->direction_count = 0;
    for (const char *at = text;;) {
        const size_t width = strcspn(at, ",");
        int found = 0;
        for (int i = TX; i <= BOTH; i++)
            if (strlen(direction_names[i]) == width && memcmp(at, direction_names[i], width) == 0) found = i;
        if (!found || arguments->direction_count == 3) return -EINVAL;
        arguments->directions[arguments->direction_count++] = (enum direction)found;
        if (at[width] == '\0') return 0;
        at += width + 1;
    }
}

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->options; break;
    case KEY_SIZES:
        arguments->size_count = bench_parse_list(state, "sizes", argument, 64, 9022, "64,1518", arguments->sizes);
        break;
    case KEY_OFFSETS:
        arguments->offset_count = bench_parse_list(state, "offsets", argument, 0, MOST_OFFSET, "0,1,13", arguments->offsets);
        break;
    case KEY_FRAGMENTS:
        arguments->fragment_count = bench_parse_list(state, "fragments", argument, 1, MOST_FRAGMENTS, "1,2,3", arguments->fragments);
        break;
    case KEY_DIRECTIONS:
        if (parse_directions(arguments, argument) != 0)
            argp_error(state, "--directions %s: expected some of tx, rx and both, for example tx,rx", argument);
        break;
    case ARGP_KEY_ARG: argp_error(state, "unexpected '%s'", argument); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* About half a millisecond of line rate, and never so few frames that ring-sized batches show. */
static uint64_t frames_for(const struct scenario *scenario, uint32_t size) {
    const uint64_t bits = ((uint64_t)size + 20) * 8;
    const uint64_t frames = scenario->wire_gbps * 500000 / bits;
    return frames < 800 ? 800 : frames;
}

/* As the table says it: of random cuts nobody knows. */
static unsigned pieces_of(const struct scenario *scenario) {
    if (scenario->driver_cut == TRAFFIC_CUT_EVEN) return (unsigned)scenario->driver_pieces;
    return scenario->driver_cut == TRAFFIC_CUT_HEADER ? 2 : 1;
}

/* Buffers of more than one element are made for the frame, so that it fills all of them. */
static void place(struct scenario *scenario, const struct placement *placement, uint32_t size) {
    if (placement->offset) scenario->driver_data_offset = scenario->driver_rx_offset = *placement->offset;
    if (!placement->fragments) return;
    const uint32_t bytes = size - ETH_FCS;
    scenario->driver_cut = TRAFFIC_CUT_EVEN;
    scenario->driver_pieces = *placement->fragments;
    scenario->driver_rx_elements = *placement->fragments;
    if (*placement->fragments > 1) scenario->driver_rx_buffer = bytes;
}

static int make_row(struct row *row, const struct scenario *machine, uint32_t size, enum direction direction,
                    const struct placement *placement) {
    struct scenario scenario;
    scenario_copy(&scenario, machine);
    place(&scenario, placement, size);
    const uint64_t frames = frames_for(machine, size);
    if (direction & TX) bench_generate_from_host(&scenario, frames, size);
    if (direction & RX) bench_generate_from_wire(&scenario, frames, size);
    row->size = size;
    row->direction = direction;
    snprintf(row->name, sizeof row->name, "%u bytes %s, offset %u, %u pieces", size, direction_names[direction],
             (unsigned)scenario.driver_data_offset, pieces_of(&scenario));
    const int status = simulation_prepare(&row->simulation, &scenario, stderr);
    row->simulation.warmup_frames = frames / 4;
    scenario_free(&scenario);
    return status;
}

static void print_head(FILE *out) {
    fprintf(out, "%6s  %-4s %6s %6s %10s %10s %10s  %-5s %11s %9s\n", "frame", "dir", "offset", "pieces", "measured", "", "limit", "by",
            "efficiency", "dropped");
    fprintf(out, "%6s  %-4s %6s %6s %10s %10s %10s  %-5s %11s %9s\n", "bytes", "", "bytes", "", "Mpps", "Gb/s", "Mpps", "", "", "frames");
}

/* A row is what both directions reach: the slower one's rate, with its limit. */
static void row_done(void *ctx, struct runner_job *job) {
    struct run *run = ctx;
    const struct row *row = &run->rows[job - run->jobs];
    if (!bench_has_result(job, &run->status)) return;
    const char *slower = row->direction == RX ? "rx" : "tx";
    if (row->direction == BOTH && bench_number(job->result, "rx", "mpps") < bench_number(job->result, "tx", "mpps")) slower = "rx";
    const double mpps = bench_number(job->result, slower, "mpps"), limit = bench_number(job->result, slower, "limit_mpps");
    const char *by = json_string_value(json_object_get(json_object_get(job->result, slower), "limited_by"));
    const double dropped = bench_number(job->result, "rx", "dropped"), efficiency = bench_number(job->result, slower, "efficiency");
    const struct scenario *scenario = &row->simulation.scenario;
    const int offset = (int)scenario->driver_data_offset, pieces = (int)pieces_of(scenario);
    json_t *json =
        json_pack("{s:i,s:s,s:i,s:i,s:f,s:f,s:s,s:f,s:I}", "frame", (int)row->size, "direction", direction_names[row->direction],
                  "offset", offset, "pieces", pieces, "mpps", mpps, "limit_mpps", limit, "limited_by", by ? by : "", "efficiency",
                  efficiency, "dropped", (json_int_t)dropped);
    if (row->direction == BOTH) {
        json_object_set_new(json, "tx_mpps", json_real(bench_number(job->result, "tx", "mpps")));
        json_object_set_new(json, "rx_mpps", json_real(bench_number(job->result, "rx", "mpps")));
    }
    json_array_append_new(run->json, json);
    FILE *out = bench_table(&run->arguments->options);
    fprintf(out, "%6u  %-4s %6d %6d %10.3f %10.3f %10.3f  %-5s %9.1f %% %9.0f\n", row->size, direction_names[row->direction], offset,
            pieces, mpps, bench_number(job->result, slower, "gbps"), limit, by ? by : "", 100 * efficiency, dropped);
    fflush(out);
}

/* The rows of one placement, behind `ready` others. Returns how many there are then. */
static unsigned make_rows(struct run *run, const struct scenario *machine, const struct placement *placement, unsigned ready) {
    const struct arguments *arguments = run->arguments;
    for (unsigned s = 0; s < arguments->size_count; s++)
        for (unsigned d = 0; d < arguments->direction_count; d++, ready++) {
            struct row *row = &run->rows[ready];
            if (make_row(row, machine, arguments->sizes[s], arguments->directions[d], placement) != 0)
                abort(); /* the machine was checked, and a bench names no files */
            run->jobs[ready] = (struct runner_job){.name = row->name, .body = simulation_body, .arg = &row->simulation};
        }
    return ready;
}

static int measure(const void *context, const struct scenario *machine) {
    const struct arguments *arguments = context;
    const unsigned offsets = arguments->offset_count ? arguments->offset_count : 1;
    const unsigned fragments = arguments->fragment_count ? arguments->fragment_count : 1;
    const unsigned count = fragments * offsets * arguments->size_count * arguments->direction_count;
    struct run run = {.arguments = arguments,
                      .rows = calloc(count, sizeof(struct row)),
                      .jobs = calloc(count, sizeof(struct runner_job)),
                      .json = json_array(),
                      .status = EXIT_PASSED};
    unsigned ready = 0;
    if (!run.rows || !run.jobs) abort();
    for (unsigned f = 0; f < fragments; f++)
        for (unsigned o = 0; o < offsets; o++) {
            const struct placement placement = {.offset = arguments->offset_count ? &arguments->offsets[o] : NULL,
                                                .fragments = arguments->fragment_count ? &arguments->fragments[f] : NULL};
            ready = make_rows(&run, machine, &placement, ready);
        }
    print_head(bench_table(&arguments->options));
    runner_run(run.jobs, count, arguments->options.jobs, options_show_progress(&arguments->options), row_done, &run);
    if (bench_write(&arguments->options, "line-rate", machine, run.json) != 0) run.status = EXIT_INTERNAL;
    runner_free(run.jobs, count);
    for (unsigned i = 0; i < ready; i++) simulation_free(&run.rows[i].simulation);
    free(run.rows);
    free(run.jobs);
    return run.status;
}

int bench_line_rate(int argc, char **argv) {
    static const struct bench bench = {.options = option_table,
                                       .parse = parse_option,
                                       .documentation = documentation,
                                       .measure = measure};
    struct arguments arguments = {
        .sizes = {64, 128, 256, 512, 1024, 1518, 4096, 9018}, .size_count = 8, .directions = {TX, RX, BOTH}, .direction_count = 3};
    return bench_command_run(&bench, argc, argv, &arguments, &arguments.options);
}
