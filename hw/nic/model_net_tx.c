/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net_tx and vq_sched: gathers packets from their fragments.
 *
 * Slots go through three steps: tail (chains become reads), used (all bytes are there: the buffer is used, in order), freed (read from the
 * RAM, model_tx_read.c). A packet that is longer than a frame has several slots (model_tx_pieces.c).
 */
#include <string.h>

#include "model_device.h"

enum {
    CLEARING = MODEL_TX_SLOTS, /* cycles after a reset: the sums of the slots are cleared */
    TO_READ = 1                /* cycles from a slot's being complete to its being read */
};

static struct model_tx_slot *slot_at(struct model *model, uint32_t number) { return &model->tx.slots[number % MODEL_TX_SLOTS]; }

/* --- from elements to reads --- */

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
    return tx->tail - (cycle < tx->freed_from ? tx->freed - 1 : tx->freed) != MODEL_TX_SLOTS && tx->tail - tx->used != MODEL_TX_SLOTS;
}

/* The slot of the chain at hand, with this element. */
static struct model_tx_slot with(const struct model *model, const struct model_tx_element *shown) {
    const struct model_net_tx *tx = &model->tx;
    struct model_tx_slot slot = tx->slots[tx->tail % MODEL_TX_SLOTS];
    if (!tx->in_slot) slot = (struct model_tx_slot){.base = tx->wptr, .end = tx->wptr, .pair = tx->pair};
    slot.drop = (tx->open && tx->drop) || shown->element.write ||
                shown->element.len > MODEL_TX_MAX_FRAME + model_header_bytes(model) - slot.length;
    if (!slot.drop) slot.length += shown->element.len;
    return slot;
}

static void end_chain(struct model *model, const struct model_tx_slot *slot) {
    struct model_net_tx *tx = &model->tx;
    tx->pid[slot->pair]++;
    tx->last_pair = tx->pair;
    model_trace(model, TRACE_TX_FETCH, slot->buffer.slots, slot->buffer.slot, slot->pair, slot->buffer.pid);
}

static void end_slot(struct model *model, struct model_tx_slot *slot, const struct model_tx_element *shown, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    if (shown->is_long) slot->length = tx->pieces.total;
    slot->more = shown->element.next;
    slot->drop = slot->drop || slot->length < model_header_bytes(model) + ETH_HEADER;
    slot->buffer = tx->chain;
    tx->tail++;
    if (slot->received == slot->issued) model_at(model, &tx->complete, cycle + 1);
    if (!shown->element.next) end_chain(model, slot);
}

static void accept(struct model *model, const struct model_tx_element *shown, struct model_tx_slot slot, bool reads, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    const struct model_element *element = &shown->element;
    const struct model_tx_element given = *shown;
    if (reads) {
        slot.issued += element->len;
        tx->wptr += element->len;
        slot.end = tx->wptr;
    }
    if (!tx->open) tx->chain = (struct model_buffer){.slot = element->slot, .wrap = element->wrap, .pid = tx->pid[tx->pair]};
    tx->chain.slots = (uint16_t)(element->indirect ? 1 : tx->chain.slots + shown->elements);
    tx->chain.id = element->id;
    tx->drop = slot.drop;
    tx->open = element->next;
    tx->in_slot = element->next && !shown->piece;
    tx->gather_free = cycle + 1;
    *slot_at(model, tx->tail) = slot;
    if (!tx->in_slot) end_slot(model, slot_at(model, tx->tail), &given, cycle);
    if (tx->pieces.draining) {
        model_pieces_give(model, cycle);
    } else {
        if (model_pieces_enabled(model)) model_pieces_pass(model, element);
        tx->in_chain = element->next;
        model_vq_take(model, tx_queue(tx->pair), cycle);
    }
    model_at(model, &tx->gather, cycle + 1);
}

/* What net_tx is shown next; false: nothing, or not yet (then gather is set). */
static bool look(struct model *model, struct model_tx_element *shown, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    if (tx->pieces.draining) {
        *shown = model_pieces_shown(model);
    } else {
        const struct model_element *element = next_element(model, cycle);
        if (!element || (model_stopped(model) && !tx->in_chain)) return false;
        *shown = (struct model_tx_element){.element = *element, .elements = 1};
    }
    if (shown->element.ready <= cycle) return true;
    model_at(model, &tx->gather, shown->element.ready);
    return false;
}

/* An element of a packet that is longer than a frame is kept. */
static bool keep(struct model *model, const struct model_tx_element *shown, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    if (tx->pieces.draining || !model_pieces_enabled(model) || !model_pieces_keep(model, &shown->element, cycle)) return false;
    tx->in_chain = shown->element.next;
    tx->gather_free = cycle + 1;
    model_vq_take(model, tx_queue(tx->pair), cycle);
    model_at(model, &tx->gather, cycle + 1);
    return true;
}

