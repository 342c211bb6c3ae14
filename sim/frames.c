/* SPDX-License-Identifier: Apache-2.0 */
/* Frame sources and the end-to-end check. */
#include "frames.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
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

static uint64_t number_of(const struct frame_order *order, uint64_t place) { return order->numbers ? order->numbers[place] : place; }

static void report_damaged(struct frame_check *check, uint64_t number, const uint8_t *data, size_t length) {
    const uint8_t *sent;
    size_t sent_length;
    frame_source_at(check->source, number, &sent, &sent_length);
    const size_t expected = sent_length < PADDED ? (size_t)PADDED : sent_length;
    const size_t at = (size_t)first_difference(sent, sent_length, data, length);
    if (at < length && at < expected)
        report(check, "frames.damaged", (int64_t)number,
               "frame %" PRIu64 " %s: byte %zu is 0x%02x, sent as 0x%02x (%zu bytes arrived, %zu sent)", number, check->direction, at,
               data[at], at < sent_length ? sent[at] : 0u, length, sent_length);
    else
        report(check, "frames.damaged", (int64_t)number, "frame %" PRIu64 " %s: %zu bytes arrived, expected %zu (%zu sent)", number,
               check->direction, length, expected, sent_length);
}

static struct frame_order *find_flow(const struct frame_check *check, uint64_t flow) {
    if (check->slot_count == 0) return NULL;
    for (size_t slot = flow % check->slot_count; check->slots[slot] != 0; slot = (slot + 1) % check->slot_count)
        if (check->flows[check->slots[slot] - 1].flow == flow) return &check->flows[check->slots[slot] - 1];
    return NULL;
}

static void place_flow(struct frame_check *check, size_t place) {
    size_t slot = check->flows[place].flow % check->slot_count;
    while (check->slots[slot] != 0) slot = (slot + 1) % check->slot_count;
    check->slots[slot] = (uint32_t)place + 1;
}

static struct frame_order *add_flow(struct frame_check *check, uint64_t flow) {
    if (2 * (check->flow_count + 1) > check->slot_count) { /* at most half full */
        check->slot_count = check->slot_count ? 2 * check->slot_count : 64;
        free(check->slots);
        check->slots = calloc(check->slot_count, sizeof *check->slots);
        check->flows = realloc(check->flows, check->slot_count / 2 * sizeof *check->flows);
        if (!check->slots || !check->flows) abort();
        for (size_t i = 0; i < check->flow_count; i++) place_flow(check, i);
    }
    check->flows[check->flow_count] = (struct frame_order){.flow = flow};
    place_flow(check, check->flow_count);
    return &check->flows[check->flow_count++];
}

/* Frames that were handed over since the last time join the ends of their flows. */
static void learn(struct frame_check *check, uint64_t sent) {
    for (; check->known < sent; check->known++) {
        const uint8_t *data;
        size_t length;
        frame_source_at(check->source, check->known, &data, &length);
        const uint64_t flow = frame_flow(data, length);
        struct frame_order *order = find_flow(check, flow);
        if (!order) order = add_flow(check, flow);
        if (order->count == order->room) {
            order->room = order->room ? 2 * order->room : 64;
            order->numbers = realloc(order->numbers, order->room * sizeof *order->numbers);
            if (!order->numbers) abort();
        }
        order->numbers[order->count++] = check->known;
    }
}

/* What can have come before a frame like this, and how many of these were sent. NULL: nothing like it was. */
static struct frame_order *order_of(struct frame_check *check, uint64_t sent, const uint8_t *data, size_t length) {
    if (!check->by_flow) {
        check->all.count = sent;
        return &check->all;
    }
    learn(check, sent);
    return find_flow(check, frame_flow(data, length));
}

bool frame_check_knows(struct frame_check *check, uint64_t sent, const uint8_t *data, size_t length) {
    struct frame_order *order = order_of(check, sent, data, length);
    if (!order) return false;
    const uint64_t first = order->next > FRAME_CHECK_BACK ? order->next - FRAME_CHECK_BACK : 0;
    const uint64_t end = order->count - order->next > FRAME_CHECK_AHEAD ? order->next + FRAME_CHECK_AHEAD : order->count;
    for (uint64_t place = first; place < end; place++)
        if (is_frame(check, number_of(order, place), data, length)) return true;
    return false;
}

int64_t frame_check_arrived(struct frame_check *check, uint64_t sent, const uint8_t *data, size_t length) {
    struct frame_order *order = order_of(check, sent, data, length);
    const uint64_t count = order ? order->count : 0, next = order ? order->next : 0;
    if (next < count && is_frame(check, number_of(order, next), data, length)) {
        check->good++;
        order->next++;
        return (int64_t)number_of(order, next);
    }
    const uint64_t end = count - next > FRAME_CHECK_AHEAD ? next + FRAME_CHECK_AHEAD : count;
    for (uint64_t place = next + 1; place < end; place++) {
        if (is_frame(check, number_of(order, place), data, length)) {
            report_lost(check, number_of(order, next), place - next);
            check->good++;
            order->next = place + 1;
            return (int64_t)number_of(order, place);
        }
    }
    for (uint64_t back = 1; back <= FRAME_CHECK_BACK && back <= next; back++) {
        const uint64_t number = number_of(order, next - back);
        if (is_frame(check, number, data, length)) {
            report(check, "frames.order", (int64_t)number, "frame %" PRIu64 " %s came after frame %" PRIu64 ", or twice", number,
                   check->direction, number_of(order, next - 1));
            return -1;
        }
    }
    check->damaged++;
    if (next >= count) {
        report(check, "frames.damaged", -1, "a frame of %zu bytes came %s that nobody sent", length, check->direction);
        return -1;
    }
    report_damaged(check, number_of(order, next), data, length);
    order->next++;
    return (int64_t)number_of(order, next);
}

void frame_check_finish(struct frame_check *check, uint64_t sent) {
    if (check->by_flow)
        learn(check, sent);
    else
        check->all.count = sent;
    for (size_t i = 0; i < (check->by_flow ? check->flow_count : 1); i++) {
        struct frame_order *order = check->by_flow ? &check->flows[i] : &check->all;
        if (order->next < order->count) report_lost(check, number_of(order, order->next), order->count - order->next);
    }
    if (check->reports > FRAME_CHECK_MESSAGES) {
        char message[160];
        snprintf(message, sizeof message, "%" PRIu64 " more findings about frames %s: %" PRIu64 " lost, %" PRIu64 " damaged in all",
                 check->reports - FRAME_CHECK_MESSAGES, check->direction, check->lost, check->damaged);
        check->report(check->report_ctx, "frames.more", -1, message);
    }
}

void frame_check_free(struct frame_check *check) {
    for (size_t i = 0; i < check->flow_count; i++) free(check->flows[i].numbers);
    free(check->flows);
    free(check->slots);
    check->flows = NULL;
    check->slots = NULL;
    check->flow_count = check->slot_count = 0;
}
