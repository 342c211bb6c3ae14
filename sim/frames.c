/* SPDX-License-Identifier: Apache-2.0 */
/* Frame sources and the end-to-end check. */
#include "frames.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "regmap.h"

enum { PADDED = ETH_MIN_FRAME - ETH_FCS };

uint64_t frame_source_count(const struct frame_source *source) {
    return source->capture ? source->capture->count : source->generator.frames;
}

void frame_source_at(struct frame_source *source, uint64_t number, const uint8_t **data, size_t *length) {
    if (source->capture) {
        const struct capture_frame *frame = &source->capture->frames[number];
        *data = source->capture->bytes + frame->offset;
        *length = frame->length;
        return;
    }
    *length = generator_length(&source->generator, number);
    generator_fill(&source->generator, number, source->buffer, *length);
    *data = source->buffer;
}

int64_t frame_source_next(struct frame_source *source, const uint8_t **data, size_t *length, uint64_t *not_before_ps) {
    if (source->next >= frame_source_count(source)) return -1;
    const uint64_t number = source->next++;
    frame_source_at(source, number, data, length);
    if (source->capture)
        *not_before_ps = source->capture_times ? source->capture->frames[number].time_ns * 1000 : 0;
    else
        *not_before_ps = generator_pace(&source->generator, &source->pacer, *length);
    return (int64_t)number;
}

/* The first byte in which what arrived differs from what was sent, counting the length as a difference; -1: equal. */
static int64_t first_difference(const uint8_t *sent, size_t sent_length, const uint8_t *data, size_t length) {
    const size_t expected = sent_length < PADDED ? (size_t)PADDED : sent_length;
    const size_t common = sent_length < length ? sent_length : length;
    if (memcmp(sent, data, common) != 0) {
        size_t at = 0;
        while (sent[at] == data[at]) at++;
        return (int64_t)at;
    }
    for (size_t i = common; i < length && i < expected; i++)
        if (data[i] != 0) return (int64_t)i;
    return length == expected ? -1 : (int64_t)(length < expected ? length : expected);
}

static bool is_frame(struct frame_check *check, uint64_t number, const uint8_t *data, size_t length) {
    const uint8_t *sent;
    size_t sent_length;
    if (!check->source->capture) { /* a cheap look at the length before the frame is made */
        const size_t made = generator_length(&check->source->generator, number);
        if ((made < PADDED ? (size_t)PADDED : made) != length) return false;
    }
    frame_source_at(check->source, number, &sent, &sent_length);
    return first_difference(sent, sent_length, data, length) < 0;
}

__attribute__((format(printf, 4, 5))) static void report(struct frame_check *check, const char *name, int64_t packet,
                                                         const char *format, ...) {
    if (check->reports++ >= FRAME_CHECK_MESSAGES) return;
    char message[320];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    check->report(check->report_ctx, name, packet, message);
}

static void report_lost(struct frame_check *check, uint64_t first, uint64_t count) {
    check->lost += count;
    if (!check->drops_allowed)
        report(check, "frames.lost", (int64_t)first, "%" PRIu64 " frame%s %s never arrived, from frame %" PRIu64, count,
               count == 1 ? "" : "s", check->direction, first);
}

static void report_damaged(struct frame_check *check, const uint8_t *data, size_t length) {
    const uint8_t *sent;
    size_t sent_length;
    frame_source_at(check->source, check->next, &sent, &sent_length);
    const size_t expected = sent_length < PADDED ? (size_t)PADDED : sent_length;
    const size_t at = (size_t)first_difference(sent, sent_length, data, length);
    if (at < length && at < expected)
        report(check, "frames.damaged", (int64_t)check->next,
               "frame %" PRIu64 " %s: byte %zu is 0x%02x, sent as 0x%02x (%zu bytes arrived, %zu sent)", check->next,
               check->direction, at, data[at], at < sent_length ? sent[at] : 0u, length, sent_length);
    else
        report(check, "frames.damaged", (int64_t)check->next, "frame %" PRIu64 " %s: %zu bytes arrived, expected %zu (%zu sent)",
               check->next, check->direction, length, expected, sent_length);
}

int64_t frame_check_arrived(struct frame_check *check, uint64_t sent, const uint8_t *data, size_t length) {
    if (check->next < sent && is_frame(check, check->next, data, length)) {
        check->good++;
        return (int64_t)check->next++;
    }
    const uint64_t end = sent - check->next > FRAME_CHECK_AHEAD ? check->next + FRAME_CHECK_AHEAD : sent;
    for (uint64_t number = check->next + 1; number < end; number++) {
        if (is_frame(check, number, data, length)) {
            report_lost(check, check->next, number - check->next);
            check->good++;
            check->next = number + 1;
            return (int64_t)number;
        }
    }
    for (uint64_t back = 1; back <= FRAME_CHECK_BACK && back <= check->next; back++) {
        const uint64_t number = check->next - back;
        if (is_frame(check, number, data, length)) {
            report(check, "frames.order", (int64_t)number, "frame %" PRIu64 " %s came after frame %" PRIu64 ", or twice", number,
                   check->direction, check->next - 1);
            return -1;
        }
    }
    check->damaged++;
    if (check->next >= sent) {
        report(check, "frames.damaged", -1, "a frame of %zu bytes came %s that nobody sent", length, check->direction);
        return -1;
    }
    report_damaged(check, data, length);
    return (int64_t)check->next++;
}

void frame_check_finish(struct frame_check *check, uint64_t sent) {
    if (check->next < sent) report_lost(check, check->next, sent - check->next);
    if (check->reports > FRAME_CHECK_MESSAGES) {
        char message[160];
        snprintf(message, sizeof message, "%" PRIu64 " more findings about frames %s: %" PRIu64 " lost, %" PRIu64 " damaged in all",
                 check->reports - FRAME_CHECK_MESSAGES, check->direction, check->lost, check->damaged);
        check->report(check->report_ctx, "frames.more", -1, message);
    }
}
