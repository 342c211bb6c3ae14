/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vq_avail: prefetches the available descriptors of one packed virtqueue and hands them out, checked, in ring order.
 *
 * See rtl/virtio/vq_avail.sv for the rules: what a slot's own bits prove, when the rest of a chain may be trusted, and how a slot that is
 * not available voids everything behind it without losing a doorbell.
 */
#include "model_device.h"

enum {
    PARSED = 2 /* cycles from parsing a slot to its being shown */,
    FREED = 2 /* ... to its room in the cache */,
    FULL = 6 /* descriptors that are shown, or wait to be, when parsing pauses */
};

static const uint32_t stale = UINT32_MAX;

static bool same(struct model_pos a, struct model_pos b) { return a.slot == b.slot && a.wrap == b.wrap; }

/* How far a position is ahead of the oldest slot that was not handed on: 0 to size, or stale for an older one. */
static uint32_t ahead(struct model_pos pos, struct model_pos base, uint32_t size) {
    if (pos.wrap == base.wrap) return pos.slot >= base.slot ? (uint32_t)(pos.slot - base.slot) : stale;
    return pos.slot <= base.slot ? pos.slot + size - base.slot : stale;
}

void model_avail_clear(struct model *model, unsigned q) {
    struct model_avail *avail = &model->queue[q].avail;
    model_task_cancel(&model->tasks, &avail->task);
    avail->poll = true; /* DRIVER_OK stands for a doorbell: the ring may have been filled before ([V] 3.1.1) */
    avail->bell = avail->kick = avail->blocked = avail->is_void = avail->error = avail->trust = avail->in_chain = false;
    avail->fetch = avail->parse = avail->target = (struct model_pos){0, true};
    avail->chain_len = avail->held = avail->flight = 0;
    avail->chunk_head = avail->chunk_count = avail->head_used = avail->out_head = avail->out_count = 0;
    avail->parsed = avail->void_from = avail->room_from = 0;
}

/* --- fetch --- */

static bool more(const struct model *model, unsigned q) {
    const struct model_avail *avail = &model->queue[q].avail;
    return model_vq_open(model, q) && !model_stopped(model) && !avail->error && !avail->blocked &&
           (avail->poll || !same(avail->target, avail->fetch));
}

static void limit(uint32_t *count, uint32_t most) {
    if (most < *count) *count = most;
}

/* Slots that the next read asks for: a batch is read when all of it fits; 0: none now. */
static uint32_t wanted(const struct model *model, unsigned q) {
    const struct model_queue *queue = &model->queue[q];
    const struct model_avail *avail = &queue->avail;
    if (!more(model, q) || avail->is_void || avail->chunk_count == MODEL_CHUNKS) return 0;
    const uint64_t addr = queue->desc + (uint64_t)avail->fetch.slot * VIRTQ_DESC_SIZE;
    const uint32_t to_end = (uint32_t)(queue->size - avail->fetch.slot), room = queue->size < MODEL_CACHE ? queue->size : MODEL_CACHE;
    uint32_t count = MODEL_CHUNK_SLOTS;
    limit(&count, model_cfg_mrrs(model) / VIRTQ_DESC_SIZE);
    limit(&count, to_end);
    limit(&count, (uint32_t)(4096 - addr % 4096) / VIRTQ_DESC_SIZE);
    if (!avail->poll)
        limit(&count, avail->target.wrap == avail->fetch.wrap ? (uint16_t)(avail->target.slot - avail->fetch.slot) : to_end);
    return room - avail->held >= count ? count : 0;
}

/* Slots are parsed, and with them room is made, ahead of time: not before that time. */
static void ask(struct model *model, unsigned q, uint64_t cycle) {
    const uint64_t from = model->queue[q].avail.room_from;
    model_rd_ask(model, 3 * q + MODEL_RD_OF_QUEUE_DESC, cycle > from ? cycle : from);
}

bool model_avail_grant(struct model *model, unsigned q, struct model_read *read, uint64_t cycle) {
    struct model_queue *queue = &model->queue[q];
    struct model_avail *avail = &queue->avail;
    const uint32_t count = wanted(model, q);
    if (count == 0) return false;
    const unsigned index = (avail->chunk_head + avail->chunk_count) % MODEL_CHUNKS;
    *read = (struct model_read){.addr = queue->desc + (uint64_t)avail->fetch.slot * VIRTQ_DESC_SIZE, .len = count * VIRTQ_DESC_SIZE,
                                .client = MODEL_RD_DESC, .queue = q, .index = index};
    avail->chunks[index].slots = count;
    avail->chunks[index].proven = !avail->poll;
    avail->chunks[index].done = false;
    if (avail->chunk_count++ == 0) avail->kick = false;
    avail->flight++;
    avail->held += count;
    model_trace(model, TRACE_DESC_READ, count, avail->fetch.slot, q, 0);
    avail->fetch = model_pos_after(avail->fetch, count, queue->size);
    if (wanted(model, q)) ask(model, q, cycle + 1);
    return true;
}

/* --- parse --- */

