/* SPDX-License-Identifier: Apache-2.0 */
/* bench_descriptors.h: what the parts of `bench descriptors' share. */
#ifndef RINGSIDE_BENCH_DESCRIPTORS_H
#define RINGSIDE_BENCH_DESCRIPTORS_H

#include "bench.h"
#include "descriptors.h"

enum { DESCRIPTORS_CHOICES = 8 };

struct descriptors_choice {
    unsigned count, values[DESCRIPTORS_CHOICES];
};

struct descriptors_arguments {
    struct options options;
    struct descriptors_choice parts, kinds, directions, extras;
    uint32_t batches[BENCH_MAX_SIZES], tags[BENCH_MAX_SIZES];
    unsigned batch_count, tag_count, functions;
};

struct descriptors_bench {
    const struct descriptors_arguments *arguments;
    const struct scenario *machine;
    json_t *rows;
    int status;
};

/* Every combination that is asked for, one after another; the number of them. `works` has room for descriptors_most(). */
unsigned descriptors_most(const struct descriptors_arguments *arguments);
unsigned descriptors_list(const struct descriptors_arguments *arguments, bool (*can)(const struct descriptor_work *work),
                          struct descriptor_work *works);
void descriptors_name(const struct descriptor_work *work, char *name, size_t size);
/* A row of the table and of the result file; `cpu` is code_report()'s. */
void descriptors_print_head(const struct descriptors_bench *bench, const char *title);
void descriptors_print(struct descriptors_bench *bench, const char *part, const struct descriptor_work *work, json_t *cpu);

/* Measure descriptors with nothing around them, each work in turn in one machine. An array of code_report()'s, the caller's; NULL: a message
 * is out, and bench->status says it. */
json_t *descriptors_measure(struct descriptors_bench *bench, const char *name, const struct descriptor_work *works, unsigned count);

/* The parts: descriptors with nothing around them, whole drivers, and what the first says of claims. */
void bench_descriptors_alone(struct descriptors_bench *bench);
void bench_descriptors_drivers(struct descriptors_bench *bench);
void bench_descriptors_claims(struct descriptors_bench *bench);

#endif
