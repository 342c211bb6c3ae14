/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dma_wr: writes of all clients, in the order of their commands: a used descriptor follows its data, and an interrupt the used
 * descriptor, because there is one queue and posted writes do not pass each other ([P] 2.4.1).
 */
#include <string.h>

#include "model_device.h"

enum {
    STAGES = 3, /* cycles from a command's grant to its first beat */
    AHEAD = 2,  /* cycles from a command's leaving the queue to its last beat */
    BEHIND = 3, /* beats in the stages behind the queue */
    PLACES = MODEL_WR_DEPTH + BEHIND
};

unsigned model_wr_source_rx(const struct model *model) { return model->queues; }
unsigned model_wr_source_msix(const struct model *model) { return model->queues + 1; }
unsigned model_wr_source_ctrl(const struct model *model) { return model->queues + 2; }
unsigned model_wr_source_bench(const struct model *model) { return model->queues + 3; }

void model_wr_ask(struct model *model, unsigned source, uint64_t cycle) {
    struct model_turns *turns = &model->wr.turns;
    if (cycle >= turns->since[source]) return;
    if (turns->since[source] == MODEL_NEVER) turns->asking++;
    turns->since[source] = cycle;
    model_at(model, &model->wr.task, cycle);
}

static bool grant(struct model *model, unsigned source, struct model_write *write, uint64_t cycle) {
    if (source < model->queues) return model_vq_wr_grant(model, source, write, cycle);
    if (source == model_wr_source_rx(model)) return model_net_rx_grant(model, write, cycle);
    if (source == model_wr_source_msix(model)) return model_msix_grant(model, write, cycle);
    if (source == model_wr_source_ctrl(model)) return model_ctrl_wr_grant(model, write, cycle);
    return model_bench_wr_grant(model, write, cycle);
}

/* --- TLPs of the oldest command --- */

/* The virtio-net header is not stored with the frame. */
static void load_packet(uint8_t *to, const struct model_write *write, uint32_t pos, uint32_t bytes) {
    uint32_t i = 0;
    for (; i < bytes && pos + i < write->header_bytes; i++) to[i] = write->header[pos + i];
    if (i < bytes) memcpy(to + i, write->src + (pos + i - write->header_bytes), bytes - i);
}

static void load(uint8_t *to, const struct model_write *write, uint32_t done, uint32_t bytes) {
    uint8_t imm[4];
    switch (write->client) {
    case MODEL_WR_RX: load_packet(to, write, write->pos + done, bytes); break;
    case MODEL_WR_USED: memcpy(to, write->src + done, bytes); break;
    case MODEL_WR_IMM:
        model_put_le(imm, write->imm, sizeof imm);
        memcpy(to, imm + done, bytes);
        break;
    default: memset(to, 0, bytes);
    }
}

/* [P] 2.2.5, 2.2.7 */
static void make_tlp(struct model *model, const struct model_write *write) {
    struct model_dma_wr *wr = &model->wr;
    const uint64_t addr = write->addr + wr->done;
    const uint32_t lead = addr & 3;
    wr->chunk = model_cut(addr, write->len - wr->done, model_cfg_mps(model));
    wr->bytes = (lead + wr->chunk + 3) / 4 * 4;
    memset(wr->payload, 0, 4);
    memset(wr->payload + wr->bytes - 4, 0, 4);
    load(wr->payload + lead, write, wr->done, wr->chunk);
    model_request_header(wr->hdr, TLP_TYPE_MWR32, model->cfg.requester_id, 0, addr, wr->chunk);
}

static void command_done(struct model *model, const struct model_write *write, uint64_t cycle) {
    switch (write->client) {
    case MODEL_WR_RX: model_net_rx_done(model, write); break;
    case MODEL_WR_USED:
    case MODEL_WR_MARK: model_vq_wr_done(model, write, cycle); break;
    case MODEL_WR_BENCH: model_bench_wr_done(model, cycle); break;
    default: return;
    }
}

static void pop(struct model *model, uint64_t cycle) {
    struct model_dma_wr *wr = &model->wr;
    const struct model_write write = wr->commands[wr->head];
    wr->head = (wr->head + 1) % PLACES;
    wr->count--;
    wr->done = 0;
    wr->left_from = MODEL_NEVER;
    if (model->tlp_tx.cpl_behind) model->tlp_tx.cpl_behind--;
    if (model->tlp_tx.cpl_valid) model_tlp_tx_kick(model, cycle + 1);
    command_done(model, &write, cycle);
    model_at(model, &wr->task, cycle + 1);
}

