/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulation.h: one scenario made ready to run: validated, its captures read, its frame sources set up.
 *
 * Preparing happens in the parent, so that all mistakes of all scenarios are found before the first one runs; simulation_body() is
 * the body of a runner job and does the work in a child.
 */
#ifndef RINGSIDE_SIMULATION_H
#define RINGSIDE_SIMULATION_H

#include "machine.h"
#include "runner.h"

#ifdef __cplusplus
extern "C" {
#endif

struct simulation {
    struct scenario scenario;
    struct capture host_capture, wire_capture;
    const char *to_wire, *to_host; /* captures to write, or NULL; borrowed */
    struct machine_waves waves;    /* path borrowed */
    const char *events;            /* event log to write, or NULL; borrowed */
    const char *timeline;          /* timeline to write, or NULL; borrowed */
    const char *capture;           /* pcapng of the capture drivers to write, or NULL; borrowed */
    bool describe;                 /* bring the stack up, and let the result tell of its drivers */
    const char *transcript;        /* transcript to write, or NULL; borrowed */
    uint64_t warmup_frames, idle_ps;
    bool speed;  /* the result also tells how fast the simulator was while traffic flowed, as `speed' */
    bool latencies; /* measure what the hardware makes of a frame alone */
};

/* Validate `scenario`, which is copied, and read its captures. 0, or -EINVAL with messages on `errors`; then nothing is to be
 * freed. */
int simulation_prepare(struct simulation *simulation, const struct scenario *scenario, FILE *errors);
void simulation_free(struct simulation *simulation);
/* The frames of both directions, as the scenario says; they borrow from the simulation. */
void simulation_sources(const struct simulation *simulation, struct frame_source *host, struct frame_source *wire);
/* runner_job.body; arg is a struct simulation, the result is report_json()'s. */
int simulation_body(void *arg, struct runner_progress *progress, json_t **result, char *error);

#ifdef __cplusplus
}
#endif

#endif