static void go_void(struct model_avail *avail, struct model_pos pos, uint64_t from) {
    avail->is_void = true;
    avail->parse = pos;
    avail->void_from = from;
}

/* Drops what was read from the position on, once nothing is in flight, and goes on there, or sleeps. */
static void end_void(struct model_avail *avail) {
    avail->is_void = false;
    avail->fetch = avail->parse;
    avail->chunk_count = avail->head_used = 0;
    avail->held = 0;
    if (avail->trust || avail->kick) return; /* a chain that goes on in another line is read again at once */
    if (avail->poll) {
        avail->poll = false;
        avail->target = avail->parse; /* nothing is known beyond here; a doorbell will tell */
    } else {
        avail->blocked = true;
    }
}

static void hand_on(struct model_avail *avail, const uint8_t *desc, uint16_t flags, struct model_pos pos, uint64_t ready) {
    struct model_element *element = &avail->out[(avail->out_head + avail->out_count++) % MODEL_OUT];
    *element = (struct model_element){.addr = model_le64(desc + VIRTQ_DESC_ADDR), .len = model_le32(desc + VIRTQ_DESC_LEN),
                                      .id = model_le16(desc + VIRTQ_DESC_ID), .slot = pos.slot, .next = flags >> VIRTQ_DESC_F_NEXT_BIT & 1,
                                      .write = flags >> VIRTQ_DESC_F_WRITE_BIT & 1, .indirect = flags >> VIRTQ_DESC_F_INDIRECT_BIT & 1,
                                      .wrap = pos.wrap, .ready = ready};
    avail->chain_len = avail->in_chain ? avail->chain_len + 1 : 1;
    avail->in_chain = element->next;
    if (!element->next) avail->trust = false;
}

/* The slot at this position, as it was read. `first`: of its read. */
static void judge(struct model *model, unsigned q, const uint8_t *desc, struct model_pos pos, bool first, bool proven, uint64_t cycle) {
    const struct model_queue *queue = &model->queue[q];
    struct model_avail *avail = &model->queue[q].avail;
    const uint16_t flags = model_le16(desc + VIRTQ_DESC_FLAGS);
    const bool available = (flags >> VIRTQ_DESC_F_AVAIL_BIT & 1) == pos.wrap && (flags >> VIRTQ_DESC_F_USED_BIT & 1) != pos.wrap;
    /* [V] 2.8.7: a list is all direct or one indirect descriptor. */
    const bool bad_indirect = (flags >> VIRTQ_DESC_F_INDIRECT_BIT & 1) &&
                              (!model_has(model, VIRTIO_F_INDIRECT_DESC_BIT) || avail->in_chain || (flags >> VIRTQ_DESC_F_NEXT_BIT & 1));
    /* A slot inside a chain whose own bits prove nothing: of another line or read than the one before it, and read too early. */
    const bool line_start = (queue->desc / VIRTQ_DESC_SIZE + pos.slot) % 4 == 0 || pos.slot == 0;
    const bool tail_open = avail->in_chain && (line_start || first) && !proven && !avail->trust;
    /* [V] 2.8.5: no chain is longer than the ring. */
    const bool endless = (flags >> VIRTQ_DESC_F_NEXT_BIT & 1) && (avail->in_chain ? avail->chain_len + 1 : 1) >= queue->size;
    const bool bad = available ? bad_indirect || endless : avail->in_chain;
    if (tail_open || (!bad && !available)) {
        go_void(avail, pos, cycle + 2);
        if (tail_open) avail->trust = true;
    } else if (bad) {
        avail->error = true;
        model_ring_error(model, q, cycle + 2);
    } else {
        hand_on(avail, desc, flags, pos, cycle + PARSED);
    }
}

/* Descriptors behind that the parser of this cycle sees: those of the last two slots are still on their way. */
static unsigned seen(const struct model_avail *avail, uint64_t cycle) {
    unsigned count = avail->out_count;
    while (count && avail->out[(avail->out_head + count - 1) % MODEL_OUT].ready > cycle) count--;
    return count;
}

/* All slots that have come and that the queue behind has room for, one a cycle from this one on. */
static void parse(struct model *model, unsigned q, uint64_t cycle) {
    struct model_avail *avail = &model->queue[q].avail;
    const bool was_empty = avail->out_count == 0;
    bool had_room = wanted(model, q);
    while (avail->chunk_count && !avail->is_void && !avail->error) {
        const struct model_chunk *chunk = &avail->chunks[avail->chunk_head];
        if (!chunk->done) break;
        if (cycle < chunk->since) cycle = chunk->since;
        if (cycle <= avail->parsed) cycle = avail->parsed + 1;
        if (seen(avail, cycle) >= FULL) break;
        const struct model_pos pos = avail->parse;
        const unsigned used = avail->head_used;
        avail->parsed = cycle;
        avail->parse = model_pos_after(pos, 1, model->queue[q].size);
        avail->held--;
        if (++avail->head_used == chunk->slots) {
            avail->head_used = 0;
            avail->chunk_head = (avail->chunk_head + 1) % MODEL_CHUNKS;
            avail->chunk_count--;
        }
        judge(model, q, chunk->bytes + used * VIRTQ_DESC_SIZE, pos, used == 0, chunk->proven, cycle);
        if (!had_room && (had_room = wanted(model, q))) ask(model, q, avail->room_from = cycle + FREED);
    }
    /* A chain goes on behind what the doorbell said: that was a hint, and its driver made all of the chain available with its head. */
    if (avail->in_chain && avail->chunk_count == 0 && same(avail->target, avail->fetch) && !avail->poll) {
        avail->poll = true;
        if (wanted(model, q)) ask(model, q, avail->parsed + PARSED + 1);
    }
    if (avail->is_void && avail->flight == 0) model_at(model, &avail->task, avail->void_from);
    if (was_empty && avail->out_count) model_vq_wake_consumer(model, q, avail->out[avail->out_head].ready);
}

