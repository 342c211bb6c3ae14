/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_cut.c: where a frame is cut into MDLs. */
#include "traffic_cut.h"

#include "traffic_parse.h"

enum { SHORT_PIECE = 16, SHORT_SHARE = 2 };

uint64_t traffic_random(uint64_t *state) {
    uint64_t value = *state += UINT64_C(0x9E3779B97F4A7C15);
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return value ^ value >> 31;
}

static unsigned cut_header(const uint8_t *frame, size_t length, uint32_t *lengths) {
    size_t header = traffic_header_length(frame, length);
    if (header == 0 || header >= length) {
        lengths[0] = (uint32_t)length;
        return 1;
    }
    lengths[0] = (uint32_t)header;
    lengths[1] = (uint32_t)(length - header);
    return 2;
}

/* Half of the pieces are short: alignment bugs like them, and a uniform cut of a long frame would have none. */
static unsigned cut_random(size_t length, unsigned most, uint64_t *random, uint32_t *lengths) {
    unsigned pieces = 1 + (unsigned)(traffic_random(random) % (most < TRAFFIC_RANDOM_PIECES ? most : TRAFFIC_RANDOM_PIECES)), count = 0;
    while (count + 1 < pieces && length > 1) {
        size_t limit = traffic_random(random) % SHORT_SHARE ? SHORT_PIECE : length - 1;
        if (limit > length - 1) limit = length - 1;
        uint32_t piece = (uint32_t)(1 + traffic_random(random) % limit);
        lengths[count++] = piece;
        length -= piece;
    }
    lengths[count++] = (uint32_t)length;
    return count;
}

static unsigned cut_finest(size_t length, unsigned most, uint32_t *lengths) {
    unsigned count = length < most ? (unsigned)length : most;
    for (unsigned i = 0; i < count; i++) lengths[i] = (uint32_t)(length / count + (i < length % count));
    return count;
}

unsigned traffic_cut_frame(enum traffic_cut cut, const uint8_t *frame, size_t length, unsigned most, uint64_t *random, uint32_t *lengths) {
    if (most >= 2) {
        switch (cut) {
        case TRAFFIC_CUT_HEADER: return cut_header(frame, length, lengths);
        case TRAFFIC_CUT_RANDOM: return cut_random(length, most, random, lengths);
        case TRAFFIC_CUT_EVEN: /* `most` is what is asked for */
        case TRAFFIC_CUT_BYTE: return cut_finest(length, most, lengths);
        case TRAFFIC_CUT_WHOLE: break;
        }
    }
    lengths[0] = (uint32_t)length;
    return 1;
}
