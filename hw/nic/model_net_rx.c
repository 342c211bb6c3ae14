/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mac_rx and net_rx: stores frames from the wire and scatters them into receive buffers.
 *
 * A frame is stored until its end is known to be good. The oldest one waits for a buffer: each element of its chain becomes one command
 * to dma_wr, and the used descriptor is handed over with the last. With no buffer in sight, frames wait until the RAM or the frame table
 * is three quarters full, then the oldest are dropped; with several queues at once, for one must not hold up the others. A buffer that
 * is too short for its frame is given back to the ring, and the frame dropped; with MRG_RXBUF the frame goes on in the next buffer
 * (model_rx_merge.c). One that is too short for the header, or is not writable, is a ring error, which ends all reception.
 */
#include <string.h>

#include "model_device.h"

enum {
    STORED = 3,  /* cycles from a beat at the pins to the RAM; one less for the beat in front of one that is all FCS */
    PAUSE = 11,  /* cycles without a frame after which none is about to follow */
    CROWDED_WORDS_QUARTERS = 3,
    CROWDED_FRAMES = MODEL_RX_FRAMES / 4 * 3,
    BEHIND_HEAD = 2, /* cycles from the beat behind a frame's head at the pins to the end of the head at rx_offload */
    KNOWN = 4,       /* ... from there to the first beat that leaves it */
    OUT = 1
};

uint32_t model_header_bytes(const struct model *model) {
    return model_has(model, VIRTIO_NET_F_HASH_REPORT_BIT) ? VIRTIO_NET_HDR_HASH_SIZE : VIRTIO_NET_HDR_SIZE;
}

static uint32_t ram_words(const struct model *model) { return MODEL_RX_RAM / model->config.beat_bytes; }

/* --- storing --- */

void model_net_rx_update(struct model *model, uint64_t cycle) {
    struct model_net_rx *rx = &model->rx;
    bool enabled = false;
    for (unsigned pair = 0; pair < model->pairs; pair++) enabled = enabled || model->queue[2 * pair].enabled;
    for (unsigned q = 0; q < model->queues; q++) enabled = enabled && !model->ring_error[q];
    enabled = enabled && model_driver_ok(model) && model->regs.link;
    if (enabled && !rx->enabled) rx->enabled_from = cycle;
    rx->enabled = enabled;
    if (!enabled && rx->count) model_net_rx_wake(model, cycle + 1); /* what waits is dropped */
}

void model_net_rx_wake(struct model *model, uint64_t cycle) {
    if (model->rx.count) model_at(model, &model->rx.scatter, cycle);
}

/* The cycle in which the last beat of a frame leaves mac_rx. */
static uint64_t checked(const struct model *model, const struct model_frame *frame) {
    const uint32_t tail = frame->length % model->config.beat_bytes;
    return frame->last + (tail != 0 && tail <= ETH_FCS ? STORED - 1 : STORED);
}

/* rx_offload holds a frame until its headers are known; then its beats leave, one a cycle. */
static struct model_incoming timed(struct model *model, const struct model_frame *frame) {
    const uint32_t data = frame->length > ETH_FCS ? frame->length - ETH_FCS : 1, beats = model_beats(model, data);
    const uint64_t whole = checked(model, frame);
    if (!model_rx_offload_enabled(model)) return (struct model_incoming){*frame, frame->first + STORED, whole};
    uint64_t step = (data <= MODEL_RX_HEAD ? whole : frame->head + BEHIND_HEAD) + KNOWN;
    if (step < model->rx.offload_free) step = model->rx.offload_free;
    const uint64_t last = step + beats - 1 > whole ? step + beats - 1 : whole + 1;
    model->rx.offload_free = last + 1;
    return (struct model_incoming){*frame, step + OUT, last + OUT};
}

void model_net_rx_arrived(struct model *model, const struct model_frame *frame) {
    struct model_net_rx *rx = &model->rx;
    if (rx->incoming_count == MODEL_RX_INCOMING) { /* no wire delivers so many at once */
        model_count(model, STATS_RX_DROPS_FIFO, 1);
        model->host.frame_done(model->host.ctx, frame->handle);
        return;
    }
    rx->incoming[(rx->incoming_head + rx->incoming_count++) % MODEL_RX_INCOMING] = timed(model, frame);
    model_trace(model, TRACE_RX_FIRST, 0, 0, 0, rx->pid[0]);
    model_at(model, &rx->store, rx->incoming[rx->incoming_head].end);
}

void model_frame_arrived(struct model *model, const struct model_frame *frame) { model_net_rx_arrived(model, frame); }

