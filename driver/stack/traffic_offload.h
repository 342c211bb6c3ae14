/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic_offload.h: frames that are complete become what NDIS wants of a sender who leaves work to the NIC. [D] 4
 *
 * The frames that this protocol is given have every checksum and are of the size that the wire takes. What the adapter offers is taken
 * out of them again: a checksum makes room for the sum of the pseudo header, and segments of one flow that follow each other become one
 * large send. Both only where the NIC must make the very same bytes of it: then what is on the wire does not tell whether there was an
 * offload, and without one frames go as they are.
 */
#ifndef RINGSIDE_TRAFFIC_OFFLOAD_H
#define RINGSIDE_TRAFFIC_OFFLOAD_H

#include "ndis.h"
#include "traffic_parse.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Longest large send: payload that an adapter offers at most, and its headers. */
enum { TRAFFIC_LARGE_PAYLOAD = 60 * 1024, TRAFFIC_LARGE_MAX = TRAFFIC_LARGE_PAYLOAD + 256 };

/* What the adapter does for us now. */
struct traffic_tasks {
    bool tcp4, udp4, tcp6, udp6;          /* checksums on send */
    ULONG lso4, lso6, uso4, uso6;         /* most bytes of payload; 0: no large sends */
};
/* Of a configuration, as far as `checksum` and `large` (bytes of payload, at most TRAFFIC_LARGE_PAYLOAD) want it. */
struct traffic_tasks traffic_tasks_of(const NDIS_OFFLOAD *config, bool checksum, ULONG large);

/* Values of the slots of an NBL. */
struct traffic_ask {
    PVOID checksum, lso, uso;
};

/* Leave the checksum of the frame to the NIC: edits it, and fills in the slots. False: not this one, nothing was changed. */
bool traffic_ask_checksum(const struct traffic_tasks *tasks, uint8_t *frame, size_t length, struct traffic_ask *ask);

/* A large send that is being made. */
struct traffic_large {
    uint8_t *bytes;        /* the caller's: TRAFFIC_LARGE_MAX, or without copies the headers of the first frame */
    size_t length;
    unsigned frames;       /* that are in it */
    struct traffic_headers at;
    size_t segment;        /* bytes of payload of every frame but the last */
    ULONG most;            /* bytes of payload */
    bool closed;           /* nothing can follow */
};
/* Begin with a frame, whose headers `bytes` must point at by the time of finish. False: it is not the first of any large send. */
bool traffic_large_open(struct traffic_large *large, const struct traffic_tasks *tasks, const uint8_t *frame, size_t length);
/* Its payload goes on behind what is there, wherever the caller keeps that; the first frame's headers are at `bytes`, and change. False: it
 * does not follow, nothing was changed. */
bool traffic_large_follow(struct traffic_large *large, const uint8_t *frame, size_t length);
/* The same two, and the bytes are copied behind each other into `bytes`. */
bool traffic_large_begin(struct traffic_large *large, const struct traffic_tasks *tasks, const uint8_t *frame, size_t length);
bool traffic_large_join(struct traffic_large *large, const uint8_t *frame, size_t length);
/* Two frames or more are in it: make the bytes those of a large send, and fill in the slots. */
void traffic_large_finish(struct traffic_large *large, struct traffic_ask *ask);

#ifdef __cplusplus
}
#endif

#endif
