/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h: the options that every command which simulates has, as a child parser for argp.
 *
 * Numbers and times are checked while they are parsed; values of --set are collected and applied to each scenario afterwards, in
 * the order in which they were given (--seed, --driver and --nic are shorthands for keys and take part in that order).
 */
#ifndef RINGSIDE_OPTIONS_H
#define RINGSIDE_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "report/report.h"
#include "scenario.h"

enum { OPTIONS_MAX_SETS = 64 };

struct options {
    char *sets[OPTIONS_MAX_SETS]; /* "key=value"; freed by options_free() */
    unsigned set_count;
    const char *waves, *events, *timeline, *transcript, *capture, *json, *junit;
    uint64_t waves_from_ps, waves_to_ps;
    bool waves_full;
    bool waves_window; /* one of the window options was given */
    unsigned jobs;     /* simulations at once */
    int verbosity;     /* -1, 0, 1 */
};

/* The child parser; its input is a struct options that options_init() prepared. */
extern const struct argp options_argp;
/* The same without those that a bench has no use for in its help; bench_command_run() refuses them. */
extern const struct argp options_bench_argp;
void options_init(struct options *options);
void options_free(struct options *options);
/* Apply --set and its shorthands. 0 or -EINVAL with messages on stderr. */
int options_apply(const struct options *options, struct scenario *scenario);
/* Colour and progress are for terminals. */
struct report_style options_style(const struct options *options);
bool options_show_progress(const struct options *options);

/* "10us", "1.5 ms", "250ns", "0", to picoseconds. 0 or -EINVAL (no number, no unit, unknown unit, too large). */
int options_parse_time(const char *text, uint64_t *ps);
/* "64,1518" into at most `room` numbers of min to max. Their count, or -EINVAL. */
int options_parse_list(const char *text, uint32_t min, uint32_t max, uint32_t *values, unsigned room);

#endif
