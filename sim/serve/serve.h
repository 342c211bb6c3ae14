/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.h: the NIC for drivers that run in other processes: a vhost-user back-end, from C.
 *
 * The driver's memory becomes the host memory of the simulated machine, its kicks become doorbells, and interrupts its calls. This side
 * plays what the transport would be: it resets the device, negotiates what the front-end chose, says where the rings are, and switches it
 * on, by register accesses as any driver. Simulated time goes on while there is something to do, and waits for the front-end otherwise;
 * what a run does depends on when the front-end does what, so it is not deterministic.
 *
 * A machine may be built once in a process (machine.h).
 */
#ifndef RINGSIDE_SERVE_H
#define RINGSIDE_SERVE_H

#include <signal.h>

#include "capture.h"
#include "frames.h"
#include "machine.h"
#include "scenario.h"
#include "serve/vhost_user.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What came of one front-end. */
struct serve_session {
    unsigned host;      /* whose it was, of several hosts */
    uint64_t features;  /* negotiated */
    uint64_t starts;    /* times that its rings were started */
    unsigned pairs;     /* of queues, at the last start */
    uint64_t kicks, calls;
    uint64_t config_accesses, register_reads, register_writes, interrupts; /* of a host with PCI */
    uint64_t to_wire;   /* frames that left on the wire */
    uint64_t to_host;   /* frames that were put into its buffers */
    /* Of a host with PCI: bytes of these with FCS, and when the first began and the last ended; and, where a frame of its own followed one to it,
     * how often, and how long that took from the first bit to the first bit. */
    uint64_t to_wire_bytes, first_ps, last_ps;
    uint64_t answers, answer_min_ps, answer_median_ps, answer_max_ps;
    uint64_t dropped;   /* frames from the wire that were not: no buffer, no room */
    char error[VHOST_USER_ERROR_SIZE]; /* why this side ended it; empty: the front-end closed the socket, or serving was over */
};

struct serve_config {
    const struct scenario *scenario;
    int listener;                     /* listening socket; borrowed */
    int second_listener;              /* of another host, whose NIC is at the other end of the cable; -1: none. Borrowed */
    int calendar_listener;            /* where kernels in simulated time connect (calendar.h); -1: hosts live in wall time. Borrowed */
    unsigned sessions;                /* serve so many front-ends; 0: until *stop */
    const volatile sig_atomic_t *stop;
    struct frame_source from_wire;    /* played as soon as a front-end takes frames */
    unsigned in_flight;               /* of them, that no frame to the wire has answered yet, at most; 0: any number. Not for PCI */
    int tap;                          /* TAP interface (tap.h) in its place; -1: none; borrowed */
    struct capture_writer *to_wire;   /* or NULL; borrowed */
    struct machine_waves waves;
    const char *transcript;           /* what the first NIC did (transcript.h), or NULL; borrowed */
    const char *events;               /* event log to write, or NULL; borrowed */
    /* Told when a session's rings run and when it is over; may be NULL. */
    void (*started)(void *ctx, const struct serve_session *session);
    void (*ended)(void *ctx, const struct serve_session *session);
    void *ctx;
};

/* Serve hosts with PCI instead: user-mode Linux. As machine_serve(). In simulated time a run is deterministic, and ends with the
 * kernels. */
int machine_serve_pci(const struct serve_config* config, struct machine_result* result, char* error, size_t error_size);

/* Serve until config says. `result` gets the failures and times. 0, or a negative errno with a message in `error`. */
int machine_serve(const struct serve_config *config, struct machine_result *result, char *error, size_t error_size);

/* A listening socket at `path`, mode 0600; what an earlier run left there goes. Its descriptor, or a negative errno with a message. */
int serve_listen(const char *path, char *error, size_t error_size);

#ifdef __cplusplus
}
#endif

#endif
