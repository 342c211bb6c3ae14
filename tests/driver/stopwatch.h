/* SPDX-License-Identifier: Apache-2.0 */
/* stopwatch.h: instructions and time of this thread, for the micro-benchmarks, and the order that a median wants. */
#ifndef RINGSIDE_STOPWATCH_H
#define RINGSIDE_STOPWATCH_H

#include <linux/perf_event.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Instructions of this thread in user mode; -1 where the kernel or the machine does not count them. */
static inline int open_counter(void) {
    struct perf_event_attr attributes = {.type = PERF_TYPE_HARDWARE, .size = sizeof(attributes), .config = PERF_COUNT_HW_INSTRUCTIONS,
                                         .exclude_kernel = 1, .exclude_hv = 1};
    return (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
}

static inline double read_counter(int counter) {
    uint64_t value;
    return counter >= 0 && read(counter, &value, sizeof(value)) == sizeof(value) ? (double)value : 0;
}

static inline double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* For qsort. */
static inline int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

#endif
