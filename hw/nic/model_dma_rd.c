/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dma_rd: reads of all clients, cut into TLPs with a tag each, and their completions in any order.
 *
 * Nothing is believed of a completion ([P] 2.3.2): one that is not the next part of its request is dropped and counted, and the request
 * goes on waiting. An error status ends the request, poisoned data ends it in error with its last completion, and so does the timeout.
 */
#include <string.h>

#include "model_device.h"

enum {
    OUT_DEPTH = 2,
    LOWER = 0x7F, /* Lower Address, [P] 2.2.9 */
    TOLD = 1,     /* cycles from the end of a read to the client */
    DONE = 2      /* ... and from its last beat at the pins */
};

unsigned model_rd_source_tx(const struct model *model) { return 3 * model->queues; }
unsigned model_rd_source_ctrl(const struct model *model) { return 3 * model->queues + 1; }
unsigned model_rd_source_bench(const struct model *model) { return 3 * model->queues + 2; }

void model_rd_ask(struct model *model, unsigned source, uint64_t cycle) {
    struct model_turns *turns = &model->rd.turns;
    if (cycle >= turns->since[source]) return;
    if (turns->since[source] == MODEL_NEVER) turns->asking++;
    turns->since[source] = cycle;
    model_at(model, &model->rd.task, cycle);
}

static bool grant(struct model *model, unsigned source, struct model_read *read, uint64_t cycle) {
    if (source < 3 * model->queues) return model_vq_rd_grant(model, source / 3, source % 3, read, cycle);
    if (source == model_rd_source_tx(model)) return model_net_tx_grant(model, read, cycle);
    if (source == model_rd_source_ctrl(model)) return model_ctrl_rd_grant(model, read, cycle);
    return model_bench_rd_grant(model, read, cycle);
}

/* The next part of the request at hand is a TLP, or will never be one. */
static uint32_t chunk_of(const struct model_dma_rd *rd) { return model_cut(rd->cur.addr, rd->cur.len, rd->mrrs); }

static void pass(struct model_dma_rd *rd, uint32_t bytes) {
    rd->cur.addr += bytes;
    rd->cur.len -= bytes;
    rd->cur.dst += bytes;
    rd->cur_valid = rd->cur.len != 0;
}

/* One TLP of the request at hand. False: it has to wait, for a tag, for room, or for bus mastery. */
static bool issue(struct model *model, uint64_t cycle) {
    struct model_dma_rd *rd = &model->rd;
    if (rd->cur_since > cycle || rd->out_count == OUT_DEPTH || !model_cfg_bus_master(model)) return false;
    const int number = model_tags_take(model);
    if (number < 0) return false;
    const uint32_t bytes = chunk_of(rd);
    struct model_tag *tag = &rd->tags.tag[number];
    const unsigned out = (rd->out_head + rd->out_count++) % OUT_DEPTH;
    model_request_header(rd->out[out].hdr, TLP_TYPE_MRD32, model->cfg.requester_id, (uint32_t)number, rd->cur.addr, bytes);
    rd->out[out].since = cycle + 1;
    pass(rd, bytes);
    *tag = (struct model_tag){.read = rd->cur, .bytes = bytes, .rest = bytes, .end = (uint32_t)rd->cur.addr & LOWER, .busy = true};
    model_count(model, STATS_DMA_READS, 1);
    model_tlp_tx_kick(model, cycle + 1);
    return true;
}

/* Bytes of this read have come, or never will. */
static void done(struct model *model, const struct model_read *read, uint32_t bytes, bool error, uint64_t cycle) {
    switch (read->client) {
    case MODEL_RD_TX: model_net_tx_done(model, read->index, bytes, error, cycle); break;
    case MODEL_RD_CTRL: model_ctrl_rd_done(model, bytes, error, cycle); break;
    case MODEL_RD_BENCH: model_bench_rd_done(model, bytes, cycle); break;
    default: model_vq_rd_done(model, read, bytes, error, cycle); break;
    }
}