/* Offers the next TLP to tlp_tx; commands without data pass in their turn. */
static void offer(struct model *model, uint64_t cycle) {
    struct model_dma_wr *wr = &model->wr;
    while (!wr->offered && wr->count && model_cfg_bus_master(model)) {
        const struct model_write *write = &wr->commands[wr->head];
        const uint64_t since = write->since > wr->free ? write->since : wr->free;
        if (write->len == 0) {
            if (since > cycle) {
                model_at(model, &wr->task, since);
                return;
            }
            pop(model, cycle);
            continue;
        }
        make_tlp(model, write);
        wr->offered = true;
        wr->offer_since = since;
        model_tlp_tx_kick(model, since);
    }
}

void model_dma_wr_begun(struct model *model, uint32_t beats, uint64_t cycle) {
    struct model_dma_wr *wr = &model->wr;
    if (wr->done + wr->chunk != wr->commands[wr->head].len) return;
    wr->left_from = beats > AHEAD + 1 ? cycle + beats - AHEAD : cycle + 1;
    if (wr->turns.asking) model_at(model, &wr->task, wr->left_from);
}

void model_dma_wr_sent(struct model *model, uint64_t cycle) {
    struct model_dma_wr *wr = &model->wr;
    wr->offered = false;
    wr->free = cycle + 1;
    wr->done += wr->chunk;
    model_count(model, STATS_DMA_WRITES, 1);
    if (wr->done == wr->commands[wr->head].len) pop(model, cycle);
    offer(model, cycle);
}

static uint32_t beats_of(const struct model *model, const struct model_write *write) {
    return write->len > model_cfg_mps(model) ? BEHIND + 1 : model_beats(model, (uint32_t)(write->addr & 3) + write->len);
}

/* The cycle from which the queue has a place. Commands leave it before their data does: a few beats fit into the stages behind. */
static uint64_t room_from(const struct model *model) {
    const struct model_dma_wr *wr = &model->wr;
    uint64_t from = wr->left_from;
    uint32_t behind = 0;
    if (wr->count < MODEL_WR_DEPTH) return 0;
    for (unsigned left = 1; from != MODEL_NEVER && left < PLACES - MODEL_WR_DEPTH + 1; left++) {
        if (wr->count - left < MODEL_WR_DEPTH) return from;
        const uint32_t beats = beats_of(model, &wr->commands[(wr->head + left) % PLACES]);
        behind += beats;
        if (behind > BEHIND) break;
        from += beats;
    }
    return MODEL_NEVER;
}

static void run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_dma_wr *wr = &model->wr;
    (void)argument;
    for (bool taken = false; !taken && room_from(model) <= cycle && !model_stopped(model);) {
        const int source = model_turns_take(&wr->turns, cycle);
        if (source < 0) break;
        struct model_write *write = &wr->commands[(wr->head + wr->count) % PLACES];
        taken = grant(model, (unsigned)source, write, cycle);
        if (!taken) continue;
        model_turns_served(&wr->turns, source);
        write->since = cycle + STAGES;
        wr->count++;
    }
    offer(model, cycle);
    if (model_stopped(model)) return;
    const uint64_t room = room_from(model);
    if (room > cycle + 1) {
        if (wr->turns.asking) model_at(model, &wr->task, room);
        return;
    }
    for (unsigned i = 0; wr->turns.asking && i < wr->turns.count; i++)
        if (wr->turns.since[i] != MODEL_NEVER) model_at(model, &wr->task, wr->turns.since[i] > cycle ? wr->turns.since[i] : cycle + 1);
}

/* A TLP that was begun, or is offered, is finished: it would hold up all that the device has to say. */
void model_dma_wr_abandon(struct model *model) {
    struct model_dma_wr *wr = &model->wr;
    const unsigned kept = wr->offered;
    for (unsigned i = kept; i < wr->count; i++) {
        const struct model_write *write = &wr->commands[(wr->head + i) % PLACES];
        if (write->client == MODEL_WR_RX) model_net_rx_done(model, write);
    }
    if (wr->count > kept) wr->count = kept;
    if (kept)
        wr->commands[wr->head].len = wr->done + wr->chunk;
    else
        wr->done = 0;
}

bool model_dma_wr_idle(const struct model *model) { return model->wr.count == 0; }

void model_dma_wr_reset(struct model *model) {
    struct model_dma_wr *wr = &model->wr;
    model_turns_init(&wr->turns, model->queues + 4);
    wr->count = 0;
    wr->done = 0;
    wr->left_from = MODEL_NEVER;
    wr->offered = false;
}

void model_dma_wr_init(struct model *model) { model_task_add(&model->tasks, &model->wr.task, run, 0); }
