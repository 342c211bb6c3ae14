/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net_tx, vq_sched and mac_tx: gathers frames from their fragments and sends them.
 *
 * Three steps, each with its place in the ring of frame slots: tail (chains become reads), used (all bytes are there: the buffer is
 * used, in order), send (the frame goes to the wire).
 */
#include <string.h>

#include "model_device.h"

enum {
    CLEARING = MODEL_TX_FRAMES, /* cycles after a reset: the sums of the slots are cleared */
    TO_PINS = 5,                /* cycles from the buffer's use to the first beat at the pins */
    TO_READ = 1,                /* ... to the first beat read from the RAM */
    SKIP = 1,
    AHEAD = 5,                  /* beats between the RAM and the pins */
    TO_CSUM = 4,                /* cycles from a frame's last beat at tx_csum to its first one that leaves it */
    NARROW = 8,                 /* bytes of the beat that holds no virtio-net header */
    KEPT_FRAMES = MODEL_TX_KEPT * MODEL_TX_FRAMES,
    KEPT_RAM = MODEL_TX_KEPT * MODEL_TX_RAM,
    SHORTEST = ETH_MIN_FRAME - ETH_FCS,
    HEAD = 64
};

static struct model_tx_frame *frame_at(struct model *model, uint32_t number) { return &model->tx.frames[number % KEPT_FRAMES]; }

/* Without virtio-net header and FCS. */
static uint32_t frame_bytes(const struct model *model, const struct model_tx_frame *frame) {
    return frame->length - model_header_bytes(model);
}

uint8_t *model_net_tx_byte(struct model *model, const struct model_tx_frame *frame, uint32_t at) {
    return &model->tx.ram[(frame->base + at) % KEPT_RAM];
}

/* With CSUM the virtio-net header of each frame is read first, and frames may be kept until their checksum is known. */
static bool looks_at_headers(const struct model *model) { return model_has(model, VIRTIO_NET_F_CSUM_BIT); }

/* --- from descriptors to reads --- */

static unsigned tx_queue(unsigned pair) { return 2 * pair + 1; }

/* vq_sched: the queue whose turn it is; a chain is never interrupted. */
static const struct model_element *next_element(struct model *model, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    if (tx->in_chain) return model_vq_head(model, tx_queue(tx->pair), cycle);
    const struct model_element *best = NULL;
    for (unsigned i = 1; i <= model->pairs; i++) {
        const unsigned pair = (tx->last_pair + i) % model->pairs;
        const struct model_element *element = model_vq_head(model, tx_queue(pair), cycle);
        if (!element || (best && element->ready >= best->ready)) continue;
        best = element;
        tx->pair = pair;
        if (element->ready <= cycle) break;
    }
    return best;
}

/* What was freed in this cycle is seen in the next. */
static uint32_t space(const struct model *model, uint64_t cycle) {
    const struct model_net_tx *tx = &model->tx;
    return MODEL_TX_RAM - (tx->wptr - (cycle < tx->freed_from ? tx->rptr_before : tx->rptr));
}

static bool has_slot(const struct model_net_tx *tx, uint64_t cycle) {
    return tx->tail - (cycle < tx->freed_from ? tx->freed - 1 : tx->freed) != MODEL_TX_FRAMES && tx->tail - tx->used != MODEL_TX_FRAMES;
}

/* The frame of the chain at hand, with this element. */
static struct model_tx_frame with(struct model *model, const struct model_element *element) {
    const struct model_net_tx *tx = &model->tx;
    struct model_tx_frame frame = *frame_at(model, tx->tail);
    if (!tx->in_chain)
        frame = (struct model_tx_frame){.base = tx->wptr, .end = tx->wptr, .pair = tx->pair,
                                        .buffer = {.slot = element->slot, .wrap = element->wrap, .pid = tx->pid[tx->pair]}};
    frame.drop = frame.drop || element->write || element->len > MODEL_TX_MAX_FRAME + model_header_bytes(model) - frame.length;
    if (!frame.drop) frame.length += element->len;
    frame.buffer.slots = (uint16_t)(tx->in_chain && !element->indirect ? frame.buffer.slots + 1 : 1);
    return frame;
}

static void end_chain(struct model *model, struct model_tx_frame *frame, uint16_t id, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    frame->buffer.id = id;
    frame->drop = frame->drop || frame->length < model_header_bytes(model) + ETH_HEADER;
    tx->pid[frame->pair]++;
    tx->tail++;
    tx->last_pair = tx->pair;
    model_trace(model, TRACE_TX_FETCH, frame->buffer.slots, frame->buffer.slot, frame->pair, frame->buffer.pid);
    if (frame->received == frame->issued) model_at(model, &tx->complete, cycle + 1);
}

