/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frames.h: what is sent, and whether it arrived: sources of frames (captures, generators) and the end-to-end check against them.
 *
 * The check makes the frames again from a source of its own and never shares memory with the path that it checks. A frame that
 * arrives must be the next one that was sent, byte for byte (padded with zeros to 60). One that is not is looked for among the
 * frames sent later: found, the ones between were lost ("frames.lost") - unless drops are allowed; found among the lost ones, it
 * overtook others ("frames.order"); found nowhere, it is damaged ("frames.damaged": which packet, which byte).
 *
 * With several queues on the way, order is kept within a flow only (`by_flow`): then all this is done flow by flow, a flow being what
 * flow.h says, and a frame whose flow was never sent is damaged.
 */
#ifndef RINGSIDE_FRAMES_H
#define RINGSIDE_FRAMES_H

#include <stdbool.h>

#include "capture.h"
#include "generator.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Frames in order. `capture` (borrowed, may be shared) or, when it is NULL, `generator`. */
struct frame_source {
    const struct capture *capture;
    bool capture_times; /* play the capture at its own times, not as fast as possible */
    struct generator_config generator;
    uint64_t next;
    struct generator_pacer pacer;
    uint8_t buffer[CAPTURE_MAX_FRAME];
};

uint64_t frame_source_count(const struct frame_source *source);
/* Frame `number`, below the count; the bytes stay until the next call for this source. */
void frame_source_at(struct frame_source *source, uint64_t number, const uint8_t **data, size_t *length);
/* The next frame and the earliest simulated time to send it, relative to the start of traffic. Its number, or -1 at the end. */
int64_t frame_source_next(struct frame_source *source, const uint8_t **data, size_t *length, uint64_t *not_before_ps);

/* Where mistakes go. packet is the frame's number, or -1. */
typedef void (*frame_report)(void *ctx, const char *check, int64_t packet, const char *message);

/* Frames that arrive in order: all of them, or those of a flow. */
struct frame_order {
    uint64_t flow;
    uint64_t *numbers;    /* of the frames handed over; NULL: every number from 0 on */
    uint64_t count, room; /* of numbers */
    uint64_t next;        /* place in numbers of the frame expected next */
};

struct frame_check {
    const char *direction;       /* "to the wire", "to the host": for messages; static storage */
    struct frame_source *source; /* its own, not the one that is being sent from */
    bool drops_allowed;
    bool by_flow;
    frame_report report;
    void *report_ctx;
    struct frame_order all;    /* without by_flow */
    struct frame_order *flows; /* with it, in the order of their first frames */
    uint32_t *slots;           /* hash table of 1 + place in flows */
    size_t flow_count, slot_count;
    uint64_t known; /* frames that are in flows */
    uint64_t good, lost, damaged;
    uint64_t reports; /* messages given; after FRAME_CHECK_MESSAGES of them only counting goes on */
};
enum { FRAME_CHECK_MESSAGES = 8, FRAME_CHECK_AHEAD = 65536, FRAME_CHECK_BACK = 1024 };

/* A frame arrived. `sent` is the number of frames that have been handed over so far (a frame cannot arrive before). Returns the
 * number of the frame that it is, or -1 when it is none. */
int64_t frame_check_arrived(struct frame_check *check, uint64_t sent, const uint8_t *data, size_t length);
/* Is it one of the frames that have been handed over, whether it has arrived before or not? Looks as far as frame_check_arrived does. */
bool frame_check_knows(struct frame_check *check, uint64_t sent, const uint8_t *data, size_t length);
/* Traffic is over: everything below `sent` must have arrived. */
void frame_check_finish(struct frame_check *check, uint64_t sent);
/* Free what the check allocated with by_flow. */
void frame_check_free(struct frame_check *check);

#ifdef __cplusplus
}
#endif

#endif