/* From this cycle on nothing may be waited for. */
static void settle(struct model *model, uint64_t cycle) {
    if (model_dma_rd_idle(model)) model_cpl_timer_rest(model, cycle);
}

/* Every tag is lost: reads end in error at once, before they are sent. */
static bool refuse(struct model *model, uint64_t cycle) {
    struct model_dma_rd *rd = &model->rd;
    if (rd->cur_since > cycle || !model_tags_none(model)) return false;
    const struct model_read read = rd->cur;
    const uint32_t bytes = chunk_of(rd);
    pass(rd, bytes);
    done(model, &read, bytes, true, cycle + TOLD);
    settle(model, cycle + TOLD + 1);
    return true;
}

static void run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_dma_rd *rd = &model->rd;
    (void)argument;
    if (rd->cur_valid && rd->cur_since > cycle) {
        model_at(model, &rd->task, rd->cur_since);
        return;
    }
    const bool issued = rd->cur_valid && (refuse(model, cycle) || issue(model, cycle));
    while (!rd->cur_valid && !model_stopped(model)) {
        const int source = model_turns_take(&rd->turns, cycle);
        if (source < 0) break;
        rd->cur_valid = grant(model, (unsigned)source, &rd->cur, cycle);
        rd->cur_since = cycle + 1;
        if (!rd->cur_valid) continue;
        model_turns_served(&rd->turns, source);
        model_cpl_timer_wait(model, cycle + 1);
        rd->mrrs = model_cfg_mrrs(model);
    }
    if (rd->cur_valid && rd->cur_since > cycle)
        model_at(model, &rd->task, rd->cur_since);
    else if (issued && rd->cur_valid)
        model_at(model, &rd->task, cycle + 1);
    if (rd->cur_valid || model_stopped(model)) return;
    for (unsigned i = 0; rd->turns.asking && i < rd->turns.count; i++) model_at(model, &rd->task, rd->turns.since[i]);
}

void model_dma_rd_sent(struct model *model, uint64_t cycle) {
    model->rd.out_head = (model->rd.out_head + 1) % OUT_DEPTH;
    model->rd.out_count--;
    model_at(model, &model->rd.task, cycle + 1);
}

/* --- completions --- */

static uint8_t *memory_of(struct model *model, const struct model_read *read) {
    switch (read->client) {
    case MODEL_RD_DESC: return model->queue[read->queue].avail.chunks[read->index].bytes;
    case MODEL_RD_TABLE: return model->queue[read->queue].indirect.tables[read->index].bytes;
    case MODEL_RD_EVENT: return model->queue[read->queue].event.word;
    case MODEL_RD_CTRL: return model->ctrl.command;
    default: return NULL;
    }
}

static void deliver(struct model *model, const struct model_tag *tag, uint32_t count, const uint8_t *data, uint32_t bytes) {
    const struct model_read *read = &tag->read;
    const uint32_t dst = read->dst - count;
    if (read->client == MODEL_RD_TX) {
        model_net_tx_data(model, dst, data, bytes);
        return;
    }
    uint8_t *memory = read->queue + 1 == model->queues && (read->client == MODEL_RD_DESC || read->client == MODEL_RD_TABLE)
                          ? model->serial.desc
                          : memory_of(model, read);
    if (memory) memcpy(memory + dst, data, bytes);
}

/* What a completion says of its request, [P] 2.2.9. */
struct part {
    unsigned tag;
    uint32_t lead, count, payload; /* bytes in front of the first; still to come with this one; in this one */
    bool is_error, poisoned, is_next, is_final;
};

