/* SPDX-License-Identifier: Apache-2.0 */
/* dma_rd: reads of all clients, cut into TLPs with a tag each, and their completions in any order. */
#include <string.h>

#include "model_device.h"

enum { OUT_DEPTH = 2, FEW_TAGS = 32 /* without extended tags, [P] 2.2.6.2 */, DONE = 2 /* cycles from the last beat to the client */ };

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

/* [P] 7.5.3.4: when the host allows more tags or fewer, their list begins anew, once nothing is in flight. */
static int take_tag(struct model *model) {
    struct model_dma_rd *rd = &model->rd;
    const bool extended = model->cfg.devctl >> PCI_EXP_DEVCTL_EXTENDED_TAG_BIT & 1;
    const unsigned limit = extended ? MODEL_TAGS : FEW_TAGS;
    if (extended != rd->extended) {
        if (rd->in_flight) return -1;
        rd->fresh = rd->free_count = 0;
        rd->extended = extended;
    }
    if (rd->fresh < limit) return (int)rd->fresh++;
    if (rd->free_count == 0) return -1;
    const int tag = rd->free_tags[rd->free_head];
    rd->free_head = (rd->free_head + 1) % MODEL_TAGS;
    rd->free_count--;
    return tag;
}

/* One TLP of the request at hand. False: it has to wait, for a tag, for room, or for bus mastery. */
static bool issue(struct model *model, uint64_t cycle) {
    struct model_dma_rd *rd = &model->rd;
    if (rd->cur_since > cycle || rd->out_count == OUT_DEPTH || !model_cfg_bus_master(model)) return false;
    const int number = take_tag(model);
    if (number < 0) return false;
    const uint32_t bytes = model_cut(rd->cur.addr, rd->cur.len, model_cfg_mrrs(model));
    struct model_tag *tag = &rd->tags[number];
    const unsigned out = (rd->out_head + rd->out_count++) % OUT_DEPTH;
    model_request_header(rd->out[out].hdr, TLP_TYPE_MRD32, model->cfg.requester_id, (uint32_t)number, rd->cur.addr, bytes);
    rd->out[out].since = cycle + 1;
    rd->cur.addr += bytes;
    rd->cur.len -= bytes;
    rd->cur.dst += bytes;
    *tag = (struct model_tag){.read = rd->cur, .bytes = bytes, .busy = true};
    rd->cur_valid = rd->cur.len != 0;
    rd->in_flight++;
    model_count(model, STATS_DMA_READS, 1);
    model_tlp_tx_kick(model, cycle + 1);
    return true;
}

static void run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_dma_rd *rd = &model->rd;
    (void)argument;
    if (rd->cur_valid && rd->cur_since > cycle) {
        model_at(model, &rd->task, rd->cur_since);
        return;
    }
    const bool issued = rd->cur_valid && issue(model, cycle);
    while (!rd->cur_valid && !model_stopped(model)) {
        const int source = model_turns_take(&rd->turns, cycle);
        if (source < 0) break;
        rd->cur_valid = grant(model, (unsigned)source, &rd->cur, cycle);
        if (rd->cur_valid) model_turns_served(&rd->turns, source);
        rd->cur_since = cycle + 1;
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

static void done(struct model *model, const struct model_tag *tag, bool error, uint64_t cycle) {
    const struct model_read *read = &tag->read;
    switch (read->client) {
    case MODEL_RD_TX: model_net_tx_done(model, read->index, tag->bytes, error, cycle); break;
    case MODEL_RD_CTRL: model_ctrl_rd_done(model, tag->bytes, error, cycle); break;
    case MODEL_RD_BENCH: model_bench_rd_done(model, tag->bytes, cycle); break;
    default: model_vq_rd_done(model, read, tag->bytes, error, cycle); break;
    }
}

void model_dma_rd_completion(struct model *model, const struct model_tlp *tlp, uint64_t cycle) {
    struct model_dma_rd *rd = &model->rd;
    const uint32_t *hdr = tlp->hdr;
    const uint32_t number = hdr[2] >> TLP_TAG_LSB & 0xFF, lead = hdr[2] & 3;
    const uint32_t count = hdr[1] & 0xFFF ? hdr[1] & 0xFFF : 4096;
    struct model_tag *tag = &rd->tags[number];
    if (!tag->busy) { /* [P] 2.3.2: nobody waits for it */
        model_count(model, STATS_DMA_ERRORS, 1);
        return;
    }
    const bool good = hdr[0] >> TLP_FMT_TYPE_LSB == TLP_TYPE_CPLD && !(hdr[0] >> TLP_EP_BIT & 1) &&
                      (hdr[1] >> TLP_STATUS_LSB & 7) == TLP_STATUS_SC && count <= tag->bytes;
    if (!good) model_count(model, STATS_DMA_ERRORS, 1);
    uint32_t bytes = tlp->payload_bytes - lead;
    if ((hdr[0] & 0x3FF) == 0 || bytes > count) bytes = count;
    if (good) deliver(model, tag, count, tlp->payload + lead, bytes);
    if (good && bytes != count) return;
    tag->busy = false;
    rd->free_tags[(rd->free_head + rd->free_count++) % MODEL_TAGS] = (uint8_t)number;
    rd->in_flight--;
    if (rd->cur_valid) model_at(model, &rd->task, cycle + DONE);
    done(model, tag, !good, cycle + DONE);
}

bool model_dma_rd_idle(const struct model *model) { return !model->rd.cur_valid && model->rd.out_count == 0 && model->rd.in_flight == 0; }

void model_dma_rd_reset(struct model *model) {
    struct model_dma_rd *rd = &model->rd;
    model_turns_init(&rd->turns, 3 * model->queues + 3);
    rd->cur_valid = false;
    rd->out_count = rd->free_count = rd->fresh = rd->in_flight = 0;
    rd->extended = false;
}

void model_dma_rd_init(struct model *model) { model_task_add(&model->tasks, &model->rd.task, run, 0); }
