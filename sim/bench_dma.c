/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ringside bench dma: the NIC's DMA engines beside the PCIe model, and the latency of one read.
 *
 * All rows run one after another in one simulated machine, as they would on a real one. The model is machine_dma_model().
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static const char documentation[] =
    "Have the NIC's own DMA engines read and write host memory, and compare with the analytic model of the PCIe link.\v"
    "No driver stack is loaded: host software sets up the benchmark engine of the NIC through its registers. Rates are payload. "
    "With both at once, the rate is the slower of the two, each way. The last line is the latency of a single 64-byte read in an idle "
    "machine, as the NIC sees it, beside what the scenario asks for.\n"
    "\n"
    "The NIC runs at 500 MHz here, because it sends at most one TLP a cycle and the link takes more of the smallest ones than 250 MHz "
    "can send; --set nic.clock_mhz=250 shows that.\n"
    "\n"
    "Examples:\n"
    "  ringside bench dma\n"
    "  ringside bench dma --sizes 64,256,1024 --ops read,write --json dma.json\n"
    "  ringside bench dma --set pcie.generation=4 --set pcie.mps=512\n"
    "\n"
    "Exit status: 0 measured, 2 bad usage, 3 internal error.";

/* The engines send at most one TLP a clock cycle. At 250 MHz that, not the link, is the limit of transfers of 4 and 8 bytes (28 bytes
 * of link in 3.9 ns); at 500 MHz it is the link that is measured at every size. */
static const char clock_setting[] = "nic.clock_mhz=500";

static const char *const op_names[] = {"read", "write", "both"};
enum { OPS = 3, LATENCY_SIZE = 64, MAX_ROWS = BENCH_MAX_SIZES * OPS + 1 };

struct arguments {
    struct options options;
    uint32_t sizes[BENCH_MAX_SIZES];
    unsigned size_count;
    enum dma_bench_op ops[OPS];
    unsigned op_count;
};

struct job {
    const struct scenario *machine;
    struct dma_bench_row rows[MAX_ROWS];
    unsigned count;
};

enum { KEY_SIZES = 512, KEY_OPS };
static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "Bench:", 1},
    {"sizes", KEY_SIZES, "LIST", 0, "Bytes of a transfer, 1 to 4096 (default 4,16,64,128,256,512,1024,2048,4096)", 0},
    {"ops", KEY_OPS, "LIST", 0, "Of read, write and both (default all three)", 0},
    {0}};

static int parse_ops(struct arguments *arguments, const char *text) {
    arguments->op_count = 0;
    for (const char *at = text;;) {
        const size_t width = strcspn(at, ",");
        int found = -1;
        for (int i = 0; i < OPS; i++)
            if (strlen(op_names[i]) == width && memcmp(at, op_names[i], width) == 0) found = i;
        if (found < 0 || arguments->op_count == OPS) return -EINVAL;
        arguments->ops[arguments->op_count++] = (enum dma_bench_op)found;
        if (at[width] == '\0') return 0;
        at += width + 1;
    }
}

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->options; break;
    case KEY_SIZES:
        arguments->size_count = bench_parse_list(state, "sizes", argument, 1, 4096, "64,256", arguments->sizes);
        break;
    case KEY_OPS:
        if (parse_ops(arguments, argument) != 0)
            argp_error(state, "--ops %s: expected some of read, write and both, for example read,write", argument);
        break;
    case ARGP_KEY_ARG: argp_error(state, "unexpected '%s'", argument); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* In the child: run all rows, send back their cycles. */
static int body(void *arg, struct runner_progress *progress, json_t **result, char *error) {
    struct job *job = arg;
    (void)progress;
    const int status = machine_dma_bench(job->machine, job->rows, job->count, error, RUNNER_ERROR_SIZE);
    if (status) return status;
    *result = json_array();
    for (unsigned i = 0; i < job->count; i++)
        json_array_append_new(*result,
                              json_pack("[I,I]", (json_int_t)job->rows[i].read_cycles, (json_int_t)job->rows[i].write_cycles));
    return 0;
}

static double gbps_of(const struct job *job, const struct dma_bench_row *row, uint32_t cycles) {
    const double seconds = (double)cycles / ((double)job->machine->nic_clock_mhz * 1e6);
    return cycles ? (double)row->size * row->count * 8 / seconds / 1e9 : 0;
}

