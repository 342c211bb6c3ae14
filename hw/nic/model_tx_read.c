/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net_tx, its second half: packets are read from the RAM in order, and become frames for the MAC: one, or those that tx_seg makes of it.
 *
 * A frame is planned when its turn at the RAM is known: it passes tx_csum in no time, or is kept there as long as its checksum takes, or
 * as one in front of it does. A beat is read in a cycle, a few ahead of the pins; what is read is free.
 */
#include <string.h>

#include "model_device.h"

enum {
    TO_READ = 1,  /* cycles from a slot's being complete to the first beat read */
    TO_PINS = 4,  /* ... from there to the first one at the pins */
    AHEAD = 5,    /* beats between the RAM and the pins */
    TO_CSUM = 4,  /* cycles from a frame's last beat at tx_csum to its first one that leaves it */
    NARROW = 8,   /* bytes of the beat that holds no virtio-net header */
    SHORTEST = ETH_MIN_FRAME - ETH_FCS
};

static struct model_tx_frame *frame_at(struct model *model, uint32_t number) { return &model->tx.frames[number % MODEL_TX_PLANNED]; }

/* Of the oldest packet, or of its next piece; there is one when freed != used. */
static struct model_tx_slot *oldest(struct model *model) { return &model->tx.slots[model->tx.freed % MODEL_TX_SLOTS]; }

/* Bytes in front of this address are not needed any more. */
static void free_to(struct model *model, uint32_t address, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    tx->rptr_before = tx->rptr;
    tx->rptr = address;
    tx->freed_from = cycle + 1;
    model_at(model, &tx->gather, cycle + 1);
}

void model_net_tx_free(struct model *model, uint64_t cycle) {
    free_to(model, oldest(model)->end, cycle);
    model->tx.freed++;
    model->tx.reading = false;
}

/* --- frames --- */

uint8_t *model_tx_byte(struct model *model, const struct model_tx_frame *frame, uint32_t at) {
    return frame->own ? frame->own + at : model_tx_ram(&model->tx, frame->base + at);
}

/* Is one in the RAM of tx_csum, and is there room for another, of those that were planned and have not left? */
static bool some_kept(struct model *model) {
    return model->tx.planned != model->tx.send && frame_at(model, model->tx.planned - 1)->kept;
}

static bool has_room(struct model *model, uint32_t length) {
    const struct model_net_tx *tx = &model->tx;
    uint32_t words = model_beats(model, length);
    for (uint32_t i = tx->send; i != tx->planned; i++) words += frame_at(model, i)->kept ? frame_at(model, i)->beats : 0;
    return tx->planned - tx->send < MODEL_CSUM_FRAMES && words <= MODEL_CSUM_RAM / model->config.beat_bytes;
}

static uint8_t *own_bytes(struct model *model) { return model->tx.own[model->tx.next_own++ % MODEL_TX_OWN]; }

/* What tx_csum keeps is no longer in the RAM, which may go round while a frame waits for the wire: packets behind it may be dropped. */
static void keep_bytes(struct model *model, struct model_tx_frame *frame) {
    uint8_t *own = own_bytes(model);
    for (uint32_t done = 0; done < frame->length;) {
        const uint32_t at = (frame->base + done) % sizeof model->tx.ram, left = (uint32_t)sizeof model->tx.ram - at;
        const uint32_t bytes = frame->length - done < left ? frame->length - done : left;
        memcpy(own + done, model->tx.ram + at, bytes);
        done += bytes;
    }
    frame->own = own;
}

bool model_tx_plan(struct model *model, struct model_tx_frame *frame) {
    struct model_net_tx *tx = &model->tx;
    frame->kept = frame->csum || some_kept(model);
    if (frame->kept && !has_room(model, frame->length)) return false; /* tried again when a frame has left */
    if (frame->kept && !frame->own) keep_bytes(model, frame);
    if (frame->first_read < tx->read_free) frame->first_read = tx->read_free;
    frame->ready = frame->first_read + TO_PINS;
    if (frame->kept) frame->ready += model_beats(model, frame->length) - 1 + TO_CSUM;
    frame->begin = tx->beats;
    frame->beats = model_beats(model, (frame->length > SHORTEST ? frame->length : SHORTEST) + ETH_FCS);
    tx->beats += frame->beats;
    *frame_at(model, tx->planned++) = *frame;
    model_at(model, &tx->mac, frame->ready);
    return true;
}

/* --- segments --- */

/* Its slots are taken as they are complete. */
static void take_slots(struct model *model, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    while (!tx->seg.all && tx->freed != tx->used && oldest(model)->used + TO_READ <= cycle && !oldest(model)->failed) {
        tx->seg.end = oldest(model)->end;
        tx->seg.all = !oldest(model)->more;
        tx->freed++;
        model_at(model, &tx->gather, cycle + 1);
    }
}

/* The packet is through, or the rest of it is dropped. */
static void end_segments(struct model *model, bool whole, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    model_count(model, whole ? STATS_TX_SEGMENTED : STATS_TX_DROPS, 1);
    tx->seg.active = false;
    tx->rest = !tx->seg.all;
    free_to(model, tx->seg.end, cycle);
}

