/* SPDX-License-Identifier: Apache-2.0 */
/* run.h: a scenario whose hosts are stock Linux kernels (`linux.job`). */
#ifndef RINGSIDE_LINUX_RUN_H
#define RINGSIDE_LINUX_RUN_H

#include "machine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As machine_run(), of a scenario with linux.job: starts the kernels, serves them until their jobs are done, and fills in what the NICs did
 * and `hosts`. A job that does not end with status 0 is a failure ("linux.job"). */
int linux_run(const struct machine_config *config, struct machine_result *result, char *error, size_t error_size);

#ifdef __cplusplus
}
#endif

#endif
