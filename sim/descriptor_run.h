/* SPDX-License-Identifier: Apache-2.0 */
/* descriptor_run.h: what descriptors cost by themselves, from C; once in a process, as machine.h. */
#ifndef RINGSIDE_DESCRIPTOR_RUN_H
#define RINGSIDE_DESCRIPTOR_RUN_H

#include "descriptors.h"
#include "scenario.h"

#ifdef __cplusplus
extern "C" {
#endif

struct json_t;

/* Bring the machine up without a driver stack, and have its CPU do the works of `rows` with measured descriptors of packets alone
 * (driver/descriptors), each over and over; fills in their results. The scenario has cpu.model: caches. */
struct machine_descriptor_row {
    struct descriptor_work work;
    struct json_t *cpu; /* code_report.h; the caller's */
};
int machine_descriptors(const struct scenario *scenario, struct machine_descriptor_row *rows, size_t row_count, char *error,
                        size_t error_size);

#ifdef __cplusplus
}
#endif

#endif
