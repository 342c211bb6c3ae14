/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_cut.h: where a frame is cut into MDLs. */
#ifndef RINGSIDE_TRAFFIC_CUT_H
#define RINGSIDE_TRAFFIC_CUT_H

#include "traffic.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Most pieces of a random cut. */
enum { TRAFFIC_RANDOM_PIECES = 16 };

/* A stream of pseudo-random numbers (splitmix64); the state is the seed. */
uint64_t traffic_random(uint64_t *state);

/* Cut `length` bytes (1 or more) into 1 to `most` pieces of 1 byte or more; lengths[] receives them, their number is returned. A frame of
 * more bytes than `most` cannot be cut into single bytes: it gets the finest cut there is, pieces as equal as possible, longer ones
 * first. With less than two pieces allowed every cut is whole. */
unsigned traffic_cut_frame(enum traffic_cut cut, const uint8_t *frame, size_t length, unsigned most, uint64_t *random, uint32_t *lengths);

#ifdef __cplusplus
}
#endif

#endif