static struct part part_of(const struct model *model, const uint32_t hdr[4]) {
    struct part part = {.tag = hdr[2] >> TLP_TAG_LSB & 0xFF, .lead = hdr[2] & 3, .count = hdr[1] & 0xFFF ? hdr[1] & 0xFFF : 4096};
    const struct model_tag *tag = &model->rd.tags.tag[part.tag];
    const uint32_t dws = hdr[0] & 0x3FF, bytes = 4 * dws - part.lead;
    const bool is_mine = (tag->busy || tag->lost) && hdr[2] >> TLP_REQUESTER_LSB == model->cfg.requester_id;
    part.payload = dws == 0 || bytes > part.count ? part.count : bytes;
    part.is_error = is_mine && (hdr[0] >> TLP_FMT_TYPE_LSB != TLP_TYPE_CPLD || (hdr[1] >> TLP_STATUS_LSB & 7) != TLP_STATUS_SC);
    part.poisoned = part.is_error || (hdr[0] >> TLP_EP_BIT & 1);
    part.is_next = is_mine && part.count == tag->rest && (hdr[2] & LOWER) == ((tag->end - part.count) & LOWER) &&
                   dws == ((part.payload + part.lead + 3) / 4 & 0x3FF);
    part.is_final = part.is_error || part.payload == part.count;
    return part;
}

void model_dma_rd_completion(struct model *model, const struct model_tlp *tlp, uint64_t cycle) {
    struct model_dma_rd *rd = &model->rd;
    const struct part part = part_of(model, tlp->hdr);
    const struct model_tag tag = rd->tags.tag[part.tag];
    const bool is_whole = part.is_error || tlp->payload_bytes >= part.lead + part.payload;
    if (part.poisoned || !part.is_next || !tag.busy || !is_whole) model_count(model, STATS_DMA_ERRORS, 1);
    if ((!part.is_error && !part.is_next) || !is_whole) return; /* it is dropped, and its request goes on waiting */
    if (tag.busy && !part.poisoned) deliver(model, &tag, part.count, tlp->payload + part.lead, part.payload);
    if (!part.is_final) {
        rd->tags.tag[part.tag].rest = part.count - part.payload;
        rd->tags.tag[part.tag].poisoned = tag.poisoned || part.poisoned;
        return;
    }
    model_tags_end(model, part.tag);
    if (rd->cur_valid) model_at(model, &rd->task, cycle + DONE);
    if (!tag.busy) return; /* it was given up */
    done(model, &tag.read, tag.bytes, part.poisoned || tag.poisoned, cycle + DONE);
    settle(model, cycle + DONE + 1);
}

/* --- reads that have waited too long, [P] 2.8 --- */

void model_dma_rd_tick(struct model *model, uint64_t cycle) {
    model_tags_tick(model);
    model_at(model, &model->rd.late, cycle + 1);
}

static void late_run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_dma_rd *rd = &model->rd;
    const int number = model_tags_late(model);
    (void)argument;
    if (number < 0) return;
    const struct model_tag tag = rd->tags.tag[number];
    model_tags_give_up(model, (unsigned)number);
    model_count(model, STATS_DMA_ERRORS, 1);
    if (rd->cur_valid) model_at(model, &rd->task, cycle + TOLD);
    done(model, &tag.read, tag.bytes, true, cycle + TOLD);
    settle(model, cycle + TOLD + 1);
    model_at(model, &rd->late, cycle + 1);
}

void model_dma_rd_abandon(struct model *model, uint64_t cycle) {
    model->rd.cur_valid = false;
    settle(model, cycle + 1);
}

bool model_dma_rd_idle(const struct model *model) {
    return !model->rd.cur_valid && model->rd.out_count == 0 && model->rd.tags.in_flight == 0;
}

void model_dma_rd_reset(struct model *model) {
    model_turns_init(&model->rd.turns, 3 * model->queues + 3);
    model->rd.cur_valid = false;
    model->rd.out_count = 0;
    model_tags_reset(model);
}

void model_dma_rd_init(struct model *model) {
    model_task_add(&model->tasks, &model->rd.task, run, 0);
    model_task_add(&model->tasks, &model->rd.late, late_run, 0);
}
