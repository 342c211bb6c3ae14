/* SPDX-License-Identifier: Apache-2.0 */
/*
 * descriptors_native: what driver/descriptors costs on this processor, in ns and instructions a packet. All kinds of a row take turns, so
 * that whatever else the machine does meets all of them, and the median round counts. Nothing is asserted: it is a measurement.
 *
 *   descriptors_native                               every combination, batches of 1, 16 and 256
 *   descriptors_native nbl tx plain 16 10000         so many packets of one, for valgrind to count: instructions.py
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../stopwatch.h"
#include "descriptors.h"
#include "fake_platform.h"
#include "ndis/ndis_host.h"

enum { WORDS = 5, TAGS = 1, OUTSTANDING = 512, ROUNDS = 31, PER_ROUND = 1 << 14 };

static const char *const kinds[] = {"ndis_packet", "nbl", "nbl_list", "net_packet"};
static const char *const extras[] = {"plain", "checksum", "context", "room", "tag", "extension", "parse"};

static void run(struct descriptors *descriptors, const struct descriptor_work *work, unsigned packets) {
    for (unsigned done = 0; done < packets; done += work->batch)
        if (!descriptors_batch(descriptors, work, NULL)) abort();
}

static void measure(struct descriptors *descriptors, int counter, enum descriptor_extra extra, bool receive, unsigned batch) {
    static double ns[DESCRIPTOR_KINDS][ROUNDS];
    double instructions[DESCRIPTOR_KINDS] = {0};
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned kind = 0; kind < DESCRIPTOR_KINDS; kind++) {
            const struct descriptor_work work = {(enum descriptor_kind)kind, extra, receive, batch, TAGS};
            if (!descriptors_can(&work)) continue;
            run(descriptors, &work, 2 * OUTSTANDING); /* what the others did to the caches is not its cost */
            const double counted = read_counter(counter), start = now_ns();
            run(descriptors, &work, PER_ROUND);
            ns[kind][round] = (now_ns() - start) / PER_ROUND;
            instructions[kind] = (read_counter(counter) - counted) / PER_ROUND;
        }
    printf("%s  %-9s %5u", receive ? "rx" : "tx", extras[extra], batch);
    for (unsigned kind = 0; kind < DESCRIPTOR_KINDS; kind++) {
        qsort(ns[kind], ROUNDS, sizeof(double), ascending);
        const struct descriptor_work work = {(enum descriptor_kind)kind, extra, receive, batch, TAGS};
        if (!descriptors_can(&work)) printf("         -      -");
        else if (counter < 0) printf("  %8.1f      -", ns[kind][ROUNDS / 2]);
        else printf("  %8.1f %6.0f", ns[kind][ROUNDS / 2], instructions[kind]);
    }
    putchar('\n');
}

static void measure_all(struct descriptors *descriptors) {
    static const unsigned batches[] = {1, 16, 256};
    const int counter = open_counter();
    printf("ns and instructions a packet, median of %d rounds, %d packets outstanding\ndir with      batch", ROUNDS, OUTSTANDING);
    for (unsigned kind = 0; kind < DESCRIPTOR_KINDS; kind++) printf("  %15s", kinds[kind]);
    putchar('\n');
    for (unsigned receive = 0; receive < 2; receive++)
        for (unsigned extra = 0; extra < DESCRIPTOR_EXTRAS; extra++)
            for (unsigned i = 0; i < sizeof(batches) / sizeof(batches[0]); i++)
                measure(descriptors, counter, (enum descriptor_extra)extra, receive, batches[i]);
}

static unsigned find(const char *const *names, unsigned count, const char *name) {
    unsigned found = 0;
    while (found < count && strcmp(names[found], name) != 0) found++;
    return found;
}

/* False: there is no such work. */
static bool run_one(struct descriptors *descriptors, char **words) {
    const unsigned kind = find(kinds, DESCRIPTOR_KINDS, words[0]), extra = find(extras, DESCRIPTOR_EXTRAS, words[2]);
    const struct descriptor_work work = {(enum descriptor_kind)kind, (enum descriptor_extra)extra, strcmp(words[1], "rx") == 0,
                                         (unsigned)strtoul(words[3], NULL, 10), TAGS};
    if (kind == DESCRIPTOR_KINDS || extra == DESCRIPTOR_EXTRAS || work.batch < 1 || work.batch > DESCRIPTORS_BATCH_MOST) return false;
    if (!descriptors_can(&work)) return false;
    run(descriptors, &work, (unsigned)strtoul(words[4], NULL, 10));
    return true;
}

int main(int argc, char **argv) {
    struct fake_platform_config config;
    fake_platform_config_default(&config);
    struct fake_platform *fake = fake_platform_create(&config);
    struct kernel *kernel = kernel_create(fake_platform_seam(fake));
    struct ndis *ndis = ndis_create(kernel);
    struct kernel_scope scope;
    kernel_enter(kernel, &scope);
    struct descriptors *descriptors = descriptors_create(kernel, OUTSTANDING);
    if (!descriptors) abort();
    bool known = argc == 1 || argc == WORDS + 1;
    if (argc == 1) measure_all(descriptors);
    else known = known && run_one(descriptors, argv + 1);
    descriptors_destroy(descriptors);
    kernel_leave(&scope);
    ndis_destroy(ndis);
    kernel_destroy(kernel);
    fake_platform_destroy(fake);
    if (known) return 0;
    fprintf(stderr, "usage: descriptors_native [KIND tx|rx plain|checksum|context|room|tag|extension|parse BATCH PACKETS]\n");
    return 2;
}