/* False: not now; the task is set for when, or what is waited for sets it. */
static bool segment(struct model *model, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    struct model_seg *seg = &tx->seg;
    take_slots(model, cycle);
    const uint32_t payload = model_seg_payload(seg), length = seg->head + payload;
    const bool is_there = (int32_t)(seg->end - seg->payload) >= (int32_t)payload;
    const bool lost = !is_there && !seg->all && tx->freed != tx->used && oldest(model)->failed;
    if (model_stopped(model)) return false;
    if (!model->regs.link || lost) {
        end_segments(model, false, cycle);
        return true;
    }
    if (!is_there || !has_room(model, length)) return false;
    const uint64_t first = seg->from > tx->read_free ? seg->from : tx->read_free, last = first + model_beats(model, length) - 1;
    if (last > cycle) {
        model_at(model, &tx->read, last);
        return false;
    }
    struct model_tx_frame frame = {.own = own_bytes(model), .length = length, .csum = true,
                                   .csum_start = seg->ask.start, .csum_field = seg->ask.field, .first_read = first,
                                   .first = seg->number == 0, .last = payload == seg->left, .pair = seg->pair, .slot = seg->slot,
                                   .pid = seg->pid};
    model_seg_make(model, frame.own);
    model_tx_plan(model, &frame);
    tx->read_free = last + 1;
    seg->from = last + 1;
    if (frame.last)
        end_segments(model, true, cycle);
    else
        free_to(model, seg->payload, cycle);
    return true;
}

/* --- packets --- */

static void drop(struct model *model, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    if (!tx->rest) model_count(model, STATS_TX_DROPS, 1);
    tx->rest = oldest(model)->more;
    tx->read_free = cycle + 1;
    model_net_tx_free(model, cycle);
}

/* The header is read first, in a cycle of its own, unless nothing else was as the last byte came. Without CSUM its first bytes say enough. */
static uint64_t header_cycles(const struct model *model, const struct model_tx_slot *slot) {
    const uint64_t beats = model->config.beat_bytes > NARROW || !model_has(model, VIRTIO_NET_F_CSUM_BIT) ? 1 : 2;
    return model->tx.read_free <= slot->used ? beats - 1 : beats;
}

/* The oldest packet begins to be read, or is dropped; false: not now. */
static bool begin(struct model *model, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    const struct model_tx_slot *slot = oldest(model);
    const bool unreadable = tx->rest || slot->drop || slot->failed || !model->regs.link;
    uint64_t when = slot->used + TO_READ > tx->read_free ? slot->used + TO_READ : tx->read_free;
    if (!unreadable) when += header_cycles(model, slot);
    const struct model_tx_ask ask = unreadable ? (struct model_tx_ask){.bad = true} : model_tx_header(model, slot);
    if ((ask.bad || ask.segment) && when > cycle) {
        model_at(model, &tx->read, when);
        return false;
    }
    if (ask.bad) {
        drop(model, cycle);
        return true;
    }
    if (ask.segment) {
        if (model_stopped(model)) return false;
        if (!model_seg_begin(model, slot, &ask, cycle)) drop(model, cycle);
        return true;
    }
    const uint32_t header = model_header_bytes(model);
    struct model_tx_frame frame = {.base = slot->base + header, .length = slot->length - header, .csum = ask.csum,
                                   .csum_start = ask.start, .csum_field = ask.field, .first_read = when, .first = true, .last = true,
                                   .pair = slot->pair, .slot = slot->buffer.slot, .pid = slot->buffer.pid};
    tx->reading = model_tx_plan(model, &frame);
    return tx->reading;
}

/* The frame that is being read: its last beat may be; false: not now. */
static bool finish(struct model *model, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    const struct model_tx_frame *frame = frame_at(model, tx->planned - 1);
    const uint32_t beats = model_beats(model, frame->length);
    const uint64_t last = frame->begin + beats - 1, left = last < AHEAD || frame->kept ? 0 : model_mac_tx_leaves(model, last - AHEAD);
    if (left == MODEL_NEVER) return false; /* goes on when that frame begins */
    uint64_t when = frame->first_read + beats - 1;
    if (when < left + 1) when = left + 1;
    if (when > cycle) {
        model_at(model, &tx->read, when);
        return false;
    }
    tx->read_free = when + 1;
    model_net_tx_free(model, cycle);
    return true;
}

void model_tx_read_run(struct model *model, unsigned argument, uint64_t cycle) {
    const struct model_net_tx *tx = &model->tx;
    (void)argument;
    for (;;) {
        const bool done = tx->seg.active ? segment(model, cycle)
                          : tx->reading  ? finish(model, cycle)
                                         : tx->freed != tx->used && begin(model, cycle);
        if (!done) return;
    }
}

void model_tx_read_reset(struct model *model) {
    struct model_net_tx *tx = &model->tx;
    tx->seg.active = tx->reading = tx->rest = false;
    tx->planned = tx->send = 0;
    tx->beats = tx->read_free = 0;
    if (!tx->mac_free) tx->mac_free = 1;
}
