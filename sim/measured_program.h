/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measured_program.h: the same program with drivers that are compiled to be measured, which cpu.model: caches needs.
 *
 * They are slower by what each load and store tells, so a program of their own, `ringside-cpu' beside `ringside', has them, and
 * takes over with the same arguments when a scenario wants them. Nothing was done before that which it would do again.
 */
#ifndef RINGSIDE_MEASURED_PROGRAM_H
#define RINGSIDE_MEASURED_PROGRAM_H

#include <stdbool.h>
#include <stdio.h>

#include "scenario.h"

/* Does the scenario want measured drivers, and this program not have them? */
bool measured_program_needed(const struct scenario *scenario);
/* Does not come back, but for a negative errno with a message when there is no such program. */
int measured_program_run(FILE *errors);

#endif