static void refuse(struct model *model, const struct model_frame *frame, unsigned counter, uint32_t reason) {
    model_count(model, counter, 1);
    model_trace(model, TRACE_RX_DROP, reason, 0, 0, model->rx.pid[0]);
    model->host.frame_done(model->host.ctx, frame->handle);
}

/* [E] 3.4: runts, oversize frames and bad ones are dropped, each counted once. */
static void store(struct model *model, const struct model_incoming *incoming, uint64_t cycle) {
    struct model_net_rx *rx = &model->rx;
    const struct model_frame *frame = &incoming->frame;
    const uint32_t length = frame->length - ETH_FCS, words = model_beats(model, length);
    struct model_verdict verdict = {.unwanted = false};
    unsigned counter = 0;
    uint32_t reason = 0;
    if (frame->length < ETH_MIN_FRAME || frame->length > ETH_MAX_FRAME)
        counter = STATS_RX_DROPS_LENGTH, reason = TRACE_DROP_FCS;
    else if (!frame->fcs_good)
        counter = STATS_RX_DROPS_FCS, reason = TRACE_DROP_FCS;
    else
        model_rx_offload_judge(model, frame->bytes, length, &verdict, cycle);
    if (verdict.unwanted)
        counter = STATS_RX_DROPS_UNWANTED, reason = TRACE_DROP_UNWANTED;
    else if (!reason && !rx->enabled)
        counter = STATS_RX_DROPS_NO_BUFFER, reason = TRACE_DROP_NO_BUFFER;
    else if (!reason && (rx->enabled_from > incoming->begin || rx->count == MODEL_RX_FRAMES || rx->ram_words + words > ram_words(model)))
        counter = STATS_RX_DROPS_FIFO, reason = TRACE_DROP_FIFO;
    if (reason) {
        refuse(model, frame, counter, reason);
        return;
    }
    const bool by_hash = model->rss.steer && model->pairs > 1;
    const unsigned pair = by_hash ? verdict.pair : model_steer_pair(model, frame->bytes, length);
    rx->frames[(rx->head + rx->count++) % MODEL_RX_FRAMES] =
        (struct model_rx_frame){frame->handle, frame->bytes, length, words, pair, rx->pid[pair], verdict};
    rx->frame_words += words;
    rx->ram_words += words;
    model_trace(model, TRACE_RX_LAST, length, 0, pair, rx->pid[pair]++);
    model_at(model, &rx->scatter, cycle + 1);
}

static void store_run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_net_rx *rx = &model->rx;
    (void)argument;
    while (rx->incoming_count && rx->incoming[rx->incoming_head].end <= cycle) {
        const struct model_incoming incoming = rx->incoming[rx->incoming_head];
        rx->incoming_head = (rx->incoming_head + 1) % MODEL_RX_INCOMING;
        rx->incoming_count--;
        rx->last_busy = cycle;
        store(model, &incoming, cycle);
    }
    if (rx->incoming_count) model_at(model, &rx->store, rx->incoming[rx->incoming_head].end);
}

uint64_t model_net_rx_quiet_from(const struct model *model, uint64_t cycle) {
    const struct model_net_rx *rx = &model->rx;
    if (rx->count) return cycle + 1;
    if (rx->incoming_count && rx->incoming[rx->incoming_head].begin <= cycle) return rx->incoming[rx->incoming_head].end + 1;
    return rx->last_busy + PAUSE;
}

/* --- scattering --- */

static bool crowded(const struct model *model, uint64_t cycle) {
    const struct model_net_rx *rx = &model->rx;
    uint32_t words = rx->frame_words;
    if (rx->incoming_count && rx->incoming[rx->incoming_head].begin <= cycle)
        words += (uint32_t)(cycle + STORED - rx->incoming[rx->incoming_head].begin) / 2; /* the wire is slower than the datapath */
    return words >= ram_words(model) / 4 * CROWDED_WORDS_QUARTERS || rx->count >= CROWDED_FRAMES;
}

/* What the oldest frame and the element that is shown to it come to. */
struct step {
    enum { NOTHING, PIECE, GIVE_UP } kind;
    const struct model_element *element; /* GIVE_UP: may be NULL */
    uint32_t pos, left, piece;
    bool fills, ends; /* the buffer is full, and the packet goes on in another; the packet ends in it */
};

static uint64_t given_with(const struct model_net_rx *rx, const struct model_element *element) {
    return (rx->in_chain ? rx->given : 0) + element->len;
}

/* A buffer holds a header at least: each of those of a merged packet too. */
static bool is_tiny(const struct model *model, const struct model_element *element) {
    return !element->next && given_with(&model->rx, element) < model_header_bytes(model);
}

