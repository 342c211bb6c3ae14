/* SPDX-License-Identifier: Apache-2.0 */
/* tlp_rx: what arrives is a completion, which never waits, or a request. tlp_tx: everything that goes up, by credit. */
#include <string.h>

#include "model_device.h"

enum { SHOWN = 2 /* cycles from a request's first beat at the pins to pcie_target */ };

uint32_t model_beats(const struct model *model, uint32_t bytes) {
    return bytes <= model->config.beat_bytes ? 1 : (bytes + model->config.beat_bytes - 1) / model->config.beat_bytes;
}

static uint64_t last_beat(const struct model *model, enum model_stream stream, uint64_t cycle, uint32_t beats) {
    return model->host.beat ? model->host.beat(model->host.ctx, stream, cycle, beats) : cycle + beats - 1;
}

static uint32_t type_of(const uint32_t hdr[4]) { return hdr[0] >> TLP_FMT_TYPE_LSB; }
static bool is_completion(const uint32_t hdr[4]) { return type_of(hdr) == TLP_TYPE_CPL || type_of(hdr) == TLP_TYPE_CPLD; }

/* --- tlp_rx --- */

/* Begins with the next TLP, unless it is a request and their queue is full. */
void model_tlp_rx_next(struct model *model, uint64_t cycle) {
    struct model_tlp_rx *rx = &model->tlp_rx;
    struct model_tlp tlp;
    if (rx->busy || !model->host.tlp_front(model->host.ctx, &tlp)) return;
    if (!is_completion(tlp.hdr) && rx->count >= MODEL_REQUESTS_MOST) return;
    uint64_t first = tlp.cycle > cycle ? tlp.cycle : cycle;
    if (first < rx->free) first = rx->free;
    if (first < model->config.reset_cycles) first = model->config.reset_cycles;
    rx->busy = true;
    model_at(model, &rx->task, last_beat(model, MODEL_TLP_IN, first, model_beats(model, tlp.payload_bytes)));
}

/* [P] table 2-3, without messages and completions: requests, with or without data, with three or four double words of header. */
static bool is_defined(uint32_t type) {
    enum { MEMORY = 0x00, LOCKED = 0x01, IO = 0x02, CFG0 = 0x04, CFG1 = 0x05, FETCH_ADD = 0x0C, SWAP = 0x0D, CAS = 0x0E, TCFG = 0x1B };
    const bool has_data = type >> 6 & 1, is_wide = type >> 5 & 1, is_prefix = type >> 7;
    if (is_prefix) return false;
    switch (type & 0x1F) {
    case MEMORY: return true;
    case LOCKED: return !has_data;
    case FETCH_ADD:
    case SWAP:
    case CAS: return has_data;
    case IO:
    case CFG0:
    case CFG1:
    case TCFG: return !is_wide;
    default: return false;
    }
}

/* [P] 2.7.2: poisoned writes are dropped; so are those that are longer than any register access, answers to what nobody sent, and what has
 * no type, which cannot be answered. */
static bool is_bad(const uint32_t hdr[4]) {
    const uint32_t type = type_of(hdr), length = hdr[0] & 0x3FF;
    if (!is_defined(type)) return true;
    if (type != TLP_TYPE_MWR32 && type != TLP_TYPE_MWR64) return false;
    return length > 2 || length == 0 || (hdr[0] >> TLP_EP_BIT & 1);
}

static void take_request(struct model *model, const struct model_tlp *tlp, uint64_t cycle) {
    struct model_tlp_rx *rx = &model->tlp_rx;
    if ((type_of(tlp->hdr) & TLP_TYPE_MSG_MASK) == TLP_TYPE_MSG) return; /* [P] 2.2.8: without a word */
    if (is_bad(tlp->hdr)) {
        model_count(model, STATS_DMA_ERRORS, 1);
        return;
    }
    struct model_request *request = &rx->requests[(rx->head + rx->count++) % MODEL_REQUESTS];
    memcpy(request->hdr, tlp->hdr, sizeof request->hdr);
    for (unsigned i = 0; i < 2; i++) request->data[i] = tlp->payload_bytes >= 4 * (i + 1) ? model_le32(tlp->payload + 4 * i) : 0;
    request->since = cycle + SHOWN;
    if (rx->count == 1) model_target_kick(model);
}

static void rx_run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_tlp_rx *rx = &model->tlp_rx;
    struct model_tlp tlp;
    (void)argument;
    rx->busy = false;
    rx->free = cycle + 1;
    if (!model->host.tlp_front(model->host.ctx, &tlp)) return;
    if (is_completion(tlp.hdr))
        model_dma_rd_completion(model, &tlp, cycle);
    else
        take_request(model, &tlp, cycle);
    model->host.tlp_taken(model->host.ctx);
    model_tlp_rx_next(model, cycle);
}