static void accept(struct model *model, struct model_tx_frame frame, bool reads, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    const struct model_element element = *model_vq_head(model, tx_queue(tx->pair), cycle);
    struct model_tx_frame *slot = frame_at(model, tx->tail);
    if (reads) {
        frame.issued += element.len;
        tx->wptr += element.len;
        frame.end = tx->wptr;
    }
    *slot = frame;
    tx->in_chain = element.next;
    tx->gather_free = cycle + 1;
    model_vq_take(model, tx_queue(tx->pair), cycle);
    if (!element.next) end_chain(model, slot, element.id, cycle);
    model_at(model, &tx->gather, cycle + 1);
}

/* An element is taken as it is, or asks for its bytes. */
static void gather_run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    (void)argument;
    const uint64_t earliest = tx->gather_free > tx->cleared ? tx->gather_free : tx->cleared;
    if (cycle < earliest) {
        model_at(model, &tx->gather, earliest);
        return;
    }
    if (cycle < tx->freed_from) model_at(model, &tx->gather, tx->freed_from);
    if (!has_slot(tx, cycle)) return; /* woken when one is free */
    const struct model_element *element = next_element(model, cycle);
    if (!element || (model_stopped(model) && !tx->in_chain)) return;
    if (element->ready > cycle) {
        model_at(model, &tx->gather, element->ready);
        return;
    }
    const struct model_tx_frame frame = with(model, element);
    if (frame.drop || element->len == 0) {
        accept(model, frame, false, cycle);
        return;
    }
    if (space(model, cycle) >= element->len) model_rd_ask(model, model_rd_source_tx(model), cycle);
}

bool model_net_tx_grant(struct model *model, struct model_read *read, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    if (!has_slot(tx, cycle)) return false;
    const struct model_element *element = next_element(model, cycle);
    if (!element || element->ready > cycle) return false;
    const struct model_tx_frame frame = with(model, element);
    if (frame.drop || element->len == 0 || space(model, cycle) < element->len) return false;
    *read = (struct model_read){.addr = element->addr, .len = element->len, .client = MODEL_RD_TX, .index = tx->tail % KEPT_FRAMES,
                                .dst = tx->wptr % KEPT_RAM};
    accept(model, frame, true, cycle);
    return true;
}

void model_net_tx_wake(struct model *model, uint64_t cycle) {
    model_at(model, &model->tx.gather, cycle);
    if (model->tx.used != model->tx.tail) model_at(model, &model->tx.complete, cycle); /* a used descriptor may have been in its way */
}

/* --- arriving bytes --- */

void model_net_tx_data(struct model *model, uint32_t dst, const uint8_t *data, uint32_t bytes) {
    const uint32_t at = dst % KEPT_RAM, first = bytes < KEPT_RAM - at ? bytes : KEPT_RAM - at;
    memcpy(model->tx.ram + at, data, first);
    memcpy(model->tx.ram, data + first, bytes - first);
}

void model_net_tx_done(struct model *model, unsigned slot, uint32_t bytes, bool error, uint64_t cycle) {
    struct model_tx_frame *frame = &model->tx.frames[slot];
    frame->received += bytes;
    frame->failed = frame->failed || error;
    frame->complete = cycle + 1;
    if (frame->received == frame->issued) model_at(model, &model->tx.complete, cycle + 1);
}

/* --- buffers used, in order --- */

static void complete_run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    struct model_tx_frame *frame = frame_at(model, tx->used);
    (void)argument;
    if (tx->used == tx->tail || frame->received != frame->issued) return;
    const uint64_t earliest = frame->complete > tx->complete_free ? frame->complete : tx->complete_free;
    if (cycle < earliest) {
        model_at(model, &tx->complete, earliest);
        return;
    }
    if (!model_vq_use(model, tx_queue(frame->pair), &frame->buffer, cycle)) return;
    model_trace(model, TRACE_TX_READ, frame->length, frame->buffer.slot, frame->pair, frame->buffer.pid);
    if (looks_at_headers(model) && !frame->drop && !frame->failed) model_tx_csum_read(model, frame);
    const bool sent = !frame->drop && !frame->failed;
    frame->used = cycle;
    frame->planned = !looks_at_headers(model);
    frame->first_read = cycle + TO_READ;
    frame->ready = cycle + TO_PINS;
    frame->begin = tx->beats;
    frame->beats =
        sent ? model_beats(model, (frame_bytes(model, frame) > SHORTEST ? frame_bytes(model, frame) : SHORTEST) + ETH_FCS) : 0;
    tx->beats += frame->beats;
    tx->used++;
    model_at(model, &tx->read, cycle + TO_READ);
    tx->complete_free = cycle + 1;
    model_at(model, &tx->mac, frame->ready);
    model_at(model, &tx->complete, cycle + 1);
    model_at(model, &tx->gather, cycle + 1);
    /* Groups of used descriptors go when no frame is under way, those of other queues too. */
    for (unsigned pair = 0; tx->used == tx->tail && pair < model->pairs; pair++)
        if (model->queue[tx_queue(pair)].used.open) model_at(model, &model->queue[tx_queue(pair)].used.task, cycle + 1);
}