static struct step plan(struct model *model, uint64_t cycle) {
    struct model_net_rx *rx = &model->rx;
    struct step step = {.kind = NOTHING};
    const struct model_rx_frame *frame = &rx->frames[rx->head];
    const unsigned q = 2 * frame->pair;
    const struct model_element *element = model_vq_head(model, q, cycle);
    if (!element || element->ready > cycle) {
        /* A packet that has begun does not wait for more buffers: it may hold all that the driver has. */
        const bool starving = !rx->in_chain && model_vq_starved(model, q) &&
                              (crowded(model, cycle) || !rx->enabled || model->pairs > 1 || rx->merge.count);
        if (element && !starving) model_at(model, &rx->scatter, element->ready);
        if (starving && !element) step.kind = GIVE_UP;
        return step;
    }
    if (!element->write || is_tiny(model, element)) { /* [V] 2.8.5: a readable element in a receive buffer */
        model_ring_error(model, q, cycle + 1);
        return step;
    }
    if (model_stopped(model) && !rx->in_chain) return step;
    step.element = element;
    step.pos = rx->in_chain || rx->merge.count ? rx->pos : 0;
    step.left = frame->length + model_header_bytes(model) - step.pos;
    step.piece = element->len < step.left ? element->len : step.left;
    step.ends = !element->next && step.piece == step.left;
    step.fills = !element->next && !step.ends && model_has(model, VIRTIO_NET_F_MRG_RXBUF_BIT) &&
                 rx->merge.count != MODEL_MERGE_BUFFERS - 1;
    step.kind = !element->next && !step.ends && !step.fills ? GIVE_UP : PIECE;
    return step;
}

static void pop_frame(struct model *model, uint64_t cycle) {
    struct model_net_rx *rx = &model->rx;
    rx->frame_words -= rx->frames[rx->head].words;
    rx->head = (rx->head + 1) % MODEL_RX_FRAMES;
    rx->count--;
    rx->whole = false;
    rx->last_busy = cycle;
}

void model_net_rx_delivered(struct model *model, uint64_t cycle) {
    const struct model_rx_frame *frame = &model->rx.frames[model->rx.head];
    model_count(model, STATS_RX_FRAMES, 1);
    model_count(model, STATS_RX_BYTES, frame->length);
    pop_frame(model, cycle);
    model_net_rx_wake(model, cycle + 1);
}

static void begin_chain(struct model_net_rx *rx, const struct step *step, uint16_t pid) {
    const struct model_element *element = step->element;
    if (!rx->in_chain) {
        rx->buffer = (struct model_buffer){.slot = element->slot, .wrap = element->wrap, .pid = pid, .write = true};
        rx->chain_start = step->pos;
    }
    rx->buffer.slots = (uint16_t)(rx->in_chain && !element->indirect ? rx->buffer.slots + 1 : 1);
}

/* The element is taken; with the last one of the packet its buffer is used. False: not now. */
static bool advance(struct model *model, const struct step *step, uint64_t cycle) {
    struct model_net_rx *rx = &model->rx;
    const struct model_rx_frame *frame = &rx->frames[rx->head];
    const struct model_element element = *step->element;
    const struct model_buffer before = rx->buffer;
    const bool used = step->ends && rx->merge.count == 0;
    begin_chain(rx, step, frame->pid);
    rx->buffer.id = element.id;
    rx->buffer.len = step->pos + step->piece - rx->chain_start;
    if (used && !model_vq_use(model, 2 * frame->pair, &rx->buffer, cycle)) {
        rx->buffer = before;
        return false;
    }
    model_merge_note(&rx->merge, step->pos, step->piece, element.addr);
    if (step->fills || (step->ends && !used)) model_merge_fill(&rx->merge, &rx->buffer, step->ends);
    if (step->pos == 0 && step->piece) model_trace(model, TRACE_RX_WRITE, frame->length, rx->buffer.slot, frame->pair, frame->pid);
    rx->given = given_with(rx, &element);
    rx->in_chain = element.next;
    rx->pos = step->pos + step->piece;
    rx->whole = step->piece == step->left;
    rx->free = cycle + 1;
    model_vq_take(model, 2 * frame->pair, cycle);
    if (used) model_net_rx_delivered(model, cycle);
    model_net_rx_wake(model, cycle + 1);
    return true;
}