/* An element is taken as it is, or asks for its bytes. */
static void gather_run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    struct model_tx_element shown;
    (void)argument;
    const uint64_t earliest = tx->gather_free > tx->cleared ? tx->gather_free : tx->cleared;
    if (cycle < earliest) {
        model_at(model, &tx->gather, earliest);
        return;
    }
    if (cycle < tx->freed_from) model_at(model, &tx->gather, tx->freed_from);
    if (!has_slot(tx, cycle)) return; /* woken when one is free */
    if (!look(model, &shown, cycle) || keep(model, &shown, cycle)) return;
    const struct model_tx_slot slot = with(model, &shown);
    if (slot.drop || shown.element.len == 0) {
        accept(model, &shown, slot, false, cycle);
        return;
    }
    if (space(model, cycle) >= shown.element.len) model_rd_ask(model, model_rd_source_tx(model), cycle);
}

bool model_net_tx_grant(struct model *model, struct model_read *read, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    struct model_tx_element shown;
    if (cycle < tx->gather_free || !has_slot(tx, cycle)) return false;
    if (!look(model, &shown, cycle) || keep(model, &shown, cycle)) return false;
    const struct model_tx_slot slot = with(model, &shown);
    if (slot.drop || shown.element.len == 0 || space(model, cycle) < shown.element.len) return false;
    *read = (struct model_read){.addr = shown.element.addr, .len = shown.element.len, .client = MODEL_RD_TX,
                                .index = tx->tail % MODEL_TX_SLOTS, .dst = tx->wptr % sizeof tx->ram};
    accept(model, &shown, slot, true, cycle);
    return true;
}

void model_net_tx_wake(struct model *model, uint64_t cycle) {
    model_at(model, &model->tx.gather, cycle);
    if (model->tx.used != model->tx.tail) model_at(model, &model->tx.complete, cycle); /* a used descriptor may have been in its way */
}

/* --- arriving bytes --- */

void model_net_tx_data(struct model *model, uint32_t dst, const uint8_t *data, uint32_t bytes) {
    struct model_net_tx *tx = &model->tx;
    const uint32_t at = dst % sizeof tx->ram, left = sizeof tx->ram - at, first = bytes < left ? bytes : left;
    memcpy(tx->ram + at, data, first);
    memcpy(tx->ram, data + first, bytes - first);
}

void model_net_tx_done(struct model *model, unsigned slot, uint32_t bytes, bool error, uint64_t cycle) {
    struct model_tx_slot *of = &model->tx.slots[slot];
    of->received += bytes;
    of->failed = of->failed || error;
    of->complete = cycle + 1;
    if (of->received == of->issued) model_at(model, &model->tx.complete, cycle + 1);
}

/* --- buffers used, in order --- */

static void complete_run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    struct model_tx_slot *slot = slot_at(model, tx->used);
    (void)argument;
    if (tx->used == tx->tail || slot->received != slot->issued) return;
    const uint64_t earliest = slot->complete > tx->complete_free ? slot->complete : tx->complete_free;
    if (cycle < earliest) {
        model_at(model, &tx->complete, earliest);
        return;
    }
    if (!slot->more) {
        if (!model_vq_use(model, tx_queue(slot->pair), &slot->buffer, cycle)) return;
        model_trace(model, TRACE_TX_READ, slot->length > UINT16_MAX ? UINT16_MAX : slot->length, slot->buffer.slot, slot->pair,
                    slot->buffer.pid);
    }
    slot->used = cycle;
    tx->used++;
    model_at(model, &tx->read, cycle + TO_READ);
    tx->complete_free = cycle + 1;
    model_at(model, &tx->complete, cycle + 1);
    model_at(model, &tx->gather, cycle + 1);
    /* Groups of used descriptors go when no frame is under way, those of other queues too. */
    for (unsigned pair = 0; tx->used == tx->tail && pair < model->pairs; pair++)
        if (model->queue[tx_queue(pair)].used.open) model_at(model, &model->queue[tx_queue(pair)].used.task, cycle + 1);
}

bool model_net_tx_quiet(struct model *model, uint64_t cycle) {
    const struct model_net_tx *tx = &model->tx;
    if (tx->used != tx->tail || tx->open || tx->pieces.keeping || tx->pieces.draining) return false;
    for (unsigned pair = 0; pair < model->pairs; pair++) {
        const struct model_element *element = model_vq_head(model, tx_queue(pair), cycle);
        if (element && element->ready <= cycle) return false;
    }
    return true;
}

void model_net_tx_reset(struct model *model, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    tx->tail = tx->used = tx->freed = 0;
    tx->wptr = tx->rptr = tx->rptr_before = 0;
    tx->freed_from = 0;
    tx->in_chain = tx->open = tx->in_slot = false;
    tx->pieces.keeping = tx->pieces.bad = tx->pieces.draining = false;
    tx->pieces.total = tx->pieces.in_slot = tx->pieces.left = tx->pieces.count = tx->pieces.kept = tx->pieces.given = tx->pieces.at = 0;
    tx->last_pair = 0;
    memset(tx->pid, 0, sizeof tx->pid);
    tx->cleared = cycle + CLEARING;
    model_tx_read_reset(model);
}

void model_net_tx_init(struct model *model) {
    model_task_add(&model->tasks, &model->tx.mac, model_mac_tx_run, 0);
    model_task_add(&model->tasks, &model->tx.read, model_tx_read_run, 0);
    model_task_add(&model->tasks, &model->tx.complete, complete_run, 0);
    model_task_add(&model->tasks, &model->tx.gather, gather_run, 0);
}