bool model_net_tx_quiet(struct model *model, uint64_t cycle) {
    const struct model_net_tx *tx = &model->tx;
    if (tx->used != tx->tail || tx->in_chain) return false;
    for (unsigned pair = 0; pair < model->pairs; pair++) {
        const struct model_element *element = model_vq_head(model, tx_queue(pair), cycle);
        if (element && element->ready <= cycle) return false;
    }
    return true;
}

/* --- to the MAC --- */

static bool is_skipped(const struct model *model, const struct model_tx_frame *frame) {
    return frame->drop || frame->failed || !model->regs.link; /* nothing is sent; the drop is counted */
}

static void next_frame(struct model *model, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    tx->send++;
    if (tx->send != tx->used) model_at(model, &tx->mac, cycle + 1);
}

static void free_slot(struct model *model, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    tx->rptr_before = tx->rptr;
    tx->rptr = frame_at(model, tx->freed)->end;
    tx->freed++;
    tx->freed_from = cycle + 1;
    model_at(model, &tx->gather, cycle + 1);
}

/* When a beat leaves at the pins, or has left (0: long ago); MODEL_NEVER: its frame has not begun. */
static uint64_t leaves(struct model *model, uint64_t beat) {
    const struct model_net_tx *tx = &model->tx;
    const struct model_tx_frame *frame = frame_at(model, tx->send);
    const uint64_t begin = tx->send != tx->used ? frame->begin : tx->beats; /* of the frame that is, or will be, at the pins */
    if (beat < begin) return beat + 1 == begin && !tx->sending ? tx->mac_free - 1 : 0;
    if (!tx->sending || beat >= begin + frame->beats) return MODEL_NEVER;
    const uint32_t number = (uint32_t)(beat - begin);
    if (number == 0) return tx->started;
    const uint64_t paced = model->host.frame_continue(model->host.ctx, number * model->config.beat_bytes), soonest = tx->started + number;
    return paced > soonest ? paced : soonest;
}

/* Frames that were read and have not left: is there one in the RAM of tx_csum, and is there room for another? */
static bool some_kept(struct model *model) {
    return model->tx.freed != model->tx.send && frame_at(model, model->tx.freed - 1)->kept;
}

static bool has_room(struct model *model, const struct model_tx_frame *frame) {
    const struct model_net_tx *tx = &model->tx;
    uint32_t words = model_beats(model, frame_bytes(model, frame));
    for (uint32_t i = tx->send; i != tx->freed; i++) words += frame_at(model, i)->kept ? frame_at(model, i)->beats : 0;
    return tx->freed - tx->send < MODEL_CSUM_FRAMES && words <= MODEL_CSUM_RAM / model->config.beat_bytes;
}

/* The frame that is read next, when headers are looked at: it passes tx_csum, or is kept there as long as it takes, or behind one that is. */
static bool plan(struct model *model, struct model_tx_frame *frame) {
    const struct model_net_tx *tx = &model->tx;
    frame->kept = frame->csum || some_kept(model);
    if (frame->kept && !has_room(model, frame)) return false; /* tried again when a frame has left */
    if (frame->first_read < tx->read_free) frame->first_read = tx->read_free;
    frame->first_read += model->config.beat_bytes > NARROW ? 1 : 2;
    frame->ready = frame->first_read + TO_PINS - TO_READ;
    if (frame->kept) frame->ready += model_beats(model, frame_bytes(model, frame)) - 1 + TO_CSUM;
    frame->planned = true;
    model_at(model, &model->tx.mac, frame->ready);
    return true;
}

/* Frames are read from the RAM a beat a cycle, a few beats ahead of the pins; the last one frees the slot. */
static void read_run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    (void)argument;
    while (tx->freed != tx->used) {
        struct model_tx_frame *frame = frame_at(model, tx->freed);
        if (is_skipped(model, frame)) return; /* mac_run sees to it, in its turn */
        if (!frame->planned && !plan(model, frame)) return;
        const uint32_t beats = model_beats(model, frame_bytes(model, frame));
        const uint64_t last = frame->begin + beats - 1, left = last < AHEAD || frame->kept ? 0 : leaves(model, last - AHEAD);
        if (left == MODEL_NEVER) return; /* goes on when that frame begins */
        uint64_t when = frame->first_read;
        if (when < tx->read_free) when = tx->read_free;
        when += beats - 1;
        if (when < left + 1) when = left + 1;
        if (when > cycle) {
            model_at(model, &tx->read, when);
            return;
        }
        tx->read_free = when + 1;
        free_slot(model, cycle);
    }
}

