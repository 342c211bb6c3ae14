/* SPDX-License-Identifier: Apache-2.0 */
/* session.h: run prepared simulations and hand out their results: summaries, JSON, JUnit, exit status. */
#ifndef RINGSIDE_SESSION_H
#define RINGSIDE_SESSION_H

#include "options.h"
#include "simulation.h"

/* Give `options` (waves, events, capture) to one simulation. 0, or -EINVAL with a message when that cannot be. */
int session_apply_waves(struct simulation *simulation, const struct options *options, unsigned simulations);
/* Run all; returns the exit status. With one simulation --json writes its object, with several an array. */
int session_run(struct simulation *simulations, unsigned count, const struct options *options);

#endif
