/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generator.h: made-up traffic. Frame number n is a pure function of the configuration and n, so that the checker at the far end
 * can make it again; only the pacing is counted up from frame to frame.
 *
 * Flow f changes the last byte of the source address, flow 0 leaves it; both ends of that byte differ early, so that a few flows are
 * already spread well by a hash of which the low bits or the high bits count.
 *
 * Unless it is to be TCP or UDP (generator_ip.h) and long enough for their headers, a frame is destination, source, EtherType 0x88B5 (local experimental, IEEE 802), its number in 8 bytes (most significant first,
 * as far as they fit), and the pattern. Sizes are bytes on the wire with FCS, as in "64-byte frames"; frames here have no FCS.
 */
#ifndef RINGSIDE_GENERATOR_H
#define RINGSIDE_GENERATOR_H

#include <stddef.h>
#include <stdint.h>

#include "scenario.h"

#ifdef __cplusplus
extern "C" {
#endif

enum generator_pattern { GENERATOR_COUNTER, GENERATOR_RANDOM, GENERATOR_ZEROS, GENERATOR_ONES };

enum generator_protocol { GENERATOR_ETHERNET, GENERATOR_TCP4, GENERATOR_UDP4, GENERATOR_TCP6, GENERATOR_UDP6 };

struct generator_config {
    uint64_t frames;
    struct scenario_sizes sizes;
    uint64_t rate_mbps; /* on the wire, preamble and gap included; 0: no limit */
    uint64_t burst;     /* frames sent at once, then a gap that keeps the rate */
    enum generator_pattern pattern;
    enum generator_protocol protocol;
    uint64_t seed;
    uint64_t flows; /* frame n is of flow n modulo this, 0 is 1; up to 256 */
    uint8_t destination[6], source[6];
};

/* Bytes of frame `number` without FCS, and its content in `frame` (room for CAPTURE_MAX_FRAME bytes). */
size_t generator_length(const struct generator_config *config, uint64_t number);
void generator_fill(const struct generator_config *config, uint64_t number, uint8_t *frame, size_t length);

/* When frames may go. Start from zero; call generator_pace() once for each frame in order. */
struct generator_pacer {
    uint64_t wire_bits;  /* of all frames of earlier bursts */
    uint64_t burst_bits; /* of the frames of this burst so far */
    uint64_t in_burst;
};
/* Earliest time in ps of the next frame, which has `length` bytes without FCS. */
uint64_t generator_pace(const struct generator_config *config, struct generator_pacer *pacer, size_t length);

#ifdef __cplusplus
}
#endif

#endif
