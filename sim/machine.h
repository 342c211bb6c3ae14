/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h: the whole machine, from C: build it as a scenario says, run the traffic through it, and say what came of it.
 *
 * SystemC elaborates once in a process, so each of these functions may be called once in a process; callers fork (runner.h).
 * Everything that a run writes - the result, captures, the waveform - depends on the configuration alone, except wall times.
 */
#ifndef RINGSIDE_MACHINE_H
#define RINGSIDE_MACHINE_H

#include <signal.h>

#include "capture.h"
#include "dma_bench.h"
#include "frames.h"
#include "pcapng.h"
#include "scenario.h"

#ifdef __cplusplus
extern "C" {
#endif

struct machine_waves {
    const char *path;        /* FST to write; NULL: none */
    uint64_t from_ps, to_ps; /* window; to_ps UINT64_MAX: to the end */
    bool full_depth;         /* every signal, not the default selection */
};

struct machine_config {
    const struct scenario *scenario;
    struct frame_source from_host, from_wire; /* of count 0: nothing is sent in this direction */
    struct capture_writer *to_wire, *to_host; /* record what came out, or NULL; borrowed */
    struct pcapng_writer *capture;            /* what the capture drivers of the stack see, or NULL; borrowed */
    bool describe;                            /* fill in the result's drivers */
    struct machine_waves waves;
    const char *events;     /* event log to write (event_log.h), or NULL; borrowed */
    const char *timeline;   /* timeline to write (timeline.h), or NULL; borrowed */
    const char *transcript; /* transcript to write (transcript.h), or NULL; borrowed */
    uint64_t warmup_frames; /* of each direction, left out of its rates (benches) */
    uint64_t idle_ps;       /* simulate so much time after start-up before traffic begins */
    const volatile sig_atomic_t *stop; /* not 0: live traffic (live_traffic.h) ends; may be NULL */
    bool latencies;         /* fill in tx.hardware and rx.hardware; for a machine with one frame at a time */
    /* Told now and then how far the run is (by simulated work, never by wall time); may be NULL. */
    void (*progress)(void *ctx, uint64_t time_ps, uint64_t packets, double fraction);
    void *progress_ctx;
};

struct machine_failure {
    uint64_t time_ps;
    char *check, *clause, *message;
    int64_t packet; /* -1: none */
};

struct machine_latency {
    uint64_t count;
    double min_ns, p50_ns, p99_ns, max_ns; /* 0 when count is 0 */
};

struct machine_direction {
    uint64_t packets, bytes; /* delivered; bytes without FCS */
    uint64_t dropped;        /* sent and not delivered */
    double mpps, gbps;       /* over the time from the first to the last frame; gbps of frames with FCS */
    double limit_mpps, efficiency;
    const char *limited_by; /* "wire", "up", "down"; "" without traffic. Static storage */
    struct machine_latency latency;
    struct machine_latency hardware; /* of what latency.h measures, if asked for */
};

struct machine_link {
    uint64_t tlps, bytes;
    double utilisation; /* busy time over the time of the traffic, 0 to 1 */
};

/* A transmit or receive virtqueue, as the device's trace tells. */
enum { MACHINE_MAX_QUEUES = 32 };
struct machine_queue {
    uint64_t frames, doorbells, interrupts;
};

/* One of several NICs. */
enum { MACHINE_MAX_ADAPTERS = 4 };
struct machine_adapter {
    uint64_t tx_sends;           /* that the driver has back from it: more than the next two when it had no carrier to send them on */
    uint64_t tx_frames, tx_lost; /* at the other end of the cable; lost on it, without a carrier */
    uint64_t rx_frames, rx_lost; /* at this end */
    uint64_t dropped;            /* by the NIC, of those that reached it */
    uint64_t messages;           /* MSI-X */
    struct machine_link up, down;
    struct machine_queue queues[MACHINE_MAX_QUEUES];
};

enum machine_live { MACHINE_LIVE_NONE, MACHINE_LIVE_TAP, MACHINE_LIVE_CLIENT };

struct machine_result {
    struct machine_failure *failures;
    size_t failure_count;
    uint64_t time_ps, cycles, cycles_evaluated;
    double wall_s;
    /* Of these, while traffic flowed: without bring-up and take-down. */
    uint64_t traffic_cycles, traffic_cycles_evaluated;
    double traffic_wall_s;
    struct machine_direction tx, rx;
    uint64_t nbl_allocated, nbl_sent, nbl_completed, nbl_indicated, nbl_returned, nbl_outstanding;
    uint64_t tx_checksums, large_sends, large_send_frames, rx_checksums, rx_hashes; /* as of traffic_counts */
    struct machine_link up, down;
    uint64_t dma_violations, interrupts;
    /* Live traffic, and with whom: frames of the TAP interface, or what the client did. */
    enum machine_live live;
    uint64_t http_requests, http_pages, tcpip_copied, tcpip_refused; /* as of traffic_counts */
    uint64_t tap_received, tap_sent, tap_refused;
    uint64_t client_pages, client_bytes, client_again, client_late;  /* as of wire_client_counts */
    uint64_t program_tx_frames, program_rx_frames; /* of driver.programs: that reached the wire, or the traffic protocol */
    struct machine_queue queues[MACHINE_MAX_QUEUES]; /* by virtqueue: receive 0, transmit 0, receive 1, ... */
    struct machine_adapter adapters[MACHINE_MAX_ADAPTERS]; /* what is above is of all of them together */
    unsigned adapter_count;
    unsigned queue_count;                            /* of those that the driver uses */
    struct json_t *hosts; /* linux/run.h: what each Linux host did and printed, an array; NULL: the machine's own drivers ran */
    struct json_t *lost; /* lost.h: what was found of NBLs that are lost or were misused, an object; NULL: none were */
    struct json_t *cpu;  /* code_report.h: what measured code took, an object; NULL: it was charged by a table */
    char **drivers; /* the stack as it was bound, a line for each driver, if asked for */
    size_t driver_count;
};

/* Run the traffic of `config` until all of it was sent, received and completed, or a limit of the scenario is met. 0 when a result
 * was made, whatever its verdict; a negative errno with a message in `error` when the machine could not be built or started. */
int machine_run(const struct machine_config *config, struct machine_result *result, char *error, size_t error_size);
void machine_result_free(struct machine_result *result);

/* Bring the machine up without a driver stack and have the NIC's benchmark engine do what `rows` ask; fills in their results. */
int machine_dma_bench(const struct scenario *scenario, struct dma_bench_row *rows, size_t row_count, char *error,
                      size_t error_size);

/* What of the latencies in `hardware` no NIC could avoid, idle machine, frames with FCS. Returns the number of terms, at most `room`;
 * their names are static storage. */
enum { MACHINE_MAX_TERMS = 8 };
struct machine_term {
    const char *name;
    double ns;
};
unsigned machine_latency_terms(const struct scenario *scenario, bool transmit, uint32_t frame_bytes, struct machine_term *terms,
                               unsigned room);

/* Clock the bare Verilated NIC, inputs idle, in a plain loop: cycles per second of wall time. */
double machine_bare_speed(const struct scenario *scenario, uint64_t cycles);

/* Payload Gb/s (each way, for both) that the link allows for back-to-back transfers of `bytes`. */
double machine_dma_model(const struct scenario *scenario, enum dma_bench_op op, uint32_t bytes);

/* Add a failure to a result (the texts are copied). */
void machine_result_fail(struct machine_result *result, uint64_t time_ps, const char *check, const char *clause, int64_t packet,
                         const char *message);

/* Add a line to the drivers of a result (the text is copied). */
void machine_result_add_driver(struct machine_result *result, const char *line);

#ifdef __cplusplus
}
#endif

#endif
