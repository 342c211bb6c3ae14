/* SPDX-License-Identifier: Apache-2.0 */
/* ringside bench BENCH, and what the benches share. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

static const char documentation[] =
    "Measure: how fast the machine is, or how fast the simulator is.\v"
    "Benches:\n"
    "  line-rate   packets per second by size and direction, beside the limit\n"
    "  latency     doorbell to wire and wire to interrupt message, beside what is unavoidable\n"
    "  dma         the NIC's DMA engines against the PCIe model, and read latency\n"
    "  speed       the simulator itself: cycles and packets per wall second\n"
    "  descriptors what a packet costs the CPU as NDIS_PACKET, NET_BUFFER_LIST and NET_PACKET\n"
    "\n"
    "`ringside bench BENCH --help' explains a bench and its options.\n"
    "\n"
    "Exit status: 0 measured, 1 a check failed while measuring, 2 bad usage, 3 internal error.";

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } benches[] = {{"line-rate", bench_line_rate}, {"latency", bench_latency}, {"dma", bench_dma}, {"speed", bench_speed},
                 {"descriptors", bench_descriptors}};
    int *status = state->input;
    if (key == ARGP_KEY_NO_ARGS) argp_error(state, "a bench is missing: line-rate, latency, dma, speed or descriptors");
    if (key != ARGP_KEY_ARG) return ARGP_ERR_UNKNOWN;
    for (size_t i = 0; i < sizeof benches / sizeof *benches; i++) {
        if (strcmp(benches[i].name, argument) != 0) continue;
        const int first = state->next - 1;
        char name[64];
        snprintf(name, sizeof name, "ringside bench %s", argument);
        state->argv[first] = name;
        *status = benches[i].run(state->argc - first, state->argv + first);
        state->next = state->argc;
        return 0;
    }
    argp_error(state, "there is no bench '%s'; the benches are line-rate, latency, dma, speed and descriptors", argument);
    return EINVAL;
}

int command_bench(int argc, char **argv) {
    const struct argp parser = {.parser = parse_option, .args_doc = "BENCH [OPTION...]", .doc = documentation};
    int status = EXIT_USAGE;
    argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &status);
    return status;
}

static int make_machine(struct scenario *scenario, const char *setting, const struct options *options) {
    static const char *const settings[] = {"name=bench", "cpu.free=true", "expect.drops=true", "driver.outstanding=1024",
                                           "driver.nbls_per_send=64"};
    scenario_init(scenario);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (scenario_set(scenario, settings[i], stderr) != 0) abort();
    if (setting && scenario_set(scenario, setting, stderr) != 0) abort();
    if (options_apply(options, scenario) == 0 && scenario_check(scenario, stderr) == 0) return 0;
    scenario_free(scenario);
    return -EINVAL;
}

unsigned bench_parse_list(struct argp_state *state, const char *name, const char *list, uint32_t min, uint32_t max, const char *example,
                          uint32_t *values) {
    const int count = options_parse_list(list, min, max, values, BENCH_MAX_SIZES);
    if (count < 0) argp_error(state, "--%s %s: expected numbers from %u to %u, for example %s", name, list, min, max, example);
    return (unsigned)count;
}

static int check_options(const struct options *options) {
    const char *output = options->waves        ? "waveform"
                         : options->junit      ? "JUnit file"
                         : options->events     ? "event log"
                         : options->timeline   ? "timeline"
                         : options->transcript ? "transcript"
                         : options->capture    ? "capture"
                                               : NULL;
    if (!output) return output_check("json", options->json);
    fprintf(stderr, "ringside: error: a bench writes no %s; use `ringside run'\n", output);
    return -EINVAL;
}

int bench_command_run(const struct bench *bench, int argc, char **argv, void *arguments, struct options *options) {
    static const struct argp_child children[] = {{&options_bench_argp, 0, NULL, 0}, {0}};
    const struct argp parser = {
        .options = bench->options, .parser = bench->parse, .doc = bench->documentation, .children = children};
    struct scenario machine;
    int status = EXIT_USAGE;
    options_init(options);
    if (argp_parse(&parser, argc, argv, 0, NULL, arguments) == 0 && check_options(options) == 0 &&
        make_machine(&machine, bench->setting, options) == 0) {
        status = bench->measure(arguments, &machine);
        scenario_free(&machine);
    }
    options_free(options);
    return status;
}

int bench_write(const struct options *options, const char *bench, const struct scenario *scenario, json_t *rows) {
    int status = 0;
    if (options->json) {
        json_t *file = json_pack("{s:s,s:o,s:O}", "bench", bench, "machine", report_machine_json(scenario), "rows", rows);
        status = report_write_json(options->json, file);
        json_decref(file);
    }
    json_decref(rows);
    return status;
}

FILE *bench_table(const struct options *options) { return options->json && strcmp(options->json, "-") == 0 ? stderr : stdout; }

bool bench_report_failures(const struct runner_job *job) {
    if (report_passed(job->result)) return false;
    const struct report_style style = {.colour = false, .verbosity = -1};
    fflush(stdout);
    fprintf(stderr, "ringside: error: a check failed while measuring %s:\n", job->name);
    report_summary(stderr, job->result, &style);
    return true;
}

bool bench_has_result(const struct runner_job *job, int *status) {
    if (!job->result) {
        fprintf(stderr, "ringside: error: %s: %s\n", job->name, job->error);
        if (*status != EXIT_INTERNAL) *status = job->unfit ? EXIT_USAGE : EXIT_INTERNAL;
        return false;
    }
    if (bench_report_failures(job) && *status == EXIT_PASSED) *status = EXIT_FAILED;
    return true;
}

double bench_number(const json_t *result, const char *object, const char *key) {
    return json_number_value(json_object_get(json_object_get(result, object), key));
}

void bench_generate_from_host(struct scenario *scenario, uint64_t count, uint32_t size) {
    scenario->host_frames = count;
    scenario->host_size = (struct scenario_sizes){.values = {size}, .count = 1};
}

void bench_generate_from_wire(struct scenario *scenario, uint64_t count, uint32_t size) {
    scenario->wire_frames = count;
    scenario->wire_size = (struct scenario_sizes){.values = {size}, .count = 1};
}
