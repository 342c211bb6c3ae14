/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_bench: what an NBL with its NB costs to allocate and free, beside malloc and calloc of as many bytes, in one run.
 *
 * So many are allocated, and then freed in that order, as packets are; the three take turns, so that whatever else the machine does meets
 * all of them, and the median round counts. malloc's memory is what the last user left there; calloc's is zero, as an NBL is. The NBL
 * comes with all checks and all tracking on: its ledger has the line and time of the allocation and the line of the free.
 *
 * Exit status 1: an NBL cost more than malloc, whether one or hundreds are outstanding.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../stopwatch.h"
#include "fake_platform.h"
#include "ndis/ndis_host.h"

enum { BYTES = 384 + sizeof(NET_BUFFER), ROUNDS = 61, PER_ROUND = 1 << 16, MOST = 512 };
enum { MALLOC, CALLOC, NBL, KINDS };

static void *live[MOST];
static NDIS_HANDLE pool;

static inline void use(void *memory) { __asm__ volatile("" : : "r"(memory) : "memory"); }

static void run_malloc(unsigned outstanding, unsigned laps) {
    for (; laps > 0; laps--) {
        for (unsigned i = 0; i < outstanding; i++) use(live[i] = malloc(BYTES));
        for (unsigned i = 0; i < outstanding; i++) free(live[i]);
    }
}

static void run_calloc(unsigned outstanding, unsigned laps) {
    for (; laps > 0; laps--) {
        for (unsigned i = 0; i < outstanding; i++) use(live[i] = calloc(1, BYTES));
        for (unsigned i = 0; i < outstanding; i++) free(live[i]);
    }
}

static void run_nbl(unsigned outstanding, unsigned laps) {
    for (; laps > 0; laps--) {
        for (unsigned i = 0; i < outstanding; i++) use(live[i] = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 0));
        for (unsigned i = 0; i < outstanding; i++) NdisFreeNetBufferList(live[i]);
    }
}

static double median(double values[ROUNDS]) {
    qsort(values, ROUNDS, sizeof(values[0]), ascending);
    return values[ROUNDS / 2];
}

/* Prints a row; the NBL's cost over malloc's. */
static double measure(unsigned outstanding, int counter) {
    static void (*const run[KINDS])(unsigned outstanding, unsigned laps) = {run_malloc, run_calloc, run_nbl};
    static double ns[KINDS][ROUNDS], ratio[ROUNDS], instructions[KINDS];
    const unsigned laps = PER_ROUND / outstanding;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned kind = 0; kind < KINDS; kind++) {
            run[kind](outstanding, 1);  /* what the others did to the caches is not its cost */
            const double counted = read_counter(counter), start = now_ns();
            run[kind](outstanding, laps);
            ns[kind][round] = (now_ns() - start) / PER_ROUND;
            instructions[kind] = (read_counter(counter) - counted) / PER_ROUND;
        }
        ratio[round] = ns[NBL][round] / ns[MALLOC][round];
    }
    printf("%11u", outstanding);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        printf(" %9.1f", median(ns[kind]));
        if (counter >= 0) printf(" %5.0f", instructions[kind]);
        else printf("     -");
    }
    const double middle = median(ratio);
    printf(" %9.2f\n", middle);
    return middle;
}

static NDIS_HANDLE make_pool(void) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1, sizeof(parameters)}, .fAllocateNetBuffer = TRUE};
    return NdisAllocateNetBufferListPool(NULL, &parameters);
}

int main(void) {
    static const unsigned outstanding[] = {1, 8, 64, MOST};
    struct fake_platform_config config;
    fake_platform_config_default(&config);
    struct fake_platform *fake = fake_platform_create(&config);
    struct kernel *kernel = kernel_create(fake_platform_seam(fake));
    struct ndis *ndis = ndis_create(kernel);
    struct kernel_scope scope;
    kernel_enter(kernel, &scope);
    pool = make_pool();
    const int counter = open_counter();
    printf("Allocate and free %d bytes: ns and instructions for the pair, median of %d rounds\n", BYTES, ROUNDS);
    printf("outstanding      malloc           calloc          NBL+NB     NBL/malloc\n");
    double worst = 0;
    for (unsigned i = 0; i < sizeof(outstanding) / sizeof(outstanding[0]); i++) {
        const double ratio = measure(outstanding[i], counter);
        if (ratio > worst) worst = ratio;
    }
    NdisFreeNetBufferListPool(pool);
    kernel_leave(&scope);
    ndis_destroy(ndis);
    kernel_destroy(kernel);
    fake_platform_destroy(fake);
    if (worst < 1) return 0;
    fprintf(stderr, "nbl_bench: an NBL costs %.2f times what malloc does; it was below 1 in release builds on an idle machine\n", worst);
    return 1;
}
