/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench.h: what the benches share: arguments, the machine under test, and the result file {"bench", "machine", "rows"}.
 *
 * A bench is a list of rows; each is a simulation in a child of its own. Rows are printed as they end and kept in order.
 */
#ifndef RINGSIDE_BENCH_H
#define RINGSIDE_BENCH_H

#include "commands.h"
#include "options.h"
#include "session.h"

enum { BENCH_MAX_SIZES = 64 };

/* A bench as a command. Its machine is the default one with a CPU that costs nothing and with `setting` ("key=value", or NULL), the
 * options applied on top (--set cpu.free=false puts the CPU's costs back). */
struct bench {
    const struct argp_option *options;
    argp_parser_t parse; /* its input is the bench's arguments; the child input is the struct options in them */
    const char *documentation, *setting;
    int (*measure)(const void *arguments, const struct scenario *machine); /* exit status */
};
/* Parse the command line into `arguments`, of which `options` is a part, and measure. The exit status; messages are out. */
int bench_command_run(const struct bench *bench, int argc, char **argv, void *arguments, struct options *options);
/* The numbers of an option --NAME LIST into `values`, which has room for BENCH_MAX_SIZES; their count. Ends the program with a message
 * when they are no numbers of min to max; `example` shows what was expected. */
unsigned bench_parse_list(struct argp_state *state, const char *name, const char *list, uint32_t min, uint32_t max, const char *example,
                          uint32_t *values);
/* Write the result file if --json asks for one. Takes the rows over. 0 or a negative errno. */
int bench_write(const struct options *options, const char *bench, const struct scenario *scenario, json_t *rows);
/* Where tables go: standard error when the JSON takes standard output. */
FILE *bench_table(const struct options *options);
/* Say what failed in the run of a row; true when something did. */
bool bench_report_failures(const struct runner_job *job);
/* The same for a run that may have come to no result, with the exit status of the bench that follows. False: there is no result. */
bool bench_has_result(const struct runner_job *job, int *status);
/* A number inside a result: bench_number(result, "tx", "mpps"). */
double bench_number(const json_t *result, const char *object, const char *key);
/* `count` generated frames of `size` bytes with FCS in a direction, as fast as possible. */
void bench_generate_from_host(struct scenario *scenario, uint64_t count, uint32_t size);
void bench_generate_from_wire(struct scenario *scenario, uint64_t count, uint32_t size);

#endif