static void scatter_run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_net_rx *rx = &model->rx;
    (void)argument;
    if (rx->count == 0) return;
    if (cycle < rx->free) {
        model_at(model, &rx->scatter, rx->free);
        return;
    }
    if (model_merge_busy(&rx->merge)) {
        model_merge_run(model, cycle);
        return;
    }
    const struct step step = plan(model, cycle);
    if (step.kind == NOTHING) return;
    if (step.kind == PIECE && step.piece == 0)
        advance(model, &step, cycle);
    else
        model_wr_ask(model, model_wr_source_rx(model), cycle);
}

static void give_up(struct model *model, const struct step *step, struct model_write *write, uint64_t cycle) {
    struct model_net_rx *rx = &model->rx;
    const struct model_rx_frame frame = rx->frames[rx->head];
    *write = (struct model_write){.client = MODEL_WR_RX, .last = true, .frame = frame.handle, .words = frame.words};
    model_count(model, STATS_RX_DROPS_NO_BUFFER, 1);
    model_trace(model, TRACE_RX_DROP, TRACE_DROP_NO_BUFFER, 0, frame.pair, frame.pid);
    if (rx->merge.count) {
        const struct model_buffer *first = &rx->merge.buffers[0];
        model_vq_rewind(model, 2 * frame.pair, (struct model_pos){first->slot, first->wrap}, rx->merge.count, cycle);
    } else if (step->element) {
        const struct model_pos head = rx->in_chain ? (struct model_pos){rx->buffer.slot, rx->buffer.wrap}
                                                   : (struct model_pos){step->element->slot, step->element->wrap};
        model_vq_rewind(model, 2 * frame.pair, head, 0, cycle);
    }
    rx->in_chain = false;
    rx->merge.count = 0;
    rx->free = cycle + 1;
    pop_frame(model, cycle);
    model_net_rx_wake(model, cycle + 1);
}

/* Everything else in it is 0, [V] 5.1.6.4. */
static void fill_header(const struct model *model, const struct model_rx_frame *frame, struct model_write *write) {
    memset(write->header, 0, sizeof write->header);
    write->header_bytes = model_header_bytes(model);
    if (frame->verdict.verified) write->header[VIRTIO_NET_HDR_FLAGS] = 1u << VIRTIO_NET_HDR_F_DATA_VALID_BIT;
    model_put_le(write->header + VIRTIO_NET_HDR_NUM_BUFFERS, 1, 2);
    model_put_le(write->header + VIRTIO_NET_HDR_HASH_VALUE, frame->verdict.hash, 4);
    model_put_le(write->header + VIRTIO_NET_HDR_HASH_REPORT, frame->verdict.report, 2);
}

bool model_net_rx_grant(struct model *model, struct model_write *write, uint64_t cycle) {
    struct model_net_rx *rx = &model->rx;
    if (rx->count == 0 || cycle < rx->free) return false;
    if (model_merge_busy(&rx->merge)) return model_merge_grant(model, write, cycle);
    const struct step step = plan(model, cycle);
    if (step.kind == NOTHING || (step.kind == PIECE && step.piece == 0)) return false;
    if (step.kind == GIVE_UP) {
        give_up(model, &step, write, cycle);
        return true;
    }
    const struct model_rx_frame frame = rx->frames[rx->head];
    *write = (struct model_write){.addr = step.element->addr, .len = step.piece, .client = MODEL_WR_RX, .src = frame.bytes, .pos = step.pos,
                                  .last = step.piece == step.left, .frame = frame.handle, .words = frame.words};
    fill_header(model, &frame, write);
    return advance(model, &step, cycle);
}

void model_net_rx_done(struct model *model, const struct model_write *write) {
    if (!write->last) return;
    model->rx.ram_words -= write->words;
    model->host.frame_done(model->host.ctx, write->frame);
}

/* Frames of before the reset are forgotten; one that is being received is not stored (model_net_rx_update). */
void model_net_rx_reset(struct model *model) {
    struct model_net_rx *rx = &model->rx;
    /* Of the oldest all may be written, and only empty elements of its chain not yet taken: then it is done already. */
    for (; rx->count; rx->count--, rx->head = (rx->head + 1) % MODEL_RX_FRAMES, rx->whole = false)
        if (!rx->whole) model->host.frame_done(model->host.ctx, rx->frames[rx->head].handle);
    rx->frame_words = rx->ram_words = 0;
    rx->in_chain = false;
    rx->merge = (struct model_merge){.count = 0};
    memset(rx->pid, 0, sizeof rx->pid);
}

void model_net_rx_init(struct model *model) {
    model_task_add(&model->tasks, &model->rx.store, store_run, 0);
    model_task_add(&model->tasks, &model->rx.scatter, scatter_run, 0);
}