static void progress(struct model *model, unsigned q, uint64_t cycle) {
    if (wanted(model, q)) ask(model, q, cycle);
    parse(model, q, cycle);
}

/* What the doorbell in the register says. */
static void hear(struct model *model, unsigned q) {
    struct model_avail *avail = &model->queue[q].avail;
    const uint32_t size = model->queue[q].size, data = avail->bell_data;
    const bool has_data = avail->bell_has_data;
    const struct model_pos told = {(uint16_t)(data & 0x7FFF), data >> 15 & 1};
    uint32_t target = ahead(avail->target, avail->parse, size);
    bool proves = false;
    if (target == stale) avail->target = avail->parse; /* while polling, what was handed on may overtake what the last one said */
    avail->kick = true;
    avail->blocked = false;
    if (has_data && told.slot < size && ahead(told, avail->parse, size) != stale) {
        const uint32_t distance = ahead(told, avail->parse, size);
        if (target == stale || distance >= target) { /* else one that was overtaken */
            avail->target = told;
            target = distance;
        }
        proves = ahead(avail->fetch, avail->parse, size) <= target;
    }
    /* From here on reads end where the latest doorbell says, and what they bring is proven; unless it says nothing, or reads were sent
     * for more than that. */
    avail->poll = !proves;
    avail->bell = false;
}

/* A doorbell is in its register for a cycle; the next one comes a cycle later at the soonest. */
void model_avail_doorbell(struct model *model, unsigned q, bool has_data, uint32_t data, uint64_t cycle) {
    struct model_avail *avail = &model->queue[q].avail;
    if (avail->bell) hear(model, q);
    avail->bell = true;
    avail->bell_has_data = has_data;
    avail->bell_data = data;
    avail->bell_from = cycle + 1;
    model_at(model, &avail->task, cycle); /* for one that was in the register */
}

void model_avail_run(struct model *model, unsigned q, uint64_t cycle) {
    struct model_avail *avail = &model->queue[q].avail;
    if (!model->queue[q].running) return;
    if (avail->bell && cycle >= avail->bell_from) hear(model, q);
    if (avail->bell) model_at(model, &avail->task, avail->bell_from);
    if (avail->is_void && avail->flight == 0 && cycle >= avail->void_from) {
        end_void(avail);
        cycle++;
        model_vq_wake_consumer(model, q, cycle); /* it may be starved now */
    }
    progress(model, q, cycle);
}

void model_avail_done(struct model *model, const struct model_read *read, bool error, uint64_t cycle) {
    struct model_avail *avail = &model->queue[read->queue].avail;
    struct model_chunk *chunk = &avail->chunks[read->index];
    avail->flight--;
    chunk->done = true;
    chunk->since = cycle + 1;
    if (error) {
        avail->error = true;
        model_ring_error(model, read->queue, cycle + 1);
    }
    model_at(model, &avail->task, cycle + 1);
}

/* --- to the consumer --- */

const struct model_element *model_avail_head(const struct model *model, unsigned q) {
    const struct model_avail *avail = &model->queue[q].avail;
    return avail->out_count ? &avail->out[avail->out_head] : NULL;
}

void model_avail_pop(struct model *model, unsigned q, uint64_t cycle) {
    struct model_avail *avail = &model->queue[q].avail;
    avail->out_head = (avail->out_head + 1) % MODEL_OUT;
    avail->out_count--;
    progress(model, q, cycle + 1);
}

void model_avail_rewind(struct model *model, unsigned q, struct model_pos pos, uint64_t cycle) {
    struct model_avail *avail = &model->queue[q].avail;
    avail->out_count = 0;
    avail->in_chain = avail->trust = false;
    avail->kick = true;
    go_void(avail, pos, cycle + 1);
    if (avail->flight == 0) model_at(model, &avail->task, cycle + 1);
}

bool model_avail_starved(struct model *model, unsigned q) {
    const struct model_avail *avail = &model->queue[q].avail;
    return avail->out_count == 0 && avail->chunk_count == 0 && !avail->is_void && !more(model, q);
}

bool model_avail_idle(struct model *model, unsigned q) {
    const struct model_avail *avail = &model->queue[q].avail;
    return avail->flight == 0 && (avail->error || (!avail->is_void && !wanted(model, q)));
}