void model_tlp_arrived(struct model *model, uint64_t cycle) { model_tlp_rx_next(model, cycle); }

void model_tlp_rx_init(struct model *model) { model_task_add(&model->tasks, &model->tlp_rx.task, rx_run, 0); }

/* --- tlp_tx --- */

void model_tlp_tx_kick(struct model *model, uint64_t cycle) {
    struct model_tlp_tx *tx = &model->tlp_tx;
    if (tx->sending != MODEL_TX_NONE) return; /* goes on by itself */
    model_at(model, &tx->task, cycle > tx->free ? cycle : tx->free);
}

static void send(struct model *model, uint64_t cycle) {
    struct model_tlp_tx *tx = &model->tlp_tx;
    const struct model_host *host = &model->host;
    const int sent = tx->sending;
    tx->sending = MODEL_TX_NONE;
    tx->free = cycle + 1;
    if (sent == MODEL_TX_COMPLETION) {
        uint8_t data[8];
        model_put_le(data, tx->cpl_data[0], 4);
        model_put_le(data + 4, tx->cpl_data[1], 4);
        tx->cpl_valid = false;
        host->send(host->ctx, tx->cpl_hdr, data, tx->cpl_bytes);
        model_target_completed(model, cycle);
    } else if (sent == MODEL_TX_READ) {
        tx->read_turn = false;
        host->send(host->ctx, model->rd.out[model->rd.out_head].hdr, NULL, 0);
        model_dma_rd_sent(model, cycle);
    } else {
        tx->read_turn = true;
        host->send(host->ctx, model->wr.hdr, model->wr.payload, model->wr.bytes);
        model_dma_wr_sent(model, cycle);
    }
    model_tlp_tx_kick(model, cycle + 1);
}

/* May what is there since this cycle be sent? If not, the task is set for when it may. */
static bool may_send(struct model *model, bool there, uint64_t since, enum model_kind kind, uint64_t cycle) {
    if (!there) return false;
    const uint64_t when = since > cycle ? since : model->host.may_send(model->host.ctx, kind, cycle);
    if (when <= cycle) return true;
    model_at(model, &model->tlp_tx.task, when);
    return false;
}

/* [P] 2.4.1, table 2-40, D2a: a completion stays behind the writes that were there when it came, unless bus master enable is off and they
 * cannot leave. dma_wr kicks when one has left. */
static bool completion_is_behind(struct model *model) {
    struct model_tlp_tx *tx = &model->tlp_tx;
    if (tx->cpl_behind > model->wr.count) tx->cpl_behind = model->wr.count;
    return tx->cpl_behind != 0 && (model_cfg_bus_master(model) || model->wr.offered);
}

/* [P] 2.4.1, table 2-39: a kind without credit does not hold up the others. Reads and writes take turns. */
static void tx_run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_tlp_tx *tx = &model->tlp_tx;
    (void)argument;
    if (tx->sending != MODEL_TX_NONE) {
        send(model, cycle);
        return;
    }
    const struct model_dma_rd *rd = &model->rd;
    const struct model_dma_wr *wr = &model->wr;
    uint32_t beats = 1;
    if (may_send(model, tx->cpl_valid && !completion_is_behind(model), tx->cpl_since, MODEL_COMPLETION, cycle)) {
        tx->sending = MODEL_TX_COMPLETION;
    } else {
        const bool can_read = may_send(model, rd->out_count != 0, rd->out[rd->out_head].since, MODEL_NON_POSTED, cycle);
        const bool can_write = may_send(model, wr->offered, wr->offer_since, MODEL_POSTED, cycle);
        if (!can_read && !can_write) return;
        tx->sending = can_read && (tx->read_turn || !can_write) ? MODEL_TX_READ : MODEL_TX_WRITE;
        if (tx->sending == MODEL_TX_WRITE) beats = model_beats(model, wr->bytes);
    }
    if (tx->sending == MODEL_TX_WRITE) model_dma_wr_begun(model, beats, cycle);
    model_task_cancel(&model->tasks, &tx->task);
    const uint64_t last = last_beat(model, MODEL_TLP_OUT, cycle, beats);
    if (last == cycle) {
        send(model, cycle);
        return;
    }
    model_at(model, &tx->task, last);
}

void model_tlp_tx_init(struct model *model) { model_task_add(&model->tasks, &model->tlp_tx.task, tx_run, 0); }