static json_t *print_row(FILE *out, const struct job *job, const struct dma_bench_row *row) {
    const double read = gbps_of(job, row, row->read_cycles), write = gbps_of(job, row, row->write_cycles);
    const double measured = row->op == DMA_BENCH_OP_READ    ? read
                            : row->op == DMA_BENCH_OP_WRITE ? write
                            : read < write                  ? read
                                                            : write;
    const double model = machine_dma_model(job->machine, row->op, row->size);
    fprintf(out, "%-6s %6u %12.3f %12.3f %+9.2f %%\n", op_names[row->op], row->size, measured, model, 100 * (measured / model - 1));
    return json_pack("{s:s,s:i,s:f,s:f}", "op", op_names[row->op], "size", (int)row->size, "gbps", measured, "model_gbps", model);
}

static json_t *print_rows(FILE *out, struct job *job, const json_t *result) {
    json_t *rows = json_array();
    fprintf(out, "%-6s %6s %12s %12s %11s\n%-6s %6s %12s %12s %11s\n", "op", "size", "measured", "model", "difference", "", "bytes",
            "Gb/s", "Gb/s", "");
    for (unsigned i = 0; i < job->count; i++) {
        const json_t *cycles = json_array_get(result, i);
        job->rows[i].read_cycles = (uint32_t)json_integer_value(json_array_get(cycles, 0));
        job->rows[i].write_cycles = (uint32_t)json_integer_value(json_array_get(cycles, 1));
        if (i + 1 < job->count) {
            json_array_append_new(rows, print_row(out, job, &job->rows[i]));
            continue;
        }
        const double ns = (double)job->rows[i].read_cycles * 1000 / (double)job->machine->nic_clock_mhz;
        fprintf(out, "latency of a %d-byte read: %.0f ns as the NIC sees it; the scenario's pcie.read_latency_ns is %llu\n",
                LATENCY_SIZE, ns, (unsigned long long)job->machine->pcie_read_latency_ns);
        json_array_append_new(rows, json_pack("{s:s,s:i,s:f,s:I}", "op", "latency", "size", (int)LATENCY_SIZE, "ns", ns,
                                              "read_latency_ns", (json_int_t)job->machine->pcie_read_latency_ns));
    }
    return rows;
}

/* Enough transfers that filling and draining the pipe weigh less than 0.2 %: some 2 MiB, and not fewer than 1500 of them. */
static uint32_t count_for(uint32_t size) {
    const uint32_t count = (2u << 20) / size;
    return count < 1500 ? 1500 : count > 30000 ? 30000 : count;
}

static int measure(const void *context, const struct scenario *machine) {
    const struct arguments *arguments = context;
    struct job job = {.machine = machine};
    for (unsigned o = 0; o < arguments->op_count; o++)
        for (unsigned s = 0; s < arguments->size_count; s++)
            job.rows[job.count++] = (struct dma_bench_row){
                .op = arguments->ops[o], .size = arguments->sizes[s], .count = count_for(arguments->sizes[s])};
    job.rows[job.count++] = (struct dma_bench_row){.op = DMA_BENCH_OP_READ, .size = LATENCY_SIZE, .count = 1};

    struct runner_job run = {.name = "bench dma", .body = body, .arg = &job};
    int status = EXIT_PASSED;
    if (runner_run(&run, 1, 1, options_show_progress(&arguments->options), NULL, NULL) != 0) {
        fprintf(stderr, "ringside: error: bench dma: %s\n", run.error);
        status = EXIT_INTERNAL;
    } else if (bench_write(&arguments->options, "dma", machine, print_rows(bench_table(&arguments->options), &job, run.result)) !=
               0) {
        status = EXIT_INTERNAL;
    }
    runner_free(&run, 1);
    return status;
}

int bench_dma(int argc, char **argv) {
    static const struct bench bench = {.options = option_table,
                                       .parse = parse_option,
                                       .documentation = documentation,
                                       .setting = clock_setting,
                                       .measure = measure};
    struct arguments arguments = {.sizes = {4, 16, 64, 128, 256, 512, 1024, 2048, 4096},
                                  .size_count = 9,
                                  .ops = {DMA_BENCH_OP_READ, DMA_BENCH_OP_WRITE, DMA_BENCH_OP_BOTH},
                                  .op_count = OPS};
    return bench_command_run(&bench, argc, argv, &arguments, &arguments.options);
}