static void learn(struct model *model, const struct model_tx_frame *frame, uint32_t length) {
    uint8_t head[HEAD] = {0};
    const uint32_t from = model_header_bytes(model);
    for (uint32_t i = 0; i < HEAD && i < length; i++) head[i] = *model_net_tx_byte(model, frame, from + i);
    model_steer_learn(model, head, frame->pair);
}

static void start(struct model *model, struct model_tx_frame *frame, uint64_t cycle) {
    const struct model_host *host = &model->host;
    const uint32_t length = frame_bytes(model, frame), beats = frame->beats;
    model_trace(model, TRACE_TX_FIRST, length, frame->buffer.slot, frame->pair, frame->buffer.pid);
    if (model->pairs > 1) learn(model, frame, length);
    host->frame_begin(host->ctx);
    uint64_t last = cycle + beats - 1;
    if (beats > 1) {
        const uint64_t paced = host->frame_continue(host->ctx, (beats - 1) * model->config.beat_bytes);
        if (paced > last) last = paced;
    }
    model->tx.sending = true;
    model->tx.started = cycle;
    model->tx.mac_free = last;
    model_at(model, &model->tx.read, cycle);
    model_at(model, &model->tx.mac, last);
}

static void finish(struct model *model, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    const struct model_host *host = &model->host;
    const struct model_tx_frame *frame = frame_at(model, tx->send);
    const uint32_t length = frame_bytes(model, frame), at = (frame->base + model_header_bytes(model)) % KEPT_RAM;
    const uint32_t first = length < KEPT_RAM - at ? length : KEPT_RAM - at;
    if (frame->csum) model_tx_csum_complete(model, frame);
    tx->sending = false;
    tx->mac_free = cycle + 1;
    host->frame_send(host->ctx, tx->ram + at, first, tx->ram, length - first);
    model_count(model, STATS_TX_FRAMES, 1);
    model_count(model, STATS_TX_BYTES, length > SHORTEST ? length : SHORTEST);
    model_trace(model, TRACE_TX_LAST, 0, 0, frame->pair, frame->buffer.pid);
    if (tx->freed == tx->send) free_slot(model, cycle);
    next_frame(model, cycle);
    model_at(model, &tx->read, cycle);
}

static void mac_run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    (void)argument;
    if (tx->sending) {
        if (cycle < tx->mac_free) {
            model_at(model, &tx->mac, tx->mac_free);
            return;
        }
        finish(model, cycle);
        return;
    }
    if (tx->send == tx->used || model_stopped(model)) return;
    struct model_tx_frame *frame = frame_at(model, tx->send);
    if (is_skipped(model, frame) && tx->freed == tx->send) {
        const uint64_t when = frame->used + SKIP;
        if (when > cycle) {
            model_at(model, &tx->mac, when);
            return;
        }
        model_count(model, STATS_TX_DROPS, 1);
        free_slot(model, cycle);
        next_frame(model, cycle);
        model_at(model, &tx->read, cycle + 1);
        return;
    }
    if (!frame->planned) return; /* read_run comes to it */
    uint64_t when = model->host.frame_start(model->host.ctx);
    if (when < frame->ready) when = frame->ready;
    if (when < tx->mac_free) when = tx->mac_free;
    if (when > cycle) {
        model_at(model, &tx->mac, when);
        return;
    }
    start(model, frame, cycle);
}

void model_net_tx_reset(struct model *model, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    tx->tail = tx->used = tx->send = tx->freed = 0;
    tx->beats = tx->read_free = 0;
    if (!tx->mac_free) tx->mac_free = 1;
    tx->wptr = tx->rptr = tx->rptr_before = 0;
    tx->freed_from = 0;
    tx->in_chain = false;
    tx->last_pair = 0;
    memset(tx->pid, 0, sizeof tx->pid);
    tx->cleared = cycle + CLEARING;
}

void model_net_tx_init(struct model *model) {
    model_task_add(&model->tasks, &model->tx.mac, mac_run, 0);
    model_task_add(&model->tasks, &model->tx.read, read_run, 0);
    model_task_add(&model->tasks, &model->tx.complete, complete_run, 0);
    model_task_add(&model->tasks, &model->tx.gather, gather_run, 0);
}
